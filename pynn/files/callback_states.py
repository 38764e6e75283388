"""The states of callbacks in a model file: plain values as JSON, arrays together with those of the network.

There is one dict for each callback, by its name. What its values mean, only the callback knows, which also checks them
after loading. Read training/callbacks.py for when states are saved and restored.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array
from ..training.callbacks import States
from . import layout

WORD = "callbacks"  # the key of the header's metadata, and the first part of the arrays' names


def split(states: States) -> tuple[dict[str, dict[str, Any]], dict[str, Array]]:
    """The states' plain values, and their arrays by the names that they have in the file."""
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
    """The states in a file; their arrays are removed from `arrays`, which holds all that were read."""
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
