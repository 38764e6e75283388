"""The metrics that `compile` takes, by name, and which sums of the engine they are read from.

No arithmetic: while training, the engine sums what is reported, in the order that docs/numerics.md fixes. For
metrics of arrays read the other files of this package; training/fit.py turns the sums into what a History holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..arguments import choice, shown

ALIASES = {"acc": "accuracy", "mean_absolute_error": "mae", "mean_squared_error": "mse"}
METRICS = ("accuracy", "binary_accuracy", "categorical_accuracy", "mae", "mse")


def check_names(name: str, given: Any) -> tuple[str, ...]:
    """Argument `metrics` of compile: one name or several; at most one kind of accuracy."""
    if given is None:
        return ()
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected names such as ['accuracy']")
    names = tuple(ALIASES.get(one, one) if isinstance(one, str) else one for one in given)
    for one in names:
        choice(name, one, METRICS)
    if sum(one.endswith("accuracy") for one in set(names)) > 1:
        raise ValueError(f"{name}: {', '.join(names)}; only one kind of accuracy is possible at a time")
    return tuple(dict.fromkeys(names))


def totals(names: Iterable[str], outputs: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The engine's kind of accuracy for these metrics, and (name, field of Totals) of each."""
    kind, fields = "", []
    for name in names:
        if name.endswith("accuracy"):
            largest = name == "categorical_accuracy" or (name == "accuracy" and outputs > 1)
            kind = "argmax" if largest else "binary"
            fields.append((name, "accuracy"))
        else:
            kind = kind or "none"
            fields.append((name, name))
    return kind, tuple(fields)
