"""The loop over epochs, for everybody who trains: a row source, callbacks and a record are plugged in.

An engine runs the steps and comes back about every 50 ms; here is what happens in between. Orders and masks are
functions of (seed, epoch), so an epoch's number is all that has to be known to go on. Where nobody listens between
epochs, an engine runs many of them in one call: an epoch then costs nothing here. Read sources.py for where rows come
from, history.py for what is kept, csrc/train.c or engine/reference.py for a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from ..backend import Array, EngineLike, Floats
from ..engine.data import FIELDS, Data, Totals
from ..errors import DivergenceError
from ..metrics.fitted import YES_NO, Named, Own
from .callbacks import Calls
from .hooks import Logs

ROWS = FIELDS.index("rows")
RATES = 65_536  # learning rates that are made at once: whole epochs, and at least one


@dataclass(frozen=True)
class Metrics:
    """Which numbers are reported: names as the user gave them, each with the total it is made of.

    Those that need predictions are not computed here: read measuring.py.
    """

    accuracy: str = ""  # what the engine calls it: "", "none", "argmax", "binary"
    totals: tuple[tuple[str, str], ...] = ()  # (reported name, field of Totals, or "rmse")
    task: str = YES_NO
    measured: tuple[Named | Own, ...] = ()  # computed from predictions
    names: tuple[str, ...] = ()  # all, in the order in which they are reported

    @cached_property
    def places(self) -> list[tuple[str, int]]:
        """Reported names, each with its place in a row of Totals' table."""
        fields = (("loss", "loss"), *self.totals)
        return [(name, FIELDS.index("mse" if of == "rmse" else of)) for name, of in fields]

    @cached_property
    def roots(self) -> list[str]:
        """Those that are the root of their mean."""
        return [name for name, of in self.totals if of == "rmse"]

    def in_order(self, logs: Logs) -> Logs:
        """The loss first, then the metrics as compile was told them; the engine's own are so already."""
        return {name: logs[name] for name in ("loss", *self.names)} if self.measured else logs

    def logs(self, totals: Totals, epoch: int = 0, prefix: str = "") -> Logs:
        """For each reported name its mean over the rows of one epoch."""
        sums = totals.table[epoch].tolist()
        rows = sums[ROWS] or math.nan
        found = {prefix + name: sums[place] / rows for name, place in self.places}
        for name in self.roots:
            found[prefix + name] = math.sqrt(found[prefix + name])
        return found

    def columns(self, totals: Totals, first: int, end: int) -> dict[str, list[float]]:
        """The same numbers of several epochs, in which there was at least one step."""
        sums = totals.table[first:end].T
        found = {name: sums[place] / sums[ROWS] for name, place in self.places}
        return {name: (np.sqrt(mean) if name in self.roots else mean).tolist() for name, mean in found.items()}


@dataclass(slots=True)
class Piece:
    """Rows, and which of an epoch's steps an engine takes with them: what one call of `train` can do."""

    data: Data
    batch: int
    epoch: int  # what dropout masks, and an order of the engine's own, are functions of
    first: int  # step, counted as masks and `order` count
    last: int  # ... before which it ends; beyond one epoch's steps, the epochs after it follow
    order: Array | None = None
    shuffle: bool = False

    def train(
        self, engine: EngineLike, rates: Floats, totals: Totals, accuracy: str, first: int = 0, last: int = 1
    ) -> int:
        """Steps first .. last - 1, or as many as go into about 50 ms; the step that comes next."""
        return engine.train(
            self.data, batch=self.batch, epoch=self.epoch, rates=rates, totals=totals, order=self.order,
            shuffle=self.shuffle, first=first, last=last, accuracy=accuracy,
        )  # fmt: skip


class Source(Protocol):
    """Where the rows of an epoch come from."""

    @property
    def steps(self) -> int | None:
        """Of an epoch; None: known when it is over."""

    @property
    def joins(self) -> bool:
        """Whether several epochs can be one piece."""

    def pieces(self, engine: EngineLike, first: int, epochs: int) -> Generator[Piece, None, None]:
        """All steps of these epochs; more than one epoch only of a source that joins them."""


class Record(Protocol):
    """What is kept of epochs."""

    @property
    def quiet(self) -> bool:
        """Whether nobody looks between epochs: those that are complete are kept then, whatever ends a call."""

    @property
    def together(self) -> int:
        """How many epochs may be one call."""

    def add(self, first: int, totals: Totals, begin: int, end: int) -> Logs:
        """Rows begin .. end - 1 of the totals are epochs that are complete, from number `first` on; the last's logs."""

    def keep(self, epoch: int, logs: Logs) -> None:
        """What callbacks have made of the logs of an epoch that was added. Not called where it is quiet."""

    def step(self, epoch: int, step: int, logs: Logs) -> None:
        """Within an epoch, now and then."""

    def diverged(self, error: DivergenceError) -> None: ...
    def close(self) -> None: ...


