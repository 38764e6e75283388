"""Weight initializers: each computes the initial values of one array, in float64, from random numbers.

The random numbers are a function of (seed, layer) and do not depend on earlier draws; the values are rounded to the
network's type once. Normal distributions are not truncated. Read engine/philox.py for the random numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arguments import choice, real
from .backend import Floats

__all__ = [
    "Constant",
    "Draw",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Normal",
    "Ones",
    "Uniform",
    "Zeros",
]


@dataclass(frozen=True)
class Draw:
    """The random numbers for one array: uniform(n) and normal(n) give n of them, the same at each call."""

    uniform: Callable[[int], Floats]  # [0, 1)
    normal: Callable[[int], Floats]


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
    """Uniform in [-eps, eps)."""

    eps: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "eps", real("eps", self.eps, 0))

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return spread_evenly(draw.uniform(n), self.eps)


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal with mean 0."""

    stddev: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "stddev", real("stddev", self.stddev, 0))

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        values = draw.normal(n)
        values *= self.stddev
        return values


def spread_evenly(u: Floats, limit: float) -> Floats:
    """(2u - 1) * limit, in place: 2u - 1 is exact, so only the product is rounded."""
    u *= 2.0
    u -= 1.0
    u *= limit
    return u


@dataclass(frozen=True)
class _Scaled(Initializer):
    """Variance gain / fan: glorot 2 / (inputs + outputs), he 2 / inputs, lecun 1 / inputs."""

    def variance(self, inputs: int, outputs: int) -> float:
        raise NotImplementedError

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        variance = self.variance(inputs, outputs)
        if isinstance(self, _Even):
            return spread_evenly(draw.uniform(n), math.sqrt(3.0 * variance))
        values = draw.normal(n)
        values *= math.sqrt(variance)
        return values


class _Even:
    """Marks the initializers that draw from a uniform distribution."""


class GlorotNormal(_Scaled):
    def variance(self, inputs: int, outputs: int) -> float:
        return 2.0 / (inputs + outputs)


class GlorotUniform(_Even, GlorotNormal):
    pass


class HeNormal(_Scaled):
    def variance(self, inputs: int, outputs: int) -> float:
        return 2.0 / inputs


class HeUniform(_Even, HeNormal):
    pass


class LecunNormal(_Scaled):
    def variance(self, inputs: int, outputs: int) -> float:
        return 1.0 / inputs


class LecunUniform(_Even, LecunNormal):
    pass


INITIALIZERS: dict[str, type[Initializer]] = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "uniform": Uniform,
    "normal": Normal,
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
}


def get(name: str, given: str | Initializer) -> Initializer:
    """The initializer given as argument `name`: an object as it is, or, for a string, one with the defaults."""
    if isinstance(given, Initializer):
        return given
    return INITIALIZERS[choice(name, given, INITIALIZERS)]()
