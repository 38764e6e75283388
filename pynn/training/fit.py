"""The loop over epochs. An engine runs the steps and comes back about every 50 ms; here is what happens in between.

Orders and masks are functions of (seed, epoch), so an epoch's number is all that has to be known to go on.
Data has been checked by checks.py when this begins. Read csrc/train.c or engine/reference.py for a step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import EngineLike, EngineModule, Floats
from ..engine.data import Data, Totals
from ..engine.philox import ORDER
from ..errors import DivergenceError
from .callbacks import Calls
from .history import History
from .progress import Progress


@dataclass(frozen=True)
class Metrics:
    """Which numbers are reported: names as the user gave them, each with the total it is made of."""

    accuracy: str = ""  # what the engine calls it: "", "none", "argmax", "binary"
    totals: tuple[tuple[str, str], ...] = ()  # (reported name, field of Totals)

    def logs(self, totals: Totals, prefix: str = "") -> dict[str, float]:
        rows = totals.rows or float("nan")
        logs = {f"{prefix}loss": totals.loss / rows}
        for name, field in self.totals:
            logs[prefix + name] = getattr(totals, field) / rows
        return logs


@dataclass
class Course:
    """Everything one fit needs."""

    engine: EngineLike
    module: EngineModule
    data: Data
    validation: Data | None
    batch: int
    first_epoch: int
    last_epoch: int
    shuffle: bool
    seed: int
    rates: Callable[[int, int], Floats]  # looked up each epoch, so that a callback can change it
    metrics: Metrics

    @property
    def steps(self) -> int:
        return -(-self.data.rows // self.batch)


def run(course: Course, net: Any, calls: Calls, history: History, progress: Progress) -> History:
    """Train. `net` gets the number of completed epochs (`net.epoch`) and may be asked to stop.

    However it ends, all steps that were counted are complete and on_train_end has been called. An
    interrupted epoch does not count as one: the next fit begins it anew from the weights as they are.
    """
    logs: dict[str, float] = {}
    net.stop_training = False
    calls.train_begin()
    try:
        for epoch in range(course.first_epoch, course.last_epoch):
            if net.stop_training:
                break
            calls.epoch_begin(epoch)
            logs = course.metrics.logs(_train(course, epoch, calls, progress, net))
            net.epoch = epoch + 1
            if course.validation is not None:
                totals = course.engine.evaluate(course.validation, accuracy=course.metrics.accuracy)
                logs |= course.metrics.logs(totals, "val_")
            history.add(epoch, logs)
            progress.epoch(epoch, logs)
            calls.epoch_end(epoch, logs)
    except DivergenceError as error:
        error.add_note("The network has the last finite weights. A smaller learning rate or scaled inputs often help.")
        raise
    finally:
        progress.close()
        calls.train_end(logs)
    return history


def _train(course: Course, epoch: int, calls: Calls, progress: Progress, net: Any) -> Totals:
    """One epoch's steps. With an on_batch_end, one at a time; otherwise in slices of about 50 ms."""
    data, steps, totals, step = course.data, course.steps, Totals(), 0
    order = course.module.permutation(course.seed, ORDER, epoch, data.rows) if course.shuffle else None
    rates = course.rates(course.engine.iteration, steps)
    while step < steps and not (calls.every_batch and net.stop_training):
        if calls.every_batch and step:
            rates[step] = course.rates(course.engine.iteration, 1)[0]
        step = course.engine.train(
            data,
            batch=course.batch,
            epoch=epoch,
            rates=rates,
            totals=totals,
            order=order,
            first=step,
            last=step + 1 if calls.every_batch else None,
            accuracy=course.metrics.accuracy,
        )
        if calls.every_batch:
            calls.batch_end(step - 1, course.metrics.logs(totals))
        if step < steps:
            progress.step(epoch, step, course.metrics.logs(totals))
    return totals


def single_step(engine: EngineLike, data: Data, rates: Floats, metrics: Metrics) -> dict[str, float]:
    """All rows as one batch, one step. Its dropout masks are its iteration's; 2^27 keeps them apart from epochs'."""
    totals = Totals()
    epoch = 2**27 + engine.iteration % 2**27
    engine.train(data, batch=data.rows, epoch=epoch, rates=np.asarray(rates), totals=totals, accuracy=metrics.accuracy)
    return metrics.logs(totals)
