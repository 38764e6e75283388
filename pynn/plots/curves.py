"""Learning curves: loss and metrics over the epochs, of one training, or of several for comparison.

The data are a History or any dict of lists like its `.history`. Nothing is trained here. For gradient descent on a
function of one variable read descent.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from ..arguments import flag, shown
from ..backend import Floats
from ..metrics.names import rising
from .answers import short, words
from .colours import FIRST, PALE, SECOND, ordered
from .display import Display

Curves = dict[str, Floats]
DASHES: Any = (0, (6, 1.5))  # long dashes: short ones would not be seen in a curve that fluctuates


def curves_of(name: str, given: Any) -> tuple[Floats, Curves]:
    """The numbers of the epochs, from 1, and the values of each quantity."""
    table = getattr(given, "history", given)
    if not isinstance(table, Mapping):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected a History or a dict of lists")
    curves = {str(key): _column(name, key, values) for key, values in table.items()}
    length = {values.size for values in curves.values()}
    if not curves or 0 in length:
        raise ValueError(f"{name}: there is no epoch in it")
    if len(length) > 1:
        raise ValueError(f"{name}: lists of {', '.join(map(str, sorted(length)))} epochs; expected one length")
    epochs = getattr(given, "epoch", range(length.pop()))
    return np.asarray(epochs, np.float64) + 1, curves


def _column(name: str, key: Any, values: Any) -> Floats:
    try:
        return np.asarray(values, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {key!r} is {shown(values)}; expected a list of numbers") from None


def upwards(name: str) -> bool:
    """Whether larger values of this quantity are better."""
    return rising(name) is True


def best_epoch(epochs: Floats, curves: Curves, name: str) -> float:
    """The index of the first epoch with the best value; NaN is ignored."""
    if name not in curves:
        raise ValueError(f"best: {name!r} is not in the history; there are {', '.join(curves)}")
    values = curves[name] if upwards(name) else -curves[name]
    if np.isnan(values).all():
        raise ValueError(f"best: {name} is never a number")
    return float(epochs[np.nanargmax(values)])


def dress(ax: Axes, epochs: Floats, log: bool) -> None:
    """Formats the axes: whole numbers of epochs, a pale grid, perhaps a logarithmic scale."""
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    ax.grid(True, color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    if log and ax.dataLim.y1 > 0:  # there are positive values
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 300 * low else (1.0,)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())
    if epochs.size == 1:
        ax.set_xlim(epochs[0] - 1, epochs[0] + 1)


def draw(ax: Axes, epochs: Floats, values: Floats, **look: Any) -> Line2D:
    """Draws one curve; a single epoch as a dot."""
    return ax.plot(epochs, values, marker="o" if epochs.size == 1 else "", **look)[0]


@dataclass(repr=False)
class LearningCurveDisplay(Display):
    """Fields: epoch (from 1), curves (name -> values, validation as val_name), metrics drawn, best epoch or None."""

    epoch: Floats
    curves: Curves
    metrics: tuple[str, ...]
    best: float | None = None
    judged: str = ""  # the quantity that decides which epoch is the best

    @classmethod
    def from_history(
        cls, history: Any, *, metrics: Any = None, best: bool | str | None = None, ax: Any = None, **options: Any
    ) -> Self:
        """The curves of a fit.

        history   a History, or a dict of lists like its `.history`
        metrics   names of the panels; left out, all there are
        best      marks the best epoch: by the name given (True: val_loss, or else loss); left out, if there is val_loss
        options   as of `plot`: log=True
        """
        epochs, curves = curves_of("history", history)
        found = [name for name in curves if not (name.startswith("val_") and name[4:] in curves)]
        chosen = tuple(found) if metrics is None else _chosen(metrics, found)
        if best is None:
            best = "val_loss" in curves and not bool(np.isnan(curves["val_loss"]).all())
        judged = best if isinstance(best, str) else ("val_loss" if "val_loss" in curves else "loss") if best else ""
        return cls(epochs, curves, chosen, best_epoch(epochs, curves, judged) if judged else None, judged).plot(
            ax, **options
        )

    def plot(self, ax: Any = None, *, log: bool = False, title: str | None = None) -> Self:
        """A panel for each metric; `log`: a logarithmic scale, but not for accuracies."""
        panels, log = len(self.metrics), flag("log", log)
        high = -(-panels // 2)
        size = (7.4 if panels > 1 else 6.0, 3.6 if high == 1 else 3.0 * high + 0.4)
        with self._canvas(ax, size, *((high, min(panels, 2)) if ax is None else (1, panels))) as axes:
            for spare in axes[panels:]:
                spare.remove()
            self.axes_ = axes[:panels]
            for each, name in zip(self.axes_, self.metrics, strict=True):
                self._panel(each, name, log and not upwards(name))
            lines = [Line2D([], [], color=FIRST, label="training")]
            if any(name.startswith("val_") or f"val_{name}" in self.curves for name in self.metrics):
                lines.append(Line2D([], [], color=SECOND, linestyle=DASHES, label="validation"))
            if self.best is not None:
                label = f"best {self.judged.replace('val_', 'validation ')}: epoch {self.best:g}"
                lines.append(Line2D([], [], color=self._ink, linestyle=":", linewidth=1.2, marker="o", label=label))
            self._legend(lines)
            if title is not None:
                self._heading(title)
        return self

    def _panel(self, ax: Axes, name: str, log: bool) -> None:
        held_out = self.curves.get(
            name if name.startswith("val_") else f"val_{name}"
        )  # the former: of validation alone
        if not name.startswith("val_"):
            draw(ax, self.epoch, self.curves[name], color=FIRST, label="training")
        if held_out is not None:
            draw(ax, self.epoch, held_out, color=SECOND, linestyle=DASHES, label="validation")
        if self.best is not None:
            values = self.curves[name] if held_out is None else held_out
            at = float(values[np.flatnonzero(self.epoch == self.best)[0]])
            ax.axvline(self.best, color=self._ink, linestyle=":", linewidth=1.2, zorder=1)
            ax.plot([self.best], [at], "o", color=self._ink, markersize=5, zorder=4)
            ax.set_title(f"{at:.4g} at epoch {self.best:g}", loc="right", fontsize=9)
        ax.set_ylabel(short(name, 32))
        ax.set_title(
            short(name.replace("_", " ").capitalize(), 16 if self.best is not None else 32),
            loc="center" if self.best is None else "left",
        )
        dress(ax, self.epoch, log)


def _chosen(metrics: Any, found: list[str]) -> tuple[str, ...]:
    names = (metrics,) if isinstance(metrics, str) else words("metrics", metrics)
    for name in names:
        if name not in found:
            raise ValueError(f"metrics: {name!r} is not in the history; there are {', '.join(found)}")
    if not names:
        raise ValueError("metrics: none are named; expected at least one")
    return names


@dataclass(repr=False)
class LearningRateDisplay(Display):
    """One quantity of several trainings. Fields: runs (label -> epochs, values), metric, what (the labels mean)."""

    runs: dict[str, tuple[Floats, Floats]]
    metric: str
    what: str = "learning rate"
    longest: float = field(init=False)

    def __post_init__(self) -> None:
        self.longest = max(float(epochs[-1]) for epochs, _ in self.runs.values())

    @classmethod
    def from_history(
        cls,
        histories: Any,
        *,
        rates: Any = None,
        metric: str = "loss",
        what: str = "learning rate",
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """The effect of the learning rate, or of another hyperparameter, on the curve.

        histories   {0.1: history, 0.01: history}, or a list of them with the `rates`
        metric      the quantity: "loss", "val_loss", "accuracy", ...
        what        the meaning of the labels, for the legend
        """  # fmt: skip
        labelled = _labelled(histories, rates)
        runs = {}
        for label, history in labelled.items():
            epochs, curves = curves_of(f"histories[{label}]", history)
            if metric not in curves:
                raise ValueError(f"metric: {metric!r} is not in histories[{label}]; there are {', '.join(curves)}")
            runs[label] = epochs, curves[metric]
        return cls(runs, metric, what).plot(ax, **options)

    def plot(self, ax: Any = None, *, log: bool = True, title: str | None = None) -> Self:
        """All runs in one axes, the first in the palest colour; a cross at the end of a run that was shorter."""
        log = flag("log", log) and all((values[np.isfinite(values)] > 0).all() for _, values in self.runs.values())
        with self._canvas(ax, (7, 4)) as (axes,):
            lines = []
            for (label, (epochs, values)), shade in zip(self.runs.items(), ordered(len(self.runs)), strict=True):
                lines.append(draw(axes, epochs, values, color=shade, label=label))
                finite = np.flatnonzero(np.isfinite(values))
                if finite.size and epochs[finite[-1]] < self.longest:
                    axes.plot(epochs[finite[-1]], values[finite[-1]], "X", color=shade, markersize=8, zorder=4)
            dress(axes, next(iter(self.runs.values()))[0], log)
            axes.set(ylabel=self.metric, title=f"Effect of the {self.what}" if title is None else title)
            if any(epochs[-1] < self.longest for epochs, _ in self.runs.values()):
                lines.append(Line2D([], [], linestyle="", marker="X", color=self._ink, label="ended early"))
            self._legend(lines, title=self.what)
        return self


def _labelled(histories: Any, rates: Any) -> dict[str, Any]:
    """Label -> history, in the order given."""
    if isinstance(histories, Mapping):
        table = dict(zip(_names("histories", list(histories)), histories.values(), strict=True))
    elif isinstance(histories, Iterable) and rates is not None:
        runs = list(histories)
        words("rates", rates, len(runs))
        table = dict(zip(_names("rates", list(rates)), runs, strict=True))
    else:
        given = f"{shown(histories)} is a {type(histories).__name__}"
        raise TypeError(f"histories: {given}; expected a dict label -> History, or a list of them and rates=")
    if not table:
        raise ValueError("histories: none are given; expected at least one")
    return table


def _names(name: str, labels: list[Any]) -> list[str]:
    """The labels of the runs, all different: numbers with six digits, or with all if six are not enough for that."""
    short = [f"{each:g}" if isinstance(each, float) else str(each) for each in labels]
    names = short if len(set(short)) == len(short) else list(map(str, labels))
    if len(set(names)) < len(names):
        raise ValueError(f"{name}: {shown(labels)} names a run twice")
    return names
