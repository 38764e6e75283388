"""Keras' optimizers: constructors of the objects in pynn.optimizers, with both names of the rate and the old decay.

`decay` divides the rate by 1 + decay * iteration, as in Keras before version 3; it is not weight decay, which is
`weight_decay`. The rules and what they remember are the engine's. Read ../../optimizers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import optimizers
from ...arguments import real
from ...optimizers import Optimizer
from ...schedules import InverseTime, Schedule
from ..given import leftovers, one_of

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop", "get"]
CLIPS = ("clipvalue", "clipnorm", "global_clipnorm")


def _rate(learning_rate: Any, given: dict[str, Any], default: float) -> Any:
    """The rate under either name, with `decay` if there is one; both are taken out of `given`."""
    rate = one_of("learning_rate", learning_rate, "lr", given.pop("lr", None), default)
    decay = given.pop("decay", None)
    if decay is None or not real("decay", decay, 0):
        return rate
    if isinstance(rate, Schedule):
        raise ValueError("decay: the rate is a schedule, which changes by itself; give one of them")
    return InverseTime(rate, decay)


def _made(kind: Callable[..., Optimizer], name: str, given: dict[str, Any], **numbers: Any) -> Optimizer:
    """The optimizer, once all of Keras' other arguments have been looked at."""
    numbers |= {clip: given.pop(clip) for clip in CLIPS if given.get(clip) is not None}
    given.pop("name", None)
    leftovers(name, {word: value for word, value in given.items() if word not in CLIPS})
    return kind(**numbers)


def _no_weight_decay(name: str, given: dict[str, Any]) -> None:
    if given.pop("weight_decay", None):
        raise ValueError(f"weight_decay: {name} has none here; take AdamW, or kernel_regularizer=l2(...) of the layers")


def SGD(
    learning_rate: Any = None, momentum: float = 0.0, nesterov: bool = False, weight_decay: Any = None, **given: Any
) -> Optimizer:
    """SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True)."""
    _no_weight_decay("SGD", {"weight_decay": weight_decay})
    rate = one_of("learning_rate", learning_rate, "lr", given.pop("lr", None), 0.01)
    decay = given.pop("decay", None) or 0.0
    nesterov = bool(nesterov) and bool(momentum)  # without momentum both are the same step
    return _made(optimizers.SGD, "SGD", given, learning_rate=rate, momentum=momentum, nesterov=nesterov, decay=decay)


def Adam(
    learning_rate: Any = None, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float | None = None,
    amsgrad: bool = False, weight_decay: Any = None, **given: Any,
) -> Optimizer:  # fmt: skip
    numbers = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": 1e-7 if epsilon is None else epsilon}
    if amsgrad:
        numbers["amsgrad"] = amsgrad
    rate = _rate(learning_rate, given, 0.001)
    return _made(optimizers.Adam, "Adam", given, learning_rate=rate, weight_decay=weight_decay or 0.0, **numbers)


def AdamW(
    learning_rate: Any = None, weight_decay: Any = 0.004, beta_1: float = 0.9, beta_2: float = 0.999,
    epsilon: float | None = None, amsgrad: bool = False, **given: Any,
) -> Optimizer:  # fmt: skip
    """Adam with weight decay beside the gradient, of all weights, biases included."""
    return Adam(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, **given)


def RMSprop(
    learning_rate: Any = None, rho: float = 0.9, momentum: float = 0.0, epsilon: float | None = None,
    centered: bool = False, weight_decay: Any = None, **given: Any,
) -> Optimizer:  # fmt: skip
    _no_weight_decay("RMSprop", {"weight_decay": weight_decay})
    numbers = {"rho": rho, "momentum": momentum, "epsilon": 1e-7 if epsilon is None else epsilon, "centered": centered}
    return _made(optimizers.RMSprop, "RMSprop", given, learning_rate=_rate(learning_rate, given, 0.001), **numbers)


def _moments(kind: Callable[..., Optimizer], name: str) -> Callable[..., Optimizer]:
    """The constructor of a rule that is Adam's kin."""

    def make(
        learning_rate: Any = None, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float | None = None,
        weight_decay: Any = None, **given: Any,
    ) -> Optimizer:  # fmt: skip
        numbers = {"beta_1": beta_1, "beta_2": beta_2, "weight_decay": weight_decay or 0.0}
        if epsilon is not None:
            numbers["epsilon"] = epsilon
        return _made(kind, name, given, learning_rate=_rate(learning_rate, given, 0.001), **numbers)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"pynn.optimizers.{name}."
    return make


Nadam = _moments(optimizers.Nadam, "Nadam")
Adamax = _moments(optimizers.Adamax, "Adamax")


def Lion(
    learning_rate: Any = None, beta_1: float = 0.9, beta_2: float = 0.99, weight_decay: Any = None, **given: Any
) -> Optimizer:
    numbers = {"beta_1": beta_1, "beta_2": beta_2, "weight_decay": weight_decay or 0.0}
    return _made(optimizers.Lion, "Lion", given, learning_rate=_rate(learning_rate, given, 0.001), **numbers)


def Adagrad(
    learning_rate: Any = None, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7, weight_decay: Any = None,
    **given: Any,
) -> Optimizer:  # fmt: skip
    numbers = {"initial_accumulator_value": initial_accumulator_value, "epsilon": epsilon}
    rate = _rate(learning_rate, given, 0.001)
    return _made(optimizers.Adagrad, "Adagrad", given, learning_rate=rate, weight_decay=weight_decay or 0.0, **numbers)


def get(identifier: Any) -> Optimizer:
    """The optimizer of this name."""
    return optimizers.get("optimizer", identifier)
