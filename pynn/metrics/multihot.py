"""Several labels per row: multi-hot rows, a column of zeros and ones for each label, and what is predicted for them.

Each column is a yes-or-no question of its own. Rows of zeros and ones are multi-hot where some row has not exactly one
1; rows that all have one are one-hot, one class a row, unless multilabel=True says otherwise. Sample weights are read
here, too. Read reading.py for one class a row, counted.py for what is counted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import flag
from .reading import Array, Undefined, array, no_nan

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Marks(NamedTuple):
    """Which labels the rows have, and which are predicted: (rows, labels) each."""

    true: Bools
    predicted: Bools


def pair(y_true: Any, y_pred: Any, multilabel: bool | None) -> Marks | None:
    """Both as marks; None: they hold one class a row. A probability above 1/2 predicts the label."""
    true, predicted = array(y_true, "y_true"), array(y_pred, "y_pred")
    if not _are_meant(multilabel, true, predicted):
        return None
    marks = _marks(true, "y_true")
    if predicted.shape != true.shape or predicted.dtype.kind not in "biuf":
        given = f"{predicted.dtype} of shape {predicted.shape}"
        raise ValueError(f"y_pred: {given}; y_true has several labels a row: expected its shape, {true.shape}")
    no_nan(predicted, "y_pred")
    if (predicted < 0).any() or (predicted > 1).any():
        span = f"values from {predicted.min():g} to {predicted.max():g}"
        raise ValueError(f"y_pred: {span}; expected zeros and ones, or the probability of each label")
    return Marks(marks, predicted > 0.5)


def truth(y_true: Any, multilabel: bool | None) -> Bools | None:
    """The marks of multi-hot rows, for metrics of scores; None: one class a row."""
    found = array(y_true, "y_true")
    return _marks(found, "y_true") if _are_meant(multilabel, found, found) else None


def is_multi_hot(given: Any) -> bool:
    """Rows of zeros and ones, one of which has not exactly one 1."""
    found = np.asarray(given)
    return _has_columns(found) and _zeros_and_ones(found) and bool((np.count_nonzero(found, axis=1) != 1).any())


def _are_meant(multilabel: bool | None, true: Array, predicted: Array) -> bool:
    if multilabel is not None:
        return flag("multilabel", multilabel)
    if not _has_columns(true) or not _zeros_and_ones(true):
        return False
    return is_multi_hot(true) or (predicted.shape == true.shape and is_multi_hot(predicted))


def _has_columns(found: Array) -> bool:
    return found.ndim == 2 and found.shape[1] > 1 and found.dtype.kind in "biuf" and len(found) > 0


def _zeros_and_ones(found: Array) -> bool:
    return found.dtype.kind == "b" or bool(((found == 0) | (found == 1)).all())


def _marks(found: Array, name: str) -> Bools:
    if found.ndim != 2 or not found.size or found.dtype.kind not in "biuf" or not _zeros_and_ones(found):
        given = f"{found.dtype} of shape {found.shape}"
        raise ValueError(f"{name}: {given}; expected zeros and ones, (rows, labels), at least one of each")
    return np.asarray(found != 0)


def weights(given: Any, rows: int) -> Floats | None:
    """Argument `sample_weight`: a number >= 0 for each row, not all 0; None: all rows count once."""
    if given is None:
        return None
    found = array(given, "sample_weight")
    if found.dtype.kind not in "biuf" or found.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"sample_weight: {found.dtype} of shape {found.shape}; expected ({rows},), a number a row")
    found = found.reshape(rows).astype(np.float64)
    if not np.isfinite(found).all() or (found < 0).any():
        raise ValueError("sample_weight: negative or not finite; expected numbers of at least 0")
    if not found.any():
        raise Undefined("sample_weight: all are 0; expected at least one row that counts")
    return found


def mean(values: Any, weight: Floats | None) -> float:
    """The mean over rows, weighted or not, and over the columns if there are any."""
    if weight is None:
        return float(np.mean(values))
    return float(np.average(values if values.ndim == 1 else values.mean(axis=1), weights=weight))


def sums(values: Array, weight: Floats) -> Floats:
    """The weighted sum of each column, row after row: a product of matrices would add up in an order of the CPU's."""
    return np.asarray(np.sum(weight[:, None] * values, axis=0), np.float64)
