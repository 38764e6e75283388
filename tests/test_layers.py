"""Layers: order, scaling, first weights. What they compute is the engines' affair (test_reference.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn import Dense, Dropout, Network, Normalization, Rescaling
from pynn.activations import elu, hard_sigmoid, leaky_relu
from pynn.initializers import Constant, Normal, Uniform
from pynn.layers import arrange


def identity(engine: str, *before: Any, inputs: int) -> Network:
    """A network that shows what its Dense layer is given."""
    net = Network([*before, Dense(inputs, use_bias=False)], inputs=inputs, engine=engine, dtype="float64")
    net.set_weights([np.eye(inputs)])
    return net


def test_rescaling_is_applied_to_bytes(engine: str) -> None:
    x = np.arange(12, dtype=np.uint8).reshape(3, 4)
    net = identity(engine, Rescaling(1 / 2, -1), Rescaling(3, 0.25), inputs=4)
    np.testing.assert_array_equal(net.predict(x), x * 1.5 - 2.75)  # exact: short binary fractions


def test_normalization_learns_on_the_first_fit(engine: str) -> None:
    x = np.random.default_rng(0).normal(5, 3, (50, 3))
    x[:, 1] = 0.1  # a constant: only shifted
    net = Network([Rescaling(2.0, 1.0), Normalization(), Dense(3, use_bias=False)], engine=engine, dtype="float64")
    net.fit(x, x, epochs=0, verbose=0)
    net.set_weights([np.eye(3)])
    z = net.predict(x)
    # some 10 roundings of numbers up to (mean / spread) ~ 4
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=50 * 2.0**-52)
    np.testing.assert_allclose(z.std(axis=0), [1, 0, 1], atol=50 * 2.0**-52)
    before = net.layers[1].mean
    net.fit(x + 100, x, epochs=0, verbose=0)
    assert net.layers[1].mean is before  # learned once


def test_normalization_learns_from_the_training_rows_alone(engine: str) -> None:
    x, y = np.arange(10.0)[:, None], np.tile([0.0, 1.0], 5)
    nets = []
    for options in ({"validation_split": 0.5}, {"validation_data": (x, y)}, {}):
        layer = Normalization()
        net = Network([layer, Dense(1)], engine=engine)
        net.fit(x, y, verbose=0, **options)
        nets.append(float(layer.mean[0]))
    assert nets == [2.0, 4.5, 4.5]


def test_adapt_before_and_after(engine: str) -> None:
    """The network sees what its layer learns, and keeps its weights."""
    layer = Normalization()
    assert layer.adapt([[1.0], [3.0]]) is layer and layer.adapted
    net = identity(engine, layer, inputs=1)
    assert net.predict([[4.0]]).tolist() == [[2.0]]
    layer.adapt([[0.0], [4.0]])
    assert net.predict([[4.0]]).tolist() == [[1.0]]
    assert Normalization(mean=2, variance=4.0).affine()[0] == 0.5


def test_ranges(engine: str) -> None:
    """Smallest and largest number at the ends, within the rounding of a product and a sum of numbers up to `reach`."""
    x = np.random.default_rng(0).uniform(-3, 40, (50, 3)) * [1, 10, 0]
    for low, high in ((0, 1), (-1, 1), (2, 3)):
        one = Rescaling.to_range(x, low, high)
        each = Normalization.to_range(x, low, high)
        z = identity(engine, one, inputs=3).predict(x)
        reach = np.abs(x).max() * one.scale + abs(one.offset)
        np.testing.assert_allclose([z.min(), z.max()], [low, high], atol=8 * reach * 2.0**-53)
        z = identity(engine, each, inputs=3).predict(x)
        np.testing.assert_allclose(z.min(axis=0), [low] * 3, atol=8 * 3 * 2.0**-53)
        np.testing.assert_allclose(z.max(axis=0), [high, high, low], atol=8 * 3 * 2.0**-53)  # a constant goes to low
    assert Rescaling.to_range(np.arange(256, dtype=np.uint8).reshape(2, 128)) == Rescaling(1 / 255)


def test_ranges_that_are_none() -> None:
    for layer in (Rescaling, Normalization):
        for x, match in (
            ([[np.nan]], "x: nan at row 0"),
            ([["a"]], "x: strings"),
            ([[-1e308], [1e308]], "x: numbers from -1e.308 to 1e.308 are too far apart"),
            ([1.0, 2.0][:0], "x: shape"),
        ):
            with pytest.raises((ValueError, TypeError), match=match):
                layer.to_range(x)
        with pytest.raises(ValueError, match="high: 0 is not possible; expected more than 0"):
            layer.to_range([[1.0], [2.0]], 0, 0)
    with pytest.raises(ValueError, match="x: all numbers are 3.0; expected some that differ"):
        Rescaling.to_range([[3.0], [3.0]])


def test_normalization_must_have_learned(engine: str) -> None:
    net = Network([Normalization(), Dense(1)], inputs=2, engine=engine)
    assert len(net.get_weights()) == 2
    with pytest.raises(AttributeError, match="Normalization"):
        net.predict([[1.0, 2.0]])
    with pytest.raises(ValueError, match="Normalization knows 3 features"):
        Network([Normalization([0, 0, 0], [1, 1, 1]), Dense(1)], inputs=2, engine=engine).get_weights()


def test_order_of_layers() -> None:
    stack = arrange([Rescaling(2), Dropout(0.1), Dense(3), Dropout(0.2), Dense(1)])
    assert (stack.input_dropout, [p.dropout for p in stack.plans]) == (0.1, [0.2, 0.0])
    for wrong in ([Dense(1), Rescaling(1)], [Dropout(0.1), Normalization()], [Dense(1), Dropout(0.1), Dropout(0.1)]):
        with pytest.raises(ValueError, match=rf"layers\[{len(wrong) - 1}\]"):
            arrange(wrong)
    for incomplete in ([], [Rescaling(1)], [Dense(1), Dropout(0.1)]):
        with pytest.raises(ValueError, match="layers"):
            Network(incomplete, inputs=1, engine="reference").get_weights()


def test_parameters_of_activations(engine: str) -> None:
    x = np.array([[-1.0], [2.0]])
    expected = {
        "leaky_relu": [-0.2, 2], leaky_relu(alpha=0.5): [-0.5, 2], elu(alpha=0.5): [0.5 * np.expm1(-1), 2],
        "hard_sigmoid": [1 / 3, 5 / 6], hard_sigmoid(slope=0.25): [0.25, 1], "elu": [np.expm1(-1), 2],
    }  # fmt: skip
    for activation, values in expected.items():
        net = Network([Dense(1, activation, kernel_initializer=Constant(1))], inputs=1, engine=engine, dtype="float64")
        np.testing.assert_allclose(net.predict(x)[:, 0], values, rtol=2**-50)  # a handful of roundings
    assert str(leaky_relu(0.5)) == "leaky_relu(alpha=0.5)" and str(leaky_relu()) == "leaky_relu"


def first(initializer: Any, inputs: int = 300, units: int = 200, engine: str = "reference") -> Any:
    layer = Dense(units, kernel_initializer=initializer, bias_initializer=initializer)
    return Network([layer], inputs=inputs, engine=engine, dtype="float64").get_weights()


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / 500), ("glorot_normal", 2 / 500), ("he_uniform", 2 / 300), ("he_normal", 2 / 300),
        ("lecun_uniform", 1 / 300), ("lecun_normal", 1 / 300), ("uniform", 0.05**2 / 3), ("normal", 0.05**2),
        (Uniform(0.3), 0.03), (Normal(2.0), 4.0),
    ],
)  # fmt: skip
def test_initializers_have_their_variance(name: Any, variance: float) -> None:
    """60,000 draws: the sample variance lies within 5 of its standard deviations, sqrt(2 / 60000) at most."""
    W, b = first(name)
    assert abs(W.var() / variance - 1) < 5 * np.sqrt(2 / W.size)
    assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)
    assert abs(b.var() / variance - 1) < 5 * np.sqrt(2 / b.size)
    assert not np.array_equal(W.reshape(-1)[: b.size], b)  # streams of their own


def test_constant_initializers() -> None:
    assert (first(Constant(0.25))[0] == 0.25).all() and not first("zeros")[1].any()


def test_layers_draw_apart() -> None:
    net = Network([Dense(4), Dense(4)], inputs=4, engine="reference")
    W1, _, W2, _ = net.get_weights()
    assert not np.array_equal(W1, W2)


def test_l2_counts_weights_and_not_biases(engine: str) -> None:
    net = Network(
        [Dense(2, l2=0.5, bias_initializer=Constant(3), kernel_initializer=Constant(2))], inputs=3, engine=engine
    )
    x, y = np.zeros((4, 3)), np.full((4, 2), 3.0)
    assert net.evaluate(x, y)["loss"] == 0.5 * 6 * 4
    dW, db = net.gradients(x, y)
    assert (dW == 2 * 0.5 * 2).all() and not db.any()


def test_dropout_keeps_the_mean(engine: str) -> None:
    """Trained with dropout on ones, the mean output of a sum is what it is without: within 5 standard deviations."""
    net = Network(
        [Dropout(0.25), Dense(1, kernel_initializer=Constant(1))], inputs=1000, engine=engine, dtype="float64"
    )
    net.compile(loss="mae", optimizer="sgd")
    x, y = np.ones((64, 1000)), np.zeros(64)
    mean = net.train_on_batch(x, y)["loss"]  # of sums of 1000 numbers 0 or 4/3
    assert abs(mean - 1000) < 5 * np.sqrt(1000 * (1 / 3) / 64)
    assert mean != 1000
