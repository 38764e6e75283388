"""Gradient descent on a function of one variable, step by step, with one panel for each learning rate.

theta <- theta - rate * f'(theta), in float64: it shows learning rates that are too small, right and too large. There is
no network here; for trainings of a network with different rates read curves.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..arguments import flag, real, whole
from ..backend import Floats
from .answers import span
from .colours import FIRST, GREY, SECOND
from .display import Display

Function = Callable[[float], float]
HUGE = 1e100  # a path that leaves -HUGE .. HUGE has diverged and ends: its square is still finite
STEP = 2.0**-17  # about (unit roundoff)^(1/3), where truncation and rounding errors of a central difference are equal


def slope(function: Function) -> Function:
    """The derivative by central differences."""

    def derivative(at: float) -> float:
        h = STEP * max(1.0, abs(at))
        return (float(function(at + h)) - float(function(at - h))) / (2 * h)

    return derivative


def descend(
    function: Function, derivative: Function, start: float, rate: float, steps: int, *, while_falling: bool = False
) -> Floats:
    """theta after 0, 1, ... steps; ends early if theta diverges or, with while_falling, where f stops falling."""
    path = [start]
    for _ in range(steps):
        new = path[-1] - rate * float(derivative(path[-1]))
        if not abs(new) < HUGE or (while_falling and not float(function(new)) < float(function(path[-1]))):
            break
        path.append(new)
    return np.array(path)


@dataclass(repr=False)
class DescentDisplay(Display):
    """Fields: function, paths (learning rate -> theta after each step), limits of theta in the picture."""

    function: Function
    paths: dict[float, Floats]
    limits: tuple[float, float]
    symbol: str = r"\theta"

    @classmethod
    def from_function(
        cls,
        function: Function,
        *,
        rates: Any,
        start: float,
        steps: int = 20,
        derivative: Function | None = None,
        while_falling: bool = False,
        limits: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Gradient descent from `start` with each of the `rates`.

        derivative      left out, central differences take its place
        while_falling   stop as soon as a step does not make the function smaller
        limits          (from, to) of the picture; left out, around what the paths that stay nearby visit
        """
        for name, given in (("function", function), ("derivative", derivative or function)):
            if not callable(given):
                raise TypeError(f"{name}: {given!r} is a {type(given).__name__}; expected a function of one number")
        start, steps = real("start", start), whole("steps", steps, 1, 100_000)
        if not np.isfinite(float(function(start))):
            raise ValueError(
                f"function: it is {float(function(start))} at the start, {start:g}; expected a number there"
            )
        chosen = [real("rates", rate) for rate in (rates if isinstance(rates, Iterable) else [rates])]
        if not chosen:
            raise ValueError("rates: none are given; expected at least one")
        rule = {"while_falling": flag("while_falling", while_falling)}
        paths = {rate: descend(function, derivative or slope(function), start, rate, steps, **rule) for rate in chosen}
        area = _around(function, paths) if limits is None else span("limits", limits)
        return cls(function, paths, area).plot(ax, **options)

    def plot(self, ax: Any = None, *, title: str | None = None) -> Self:
        panels = len(self.paths)
        columns = min(panels, 4)
        lines = -(-panels // columns)
        size = (min(max(2.9 * columns, 5), 8.4), 3.4 if lines == 1 else 3.0 * lines)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, panels)), sharey=True) as axes:
            for spare in axes[panels:]:
                spare.remove()
            self.axes_ = axes = axes[:panels]
            for each, (rate, path) in zip(axes, self.paths.items(), strict=True):
                self._panel(each, rate, path)
            for each in axes[::columns] if self._own else axes[:1]:
                each.set_ylabel(f"$f({self.symbol})$")
            self._legend(
                [
                    Line2D([], [], linestyle="", marker="o", color=self._ink, label="start"),
                    Line2D([], [], linewidth=0.9, marker="o", markersize=4, color=FIRST, label="steps"),
                    Line2D([], [], linestyle="", marker="*", markersize=11, color=SECOND, label="end"),
                ]
            )
            if title is not None:
                self._heading(title)
        return self

    def _panel(self, ax: Axes, rate: float, path: Floats) -> None:
        grid = np.linspace(*self.limits, 401)
        curve = np.array([float(self.function(at)) for at in grid])
        height = np.array([float(self.function(at)) for at in path])
        ax.plot(grid, curve, color=GREY, linewidth=1.5, zorder=1)
        ax.plot(path, height, color=FIRST, linewidth=0.9, marker="o", markersize=4, alpha=0.9, zorder=2)
        ax.plot(path[:1], height[:1], "o", color=self._ink, markersize=7, zorder=3, label="start")
        ax.plot(path[-1:], height[-1:], "*", color=SECOND, markersize=12, markeredgecolor="white", zorder=4)
        low, high = np.nanmin(curve), np.nanmax(curve)  # where the function is defined
        room = 0.08 * (high - low) or 1.0
        ax.set(xlim=self.limits, ylim=(low - room, high + room), xlabel=f"${self.symbol}$")
        out = np.flatnonzero((path < self.limits[0]) | (path > self.limits[1]))
        word = f"leaves in step {out[0]}" if out.size else f"after {len(path) - 1} steps: {path[-1]:.3g}"
        ax.set_title(f"rate {rate:g}\n{word}")


def _around(function: Function, paths: dict[float, Floats]) -> tuple[float, float]:
    """The limits of theta: the range of the paths that end lower than they start; without any, around the start."""
    start = float(next(iter(paths.values()))[0])
    good = [path for path in paths.values() if float(function(path[-1])) <= float(function(start))]
    visited = np.concatenate([*good, [start]])
    width = float(visited.max() - visited.min()) or max(1.0, abs(start))
    return float(visited.min() - 0.25 * width), float(visited.max() + 0.25 * width)
