"""Batches where arrays are wanted: for validation, evaluate and predict, which look at all rows at once.

Training takes batches one by one: read ../training/batches.py.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from ..arguments import whole
from .utils import Sequence


def are_batches(x: Any) -> bool:
    """A Sequence or a generator; a list is rows."""
    return isinstance(x, Sequence) or hasattr(x, "__next__")


def joined(name: str, batches: Any, steps: Any = None) -> tuple[Any, ...]:
    """(x, y) or (x, y, weights) of all batches, or of the first `steps`; (x,) where batches have no targets."""
    if isinstance(batches, Sequence):
        every: Any = (batches[place] for place in range(len(batches)))
    elif steps is None:
        raise ValueError(f"{name}: a generator, which may never end; say steps=, or give a Sequence or arrays")
    else:
        every = batches
    items = list(islice(every, None if steps is None else whole("steps", steps, 1)))
    if not items:
        raise ValueError(f"{name}: no batch came; expected at least one")
    parts = [item if isinstance(item, (tuple, list)) else (item,) for item in items]
    return tuple(np.concatenate([np.asarray(each) for each in column]) for column in zip(*parts, strict=True))
