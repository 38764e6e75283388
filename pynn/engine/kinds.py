"""Kinds of layers: one row each, with its parameters and its formulas.

A kind says how z comes from x; the activation and the Dropout that follow are the same for all and stand in
reference.py. A code is the place in the enum pynn_kind of csrc/pynn.h, whose table in csrc/kinds.c has the same
rows. Shapes: x (B, I), z and d = dL/dz (B, O); P is the layer's parameters by name. Read reference.py next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .formulas import Array
from .layer_plan import LayerPlan, Tensor

Parameters = dict[str, Array]


@dataclass(frozen=True)
class Kind:
    name: str
    code: int
    tensors: Callable[[LayerPlan], tuple[Tensor, ...]]
    forward: Callable[[LayerPlan, Parameters, Array, bool], tuple[Array, Any]]  # (layer, P, x, learns) -> z, seen
    backward_inputs: Callable[[LayerPlan, Parameters, Array, Any, Array], Array]  # (layer, P, x, seen, d) -> dL/dx
    backward_parameters: Callable[[LayerPlan, Parameters, Array, Any, Array], Parameters]  # the same -> by name
    finish: Callable[[LayerPlan, Parameters, Any], Parameters] | None = None  # what else a step changes, by name
    formula: str = ""
    words: str = ""  # what a layer of it is called, with its article
    over: int | None = None  # of a normalization: the axis of its mean and variance, 0 for columns, 1 for rows

    @property
    def title(self) -> str:
        return self.words.partition(" ")[2]


def rows_meet(layers: Iterable[LayerPlan]) -> bool:
    """Whether the gradient of a row depends on the rows beside it: by the mean and variance of their columns."""
    return any(KINDS[layer.kind].over == 0 and layer.trainable for layer in layers)


# ---- dense: z = x W + b --------------------------------------------------------------------------


def dense_tensors(layer: LayerPlan) -> tuple[Tensor, ...]:
    W = Tensor("W", (layer.inputs, layer.outputs))
    return (W, Tensor("b", (layer.outputs,))) if layer.use_bias else (W,)


def dense_forward(layer: LayerPlan, P: Parameters, x: Array, learns: bool) -> tuple[Array, Any]:
    z = x @ P["W"]  # (B, I) (I, O) -> (B, O)
    return (z + P["b"] if layer.use_bias else z), None


def dense_backward_inputs(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Array:
    return d @ P["W"].T  # (B, O) (O, I) -> (B, I)


def dense_backward_parameters(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Parameters:
    gradient = {"W": x.T @ d}  # (I, B) (B, O) -> (I, O)
    if layer.use_bias:
        gradient["b"] = d.sum(axis=0)  # (B, O) -> (O,)
    return gradient


# ---- an activation alone: z = x -------------------------------------------------------------------


def no_tensors(layer: LayerPlan) -> tuple[Tensor, ...]:
    return ()


def activation_forward(layer: LayerPlan, P: Parameters, x: Array, learns: bool) -> tuple[Array, Any]:
    return x, None


def activation_backward_inputs(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Array:
    return d


def no_gradient(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Parameters:
    return {}


# ---- normalizations: z = gamma xhat + beta, xhat = (x - mean) / sqrt(variance + epsilon) -----------


@dataclass(frozen=True)
class Moments:
    """What a forward pass has found: (1, O) of the columns, or (B, 1) of the rows."""

    mean: Array
    variance: Array
    inverse: Array  # 1 / sqrt(variance + epsilon)
    of_batch: bool = True  # or else they are the moving statistics, which do not depend on x

    def xhat(self, x: Array) -> Array:
        return (x - self.mean) * self.inverse


def moments_of(mean: Array, variance: Array, layer: LayerPlan, of_batch: bool = True) -> Moments:
    real = variance.dtype.type
    return Moments(mean, variance, real(1) / np.sqrt(variance + real(layer.epsilon)), of_batch)


def norm_tensors(layer: LayerPlan) -> tuple[Tensor, ...]:
    shape, learned = (layer.outputs,), layer.trainable
    named = (("gamma", layer.scale), ("beta", layer.center))
    return tuple(Tensor(name, shape, learned) for name, there in named if there)


def batch_norm_tensors(layer: LayerPlan) -> tuple[Tensor, ...]:
    moving = (Tensor(name, (layer.outputs,), learned=False) for name in ("moving_mean", "moving_variance"))
    return (*norm_tensors(layer), *moving)


def scaled(P: Parameters, xhat: Array) -> Array:
    z = xhat * P["gamma"] if "gamma" in P else xhat
    return z + P["beta"] if "beta" in P else z


def batch_norm_forward(layer: LayerPlan, P: Parameters, x: Array, learns: bool) -> tuple[Array, Any]:
    """The batch's own mean and variance while training; the moving ones otherwise, or where not trainable."""
    if learns and layer.trainable:
        mean = x.mean(axis=0, keepdims=True)
        seen = moments_of(mean, ((x - mean) ** 2).mean(axis=0, keepdims=True), layer)
    else:
        seen = moments_of(P["moving_mean"][None], P["moving_variance"][None], layer, of_batch=False)
    return scaled(P, seen.xhat(x)), seen


