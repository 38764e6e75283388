"""What callbacks count and remember, in a model file: plain values as JSON, arrays beside the network's own.

A state is a dict for each callback, by its name. What a value means is the callback's affair; it checks what it gets
back. Read training/callbacks.py for when that is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array
from ..training.callbacks import States
from . import layout

WORD = "callbacks"  # the entry of the header


def split(states: States) -> tuple[dict[str, dict[str, Any]], dict[str, Array]]:
    """Plain values, and arrays by the names they have in the file."""
    plain: dict[str, dict[str, Any]] = {}
    arrays: dict[str, Array] = {}
    for name, state in states.items():
        plain[name] = {}
        for field, value in state.items():
            if not isinstance(value, np.ndarray):
                plain[name][field] = value
            elif value.dtype.str in layout.NAMES and value.ndim <= 2:
                arrays[f"{WORD}.{name}.{field}"] = value
            else:
                raise TypeError(f"{name}: a file cannot hold its {field}; expected an array of floats, of rank 1 or 2")
    return plain, arrays


def join(text: str, arrays: dict[str, Array]) -> States:
    """The states of a file; their arrays are taken from among those that were read."""
    states = layout.parse(text, "the state of the callbacks")
    if not isinstance(states, dict) or not all(isinstance(state, dict) for state in states.values()):
        layout.refuse("the state of the callbacks is not a dict for each")
    for name, state in states.items():
        prefix = f"{WORD}.{name}."
        for key in [key for key in arrays if key.startswith(prefix)]:
            state[key.removeprefix(prefix)] = array = arrays.pop(key)
            if not np.isfinite(array).all():
                layout.refuse(f"array {key[:60]!r} has numbers that are not finite")
    return states
