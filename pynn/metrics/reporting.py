"""A report as plain text: precision, recall, F1 and rows of each class, their means, and the accuracy.

It only lays out; the numbers are those of counted.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import shown, whole
from .counted import Counts, accuracy
from .reading import Array, both, columns, listed, places

WORDS = ("precision", "recall", "f1", "rows")


def report(y_true: Any, y_pred: Any, names: Any = None, *, digits: int = 3) -> str:
    """The table as a string of lines; nothing is printed.

    names   of the classes: of class numbers 0, 1, ... in their order, all of which are then listed; or, of strings,
            the classes themselves in the order wanted. Left out, the classes that occur are listed.
    digits  after the point
    """
    digits = whole("digits", digits, 0, 15)
    true, predicted = both(y_true, y_pred)
    known, titles = _known(np.concatenate([true, predicted]), names)
    a, b = places(true, known, "y_true"), places(predicted, known, "y_pred")
    counts = Counts(*(np.bincount(one, minlength=len(known)) for one in (a[a == b], b, a)))
    shares = [counts.precision(0.0), counts.recall(0.0), counts.f1(0.0)]
    rows = len(true)
    lines = [(title, *(c[k] for c in shares), counts.support[k]) for k, title in enumerate(titles)]
    means = [
        ("macro average", *(float(np.mean(c)) for c in shares), rows),
        ("weighted average", *(float(np.sum(c * counts.support)) / rows for c in shares), rows),
    ]
    return _laid_out(lines, means, accuracy(true, predicted), rows, digits)


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


def _laid_out(lines: list[Any], means: list[Any], right: float, rows: int, digits: int) -> str:
    wide = max(len(line[0]) for line in [*lines, *means])
    column = max(len("precision"), digits + 3, len(str(rows))) + 2

    def row(title: str, *cells: str) -> str:
        return f"{title:<{wide}}" + "".join(f"{cell:>{column}}" for cell in cells)

    def numbers(title: str, *values: float) -> str:
        return row(title, *(f"{value:.{digits}f}" for value in values[:3]), str(int(values[3])))

    accuracy_line = row("accuracy", "", "", f"{right:.{digits}f}", str(rows))
    text = [row("", *WORDS), *(numbers(*one) for one in lines), "", accuracy_line, *(numbers(*one) for one in means)]
    return "\n".join(text)
