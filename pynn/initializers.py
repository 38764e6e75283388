"""How weights begin: each initializer turns counted random numbers into a float64 array.

The numbers are a function of (seed, layer), never of what was drawn before, and are rounded to the
network's type once. `normal` draws are not truncated. Read engine/philox.py for the numbers.
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
    "Uniform",
    "Zeros",
]


@dataclass(frozen=True)
class Draw:
    """The random numbers of one array: n of them, always the same n for the same array."""

    uniform: Callable[[int], Floats]  # [0, 1)
    normal: Callable[[int], Floats]


class Initializer:
    """`values(inputs, outputs, n, draw)` gives the n float64 values of one array of a layer of that shape."""

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        raise NotImplementedError


@dataclass(frozen=True)
class Zeros(Initializer):
    """All zero. For a bias; weights that start equal stay equal."""

    def values(self, inputs: int, outputs: int, n: int, draw: Draw) -> Floats:
        return np.zeros(n)


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
    """(2u - 1) * limit, in place: 2u - 1 is exact, so there is one rounding."""
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
    """Marks the uniform ones."""


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
    "constant": Constant,
}


def get(name: str, given: str | Initializer) -> Initializer:
    """The initializer meant by argument `name`: an object as it is, or one with its defaults by name."""
    if isinstance(given, Initializer):
        return given
    return INITIALIZERS[choice(name, given, INITIALIZERS)]()
