"""What losses are worth, in plain NumPy: of validation rows, as scikit-learn tells it.

A mean over rows by weight; errors of several outputs are averaged, cross-entropies and the Poisson deviance added up.
"""

from __future__ import annotations

import numpy as np

from ..backend import Array, Floats
from ..engine.plan import Plan
from ..engine.tables import LOSSES
from .recipe import Goal


def of_rows(goal: Goal, plan: Plan, outputs: Array, targets: Array) -> Floats:
    """(rows,) float64: each row's loss, without penalty, as it is reported."""
    y, t = np.asarray(outputs, np.float64), np.asarray(targets, np.float64)
    with np.errstate(all="ignore"):
        loss, numbers = LOSSES[goal.loss], np.finfo(outputs.dtype)
        t = loss.smooth(t, plan.smoothing) if loss.smooth and plan.smoothing else t
        if goal.loss.endswith("crossentropy"):
            y = np.clip(y, numbers.eps, 1 - numbers.eps)
            each = -t * np.log(y) - (0 if goal.loss[0] == "c" else (1 - t) * np.log1p(-y))
            whole = goal.loss[0] == "c" or plan.sum_outputs
            return np.asarray(each.sum(axis=1) if whole else each.mean(axis=1))
        if loss.from_z is not None and loss.needs_z(plan.layers[-1].activation):  # exp: z is known
            value = loss.from_z(np.log(np.clip(y, numbers.tiny, numbers.max)), t)
        else:
            value = loss.value(y, t, plan.delta)
        return np.asarray(value if goal.averaged else value * plan.outputs_factor)


def mean(values: Floats, weight: Floats | None) -> float:
    with np.errstate(over="ignore"):
        return float(np.average(values, weights=weight))
