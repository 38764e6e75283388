"""Weight initializers: each computes the initial values of one array, in float64, from random numbers.

The random numbers are a function of (seed, layer) and do not depend on earlier draws; the values are rounded to the
network's type once. Names and numbers are Keras'; docs/initializers.md has a table of them. Read engine/philox.py for
the random numbers, orthogonal.py for Orthogonal's matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .arguments import choice, real
from .backend import Floats
from .orthogonal import orthonormal_columns

__all__ = [
    "Constant",
    "Draw",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Normal",
    "Ones",
    "Orthogonal",
    "TruncatedNormal",
    "Uniform",
    "VarianceScaling",
    "Zeros",
]


@dataclass(frozen=True)
class Draw:
    """The random numbers for one array: uniform(n) and normal(n) give n of them, the same at each call."""

    uniform: Callable[[int], Floats]  # [0, 1)
    normal: Callable[[int], Floats]
    more_normal: Callable[[int, int], Floats]  # (round, n): others, for each round 1, 2, ...

    def truncated_normal(self, n: int) -> Floats:
        """Standard normal numbers of -2 to 2: what lies outside is drawn again, in rounds, until nothing does.

        In round k the numbers still open take those of more_normal(k, ...), in their order. An element depends on
        those before it alone, so n does not show; one in 22 is open after a round, so rounds are few.
        """
        values = self.normal(n)
        still_open = np.flatnonzero((values < -2.0) | (values > 2.0))
        k = 1
        while still_open.size:
            again = self.more_normal(k, still_open.size)
            values[still_open] = again
            still_open = still_open[(again < -2.0) | (again > 2.0)]
            k += 1
        return values


class Initializer:
    """`values(inputs, outputs, n, draw)` returns the n float64 values of W or b of a layer of this shape."""

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        raise NotImplementedError


@dataclass(frozen=True)
class Zeros(Initializer):
    """All zero: for biases. Not for the weights of hidden layers, whose units would all stay equal."""

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return np.zeros(n)


@dataclass(frozen=True)
class Ones(Initializer):
    """All one."""

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return np.ones(n)


@dataclass(frozen=True)
class Constant(Initializer):
    value: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", real("value", self.value))

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return np.full(n, self.value)


@dataclass(frozen=True)
class Uniform(Initializer):
    """Uniform in [mean - eps, mean + eps)."""

    eps: float = 0.05
    mean: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "eps", real("eps", self.eps, 0))
        object.__setattr__(self, "mean", real("mean", self.mean))

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return moved(spread_evenly(draw.uniform(n), self.eps), self.mean)


@dataclass(frozen=True)
class Normal(Initializer):
    stddev: float = 0.05
    mean: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "stddev", real("stddev", self.stddev, 0))
        object.__setattr__(self, "mean", real("mean", self.mean))

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return moved(draw.normal(n), self.mean, self.stddev)


@dataclass(frozen=True)
class TruncatedNormal(Normal):
    """Normal, but what is farther than 2 stddev from the mean is drawn again: so values spread by 0.88 stddev."""

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return moved(draw.truncated_normal(n), self.mean, self.stddev)


def spread_evenly(u: Floats, limit: float) -> Floats:
    """(2u - 1) * limit, in place: 2u - 1 is exact, so only the product is rounded."""
    u *= 2.0
    u -= 1.0
    u *= limit
    return u


def moved(values: Floats, mean: float, stddev: float = 1.0) -> Floats:
    """stddev * values + mean, in place."""
    if stddev != 1.0:
        values *= stddev
    if mean:
        values += mean
    return values


MODES: dict[str, Callable[[int, int], float]] = {
    "fan_in": lambda inputs, outputs: float(inputs),
    "fan_out": lambda inputs, outputs: float(outputs),
    "fan_avg": lambda inputs, outputs: (inputs + outputs) / 2,
}
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
TRUNCATED_SPREAD = 0.87962566103423978  # the standard deviation of a normal distribution cut off at -2 and 2


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Mean 0 and variance scale / fan: fan is the inputs, the outputs, or their mean (mode)."""

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"  # "normal" is the same

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", real("scale", self.scale, 0, above=True))
        choice("mode", self.mode, MODES)
        if self.distribution == "normal":
            object.__setattr__(self, "distribution", "truncated_normal")
        choice("distribution", self.distribution, DISTRIBUTIONS)

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        variance = self.scale / MODES[self.mode](inputs, outputs)
        if self.distribution == "uniform":
            return spread_evenly(draw.uniform(n), math.sqrt(3.0 * variance))
        if self.distribution == "untruncated_normal":
            return moved(draw.normal(n), 0.0, math.sqrt(variance))
        return moved(draw.truncated_normal(n), 0.0, math.sqrt(variance) / TRUNCATED_SPREAD)


@dataclass(frozen=True)
class _Scaled(Initializer):
    """A VarianceScaling that has a name."""

    scaling: ClassVar[VarianceScaling]

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return self.scaling.values(inputs, outputs, n, draw)


class GlorotNormal(_Scaled):
    scaling = VarianceScaling(1.0, "fan_avg", "truncated_normal")


class GlorotUniform(_Scaled):
    scaling = VarianceScaling(1.0, "fan_avg", "uniform")


class HeNormal(_Scaled):
    scaling = VarianceScaling(2.0, "fan_in", "truncated_normal")


class HeUniform(_Scaled):
    scaling = VarianceScaling(2.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    scaling = VarianceScaling(1.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    scaling = VarianceScaling(1.0, "fan_in", "uniform")


@dataclass(frozen=True)
class _Matrix(Initializer):
    """For the weights of a Dense layer alone."""

    gain: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gain", real("gain", self.gain))

    def matrix(self, inputs: int, outputs: int, draw: Draw) -> Floats:
        raise NotImplementedError

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        if n != inputs * outputs:
            raise ValueError(
                f"initializer: {self} for a vector of {n} numbers; it goes with the weights of a Dense layer alone"
            )
        return moved(self.matrix(inputs, outputs, draw), 0.0, self.gain).reshape(-1)


class Orthogonal(_Matrix):
    """Orthonormal columns, or rows where outputs are more than inputs, times gain: lengths stay what they are.

    It takes longer than others: about inputs * outputs * min(inputs, outputs) operations of NumPy.
    """

    def matrix(self, inputs: int, outputs: int, draw: Draw) -> Floats:
        rows, cols = max(inputs, outputs), min(inputs, outputs)
        q = orthonormal_columns(rows, cols, draw.normal(rows * cols))
        return q if inputs >= outputs else np.ascontiguousarray(q.T)


class Identity(_Matrix):
    """gain from input i to output i, 0 elsewhere."""

    def matrix(self, inputs: int, outputs: int, draw: Draw) -> Floats:
        return np.eye(inputs, outputs)


INITIALIZERS: dict[str, type[Initializer]] = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "uniform": Uniform,
    "random_uniform": Uniform,
    "normal": Normal,
    "random_normal": Normal,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "orthogonal": Orthogonal,
    "identity": Identity,
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
}


def get(name: str, given: str | Initializer) -> Initializer:
    """The initializer given as argument `name`: an object as it is, or, for a string, one with the defaults."""
    if isinstance(given, Initializer):
        return given
    return INITIALIZERS[choice(name, given, INITIALIZERS)]()
