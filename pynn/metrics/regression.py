"""Metrics of numbers: mean absolute error, mean squared error, R squared. Means over rows and outputs.

Plain sums in float64; the metrics reported while training are summed by the engine in another order and may
differ in the last digits. Several outputs are columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import array

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


def mae(y_true: Any, y_pred: Any) -> float:
    """Mean absolute error."""
    true, predicted = _numbers(y_true, y_pred)
    return float(np.mean(np.abs(predicted - true)))


def mse(y_true: Any, y_pred: Any) -> float:
    """Mean squared error."""
    true, predicted = _numbers(y_true, y_pred)
    return float(np.mean((predicted - true) ** 2))


def r2(y_true: Any, y_pred: Any) -> float:
    """Share of the variance that is explained, mean over outputs; 1 is perfect, 0 is what the mean achieves.

    Of a target that is the same in all rows: 1 if every prediction is right, else 0.
    """
    true, predicted = _numbers(y_true, y_pred)
    if len(true) < 2:
        raise ValueError("y_true: one row; R squared compares with the variance of at least two")
    varies = (true != true[0]).any(axis=0)  # not spread > 0: the mean of a constant may be rounded to another number
    spread = np.where(varies, np.sum((true - true.mean(axis=0)) ** 2, axis=0), 1.0)
    rest = np.sum((true - predicted) ** 2, axis=0)
    return float(np.mean(np.where(varies, 1 - rest / spread, rest == 0)))
