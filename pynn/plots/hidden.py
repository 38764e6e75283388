"""The hidden space: the outputs of a layer of two units for some rows, next to the plane of the inputs.

In the space of the last hidden layer the classes are linearly separable if the network has learned its task. With two
inputs a mesh is drawn in both spaces: it shows how the layers deform the plane. Read planes.py for the shades and
insides.py for the forward pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes

from ..arguments import choice, flag, real, whole
from ..backend import Floats
from .answers import Labels, classes_known, labels, outputs, rows, scale_of
from .colours import GREY
from .display import Display
from .insides import inside, onward, steps, width
from .planes import Limits, Regions, around, dots, handles, limits_of, symbol

MESH, ALONG = 15, 121  # of the mesh: lines in each direction, points on a line (enough for a smooth curve)


@dataclass(frozen=True)
class Space:
    """One panel: points (rows, 2), lines of the mesh (each (n, 2)), and decision regions if they can be computed."""

    title: str
    names: tuple[str, str]
    points: Floats
    mesh: tuple[Floats, ...] = ()
    regions: Regions | None = None
    limits: Limits = ((0.0, 1.0), (0.0, 1.0))

    def draw(self, ax: Axes, known: Labels | None) -> None:
        if self.regions is not None:
            self.regions.draw(ax)
        for line in self.mesh:
            ax.plot(line[:, 0], line[:, 1], color=GREY, linewidth=0.5, alpha=0.8, zorder=1)
        dots(ax, self.points, known)
        ax.set(xlim=self.limits[0], ylim=self.limits[1], xlabel=self.names[0], ylabel=self.names[1], title=self.title)


@dataclass(repr=False)
class HiddenSpaceDisplay(Display):
    """Fields: spaces (of the inputs, if there are two, and of the layer), labels or None, layer.

    As everywhere, `layer` is a place among the layers that compute, from 0; on paper it is layer 1, with W1 and b1.
    """

    spaces: tuple[Space, ...]
    labels: Labels | None
    layer: int

    @classmethod
    def from_network(
        cls,
        net: Any,
        x: Any,
        y: Any = None,
        *,
        layer: int | None = None,
        what: str = "a",
        units: tuple[int, int] = (0, 1),
        inputs: bool | None = None,
        mesh: bool = True,
        limits: Any = None,
        margin: float = 0.1,
        resolution: int = 300,
        classes: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """The rows x as inputs, and as outputs of a layer of a network, an estimator or a pipeline.

        layer     number of the layer, from 0, as in a trace; left out: the last hidden one with two units
        what      "a": the output of the layer; "z": before its activation
        units     two units of a wider layer; then there are no regions
        inputs    whether to show the plane of the inputs, too; left out: if there are two inputs
        limits    ((from, to), (from, to)) of the layer's plane; left out, around the points with a `margin`
        """
        widths = [step.units for step in steps(net)]
        number, what = _layer(layer, widths), choice("what", what, ("a", "z"))
        pair = _units(units, widths[number])
        x = np.asarray(rows("x", x, width(net)), np.float64)
        both = x.shape[1] == 2 if inputs is None else flag("inputs", inputs)
        if both and x.shape[1] != 2:
            raise ValueError(f"inputs: there are {x.shape[1]}, which do not make a plane; inputs=False leaves it out")
        known = None if y is None else labels(y, len(x), widths[-1], classes, order=classes_known(net))
        wide, fine = real("margin", margin, 0), whole("resolution", resolution, 2, 4000)
        area, scale = around(x, wide) if both else None, scale_of(net, known)
        lines = _mesh(area) if flag("mesh", mesh) and area is not None else ()

        def images(values: Floats) -> Floats:
            return inside(net, values)[number][what == "a"][:, pair]

        points, plane = images(x), None
        place = limits_of(limits, points, wide)
        if widths[number] == 2 and pair == [0, 1]:
            plane = Regions.over(lambda values: onward(net, values, number, what), place, fine, scale)
        title = "Output space" if number == len(widths) - 1 else f"Hidden space: layer {number + 1}"
        names = symbol(what, pair[0]), symbol(what, pair[1])
        spaces = [Space(title, names, points, tuple(map(images, lines)), plane, place)]
        if area is not None:
            own = Regions.over(lambda values: outputs(net, values), area, fine, scale)
            spaces.insert(0, Space("Input space", (symbol("x", 0), symbol("x", 1)), x, lines, own, area))
        return cls(tuple(spaces), known, number).plot(ax, **options)

    def plot(self, ax: Any = None, *, title: str | None = None) -> Self:
        """Draw the spaces side by side."""
        panels = len(self.spaces)
        with self._canvas(ax, (7.4, 4) if panels == 2 else (6, 4.8), columns=panels) as axes:
            for each, space in zip(axes, self.spaces, strict=True):
                space.draw(each, self.labels)
            if self.labels is not None:
                self._legend([*handles(self.labels)])
            if title is not None:
                self._heading(title)
        return self


def _layer(layer: Any, widths: list[int]) -> int:
    """The number of the layer; None: the last hidden layer with two units, or else an output layer with two."""
    if layer is not None:
        number = whole("layer", layer, 0, len(widths) - 1)
        if widths[number] < 2:
            raise ValueError(f"layer: number {number} has one unit; a plane needs two")
        return number
    for number in [*reversed(range(len(widths) - 1)), len(widths) - 1]:
        if widths[number] == 2:
            return number
    raise ValueError(
        f"layer: none of the layers ({', '.join(map(str, widths))} units) has two; name a layer and two of its units"
    )


def _units(units: Any, width: int) -> list[int]:
    if not isinstance(units, (tuple, list)) or len(units) != 2 or units[0] == units[1]:
        raise ValueError(f"units: {units!r} is not possible; expected two different units")
    return [whole("units", each, 0, width - 1) for each in units]


def _mesh(area: Limits) -> tuple[Floats, ...]:
    """The mesh: straight lines over the plane, in both directions."""
    along = [np.linspace(*limit, ALONG) for limit in area]
    upright = [np.column_stack([np.full(ALONG, at), along[1]]) for at in np.linspace(*area[0], MESH)]
    level = [np.column_stack([along[0], np.full(ALONG, at)]) for at in np.linspace(*area[1], MESH)]
    return (*upright, *level)
