"""Other people's networks, made to do what pynn does: same weights, rows, batches, loss and rule.

A peer is one small file with one class, `Peer`, that answers to the protocol below. It gets float32 rows that
are converted, scaled and put in order beforehand, and may prepare whatever it likes when it is made: only
`train` and `predict` are timed. Each runs in a process of its own: see worker.py, crew.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

# name -> (file, what has to be installed, what it can do)
PEERS = {
    "numpy": ("numpy_reference", ("numpy",), ("train", "predict")),
    "sklearn": ("scikit_learn", ("sklearn",), ("train", "predict")),
    "torch": ("torch_eager", ("torch",), ("train", "predict")),
    "jax": ("jax_scan", ("jax",), ("train", "predict")),
    "onnxruntime": ("onnx_runtime", ("onnxruntime", "onnx"), ("predict",)),
}


@dataclass
class Task:
    """A network before its first step, and the rows of one pass of training in the order they are taken."""

    activations: tuple[str, ...]  # one a layer; the last is softmax, or sigmoid of one output
    weights: list[np.ndarray]  # [W1 (inputs, outputs), b1, W2, ...], float32
    x: np.ndarray  # float32 (rows, inputs), rows divisible by batch
    label: np.ndarray  # int32 (rows,)
    batch: int
    rate: float  # of SGD: v = momentum v - rate g; w += v. The loss is the mean cross-entropy of a batch
    momentum: float

    @property
    def classes(self) -> int:
        return self.weights[-1].shape[0]

    @property
    def targets(self) -> np.ndarray:
        """(rows, outputs): one-hot, or for one output the label itself."""
        if self.classes == 1:
            return self.label.astype(np.float32)[:, None]
        return (self.label[:, None] == np.arange(self.classes)).astype(np.float32)


class PeerLike(Protocol):
    def __init__(self, task: Task, threads: int) -> None: ...
    def train(self) -> None:
        """One pass over the task's rows; weights live on, momentum may begin at 0. Returns when all is done."""

    def predict(self, x: np.ndarray) -> Any:
        """Outputs of float32 rows, anything that np.asarray takes."""

    def weights(self) -> list[np.ndarray]:
        """As in Task."""


def missing(name: str) -> list[str]:
    """The packages that this peer needs and that are not installed."""
    return [module for module in PEERS[name][1] if find_spec(module) is None]


def load(name: str) -> type[PeerLike]:
    found: type[PeerLike] = import_module(f"peers.{PEERS[name][0]}").Peer
    return found
