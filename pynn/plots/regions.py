"""Decision regions: a network's prediction at every point of a plane, with the rows it was trained on.

One output: its value as the shade, and the decision boundary (0.5 for a probability). Several: the region of each
class, paler where the largest output is smaller. The plane is that of two features; the others are constant. `Regions`
is the plane without a figure, which hidden.py draws, too. The forward pass is the network's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D

from ..arguments import real, whole
from ..backend import Array, Floats
from .answers import Labels, compared, meaning, outputs, plain, rows, scale_of, span, words
from .colours import INK, between, colour, marker, tint
from .display import Display

Limits = tuple[tuple[float, float], tuple[float, float]]


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


def dots(ax: Axes, points: Array, known: Labels | None) -> None:
    """The rows as markers, class by class."""
    size = float(np.clip(6000 / len(points), 9, 46))
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
    """resolution x resolution points of a plane, (n, 2), row by row upwards."""
    x1, x2 = (np.linspace(*limit, resolution) for limit in limits)
    return np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)


def around(points: Array, margin: float) -> Limits:
    """Limits of a picture of these points, with a margin on each side (a share of their width)."""
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    width = np.where(high > low, high - low, 1.0)
    low, high = low - margin * width, high + margin * width
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def symbol(name: str, number: int) -> str:
    """The name x_i of a feature, counted from 1 as in lectures."""
    return f"${name}_{{{number + 1}}}$"


@dataclass(repr=False)
class DecisionRegionDisplay(Display):
    """Fields: regions (grid and answers), points (rows, 2) and labels or None, names of the two axes and of classes."""

    regions: Regions
    points: Array | None
    labels: Labels | None
    names: tuple[str, str]
    classes: tuple[str, ...]
    note: str = ""  # the constant values of the other features
    shade: str = "output"  # the meaning of a single output

    @classmethod
    def from_network(
        cls,
        net: Any,
        x: Any = None,
        y: Any = None,
        *,
        features: tuple[int, int] = (0, 1),
        held: Any = None,
        limits: Any = None,
        margin: float = 0.1,
        resolution: int = 300,
        names: Any = None,
        classes: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Regions of anything with a `predict`.

        x, y        rows and their classes, drawn as points; without them `limits` are needed
        features    the two columns of x that span the plane
        held        values of all features, of which the two of the plane are ignored; left out, the means of x
        limits      ((from, to), (from, to)); left out, around the points with a `margin`
        names       of the features, of all of them; classes: names of the classes
        options     as of `plot`
        """
        points, inputs = None, getattr(net, "inputs", None) or (2 if held is None else np.size(held))
        if x is not None:
            x = rows("x", x, getattr(net, "inputs", None))
            inputs = x.shape[1]
        first, second = _two(features, inputs)
        if x is not None:
            points = x[:, [first, second]]
        middle = _held(held, x, inputs)
        area = _limits(limits, points, real("margin", margin, 0))
        titles = [symbol("x", i) for i in range(inputs)] if names is None else plain(words("names", names, inputs))

        plane = lattice(area, whole("resolution", resolution, 2, 4000))
        full = np.repeat(middle[None], len(plane), axis=0)
        full[:, first], full[:, second] = plane.T
        said, count = outputs(net, full), 0 if x is None else len(x)
        found, known, named = compared(net, said, y if count else None, count, classes)
        scale = scale_of(net, known) if said.ndim == 2 else (0.0, 1.0)
        note = (
            ""
            if inputs == 2
            else f"the other {inputs - 2} inputs held at {'their means' if held is None else 'given values'}"
        )
        return cls(
            Regions.of(found, area, scale), points, known, (titles[first], titles[second]), named, note,
            meaning(net, said, named[-1]),
        ).plot(ax, **options)  # fmt: skip

    def plot(
        self, ax: Any = None, *, points: bool = True, colorbar: bool | None = None, title: str | None = None
    ) -> Self:
        """Draw the plane. colorbar: whether to show one, for one output; left out: in a new figure."""
        with self._canvas(ax, (7, 5)) as (axes,):
            image = self.regions.draw(axes)
            if points and self.points is not None:
                dots(axes, self.points, self.labels)
            axes.set(xlabel=self.names[0], ylabel=self.names[1])
            axes.set_title("\n".join(filter(None, ["Decision regions" if title is None else title, self.note])))
            if self.regions.values.ndim == 2 and (self._own if colorbar is None else colorbar):
                self._bar(axes, image)
            if points and self.labels is not None:
                self._legend(handles(self.labels))
        return self

    def _bar(self, axes: Axes, image: Any) -> None:
        low, high = self.regions.scale
        bar = axes.figure.colorbar(image, ax=axes, ticks=np.linspace(low, high, 5), fraction=0.05, pad=0.02)
        bar.set_label(self.shade)
        bar.ax.axhline(self.regions.middle, color=INK, linewidth=1.3)
        bar.outline.set_visible(False)


def _two(features: Any, inputs: int) -> tuple[int, int]:
    if not isinstance(features, (tuple, list)) or len(features) != 2:
        raise ValueError(f"features: {features!r} is not possible; expected two columns of x")
    first, second = (whole("features", each, 0, inputs - 1) for each in features)
    if first == second:
        raise ValueError(f"features: {features!r} are the same column; expected two of them")
    return first, second


def _held(held: Any, x: Array | None, inputs: int) -> Floats:
    """One value for each feature."""
    if held is None:
        if x is None and inputs > 2:
            raise ValueError(f"held: the network takes {inputs} inputs; give x or the values they are held at")
        return np.zeros(inputs) if x is None else x.mean(axis=0, dtype=np.float64)
    array = np.asarray(held)
    if array.dtype.kind not in "biuf" or array.shape != (inputs,) or not np.isfinite(array).all():
        raise ValueError(
            f"held: {array.dtype} of shape {array.shape}; expected {inputs} finite numbers, one for each input"
        )
    return array.astype(np.float64)


def _limits(limits: Any, points: Array | None, margin: float) -> Limits:
    if limits is not None:
        if not isinstance(limits, (tuple, list, np.ndarray)) or len(limits) != 2:
            raise ValueError(f"limits: {limits!r} is not possible; expected ((from, to), (from, to))")
        return span("limits[0]", limits[0]), span("limits[1]", limits[1])
    if points is None:
        raise ValueError("x, limits: give rows to be drawn, or the limits of the picture")
    return around(points, margin)
