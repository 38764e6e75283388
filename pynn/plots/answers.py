"""Rows, classes and outputs for the displays.

Arguments are checked here, so that the displays only compute and draw. Answers are those of `predict`, or
`predict_proba` where there is one; what lies inside a network is in insides.py. No matplotlib here. Read display.py for
the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os.path import commonprefix
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import shown, whole
from ..backend import Array, Floats
from ..metrics import classes as classes_of

DOTS = "\N{HORIZONTAL ELLIPSIS}"
MANY = 1000  # classes: more cannot be told apart in any picture


def rows(name: str, given: Any, columns: int | None = None) -> Array:
    """Numbers as (rows, features); images are flattened, a single row of numbers is refused unless one feature is all
    there is."""
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: an array of {array.dtype}; expected numbers")
    if columns == 1 and array.ndim == 1:
        array = array[:, None]
    if array.ndim < 2 or not array.size:
        raise ValueError(f"{name}: shape {array.shape}; expected rows of features")
    array = array.reshape(len(array), -1)
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name}: {array.shape[1]} features; expected {columns}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name}: only finite numbers can be drawn")
    return array


def numbers(name: str, given: Any, dimensions: int = 1) -> Floats:
    """An array of finite numbers with this number of dimensions, not empty."""
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {shown(given)} is not possible; expected numbers")
    if array.ndim != dimensions or not array.size:
        raise ValueError(f"{name}: shape {array.shape}; expected {dimensions} dimensions, and not empty")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: only finite numbers can be drawn")
    return array.astype(np.float64)


def span(name: str, given: Any) -> tuple[float, float]:
    """A pair of numbers, the smaller one first."""
    array = np.asarray(given)
    if array.dtype.kind not in "biuf" or array.shape != (2,) or not np.isfinite(array).all() or array[0] >= array[1]:
        raise ValueError(f"{name}: {shown(given)} is not possible; expected (from, to) with from < to")
    return float(array[0]), float(array[1])


def words(name: str, given: Any, count: int | None = None) -> tuple[str, ...]:
    """A tuple of names; their number is checked if it is known."""
    if isinstance(given, str) or not isinstance(given, (Sequence, np.ndarray)):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected a list of names")
    if count is not None and len(given) != count:
        raise ValueError(f"{name}: {len(given)} names; expected {count}")
    return tuple(map(str, given))


def picked(name: str, given: Any, count: int, most: int) -> list[int]:
    """Numbers below `count`, of units say, no more than a picture holds; None: all of them."""
    if given is None and count > most:
        raise ValueError(f"{name}: there are {count}, too many for one picture; name at most {most} of them")
    if given is None:
        return list(range(count))
    if not isinstance(given, (list, tuple, range, np.ndarray)) or not 0 < len(given) <= most:
        raise ValueError(f"{name}: {shown(given)} is not possible; expected a list of 1 to {most} numbers")
    return [whole(name, each, 0, count - 1) for each in given]


def plain(names: Sequence[str]) -> list[str]:
    """A column's name with spaces instead of underscores; formulas ($...$) are not changed."""
    return [name if "$" in name else name.replace("_", " ") for name in names]


