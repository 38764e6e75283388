"""Networks with given weights, and the mark, for the tests of the lectures' numbers.

Hand-written formulas stand in those tests, never a second engine. Where their sums are compared with sums in
another order, CLOSE is what the few roundings may make.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn import SGD, Dense, Network

item = pytest.mark.item
TABLE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])
CLOSE = 100 * 2.0**-53  # relative: at most some thirty terms of the same size are added up, each with a few roundings


def given(layers: list[Any], weights: list[Any], loss: Any = None, rate: float = 0.1, **options: Any) -> Network:
    """A network in float64 with these weights."""
    net = Network(layers, inputs=len(weights[0]), dtype="float64", **options)
    net.compile(loss=loss, optimizer=SGD(learning_rate=rate))
    net.set_weights(weights)
    return net


def neuron(activation: Any, weights: list[float], bias: float, **options: Any) -> Network:
    return given([Dense(1, activation)], [[[w] for w in weights], [bias]], **options)


def through(activation: Any, units: int = 1, **options: Any) -> Network:
    """What goes in comes out of the activation."""
    return given([Dense(units, activation)], [np.eye(units), np.zeros(units)], **options)


def printed(values: Any, form: str) -> str:
    return " ".join(format(value, form) for value in np.ravel(values))


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def same(found: Any, expected: Any) -> None:
    expected = np.asarray(expected)
    np.testing.assert_allclose(found, expected, rtol=CLOSE, atol=CLOSE * np.abs(expected).max())
