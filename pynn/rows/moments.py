"""Mean and variance of features that lie in no array: sparse rows, and batches that come one after another.

Sparse rows give the bits of the same rows in full. Batches are gone through once: each one's moments are joined to
those of all before it, so the result is a function of the batches and their order. Read arrays.py for who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..backend import Array, EngineModule, Floats
from .sparse import SparseRows
from .sparse import joined as joined_sums


def of_rows(x: Any, module: EngineModule) -> tuple[Floats, Floats]:
    """Of an array or of sparse rows."""
    if not isinstance(x, SparseRows):
        return module.moments(x)
    mean = _sums(x, module, None) / len(x)
    return mean, _sums(x, module, mean) / len(x)


def _sums(x: SparseRows, module: EngineModule, mean: Floats | None) -> Floats:
    """Column sums of x, or of (x - mean)^2, in the order of the rows in full.

    A block is a power of two chunks of 256 rows, so its tree of sums is a part of the whole one; rows of 0 after the
    last one add nothing; and the mean of so many rows times their number is their sum, exactly.
    """
    step = x.block(256)
    sums = []
    for first in range(0, len(x), step):
        rows = x[first : first + step].astype(np.float64)
        if mean is not None:
            rows -= mean
            rows *= rows
        full = rows if len(rows) == step else np.concatenate([rows, np.zeros((step - len(rows), x.shape[1]))])
        sums.append(module.moments(full)[0] * step)
    return joined_sums(sums)


# ---- batches ---------------------------------------------------------------------------------


def is_batches(given: Any) -> bool:
    """Whether these are batches and not rows: something to go through, of (x, y) or of arrays."""
    arrays = ("shape", "dtypes", "to_numpy", "tocsr", "__array__", "__dlpack__")
    if isinstance(given, (str, bytes, dict)) or any(hasattr(given, name) for name in arrays):
        return False
    if not (hasattr(given, "__len__") and hasattr(given, "__getitem__")):
        return hasattr(given, "__iter__")
    first = given[0] if len(given) else None
    if isinstance(given, (list, tuple)):  # a list of arrays is an array; a list of pairs with rows in front is not
        return isinstance(first, tuple) and len(first) in (2, 3) and len(getattr(first[0], "shape", ())) > 1
    return isinstance(first, tuple) or len(getattr(first, "shape", ())) > 1


def rows_of(batches: Iterable[Any]) -> Iterator[Any]:
    """x of each batch."""
    for item in batches:
        yield item[0] if isinstance(item, (tuple, list)) and len(item) in (2, 3) else item


def joined(parts: Iterable[Array], module: EngineModule, name: str) -> tuple[Floats, Floats]:
    """Of all rows of all parts, by Chan, Golub and LeVeque's update of mean and sum of squares.

    Each operation is one of double precision on whole columns, in the order of the parts.
    """
    rows, mean, squares = 0, np.zeros(0), np.zeros(0)
    for part in parts:
        new, spread = of_rows(part, module)
        if rows and new.shape != mean.shape:
            raise ValueError(f"{name}: batches of {mean.size} and of {new.size} features; expected as many in each")
        before, rows = rows, rows + len(part)
        if not before:
            mean, squares = new, spread * len(part)
            continue
        away = new - mean
        mean = mean + away * (len(part) / rows)
        squares = squares + spread * len(part) + away * away * (before * (len(part) / rows))
    if not rows:
        raise ValueError(f"{name}: no batch came; expected at least one")
    return mean, squares / rows
