"""Layers: what a network is made of, said and not done.

A layer here holds a description (and Normalization what it has learned); weights live in the engine. `arrange`
checks the order of a stack and hands it on to engine/plan.py. Read network.py next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from . import activations, initializers, regularizers
from .arguments import flag, real, shown, size
from .backend import Array, Floats
from .engine.plan import LayerPlan
from .initializers import Initializer
from .regularizers import Penalty
from .rows import arrays


class Layer:
    """Anything that `Network([...])` takes."""


def _put(layer: Layer, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(layer, name, value)


@dataclass(frozen=True)
class Dense(Layer):
    """y = activation(x W + b), W of shape (inputs, units).

    l1 and l2 add l1 * sum(|W|) + l2 * sum(W^2) to the loss, the bias left out; kernel_regularizer says the same in
    Keras' words, "l1", "l2", "l1_l2" or an object of pynn.regularizers.
    """

    units: int
    activation: str | activations.Activation | None = "linear"
    kernel_initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"
    use_bias: bool = True
    l2: float = 0.0
    l1: float = 0.0
    kernel_regularizer: InitVar[str | Penalty | None] = None

    def __post_init__(self, kernel_regularizer: str | Penalty | None) -> None:
        l1, l2 = real("l1", self.l1, 0), real("l2", self.l2, 0)
        if kernel_regularizer is not None:
            if l1 or l2:
                raise ValueError("kernel_regularizer: given together with l1= or l2=; say it once")
            penalty = regularizers.get("kernel_regularizer", kernel_regularizer)
            l1, l2 = penalty.l1, penalty.l2
        _put(
            self,
            units=size("units", self.units),
            activation=activations.get("activation", self.activation),
            kernel_initializer=initializers.get("kernel_initializer", self.kernel_initializer),
            bias_initializer=initializers.get("bias_initializer", self.bias_initializer),
            use_bias=flag("use_bias", self.use_bias),
            l1=l1,
            l2=l2,
        )


@dataclass(frozen=True)
class Activation(Layer):
    """y = activation(x), a layer of its own.

    Right after a linear Dense or a normalization it is that layer's activation: the same network, the same bits.
    """

    activation: str | activations.Activation

    def __post_init__(self) -> None:
        _put(self, activation=activations.get("activation", self.activation))


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, per feature.

    While training, mean and variance are those of the batch (over its rows, without sample weights; the variance is
    the population's), and the moving ones go towards them: moving = momentum * moving + (1 - momentum) * batch's. At
    predict and evaluate the moving ones are used; so they are always where trainable=False, and nothing learns.
    center=False leaves beta out, scale=False gamma. Weights: gamma, beta, moving mean, moving variance.
    """

    momentum: float = 0.99
    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: str | Initializer = "zeros"
    gamma_initializer: str | Initializer = "ones"
    moving_mean_initializer: str | Initializer = "zeros"
    moving_variance_initializer: str | Initializer = "ones"
    trainable: bool = True

    def __post_init__(self) -> None:
        _put(self, momentum=real("momentum", self.momentum, 0, 1), trainable=flag("trainable", self.trainable))
        _check_norm(self, "beta", "gamma", "moving_mean", "moving_variance")