def short(name: str, letters: int) -> str:
    """The name with its middle left out where it is longer; formulas ($...$) are not changed."""
    if len(name) <= letters or "$" in name:
        return name
    head = -(-(letters - 1) * 2 // 3)
    return f"{name[:head].rstrip()}{DOTS}{name[len(name) - (letters - 1 - head) :].lstrip()}"


def distinct(names: Sequence[str], letters: int) -> list[str]:
    """The names for a place with room for so many letters, all different if they are: where leaving out the middles
    makes two of them equal, what they all begin with is left out, and if that is not enough, they are numbered."""
    found = [short(name, letters) for name in names]
    if len(set(found)) < len(set(names)):
        same = len(commonprefix(list(names)))
        found = [short(DOTS + name[same:].lstrip(), letters) for name in names]
    if len(set(found)) < len(set(names)):
        found = [f"{number}: {short(name, letters - 3)}" for number, name in enumerate(names)]
    return [literal(name) for name in found]


def literal(name: str) -> str:
    """The name of a class with its dollars as they are: matplotlib would set a formula between two of them."""
    return name.replace("$", "\\$")


def spoken(name: str) -> str:
    return f"class {name}" if name.lstrip("-").isdigit() else literal(name)


@dataclass(frozen=True)
class Labels:
    """Class numbers of rows, and for each class its name."""

    number: NDArray[np.int64]
    names: tuple[str, ...]
    values: Array  # of the classes, as they were given

    @property
    def signed(self) -> bool:
        return list(self.values) == [-1, 1]

    def spoken(self, k: int) -> str:
        """The name of class k for a legend: "class 3" if the name is only a number."""
        return spoken(self.names[k])

    @property
    def present(self) -> list[int]:
        return [int(k) for k in np.unique(self.number)]


def labels(
    y: Any, count: int, classes: int | None = None, names: Any = None, name: str = "y", order: Array | None = None
) -> Labels:
    """Class numbers, one-hot rows, -1 and 1, booleans or words for `count` rows; `classes`: outputs of the network,
    `order`: the classes that it knows, in the order of its outputs (see `classes_known`)."""
    array = np.asarray(y)
    if array.ndim not in (1, 2) or len(array) != count:
        raise ValueError(f"{name}: shape {array.shape}; expected a class for each of {count} rows")
    if array.ndim == 2 and array.shape[1] > 1:
        number, values = classes_of(array, name), np.arange(array.shape[1])
    elif order is not None:
        number, values = _places(array.reshape(-1), order, name), order
    else:
        number, values = _numbered(array.reshape(-1), classes, name)
    found = tuple(map(str, values)) if names is None else words("classes", names, len(values))
    return Labels(number.astype(np.int64), found, values)


def _places(flat: Array, order: Array, name: str) -> Array:
    """The index of each label among the classes that a network knows, which are in ascending order."""
    strange = flat[~np.isin(flat, order)]
    if strange.size:
        raise ValueError(f"{name}: {strange[0]!s} is no class of the network; it knows {shown(order.tolist())}")
    return np.searchsorted(order, flat)


def _numbered(flat: Array, classes: int | None, name: str) -> tuple[Array, Array]:
    """The index of each label's class, and the classes: 0 .. K - 1 if the labels are such numbers, else those that
    occur."""
    if flat.dtype.kind not in "biuf":
        try:
            values, number = np.unique(flat, return_inverse=True)
        except TypeError:  # of several kinds, which have no order
            given = shown(flat.tolist())
            raise TypeError(f"{name}: {given} is not possible; expected class numbers or words") from None
        return number, values
    if flat.dtype.kind == "f" and not (flat == np.floor(flat)).all():  # also NaN
        raise ValueError(f"{name}: real numbers such as {flat[flat != np.floor(flat)][0]:g}; expected classes")
    whole = classes_of(flat, name)
    if whole.min() >= 0:
        top = int(whole.max()) + 1
        if classes is not None and top > max(classes, 2):
            most = max(classes, 2)
            raise ValueError(f"{name}: class {top - 1}, but there are {most} classes, 0 to {most - 1}")
        if classes is not None or top <= 2 * len(np.unique(whole)):
            return whole, np.arange(max(top, 2, classes or 0))
    values, number = np.unique(whole, return_inverse=True)
    return number, values


# ---- predictions of a network ----------------------------------------------------------------


def outputs(net: Any, x: Array) -> Array:
    """The outputs of a network, (rows, K); of a classifier that predicts classes (numbers or words), (rows,)."""
    ask = getattr(net, "predict_proba", None) or getattr(net, "predict", None)
    if not callable(ask):
        raise TypeError(f"net: {shown(net)} is a {type(net).__name__}; expected something with a predict method")
    array = np.asarray(ask(x))
    words = array.dtype.kind in "UO" and array.ndim == 1
    if not words and array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or len(array) != len(x):
        raise ValueError(f"net: its answer is {array.dtype} of shape {array.shape}; expected numbers for {len(x)} rows")
    return array[:, None] if array.ndim == 1 and array.dtype.kind == "f" else array


def classes_known(net: Any) -> Array | None:
    """The classes of an estimator, classes_, in the order of its outputs; None for networks, whose classes are 0, 1,
    ..., and for outputs of several labels a row."""
    known = getattr(net, "classes_", None)
    return known if isinstance(known, np.ndarray) and known.ndim == 1 and known.size > 1 else None


class Answers(NamedTuple):
    """The outputs of a network and the true classes of some rows, both in the same order of classes."""

    shares: Array  # (n, K) outputs; K = 1: of the later of two classes. Answers that are classes are one-hot rows
    known: Labels | None
    names: tuple[str, ...]  # of the classes


def compared(net: Any, found: Array, y: Any, count: int, classes: Any) -> Answers:
    """`found`: outputs(net, ...); y: None, or the classes of `count` rows, which need not be those asked about."""
    if found.ndim == 1:
        return _by_class(found, y, count, classes)
    columns = found.shape[1]
    most = getattr(net, "outputs", None) if columns == 1 else columns
    order = classes_known(net)
    known = None if y is None else labels(y, count, most, classes, order=order)
    usual = map(str, range(max(2, columns)) if order is None else order)
    one_each = known.names if known else words("classes", [*usual] if classes is None else classes)
    return Answers(found, known, words("classes", one_each, max(2, columns)))


def _by_class(found: Array, y: Any, count: int, names: Any) -> Answers:
    """Outputs with a column for each class that occurs among the rows or the predictions."""
    known, number = both(found[:0] if y is None else y, found, 0 if y is None else count, names, ("y", "net"))
    if len(known.names) > MANY:
        raise ValueError(f"net: it answers with {len(np.unique(found))} different classes; expected at most {MANY}")
    return Answers(np.eye(len(known.names))[number], None if y is None else known, known.names)


def both(true: Any, said: Any, count: int, names: Any, called: tuple[str, str]) -> tuple[Labels, NDArray[np.int64]]:
    """The labels of `count` rows and predicted classes, both as indices into the classes that occur in either."""
    first, second = (_one_a_row(given, name) for given, name in zip((true, said), called, strict=True))
    if len(first) != count:
        raise ValueError(f"{called[0]}: shape {np.shape(true)}; expected a class for each of {count} rows")
    if count and (first.dtype.kind in "biuf") != (second.dtype.kind in "biuf"):
        raise TypeError(f"{called[1]}: {second.dtype} values, but {called[0]} has {first.dtype}; expected one kind")
    either = labels(np.concatenate([first, second]), len(first) + len(second), None, names, " and ".join(called))
    return replace(either, number=either.number[:count]), either.number[count:]


def _one_a_row(given: Any, name: str) -> Array:
    array = np.asarray(given)
    if array.ndim not in (1, 2):
        raise ValueError(f"{name}: shape {array.shape}; expected a class a row")
    return classes_of(array, name) if array.ndim == 2 and array.shape[1] > 1 else array.reshape(-1)


def scale_of(net: Any, known: Labels | None) -> tuple[float, float]:
    """The range of a single output: -1 .. 1 for labels -1 and 1, sign or tanh, otherwise 0 .. 1."""
    if hasattr(net, "predict_proba"):
        return 0.0, 1.0
    activation = _activation(net)
    signed = known.signed if known is not None and activation in ("", "linear") else activation in ("sign", "tanh")
    return (-1.0, 1.0) if signed else (0.0, 1.0)


def meaning(net: Any, found: Array, name: str) -> str:
    """The meaning of a shade, for its colour bar: "probability of ..." only if the output is a probability."""
    if found.ndim == 1:
        return f"answer: {spoken(name)}"
    if _activation(net) in ("sigmoid", "softmax") or hasattr(net, "predict_proba"):
        return f"probability of {spoken(name)}"
    return f"{_activation(net)} output".strip().replace("_", " ")


def _activation(net: Any) -> str:
    """The name of the last layer's activation; "" if it is not a Network."""
    layers: Any = getattr(net, "layers", ())
    return getattr(getattr(layers[-1], "activation", None), "name", "") if len(layers) else ""
