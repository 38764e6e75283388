"""Warnings while fitting: those checks of a diagnosis that cost almost nothing, logged once to the logger "pynn".

Before the first step after weights were initialised or set: do units have equal weights? Once for a network: do the
inputs of some rows have unit scale? After the last epoch: has the loss grown, is validation worse than training? All
other checks are left to `net.diagnose`, which may take longer. Nothing is printed: a program sees the warnings if it
sets up logging.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from ..backend import EngineLike
from ..engine.data import Data
from ..engine.plan import Plan
from ..metrics.names import ACCURACIES
from . import advice_data, advice_training, advice_units
from .evidence import curves_of, dense_weights
from .finding import NOTE, Finding

log = logging.getLogger("pynn")
ROWS = 256  # whose inputs' size is computed: it is right within three standard errors, 3 / sqrt(2 * 256) = 13 %


class Remarks:
    """Which checks are still to be done for a network: each is done once."""

    __slots__ = ("inputs", "weights")

    def __init__(self) -> None:
        self.inputs = self.weights = True

    def before(self, core: EngineLike, plan: Plan, data: Data) -> None:
        if self.weights:
            self.weights = False
            _log_warning(_equal_units(core, plan))
        if self.inputs:
            self.inputs = False
            _log_warning(_input_scale(plan, data))

    def after(self, net: Any) -> None:
        """After a fit: a cheap comparison of the last numbers, and only if it is suspicious the check itself."""
        columns: dict[str, list[float]] = net.history.history
        if not (loss := columns.get("loss")):
            return
        if loss[-1] > advice_training.GROWN * abs(loss[0]) > 0:
            _log_warning(advice_training.judge_growth(np.asarray(loss)))
        if "val_loss" in columns and _suspicious(columns) and (curves := curves_of(net, None)) is not None:
            _log_warning(advice_training.judge_gap(curves))


def _log_warning(finding: Finding | None) -> None:
    if finding is not None and finding.level != NOTE:
        log.warning("%s", finding)


def _suspicious(columns: dict[str, list[float]]) -> bool:
    """Whether the last numbers alone make overfitting possible."""
    held_out = columns["val_loss"]
    if len(held_out) >= advice_training.ENOUGH and held_out[-1] > advice_training.ABOVE * min(held_out):
        return True
    gaps = (columns[name][-1] - columns[f"val_{name}"][-1] for name in ("acc", *ACCURACIES) if f"val_{name}" in columns)
    return any(gap > advice_training.GAP for gap in gaps)


def _equal_units(core: EngineLike, plan: Plan) -> Finding | None:
    """The check for units with equal weights. `starts_equal` compares two weights of a layer, which nearly always
    differ: only if they are equal all weights are compared."""
    dense = [index for index, layer in enumerate(plan.layers) if layer.kind == "dense"]
    if not any(core.starts_equal(index) for index in dense[:-1]):
        return None
    dropout = any((plan.input_dropout, *(layer.dropout for layer in plan.layers)))
    return advice_units.judge_weights(dense_weights(plan, core.get_params()), dropout)


def _input_scale(plan: Plan, data: Data) -> Finding | None:
    """The check for inputs of a wrong scale, on a few rows, evenly spread. Ranges that differ from input to input are
    left to a diagnosis."""
    x = data.x[:: -(-data.rows // ROWS)]
    x = x.reshape(len(x), -1).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # squares of numbers above 10^154 overflow: infinity is LARGE
        if plan.scale is not None and plan.offset is not None:
            x = x * plan.scale + plan.offset
        size = float(np.einsum("ij,ij->j", x, x).max()) / len(x)
        usual = advice_data.SMALL**2 <= size <= advice_data.LARGE**2
        return None if usual else advice_data.judge_inputs(x)
