"""Training on batches that somebody hands over: a generator, or any sequence of (x, y) or (x, y, sample_weight).

Each item is one step, checked like the arrays of a fit, and is forgotten when the step is done: so rows may come from
anywhere, and need not fit into memory. A sequence (with a length and an index) is gone through in an order that is
drawn for each epoch; anything else comes as it comes. Read fit.py for the loop over epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import Any

from ..arguments import shown, whole
from ..backend import EngineLike
from ..core import Core
from ..engine.data import Data
from ..engine.philox import ORDER
from ..errors import BEYOND
from ..rows.sparse import unfolded
from .fit import Piece


def source(
    core: Core, x: Any, y: Any, steps: Any, shuffle: bool, split: float, sample_weight: Any, class_weight: Any
) -> Batches:
    """The batches, if nothing was said that only goes with arrays."""
    if y is not None:
        raise ValueError("steps_per_epoch: only for batches; arrays x and y have the steps that batch_size makes")
    if split:
        raise ValueError("validation_split: batches cannot be split; give validation_data=(x, y)")
    if sample_weight is not None:
        raise ValueError("sample_weight: a batch brings its own, (x, y, sample_weight)")
    return Batches(core, x, None if steps is None else whole("steps_per_epoch", steps, 1), shuffle, class_weight)


def whole_batch(data: Data, engine: EngineLike) -> Piece:
    """A step that belongs to no epoch's order: its dropout masks are its iteration's; 2^27 keeps them from epochs'."""
    return Piece(data, data.rows, BEYOND + engine.iteration % BEYOND, 0, 1)


class Batches:
    """What was given, epoch by epoch."""

    joins = False

    def __init__(self, core: Core, given: Any, steps: int | None, shuffle: bool, class_weight: Any) -> None:
        """steps: of an epoch; left out, an epoch is all there is."""
        if hasattr(given, "shape") or hasattr(given, "dtypes") or isinstance(given, (str, bytes, dict)):
            raise TypeError(
                f"y: None with x a {type(given).__name__}; expected targets, or as x a sequence of batches (x, y)"
            )
        self._indexed = hasattr(given, "__len__") and hasattr(given, "__getitem__")
        if not self._indexed and not hasattr(given, "__iter__"):
            raise TypeError(
                f"x: {shown(given)} is a {type(given).__name__}; expected batches (x, y), or arrays x and y"
            )
        if self._indexed and not len(given):
            raise ValueError("x: no batch; expected at least one")
        self._core, self._given, self._shuffle, self._class_weight = core, given, shuffle, class_weight
        self.steps = steps if steps is not None else len(given) if self._indexed else None
        self._going: Iterator[Any] | None = None  # of a source that epochs share
        self._ahead: list[Any] = []  # the first item of all, where it had to be looked at
        self.before_step: Callable[[EngineLike, Data], None] | None = None  # sees rows without class weights

    def first(self) -> Data:
        """The rows of the first item, which will come again."""
        if not self._rewinds and not all(layer.adapted for layer in self._core.stack.normalizations):
            raise ValueError(
                "x: Normalization has to go through the batches before the first step, and these come only once; adapt "
                "it before, layer.adapt(rows or batches), or give what can be gone through again, a sequence for one"
            )
        if self._indexed:
            return self._core.weighted(self._read(self._given[0], 0), self._class_weight)
        self._going = iter(self._given)
        for item in self._going:
            self._ahead.append(item)
            return self._core.weighted(self._read(item, 0), self._class_weight)
        raise ValueError("x: no batch came; expected at least one")

    @property
    def _rewinds(self) -> bool:
        """Whether there is a beginning to go back to."""
        return self._indexed or iter(self._given) is not self._given

    def __iter__(self) -> Iterator[Any]:
        """An epoch's items as they lie, for a look that trains nothing."""
        items = (self._given[place] for place in range(len(self._given))) if self._indexed else iter(self._given)
        return items if self._indexed else islice(items, self.steps)

    def pieces(self, engine: EngineLike, first: int, epochs: int) -> Generator[Piece, None, None]:
        for step, item in enumerate(self._epoch(first)):
            data = self._read(item, step)
            if self.before_step is not None:
                self.before_step(engine, data)
            yield whole_batch(self._core.weighted(data, self._class_weight), engine)

    def _read(self, item: Any, step: int) -> Data:
        """An item, checked, as plain arrays; messages name the batch."""
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            raise TypeError(f"x: batch {step} is a {type(item).__name__}; expected (x, y) or (x, y, sample_weight)")
        x, y, weight = (*item, None)[:3]
        names = f"x of batch {step}", f"y of batch {step}", f"sample_weight of batch {step}"
        return unfolded(self._core.read(x, y, weight, names=names))

    def _epoch(self, number: int) -> Iterator[Any]:
        if self._indexed:
            n, core = len(self._given), self._core
            order = core.module.permutation(core.seed, ORDER, number, n) if self._shuffle else range(n)
            for step in range(self.steps or 0):
                yield self._given[int(order[step % len(order)])]
            return
        if self.steps is not None:
            for step in range(self.steps):
                yield self._one(step)
            return
        count = 0
        for item in self._all():
            count += 1
            yield item
        if not count:
            raise ValueError(f"x: no batch was left for epoch {number}; give a sequence, or steps_per_epoch=")

    def _all(self) -> Iterator[Any]:
        """From the beginning, if there is one: a generator has only what is left."""
        if not self._ahead:
            self._going = iter(self._given)
        while self._ahead:
            yield self._ahead.pop()
        assert self._going is not None
        yield from self._going

    def _one(self, step: int) -> Any:
        """The next one; what can be gone through again begins anew at its end."""
        if self._ahead:
            return self._ahead.pop()
        assert self._going is not None
        for item in self._going:
            return item
        self._going = iter(self._given)
        for item in self._going:
            return item
        raise ValueError(f"x: ran out after {step} of steps_per_epoch={self.steps} batches")
