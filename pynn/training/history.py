"""History: what each epoch's loss and metrics were. Plain lists, so that it can be pickled and plotted by anyone.

FitRecord fills it: the record that Network plugs into the loop, with validation and the progress line. Estimators have
a record of their own, with scikit-learn's rules. Read fit.py for the loop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..backend import EngineLike
from ..core import Core
from ..engine.data import Data, Totals
from ..errors import DivergenceError
from . import bars
from .callbacks import Calls
from .fit import Metrics
from .hooks import Logs
from .measuring import Measuring
from .progress import Progress


class History:
    """`history` is a dict of lists, one number for each epoch of this fit; `epoch` are the epochs' numbers.

    An epoch that a callback ended by stop_training is in it, with means over the steps it had; an epoch that an
    exception ended (Ctrl-C, divergence) is not. `diverged` then says which number was not finite. What callbacks add
    to an epoch's logs is in it, NaN where they did not. `fit` returns one; it can be given as a callback, too.
    """

    diverged = ""
    validation_rows = 0
    kept: int | None = None  # the epoch whose weights the network was given back; diagnose looks at nothing later

    def __init__(self, **params: Any) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.params: dict[str, Any] = params

    def add(self, epoch: int, logs: Logs) -> None:
        if not self.epoch:
            self.history = {name: [] for name in logs}
        elif logs.keys() != self.history.keys():
            for name in logs:
                self.history.setdefault(name, [math.nan] * len(self.epoch))
            logs = dict.fromkeys(self.history, math.nan) | logs
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history[name].append(value)

    def set_params(self, params: dict[str, Any]) -> None:
        """As a callback: from here on it is the History of this fit."""
        self.history, self.epoch, self.params = {}, [], params

    on_epoch_end = add

    def extend(self, first: int, columns: dict[str, list[float]]) -> None:
        """Epochs first.. with their numbers; each column is as long as there are epochs."""
        self.epoch.extend(range(first, first + len(columns["loss"])))
        for name, values in columns.items():
            self.history.setdefault(name, []).extend(values)

    def plot(self, **options: Any) -> Any:
        """Curves of loss and metrics, training and validation together, as a pynn.plots.LearningCurveDisplay.

        Options are those of LearningCurveDisplay.from_history and its plot: ax, metrics, best, log, title.
        """
        plots = import_module("pynn.plots")  # asked for by name: pictures stand above trainings, and need matplotlib
        return plots.LearningCurveDisplay.from_history(self, **options)

    def to_frame(self) -> Any:
        """A pandas DataFrame: a row for each epoch, a column for each number."""
        try:
            from pandas import DataFrame, Index
        except ImportError as reason:
            raise ImportError("to_frame needs pandas: pip install pandas") from reason
        return DataFrame(self.history, index=Index(self.epoch, name="epoch"))

    def _repr_html_(self) -> str:
        """A table for a notebook: the first and the last epochs, counted from 1 as by progress and pictures."""
        places = [*range(len(self.epoch))]
        if len(places) > 12:
            places = [*places[:4], -1, *places[-6:]]
        cell = '<td style="text-align:right;padding:0 0.6em">{}</td>'.format
        head = "".join(f'<th style="text-align:right;padding:0 0.6em">{name}</th>' for name in ("epoch", *self.history))
        rows = [
            [self.epoch[i] + 1, *(f"{values[i]:.4g}" for values in self.history.values())] if i >= 0 else ["..."]
            for i in places
        ]
        body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items())
        return f"History({len(self.epoch)} epochs{': ' if last else ''}{last})"


@dataclass
class FitRecord:
    """Of one fit of a Network."""

    core: Core
    engine: EngineLike
    metrics: Metrics
    measuring: Measuring
    validation: Data | None
    history: History
    progress: Progress | bars.Bars
    quiet: bool = False
    together: int = 1
    calls: Calls | None = None  # those who hear of epochs

    def add(self, first: int, totals: Totals, begin: int, end: int) -> Logs:
        logs = self.metrics.logs(totals, end - 1)
        self.core.epoch = first + end - begin
        if self.validation is not None or self.metrics.measured:
            logs = self._measured(logs, first)
        if end - begin > 1:
            columns = self.metrics.columns(totals, begin, end)
            self.history.extend(first, columns)
            self.progress.epochs(first, columns)
        elif self.quiet:
            self.keep(first, logs)
        return logs

    def _measured(self, logs: Logs, epoch: int) -> Logs:
        """The epoch's logs, with what predictions tell. An error in between leaves nan in the History for the rest."""
        metrics, held_out = self.metrics, self.validation
        try:
            logs = metrics.in_order(logs | self.measuring.training(self.engine, epoch))
            if held_out is not None:
                found = self.measure(epoch) if self.calls is None else self.calls.tested(lambda: self.measure(epoch))
                logs |= {f"val_{name}": value for name, value in found.items()}
            return logs
        except BaseException:
            names = ("loss", *metrics.names)
            every = [*names, *(f"val_{name}" for name in names if held_out is not None)]
            self.history.add(epoch, {name: logs.get(name, math.nan) for name in every})
            raise

    def measure(self, epoch: int) -> Logs:
        """Of the rows that are held out."""
        assert self.validation is not None
        return self.measuring.evaluated(self.engine, self.validation, f"the validation rows of epoch {epoch + 1}")

    def keep(self, epoch: int, logs: Logs) -> None:
        self.history.add(epoch, logs)
        self.progress.epoch(epoch, logs)

    def step(self, epoch: int, step: int, logs: Logs) -> None:
        self.progress.step(epoch, step, logs)

    def diverged(self, error: DivergenceError) -> None:
        self.history.diverged = str(error)
        error.add_note("The network has the last finite weights. A smaller learning rate or scaled inputs often help.")

    def close(self) -> None:
        self.progress.close()
