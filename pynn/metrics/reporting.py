"""A report as plain text: precision, recall, F1 and rows of each class or label, their means, and the accuracy.

It only lays out; the numbers are those of counted.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import shown, whole
from . import multihot
from .counted import Counts, accuracy, f1, precision, recall
from .multihot import Marks
from .reading import Array, both, columns, listed, places

WORDS = ("precision", "recall", "f1", "rows")


def report(
    y_true: Any, y_pred: Any, names: Any = None, *, digits: int = 3, sample_weight: Any = None,
    multilabel: bool | None = None,
) -> str:  # fmt: skip
    """The table as a string of lines; nothing is printed.

    names   of the classes: of class numbers 0, 1, ... in their order, all of which are then listed; or, of strings,
            the classes themselves in the order wanted. Left out, the classes that occur are listed. Of multi-hot rows:
            what the columns are called
    digits  after the point
    """
    digits = whole("digits", digits, 0, 15)
    marks = multihot.pair(y_true, y_pred, multilabel)
    if marks is not None:
        return _of_labels(marks, names, multihot.weights(sample_weight, len(marks.true)), digits)
    true, predicted = both(y_true, y_pred)
    weight = multihot.weights(sample_weight, len(true))
    known, titles = _known(np.concatenate([true, predicted]), names)
    a, b = places(true, known, "y_true"), places(predicted, known, "y_pred")
    ones = np.eye(len(known), dtype=bool)
    counts = Counts.of_marks(Marks(ones[a], ones[b]), weight)
    lines = _lines(titles, counts)
    means = [_mean(f"{kind} average", kind, lines) for kind in ("macro", "weighted")]
    right = accuracy(true, predicted, sample_weight=weight)
    return _laid_out(lines, [("accuracy", None, None, right, means[0][-1]), *means], digits)


def _of_labels(marks: Marks, names: Any, weight: Any, digits: int) -> str:
    """Of multi-hot rows; without an accuracy, of which there are two kinds."""
    k = marks.true.shape[1]
    titles = [str(one) for one in (range(k) if names is None else listed("names", names))]
    if len(titles) != k:
        raise ValueError(f"names: {len(titles)}, but y_true has {k} labels a row")
    lines = _lines(titles, Counts.of_marks(marks, weight))
    asked: dict[str, Any] = {"sample_weight": weight, "multilabel": True}
    means = [
        (f"{kind} average", *(one(*marks, average=kind, **asked) for one in (precision, recall, f1)), _rows(lines))
        for kind in ("micro", "macro", "weighted", "samples")
    ]
    return _laid_out(lines, means, digits)


def _lines(titles: list[str], counts: Counts) -> list[Any]:
    return list(zip(titles, counts.precision(0.0), counts.recall(0.0), counts.f1(0.0), counts.support, strict=True))


def _rows(lines: list[Any]) -> float:
    return float(sum(line[-1] for line in lines))


def _mean(title: str, kind: str, lines: list[Any]) -> Any:
    rows = np.array([line[-1] for line in lines], np.float64)
    weight = rows if kind == "weighted" else np.ones(len(rows))
    means = (float(np.sum([line[place] for line in lines] * weight) / weight.sum()) for place in (1, 2, 3))
    return (title, *means, float(rows.sum()))


def _known(found: Array, names: Any) -> tuple[Array, list[str]]:
    """The classes of the lines, and what they are called."""
    if names is None:
        known = np.unique(found)
        return known, [str(one) for one in known]
    titles = listed("names", names)
    if found.dtype.kind in "UT":
        return titles, [str(one) for one in titles]
    known = columns(found, len(titles), None, f"names: {shown(titles.tolist())}, but y_true, y_pred")
    return known, [str(one) for one in titles]


def _laid_out(lines: list[Any], means: list[Any], digits: int) -> str:
    wide = max(len(line[0]) for line in [*lines, *means])
    column = max(len("precision"), digits + 3, *(len(f"{line[-1]:g}") for line in means)) + 2

    def row(title: str, *cells: Any) -> str:
        words = ["" if cell is None else cell if isinstance(cell, str) else f"{cell:.{digits}f}" for cell in cells[:3]]
        last = cells[3] if isinstance(cells[3], str) else f"{cells[3]:.10g}"
        return f"{title:<{wide}}" + "".join(f"{cell:>{column}}" for cell in (*words, last))

    return "\n".join([row("", *WORDS), *(row(*one) for one in lines), "", *(row(*one) for one in means)])
