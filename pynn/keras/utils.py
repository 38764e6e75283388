"""Keras' helpers that fully connected nets need: one-hot rows, rows of length 1, the seed, batches with an index."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ..arguments import whole
from ..metrics import one_hot
from .given import old_names
from .missing import UTILS, find
from .session import clear_session, set_random_seed

__all__ = ["PyDataset", "Sequence", "clear_session", "normalize", "np_utils", "set_random_seed", "to_categorical"]


@old_names(y="x", nb_classes="num_classes")
def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """One-hot rows of class numbers."""
    labels = np.asarray(x)
    if num_classes is not None:
        num_classes = whole("num_classes", num_classes, 1)
    if labels.ndim > 2 or (labels.ndim == 2 and labels.shape[1] != 1):
        raise ValueError(f"x: shape {labels.shape}; expected one class number a row")
    return one_hot(labels, num_classes)


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """x / its norm along the axis; rows of zeros stay zeros."""
    array = np.atleast_1d(np.asarray(x))
    array = array.astype(np.result_type(array.dtype, np.float32), copy=False)
    norms = np.linalg.norm(array, order, axis, keepdims=True)
    return array / np.where(norms == 0, 1, norms)


class Sequence:
    """Batches by number, to be derived from: __len__ and __getitem__, which returns (x, y) or (x, y, weights)."""

    def __init__(self, **options: Any) -> None:
        """Keras' options of workers and queues, which have no meaning here."""

    def __len__(self) -> int:
        raise NotImplementedError("a Sequence needs __len__, the number of batches")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError("a Sequence needs __getitem__, which returns a batch (x, y)")

    def on_epoch_end(self) -> None:
        """Keras calls it; here nobody does: orders are drawn by fit(shuffle=True)."""


PyDataset = Sequence
np_utils = SimpleNamespace(to_categorical=to_categorical, normalize=normalize)  # where Keras 2 has them, too


def __getattr__(name: str) -> Any:
    return find(__name__, UTILS, name)
