"""Metrics of scores that rank rows: the ROC curve and the area under it.

With a threshold t, the rows whose score is at least t are predicted positive. The curve shows the true positive rate
(tpr, the share of positive rows predicted positive) over the false positive rate (fpr, the share of negative rows
predicted positive), for every threshold that makes a difference. The area is the probability that a positive row has
a higher score than a negative one, ties counted half. Read likelihood.py for probabilities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import choice, flag, shown
from .reading import Array, Numbers, array, labels, listed

Floats = NDArray[np.float64]


def roc_curve(
    y_true: Any, scores: Any, *, positive: Any = 1, drop_intermediate: bool = True
) -> tuple[Floats, Floats, Floats]:
    """(fpr, tpr, thresholds), from (0, 0) at threshold infinity to (1, 1) at the lowest score.

    scores             one number a row, or two columns, one for each of the two classes in ascending order
    positive           the class that a high score means
    drop_intermediate  leave out points on a straight line between their neighbours
    """
    true, scores = _ranked(y_true, scores)
    if scores.shape[1] > 2:
        hint = "for class k: roc_curve(y_true == k, scores[:, k])"
        raise ValueError(f"scores: {scores.shape[1]} columns; a ROC curve is about one class; {hint}")
    truth, column = _one_class(true, scores, positive)
    false_hits, hits, thresholds = _steps(truth, column)
    if flag("drop_intermediate", drop_intermediate) and len(hits) > 2:
        bend = (np.diff(hits, 2) != 0) | (np.diff(false_hits, 2) != 0)
        kept = np.concatenate([[True], bend, [True]])
        false_hits, hits, thresholds = false_hits[kept], hits[kept], thresholds[kept]
    fpr, tpr = (np.concatenate([[0], one]) / one[-1] for one in (false_hits, hits))
    return fpr, tpr, np.concatenate([[np.inf], thresholds])


def auc(x: Any, y: Any) -> float:
    """Area under a curve through points, by trapezoids; x ascends or descends. Below the x axis it is negative."""
    across, up = (array(one, name) for one, name in ((x, "x"), (y, "y")))
    for one, name in ((across, "x"), (up, "y")):
        if one.dtype.kind not in "biuf" or one.ndim != 1 or not np.isfinite(one).all():
            raise ValueError(f"{name}: {one.dtype} of shape {one.shape}; expected a row of finite numbers")
    if len(across) != len(up) or len(up) < 2:
        raise ValueError(f"x, y: {len(across)} and {len(up)} points; expected as many of each, at least 2")
    across, up = across.astype(np.float64), up.astype(np.float64)
    width = np.diff(across)
    if (width < 0).any() and (width > 0).any():
        raise ValueError("x: goes up and down; expected numbers that ascend or descend")
    return float(np.sum(np.abs(width) * (up[1:] + up[:-1]) / 2))


def roc_auc(y_true: Any, scores: Any, *, positive: Any = 1, average: str | None = "macro") -> Any:
    """Area under the ROC curve: 1 is a perfect ranking, 1/2 what chance achieves.

    With three or more columns of scores, each class (ascending) is ranked by its column against the rest, and
    the areas are averaged: "macro" the mean, "weighted" by the rows of each class, None an array of them.
    """
    if average is not None:
        choice("average", average, ("macro", "weighted"))
    true, scores = _ranked(y_true, scores)
    if scores.shape[1] <= 2:
        return _area(*_one_class(true, scores, positive))
    known, support = np.unique(true, return_counts=True)
    if len(known) != scores.shape[1]:
        there = shown(known.tolist())
        raise ValueError(f"y_true: holds the classes {there}; expected rows of each of {scores.shape[1]} classes")
    areas = np.array([_area(true == name, scores[:, column]) for column, name in enumerate(known)])
    if average is None:
        return areas
    return float(np.average(areas, weights=support if average == "weighted" else None))


def _ranked(y_true: Any, scores: Any) -> tuple[Array, Floats]:
    true, found = labels(y_true, "y_true"), array(scores, "scores")
    if found.dtype.kind not in "biuf" or found.ndim not in (1, 2) or found.size == 0:
        raise ValueError(f"scores: {found.dtype} of shape {found.shape}; expected numbers, (rows,) or (rows, classes)")
    if len(found) != len(true):
        raise ValueError(f"scores: {len(found)} rows, but y_true has {len(true)}")
    if not np.isfinite(found).all():
        raise ValueError("scores: nan or infinite values; expected finite numbers")
    return true, found.reshape(len(found), -1).astype(np.float64)


def _one_class(true: Array, scores: Floats, positive: Any) -> tuple[NDArray[np.bool_], Floats]:
    """Which rows are positive, and the column of scores in which a high one means positive."""
    known = np.unique(true)
    wanted = listed("positive", [positive])[0]
    if len(known) != 2 or wanted not in known:
        there = shown(known.tolist())
        raise ValueError(f"y_true: holds the classes {there}; expected two, one of them positive={shown(positive)}")
    return true == wanted, scores[:, -1 if scores.shape[1] == 1 else int(wanted == known[1])]


def _steps(truth: NDArray[np.bool_], scores: Floats) -> tuple[Numbers, Numbers, Floats]:
    """For each distinct score, highest first: how many negatives and positives have at least it, and the score."""
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))  # the last row of each group of ties
    hits: Numbers = np.cumsum(truth[order], dtype=np.int64)[last]
    misses: Numbers = last.astype(np.int64) + 1 - hits
    return misses, hits, scores[last]


def _area(truth: NDArray[np.bool_], scores: Floats) -> float:
    """The area times 2 times positives times negatives is a sum of whole numbers: only the division is rounded."""
    false_hits, hits, _ = _steps(truth, scores)
    before = np.concatenate([[0], hits[:-1]])
    twice = int(np.sum(np.diff(false_hits, prepend=0) * (hits + before)))
    return twice / (2 * int(hits[-1]) * int(false_hits[-1]))
