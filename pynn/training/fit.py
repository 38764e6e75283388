"""The loop over epochs. An engine runs the steps and comes back about every 50 ms; here is what happens in between.

Orders and masks are functions of (seed, epoch), so an epoch's number is all that has to be known to go on. Where
nobody listens between epochs, an engine runs many of them in one call: an epoch then costs nothing here.
Data has been checked by checks.py when this begins. Read csrc/train.c or engine/reference.py for a step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import EngineLike, Floats
from ..engine.data import FIELDS, Data, Totals
from ..errors import DivergenceError
from .callbacks import Calls
from .history import History
from .progress import Progress

RATES = 65_536  # learning rates that are made at once: whole epochs, and at least one


@dataclass(frozen=True)
class Metrics:
    """Which numbers are reported: names as the user gave them, each with the total it is made of."""

    accuracy: str = ""  # what the engine calls it: "", "none", "argmax", "binary"
    totals: tuple[tuple[str, str], ...] = ()  # (reported name, field of Totals)

    def columns(self, totals: Totals, epochs: slice = slice(None), prefix: str = "") -> dict[str, list[float]]:
        """For each reported name its means over the rows of these epochs, one by one; nan where there were no rows."""
        sums = totals.table[epochs]
        with np.errstate(invalid="ignore"):
            means = sums / sums[:, FIELDS.index("rows"), None]
        names = (("loss", "loss"), *self.totals)
        return {prefix + name: means[:, FIELDS.index(field)].tolist() for name, field in names}

    def logs(self, totals: Totals) -> dict[str, float]:
        return last_of(self.columns(totals))


def last_of(columns: dict[str, list[float]]) -> dict[str, float]:
    return {name: values[-1] for name, values in columns.items()}


@dataclass
class Course:
    """Everything one fit needs."""

    engine: EngineLike
    data: Data
    validation: Data | None
    batch: int
    first_epoch: int
    last_epoch: int
    shuffle: bool
    rates: Callable[[int, int], Floats]  # looked up anew for each stretch, so that a callback can change it
    metrics: Metrics

    @property
    def steps(self) -> int:
        return -(-self.data.rows // self.batch)


def run(course: Course, net: Any, calls: Calls, history: History, progress: Progress) -> History:
    """Train. `net` gets the number of completed epochs (`net.epoch`) and may be asked to stop.

    However it ends, all steps that were counted are complete and on_train_end has been called. An
    interrupted epoch does not count as one: the next fit begins it anew from the weights as they are.
    """
    quiet = not calls.listening and course.validation is None
    together = max(1, RATES // course.steps) if quiet else 1
    epoch, logs = course.first_epoch, dict[str, float]()
    net.stop_training = False
    calls.train_begin()
    try:
        while epoch < course.last_epoch and not net.stop_training:
            calls.epoch_begin(epoch)
            stretch = Stretch(course, net, history, progress, epoch, min(together, course.last_epoch - epoch), logs)
            try:
                stretch.train(calls, quiet)
            except BaseException:
                if quiet:
                    stretch.book((course.engine.iteration - stretch.begun) // course.steps)
                raise
            finally:
                logs = stretch.logs
            calls.epoch_end(epoch, logs)
            epoch += stretch.booked
    except DivergenceError as error:
        error.add_note("The network has the last finite weights. A smaller learning rate or scaled inputs often help.")
        raise
    finally:
        progress.close()
        calls.train_end(logs)
    return history


class Stretch:
    """Epochs in a row, and which of them are in the books: in net.epoch, the History, the progress line."""

    def __init__(
        self, course: Course, net: Any, history: History, progress: Progress, first: int, epochs: int,
        logs: dict[str, float],
    ) -> None:  # fmt: skip
        self.course, self.net, self.history, self.progress = course, net, history, progress
        self.first, self.totals, self.booked = first, Totals(epochs), 0
        self.begun = course.engine.iteration
        self.logs = logs  # of the latest epoch in the books

    def train(self, calls: Calls, quiet: bool) -> None:
        """All steps. With an on_batch_end, one at a time; otherwise in slices of about 50 ms."""
        course, net, totals, steps = self.course, self.net, self.totals, self.course.steps
        step, end = 0, steps * len(totals)
        rates = course.rates(self.begun, end)
        while step < end and not (calls.every_batch and net.stop_training):
            if calls.every_batch and step:
                rates[step] = course.rates(course.engine.iteration, 1)[0]
            step = course.engine.train(
                course.data,
                batch=course.batch,
                epoch=self.first,
                rates=rates,
                totals=totals,
                shuffle=course.shuffle,
                first=step,
                last=step + 1 if calls.every_batch else end,
                accuracy=course.metrics.accuracy,
            )
            if calls.every_batch:
                calls.batch_end(step - 1, course.metrics.logs(totals))
            if quiet:
                self.book(step // steps)
            if step % steps:
                now = step // steps
                self.progress.step(self.first + now, step % steps, course.metrics.logs(totals[now]))
            if net.stop_training:  # set from another thread: the epoch is completed
                end = min(end, -(-step // steps) * steps)
        self.book(max(1, -(-step // steps)))

    def book(self, count: int) -> None:
        """The first `count` epochs are complete (or were ended by a callback)."""
        new = slice(self.booked, count)
        if new.start >= new.stop:
            return
        course, first = self.course, self.first + self.booked
        columns = course.metrics.columns(self.totals, new)
        self.net.epoch, self.booked = self.first + count, count
        if course.validation is not None:
            totals = course.engine.evaluate(course.validation, accuracy=course.metrics.accuracy)
            columns |= course.metrics.columns(totals, prefix="val_")
        self.logs = last_of(columns)
        self.history.extend(first, columns)
        self.progress.epochs(first, columns)


def single_step(engine: EngineLike, data: Data, rates: Floats, metrics: Metrics) -> dict[str, float]:
    """All rows as one batch, one step. Its dropout masks are its iteration's; 2^27 keeps them apart from epochs'."""
    totals = Totals()
    epoch = 2**27 + engine.iteration % 2**27
    engine.train(data, batch=data.rows, epoch=epoch, rates=np.asarray(rates), totals=totals, accuracy=metrics.accuracy)
    return metrics.logs(totals)
