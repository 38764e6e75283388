"""How far rounding may carry what a kind of layer computes: a row for each kind, like pynn/engine/kinds.py.

A row has the bound beside each formula of the kind: from errors of x to those of z, from those of d = dL/dz to those
of dL/dx and of the gradient. Shapes and names are those of kinds.py; an E is an array of |computed - exact|, and
where it has a name, that of x is x_error. The exact values are the reference's in float64. What holds for all kinds,
activations, losses and updates, is in rounding_bounds.py: read its first lines before this. A fourth kind is a row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pynn.engine.kinds import KINDS


class TooClose(Exception):
    """A kink, a cut-off or a pole is within the error bound: the example decides nothing."""


@dataclass(frozen=True)
class Rounding:
    """Of the storage type, and of the standard, which rounds, too."""

    u: float
    tiny: float  # what storing may drop

    def gamma(self, n):
        return n * self.u / (1 - n * self.u)

    def product(self, x, x_error, y, y_error, roundings=1):
        """E of x y, from those of its factors: what they are off by, and roundings of the result."""
        x, y = np.abs(x), np.abs(y)
        return x_error * y + (x + x_error) * y_error + self.gamma(roundings) * (x + x_error) * (y + y_error)

    def mean(self, x, x_error, axis, roundings=0):
        """E of a mean: n - 1 additions and a division, and what each term has been rounded before."""
        n = x.shape[axis]
        sizes = (np.abs(x) + x_error).mean(axis=axis, keepdims=True)
        return x_error.mean(axis=axis, keepdims=True) + self.gamma(n + roundings) * sizes


@dataclass(frozen=True)
class KindBound:
    """r is a Rounding, p the reference's Pass of the layer, P its parameters by name."""

    forward: Callable[..., tuple[Any, Any]]  # (r, p, P, x_error) -> E of z, and what is known from then on
    backward_inputs: Callable[..., Any]  # (r, p, P, known, d, d_error) -> E of dL/dx
    backward_parameters: Callable[..., dict[str, Any]]  # the same -> E of the gradient, by name
    finish: Callable[..., dict[str, Any]] | None = None  # (r, p, P, known) -> E of what else a step changes


# ---- dense: z = x W + b, chains of I + 1, B and O terms -------------------------------------------


def dense_forward(r, p, P, x_error):
    W = np.abs(P["W"])
    sizes = (np.abs(p.inputs) + x_error) @ W + (np.abs(P["b"]) if "b" in P else 0)
    return x_error @ W + r.gamma(p.layer.inputs + 2) * sizes, x_error


def dense_backward_inputs(r, p, P, x_error, d, d_error):
    W = np.abs(P["W"])
    return d_error @ W.T + r.gamma(p.layer.outputs + 2) * ((np.abs(d) + d_error) @ W.T)


def dense_backward_parameters(r, p, P, x_error, d, d_error):
    x, d = np.abs(p.inputs), np.abs(d)
    sizes = (x + x_error).T @ (d + d_error)  # (I, B) (B, O)
    W = x.T @ d_error + x_error.T @ (d + d_error) + r.gamma(len(x) + 2) * sizes
    b = d_error.sum(axis=0) + r.gamma(len(x)) * (d + d_error).sum(axis=0)
    return {"W": W, "b": b} if "b" in P else {"W": W}


# ---- an activation alone: z = x, a copy -----------------------------------------------------------


def activation_forward(r, p, P, x_error):
    return x_error, None


def activation_backward_inputs(r, p, P, known, d, d_error):
    return d_error


def no_gradient(r, p, P, known, d, d_error):
    return {}


# ---- normalizations: z = gamma xhat + beta, xhat = (x - mean) s, s = 1 / sqrt(variance + epsilon) --
# `axis` is the one that means are taken over: 0, rows, in batch and 1, columns, in layer normalization.


@dataclass(frozen=True)
class NormErrors:
    """xhat, and E of what stands in kinds.Moments."""

    mean: Any
    variance: Any
    inverse: Any
    xhat: Any
    xhat_error: Any


def inverse_error(r, seen, variance_error, epsilon):
    """1 / sqrt(w) falls with w, so it is farthest off at w's lower end; then a root and a division round."""
    w = seen.variance + epsilon
    w_error = variance_error + 2 * r.u * (w + variance_error)  # epsilon's own rounding, and the sum's
    if (w_error >= w).any():
        raise TooClose
    high = 1 / np.sqrt(w - w_error)
    return high - seen.inverse + r.gamma(2) * high


