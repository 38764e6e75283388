"""Sparse rows: kept as they are, and unfolded a block at a time while an engine works on them.

A matrix with `tocsr` (SciPy's; it is not imported here) becomes SparseRows: values, their columns, and where each row
begins. ByBlocks stands before an engine, takes the rows of the next steps in the epoch's own order, and hands them on
as plain arrays; the bits are those of the unfolded matrix. Read arrays.py for what rows may look like.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array, EngineLike, EngineModule, Floats
from ..engine.data import Data, Totals
from ..engine.philox import ORDER

ROWS = 4096  # rows of a block: a power of two times 256, so that sums over blocks are joined as those over chunks
BYTES = 2**26  # ... or fewer, where rows are wide


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

    def part(self, rows: slice) -> SparseRows:
        """Neighbouring rows, still folded."""
        first, last, _ = rows.indices(len(self))
        return SparseRows(self.values, self.columns, self.begins[first : last + 1], (last - first, self.shape[1]))

    def __getitem__(self, rows: Any) -> Array:
        """Rows as a plain array."""
        chosen = np.arange(len(self))[rows]
        starts = self.begins[chosen]
        counts = self.begins[chosen + 1] - starts
        ends = np.cumsum(counts)
        places = np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts)
        out = np.zeros((len(chosen), self.shape[1]), self.dtype)
        out[np.repeat(np.arange(len(chosen)), counts), self.columns[places]] = self.values[places]
        return out

    def row_of(self, place: int) -> tuple[int, int]:
        """Row and column of a value."""
        return int(np.searchsorted(self.begins, place, "right")) - 1, int(self.columns[place])

    def block(self, least: int) -> int:
        """How many rows to unfold at a time: at least so many."""
        fits: int = max(256, BYTES // max(1, self.shape[1] * self.dtype.itemsize))
        return max(least, min(ROWS, int(2 ** (fits.bit_length() - 1))))


def unfolded(data: Data) -> Data:
    """All rows as plain arrays: for what looks at a few rows closely."""
    x: Any = data.x
    return Data(x[:], data.y, data.label, data.weight) if isinstance(x, SparseRows) else data


def serving(core: EngineLike, module: EngineModule, seed: int, *given: Data | None) -> EngineLike:
    """The engine itself, or one that unfolds for it where some of the data is folded."""
    folded = any(isinstance(data.x, SparseRows) for data in given if data is not None)
    return ByBlocks(core, module, seed) if folded else core


class ByBlocks:
    """The engine's train, evaluate and predict for folded rows; everything else is the engine's own."""

    def __init__(self, core: EngineLike, module: EngineModule, seed: int) -> None:
        self._core, self._module, self._seed = core, module, seed
        self._order: tuple[int, Array] = -1, np.empty(0, np.int64)
        self._places = np.empty(0, np.int64)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def train(
        self, data: Data, *, batch: int, epoch: int, rates: Floats, totals: Totals, shuffle: bool = False,
        first: int = 0, last: int | None = None, **options: Any,
    ) -> int:  # fmt: skip
        """Some steps from `first` on, within one epoch and one block; returns the next one, as the engine does."""
        x: Any = data.x
        if not isinstance(x, SparseRows):
            return self._core.train(data, batch=batch, epoch=epoch, rates=rates, totals=totals, shuffle=shuffle,
                                    first=first, last=last, **options)  # fmt: skip
        each = -(-data.rows // batch)
        passed, step = divmod(first, each)
        end = each if last is None else min(each, last - passed * each)
        end = min(end, step + max(1, x.block(batch) // batch))
        rows = self._rows(epoch + passed, data.rows, shuffle)[step * batch : end * batch]
        if len(self._places) != data.rows:
            self._places = np.zeros(data.rows, np.int64)
        mine = slice(step * batch, step * batch + len(rows))
        self._places[mine] = np.arange(len(rows))  # the steps keep their numbers: masks depend on them
        try:
            done = self._core.train(
                _taken(data, rows), batch=batch, epoch=epoch + passed, rates=rates[passed * each :],
                totals=totals[passed], order=self._places, first=step, last=end, **options,
            )  # fmt: skip
        finally:
            self._places[mine] = 0
        return passed * each + done

    def _rows(self, epoch: int, rows: int, shuffle: bool) -> Array:
        """The epoch's order: the one that an engine makes for itself."""
        number = epoch if shuffle else -2
        if self._order[0] != number or len(self._order[1]) != rows:
            order = self._module.permutation(self._seed, ORDER, epoch, rows) if shuffle else np.arange(rows)
            self._order = number, order
        return self._order[1]

    def predict(self, data: Data) -> Array:
        x: Any = data.x
        if not isinstance(x, SparseRows):
            return self._core.predict(data)
        step = x.block(256)
        return np.concatenate([self._core.predict(_taken(data, rows)) for rows in _blocks(len(x), step)])

    def evaluate(self, data: Data, *, accuracy: str = "") -> Totals:
        """Blocks' sums joined by the tree that joins chunks: neighbours, level by level."""
        x: Any = data.x
        if not isinstance(x, SparseRows):
            return self._core.evaluate(data, accuracy=accuracy)
        found = [
            self._core.evaluate(_taken(data, rows), accuracy=accuracy).table for rows in _blocks(len(x), x.block(256))
        ]
        while len(found) > 1:
            found = [a + b for a, b in zip(found[::2], found[1::2], strict=False)] + found[len(found) // 2 * 2 :]
        totals = Totals()
        totals.table[...] = found[0]
        totals.last_loss = totals.loss / totals.rows
        return totals


def _blocks(rows: int, step: int) -> list[Array]:
    return [np.arange(first, min(first + step, rows)) for first in range(0, rows, step)]


def _taken(data: Data, rows: Array) -> Data:
    return Data(data.x[rows], *(None if a is None else a[rows] for a in (data.y, data.label, data.weight)))
