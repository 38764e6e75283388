"""Conversion of the metrics' arguments to one class a row: class numbers, one-hot rows, probabilities or strings.

Every metric uses these functions, so all of them accept and refuse the same. A row has one class here; rows with
several labels, or none, are read by multihot.py. Read counted.py next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import shown, size

Array = NDArray[Any]
Numbers = NDArray[np.int64]

# The largest table whose number of columns is taken from the data (cells of 8 bytes: 2 GiB). One large number among
# the labels, an identifier say, would otherwise make a table that does not fit into memory.
CELLS = 2**28
RELABEL = "np.unique(labels, return_inverse=True)[1] numbers them from 0"


class Undefined(ValueError):
    """A metric that has no value for these rows: an area with rows of one class alone, say. Not a wrong argument."""


class Pair(NamedTuple):
    """True and predicted classes as places in `known`, the classes that occur in either, ascending."""

    known: Array
    true: Numbers
    predicted: Numbers


def array(values: Any, name: str) -> Array:
    """The values as a NumPy array; an array of objects that are all strings becomes one of strings."""
    try:
        found = np.asarray(values)
    except ValueError as reason:
        raise ValueError(f"{name}: cannot be read as an array: {reason}") from reason
    if found.dtype.kind == "O" and found.size and all(isinstance(one, str) for one in found.flat):
        return found.astype(str)
    return found


def classes(values: Any, name: str = "values") -> Numbers:
    """Class numbers: the largest of each row, or of one column of probabilities, 1 above 1/2.

    One column whose numbers are all whole holds class numbers; otherwise it holds probabilities.
    """
    found = array(values, name)
    if found.dtype.kind not in "biuf" or found.ndim not in (1, 2) or found.shape[1:] == (0,):
        given = f"{found.dtype} of shape {found.shape}"
        raise TypeError(f"{name}: {given}; expected class numbers, one-hot rows or probabilities")
    no_nan(found, name)
    if found.ndim == 2 and found.shape[1] > 1:
        _one_label_a_row(found, name)
        return np.asarray(found.argmax(axis=1), np.int64)
    found = found.reshape(len(found))
    _within_reach(found, name)
    return (found > 0.5 if _not_whole(found) else found).astype(np.int64)


def _within_reach(found: Array, name: str) -> None:
    """Class numbers are stored as int64: an error names the first that does not fit, infinity included."""
    if found.dtype.kind == "f" or found.dtype == np.uint64:
        beyond = np.flatnonzero(~((found >= -(2.0**63)) & (found < 2.0**63)))
        if beyond.size:
            row = int(beyond[0])
            raise ValueError(f"{name}: {found[row]} at row {row} is too large for a class number; {RELABEL}")


def _not_whole(found: Array) -> bool:
    """Whether one column holds probabilities, and not class numbers."""
    return found.dtype.kind == "f" and not bool((np.isfinite(found) & (found == np.floor(found))).all())


def no_nan(found: Array, name: str) -> None:
    """An error names the first row with a NaN."""
    if found.dtype.kind == "f" and np.isnan(found).any():
        row = int(np.argmax(np.isnan(found.reshape(len(found), -1)).any(axis=1)))
        raise ValueError(f"{name}: nan at row {row}; expected numbers")


def _one_label_a_row(found: Array, name: str) -> None:
    """An array of zeros and ones is taken for one-hot rows: then each row must have exactly one 1."""
    if found.dtype.kind == "b" or ((found == 0) | (found == 1)).all():
        labels = (found != 0).sum(axis=1)
        wrong = np.flatnonzero(labels != 1)
        if wrong.size:
            row = int(wrong[0])
            raise ValueError(f"{name}: row {row} has {labels[row]} labels; expected one-hot rows, one label each")


def labels(values: Any, name: str) -> Array:
    """The class of each row: a number, or a string."""
    found = array(values, name)
    if found.dtype.kind not in "UT":
        return classes(found, name)
    if found.ndim != 1 and found.shape[1:] != (1,):
        raise ValueError(f"{name}: strings of shape {found.shape}; expected one string a row")
    return found.reshape(len(found))


def both(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """The classes of two arrays of as many rows and of one kind."""
    true, predicted = labels(y_true, "y_true"), labels(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(f"y_pred: {len(predicted)} rows, but y_true has {len(true)}")
    if not len(true):
        raise ValueError("y_true: empty; expected at least one row")
    if (true.dtype.kind in "UT") != (predicted.dtype.kind in "UT"):
        words = ["strings" if one.dtype.kind in "UT" else "numbers" for one in (true, predicted)]
        raise TypeError(f"y_pred: {words[1]}, but y_true has {words[0]}; expected classes of one kind")
    _no_stray_numbers(y_true, y_pred, true, predicted)
    return true, predicted


def _no_stray_numbers(y_true: Any, y_pred: Any, true: Array, predicted: Array) -> None:
    """Refuses numbers that are not whole where they cannot be probabilities of class 1.

    A probability means class 0 or 1: it cannot be compared with classes -1 and 1, say. And targets of a regression,
    which are neither whole nor in [0, 1], are no classes.
    """
    for name, given, other_name, other in (("y_pred", y_pred, "y_true", true), ("y_true", y_true, "y_pred", predicted)):
        found = array(given, name)
        if found.dtype.kind != "f" or found.ndim != 1 and found.shape[1:] != (1,) or not _not_whole(found):
            continue
        if name == "y_true" and (found.min() < 0 or found.max() > 1):
            span = f"values from {found.min():g} to {found.max():g}"
            raise ValueError(f"y_true: {span}, not whole; expected class numbers, or probabilities, 0 to 1")
        if other.min() < 0 or other.max() > 1:
            known = shown(np.unique(other).tolist())
            raise ValueError(f"{name}: numbers that are not whole say class 0 or 1, but {other_name} has {known}")


def pair(y_true: Any, y_pred: Any) -> Pair:
    true, predicted = both(y_true, y_pred)
    known, places = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    return Pair(known, places[: len(true)], places[len(true) :])


def listed(name: str, given: Any) -> Array:
    """The classes listed in an argument, in the order given there; each may occur once."""
    found = array(list(given) if isinstance(given, Iterable) and not isinstance(given, str) else given, name)
    if found.ndim != 1 or not len(found) or found.dtype.kind not in "biuUT":
        raise TypeError(f"{name}: {shown(given)}; expected a list of class numbers or of strings")
    if len(np.unique(found)) != len(found):
        raise ValueError(f"{name}: {shown(given)} names a class twice")
    return found


def places(found: Array, known: Array, name: str) -> Numbers:
    """The index in `known` (in any order) of each class of `found`; a class that is missing there is an error."""
    if (found.dtype.kind in "UT") != (known.dtype.kind in "UT"):
        raise TypeError(f"{name}: {found.dtype} values, but the classes are {shown(known.tolist())}")
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known[order], found), len(known) - 1)
    place = order[place]
    missing = np.flatnonzero(known[place] != found)
    if missing.size:
        row = int(missing[0])
        raise ValueError(f"{name}: {found[row].item()!r} at row {row} is none of the classes {shown(known.tolist())}")
    return np.asarray(place, np.int64)


def columns(found: Array, n_classes: int | None, classes: Any, name: str, lines: int | None = None) -> Array:
    """The class of each column: `classes` if given, or 0 to n_classes - 1, or the strings that occur, sorted.

    lines   how many lines the table with these columns has, to limit its size; left out: as many as columns
    """
    if not len(found):
        raise ValueError(f"{name}: empty; expected at least one row")
    if classes is not None:
        known = listed("classes", classes)
        if n_classes is not None and size("n_classes", n_classes) != len(known):
            raise ValueError(f"n_classes: {n_classes}, but classes lists {len(known)}")
        return known
    if found.dtype.kind in "UT":
        if n_classes is not None:
            raise ValueError("n_classes: for class numbers; name the columns of strings with classes=")
        return np.unique(found)
    low, high = int(found.min()), int(found.max())
    n = high + 1 if n_classes is None else size("n_classes", n_classes)
    if low < 0 or high >= n:
        raise ValueError(f"{name}: classes from {low} to {high}; expected 0 to {max(n - 1, 0)}")
    if n_classes is None and n * (lines or n) > CELLS and n > 2 * len(different := np.unique(found)):
        ways = f"{RELABEL}, classes= lists those meant, n_classes= insists"
        raise ValueError(f"{name}: {shown(different.tolist())} would be {n} columns, most of them empty; {ways}")
    return np.arange(n)
