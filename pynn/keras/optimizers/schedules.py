"""keras.optimizers.schedules: rates that change with the step, as the objects of pynn.schedules.

Those with staircase=True are constant between multiples of decay_steps.
"""

from __future__ import annotations

from typing import Any

from ...arguments import flag, real, whole
from ...schedules import Cosine, Exponential, InverseTime, Schedule, Step
from ..missing import SCHEDULES, find

__all__ = ["CosineDecay", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule"]
LearningRateSchedule = Schedule


def ExponentialDecay(
    initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False, name: Any = None
) -> Schedule:
    """rate * decay_rate ^ (step / decay_steps)."""
    steps, share = whole("decay_steps", decay_steps, 1), real("decay_rate", decay_rate, 0, 1)
    if flag("staircase", staircase):
        return Step(initial_learning_rate, steps, share)
    return Exponential(initial_learning_rate, share ** (1 / steps))


def InverseTimeDecay(
    initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False, name: Any = None
) -> Schedule:
    """rate / (1 + decay_rate * step / decay_steps)."""
    if flag("staircase", staircase):
        raise ValueError("staircase: True is not possible for InverseTimeDecay; ExponentialDecay has one")
    return InverseTime(initial_learning_rate, real("decay_rate", decay_rate, 0) / whole("decay_steps", decay_steps, 1))


def CosineDecay(
    initial_learning_rate: float, decay_steps: int, alpha: float = 0.0, name: Any = None, **warmup: Any
) -> Schedule:
    """From the rate to alpha times the rate along half a cosine."""
    if any(value is not None and value != 0 for value in warmup.values()):
        raise ValueError(f"{', '.join(warmup)}: not possible for CosineDecay; take pynn.schedules.Warmup(Cosine(...))")
    return Cosine(initial_learning_rate, decay_steps, real("alpha", alpha, 0) * initial_learning_rate)


def __getattr__(name: str) -> Any:
    return find(__name__, SCHEDULES, name)
