"""What a program that uses pynn.keras has only once: the names that layers got, and the seed of the next model.

Results do not depend on the names, and without set_random_seed every model has seed 0. No layer or model is kept here.
"""

from __future__ import annotations

import random
import re
from collections import Counter

import numpy as np

from ..arguments import shown, whole

_names: Counter[str] = Counter()
_seed = 0


def name_of(kind: type, given: str | None) -> str:
    """The name given, or one from the class: dense, dense_1, ..."""
    if given is not None:
        if not isinstance(given, str) or not given:
            raise TypeError(f"name: {shown(given)} is not possible; expected a string that is not empty")
        return given
    base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()
    _names[base] += 1
    return base if _names[base] == 1 else f"{base}_{_names[base] - 1}"


def clear_session(free_memory: bool = True) -> None:
    """Names are counted from the beginning."""
    _names.clear()


def set_random_seed(seed: int) -> None:
    """The seed of all models that are made from now on, of Python's `random` and of NumPy's old generator."""
    global _seed
    _seed = whole("seed", seed, 0, 2**32 - 1)
    random.seed(_seed)
    np.random.seed(_seed)  # noqa: NPY002  (a script that asks for this uses it)


def next_seed() -> int:
    return _seed
