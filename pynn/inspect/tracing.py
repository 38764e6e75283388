"""A trace: every number of one step, as one would write it on paper.

Forward z = x W + b and a = phi(z); backward delta = dL/dz, dW = x^T delta, db = the sum of delta's rows (both with
the l2 term, where there is one); then what the optimizer adds. The sign is the gradient's: weights
move against it. Formulas are in engine/reference.py; nothing is computed here but phi'.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..backend import Array, EngineLike, Floats, pieces
from ..engine.data import Data, Totals
from ..engine.plan import Plan
from ..engine.tables import ACTIVATIONS
from ..errors import DivergenceError

SMALL = 64  # numbers of an array that are printed; of larger ones the shape and the extremes


@dataclass(frozen=True)
class LayerTrace:
    """One Dense layer. Shapes: B rows, I inputs, O units."""

    index: int
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
    update_W: Array  # (I, O): what the optimizer adds to W in this step
    update_b: Array | None

    def __str__(self) -> str:
        rows = [f"Layer {self.index}: {self.W.shape[0]} -> {self.W.shape[1]}, {self.activation}"]
        named = {
            "x": self.x, "W": self.W, "b": self.b, "z = x W + b": self.z, "a = phi(z)": self.a,
            "phi'(z)": self.derivative, "delta = dL/dz": self.delta, "dW": self.dW, "db": self.db,
            "update of W": self.update_W, "update of b": self.update_b,
        }  # fmt: skip
        rows += [f"  {name:<14}{_shown(array, 16)}" for name, array in named.items() if array is not None]
        return "\n".join(rows)


@dataclass(frozen=True)
class Trace:
    loss: float
    learning_rate: float
    layers: list[LayerTrace] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"loss {self.loss:.8g}, learning rate {self.learning_rate:g}"
        return "\n".join([head, *map(str, self.layers)])

    __repr__ = __str__


def _shown(array: Array, indent: int) -> str:
    if array.size > SMALL:
        return f"{array.shape} from {array.min():.6g} to {array.max():.6g}"
    return np.array2string(array, precision=6, suppress_small=False, max_line_width=110, prefix=" " * indent)


def trace(core: EngineLike, copy: EngineLike, plan: Plan, data: Data, rates: Floats) -> Trace:
    """One step over all rows as a batch. It is taken by `copy`, an engine of the same numbers; `core` is only read."""
    loss, passes = core.trace(data)
    before, after = pieces(plan, copy.get_params()), _after_step(copy, plan, data, rates)
    x, place, layers = _gathered(plan, data), 0, []
    for index, (layer, p) in enumerate(zip(plan.layers, passes, strict=True)):
        row = ACTIVATIONS[layer.activation]
        w, b = place, place + 1
        bias = layer.use_bias
        layers.append(
            LayerTrace(
                index, layer.activation, x, before[w], before[b] if bias else None, p["z"], p["y"],
                row.derivative(p["z"], p["y"], layer.alpha), p["d"], p["dW"], p["db"] if bias else None,
                after[w] - before[w], after[b] - before[b] if bias else None,
            )
        )  # fmt: skip
        x, place = p["a"], place + (2 if bias else 1)
    return Trace(float(loss), float(rates[0]), layers)


def _after_step(copy: EngineLike, plan: Plan, data: Data, rates: Floats) -> list[Array]:
    """The weights after the step; NaN where it cannot be taken."""
    try:
        copy.train(data, batch=data.rows, epoch=0, rates=rates, totals=Totals())
    except DivergenceError:
        return pieces(plan, np.full(plan.n_params, np.nan, plan.dtype))
    return pieces(plan, copy.get_params())


def _gathered(plan: Plan, data: Data) -> Array:
    """The first layer's inputs, as the engine sees them."""
    x = np.asarray(data.x, plan.dtype).reshape(data.rows, -1)
    if plan.scale is not None and plan.offset is not None:
        x = x * plan.scale.astype(plan.dtype) + plan.offset.astype(plan.dtype)
    return x
