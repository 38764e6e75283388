"""Splits rows into training, validation and test parts, the same way everywhere.

The order is made of the counter-based random numbers (purpose SPLIT), so a split is a function of (seed, labels, test,
validation) alone; the test part is the same with and without a validation part. Read engine/philox.py for the
permutation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import flag, whole
from ..engine.philox import SPLIT, permutation

Pair = tuple[np.ndarray, np.ndarray]


def split(
    x: Any, y: Any, test: float = 0.2, validation: float = 0.0, seed: int = 0, stratify: bool | str = "auto"
) -> tuple[Pair, ...]:
    """(x, y), (x_test, y_test): the rows in random order, in two parts; or, with a validation part, in three:
    (x, y), (x_validation, y_validation), (x_test, y_test).

    test        share of all rows (0 < test < 1), or their number (an integer)
    validation  the same for the validation part, by which hyperparameters are chosen; 0: no such part
    stratify    True: each class has the same share in each part, up to rounding; y are class labels of any kind,
                or one-hot rows. False for targets that are not classes. "auto": False for numbers that look
                measured, as they are not all whole, or hardly any value comes twice.
    """
    x, y = array("x", x), array("y", y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"x, y: one row of y for each row of x is needed; the shapes are {x.shape} and {y.shape}")
    counts = [part_count("test", test, len(x))]
    if isinstance(validation, (bool, str)) or validation:
        counts.append(part_count("validation", validation, len(x)))
    if sum(counts) >= len(x):
        raise ValueError(f"validation: {validation!r} and test: {test!r} of {len(x)} rows leave none for training")
    order = permutation(whole("seed", seed, 0, 2**64 - 1), SPLIT, 0, len(x))
    if isinstance(stratify, str):
        if stratify != "auto":
            raise ValueError(f"stratify: {stratify!r} is not possible; expected 'auto', True or False")
        stratify = not measured(y)
    label = classes(y)[order] if flag("stratify", stratify) else np.zeros(len(x), np.int64)
    part = cut(label, counts)
    pairs = [(x[order[part == number]], y[order[part == number]]) for number in range(len(counts) + 1)]
    return pairs[0], *pairs[:0:-1]  # the test part is taken first (so validation does not change it), returned last


def array(name: str, given: Any) -> np.ndarray:
    try:
        return np.asarray(given)
    except ValueError as reason:  # rows of different lengths
        raise ValueError(f"{name}: cannot be read as an array: {reason}") from reason


def cut(label: np.ndarray, counts: list[int]) -> np.ndarray:
    """The number of the part that each row belongs to: of each class the first rows are part 1, the next ones part 2,
    the rest part 0, for training."""
    part = np.zeros(len(label), np.int64)
    left = np.bincount(label)
    for number, count in enumerate(counts, 1):
        given = shares(left, count)
        for name, share in enumerate(given):
            part[np.flatnonzero((label == name) & (part == 0))[:share]] = number
        left = left - np.array(given)
    return part


def part_count(name: str, share: float, rows: int) -> int:
    """The number of rows of a part."""
    if isinstance(share, (bool, np.bool_)) or not isinstance(share, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name}: a share between 0 and 1 or a number of rows is needed, not {share!r}")
    exact = isinstance(share, (int, np.integer))
    if not exact and not 0 < share < 1:
        raise ValueError(f"{name}: {share!r} is not a share between 0 and 1")
    count = int(share) if exact else int(share * rows + 0.5)
    if not 0 < count < rows:
        raise ValueError(f"{name}: {share!r} of {rows} rows leaves {rows - count} for training and {count} for {name}")
    return count


def measured(y: np.ndarray) -> bool:
    """Whether these targets look like numbers that were measured: a class has two rows or more, and, where there are
    more than 100 of them, ten or more on average."""
    if y.dtype.kind not in "iuf":
        return False
    if y.dtype.kind == "f" and not (y == np.floor(y)).all():
        return True
    values = len(np.unique(y)) if y.size == len(y) else 0
    return values * (2 if values <= 100 else 10) > len(y)


def classes(y: np.ndarray) -> np.ndarray:
    """Class numbers 0, 1, ... of labels of any kind; a row of several values (one-hot) is one label."""
    if y.dtype.kind == "f" and not (y == np.floor(y)).all():
        raise ValueError("stratify: y holds values that are not class labels; use stratify=False")
    flat = y.reshape(len(y), -1)
    try:
        if flat.shape[1] == 1:
            return np.unique(flat[:, 0], return_inverse=True)[1].ravel()
        return np.unique(flat, axis=0, return_inverse=True)[1].ravel()
    except TypeError:  # words and numbers have no order
        raise TypeError("stratify: y holds labels of several kinds; use one kind, or stratify=False") from None


def shares(sizes: np.ndarray, count: int) -> list[int]:
    """How many of `count` rows each class gives, in proportion to its size, by the largest remainder method.

    Exact integer arithmetic; of equal remainders the lower class is first. Each class keeps a row or more for training.
    """
    rows = int(sizes.sum())
    given = [int(size) * count // rows for size in sizes]
    remainder = [int(size) * count % rows for size in sizes]
    if count > rows - len(sizes):
        raise ValueError(
            f"stratify: taking {count} of {rows} rows leaves a class without a row for training; "
            "stratify=False is for targets that are no classes"
        )
    while sum(given) < count:
        for name in sorted(range(len(sizes)), key=lambda name: -remainder[name]):
            if sum(given) < count and given[name] < sizes[name] - 1:
                given[name] += 1
    return given