def norm_forward(r, p, P, x_error, axis):
    x, seen = p.inputs, p.seen
    centred = x - seen.mean
    mean = variance = np.zeros_like(seen.mean)  # moving statistics are parameters, and exact
    if seen.of_batch:
        mean = r.mean(x, x_error, axis)
    centred_error = x_error + mean + r.u * (np.abs(centred) + x_error + mean)
    if seen.of_batch:  # a square is rounded before it is added
        squares_error = (2 * np.abs(centred) + centred_error) * centred_error
        variance = r.mean(centred**2, squares_error, axis, 1)
    inverse = inverse_error(r, seen, variance, p.layer.epsilon)
    xhat, xhat_error = seen.xhat(x), r.product(centred, centred_error, seen.inverse, inverse)
    gamma, beta = np.abs(P.get("gamma", 1.0)), np.abs(P.get("beta", 0.0))
    z_error = gamma * xhat_error + r.gamma(2) * (gamma * (np.abs(xhat) + xhat_error) + beta)
    return z_error, NormErrors(mean, variance, inverse, xhat, xhat_error)


def norm_backward_inputs(r, p, P, known, d, d_error, axis):
    """s (g - mean g - xhat mean(g xhat)), g = gamma d. By columns gamma comes last instead: one rounding, as here."""
    gamma, seen, xhat = P.get("gamma", 1.0), p.seen, known.xhat
    g, g_error = gamma * d, np.abs(gamma) * d_error + r.u * np.abs(gamma) * (np.abs(d) + d_error)
    if not seen.of_batch:
        return r.product(g, g_error, seen.inverse, known.inverse, 2)
    gx, gx_error = g * xhat, r.product(g, g_error, xhat, known.xhat_error, 0)
    mean_g, mean_g_error = g.mean(axis=axis, keepdims=True), r.mean(g, g_error, axis)
    mean_gx, mean_gx_error = gx.mean(axis=axis, keepdims=True), r.mean(gx, gx_error, axis, 1)
    taken, taken_error = xhat * mean_gx, r.product(xhat, known.xhat_error, mean_gx, mean_gx_error)
    rest, rest_error = g - mean_g - taken, g_error + mean_g_error + taken_error
    sizes = np.abs(g) + np.abs(mean_g) + np.abs(taken) + rest_error
    return r.product(rest, rest_error + r.gamma(2) * sizes, seen.inverse, known.inverse, 2)


def norm_backward_parameters(r, p, P, known, d, d_error):
    if not p.layer.trainable:
        return {}
    n, size = len(d), np.abs(d) + d_error
    dx_error = r.product(d, d_error, known.xhat, known.xhat_error, 0)
    sums = {
        "gamma": dx_error.sum(axis=0) + r.gamma(n + 1) * (size * (np.abs(known.xhat) + known.xhat_error)).sum(axis=0),
        "beta": d_error.sum(axis=0) + r.gamma(n) * size.sum(axis=0),
    }
    return {name: error for name, error in sums.items() if name in P}


def batch_norm_finish(r, p, P, known):
    """kept * moving + (1 - kept) * the batch's: factors, products and the sum round."""
    if not p.seen.of_batch:
        return {}
    kept, rest = p.layer.momentum, 1 - p.layer.momentum
    errors = {}
    for name, new, error in (
        ("moving_mean", p.seen.mean[0], known.mean[0]),
        ("moving_variance", p.seen.variance[0], known.variance[0]),
    ):
        sizes = kept * np.abs(P[name]) + rest * (np.abs(new) + error)
        errors[name] = rest * error + r.gamma(3) * sizes + r.tiny
    return errors


BOUNDS = {
    "dense": KindBound(dense_forward, dense_backward_inputs, dense_backward_parameters),
    "activation": KindBound(activation_forward, activation_backward_inputs, no_gradient),
    "batch_norm": KindBound(
        partial(norm_forward, axis=0),
        partial(norm_backward_inputs, axis=0),
        norm_backward_parameters,
        batch_norm_finish,
    ),
    "layer_norm": KindBound(
        partial(norm_forward, axis=1), partial(norm_backward_inputs, axis=1), norm_backward_parameters
    ),
}


def gradient_by_inputs(p, P, d):
    """dL/dx itself."""
    return KINDS[p.layer.kind].backward_inputs(p.layer, P, p.inputs, p.seen, d)
