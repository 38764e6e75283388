"""Layers: what a network is made of, said and not done.

A layer here holds a description (and Normalization what it has learned); weights live in the engine. `arrange`
checks the order of a stack and hands it on to engine/plan.py. Read network.py next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import activations, initializers
from .activations import Activation
from .arguments import flag, real, shown, size
from .backend import Array, Floats
from .engine.plan import LayerPlan
from .initializers import Initializer
from .rows import arrays


class Layer:
    """Anything that `Network([...])` takes."""


@dataclass(frozen=True)
class Dense(Layer):
    """y = activation(x W + b), W of shape (inputs, units). l2 adds l2 * sum(W^2) to the loss, the bias left out."""

    units: int
    activation: str | Activation | None = "linear"
    kernel_initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"
    use_bias: bool = True
    l2: float = 0.0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "units", size("units", self.units))
        put(self, "activation", activations.get("activation", self.activation))
        put(self, "kernel_initializer", initializers.get("kernel_initializer", self.kernel_initializer))
        put(self, "bias_initializer", initializers.get("bias_initializer", self.bias_initializer))
        put(self, "use_bias", flag("use_bias", self.use_bias))
        put(self, "l2", real("l2", self.l2, 0))


@dataclass(frozen=True)
class Dropout(Layer):
    """While training, each value is 0 with probability rate; the others are multiplied by 1 / (1 - rate)."""

    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", real("rate", self.rate, 0, 1, below=True))


@dataclass(frozen=True)
class Rescaling(Layer):
    """x * scale + offset, while rows are gathered: Rescaling(1/255) for images of bytes.

    One factor for all features; Normalization has one for each.
    """

    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", real("scale", self.scale))
        object.__setattr__(self, "offset", real("offset", self.offset))

    @classmethod
    def to_range(cls, x: Any, low: float = 0.0, high: float = 1.0) -> Rescaling:
        """Takes the smallest number in x to low, the largest to high, up to rounding: for features of one kind."""
        least, most, low, high = _limits(x, low, high)
        least, most = least.min(), most.max()
        if least == most:
            raise ValueError(f"x: all numbers are {least}; expected some that differ")
        with np.errstate(over="ignore"):
            scale = (high - low) / (most - least)
        if not scale:
            raise ValueError(f"x: numbers from {least} to {most} are too far apart to be scaled")
        return cls(float(scale), float(low - least * scale))


class Normalization(Layer):
    """(x - mean) / spread for each feature, learned on the first fit, by `adapt`, or given.

    The spread is the root of the population variance, so that what comes out are z-scores; a feature that does not
    vary is only shifted. `to_range` takes other numbers for both, so that each feature goes from 0 to 1, say.
    The two arrays are replaced, never changed in place, so that a network sees that they are new.
    """

    # A spread below this share of the mean is the rounding of a column that is constant: the sums
    # behind a mean have chains of 256 rows, so their relative error is some hundred units of 2^-53.
    CONSTANT = 2.0**-40

    def __init__(self, mean: Any = None, variance: Any = None) -> None:
        if (mean is None) != (variance is None):
            raise ValueError("mean, variance: give both, or neither to learn them from data")
        self.mean: Floats | None = None
        self.variance: Floats | None = None
        if mean is not None:
            self.learn(_moment("mean", mean), _moment("variance", variance))

    @property
    def adapted(self) -> bool:
        return self.mean is not None

    def learn(self, mean: Floats, variance: Floats) -> None:
        if mean.ndim and variance.ndim and mean.shape != variance.shape:
            raise ValueError(f"mean, variance: {mean.size} and {variance.size} numbers; expected as many of each")
        if (variance < 0).any():
            raise ValueError("variance: a negative number is not possible")
        mean, variance = mean.copy(), variance.copy()
        mean.flags.writeable = variance.flags.writeable = False
        self.mean, self.variance = mean, variance

    def adapt(self, x: Any) -> Normalization:
        """Learn from the rows of x, as they are: x must be what this layer will be given.

        x may be batches: a generator or a sequence of rows, (rows, y) or (rows, y, sample_weight), gone through once.
        """
        self.learn(*arrays.moments(x))
        return self

    @classmethod
    def to_range(cls, x: Any, low: float = 0.0, high: float = 1.0) -> Normalization:
        """Takes each feature's smallest number in x to low, its largest to high, up to rounding; a constant to low.

        Later rows may go beyond. One that is far off decides the scale: z-scores bear that better.
        """
        least, most, low, high = _limits(x, low, high)
        with np.errstate(over="ignore"):
            spread = (most - least) / (high - low)
            variance = spread * spread
        if not np.isfinite(variance).all():
            raise ValueError(f"x: numbers from {least.min()} to {most.max()} are too far apart to be scaled")
        return cls(least - low * np.where(spread > 0, spread, 1.0), variance)

    def affine(self) -> tuple[Floats, Floats]:
        """scale, offset so that the layer is x * scale + offset."""
        assert self.mean is not None and self.variance is not None
        spread = np.sqrt(self.variance)
        constant = spread <= np.maximum(np.abs(self.mean) * self.CONSTANT, 2.0**-500)
        scale = 1.0 / np.where(constant, 1.0, spread)
        return scale, -self.mean * scale

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Normalization):
            return NotImplemented
        return np.array_equal(_or_empty(self.mean), _or_empty(other.mean)) and np.array_equal(
            _or_empty(self.variance), _or_empty(other.variance)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Normalization()" if self.mean is None else f"Normalization(<{self.mean.size} means and variances>)"


def _limits(x: Any, low: Any, high: Any) -> tuple[Floats, Floats, float, float]:
    """Smallest and largest number of each feature of x, and the range they are to have."""
    low = real("low", low)
    return *arrays.limits(x), low, real("high", high, low, above=True)


def _or_empty(array: Floats | None) -> Floats:
    return np.empty(0) if array is None else array


def _moment(name: str, given: Any) -> Floats:
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: an array of {array.dtype}; expected numbers")
    if array.ndim > 1 or not np.isfinite(array).all():
        raise ValueError(f"{name}: expected one finite number for each feature, got shape {array.shape}")
    return array.astype(np.float64)


@dataclass(frozen=True)
class Stack:
    """A checked order of layers: affine maps, then perhaps Dropout, then Dense layers with theirs."""

    affine: tuple[Rescaling | Normalization, ...]
    input_dropout: float
    dense: tuple[Dense, ...]
    plans: tuple[LayerPlan, ...]  # without widths of inputs, which build_plan fills in

    @cached_property
    def normalizations(self) -> tuple[Normalization, ...]:
        return tuple(layer for layer in self.affine if isinstance(layer, Normalization))

    def composed(self, inputs: int, upto: Layer | None = None) -> tuple[Floats, Floats] | None:
        """The affine maps as one, x * scale + offset per feature; None if there are none before `upto`."""
        scale, offset, any_map = np.ones(inputs), np.zeros(inputs), False
        for layer in self.affine:
            if layer is upto:
                break
            s: Array | float
            o: Array | float
            s, o = layer.affine() if isinstance(layer, Normalization) else (layer.scale, layer.offset)
            if np.size(s) not in (1, inputs):
                raise ValueError(f"layers: Normalization knows {np.size(s)} features, the network takes {inputs}")
            scale, offset, any_map = scale * s, offset * s + o, True
        return (scale, offset) if any_map else None


def arrange(layers: Sequence[Layer]) -> Stack:
    """Check the order of a stack of layers; ValueError names the place that is wrong."""
    affine: list[Rescaling | Normalization] = []
    input_dropout: float = 0.0
    dense: list[Dense] = []
    rates: list[float] = []
    before: Layer | None = None
    for place, layer in enumerate(layers):
        if isinstance(layer, Dense):
            dense.append(layer)
            rates.append(0.0)
        elif isinstance(layer, (Rescaling, Normalization)):
            if dense or isinstance(before, Dropout):
                raise ValueError(f"layers[{place}]: {layer!r} can stand only before the first Dense or Dropout")
            affine.append(layer)
        elif isinstance(layer, Dropout):
            if isinstance(before, Dropout):
                raise ValueError(f"layers[{place}]: {layer!r} follows another Dropout; make them one")
            if dense:
                rates[-1] = layer.rate
            else:
                input_dropout = layer.rate
        before = layer
    plans = tuple(_layer_plan(layer, rate) for layer, rate in zip(dense, rates, strict=True))
    return Stack(tuple(affine), input_dropout, tuple(dense), plans)


def _layer_plan(layer: Dense, dropout: float) -> LayerPlan:
    act = layer.activation
    assert isinstance(act, Activation)
    return LayerPlan(0, layer.units, act.name, act.alpha, layer.use_bias, layer.l2, dropout)


def check_complete(layers: Sequence[Layer]) -> None:
    """What a stack must have before it can compute: a Dense layer at its end."""
    if not any(isinstance(layer, Dense) for layer in layers):
        raise ValueError("layers: a network needs at least one Dense layer")
    if not isinstance(layers[-1], Dense):
        raise ValueError(f"layers: the last one is {layers[-1]!r}; the outputs have to come from a Dense layer")


def check_layer(name: str, given: object) -> Layer:
    if isinstance(given, type) and issubclass(given, Layer):
        raise TypeError(f"{name}: {given.__name__} is a class; make a layer of it, for example {given.__name__}(...)")
    if not isinstance(given, Layer):
        known = "Dense, Dropout, Rescaling, Normalization"
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected a layer: {known}")
    return given


def init_values(dense: Dense, inputs: int, draws: tuple[initializers.Draw, initializers.Draw]) -> Iterator[Floats]:
    """First W and then b of a layer, float64 and flat."""
    assert isinstance(dense.kernel_initializer, Initializer) and isinstance(dense.bias_initializer, Initializer)
    yield dense.kernel_initializer.values(inputs, dense.units, inputs * dense.units, draws[0])
    if dense.use_bias:
        yield dense.bias_initializer.values(inputs, dense.units, dense.units, draws[1])
