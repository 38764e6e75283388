"""Pictures: what is drawn, where, and that nothing else happens: no pyplot, no figure left open, no change of style."""

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
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import pynn
from pynn import Adam, Dense, Dropout, Network, Normalization, Rescaling, datasets, metrics, plots
from pynn.activations import hard_sigmoid
from pynn.engine.tables import ACTIVATIONS
from pynn.losses import Huber
from pynn.plots import answers, colours, curves, descent, functions
from pynn.training.range_test import RateRange

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
XOR = np.array([0, 1, 1, 0])
IMAGES = np.random.default_rng(3).integers(0, 256, (12, 5, 5)).astype(np.uint8)
LOG = {"loss": [0.9, 0.5, 0.4, 0.3], "val_loss": [1.0, 0.6, 0.5, 0.7], "accuracy": [0.5, 0.6, 0.8, 0.9]}

RATES = np.geomspace(1e-3, 1, 4)
RANGE = RateRange(RATES, np.array([0.9, 0.5, 0.4, 2.0]), np.array([0.9, 0.6, 0.5, 1.0]), 0.01)


def net_of(*widths: int, last: str = "sigmoid", hidden: str = "tanh", inputs: int = 2, seed: int = 4) -> Network:
    layers = [Dense(width, hidden) for width in widths[:-1]]
    return Network([*layers, Dense(widths[-1], last)], inputs=inputs, engine="reference", dtype="float64", seed=seed)


def line_net() -> Network:
    """sigmoid(3 x1 - 2 x2 + 1): the boundary is x2 = (1 + 3 x1) / 2."""
    net = net_of(1)
    net.set_weights([[[3.0], [-2.0]], [1.0]])
    return net


def xor_net() -> Network:
    """Hidden units OR and NAND as steep sigmoids, their AND as the output."""
    net = net_of(2, 1, hidden="sigmoid")
    net.set_weights([[[20.0, -20.0], [20.0, -20.0]], [-10.0, 30.0], [[20.0], [20.0]], [-30.0]])
    return net


def axes_of(n: int) -> tuple[Figure, Any]:
    figure = Figure()
    return figure, figure.subplots(1, n, squeeze=False)[0]


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
    "scatter": (9, lambda ax: plots.ScatterMatrixDisplay.from_data(np.eye(6, 3), [0, 0, 1, 1, 2, 2], ax=ax)),
}  # fmt: skip


def digit_net() -> Network:
    layers = [Rescaling(1 / 255), Dense(4, "relu"), Dense(3, "softmax")]
    return Network(layers, inputs=25, engine="reference", seed=1)


# ---- every display ----------------------------------------------------------------------------


def test_list_is_complete() -> None:
    made = {type(draw(None)) for _, draw in ALL.values()}
    assert made == {getattr(plots, name) for name in plots.__all__} - {plots.Display}


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


# ---- colours ----------------------------------------------------------------------------------

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


# ---- what is asked of data and networks -------------------------------------------------------


def test_labels() -> None:
    assert answers.labels([[0, 1], [1, 0]], 2).number.tolist() == [1, 0]
    signs = answers.labels([-1, 1, 1], 3)
    assert signs.number.tolist() == [0, 1, 1] and signs.names == ("-1", "1") and signs.signed
    words = answers.labels(["b", "a", "b"], 3)
    assert words.number.tolist() == [1, 0, 1] and words.names == ("a", "b")
    few = answers.labels([3, 8, 3], 3)
    assert few.number.tolist() == [0, 1, 0] and few.names == ("3", "8")
    assert answers.labels([[2.0], [0.0]], 2, 4).names == ("0", "1", "2", "3")
    assert answers.labels([True, False], 2, names=["no", "yes"]).spoken(1) == "yes"
    assert answers.labels([0, 1], 2).spoken(1) == "class 1"
    with pytest.raises(ValueError, match=r"y: real numbers such as 0\.5; expected classes"):
        answers.labels([0.5, 1], 2)
    with pytest.raises(ValueError, match="y: class 3, but there are 3 classes, 0 to 2"):
        answers.labels([0, 3], 2, 3)
    with pytest.raises(ValueError, match="y: shape .*expected a class for each of 3 rows"):
        answers.labels([0, 1], 3)
    with pytest.raises(ValueError, match="classes: 3 names; expected 2"):
        answers.labels([0, 1], 2, names=["a", "b", "c"])
    with pytest.raises(TypeError, match="classes: 'ab' is a str"):
        answers.labels([0, 1], 2, names="ab")


