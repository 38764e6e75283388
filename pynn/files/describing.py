"""Layers, losses, optimizers, schedules and initializers as plain strings and numbers, and back.

Their classes come from a closed list: those of pynn, and those that the caller passes to `load` as custom=. A file can
name no other class, so reading one runs nothing but the constructors of these. Learned arrays are not handled here:
read model_file.py.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import initializers, layers, losses, optimizers, schedules
from ..activations import Activation
from ..arguments import shown
from ..engine import tables
from ..errors import ModelFormatError
from ..layers import Layer, Normalization
from ..metrics import names
from ..metrics.fitted import Named, Own, is_possible, name_of
from ..metrics.reported import Given

Custom = Mapping[str, Any]  # classes, and metrics: functions or objects


@dataclass(frozen=True)
class Kinds:
    """Which classes are allowed in a field: pynn's by name, and subclasses of `base` that users have written."""

    listed: dict[str, type]
    base: type | None = None


def _kinds(*listed: type, base: type | None = None) -> Kinds:
    return Kinds({kind.__name__: kind for kind in listed}, base)


LAYERS = _kinds(*layers.LAYERS)
ACTIVATIONS = _kinds(Activation)
INITIALIZERS = _kinds(*initializers.INITIALIZERS.values(), base=initializers.Initializer)
LOSSES = _kinds(*dict.fromkeys(type(losses.get("loss", name)) for name in tables.LOSSES), base=losses.Loss)
OPTIMIZERS = _kinds(*optimizers.OPTIMIZERS.values(), base=optimizers.Optimizer)
SCHEDULES = _kinds(
    schedules.Constant, schedules.InverseTime, schedules.Step, schedules.Exponential, schedules.Cosine,
    schedules.OneCycle, schedules.Warmup, base=schedules.Schedule,
)  # fmt: skip
PLAIN = Kinds({})
# New fields and their defaults, with which they are not written: older versions can read it.
LEFT_OUT = {"l1": 0.0, "amsgrad": False, "mean": 0.0}
ALIASES = {"kernel_regularizer"}  # parameters of a constructor that only set other fields (l1, l2)
OPEN = (INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES)  # where there may be classes of one's own
BASES = tuple(kinds.base for kinds in OPEN if kinds.base)
RESERVED = {"tuple"}.union(*(kinds.listed for kinds in OPEN))
PARTS = {  # fields that hold objects, and the kinds of these
    "activation": ACTIVATIONS,
    "kernel_initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "beta_initializer": INITIALIZERS,
    "gamma_initializer": INITIALIZERS,
    "moving_mean_initializer": INITIALIZERS,
    "moving_variance_initializer": INITIALIZERS,
    "learning_rate": SCHEDULES,
    "then": SCHEDULES,
}


def check_custom(given: Any) -> dict[str, Any]:
    """Argument `custom` of load: the user's classes and metrics, by the names that files have for them."""
    table = dict(given) if isinstance(given, Mapping) else None
    if table is None:
        if isinstance(given, (str, type)) or not isinstance(given, Iterable):
            raise TypeError(f"custom: {shown(given)} is not possible; expected a list of classes, or a dict by name")
        classes = list(given)
        table = {one.__name__ if isinstance(one, type) else name_of(one): one for one in classes}
        if len(table) < len(classes):
            raise ValueError("custom: two classes have the same name; give a dict of them")
    for name, one in table.items():
        if is_possible(one):
            continue
        if not isinstance(one, type) or not issubclass(one, BASES):
            bases = ", ".join(base.__name__ for base in BASES)
            expected = f"classes derived from {bases}, or metrics f(y_true, y_pred)"
            raise TypeError(f"custom: {shown(one)} is not possible; expected {expected}")
        if name in RESERVED:
            raise ValueError(f"custom: {name!r} is taken by a class of pynn; give yours another name")
    return table


# ---- from objects to plain values --------------------------------------------------------------


def describe(name: str, thing: Any, kinds: Kinds) -> Any:
    """The object as {"kind": ..., field: value, ...}; plain values, lists and None as they are."""
    thing = thing.item() if isinstance(thing, np.generic) else thing
    if isinstance(thing, float) and not math.isfinite(thing):
        raise ValueError(f"{name}: a file cannot hold {thing}")
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if isinstance(thing, list):
        return [describe(f"{name}[{place}]", one, kinds) for place, one in enumerate(thing)]
    if isinstance(thing, tuple):
        return {"kind": "tuple", "items": describe(name, list(thing), kinds)}
    kind = _kind(thing, kinds.listed)
    if kind is None:
        return _own(name, thing, kinds)
    values = {field: getattr(thing, field) for field in _fields(kind)}
    written = {field: value for field, value in values.items() if LEFT_OUT.get(field) != value}
    return {"kind": kind.__name__} | {
        field: describe(field, value, PARTS.get(field, PLAIN)) for field, value in written.items()
    }


def _kind(thing: Any, listed: dict[str, type]) -> type | None:
    """The type of the object if it is listed. A layer may also be of a subclass of a listed type (keras.Dense, say):
    it is saved as that type, since layers are descriptions only."""
    for base in type(thing).__mro__ if isinstance(thing, Layer) else (type(thing),):
        if listed.get(base.__name__) is base:
            return base
    return None


