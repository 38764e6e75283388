"""The losses as plain NumPy formulas: value(y, t, delta) per row, gradient(y, t, delta) = d value / d y.

Where a loss is fused with the output's activation it goes by z: ..._from_z(z, t), and ..._by_z(y, t) = d value / d z.
Read formulas.py for shapes and for the activations; tables.py gives these functions their names.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from .formulas import Array, softplus

PROBABILITY_MIN = 1e-7  # cross-entropies look at probabilities between this and 1 - this
POISSON_SHIFT = 1e-7
# The loss's parameter delta, where it has one: a number, or one for each output.
Parameter: TypeAlias = float | tuple[float, ...]


def mse(y: Array, t: Array, delta: Parameter) -> Array:
    return ((y - t) ** 2).mean(axis=1)


def mse_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    return 2 * (y - t) / y.shape[1]


def half_mse(y: Array, t: Array, delta: Parameter) -> Array:
    return 0.5 * mse(y, t, delta)


def half_mse_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    return (y - t) / y.shape[1]


def mae(y: Array, t: Array, delta: Parameter) -> Array:
    return np.abs(y - t).mean(axis=1)


def mae_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    return np.sign(y - t) / y.shape[1]


def huber(y: Array, t: Array, delta: Parameter) -> Array:
    """Squares near the target, straight lines beyond delta."""
    e, end = np.abs(y - t), np.asarray(delta, y.dtype)
    return np.where(e <= end, 0.5 * e * e, end * (e - 0.5 * end)).mean(axis=1)


def huber_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    end = np.asarray(delta, y.dtype)
    return np.clip(y - t, -end, end) / y.shape[1]


def _quantile_slope(e: Array, delta: Parameter) -> Array:
    """-q below the target, 1 - q above it; 0 on it, where any number between the two would do."""
    q = np.asarray(delta, e.dtype)
    return np.where(e < 0, -q, np.where(e > 0, 1 - q, e))  # NaN stays NaN


def quantile(y: Array, t: Array, delta: Parameter) -> Array:
    """Too low costs q, too high 1 - q for each unit: least, on the average, at the quantile of level q = delta."""
    e = y - t
    return (_quantile_slope(e, delta) * e).mean(axis=1)


def quantile_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    return _quantile_slope(y - t, delta) / y.shape[1]


def poisson(y: Array, t: Array, delta: Parameter) -> Array:
    return (y - t * np.log(y + POISSON_SHIFT)).mean(axis=1)


def poisson_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    return (1 - t / (y + POISSON_SHIFT)) / y.shape[1]


def poisson_from_z(z: Array, t: Array) -> Array:
    """For y = e^z: y - t log y = e^z - t z."""
    return (np.exp(z) - t * z).mean(axis=1)


def poisson_by_z(y: Array, t: Array) -> Array:
    return (y - t) / y.shape[1]


def half_poisson_deviance(y: Array, t: Array, delta: Parameter) -> Array:
    """t log(t / y) - t + y: what poisson has beyond its least value, which is at y = t."""
    return (t * (np.log(t + POISSON_SHIFT) - np.log(y + POISSON_SHIFT)) + (y - t)).mean(axis=1)


def half_poisson_deviance_from_z(z: Array, t: Array) -> Array:
    """For y = e^z: t (log t - z) - t + e^z, where 0 log 0 is 0."""
    known = t > 0
    surprise = np.where(known, t * (np.log(np.where(known, t, 1)) - z), 0)
    return (surprise + (np.exp(z) - t)).mean(axis=1)


def _probability(y: Array) -> tuple[Array, Array]:
    """y moved into [1e-7, 1 - 1e-7], and where it was inside (elsewhere the gradient is 0)."""
    p = np.clip(y, PROBABILITY_MIN, 1 - PROBABILITY_MIN)
    return p, p == y


def binary_crossentropy(y: Array, t: Array, delta: Parameter) -> Array:
    p, _ = _probability(y)
    return -(t * np.log(p) + (1 - t) * np.log1p(-p)).mean(axis=1)


def binary_crossentropy_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    p, inside = _probability(y)
    return np.where(inside, (p - t) / (p * (1 - p)), 0) / y.shape[1]


def binary_crossentropy_from_z(z: Array, t: Array) -> Array:
    """For y = sigmoid(z): -log y = softplus(-z) and -log(1 - y) = softplus(z), so softplus(z) - t z."""
    return (softplus(z) - t * z).mean(axis=1)


def binary_crossentropy_by_z(y: Array, t: Array) -> Array:
    return (y - t) / y.shape[1]


def categorical_crossentropy(y: Array, t: Array, delta: Parameter) -> Array:
    p, _ = _probability(y)
    return -(t * np.log(p)).sum(axis=1)


def categorical_crossentropy_gradient(y: Array, t: Array, delta: Parameter) -> Array:
    p, inside = _probability(y)
    return np.where(inside, -t / p, 0)


def categorical_crossentropy_from_z(z: Array, t: Array) -> Array:
    """For y = softmax(z): -log y_j = log(sum e^z) - z_j."""
    z = z - z.max(axis=1, keepdims=True)
    surprise = np.log(np.exp(z).sum(axis=1, keepdims=True)) - z
    return np.where(t == 0, 0, t * surprise).sum(axis=1)  # what cannot happen may surprise without end


def categorical_crossentropy_by_z(y: Array, t: Array) -> Array:
    return y * t.sum(axis=1, keepdims=True) - t  # y - t where the targets of a row add up to 1


def perceptron(y: Array, t: Array, delta: Parameter) -> Array:
    return np.abs(y - t).mean(axis=1)


def perceptron_by_z(y: Array, t: Array) -> Array:
    """Not a derivative: the perceptron's rule w += rate * (t - y) * x, put in the gradient's place."""
    return y - t


def smooth_binary(t: Array, s: float) -> Array:
    return t * (1 - s) + s / 2


def smooth_categorical(t: Array, s: float) -> Array:
    return t * (1 - s) + s / t.shape[1]