@dataclass(frozen=True)
class LayerNormalization(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance over the features of each row.

    center=False leaves beta out, scale=False gamma.
    """

    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: str | Initializer = "zeros"
    gamma_initializer: str | Initializer = "ones"

    def __post_init__(self) -> None:
        _check_norm(self, "beta", "gamma")


def _check_norm(layer: BatchNormalization | LayerNormalization, *vectors: str) -> None:
    _put(layer, epsilon=real("epsilon", layer.epsilon, 0, above=True))
    _put(layer, center=flag("center", layer.center), scale=flag("scale", layer.scale))
    for name in (f"{vector}_initializer" for vector in vectors):
        _put(layer, **{name: initializers.get(name, getattr(layer, name))})


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


LAYERS: tuple[type[Layer], ...] = (
    Dense, Activation, Dropout, BatchNormalization, LayerNormalization, Rescaling, Normalization,
)  # fmt: skip
NORMALIZATIONS: dict[str, type[Layer]] = {"batch_norm": BatchNormalization, "layer_norm": LayerNormalization}  # by kind


@dataclass(frozen=True)
class Stack:
    """A checked order of layers: affine maps, then perhaps Dropout, then layers that an engine computes.

    `parts` are those, each with its plan; a Dropout and an Activation that belong to the one before are in its plan.
    """

    affine: tuple[Rescaling | Normalization, ...]
    input_dropout: float
    parts: tuple[Layer, ...]
    plans: tuple[LayerPlan, ...]  # without widths of inputs, which build_plan fills in

    @cached_property
    def normalizations(self) -> tuple[Normalization, ...]:
        return tuple(layer for layer in self.affine if isinstance(layer, Normalization))

    @cached_property
    def dense(self) -> tuple[Dense, ...]:
        return tuple(layer for layer in self.parts if isinstance(layer, Dense))

    @cached_property
    def output(self) -> activations.Activation:
        """The activation that the network ends with."""
        return activations.Activation(self.plans[-1].activation, self.plans[-1].alpha)

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
    parts: list[Layer] = []
    plans: list[LayerPlan] = []
    before: Layer | None = None
    for place, layer in enumerate(layers):
        if isinstance(layer, (Rescaling, Normalization)):
            if parts or isinstance(before, Dropout):
                first = "the first Dense or Dropout"
                raise ValueError(f"layers[{place}]: {layer!r} can stand only before {first}")
            affine.append(layer)
        elif isinstance(layer, Dropout):
            if isinstance(before, Dropout):
                raise ValueError(f"layers[{place}]: {layer!r} follows another Dropout; make them one")
            if plans:
                plans[-1] = replace(plans[-1], dropout=layer.rate)
            else:
                input_dropout = layer.rate
        elif isinstance(layer, Activation) and before is not None and plans and _still_linear(plans[-1]):
            plans[-1] = replace(plans[-1], **_end(layer.activation))
        elif (plan := _layer_plan(layer)) is not None:
            parts.append(layer)
            plans.append(plan)
        before = layer
    return Stack(tuple(affine), input_dropout, tuple(parts), tuple(plans))


def _still_linear(plan: LayerPlan) -> bool:
    """Whether an Activation that follows can be its own: nothing stands between them."""
    return plan.activation == "linear" and not plan.dropout and plan.kind != "activation"


def _end(activation: Any) -> dict[str, Any]:
    assert isinstance(activation, activations.Activation)
    return {"activation": activation.name, "alpha": activation.alpha}


def _layer_plan(layer: Layer) -> LayerPlan | None:
    """What an engine must know; outputs 0 are as many as inputs. None: a layer that computes nothing."""
    if isinstance(layer, Dense):
        end = _end(layer.activation)
        return LayerPlan(0, layer.units, use_bias=layer.use_bias, l1=layer.l1, l2=layer.l2, **end)
    if isinstance(layer, Activation):
        return LayerPlan(0, 0, kind="activation", **_end(layer.activation))
    for kind, made in NORMALIZATIONS.items():
        if isinstance(layer, made):
            options = ("center", "scale", "trainable", "epsilon", "momentum")
            given = {option: getattr(layer, option) for option in options if hasattr(layer, option)}
            return LayerPlan(0, 0, "linear", kind=kind, **given)
    return None


def check_complete(layers: Sequence[Layer]) -> None:
    """What a stack must have before it can compute: a Dense layer, and at its end no Dropout."""
    if not any(isinstance(layer, Dense) for layer in layers):
        raise ValueError("layers: a network needs at least one Dense layer")
    if _layer_plan(layers[-1]) is None:
        raise ValueError(f"layers: the last one is {layers[-1]!r}; the outputs have to come from a Dense layer")


def check_layer(name: str, given: object) -> Layer:
    if isinstance(given, type) and issubclass(given, Layer):
        raise TypeError(f"{name}: {given.__name__} is a class; make a layer of it, for example {given.__name__}(...)")
    if not isinstance(given, Layer):
        known = ", ".join(kind.__name__ for kind in LAYERS)
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected a layer: {known}")
    return given


def init_values(layer: Layer, plan: LayerPlan, draws: tuple[initializers.Draw, initializers.Draw]) -> Iterator[Floats]:
    """The first values of each tensor of a layer's plan, float64 and flat; W draws from the first, all else from the
    second."""
    names = {"W": "kernel", "b": "bias"}
    for tensor in plan.tensors:
        initializer = getattr(layer, f"{names.get(tensor.name, tensor.name)}_initializer")
        assert isinstance(initializer, Initializer)
        draw = draws[0] if tensor.name == "W" else draws[1]
        yield initializer.values(plan.inputs, plan.outputs, tensor.size, draw)
