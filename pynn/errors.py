"""The errors that are pynn's own.

A wrong argument is a plain ValueError or TypeError; these are for what can go wrong with
arguments that are right. They import nothing, so that every room may raise them.
"""

from __future__ import annotations


class DivergenceError(ArithmeticError):
    """A loss or an update was not finite; the network's weights are finite.

    A loss: they are those of the last completed step. Elements of an update: these kept their last value, as did
    their optimizer state, the others have moved; the step is not counted.
    """

    def __init__(self, message: str, step: int | None = None, loss: float | None = None) -> None:
        super().__init__(message, step, loss)
        self.step = step  # of the epoch, counted from 0: the one that was not completed
        self.loss = loss  # of that step's batch

    def __str__(self) -> str:
        return str(self.args[0])


class ModelFormatError(ValueError):
    """A file is not a model file, or is damaged, or of a version this pynn does not read."""


class NotFittedError(ValueError, AttributeError):
    """What was asked for exists only after training (scikit-learn's two base classes)."""
