"""Decision regions: a network's prediction at every point of a plane, with the rows it was trained on.

One output: its value as the shade, and the decision boundary (0.5 for a probability). Several: the region of each
class, paler where the largest output is smaller. The plane is that of two features; the others are constant. Of one
feature alone the outputs are curves. Read planes.py for planes, profiles.py for curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes

from ..backend import Array
from .answers import Labels, compared, meaning, outputs, scale_of, short
from .colours import INK
from .display import Display
from .planes import Regions, Section, dots, handles
from .profiles import Profile


@dataclass(repr=False)
class DecisionRegionDisplay(Display):
    """Fields: regions (grid and answers), points (rows, 2) and labels or None, names of the two axes and of classes.

    Of one feature: regions is a Profile, points are (rows, 1), and there is one name.
    """

    regions: Regions | Profile
    points: Array | None
    labels: Labels | None
    names: tuple[str, ...]
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
        features: tuple[int, ...] | None = None,
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
        features    the two columns of x that span the plane, or the one that the curve goes along: (0,)
        held        values of all features, of which those that vary are ignored; left out, the means of x
        limits      ((from, to), (from, to)), of one feature (from, to); left out, around the points with a `margin`
        names       of the features, of all of them; classes: names of the classes
        options     as of `plot`
        """
        section = Section.of(net, x, features, held, limits, margin, names)
        said, count = outputs(net, section.rows(resolution)), 0 if section.points is None else len(section.points)
        found, known, named = compared(net, said, y if count else None, count, classes)
        scale = scale_of(net, known) if said.ndim == 2 else (0.0, 1.0)
        kind = Regions if len(section.features) == 2 else Profile
        return cls(
            kind.of(found, section.limits, scale), section.points, known, section.names, named, section.note,
            meaning(net, said, named[-1]),
        ).plot(ax, **options)  # fmt: skip

    def plot(
        self, ax: Any = None, *, points: bool = True, colorbar: bool | None = None, title: str | None = None
    ) -> Self:
        """Draw the plane or the curve. colorbar: whether to show one, for one output; left out: in a new figure."""
        with self._canvas(ax, (7, 5) if isinstance(self.regions, Regions) else (7, 4)) as (axes,):
            entries = [] if self.labels is None or not points else handles(self.labels)
            if isinstance(self.regions, Regions):
                self._plane(axes, points, colorbar)
            else:
                entries += self.regions.draw(axes, self.points if points else None, self.labels, self.classes)
                shade = self.shade if self.regions.values.ndim == 1 else "output"
                axes.set(xlabel=short(self.names[0], 40), ylabel=short(shade, 36))
            usual = "Decision regions" if isinstance(self.regions, Regions) else "Decision over one input"
            axes.set_title("\n".join(filter(None, [usual if title is None else title, self.note])))
            if entries:
                self._legend(entries)
        return self

    def _plane(self, axes: Axes, points: bool, colorbar: bool | None) -> None:
        assert isinstance(self.regions, Regions)
        image = self.regions.draw(axes)
        if points and self.points is not None:
            dots(axes, self.points, self.labels)
        axes.set(xlabel=short(self.names[0], 40), ylabel=short(self.names[1], 36))
        if self.regions.values.ndim == 2 and (self._own if colorbar is None else colorbar):
            self._bar(axes, image)

    def _bar(self, axes: Axes, image: Any) -> None:
        assert isinstance(self.regions, Regions)
        low, high = self.regions.scale
        bar = axes.figure.colorbar(image, ax=axes, ticks=np.linspace(low, high, 5), fraction=0.05, pad=0.02)
        bar.set_label(short(self.shade, 40))
        bar.ax.axhline(self.regions.middle, color=INK, linewidth=1.3)
        bar.outline.set_visible(False)
