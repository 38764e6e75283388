"""Frames and their columns (pandas, polars; neither is imported) as one array of numbers.

A frame whose columns are all plain numbers hands over its own array, a view where it has one. Others are read column by
column: nullable numbers, booleans beside numbers, categories that are numbers. Read arrays.py for what arrays must be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array


def is_frame(given: Any) -> bool:
    return all(hasattr(given, name) for name in ("columns", "dtypes", "to_numpy"))


def read(name: str, frame: Any) -> Array:
    """(rows, columns)."""
    if all(map(_plain, frame.dtypes)):
        return np.asarray(frame.to_numpy())
    parts = []
    for place, label in enumerate(frame.columns):
        part = read_column(frame.iloc[:, place] if hasattr(frame, "iloc") else frame.to_series(place))
        if part.dtype.kind not in "biuf" or part.ndim != 1:
            raise TypeError(f"{name}: column {str(label)!r} holds {_kind(part)}; expected numbers")
        parts.append(part)
    if not parts:
        return np.empty((len(frame), 0))
    out = np.empty((len(frame), len(parts)), np.result_type(*parts))
    for place, part in enumerate(parts):
        out[:, place] = part
    return out


def read_column(series: Any) -> Array:
    """Missing numbers are NaN; what is no number stays what it is."""
    array = np.asarray(series.to_numpy())
    if array.dtype.kind == "O" and getattr(series.dtype, "kind", "O") in "biuf":  # pandas' nullable types
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return array


def _plain(dtype: Any) -> bool:
    if isinstance(dtype, np.dtype):
        return dtype.kind in "iuf"
    return bool(getattr(dtype, "is_numeric", bool)())  # polars


def _kind(column: Array) -> str:
    """What to call a column that does not hold numbers."""
    if column.ndim > 1:
        return "arrays"
    if column.dtype.kind == "O":
        kinds = sorted({type(value).__name__ for value in column[:1000]})
        return f"objects ({', '.join(kinds)})" if kinds != ["str"] else "strings"
    return "strings" if column.dtype.kind in "UST" else str(column.dtype)
