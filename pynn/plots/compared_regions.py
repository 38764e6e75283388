"""Decision regions of several networks side by side, for the same rows: what regularization does, say.

The networks are trained elsewhere; each panel shows one of them, with the share of rows that it gets right. Read
regions.py for one network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..arguments import shown, whole
from ..backend import Array, Floats
from .answers import Labels, compared, outputs, scale_of, short
from .display import Display
from .planes import Regions, Section, dots, handles


@dataclass(repr=False)
class ComparedRegionsDisplay(Display):
    """Fields: regions and scores (name -> Regions, share of rows that are right), points, labels, names of the axes."""

    regions: dict[str, Regions]
    scores: dict[str, float]
    points: Array
    labels: Labels
    names: tuple[str, ...]
    what: str = ""
    note: str = ""

    @classmethod
    def from_networks(
        cls,
        nets: Any,
        x: Any,
        y: Any,
        *,
        what: str = "",
        features: tuple[int, int] | None = None,
        held: Any = None,
        limits: Any = None,
        margin: float = 0.1,
        resolution: int = 150,
        names: Any = None,
        classes: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """A panel for each network or estimator.

        nets   {name: network}, trained: {0.1: one, 1.0: another}
        x, y   rows and their classes: those trained with, or those held out, whose share of right answers is shown
        what   the meaning of the names: "alpha"
        features, held, limits, margin, names, classes   as for DecisionRegionDisplay
        """
        if not isinstance(nets, Mapping) or not nets:
            raise TypeError(f"nets: {shown(nets)} is not possible; expected a dict name -> network with at least one")
        regions: dict[str, Regions] = {}
        scores: dict[str, float] = {}
        points: Any = None
        known: Any = None
        for given, net in nets.items():
            section = Section.of(net, x, features, held, limits, margin, names)
            if len(section.features) != 2 or section.points is None:
                raise ValueError("x: regions need rows of at least two features")
            name = f"{given:g}" if isinstance(given, float) else str(given)
            points, said = section.points, outputs(net, section.rows(resolution))
            found, known, _ = compared(net, said, y, len(points), classes)
            scale = scale_of(net, known) if said.ndim == 2 else (0.0, 1.0)
            if name in regions:
                raise ValueError(f"nets: two of them are called {name}; expected different names")
            regions[name] = Regions.of(found, section.limits, scale)
            scores[name] = _right(net, x, y, classes)
        return cls(regions, scores, points, known, section.names, what, section.note).plot(ax, **options)

    def plot(
        self, ax: Any = None, *, columns: int = 3, points: bool = True, scores: bool = True, title: str | None = None
    ) -> Self:
        """Draw the panels. scores: whether each has its share of right rows above it."""
        n = len(self.regions)
        columns = min(n, whole("columns", columns, 1))
        lines = -(-n // columns)
        size = (min(8.4, max(2.7 * columns, 4.0)), 2.6 * lines + 0.6)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, n))) as axes:
            for spare in axes[n:]:
                spare.remove()
            self.axes_ = axes[:n]
            for each, (name, plane) in zip(self.axes_, self.regions.items(), strict=True):
                plane.draw(each)
                if points:
                    dots(each, self.points, self.labels, 0.5)
                word = short(f"{self.what} {name}".strip(), 28)
                each.set_title(f"{word}\n{self.scores[name]:.1%} right" if scores else word, fontsize=10)
            self._outer(columns, *(short(name, 22) for name in self.names))
            heading = "\n".join(filter(None, [title, self.note]))
            if heading:
                self._heading(heading)
            if points:
                self._legend(handles(self.labels))
        return self


def _right(net: Any, x: Any, y: Any, classes: Any) -> float:
    """The share of rows whose class is predicted."""
    said = outputs(net, np.asarray(x))
    found, known, _ = compared(net, said, y, len(said), classes)
    assert known is not None
    if found.shape[1] > 1:
        answer: Floats = found.argmax(axis=1)
    else:
        answer = (found[:, 0] > sum(scale_of(net, known)) / 2).astype(int)
    return float((answer == known.number).mean())
