"""Optimizers as arguments of compile: the update rule, its hyperparameters, and the learning rate.

The engine applies the rules and keeps their state (velocities, moments), over several fits. Only `learning_rate` may
be changed later, by a callback for example. Conventions are Keras'; docs/optimizers.md has every formula, and how other
libraries differ. Read schedules.py for rates that depend on the iteration.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import schedules
from .arguments import choice, flag, real
from .engine.plan import OptimizerPlan
from .schedules import Floats, Schedule

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop"]


class Optimizer:
    """What all have in common: the rate, and gradient clipping (by value, by each array's norm, by the global norm)."""

    rule = ""
    _decay = 0.0  # only SGD has another one

    def __init__(
        self,
        learning_rate: float | Schedule,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
        **numbers: float | bool,
    ) -> None:
        clips = {"clipvalue": clipvalue, "clipnorm": clipnorm, "global_clipnorm": global_clipnorm}
        given = {name: real(name, value, 0, above=True) for name, value in clips.items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"{', '.join(given)}: only one way of clipping is possible at a time")
        self._numbers = numbers
        self._clips = given
        self.learning_rate = learning_rate

    @property
    def learning_rate(self) -> float | Schedule:
        return self._schedule.rate if type(self._schedule) is schedules.Constant else self._schedule

    @learning_rate.setter
    def learning_rate(self, value: float | Schedule) -> None:
        self._schedule = schedules.get("learning_rate", value)

    def rates(self, first: int, n: int) -> Floats:
        """Learning rates of iterations first .. first + n - 1: n numbers, finite and not negative."""
        rates = self._schedule.rates(first, n)
        if type(self._schedule) is not schedules.Constant:
            rates = np.array(rates, dtype=np.float64)
            if rates.shape != (n,) or not (rates >= 0).all() or not np.isfinite(rates).all():
                raise ValueError(f"learning_rate: {self._schedule!r} has to give {n} finite rates of at least 0")
        return rates / (1.0 + self._decay * schedules.iterations(first, n)) if self._decay else rates

    def plan(self) -> OptimizerPlan:
        return OptimizerPlan(self.rule, **self._numbers, **self._clips)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        """SGD(...).momentum and the like: the hyperparameters given to the constructor."""
        numbers = self.__dict__.get("_numbers", {})
        key = name.replace("beta_", "beta")
        if key in numbers:
            return numbers[key]
        if name in ("clipvalue", "clipnorm", "global_clipnorm"):
            return self.__dict__.get("_clips", {}).get(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or name == "learning_rate":
            object.__setattr__(self, name, value)
        else:
            raise AttributeError(f"{name}: only learning_rate can be changed; compile with a new {type(self).__name__}")

    def __repr__(self) -> str:
        words = {"learning_rate": self.learning_rate, **self._numbers, **self._clips}
        text = ", ".join(f"{name}={value!r}" for name, value in words.items())
        return f"{type(self).__name__}({text})".replace("beta", "beta_")


def _share(name: str, value: float) -> float:
    return real(name, value, 0, 1, below=True)


class SGD(Optimizer):
    """v = momentum v - rate g; w += v, or nesterov w += momentum v - rate g. The rate is inside the velocity.

    `decay` divides the rate by 1 + decay * iteration, iterations counted from 0 and over all fits.
    """

    rule = "sgd"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        decay: float = 0.0,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        self._decay = real("decay", decay, 0)
        momentum, nesterov = _share("momentum", momentum), flag("nesterov", nesterov)
        if nesterov and not momentum:
            raise ValueError("nesterov: needs a momentum above 0")
        super().__init__(learning_rate, clipvalue, clipnorm, global_clipnorm, momentum=momentum, nesterov=nesterov)

    @property
    def decay(self) -> float:
        return self._decay

    def __repr__(self) -> str:
        text = super().__repr__()
        return f"{text[:-1]}, decay={self._decay!r})"


class Adam(Optimizer):
    """m += (1 - beta_1) (g - m); v += (1 - beta_2) (g^2 - v); w -= rate_t m / (sqrt(v) + epsilon).

    In step t = 1, 2, ... rate_t = rate sqrt(1 - beta_2^t) / (1 - beta_1^t): it corrects m and v for their start at 0.
    Epsilon is added to the root as it is, as in Keras and scikit-learn; PyTorch adds it to the corrected one.
    `weight_decay` is AdamW's. amsgrad: the highest v so far stands for v. docs/optimizers.md compares.
    """

    rule = "adam"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            learning_rate, clipvalue, clipnorm, global_clipnorm, beta1=_share("beta_1", beta_1),
            beta2=_share("beta_2", beta_2), epsilon=real("epsilon", epsilon, 0, above=True),
            weight_decay=real("weight_decay", weight_decay, 0), amsgrad=flag("amsgrad", amsgrad),
        )  # fmt: skip


class AdamW(Adam):
    """Adam with decoupled weight decay: w -= rate weight_decay w before Adam's step (biases, too, as in Keras)."""

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, clipvalue=clipvalue, clipnorm=clipnorm,
            global_clipnorm=global_clipnorm, weight_decay=weight_decay,
        )  # fmt: skip


