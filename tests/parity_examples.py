"""Networks for test_parity.py: each activation, loss, rule, kind of layer and option, with parameters and data that
stay clear of kinks, and the derived bounds of every number (rounding_bounds.py). Not a test. A name that is added in
one of the engine's tables is here by itself, or test_registry.py misses it.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from random_networks import draw_data, draw_network, draw_params
from rounding_bounds import Bound, ForwardBound
from rounding_kinds import TooClose

from pynn.engine import reference
from pynn.engine.data import Data
from pynn.engine.kinds import KINDS
from pynn.engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from pynn.engine.tables import ACTIVATIONS, LOSSES

ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
RMSPROP = {"rho": 0.9, "epsilon": 1e-7}
EXAMPLES = {f"{output}-{loss}": {"output": output, "loss": loss} for output in ACTIVATIONS for loss in LOSSES}
EXAMPLES |= {f"hidden-{name}": {"hidden": name} for name in ACTIVATIONS}
EXAMPLES |= {f"hidden-{name}-softmax": {"hidden": name, "labels": True} for name in ACTIVATIONS}
EXAMPLES |= {
    "momentum": {"optimizer": OptimizerPlan(momentum=0.9)},
    "nesterov": {"optimizer": OptimizerPlan(momentum=0.9, nesterov=True)},
    "adam": {"optimizer": OptimizerPlan("adam", **ADAM)},
    "adamw": {"optimizer": OptimizerPlan("adam", **ADAM, weight_decay=0.1)},
    "amsgrad": {"optimizer": OptimizerPlan("adam", **ADAM, amsgrad=True, weight_decay=0.1)},
    "nadam": {"optimizer": OptimizerPlan("nadam", **ADAM)},
    "nadam-decay": {"optimizer": OptimizerPlan("nadam", **ADAM, weight_decay=0.1, clipvalue=0.02)},
    "adagrad": {"optimizer": OptimizerPlan("adagrad", epsilon=1e-7, initial_accumulator_value=0.1)},
    "adagrad-from-0": {"optimizer": OptimizerPlan("adagrad", epsilon=1e-7, weight_decay=0.1)},
    "adamax": {"optimizer": OptimizerPlan("adamax", **ADAM)},
    "adamax-decay": {"optimizer": OptimizerPlan("adamax", **ADAM, weight_decay=0.1, clipnorm=0.05)},
    "lion": {"optimizer": OptimizerPlan("lion", beta1=0.9, beta2=0.99)},
    "lion-decay": {"optimizer": OptimizerPlan("lion", beta1=0.9, beta2=0.99, weight_decay=0.1)},
    "rmsprop": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP)},
    "rmsprop-momentum": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5)},
    "rmsprop-centered": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, centered=True)},
    "rmsprop-both": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5, centered=True)},
    "clipvalue": {"optimizer": OptimizerPlan(clipvalue=0.02)},
    "clipnorm": {"optimizer": OptimizerPlan(clipnorm=0.05), "layer": {"l2": 0.1}},
    "global-clipnorm": {"optimizer": OptimizerPlan(global_clipnorm=0.05), "layer": {"l2": 0.1}},
    "clip-with-adam": {"optimizer": OptimizerPlan("adam", **ADAM, global_clipnorm=0.05)},
    "l2": {"layer": {"l2": 0.1}},
    "l2-adam": {"layer": {"l2": 0.1}, "optimizer": OptimizerPlan("adam", **ADAM)},
    "no-bias": {"layer": {"use_bias": False}},
    "weights": {"weighted": True},
    "by-weight": {"weighted": True, "by_weight": True, "layer": {"l2": 0.1}},
    "by-weight-chunks": {"weighted": True, "by_weight": True, "rows": 257, "output": "linear", "loss": "mse"},
    "labels": {"labels": True},
    "labels-mse": {"labels": True, "loss": "mse"},
    "sum-mse": {"output": "linear", "loss": "mse", "sum_outputs": True},
    "sum-half-mse": {"output": "sigmoid", "loss": "half_mse", "sum_outputs": True, "weighted": True},
    "sum-mae": {"output": "linear", "loss": "mae", "sum_outputs": True},
    "sum-huber": {"output": "linear", "loss": "huber", "sum_outputs": True, "outputs": 18},
    "sum-poisson": {"output": "softplus", "loss": "poisson", "sum_outputs": True},
    "sum-poisson-exp": {"output": "exp", "loss": "poisson", "sum_outputs": True, "outputs": 18, "weighted": True},
    "deviance-exp-weights": {"output": "exp", "loss": "half_poisson_deviance", "weighted": True, "by_weight": True},
    "quantiles": {"output": "linear", "loss": "quantile", "delta": (0.1, 0.3, 0.5, 0.7, 0.9)},
    "quantiles-wide": {"output": "linear", "loss": "quantile", "delta": tuple(np.arange(1, 19) / 19), "outputs": 18},
    "hubers": {"output": "linear", "loss": "huber", "delta": (0.1, 0.2, 0.4, 0.8, 1.6), "sum_outputs": True},
    "sum-binary": {"output": "sigmoid", "loss": "binary_crossentropy", "sum_outputs": True, "labels": True},
    "sum-binary-plain": {"output": "hard_sigmoid", "loss": "binary_crossentropy", "sum_outputs": True},
    "smoothing-binary": {"output": "sigmoid", "loss": "binary_crossentropy", "smoothing": 0.125},
    "smoothing-categorical": {"smoothing": 0.125},
    "smoothing-labels": {"smoothing": 0.125, "labels": True, "weighted": True},
    "smoothing-plain": {"output": "linear", "loss": "binary_crossentropy", "smoothing": 0.125},
    "dropout": {"layer": {"dropout": 0.25}, "epoch": 3},
    "input-dropout": {"input_dropout": 0.5, "layer": {"dropout": 0.5}, "epoch": 2**33 + 1, "seed": 2**40 + 7},
    "scaled": {"scale": np.full(6, 0.25), "offset": np.linspace(-1, 1, 6).round(1).astype(np.float32).astype(float)},
    "chunks": {"rows": 515},
    "chunks-weighted": {"rows": 257, "weighted": True, "output": "linear", "loss": "mse"},
    "one-row": {"rows": 1},
    "wide": {"units": 67, "rows": 33},
    "panels": {"units": 67, "rows": 33, "outputs": 40, "labels": True},
    "panels-mse": {"units": 19, "rows": 17, "outputs": 33, "output": "linear", "loss": "mse"},
    "panels-sigmoid": {"units": 5, "rows": 47, "outputs": 17, "output": "sigmoid", "loss": "binary_crossentropy"},
    "panels-from-z": {"units": 21, "rows": 31, "outputs": 35, "hidden": "gelu", "output": "softplus", "loss": "mse"},
    "panels-softmax": {"units": 37, "rows": 21, "outputs": 18, "hidden": "softmax"},
    "panels-softmax-mse": {"units": 50, "rows": 70, "outputs": 50, "hidden": "softmax", "loss": "mse"},
    "panels-dropout": {"units": 150, "rows": 19, "outputs": 20, "layer": {"dropout": 0.25}, "epoch": 3},
    "panels-no-bias": {"units": 35, "rows": 18, "outputs": 34, "layer": {"use_bias": False}, "labels": True},
    "panels-all": {
        "inputs": 20, "input_dropout": 0.5, "units": 70, "rows": 45, "outputs": 17, "hidden": "softmax",
        "layer": {"dropout": 0.25, "use_bias": False, "l2": 0.1}, "epoch": 1, "weighted": True,
    },
    "panels-input-dropout": {"inputs": 70, "share": 0.3, "input_dropout": 0.25, "rows": 19, "units": 20, "epoch": 5},
    "one-layer": {"units": None, "inputs": 9},
    "one-layer-wide": {"units": None, "inputs": 20, "rows": 33, "outputs": 70, "output": "tanh", "loss": "mse"},
    "one-layer-no-bias": {"units": None, "outputs": 19, "layer": {"use_bias": False}, "labels": True, "rows": 17},
    "zeros": {"inputs": 70, "share": 0.2, "units": 40, "rows": 50, "labels": True},
    "zeros-chunks": {"inputs": 64, "share": 0.1, "units": 33, "rows": 270, "output": "linear", "loss": "mse"},
    "zeros-one-layer": {"inputs": 80, "share": 0.3, "units": None, "rows": 30, "outputs": 34},
    "zeros-one-row": {"inputs": 30, "share": 0.3, "units": 20, "rows": 1, "outputs": 20, "hidden": "relu"},
    "one-output": {"outputs": 1, "output": "sigmoid", "loss": "binary_crossentropy"},
}  # fmt: skip

# Kinds of layers: after a dense layer, as the first one, as the last one, and with each of their options. A bias just
# before a batch normalization has no gradient, so that what Adam makes of it is noise: there is none.
PLAIN = LayerPlan(0, 9, "linear", use_bias=False)
PLAIN_WIDE = LayerPlan(0, 40, "linear", use_bias=False)


def norm(kind="batch_norm", activation="linear", **options):
    return LayerPlan(0, 0, activation, kind=kind, **{"epsilon": 1e-3, "momentum": 0.75, **options})


OTHERS = [kind for kind in KINDS if kind != "dense"]
EXAMPLES |= {
    f"{kind}-{name}": {"layers": [PLAIN, norm(kind, name, alpha=ACTIVATIONS[name].default)]}
    for kind in OTHERS
    for name in ACTIVATIONS
}
for kind in OTHERS:
    last = {"layers": [LayerPlan(0, 5, "tanh"), norm(kind, "sigmoid")], "output": "", "loss": "binary_crossentropy"}
    EXAMPLES |= {
        f"{kind}-first": {"layers": [norm(kind), LayerPlan(0, 9, "tanh")]},
        f"{kind}-alone": {"layers": [norm(kind)]},
        f"{kind}-last": last,
        f"{kind}-last-softmax": {"layers": [LayerPlan(0, 5, "tanh"), norm(kind, "softmax")], "output": ""},
        f"{kind}-last-wide": {"layers": [LayerPlan(0, 35, "tanh"), norm(kind)], "output": "", "loss": "mse"},
        f"{kind}-twice": {"layers": [PLAIN, norm(kind), LayerPlan(0, 18, "tanh"), norm(kind, "tanh")]},
        f"{kind}-panels": {"layers": [LayerPlan(0, 67, "tanh"), norm(kind, "tanh")], "rows": 33, "outputs": 18},
        f"{kind}-chunks": {"layers": [PLAIN, norm(kind, "tanh")], "rows": 515, "weighted": True},
        f"{kind}-dropout": {"layers": [PLAIN, norm(kind, "tanh", dropout=0.25)], "epoch": 3},
        f"{kind}-after-dropout": {"layers": [LayerPlan(0, 19, "tanh", dropout=0.25), norm(kind)], "epoch": 2},
        f"{kind}-after-relu": {"layers": [LayerPlan(0, 19, "relu"), norm(kind)]},
        f"{kind}-after-softmax": {"layers": [LayerPlan(0, 19, "softmax"), norm(kind)]},
        f"{kind}-transposed": {"layers": [LayerPlan(0, 40, "tanh"), PLAIN_WIDE, norm(kind)], "rows": 3},
        f"{kind}-zeros": {"inputs": 70, "share": 0.2, "layers": [norm(kind), LayerPlan(0, 20, "tanh")], "rows": 50},
        f"{kind}-one-row": {"layers": [PLAIN, norm(kind)], "rows": 1},
        f"{kind}-two-rows": {"layers": [PLAIN, norm(kind)], "rows": 2},
        f"{kind}-adam": {"layers": [PLAIN, norm(kind)], "optimizer": OptimizerPlan("adam", **ADAM, weight_decay=0.1)},
        f"{kind}-clipnorm": {"layers": [PLAIN, norm(kind)], "optimizer": OptimizerPlan(clipnorm=0.05)},
        f"{kind}-global": {"layers": [PLAIN, norm(kind)], "optimizer": OptimizerPlan(global_clipnorm=0.05)},
    }
EXAMPLES |= {
    f"{kind}-{what}": {"layers": [PLAIN, norm(kind, "tanh", **options)]}
    for kind in OTHERS if kind != "activation"
    for what, options in {
        "no-center": {"center": False}, "no-scale": {"scale": False}, "neither": {"center": False, "scale": False},
        "small-epsilon": {"epsilon": 1e-6}, "large-epsilon": {"epsilon": 3.0},
    }.items()
}  # fmt: skip
EXAMPLES |= {
    "softmax-transposed": {"layers": [LayerPlan(0, 40, "tanh"), LayerPlan(0, 40, "softmax")], "rows": 3},
    "batch_norm-moving": {"layers": [PLAIN, norm(trainable=False)]},
    "batch_norm-moving-first": {"layers": [norm(trainable=False), LayerPlan(0, 9, "tanh")]},
    "batch_norm-moving-clipped": {
        "layers": [PLAIN, norm(trainable=False)],
        "optimizer": OptimizerPlan("adam", **ADAM, weight_decay=0.1, global_clipnorm=0.05),
    },
    "batch_norm-momentum": {"layers": [PLAIN, norm(momentum=1 / 3)]},
    "l1": {"layers": [LayerPlan(0, 9, "tanh", l1=0.1, l2=0.1)]},
    "l1-by-weight": {"layers": [LayerPlan(0, 9, "tanh", l1=0.1)], "weighted": True, "by_weight": True},
}


# Drawn networks. Left out is where zeros of a relu, of dropout or of a single unit's softmax, normalized or not, meet
# the kink of another activation, whatever the parameters.
ON_KINKS = {1, 13, 19, 26, 27, 32, 33, 41, 49, 53, 57, 59, 76}
RANDOM = [seed for seed in range(80) if seed not in ON_KINKS]


@dataclass(frozen=True)
class Example:
    standard: Any  # the reference in float64, with parameters that are exact in float32
    plan: Plan  # the candidate's
    data: Data
    epoch: int
    bound: Bound
    prediction: ForwardBound


def example(given, dtype, u):
    """The first seed that is clear of kinks."""
    options = dict(given)
    epoch, layers = options.pop("epoch", -1), layers_of(options)
    for seed in range(300):
        found = bounded(*drawn(layers, options, np.random.default_rng(seed)), epoch, dtype, u)
        if found and sharp(found.bound):
            return found
    raise AssertionError("no seed stays clear of the kinks")


def random_example(seed, dtype, u):
    """A network with any kinds in any order, and 20 rows. Bounds grow with the depth, and may say little here."""
    plan = draw_network(seed, "float64")
    drops = plan.input_dropout or any(layer.dropout for layer in plan.layers)
    for k in range(300):
        params = draw_params(plan, k).astype(np.float32).astype(np.float64)
        data = draw_data(plan, 20, k)
        data.x, data.y = data.x.astype(np.float32), data.y.astype(np.float32)
        found = bounded(plan, params, data, 0 if drops else -1, dtype, u)
        if found:
            return found
    raise AssertionError("no parameters stay clear of the kinks")


def layers_of(options):
    hidden, output, layer = options.pop("hidden", "tanh"), options.pop("output", "softmax"), options.pop("layer", {})
    units, outputs = options.pop("units", 9), options.get("outputs", 5)
    last = {key: value for key, value in layer.items() if key != "dropout"}
    layers = [LayerPlan(0, units, hidden, ACTIVATIONS[hidden].default, **layer)] if units else []
    layers = options.pop("layers", layers)
    return [*layers, LayerPlan(0, outputs, output, ACTIVATIONS[output].default, **last)] if output else layers


def drawn(layers, options, rng):
    """A plan in float64; parameters and data that are exact in float32."""
    options = dict(options)
    rows, labels, weighted = options.pop("rows", 20), options.pop("labels", False), options.pop("weighted", False)
    inputs, share, _ = options.pop("inputs", 6), options.pop("share", 1.0), options.pop("outputs", 5)
    options = {"delta": 0.25, "seed": 5, "loss": "categorical_crossentropy"} | options
    plan = build_plan(inputs, layers, dtype="float64", **options)
    outputs, last = plan.outputs, plan.layers[-1]
    params = rng.uniform(-0.4, 0.4, plan.n_params)
    for layer in plan.layers:
        for name, values in layer.values(params).items():
            values += 1.25 if name in ("gamma", "moving_variance") else 0
    if last.kind == "dense" and last.use_bias:
        # Outputs near (0, 1), so that every loss is defined.
        params[last.b :] += -0.6 if last.activation == "exp" else 0.6
        reference.weights(params, last)[...] *= 3 / last.inputs
    params = params.astype(np.float32).astype(np.float64)
    label = rng.integers(0, outputs, rows).astype(np.int32)
    one_hot = plan.loss == "categorical_crossentropy"
    y = np.eye(outputs)[label] if one_hot else rng.uniform(0, 1, (rows, outputs))
    x = rng.normal(size=(rows, inputs)) * (share == 1 or rng.uniform(size=(rows, inputs)) < share)
    data = Data(x.astype(np.float32), y=y.astype(np.float32))
    if labels:
        data.y, data.label = None, label
    if weighted:
        data.weight = rng.integers(0, 5, rows) / 2
    return plan, params, data


def bounded(plan, params, data, epoch, dtype, u):
    """The example, unless it decides nothing."""
    standard = reference.Engine(plan)
    standard.set_params(params)
    try:
        bound, prediction = Bound(standard, data, epoch, u), ForwardBound(standard, data, -1, u)
    except TooClose:
        return None
    finite = np.isfinite(bound.flat).all() and np.isfinite(bound.loss_error)
    if not finite:
        return None
    return Example(standard, replace(plan, dtype=dtype), data, epoch, bound, prediction)


def sharp(bound):
    """A normalization passes an error on by mean, variance and quotient, each at its worst: 10 times as far."""
    limit = 2000 * 10.0 ** sum(layer.kind.endswith("norm") for layer in bound.plan.layers)
    return bound.flat.max() <= limit * bound.u * max(np.abs(bound.gradient).max(), 0.1)
