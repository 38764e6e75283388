"""Penalties of weights: what a Dense layer's kernel_regularizer may be, in Keras' words.

A penalty adds l1 * sum(|W|) + l2 * sum(W^2) to the loss. Nothing is computed here: Dense keeps the two numbers. Read
layers.py next.
"""

from __future__ import annotations

from dataclasses import dataclass

from .arguments import choice, real


@dataclass(frozen=True)
class Penalty:
    """l1 * sum(|W|) + l2 * sum(W^2)."""

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "l1", real("l1", self.l1, 0))
        object.__setattr__(self, "l2", real("l2", self.l2, 0))


def L1(l1: float = 0.01) -> Penalty:
    """l1 * sum(|W|): drives weights that help little to 0."""
    return Penalty(l1=l1)


def L2(l2: float = 0.01) -> Penalty:
    """l2 * sum(W^2): keeps weights small."""
    return Penalty(l2=l2)


def L1L2(l1: float = 0.0, l2: float = 0.0) -> Penalty:
    """Both."""
    return Penalty(l1, l2)


BOTH = Penalty(0.01, 0.01)
REGULARIZERS = {"l1": Penalty(l1=0.01), "l2": Penalty(l2=0.01), "l1_l2": BOTH, "l1l2": BOTH}


def get(name: str, given: str | Penalty) -> Penalty:
    """The penalty meant by argument `name`: an object as it is, or one with Keras' defaults by name."""
    return given if isinstance(given, Penalty) else REGULARIZERS[choice(name, given, REGULARIZERS)]
