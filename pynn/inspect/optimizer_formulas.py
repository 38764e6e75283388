r"""The optimizers' update rules as formulas for a sheet: the new value of a slot, and of a parameter, in one step.

The rules are those of engine/formulas.py, written in the commands of symbols.py. Nothing is computed here. Read
notation.py for the sheet.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..engine.plan import OptimizerPlan
from .layer_formulas import LETTERS
from .step_record import StepRecord

# ("W", "b", "gamma" or "beta", layer, gradient) -> "- eta gradient", or "+ eta a^T delta"
DescentTerm = Callable[[str, int, str], str]


class OptimizerFormulas:
    """The formulas of one rule. `descent_term` gives the rate times the gradient, in the sheet's convention."""

    def __init__(self, rule: OptimizerPlan, descent_term: DescentTerm) -> None:
        self.rule, self.descent_term = rule, descent_term
        order = {"v": 0, "a": 1, "m": 2} if rule.name == "rmsprop" else {"m": 0, "v": 1}  # the order of computation
        self.slots = sorted(rule.slots, key=lambda name: order[name])
        limits = {"clipvalue": rule.clipvalue, "clipnorm": rule.clipnorm, "global_clipnorm": rule.global_clipnorm}
        self.clips = [f"{name} = {limit:g}" for name, limit in limits.items() if limit]

    def title(self, trace: StepRecord) -> str:
        """The heading: number of the step, rule, and hyperparameters by their letters in the formulas."""
        rule, rate, t = self.rule, trace.learning_rate, trace.iteration + 1
        numbers = {"eta": rate}
        if rule.name == "adam":
            numbers["eta_t"] = rate * math.sqrt(1 - rule.beta2**t) / (1 - rule.beta1**t)
            numbers |= {"beta_1": rule.beta1, "beta_2": rule.beta2}
        numbers |= {"rho": rule.rho} if rule.name == "rmsprop" else {}
        numbers |= {"mu": rule.momentum} if rule.momentum else {}
        numbers |= {"eps": rule.epsilon} if rule.name != "sgd" else {}
        numbers |= {"lambda": rule.weight_decay} if rule.weight_decay else {}
        words = {"sgd": "SGD", "adam": "AdamW" if rule.weight_decay else "Adam", "rmsprop": "RMSprop"}
        kind = ", nesterov" if rule.nesterov else ", centered" if rule.centered else ""
        listed = [f"{name} = {value:.6g}" for name, value in numbers.items()] + self.clips
        return f"Step {t}: {words[rule.name]}{kind}, {', '.join(listed)}"

    def slot(self, name: str, what: str, n: int, g: str) -> str:
        """The new value of a slot; slots that are computed before it have their new values already."""
        letter = LETTERS[what]
        s, v = f"{name}_{letter}^{{[{n}]}}", f"v_{letter}^{{[{n}]}}"
        if self.rule.name == "sgd":
            return rf"\mu\,{v} {self.descent_term(what, n, g)}"
        if self.rule.name == "adam":
            return rf"{s} + (1 - \beta_1)({g} - {s})" if name == "m" else rf"{s} + (1 - \beta_2)(({g})^2 - {s})"
        if name == "m":
            return rf"\mu\,{s} + {self.rmsprop_step(what, n, g)}"
        return rf"\rho\,{s} + (1 - \rho)({g}){'^2' if name == 'v' else ''}"

    def weight(self, what: str, n: int, g: str) -> str:
        """The new value of W or b, from the slots' new values."""
        letter = LETTERS[what]
        w, m, v = f"{letter}^{{[{n}]}}", f"m_{letter}^{{[{n}]}}", f"v_{letter}^{{[{n}]}}"
        if self.rule.name == "sgd":
            if not self.rule.momentum:
                return f"{w} {self.descent_term(what, n, g)}"
            return rf"{w} + \mu\,{v} {self.descent_term(what, n, g)}" if self.rule.nesterov else f"{w} + {v}"
        if self.rule.name == "adam":
            kept = rf"(1 - \eta \lambda)\,{w}" if self.rule.weight_decay else w
            return rf"{kept} - \eta_t\,{m} / (\sqrt{{{v}}} + \varepsilon)"
        return f"{w} - {m if self.rule.momentum else self.rmsprop_step(what, n, g)}"

    def rmsprop_step(self, what: str, n: int, g: str) -> str:
        """The step of RMSprop without momentum."""
        letter = LETTERS[what]
        spread = f"v_{letter}^{{[{n}]}}" + (f" - (a_{letter}^{{[{n}]}})^2" if self.rule.centered else "")
        return rf"\eta\,{g} / \sqrt{{{spread} + \varepsilon}}"
