"""Data checks: what targets, sample weights and validation rows may be, and the Data of a call.

A wrong argument is named, and nothing has been changed when its error is raised. How rows are read is rows/arrays.py's
affair. Read engine/data.py next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import real, shown, warn, whole
from ..backend import Array, Floats
from ..engine.data import Data
from ..engine.tables import COUNTS
from ..rows import sparse
from ..rows.arrays import LARGEST, Reader, as_array, features


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


NAMES = "x", "y", "sample_weight"  # what messages call them
RANGES = {  # of targets, by storage type and loss
    dtype: {
        "any": (-largest, largest),
        "binary_crossentropy": (0.0, 1.0),
        "categorical_crossentropy": (0.0, 1.0),
        **dict.fromkeys(COUNTS, (0.0, largest)),
    }
    for dtype, largest in LARGEST.items()
}


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


def sample_weights(name: str, given: Any, rows: int, reader: Reader) -> Floats:
    """One number >= 0 for each row, float64 but within the storage type's range."""
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


def class_weights(given: Any, data: Data, task: Task, dtype: str) -> Floats:
    """The weight of each row's class: a dict by class (1 where a class is left out) or "balanced"."""
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


def row_weights(data: Data, class_weight: Any, task: Task, dtype: str) -> Floats:
    """Both kinds of weights multiply; each of them, and the product, has to be a number of the storage type."""
    weight, by_class = data.weight, class_weights(class_weight, data, task, dtype)
    if weight is None:
        return by_class
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
    names: tuple[str, str, str] = NAMES,
) -> Data:
    """x, y and weights, checked against each other; `names` are what messages call them."""
    rows = features(names[0], x, inputs, reader)
    dense, label = targets(names[1], y, len(rows), task, reader)
    weight = None if sample_weight is None else sample_weights(names[2], sample_weight, len(rows), reader)
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


def split(data: Data, share: float, task: Task) -> tuple[Data, Data | None]:
    """The last `share` of the rows for validation, as views; the order is that of the arrays, as in Keras.

    A warning says where these rows are of a kind that training hardly sees, as those of a sorted table are.
    """
    if not share:
        return data, None
    rows = data.rows
    at = math.floor(rows * (1.0 - share))
    if at in (0, rows):
        purpose = "validate" if at else "train"
        raise ValueError(f"validation_split: {share} of {rows} rows leaves nothing to {purpose} on")
    seen, held_out = sparse.part(data, slice(0, at)), sparse.part(data, slice(at, rows))
    if strange := _unseen(seen, held_out, task) or _in_order(data, task):
        warn(
            f"validation_split: the last {rows - at} of the {rows} rows, which it takes, are not like the others: "
            f"{strange}; shuffle the rows before, or give validation_data="
        )
    return seen, held_out


def _unseen(seen: Data, held_out: Data, task: Task) -> str:
    """What these targets have that those do not: a class, or, of 5 and more, numbers beyond all others.

    That 5 rows of n drawn at random have the largest numbers of all happens once in n! / 5! / (n - 5)! times.
    """
    if seen.label is not None and held_out.label is not None:
        lacking = np.setdiff1d(held_out.label, seen.label)
    elif seen.y is None or held_out.y is None:
        return ""
    elif task.loss.endswith("crossentropy"):
        here, there = held_out.y > 0.5, seen.y > 0.5
        lacking = np.flatnonzero(here.any(axis=0) & ~there.any(axis=0))
        if task.outputs == 1:
            lacking = np.setdiff1d(here, there).astype(int)
    else:
        beyond = (held_out.y.min(axis=0) > seen.y.max(axis=0)) | (held_out.y.max(axis=0) < seen.y.min(axis=0))
        return "their targets are beyond all that are trained on" if len(held_out.y) >= 5 and beyond.any() else ""
    names = ", ".join(map(str, lacking[:5].tolist())) + (", ..." if len(lacking) > 5 else "")
    return f"no row that is trained on has class {names}" if len(lacking) else ""


def _in_order(data: Data, task: Task) -> str:
    """Whether 10 rows or more lie in the order of their targets."""
    if data.y is not None and task.outputs > 1 and task.activation != "softmax":
        return ""
    target = data.label if data.y is None else data.y[:, 0] if task.outputs == 1 else data.y.argmax(axis=1)
    if target is None or len(target) < 10 or target[0] == target[-1]:
        return ""
    rises = target[:-1] <= target[1:] if target[0] < target[-1] else target[:-1] >= target[1:]
    return "all rows lie in the order of their targets" if rises.all() else ""
