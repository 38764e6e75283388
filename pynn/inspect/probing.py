"""What an engine computes on its way and does not hand out, found by asking it small questions: the bits are its own.

Each question is a tiny network whose gradient, or whose optimizer's memory, is the number that is wanted: every other
factor in it is exactly 1 or 0. A formula in NumPy would be right too, but not to the last bit.
Read engine/reference.py for what a gradient is, tracing.py for who asks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..backend import Array, EngineLike, EngineModule
from ..engine.data import Data, Totals, blocks
from ..engine.formulas import stored
from ..engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from ..engine.tables import ACTIVATIONS
from ..errors import DivergenceError

TOGETHER = 64  # rows asked for at a time; a power of two, so that dividing by it is exact


def slopes(module: EngineModule, plan: Plan, layer: LayerPlan, z: Array, a: Array) -> Array:
    """phi'(z) of a layer, in the shape of z; of softmax the diagonal da_j/dz_j.

    One unit with weight 1 and the loss |a - t| for a target below a: delta = 1 * phi'(z).
    """
    row = ACTIVATIONS[layer.activation]
    if row.jacobian is not None:
        return np.asarray(row.derivative(z, a, layer.alpha))
    unit = replace(layer, inputs=1, outputs=1, use_bias=False, l2=0.0, dropout=0.0)
    engine = module.Engine(build_plan(1, [unit], loss="mae", dtype=plan.dtype))
    engine.set_params(np.ones(1))
    inputs, outputs = z.reshape(-1, 1), a.reshape(-1, 1)
    found = np.empty_like(inputs)
    for part in blocks(len(inputs)):
        y = outputs[part].astype(np.float64)
        below = np.minimum(y / 2, y * 2) - 1
        try:
            _, passes = engine.trace(Data(inputs[part], y=below, weight=np.full(len(part), float(len(part)))))
            found[part] = passes[0]["d"]
        except DivergenceError:  # an infinity among them: no question that this engine answers
            found[part] = row.derivative(inputs[part], outputs[part], layer.alpha)
    return found.reshape(z.shape)


def gathered(module: EngineModule, plan: Plan, data: Data) -> Array:
    """The rows as the first layer gets them: of the storage type, scaled and shifted.

    One unit for each row with the error 1 in that row and 0 in the others: its dW is the row.
    """
    if plan.scale is None or plan.offset is None:
        return np.asarray(stored(np.asarray(data.x, plan.dtype).reshape(data.rows, -1)))
    units = [LayerPlan(0, TOGETHER, "linear", use_bias=False)]
    ask = build_plan(plan.inputs, units, loss="mae", dtype=plan.dtype, scale=plan.scale, offset=plan.offset)
    engine = module.Engine(ask)  # all weights are 0, and so are the outputs
    targets, weight = -np.eye(TOGETHER), np.full(TOGETHER, float(TOGETHER * TOGETHER))
    found = np.empty((data.rows, plan.inputs), plan.dtype)
    for first in range(0, data.rows, TOGETHER):
        rows = np.arange(first, min(first + TOGETHER, data.rows))
        padded = np.resize(rows, TOGETHER)
        _, gradient = engine.gradients(Data(np.asarray(data.x[padded]), y=targets, weight=weight))
        found[rows] = gradient.reshape(plan.inputs, TOGETHER).T[: len(rows)]
    return found


def clipped(module: EngineModule, plan: Plan, core: EngineLike, data: Data) -> Array:
    """The gradient as the optimizer gets it: after clipping. plan: without dropout.

    SGD with the rate 1 and a velocity that was 0 before: v = momentum * 0 - 1 * gradient.
    """
    o = plan.optimizer
    rule = OptimizerPlan(
        "sgd", momentum=0.5, clipvalue=o.clipvalue, clipnorm=o.clipnorm, global_clipnorm=o.global_clipnorm
    )
    engine = module.Engine(replace(plan, optimizer=rule))
    engine.set_params(core.get_params())
    try:
        engine.train(data, batch=data.rows, epoch=0, rates=np.ones(1), totals=Totals())
    except DivergenceError:
        return np.full(plan.n_params, np.nan, plan.dtype)
    return np.asarray(0 - engine.get_slots()["v"])
