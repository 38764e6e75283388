"""Pictures of functions: activations with their jumps, losses, softmax as bars.

Read test_plots.py for what every picture keeps to.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import X, line_net, net_of

import pynn
from pynn import plots
from pynn.activations import hard_sigmoid
from pynn.engine.tables import ACTIVATIONS
from pynn.losses import Huber
from pynn.plots import functions


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
    "softsign": ([], []),
    "mish": ([], []),
    "relu6": ([], [(0, 0, 0, 1)]),  # the corner at 6 is beyond the picture
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
