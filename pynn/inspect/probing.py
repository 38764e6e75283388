"""Intermediate results that an engine computes but does not return, recovered with exactly its bits.

For each kind of number a tiny network is made whose gradient, or whose optimizer state, equals the number: every other
factor in it is exactly 1 or 0. The same formula in NumPy would differ in the last bits. Read engine/reference.py for
the gradients, tracing.py for the use of these numbers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..backend import Array, EngineLike, EngineModule
from ..engine.data import Data, Totals, blocks
from ..engine.formulas import stored
from ..engine.kinds import KINDS
from ..engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from ..engine.tables import ACTIVATIONS
from ..errors import DivergenceError
from .step_record import Normalized

TOGETHER = 64  # rows at a time: a power of two, so that the division of the mean over rows is exact


def activation_derivatives(module: EngineModule, plan: Plan, layer: LayerPlan, z: Array, a: Array) -> Array:
    """phi'(z) of a layer, in the shape of z; of softmax the diagonal da_j/dz_j.

    The network: one unit with weight 1 and the loss |a - t| with a target below a, so delta = 1 * phi'(z).
    """
    row = ACTIVATIONS[layer.activation]
    if row.jacobian is not None:
        return np.asarray(row.derivative(z, a, layer.alpha))
    unit = LayerPlan(0, 1, layer.activation, layer.alpha, use_bias=False)
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
        except DivergenceError:  # infinite values among them, which an engine refuses: there the formula is used
            found[part] = row.derivative(inputs[part], outputs[part], layer.alpha)
    return found.reshape(z.shape)


def first_layer_inputs(module: EngineModule, plan: Plan, data: Data) -> Array:
    """The rows as the first layer gets them: in the network's type, scaled and shifted.

    The network: one unit for each row, with the error 1 in that row and 0 in the others, so its dW is the row.
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


def clipped_gradient(module: EngineModule, plan: Plan, core: EngineLike, data: Data) -> Array:
    """The gradient after clipping, as the optimizer's rule gets it. plan: without dropout.

    The network has SGD with rate 1 and a velocity of 0 before the step, so v = momentum * 0 - 1 * gradient.
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


def normalized(
    module: EngineModule, plan: Plan, layer: LayerPlan, x: Array, values: dict[str, Array]
) -> Normalized | None:
    """What a normalization finds in its inputs x; values: its parameters. None of a layer of another kind.

    The network: the normalization alone, gamma 1 and without beta, so that its outputs are xhat; with momentum 0, so
    that its moving statistics after a step are those of the batch. One that keeps none has its own computed here, by
    the formula in float64.
    """
    if (kind := KINDS[layer.kind]).over is None:
        return None
    bare = replace(layer, center=False, scale=True, activation="linear", alpha=0.0, momentum=0.0, dropout=0.0)
    alone = build_plan(layer.inputs, [bare], loss="half_mse", dtype=plan.dtype)
    engine = module.Engine(alone)
    one = {"gamma": np.ones(layer.outputs, plan.dtype)}
    engine.set_params(np.concatenate([(values | one)[t.name] for t in alone.layers[0].tensors]))
    data = Data(x, y=np.zeros_like(x))
    try:
        xhat = engine.trace(data)[1][0]["z"]
        if kind.finish:
            engine.train(data, batch=len(x), epoch=0, rates=np.zeros(1), totals=Totals())
    except DivergenceError:  # infinite values among them
        xhat = np.full(x.shape, np.nan, plan.dtype)
    if kind.finish:
        _, mean, variance = engine.get_params().reshape(3, 1, -1)
        return Normalized(mean, variance, xhat, layer.epsilon)
    with np.errstate(all="ignore"):
        seen = kind.forward(bare, one, x.astype(np.float64), True)[1]
    return Normalized(seen.mean.astype(plan.dtype), seen.variance.astype(plan.dtype), xhat, layer.epsilon)
