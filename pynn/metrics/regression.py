"""Metrics of numbers: mean absolute error, mean squared error and kin, R squared. Means over rows and outputs.

Plain sums in float64; the metrics reported while training are summed by the engine in another order and may
differ in the last digits. Several outputs are columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import multihot
from .reading import Undefined, array

Floats = NDArray[np.float64]


def _numbers(y_true: Any, y_pred: Any) -> tuple[Floats, Floats]:
    """Both as (rows, outputs), float64; one output may be a row of numbers or a column."""
    true, predicted = (_columns(one, name) for one, name in ((y_true, "y_true"), (y_pred, "y_pred")))
    if true.shape != predicted.shape:
        raise ValueError(f"y_pred: shape {np.shape(y_pred)}; expected that of y_true, {np.shape(y_true)}")
    return true, predicted


def _columns(values: Any, name: str) -> Floats:
    found = array(values, name)
    if found.dtype.kind not in "biuf" or found.ndim == 0:
        raise TypeError(f"{name}: {found.dtype} of shape {found.shape}; expected numbers, (rows,) or (rows, outputs)")
    if not found.size:
        raise ValueError(f"{name}: empty; expected at least one row")
    found = found.reshape(len(found), -1).astype(np.float64)
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found).all(axis=1)))
        raise ValueError(f"{name}: nan or infinity at row {row}; expected finite numbers")
    return found


def _mean(of: Floats, sample_weight: Any) -> float:
    """The mean over rows and outputs."""
    return multihot.mean(of, multihot.weights(sample_weight, len(of)))


def mae(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean absolute error."""
    true, predicted = _numbers(y_true, y_pred)
    return _mean(np.abs(predicted - true), sample_weight)


def mse(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean squared error."""
    true, predicted = _numbers(y_true, y_pred)
    return _mean((predicted - true) ** 2, sample_weight)


def rmse(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """The square root of mse; of several outputs, too, where scikit-learn takes the mean of each output's root."""
    return math.sqrt(mse(y_true, y_pred, sample_weight=sample_weight))


def mape(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean absolute error as a share of the truth: 0.05 is 5 %. A truth of 0 counts as 2.2e-16, as in scikit-learn."""
    true, predicted = _numbers(y_true, y_pred)
    return _mean(np.abs(predicted - true) / np.maximum(np.abs(true), np.finfo(np.float64).eps), sample_weight)


def msle(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean squared error of log(1 + y): of ratios rather than differences. Numbers have to be above -1."""
    true, predicted = _numbers(y_true, y_pred)
    for values, name, error in ((true, "y_true", ValueError), (predicted, "y_pred", Undefined)):
        if values.min() <= -1:
            raise error(f"{name}: {values.min():g} has no log(1 + y); expected numbers above -1")
    return _mean((np.log1p(predicted) - np.log1p(true)) ** 2, sample_weight)


def r2(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Share of the variance that is explained, mean over outputs; 1 is perfect, 0 is what the mean achieves.

    Of a target that is the same in all rows: 1 if every prediction is right, else 0.
    """
    true, predicted = _numbers(y_true, y_pred)
    if len(true) < 2:
        raise Undefined("y_true: one row; R squared compares with the variance of at least two")
    weight = multihot.weights(sample_weight, len(true))
    of = np.ones(len(true)) if weight is None else weight
    counted = true if weight is None else true[weight > 0]
    varies = (counted != counted[0]).any(axis=0)  # not spread > 0: the mean of a constant may be rounded
    centre = true.mean(axis=0) if weight is None else multihot.sums(true, weight) / weight.sum()
    spread = np.where(varies, np.sum(of[:, None] * (true - centre) ** 2, axis=0), 1.0)
    rest = np.sum(of[:, None] * (true - predicted) ** 2, axis=0)
    return float(np.mean(np.where(varies, 1 - rest / spread, rest == 0)))