def test_forward_pass_is_the_network() -> None:
    """z and a of every layer are those of a trace; what follows from them are the network's outputs."""
    layers = [Rescaling(0.5, 1), Normalization(), Dropout(0.2), Dense(3, hard_sigmoid(0.3)), Dropout(0.3)]
    layers += [Dense(2, "tanh", use_bias=False), Dense(2, "softmax")]
    net = Network(layers, engine="reference", dtype="float64", seed=3)
    x = np.random.default_rng(0).normal(size=(7, 4))
    net.fit(x, [0, 1] * 3 + [0], verbose=0)
    passed, traced = answers.inside(net, x), net.trace(x, [0] * 7).layers
    for (z, a), layer in zip(passed, traced, strict=True):  # sums of at most 4 terms below 4: some 10 roundings
        np.testing.assert_allclose(z, layer.z, rtol=0, atol=40 * 2.0**-53)
        np.testing.assert_allclose(a, layer.a, rtol=0, atol=40 * 2.0**-53)
    for layer, what in itertools.product(range(3), "za"):
        after = answers.onward(net, passed[layer][what == "a"], layer, what)
        np.testing.assert_allclose(after, net.predict(x), rtol=0, atol=80 * 2.0**-53)


def test_a_network_is_needed() -> None:
    with pytest.raises(TypeError, match="net: 3 is a int; expected something with a predict method"):
        plots.DecisionRegionDisplay.from_network(3, X)
    with pytest.raises(TypeError, match="net: .* expected a Network"):
        plots.HiddenSpaceDisplay.from_network(object(), X)


# ---- regions ----------------------------------------------------------------------------------


def contour_points(ax: Any) -> np.ndarray:
    found = [c for c in ax.collections if type(c).__name__.endswith("ContourSet")]
    return np.concatenate([path.vertices for each in found for path in each.get_paths()])


def test_regions_of_one_output() -> None:
    """The shade is the probability at each place, and the line is where it is 1/2."""
    display = plots.DecisionRegionDisplay.from_network(line_net(), X, XOR, limits=((-2, 2), (-3, 3)), resolution=41)
    image = display.ax_.images[0]
    x1, x2 = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-3, 3, 41))
    np.testing.assert_allclose(image.get_array(), 1 / (1 + np.exp(-(3 * x1 - 2 * x2 + 1))), rtol=1e-13)
    assert image.norm.vmin == 0 and image.norm.vmax == 1 and image.origin == "lower"
    left, right, low, high = image.get_extent()
    assert left == pytest.approx(-2.05) and right == pytest.approx(2.05) and low == pytest.approx(-3.075) and high > 3
    border = contour_points(display.ax_)
    # Linear interpolation of the sigmoid between grid points: below h^2 / 8 * max |second derivative| / slope there.
    assert np.abs(1 + 3 * border[:, 0] - 2 * border[:, 1]).max() < 0.05
    assert display.ax_.get_xlim() == (-2, 2) and display.ax_.get_ylim() == (-3, 3)
    assert [text.get_text() for text in display.figure_.legends[0].get_texts()] == ["class 0", "class 1"]
    assert display.figure_.axes[1].get_ylabel() == "probability of class 1"


def test_points_are_the_rows() -> None:
    ax = plots.DecisionRegionDisplay.from_network(line_net(), X, XOR, resolution=5).ax_
    clouds = {each.get_label(): each for each in ax.collections if each.get_label().startswith("class")}
    for k, name in enumerate(["class 0", "class 1"]):
        assert clouds[name].get_offsets().data.tolist() == X[k == XOR].tolist()
        assert to_rgb(clouds[name].get_facecolor()[0]) == to_rgb(colours.colour(k))
    assert ax.get_xlim() == pytest.approx((-0.1, 1.1))
    bare = plots.DecisionRegionDisplay.from_network(line_net(), X, XOR, resolution=5, points=False)
    assert not bare.figure_.legends


def test_regions_of_classes() -> None:
    """Each dot has the colour of the largest output; borders are where two outputs are equal."""
    net = net_of(3, last="softmax")
    net.set_weights([[[1.0, -1.0, 0.0], [0.0, 0.0, 1.0]], [0.0, 0.0, 0.0]])
    display = plots.DecisionRegionDisplay.from_network(
        net, limits=((-1, 1), (-1, 1)), resolution=21, classes="abc"[:3].split() * 3
    )
    picture, answer = np.asarray(display.ax_.images[0].get_array()), display.regions.values.argmax(axis=2)
    for k in range(3):
        towards = colours.tint(colours.colour(k), 1)
        tinted = picture[answer == k]
        share = (1 - tinted) / (1 - towards + 1e-12)
        assert np.ptp(share[:, (1 - towards) > 0.01], axis=1).max() < 1e-9 and 0.05 < share.max() <= 0.46 + 1e-9
    border = contour_points(display.ax_)
    z = np.column_stack([border[:, 0], -border[:, 0], border[:, 1]])
    top = np.sort(z, axis=1)
    assert np.abs(top[:, 2] - top[:, 1]).max() < 0.02


def test_two_outputs_that_are_shares_are_one_probability() -> None:
    display = plots.DecisionRegionDisplay.from_network(net_of(3, 2, last="softmax"), X, XOR, resolution=8)
    assert display.regions.values.shape == (8, 8)
    display = plots.DecisionRegionDisplay.from_network(net_of(3, 2, last="sigmoid"), X, XOR, resolution=8)
    assert display.regions.values.shape == (8, 8, 2)