class RMSprop(Optimizer):
    """v = rho v + (1 - rho) g^2; w -= u, where u = rate g / sqrt(v + epsilon). Epsilon is inside the root, as in Keras.

    With momentum: m = momentum m + u; w -= m. Centered: a = rho a + (1 - rho) g, and max(0, v - a^2) stands for v.
    """

    rule = "rmsprop"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, clipvalue, clipnorm, global_clipnorm, rho=_share("rho", rho),
            momentum=_share("momentum", momentum), epsilon=real("epsilon", epsilon, 0, above=True),
            centered=flag("centered", centered),
        )  # fmt: skip


class Nadam(Optimizer):
    """Adam that looks ahead, as SGD with nesterov does: its step has the moment that the next one will see.

    The momentum rises from beta_1 / 2 to beta_1: in step t it is beta_1 (1 - 0.96^t / 2). Epsilon is added to the
    corrected root, as in Keras and PyTorch; docs/optimizers.md has the formulas. `weight_decay` is AdamW's.
    """

    rule = "nadam"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, clipvalue, clipnorm, global_clipnorm, beta1=_share("beta_1", beta_1),
            beta2=_share("beta_2", beta_2), epsilon=real("epsilon", epsilon, 0, above=True),
            weight_decay=real("weight_decay", weight_decay, 0),
        )  # fmt: skip


class Adagrad(Optimizer):
    """v += g^2; w -= rate g / sqrt(v + epsilon): the more a weight has been moved, the shorter its steps.

    v begins with `initial_accumulator_value`. Epsilon is inside the root, as in Keras. `weight_decay` is AdamW's.
    """

    rule = "adagrad"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, clipvalue, clipnorm, global_clipnorm,
            initial_accumulator_value=real("initial_accumulator_value", initial_accumulator_value, 0),
            epsilon=real("epsilon", epsilon, 0, above=True), weight_decay=real("weight_decay", weight_decay, 0),
        )  # fmt: skip


class Adamax(Optimizer):
    """m += (1 - beta_1) (g - m); u = max(beta_2 u, |g|); w -= rate_t m / (u + epsilon): Adam by the largest gradient.

    In step t = 1, 2, ... rate_t = rate / (1 - beta_1^t). `weight_decay` is AdamW's.
    """

    rule = "adamax"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, clipvalue, clipnorm, global_clipnorm, beta1=_share("beta_1", beta_1),
            beta2=_share("beta_2", beta_2), epsilon=real("epsilon", epsilon, 0, above=True),
            weight_decay=real("weight_decay", weight_decay, 0),
        )  # fmt: skip


class Lion(Optimizer):
    """w -= rate sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g: every weight moves by the rate.

    So the rate is a third to a tenth of what Adam wants. `weight_decay` is AdamW's.
    """

    rule = "lion"

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float = 0.0,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, clipvalue, clipnorm, global_clipnorm, beta1=_share("beta_1", beta_1),
            beta2=_share("beta_2", beta_2), weight_decay=real("weight_decay", weight_decay, 0),
        )  # fmt: skip


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "nadam": Nadam,
    "adagrad": Adagrad,
    "adamax": Adamax,
    "lion": Lion,
}


def get(name: str, given: str | Optimizer) -> Optimizer:
    """The optimizer given as argument `name`: an object as it is, or, for a string, one with the defaults."""
    if isinstance(given, Optimizer):
        return given
    if isinstance(given, type) and issubclass(given, Optimizer):
        raise TypeError(f"{name}: {given.__name__} is a class; make an object of it: {given.__name__}()")
    key = given.lower() if isinstance(given, str) else given
    return OPTIMIZERS[choice(name, key, OPTIMIZERS)]()  # type: ignore[call-arg]
