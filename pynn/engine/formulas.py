"""The mathematics of one layer, as plain NumPy formulas; loss_formulas.py and update_formulas.py have the rest.

No network, no loop over layers, no names: tables.py gives these functions their names,
reference.py runs them. Every function works in the type of its arguments. Shapes: z, y, t, d
are (rows, units); y = act(z) is an activation or an output, t a target, d a derivative of
the loss.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any  # of float32 or float64: NumPy's annotations cannot say that the type is kept
SELU_ALPHA = 1.6732632423543772  # the two numbers that keep mean 0 and variance 1 in deep chains
SELU_SCALE = 1.0507009873554805


def stored(x: Array) -> Array:
    """What memory keeps: magnitudes below the smallest normal number are +0, and so is -0."""
    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, x.dtype.type(0), x)


# ---- elementary functions that NumPy lacks or that need care --------------------------------


def _each(function: Any, x: Array) -> Array:
    """A function of the math module on every element, in double precision."""
    return np.asarray(np.frompyfunc(function, 1, 1)(np.asarray(x, np.float64)), np.float64).astype(x.dtype)


def erf(x: Array) -> Array:
    return _each(math.erf, x)


def erfc(x: Array) -> Array:
    return _each(math.erfc, x)


def normcdf(x: Array) -> Array:
    """Probability of the standard normal distribution up to x: erfc(-x / sqrt 2) / 2.

    erfc(t) falls like exp(-t^2), so rounding t costs a relative error of up to x^2 u. The part of
    t that rounding dropped, e, is found exactly from halved digits and put back to first order:
    erfc(t + e) = erfc(t) - 2 / sqrt(pi) exp(-t^2) e.
    """
    a = -np.clip(np.asarray(x, np.float64), -40, 40)  # beyond, the answer is 0 or 1 in double
    c_high, c_low = float.fromhex("0x1.6a09e667f3bcdp-1"), float.fromhex("-0x1.bdd3413b26456p-55")  # sqrt(1/2)
    t = a * c_high
    a1, c1 = _upper_half(a), float(_upper_half(np.asarray(c_high)))
    a2, c2 = a - a1, c_high - c1
    e = ((a1 * c1 - t) + a1 * c2 + a2 * c1) + a2 * c2 + a * c_low
    value = 0.5 * (_each(math.erfc, t) - 2 / math.sqrt(math.pi) * np.exp(-t * t) * e)
    return value.astype(x.dtype)


def _upper_half(a: Array) -> Array:
    """The leading 26 bits of a double (Dekker's split), so that products of halves are exact."""
    shifted = a * 134217729.0
    return np.asarray(shifted - (shifted - a))


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softplus(z: Array) -> Array:
    """log(1 + e^z), without overflow."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


# ---- activations: forward(z, alpha), derivative(z, y, alpha) ---------------------------------
# The derivative is taken from the output y where that is possible: z need not be kept then.


def linear(z: Array, alpha: float) -> Array:
    return z


def linear_derivative(z: Array, y: Array, alpha: float) -> Array:
    return np.ones_like(y)


def step(z: Array, alpha: float) -> Array:
    """0 below, 1 above, alpha at 0."""
    return np.heaviside(z, z.dtype.type(alpha))  # NaN stays NaN


def sign(z: Array, alpha: float) -> Array:
    """-1 below, 1 above, alpha at 0."""
    return np.where(z == 0, z.dtype.type(alpha), np.sign(z))


def flat_derivative(z: Array, y: Array, alpha: float) -> Array:
    """Of step and sign: 0 on both sides of the jump, and by convention on it."""
    return np.zeros_like(y)


def sigmoid_forward(z: Array, alpha: float) -> Array:
    return sigmoid(z)


def sigmoid_derivative(z: Array, y: Array, alpha: float) -> Array:
    return y * (1 - y)


def hard_sigmoid(z: Array, alpha: float) -> Array:
    """A straight line of slope alpha through (0, 1/2), cut off at 0 and 1."""
    return np.maximum(0, np.minimum(1, alpha * z + 0.5))


def hard_sigmoid_derivative(z: Array, y: Array, alpha: float) -> Array:
    return np.where((y > 0) & (y < 1), y.dtype.type(alpha), y.dtype.type(0))


def tanh_forward(z: Array, alpha: float) -> Array:
    return np.tanh(z)


def tanh_derivative(z: Array, y: Array, alpha: float) -> Array:
    return 1 - y * y


def relu(z: Array, alpha: float) -> Array:
    return np.maximum(z, 0)  # NaN stays NaN


def relu_derivative(z: Array, y: Array, alpha: float) -> Array:
    """alpha at z = 0, which y = max(z, 0) does not tell from z < 0; with alpha 0 it need not."""
    z = z if alpha else y
    return np.where(z > 0, z.dtype.type(1), np.where(z == 0, z.dtype.type(alpha), z.dtype.type(0)))


def leaky_relu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z: Array, y: Array, alpha: float) -> Array:
    return np.where(y > 0, y.dtype.type(1), y.dtype.type(alpha))


def elu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(z))


def elu_derivative(z: Array, y: Array, alpha: float) -> Array:
    return np.where(y > 0, 1, y + alpha)  # alpha e^z = alpha (e^z - 1) + alpha


def selu(z: Array, alpha: float) -> Array:
    return SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(z))


def selu_derivative(z: Array, y: Array, alpha: float) -> Array:
    return np.where(y > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA).astype(y.dtype)


def gelu(z: Array, alpha: float) -> Array:
    return z * normcdf(z)


def gelu_derivative(z: Array, y: Array, alpha: float) -> Array:
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return normcdf(z) + z * density


def silu(z: Array, alpha: float) -> Array:
    return z * sigmoid(z)


def silu_derivative(z: Array, y: Array, alpha: float) -> Array:
    s = sigmoid(z)
    return s * (1 + z * (1 - s))


def softplus_forward(z: Array, alpha: float) -> Array:
    return softplus(z)


def softplus_derivative(z: Array, y: Array, alpha: float) -> Array:
    return sigmoid(z)


def exp_forward(z: Array, alpha: float) -> Array:
    return np.exp(z)


def exp_derivative(z: Array, y: Array, alpha: float) -> Array:
    return y


def mish(z: Array, alpha: float) -> Array:
    return z * np.tanh(softplus(z))


def mish_derivative(z: Array, y: Array, alpha: float) -> Array:
    t = np.tanh(softplus(z))
    return t + z * (1 - t * t) * sigmoid(z)


def softsign(z: Array, alpha: float) -> Array:
    return z / (1 + np.abs(z))


def softsign_derivative(z: Array, y: Array, alpha: float) -> Array:
    return (1 - np.abs(y)) ** 2  # 1 - |y| is 1 / (1 + |z|)


def relu6(z: Array, alpha: float) -> Array:
    return np.minimum(np.maximum(z, 0), 6)  # NaN stays NaN


def relu6_derivative(z: Array, y: Array, alpha: float) -> Array:
    return np.where((y > 0) & (y < 6), y.dtype.type(1), y.dtype.type(0))


def softmax(z: Array, alpha: float) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))  # the largest exponent is 0: no overflow
    return e / e.sum(axis=1, keepdims=True)


def softmax_derivative(z: Array, y: Array, alpha: float) -> Array:
    """The diagonal dy_j/dz_j, for looking at. Backward needs the whole matrix: softmax_backward."""
    return y * (1 - y)


def softmax_backward(d: Array, y: Array) -> Array:
    """dL/dz from d = dL/dy: the matrix dy_i/dz_j = y_i (delta_ij - y_j), multiplied out."""
    return y * (d - (d * y).sum(axis=1, keepdims=True))
