"""Advice on layers: units that are all alike, dead or stuck, and gradients that get lost between layers.

Weights tell the first of these, one traced step the others; a layer's number is its place among the Dense layers, from
1, as a Trace prints it. Nothing here is about the course of a training. Read diagnosis.py for the order of asking.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..backend import Array
from .evidence import Evidence, name_of
from .finding import ERROR, WARNING, Finding

if TYPE_CHECKING:
    from .step_record import LayerTrace

FLAT = ("step", "sign")
# A unit is stuck at an end of its activation where the slope is below 4 % of the largest: tanh' = 1 - a^2 = 0.02 of 1
# at 0.99, sigmoid' = a (1 - a) = 0.01 of 1/4 at 0.99.
END = 0.99
STUCK = 0.8  # share of a layer's values at the ends; where two classes are learned well, a third to a half is usual
# Where a layer's weights are drawn evenly about 0, a unit is as likely to have a row below 0 as above: fewer than 1/2
# of its units are dead before training, and more than 3 standard deviations over that are no chance.
DEAD, DEVIATIONS = 0.5, 3.0
# Shrinking by 1/4 a layer (the slope of a sigmoid at its best) five times is 10^-3: such a layer learns a
# thousandth as fast. Up by the same factor, a rate that suits one layer throws another one off.
LOST = 1e-3
DEEP = 3  # layers; between two, a small gradient is that of a unit which has come to rest
FEW = 4  # rows, as XOR has; with fewer, a unit that does not answer says little


def alike(W: Array, b: Array) -> bool:
    """All units (two or more) have the same weights: they compute the same."""
    return W.shape[1] > 1 and bool((W[:, :1] == W).all() and (b == b[0]).all())


def symmetric_units(e: Evidence) -> Finding | None:
    return judge_weights(e.weights, e.dropout)


def judge_weights(weights: list[tuple[Array, Array]], dropout: bool) -> Finding | None:
    """Hidden layers only: an output layer may well begin with zeros, its targets tell its units apart."""
    for index, ((W, b), (after, _)) in enumerate(zip(weights, weights[1:], strict=False)):
        if not alike(W, b):
            continue
        number = "0" if not W.any() else f"{W[0, 0]:.4g}" if (W[0, 0] == W).all() else "equal from unit to unit"
        what = f"The weights of layer {index + 1} are all {number}: its {W.shape[1]} units compute the same"
        both = bool((after == after[:1]).all()) and not dropout
        what += " and, with equal weights behind them, always will." if both else "."
        advice = 'Begin with random weights that differ: kernel_initializer="glorot_uniform", or Uniform(eps).'
        return Finding("symmetric_units", ERROR if both else WARNING, what, advice)
    return None


# ---- one traced step ------------------------------------------------------------------------


def flat_activation(e: Evidence) -> Finding | None:
    """Of a network that has been trained: set by hand, steps in hidden layers compute any Boolean function."""
    names = [name_of(layer) for layer in e.dense[:-1]]
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
    """relu units that are 0 for each row: their gradient is 0, so they stay as they are. Of outputs, if all of them are
    and targets are not."""

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
    """Share of values at an end of a sigmoid or tanh."""
    a = layer.a.astype(np.float64)
    ends = np.abs(a) > END if layer.activation == "tanh" else (a > END) | (a < 1 - END)
    return float(ends.mean())


def saturated_units(e: Evidence) -> Finding | None:
    """In hidden layers, and not of a network that has learned its task: there it is a way to be sure."""
    if e.trained and (e.explained or 0.0) > 0.5:
        return None
    found = [layer for layer in hidden(e, "sigmoid", "hard_sigmoid", "tanh") if stuck_of(layer) > STUCK]
    if not found:
        return None
    numbers = _listed(found, lambda layer: f"{100 * stuck_of(layer):.0f}%")
    what = f"Values at the flat ends of their activation, where the slope is almost 0: {numbers}."
    advice = "Scale the inputs, begin with smaller weights, or take a smaller learning rate."
    return Finding("saturated_units", WARNING, what, advice)


def _deltas(e: Evidence) -> list[float]:
    """Typical dL/dz of each layer; empty if one is 0 (dead, flat or zero weights say so elsewhere) or no number."""
    if e.trace is None or e.targets is None:
        return []
    sizes = [float(np.sqrt(np.mean(layer.delta.astype(np.float64) ** 2))) for layer in e.trace.layers]
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
