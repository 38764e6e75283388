"""Checks of the data for a diagnosis: the scale of inputs, the range of targets. One function for each finding.

Inputs are checked as the first Dense layer gets them, after Rescaling and Normalization. The course of the training is
not used here: read advice_training.py for that, diagnosis.py for the order of the checks, finding.py for a Finding.
"""

from __future__ import annotations

import math

import numpy as np

from ..activations import Activation
from ..backend import Array, Floats
from ..losses import complaint
from .evidence import Evidence
from .finding import ERROR, NOTE, WARNING, Finding

# Thresholds for the size (root mean square) of an input. Inputs in [0, 1] or [-1, 1] have sizes below 1, z-scores have
# size 1; with initial weights of the usual size, z then has size 1, too. At z = 3 a tanh has lost 99 % of its slope, at
# z = 10 its slope is 0 in float32.
LARGE, DOUBTFUL = 10.0, 3.0
SMALL = 0.01  # below this size the inputs make up less than a hundredth of z, and a layer hardly depends on them
UNEVEN = 1000.0  # ratio of ranges. Bytes have ratios up to 255 : 1 (a pixel that is at most 1, another one up to 255)
TARGETS = 100.0  # size of targets. Initial outputs have size 1: (1 / 100)^2 of the first mse, the rest is the targets
ROUNDING = 1e-6  # a range below this share of the largest magnitude is rounding in float32 (u = 6e-8, some operations)
LOWEST = {"gelu": -0.17, "silu": -0.2785, "selu": -1.7581, "mish": -0.3089}  # the functions' minima, rounded down
UPWARDS = ("relu", "softplus", "exp")
SCALE = "Put Normalization() first (mean 0, spread 1, learned by the first fit), or Rescaling(1/255) for bytes"


def not_finite(e: Evidence) -> Finding | None:
    if not e.broken:
        return None
    return Finding("not_finite", ERROR, f"{e.broken}.", "fit refuses such rows: drop them, or fill in what is missing.")


def unscaled_inputs(e: Evidence) -> Finding | None:
    return None if e.trace is None else judge_inputs(e.trace.layers[0].x)


def judge_inputs(seen: Array) -> Finding | None:
    """`seen` (B, I): inputs as the first Dense layer gets them. Also called while fitting, for a few rows."""
    x = seen.astype(np.float64)
    size = np.sqrt(np.mean(x * x, axis=0))
    worst = int(size.argmax())
    largest, many = float(size[worst]), int((size > DOUBTFUL).sum())
    span = f"input {worst} goes from {x[:, worst].min():.4g} to {x[:, worst].max():.4g}"
    if largest > DOUBTFUL:
        what = f"{many} of {len(size)} inputs are far from unit scale: {span} where the network sees it."
        return Finding("unscaled_inputs", WARNING if largest > LARGE else NOTE, what, f"{SCALE}.")
    if 0 < largest < SMALL:
        what = f"All inputs are close to 0 for the network: the largest, {span}."
        return Finding("unscaled_inputs", WARNING, what, f"{SCALE}; look whether they are scaled twice.")
    return _uneven(x)


def _uneven(x: Floats) -> Finding | None:
    reach = x.max(axis=0) - x.min(axis=0)
    varied = reach[reach > ROUNDING * np.abs(x).max(axis=0)]
    if not len(varied) or varied.max() <= UNEVEN * varied.min():
        return None
    what = f"One input varies by {varied.max():.3g}, another by {varied.min():.3g}: the network hardly sees the latter."
    return Finding("unscaled_inputs", WARNING, what, "Put Normalization() first: it gives each input the spread 1.")


def constant_inputs(e: Evidence) -> Finding | None:
    if e.trace is None or len(x := e.trace.layers[0].x) < 2:
        return None
    same = np.flatnonzero((x == x[0]).all(axis=0))
    if len(same) == x.shape[1]:
        what = f"All {len(x)} rows of x are equal: there is nothing that could tell them apart."
        return Finding("constant_inputs", ERROR, what, "Look at how x was made.")
    if not len(same):
        return None
    what = f"{len(same)} of {x.shape[1]} inputs are the same in all {len(x)} rows looked at, input {same[0]} first."
    return Finding("constant_inputs", NOTE, what, "They tell nothing and may go; at the border of images it is usual.")


# ---- targets ---------------------------------------------------------------------------------


def output_activation(e: Evidence) -> Finding | None:
    """Whether activation and loss of the output belong together, as in the lectures' table: linear with mse for a
    regression, sigmoid with binary, softmax with categorical cross-entropy for two or more classes."""
    if not (words := complaint(e.loss, Activation(e.plans[-1].activation, e.plans[-1].alpha))):
        return None
    advice = "Take the pair that fits: linear with mse, sigmoid with binary_crossentropy, softmax with "
    return Finding("output_activation", ERROR, f"{words}.", f"{advice}categorical_crossentropy.")


def bounds(activation: str, alpha: float = 1.0) -> tuple[float, float]:
    """The range of an output. Limits that are only approached, such as a sigmoid's 0 and 1, belong to it."""
    if activation in ("sigmoid", "hard_sigmoid", "softmax", "step"):
        return 0.0, 1.0
    if activation in ("tanh", "sign", "softsign"):
        return -1.0, 1.0
    if activation == "relu6":
        return 0.0, 6.0
    if activation in UPWARDS:
        return 0.0, math.inf
    return -alpha if activation == "elu" else LOWEST.get(activation, -math.inf), math.inf


def target_range(e: Evidence) -> Finding | None:
    if e.targets is None or e.loss.name == "perceptron":
        return None
    low, high = bounds(e.activation, e.plans[-1].alpha)
    least, most = float(e.targets.min()), float(e.targets.max())
    if least >= low and most <= high:
        return None
    can = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
    what = f"Targets go from {least:.4g} to {most:.4g}; a {e.activation} output gives numbers {can}."
    return Finding(
        "target_range", ERROR, what, 'Take Dense(n, "linear") at the end (regression), or scale the targets.'
    )


def unscaled_targets(e: Evidence) -> Finding | None:
    if e.targets is None:
        return None
    size = np.sqrt(np.mean(e.targets**2, axis=0))
    if size.max() <= TARGETS:
        return None
    column = int(size.argmax())
    what = f"Targets are of size {size[column]:.4g} (output {column}); first answers are of size 1."
    advice = "Train on (y - y.mean()) / y.std() and undo that after predict: errors and steps are then of size 1, too."
    return Finding("unscaled_targets", WARNING, what, advice)


def one_hot_sigmoid(e: Evidence) -> Finding | None:
    if e.targets is None or e.targets.shape[1] < 2 or e.activation not in ("sigmoid", "hard_sigmoid"):
        return None
    if not (np.isin(e.targets, (0, 1)).all() and (e.targets.sum(axis=1) == 1).all()):
        return None
    what = f"Each row of y has exactly one 1, and the {e.targets.shape[1]} sigmoid outputs answer independently."
    advice = "If just one class is right, take softmax with categorical_crossentropy: its outputs add up to 1."
    return Finding("one_hot_sigmoid", NOTE, what, advice)
