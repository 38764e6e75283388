"""What a picture asks of data and of a network: rows, classes, outputs, and what layers inside make of a row.

Arguments are checked here, so that the displays only compute and draw. The forward pass is written out in float64,
from the weights a network shows to everybody; it is for looking and never for training. No matplotlib here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..arguments import shown
from ..backend import Array, Floats
from ..engine.tables import ACTIVATIONS
from ..errors import NotFittedError
from ..layers import Dense, Normalization, Rescaling


def rows(name: str, given: Any, columns: int | None = None) -> Array:
    """Numbers as (rows, features); images are flattened, a single row of numbers is refused."""
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: an array of {array.dtype}; expected numbers")
    if array.ndim < 2 or not array.size:
        raise ValueError(f"{name}: shape {array.shape}; expected rows of features")
    array = array.reshape(len(array), -1)
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name}: {array.shape[1]} features; expected {columns}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name}: only finite numbers can be drawn")
    return array


def numbers(name: str, given: Any, dimensions: int = 1) -> Floats:
    """Finite numbers in so many dimensions, and at least one of them."""
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
    """As many names as there are things, if their number is known."""
    if isinstance(given, str) or not isinstance(given, (Sequence, np.ndarray)):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected a list of names")
    if count is not None and len(given) != count:
        raise ValueError(f"{name}: {len(given)} names; expected {count}")
    return tuple(map(str, given))


def plain(names: Sequence[str]) -> list[str]:
    """Names of columns as words; formulas stay."""
    return [name if "$" in name else name.replace("_", " ") for name in names]


def spoken(name: str) -> str:
    return f"class {name}" if name.lstrip("-").isdigit() else name


@dataclass(frozen=True)
class Labels:
    """Class numbers of rows, and for each class its name."""

    number: NDArray[np.int64]
    names: tuple[str, ...]
    signed: bool = False  # they were given as -1 and 1

    def spoken(self, k: int) -> str:
        """The name of class k where it stands alone; a bare number would not say what it counts."""
        return spoken(self.names[k])

    @property
    def present(self) -> list[int]:
        return [int(k) for k in np.unique(self.number)]


def labels(y: Any, count: int, classes: int | None = None, names: Any = None, name: str = "y") -> Labels:
    """Class numbers, one-hot rows, -1 and 1, booleans or words for `count` rows; `classes`: outputs of the network."""
    array = np.asarray(y)
    if array.ndim not in (1, 2) or len(array) != count:
        raise ValueError(f"{name}: shape {array.shape}; expected a class for each of {count} rows")
    if array.ndim == 2 and array.shape[1] > 1:
        number, values = array.argmax(axis=1), np.arange(array.shape[1])
    else:
        number, values = _numbered(array.reshape(-1), classes, name)
    found = tuple(map(str, values)) if names is None else words("classes", names, len(values))
    return Labels(number.astype(np.int64), found, list(values) == [-1, 1])


def _numbered(flat: Array, classes: int | None, name: str) -> tuple[Array, Array]:
    """Places among the classes, and their values: 0 .. K - 1 where these are the labels, else those that occur."""
    if flat.dtype.kind == "f" and not (flat == np.floor(flat)).all():  # also NaN
        raise ValueError(f"{name}: real numbers such as {flat[flat != np.floor(flat)][0]:g}; expected classes")
    if flat.dtype.kind not in "biuf":
        try:
            values, number = np.unique(flat, return_inverse=True)
        except TypeError:  # of several kinds, which have no order
            given = shown(flat.tolist())
            raise TypeError(f"{name}: {given} is not possible; expected class numbers or words") from None
        return number, values
    whole = flat.astype(np.int64)
    if whole.min() >= 0:
        top = int(whole.max()) + 1
        if classes is not None and top > max(classes, 2):
            most = max(classes, 2)
            raise ValueError(f"{name}: class {top - 1}, but there are {most} classes, 0 to {most - 1}")
        if classes is not None or top <= 2 * len(np.unique(whole)):
            return whole, np.arange(max(top, 2, classes or 0))
    values, number = np.unique(whole, return_inverse=True)
    return number, values


def outputs(net: Any, x: Array) -> Array:
    """(rows, K) outputs of the network; a classifier that answers with class numbers gives them as (rows,)."""
    ask = getattr(net, "predict_proba", None) or getattr(net, "predict", None)
    if not callable(ask):
        raise TypeError(f"net: {shown(net)} is a {type(net).__name__}; expected something with a predict method")
    array = np.asarray(ask(x))
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or len(array) != len(x):
        raise ValueError(f"net: its answer is {array.dtype} of shape {array.shape}; expected numbers for {len(x)} rows")
    if array.ndim == 1 and array.dtype.kind == "f":
        return array[:, None]
    return array if array.ndim == 2 else array.astype(np.int64)


# ---- inside a network ------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A Dense layer with its numbers: z = a W + b, then the activation."""

    W: Floats
    b: Floats | float
    activation: Activation

    def act(self, z: Floats) -> Floats:
        return np.asarray(ACTIVATIONS[self.activation.name].forward(z, self.activation.alpha), np.float64)


def steps(net: Any) -> list[Step]:
    """The Dense layers of a network, in order."""
    if not hasattr(net, "layers") or not hasattr(net, "get_weights"):
        raise TypeError(f"net: {shown(net)} is a {type(net).__name__}; expected a Network")
    weights = iter(np.asarray(array, np.float64) for array in net.get_weights())
    found = []
    for layer in net.layers:
        if isinstance(layer, Dense):
            assert isinstance(layer.activation, Activation)
            found.append(Step(next(weights), next(weights) if layer.use_bias else 0.0, layer.activation))
    return found


def inside(net: Any, x: Array) -> list[tuple[Floats, Floats]]:
    """(z, a) of each Dense layer, for rows as they are given to the network; dropout is off."""
    a, passed = np.asarray(x, np.float64), []
    for layer in net.layers:
        if isinstance(layer, Rescaling):
            a = a * layer.scale + layer.offset
        elif isinstance(layer, Normalization):
            if not layer.adapted:
                raise NotFittedError("net: Normalization has not learned its means yet; adapt it or fit first")
            scale, offset = layer.affine()
            a = a * scale + offset
    for step in steps(net):
        z = a @ step.W + step.b
        a = step.act(z)
        passed.append((z, a))
    return passed


def onward(net: Any, values: Floats, layer: int, what: str) -> Floats:
    """The outputs that follow from z or a of Dense layer number `layer`."""
    chain = steps(net)
    a = chain[layer].act(values) if what == "z" else values
    for step in chain[layer + 1 :]:
        a = step.act(a @ step.W + step.b)
    return a
