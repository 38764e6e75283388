"""The numbers of one traced step, as plain records: for each layer, and for the step as a whole.

Nothing is computed here and nothing is drawn, so that what computes a trace (tracing.py) and what shows it
(notation.py, graphs.py, optimizer_formulas.py) both import these records and need not import each other.
Read tracing.py for where the numbers come from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..backend import Array, Floats
from ..engine.kinds import KINDS
from ..engine.plan import Plan
from .typesetting import shown


@dataclass(frozen=True)
class TensorTrace:
    """One array of a layer's parameters: W, b, gamma, beta or a moving statistic."""

    value: Array  # before the step
    after: Array
    learned: bool  # by gradients; a moving statistic is not
    gradient: Array  # zeros where it is not learned
    clipped: Array  # as the optimizer gets it
    slots: dict[str, tuple[Array, Array]]  # the optimizer's memory of it, before and after

    @property
    def update(self) -> Array:
        return np.asarray(self.after - self.value)


@dataclass(frozen=True)
class Slot:
    """One slot of the optimizer (v, or m), which has two arrays for each parameter: before the step and after it."""

    tensors: dict[str, tuple[Array, Array]]

    def __getitem__(self, name: str) -> tuple[Array, Array]:
        """Before and after, for the parameters called W, b, gamma or beta."""
        return self.tensors[name]

    @property
    def W(self) -> Array:
        return self.tensors["W"][0]

    @property
    def W_after(self) -> Array:
        return self.tensors["W"][1]

    @property
    def b(self) -> Array | None:
        return self.tensors.get("b", (None,))[0]

    @property
    def b_after(self) -> Array | None:
        return self.tensors["b"][1] if "b" in self.tensors else None


@dataclass(frozen=True)
class Normalized:
    """What a normalization finds in its inputs. Shapes: (1, O) for a batch, (B, 1) where each row has its own."""

    mean: Array
    variance: Array  # the population's
    xhat: Array  # (B, O) = (x - mean) / sqrt(variance + epsilon)
    epsilon: float


