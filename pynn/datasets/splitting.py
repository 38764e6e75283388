"""Splits rows into a training and a test part, the same way everywhere.

The order comes from the counter-based random numbers (purpose SPLIT), so a split is a function of
(seed, labels, test) alone. Nothing is drawn elsewhere: read engine/philox.py for the permutation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.philox import SPLIT, permutation

Pair = tuple[np.ndarray, np.ndarray]


def split(x: Any, y: Any, test: float = 0.2, seed: int = 0, stratify: bool = True) -> tuple[Pair, Pair]:
    """(x, y), (x_test, y_test): the rows in random order, cut in two.

    test      share of the rows (0 < test < 1), or their number (an integer)
    stratify  each class gives the same share to the test part, up to rounding; y are class
              labels of any kind, or one-hot rows. False for targets that are not classes.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"x, y: one row of y for each row of x is needed; the shapes are {x.shape} and {y.shape}")
    count = test_count(test, len(x))
    order = permutation(seed, SPLIT, 0, len(x))
    is_test = np.zeros(len(x), dtype=bool)  # by position in the order
    if stratify:
        label = classes(y)[order]
        for name, share in enumerate(shares(np.bincount(label), count)):
            is_test[np.flatnonzero(label == name)[:share]] = True
    else:
        is_test[:count] = True
    rows, test_rows = order[~is_test], order[is_test]
    return (x[rows], y[rows]), (x[test_rows], y[test_rows])


def test_count(test: float, rows: int) -> int:
    """How many rows are for the test."""
    if isinstance(test, (bool, np.bool_)) or not isinstance(test, (int, float, np.integer, np.floating)):
        raise TypeError(f"test: a share between 0 and 1 or a number of rows is needed, not {test!r}")
    whole = isinstance(test, (int, np.integer))
    if not whole and not 0 < test < 1:
        raise ValueError(f"test: {test!r} is not a share between 0 and 1")
    count = int(test) if whole else int(test * rows + 0.5)
    if not 0 < count < rows:
        raise ValueError(f"test: {test!r} of {rows} rows leaves {rows - count} for training and {count} for the test")
    return count


def classes(y: np.ndarray) -> np.ndarray:
    """Class numbers 0, 1, ... of labels of any kind; rows of more than one value count as one label."""
    if y.dtype.kind == "f" and not (y == np.floor(y)).all():
        raise ValueError("stratify: y holds values that are not class labels; use stratify=False")
    flat = y.reshape(len(y), -1)
    if flat.shape[1] == 1:
        return np.unique(flat[:, 0], return_inverse=True)[1].ravel()
    return np.unique(flat, axis=0, return_inverse=True)[1].ravel()


def shares(sizes: np.ndarray, count: int) -> list[int]:
    """`count` rows divided among classes in proportion to their sizes, by the largest remainder.

    Exact integer arithmetic; of equal remainders the lower class is first. Each class keeps a row for training.
    """
    rows = int(sizes.sum())
    given = [int(size) * count // rows for size in sizes]
    remainder = [int(size) * count % rows for size in sizes]
    if count > rows - len(sizes):
        raise ValueError(f"stratify: {count} of {rows} rows for the test leave a class without a row for training")
    while sum(given) < count:
        for name in sorted(range(len(sizes)), key=lambda name: -remainder[name]):
            if sum(given) < count and given[name] < sizes[name] - 1:
                given[name] += 1
    return given
