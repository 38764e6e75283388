"""Losses as arguments of compile: a string, or an object where a parameter is needed.

The formulas, and which output activation a loss is fused with, are in engine/tables.py and engine/loss_formulas.py.
Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from .activations import Activation
from .arguments import choice, real, reals, shown
from .engine.tables import COUNTS, LOSSES

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "HalfMeanSquaredError",
    "HalfPoissonDeviance",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Perceptron",
    "Poisson",
    "Quantile",
]


@dataclass(frozen=True)
class Loss:
    """The name of a loss (a row of the table in engine/tables.py) and its parameters."""

    name: ClassVar[str] = ""
    by_output: ClassVar[str] = ""  # the parameter that may be a sequence, a number for each output

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments of engine/plan.py's build_plan for this loss."""
        return {}

    def __str__(self) -> str:
        given, usual = (getattr(one, self.by_output, None) for one in (self, type(self)))
        return self.name if given == usual else f"{self.name}({self.by_output}={given})"

    def check_outputs(self, outputs: int) -> None:
        given = getattr(self, self.by_output, None)
        if isinstance(given, tuple) and len(given) != outputs:
            raise ValueError(
                f"{self.by_output}: {len(given)} numbers given; the network has {outputs} outputs, and each needs one"
            )


@dataclass(frozen=True)
class _ByOutput(Loss):
    """A loss that has a value for each output. The values of a row are averaged (outputs="mean", as in Keras) or added
    up (outputs="sum", as in lectures and scikit-learn); the loss is the mean over rows."""

    _: KW_ONLY
    outputs: str = "mean"

    def __post_init__(self) -> None:
        choice("outputs", self.outputs, ("mean", "sum"))

    @property
    def parameters(self) -> dict[str, Any]:
        return {"sum_outputs": self.outputs == "sum"}


class MeanSquaredError(_ByOutput):
    """(y - t)^2."""

    name = "mse"


class HalfMeanSquaredError(_ByOutput):
    """Half of it, so that the gradient has no factor 2."""

    name = "half_mse"


class MeanAbsoluteError(_ByOutput):
    """|y - t|."""

    name = "mae"


@dataclass(frozen=True)
class Huber(_ByOutput):
    """e^2 / 2 up to |e| = delta, a straight line beyond. delta: a number, or one for each output."""

    delta: float | Sequence[float] = 1.0
    name = "huber"
    by_output = "delta"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "delta", reals("delta", self.delta, 0, above=True))

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"delta": self.delta}


@dataclass(frozen=True)
class Quantile(_ByOutput):
    """The pinball loss: q |y - t| where the output y is below the target, (1 - q) |y - t| where it is above.

    Its mean is smallest for the output that a share q of the targets lies below, the q-quantile: q = 0.5 gives the
    median (and half of mae), q = 0.9 the number that 90 % of the targets lie below. q: a number, or one for each
    output. At y = t, where the slope jumps from -q to 1 - q, the derivative is set to 0, which lies between them.
    """

    q: float | Sequence[float] = 0.5
    name = "quantile"
    by_output = "q"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "q", reals("q", self.q, 0, 1, above=True, below=True))

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"delta": self.q}


class Poisson(_ByOutput):
    """y - t log y: for counts; the output has to be positive (exp, softplus)."""

    name = "poisson"


class HalfPoissonDeviance(_ByOutput):
    """t log(t / y) - t + y: the Poisson loss minus its minimum, so that it is 0 at y = t. Same gradients."""

    name = "half_poisson_deviance"


def _smoothing(given: Any) -> float:
    return real("label_smoothing", given, 0, 1)


@dataclass(frozen=True)
class BinaryCrossentropy(_ByOutput):
    """-t log y - (1 - t) log(1 - y). Smoothing s: t (1 - s) + s / 2."""

    label_smoothing: float = 0.0
    name = "binary_crossentropy"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "label_smoothing", _smoothing(self.label_smoothing))

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"smoothing": self.label_smoothing}


@dataclass(frozen=True)
class CategoricalCrossentropy(Loss):
    """-sum t log y, mean over rows; targets one-hot or class numbers. Smoothing s: t (1 - s) + s / classes."""

    label_smoothing: float = 0.0
    name = "categorical_crossentropy"

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_smoothing", _smoothing(self.label_smoothing))

    @property
    def parameters(self) -> dict[str, Any]:
        return {"smoothing": self.label_smoothing}


class Perceptron(Loss):
    """Rosenblatt's perceptron rule, delta = output - target for any activation; it is not the gradient of a loss."""

    name = "perceptron"


_ALL: tuple[type[Loss], ...] = (
    MeanSquaredError, HalfMeanSquaredError, MeanAbsoluteError, Huber, Poisson, BinaryCrossentropy,
    CategoricalCrossentropy, Perceptron, Quantile, HalfPoissonDeviance,
)  # fmt: skip
_BY_NAME: dict[str, type[Loss]] = {kind.name: kind for kind in _ALL}
_BY_NAME |= {
    "sparse_categorical_crossentropy": CategoricalCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
}
assert set(LOSSES) <= set(_BY_NAME)


def get(name: str, given: str | Loss) -> Loss:
    """The loss given as argument `name`."""
    if isinstance(given, Loss) and given.name:
        return given
    if isinstance(given, type) and issubclass(given, Loss):
        raise TypeError(f"{name}: {given.__name__} is a class; make an object of it: {given.__name__}()")
    if isinstance(given, Loss):
        raise TypeError(f"{name}: {shown(given)} is not a loss of its own; take one of {', '.join(LOSSES)}")
    return _BY_NAME[choice(name, given, _BY_NAME)]()


def usual(activation: Activation) -> Loss:
    """The usual loss for an output activation: the lectures' table, and the perceptron's rule for step and sign."""
    names = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
    names |= {"step": "perceptron", "sign": "perceptron"}
    return _BY_NAME[names.get(activation.name, "mse")]()


def complaint(loss: Loss, activation: Activation) -> str:
    """Why this pair of loss and output activation is probably a mistake; an empty string if it is not."""
    if loss.name.endswith("crossentropy") and activation.name not in ("sigmoid", "softmax", "hard_sigmoid"):
        return f"{loss.name} takes outputs for probabilities; {activation} does not give any"
    if loss.name in COUNTS and activation.name not in ("exp", "softplus", "relu", "relu6", "sigmoid", "softmax"):
        return f"{loss.name} needs positive outputs; {activation} may give others"
    if activation.name in ("step", "sign") and loss.name != "perceptron":
        return f"{activation} has derivative 0: with {loss.name} nothing is learned (loss='perceptron' does)"
    return ""
