"""Networks drawn at random: every kind of layer, activation and option, in any order that is possible.

For tests that compare two ways of computing the same thing. Not a test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pynn.engine.data import Data
from pynn.engine.kinds import KINDS
from pynn.engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan

NORMALIZATIONS = [name for name, kind in KINDS.items() if kind.over is not None]
DRAWN = ["dense", "dense", *NORMALIZATIONS, *(kind for kind in KINDS if kind not in ("dense", *NORMALIZATIONS))]
HIDDEN = ("linear", "tanh", "relu", "sigmoid", "gelu", "softplus", "elu", "softmax")
RULES = (
    OptimizerPlan("sgd"),
    OptimizerPlan("sgd", momentum=0.9, nesterov=True),
    OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7, weight_decay=0.01),
    OptimizerPlan("rmsprop", rho=0.9, epsilon=1e-7, momentum=0.5, centered=True),
    OptimizerPlan("sgd", momentum=0.9, clipnorm=0.1),
    OptimizerPlan("sgd", global_clipnorm=0.1),
)


def draw_layer(draw: np.random.Generator, kind: str, units: int) -> LayerPlan:
    options: dict[str, Any] = {"dropout": float(draw.choice([0, 0, 0.3]))}
    activation = str(draw.choice(HIDDEN))
    if kind == "dense":
        options |= {"use_bias": bool(draw.random() < 0.8), "l2": float(draw.choice([0, 0, 0.01]))}
        return LayerPlan(0, units, activation, l1=float(draw.choice([0, 0, 0.003])), **options)
    if kind != "activation":
        options |= {"center": bool(draw.random() < 0.8), "scale": bool(draw.random() < 0.8), "epsilon": 1e-3}
    if kind == "batch_norm":
        options |= {"momentum": float(draw.choice([0.9, 0.5])), "trainable": bool(draw.random() < 0.8)}
    return LayerPlan(0, 0, activation, kind=kind, **options)


def draw_network(seed: int, dtype: str, **given: Any) -> Plan:
    draw = np.random.default_rng(seed)
    inputs, outputs = int(draw.choice([1, 3, 17, 70, 100])), int(draw.choice([1, 2, 5, 18, 33]))
    layers = [
        draw_layer(draw, str(draw.choice(DRAWN)), int(units))
        for units in draw.choice([1, 4, 16, 17, 33, 70], draw.integers(1, 6))
    ]
    layers.append(LayerPlan(0, outputs, str(draw.choice(["linear", "sigmoid", "tanh"])), l2=0.001))
    if draw.random() < 0.3:  # the network may end with any kind
        layers.append(LayerPlan(0, 0, "linear", kind=str(draw.choice(NORMALIZATIONS)), epsilon=1e-3))
    options = {"loss": "mse", "optimizer": RULES[draw.integers(len(RULES))], "seed": 7, "dtype": dtype}
    options["input_dropout"] = float(draw.choice([0, 0, 0.2]))
    return build_plan(inputs, layers, **(options | given))


def draw_params(plan: Plan, seed: int) -> np.ndarray:
    """Small numbers; gammas around 1 and moving variances above 0."""
    draw = np.random.default_rng(seed)
    flat = draw.uniform(-0.5, 0.5, plan.n_params)
    for layer in plan.layers:
        for name, values in layer.values(flat).items():
            if name in ("gamma", "moving_variance"):
                values += 1.25
    return flat


def draw_data(plan: Plan, rows: int, seed: int) -> Data:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, plan.inputs)) * (draw.random((rows, plan.inputs)) < 0.6)
    return Data(x, y=draw.uniform(0, 1, (rows, plan.outputs)), weight=draw.uniform(0.5, 2, rows))
