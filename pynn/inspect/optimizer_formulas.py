r"""The optimizers' rules as formulas: how a slot, and how W or b, is replaced in one step.

The same rules as in engine/formulas.py, in the words of symbols.py. Only notation.py reads this.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..engine.plan import OptimizerPlan
from .step_record import StepRecord

Pull = Callable[[str, int, str], str]  # ("W" or "b", layer, gradient) -> "- eta gradient", or "+ eta a^T delta"


class OptimizerFormulas:
    """One rule. `pull` is what moves a weight, in the sheet's convention."""

    def __init__(self, rule: OptimizerPlan, pull: Pull) -> None:
        self.rule, self.pull = rule, pull
        order = {"v": 0, "a": 1, "m": 2} if rule.name == "rmsprop" else {"m": 0, "v": 1}  # in which they are computed
        self.slots = sorted(rule.slots, key=lambda name: order[name])
        limits = {"clipvalue": rule.clipvalue, "clipnorm": rule.clipnorm, "global_clipnorm": rule.global_clipnorm}
        self.clips = [f"{name} = {limit:g}" for name, limit in limits.items() if limit]

    def title(self, trace: StepRecord) -> str:
        """Which step, which rule, and its numbers by the letters of the formulas."""
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
        """What the slot becomes; slots that are computed before it have their new values already."""
        s, v = f"{name}_{what}^{{[{n}]}}", f"v_{what}^{{[{n}]}}"
        if self.rule.name == "sgd":
            return rf"\mu\,{v} {self.pull(what, n, g)}"
        if self.rule.name == "adam":
            return rf"{s} + (1 - \beta_1)({g} - {s})" if name == "m" else rf"{s} + (1 - \beta_2)(({g})^2 - {s})"
        if name == "m":
            return rf"\mu\,{s} + {self.stride(what, n, g)}"
        return rf"\rho\,{s} + (1 - \rho)({g}){'^2' if name == 'v' else ''}"

    def weight(self, what: str, n: int, g: str) -> str:
        """What W or b becomes, all slots being new."""
        w, m, v = f"{what}^{{[{n}]}}", f"m_{what}^{{[{n}]}}", f"v_{what}^{{[{n}]}}"
        if self.rule.name == "sgd":
            if not self.rule.momentum:
                return f"{w} {self.pull(what, n, g)}"
            return rf"{w} + \mu\,{v} {self.pull(what, n, g)}" if self.rule.nesterov else f"{w} + {v}"
        if self.rule.name == "adam":
            kept = rf"(1 - \eta \lambda)\,{w}" if self.rule.weight_decay else w
            return rf"{kept} - \eta_t\,{m} / (\sqrt{{{v}}} + \varepsilon)"
        return f"{w} - {m if self.rule.momentum else self.stride(what, n, g)}"

    def stride(self, what: str, n: int, g: str) -> str:
        """RMSprop's step, before its momentum."""
        spread = f"v_{what}^{{[{n}]}}" + (f" - (a_{what}^{{[{n}]}})^2" if self.rule.centered else "")
        return rf"\eta\,{g} / \sqrt{{{spread} + \varepsilon}}"
