"""The data that a diagnosis is made from: weights, loss curves, and one traced step over some of the rows.

They are collected with a Network's own methods (trace; fit with 0 epochs on a copy). Nothing is judged here: the
advice_*.py do that. Shapes: B rows used, I inputs, O outputs. Read diagnosis.py next.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import shown
from ..backend import Array, Floats, load
from ..engine.data import blocks
from ..engine.plan import LayerPlan, Plan, build_plan
from ..errors import DivergenceError, NotFittedError
from ..layers import Dropout, arrange
from ..losses import Loss
from ..metrics.names import ACCURACIES
from ..rows import arrays

if TYPE_CHECKING:
    from .tracing import Trace

# Rows that are traced, evenly spread over x. The standard error of a share among so many is at most sqrt(1/4 / 1024),
# so it is right within 5 % (three standard errors).
ROWS = 1024


@dataclass(frozen=True)
class Curves:
    """The curves of a training, a number for each epoch; an empty array for what was not measured."""

    loss: Floats
    val_loss: Floats
    accuracy: Floats
    val_accuracy: Floats
    fresh: bool  # whether the first epoch here is the first one of the network
    diverged: str  # the message of the DivergenceError that ended the training, or ""
    validation_rows: int  # 0: not known


@dataclass(frozen=True)
class Weights:
    """Of one Dense layer."""

    layer: int  # its place among the layers that compute, from 0
    W: Array  # (I, O)
    b: Array  # (O,), zeros where there is no bias
    even: bool = True  # whether what stands between it and the next Dense layer treats all units alike


@dataclass(frozen=True)
class Evidence:
    plans: tuple[LayerPlan, ...]  # of the layers that compute, in order
    dropout: bool  # whether there is a Dropout: it breaks the symmetry of units with equal weights
    loss: Loss
    rate: float  # the learning rate of the next step
    epochs: int  # completed ones
    trained: bool  # whether a step was ever taken
    weights: list[Weights]  # of each Dense layer; empty while there are none
    curves: Curves | None = None
    broken: str = ""  # a sentence on values of x or y that are not finite, or ""
    lost: str = ""  # why there is no trace, if numbers in it were not finite
    trace: Trace | None = None  # of the traced rows, as a batch of a training: so a batch normalization sees them
    targets: Floats | None = None  # (B, O) of the traced rows, class numbers as one-hot rows

    @cached_property
    def outputs(self) -> Floats | None:
        return None if self.trace is None else self.trace.layers[-1].a.astype(np.float64)

    @property
    def activation(self) -> str:
        """The name of the last layer's activation."""
        return self.plans[-1].activation

    @cached_property
    def explained(self) -> float | None:
        """The share of the targets' variance that is explained: 1 is perfect, 0 is as good as the best constant output.

        1 - sum (y - t)^2 / sum (mean t - t)^2: R^2, or for probabilities the Brier skill score. It is used for every
        loss, as it is bounded for probabilities, and a log loss is not.
        """
        if self.targets is None or self.outputs is None or not np.isfinite(self.outputs).all():
            return None
        spread = float(np.sum((self.targets - self.targets.mean(axis=0)) ** 2))
        return 1.0 - float(np.sum((self.outputs - self.targets) ** 2)) / spread if spread else None


def gather(net: Any, history: Any, x: Any, y: Any) -> Evidence:
    """Collects the evidence, after checking the arguments of net.diagnose."""
    if y is not None and x is None:
        raise ValueError("x: None given together with y; expected the rows that y belongs to")
    curves, broken, lost, trace, targets = curves_of(net, history), "", "", None, None
    if x is not None:
        try:
            broken, trace, targets = look(net, x, y)
        except DivergenceError as error:  # weights of 10^30, say: z or the loss overflows
            lost = str(error)
    return Evidence(
        arrange(net.layers).plans, any(isinstance(layer, Dropout) and layer.rate for layer in net.layers), net.loss,
        float(net.optimizer.rates(net.iteration, 1)[0]), net.epoch, net.iteration > 0, weights_of(net, trace),
        curves, broken, lost, trace, targets,
    )  # fmt: skip


# ---- the training ----------------------------------------------------------------------------


def curves_of(net: Any, history: Any) -> Curves | None:
    """The curves in a History, or in a dict of lists like its `.history`; None: those of the last fit."""
    given = getattr(net, "history", None) if history is None else history
    if given is None:
        return None
    columns = getattr(given, "history", given)
    if not isinstance(columns, dict):
        kind = type(given).__name__
        raise TypeError(f"history: {shown(given)} is a {kind}; expected a History, or its dict of lists")
    diverged = str(getattr(given, "diverged", ""))
    if columns and "loss" not in columns:
        raise ValueError(f"history: it has {', '.join(map(str, columns))}; expected at least 'loss'")
    if (kept := getattr(given, "kept", None)) is not None:  # the network is that of this epoch: what followed is undone
        columns = {key: values[: given.epoch.index(kept) + 1] for key, values in columns.items()}
    loss = _column(columns, "loss")
    name = next((key for key in columns if str(key) in ("acc", *ACCURACIES)), "")
    epochs = list(getattr(given, "epoch", ()))
    fresh = epochs[0] == 0 if epochs else net.epoch <= len(loss)
    rows = getattr(given, "validation_rows", 0)
    accuracy, held_out = _column(columns, name), _column(columns, f"val_{name}")
    return Curves(loss, _column(columns, "val_loss"), accuracy, held_out, fresh, diverged, int(rows))


