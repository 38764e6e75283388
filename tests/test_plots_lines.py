"""Pictures along one input: decisions as a curve, fits after several epochs.

Read test_plots.py for what every picture keeps to, test_plots_planes.py for two inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import XOR, Answers, X, curve_net, net_of
from matplotlib.colors import to_rgb

from pynn import plots
from pynn.plots import colours
from pynn.plots.profiles import Profile

ONE = np.array([-2.0, -1.0, 1.0, 2.0])
HALF = np.array([0, 0, 1, 1])


def sigmoid_net() -> Any:
    """sigmoid(2 x - 1): the threshold is at x = 1/2."""
    net = net_of(1, inputs=1)
    net.set_weights([[[2.0]], [-1.0]])
    return net


# ---- decisions ---------------------------------------------------------------------------------


def test_one_input_is_a_curve() -> None:
    display = plots.DecisionRegionDisplay.from_network(sigmoid_net(), ONE, HALF, names=["of_it"], resolution=101)
    curve, threshold, border = display.ax_.get_lines()
    np.testing.assert_allclose(curve.get_ydata(), 1 / (1 + np.exp(1 - 2 * curve.get_xdata())), rtol=1e-13)
    assert curve.get_xdata()[[0, -1]] == pytest.approx([-2.4, 2.4]) and display.ax_.get_xlim() == pytest.approx(
        (-2.4, 2.4)
    )
    assert set(threshold.get_ydata()) == {0.5}
    # Linear interpolation over a step of h = 0.048: an error below h^2 / 8 * max |f''| / f' there = 2e-4.
    assert border.get_xdata()[0] == pytest.approx(0.5, abs=1e-3)
    clouds = [each.get_offsets().data.tolist() for each in display.ax_.collections]
    assert clouds == [[[-2, 0], [-1, 0]], [[1, 1], [2, 1]]]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("of it", "probability of class 1")
    words = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert words == ["class 0", "class 1", "output", "threshold 0.5"]
    bands = [to_rgb(patch.get_facecolor()) for patch in display.ax_.patches]
    assert bands == [tuple(colours.tint(colours.colour(k), 0.16)) for k in (0, 1)]
    assert len(plots.DecisionRegionDisplay.from_network(sigmoid_net(), ONE, points=False).ax_.collections) == 0


def test_signs_over_one_input() -> None:
    net = net_of(1, last="tanh", inputs=1)
    net.set_weights([[[2.0]], [-1.0]])
    display = plots.DecisionRegionDisplay.from_network(net, ONE, 2 * HALF - 1)
    assert display.regions.middle == 0 and display.regions.borders == pytest.approx([0.5], abs=1e-3)
    assert display.ax_.collections[0].get_offsets().data.tolist() == [[-2, -1], [-1, -1]]


def test_several_outputs_over_one_of_many_inputs() -> None:
    """A curve for each class, the others held; the rows lie below the curves."""
    net = net_of(3, 3, last="softmax", inputs=2)
    display = plots.DecisionRegionDisplay.from_network(
        net, X, [0, 1, 2, 2], features=(1,), held=[0.5, 9], resolution=40
    )
    x2 = np.linspace(-0.1, 1.1, 40)
    expected = net.predict(np.column_stack([np.full(40, 0.5), x2]))
    np.testing.assert_allclose(display.regions.values, expected, rtol=1e-12)
    assert (
        display.ax_.get_title().endswith("the other input held at a given value")
        and display.ax_.get_xlabel() == "$x_{2}$"
    )
    assert all(each.get_offsets().data[:, 1].max() < 0 for each in display.ax_.collections)


def test_borders_of_profiles() -> None:
    two = Profile.of(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), ((0.0, 2.0),), (0, 1))
    assert two.values.tolist() == [0.1, 0.4, 0.8] and two.borders.tolist() == [1.25]
    three = Profile.of(np.array([[3.0, 1, 2], [1, 3, 2], [1, 2, 3]]), ((0.0, 2.0),), (0, 1))
    assert three.winner.tolist() == [0, 1, 2] and three.borders.tolist() == [0.5, 1.5]
    flat = Profile.of(np.zeros((3, 1)), ((0.0, 2.0),), (0, 1))
    assert flat.borders.size == 0 and flat.winner.tolist() == [0, 0, 0]


def test_one_class_and_one_row() -> None:
    display = plots.DecisionRegionDisplay.from_network(sigmoid_net(), [[1.0]], [1])
    assert display.ax_.get_xlim() == (0.9, 1.1) or display.ax_.get_xlim()[0] < 1
    display._repr_png_()
    one = plots.DecisionRegionDisplay.from_network(sigmoid_net(), ONE + 5, [1, 1, 1, 1])
    assert one.regions.borders.size == 0 and len(one.ax_.patches) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"x": None}, "x, limits: give rows"),
        ({"x": [[np.nan]] * 4}, "x: only finite numbers can be drawn"),
        ({"features": (1,)}, "features: 1 is not possible; expected an integer from 0 to 0"),
        ({"features": (0, 1, 2)}, r"features: \(0, 1, 2\) is not possible; expected two columns of x, or one"),
        ({"limits": (2, 1)}, r"limits: \(2, 1\) is not possible; expected \(from, to\)"),
        ({"y": [0.5, 1, 0, 1]}, "y: real numbers such as 0.5; expected classes"),
    ],
)
def test_one_input_refuses(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plots.DecisionRegionDisplay.from_network(sigmoid_net(), **{"x": ONE, "y": HALF} | options)


# ---- fits --------------------------------------------------------------------------------------


def test_a_fit_is_the_network() -> None:
    net = curve_net("linear")
    display = plots.CurveFitDisplay.from_network(net, ONE, HALF, resolution=30)
    (curve,) = display.ax_.get_lines()
    np.testing.assert_array_equal(curve.get_ydata(), net.predict(curve.get_xdata()[:, None])[:, 0])
    assert display.ax_.collections[0].get_offsets().data.tolist() == np.column_stack([ONE, HALF]).tolist()
    alone = plots.CurveFitDisplay.from_network(net, limits=(0, 1), resolution=5)
    assert alone.x1.tolist() == [0, 0.25, 0.5, 0.75, 1] and not alone.ax_.collections
    several = plots.CurveFitDisplay.from_network(
        net_of(3, 2, last="linear", inputs=1), ONE, np.column_stack([ONE, HALF])
    )
    words = [text.get_text() for text in several.figure_.legends[0].get_texts()]
    assert words == ["rows", "output 1", "output 2"]


def test_a_fit_over_the_epochs() -> None:
    """The first curve is that of the first weights, the last one that of the network."""
    net, film = curve_net("linear"), plots.Snapshots(every=2)
    before = net.predict(np.linspace(-2, 2, 9)[:, None])
    net.fit(ONE, HALF, epochs=7, verbose=0, callbacks=[film])
    display = plots.CurveFitDisplay.from_network(net, ONE, HALF, snapshots=film, limits=(-2, 2), resolution=9)
    assert list(display.curves) == ["0", "2", "4", "6", "7"]
    np.testing.assert_array_equal(display.curves["0"], before)
    np.testing.assert_array_equal(display.curves["7"], net.predict(np.linspace(-2, 2, 9)[:, None]))
    few = plots.CurveFitDisplay.from_network(net, ONE, HALF, snapshots=film, count=2)
    assert list(few.curves) == ["0", "7"]
    assert list(plots.CurveFitDisplay.from_network(net, ONE, HALF, snapshots=film, count=1).curves) == ["7"]
    words = [text.get_text() for text in few.figure_.legends[0].get_texts()]
    assert words == ["rows", "epoch 0", "epoch 7"]


def test_fits_refuse() -> None:
    net = curve_net("linear")
    with pytest.raises(ValueError, match="y: only finite numbers can be drawn"):
        plots.CurveFitDisplay.from_network(net, ONE, [0, 1, np.nan, 1])
    with pytest.raises(ValueError, match="y: 3 targets, but x has 4 rows"):
        plots.CurveFitDisplay.from_network(net, ONE, HALF[:3])
    with pytest.raises(
        ValueError, match=r"features: the network takes 2 inputs; name the one to follow, such as \(0,\)"
    ):
        plots.CurveFitDisplay.from_network(net_of(1), X, XOR)
    with pytest.raises(TypeError, match="snapshots: a list; expected Snapshots"):
        plots.CurveFitDisplay.from_network(net, ONE, HALF, snapshots=[])
    with pytest.raises(ValueError, match="snapshots: there are none; give them to fit"):
        plots.CurveFitDisplay.from_network(net, ONE, HALF, snapshots=plots.Snapshots())
    with pytest.raises(ValueError, match="net: it answers with classes; DecisionRegionDisplay draws them"):
        plots.CurveFitDisplay.from_network(Words(), X, XOR, features=(0,))


class Words(Answers):
    def predict(self, x: Any) -> np.ndarray:
        return np.array(["a", "b", "c"])[super().predict(x)]