def test_regions_of_signs() -> None:
    net = net_of(1, last="sign")
    net.set_weights([[[3.0], [-2.0]], [1.0]])
    display = plots.DecisionRegionDisplay.from_network(net, X, [-1, 1, 1, -1], resolution=30)
    assert display.regions.scale == (-1, 1) and display.regions.middle == 0 and display.classes == ("-1", "1")
    one_class = plots.DecisionRegionDisplay.from_network(net, X, [1, 1, 1, 1], limits=((5, 6), (0, 1)), resolution=5)
    assert not [c for c in one_class.ax_.collections if type(c).__name__.endswith("ContourSet")], "there is no border"


def test_other_features_are_held() -> None:
    """The plane is that of two features; the others have their means, or what is given."""
    net = net_of(1, inputs=4)
    net.set_weights([[[0.5], [1.0], [-1.0], [2.0]], [0.0]])
    x = np.random.default_rng(1).normal(size=(20, 4)) + 1
    names = ["a", "b_c", "d", "e"]
    display = plots.DecisionRegionDisplay.from_network(net, x, features=(3, 1), names=names, resolution=6)
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("e", "b c")
    assert "2 inputs held at their means" in display.ax_.get_title()
    mean = x.mean(axis=0)
    at = 0.5 * mean[0] + display.regions.x2[:, None] - mean[2] + 2 * display.regions.x1[None]
    np.testing.assert_allclose(display.regions.values, 1 / (1 + np.exp(-at)), rtol=1e-12)
    held = plots.DecisionRegionDisplay.from_network(net, x, held=[0, 0, 3, 4], resolution=6)
    at = held.regions.x2[:, None] - 3 + 8 + 0.5 * held.regions.x1[None]
    np.testing.assert_allclose(held.regions.values, 1 / (1 + np.exp(-at)), rtol=1e-12)


class Answers:
    """A classifier that says class numbers."""

    def predict(self, x: Any) -> np.ndarray:
        return (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)


