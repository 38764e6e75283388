"""pynn's callbacks under Keras' roof; their names and arguments are Keras'. Read ../callbacks/__init__.py."""

from __future__ import annotations

from typing import Any

from ..callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)
from .missing import CALLBACKS, find

__all__ = [
    "CSVLogger", "Callback", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint",
    "ReduceLROnPlateau", "TensorBoard", "TerminateOnNaN",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    return find(__name__, CALLBACKS, name)
