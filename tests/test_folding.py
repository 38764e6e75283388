"""`Network.folded`: batch normalizations leave, predictions stay, to the roundings of each layer.

Every sum of a folded network has the terms of the first one, scaled; so in float64 its outputs are the same to some
units of 2^-53 for each term of a chain, times the growth of the layers after it: 1e-12 of the largest output is far
beyond that for the widths here, and far below any mistake.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    LayerNormalization,
    Network,
    Normalization,
    NotFittedError,
    Rescaling,
)  # fmt: skip

BN, LN = BatchNormalization, LayerNormalization
STACKS: dict[str, tuple[list[Any], str]] = {  # layers, and the kinds that stay
    "after": ([Dense(5), BN(), Activation("relu"), Dense(3, "softmax")], "DD"),
    "after, without bias": ([Dense(5, use_bias=False), BN(scale=False), Dense(3)], "DD"),
    "after, through dropout": ([Dense(5), Dropout(0.5), BN(center=False), Activation("tanh"), Dense(3)], "DD"),
    "before": ([BN(), Dense(5, "tanh", l2=0.1), BN(), Dense(3, use_bias=False)], "DD"),
    "before, through dropout": ([Dropout(0.1), BN(), Dropout(0.2), Dense(3, "sigmoid")], "D"),
    "at the end": ([Rescaling(0.5), Dense(5, "relu"), Dense(3), BN(), Activation("softmax")], "DD"),
    "two in a row": ([Dense(5), BN(), BN(scale=False, center=False), Activation("elu"), Dense(2)], "DD"),
    "two at the beginning": ([BN(center=False), BN(), Dense(5, "elu"), Dense(2)], "DD"),
    "after a layer normalization": ([Dense(5), LN(scale=False, center=False), BN(), Dense(2)], "DLD"),
    "nowhere to go": ([Dense(5, "relu"), BN(), Activation("relu"), Dense(2)], "DBD"),
    "an activation between": ([Dense(5, "relu"), Activation("tanh"), BN(), Activation("sigmoid"), Dense(2)], "DABD"),
    "not trainable": ([Dense(5), BN(trainable=False), Activation("silu"), Dense(2)], "DD"),
    "nothing to do": ([Normalization(), Dense(5, "relu"), Dropout(0.5), Dense(2)], "DD"),
}
x = np.random.default_rng(1).normal(size=(200, 4)) * [1, 3, 0.1, 10] + [0, 5, 1, -20]


def trained(layers: list[Any], **options: Any) -> Network:
    net = Network(layers, seed=2, **options)
    labels = np.arange(200) % net.layers[-1].units if isinstance(net.layers[-1], Dense) else np.arange(200) % 3
    net.compile(loss="mse", metrics=["mae"])
    targets = np.eye(net.outputs)[labels]
    net.fit(x, targets, epochs=5, verbose=0)
    weights = net.get_weights()  # far from 1 and 0, so that a factor left out is seen
    draw = np.random.default_rng(3)
    net.set_weights([w * draw.uniform(0.5, 2.0, w.shape) + (0.3 if w.ndim == 1 else 0.0) for w in weights])
    return net


@pytest.mark.parametrize("name", STACKS)
def test_predictions_stay(name: str) -> None:
    layers, left = STACKS[name]
    net = trained(layers, dtype="float64")
    before = net.fingerprint()
    folded = net.folded()
    kinds = {"Dense": "D", "BatchNormalization": "B", "LayerNormalization": "L", "Activation": "A"}
    assert "".join(kinds[type(layer).__name__] for layer in folded._core.stack.parts) == left
    assert not any(isinstance(layer, Dropout) for layer in folded.layers)
    expected = net.predict(x)
    np.testing.assert_allclose(folded.predict(x), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert net.fingerprint() == before
    assert (folded.seed, folded.dtype, folded.inputs, folded.iteration) == (2, "float64", 4, 0)


def test_float32_is_rounded_once() -> None:
    net = trained([Dense(3), BN(epsilon=0.5)])
    W, b, gamma, beta, mean, variance = (w.astype(np.float64) for w in net.get_weights())
    s = gamma / np.sqrt(variance + 0.5)
    folded = net.folded()
    assert folded.dtype == "float32"
    for given, expected in zip(folded.get_weights(), (W * s, b * s + (beta - mean * s)), strict=True):
        np.testing.assert_array_equal(given, expected.astype(np.float32))


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_no_bits_are_lost_to_numbers_far_from_zero(offset: float) -> None:
    """x - mean is exact there, or nearly; x (s W) would be off by 2^-24 of the offset. 2^-24 times some tens of terms
    of the size of the outputs is 1e-5 with an order of magnitude to spare."""
    net = Network([BN(momentum=0.5), Dense(4, "tanh"), Dense(1)], inputs=3, seed=0)
    net.compile(loss="mse")
    draw = np.random.default_rng(0)
    far = (draw.normal(size=(400, 3)) + offset).astype(np.float32)
    net.fit(far, far[:, :1] - offset, epochs=5, verbose=0)
    folded = net.folded()
    assert [type(layer) for layer in folded.layers] == [BN, Dense, Dense]
    expected = net.predict(far)
    np.testing.assert_allclose(folded.predict(far), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_loss_and_metrics_stay_but_penalties_go() -> None:
    y = np.zeros((200, 2))
    plain, punished = (
        trained([Dense(4, l2=l2), BN(), Activation("relu"), Dense(2)], dtype="float64") for l2 in (0.0, 0.5)
    )
    punished.set_weights(plain.get_weights())
    expected = plain.evaluate(x, y)
    assert punished.evaluate(x, y)["loss"] > expected["loss"] + 0.1
    for net in (plain, punished):
        found = net.folded().evaluate(x, y)
        assert found == {name: pytest.approx(value, rel=1e-12) for name, value in expected.items()}


def test_the_reference_folds_to_the_same_bits() -> None:
    layers = STACKS["before"][0]
    net = trained(layers)
    other = Network(layers, inputs=4, engine="reference", seed=2)
    other.set_weights(net.get_weights())
    assert net.folded().fingerprint() == other.folded().fingerprint()


def test_trains_on_and_saves(tmp_path: Any) -> None:
    net = trained(STACKS["after"][0]).folded()
    net.save(tmp_path / "folded.pynn")
    assert Network.load(tmp_path / "folded.pynn").fingerprint() == net.fingerprint()
    net.fit(x, np.eye(3)[np.arange(200) % 3], verbose=0)


def test_refused() -> None:
    with pytest.raises(NotFittedError, match="^folded: the network has no weights yet"):
        Network([Dense(2), BN()]).folded()
    with pytest.raises(NotFittedError, match="^folded: Normalization has not learned"):
        Network([Normalization(), Dense(2), BN()], inputs=3).folded()
    net = Network([Dense(2), BN()], inputs=3)
    W, b, gamma, beta, mean, variance = net.get_weights()
    net.set_weights([W + 1e30, b, gamma + 1e30, beta, mean, variance])
    with pytest.raises(ValueError, match="only numbers that are finite in float32"):
        net.folded()
