"""Checks of layers for a diagnosis: units with equal weights, dead and saturated units, vanishing gradients.

Equal weights are found from the weights, the others from one traced step. A layer's number is its place among the
layers that compute, from 1, as a Trace prints it. The loss curve is not used: read advice_training.py for that, and
diagnosis.py for the order of the checks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..backend import Array
from .evidence import Evidence, Weights
from .finding import ERROR, WARNING, Finding

if TYPE_CHECKING:
    from .step_record import LayerTrace

FLAT = ("step", "sign")
# A value is saturated where the activation's slope is below 4 % of its largest: at a = 0.99 tanh' = 1 - a^2 = 0.02 (of
# 1), sigmoid' = a (1 - a) = 0.01 (of 1/4).
END = 0.99
STUCK = 0.8  # share of a layer's values that are saturated; with two well learned classes a third to a half is usual
LEARNED = 0.5  # share of variance explained: saturated units of a network that has learned its task are no problem
# With weights drawn symmetrically about 0, z of a row is negative as often as positive. So fewer than half of the units
# are dead (negative for all rows) before training, and 3 standard deviations more than half are not chance.
DEAD, DEVIATIONS = 0.5, 3.0
# A gradient that shrinks by 1/4 in each layer (the largest slope of a sigmoid) shrinks to 10^-3 in five layers, and the
# first of them learns a thousandth as fast. Growing by the same factor: no learning rate suits both layers.
LOST = 1e-3
DEEP = 3  # layers at least; in a network of two, a small gradient in one of them usually means that it has converged
FEW = 4  # rows at least, as XOR has; with fewer, a unit is 0 for all of them by chance


def alike(W: Array, b: Array) -> bool:
    """Whether all units (two or more) have the same weights, and so compute the same."""
    return W.shape[1] > 1 and bool((W[:, :1] == W).all() and (b == b[0]).all())


def symmetric_units(e: Evidence) -> Finding | None:
    return judge_weights(e.weights, e.dropout)


def judge_weights(weights: list[Weights], dropout: bool) -> Finding | None:
    """Units with equal weights in hidden layers. An output layer may start with zeros: its units have different
    targets, and so different gradients."""
    for here, after in zip(weights, weights[1:], strict=False):
        W = here.W
        if not (alike(W, here.b) and here.even):
            continue
        number = "0" if not W.any() else f"{W[0, 0]:.4g}" if (W[0, 0] == W).all() else "equal from unit to unit"
        what = f"The weights of layer {here.layer + 1} are all {number}: its {W.shape[1]} units compute the same"
        both = bool((after.W[:1] == after.W).all()) and not dropout
        what += " and, with equal weights behind them, always will." if both else "."
        advice = 'Begin with random weights that differ: kernel_initializer="glorot_uniform", or Uniform(eps).'
        return Finding("symmetric_units", ERROR if both else WARNING, what, advice)
    return None


# ---- one traced step ------------------------------------------------------------------------


def flat_activation(e: Evidence) -> Finding | None:
    """Hidden layers with derivative 0. Only in a network that has been trained: with weights set by hand, hidden layers
    of step functions compute any Boolean function."""
    names = [plan.activation for plan in e.plans[:-1]]
    place = next((i for i, name in enumerate(names) if name in FLAT), None)
    if place is None or not e.trained:
        return None
    what = (
        f"Layer {place + 1} is a {names[place]}, whose derivative is 0: no layer up to it gets a gradient, none learns."
    )
    return Finding("flat_activation", ERROR, what, 'Take another one for hidden layers: "sigmoid", "tanh" or "relu".')


def hidden(e: Evidence, *names: str) -> list[LayerTrace]:
    return [] if e.trace is None else [layer for layer in e.trace.layers[:-1] if layer.activation in names]


def _listed(layers: list[LayerTrace], share: Callable[[LayerTrace], str]) -> str:
    return "; ".join(f"in layer {layer.index + 1} ({layer.activation}) {share(layer)}" for layer in layers)


def dead_of(layer: LayerTrace) -> int:
    return int((layer.a == 0).all(axis=0).sum())


def dead_units(e: Evidence) -> Finding | None:
    """relu units that are 0 for each row: their gradient is 0, so they never change. Also of an output layer, if all of
    its units are dead and the targets are not all 0."""

    def too_many(layer: LayerTrace) -> bool:
        units, dead = layer.a.shape[1], dead_of(layer)
        return dead == units or bool(dead > DEAD * units + DEVIATIONS * math.sqrt(DEAD * (1 - DEAD) * units))

    found = [layer for layer in hidden(e, "relu") if len(layer.a) >= FEW and too_many(layer)]
    if e.trace is not None and e.targets is not None and e.targets.any() and e.activation == "relu":
        found += [last for last in e.trace.layers[-1:] if len(last.a) >= FEW and dead_of(last) == last.a.shape[1]]
    if not found:
        return None
    all_dead = any(dead_of(layer) == layer.a.shape[1] for layer in found)
    numbers = _listed(found, lambda layer: f"{dead_of(layer)} of {layer.a.shape[1]} units")
    what = f"relu units that are 0 for each of the {len(found[0].a)} rows looked at, and so learn nothing: {numbers}."
    advice = 'Begin anew: scaled inputs, a smaller learning rate, kernel_initializer="he_uniform"; or "leaky_relu".'
    return Finding("dead_units", ERROR if all_dead else WARNING, what, advice)


def stuck_of(layer: LayerTrace) -> float:
    """The share of saturated values of a sigmoid or tanh layer."""
    a = layer.a.astype(np.float64)
    ends = np.abs(a) > END if layer.activation == "tanh" else (a > END) | (a < 1 - END)
    return float(ends.mean())


def saturated_units(e: Evidence) -> Finding | None:
    """Saturated hidden units. Not of a network that has learned its task, where large |z| result from training."""
    if e.trained and (e.explained or 0.0) > LEARNED:
        return None
    found = [layer for layer in hidden(e, "sigmoid", "hard_sigmoid", "tanh") if stuck_of(layer) > STUCK]
    if not found:
        return None
    numbers = _listed(found, lambda layer: f"{100 * stuck_of(layer):.0f}%")
    what = f"Values at the flat ends of their activation, where the slope is almost 0: {numbers}."
    advice = "Scale the inputs, begin with smaller weights, or take a smaller learning rate."
    return Finding("saturated_units", WARNING, what, advice)


def _deltas(e: Evidence) -> list[float]:
    """The size (root mean square) of dL/dz in each layer; empty if one is 0 (other checks find why) or not finite."""
    if e.trace is None or e.targets is None:
        return []
    dense = [layer for layer in e.trace.layers if layer.kind == "dense"]
    sizes = [float(np.sqrt(np.mean(layer.delta.astype(np.float64) ** 2))) for layer in dense]
    return sizes if all(0 < size < math.inf for size in sizes) else []


def vanishing_gradient(e: Evidence) -> Finding | None:
    sizes = _deltas(e)
    if len(sizes) < DEEP or sizes[0] >= LOST * sizes[-1]:
        return None
    what = f"The gradient shrinks from {sizes[-1]:.2g} at the last layer to {sizes[0]:.2g} at the first (mean dL/dz)."
    advice = 'Take "relu" or "tanh" for hidden layers, fewer of them, or kernel_initializer="he_uniform" with relu.'
    return Finding("vanishing_gradient", WARNING, what, advice)


def exploding_gradient(e: Evidence) -> Finding | None:
    sizes = _deltas(e)
    if len(sizes) < DEEP or sizes[0] * LOST <= sizes[-1]:
        return None
    what = f"The gradient grows from {sizes[-1]:.2g} at the last layer to {sizes[0]:.2g} at the first (mean dL/dz)."
    advice = "Begin with smaller weights (glorot, he), or clip: SGD(0.01, global_clipnorm=1.0)."
    return Finding("exploding_gradient", WARNING, what, advice)
