"""Callbacks that set the learning rate of each epoch, end a training, or call functions of the user's.

For learning rates that change with every step read schedules.py; for callbacks that depend on a loss or a metric
read watching.py.
"""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable
from typing import Any

from ..arguments import flag, real, shown
from ..training.hooks import HOOKS, Callback, near
from .watching import spoken


class LambdaCallback(Callback):
    """Calls the functions it is given: LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"])).

    Every hook of Callback is possible, and a network is asked for batches only if on_train_batch_begin or
    on_train_batch_end, or on_batch_begin or on_batch_end, is among them.
    """

    def __init__(self, **functions: Callable[..., Any] | None) -> None:
        for name, function in functions.items():
            if name not in HOOKS:
                raise TypeError(f"{name}: unknown; {near(name)}")
            if function is not None:
                if not callable(function):
                    raise TypeError(f"{name}: {shown(function)} is a {type(function).__name__}; expected a function")
                setattr(self, name, function)


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch to schedule(epoch), or to schedule(epoch, rate) with the current rate.

    For a rate that changes with every step, give the optimizer one of pynn.schedules. The logs get the epoch's rate as
    "learning_rate"; with verbose=1 it is printed when it is set.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(f"schedule: {shown(schedule)} is a {type(schedule).__name__}; expected a function")
        self.schedule, self.verbose = schedule, spoken(verbose)
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.net.optimizer
        rate = self.schedule(epoch, optimizer.learning_rate) if self._takes_rate else self.schedule(epoch)
        optimizer.learning_rate = rate = real("schedule: its rate", rate, 0)
        if self.verbose:
            self._say(f"epoch {epoch + 1}: learning rate {rate:g}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["learning_rate"] = float(self.net.optimizer.learning_rate)


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a compiled function whose parameters cannot be inspected
        return True
    try:
        signature.bind(0, 0.1)
    except TypeError:
        return False
    return True


class TerminateOnNaN(Callback):
    """A loss that is not finite ends the fit, with the last finite weights, instead of raising a DivergenceError.

    The epoch in which it happens is not in the History, whose `diverged` has the error's words.
    """

    def on_divergence(self, error: Any) -> bool:
        self._say(f"{error}; the training ends")
        self.net.stop_training = True
        return True


class TimeBudget(Callback):
    """Ends the training once `seconds` have passed: after the epoch, or with batches=True after the batch.

    The epoch in which it stops depends on the clock, so two such trainings may differ in length; the epochs that both
    have are equal.
    """

    def __init__(self, seconds: float, batches: bool = False) -> None:
        self.seconds = real("seconds", seconds, 0)
        self._end = math.inf
        if flag("batches", batches):
            self.on_batch_end = self._look  # type: ignore[method-assign]

    def on_train_begin(self, logs: Any = None) -> None:
        self._end = time.monotonic() + self.seconds

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._look(epoch, logs)

    def _look(self, batch: int, logs: Any = None) -> None:
        if time.monotonic() >= self._end:
            self.net.stop_training = True
