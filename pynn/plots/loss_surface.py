"""The loss over two weights, and the ways that gradient descent takes on it: with all rows, with some, with one a step.

Only the two weights move, all others stay as they are; the loss is that of `evaluate`, the gradient that of
`gradients`, and w <- w - rate * gradient. No momentum, no other optimizer: what differs between the panels is the
number of rows that a step looks at. Read descent.py for functions of one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D

from ..arguments import real, shown, whole
from ..backend import Array, Floats
from .answers import numbers, rows
from .colours import FIRST, GREY, SECOND, deepening
from .display import Display
from .insides import steps
from .planes import lattice, limits_of

SIZES = {"batch": None, "mini-batch": 16, "SGD": 1}
HUGE = 1e6  # a path that leaves -HUGE .. HUGE has diverged and ends


@dataclass(repr=False)
class LossSurfaceDisplay(Display):
    """Fields: w1 and w2 (n,), losses (n, n) row by row upwards, paths (name -> weights after each step, (steps + 1,
    2)), ends (name -> loss at the end), names of the weights."""

    w1: Floats
    w2: Floats
    losses: Floats
    paths: dict[str, Floats]
    ends: dict[str, float]
    names: tuple[str, str]

    @classmethod
    def from_network(
        cls,
        net: Any,
        x: Any,
        y: Any,
        *,
        weights: Any = None,
        rate: float = 0.1,
        epochs: int = 10,
        batch_sizes: Any = None,
        start: Any = None,
        seed: int = 0,
        limits: Any = None,
        margin: float = 0.25,
        resolution: int = 80,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Descents on the loss of a network, which is left as it is.

        weights       the places of two weights among all of them, as in get_params(); left out, of a network with two
        rate, epochs  learning rate and passes over the rows, whose order `seed` decides
        batch_sizes   {name: rows of a step}, None for all; left out: batch, mini-batch of 16, and SGD of 1
        start         the two weights in the beginning; left out, those of the network
        limits        ((from, to), (from, to)) of the weights; left out, around the paths
        """
        landscape = Landscape.of(net, x, y, weights)
        begin = landscape.flat[landscape.places] if start is None else numbers("start", start)
        if begin.shape != (2,):
            raise ValueError(f"start: shape {begin.shape}; expected two numbers")
        sizes = _sizes(batch_sizes, len(landscape.x))
        rate, epochs = real("rate", rate, 0, above=True), whole("epochs", epochs, 1, 100_000)
        seed = whole("seed", seed, 0)
        paths = {name: landscape.descend(begin, rate, epochs, size, seed) for name, size in sizes.items()}
        ends = {name: landscape.loss(path[-1]) for name, path in paths.items()}
        area = limits_of(limits, _visited(paths, ends, landscape.loss(begin)), real("margin", margin, 0))
        fine = whole("resolution", resolution, 2, 1000)
        grid = np.array([landscape.loss(at) for at in lattice(area, fine)]).reshape(fine, fine)
        w1, w2 = (np.linspace(*limit, fine) for limit in area)
        return cls(w1, w2, grid, paths, ends, landscape.names).plot(ax, **options)

    def plot(self, ax: Any = None, *, levels: int = 16, title: str | None = None) -> Self:
        """A panel for each path, over lines of equal loss."""
        panels, levels = len(self.paths), whole("levels", levels, 2, 200)
        columns = min(panels, 3)
        lines = -(-panels // columns)
        size = (min(8.4, max(2.8 * columns, 5.0)), 2.9 * lines + 0.5)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, panels))) as axes:
            for spare in axes[panels:]:
                spare.remove()
            self.axes_ = axes[:panels]
            for each, (name, path) in zip(self.axes_, self.paths.items(), strict=True):
                self._panel(each, name, path, levels)
            self._outer(columns, *self.names)
            self._legend(
                [
                    Line2D([], [], color=GREY, linewidth=0.7, label="equal loss"),
                    Line2D([], [], linestyle="", marker="o", color=self._ink, label="start"),
                    Line2D([], [], linewidth=0.9, marker="o", markersize=3, color=FIRST, label="steps"),
                    Line2D([], [], linestyle="", marker="*", markersize=11, color=SECOND, label="end"),
                ]
            )
            if title is not None:
                self._heading(title)
        return self

    def _panel(self, ax: Axes, name: str, path: Floats, levels: int) -> None:
        low, high = float(np.nanmin(self.losses)), float(np.nanmax(self.losses))
        if high > low:
            # Lines are dense near the minimum, where descents end: their distances grow with the square.
            at = low + (high - low) * (np.arange(1, levels + 1) / (levels + 1)) ** 2
            ax.contour(self.w1, self.w2, self.losses, levels=at, colors=GREY, linewidths=0.7, zorder=1)
        norm = LogNorm(low, high) if 0 < low < high / 20 else Normalize(low, high)
        extent = (self.w1[0], self.w1[-1], self.w2[0], self.w2[-1])
        ax.imshow(
            self.losses, extent=extent, origin="lower", aspect="auto", cmap=deepening(GREY), norm=norm, alpha=0.6,
            interpolation="bilinear", zorder=0,
        )  # fmt: skip
        size = 4 if len(path) <= 60 else 1.5
        ax.plot(path[:, 0], path[:, 1], color=FIRST, linewidth=0.9, marker="o", markersize=size, zorder=2)
        ax.plot(*path[0], "o", color=self._ink, markersize=7, zorder=3)
        ax.plot(*path[-1], "*", color=SECOND, markersize=12, markeredgecolor="white", zorder=4)
        ax.set(xlim=(self.w1[0], self.w1[-1]), ylim=(self.w2[0], self.w2[-1]))
        count = len(path) - 1
        ax.set_title(f"{name}\n{count} step{'' if count == 1 else 's'}: loss {self.ends[name]:.4g}", fontsize=10)