@dataclass(frozen=True)
class LayerTrace:
    """One layer. Shapes: B rows, I inputs, O outputs. `tensors` are its parameters by name, in the order of weights;

    what they have is also at hand by longer names, here W, dW, clipped_W, W_after and update_W. None: there is none.
    """

    index: int  # its place among the layers that compute, from 0; on paper it is layer index + 1
    activation: str
    x: Array  # (B, I): inputs
    z: Array  # (B, O), in a Dense layer x W + b
    a: Array  # (B, O) = phi(z)
    derivative: Array  # (B, O): phi'(z); of softmax the diagonal da_j/dz_j
    delta: Array  # (B, O): dL/dz
    tensors: dict[str, TensorTrace] = field(default_factory=dict)
    kind: str = "dense"  # or another one of KINDS
    normalized: Normalized | None = None
    memory: tuple[str, ...] = ()  # names of the optimizer's slots

    def _named(self, name: str) -> TensorTrace:
        if name not in self.tensors:
            raise AttributeError(f"layer {self.index + 1}, {KINDS[self.kind].words}, has no {name}")
        return self.tensors[name]

    @property
    def slots(self) -> dict[str, Slot]:
        """Of the optimizer: {"v": ...}, {"m": ..., "v": ...}, or {}."""
        learned = {name: tensor for name, tensor in self.tensors.items() if tensor.learned}
        return {slot: Slot({name: t.slots[slot] for name, t in learned.items()}) for slot in self.memory}

    @property
    def W(self) -> Array:
        """(I, O), before the step"""
        return self._named("W").value

    @property
    def dW(self) -> Array:
        return self._named("W").gradient

    @property
    def clipped_W(self) -> Array:
        """dW as the optimizer gets it, after clipping"""
        return self._named("W").clipped

    @property
    def W_after(self) -> Array:
        return self._named("W").after

    @property
    def update_W(self) -> Array:
        """W_after - W"""
        return self._named("W").update

    @property
    def b(self) -> Array | None:
        """(O,)"""
        return self.tensors["b"].value if "b" in self.tensors else None

    @property
    def db(self) -> Array | None:
        return self.tensors["b"].gradient if "b" in self.tensors else None

    @property
    def clipped_b(self) -> Array | None:
        return self.tensors["b"].clipped if "b" in self.tensors else None

    @property
    def b_after(self) -> Array | None:
        return self.tensors["b"].after if "b" in self.tensors else None

    @property
    def update_b(self) -> Array | None:
        return self.tensors["b"].update if "b" in self.tensors else None

    @property
    def gamma(self) -> Array | None:
        """(O,)"""
        return self.tensors["gamma"].value if "gamma" in self.tensors else None

    @property
    def beta(self) -> Array | None:
        """(O,)"""
        return self.tensors["beta"].value if "beta" in self.tensors else None

    @property
    def dgamma(self) -> Array | None:
        return self.tensors["gamma"].gradient if "gamma" in self.tensors else None

    @property
    def dbeta(self) -> Array | None:
        return self.tensors["beta"].gradient if "beta" in self.tensors else None

    @property
    def mean(self) -> Array | None:
        """(1, O) or (B, 1): what a normalization subtracts"""
        return None if self.normalized is None else self.normalized.mean

    @property
    def variance(self) -> Array | None:
        """in the shape of mean"""
        return None if self.normalized is None else self.normalized.variance

    @property
    def xhat(self) -> Array | None:
        """(B, O) = (x - mean) / sqrt(variance + epsilon)"""
        return None if self.normalized is None else self.normalized.xhat

    def __str__(self) -> str:
        """The layer as text, by the names of its attributes."""
        kind = "" if self.kind == "dense" else f"{KINDS[self.kind].words}, "
        words = f"{self.x.shape[1]} -> {self.z.shape[1]}, {kind}{self.activation}"
        rows = [f"Layer {self.index + 1}: {words}"]
        learned = {name: tensor for name, tensor in self.tensors.items() if tensor.learned}
        arrays = {"x": self.x} | {name: tensor.value for name, tensor in self.tensors.items()}
        if self.normalized is not None:
            arrays |= {"mean": self.normalized.mean, "variance": self.normalized.variance, "xhat": self.normalized.xhat}
        arrays |= {"z": self.z, "a": self.a, "derivative": self.derivative, "delta": self.delta}
        arrays |= {f"d{name}": tensor.gradient for name, tensor in learned.items()}
        arrays |= {f"update_{name}": tensor.update for name, tensor in learned.items()}
        arrays |= {f"{name}_after": tensor.after for name, tensor in self.tensors.items()}
        for slot in self.memory:
            for name, tensor in learned.items():
                for what, array in zip((name, f"{name}_after"), tensor.slots[slot], strict=True):
                    arrays[f"{slot}.{what}"] = array
        width = max(12, *(len(name) + 1 for name in arrays))
        return "\n".join(rows + [f"  {name:<{width}}{shown(array, width + 2)}" for name, array in arrays.items()])


@dataclass(frozen=True)
class StepRecord:
    """One step over B rows as a batch: the fields of a Trace, without its methods that print and draw."""

    loss: float  # with the l1 and l2 penalties
    learning_rate: float
    layers: list[LayerTrace] = field(default_factory=list)
    targets: Array = field(default_factory=lambda: np.empty((0, 0)))  # (B, O) as the loss sees them, one-hot, smoothed
    share: Floats = field(default_factory=lambda: np.empty(0))  # (B,): what each row counts, its weight / mass
    iteration: int = 0  # steps before this one
    plan: Plan = field(default_factory=lambda: Plan(0, ()))  # the network it was made with, without dropout
    mass: float = 1.0  # what the sum over rows is divided by: B, or where the plan goes by weight the sum of weights
