"""Learning rate schedules: the learning rate as a function of the iteration.

`rates(first, n)` returns the rates of iterations first .. first + n - 1. Each rate depends on its iteration alone, so a
training that is stopped and resumed has the same rates. Only + - * / are used (the cosine and the powers are computed
here, not by libm), so the bits are the same on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arguments import real, shown, whole

__all__ = ["Constant", "Cosine", "Exponential", "InverseTime", "OneCycle", "Schedule", "Step", "Warmup"]

Floats = NDArray[np.float64]
NOT_ZERO = 1e-300  # in place of a phase of length 0 (rise 0 or 1), which nothing may be divided by


def iterations(first: int, n: int) -> Floats:
    """The numbers first .. first + n - 1; exact, as long as they are below 2^53."""
    return np.arange(first, first + n, dtype=np.float64)


def power(base: float, exponents: NDArray[np.int64]) -> Floats:
    """base ** exponents for whole exponents >= 0, by repeated squaring: multiplications alone."""
    result = np.ones(exponents.shape)
    square = np.float64(base)
    for bit in range(int(exponents.max(initial=0)).bit_length()):
        np.multiply(result, square, out=result, where=(exponents >> bit) & 1 == 1)
        square = square * square
    return result


# 1/k! for the two series; |x| <= pi/4, so the first term left out is below 1e-17 of the sum.
_COSINE = [1.0 / math.factorial(2 * k) * (-1) ** k for k in range(9)]
_SINE = [1.0 / math.factorial(2 * k + 1) * (-1) ** k for k in range(9)]


def _series(coefficients: list[float], square: Floats) -> Floats:
    total = np.full(square.shape, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * square + coefficient
    return total


def half_cosine(t: Floats) -> Floats:
    """cos(pi t) for t in [0, 1], by Taylor's series on an eighth of the circle."""
    near = np.where(t > 0.5, 1.0 - t, t)  # in [0, 1/2]: cos(pi t) = -cos(pi (1 - t))
    small = np.where(near > 0.25, 0.5 - near, near) * math.pi  # cos(pi t) = sin(pi (1/2 - t))
    square = small * small
    value = np.where(near > 0.25, small * _series(_SINE, square), _series(_COSINE, square))
    return np.where(t > 0.5, -value, value)


def anneal(start: float, end: float, t: Floats) -> Floats:
    """From start (t = 0) to end (t = 1) along half a cosine."""
    return end + (start - end) * ((1.0 + half_cosine(t)) * 0.5)


class Schedule:
    """A learning rate that changes with the iteration, counted from 0 and kept over several fits."""

    def rates(self, first: int, n: int) -> Floats:
        raise NotImplementedError

    def _check(self, **limits: str) -> None:
        """Normalise the fields: 'rate' finite and >= 0, 'steps' a whole number >= 1, and so on."""
        for name, kind in limits.items():
            value = getattr(self, name)
            if kind == "rate":
                value = real(name, value, 0)
            elif kind == "share":
                value = real(name, value, 0, 1)
            else:
                value = whole(name, value, 0 if kind == "count" else 1)
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Constant(Schedule):
    rate: float

    def __post_init__(self) -> None:
        self._check(rate="rate")

    def rates(self, first: int, n: int) -> Floats:
        rates = np.empty(n)
        rates.fill(self.rate)  # takes a third of np.full's time, which counts in a fit of a few small steps
        return rates


@dataclass(frozen=True)
class InverseTime(Schedule):
    """rate / (1 + decay * iteration)."""

    rate: float
    decay: float

    def __post_init__(self) -> None:
        self._check(rate="rate", decay="rate")

    def rates(self, first: int, n: int) -> Floats:
        return self.rate / (1.0 + self.decay * iterations(first, n))


@dataclass(frozen=True)
class Step(Schedule):
    """rate * drop^(iteration // every): a staircase."""

    rate: float
    every: int
    drop: float = 0.5

    def __post_init__(self) -> None:
        self._check(rate="rate", every="steps", drop="share")

    def rates(self, first: int, n: int) -> Floats:
        return self.rate * power(self.drop, np.arange(first, first + n, dtype=np.int64) // self.every)


@dataclass(frozen=True)
class Exponential(Schedule):
    """rate * gamma^iteration. (Keras' decay_rate over decay_steps is gamma = decay_rate ** (1 / decay_steps).)"""

    rate: float
    gamma: float

    def __post_init__(self) -> None:
        self._check(rate="rate", gamma="share")

    def rates(self, first: int, n: int) -> Floats:
        return self.rate * power(self.gamma, np.arange(first, first + n, dtype=np.int64))


@dataclass(frozen=True)
class Cosine(Schedule):
    """From rate down to `final` along half a cosine in `steps` iterations; `final` from then on."""

    rate: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        self._check(rate="rate", steps="steps", final="rate")

    def rates(self, first: int, n: int) -> Floats:
        return anneal(self.rate, self.final, np.minimum(iterations(first, n) / self.steps, 1.0))


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from start to peak in the first `rise` of the steps, then down to final: two half cosines.

    start and final are given as divisors: peak / start_divisor, peak / final_divisor.
    """

    peak: float
    steps: int
    rise: float = 0.3
    start_divisor: float = 25.0
    final_divisor: float = 250000.0

    def __post_init__(self) -> None:
        self._check(peak="rate", steps="steps", rise="share")
        for name in ("start_divisor", "final_divisor"):
            object.__setattr__(self, name, real(name, getattr(self, name), 1))

    def rates(self, first: int, n: int) -> Floats:
        now = np.minimum(iterations(first, n), float(self.steps))
        top = self.rise * self.steps
        up = anneal(self.peak / self.start_divisor, self.peak, np.minimum(now / max(top, NOT_ZERO), 1.0))
        left = max(self.steps - top, NOT_ZERO)
        down = anneal(self.peak, self.peak / self.final_divisor, np.clip((now - top) / left, 0.0, 1.0))
        return np.where(now < top, up, down)


@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight line from `start` to the first rate of `then` in `steps` iterations; after them `then`, which
    starts with its own iteration 0."""

    then: Schedule | float
    steps: int
    start: float = 0.0

    def __post_init__(self) -> None:
        self._check(steps="steps", start="rate")
        object.__setattr__(self, "then", get("then", self.then))

    def rates(self, first: int, n: int) -> Floats:
        assert isinstance(self.then, Schedule)
        rising = min(max(self.steps - first, 0), n)  # how many of the n still belong to the line
        target = float(self.then.rates(0, 1)[0])
        line = self.start + (target - self.start) * (iterations(first, rising) / self.steps)
        return np.concatenate([line, self.then.rates(max(first - self.steps, 0), n - rising)])


def get(name: str, given: object) -> Schedule:
    """A schedule as it is; a number as a constant one."""
    if isinstance(given, Schedule):
        return given
    if isinstance(given, (str, type)):
        raise TypeError(f"{name}: {shown(given)} is neither a number nor a schedule such as Cosine(0.1, steps=1000)")
    return Constant(real(name, given, 0))
