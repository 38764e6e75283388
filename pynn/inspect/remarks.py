"""Remarks while fitting: what a diagnosis would find, as far as it costs next to nothing, said once to the log "pynn".

Before the first step after weights were made or set: are units all alike? Once for a network: are the inputs of
unit scale, by a few rows? After the last epoch: has the loss grown, has validation got worse? The rest is left to
`net.diagnose`, which may take its time. Nothing is printed: a program that wants to hear sets up logging.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from ..backend import EngineLike, pieces
from ..engine.data import Data
from ..engine.plan import Plan
from ..metrics import METRICS
from . import advice_data, advice_training, advice_units
from .evidence import course_of
from .finding import NOTE, Finding

log = logging.getLogger("pynn")
ROWS = 256  # looked at for the inputs' scale
ACCURACIES = [name for name in METRICS if name.endswith("accuracy")]


class Remarks:
    """What of a network has not been looked at yet."""

    __slots__ = ("inputs", "weights")

    def __init__(self) -> None:
        self.inputs = self.weights = True

    def before(self, core: EngineLike, plan: Plan, data: Data) -> None:
        if self.weights:
            self.weights = False
            _say(_alike(core, plan))
        if self.inputs:
            self.inputs = False
            _say(_scale(plan, data))

    def after(self, net: Any) -> None:
        """Of the fit that is over. Numbers are compared as they are; only a suspicion is looked into."""
        columns: dict[str, list[float]] = net.history.history
        if not (loss := columns.get("loss")):
            return
        if loss[-1] > advice_training.GROWN * abs(loss[0]) > 0:
            _say(advice_training.judge_growth(np.asarray(loss)))
        if "val_loss" in columns and _suspicious(columns) and (course := course_of(net, None)) is not None:
            _say(advice_training.judge_gap(course))


def _say(finding: Finding | None) -> None:
    if finding is not None and finding.level != NOTE:
        log.warning("%s", finding)


def _suspicious(columns: dict[str, list[float]]) -> bool:
    """Validation is behind, by its last numbers alone."""
    held_out = columns["val_loss"]
    if len(held_out) >= advice_training.ENOUGH and held_out[-1] > advice_training.ABOVE * min(held_out):
        return True
    gaps = (columns[name][-1] - columns[f"val_{name}"][-1] for name in ACCURACIES if f"val_{name}" in columns)
    return any(gap > advice_training.GAP for gap in gaps)


def _alike(core: EngineLike, plan: Plan) -> Finding | None:
    """The first two weights of the first row tell nearly always that a layer's units differ."""
    if len(plan.layers) < 2:
        return None
    if not any(core.starts_equal(index) for index in range(len(plan.layers) - 1)):
        return None
    arrays, pairs = iter(pieces(plan, core.get_params())), []
    for layer in plan.layers:
        pairs.append((next(arrays), next(arrays) if layer.use_bias else np.zeros(layer.outputs)))
    return advice_units.judge_weights(pairs, any((plan.input_dropout, *(layer.dropout for layer in plan.layers))))


def _scale(plan: Plan, data: Data) -> Finding | None:
    """Of a few rows, spread evenly; ranges that differ from input to input are left to a diagnosis."""
    x = data.x[:: -(-data.rows // ROWS)]
    x = x.reshape(len(x), -1).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers beyond 10^154: their squares are too much, and say so
        if plan.scale is not None and plan.offset is not None:
            x = x * plan.scale + plan.offset
        size = float(np.einsum("ij,ij->j", x, x).max()) / len(x)
        usual = advice_data.SMALL**2 <= size <= advice_data.LARGE**2
        return None if usual else advice_data.judge_inputs(x)
