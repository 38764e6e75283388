"""From whatever a user has to rows that an engine can read, or an error that says what is wrong.

Nothing is copied as a whole: an engine converts rows as it takes them. (Only lists, frames that
are not one block, and long doubles have to become an array first.) A wrong argument is named, and nothing has been
changed when its error is raised. What targets and weights may be is training/checks.py's affair.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import backend
from ..backend import Array, EngineModule, Floats
from . import frames
from .moments import is_batches, joined, of_rows, rows_of
from .sparse import SparseRows

log = logging.getLogger("pynn")

LARGEST = {dtype: float(np.finfo(dtype).max) for dtype in ("float32", "float64")}


@dataclass(frozen=True)
class Reader:
    """Who will read the arrays: an engine's functions, and its storage type."""

    module: EngineModule
    dtype: str = "float64"

    def check(self, name: str, array: Array) -> None:
        """The first NaN or infinity is named by its row and column; infinite is what the storage type cannot hold."""
        if array.dtype.kind != "f":
            return
        largest = LARGEST[self.dtype]
        place = self.module.first_outside(array, -largest, largest)
        if place is not None:
            row, column = place
            value = array[row].reshape(-1)[column] if array.ndim > 1 else array[row]
            where = f"row {row}, column {column}" if array.ndim > 1 else f"row {row}"
            finite = f"numbers that are finite in {self.dtype}" if np.isfinite(value) else "finite numbers"
            raise ValueError(f"{name}: {value} at {where}; only {finite} are possible")


def as_array(name: str, given: Any) -> Array:
    """A plain ndarray of real numbers: a view where that is possible."""
    array = _plain(name, given)
    kind = array.dtype.kind
    if kind in "biu" or (kind == "f" and array.dtype.itemsize <= 8):
        return array
    if kind == "f":
        log.info("%s: a copy in float64 is made; no engine reads %s", name, array.dtype)
        return array.astype(np.float64)
    if kind in "USOT" and array.size and isinstance(array.flat[0], (str, bytes)):
        code = " (np.unique(labels, return_inverse=True)[1] numbers them)" if name.endswith("y") else ""
        raise TypeError(f"{name}: strings are not possible; expected numbers{code}")
    if kind == "O" and not array.ndim:
        hint = "; batches come without y" if hasattr(given, "__next__") else ""
        raise TypeError(f"{name}: a {type(given).__name__} is no array of numbers{hint}")
    if kind == "O":
        kinds = {type(value).__name__ for value in array.flat[:1000]}
        raise TypeError(
            f"{name}: an object array (of {', '.join(sorted(kinds)) or 'nothing'}); expected numbers of one type, "
            "for example after .astype(float)"
        )
    raise TypeError(f"{name}: {array.dtype} is not possible; expected real numbers (bool, integers or floats)")


def _plain(name: str, given: Any) -> Array:
    if type(given) is np.ndarray:
        return given
    if given is None:
        raise TypeError(f"{name}: None given; expected an array of numbers")
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            raise ValueError(f"{name}: masked values are not possible; fill or drop them first")
        return np.asarray(given)
    if isinstance(given, np.ndarray):
        return given.view(np.ndarray)
    if hasattr(given, "tocsr"):
        raise TypeError(f"{name}: a sparse matrix is not possible here; expected an array ({name}.toarray())")
    try:
        if hasattr(given, "to_numpy"):
            array = frames.read(name, given) if frames.is_frame(given) else frames.read_column(given)
            log.info("%s: %s is read as an array of %d bytes", name, type(given).__name__, array.nbytes)
            return array
        if hasattr(given, "__dlpack__") and not hasattr(given, "__array_interface__"):
            return np.from_dlpack(given)
        return np.asarray(given)
    except (ValueError, TypeError, RuntimeError, BufferError) as reason:
        if str(reason).startswith(f"{name}: "):
            raise
        kind = ValueError if isinstance(given, (list, tuple)) else TypeError
        raise kind(f"{name}: the {type(given).__name__} cannot be read as an array of numbers: {reason}") from reason


def width(array: Array) -> int:
    """Features of a row, once it is flattened."""
    return math.prod(array.shape[1:])


def features(name: str, given: Any, inputs: int | None, reader: Reader) -> Array:
    """Rows of features, (rows, ...). Without `inputs` any number of features will do. Sparse rows stay folded."""
    if hasattr(given, "tocsr"):
        sparse: Any = _sparse(name, SparseRows.of(given), inputs, reader)
        return sparse  # type: ignore[no-any-return]
    x = as_array(name, given)
    if x.ndim == 2 and x.shape[1] == inputs and len(x):
        reader.check(name, x)
        return x
    if x.ndim == 1 and inputs in (None, 1):
        x = x[:, None]
    expected = "(rows, features)" if inputs is None else f"(rows, {inputs})"
    if x.ndim < 2:
        hint = f"; a single row is {name}.reshape(1, -1)" if x.size == inputs else ""
        raise ValueError(f"{name}: shape {x.shape}; expected {expected}{hint}")
    if x.size == 0:
        raise ValueError(f"{name}: shape {x.shape} is empty; expected {expected}, at least one row")
    if inputs is not None and width(x) != inputs:
        raise ValueError(f"{name}: {width(x)} features a row (shape {x.shape}); the network takes {inputs}")
    reader.check(name, x)
    return x


def _sparse(name: str, x: SparseRows, inputs: int | None, reader: Reader) -> Any:
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        raise TypeError(f"{name}: a sparse matrix of {x.dtype}; expected real numbers (bool, integers or floats)")
    if x.size == 0:
        raise ValueError(f"{name}: shape {x.shape} is empty; expected at least one row")
    if inputs not in (None, x.shape[1]):
        raise ValueError(f"{name}: {x.shape[1]} features a row (shape {x.shape}); the network takes {inputs}")
    largest = LARGEST[reader.dtype]
    place = reader.module.first_outside(x.values, -largest, largest) if x.dtype.kind == "f" else None
    if place is not None:
        row, column = x.row_of(place[0])
        raise ValueError(
            f"{name}: {x.values[place[0]]} at row {row}, column {column}; only finite numbers are possible"
        )
    return x


def moments(given: Any, module: EngineModule | None = None, name: str = "x") -> tuple[Floats, Floats]:
    """Mean and variance of each feature: of an array, of sparse rows, or of batches as they come."""
    module = module or backend.load("native" if backend.available("native") else "reference")
    reader = Reader(module)
    with np.errstate(over="ignore", invalid="ignore"):
        if is_batches(given):
            parts = (features(f"{name} of batch {place}", x, None, reader) for place, x in enumerate(rows_of(given)))
            mean, variance = joined(parts, module, name)
        else:
            rows = given if isinstance(given, SparseRows) else features(name, given, None, reader)
            mean, variance = of_rows(rows, module)
    if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        raise ValueError(f"{name}: numbers too large for their variance to be a number")
    return mean, variance


def limits(given: Any, name: str = "x") -> tuple[Floats, Floats]:
    """Smallest and largest number of each feature."""
    module = backend.load("native" if backend.available("native") else "reference")
    x = features(name, given, None, Reader(module))
    return (x.min(axis=0).reshape(-1).astype(np.float64), x.max(axis=0).reshape(-1).astype(np.float64))
