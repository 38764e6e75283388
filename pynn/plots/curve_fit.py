"""A fit along one input: the rows as points, and the network's output as a curve, perhaps after several epochs.

The output is that of `predict`. For classes over one input read profiles.py; for the loss over the epochs, curves.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.lines import Line2D

from ..arguments import whole
from ..backend import Array, Floats
from .answers import numbers, outputs
from .colours import FIRST, GREY, PALE, colour, ordered
from .display import Display
from .insides import width
from .planes import Section
from .snapshots import Snapshots


@dataclass(repr=False)
class CurveFitDisplay(Display):
    """Fields: x1 (n,), curves (name -> outputs (n, K)), points x (rows,) and y (rows, targets), or None; names."""

    x1: Floats
    curves: dict[str, Floats]
    x: Array | None
    y: Array | None
    name: str
    note: str = ""
    over: str = ""  # what distinguishes the curves: "epoch"

    @classmethod
    def from_network(
        cls,
        net: Any,
        x: Any = None,
        y: Any = None,
        *,
        snapshots: Snapshots | None = None,
        count: int = 6,
        features: tuple[int] | None = None,
        held: Any = None,
        limits: Any = None,
        margin: float = 0.05,
        resolution: int = 400,
        names: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """The outputs of a network, or of anything with a `predict`, over one of its inputs.

        x, y        rows and their targets, drawn as points; without them `limits` are needed
        snapshots   of its training: a curve for at most `count` of its epochs, with the first and the last
        features    the column of x along which the curve goes, (2,); left out: the only one
        held, limits, margin, names   as for DecisionRegionDisplay
        """
        inputs = width(net)
        section = Section.of(net, x, (0,) if features is None and inputs in (None, 1) else features, held, limits,
                             margin, names)  # fmt: skip
        if len(section.features) != 1:
            raise ValueError(f"features: the network takes {inputs} inputs; name the one to follow, such as (0,)")
        points = None if section.points is None else section.points[:, 0]
        targets = None
        if y is not None:
            given = np.asarray(y)
            targets = numbers("y", given.reshape(len(given), -1) if given.ndim else given, 2)
            if points is None or len(targets) != len(points):
                raise ValueError(f"y: {len(targets)} targets, but x has {0 if points is None else len(points)} rows")
        rows, curves = section.rows(resolution), {}
        if snapshots is None:
            curves["output"] = outputs(net, rows)
        else:
            if not isinstance(snapshots, Snapshots):
                raise TypeError(f"snapshots: a {type(snapshots).__name__}; expected Snapshots that fit was given")
            some = _spread(len(snapshots), whole("count", count, 1))
            for place, (epoch, then) in enumerate(snapshots):
                if place in some:
                    curves[f"{epoch}"] = outputs(then, rows)
        if any(found.ndim == 1 for found in curves.values()):
            raise ValueError("net: it answers with classes; DecisionRegionDisplay draws them")
        return cls(
            rows[:, section.features[0]], curves, points, targets, section.names[0], section.note,
            "" if snapshots is None else "epoch",
        ).plot(ax, **options)  # fmt: skip

    def plot(self, ax: Any = None, *, title: str | None = None) -> Self:
        """Points and curves; of several epochs the first in the palest colour."""
        with self._canvas(ax, (7, 4)) as (axes,):
            entries = []
            if self.y is not None and self.x is not None:
                size = float(np.clip(6000 / len(self.x), 9, 30))
                for k, column in enumerate(self.y.T):
                    tone = GREY if self.y.shape[1] == 1 else colour(k)
                    axes.scatter(self.x, column, s=size, color=tone, edgecolors="white", linewidths=0.6, zorder=1)
                entries.append(Line2D([], [], linestyle="", marker="o", color=GREY, markersize=5, label="rows"))
            elif self.x is not None:
                axes.plot(self.x, np.full(len(self.x), 0.02), "|", color=GREY, transform=axes.get_xaxis_transform())
            entries += self._lines(axes)
            axes.grid(True, color=PALE, linewidth=0.6)
            axes.set_axisbelow(True)
            axes.set(xlim=(self.x1[0], self.x1[-1]), xlabel=self.name, ylabel="output")
            usual = "Output over one input" if not self.over else f"Fit after {self.over}s of training"
            axes.set_title("\n".join(filter(None, [usual if title is None else title, self.note])))
            self._legend(entries)
        return self

    def _lines(self, ax: Any) -> list[Line2D]:
        lines, wide = [], next(iter(self.curves.values())).shape[1]
        shades = ordered(len(self.curves)) if self.over else [FIRST]
        for (label, values), shade in zip(self.curves.items(), shades, strict=True):
            for k, column in enumerate(values.T):
                tone = colour(k) if wide > 1 and not self.over else shade
                name = f"{self.over} {label}" if self.over else label if wide == 1 else f"output {k + 1}"
                line = ax.plot(self.x1, column, color=tone, zorder=2, label=name)[0]
                if k == 0 or not self.over:
                    lines.append(line)
        return lines


def _spread(there: int, most: int) -> set[int]:
    """At most so many of the numbers below `there`, denser at the beginning, where a training changes most; with the
    first and the last (the last alone of one)."""
    if most == 1:
        return {there - 1}
    wanted = (np.linspace(0, 1, min(most, there)) ** 2 * (there - 1)).round().astype(int)
    return {max(place, least) for least, place in enumerate(wanted.tolist())}
