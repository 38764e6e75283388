"""keras.optimizers: the rules, rates that change with the step, and the older names of both. Read rules.py."""

from typing import Any

from ..missing import OPTIMIZERS, find
from . import legacy, schedules
from .rules import SGD, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, Optimizer, RMSprop, get

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop", "get", "legacy", "schedules",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    return find(__name__, OPTIMIZERS, name)
