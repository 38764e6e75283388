"""A trace: all numbers of one training step, layer by layer, with exactly the bits that the engine computes.

Forward z = x W + b and a = phi(z); backward delta = dL/dz, dW = x^T delta, db = the sum of delta's rows (dW with the
terms of penalties, if there are any); then the gradient after clipping, the optimizer's slots, and the update. delta
has the sign of the gradient. Formulas, also of other kinds of layers, are in engine/reference.py and kinds.py. Numbers
that an engine does not return are recovered from it by probing.py. Read step_record.py for the fields, notation.py for
how a trace is printed, in either convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..backend import Array, EngineLike, EngineModule, Floats
from ..engine.data import Data, Totals
from ..engine.formulas import stored
from ..engine.plan import Plan
from ..engine.tables import LOSSES
from ..errors import DivergenceError
from .drawing import Drawing
from .graphs import draw
from .notation import Sheet, write
from .probing import activation_derivatives, clipped_gradient, first_layer_inputs, normalized
from .step_record import LayerTrace, StepRecord, TensorTrace


@dataclass(frozen=True)
class Trace(StepRecord):
    """One step over B rows as a batch. Its layers hold the numbers; `show`, `to_html`, `to_latex` and `graph` draw."""

    def show(self, delta: str = "gradient", samples: str = "rows", *, digits: int = 6) -> Sheet:
        """The trace on a sheet, to be printed or shown in a notebook; .to_html() and .to_latex() for elsewhere.

        delta    "gradient": delta = dL/dz, weights move against it; "descent": its negative, y - a, as in W + eta delta
        samples  "rows": a sample is a row, W has the shape (inputs, units); "columns": both transposed
        digits   that are printed
        """
        return write(self, delta, samples, digits)

    def __str__(self) -> str:
        return str(self.show())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()

    def to_html(self, path: str | Path | None = None) -> str:
        """A page of its own, in the convention of show(); written to `path` if there is one."""
        return self.show().to_html(path)

    def to_latex(self) -> str:
        """Lines for a document that loads amsmath, in the convention of show()."""
        return self.show().to_latex()

    def graph(self, row: int = 0, nodes: str = "auto") -> Drawing:
        """The computation graph of one row: above a node its value, below it the derivative of that row's loss.

        nodes: "scalars", each number a node; "layers", each array; "auto", scalars where there are few of them.
        """
        return draw(self, row, nodes)


def trace(core: EngineLike, copy: EngineLike, plan: Plan, data: Data, rates: Floats, module: EngineModule) -> Trace:
    """The trace of one step, with all rows as a batch. `copy`, an engine with the same weights and slots, takes the
    step; `core` is not changed. plan: that of the copy, without dropout."""
    loss, passes = core.trace(data)
    params, slots, iteration = core.get_params(), core.get_slots(), core.iteration
    new_params, new_slots = _after_step(copy, plan, data, rates)
    o = plan.optimizer
    used = None
    if o.clipvalue or o.clipnorm or o.global_clipnorm:
        used = clipped_gradient(module, plan, core, data)
    x, layers = first_layer_inputs(module, plan, data), []
    for index, (p, layer) in enumerate(zip(passes, plan.layers, strict=True)):
        tensors = {}
        for t in layer.tensors:
            before, gradient = t.view(params), p[f"d{t.name}"]
            memory = {name: (t.view(slots[name]), t.view(new_slots[name])) for name in o.slots}
            clipped = gradient if used is None else t.view(used)
            tensors[t.name] = TensorTrace(before, t.view(new_params), t.learned, gradient, clipped, memory)
        derivative = activation_derivatives(module, plan, layer, p["z"], p["y"])
        found = normalized(module, plan, layer, x, layer.values(params))
        layers.append(
            LayerTrace(
                index, layer.activation, x, p["z"], p["y"], derivative, p["d"], tensors, layer.kind, found, o.slots
            )
        )
        x = p["y"]
    weight, mass = np.ones(data.rows) if data.weight is None else data.weight, data.mass(plan.by_weight)
    return Trace(float(loss), float(rates[0]), layers, _targets(plan, data), weight / mass, iteration, plan, mass)


def _after_step(copy: EngineLike, plan: Plan, data: Data, rates: Floats) -> tuple[Array, dict[str, Array]]:
    """Weights and slots after the step; all NaN if the step diverges."""
    try:
        copy.train(data, batch=data.rows, epoch=0, rates=rates, totals=Totals())
    except DivergenceError:
        nothing = np.full(plan.n_params, np.nan, plan.dtype)
        return nothing, dict.fromkeys(plan.optimizer.slots, nothing)
    return copy.get_params(), copy.get_slots()


def _targets(plan: Plan, data: Data) -> Array:
    """The targets as the loss uses them: in the network's type, one-hot, with label smoothing."""
    if data.label is not None:
        t = np.eye(plan.outputs, dtype=plan.dtype)[data.label]
    else:
        t = np.asarray(stored(np.asarray(data.y, plan.dtype).reshape(data.rows, -1)))
    smooth = LOSSES[plan.loss].smooth
    return np.asarray(smooth(t, plan.smoothing)) if smooth and plan.smoothing else t
