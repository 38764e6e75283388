"""shuffle="blocks": an order of the rows for data sets larger than memory, which a disk can follow.

Rows in any order cost a look at the disk each. Here neighbouring rows stay together in blocks of about 1 MiB; the
blocks come in random order, and the rows of 64 of them, a window, are mixed. So the disk reads blocks, and memory holds
a window. Like every order it is a function of (seed, epoch), and of the rows' number and size. Read rows/sparse.py for
a like wrapper.
"""

from __future__ import annotations

import logging
import mmap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from ..arguments import flag
from ..backend import Array, EngineLike, EngineModule, Floats
from ..engine.data import Data, Totals
from ..engine.philox import ORDER

log = logging.getLogger("pynn")

BLOCK = 2**20  # bytes
TOGETHER = 64  # blocks of a window
STREAM = 2**32  # the orders of an epoch: epoch + STREAM for its blocks, epoch + STREAM * (2 + w) within window w


def check(shuffle: Any, x: Any) -> bool | str:
    """True, False, or "blocks"."""
    if not isinstance(shuffle, str):
        return flag("shuffle", shuffle)
    if shuffle != "blocks":
        raise ValueError(f"shuffle: {shuffle!r} is unknown; expected True, False or 'blocks'")
    if hasattr(x, "tocsr"):
        raise ValueError("shuffle: 'blocks' is for rows that lie in a file; sparse ones are in memory: True or False")
    return shuffle


def serving(core: EngineLike, shuffle: bool | str, module: EngineModule, seed: int, data: Data) -> EngineLike:
    """The engine itself, or one that takes its rows in windows."""
    return InWindows(core, module, seed, data.x) if shuffle == "blocks" else core


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


class InWindows:
    """The engine's train with these orders; everything else is the engine's own."""

    def __init__(self, core: EngineLike, module: EngineModule, seed: int, x: Array) -> None:
        self._core, self._module, self._seed = core, module, seed
        self._block = max(1, BLOCK // max(1, x.nbytes // len(x)))
        self._order: tuple[int, Array] = -1, np.empty(0, np.int64)
        self._map = Mapped.of(x)
        self._ahead = -1, -1  # epoch and window that were asked for last

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def train(
        self, data: Data, *, batch: int, epoch: int, rates: Floats, totals: Totals, shuffle: bool = False,
        first: int = 0, last: int | None = None, **options: Any,
    ) -> int:  # fmt: skip
        """Some steps from `first` on, within one epoch and about one window; returns the next one."""
        each = -(-data.rows // batch)
        passed, step = divmod(first, each)
        now, end = epoch + passed, each if last is None else min(each, last - passed * each)
        if self._order[0] != now:
            self._order = now, order(self._module, self._seed, now, data.rows, self._block)
        window = step * batch // (TOGETHER * self._block)
        self._read_ahead(now, window)
        end = max(step + 1, min(end, (window + 1) * TOGETHER * self._block // batch))
        with self._map.as_asked() if self._map else nullcontext():
            done = self._core.train(
                data, batch=batch, epoch=now, rates=rates[passed * each :], totals=totals[passed],
                order=self._order[1], first=step, last=end, **options,
            )  # fmt: skip
        return passed * each + done

    def _read_ahead(self, epoch: int, window: int) -> None:
        """Ask for this window and the next one, once: the disk works while the engine does."""
        if self._map is None or self._ahead == (epoch, window):
            return
        blocks, size = np.unique(self._rows_of(window, 2) // self._block), self._block
        for block in blocks.tolist():
            self._map.ask(block * size, (block + 1) * size)
        self._ahead = epoch, window

    def _rows_of(self, window: int, count: int) -> Array:
        rows = TOGETHER * self._block
        return self._order[1][window * rows : (window + count) * rows]


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
