"""What losses are worth, in plain NumPy: of validation rows, and of outputs that no engine knows.

Training takes its losses from the engine; here is what has to be told beside it, as scikit-learn tells it: a mean over
rows by weight; errors of several outputs are averaged, cross-entropies and the Poisson deviance added up.
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
        if goal.exponential:
            return half_poisson_deviance(y, t)
        loss = LOSSES[goal.loss]
        t = loss.smooth(t, plan.smoothing) if loss.smooth and plan.smoothing else t
        if goal.loss.endswith("crossentropy"):
            tiny = np.finfo(outputs.dtype).eps
            y = np.clip(y, tiny, 1 - tiny)
            each = -t * np.log(y) - (0 if goal.loss[0] == "c" else (1 - t) * np.log1p(-y))
            whole = goal.loss[0] == "c" or plan.sum_outputs
            return np.asarray(each.sum(axis=1) if whole else each.mean(axis=1))
        value = loss.value(y, t, plan.delta)
        return np.asarray(value if goal.averaged else value * plan.outputs_factor)


def half_poisson_deviance(y: Floats, t: Floats) -> Floats:
    """sum over outputs of t log(t / y) - t + y, where 0 log 0 is 0."""
    logs = np.log(np.where(t > 0, t, 1.0)) - np.log(y)
    return np.asarray((t * logs - t + y).sum(axis=1))


def mean(values: Floats, weight: Floats | None) -> float:
    return float(np.average(values, weights=weight))
