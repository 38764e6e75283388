"""Penalties of weights: the values of a Dense layer's kernel_regularizer, with Keras' names.

A penalty adds l1 * sum(|W|) + l2 * sum(W^2) to the loss. Nothing is computed here: Dense keeps the two numbers. Read
layers.py next.
"""

from __future__ import annotations

from dataclasses import dataclass

from .arguments import choice, real

__all__ = ["L1", "L1L2", "L2", "Penalty", "l1", "l1_l2", "l2"]


@dataclass(frozen=True)
class Penalty:
    """l1 * sum(|W|) + l2 * sum(W^2)."""

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "l1", real("l1", self.l1, 0))
        object.__setattr__(self, "l2", real("l2", self.l2, 0))


def L1(l1: float = 0.01) -> Penalty:
    """l1 * sum(|W|): weights that reduce the loss little become exactly or almost 0 (sparse)."""
    return Penalty(l1=l1)


def L2(l2: float = 0.01) -> Penalty:
    """l2 * sum(W^2): keeps weights small."""
    return Penalty(l2=l2)


def L1L2(l1: float = 0.0, l2: float = 0.0) -> Penalty:
    """The sum of both penalties."""
    return Penalty(l1, l2)


l1, l2, l1_l2 = L1, L2, L1L2  # Keras has both spellings

BOTH = Penalty(0.01, 0.01)
REGULARIZERS = {"l1": Penalty(l1=0.01), "l2": Penalty(l2=0.01), "l1_l2": BOTH, "l1l2": BOTH}


def get(name: str, given: str | Penalty) -> Penalty:
    """The penalty given as argument `name`: an object as it is, or, for a string, one with Keras' defaults."""
    return given if isinstance(given, Penalty) else REGULARIZERS[choice(name, given, REGULARIZERS)]
