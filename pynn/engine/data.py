"""What one call to an engine works on, what it adds up, and two looks over a whole array.

Data holds views of the caller's arrays in whatever type and layout they have; an engine
converts them batch by batch. Whether they make sense has been checked above. Read
reference.py for what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(slots=True)
class Data:
    x: np.ndarray  # (rows, ...): features are what remains of a row, flattened
    y: np.ndarray | None = None  # dense targets (rows, outputs), any real type
    label: np.ndarray | None = None  # int32 (rows,) class numbers; y is None then
    weight: np.ndarray | None = None  # float64 (rows,) sample weights; None: all 1

    @property
    def rows(self) -> int:
        return int(self.x.shape[0])

    def mass(self, by_weight: bool) -> float:
        """What a sum over these rows is divided by, as one batch: the sum of their weights, or their number."""
        return float(self.weight.sum()) if by_weight and self.weight is not None else float(self.rows)


FIELDS = ("loss", "accuracy", "mae", "mse", "rows", "last_loss", "penalty")  # struct pynn_totals in csrc/pynn.h


class _Field:
    """An attribute that is a number of a table's first row."""

    def __init__(self, name: str) -> None:
        self.place = FIELDS.index(name)

    def __get__(self, totals: Totals, owner: Any = None) -> float:
        return float(totals.table[0, self.place])

    def __set__(self, totals: Totals, value: float) -> None:
        totals.table[0, self.place] = value


class Totals:
    """Sums, so that several calls add up; divide by rows to get means.

    `table` has a row for each of one or more epochs, FIELDS as its columns. The attributes are the first
    epoch's; totals[i] are the i-th epoch's, in the same table.
    """

    __slots__ = ("table",)
    loss = _Field("loss")  # sum over batches of (batch loss, penalty included) * its rows
    accuracy = _Field("accuracy")  # sum over rows
    mae = _Field("mae")  # sum over rows of the mean absolute error over outputs
    mse = _Field("mse")
    rows = _Field("rows")
    last_loss = _Field("last_loss")  # of the latest batch; 0 before the first
    penalty = _Field("penalty")  # what of `loss` is the l2 penalty's

    def __init__(self, epochs: int = 1) -> None:
        self.table = np.zeros((epochs, len(FIELDS)))

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, epoch: int) -> Totals:
        one = Totals.__new__(Totals)
        one.table = self.table[epoch : epoch + 1]
        return one


def one_order_each(order: np.ndarray, epochs: int) -> np.ndarray:
    """Given orders as (epochs, rows): a row for each epoch, or the same for all."""
    if order.ndim == 1:
        return np.broadcast_to(order, (epochs, len(order)))
    if len(order) < epochs:
        raise ValueError(f"order: {len(order)} of them given for {epochs} epochs")
    return order


BLOCK = 1024  # rows that are converted together


def blocks(rows: int) -> list[np.ndarray]:
    """The row numbers 0.. in blocks."""
    return [np.arange(first, min(first + BLOCK, rows)) for first in range(0, rows, BLOCK)]


def first_outside(array: np.ndarray, low: float, high: float) -> tuple[int, int] | None:
    """Row and flat column of the first number that is not in low..high, as NaN never is; None if there is none."""
    for rows in blocks(len(array)):
        values = array[rows].reshape(len(rows), -1).astype(np.float64)
        bad = np.argwhere(~((values >= low) & (values <= high)))
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