def test_regions_of_class_numbers() -> None:
    display = plots.DecisionRegionDisplay.from_network(Answers(), X - 0.5, [0, 1, 1, 2], resolution=10)
    assert display.regions.values.shape == (10, 10, 3) and display.regions.values.sum() == 100


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"x": None}, "x, limits: give rows"),
        ({"features": (0, 2)}, "features: 2 is not possible; expected an integer from 0 to 1"),
        ({"features": (1, 1)}, "the same column"),
        ({"features": 1}, "features: 1 is not possible; expected two columns"),
        ({"held": [1.0]}, "held: .*expected 2 finite numbers"),
        ({"limits": ((1, 0), (0, 1))}, r"limits\[0\]: \(1, 0\) is not possible; expected \(from, to\)"),
        ({"limits": 3}, "limits: 3 is not possible"),
        ({"resolution": 1}, "resolution: 1 is not possible"),
        ({"margin": -1}, "margin: -1 is not possible"),
        ({"names": ["a"]}, "names: 1 names; expected 2"),
        ({"x": np.zeros((4, 3))}, "x: 3 features; expected 2"),
        ({"x": [[0, np.nan]] * 4}, "x: only finite numbers"),
        ({"x": [1, 2, 3, 4]}, r"x: shape \(4,\); expected rows of features"),
        ({"y": [0, 1, 2, 0]}, "y: class 2, but there are 2 classes"),
    ],
)
def test_regions_refuse(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plots.DecisionRegionDisplay.from_network(line_net(), **{"x": X, "y": XOR, "resolution": 5} | options)


# ---- hidden space -----------------------------------------------------------------------------


def test_hidden_space() -> None:
    """Points, mesh and regions are those of the layer; the border there is a straight line."""
    net = xor_net()
    display = plots.HiddenSpaceDisplay.from_network(net, X, XOR, resolution=40)
    inputs, hidden = display.axes_
    assert display.layer == 0 and (inputs.get_title(), hidden.get_title()) == ("Input space", "Hidden space: layer 1")
    expected = 1 / (1 + np.exp(-(X @ np.array([[20.0, -20.0], [20.0, -20.0]]) + [-10.0, 30.0])))
    found = np.concatenate([c.get_offsets().data for c in hidden.collections if c.get_label().startswith("class")])
    np.testing.assert_allclose(found, expected[[0, 3, 1, 2]], rtol=1e-12)
    assert len(hidden.get_lines()) == len(inputs.get_lines()) == 30
    ends = hidden.get_lines()[0].get_xydata()[0]
    corner = np.array([[-0.1, -0.1]])
    np.testing.assert_allclose(ends, answers.inside(net, corner)[0][1][0], rtol=1e-9)
    border = contour_points(hidden)
    assert np.abs(20 * border.sum(axis=1) - 30).max() < 1
    plane = display.spaces[1].regions
    assert plane is not None
    a1, a2 = np.meshgrid(plane.x1, plane.x2)
    np.testing.assert_allclose(plane.values, 1 / (1 + np.exp(-(20 * a1 + 20 * a2 - 30))), rtol=1e-12)


def test_hidden_space_before_the_activation() -> None:
    net = xor_net()
    display = plots.HiddenSpaceDisplay.from_network(net, X, XOR, what="z", resolution=10, inputs=False)
    (space,) = display.spaces
    np.testing.assert_array_equal(space.points, X @ net.weights[0] + net.weights[1])
    assert display.ax_.get_xlabel() == "$z_{1}$" and space.mesh == () and space.regions is not None
    z1, z2 = np.meshgrid(space.regions.x1, space.regions.x2)
    after = 20 / (1 + np.exp(-z1)) + 20 / (1 + np.exp(-z2)) - 30
    np.testing.assert_allclose(space.regions.values, 1 / (1 + np.exp(-after)), rtol=1e-12)


def test_which_layer() -> None:
    def shown(net: Network, **options: Any) -> Any:
        return plots.HiddenSpaceDisplay.from_network(net, np.eye(5, net.inputs), resolution=5, **options)

    assert shown(net_of(2, 2, 3, 1)).layer == 1
    assert shown(net_of(2, 3, 2, last="softmax")).layer == 0, "a hidden one before the output"
    output = shown(net_of(4, 2, last="softmax"), what="z")
    assert output.layer == 1 and output.axes_[1].get_title() == "Output space"
    wide = shown(net_of(4, 1, inputs=3), layer=0, units=(1, 3))
    assert len(wide.axes_) == 1 and wide.spaces[0].regions is None and wide.ax_.get_ylabel() == "$a_{4}$"
    with pytest.raises(ValueError, match=r"layer: none of the layers \(4, 1 units\) has two"):
        shown(net_of(4, 1))
    with pytest.raises(ValueError, match="layer: number 1 has one unit"):
        shown(net_of(4, 1), layer=1)
    with pytest.raises(ValueError, match="units: 4 is not possible; expected an integer from 0 to 3"):
        shown(net_of(4, 1), layer=0, units=(0, 4))
    with pytest.raises(ValueError, match="inputs: there are 3"):
        shown(net_of(2, 1, inputs=3), inputs=True)
    with pytest.raises(ValueError, match="what: 'b' is unknown"):
        shown(net_of(2, 1), what="b")


# ---- curves -----------------------------------------------------------------------------------


def test_learning_curves() -> None:
    display = plots.LearningCurveDisplay.from_history(LOG)
    loss, accuracy = display.axes_
    data = {line.get_label(): list(line.get_ydata()) for line in loss.get_lines()}
    assert data["training"] == LOG["loss"] and data["validation"] == LOG["val_loss"]
    assert loss.get_lines()[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert display.best == 3 and "0.5 at epoch 3" in loss.get_title("right")
    assert accuracy.get_title("right") == "0.8 at epoch 3"
    words = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert words == ["training", "validation", "best validation loss: epoch 3"]


def test_best_epoch() -> None:
    epochs = np.arange(1.0, 5)
    table = {"val_accuracy": np.array([0.1, 0.9, 0.9, np.nan]), "mae": np.array([np.nan, 3, 1, 1])}
    assert curves.best_epoch(epochs, table, "val_accuracy") == 2 and curves.best_epoch(epochs, table, "mae") == 3
    assert plots.LearningCurveDisplay.from_history({"loss": [3, 1, 2]}).best is None
    assert plots.LearningCurveDisplay.from_history({"loss": [3, 1, 2]}, best=True).best == 2
    assert plots.LearningCurveDisplay.from_history(LOG, best="accuracy").best == 4
    assert plots.LearningCurveDisplay.from_history(LOG, best=False).best is None
    with pytest.raises(ValueError, match="best: 'f1' is not in the history; there are loss, val_loss, accuracy"):
        plots.LearningCurveDisplay.from_history(LOG, best="f1")


def test_log_scale_is_for_losses() -> None:
    display = plots.LearningCurveDisplay.from_history(LOG, log=True)
    assert [axes.get_yscale() for axes in display.axes_] == ["log", "linear"]
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert "0.5" in ticks and not any("^" in tick for tick in ticks), "no powers"


def test_history_of_a_fit_goes_on_counting() -> None:
    net = net_of(2, 1)
    net.compile(optimizer=Adam(), metrics=["accuracy", "mae"])
    net.fit(X, XOR, epochs=2, verbose=0)
    display = net.fit(X, XOR, epochs=3, verbose=0).plot(metrics=["mae"], title="more")
    assert display.epoch.tolist() == [3, 4, 5] and display.metrics == ("mae",)
    assert display.figure_.get_suptitle() == "more"
    assert plots.LearningCurveDisplay.from_history({"loss": [1.0]}).ax_.get_lines()[0].get_marker() == "o"


@pytest.mark.parametrize(
    ("history", "options", "words"),
    [
        (3, {}, "history: 3 is a int; expected a History or a dict"),
        (pynn.History(), {}, "history: there is no epoch in it"),
        ({"loss": [1, 2], "mae": [1]}, {}, "history: lists of 1, 2 epochs"),
        (LOG, {"metrics": "f1"}, "metrics: 'f1' is not in the history"),
        (LOG, {"metrics": []}, "metrics: none are named"),
        (LOG, {"log": 1}, "log: 1 is a int"),
    ],
)
def test_learning_curves_refuse(history: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        plots.LearningCurveDisplay.from_history(history, **options)


def test_learning_rates() -> None:
    short = {"loss": [5.0, 900.0]}
    display = plots.LearningRateDisplay.from_history({0.001: LOG, 0.5: short})
    lines = {line.get_label(): line for line in display.ax_.get_lines()}
    assert lines["0.001"].get_ydata().tolist() == LOG["loss"] and lines["0.5"].get_ydata().tolist() == [5, 900]
    crosses = [line for line in display.ax_.get_lines() if line.get_marker() == "X"]
    assert [line.get_xydata().tolist() for line in crosses] == [[[2, 900]]], "where a run ended early"
    assert display.ax_.get_yscale() == "log"
    words = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert words == ["0.001", "0.5", "ended early"]
    same = plots.LearningRateDisplay.from_history([LOG, short], rates=[0.001, 0.5], metric="loss", log=False)
    assert list(same.runs) == ["0.001", "0.5"] and same.ax_.get_yscale() == "linear"
    with pytest.raises(ValueError, match=r"metric: 'accuracy' is not in histories\[0.5\]"):
        plots.LearningRateDisplay.from_history({0.5: short}, metric="accuracy")
    with pytest.raises(TypeError, match="expected a dict label -> History, or a list of them and rates="):
        plots.LearningRateDisplay.from_history([LOG])
    with pytest.raises(ValueError, match="histories: none are given"):
        plots.LearningRateDisplay.from_history({})


# ---- descent on a function --------------------------------------------------------------------


def test_descent() -> None:
    """On t^2 every step multiplies by 1 - 2 rate."""
    display = plots.DescentDisplay.from_function(
        lambda t: t * t, derivative=lambda t: 2 * t, rates=[0.25, 0.75, 1.5], start=2, steps=4
    )
    for rate, path in display.paths.items():
        np.testing.assert_array_equal(path, 2 * (1 - 2 * rate) ** np.arange(5))
    path = display.axes_[1].get_lines()[1]
    assert path.get_xydata().tolist() == [[2, 4], [-1, 1], [0.5, 0.25], [-0.25, 0.0625], [0.125, 0.015625]]
    titles = [axes.get_title() for axes in display.axes_]
    assert titles == [
        "rate 0.25\nafter 4 steps: 0.125",
        "rate 0.75\nafter 4 steps: 0.125",
        "rate 1.5\nleaves in step 1",
    ]


def test_descent_finds_the_minimum_of_the_lecture() -> None:
    """x (5 - 2x)^2 has its minimum at 5/2; the rule stops where a step no longer makes it smaller."""

    def f(t: float) -> float:
        return t * (5 - 2 * t) ** 2

    path = descent.descend(f, descent.slope(f), 1.2, 0.05, 1000, while_falling=True)
    # f falls quadratically in the distance d to 5/2: f = 10 d^2 there, so that 1e-16 of it is lost below d = 1e-8;
    # central differences with h = 2.5 / 2^17 move the root by h^2 f''' / (6 f'') = 6e-11.
    assert len(path) < 1000 and path[-1] == pytest.approx(2.5, abs=1e-7)
    assert np.all(np.diff([f(t) for t in path]) < 0)
    for at in (0.3, 5 / 6, 2.0, 2.5):  # h^2 f''' / 6 = 4 h^2, and rounding u f / h
        assert descent.slope(f)(at) == pytest.approx(12 * at**2 - 40 * at + 25, abs=1e-8)


def test_descent_ends_before_overflow_and_refuses() -> None:
    path = descent.descend(lambda t: t**2, lambda t: 2 * t, 1.0, 1e30, 100)
    assert np.isfinite(path).all() and len(path) < 6
    with pytest.raises(TypeError, match="function: 3 is a int; expected a function of one number"):
        plots.DescentDisplay.from_function(3, rates=[1], start=0)
    with pytest.raises(ValueError, match="rates: none are given"):
        plots.DescentDisplay.from_function(abs, rates=[], start=0)
    assert list(plots.DescentDisplay.from_function(abs, rates=0.1, start=1).paths) == [0.1]


# ---- functions --------------------------------------------------------------------------------


def test_all_activations_are_drawn() -> None:
    display = plots.ActivationDisplay.from_activation()
    assert [axes.get_title() for axes in display.axes_] == [name for name in ACTIVATIONS if name != "softmax"]
    for each, axes in zip(display.activations, display.axes_, strict=True):
        line = axes.get_lines()[0]
        z, values = line.get_data()
        there = ~np.isnan(values) & np.isin(z, np.linspace(-5, 5, 801))
        row = ACTIVATIONS[each.name]
        np.testing.assert_array_equal(values[there], row.forward(z[there][:, None], each.alpha)[:, 0])
        assert there.sum() > 790


SELU = 1.0507009873554805, 1.6732632423543772
JUMPS = {  # place, value there, limit from below, limit from above
    "step": ([(0, 1, 0, 1)], []),
    "sign": ([(0, 1, -1, 1)], []),
    "relu": ([], [(0, 0, 0, 1)]),
    "leaky_relu": ([], [(0, 0.2, 0.2, 1)]),
    "hard_sigmoid": ([], [(-3, 0, 0, 1 / 6), (3, 0, 1 / 6, 0)]),
    "elu": ([], []),
    "tanh": ([], []),
    "gelu": ([], []),
    "selu": ([], [(0, SELU[0] * SELU[1], SELU[0] * SELU[1], SELU[0])]),
}  # fmt: skip


@pytest.mark.parametrize("name", JUMPS)
def test_jumps_are_gaps(name: str) -> None:
    """The line is broken where the function jumps, and a full dot says what counts there."""
    display = plots.ActivationDisplay.from_activation(name)
    for curve, expected in zip((display.curves[0], display.derivatives[0]), JUMPS[name], strict=True):
        assert len(curve.jumps) == len(expected)
        for found, wanted in zip(sorted(curve.jumps), expected, strict=True):  # limits: 1e-10 beside the jump
            assert found == pytest.approx(wanted, abs=1e-9)
            assert np.isnan(curve.values[curve.z == found[0]]).all()
        assert np.isnan(curve.values).sum() == len(expected) and np.all(np.diff(curve.z) > 0)


def test_a_value_between_the_limits_has_its_own_dot() -> None:
    curve = functions.sample(lambda z: np.heaviside(z, 0.5), -1, 1)
    assert curve.jumps == ((0.0, 0.5, 0.0, 1.0),)
    steep = functions.sample(lambda z: np.tanh(1e4 * z), -1, 1)
    assert steep.jumps == (), "steep is not a jump"


def test_activations_refuse_and_name_parameters() -> None:
    display = plots.ActivationDisplay.from_activation([hard_sigmoid(0.5), "relu"], z=(-2, 3), derivative=False)
    assert display.ax_.get_title() == "hard_sigmoid(slope=0.5)" and display.ax_.get_xlim() == (-2, 3)
    assert len(display.figure_.legends[0].get_texts()) == 1
    with pytest.raises(ValueError, match="given: softmax is not a function of one number; SoftmaxDisplay draws it"):
        plots.ActivationDisplay.from_activation("softmax")
    with pytest.raises(ValueError, match="given: 'rellu' is unknown"):
        plots.ActivationDisplay.from_activation("rellu")
    with pytest.raises(ValueError, match=r"z: \(1, 1\) is not possible"):
        plots.ActivationDisplay.from_activation("relu", z=(1, 1))


def test_losses() -> None:
    """By hand, at some outputs, for each loss."""
    y = np.array([0.1, 0.5, 0.9])
    by_hand = {
        "mse": (y - 1) ** 2, "half_mse": (y - 1) ** 2 / 2, "mae": 1 - y, "perceptron": 1 - y,
        "binary_crossentropy": -np.log(y), "categorical_crossentropy": -np.log(y), "poisson": y - np.log(y + 1e-7),
    }  # fmt: skip
    for name, expected in by_hand.items():
        np.testing.assert_allclose(functions.loss_values(functions.loss_of("", name), y, 1.0), expected, rtol=1e-14)
    zero = functions.loss_values(functions.loss_of("", "binary_crossentropy"), y, 0.0)
    np.testing.assert_allclose(zero, -np.log(1 - y), rtol=1e-14)
    np.testing.assert_allclose(functions.loss_values(Huber(0.2), np.array([0.0, 0.9]), 1.0), [0.2 * 0.9, 0.005])
    smooth = functions.loss_values(pynn.losses.CategoricalCrossentropy(label_smoothing=0.2), y, 1.0)
    np.testing.assert_allclose(smooth, -0.9 * np.log(y) - 0.1 * np.log(1 - y), rtol=1e-14)


def test_loss_panels() -> None:
    display = plots.LossDisplay.from_loss(["binary_crossentropy", "mse"])
    assert [axes.get_title() for axes in display.axes_] == ["target 0", "target 1"]
    assert display.ax_.get_ylim()[1] == 5 and display.ax_.get_xlim() == (0, 1)
    line = display.axes_[1].get_lines()[0]
    assert line.get_ydata()[400] == pytest.approx(np.log(2), rel=1e-15) and line.get_xdata()[400] == 0.5
    real = plots.LossDisplay.from_loss(Huber(2.0), target=1.5)
    assert real.ax_.get_xlim() == (-0.5, 3.5) and real.targets == (1.5,)
    with pytest.raises(ValueError, match="target: 2 is not possible; cross-entropies take targets from 0 to 1"):
        plots.LossDisplay.from_loss("binary_crossentropy", target=2)
    with pytest.raises(ValueError, match="given: 'msee' is unknown"):
        plots.LossDisplay.from_loss("msee")


def test_softmax_tables_of_the_lecture() -> None:
    display = plots.SoftmaxDisplay.from_data((-1, 0, 1, 2, 4))
    written = [[text.get_text() for text in axes.texts] for axes in display.axes_]
    assert written[1] == ["0.37", "1.00", "2.72", "7.39", "54.60"]
    assert written[2] == ["0.01", "0.02", "0.04", "0.11", "0.83"]
    assert display.axes_[1].get_title() == "$e^z$, sum 66.07"
    assert [bar.get_width() for bar in display.axes_[2].patches] == display.shares.tolist()
    saturated = plots.SoftmaxDisplay.from_data((-1, 0, 1, 2, 8))
    assert [text.get_text() for text in saturated.axes_[2].texts] == ["0.00"] * 4 + ["1.00"]
    assert "2992.43" in saturated.axes_[1].get_title()
    huge = plots.SoftmaxDisplay.from_data((0, 1000))
    assert huge.shares.tolist() == [0, 1] and huge._repr_png_() is not None


def test_softmax_of_a_network() -> None:
    net = net_of(3, 3, last="softmax")
    display = plots.SoftmaxDisplay.from_network(net, X[1], names=["a", "b", "c"])
    np.testing.assert_allclose(display.shares, net.predict(X[1:2])[0], rtol=1e-13)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="net: its last activation is sigmoid; expected softmax"):
        plots.SoftmaxDisplay.from_network(line_net(), X[0])
    with pytest.raises(ValueError, match="z: shape"):
        plots.SoftmaxDisplay.from_data([])
    with pytest.raises(TypeError, match="z: 'ab' is not possible; expected numbers"):
        plots.SoftmaxDisplay.from_data("ab")


# ---- how good answers are ---------------------------------------------------------------------


def test_confusion_matrix() -> None:
    true, said = [0, 0, 0, 1, 2, 2], [0, 0, 1, 1, 2, 0]
    display = plots.ConfusionMatrixDisplay.from_predictions(true, said, classes=["a", "b", "c"])
    assert display.matrix.tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == ["2\n67%", "1\n33%", "0", "0", "1\n100%", "0", "1\n50%", "0", "1\n50%"]
    assert display.ax_.get_title() == "4 of 6 right (66.7%)" and display.ax_.get_ylabel() == "true class"
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["a", "b", "c"]
    np.testing.assert_allclose(display.shares("pred")[:, 0], [2 / 3, 0, 1 / 3])
    np.testing.assert_allclose(display.shares("all").sum(), 1)
    assert [t.get_text() for t in display.plot(shares=None).ax_.texts][:2] == ["2", "1"]
    with pytest.raises(ValueError, match="shares: 'rows' is unknown; known are true, pred, all"):
        display.plot(shares="rows")
    by_name = plots.ConfusionMatrixDisplay.from_predictions(["x", "y"], ["y", "y"])
    assert by_name.names == ("x", "y") and by_name.matrix.tolist() == [[0, 1], [0, 1]]


def test_confusion_of_a_network() -> None:
    net = line_net()
    said = (net.predict(X)[:, 0] > 0.5).astype(int)
    display = plots.ConfusionMatrixDisplay.from_network(net, X, XOR)
    np.testing.assert_array_equal(display.matrix, metrics.confusion_matrix(XOR, said))
    signs = net_of(1, last="tanh")  # answers of tanh(-0.2) and tanh(0.2): 0 is between the classes
    signs.set_weights([[[0.4], [0.0]], [-0.2]])
    display = plots.ConfusionMatrixDisplay.from_network(signs, X, [-1, -1, 1, 1])
    assert display.matrix.tolist() == [[2, 0], [0, 2]] and display.names == ("-1", "1")


def test_roc_curves() -> None:
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 2, 50), rng.normal(size=50).round(1)
    display = plots.RocCurveDisplay.from_predictions(true, scores)
    area = metrics.roc_auc(true, scores)
    line, chance = display.ax_.get_lines()
    assert line.get_label() == f"AUC {area:.3f}" and chance.get_xydata().tolist() == [[0, 0], [1, 1]]
    fpr, tpr, _ = metrics.roc_curve(true, scores)
    assert line.get_xdata().tolist() == fpr.tolist() and line.get_ydata().tolist() == tpr.tolist()
    both = plots.RocCurveDisplay.from_predictions(true, np.column_stack([-scores, scores]))
    assert list(both.areas.values()) == pytest.approx([area])
    several = plots.RocCurveDisplay.from_predictions(true, {"a": scores, "b": -scores})
    assert several.areas["a"] == pytest.approx(area) and several.areas["b"] == pytest.approx(1 - area)


def test_roc_of_several_classes() -> None:
    x, y = datasets.make_blobs(60, centers=3, seed=1)
    net = Network([Normalization(), Dense(3, "softmax")], engine="reference", seed=0)
    net.fit(x, y, epochs=2, verbose=0)
    display = plots.RocCurveDisplay.from_network(net, x, y, classes=["a", "b", "c"])
    outputs = net.predict(x)
    for k, name in enumerate("abc"):
        assert display.areas[name] == pytest.approx(metrics.roc_auc(y == k, outputs[:, k]))
    with pytest.raises(ValueError, match="y_true: no rows are of class 2; a curve needs both kinds"):
        plots.RocCurveDisplay.from_predictions(np.minimum(y, 1), outputs)
    with pytest.raises(ValueError, match="y_true: 3 classes, but one column of scores"):
        plots.RocCurveDisplay.from_predictions(y, outputs[:, 0])
    with pytest.raises(ValueError, match="net: it answers with classes"):
        plots.RocCurveDisplay.from_network(Answers(), x, y)
    with pytest.raises(ValueError, match="scores: shape"):
        plots.RocCurveDisplay.from_predictions(y, np.full((60, 3), np.nan))


# ---- images -----------------------------------------------------------------------------------


def test_digits_with_bars() -> None:
    net = digit_net()
    said = net.predict(IMAGES)
    true = said.argmax(axis=1)
    true[1] = (true[1] + 1) % 3
    display = plots.DigitsDisplay.from_network(net, IMAGES[:4], true[:4])
    for i in range(4):
        picture, bars = display.axes_[2 * i : 2 * i + 2]
        assert np.array_equal(picture.images[0].get_array(), IMAGES[i])
        assert [bar.get_height() for bar in bars.patches] == pytest.approx(said[i].tolist())
        fill = to_rgb(bars.patches[int(said[i].argmax())].get_facecolor())
        assert fill == to_rgb(colours.WRONG if i == 1 else colours.RIGHT)
    assert np.array_equal(plots.DigitsDisplay.from_data(IMAGES.reshape(12, 25)).images, IMAGES)
    assert plots.DigitsDisplay.from_data(IMAGES[:1], ["seven"]).ax_.get_title() == "seven"
    with pytest.raises(ValueError, match=r"images: uint8 of shape \(12, 24\); expected pictures"):
        plots.DigitsDisplay.from_data(IMAGES.reshape(12, 25)[:, 1:])
    with pytest.raises(ValueError, match="images: 240 are too many"):
        plots.DigitsDisplay.from_data(np.tile(IMAGES, (20, 1, 1)))


def test_misclassified() -> None:
    net = digit_net()
    said = net.predict(IMAGES)
    true = said.argmax(axis=1)
    wrong = [2, 5, 7]
    true[wrong] = (true[wrong] + 1) % 3
    display = plots.MisclassifiedDisplay.from_network(net, IMAGES, true, count=2)
    surest = sorted(wrong, key=lambda i: -said[i].max())[:2]
    assert np.array_equal(display.images, IMAGES[surest]) and (display.wrong, display.total) == (3, 12)
    assert display.figure_.get_suptitle() == "3 of 12 wrong; the 2 surest"
    i = surest[0]
    words = f"{true[i]}, taken for {said[i].argmax()}\n({said[i].max():.0%})"
    assert display.ax_.get_title() == words
    none = plots.MisclassifiedDisplay.from_predictions(IMAGES[:2], [0, 1], [0, 1])
    assert [text.get_text() for text in none.ax_.texts] == ["all 2 are right"]
    with pytest.raises(ValueError, match="y_pred: shape"):
        plots.MisclassifiedDisplay.from_predictions(IMAGES, [0] * 12, [0, 1])


# ---- scatter matrix ---------------------------------------------------------------------------


def test_scatter_matrix_of_iris() -> None:
    x, y = datasets.iris()
    display = plots.ScatterMatrixDisplay.from_data(
        x, y, names=datasets.IRIS_FEATURES, classes=datasets.IRIS_SPECIES, bins=10
    )
    grid = np.array(display.axes_, dtype=object).reshape(4, 4)
    assert [axes.get_ylabel() for axes in grid[:, 0]] == ["sepal length", "sepal width", "petal length", "petal width"]
    assert [axes.get_xlabel() for axes in grid[3]] == ["sepal length", "sepal width", "petal length", "petal width"]
    for i, j in itertools.product(range(4), repeat=2):
        if i == j:
            assert len(grid[i, i].patches) == 3 and not grid[i, i].collections
        else:
            for k, cloud in enumerate(grid[i, j].collections):
                assert np.array_equal(cloud.get_offsets().data, x[y == k][:, [j, i]])
    heights = np.histogram(x[y == 0, 2], bins=np.histogram_bin_edges(x[:, 2], 10))[0]
    assert max(grid[2, 2].patches[0].get_xy()[:, 1]) == heights.max()
    legend = display.figure_.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == list(datasets.IRIS_SPECIES)
    with pytest.raises(ValueError, match="x: 13 features; expected at most 12"):
        plots.ScatterMatrixDisplay.from_data(np.zeros((3, 13)))
    assert len(plots.ScatterMatrixDisplay.from_data(x[:, :1]).axes_) == 1
