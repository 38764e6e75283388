"""The errors that are pynn's own.

A wrong argument is a plain ValueError or TypeError; these are for what can go wrong with
arguments that are right. They import nothing of pynn, so that every room may raise them.
"""

from __future__ import annotations

from math import isfinite

BEYOND = 2**27  # epochs of this number on are a batch's own: it belongs to no order of an epoch


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


def diverged(step: int, epoch: int, loss: float) -> DivergenceError:
    """The error of a step. Both numbers are counted from 0 here, and from 1 in its words, as in the progress line."""
    where = f"step {step + 1} of epoch {epoch + 1}" if 0 <= epoch < BEYOND else "this batch"
    if isfinite(loss):
        what = f"the update of {where} is not finite; such elements stay as they were, the others have moved"
    else:
        what = f"the loss of {where} is {loss}; the weights are those of the step before"
    return DivergenceError(f"training diverged: {what}", step, loss)


class ModelFormatError(ValueError):
    """A file is not a model file, or is damaged, or of a version this pynn does not read."""


class NotFittedError(ValueError, AttributeError):
    """What was asked for exists only after training (scikit-learn's two base classes)."""
