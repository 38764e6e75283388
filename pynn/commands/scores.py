"""Scores by name, for `--metric`, `--importance` and the report: functions of true and predicted values of some rows.

For classes the predictions are probabilities, (rows, classes); for amounts they are amounts, in the target's own unit.
The numbers are those of pynn.metrics. Read wording.py for the report.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import metrics
from ..backend import Array, Floats


@dataclass(frozen=True)
class Score:
    of: Callable[[Array, Array], float]
    rising: bool  # whether more is better


def log_loss(y: Array, p: Array) -> float:
    return metrics.log_loss(y, p.astype(np.float64) / p.sum(axis=1, keepdims=True, dtype=np.float64), eps=1e-7)


def accuracy(y: Array, p: Array) -> float:
    return metrics.accuracy(y, p.argmax(axis=1))


def recalls(y: Array, p: Array) -> Floats:
    """Of each class; nan for a class without rows."""
    known = list(range(p.shape[1]))
    found = metrics.recall(y, p.argmax(axis=1), average=None, classes=known, zero_division=math.nan)
    return np.where(np.bincount(y, minlength=len(known)) > 0, found, np.nan)


def precisions(y: Array, p: Array) -> Floats:
    """Of each class; nan for a class that is never predicted."""
    return np.asarray(
        metrics.precision(y, p.argmax(axis=1), average=None, classes=list(range(p.shape[1])), zero_division=math.nan)
    )


def areas(y: Array, p: Array) -> Floats:
    """The area under the ROC curve of each class against the others; nan for a class that has no rows, or all."""
    found = np.full(p.shape[1], np.nan)
    for number in range(len(found)):
        if 0 < np.count_nonzero(y == number) < len(y):
            found[number] = metrics.roc_auc(y == number, p[:, number], positive=True)
    return found


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def f1(y: Array, p: Array) -> float:
    return float(metrics.f1(y, p.argmax(axis=1), average="macro"))


def r2(y: Array, given: Array) -> float:
    return float(metrics.r2(y, given)) if len(y) > 1 and np.ptp(y) > 0 else math.nan


CLASSES = {
    "log_loss": Score(log_loss, False),
    "accuracy": Score(accuracy, True),
    "auc": Score(lambda y, p: _mean(areas(y, p)), True),
    "f1": Score(f1, True),
    "recall": Score(lambda y, p: _mean(recalls(y, p)), True),
}
AMOUNTS = {
    "rmse": Score(lambda y, given: math.sqrt(float(metrics.mse(y, given))), False),
    "mae": Score(lambda y, given: float(metrics.mae(y, given)), False),
    "r2": Score(r2, True),
}
NAMES = ("loss", *CLASSES, *AMOUNTS)
