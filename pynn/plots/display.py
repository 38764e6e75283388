"""Display: the base class of all pictures, data that can be drawn once or several times.

A subclass has the data as its fields, computes them in class methods `from_...`, and draws them in `plot`, on axes
from `_canvas`: those passed as ax=, or those of a new figure. The new figure is not registered with pyplot, so it need
not be closed. Nothing is computed here. Read colours.py for the style.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Self

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..arguments import real, shown
from .colours import LOOK
from .legends import below_axes, below_figure

DPI = 100  # of a figure on a page: a width of 7 is 700 pixels
SHARP = 200  # of a file, and of a notebook's picture, which is shown at half its size


class Display:
    """figure_ and axes_ (ax_: the first of them) exist after it has been drawn."""

    figure_: Any  # a Figure; for axes passed as ax= it may be a SubFigure
    axes_: tuple[Axes, ...]
    _own: bool = False  # whether the figure was made here

    @property
    def ax_(self) -> Axes:
        return self.axes_[0]

    def plot(self, ax: Any = None) -> Self:
        """Draw into `ax` (one axes for each panel), or into a new figure."""
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str], *, dpi: float = SHARP) -> None:
        """Write the picture, in the format of the suffix: .png, .svg, .pdf. With 200 dpi it is 1400 pixels wide."""
        dpi = real("dpi", dpi, 0, above=True)
        figure = self._drawn()
        figure.savefig(path, dpi=dpi, facecolor=figure.get_facecolor())

    def _drawn(self) -> Figure:
        """The whole figure, also if the axes belong to a SubFigure."""
        if not hasattr(self, "figure_"):
            raise ValueError(f"{type(self).__name__}: not drawn yet; call plot() first")
        whole: Figure = self.figure_
        while not isinstance(whole, Figure):
            whole = whole.figure
        return whole

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        """The picture for a notebook; None for axes passed as ax=, whose figure the user shows."""
        if not self._own:
            return None
        file = BytesIO()
        self.figure_.savefig(file, format="png", dpi=SHARP, facecolor=self.figure_.get_facecolor())
        width, height = (round(float(inches) * DPI) for inches in self.figure_.get_size_inches())
        return file.getvalue(), {"width": width, "height": height}

    def __repr__(self) -> str:
        panels = len(self.axes_) if hasattr(self, "axes_") else 0
        return f"{type(self).__name__}({f'{panels} panels' if panels > 1 else 'drawn' if panels else 'not drawn'})"

    @contextmanager
    def _canvas(
        self, ax: Any, size: tuple[float, float], rows: int = 1, columns: int = 1, **options: Any
    ) -> Iterator[tuple[Axes, ...]]:
        """Axes for rows x columns panels. `size` is that of a new figure in inches, `options` its subplots'."""
        if ax is not None:
            axes = check_axes(ax, rows * columns)
            self.figure_, self.axes_, self._own = axes[0].figure, axes, False
            yield axes
            return
        with style.context(["default", LOOK]):
            figure = Figure(figsize=size, dpi=DPI, layout="constrained")
            axes = tuple(figure.subplots(rows, columns, squeeze=False, **options).ravel())
            self.figure_, self.axes_, self._own = figure, axes, True
            yield axes

    def _legend(self, handles: Sequence[Any], title: str | None = None) -> None:
        """One legend for the picture, beside what is drawn. It comes last: it measures the axes."""
        if self._own:
            below_figure(self.figure_, handles, title)
        else:
            below_axes(self.ax_, handles, title)

    def _outer(self, columns: int, across: str, up: str) -> None:
        """The names of both axes, and the numbers, at the left and lower edges of panels with common limits."""
        for i, each in enumerate(self.axes_):
            lowest, first = i + columns >= len(self.axes_), i % columns == 0
            if lowest or not self._own:
                each.set_xlabel(across)
            if first or not self._own:
                each.set_ylabel(up)
            if self._own:
                each.tick_params(labelbottom=lowest, labelleft=first)

    @property
    def _ink(self) -> Any:
        """The colour of text: pynn's, or that of the user's style for axes passed as ax=."""
        return self.ax_.xaxis.label.get_color()

    def _heading(self, text: str) -> None:
        """The title of the whole picture; for axes passed as ax=, a line above the title of the first one."""
        if self._own:
            self.figure_.suptitle(text)
        else:
            self.ax_.set_title(f"{text}\n{self.ax_.get_title()}")


def check_axes(ax: Any, panels: int) -> tuple[Axes, ...]:
    """Argument `ax`: one axes for each panel."""
    given = [ax] if isinstance(ax, Axes) else ax
    if isinstance(given, (np.ndarray, list, tuple)):
        flat = tuple(np.asarray(given, dtype=object).ravel())
        if all(isinstance(one, Axes) for one in flat):
            if len(flat) != panels:
                raise ValueError(f"ax: {len(flat)} axes; expected {panels}, one for each panel")
            return flat
    expected = "matplotlib axes" if panels == 1 else f"a list of {panels} matplotlib axes, one for each panel"
    raise TypeError(f"ax: {shown(ax)} is a {type(ax).__name__}; expected {expected}")
