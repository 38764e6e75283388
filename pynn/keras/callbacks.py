"""pynn's callbacks under Keras' roof; their names and arguments are Keras'. Read ../callbacks/__init__.py."""

from __future__ import annotations

from typing import Any

from ..callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
)
from ..training.history import History
from .missing import CALLBACKS, find

__all__ = [
    "CSVLogger", "Callback", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint",
    "ReduceLROnPlateau", "TensorBoard", "TerminateOnNaN",
]  # fmt: skip


class TerminateOnNaN(Callback):
    """A training that diverges ends there, with the last finite weights, and fit returns its history.

    Without this callback the same training is a DivergenceError.
    """


def __getattr__(name: str) -> Any:
    return find(__name__, CALLBACKS, name)
