"""Data checks: from whatever a user has to views that an engine can read, or an error that says what is wrong.

Nothing is copied as a whole: an engine converts rows as it takes them. (Only lists, frames that
are not one block, and long doubles have to become an array first.) A wrong argument is named, and nothing has been
changed when its error is raised. Read engine/data.py next.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import backend
from ..arguments import real, shown, whole
from ..backend import Array, EngineModule, Floats
from ..engine.data import Data
from ..engine.tables import COUNTS
from . import frames
from .folded import Folded
from .moments import is_batches, joined, of_rows, rows_of

log = logging.getLogger("pynn")


@dataclass(frozen=True)
class Task:
    """What the targets are for: decides which ones are possible."""

    outputs: int
    activation: str
    loss: str

    @property
    def takes_labels(self) -> bool:
        """Class numbers stand for one-hot rows."""
        return self.outputs > 1 and (self.loss == "categorical_crossentropy" or self.activation == "softmax")


LARGEST = {dtype: float(np.finfo(dtype).max) for dtype in ("float32", "float64")}
RANGES = {  # of targets, by storage type and loss
    dtype: {
        "any": (-largest, largest),
        "binary_crossentropy": (0.0, 1.0),
        "categorical_crossentropy": (0.0, 1.0),
        **dict.fromkeys(COUNTS, (0.0, largest)),
    }
    for dtype, largest in LARGEST.items()
}


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


# ---- arrays ----------------------------------------------------------------------------------


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
        sparse: Any = _sparse(name, Folded.of(given), inputs, reader)
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


def _sparse(name: str, x: Folded, inputs: int | None, reader: Reader) -> Any:
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
            rows = given if isinstance(given, Folded) else features(name, given, None, reader)
            mean, variance = of_rows(rows, module)
    if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        raise ValueError(f"{name}: numbers too large for their variance to be a number")
    return mean, variance


def limits(given: Any, name: str = "x") -> tuple[Floats, Floats]:
    """Smallest and largest number of each feature."""
    module = backend.load("native" if backend.available("native") else "reference")
    x = features(name, given, None, Reader(module))
    return (x.min(axis=0).reshape(-1).astype(np.float64), x.max(axis=0).reshape(-1).astype(np.float64))


# ---- targets ---------------------------------------------------------------------------------


def targets(name: str, given: Any, rows: int, task: Task, reader: Reader) -> tuple[Array | None, Array | None]:
    """(dense targets (rows, outputs), None), or (None, class numbers as int32)."""
    y = as_array(name, given)
    if y.ndim not in (1, 2):
        raise ValueError(f"{name}: shape {y.shape}; expected {_expected(task, rows)}")
    if len(y) != rows:
        raise ValueError(f"{name}: {len(y)} rows, but {name[:-1]}x has {rows}")
    column = y.ndim == 1 or y.shape[1] == 1
    if column and task.takes_labels:
        return None, _labels(name, y.reshape(rows), task, reader)
    if column and task.outputs == 1:
        y = y.reshape(rows, 1)
    elif y.ndim != 2 or y.shape[1] != task.outputs:
        hint = "; class numbers need a softmax or loss='categorical_crossentropy'"
        numbers = column and y.dtype.kind != "f"
        raise ValueError(f"{name}: shape {y.shape}; expected {_expected(task, rows)}{hint if numbers else ''}")
    ranges = RANGES[reader.dtype]
    if reader.module.first_outside(y, *ranges.get(task.loss, ranges["any"])):
        reader.check(name, y)
        _refuse(name, y, task)
    return y, None


def _expected(task: Task, rows: int) -> str:
    dense = f"({rows}, {task.outputs})"
    if task.outputs == 1:
        return f"({rows},) or {dense}"
    return f"{dense} or class numbers ({rows},)" if task.takes_labels else dense


def _refuse(name: str, y: Array, task: Task) -> None:
    """Why these finite targets will not do."""
    if task.loss in COUNTS:
        raise ValueError(f"{name}: {y.min()} is negative; {task.loss} needs targets of at least 0")
    raise ValueError(f"{name}: values from {y.min()} to {y.max()}; {task.loss} needs targets from 0 to 1")


def _labels(name: str, y: Array, task: Task, reader: Reader) -> Array:
    """Class numbers of any real type as int32; booleans are 0 and 1, floats have to be whole."""
    reader.check(name, y)
    if y.dtype.kind == "f":
        broken = np.flatnonzero(y != np.floor(y))
        if broken.size:
            raise ValueError(f"{name}: {y[broken[0]]} at row {broken[0]} is not a class number")
    place = reader.module.first_outside(y, 0, task.outputs - 1)
    if place:
        row = place[0]
        possible = f"{task.outputs} outputs have labels 0 to {task.outputs - 1}"
        if len(np.unique(y)) <= task.outputs:
            possible += "; np.unique(labels, return_inverse=True)[1] numbers them from 0"
        raise ValueError(f"{name}: label {y[row]} at row {row} is out of range; {possible}")
    return np.ascontiguousarray(y, dtype=np.int32)


# ---- weights ---------------------------------------------------------------------------------


def sample_weights(name: str, given: Any, rows: int, reader: Reader) -> Floats | None:
    """One number >= 0 for each row, float64 but within the storage type's range; None: all 1."""
    if given is None:
        return None
    weight = as_array(name, given)
    if weight.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"{name}: shape {weight.shape}; expected ({rows},), one number for each row")
    weight = weight.reshape(rows)
    reader.check(name, weight)
    place = reader.module.first_outside(weight, 0, LARGEST["float64"])
    if place:
        row = place[0]
        raise ValueError(f"{name}: {weight[row]} at row {row} is negative")
    return np.ascontiguousarray(weight, dtype=np.float64)