@dataclass(frozen=True)
class Landscape:
    """The loss of a copy of the network as a function of two of its weights."""

    net: Any
    x: Array
    y: Array
    flat: Floats  # all weights, of which two move
    places: list[int]
    names: tuple[str, str]

    @classmethod
    def of(cls, net: Any, x: Any, y: Any, weights: Any) -> Landscape:
        needed = ("gradients", "evaluate", "get_params", "set_params")
        if not all(hasattr(net, name) for name in needed):
            raise TypeError(f"net: {shown(net)} is a {type(net).__name__}; expected a Network")
        x, targets = rows("x", x, net.inputs), np.asarray(y)
        if targets.ndim == 0 or len(targets) != len(x):
            raise ValueError(f"y: shape {targets.shape}; expected a target for each of {len(x)} rows")
        own = deepcopy(net)
        flat = np.asarray(own.get_params(), np.float64)
        return cls(own, x, targets, flat, (places := _two(weights, flat.size)), _names(own, places))

    def loss(self, at: Floats) -> float:
        self._go(at)
        return float(self.net.evaluate(self.x, self.y)["loss"])

    def gradient(self, at: Floats, some: Array) -> Floats:
        self._go(at)
        parts = self.net.gradients(self.x[some], self.y[some])
        return np.concatenate([np.asarray(part, np.float64).reshape(-1) for part in parts])[self.places]

    def descend(self, begin: Floats, rate: float, epochs: int, size: int, seed: int) -> Floats:
        """The two weights after 0, 1, ... steps; ends early where they leave all bounds."""
        order, path = np.random.default_rng(seed), [np.asarray(begin, np.float64)]
        for _ in range(epochs):
            mixed = order.permutation(len(self.x))
            for first in range(0, len(mixed), size):
                new = path[-1] - rate * self.gradient(path[-1], mixed[first : first + size])
                if not (np.abs(new) < HUGE).all():
                    return np.array(path)
                path.append(new)
        return np.array(path)

    def _go(self, at: Floats) -> None:
        self.flat[self.places] = at
        self.net.set_params(self.flat)


def _two(given: Any, count: int) -> list[int]:
    if given is None and count != 2:
        raise ValueError(f"weights: the network has {count}; name two of them by their places in get_params()")
    if given is None:
        return [0, 1]
    if not isinstance(given, (list, tuple, np.ndarray)) or len(given) != 2 or given[0] == given[1]:
        raise ValueError(f"weights: {shown(given)} is not possible; expected the places of two different weights")
    return [whole("weights", each, 0, count - 1) for each in given]


def _names(net: Any, places: list[int]) -> tuple[str, str]:
    """What the weights are called: their array and the place in it, such as W1[0, 2] and b1[2]."""
    found = []
    for place in places:
        for number, step in enumerate(steps(net)):
            for tensor in step.plan.tensors:
                if tensor.at <= place < tensor.end:
                    inside = ", ".join(str(int(i)) for i in np.unravel_index(place - tensor.at, tensor.shape))
                    found.append(f"${_symbol(tensor.name)}_{{{number + 1}}}$[{inside}]")
    return found[0], found[1]


def _symbol(name: str) -> str:
    return name if len(name) == 1 else f"\\mathrm{{{name.replace('_', ' ')}}}"


def _sizes(given: Any, count: int) -> dict[str, int]:
    table = SIZES if given is None else given
    if not isinstance(table, Mapping) or not table:
        raise TypeError(f"batch_sizes: {shown(given)} is not possible; expected a dict name -> rows of a step, or None")
    return {str(name): count if size is None else whole("batch_sizes", size, 1) for name, size in table.items()}


def _visited(paths: dict[str, Floats], ends: dict[str, float], before: float) -> Floats:
    """The points that the picture has to hold: of paths that end lower than they begin, or else the start. Where one
    weight hardly moves, there is room beside it, a tenth of what the other takes."""
    good = [path for name, path in paths.items() if ends[name] <= before]
    points = np.concatenate([*good, next(iter(paths.values()))[:1]])
    room = np.maximum(0.0, np.ptp(points, axis=0).max() / 10 - np.ptp(points, axis=0)) / 2
    return np.concatenate([points, points[:1] - room, points[:1] + room])
