"""Areas under curves: ROC AUC, and average precision, the area under precision over recall.

Of two classes one number; of more, each class against the rest; of several labels, each label by its column; averaged.
An area that needs rows of a kind that there are none of has no value: an error says of which. Read ranked.py for the
curves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arguments import choice, shown
from . import multihot
from .ranked import Bools, Floats, mean_precision, one_class, roc_area, score_columns
from .reading import Undefined, labels

Area = Callable[[Bools, Floats, "Floats | None", Any], float]
AVERAGES = ("macro", "micro", "weighted")


def roc_auc(
    y_true: Any, scores: Any, *, positive: Any = 1, average: str | None = "macro", sample_weight: Any = None,
    multilabel: bool | None = None,
) -> Any:  # fmt: skip
    """Area under the ROC curve: 1 is a perfect ranking, 1/2 what chance achieves.

    With three or more columns of scores, each class (ascending) is ranked by its column against the rest, and with
    multi-hot y_true each label by its column. The areas are averaged: "macro" the mean, "weighted" by the rows of
    each, "micro" one ranking of all rows and columns together, None an array of them.
    """
    return _averaged(roc_area, y_true, scores, positive, average, sample_weight, multilabel)


def average_precision(
    y_true: Any, scores: Any, *, positive: Any = 1, average: str | None = "macro", sample_weight: Any = None,
    multilabel: bool | None = None,
) -> Any:  # fmt: skip
    """Area under precision over recall, as a sum of steps: 1 is perfect, the share of positives what chance achieves.

    Arguments as those of `roc_auc`.
    """
    return _averaged(mean_precision, y_true, scores, positive, average, sample_weight, multilabel)


pr_auc = average_precision


def _averaged(
    area: Area, y_true: Any, scores: Any, positive: Any, average: str | None, sample_weight: Any,
    multilabel: bool | None,
) -> Any:  # fmt: skip
    if average is not None:
        choice("average", average, AVERAGES)
    truth = multihot.truth(y_true, multilabel)
    true = labels(y_true, "y_true") if truth is None else np.arange(0)
    rows = len(true) if truth is None else len(truth)
    if not rows:
        raise ValueError("y_true: empty; expected at least one row")
    found, weight = score_columns(scores, rows), multihot.weights(sample_weight, rows)
    if truth is None and found.shape[1] <= 2:
        return area(*one_class(true, found, positive), weight, positive)
    names = np.arange(found.shape[1])
    if truth is None:
        names = _every_class(true, found.shape[1])
        truth = true[:, None] == names
    elif truth.shape != found.shape:
        raise ValueError(f"scores: shape {found.shape}; expected that of y_true, {truth.shape}")
    if average == "micro":
        repeated = None if weight is None else np.repeat(weight, found.shape[1])
        return area(truth.reshape(-1), found.reshape(-1), repeated, 1)
    areas = np.array([area(truth[:, k], found[:, k], weight, name.item()) for k, name in enumerate(names)])
    if average is None:
        return areas
    support = truth.sum(axis=0) if weight is None else multihot.sums(truth, weight)
    return float(np.average(areas, weights=support if average == "weighted" else None))


def _every_class(true: Any, columns: int) -> Any:
    """The classes of the columns: those that occur, of which there have to be as many."""
    known = np.unique(true)
    if len(known) != columns:
        there = f"y_true: holds the classes {shown(known.tolist())}"
        error = Undefined if len(known) < columns else ValueError
        raise error(f"{there}; expected rows of each of {columns} classes")
    return known
