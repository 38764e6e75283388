"""Where a legend goes: below the axes, in as many columns as fit, and never over what is drawn.

A figure that pynn made grows by the legend's further lines, so that the axes keep their size. Axes that were passed
stay in a figure of somebody else: if that has a layout engine, the legend hangs below them and the engine makes room;
if not, it lies inside, framed, where it covers the least. Long labels are broken into lines. Read display.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

LETTERS, LETTER, HANDLE = 40, 0.085, 0.7  # the most in a line; the width of one, of a line and its sample, in inches
MOST = 60  # entries; nobody reads on
GAP = 0.06  # inches above a legend that hangs below axes

Draw = Callable[..., Legend]


def below_figure(figure: Figure, handles: Sequence[Any], title: str | None) -> None:
    """A legend below all axes of a figure with constrained layout; the figure grows by all lines but the first."""

    def draw(columns: int, entries: list[Any]) -> Legend:
        return figure.legend(handles=entries, loc="outside lower center", ncols=columns, title=title)

    legend, lines = _fitted(draw, handles, float(figure.get_figwidth()) - 0.2, figure.dpi, title)
    height = legend.get_window_extent().height / figure.dpi
    figure.set_figheight(figure.get_figheight() + height * (1 - 1 / lines))


def below_axes(axes: Axes, handles: Sequence[Any], title: str | None) -> None:
    """A legend for axes that were passed, see above."""
    figure: Any = axes.figure  # a Figure, or a SubFigure
    if figure.get_layout_engine() is None:
        axes.legend(handles=[_broken(each, LETTERS) for each in _few(handles)], title=title, frameon=True)
        return
    whole: Any = axes.get_tightbbox()
    hanging = (axes.bbox.y0 - whole.y0) / figure.dpi + GAP  # ticks and the name of the axis
    place = axes.transAxes + ScaledTranslation(0, -hanging, figure.dpi_scale_trans)

    def draw(columns: int, entries: list[Any]) -> Legend:
        return axes.legend(
            handles=entries, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=place, borderaxespad=0,
            ncols=columns, title=title,
        )  # fmt: skip

    _fitted(draw, handles, axes.bbox.width / figure.dpi, figure.dpi, title)


def _fitted(draw: Draw, handles: Sequence[Any], width: float, dpi: float, title: str | None) -> tuple[Legend, int]:
    """The legend with the fewest lines that is no wider than this many inches, and its number of lines."""
    entries = [_broken(each, max(8, min(LETTERS, int((width - HANDLE) / LETTER)))) for each in _few(handles)]
    columns = len(entries)
    while True:
        lines = -(-len(entries) // columns)
        legend = draw(-(-len(entries) // lines), entries)  # no more columns than these lines need
        if columns == 1 or legend.get_window_extent().width <= width * dpi:
            return legend, lines + (title is not None)
        legend.remove()
        columns -= 1


def _few(handles: Sequence[Any]) -> list[Any]:
    """The handles; of too many the first ones, and how many more there are."""
    if len(handles) <= MOST:
        return list(handles)
    return [*handles[: MOST - 1], Line2D([], [], linestyle="", label=f"and {len(handles) - MOST + 1} more")]


def _broken(handle: Any, letters: int) -> Any:
    """The handle with its label in lines of at most so many letters; formulas are not broken."""
    label = str(handle.get_label())
    if "$" not in label.replace("\\$", ""):
        handle.set_label("\n".join(wrap(label, letters)) or label)
    return handle
