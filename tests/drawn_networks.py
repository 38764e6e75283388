"""Networks and rows that the tests of pictures draw: small enough that every answer can be computed beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from pynn import Dense, Network, Rescaling

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
XOR = np.array([0, 1, 1, 0])
IMAGES = np.random.default_rng(3).integers(0, 256, (12, 5, 5)).astype(np.uint8)
LOG = {"loss": [0.9, 0.5, 0.4, 0.3], "val_loss": [1.0, 0.6, 0.5, 0.7], "accuracy": [0.5, 0.6, 0.8, 0.9]}


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


def curve_net(last: str = "sigmoid") -> Network:
    """One input, three hidden units."""
    return net_of(3, 1, last=last, inputs=1)


def straight_net() -> Network:
    """y = w x + b: two weights."""
    net = net_of(1, last="linear", inputs=1)
    net.set_weights([[[-1.0]], [2.0]])
    return net


def axes_of(n: int) -> tuple[Figure, Any]:
    figure = Figure()
    return figure, figure.subplots(1, n, squeeze=False)[0]


def digit_net() -> Network:
    layers = [Rescaling(1 / 255), Dense(4, "relu"), Dense(3, "softmax")]
    return Network(layers, inputs=25, engine="reference", seed=1)


def contour_points(ax: Any) -> np.ndarray:
    found = [c for c in ax.collections if type(c).__name__.endswith("ContourSet")]
    return np.concatenate([path.vertices for each in found for path in each.get_paths()])


class Answers:
    """A classifier that says class numbers."""

    def predict(self, x: Any) -> np.ndarray:
        return (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
