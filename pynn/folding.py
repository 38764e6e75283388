"""Batch normalization folded into its neighbours' weights: a smaller network with the same predictions.

At predict a batch normalization is x * s + t with s = gamma / sqrt(moving variance + epsilon) and
t = beta - moving mean * s, fixed numbers for each feature. A layer before it that ends in a linear map takes them up:
(x W + b) s + t = x (W s) + (b s + t). So does a Dense layer after it: (x s + t) W + b = x (s W) + (b + t W). Computed
in float64 and rounded once. Only where asked for: the results differ from the network's by roundings. Nothing here
changes the network that is given. Read layers.py for what a Stack is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum

import numpy as np

from .activations import Activation as Function
from .backend import Array, Floats
from .engine.plan import Plan
from .layers import Activation, BatchNormalization, Dense, Layer, LayerNormalization, Stack

FARTHEST = 32.0  # moving mean in standard deviations: five bits are lost at most


@dataclass(frozen=True)
class Part:
    """A layer that computes, the function it ends with, and its weights by name."""

    layer: Layer
    end: Function
    weights: dict[str, Floats]

    @property
    def is_linear(self) -> bool:
        return self.end.name == "linear"


def fold(stack: Stack, plan: Plan, params: Array) -> tuple[list[Layer], list[Floats]]:
    """The layers of the network for prediction, without Dropout and penalties, and its weights."""
    folded: list[Part] = []
    for part in _parts(stack, plan, params):
        last = folded[-1] if folded else None
        if isinstance(part.layer, BatchNormalization) and last and _ends_in_a_map(last):
            folded[-1] = _with_next(last, part)
        elif isinstance(part.layer, Dense) and last and _may_be_left_out(last):
            folded[-1] = _with_last(part, last)
        else:
            folded.append(part)
    layers = [layer for part in folded for layer in _described(part)]
    return [*stack.affine, *layers], [array for part in folded for array in part.weights.values()]


def _parts(stack: Stack, plan: Plan, params: Array) -> list[Part]:
    flat = params.astype(np.float64)
    return [
        Part(layer, Function(known.activation, known.alpha), known.values(flat))
        for layer, known in zip(stack.parts, plan.layers, strict=True)
    ]


def _ends_in_a_map(part: Part) -> bool:
    return part.is_linear and not isinstance(part.layer, Activation)


def _may_be_left_out(part: Part) -> bool:
    """Whether a Dense layer may take up what this one does. Not if it normalizes numbers far from 0 and close together:
    x - moving mean keeps their last bits, and x (s W) - moving mean (s W) would lose them."""
    if not (part.is_linear and isinstance(part.layer, BatchNormalization)):
        return False
    P = part.weights
    spread = np.sqrt(P["moving_variance"] + part.layer.epsilon)
    return bool((np.abs(P["moving_mean"]) <= FARTHEST * spread).all())


def _scale_and_shift(part: Part) -> tuple[Floats, Floats]:
    norm = part.layer
    assert isinstance(norm, BatchNormalization)
    P = part.weights
    s = P.get("gamma", 1.0) / np.sqrt(P["moving_variance"] + norm.epsilon)
    return s, P.get("beta", 0.0) - P["moving_mean"] * s


def _with_next(part: Part, norm: Part) -> Part:
    """`part` with the normalization that follows it."""
    s, t = _scale_and_shift(norm)
    P = part.weights
    if isinstance(part.layer, Dense):
        weights = {"W": P["W"] * s, "b": P.get("b", 0.0) * s + t}  # (I, O) (O,)
        return Part(replace(part.layer, use_bias=True), norm.end, weights)
    assert isinstance(part.layer, (BatchNormalization, LayerNormalization))
    weights = P | {"gamma": P.get("gamma", 1.0) * s, "beta": P.get("beta", 0.0) * s + t}
    names = [name for name in ("gamma", "beta", "moving_mean", "moving_variance") if name in weights]
    layer = replace(part.layer, center=True, scale=True)
    return Part(layer, norm.end, {name: weights[name] for name in names})


def _with_last(part: Part, norm: Part) -> Part:
    """The Dense layer `part` with the normalization before it. Exact sums: the same on every machine."""
    s, t = _scale_and_shift(norm)
    P = part.weights
    assert isinstance(part.layer, Dense)
    shift = np.array([fsum(column) for column in (t[:, None] * P["W"]).T])  # t W: (I,) (I, O) -> (O,)
    weights = {"W": s[:, None] * P["W"], "b": P.get("b", 0.0) + shift}
    return Part(replace(part.layer, use_bias=True), part.end, weights)


def _described(part: Part) -> list[Layer]:
    """The part as layers of a description."""
    if isinstance(part.layer, Dense):
        return [Dense(part.layer.units, part.end, use_bias=part.layer.use_bias)]
    if isinstance(part.layer, Activation):
        return [part.layer]
    return [part.layer] if part.is_linear else [part.layer, Activation(part.end)]
