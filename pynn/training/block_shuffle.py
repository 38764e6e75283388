"""shuffle="blocks": an order of the rows for data sets larger than memory, which a disk can follow.

Rows in any order cost a look at the disk each. Here neighbouring rows stay together in blocks of about 1 MiB; the
blocks come in random order, and the rows of 64 of them, a window, are mixed. So the disk reads blocks, and memory holds
a window. Like every order it is a function of (seed, epoch), and of the rows' number and size. Read sources.py for
other sources.
"""

from __future__ import annotations

import logging
import mmap
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from ..backend import Array, EngineLike, EngineModule
from ..engine.data import Data
from ..engine.philox import ORDER
from .fit import Piece

log = logging.getLogger("pynn")

BLOCK = 2**20  # bytes
TOGETHER = 64  # blocks of a window
STREAM = 2**32  # the orders of an epoch: epoch + STREAM for its blocks, epoch + STREAM * (2 + w) within window w


def order(module: EngineModule, seed: int, epoch: int, rows: int, block: int) -> Array:
    """Row numbers of an epoch, `block` rows in a block."""
    blocks = module.permutation(seed, ORDER, epoch + STREAM, -(-rows // block))
    out, begin = np.empty(rows, np.int64), 0
    for window in range(0, len(blocks), TOGETHER):
        first = blocks[window : window + TOGETHER, None] * block
        members = (first + np.arange(block)).reshape(-1)
        members = members[members < rows]  # the last block may be shorter
        mixed = module.permutation(seed, ORDER, epoch + STREAM * (2 + window // TOGETHER), len(members))
        out[begin : begin + len(members)] = members[mixed]
        begin += len(members)
    return out


class Windows:
    """Rows in these orders: a piece is about one window."""

    joins = False

    def __init__(self, data: Data, batch: int, module: EngineModule, seed: int) -> None:
        self._data, self._batch, self._module, self._seed = data, batch, module, seed
        self._block = max(1, BLOCK // max(1, data.x.nbytes // data.rows))
        self._map = Mapped.of(data.x)
        self.steps = -(-data.rows // self._batch)

    def pieces(self, engine: EngineLike, first: int, epochs: int) -> Generator[Piece, None, None]:
        rows = order(self._module, self._seed, first, self._data.rows, self._block)
        together, batch, step, asked = TOGETHER * self._block, self._batch, 0, -1
        while step < self.steps:
            window = step * batch // together
            if window != asked:  # this one and the next: the disk works while the engine does
                self._read_ahead(rows[window * together : (window + 2) * together])
                asked = window
            end = max(step + 1, min(self.steps, (window + 1) * together // batch))
            with self._map.as_asked() if self._map else nullcontext():
                yield Piece(self._data, batch, first, step, end, rows)
            step = end

    def _read_ahead(self, rows: Array) -> None:
        if self._map is not None:
            for block in np.unique(rows // self._block).tolist():
                self._map.ask(block * self._block, (block + 1) * self._block)


class Mapped:
    """Rows that lie one after the other in a memory map."""

    def __init__(self, memory: mmap.mmap, begin: int, row: int, rows: int) -> None:
        self._memory, self._begin, self._row, self._rows = memory, begin, row, rows

    @staticmethod
    def of(x: Array) -> Mapped | None:
        base: Any = x
        while isinstance(base, np.ndarray):
            base = base.base
        if not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_WILLNEED") or not x.flags.c_contiguous:
            return None
        begin = x.__array_interface__["data"][0] - np.frombuffer(base, np.uint8).__array_interface__["data"][0]
        return Mapped(base, begin, x.nbytes // len(x), len(x))

    def ask(self, first: int, last: int) -> None:
        """These rows will be needed soon."""
        page = mmap.PAGESIZE
        begin = (self._begin + first * self._row) // page * page
        end = self._begin + min(last, self._rows) * self._row
        self._advise(mmap.MADV_WILLNEED, begin, end - begin)

    @contextmanager
    def as_asked(self) -> Iterator[None]:
        """Meanwhile nothing is read but what was asked for: around a row that is touched, systems read megabytes."""
        self._advise(mmap.MADV_RANDOM)
        try:
            yield
        finally:
            self._advise(mmap.MADV_NORMAL)

    def _advise(self, *what: int) -> None:
        try:
            self._memory.madvise(*what)
        except (OSError, ValueError) as reason:  # advice: nothing depends on it
            log.info("x: the disk could not be told what comes next: %s", reason)
