"""Keras' activation functions: to be given to a layer, by name or as they are, and to be called on arrays.

The formulas are those of the reference engine. pynn.activations has the same with their parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import activations
from ..engine.tables import ACTIVATIONS

__all__ = [
    "elu", "exponential", "gelu", "get", "hard_sigmoid", "leaky_relu", "linear", "relu", "selu", "sigmoid", "silu",
    "softmax", "softplus", "swish", "tanh",
]  # fmt: skip


class Function:
    """One row of the engine's table as a function."""

    def __init__(self, name: str) -> None:
        self.__name__, self._row = name, ACTIVATIONS[activations.get("activation", name).name]

    def __call__(self, x: Any) -> Any:
        z = np.asarray(x, np.float64)
        return self._row.forward(z.reshape(-1, z.shape[-1]) if z.ndim else z.reshape(1, 1), self._row.default).reshape(
            z.shape
        )

    def __repr__(self) -> str:
        return f"<activation {self.__name__}>"


elu, exponential, gelu, hard_sigmoid = (Function(name) for name in ("elu", "exponential", "gelu", "hard_sigmoid"))
leaky_relu, linear, relu, selu = (Function(name) for name in ("leaky_relu", "linear", "relu", "selu"))
sigmoid, silu, softmax, softplus = (Function(name) for name in ("sigmoid", "silu", "softmax", "softplus"))
swish, tanh = Function("swish"), Function("tanh")


def get(identifier: Any) -> Function:
    """The function of this name."""
    return identifier if isinstance(identifier, Function) else Function(activation_of(identifier).name)


def activation_of(given: Any) -> activations.Activation:
    """The activation given to a layer: a name, a function of this module, or an object of pynn.activations."""
    return activations.get("activation", given.__name__ if isinstance(given, Function) else given)
