"""pynn's own reference engine, plain NumPy: what a lecture's formulas cost as they stand."""

from __future__ import annotations

import numpy as np

from peers import Task
from pynn import SGD, Dense, Network


class Peer:
    def __init__(self, task: Task, threads: int) -> None:
        """Threads are BLAS's and were set in the environment of this process."""
        layers = [Dense(b.size, name) for b, name in zip(task.weights[1::2], task.activations, strict=True)]
        self._net = Network(layers, inputs=task.x.shape[1], engine="reference")
        self._net.compile(optimizer=SGD(learning_rate=task.rate, momentum=task.momentum))
        self._net.set_weights(task.weights)
        self._task = task

    def train(self) -> None:
        task = self._task
        self._net.fit(task.x, task.label, batch_size=task.batch, shuffle=False, verbose=0)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self._net.predict(x)

    def weights(self) -> list[np.ndarray]:
        return self._net.get_weights()
