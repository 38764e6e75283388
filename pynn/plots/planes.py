"""Planes of inputs: which rows a picture of a plane asks a network about, its shades and borders, the points in it.

`Section` is the plane of two features, or the line of one, while the others are held; `Regions` are the outputs over a
plane. Displays put them together: regions.py, hidden.py, hidden_units.py, compared_regions.py; read profiles.py for
the outputs over a line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D

from ..arguments import real, whole
from ..backend import Array, Floats
from .answers import Labels, plain, rows, span, words
from .colours import INK, between, colour, marker, tint
from .insides import width

Limits = tuple[tuple[float, float], ...]  # from, to of each feature that varies: of one or of two


@dataclass(frozen=True)
class Regions:
    """Outputs on a grid: of one output (n2, n1), of several (n2, n1, K), row by row upwards."""

    x1: Floats  # (n1,)
    x2: Floats  # (n2,)
    values: Array
    scale: tuple[float, float] = (0.0, 1.0)  # the ends of the shade, for one output; the line is in the middle

    @classmethod
    def over(
        cls, answer: Callable[[Floats], Array], limits: Limits, resolution: int, scale: tuple[float, float]
    ) -> Regions:
        """Computes `answer`, rows (n, 2) -> (n, K), at resolution x resolution points."""
        return cls.of(answer(lattice(limits, resolution)), limits, scale)

    @classmethod
    def of(cls, found: Array, limits: Limits, scale: tuple[float, float]) -> Regions:
        """From outputs (n, K) at the points of a lattice."""
        n = isqrt(len(found))
        if found.shape[1] == 2 and np.abs(found.sum(axis=1) - 1).max() < 1e-5:
            found = found[:, 1:]  # two shares of 1 are one probability
        shape = (n, n) if found.shape[1] == 1 else (n, n, found.shape[1])
        x1, x2 = (np.linspace(*limit, n) for limit in limits)
        return cls(x1, x2, found.reshape(shape), scale)

    @property
    def middle(self) -> float:
        return (self.scale[0] + self.scale[1]) / 2

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The limits of the image: grid points are the centres of its pixels."""
        h1, h2 = (self.x1[1] - self.x1[0]) / 2, (self.x2[1] - self.x2[0]) / 2
        return (
            float(self.x1[0] - h1), float(self.x1[-1] + h1), float(self.x2[0] - h2), float(self.x2[-1] + h2),
        )  # fmt: skip

    def draw(self, ax: Axes) -> Any:
        """Shades and borders; returns the image."""
        image = self._shade(ax) if self.values.ndim == 2 else self._areas(ax)
        ax.set(xlim=(self.x1[0], self.x1[-1]), ylim=(self.x2[0], self.x2[-1]))
        return image

    def _shade(self, ax: Axes) -> Any:
        image = ax.imshow(
            self.values, extent=self.extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=0,
            cmap=between(colour(0), colour(1)), norm=Normalize(*self.scale),
        )  # fmt: skip
        self._border(ax, self.values - self.middle)
        return image

    def _areas(self, ax: Axes) -> Any:
        winner, top = self.values.argmax(axis=2), self.values.max(axis=2)
        n: int = self.values.shape[-1]
        # For probabilities the shade goes from the least certain, 1/K, to 1. For other outputs there is one shade.
        sure = (top - 1 / n) / (1 - 1 / n) if self.values.min() >= 0 and self.values.max() <= 1 else np.ones_like(top)
        picture = np.ones((*winner.shape, 3))
        for k in range(n):
            picture = np.where((winner == k)[..., None], tint(colour(k), 0.06 + 0.40 * np.clip(sure, 0, 1)), picture)
            self._border(ax, self.values[..., k] - np.delete(self.values, k, axis=2).max(axis=2))
        return ax.imshow(picture, extent=self.extent, origin="lower", aspect="auto", interpolation="nearest", zorder=0)

    def _border(self, ax: Axes, above: Array) -> None:
        """The decision boundary, where `above` changes its sign, if it does."""
        if above.min() < 0 < above.max():
            ax.contour(self.x1, self.x2, above, levels=[0.0], colors=INK, linewidths=1.3, zorder=2)


def dots(ax: Axes, points: Array, known: Labels | None, share: float = 1.0) -> None:
    """The rows as markers, class by class; in small panels with a share of the usual size."""
    size = share * float(np.clip(6000 / len(points), 9, 46))
    for k in [0] if known is None else known.present:
        own = points if known is None else points[known.number == k]
        ax.scatter(
            own[:, 0], own[:, 1], s=size, marker=marker(k), color=INK if known is None else colour(k),
            edgecolors="white", linewidths=0.6, zorder=3, label="rows" if known is None else known.spoken(k),
        )  # fmt: skip


