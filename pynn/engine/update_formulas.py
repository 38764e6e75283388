"""The mathematics of one update: the optimizers' rules as plain NumPy formulas, and the numbers of one step.

No layer and no loop: tables.py gives the rules their names, reference.py runs them. A rule takes weights w, gradients
g and slots of any one shape, in one type; its numbers are computed in double first and rounded to that type once. The
C core has the same in csrc/kernels/update.inl.h (rules) and csrc/optim.c (numbers). docs/optimizers.md compares
with other libraries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .formulas import Array
from .optimizer_plan import OptimizerPlan

BETA1, BETA2, FADING = range(3)  # places in beta_power; the first is the product of Nadam's momenta for it


@dataclass(frozen=True)
class Rule:
    """One step's numbers, in the storage type. Where slots begin with 0, the rates hold what corrects that."""

    rate: Any
    momentum: Any = 0
    nesterov: bool = False
    centered: bool = False
    rho: Any = 0
    beta1: Any = 0
    beta2: Any = 0
    epsilon: Any = 0
    decay: Any = 0  # rate * weight decay
    one_minus_rho: Any = 0
    one_minus_beta1: Any = 0
    one_minus_beta2: Any = 0
    rate_m: Any = 0  # Nadam's: of the moment that the next step will see ...
    rate_g: Any = 0  # ... and of the gradient
    root: Any = 1  # times sqrt(v)


Slots = dict[str, Array]

# ---- the numbers of a step ----------------------------------------------------------------------


def nadam_momentum(o: OptimizerPlan, fading: Any) -> Any:
    """Nadam's momentum in a step: it rises from beta1 / 2 to beta1 while fading, 0.96^t, falls to 0."""
    return o.beta1 * (1 - 0.5 * fading)


def next_powers(o: OptimizerPlan, power: Array) -> Array:
    """The running products beta1^t, beta2^t (and Nadam's) of one step more; of rules without corrections they stay."""
    power = power.copy()
    if o.name in ("adam", "adamax", "nadam"):
        beta1 = o.beta1
        if o.name == "nadam":
            power[FADING] *= 0.96
            beta1 = nadam_momentum(o, power[FADING])
        power[:FADING] *= np.array([beta1, o.beta2])
    return power


def powers_after(o: OptimizerPlan, t: int) -> Array:
    """What they have become after t steps, for one who looks; each of their roundings may be another one."""
    fading = 0.96 ** np.arange(1, t + 1)
    first = float(np.prod(nadam_momentum(o, fading))) if o.name == "nadam" else o.beta1**t
    return np.array([first, o.beta2**t, 0.96**t])


def corrected_rates(o: OptimizerPlan, rate: float, power: Array) -> dict[str, float]:
    """Rates of the step that ends with these products: m and v begin with 0, and would be too small."""
    if o.name == "adam":
        return {"rate": rate * math.sqrt(1 - power[BETA2]) / (1 - power[BETA1])}
    if o.name == "adamax":
        return {"rate": rate / (1 - power[BETA1])}
    if o.name == "nadam":
        now, ahead = nadam_momentum(o, power[FADING]), nadam_momentum(o, power[FADING] * 0.96)
        return {
            "rate": rate,
            "rate_m": rate * ahead / (1 - power[BETA1] * ahead),
            "rate_g": rate * (1 - now) / (1 - power[BETA1]),
            "root": 1 / math.sqrt(1 - power[BETA2]),
        }
    return {"rate": rate}


def rule_of_step(o: OptimizerPlan, rate: float, power: Array, dtype: np.dtype[Any]) -> Rule:
    real, tiny = dtype.type, np.finfo(dtype).tiny
    numbers = {
        "momentum": o.momentum, "rho": o.rho, "beta1": o.beta1, "beta2": o.beta2, "decay": rate * o.weight_decay,
        "one_minus_rho": 1 - o.rho, "one_minus_beta1": 1 - o.beta1, "one_minus_beta2": 1 - o.beta2,
        **corrected_rates(o, rate, power),
    }  # fmt: skip
    epsilon = max(real(o.epsilon), tiny)  # so that no gradient, no history and epsilon 0 are no 0 / 0
    rounded = {name: real(value) for name, value in numbers.items()}
    return Rule(nesterov=o.nesterov, centered=o.centered, epsilon=epsilon, **rounded)


# ---- the rules: (rule, w, g, slots) -> new w, new slots -----------------------------------------


def sgd_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    if "v" not in slots:
        return w - r.rate * g, {}
    v = r.momentum * slots["v"] - r.rate * g
    if r.nesterov:  # look ahead: the step that the new velocity will take, and this gradient again
        return w + (r.momentum * v - r.rate * g), {"v": v}
    return w + v, {"v": v}


def moments(r: Rule, g: Array, slots: Slots) -> Slots:
    """Running means of g and of g squared."""
    m = slots["m"] + r.one_minus_beta1 * (g - slots["m"])
    v = slots["v"] + r.one_minus_beta2 * (g * g - slots["v"])
    return {"m": m, "v": v}


def adam_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    new = moments(r, g, slots)
    v = new["v"]
    if "h" in slots:  # amsgrad: the highest v so far, so that no step is longer because gradients became small
        v = new["h"] = np.maximum(slots["h"], v)
    return w - r.decay * w - r.rate * new["m"] / (np.sqrt(v) + r.epsilon), new


def nadam_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    new = moments(r, g, slots)
    ahead = r.rate_m * new["m"] + r.rate_g * g
    return w - r.decay * w - ahead / (r.root * np.sqrt(new["v"]) + r.epsilon), new


def adamax_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    m = slots["m"] + r.one_minus_beta1 * (g - slots["m"])
    u = np.maximum(r.beta2 * slots["u"], np.abs(g))
    return w - r.decay * w - r.rate * m / (u + r.epsilon), {"m": m, "u": u}


def adagrad_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    v = slots["v"] + g * g
    return w - r.decay * w - r.rate * g / np.sqrt(v + r.epsilon), {"v": v}


def lion_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    """Every weight moves as far as the others: by the rate, or not at all."""
    way = r.beta1 * slots["m"] + r.one_minus_beta1 * g
    m = r.beta2 * slots["m"] + r.one_minus_beta2 * g
    return w - r.decay * w - r.rate * np.sign(way), {"m": m}


def rmsprop_update(r: Rule, w: Array, g: Array, slots: Slots) -> tuple[Array, Slots]:
    new = {"v": r.rho * slots["v"] + r.one_minus_rho * (g * g)}
    spread = new["v"]
    if r.centered:
        new["a"] = r.rho * slots["a"] + r.one_minus_rho * g
        spread = spread - new["a"] * new["a"]
        spread = np.where(spread < 0, spread.dtype.type(0), spread)  # below 0 by rounding alone
    u = r.rate * g / np.sqrt(spread + r.epsilon)
    if "m" in slots:
        u = new["m"] = r.momentum * slots["m"] + u
    return w - u, new
