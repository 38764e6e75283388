"""scikit-learn's MLPClassifier in float32, one fit of one iteration for a pass, without shuffling.

A fit with warm_start keeps the weights and begins with a momentum of 0.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from peers import Task

NAMES = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "linear": "identity"}


class Peer:
    def __init__(self, task: Task, threads: int) -> None:
        """Threads are BLAS's and were set in the environment of this process."""
        warnings.simplefilter("ignore", ConvergenceWarning)  # one iteration is all that is asked for
        (hidden,) = set(task.activations[:-1])  # it knows one activation for all hidden layers
        self._net = MLPClassifier(
            [b.size for b in task.weights[1:-1:2]], NAMES[hidden], solver="sgd", alpha=0.0, batch_size=task.batch,
            learning_rate_init=task.rate, momentum=task.momentum, nesterovs_momentum=False, max_iter=1, shuffle=False
        )  # fmt: skip
        self._task = task
        self._net.partial_fit(task.x[: task.batch], task.label[: task.batch], classes=np.arange(max(task.classes, 2)))
        self._net.warm_start = True
        for place, given in zip(self._net.coefs_, task.weights[::2], strict=True):
            place[...] = given
        for place, given in zip(self._net.intercepts_, task.weights[1::2], strict=True):
            place[...] = given

    def train(self) -> None:
        self._net.fit(self._task.x, self._task.label)

    def predict(self, x: np.ndarray) -> np.ndarray:
        outputs: np.ndarray = self._net.predict_proba(x)
        return outputs[:, 1:] if self._task.classes == 1 else outputs

    def weights(self) -> list[np.ndarray]:
        return [p for pair in zip(self._net.coefs_, self._net.intercepts_, strict=True) for p in pair]
