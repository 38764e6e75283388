"""Hidden units in the plane of the inputs: a panel for each, with its output as a heat map and the line where z is 0.

That line is where a unit of the first layer cuts the plane; units of deeper layers draw curves. Together they are what
the output layer puts its regions together from. Read hidden.py for the space that two units span.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize

from ..arguments import choice, whole
from ..backend import Array, Floats
from .answers import Labels, classes_known, labels, picked, short
from .colours import FIRST, INK, SECOND, between, deepening
from .display import Display
from .insides import inside, steps
from .planes import Section, dots, handles

MANY = 36  # units in one picture
BOUNDED = ("sigmoid", "hard_sigmoid", "tanh", "softmax", "step", "sign")


@dataclass(repr=False)
class HiddenUnitsDisplay(Display):
    """Fields: z and a of each unit, (units, n, n) row by row upwards over x1 and x2; points and labels or None.

    layer is a place among the layers that compute, from 0; formulas are those of z in a plane of the first layer.
    """

    x1: Floats
    x2: Floats
    z: Floats
    a: Floats
    units: tuple[int, ...]
    formulas: tuple[str, ...]
    points: Array | None
    labels: Labels | None
    names: tuple[str, ...]
    layer: int
    bounded: bool = False  # whether |a| is at most 1, whatever z
    note: str = ""

    @classmethod
    def from_network(
        cls,
        net: Any,
        x: Any = None,
        y: Any = None,
        *,
        layer: int = 0,
        units: Any = None,
        features: tuple[int, int] | None = None,
        held: Any = None,
        limits: Any = None,
        margin: float = 0.1,
        resolution: int = 120,
        names: Any = None,
        classes: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """The units of a layer of a network, an estimator or a pipeline.

        layer    number of the layer, from 0, as in a trace
        units    numbers of the units, from 0; left out, all
        x, y, features, held, limits, margin, names, classes   as for DecisionRegionDisplay
        """
        chain = steps(net)
        number = whole("layer", layer, 0, len(chain) - 1)
        chosen = picked("units", units, chain[number].units, MANY)
        section = Section.of(net, x, features, held, limits, margin, names)
        if len(section.features) != 2:
            raise ValueError("features: a heat map needs two inputs; DecisionRegionDisplay draws one as a curve")
        known = None
        if y is not None and section.points is not None:
            known = labels(y, len(section.points), chain[-1].units, classes, order=classes_known(net))
        full = section.rows(resolution)
        z, a = (part[:, chosen].T.reshape(len(chosen), resolution, resolution) for part in inside(net, full)[number])
        x1, x2 = (np.linspace(*limit, resolution) for limit in section.limits)
        formulas = _lines(net, section, chosen) if number == 0 else ("",) * len(chosen)
        return cls(
            x1, x2, z, a, tuple(chosen), formulas, section.points, known, section.names, number,
            chain[number].activation.name in BOUNDED, section.note,
        ).plot(ax, **options)  # fmt: skip

    def plot(
        self,
        ax: Any = None,
        *,
        what: str = "a",
        points: bool = True,
        columns: int | None = None,
        title: str | None = None,
    ) -> Self:
        """A panel for each unit. what: the shade is "a", the output, or "z", before the activation. With more than
        three columns there is no room for the formulas."""
        values = self.a if choice("what", what, ("a", "z")) == "a" else self.z
        n = len(self.units)
        columns = min(n, _columns(n) if columns is None else whole("columns", columns, 1))
        lines = -(-n // columns)
        size = (min(8.4, max(2.5 * columns + 0.8, 4.0)), (2.2 if columns <= 3 else 1.5) * lines + 0.9)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, n))) as axes:
            for spare in axes[n:]:
                spare.remove()
            self.axes_ = axes[:n]
            shade = _shade(values, 1.0 if self.bounded and what == "a" else 0.0)
            for i, each in enumerate(self.axes_):
                image = self._panel(each, i, values[i], shade, points)
                formula = self.formulas[i] if columns <= 3 or not self._own else ""
                each.set_title("\n".join(filter(None, [f"unit {self.units[i] + 1}", formula])), fontsize=9)
            self._outer(columns, *(short(name, 22) for name in self.names))
            if self._own:
                bar = self.figure_.colorbar(image, ax=list(self.axes_), fraction=0.05, pad=0.02, aspect=30)
                bar.set_label(f"${what}$ of the unit")
                bar.outline.set_visible(False)
            usual = f"Units of layer {self.layer + 1}" + (f" ({self.note})" if self.note else "")
            self._heading(usual if title is None else title)
            if points and self.labels is not None:
                self._legend(handles(self.labels))
        return self

    def _panel(self, ax: Axes, i: int, values: Floats, shade: tuple[Colormap, Normalize], points: bool) -> Any:
        low1, high1, low2, high2 = self.x1[0], self.x1[-1], self.x2[0], self.x2[-1]
        image = ax.imshow(
            values, extent=(low1, high1, low2, high2), origin="lower", aspect="auto", interpolation="bilinear",
            cmap=shade[0], norm=shade[1], zorder=0,
        )  # fmt: skip
        if self.z[i].min() < 0 < self.z[i].max():
            ax.contour(self.x1, self.x2, self.z[i], levels=[0.0], colors=INK, linewidths=1.5, zorder=2)
        if points and self.points is not None:
            dots(ax, self.points, self.labels, 0.4)
        ax.set(xlim=(low1, high1), ylim=(low2, high2))
        return image


def _columns(count: int) -> int:
    return 2 if count in (1, 2, 4) else 3 if count <= 12 else 6


def _shade(values: Floats, bound: float) -> tuple[Colormap, Normalize]:
    """One scale for all units, to the bound or the largest value: with negative values symmetric, white where they are
    0; otherwise from 0 on."""
    most = bound or float(np.abs(values).max()) or 1.0
    if values.min() < 0:
        return between(FIRST, SECOND, 0.6, 0.0), Normalize(-most, most)
    return deepening(SECOND, 0.6), Normalize(0, most)


def _lines(net: Any, section: Section, units: list[int]) -> tuple[str, ...]:
    """z of the first layer as a formula of the two features, which it is: from its values at three corners."""
    (low1, high1), (low2, high2) = section.limits
    corners = np.repeat(section.held[None], 3, axis=0)
    corners[:, list(section.features)] = [(low1, low2), (high1, low2), (low1, high2)]
    z = inside(net, corners)[0][0][:, units]
    slope1, slope2 = (z[1] - z[0]) / (high1 - low1), (z[2] - z[0]) / (high2 - low2)
    constant = z[0] - slope1 * low1 - slope2 * low2
    first, second = (f"x_{{{i + 1}}}" for i in section.features)
    return tuple(
        f"$z = {_number(p)}\\,{first} {_signed(q)}\\,{second} {_signed(c)}$"
        for p, q, c in zip(slope1, slope2, constant, strict=True)
    )


def _number(value: float) -> str:
    """Two digits, powers of ten as in a formula."""
    word = f"{value:.2g}"
    if "e" in word:
        digits, power = word.split("e")
        return f"{digits}\\cdot10^{{{int(power)}}}"
    return word


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {_number(abs(value))}"