def layer_norm_forward(layer: LayerPlan, P: Parameters, x: Array, learns: bool) -> tuple[Array, Any]:
    mean = x.mean(axis=1, keepdims=True)
    seen = moments_of(mean, ((x - mean) ** 2).mean(axis=1, keepdims=True), layer)
    return scaled(P, seen.xhat(x)), seen


def batch_norm_backward_inputs(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Array:
    """mean and variance depend on every row, so each row's d reaches all of them."""
    rest = d
    if seen.of_batch:
        xhat = seen.xhat(x)
        rest = d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)
    return scaled({"gamma": P["gamma"]} if "gamma" in P else {}, seen.inverse * rest)


def layer_norm_backward_inputs(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Array:
    g = d * P["gamma"] if "gamma" in P else d  # dL/dxhat
    xhat = seen.xhat(x)
    return seen.inverse * (g - g.mean(axis=1, keepdims=True) - xhat * (g * xhat).mean(axis=1, keepdims=True))


def norm_backward_parameters(layer: LayerPlan, P: Parameters, x: Array, seen: Any, d: Array) -> Parameters:
    gradient = {"gamma": (d * seen.xhat(x)).sum(axis=0), "beta": d.sum(axis=0)}
    return {name: gradient[name] for name in gradient if name in P and layer.trainable}


def batch_norm_finish(layer: LayerPlan, P: Parameters, seen: Any) -> Parameters:
    """The moving statistics go towards the batch's; the variance is the population's, as in Keras."""
    if not seen.of_batch:
        return {}
    real = seen.mean.dtype.type
    kept, rest = real(layer.momentum), real(1 - layer.momentum)
    return {
        "moving_mean": kept * P["moving_mean"] + rest * seen.mean[0],
        "moving_variance": kept * P["moving_variance"] + rest * seen.variance[0],
    }


_KINDS = (
    Kind(
        "dense", 0, dense_tensors, dense_forward, dense_backward_inputs, dense_backward_parameters,
        formula="z = x W + b", words="a Dense layer",
    ),
    Kind(
        "activation", 1, no_tensors, activation_forward, activation_backward_inputs, no_gradient, formula="z = x",
        words="an activation alone",
    ),
    Kind(
        "batch_norm", 2, batch_norm_tensors, batch_norm_forward, batch_norm_backward_inputs,
        norm_backward_parameters, batch_norm_finish,
        formula="z = gamma (x - mean) / sqrt(variance + epsilon) + beta, over the rows of the batch",
        words="a batch normalization", over=0,
    ),
    Kind(
        "layer_norm", 3, norm_tensors, layer_norm_forward, layer_norm_backward_inputs, norm_backward_parameters,
        formula="z = gamma (x - mean) / sqrt(variance + epsilon) + beta, over the columns of a row",
        words="a layer normalization", over=1,
    ),
)  # fmt: skip
KINDS: dict[str, Kind] = {row.name: row for row in _KINDS}
