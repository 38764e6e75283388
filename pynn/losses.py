"""Losses as a user names them: a string, or an object where a parameter is wanted.

The formulas, and which output activation a loss is fused with, stand in engine/tables.py and
engine/formulas.py. Nothing is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .activations import Activation
from .arguments import choice, real, shown
from .engine.tables import LOSSES


@dataclass(frozen=True)
class Loss:
    """A row of the table with its parameters."""

    name: ClassVar[str] = ""

    @property
    def parameters(self) -> dict[str, float]:
        """What engine/plan.py wants to know."""
        return {}


class MeanSquaredError(Loss):
    """Mean over outputs and rows of (y - t)^2."""

    name = "mse"


class HalfMeanSquaredError(Loss):
    """Half of it, so that the gradient has no factor 2."""

    name = "half_mse"


class MeanAbsoluteError(Loss):
    name = "mae"


@dataclass(frozen=True)
class Huber(Loss):
    """e^2 / 2 up to |e| = delta, a straight line beyond."""

    delta: float = 1.0
    name = "huber"

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", real("delta", self.delta, 0, above=True))

    @property
    def parameters(self) -> dict[str, float]:
        return {"delta": self.delta}


class Poisson(Loss):
    """y - t log y: for counts; the output has to be positive (softplus)."""

    name = "poisson"


@dataclass(frozen=True)
class _Smoothed(Loss):
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_smoothing", real("label_smoothing", self.label_smoothing, 0, 1))

    @property
    def parameters(self) -> dict[str, float]:
        return {"smoothing": self.label_smoothing}


class BinaryCrossentropy(_Smoothed):
    """-t log y - (1 - t) log(1 - y), mean over outputs and rows. Smoothing s: t (1 - s) + s / 2."""

    name = "binary_crossentropy"


class CategoricalCrossentropy(_Smoothed):
    """-sum t log y, mean over rows; targets one-hot or class numbers. Smoothing s: t (1 - s) + s / classes."""

    name = "categorical_crossentropy"


class Perceptron(Loss):
    """Not a loss that is differentiated but Rosenblatt's rule: delta = output - target, whatever the activation."""

    name = "perceptron"


_ALL: tuple[type[Loss], ...] = (
    MeanSquaredError, HalfMeanSquaredError, MeanAbsoluteError, Huber, Poisson, BinaryCrossentropy,
    CategoricalCrossentropy, Perceptron,
)  # fmt: skip
_BY_NAME: dict[str, type[Loss]] = {kind.name: kind for kind in _ALL}
_BY_NAME |= {
    "sparse_categorical_crossentropy": CategoricalCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
}
assert set(LOSSES) <= set(_BY_NAME)


def get(name: str, given: str | Loss) -> Loss:
    """The loss meant by argument `name`."""
    if isinstance(given, Loss) and given.name:
        return given
    if isinstance(given, type) and issubclass(given, Loss):
        raise TypeError(f"{name}: {given.__name__} is a class; make an object of it: {given.__name__}()")
    if isinstance(given, Loss):
        raise TypeError(f"{name}: {shown(given)} is not a loss of its own; take one of {', '.join(LOSSES)}")
    return _BY_NAME[choice(name, given, _BY_NAME)]()


def usual(activation: Activation) -> Loss:
    """What goes with an output activation: the lectures' table, and the perceptron's rule for its jump."""
    names = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
    names |= {"step": "perceptron", "sign": "perceptron"}
    return _BY_NAME[names.get(activation.name, "mse")]()


def complaint(loss: Loss, activation: Activation) -> str:
    """Why this pair of loss and output activation is probably a mistake; empty if it is not."""
    if loss.name.endswith("crossentropy") and activation.name not in ("sigmoid", "softmax", "hard_sigmoid"):
        return f"{loss.name} takes outputs for probabilities; {activation} does not give any"
    if loss.name == "poisson" and activation.name not in ("softplus", "relu", "sigmoid", "softmax"):
        return f"poisson needs positive outputs; {activation} may give others"
    if activation.name in ("step", "sign") and loss.name != "perceptron":
        return f"{activation} has derivative 0: with {loss.name} nothing is learned (loss='perceptron' does)"
    return ""
