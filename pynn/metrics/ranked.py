"""Metrics of scores that rank rows: the ROC curve and the curve of precision over recall, and the areas under them.

With a threshold t, the rows whose score is at least t are predicted positive. The ROC curve shows the true positive
rate (tpr, the share of positive rows predicted positive) over the false positive rate (fpr, the share of negative rows
predicted positive), for every threshold that makes a difference. The area is the probability that a positive row has
a higher score than a negative one, ties counted half. Read areas.py for several classes or labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import flag, shown
from . import multihot
from .reading import Array, Undefined, array, labels, listed

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def roc_curve(
    y_true: Any, scores: Any, *, positive: Any = 1, drop_intermediate: bool = True, sample_weight: Any = None
) -> tuple[Floats, Floats, Floats]:
    """(fpr, tpr, thresholds), from (0, 0) at threshold infinity to (1, 1) at the lowest score.

    scores             one number a row, or two columns, one for each of the two classes in ascending order
    positive           the class that a high score means
    drop_intermediate  leave out points on a straight line between their neighbours
    sample_weight      what each row counts
    """
    truth, column, weight = _question(y_true, scores, positive, sample_weight, "a ROC curve", "roc_curve")
    both_kinds(truth, weight, positive)
    false_hits, hits, thresholds = steps(truth, column, weight)
    if flag("drop_intermediate", drop_intermediate) and len(hits) > 2:
        bend = (np.diff(hits, 2) != 0) | (np.diff(false_hits, 2) != 0)
        kept = np.concatenate([[True], bend, [True]])
        false_hits, hits, thresholds = false_hits[kept], hits[kept], thresholds[kept]
    fpr, tpr = (np.concatenate([[0], one]) / one[-1] for one in (false_hits, hits))
    return fpr, tpr, np.concatenate([[np.inf], thresholds])


def precision_recall_curve(
    y_true: Any, scores: Any, *, positive: Any = 1, sample_weight: Any = None
) -> tuple[Floats, Floats, Floats]:
    """(precision, recall, thresholds), thresholds ascending; the curves end with precision 1 at recall 0.

    Arguments as those of `roc_curve`.
    """
    what = "a curve of precision and recall"
    truth, column, weight = _question(y_true, scores, positive, sample_weight, what, "precision_recall_curve")
    some_positive(truth, weight, positive)
    false_hits, hits, thresholds = steps(truth, column, weight)
    share, found = _precision(hits, false_hits), hits / hits[-1]
    return np.append(share[::-1], 1.0), np.append(found[::-1], 0.0), thresholds[::-1]


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


# ---- one question, yes or no -----------------------------------------------------------------


def score_columns(scores: Any, rows: int) -> Floats:
    """The scores as (rows, columns), finite."""
    found = array(scores, "scores")
    if found.dtype.kind not in "biuf" or found.ndim not in (1, 2) or found.size == 0:
        raise ValueError(f"scores: {found.dtype} of shape {found.shape}; expected numbers, (rows,) or (rows, classes)")
    if len(found) != rows:
        raise ValueError(f"scores: {len(found)} rows, but y_true has {rows}")
    if not np.isfinite(found).all():
        raise ValueError("scores: nan or infinite values; expected finite numbers")
    return found.reshape(len(found), -1).astype(np.float64)


def _question(
    y_true: Any, scores: Any, positive: Any, sample_weight: Any, what: str, call: str
) -> tuple[Bools, Floats, Floats | None]:
    """Which rows are positive, their scores, their weights."""
    if multihot.truth(y_true, None) is not None:
        raise ValueError(f"y_true: several labels a row; {what} is about one: {call}(y_true[:, k], scores[:, k])")
    true = labels(y_true, "y_true")
    found = score_columns(scores, len(true))
    if found.shape[1] > 2:
        hint = f"for class k: {call}(y_true == k, scores[:, k])"
        raise ValueError(f"scores: {found.shape[1]} columns; {what} is about one class; {hint}")
    return *one_class(true, found, positive), multihot.weights(sample_weight, len(true))


def one_class(true: Array, scores: Floats, positive: Any) -> tuple[Bools, Floats]:
    """Which rows are positive, and the column of scores in which a high one means positive."""
    known, wanted = np.unique(true), listed("positive", [positive])[0]
    there = np.arange(2) if len(known) == 1 and known.dtype.kind in "biu" and known[0] in (0, 1) else known
    if len(there) != 2 or wanted not in there:
        listing = f"y_true: holds the classes {shown(known.tolist())}"
        error = Undefined if len(known) == 1 else ValueError
        raise error(f"{listing}; expected two, one of them positive={shown(positive)}")
    return true == wanted, scores[:, -1 if scores.shape[1] == 1 else int(wanted == there[1])]


def both_kinds(truth: Bools, weight: Floats | None, name: Any) -> None:
    """An area or a curve needs positive rows and negative ones (of weights above 0)."""
    counted = truth if weight is None else truth[weight > 0]
    if counted.all() or not counted.any():
        kind = "all" if counted.any() else "no"
        raise Undefined(
            f"y_true: {kind} rows are of class {shown(name)}; expected rows of two classes, of it and others"
        )


def some_positive(truth: Bools, weight: Floats | None, name: Any) -> None:
    """Recall is a share of the positive rows."""
    if not (truth if weight is None else truth[weight > 0]).any():
        raise Undefined(f"y_true: no rows are of class {shown(name)}; expected at least one")


def steps(truth: Bools, scores: Floats, weight: Floats | None = None) -> tuple[Array, Array, Floats]:
    """For each distinct score, highest first: how many negatives and positives have at least it, and the score.

    Whole numbers, or sums of weights; rows of weight 0 are left out.
    """
    if weight is not None:
        there = weight > 0
        truth, scores, weight = truth[there], scores[there], weight[there]
    order = np.argsort(-scores, kind="stable")
    scores, truth = scores[order], truth[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))  # the last row of each group of ties
    if weight is not None:
        weight = weight[order]
        return np.cumsum(~truth * weight)[last], np.cumsum(truth * weight)[last], scores[last]
    hits = np.cumsum(truth, dtype=np.int64)[last]
    return last.astype(np.int64) + 1 - hits, hits, scores[last]


def roc_area(truth: Bools, scores: Floats, weight: Floats | None, name: Any) -> float:
    """The area times 2 times positives times negatives is a sum of whole numbers: only the division is rounded."""
    both_kinds(truth, weight, name)
    false_hits, hits, _ = steps(truth, scores, weight)
    before = np.concatenate([[0], hits[:-1]])
    twice = np.sum(np.diff(false_hits, prepend=0) * (hits + before)).item()
    return float(twice / (2 * hits[-1].item() * false_hits[-1].item()))


def mean_precision(truth: Bools, scores: Floats, weight: Floats | None, name: Any) -> float:
    """The sum over thresholds of (gain in recall) * precision: the area under steps, nothing in between is assumed."""
    some_positive(truth, weight, name)
    false_hits, hits, _ = steps(truth, scores, weight)
    return float(np.sum(np.diff(hits / hits[-1], prepend=0) * _precision(hits, false_hits)))


def _precision(hits: Array, false_hits: Array) -> Floats:
    return np.asarray(hits / (hits + false_hits), np.float64)
