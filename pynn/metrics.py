"""How good answers are: metrics by name for Network, and functions on arrays of true and predicted values.

The functions take class numbers, one-hot rows or probabilities alike. What is reported while training is
summed by the engine; here are only the names. Nothing here knows a network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import choice, shown, size

Array = NDArray[Any]

ALIASES = {"acc": "accuracy", "mean_absolute_error": "mae", "mean_squared_error": "mse"}
METRICS = ("accuracy", "binary_accuracy", "categorical_accuracy", "mae", "mse")


def check_names(name: str, given: Any) -> tuple[str, ...]:
    """Argument `metrics` of compile: one name or several; at most one kind of accuracy."""
    if given is None:
        return ()
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected names such as ['accuracy']")
    names = tuple(ALIASES.get(one, one) if isinstance(one, str) else one for one in given)
    for one in names:
        choice(name, one, METRICS)
    if sum(one.endswith("accuracy") for one in set(names)) > 1:
        raise ValueError(f"{name}: {', '.join(names)}; only one kind of accuracy is possible at a time")
    return tuple(dict.fromkeys(names))


def totals(names: Iterable[str], outputs: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The engine's kind of accuracy for these metrics, and (name, field of Totals) of each."""
    kind, fields = "", []
    for name in names:
        if name.endswith("accuracy"):
            largest = name == "categorical_accuracy" or (name == "accuracy" and outputs > 1)
            kind = "argmax" if largest else "binary"
            fields.append((name, "accuracy"))
        else:
            kind = kind or "none"
            fields.append((name, name))
    return kind, tuple(fields)


def classes(values: Any, name: str = "values") -> NDArray[np.int64]:
    """Class numbers: the largest of each row, or of one column of probabilities, 1 above 1/2."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2):
        given = f"{array.dtype} of shape {array.shape}"
        raise TypeError(f"{name}: {given}; expected class numbers, one-hot rows or probabilities")
    if array.ndim == 2 and array.shape[1] > 1:
        return np.asarray(array.argmax(axis=1), np.int64)
    array = array.reshape(len(array))
    if array.dtype.kind == "f" and not (array == np.floor(array)).all():
        array = array > 0.5
    return array.astype(np.int64)


def _pair(y_true: Any, y_pred: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    true, predicted = classes(y_true, "y_true"), classes(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(f"y_pred: {len(predicted)} rows, but y_true has {len(true)}")
    if not len(true):
        raise ValueError("y_true: empty; expected at least one row")
    return true, predicted


def accuracy(y_true: Any, y_pred: Any) -> float:
    """Share of rows whose class is right."""
    true, predicted = _pair(y_true, y_pred)
    return float(np.mean(true == predicted))


def confusion_matrix(y_true: Any, y_pred: Any, n_classes: int | None = None) -> NDArray[np.int64]:
    """Element [i, j]: how many rows of class i were taken for class j."""
    true, predicted = _pair(y_true, y_pred)
    low, high = min(true.min(), predicted.min()), int(max(true.max(), predicted.max()))
    n = high + 1 if n_classes is None else size("n_classes", n_classes)
    if low < 0 or high >= n:
        raise ValueError(f"y_true, y_pred: classes from {low} to {high}; expected 0 to {n - 1}")
    return np.bincount(true * n + predicted, minlength=n * n).reshape(n, n).astype(np.int64)


def precision_recall_f1(y_true: Any, y_pred: Any, n_classes: int | None = None) -> dict[str, Array]:
    """For each class: precision, recall and F1 (0 where there is nothing to divide by), and its number of rows."""
    matrix = confusion_matrix(y_true, y_pred, n_classes)
    hits, taken, support = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    return {
        "precision": hits / np.maximum(taken, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(taken + support, 1),
        "support": support,
    }


def _numbers(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    true, predicted = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
    if true.size != predicted.size or not true.size:
        raise ValueError(f"y_pred: shape {predicted.shape}; expected that of y_true, {true.shape}, and not empty")
    return true.reshape(len(true), -1), predicted.reshape(len(true), -1)


def mae(y_true: Any, y_pred: Any) -> float:
    """Mean absolute error."""
    true, predicted = _numbers(y_true, y_pred)
    return float(np.mean(np.abs(predicted - true)))


def mse(y_true: Any, y_pred: Any) -> float:
    """Mean squared error."""
    true, predicted = _numbers(y_true, y_pred)
    return float(np.mean((predicted - true) ** 2))


def r2(y_true: Any, y_pred: Any) -> float:
    """Share of the variance that is explained, mean over outputs; 1 is perfect, 0 is what the mean achieves."""
    true, predicted = _numbers(y_true, y_pred)
    spread = np.sum((true - true.mean(axis=0)) ** 2, axis=0)
    rest = np.sum((true - predicted) ** 2, axis=0)
    flat = np.where(rest > 0, 0.0, 1.0)  # of a constant target: scikit-learn's convention
    return float(np.mean(np.where(spread > 0, 1 - rest / np.where(spread > 0, spread, 1), flat)))
