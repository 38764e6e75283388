"""The loop over epochs. An engine runs the steps and comes back about every 50 ms; here is what happens in between.

Orders and masks are functions of (seed, epoch), so an epoch's number is all that has to be known to go on. Where
nobody listens between epochs, an engine runs many of them in one call: an epoch then costs nothing here.
Data has been checked by checks.py when this begins. Read csrc/train.c or engine/reference.py for a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..backend import EngineLike, Floats
from ..engine.data import FIELDS, Data, Totals
from ..errors import DivergenceError
from . import bars
from .callbacks import Calls
from .history import History
from .progress import Progress

ROWS = FIELDS.index("rows")
RATES = 65_536  # learning rates that are made at once: whole epochs, and at least one


@dataclass(frozen=True)
class Metrics:
    """Which numbers are reported: names as the user gave them, each with the total it is made of."""

    accuracy: str = ""  # what the engine calls it: "", "none", "argmax", "binary"
    totals: tuple[tuple[str, str], ...] = ()  # (reported name, field of Totals)

    @cached_property
    def places(self) -> list[tuple[str, int]]:
        """Reported names, each with its place in a row of Totals' table."""
        return [(name, FIELDS.index(field)) for name, field in (("loss", "loss"), *self.totals)]

    def logs(self, totals: Totals, epoch: int = 0, prefix: str = "") -> dict[str, float]:
        """For each reported name its mean over the rows of one epoch."""
        sums = totals.table[epoch].tolist()
        rows = sums[ROWS] or math.nan
        return {prefix + name: sums[place] / rows for name, place in self.places}

    def columns(self, totals: Totals, first: int, end: int) -> dict[str, list[float]]:
        """The same numbers of several epochs, in which there was at least one step."""
        sums = totals.table[first:end].T
        return {name: (sums[place] / sums[ROWS]).tolist() for name, place in self.places}


@dataclass
class Course:
    """One fit: everything it needs, and how far it is.

    Epochs are trained in stretches: one by one where somebody listens, otherwise as many as rates are made for at
    once. Those that are complete are booked: in net.epoch, the History, the progress line.
    """

    engine: EngineLike
    data: Data
    validation: Data | None
    batch: int
    steps: int  # of an epoch
    shuffle: bool
    rates: Callable[[int, int], Floats]  # looked up anew for each stretch, so that a callback can change it
    metrics: Metrics
    net: Any  # gets the number of completed epochs (`epoch`) and may be asked to stop
    calls: Calls
    history: History
    progress: Progress | bars.Bars

    def run(self, first: int, last: int) -> History:
        """Train epochs first .. last - 1.

        However it ends, all steps that were counted are complete and on_train_end has been called. An
        interrupted epoch does not count as one: the next fit begins it anew from the weights as they are.
        """
        calls, net, epoch = self.calls, self.net, first
        self.quiet = not calls.listening and self.validation is None
        together = max(1, RATES // self.steps) if self.quiet else 1
        self.logs: dict[str, float] = {}  # of the latest epoch in the books
        net.stop_training = False
        calls.train_begin()
        try:
            while epoch < last and not net.stop_training:
                calls.epoch_begin(epoch)
                self._stretch(epoch, min(together, last - epoch))
                calls.epoch_end(epoch, self.logs)
                epoch += self.booked
        except DivergenceError as error:
            self.history.diverged = str(error)
            error.add_note(
                "The network has the last finite weights. A smaller learning rate or scaled inputs often help."
            )
            raise
        finally:
            self.progress.close()
            calls.train_end(self.logs)
        return self.history

    def _stretch(self, first: int, epochs: int) -> None:
        self.first, self.totals, self.booked, begun = first, Totals(epochs), 0, self.engine.iteration
        try:
            step = self._steps(epochs * self.steps)
        except BaseException:
            if self.quiet:
                self._book((self.engine.iteration - begun) // self.steps)
            raise
        self._book(max(1, -(-step // self.steps)))

    def _steps(self, end: int) -> int:
        """All steps. With an on_batch_end, one at a time; otherwise in slices of about 50 ms."""
        engine, calls, net, totals, steps = self.engine, self.calls, self.net, self.totals, self.steps
        step, rates = 0, self.rates(engine.iteration, end)
        while step < end and not (calls.every_batch and net.stop_training):
            if calls.every_batch and step:
                rates[step] = self.rates(engine.iteration, 1)[0]
            step = engine.train(
                self.data, batch=self.batch, epoch=self.first, rates=rates, totals=totals, shuffle=self.shuffle,
                first=step, last=step + 1 if calls.every_batch else end, accuracy=self.metrics.accuracy,
            )  # fmt: skip
            if calls.every_batch:
                calls.batch_end(step - 1, self.metrics.logs(totals))
            if step == end:
                break
            now = step // steps
            if self.quiet:
                self._book(now)
            if step % steps:
                self.progress.step(self.first + now, step % steps, self.metrics.logs(totals, now))
            if net.stop_training:  # set from another thread: the epoch is completed
                end = min(end, -(-step // steps) * steps)
        return step

    def _book(self, count: int) -> None:
        """The first `count` epochs of the stretch are complete (or were ended by a callback)."""
        new, first = self.booked, self.first + self.booked
        if count <= new:
            return
        logs = self.metrics.logs(self.totals, count - 1)
        self.net.epoch, self.booked = self.first + count, count
        if self.validation is not None:
            totals = self.engine.evaluate(self.validation, accuracy=self.metrics.accuracy)
            logs |= self.metrics.logs(totals, prefix="val_")
        self.logs = logs
        if count - new > 1:
            columns = self.metrics.columns(self.totals, new, count)
            self.history.extend(first, columns)
            self.progress.epochs(first, columns)
        else:
            self.history.add(first, logs)
            self.progress.epoch(first, logs)


def single_step(engine: EngineLike, data: Data, rates: Floats, metrics: Metrics) -> dict[str, float]:
    """All rows as one batch, one step."""
    totals = Totals()
    take_batch(engine, data, rates, totals, metrics.accuracy)
    return metrics.logs(totals)


def take_batch(engine: EngineLike, data: Data, rates: Floats, totals: Totals, accuracy: str) -> None:
    """A step that belongs to no epoch's order: its dropout masks are its iteration's; 2^27 keeps them from epochs'."""
    masks = 2**27 + engine.iteration % 2**27
    engine.train(data, batch=data.rows, epoch=masks, rates=np.asarray(rates), totals=totals, accuracy=accuracy)
