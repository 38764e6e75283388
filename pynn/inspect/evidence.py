"""What a diagnosis looks at: a network's weights, the course of a training, and one traced step over some rows.

It asks a Network in its own words (trace, fit with no epochs on a copy) and judges nothing: the advice_*.py
beside it do. Shapes: B rows looked at, I inputs, O outputs. Read diagnosis.py next.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import shown
from ..backend import Array, Floats, load
from ..engine.data import blocks
from ..errors import DivergenceError, NotFittedError
from ..layers import Dense, Dropout
from ..losses import Loss
from ..rows import arrays

if TYPE_CHECKING:
    from .tracing import Trace

ROWS = 1024  # rows looked at, evenly spread: a share among them is right to 3 * sqrt(1/4 / 1024) < 5 %


@dataclass(frozen=True)
class Course:
    """How a training went, epoch by epoch; an empty array where something was not measured."""

    loss: Floats
    val_loss: Floats
    accuracy: Floats
    val_accuracy: Floats
    fresh: bool  # whether it began with the network's first epoch
    diverged: str  # what ended it, if a number was not finite
    validation_rows: int  # 0: not known


@dataclass(frozen=True)
class Evidence:
    dense: list[Dense]
    dropout: bool  # whether any layer drops values: its units are then told apart by chance
    loss: Loss
    rate: float  # the learning rate of the next step
    epochs: int  # completed ones
    trained: bool  # whether a step was ever taken
    weights: list[tuple[Array, Array]]  # W (I, O) and b (O,) of each Dense layer; empty while there are none
    course: Course | None = None
    broken: str = ""  # where x or y has something that is not a number
    lost: str = ""  # why there is no trace, if a number in it was not finite
    trace: Trace | None = None  # of the rows looked at
    targets: Floats | None = None  # (B, O), class numbers as one-hot rows

    @cached_property
    def outputs(self) -> Floats | None:
        return None if self.trace is None else self.trace.layers[-1].a.astype(np.float64)

    @property
    def activation(self) -> str:
        """Of the last layer."""
        return name_of(self.dense[-1])

    @cached_property
    def explained(self) -> float | None:
        """1 - sum (y - t)^2 / sum (mean t - t)^2: 1 is perfect, 0 what the best constant answer achieves.

        R^2 or Brier's skill score, whatever the loss: bounded for probabilities, where a log loss is not.
        """
        if self.targets is None or self.outputs is None or not np.isfinite(self.outputs).all():
            return None
        spread = float(np.sum((self.targets - self.targets.mean(axis=0)) ** 2))
        return 1.0 - float(np.sum((self.outputs - self.targets) ** 2)) / spread if spread else None


def name_of(layer: Dense) -> str:
    """The activation's name, without its parameter."""
    return str(getattr(layer.activation, "name", layer.activation))


def gather(net: Any, history: Any, x: Any, y: Any) -> Evidence:
    """All there is to look at; an error where an argument makes no sense."""
    if y is not None and x is None:
        raise ValueError("x: None given together with y; expected the rows that y belongs to")
    dense = [layer for layer in net.layers if isinstance(layer, Dense)]
    course, broken, lost, trace, targets = course_of(net, history), "", "", None, None
    if x is not None:
        try:
            broken, trace, targets = look(net, x, y)
        except DivergenceError as error:  # with weights of 10^30, say, nothing that follows is a number
            lost = str(error)
    return Evidence(
        dense, any(isinstance(layer, Dropout) and layer.rate for layer in net.layers), net.loss,
        float(net.optimizer.rates(net.iteration, 1)[0]), net.epoch, net.iteration > 0, weights_of(net, trace),
        course, broken, lost, trace, targets,
    )  # fmt: skip


# ---- the training ----------------------------------------------------------------------------


def course_of(net: Any, history: Any) -> Course | None:
    """The given History, or its dict of lists; left out, the last fit's."""
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
    loss = _column(columns, "loss")
    name = next((key for key in columns if str(key).endswith("accuracy") and not str(key).startswith("val_")), "")
    epochs = list(getattr(given, "epoch", ()))
    fresh = epochs[0] == 0 if epochs else net.epoch <= len(loss)
    rows = getattr(given, "validation_rows", 0)
    accuracy, held_out = _column(columns, name), _column(columns, f"val_{name}")
    return Course(loss, _column(columns, "val_loss"), accuracy, held_out, fresh, diverged, int(rows))


def _column(columns: dict[str, Any], name: str) -> Floats:
    try:
        return np.asarray(columns.get(name, ()), np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise TypeError(f"history: {name!r} is {shown(columns[name])}; expected a list of numbers") from None


# ---- weights and rows ------------------------------------------------------------------------


def weights_of(net: Any, trace: Trace | None) -> list[tuple[Array, Array]]:
    if trace is not None:
        return [(layer.W, np.zeros(layer.W.shape[1]) if layer.b is None else layer.b) for layer in trace.layers]
    if net.inputs is None:
        return []
    flat, pairs = iter(net.get_weights()), []
    for layer in net.layers:
        if isinstance(layer, Dense):
            pairs.append((next(flat), next(flat) if layer.use_bias else np.zeros(layer.units)))
    return pairs


def look(net: Any, x: Any, y: Any) -> tuple[str, Trace | None, Floats | None]:
    """What is not a number, the traced step, the targets (B, O); without y, targets are taken to be 0."""
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
    """Of the network, or of a copy that was told what a first fit would tell it."""
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
    """(B,): which rows the network's type can hold."""
    largest = arrays.LARGEST[net.dtype]
    return np.asarray((np.abs(array.reshape(len(array), -1).astype(np.float64)) <= largest).all(axis=1))


def _broken(name: str, array: Array, net: Any) -> str:
    """How many rows have a number that is none, and the first of them; all rows are looked at."""
    largest = arrays.LARGEST[net.dtype]
    if array.dtype.kind != "f" or load(net.engine).first_outside(array, -largest, largest) is None:
        return ""
    bad = np.concatenate([rows[~_finite(array[rows], net)] for rows in blocks(len(array))])
    return f"{name} has {len(bad)} of {len(array)} rows with NaN or infinity, the first is row {bad[0]}"
