"""History: what each epoch's loss and metrics were. Plain lists, so that it can be pickled and plotted by anyone."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class History:
    """`history` is a dict of lists, one number for each epoch of this fit; `epoch` are the epochs' numbers.

    An epoch that a callback ended by stop_training is in it, with means over the steps it had; an epoch that an
    exception ended (Ctrl-C, divergence) is not. `diverged` then says which number was not finite.
    """

    diverged = ""
    validation_rows = 0

    def __init__(self, **params: Any) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.params: dict[str, Any] = params

    def add(self, epoch: int, logs: dict[str, float]) -> None:
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

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

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items())
        return f"History({len(self.epoch)} epochs{': ' if last else ''}{last})"
