"""Metrics that count rows: accuracy, the confusion matrix, and precision, recall and F1, which follow from it.

For one class: precision is the share of rows predicted as this class that belong to it, recall the share of its rows
that are predicted as such, F1 = 2 hits / (rows predicted as it + rows of it), which is the harmonic mean of the two.
The classes are those that occur in y_true or y_pred, unless `classes` lists others. Read ranked.py for metrics of
scores.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import choice, real, shown
from .reading import Array, Numbers, both, columns, listed, pair, places

AVERAGES = ("binary", "macro", "micro", "weighted")


def accuracy(y_true: Any, y_pred: Any) -> float:
    """Share of rows whose class is right."""
    true, predicted = both(y_true, y_pred)
    return float(np.mean(true == predicted))


# ---- the confusion matrix --------------------------------------------------------------------


def confusion_matrix(
    y_true: Any, y_pred: Any, n_classes: int | None = None, *, normalize: str | None = None, classes: Any = None
) -> Array:
    """Element [i, j]: how many rows of class i were predicted as class j, int64 (classes, classes).

    classes    in this order; left out: 0 to n_classes - 1, or the strings that occur, ascending
    normalize  shares instead of numbers: of each row ("true"), each column ("pred") or all rows ("all");
               0 where there is nothing to divide by
    """
    true, predicted = both(y_true, y_pred)
    known = columns(np.concatenate([true, predicted]), n_classes, classes, "y_true, y_pred")
    n = len(known)
    cell = places(true, known, "y_true") * n + places(predicted, known, "y_pred")
    matrix = np.bincount(cell, minlength=n * n).reshape(n, n).astype(np.int64)
    if normalize is None:
        return matrix
    axis = {"true": 1, "pred": 0, "all": None}[choice("normalize", normalize, ("true", "pred", "all"))]
    return np.asarray(matrix / np.maximum(matrix.sum(axis=axis, keepdims=True), 1))


def precision_recall_f1(y_true: Any, y_pred: Any, n_classes: int | None = None) -> dict[str, Array]:
    """For each class: precision, recall and F1 (0 where there is nothing to divide by), and its number of rows."""
    matrix = confusion_matrix(y_true, y_pred, n_classes)
    found = Counts(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1))
    return {
        "precision": found.precision(0.0),
        "recall": found.recall(0.0),
        "f1": found.f1(0.0),
        "support": found.support,
    }


# ---- precision, recall, F1 -------------------------------------------------------------------


class Counts(NamedTuple):
    """For each class: rows predicted right (hits), rows predicted as it (taken), rows of it (support)."""

    hits: Numbers
    taken: Numbers
    support: Numbers

    def precision(self, empty: float) -> NDArray[np.float64]:
        return _share(self.hits, self.taken, empty)

    def recall(self, empty: float) -> NDArray[np.float64]:
        return _share(self.hits, self.support, empty)

    def f1(self, empty: float) -> NDArray[np.float64]:
        return _share(2 * self.hits, self.taken + self.support, empty)

    def of(self, which: Numbers) -> Counts:
        """The counts of these classes; the index -1 is a class that does not occur, with counts of 0."""
        return Counts(*(np.where(which < 0, 0, one[which]) for one in self))

    def together(self) -> Counts:
        """The sums over all classes, for the micro average."""
        return Counts(*(one.sum(keepdims=True) for one in self))


def _share(part: Numbers, whole: Numbers, empty: float) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), empty)


def precision(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = "binary",
    positive: Any = 1,
    zero_division: float = 0.0,
    classes: Any = None,
) -> Any:
    """Share of the rows predicted as a class that belong to it.

    average        "binary": of the class `positive`, where there are two. "macro": the mean over classes; "weighted":
                   the mean weighted by the rows of each class; "micro": all classes counted as one; None: an
                   array, one number for each class
    zero_division  what 0/0 is: 0, 1 or nan; a mean leaves nan out
    classes        the classes to report, in this order; left out: those that occur, ascending
    """
    return _averaged("precision", y_true, y_pred, average, positive, zero_division, classes)


def recall(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = "binary",
    positive: Any = 1,
    zero_division: float = 0.0,
    classes: Any = None,
) -> Any:
    """Share of the rows of a class that are predicted as such. Arguments as those of `precision`."""
    return _averaged("recall", y_true, y_pred, average, positive, zero_division, classes)


def f1(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = "binary",
    positive: Any = 1,
    zero_division: float = 0.0,
    classes: Any = None,
) -> Any:
    """2 precision recall / (precision + recall). Arguments as those of `precision`."""
    return _averaged("f1", y_true, y_pred, average, positive, zero_division, classes)


def _averaged(
    what: str, y_true: Any, y_pred: Any, average: str | None, positive: Any, zero_division: float, classes: Any
) -> Any:
    if average is not None:
        choice("average", average, AVERAGES)
    empty = _zero_division(zero_division)
    known, true, predicted = pair(y_true, y_pred)
    n = len(known)
    counts = Counts(
        np.bincount(true[true == predicted], minlength=n),
        np.bincount(predicted, minlength=n),
        np.bincount(true, minlength=n),
    )
    if average == "binary":
        if classes is not None:
            raise ValueError("classes: not with average='binary', which is about `positive` alone")
        counts = counts.of(_positive(positive, known))
    elif classes is not None:
        counts = counts.of(_which(listed("classes", classes), known))
    return _mean(what, counts, average, empty)


def _mean(what: str, counts: Counts, average: str | None, empty: float) -> Any:
    """A number, or an array of one for each class."""
    if average == "micro":
        counts = counts.together()
    values: NDArray[np.float64] = getattr(counts, what)(empty)
    if average is None:
        return values
    there = ~np.isnan(values)
    if not there.any():
        return math.nan
    weight = counts.support[there]
    if average != "weighted" or not weight.any():  # without any row of these classes: the plain mean
        weight = np.ones_like(weight)
    return float((values[there] * weight).sum() / weight.sum())


def _zero_division(given: Any) -> float:
    """0, 1 or nan."""
    if isinstance(given, (float, np.floating)) and math.isnan(given):
        return math.nan
    if real("zero_division", given) not in (0.0, 1.0):
        raise ValueError(f"zero_division: {shown(given)} is not possible; expected 0, 1 or nan")
    return float(given)


def _positive(positive: Any, known: Array) -> Numbers:
    """The index of `positive` among the known classes; -1 where only the other class occurs."""
    there = shown(known.tolist())
    if len(known) > 2:
        raise ValueError(f"average: 'binary' needs two classes, there are {there}; use 'macro', 'micro' or 'weighted'")
    which = _which(listed("positive", [positive]), known)
    if which[0] < 0 and len(known) == 2:
        raise ValueError(f"positive: {shown(positive)} is none of the classes {there}")
    return which


def _which(wanted: Array, known: Array) -> Numbers:
    if (wanted.dtype.kind in "UT") != (known.dtype.kind in "UT"):
        raise ValueError(f"positive, classes: {shown(wanted.tolist())}, but the classes are {shown(known.tolist())}")
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1)
