"""Losses and activations as a user meets them: names, words, remarks, several levels at once, and how they are drawn.

What they compute is test_reference.py's affair, that the native engine computes the same test_parity.py's.
"""

from __future__ import annotations

import numpy as np
import pytest

from pynn import SGD, Dense, Network, activations, losses
from pynn.activations import Activation, relu
from pynn.engine.tables import LOSSES

U = 2.0**-53


def test_every_loss_has_a_class_and_a_name() -> None:
    for name in LOSSES:
        made = losses.get("loss", name)
        assert made.name == str(made) == name and type(made)() == made
    assert str(losses.Quantile(0.9)) == "quantile(q=0.9)" and str(losses.Quantile()) == "quantile"
    assert str(losses.Huber([1, 2.5])) == "huber(delta=(1.0, 2.5))" and str(losses.Huber(1)) == "huber"
    assert losses.Quantile(np.array([0.1, 0.9])) == losses.Quantile((0.1, 0.9)) == losses.Quantile([0.1, 0.9])
    assert losses.Quantile(0.9, outputs="sum").parameters == {"sum_outputs": True, "delta": 0.9}


def test_names_of_activations() -> None:
    assert activations.get("activation", "exponential") == activations.get("activation", "exp") == Activation("exp")
    assert Dense(3, "exponential").activation == Activation("exp")
    assert Dense(3, "swish").activation == Activation("silu")
    assert str(relu()) == "relu" == str(relu(at_zero=0)) and str(relu(1)) == "relu(at_zero=1)"
    assert relu() == activations.get("activation", "relu")


@pytest.mark.parametrize("loss", ["poisson", "half_poisson_deviance"])
def test_counts_need_positive_outputs(loss: str) -> None:
    for good in ("exp", "softplus", "relu"):
        assert losses.complaint(losses.get("loss", loss), activations.get("", good)) == ""
    words = losses.complaint(losses.get("loss", loss), activations.get("", "tanh"))
    assert words == f"{loss} needs positive outputs; tanh may give others"


def test_a_network_learns_three_quantiles_at_once(engine: str) -> None:
    """Each output by itself: the same as three networks with one output each."""
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.random.default_rng(2).normal(size=40) + x[:, 0]
    levels = (0.1, 0.5, 0.9)

    def trained(loss: losses.Loss, outputs: int) -> Network:
        net = Network([Dense(outputs)], inputs=1, dtype="float64", engine=engine)
        net.set_weights([np.zeros((1, outputs)), np.zeros(outputs)])
        net.compile(loss=loss, optimizer=SGD(0.05))
        net.fit(x, np.repeat(y[:, None], outputs, axis=1), epochs=200, batch_size=40, verbose=0)
        return net

    together = trained(losses.Quantile(levels, outputs="sum"), 3)
    for i, q in enumerate(levels):
        alone = trained(losses.Quantile(q), 1)
        np.testing.assert_allclose(together.predict(x)[:, i], alone.predict(x)[:, 0], rtol=0, atol=1e-12)
        assert abs(np.mean(y <= alone.predict(x)[:, 0]) - q) < 0.1
    loss = together.evaluate(x, np.repeat(y[:, None], 3, axis=1))["loss"]
    e = y[:, None] - together.predict(x)
    assert loss == pytest.approx(
        np.maximum(np.array(levels) * e, (np.array(levels) - 1) * e).sum(axis=1).mean(), rel=1e-14
    )


def test_half_the_mean_absolute_error_is_the_median_s(engine: str) -> None:
    x, y = np.random.default_rng(1).normal(size=(30, 2)), np.random.default_rng(2).normal(size=(30, 3))
    values = []
    for loss in (losses.Quantile(0.5), losses.MeanAbsoluteError()):
        net = Network([Dense(3)], inputs=2, dtype="float64", engine=engine, seed=1)
        net.compile(loss=loss)
        values.append([net.evaluate(x, y)["loss"], *net.gradients(x, y)])
    for half, whole in zip(*values, strict=True):
        np.testing.assert_allclose(2 * np.asarray(half), whole, rtol=64 * U, atol=64 * U)


def test_exp_in_hidden_and_output_layers_overflows_into_an_error(engine: str) -> None:
    """A count model learns; an exponential beyond all numbers is a DivergenceError, and the weights stay."""
    import pynn

    x = np.random.default_rng(3).normal(size=(200, 2))
    y = np.random.default_rng(4).poisson(np.exp(0.5 + x @ [0.8, -0.6]))
    net = Network([Dense(1, "exp")], inputs=2, engine=engine, dtype="float64")
    net.compile(loss="half_poisson_deviance", optimizer=SGD(0.1))
    net.fit(x, y, epochs=300, batch_size=200, verbose=0)
    W, b = net.get_weights()
    np.testing.assert_allclose([*W[:, 0], b[0]], [0.8, -0.6, 0.5], rtol=0, atol=0.15)  # 200 rows tell it so well
    mean = np.mean(net.predict(x)) - np.mean(y)
    assert abs(mean) < 1e-6  # the slope by the bias
    before = net.fingerprint()
    with pytest.raises(pynn.DivergenceError):
        net.train_on_batch([[1e4, 0.0]], [1])
    assert net.fingerprint() == before


# ---- drawn -----------------------------------------------------------------------------------


def test_quantiles_are_drawn() -> None:
    pytest.importorskip("matplotlib")
    from pynn.plots import ActivationDisplay, LossDisplay

    display = LossDisplay.from_loss([losses.Quantile(0.9), losses.Quantile(0.1), "mae"], target=1)
    names = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert names == ["quantile(q=0.9)", "quantile(q=0.1)", "mae"]
    y, line = display.outputs, display.values[0][0]
    np.testing.assert_allclose(line, np.where(y < 1, 0.9 * (1 - y), 0.1 * (y - 1)), rtol=0, atol=4 * U)
    with pytest.raises(ValueError, match="q: 2 numbers given; the network has 1 outputs"):
        LossDisplay.from_loss(losses.Quantile([0.1, 0.9]))
    with pytest.raises(
        ValueError, match="target: -1 is not possible; half_poisson_deviance takes targets of at least 0"
    ):
        LossDisplay.from_loss("half_poisson_deviance", target=-1)
    deviance = LossDisplay.from_loss("half_poisson_deviance", target=2)
    at_target = np.abs(deviance.outputs - 2).argmin()
    assert deviance.outputs[at_target] == 2 and deviance.values[0][0].argmin() == at_target
    for at_zero in (0.0, 0.5, 1.0):
        derivative = ActivationDisplay.from_activation(relu(at_zero)).derivatives[0]
        assert derivative.jumps[0] == pytest.approx((0, at_zero, 0, 1), abs=1e-9)
