"""Profiles: a network's outputs along one feature, as curves, with the classes that they decide for.

What planes.py has for two features: behind the curves the class that is predicted, for one output its threshold and
where the curve crosses it, and the rows as points. Read regions.py for the display.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..backend import Array, Floats
from .answers import Labels, distinct, spoken
from .colours import GREY, INK, colour, marker, tint
from .planes import Limits


@dataclass(frozen=True)
class Profile:
    """Outputs along a line: of one output (n,), of several (n, K)."""

    x1: Floats  # (n,)
    values: Array
    scale: tuple[float, float] = (0.0, 1.0)  # of one output; the threshold is in the middle

    @classmethod
    def of(cls, found: Array, limits: Limits, scale: tuple[float, float]) -> Profile:
        """From outputs (n, K) at n points between the limits. Two shares of 1 are one probability."""
        if found.shape[1] == 2 and np.abs(found.sum(axis=1) - 1).max() < 1e-5:
            found = found[:, 1:]
        return cls(np.linspace(*limits[0], len(found)), found[:, 0] if found.shape[1] == 1 else found, scale)

    @property
    def middle(self) -> float:
        return (self.scale[0] + self.scale[1]) / 2

    @property
    def winner(self) -> Array:
        """The class that is predicted at each point."""
        return self.values.argmax(axis=1) if self.values.ndim == 2 else (self.values > self.middle).astype(int)

    @property
    def borders(self) -> Floats:
        """Where another class begins: of one output by linear interpolation, of several midway between points."""
        at = np.flatnonzero(np.diff(self.winner))
        if self.values.ndim == 2:
            return np.asarray((self.x1[at] + self.x1[at + 1]) / 2, np.float64)
        left, right = self.values[at] - self.middle, self.values[at + 1] - self.middle
        return np.asarray(self.x1[at] - left * (self.x1[at + 1] - self.x1[at]) / (right - left), np.float64)

    def draw(self, ax: Axes, points: Array | None, known: Labels | None, names: tuple[str, ...]) -> list[Any]:
        """Curves, bands and points; returns what the legend has to say of them."""
        ends = np.concatenate([self.x1[:1], self.borders, self.x1[-1:]])
        changes = np.flatnonzero(np.diff(self.winner))
        for k, left, right in zip(self.winner[np.append(changes, -1)], ends[:-1], ends[1:], strict=True):
            ax.axvspan(left, right, color=tint(colour(int(k)), 0.16), linewidth=0, zorder=0)
        lines = self._curves(ax, names)
        if points is not None:
            self._rows(ax, points[:, 0], known)
        ax.set_xlim(self.x1[0], self.x1[-1])
        return lines

    def _curves(self, ax: Axes, names: tuple[str, ...]) -> list[Line2D]:
        if self.values.ndim == 2:
            look = ("-", "--", "-.", ":")
            called = distinct([spoken(name) for name in names], 24)
            return [
                ax.plot(
                    self.x1, values, color=colour(k), linestyle=look[k % 4], zorder=2,
                    label=f"output for {called[k]}",
                )[0]
                for k, values in enumerate(self.values.T)
            ]  # fmt: skip
        line = ax.plot(self.x1, self.values, color=INK, zorder=2, label="output")[0]
        threshold = ax.axhline(
            self.middle, color=GREY, linestyle="--", linewidth=1.2, zorder=1, label=f"threshold {self.middle:g}"
        )
        for at in self.borders:
            ax.axvline(at, color=INK, linestyle=":", linewidth=1.2, zorder=1)
        return [line, threshold]

    def _rows(self, ax: Axes, x: Array, known: Labels | None) -> None:
        """One output: the rows at their targets; several outputs, or no classes: in a strip below the curves."""
        size = float(np.clip(6000 / len(x), 9, 36))
        low, high = min(self.scale[0], float(self.values.min())), max(self.scale[1], float(self.values.max()))
        strip = low - 0.08 * (high - low)
        for k in [0] if known is None else known.present:
            own = x if known is None else x[known.number == k]
            targets = self.values.ndim == 1 and known is not None and len(known.names) == 2
            ax.scatter(
                own, np.full(len(own), self.scale[min(k, 1)] if targets else strip), s=size, marker=marker(k),
                color=INK if known is None else colour(k), edgecolors="white", linewidths=0.6, zorder=3,
                label="rows" if known is None else known.spoken(k),
            )  # fmt: skip
