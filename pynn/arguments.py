"""Checks of arguments (whole numbers, real numbers, flags, choices) and their error messages, for the whole package.

A message names the argument, says what was given and what is accepted. Data are not checked here: arrays are
checked in rows/arrays.py.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Iterable
from numbers import Real
from operator import index
from typing import Any

import numpy as np

MAX_SIZE = 2**31 - 1  # a width or number of rows that C's int32 holds


def shown(value: object) -> str:
    """The value as a message shows it: its repr, cut to 60 characters, which is half a line of a terminal."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def warn(text: str) -> None:
    """A warning that points at the line outside of this package from which it was called."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)


def whole(name: str, value: Any, low: int, high: int | None = None, accepted: str = "") -> int:
    """An integer from low to high; booleans and floats are refused, NumPy's integers are not."""
    if type(value) is int and value >= low and high is None:
        return value
    limits = accepted or (f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}")
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}: {shown(value)} is a {type(value).__name__}; expected {limits}") from None
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name}: {number} is not possible; expected {limits}")
    return number


def size(name: str, value: Any) -> int:
    """A width of a layer or a number of rows."""
    return whole(name, value, 1, MAX_SIZE)


def real(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
) -> float:
    """A finite number from low to high (above, below: the limits themselves are excluded)."""
    if type(value) is float and (low < value < high or (value == low and not above and math.isfinite(low))):
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)) or isinstance(value, complex):
        raise TypeError(f"{name}: {shown(value)} is a {type(value).__name__}; expected a number")
    try:
        number = float(value)
    except OverflowError:  # an integer or a fraction beyond all floats
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name}: {shown(value)} is not finite")
    if number < low or number > high or (above and number == low) or (below and number == high):
        left = "" if low == -math.inf else f"{'more than' if above else 'at least'} {low:g}"
        right = "" if high == math.inf else f"{'less than' if below else 'at most'} {high:g}"
        limits = " and ".join(filter(None, (left, right)))
        raise ValueError(f"{name}: {shown(value)} is not possible; expected {limits}")
    return number


def reals(name: str, value: Any, *limits: float, **ends: bool) -> float | tuple[float, ...]:
    """A number as `real` takes it, or a sequence of such numbers, as a tuple."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        return real(name, value, *limits, **ends)
    if not value:
        raise ValueError(f"{name}: {shown(value)} is empty; expected a number, or one for each output")
    return tuple(real(f"{name}[{i}]", each, *limits, **ends) for i, each in enumerate(value))


def flag(name: str, value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: {shown(value)} is a {type(value).__name__}; expected True or False")
    return bool(value)


def choice(name: str, value: Any, known: Iterable[str]) -> str:
    """One of the known names; the error for a similar name suggests the one that was probably meant."""
    names = list(known)
    if not isinstance(value, str):
        raise TypeError(f"{name}: {shown(value)} is a {type(value).__name__}; expected one of {', '.join(names)}")
    if value not in names:
        from difflib import get_close_matches

        near = get_close_matches(value.lower(), names, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name}: {value!r} is unknown; known are {', '.join(names)}.{hint}")
    return value
