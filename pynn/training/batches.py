"""Training on batches that somebody hands over: a generator, or any sequence of (x, y) or (x, y, sample_weight).

Each item is one step, checked like the arrays of a fit, and is forgotten when the step is done: so rows may come from
anywhere, and need not fit into memory. A sequence (with a length and an index) is gone through in an order that is
drawn for each epoch; anything else comes as it comes. Read fit.py for the loop over epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .. import backend
from ..arguments import shown, whole
from ..engine.data import Data, Totals
from ..engine.philox import ORDER
from ..rows import arrays
from ..rows.sparse import serving, unfolded
from . import checks
from .callbacks import Calls
from .fit import Course, take_batch
from .history import History
from .progress import start


class Batches:
    """What was given, epoch by epoch."""

    def __init__(self, given: Any, steps: int | None, draw: Callable[[int, int], Any] | None) -> None:
        """steps: of an epoch; left out, an epoch is all there is. draw(epoch, n): the order of a sequence."""
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
        self._given, self._draw = given, draw
        self.steps = steps if steps is not None else len(given) if self._indexed else None
        self._going: Iterator[Any] | None = None  # of a source that epochs share
        self._ahead: list[Any] = []  # the first item of all, where it had to be looked at

    def first(self) -> Any:
        """The first item, which will come again."""
        if self._indexed:
            return self._given[0]
        self._going = iter(self._given)
        for item in self._going:
            self._ahead.append(item)
            return item
        raise ValueError("x: no batch came; expected at least one")

    @property
    def rewinds(self) -> bool:
        """Whether there is a beginning to go back to."""
        return self._indexed or iter(self._given) is not self._given

    def __iter__(self) -> Iterator[Any]:
        """An epoch's items as they lie, for a look that trains nothing."""
        items = (self._given[place] for place in range(len(self._given))) if self._indexed else iter(self._given)
        return items if self._indexed else islice(items, self.steps)

    def epoch(self, number: int) -> Iterator[Any]:
        if self._indexed:
            order = range(len(self._given)) if self._draw is None else self._draw(number, len(self._given))
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


@dataclass
class BatchCourse(Course):
    """A Course whose steps come one by one."""

    source: Batches | None = None
    read: Callable[[Any, int], Data] | None = None

    def _stretch(self, first: int, epochs: int) -> None:
        assert self.source is not None and self.read is not None
        engine, calls, net = self.engine, self.calls, self.net
        self.first, self.totals, self.booked = first, Totals(1), 0
        for step, item in enumerate(self.source.epoch(first)):
            data = self.read(item, step)
            take_batch(engine, data, self.rates(engine.iteration, 1), self.totals, self.metrics.accuracy)
            logs = self.metrics.logs(self.totals)
            if calls.every_batch:
                calls.batch_end(step, logs)
                if net.stop_training:
                    break
            self.progress.step(first, step + 1, logs)
        self._book(1)


def reader_of(net: Any, task: checks.Task, class_weight: Any) -> Callable[[Any, int], Data]:
    """From an item to checked rows; messages name the batch."""

    def read(item: Any, step: int) -> Data:
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            raise TypeError(f"x: batch {step} is a {type(item).__name__}; expected (x, y) or (x, y, sample_weight)")
        x, y, weight = (*item, None)[:3]
        names = f"x of batch {step}", f"y of batch {step}", f"sample_weight of batch {step}"
        data = checks.examples(x, y, weight, task, net.inputs, net._reader, names)
        data.weight = checks.row_weights(data, class_weight, task, net.dtype)
        return unfolded(data)

    return read


def source_of(net: Any, x: Any, y: Any, steps: Any, shuffle: bool, split: float, sample_weight: Any) -> Batches:
    """The batches, if nothing was said that only goes with arrays."""
    if y is not None:
        raise ValueError("steps_per_epoch: only for batches; arrays x and y have the steps that batch_size makes")
    if split:
        raise ValueError("validation_split: batches cannot be split; give validation_data=(x, y)")
    if sample_weight is not None:
        raise ValueError("sample_weight: a batch brings its own, (x, y, sample_weight)")
    number = None if steps is None else whole("steps_per_epoch", steps, 1)

    def draw(epoch: int, n: int) -> Any:
        return backend.load(net.engine).permutation(net.seed, ORDER, epoch, n)

    return Batches(x, number, draw if shuffle else None)


def fit(
    net: Any, source: Batches, first: int, last: int, class_weight: Any, validation: Any, calls: Calls, loud: int | str
) -> History:
    """The other half of Network.fit, which has checked what can be checked without a batch."""
    recipe = net._ready()
    if not source.rewinds and not all(layer.adapted for layer in net._stack.normalizations):
        raise ValueError(
            "x: Normalization has to go through the batches before the first step, and these come only once; adapt it "
            "before, layer.adapt(rows or batches), or give what can be gone through again, a sequence for one"
        )
    read = reader_of(net, recipe.task, class_weight)
    data = read(source.first(), 0)
    held_out = checks.validation(validation, recipe.task, net.inputs or arrays.width(data.x), net._reader)
    core = net._for_training(data.x, source)
    history = net.history = History(epochs=last, steps=source.steps, batch_size=None, rows=None)
    history.validation_rows = held_out.rows if held_out is not None else 0
    if last > first:
        net._remarks.before(core, net._plan_now(), data)
    engine = serving(core, backend.load(net.engine), net.seed, held_out)
    course = BatchCourse(
        engine, data, held_out, data.rows, source.steps or 1, False,
        recipe.optimizer.rates, recipe.metrics, net, calls, history,
        start(loud, first, last, source.steps), source, read,
    )  # fmt: skip
    course.run(first, last)
    net._remarks.after(net)
    return history
