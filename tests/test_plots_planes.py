"""Pictures of planes: decision regions and the hidden space, point by point against the network's own answers.

Read test_plots.py for what every picture keeps to.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import XOR, Answers, X, contour_points, line_net, net_of, xor_net
from matplotlib.colors import to_rgb

from pynn import Dense, Dropout, Network, Normalization, Rescaling, plots
from pynn.activations import hard_sigmoid
from pynn.plots import answers, colours, insides

# ---- what is asked of data and networks --------------------------------------------------------


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
    for rows, found in (([[1, 1, 0], [0, 1, 0]], 2), ([[0, 1, 0], [0, 0, 0]], 0)):
        row = 0 if found else 1
        with pytest.raises(ValueError, match=f"y: row {row} has {found} labels; expected one-hot rows, one label each"):
            answers.labels(rows, 2)
    for odd in (np.array([2**63, 0], np.uint64), [1e300, 0], [np.inf, 0]):
        with pytest.raises(ValueError, match=r"y: \S+ at row 0 is too large for a class number; np.unique"):
            answers.labels(odd, 2)
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
    passed, traced = insides.inside(net, x), net.trace(x, [0] * 7).layers
    for (z, a), layer in zip(passed, traced, strict=True):  # sums of at most 4 terms below 4: some 10 roundings
        np.testing.assert_allclose(z, layer.z, rtol=0, atol=40 * 2.0**-53)
        np.testing.assert_allclose(a, layer.a, rtol=0, atol=40 * 2.0**-53)
    for layer, what in itertools.product(range(3), "za"):
        after = insides.onward(net, passed[layer][what == "a"], layer, what)
        np.testing.assert_allclose(after, net.predict(x), rtol=0, atol=80 * 2.0**-53)


def test_a_network_is_needed() -> None:
    with pytest.raises(TypeError, match="net: 3 is a int; expected something with a predict method"):
        plots.DecisionRegionDisplay.from_network(3, X)
    with pytest.raises(TypeError, match="net: .* expected a Network"):
        plots.HiddenSpaceDisplay.from_network(object(), X)


# ---- regions -----------------------------------------------------------------------------------


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


def test_regions_of_class_numbers() -> None:
    display = plots.DecisionRegionDisplay.from_network(Answers(), X - 0.5, [0, 1, 1, 2], resolution=10)
    assert display.regions.values.shape == (10, 10, 3) and display.regions.values.sum() == 100


class Far(Answers):
    """The same with classes that are no places."""

    def predict(self, x: Any) -> np.ndarray:
        return np.array([-1, 7, 10**9])[super().predict(x)]


def test_regions_of_classes_that_are_no_places() -> None:
    near, far = (
        plots.DecisionRegionDisplay.from_network(net, X - 0.5, y, resolution=10)
        for net, y in ((Answers(), [0, 1, 1, 2]), (Far(), [-1, 7, 7, 10**9]))
    )
    np.testing.assert_array_equal(far.regions.values, near.regions.values)
    assert far.classes == ("-1", "7", "1000000000")


class Two:
    """A classifier of two classes: which side of x1 = 0."""

    def __init__(self, *classes: Any) -> None:
        self.classes = np.array(classes)

    def predict(self, x: Any) -> np.ndarray:
        return self.classes[(x[:, 0] > 0).astype(int)]


@pytest.mark.parametrize(
    ("net", "y", "words"),
    [
        (net_of(1, last="sigmoid"), XOR, "probability of class 1"),
        (net_of(2, last="softmax"), XOR, "probability of class 1"),
        (net_of(1, last="linear"), XOR, "linear output"),
        (net_of(1, last="tanh"), 2 * XOR - 1, "tanh output"),
        (net_of(1, last="hard_sigmoid"), XOR, "hard sigmoid output"),
        (net_of(1, last="relu"), XOR, "relu output"),
        (Two(-1, 1), 2 * XOR - 1, "answer: class 1"),
        (Two("cat", "dog"), None, "answer: dog"),
        (Two(0.1, 0.9), XOR, "output"),
    ],
)
def test_a_shade_says_what_the_output_is(net: Any, y: Any, words: str) -> None:
    display = plots.DecisionRegionDisplay.from_network(net, X - 0.5, y, resolution=4)
    assert display.figure_.axes[1].get_ylabel() == words


def test_a_plane_of_answers_has_its_border_in_the_middle() -> None:
    """Answers -1 and 1 are one-hot rows before they are drawn: 0 and 1, however the classes are called."""
    display = plots.DecisionRegionDisplay.from_network(Two(-1, 1), X - 0.5, 2 * XOR - 1, resolution=4)
    assert display.regions.scale == (0, 1) and display.regions.values.tolist() == [[0, 0, 1, 1]] * 4


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


# ---- hidden space ------------------------------------------------------------------------------


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
    np.testing.assert_allclose(ends, insides.inside(net, corner)[0][1][0], rtol=1e-9)
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
