"""How fast an estimator learns: a schedule, an optimizer's own rates, or one number that rules and callbacks change.

To a callback it is `net.optimizer`. What an optimizer remembers from one partial_fit to the next is here, too. Read
recipe.py for update rules, epochs.py for scikit-learn's rules.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import schedules
from ..backend import Floats
from ..core import State
from ..engine.plan import OptimizerPlan
from ..optimizers import Optimizer


@dataclass
class OptimizerMemory:
    """What stays of an optimizer from one partial_fit to the next; the weights are in the estimator's attributes."""

    rule: OptimizerPlan
    learning_rate: float
    state: State | None = None


class Pace:
    """The learning rates of one fit."""

    def __init__(self, estimator: Any) -> None:
        self.memory: OptimizerMemory = estimator._optimizer
        self.paced: Any = None  # an object with rates(first, n), where one says how fast
        if estimator.schedule is not None:
            self.paced = schedules.get("schedule", estimator.schedule)
        elif isinstance(estimator.optimizer, Optimizer):
            self.paced = deepcopy(estimator.optimizer)

    @property
    def learning_rate(self) -> Any:
        return self.memory.learning_rate if self.paced is None else getattr(self.paced, "learning_rate", self.paced)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if hasattr(self.paced, "learning_rate"):
            self.paced.learning_rate = value
        else:
            self.memory.learning_rate, self.paced = float(value), None

    def rates(self, first: int, n: int) -> Floats:
        """Of steps first .. first + n - 1, as far as is known now."""
        if self.paced is None:
            return np.full(n, self.memory.learning_rate)
        return np.array(self.paced.rates(first, n), np.float64)