def _fields(kind: type) -> list[str]:
    """What its constructor takes; Normalization's arrays are stored as such."""
    return [] if kind is Normalization else [name for name in inspect.signature(kind).parameters if name not in ALIASES]


def _own(name: str, thing: Any, kinds: Kinds) -> dict[str, Any]:
    """Describes an object of a user's class, after checking that its constructor makes an equal one from that."""
    kind = type(thing)
    refused = f"{name}: a file cannot hold a {kind.__name__}"
    if kinds.base is None or not isinstance(thing, kinds.base):
        known = ["plain values", "lists", "tuples", *kinds.listed]
        raise TypeError(f"{refused}, only {', '.join(known)}")
    if kind.__name__ in RESERVED:
        raise TypeError(f"{refused} that is not pynn's: the name is taken, give the class another one")
    try:
        given = _arguments(thing)
        fields = _fields_of_own(name, given, kinds)
        again = _fields_of_own(name, _arguments(kind(**given)), kinds)
    except AttributeError as reason:
        hint = "what its constructor takes has to be an attribute of the same name, or come from a method get_config"
        raise TypeError(f"{refused}: {reason}; {hint}") from None
    if fields != again:
        raise TypeError(f"{refused}: its constructor makes another one of {fields}; a method get_config may say what")
    return {"kind": kind.__name__, **fields}


def _arguments(thing: Any) -> dict[str, Any]:
    """The arguments of its constructor: from get_config, or else from attributes of the parameters' names."""
    kind = type(thing)
    return thing.get_config() if hasattr(kind, "get_config") else {one: getattr(thing, one) for one in _fields(kind)}


def _fields_of_own(name: str, given: dict[str, Any], kinds: Kinds) -> dict[str, Any]:
    return {field: describe(f"{name}.{field}", value, _inside(field, kinds)) for field, value in given.items()}


def _inside(field: str, kinds: Kinds) -> Kinds:
    """The kinds allowed inside an object of a user's class: its own kind, and a schedule as learning_rate."""
    return SCHEDULES if field == "learning_rate" else kinds


def describe_metric(one: Given) -> Any:
    """A name; or {"kind": "metric", "name": ..., "of": ...}, without the last where it is the user's own."""
    if isinstance(one, str):
        return one
    return {"kind": "metric", "name": one.name} | ({"of": one.what.typed} if isinstance(one, Named) else {})


# ---- from plain values to objects --------------------------------------------------------------


def make(name: str, given: Any, kinds: Kinds, custom: Custom) -> Any:
    """The object of a description; a ModelFormatError says what is wrong with it."""
    if given is None or isinstance(given, (bool, int, float, str)):
        return given
    if isinstance(given, list):
        return [make(f"{name}[{place}]", one, kinds, custom) for place, one in enumerate(given)]
    if not isinstance(given, dict):
        raise ModelFormatError(f"{name}: a {type(given).__name__} where a value was expected")
    kind = given.get("kind")
    if kind == "tuple" and isinstance(given.get("items"), list):
        return tuple(make(name, given["items"], kinds, custom))
    made = _class(name, kind, kinds, custom)
    own = made not in kinds.listed.values()
    words = {field: value for field, value in given.items() if field != "kind"}
    if not own and (unknown := set(words) - set(_fields(made))):
        raise ModelFormatError(f"{name}: {kind} has no {sorted(unknown)[0][:60]!r}")
    parts = {
        field: make(f"{name}.{field}", value, _inside(field, kinds) if own else PARTS.get(field, PLAIN), custom)
        for field, value in words.items()
    }
    try:
        return made(**parts)
    except (TypeError, ValueError, KeyError, AttributeError) as reason:
        raise ModelFormatError(f"{name}: {kind} is not possible: {reason}") from None


def make_metric(name: str, given: Any, custom: Custom) -> Given:
    """The metric of a description: a name, or what custom= has under this name."""
    if isinstance(given, str):
        return given
    called = given.get("name") if isinstance(given, dict) and given.get("kind") == "metric" else None
    if not isinstance(called, str):
        raise ModelFormatError(f"{name}: not the name of a metric")
    if "of" in given:
        return Named(called, names.check(name, str(given["of"])))
    one = custom.get(called)
    if one is None or isinstance(one, type):
        hint = "a metric of your own has to be given: load(path, custom=[...])"
        raise ModelFormatError(f"{name}: {called[:60]!r} is unknown; {hint}")
    return Own(called, one)


def _class(name: str, kind: Any, kinds: Kinds, custom: Custom) -> type:
    if isinstance(kind, str) and kind in kinds.listed:
        return kinds.listed[kind]
    one = custom.get(kind) if isinstance(kind, str) else None
    if isinstance(one, type) and kinds.base is not None and issubclass(one, kinds.base):
        return one
    hint = "; a class of your own has to be given: load(path, custom=[...])" if kinds.base else ""
    known = ", ".join(kinds.listed) or "plain values"
    raise ModelFormatError(f"{name}: {str(kind)[:60]!r} is unknown; known are {known}{hint}")
