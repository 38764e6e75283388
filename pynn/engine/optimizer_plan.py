"""What an engine has to know about an update rule, apart from the learning rate, which arrives with every step.

Names and numbers alone: the rules themselves are in update_formulas.py, the classes that users see in
pynn/optimizers.py. plan.py hands this on.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..arguments import choice

# Slots of each rule, in its order, and the option without which there is none.
SLOTS: dict[str, dict[str, str]] = {
    "sgd": {"v": "momentum"},
    "adam": {"m": "", "v": "", "h": "amsgrad"},
    "rmsprop": {"v": "", "m": "momentum", "a": "centered"},
    "nadam": {"m": "", "v": ""},
    "adagrad": {"v": ""},
    "adamax": {"m": "", "u": ""},
    "lion": {"m": ""},
}


@dataclass(frozen=True)
class OptimizerPlan:
    name: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    centered: bool = False
    rho: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    weight_decay: float = 0.0  # decoupled, multiplied by the learning rate; sgd and rmsprop have none
    clipvalue: float = 0.0  # 0: off
    clipnorm: float = 0.0  # by tensor
    global_clipnorm: float = 0.0
    amsgrad: bool = False
    initial_accumulator_value: float = 0.0  # what Adagrad's v begins with

    def __post_init__(self) -> None:
        choice("optimizer", self.name, SLOTS)

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the state arrays, in the order of the update rule."""
        return tuple(slot for slot, option in SLOTS[self.name].items() if not option or getattr(self, option))

    @property
    def powers(self) -> int:
        """How many running products go on from step to step: beta1^t, beta2^t, and 0.96^t for Nadam's momenta."""
        return 3 if self.name == "nadam" else 2
