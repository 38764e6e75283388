"""Sparse rows: kept as they are, and unfolded a block at a time while an engine works on them.

A matrix with `tocsr` (SciPy's; it is not imported here) becomes SparseRows: values, their columns, and where each row
begins. Blocks of rows are unfolded here, and nowhere else; the bits are those of the unfolded matrix. Read arrays.py
for what rows may look like, training/sources.py for how an epoch goes through them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array, EngineLike
from ..engine.data import Data, Totals

ROWS = 4096  # rows of a block: a power of two times 256, so that sums over blocks are joined as those over chunks
BYTES = 2**25  # ... or fewer, where rows are wide; room of more than this is new from the system each time


class SparseRows:
    """Rows of a compressed sparse matrix; indexing unfolds."""

    ndim = 2

    def __init__(self, values: Array, columns: Array, begins: Array, shape: tuple[int, int]) -> None:
        self.values, self.columns, self.begins, self.shape = values, columns, begins, shape
        self.dtype = values.dtype

    @staticmethod
    def of(given: Any) -> SparseRows:
        """From anything with tocsr; values that stand at the same place are added, as they mean it."""
        rows = given.tocsr()
        if not getattr(rows, "has_canonical_format", True):
            rows = rows.copy()
            rows.sum_duplicates()
        return SparseRows(
            np.asarray(rows.data), np.asarray(rows.indices), np.asarray(rows.indptr, np.int64), tuple(rows.shape)
        )

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    def part(self, rows: slice | Array) -> SparseRows:
        """Some rows, still folded; neighbouring ones are views."""
        if isinstance(rows, slice):
            first, last, _ = rows.indices(len(self))
            return SparseRows(self.values, self.columns, self.begins[first : last + 1], (last - first, self.shape[1]))
        counts, places = self._places(rows)
        begins = np.concatenate([[0], np.cumsum(counts)])
        return SparseRows(self.values[places], self.columns[places], begins, (len(rows), self.shape[1]))

    def __getitem__(self, rows: slice | Array) -> Array:
        """Rows as a plain array."""
        chosen = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else rows
        counts, places = self._places(chosen)
        out = np.zeros((len(chosen), self.shape[1]), self.dtype)
        at = np.repeat(np.arange(len(chosen)) * self.shape[1], counts)
        at += self.columns[places]
        out.reshape(-1)[at] = self.values[places]  # one index is half the work of two
        return out

    def _places(self, chosen: Array) -> tuple[Array, Array]:
        """How many values each of these rows has, and where they stand."""
        starts = self.begins[chosen]
        counts = self.begins[chosen + 1] - starts
        ends = np.cumsum(counts)
        return counts, np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts)

    def row_of(self, place: int) -> tuple[int, int]:
        """Row and column of a value."""
        return int(np.searchsorted(self.begins, place, "right")) - 1, int(self.columns[place])

    def block(self, least: int) -> int:
        """How many rows to unfold at a time: at least so many."""
        fits: int = max(256, BYTES // max(1, self.shape[1] * self.dtype.itemsize))
        return max(least, min(ROWS, int(2 ** (fits.bit_length() - 1))))


def folded(x: Any) -> Any:
    """Sparse matrices as SparseRows, all else as it is."""
    return SparseRows.of(x) if hasattr(x, "tocsr") else x


def unfolded(data: Data) -> Data:
    """All rows as plain arrays: for what looks at a few rows closely."""
    x: Any = data.x
    return Data(x[:], data.y, data.label, data.weight) if isinstance(x, SparseRows) else data


def part(data: Data, rows: Any) -> Data:
    """Some rows with what belongs to them; sparse ones stay folded."""
    x: Any = data.x
    chosen: Any = x.part(rows) if isinstance(x, SparseRows) else x[rows]
    return Data(chosen, *(None if a is None else a[rows] for a in (data.y, data.label, data.weight)))


def taken(data: Data, rows: Any) -> Data:
    """The same as plain arrays."""
    return Data(data.x[rows], *(None if a is None else a[rows] for a in (data.y, data.label, data.weight)))


# ---- what an engine answers --------------------------------------------------------------------


def predict(engine: EngineLike, x: Any) -> Array:
    if not isinstance(x, SparseRows):
        return engine.predict(Data(x))
    return np.concatenate([engine.predict(Data(x[rows])) for rows in _blocks(x)])


def evaluate(engine: EngineLike, data: Data, accuracy: str) -> Totals:
    """Blocks' sums joined by the tree that joins chunks: neighbours, level by level."""
    x: Any = data.x
    if not isinstance(x, SparseRows):
        return engine.evaluate(data, accuracy=accuracy)
    totals = Totals()
    totals.table[...] = joined([engine.evaluate(taken(data, rows), accuracy=accuracy).table for rows in _blocks(x)])
    totals.last_loss = totals.loss / totals.rows
    return totals


def joined(sums: list[Array]) -> Array:
    """Neighbours added, level by level."""
    while len(sums) > 1:
        sums = [a + b for a, b in zip(sums[::2], sums[1::2], strict=False)] + sums[len(sums) // 2 * 2 :]
    return sums[0]


def _blocks(x: SparseRows) -> list[slice]:
    step = x.block(256)
    return [slice(first, first + step) for first in range(0, len(x), step)]
