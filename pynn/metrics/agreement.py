"""Metrics of all classes together: balanced accuracy, Matthews' correlation, Cohen's kappa, top-k accuracy; and of
several labels per row: exact match and Hamming loss.

The first three make up for classes of unequal size. All are computed from the counts that counted.py makes, but top-k,
which ranks the scores of a row. Read ranked.py for metrics that rank rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arguments import choice, whole
from . import multihot
from .multihot import Floats
from .reading import Undefined, array, both, columns, labels, pair, places


def exact_match(y_true: Any, y_pred: Any, *, sample_weight: Any = None, multilabel: bool | None = None) -> float:
    """Share of rows with all labels right: what scikit-learn calls the accuracy of multi-hot rows."""
    marks = multihot.pair(y_true, y_pred, multilabel)
    if marks is None:
        true, predicted = both(y_true, y_pred)
        right = true == predicted
    else:
        right = (marks.true == marks.predicted).all(axis=1)
    return multihot.mean(right, multihot.weights(sample_weight, len(right)))


def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None, multilabel: bool | None = None) -> float:
    """Share of answers that are wrong: 1 - accuracy, counted directly."""
    marks = multihot.pair(y_true, y_pred, multilabel)
    true, predicted = both(y_true, y_pred) if marks is None else marks
    wrong = true != predicted
    return multihot.mean(wrong, multihot.weights(sample_weight, len(wrong)))


def _matrix(y_true: Any, y_pred: Any, sample_weight: Any) -> Floats:
    """The confusion matrix of the classes that occur, in float64."""
    known, true, predicted = pair(y_true, y_pred)
    n, weight = len(known), multihot.weights(sample_weight, len(true))
    return np.bincount(true * n + predicted, weight, minlength=n * n).reshape(n, n).astype(np.float64)


def balanced_accuracy(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """The mean recall of the classes that y_true has."""
    matrix = _matrix(y_true, y_pred, sample_weight)
    support = matrix.sum(axis=1)
    return float(np.mean(np.diag(matrix)[support > 0] / support[support > 0]))


def mcc(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Matthews' correlation of true and predicted classes: 1 perfect, 0 chance; 0 if either is one class alone."""
    matrix = _matrix(y_true, y_pred, sample_weight)
    true, predicted, all_ = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    spreads = (all_**2 - np.sum(true**2)) * (all_**2 - np.sum(predicted**2))
    return float((np.trace(matrix) * all_ - np.sum(true * predicted)) / math.sqrt(spreads)) if spreads > 0 else 0.0


def cohen_kappa(y_true: Any, y_pred: Any, *, weights: str | None = None, sample_weight: Any = None) -> float:
    """Agreement beyond chance: 1 - (disagreement) / (that of independent answers with the same classes).

    weights   None: one mistake is as bad as another; "linear", "quadratic": by the distance of the classes in order
    """
    matrix = _matrix(y_true, y_pred, sample_weight)
    place = np.arange(len(matrix), dtype=np.float64)
    distance = np.abs(place[:, None] - place)
    kind = "equal" if weights is None else choice("weights", weights, ("linear", "quadratic"))
    cost = {"equal": (distance > 0).astype(np.float64), "linear": distance, "quadratic": distance**2}[kind]
    by_chance = np.sum(cost * np.outer(matrix.sum(axis=1), matrix.sum(axis=0))) / matrix.sum()
    if by_chance == 0:
        raise Undefined(
            "y_true, y_pred: one class alone in both; kappa compares with chance, which cannot be wrong here"
        )
    return float(1 - np.sum(cost * matrix) / by_chance)


def top_k_accuracy(y_true: Any, scores: Any, k: int = 5, *, classes: Any = None, sample_weight: Any = None) -> float:
    """Share of rows whose class is among the k with the largest scores; of equal scores the lower class comes first.

    scores   (rows, classes); classes: of its columns, left out 0, 1, ... or the strings that occur
    """
    found, true = array(scores, "scores"), labels(y_true, "y_true")
    if found.dtype.kind not in "biuf" or found.ndim != 2 or found.shape[1] < 2 or len(found) != len(true):
        given = f"{found.dtype} of shape {found.shape}"
        raise ValueError(f"scores: {given}; expected a column for each class and {len(true)} rows")
    if not np.isfinite(found).all():
        raise ValueError("scores: nan or infinite values; expected finite numbers")
    named = true.dtype.kind in "UT" or classes is not None
    known = columns(true, None if named else found.shape[1], classes, "y_true")
    if len(known) != found.shape[1]:
        raise ValueError(
            f"y_true: {len(known)} classes, but scores has {found.shape[1]} columns; list them with classes="
        )
    own = places(true, known, "y_true")[:, None]
    score = np.take_along_axis(found, own, axis=1)
    ahead = (found > score) | ((found == score) & (np.arange(found.shape[1]) < own))
    right = ahead.sum(axis=1) < whole("k", k, 1)
    return multihot.mean(right, multihot.weights(sample_weight, len(right)))
