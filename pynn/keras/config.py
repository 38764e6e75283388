"""What layers are made of, as plain values for get_config and to_json, and back.

Objects become {"class_name": ..., "config": {...}} as in Keras. Only initializers, penalties and activations are known,
so making them from a text runs nothing else. Model files have a form of their own: read ../files/describing.py.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .. import initializers as own
from ..activations import Activation
from ..arguments import shown
from ..engine.tables import ACTIVATIONS
from ..initializers import INITIALIZERS, Initializer
from ..regularizers import Penalty
from . import initializers, regularizers


def plain(value: Any) -> Any:
    """A value of a layer as JSON has it."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, Activation):
        usual = value.alpha == ACTIVATIONS[value.name].default
        return value.name if usual else {"class_name": "Activation", "config": dataclasses.asdict(value)}
    if isinstance(value, Penalty):
        return {"class_name": "L1L2", "config": dataclasses.asdict(value)}
    if isinstance(value, Initializer):
        return _initializer(value)
    return value


def _initializer(value: Initializer) -> Any:
    """Its name where it has the defaults."""
    kind = type(value)
    fields: list[str] = []
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value)]
    for name, known in INITIALIZERS.items():
        if known is kind and value == known():
            return name
    return {"class_name": kind.__name__, "config": {field: plain(getattr(value, field)) for field in fields}}


def made(value: Any) -> Any:
    """The object of a plain value; what is no object's is returned as it is."""
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    name, given = value["class_name"], dict(value.get("config") or {})
    for axes in ("input_axes", "output_axes"):  # of Keras: a matrix has inputs and outputs
        given.pop(axes, None)
    if name == "Activation":
        return Activation(**given)
    if name == "DTypePolicy":  # of Keras: the type of a layer
        return given.get("name")
    for module in (initializers, regularizers, own):
        if name in module.__all__:
            return getattr(module, name)(**given)
    raise ValueError(f"class_name: {shown(name)} is unknown; expected an initializer, a penalty or an activation")