def _column(columns: dict[str, Any], name: str) -> Floats:
    try:
        return np.asarray(columns.get(name, ()), np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise TypeError(f"history: {name!r} is {shown(columns[name])}; expected a list of numbers") from None


# ---- weights and rows ------------------------------------------------------------------------


def weights_of(net: Any, trace: Trace | None) -> list[Weights]:
    if trace is not None:
        plan = trace.plan
        flat = [tensor.value.reshape(-1) for layer in trace.layers for tensor in layer.tensors.values()]
        return dense_weights(plan, np.concatenate(flat))
    if net.inputs is None:
        return []
    weights = [array.reshape(-1) for array in net.get_weights()]
    return dense_weights(build_plan(net.inputs, list(arrange(net.layers).plans)), np.concatenate(weights))


def dense_weights(plan: Plan, flat: Array) -> list[Weights]:
    """Of each Dense layer, from an array of all parameters."""
    found: list[Weights] = []
    for index, layer in enumerate(plan.layers):
        P = layer.values(flat)
        if layer.kind == "dense":
            found.append(Weights(index, P["W"], P.get("b", np.zeros(layer.outputs))))
        elif found:
            even = all(bool((array == array[0]).all()) for array in P.values())
            found[-1] = replace(found[-1], even=found[-1].even and even)
    return found


def look(net: Any, x: Any, y: Any) -> tuple[str, Trace | None, Floats | None]:
    """A sentence on values that are not finite, the traced step, and the targets (B, O). Without y the step is traced
    with targets 0, and the third is None."""
    rows = arrays.as_array("x", x)
    if rows.ndim == 1 and net.inputs in (None, 1):
        rows = rows[:, None]
    given = None if y is None else arrays.as_array("y", y)
    if rows.ndim < 2 or not rows.size:
        raise ValueError(f"x: shape {rows.shape}; expected (rows, features), at least one row")
    if given is not None and given.shape[:1] != rows.shape[:1]:
        raise ValueError(f"y: shape {given.shape}; expected {len(rows)} rows, as x has them")
    broken = _broken("x", rows, net) or ("" if given is None else _broken("y", given, net))
    chosen = np.linspace(0, len(rows) - 1, min(ROWS, len(rows))).astype(np.int64)
    chosen = chosen[_finite(rows[chosen], net) & (True if given is None else _finite(given[chosen], net))]
    if not len(chosen):
        return broken, None, None
    part = rows[chosen]
    answers = np.zeros((len(part), net.outputs)) if given is None else given[chosen]
    trace = _traced(net, part, answers)
    return broken, trace, None if given is None else _dense(answers, net.outputs)


def _traced(net: Any, x: Array, y: Array) -> Trace:
    """A trace of the network. If it has no weights or Normalization statistics yet, a copy is initialised for these
    rows, by a fit of 0 epochs."""
    try:
        trace: Trace = net.trace(x, y)
    except NotFittedError:
        told = deepcopy(net)
        told.fit(x, y, epochs=0, verbose=0)
        trace = told.trace(x, y)
    if not np.isfinite(trace.loss):
        raise DivergenceError(f"the loss of {len(x)} rows is {trace.loss}")
    return trace


def _dense(y: Array, outputs: int) -> Floats:
    """Targets as the loss sees them: (B, O)."""
    if outputs > 1 and (y.ndim == 1 or y.shape[1] == 1):
        return np.asarray(y.reshape(-1)[:, None] == np.arange(outputs), np.float64)
    return y.reshape(len(y), -1).astype(np.float64)


def _finite(array: Array, net: Any) -> Array:
    """(B,): which rows have only values that are finite in the network's type."""
    largest = arrays.LARGEST[net.dtype]
    return np.asarray((np.abs(array.reshape(len(array), -1).astype(np.float64)) <= largest).all(axis=1))


def _broken(name: str, array: Array, net: Any) -> str:
    """A sentence on how many rows have NaN or infinity, and on the first of them, or ""; all rows are checked."""
    largest = arrays.LARGEST[net.dtype]
    if array.dtype.kind != "f" or load(net.engine).first_outside(array, -largest, largest) is None:
        return ""
    bad = np.concatenate([rows[~_finite(array[rows], net)] for rows in blocks(len(array))])
    return f"{name} has {len(bad)} of {len(array)} rows with NaN or infinity, the first is row {bad[0]}"
