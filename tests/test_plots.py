"""What every picture keeps to: no pyplot, no figure left open, no change of style, nothing cut; and the colours.

What is seen in each of them: the other files test_plots_*.py; odd input: test_plots_odd_input.py.
"""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import matplotlib
from drawn_networks import IMAGES, LOG, XOR, X, axes_of, curve_net, digit_net, line_net, straight_net, xor_net
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from pynn import plots
from pynn.plots import colours
from pynn.training.range_test import RateRange

RATES = np.geomspace(1e-3, 1, 4)
RANGE = RateRange(RATES, np.array([0.9, 0.5, 0.4, 2.0]), np.array([0.9, 0.6, 0.5, 1.0]), 0.01)

PAIR = {"one line": line_net(), "two lines": xor_net()}
FEW: dict[str, Any] = {"resolution": 5, "epochs": 1}

# One of each kind, drawn into `ax`; with the number of its panels.
ALL = {
    "regions": (1, lambda ax: plots.DecisionRegionDisplay.from_network(line_net(), X, XOR, resolution=9, ax=ax)),
    "hidden": (2, lambda ax: plots.HiddenSpaceDisplay.from_network(xor_net(), X, XOR, resolution=9, ax=ax)),
    "curves": (2, lambda ax: plots.LearningCurveDisplay.from_history(LOG, ax=ax)),
    "rates": (1, lambda ax: plots.LearningRateDisplay.from_history({0.1: LOG, 1.0: LOG}, ax=ax)),
    "range": (1, lambda ax: plots.RateRangeDisplay.from_range(RANGE, ax=ax)),
    "descent": (2, lambda ax: plots.DescentDisplay.from_function(lambda t: t * t, rates=[0.1, 1.5], start=1, ax=ax)),
    "activations": (2, lambda ax: plots.ActivationDisplay.from_activation(["relu", "tanh"], ax=ax)),
    "losses": (2, lambda ax: plots.LossDisplay.from_loss(["mse", "huber"], ax=ax)),
    "softmax": (3, lambda ax: plots.SoftmaxDisplay.from_data([-1, 0, 2], ax=ax)),
    "confusion": (1, lambda ax: plots.ConfusionMatrixDisplay.from_predictions([0, 1, 1], [0, 1, 0], ax=ax)),
    "roc": (1, lambda ax: plots.RocCurveDisplay.from_predictions([0, 1, 1], [0.1, 0.4, 0.2], ax=ax)),
    "digits": (3, lambda ax: plots.DigitsDisplay.from_data(IMAGES[:3], [0, 1, 2], ax=ax)),
    "probabilities": (4, lambda ax: plots.DigitsDisplay.from_network(digit_net(), IMAGES[:2], [0, 1], ax=ax)),
    "wrong": (2, lambda ax: plots.MisclassifiedDisplay.from_predictions(IMAGES[:3], [0, 1, 2], [1, 1, 0], ax=ax)),
    "profile": (1, lambda ax: plots.DecisionRegionDisplay.from_network(curve_net(), X[:, :1], XOR, ax=ax)),
    "units": (2, lambda ax: plots.HiddenUnitsDisplay.from_network(xor_net(), X, XOR, resolution=9, ax=ax)),
    "weights": (4, lambda ax: plots.WeightImagesDisplay.from_network(digit_net(), ax=ax)),
    "fit": (1, lambda ax: plots.CurveFitDisplay.from_network(curve_net("linear"), X[:, :1], XOR, ax=ax)),
    "surface": (3, lambda ax: plots.LossSurfaceDisplay.from_network(straight_net(), X[:, :1], XOR, **FEW, ax=ax)),
    "compared": (2, lambda ax: plots.ComparedRegionsDisplay.from_networks(PAIR, X, XOR, resolution=9, ax=ax)),
    "scatter": (9, lambda ax: plots.ScatterMatrixDisplay.from_data(np.eye(6, 3), [0, 0, 1, 1, 2, 2], ax=ax)),
}  # fmt: skip


# ---- every display -----------------------------------------------------------------------------


def test_list_is_complete() -> None:
    made = {type(draw(None)) for _, draw in ALL.values()}
    assert made == {getattr(plots, name) for name in plots.__all__ if name.endswith("Display")} - {plots.Display}


@pytest.mark.parametrize(("panels", "draw"), ALL.values(), ids=ALL)
def test_a_figure_of_its_own(panels: int, draw: Any, tmp_path: Path) -> None:
    display = draw(None)
    assert isinstance(display.figure_, Figure) and len(display.axes_) == panels and display.ax_ is display.axes_[0]
    assert set(display.axes_) <= set(display.figure_.axes)
    assert display.figure_.get_facecolor() == (1, 1, 1, 1)
    display.save(tmp_path / "picture.png", dpi=50)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    png, size = display._repr_png_()
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20], "big") == 2 * size["width"]
    assert type(display).__name__ in repr(display) and len(repr(display)) < 80