@dataclass
class Course:
    """One fit: everything it needs, and how far it is.

    Epochs are trained in stretches: one by one where somebody listens, otherwise as many as the record allows. Those
    that are complete go into the record. Callbacks may set `stop_training`.
    """

    engine: EngineLike
    source: Source
    rates: Callable[[int, int], Floats]  # looked up anew for each piece, so that a callback can change it
    metrics: Metrics
    calls: Calls
    record: Record
    logs: Logs = field(default_factory=dict)  # of the latest epoch in the record

    def run(self, first: int, last: int) -> None:
        """Train epochs first .. last - 1, or fewer where somebody says stop.

        However it ends, all steps that were counted are complete and on_train_end has been called for all callbacks
        that had begun. An interrupted epoch does not count as one: the next fit begins it anew from the weights as
        they are.
        """
        calls, record, source, epoch = self.calls, self.record, self.source, first
        most = max(1, RATES // source.steps) if source.joins and source.steps else 1
        hears = calls.hears
        try:
            calls.train_begin()
            while epoch < last and not calls.stop:
                if hears:
                    calls.epoch_begin(epoch)
                self.stretch(epoch, min(last - epoch, most, record.together))
                try:
                    if hears:
                        calls.epoch_end(epoch, self.logs)
                finally:
                    if not record.quiet:
                        record.keep(epoch, self.logs)
                epoch += self.complete
        except DivergenceError as error:
            record.diverged(error)
            if not calls.diverged(error):
                raise
        finally:
            try:
                record.close()
            finally:
                calls.train_end(self.logs)

    def stretch(self, first: int, epochs: int) -> None:
        """Some epochs, until `complete` of them are in the record."""
        self.complete, begun, steps = 0, self.engine.iteration, self.source.steps
        try:
            done = self.steps(first, epochs)
        except BaseException:
            if self.record.quiet and steps:
                self.book(first, (self.engine.iteration - begun) // steps)
            raise
        self.book(first, max(1, -(-done // steps)) if steps and epochs > 1 else 1)

    def steps(self, first: int, epochs: int) -> int:
        """All steps, piece by piece, or fewer where a callback says stop; how many there were."""
        self.totals, done = Totals(epochs), 0
        pieces = self.source.pieces(self.engine, first, epochs)
        try:
            for piece in pieces:
                done = self._train(piece, first, epochs, done)
                if self.calls.every_batch and self.calls.stop:
                    break
        finally:
            pieces.close()  # now, not when a traceback is forgotten: it may have told the disk something
        return done

    def _train(self, piece: Piece, first: int, epochs: int, done: int) -> int:
        """A piece's steps. Where somebody listens to steps, one at a time; otherwise in slices of about 50 ms."""
        engine, calls, totals, metrics = self.engine, self.calls, self.totals, self.metrics
        step, end, each, of = piece.first, piece.last, calls.every_batch, self.source.steps
        before, now, rates = done - step, 0, self.rates(engine.iteration, end - step)
        if step:  # they stand at their steps' numbers
            known, rates = rates, np.empty(end)
            rates[step:] = known
        while step < end:
            if each:
                calls.batch_begin(before + step)
                rates[step] = self.rates(engine.iteration, 1)[0]
            step = piece.train(engine, rates, totals, metrics.accuracy, step, step + 1 if each else end)
            done, logs = before + step, None
            if each:
                logs = metrics.logs(totals)
                calls.batch_end(done - 1, logs)
            if epochs > 1 and of and step < end:
                now = done // of
                if self.record.quiet:  # a record that runs epochs ahead has the say itself
                    self.book(first, now)
                    if calls.stop:  # set from another thread: the epoch is completed
                        end = min(end, -(-step // of) * of)
            if of is None or done % of:
                self.record.step(first + now, done - now * (of or 0), logs or metrics.logs(totals, now))
            if each and calls.stop:  # asked after a step, as in Keras: an epoch that has begun has one
                break
        return done

    def book(self, first: int, count: int) -> None:
        """The first `count` epochs of the stretch are complete (or were ended by a callback)."""
        if count > self.complete:
            begin, self.complete = self.complete, count
            self.logs = self.record.add(first + begin, self.totals, begin, count)
