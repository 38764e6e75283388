"""Metrics that count rows: accuracy, confusion matrices, and precision, recall and F1, which follow from them.

For one class: precision is the share of rows predicted as this class that belong to it, recall the share of its rows
that are predicted as such, F1 = 2 hits / (rows predicted as it + rows of it), which is the harmonic mean of the two.
The classes are those that occur in y_true or y_pred, unless `classes` lists others; of multi-hot rows each column is a
label, counted in the same way. Read agreement.py for metrics of all classes together, ranked.py for metrics of scores.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import choice, real, shown
from . import multihot
from .multihot import Floats, Marks
from .reading import Array, Numbers, both, columns, listed, pair, places

AVERAGES = ("binary", "macro", "micro", "weighted", "samples")


def accuracy(y_true: Any, y_pred: Any, *, sample_weight: Any = None, multilabel: bool | None = None) -> float:
    """Share of rows whose class is right; of multi-hot rows, the share of answers, rows times labels, that are right.

    `exact_match` is the share of rows with all labels right.
    """
    marks = multihot.pair(y_true, y_pred, multilabel)
    true, predicted = both(y_true, y_pred) if marks is None else marks
    right = true == predicted
    return multihot.mean(right, multihot.weights(sample_weight, len(right)))


# ---- confusion matrices ----------------------------------------------------------------------


def confusion_matrix(
    y_true: Any, y_pred: Any, n_classes: int | None = None, *, normalize: str | None = None, classes: Any = None,
    sample_weight: Any = None,
) -> Array:  # fmt: skip
    """Element [i, j]: how many rows of class i were predicted as class j, int64 (classes, classes).

    classes        in this order; left out: 0 to n_classes - 1, or the strings that occur, ascending
    normalize      shares instead of numbers: of each row ("true"), each column ("pred") or all rows ("all");
                   0 where there is nothing to divide by
    sample_weight  what each row counts; the matrix is then float64
    """
    if multihot.pair(y_true, y_pred, None) is not None:
        raise ValueError("y_true: several labels a row; multilabel_confusion_matrix has a matrix for each of them")
    true, predicted = both(y_true, y_pred)
    weight = multihot.weights(sample_weight, len(true))
    known = columns(np.concatenate([true, predicted]), n_classes, classes, "y_true, y_pred")
    n = len(known)
    cell = places(true, known, "y_true") * n + places(predicted, known, "y_pred")
    matrix = _count(cell, n * n, weight).reshape(n, n)
    if normalize is None:
        return matrix
    axis = {"true": 1, "pred": 0, "all": None}[choice("normalize", normalize, ("true", "pred", "all"))]
    whole = matrix.sum(axis=axis, keepdims=True)
    return np.asarray(matrix / np.where(whole > 0, whole, 1))


def multilabel_confusion_matrix(
    y_true: Any, y_pred: Any, *, classes: Any = None, sample_weight: Any = None, multilabel: bool | None = None
) -> Array:
    """For each label, or each class against the rest: [[true no, false yes], [missed, found]], (labels, 2, 2)."""
    known, counts, rows = _counted(y_true, y_pred, sample_weight, multilabel)
    if classes is not None:
        counts = counts.of(_which(listed("classes", classes), known))
    found, wrong, missed = counts.hits, counts.taken - counts.hits, counts.support - counts.hits
    return np.stack([rows - found - wrong - missed, wrong, missed, found], axis=-1).reshape(-1, 2, 2)


def precision_recall_f1(y_true: Any, y_pred: Any, n_classes: int | None = None) -> dict[str, Array]:
    """For each class or label: precision, recall and F1 (0 where there is nothing to divide by), and its rows."""
    marks = multihot.pair(y_true, y_pred, None)
    if marks is None:
        matrix = confusion_matrix(y_true, y_pred, n_classes)
        found = Counts(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1))
    elif n_classes not in (None, marks.true.shape[1]):
        raise ValueError(f"n_classes: {n_classes}, but y_true has {marks.true.shape[1]} labels a row")
    else:
        found = Counts.of_marks(marks, None)
    return {
        "precision": found.precision(0.0),
        "recall": found.recall(0.0),
        "f1": found.f1(0.0),
        "support": found.support,
    }


def _count(places: Numbers, n: int, weight: Floats | None) -> Array:
    """How often each of 0 .. n - 1 occurs: whole numbers, or sums of weights."""
    found = np.bincount(places, weight, minlength=n)
    return found if weight is not None else found.astype(np.int64)


# ---- precision, recall, F1 -------------------------------------------------------------------


class Counts(NamedTuple):
    """For each class: rows predicted right (hits), rows predicted as it (taken), rows of it (support)."""

    hits: Array
    taken: Array
    support: Array

    @classmethod
    def of_marks(cls, marks: Marks, weight: Floats | None, axis: int = 0) -> Counts:
        """Over the rows of each label (axis 0), or over the labels of each row (axis 1, where weights do not count)."""
        true, predicted = marks
        if weight is None or axis == 1:
            return cls(*(np.count_nonzero(one, axis=axis) for one in (true & predicted, predicted, true)))
        return cls(*(multihot.sums(one, weight) for one in (true & predicted, predicted, true)))

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


def _share(part: Array, whole: Array, empty: float) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), empty)


def precision(
    y_true: Any, y_pred: Any, *, average: str | None = "binary", positive: Any = 1, zero_division: float = 0.0,
    classes: Any = None, sample_weight: Any = None, multilabel: bool | None = None,
) -> Any:  # fmt: skip
    """Share of the rows predicted as a class that belong to it.

    average        "binary": of the class `positive`, where there are two. "macro": the mean over classes or labels;
                   "weighted": the mean weighted by the rows of each; "micro": all of them counted as one; "samples":
                   the mean over rows, of multi-hot ones; None: an array, one number for each class or label
    zero_division  what 0/0 is: 0, 1 or nan; a mean leaves nan out
    classes        the classes to report, in this order, or columns of multi-hot rows; left out: those that occur
    sample_weight  what each row counts
    multilabel     True: each column is a label; left out: where rows of zeros and ones have not all exactly one 1
    """
    return _averaged("precision", y_true, y_pred, average, positive, zero_division, classes, sample_weight, multilabel)


def recall(
    y_true: Any, y_pred: Any, *, average: str | None = "binary", positive: Any = 1, zero_division: float = 0.0,
    classes: Any = None, sample_weight: Any = None, multilabel: bool | None = None,
) -> Any:  # fmt: skip
    """Share of the rows of a class that are predicted as such. Arguments as those of `precision`."""
    return _averaged("recall", y_true, y_pred, average, positive, zero_division, classes, sample_weight, multilabel)


def f1(
    y_true: Any, y_pred: Any, *, average: str | None = "binary", positive: Any = 1, zero_division: float = 0.0,
    classes: Any = None, sample_weight: Any = None, multilabel: bool | None = None,
) -> Any:  # fmt: skip
    """2 precision recall / (precision + recall). Arguments as those of `precision`."""
    return _averaged("f1", y_true, y_pred, average, positive, zero_division, classes, sample_weight, multilabel)


def _counted(y_true: Any, y_pred: Any, sample_weight: Any, multilabel: bool | None) -> tuple[Array, Counts, float]:
    """The classes, or the numbers of the labels; their counts; and the rows, or the sum of their weights."""
    marks = multihot.pair(y_true, y_pred, multilabel)
    if marks is not None:
        weight = multihot.weights(sample_weight, len(marks.true))
        known, counts, rows = np.arange(marks.true.shape[1]), Counts.of_marks(marks, weight), len(marks.true)
    else:
        known, true, predicted = pair(y_true, y_pred)
        weight, n, rows = multihot.weights(sample_weight, len(true)), len(known), len(true)
        right = true == predicted
        hits = _count(true[right], n, None if weight is None else weight[right])
        counts = Counts(hits, _count(predicted, n, weight), _count(true, n, weight))
    return known, counts, rows if weight is None else float(weight.sum())


def _averaged(
    what: str, y_true: Any, y_pred: Any, average: str | None, positive: Any, zero_division: float, classes: Any,
    sample_weight: Any, multilabel: bool | None,
) -> Any:  # fmt: skip
    if average is not None:
        choice("average", average, AVERAGES)
    empty = _zero_division(zero_division)
    if average == "samples":
        return _over_rows(what, multihot.pair(y_true, y_pred, multilabel), classes, empty, sample_weight)
    known, counts, _ = _counted(y_true, y_pred, sample_weight, multilabel)
    if average == "binary":
        if classes is not None:
            raise ValueError("classes: not with average='binary', which is about `positive` alone")
        if multihot.pair(y_true, y_pred, multilabel) is not None:
            raise ValueError(f"average: 'binary' is about one label, there are {len(known)}; use 'macro' or 'micro'")
        counts = counts.of(_positive(positive, known))
    elif classes is not None:
        counts = counts.of(_which(listed("classes", classes), known))
    return _mean(getattr(counts, what)(empty), counts, average, empty, what)


def _mean(values: Floats, counts: Counts, average: str | None, empty: float, what: str) -> Any:
    """A number, or an array of one for each class."""
    if average == "micro":
        values = getattr(counts.together(), what)(empty)
    if average is None:
        return values
    return _mean_there(values, counts.support if average == "weighted" else None)


def _mean_there(values: Floats, weight: Any) -> float:
    """The mean of those that are not nan; without any weight the plain one."""
    there = ~np.isnan(values)
    if not there.any():
        return math.nan
    weight = np.ones(len(values)) if weight is None else weight
    weight = weight[there] if weight[there].any() else np.ones(there.sum())
    return float((values[there] * weight).sum() / weight.sum())


def _over_rows(what: str, marks: Marks | None, classes: Any, empty: float, sample_weight: Any) -> float:
    """The mean of what each row's labels give."""
    if marks is None:
        raise ValueError("average: 'samples' is a mean over rows with several labels; these have one class a row")
    weight = multihot.weights(sample_weight, len(marks.true))
    if classes is not None:
        chosen = places(listed("classes", classes), np.arange(marks.true.shape[1]), "classes")
        marks = Marks(marks.true[:, chosen], marks.predicted[:, chosen])
    return _mean_there(getattr(Counts.of_marks(marks, None, axis=1), what)(empty), weight)


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
    wanted = listed("positive", [positive])
    if (wanted.dtype.kind in "UT") != (known.dtype.kind in "UT"):
        name = f"name one, positive={known.tolist()[-1]!r}"
        raise ValueError(f"positive: {shown(positive)} is none of the classes {there}; {name}")
    which = _which(wanted, known)
    if which[0] < 0 and len(known) == 2:
        raise ValueError(f"positive: {shown(positive)} is none of the classes {there}")
    return which


def _which(wanted: Array, known: Array) -> Numbers:
    if (wanted.dtype.kind in "UT") != (known.dtype.kind in "UT"):
        raise ValueError(f"classes: {shown(wanted.tolist())}, but the classes are {shown(known.tolist())}")
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1)
