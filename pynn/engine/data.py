"""What one call to an engine works on, what it adds up, and two looks over a whole array.

Data holds views of the caller's arrays in whatever type and layout they have; an engine
converts them batch by batch. Whether they make sense has been checked above. Read
reference.py for what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass
class Data:
    x: np.ndarray  # (rows, ...): features are what remains of a row, flattened
    y: np.ndarray | None = None  # dense targets (rows, outputs), any real type
    label: np.ndarray | None = None  # int32 (rows,) class numbers; y is None then
    weight: np.ndarray | None = None  # float64 (rows,) sample weights; None: all 1

    @property
    def rows(self) -> int:
        return int(self.x.shape[0])


@dataclass
class Totals:
    """Sums, so that several calls add up; divide by rows to get means."""

    loss: float = 0.0  # sum over batches of (batch loss, penalty included) * its rows
    accuracy: float = 0.0  # sum over rows
    mae: float = 0.0  # sum over rows of the mean absolute error over outputs
    mse: float = 0.0
    rows: float = 0.0
    last_loss: float = float("nan")  # of the latest batch


BLOCK = 1024  # rows that are converted together


def blocks(rows: int) -> list[np.ndarray]:
    """The row numbers 0.. in blocks."""
    return [np.arange(first, min(first + BLOCK, rows)) for first in range(0, rows, BLOCK)]


def first_nonfinite(array: np.ndarray) -> tuple[int, int] | None:
    """Row and flat column of the first NaN or infinity; None if there is none."""
    if array.dtype.kind != "f":
        return None
    for rows in blocks(len(array)):
        bad = np.argwhere(~np.isfinite(array[rows].reshape(len(rows), -1)))
        if len(bad):
            return int(rows[0] + bad[0, 0]), int(bad[0, 1])
    return None


def moments(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and population variance of each flat column, in double, in two passes."""

    def values() -> Iterator[np.ndarray]:
        for rows in blocks(len(array)):
            yield array[rows].reshape(len(rows), -1).astype(np.float64)

    mean = np.asarray(sum(v.sum(axis=0) for v in values()) / len(array))
    return mean, np.asarray(sum(((v - mean) ** 2).sum(axis=0) for v in values()) / len(array))
