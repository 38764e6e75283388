"""Row sources: the pieces of an epoch that one call of an engine can take, of arrays and of sparse rows.

Arrays are one piece, whatever the epochs: the engine draws their orders itself. Sparse rows are unfolded a block at a
time, in the same order and with the same numbers of steps, so the bits are those of the unfolded matrix. Others are
batches.py, block_shuffle.py and estimators/orders.py. Read fit.py for the loop around them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from ..arguments import flag
from ..backend import Array, EngineLike, EngineModule
from ..engine.data import Data
from ..engine.philox import ORDER
from ..rows.sparse import SparseRows, taken
from .block_shuffle import Windows
from .fit import Piece, Source

Pieces = Generator[Piece, None, None]


def check(shuffle: Any, x: Any) -> bool | str:
    """True, False, or "blocks"."""
    if not isinstance(shuffle, str):
        return flag("shuffle", shuffle)
    if shuffle != "blocks":
        raise ValueError(f"shuffle: {shuffle!r} is unknown; expected True, False or 'blocks'")
    if hasattr(x, "tocsr"):
        raise ValueError("shuffle: 'blocks' is for rows that lie in a file; sparse ones are in memory: True or False")
    return shuffle


def of(data: Data, batch: int, shuffle: bool | str, module: EngineModule, seed: int) -> Source:
    """Arrays, or sparse rows, in an order of (seed, epoch) or as they lie."""
    batch = min(batch, data.rows)
    if shuffle == "blocks":
        return Windows(data, batch, module, seed)
    if not isinstance(data.x, SparseRows):
        return Arrays(data, batch, bool(shuffle))

    def order(epoch: int) -> Array:
        return module.permutation(seed, ORDER, epoch, data.rows) if shuffle else np.arange(data.rows)

    return Folded(data, batch, order)


class Arrays:
    """Rows as they are."""

    joins = True

    def __init__(self, data: Data, batch: int, shuffle: bool) -> None:
        self.steps = -(-data.rows // batch)
        self.whole = Piece(data, batch, 0, 0, self.steps, None, shuffle)

    def pieces(self, engine: EngineLike, first: int, epochs: int) -> Pieces:
        self.whole.epoch, self.whole.last = first, epochs * self.steps
        yield self.whole


class Folded:
    """Sparse rows."""

    joins = False

    def __init__(self, data: Data, batch: int, order: Callable[[int], Array]) -> None:
        self.data, self.batch, self.order = data, batch, order
        self.steps = -(-data.rows // batch)

    def pieces(self, engine: EngineLike, first: int, epochs: int) -> Pieces:
        return unfolding(self.data, self.batch, first, self.order(first))


def unfolding(data: Data, batch: int, epoch: int, order: Array) -> Pieces:
    """An epoch of sparse rows: a piece is a whole number of batches, and holds no row but its own."""
    x: Any = data.x
    steps, each = -(-len(order) // batch), max(1, x.block(batch) // batch)
    places = np.zeros(len(order), np.int64)
    for first in range(0, steps, each):
        mine = slice(first * batch, (first + each) * batch)
        rows = order[mine]
        places[mine] = np.arange(len(rows))  # the steps keep their numbers: masks depend on them
        yield Piece(taken(data, rows), batch, epoch, first, min(first + each, steps), places)
        places[mine] = 0
