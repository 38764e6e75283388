"""From a description to what an engine is made of: loss and targets, the plan, the first weights.

Stateless helpers of core.py. What a Normalization learns from the first rows is computed here too, seen
through the layers before it. Read engine/plan.py for what a plan is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import losses
from .backend import Array, EngineModule, Floats, pieces
from .engine.philox import WEIGHTS
from .engine.plan import Plan, build_plan
from .initializers import Draw
from .layers import Layer, Normalization, Stack, check_complete, init_values
from .losses import Loss
from .metrics.reported import Given, readings
from .optimizers import Optimizer
from .rows import arrays
from .training import checks
from .training.fit import Metrics

log = logging.getLogger("pynn")
Moments = tuple[Floats, Floats]


@dataclass(frozen=True)
class CompileArguments:
    """What compile was told."""

    loss: Loss | None
    optimizer: Optimizer
    metrics: tuple[Given, ...]


@dataclass(frozen=True)
class Recipe:
    """What follows from that and the last layer."""

    loss: Loss
    optimizer: Optimizer
    task: checks.Task
    metrics: Metrics


def decide(layers: list[Layer], stack: Stack, given: CompileArguments) -> Recipe:
    """Loss (given or usual), targets and metrics; a loss that is probably a mistake is remarked on."""
    check_complete(layers)
    units, end = stack.dense[-1].units, stack.output
    chosen = given.loss or losses.usual(end)
    if units == 1 and (chosen.name == "categorical_crossentropy" or end.name == "softmax"):
        raise ValueError(
            f"loss: {chosen.name} after {end} with one unit cannot learn; "
            "take a sigmoid with binary_crossentropy, or two units"
        )
    chosen.check_outputs(units)
    task = checks.Task(units, end.name, chosen.name)
    recipe = Recipe(chosen, given.optimizer, task, Metrics(*readings(given.metrics, units, chosen.name, end.name)))
    if trouble := losses.complaint(chosen, end):
        log.warning("%s", trouble)
    return recipe


def make_plan(stack: Stack, recipe: Recipe, inputs: int, dtype: str, seed: int) -> Plan:
    """The plan; while a Normalization has not learned, without scale and offset."""
    complete = all(layer.adapted for layer in stack.normalizations)
    scale, offset = (stack.composed(inputs) if complete else None) or (None, None)
    for part in (scale, offset):
        if part is not None and not (np.abs(part) <= float(np.finfo(dtype).max)).all():
            raise ValueError(f"layers: Rescaling and Normalization lead to factors too large for {dtype}")
    return build_plan(
        inputs, list(stack.plans), loss=recipe.loss.name, **recipe.loss.parameters, optimizer=recipe.optimizer.plan(),
        dtype=dtype, seed=seed, input_dropout=stack.input_dropout, scale=scale, offset=offset,
    )  # fmt: skip


def with_learned(stack: Stack, learn: dict[int, Moments]) -> Stack:
    """The stack as if its Normalizations had learned {place among the affine layers: (mean, variance)}."""
    affine = list(stack.affine)
    for place, moments in learn.items():
        affine[place] = Normalization(*moments)
    return replace(stack, affine=tuple(affine))


def moments(stack: Stack, x: Any, inputs: int, module: EngineModule) -> dict[int, Moments]:
    """What each Normalization that has not learned yet would learn from x, seen through the layers before it."""
    learn: dict[int, Moments] = {}
    raw: Moments | None = None
    for place, layer in enumerate(stack.affine):
        if isinstance(layer, Normalization) and not layer.adapted:
            raw = raw or arrays.moments(x, module)
            before = with_learned(stack, learn)
            scale, offset = replace(before, affine=before.affine[:place]).composed(inputs) or (1.0, 0.0)
            learn[place] = (raw[0] * scale + offset, raw[1] * scale * scale)
    return learn


def flat_params(given: Any, plan: Plan) -> Array:
    """All parameters as one array of the storage type."""
    values = arrays.as_array("flat", given)
    if values.shape != (plan.n_params,):
        raise ValueError(f"flat: shape {values.shape}; expected ({plan.n_params},)")
    with np.errstate(over="ignore"):
        return _finite("flat", values.astype(plan.dtype))


def flat_weights(given: Any, plan: Plan) -> Array:
    """The same from a list [W1, b1, W2, ...]."""
    flat = np.empty(plan.n_params, plan.dtype)
    places = pieces(plan, flat)
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"weights: a {type(given).__name__}; expected a list of {len(places)} arrays")
    if len(given) != len(places):
        raise ValueError(f"weights: {len(given)} arrays; expected {len(places)}")
    for i, (place, array) in enumerate(zip(places, given, strict=True)):
        values = arrays.as_array(f"weights[{i}]", array)
        if values.shape != place.shape:
            raise ValueError(f"weights[{i}]: shape {values.shape}; expected {place.shape}")
        with np.errstate(over="ignore"):
            place[...] = values
    return _finite("weights", flat)


def _finite(name: str, flat: Array) -> Array:
    if not np.isfinite(flat).all():
        raise ValueError(f"{name}: only numbers that are finite in {flat.dtype} are possible")
    return flat


def first_weights(stack: Stack, plan: Plan, module: EngineModule) -> Array:
    """Initializers' values in float64, rounded once. Layer i draws from streams 2i (W) and 2i + 1 (all else),
    and what is drawn again, the k-th time, from these + k 2^32.

    All draws share one array as large as the largest W: nothing in a fit is larger than it.
    """
    room = np.empty(max(t.size for place in plan.layers for t in place.tensors), np.float64)

    def draw(stream: int) -> Draw:
        return Draw(
            lambda n: module.uniform(plan.seed, WEIGHTS, stream, n, room[:n]),
            lambda n: module.normal(plan.seed, WEIGHTS, stream, n, room[:n]),
            lambda k, n: module.normal(plan.seed, WEIGHTS, stream + (k << 32), n),
        )

    flat: Array = np.empty(plan.n_params, plan.dtype)
    end = 0
    for i, (layer, place) in enumerate(zip(stack.parts, plan.layers, strict=True)):
        for values in init_values(layer, place, (draw(2 * i), draw(2 * i + 1))):
            begin, end = end, end + len(values)
            with np.errstate(over="ignore"):
                flat[begin:end] = values
            if not np.isfinite(flat[begin:end]).all():
                raise ValueError(
                    f"kernel_initializer, bias_initializer: first values that are not finite in {plan.dtype}"
                )
    return flat


def without_dropout(plan: Plan) -> Plan:
    return replace(plan, layers=tuple(replace(layer, dropout=0.0) for layer in plan.layers), input_dropout=0.0)


def dtype_name(given: Any) -> str:
    """ "float32" or "float64", from a name or a NumPy type."""
    from .arguments import choice

    try:
        name = given if given is None else np.dtype(given).name  # NumPy takes None for float64
    except TypeError:
        name = str(given)
    return choice("dtype", name, ("float32", "float64"))