def class_weights(given: Any, data: Data, task: Task, dtype: str = "float64") -> Floats | None:
    """The weight of each row's class: a dict by class (1 where a class is left out) or "balanced"."""
    if given is None:
        return None
    classes = _classes(data, task)
    present, place, counts = np.unique(classes, return_inverse=True, return_counts=True)
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(f"class_weight: {given!r} is unknown; expected 'balanced' or a dict {{class: weight}}")
        return np.asarray((len(classes) / (len(present) * counts))[place.reshape(-1)])
    if not isinstance(given, dict):
        raise TypeError(f"class_weight: {shown(given)} is a {type(given).__name__}; expected 'balanced' or a dict")
    limit = float(np.finfo(dtype).max)
    table = {_class_number(key, task): real(f"class_weight[{key!r}]", value, 0, limit) for key, value in given.items()}
    return np.array([table.get(int(number), 1.0) for number in present])[place.reshape(-1)]


def row_weights(data: Data, class_weight: Any, task: Task, dtype: str) -> Floats | None:
    """Both kinds of weights multiply; each of them, and the product, has to be a number of the storage type."""
    weight, by_class = data.weight, class_weights(class_weight, data, task, dtype)
    if weight is None or by_class is None:
        return by_class if weight is None else weight
    with np.errstate(over="ignore"):
        product = weight * by_class
    if product.max() > LARGEST[dtype]:
        row = int(np.argmax(product > LARGEST[dtype]))
        raise ValueError(
            f"sample_weight, class_weight: {weight[row]:g} * {by_class[row]:g} at row {row} is beyond {dtype}"
        )
    return product


def _class_number(key: Any, task: Task) -> int:
    if task.outputs == 1:
        return whole("class_weight", key, -(2**31), 2**31)
    return whole("class_weight", key, 0, task.outputs - 1, f"classes from 0 to {task.outputs - 1} as keys")


def _classes(data: Data, task: Task) -> Array:
    if data.label is not None:
        return data.label
    assert data.y is not None
    if task.outputs > 1:
        return np.asarray(data.y.argmax(axis=1))
    y = data.y[:, 0]
    if (y != np.floor(y)).any() or max(abs(float(y.min())), abs(float(y.max()))) >= 2**63:
        raise ValueError("class_weight: needs targets that are classes, whole numbers below 2^63; y has others")
    return y.astype(np.int64)


# ---- all together ----------------------------------------------------------------------------


def examples(
    x: Any,
    y: Any,
    sample_weight: Any,
    task: Task,
    inputs: int | None,
    reader: Reader,
    names: tuple[str, str, str] = ("x", "y", "sample_weight"),
) -> Data:
    """x, y and weights, checked against each other; `names` are what messages call them."""
    rows = features(names[0], x, inputs, reader)
    dense, label = targets(names[1], y, len(rows), task, reader)
    weight = sample_weights(names[2], sample_weight, len(rows), reader)
    return Data(rows, dense, label, weight)


def validation(given: Any, task: Task, inputs: int, reader: Reader) -> Data | None:
    """validation_data: (x, y) or (x, y, sample_weight)."""
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise TypeError(f"validation_data: {type(given).__name__}; expected (x, y) or (x, y, sample_weight)")
    x, y, weight = (*given, None)[:3]
    names = "validation_x", "validation_y", "validation_sample_weight"
    return examples(x, y, weight, task, inputs, reader, names)


def split(data: Data, share: float) -> tuple[Data, Data | None]:
    """The last `share` of the rows for validation, as views; the order is that of the arrays, as in Keras."""
    if not share:
        return data, None
    rows = data.rows
    at = math.floor(rows * (1.0 - share))
    if at in (0, rows):
        purpose = "validate" if at else "train"
        raise ValueError(f"validation_split: {share} of {rows} rows leaves nothing to {purpose} on")
    return part(data, slice(0, at)), part(data, slice(at, rows))


def part(data: Data, rows: slice) -> Data:
    x: Any = data.x
    taken: Any = x.part(rows) if isinstance(x, Folded) else x[rows]
    return Data(taken, *(None if a is None else a[rows] for a in (data.y, data.label, data.weight)))
