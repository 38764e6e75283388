"""The numbers of one traced step, as plain records: for each layer, and for the step as a whole.

Nothing is computed here and nothing is drawn, so that what computes a trace (tracing.py) and what shows it
(notation.py, graphs.py, optimizer_formulas.py) both import these records and need not import each other.
Read tracing.py for where the numbers come from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..backend import Array, Floats
from ..engine.plan import Plan
from .typesetting import shown


@dataclass(frozen=True)
class Slot:
    """One slot of the optimizer (v, or m), which has an array for W and one for b: before the step and after it."""

    W: Array  # (I, O)
    W_after: Array
    b: Array | None  # (O,)
    b_after: Array | None


@dataclass(frozen=True)
class LayerTrace:
    """One Dense layer. Shapes: B rows, I inputs, O units."""

    index: int  # its place among the Dense layers, from 0; on paper it is layer index + 1
    activation: str
    x: Array  # (B, I): inputs
    W: Array  # (I, O), before the step
    b: Array | None  # (O,)
    z: Array  # (B, O) = x W + b
    a: Array  # (B, O) = phi(z)
    derivative: Array  # (B, O): phi'(z); of softmax the diagonal da_j/dz_j
    delta: Array  # (B, O): dL/dz
    dW: Array  # (I, O)
    db: Array | None  # (O,)
    clipped_W: Array  # (I, O): dW as the optimizer gets it, after clipping
    clipped_b: Array | None
    slots: dict[str, Slot]  # of the optimizer: {"v": ...}, {"m": ..., "v": ...}, or {}
    W_after: Array  # (I, O), after the step
    b_after: Array | None
    update_W: Array  # (I, O) = W_after - W
    update_b: Array | None

    def __str__(self) -> str:
        """The layer as text, by the names of its attributes."""
        rows = [f"Layer {self.index + 1}: {self.W.shape[0]} -> {self.W.shape[1]}, {self.activation}"]
        names = (
            "x",
            "W",
            "b",
            "z",
            "a",
            "derivative",
            "delta",
            "dW",
            "db",
            "update_W",
            "update_b",
            "W_after",
            "b_after",
        )
        for name in names:
            if (array := getattr(self, name)) is not None:
                rows.append(f"  {name:<12}{shown(array, 14)}")
        for name, slot in self.slots.items():
            for what in ("W", "W_after", "b", "b_after"):
                if (array := getattr(slot, what)) is not None:
                    rows.append(f"  {f'{name}.{what}':<12}{shown(array, 14)}")
        return "\n".join(rows)


@dataclass(frozen=True)
class StepRecord:
    """One step over B rows as a batch: the fields of a Trace, without its methods that print and draw."""

    loss: float  # with the l2 penalty
    learning_rate: float
    layers: list[LayerTrace] = field(default_factory=list)
    targets: Array = field(default_factory=lambda: np.empty((0, 0)))  # (B, O) as the loss sees them, one-hot, smoothed
    share: Floats = field(default_factory=lambda: np.empty(0))  # (B,): what each row counts, its weight / mass
    iteration: int = 0  # steps before this one
    plan: Plan = field(default_factory=lambda: Plan(0, ()))  # the network it was made with, without dropout
    mass: float = 1.0  # what the sum over rows is divided by: B, or where the plan goes by weight the sum of weights
