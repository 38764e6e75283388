"""Colours and markers of the classes, colour maps, and the style of a figure that pynn makes.

A class has the same colour and marker in every picture. The first six colours are Okabe and Ito's palette for all
kinds of colour vision; all ten can be distinguished in simulated protanopia, deuteranopia and tritanopia, too (the
tests measure it), and also by their markers. Nothing is drawn here: read display.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb

from ..backend import Array

COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#2B2B6B", "#B7A66A", "#7F0000", "#8DD3A0",
)  # fmt: skip
MARKERS = "os^DvPX<>*"
INK, GREY, PALE = "#222222", "#8A8A8A", "#D9D9D9"  # text and lines; less important things; grids
FIRST, SECOND = COLOURS[0], COLOURS[1]  # training and validation; a function and its derivative
RIGHT, WRONG = COLOURS[0], COLOURS[1]

# The style of a figure that pynn makes, whatever style the user has set. Axes passed as ax= keep their own style.
LOOK: dict[str, Any] = {
    "figure.facecolor": "white", "axes.facecolor": "white", "axes.edgecolor": "#555555", "text.color": INK,
    "axes.labelcolor": INK, "axes.titlecolor": INK, "xtick.color": "#555555", "ytick.color": "#555555",
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "font.size": 10, "axes.titlesize": 11, "axes.labelsize": 10,
    "xtick.labelsize": 9, "ytick.labelsize": 9, "legend.fontsize": 9, "figure.titlesize": 12, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "lines.linewidth": 1.8,
    "axes.titlepad": 7, "figure.constrained_layout.h_pad": 0.06, "figure.constrained_layout.w_pad": 0.06,
}  # fmt: skip


def colour(number: int) -> str:
    """The colour of class `number`; after ten they repeat."""
    return COLOURS[number % len(COLOURS)]


def marker(number: int) -> str:
    """The marker of class `number`. After ten classes colours repeat, but with other markers."""
    return MARKERS[(number + number // len(COLOURS)) % len(MARKERS)]


def tint(name: str, share: Any) -> Array:
    """The colour mixed with white; share 0 is white, 1 the colour. For an array of shares: (..., 3)."""
    portion = np.asarray(share, np.float64)[..., None]
    mixed: Array = 1 - portion * (1 - np.asarray(to_rgb(name)))
    return mixed


def between(low: str, high: str, strongest: float = 0.46, least: float = 0.05) -> Colormap:
    """A colour map from a tint of one colour over white to a tint of another, for a probability. `least` is the tint on
    either side of the middle: two sides for a decision; 0 makes one even passage, for a quantity that may be 0."""
    ends = [tint(low, strongest), tint(low, least), tint(high, least), tint(high, strongest)]
    stops: list[tuple[float, Any]] = list(zip((0, 0.499, 0.501, 1), ends, strict=True))
    return LinearSegmentedColormap.from_list("between", stops)


def deepening(name: str = FIRST, strongest: float = 1.0) -> Colormap:
    """A colour map from white to the colour itself, or to a tint of it, for a count."""
    return LinearSegmentedColormap.from_list("deepening", [tint(name, 0), tint(name, strongest)])


def ordered(count: int) -> list[tuple[float, ...]]:
    """Colours for an ordered quantity, light to dark: viridis without its lightest 15 %, too pale on white."""
    from matplotlib import colormaps

    return [tuple(map(float, rgba)) for rgba in colormaps["viridis_r"](np.linspace(0.15, 1, count))]


def is_dark(rgba: Any) -> bool:
    """Whether text on this colour should be white: its luma (ITU-R BT.601) is below the threshold."""
    red, green, blue = map(float, to_rgb(rgba))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
