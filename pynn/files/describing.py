"""Layers, losses, optimizers, schedules and initializers as plain words and numbers, and back.

A kind of each is found in a closed list: a file can name nothing else, so reading one never runs anything but the
constructors here, which check what they are given. Learned arrays are model_file.py's affair.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from .. import initializers, losses, optimizers, schedules
from ..activations import Activation
from ..engine import tables
from ..errors import ModelFormatError
from ..layers import Dense, Dropout, Layer, Normalization, Rescaling

Kinds = dict[str, type]


def _listed(*kinds: type) -> Kinds:
    return {kind.__name__: kind for kind in kinds}


LAYERS = _listed(Dense, Dropout, Rescaling, Normalization)
ACTIVATIONS = _listed(Activation)
INITIALIZERS = _listed(*initializers.INITIALIZERS.values())
LOSSES = _listed(*dict.fromkeys(type(losses.get("loss", name)) for name in tables.LOSSES))
OPTIMIZERS = _listed(*optimizers.OPTIMIZERS.values())
SCHEDULES = _listed(
    schedules.Constant, schedules.InverseTime, schedules.Step, schedules.Exponential, schedules.Cosine,
    schedules.OneCycle, schedules.Warmup,
)  # fmt: skip
PARTS: dict[str, Kinds] = {  # of which kinds the fields are that hold objects
    "activation": ACTIVATIONS,
    "kernel_initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "learning_rate": SCHEDULES,
    "then": SCHEDULES,
}


def describe(name: str, thing: Any, kinds: Kinds) -> Any:
    """The object as {"kind": ..., field: value, ...}; plain values and None as they are."""
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if isinstance(thing, tuple) and all(isinstance(one, float) for one in thing):
        return {"kind": "tuple", "items": list(thing)}
    kind = _kind(thing, kinds)
    if kind is None:
        known = ", ".join(kinds)
        raise TypeError(f"{name}: a file cannot hold a {type(thing).__name__}, only what pynn brings along: {known}")
    fields = {field: describe(field, getattr(thing, field), PARTS.get(field, {})) for field in _fields(kind)}
    return {"kind": kind.__name__, **fields}


def _kind(thing: Any, kinds: Kinds) -> type | None:
    """Its own type if it is listed; a layer may be of a type derived from one, as it is a description only."""
    for base in type(thing).__mro__ if isinstance(thing, Layer) else (type(thing),):
        if kinds.get(base.__name__) is base:
            return base
    return None


def _fields(kind: type) -> list[str]:
    """What its constructor takes; Normalization's arrays are stored as such."""
    if kind is Normalization:
        return []
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return list(inspect.signature(kind).parameters)


def make(name: str, given: Any, kinds: Kinds) -> Any:
    """The object that was described; a ModelFormatError says what is not possible."""
    if not isinstance(given, dict):
        if given is None or isinstance(given, (bool, int, float, str)):
            return given
        raise ModelFormatError(f"{name}: a {type(given).__name__} where a value was expected")
    kind, items = given.get("kind"), given.get("items")
    if kind == "tuple" and isinstance(items, list) and all(isinstance(one, (int, float)) for one in items):
        return tuple(items)
    if not isinstance(kind, str) or kind not in kinds:
        raise ModelFormatError(f"{name}: {str(kind)[:60]!r} is unknown; known are {', '.join(kinds) or 'plain values'}")
    words = {field: value for field, value in given.items() if field != "kind"}
    unknown = set(words) - set(_fields(kinds[kind]))
    if unknown:
        raise ModelFormatError(f"{name}: {kind} has no {sorted(unknown)[0][:60]!r}")
    parts = {field: make(f"{name}.{field}", value, PARTS.get(field, {})) for field, value in words.items()}
    try:
        return kinds[kind](**parts)
    except (TypeError, ValueError, KeyError, AttributeError) as reason:
        raise ModelFormatError(f"{name}: {kind} is not possible: {reason}") from None