@pytest.mark.parametrize(("panels", "draw"), ALL.values(), ids=ALL)
def test_axes_that_are_given(panels: int, draw: Any) -> None:
    figure, axes = axes_of(panels)
    display = draw(axes if panels > 1 else axes[0])
    assert display.axes_ == tuple(axes) and display.figure_ is figure
    assert figure.axes == list(axes), "nothing is added to a figure of somebody else"
    assert all(each.has_data() or each.texts for each in axes)
    assert display._repr_png_() is None, "its owner shows it"
    again, more = axes_of(panels)
    assert display.plot(more).figure_ is again
    wrong = axes_of(panels + 1)[1]
    with pytest.raises(ValueError, match=f"ax: {panels + 1} axes; expected {panels}, one for each panel"):
        display.plot(wrong)
    with pytest.raises(TypeError, match="ax: 3 is a int; expected .*matplotlib axes"):
        display.plot(3)


@pytest.mark.parametrize(("panels", "draw"), ALL.values(), ids=ALL)
def test_nothing_is_cut(panels: int, draw: Any) -> None:
    """Every word and every axes lies inside the figure, and legends beside the axes."""
    figure = draw(None).figure_
    figure.draw_without_rendering()
    page, axes = figure.bbox, [each.get_tightbbox() for each in figure.axes]
    legends = [each.get_tightbbox() for each in figure.legends]
    for box in filter(None, [*axes, *legends, *(text.get_tightbbox() for text in figure.texts)]):
        assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1, box
        assert box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1, box
    assert not any(one.overlaps(other) for one in legends for other in filter(None, axes))
    assert figure.get_size_inches()[0] <= 8.5, "as wide as a page"


@pytest.mark.parametrize(("panels", "draw"), ALL.values(), ids=ALL)
def test_the_style_of_the_user_is_left_alone(panels: int, draw: Any) -> None:
    dark = {"figure.facecolor": "black", "text.color": "white", "xtick.color": "red", "ytick.color": "red"}
    with matplotlib.rc_context(dark | {"font.size": 20.0, "axes.labelcolor": "red"}):
        before = dict(matplotlib.rcParams)
        display = draw(None)
        assert dict(matplotlib.rcParams) == before
        display.figure_.draw_without_rendering()  # ticks are made now, in the user's style
        assert display.figure_.get_facecolor() == (1, 1, 1, 1)
        for axes in display.figure_.axes:
            labels = [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
            assert all(to_rgb(label.get_color()) == to_rgb(colours.INK) for label in labels)
            assert all(label.get_fontsize() <= 10 for label in labels)


def test_axes_that_are_given_keep_their_style() -> None:
    with matplotlib.rc_context({"axes.labelcolor": "yellow", "axes.facecolor": "black"}):
        _, axes = axes_of(2)
        display = plots.LearningCurveDisplay.from_history(LOG, ax=axes)
    assert to_rgb(axes[0].get_facecolor()) == (0, 0, 0)
    best = [line for line in display.ax_.get_lines() if line.get_marker() == "o"]
    assert [line.get_color() for line in best] == ["yellow"], "black on black would not be seen"


def test_only_what_is_drawn_can_be_saved() -> None:
    with pytest.raises(ValueError, match="not drawn yet"):
        plots.SoftmaxDisplay(np.zeros(2), ("a", "b")).save("never.png")


def test_pyplot_is_not_used() -> None:
    """No file of the room names it, and a program that draws has not loaded it."""
    for path in Path(plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            assert not any("pyplot" in name for name in [*names, getattr(node, "module", "") or ""]), path
    code = (
        "import sys, pynn; assert 'matplotlib' not in sys.modules; "
        "pynn.plots.SoftmaxDisplay.from_data([1, 2])._repr_png_(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib() -> None:
    code = "import sys; sys.modules['matplotlib'] = None\nimport pynn\nfrom pynn import *\nimport pynn.plots"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: pynn.plots needs matplotlib") and "pip install 'pynn-native[plot]'" in last


# ---- colours -----------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes 2009: what linear RGB becomes without one kind of cone.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour: str, vision: Any) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.clip(np.array(vision) @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(matrix) @ linear / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_colours_can_be_told_apart(vision: str) -> None:
    """A distance of 2.3 in L*a*b* is just noticeable; six times that is plain even between small markers."""
    seen = [lab(colour, VISION[vision]) for colour in colours.COLOURS]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 6 * 2.3


def test_a_class_has_one_look() -> None:
    assert len({(colours.colour(k), colours.marker(k)) for k in range(60)}) == 60
    assert colours.is_dark("black") and not colours.is_dark("white")
    np.testing.assert_allclose(colours.tint("#000000", [0, 0.25, 1]), [[1] * 3, [0.75] * 3, [0] * 3])
