"""Activations as arguments of a layer: a string, or one of these functions where a parameter is needed.

`Dense(8, "leaky_relu")` has the default slope, `Dense(8, leaky_relu(alpha=0.01))` another one. Formulas and
defaults are in engine/tables.py; nothing is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .arguments import choice, real, shown
from .engine.tables import ACTIVATIONS

__all__ = ["Activation", "elu", "hard_sigmoid", "leaky_relu", "relu", "sign", "step"]


@dataclass(frozen=True)
class Activation:
    """A name of the table and its parameter (0 where there is none)."""

    name: str
    alpha: float = 0.0

    def __str__(self) -> str:
        row = ACTIVATIONS[self.name]
        if not row.parameter or self.alpha == row.default:
            return self.name
        return f"{self.name}({row.parameter}={self.alpha:g})"


def step(at_zero: float = ACTIVATIONS["step"].default) -> Activation:
    """0 for z < 0, 1 for z > 0, at_zero for z = 0: with 1 the unit fires at z >= 0, with 0 only at z > 0."""
    return Activation("step", real("at_zero", at_zero, 0, 1))


def sign(at_zero: float = ACTIVATIONS["sign"].default) -> Activation:
    """-1 for z < 0, 1 for z > 0, at_zero (from -1 to 1) for z = 0."""
    return Activation("sign", real("at_zero", at_zero, -1, 1))


def relu(at_zero: float = ACTIVATIONS["relu"].default) -> Activation:
    """max(0, z). at_zero: the derivative at z = 0, from 0 (its value for z < 0) to 1 (its value for z > 0)."""
    return Activation("relu", real("at_zero", at_zero, 0, 1))


def leaky_relu(alpha: float = ACTIVATIONS["leaky_relu"].default) -> Activation:
    """z for z > 0, else alpha z. The derivative at 0 is the left one, alpha."""
    return Activation("leaky_relu", real("alpha", alpha, 0))


def elu(alpha: float = ACTIVATIONS["elu"].default) -> Activation:
    """z for z > 0, else alpha (e^z - 1)."""
    return Activation("elu", real("alpha", alpha, 0))


def hard_sigmoid(slope: float = ACTIVATIONS["hard_sigmoid"].default) -> Activation:
    """max(0, min(1, slope z + 1/2)). Slope 1/6 is Keras 3's and PyTorch's, 0.2 Keras 2's, 0.5 the textbooks'."""
    return Activation("hard_sigmoid", real("slope", slope, 0, above=True))


OTHER_NAMES = {"exponential": "exp", "swish": "silu"}  # Keras' name: pynn's name


def get(name: str, given: str | Activation | None) -> Activation:
    """The activation given as argument `name`; None is linear."""
    if isinstance(given, Activation):
        choice(name, given.name, ACTIVATIONS)
        return given
    if given is None:
        given = "linear"
    if not isinstance(given, str) and callable(given) and getattr(given, "__name__", "") in ACTIVATIONS:
        raise TypeError(f"{name}: {shown(given)} is a function; call it, leaky_relu(alpha=0.1), or give its name")
    if isinstance(given, str):
        given = OTHER_NAMES.get(given, given)
    return Activation(given, ACTIVATIONS[choice(name, given, ACTIVATIONS)].default)
