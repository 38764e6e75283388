"""The scatter matrix: each feature over each other, classes in colours, and histograms on the diagonal.

It shows data, and needs no network. Read regions.py for a plane of two features with predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes

from ..arguments import whole
from ..backend import Array
from .answers import Labels, distinct, labels, plain, rows, words
from .colours import colour, marker
from .display import Display
from .planes import handles, symbol


@dataclass(repr=False)
class ScatterMatrixDisplay(Display):
    """Fields: x (rows, features), labels or None, names of the features. axes_ are those of the matrix, row by row."""

    x: Array
    labels: Labels | None
    names: tuple[str, ...]

    @classmethod
    def from_data(
        cls, x: Any, y: Any = None, *, names: Any = None, classes: Any = None, ax: Any = None, **options: Any
    ) -> Self:
        """names: of the features (underscores are shown as spaces); classes: names of the classes."""
        array = rows("x", x)
        n = array.shape[1]
        if n > 12:
            raise ValueError(f"x: {n} features; expected at most 12, more than that cannot be seen in one picture")
        named = [symbol("x", i) for i in range(n)] if names is None else words("names", names, n)
        known = None if y is None else labels(y, len(array), None, classes)
        return cls(array, known, tuple(plain(named))).plot(ax, **options)

    def plot(self, ax: Any = None, *, bins: int = 15, title: str | None = None) -> Self:
        """A panel for each pair; `bins`: of the histograms."""
        n, bins = self.x.shape[1], whole("bins", bins, 1, 1000)
        side = float(np.clip(1.75 * n, 4, 12))
        with self._canvas(
            ax, (side, side + 0.3 if self.labels else side), n, n, **({"sharex": "col"} if ax is None else {})
        ) as axes:
            grid: Any = np.array(axes, dtype=object).reshape(n, n)
            for i, j in np.ndindex(n, n):
                if i == j:
                    self._histogram(grid[i, i], i, bins)
                else:
                    self._cloud(grid[i, j], self.x[:, j], self.x[:, i])
                self._edges(grid[i, j], i, j)
            if self.labels is not None:
                self._legend(handles(self.labels))
            if title is not None:
                self._heading(title)
        return self

    @property
    def _called(self) -> list[str]:
        """The names of the features as they fit below a panel; x_1, x_2, ... are formulas."""
        return list(self.names) if any("$" in name for name in self.names) else distinct(self.names, 18)

    def _groups(self) -> list[tuple[int, Array]]:
        """For each class its number and which rows belong to it."""
        if self.labels is None:
            return [(0, np.ones(len(self.x), bool))]
        return [(k, self.labels.number == k) for k in self.labels.present]

    def _histogram(self, ax: Axes, i: int, bins: int) -> None:
        edges: Any = np.histogram_bin_edges(self.x[:, i], bins)
        for k, own in self._groups():
            tone = colour(k) if self.labels else self._ink
            ax.hist(self.x[own, i], bins=edges, color=tone, alpha=0.45, histtype="stepfilled", edgecolor=tone)
        ax.set_yticks([])

    def _cloud(self, ax: Axes, across: Array, up: Array) -> None:
        size = float(np.clip(2500 / len(self.x), 5, 22))
        for k, own in self._groups():
            tone = colour(k) if self.labels else self._ink
            ax.scatter(across[own], up[own], s=size, color=tone, marker=marker(k), edgecolors="white", linewidths=0.3)

    def _edges(self, ax: Axes, i: int, j: int) -> None:
        """Names and tick labels only at the left and lower edge."""
        n = self.x.shape[1]
        if i == n - 1:
            ax.set_xlabel(self._called[j])
        if j == 0:
            ax.set_ylabel(self._called[i])
        elif i != j:
            ax.tick_params(labelleft=False)
        if i == 0 and j == n - 1 and n > 1:  # the first row's scale: at its left end is a histogram
            ax.tick_params(labelright=True, right=True, left=False)
        ax.tick_params(labelbottom=i == n - 1)
