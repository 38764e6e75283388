"""Networks for the tests of diagnoses: healthy ones, trained as one should, and sick ones, each with what is wrong.

The two tables are the specification of test_diagnosis.py: `HEALTHY` get no warning, `SICK` exactly their findings.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from pynn import SGD, Adam, Dense, DivergenceError, Dropout, Network, Normalization, Rescaling, datasets
from pynn.initializers import Constant, Normal, Uniform

X, Y = datasets.iris()
Z = (X - X.mean(axis=0)) / X.std(axis=0)  # z-scores
CORNERS, XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
DRAW = np.random.default_rng(7)
NOISE, COIN = DRAW.normal(size=(300, 3)), DRAW.integers(0, 3, 300)


def fitted(layers: list[Any], x: Any, y: Any, optimizer: Any = None, loss: Any = None, **options: Any) -> Network:
    """Trained, or as far as it came."""
    made = {name: options.pop(name) for name in ("engine", "seed") if name in options}
    net = Network(layers, **made)
    net.compile(loss=loss, optimizer=optimizer or Adam(0.01), metrics=["accuracy"])
    with suppress(DivergenceError):
        net.fit(x, y, **({"epochs": 30, "batch_size": 16, "verbose": 0} | options))
    return net


# ---- healthy ---------------------------------------------------------------------------------


def iris(act: str, seed: int, engine: str) -> tuple[Network, Any, Any]:
    (x, y), held_out = datasets.split(X, Y, test=0.2, seed=seed)
    layers = [Normalization(), Dense(12, act), Dense(6, act), Dense(3, "softmax")]
    return fitted(layers, x, y, epochs=60, validation_data=held_out, seed=seed, engine=engine), x, y


def xor(act: str, seed: int, engine: str) -> tuple[Network, Any, Any]:
    layers = [Dense(8, act), Dense(1, "sigmoid")]
    return fitted(layers, CORNERS, XOR, Adam(0.05), epochs=300, seed=seed, engine=engine), CORNERS, XOR


def digits(act: str, seed: int, engine: str) -> tuple[Network, Any, Any]:
    """Ten patterns of bytes, three quarters of them 0, with noise: 64 pixels."""
    draw = np.random.default_rng(seed)
    patterns = 220 * draw.random((10, 64)) * (draw.random((10, 64)) < 0.25)
    y = draw.integers(0, 10, 400)
    x = np.clip(patterns[y] + 30 * draw.normal(size=(400, 64)) * (patterns[y] > 0), 0, 255).astype(np.uint8)
    layers = [Rescaling(1 / 255), Dense(32, act), Dropout(0.2), Dense(10, "softmax")]
    return fitted(layers, x, y, epochs=20, validation_split=0.2, seed=seed, engine=engine), x, y


def regression(act: str, seed: int, engine: str) -> tuple[Network, Any, Any]:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(200, 3))
    y = np.sin(x[:, 0]) + x[:, 1] / 2 + draw.normal(size=200) / 2
    layers = [Dense(16, act), Dense(1)]
    y = (y - y.mean()) / y.std()
    return fitted(layers, x, y, epochs=50, validation_split=0.2, seed=seed, engine=engine), x, y


def zeros(act: str, seed: int, engine: str) -> tuple[Network, Any, Any]:
    """Logistic regression may begin with zeros, and so may a last layer."""
    hidden = [Dense(8, act)] if seed else []
    layers = [*hidden, Dense(3, "softmax", "zeros")]
    return fitted(layers, Z, Y, SGD(0.1), epochs=20, seed=seed, engine=engine), Z, Y


def perceptron(act: str, seed: int, engine: str) -> tuple[Network, Any, Any]:
    net = fitted([Dense(1, "step", "zeros")], CORNERS, [0, 1, 1, 1], SGD(0.1), seed=seed, engine=engine)
    return net, CORNERS, np.array([0, 1, 1, 1])


HEALTHY: list[Callable[[str, int, str], tuple[Network, Any, Any]]] = [iris, xor, digits, regression, zeros, perceptron]


# ---- sick ------------------------------------------------------------------------------------

SOFTMAX = Dense(3, "softmax")
SICK: dict[str, tuple[list[str], dict[str, Any]]] = {
    "zeros": (["error symmetric_units"], {"layers": [Dense(8, "tanh", "zeros"), Dense(3, "softmax", "zeros")]}),
    "constant": (
        ["error symmetric_units"],
        {"layers": [Dense(8, "relu", Constant(0.1)), Dense(3, "softmax", Constant(0.1))]},
    ),
    "zeros in one layer": (["warning symmetric_units"], {"layers": [Dense(8, "tanh", "zeros"), SOFTMAX], "epochs": 0}),
    "zeros and relu": (["warning symmetric_units"], {"layers": [Dense(8, "relu", "zeros"), SOFTMAX]}),
    "zeros and l2": (
        ["error symmetric_units"],
        {"layers": [Dense(8, "tanh", "zeros", l2=0.01), Dense(3, "softmax", "zeros", l2=0.01)]},
    ),
    "zeros and dropout": (
        ["warning symmetric_units"],
        {"layers": [Dense(8, "tanh", "zeros"), Dropout(0.5), Dense(3, "softmax", "zeros")], "epochs": 0},
    ),
    "raw inputs": (["warning unscaled_inputs"], {"layers": [Dense(8, "tanh"), SOFTMAX], "x": X * 100}),
    "raw flowers": (["note unscaled_inputs"], {"layers": [Dense(8, "tanh"), SOFTMAX], "x": X}),
    "raw flowers, slowly": (
        ["warning learning_rate_low", "note unscaled_inputs"],
        {"layers": [Dense(8, "relu"), SOFTMAX], "x": X, "optimizer": SGD(1e-7)},
    ),
    "scaled twice": (["warning unscaled_inputs"], {"layers": [Dense(8, "tanh"), SOFTMAX], "x": Z / 255}),
    "uneven": (["warning unscaled_inputs"], {"layers": [Dense(8, "tanh"), SOFTMAX], "x": Z * [1, 1, 1, 1e-4]}),
    "one input": (["note constant_inputs"], {"layers": [Dense(8, "tanh"), SOFTMAX], "x": Z * [1, 0, 1, 1]}),
    "nothing": (["error constant_inputs"], {"layers": [Dense(8, "tanh"), SOFTMAX], "x": np.ones((150, 4))}),
    "dead": (["error dead_units"], {"layers": [Dense(8, "relu", bias_initializer=Constant(-100.0)), SOFTMAX]}),
    "dead outputs": (
        ["error dead_units"],
        {"layers": [Dense(8, "tanh"), Dense(1, "relu", bias_initializer=Constant(-100.0))], "y": np.abs(Z[:, 0])},
    ),
    "saturated": (
        ["warning saturated_units"],
        {"layers": [Dense(8, "sigmoid", Uniform(50.0)), SOFTMAX], "optimizer": SGD(1e-4)},
    ),
    "deep and saturated": (
        ["warning saturated_units"],
        {"layers": [*[Dense(10, "sigmoid", Uniform(50.0))] * 5, SOFTMAX], "optimizer": SGD(1e-9)},
    ),
    "deep sigmoids": (["warning vanishing_gradient"], {"layers": [*[Dense(10, "sigmoid")] * 9, SOFTMAX]}),
    "deep and large": (
        ["warning exploding_gradient"],
        {"layers": [*[Dense(10, "leaky_relu", Normal(3.0))] * 9, Dense(1)], "optimizer": SGD(1e-30)},
    ),
    "steps": (["error flat_activation"], {"layers": [Dense(8, "step"), SOFTMAX]}),
    "diverged": (["error exploding_loss"], {"layers": [Dense(8, "relu"), Dense(1)], "optimizer": SGD(5.0)}),
    "grown": (
        ["error exploding_loss"],
        {"layers": [Dense(1)], "optimizer": SGD(1.2), "epochs": 5, "batch_size": 150},
    ),
    "fast": (["warning learning_rate_high"], {"layers": [Dense(8, "tanh"), SOFTMAX], "optimizer": SGD(30.0)}),
    "fast Adam": (["warning learning_rate_high"], {"layers": [Dense(8, "tanh"), SOFTMAX], "optimizer": Adam(3.0)}),
    "slow": (["warning learning_rate_low"], {"layers": [Dense(8, "tanh"), SOFTMAX], "optimizer": SGD(1e-5)}),
    "slow Adam": (["warning learning_rate_low"], {"layers": [Dense(8, "relu"), Dense(1)], "optimizer": Adam(1e-6)}),
    "still": (["warning learning_rate_low"], {"layers": [Dense(8, "tanh"), SOFTMAX], "optimizer": SGD(1e-9)}),
    "by heart": (
        ["warning overfitting"],
        {"layers": [Dense(64, "relu"), Dense(64, "relu"), SOFTMAX], "x": NOISE, "y": COIN, "epochs": 80}
        | {"validation_split": 0.3, "optimizer": Adam(0.003)},
    ),
    "nothing to learn": (["warning underfitting"], {"layers": [Dense(2, "tanh"), SOFTMAX], "x": NOISE, "y": COIN}),
    "held down": (
        ["warning strong_l2"],
        {"layers": [Dense(8, "tanh", l2=1.0), Dense(3, "softmax", l2=1.0)], "epochs": 60},
    ),
    "one class": (
        ["warning imbalance"],
        {"layers": [Dense(4, "tanh"), Dense(1, "sigmoid")], "x": NOISE, "y": np.arange(300) % 20 == 0}
        | {"optimizer": Adam(0.001)},
    ),
    "no probabilities": (
        ["error output_activation"],
        {"layers": [Dense(8, "tanh"), Dense(3)], "loss": "categorical_crossentropy"},
    ),
    "out of reach": (
        ["error target_range"],
        {"layers": [Dense(8, "tanh"), Dense(1, "sigmoid")], "y": 500.0 * Y, "loss": "mse"},
    ),
    "large targets": (["warning unscaled_targets"], {"layers": [Dense(8, "tanh"), Dense(1)], "y": 2e5 + 5e4 * Z[:, 0]}),
    "one of three": (
        ["note one_hot_sigmoid"],
        {"layers": [Dense(8, "tanh"), Dense(3, "sigmoid")], "y": np.eye(3)[Y], "epochs": 60},
    ),
}