def handles(known: Labels) -> list[Line2D]:
    """The classes' entries in a legend."""
    return [
        Line2D(
            [], [], linestyle="", marker=marker(k), color=colour(k), markeredgecolor="white", markersize=7,
            label=known.spoken(k),
        )
        for k in known.present
    ]  # fmt: skip


def lattice(limits: Limits, resolution: int) -> Floats:
    """resolution points of a line, or resolution x resolution of a plane, row by row upwards: (n, features)."""
    grid = np.meshgrid(*(np.linspace(*limit, resolution) for limit in limits))
    return np.stack(grid, axis=-1).reshape(-1, len(limits))


def around(points: Array, margin: float) -> Limits:
    """Limits of a picture of these points, with a margin on each side (a share of their width)."""
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    width = np.where(high > low, high - low, 1.0)
    return tuple(zip((low - margin * width).tolist(), (high + margin * width).tolist(), strict=True))


def symbol(name: str, number: int) -> str:
    """The name x_i of a feature, counted from 1 as in lectures."""
    return f"${name}_{{{number + 1}}}$"


@dataclass(frozen=True)
class Section:
    """The line of one feature or the plane of two through the space of inputs; the other features are held."""

    features: tuple[int, ...]
    limits: Limits
    points: Array | None  # of the rows: (rows, one or two features)
    names: tuple[str, ...]  # of these features
    held: Floats  # a value for each input
    note: str  # where the others are held, for a title

    @classmethod
    def of(cls, net: Any, x: Any, features: Any, held: Any, limits: Any, margin: Any, names: Any) -> Section:
        """The arguments of a display; `features` None: the first two, or the only one."""
        inputs = width(net) or (2 if held is None else np.size(held))
        if x is not None:
            x = rows("x", x, width(net))
            inputs = x.shape[1]
        chosen = _features(features, inputs)
        points = None if x is None else x[:, list(chosen)]
        area = limits_of(limits, points, real("margin", margin, 0), len(chosen))
        titles = [symbol("x", i) for i in range(inputs)] if names is None else plain(words("names", names, inputs))
        others = inputs - len(chosen)
        where = ("their means", "its mean") if held is None else ("given values", "a given value")
        note = f"the other {others} inputs held at {where[0]}" if others > 1 else f"the other input held at {where[1]}"
        return cls(
            chosen, area, points, tuple(titles[i] for i in chosen), _held(held, x, inputs, len(chosen)),
            note if others else "",
        )  # fmt: skip

    def rows(self, resolution: Any) -> Floats:
        """Whole rows for each point of a lattice."""
        varied = lattice(self.limits, whole("resolution", resolution, 2, 4000))
        full = np.repeat(self.held[None], len(varied), axis=0)
        full[:, list(self.features)] = varied
        return full


def _features(features: Any, inputs: int) -> tuple[int, ...]:
    if features is None:
        return tuple(range(min(inputs, 2)))
    if not isinstance(features, (tuple, list)) or len(features) not in (1, 2):
        raise ValueError(f"features: {features!r} is not possible; expected two columns of x, or one: (0, 1), (0,)")
    chosen = tuple(whole("features", each, 0, inputs - 1) for each in features)
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"features: {features!r} are the same column; expected two of them")
    return chosen


def _held(held: Any, x: Array | None, inputs: int, varied: int) -> Floats:
    """One value for each feature."""
    if held is None:
        if x is None and inputs > varied:
            raise ValueError(f"held: the network takes {inputs} inputs; give x or the values they are held at")
        return np.zeros(inputs) if x is None else x.mean(axis=0, dtype=np.float64)
    array = np.asarray(held)
    if array.dtype.kind not in "biuf" or array.shape != (inputs,) or not np.isfinite(array).all():
        raise ValueError(
            f"held: {array.dtype} of shape {array.shape}; expected {inputs} finite numbers, one for each input"
        )
    return array.astype(np.float64)


def limits_of(limits: Any, points: Array | None, margin: float, features: int = 2) -> Limits:
    """Argument `limits`, for one feature or two; None: around the points."""
    if limits is not None and features == 1:
        flat = limits[0] if isinstance(limits, (tuple, list)) and len(limits) == 1 else limits
        return (span("limits", flat),)
    if limits is not None:
        if not isinstance(limits, (tuple, list, np.ndarray)) or len(limits) != 2:
            raise ValueError(f"limits: {limits!r} is not possible; expected ((from, to), (from, to))")
        return span("limits[0]", limits[0]), span("limits[1]", limits[1])
    if points is None:
        raise ValueError("x, limits: give rows to be drawn, or the limits of the picture")
    return around(points, margin)
