"""Curves of functions: activations with their derivatives, and losses against the output of one sample.

The values are those of engine/tables.py, the formulas that networks are trained with. Where a function is not
continuous, the line is broken, and a dot shows the value at the jump. Nothing is drawn of a network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..activations import Activation
from ..activations import get as activation_of
from ..arguments import flag, real, whole
from ..backend import Floats
from ..engine.tables import ACTIVATIONS, COUNTS, LOSSES
from ..losses import Loss
from ..losses import get as loss_of
from .answers import span
from .colours import FIRST, PALE, SECOND, colour
from .display import Display

Function = Callable[[Floats], Floats]
BEYOND = 1e300  # values above this are not drawn: near the largest double, matplotlib's axis limits would overflow
VECTORS = ("softmax",)  # activations of a whole row, which cannot be drawn as a function of one number
# Discontinuities are found between neighbouring points that differ by more than 1 % of the curve's height, by bisection
# down to a distance of 1e-10. There a continuous function differs by much less than 0.1 % of the height.
NEAR, JUMP, NARROW = 1e-2, 1e-3, 1e-10


# ---- curves with jumps -----------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """A line (NaN where it is broken) and, for each discontinuity, its z, the value there, and both limits."""

    z: Floats
    values: Floats
    jumps: tuple[tuple[float, float, float, float], ...] = ()

    def draw(self, ax: Axes, **look: Any) -> Line2D:
        line = ax.plot(self.z, self.values, **look)[0]
        for place, value, below, above in self.jumps:
            for limit in {below, above} - {value}:
                ax.plot(place, limit, "o", color=look["color"], markersize=5, markerfacecolor="white", zorder=4)
            ax.plot(place, value, "o", color=look["color"], markersize=5, zorder=5)
        return line


def sample(function: Function, low: float, high: float, count: int = 801) -> Curve:
    """The function over [low, high], with its discontinuities (see NEAR)."""
    z = np.linspace(low, high, count)
    values = function(z)
    values[~(np.abs(values) < BEYOND)] = np.nan
    height = np.nanmax(values) - np.nanmin(values)
    near = np.abs(np.diff(values)) > NEAR * (1e-12 + height)  # 1e-12: the height of a constant function is 0
    found: dict[float, tuple[float, float]] = {}
    for i in np.flatnonzero(near):
        a, b = _narrow(function, z[i], z[i + 1])
        below, above = function(np.array([a, b]))
        if abs(above - below) > JUMP * height:
            place = float(np.round((a + b) / 2, 9)) + 0.0
            found[place] = (found[place][0] if place in found else float(below), float(above))
    jumps = tuple((at, float(function(np.array([at]))[0]), low, high) for at, (low, high) in found.items())
    if jumps:
        places = np.array([at for at, *_ in jumps])
        keep = ~np.isin(np.round(z, 9), places)
        z = np.concatenate([z[keep], places - 1e-9, places, places + 1e-9])
        values = np.concatenate([function(z[: -len(places) * 3]), *([each[k] for each in jumps] for k in (2, 1, 3))])
        values[-2 * len(places) : -len(places)] = np.nan
        order = np.argsort(z, kind="stable")
        z, values = z[order], values[order]
    return Curve(z, values, jumps)


def _narrow(function: Function, a: float, b: float) -> tuple[float, float]:
    """Bisection: the half in which the function changes more, until it is no wider than NARROW."""
    while b - a > NARROW:
        middle = (a + b) / 2
        first, half, last = function(np.array([a, middle, b]))
        a, b = (a, middle) if abs(half - first) >= abs(last - half) else (middle, b)
    return a, b


# ---- activations -----------------------------------------------------------------------------


@dataclass(repr=False)
class ActivationDisplay(Display):
    """Fields: activations, and for each the curve of its values and that of its derivative."""

    activations: tuple[Activation, ...]
    curves: tuple[Curve, ...]
    derivatives: tuple[Curve, ...]

    @classmethod
    def from_activation(cls, given: Any = None, *, z: Any = (-5, 5), ax: Any = None, **options: Any) -> Self:
        """Curves of activations over z = (from, to).

        given   a name or an activation such as leaky_relu(alpha=0.1), or a list of them; left out, all of pynn's
        """
        low, high = span("z", z)
        several = list(given) if isinstance(given, (list, tuple)) else [given]
        if given is None:
            several = [name for name in ACTIVATIONS if name not in VECTORS]
        chosen = tuple(activation_of("given", each) for each in several)
        if not chosen:
            raise ValueError("given: no activation is named; expected at least one")
        for each in chosen:
            if each.name in VECTORS:
                raise ValueError(f"given: {each.name} is not a function of one number; SoftmaxDisplay draws it")
        values = tuple(sample(_forward(each), low, high) for each in chosen)
        return cls(chosen, values, tuple(sample(_derivative(each), low, high) for each in chosen)).plot(ax, **options)

    def plot(self, ax: Any = None, *, derivative: bool = True, columns: int = 4, title: str | None = None) -> Self:
        """A panel for each activation."""
        n, derivative = len(self.activations), flag("derivative", derivative)
        columns = min(n, whole("columns", columns, 1))
        lines = -(-n // columns)
        size = (6.0, 3.8) if n == 1 else (max(2.1 * columns, 4.5), 1.85 * lines + 0.6)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, n))) as axes:
            for spare in axes[n:]:
                spare.remove()
            self.axes_ = axes[:n]
            for i, (each, curve) in enumerate(zip(axes[:n], self.curves, strict=True)):
                curve.draw(each, color=FIRST, zorder=3)
                if derivative:
                    self.derivatives[i].draw(each, color=SECOND, linestyle="--", zorder=2.5)
                self._frame(each, i, derivative)
                if not self._own or i + columns >= n:  # the last panel of its column
                    each.set_xlabel("$z$")
            names = [Line2D([], [], color=FIRST, label=r"$\varphi(z)$")]
            if derivative:
                names.append(Line2D([], [], color=SECOND, linestyle="--", label=r"derivative $\varphi'(z)$"))
            self._legend(names)
            if title is not None:
                self._heading(title)
        return self

    def _frame(self, ax: Axes, i: int, derivative: bool) -> None:
        """Axis lines through 0, and limits with a margin, so that horizontal parts of a curve are not on the border."""
        shown = [self.curves[i].values, self.derivatives[i].values][: 1 + derivative]
        low, high = min(map(np.nanmin, shown)), max(map(np.nanmax, shown))
        room = 0.08 * (high - low)
        ax.set(xlim=(self.curves[i].z[0], self.curves[i].z[-1]), ylim=(low - room, high + room))
        ax.axhline(0, color=PALE, linewidth=1, zorder=0)
        ax.axvline(0, color=PALE, linewidth=1, zorder=0)
        name = str(self.activations[i])
        ax.set_title(name if len(name) <= (16 if len(self.activations) > 2 else 24) else name.replace("(", "\n("))


def _forward(each: Activation) -> Function:
    row = ACTIVATIONS[each.name]

    @np.errstate(over="ignore")  # for large negative z, e^-z overflows to infinity, and the sigmoid is correctly 0
    def forward(z: Floats) -> Floats:
        return np.asarray(row.forward(z[:, None], each.alpha), np.float64)[:, 0]

    return forward


def _derivative(each: Activation) -> Function:
    row = ACTIVATIONS[each.name]

    @np.errstate(over="ignore")
    def derivative(z: Floats) -> Floats:
        column = z[:, None]
        return np.asarray(row.derivative(column, row.forward(column, each.alpha), each.alpha), np.float64)[:, 0]

    return derivative


# ---- losses ----------------------------------------------------------------------------------


@dataclass(repr=False)
class LossDisplay(Display):
    """Fields: losses, targets (a panel for each), outputs, values[target][loss] against the outputs."""

    losses: tuple[Loss, ...]
    targets: tuple[float, ...]
    outputs: Floats
    values: tuple[tuple[Floats, ...], ...]

    @classmethod
    def from_loss(
        cls,
        given: Any = "binary_crossentropy",
        *,
        target: Any = (0, 1),
        outputs: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """The loss of one sample with one output, as a function of that output.

        given     a name, a loss such as Huber(delta=2), or a list of them
        target    0 and 1, or any one or several numbers
        outputs   (from, to); left out, 0 .. 1 for cross-entropies and around the targets for the others

        categorical_crossentropy is drawn for two classes: the output is the share of the class that the target names.
        """  # fmt: skip
        chosen = tuple(loss_of("given", each) for each in (given if isinstance(given, (list, tuple)) else [given]))
        targets = tuple(real("target", each) for each in (np.atleast_1d(target).tolist()))
        if not chosen or not targets:
            raise ValueError("given, target: expected at least one loss and one target")
        shares = any(each.name.endswith("crossentropy") for each in chosen)
        if shares and not all(0 <= each <= 1 for each in targets):
            raise ValueError(f"target: {target!r} is not possible; cross-entropies take targets from 0 to 1")
        for each in chosen:
            each.check_outputs(1)
        counts = next((each.name for each in chosen if each.name in COUNTS), "")
        if counts and min(targets) < 0:
            raise ValueError(f"target: {target!r} is not possible; {counts} takes targets of at least 0")
        usual = (0.0, 1.0) if shares else _around(targets, 0.0 if counts else -np.inf)
        area = usual if outputs is None else span("outputs", outputs)
        if counts and area[0] < 0:
            raise ValueError(f"outputs: {outputs!r} is not possible; {counts} takes outputs of at least 0")
        y = np.linspace(*area, 801)
        values = tuple(tuple(loss_values(each, y, t) for each in chosen) for t in targets)
        return cls(chosen, targets, y, values).plot(ax, **options)

    def plot(self, ax: Any = None, *, top: float | None = None, title: str | None = None) -> Self:
        """A panel for each target. top: the largest loss shown; left out, 5 where a loss goes beyond it."""
        n = len(self.targets)
        highest = max(float(each.max()) for row in self.values for each in row)
        end = min(1.05 * highest, 5.0) if top is None else real("top", top, 0, above=True)
        columns = min(n, 3)
        lines = -(-n // columns)
        size = (min(3.6 * n, 8.4) if n > 1 else 6.0, 3.7 if lines == 1 else 2.9 * lines + 0.4)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, n)), sharey=True) as axes:
            for spare in axes[n:]:
                spare.remove()
            self.axes_ = axes = axes[:n]
            for each, target, row in zip(axes, self.targets, self.values, strict=True):
                styles = ("-", "--", "-.", ":")
                for k, values in enumerate(row):
                    each.plot(
                        self.outputs,
                        values,
                        color=colour(k),
                        linestyle=styles[k % 4],
                        label=str(self.losses[k]),
                        linewidth=max(1.2, 2.4 - 0.4 * k),
                    )
                each.axvline(target, color=PALE, linewidth=1, zorder=0)
                each.set(xlim=(self.outputs[0], self.outputs[-1]), ylim=(-0.03 * end, end), title=f"target {target:g}")
                each.set_xlabel("output $y$")
            for each in axes[::columns] if self._own else axes[:1]:
                each.set_ylabel("loss")
            self._legend(axes[0].get_legend_handles_labels()[0])
            if title is not None:
                self._heading(title)
        return self


def loss_values(loss: Loss, y: Floats, target: float) -> Floats:
    """The loss of one sample for each output y, by the engine's formula."""
    row, more = LOSSES[loss.name], loss.parameters
    outputs, targets = y[:, None], np.full((y.size, 1), target)
    if loss.name == "categorical_crossentropy":
        outputs, targets = np.column_stack([1 - y, y]), np.column_stack([1 - targets, targets])
    if row.smooth is not None and more.get("smoothing"):
        targets = row.smooth(targets, more["smoothing"])
    return np.asarray(row.value(outputs, targets, more.get("delta", 1.0)), np.float64)


def _around(targets: tuple[float, ...], least: float) -> tuple[float, float]:
    """The range of outputs to draw: 2 to either side of the targets, but not below the smallest possible output."""
    return max(min(targets) - 2.0, least), max(targets) + 2.0
