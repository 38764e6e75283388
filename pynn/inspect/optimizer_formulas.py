r"""The optimizers' update rules as formulas for a sheet: the new value of a slot, and of a parameter, in one step.

The rules are those of engine/update_formulas.py, written in the commands of symbols.py. Nothing is computed here but
the numbers of a title. Read notation.py for the sheet.
"""

from __future__ import annotations

from collections.abc import Callable

from ..engine.plan import OptimizerPlan
from ..engine.update_formulas import corrected_rates, powers_after
from .layer_formulas import LETTERS
from .step_record import StepRecord

# ("W", "b", "gamma" or "beta", layer, gradient) -> "- eta gradient", or "+ eta a^T delta"
DescentTerm = Callable[[str, int, str], str]
WORDS = {
    "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "nadam": "Nadam", "adagrad": "Adagrad", "adamax": "Adamax",
    "lion": "Lion",
}  # fmt: skip
# What else a step has, by the letter that sheets have for it.
CORRECTED = {
    "adam": {"eta_t": "rate"},
    "adamax": {"eta_t": "rate"},
    "nadam": {"eta_m": "rate_m", "eta_g": "rate_g", "kappa": "root"},
}


class OptimizerFormulas:
    """The formulas of one rule. `descent_term` gives the rate times the gradient, in the sheet's convention."""

    def __init__(self, rule: OptimizerPlan, descent_term: DescentTerm) -> None:
        self.rule, self.descent_term = rule, descent_term
        order = "vam" if rule.name == "rmsprop" else "mvhu"  # of computation
        self.slots = sorted(rule.slots, key=order.index)
        self.slots_last = rule.name == "lion"  # the weight's formula has the slot's old value
        limits = {"clipvalue": rule.clipvalue, "clipnorm": rule.clipnorm, "global_clipnorm": rule.global_clipnorm}
        self.clips = [f"{name} = {limit:g}" for name, limit in limits.items() if limit]

    def title(self, trace: StepRecord) -> str:
        """The heading: number of the step, rule, and hyperparameters by their letters in the formulas."""
        rule, t = self.rule, trace.iteration + 1
        word = "AdamW" if rule.name == "adam" and rule.weight_decay else WORDS[rule.name]
        kinds = {"nesterov": rule.nesterov, "centered": rule.centered, "amsgrad": rule.amsgrad}
        kind = "".join(f", {name}" for name, used in kinds.items() if used)
        listed = [f"{name} = {value:.6g}" for name, value in self.numbers(trace.learning_rate, t).items()] + self.clips
        return f"Step {t}: {word}{kind}, {', '.join(listed)}"

    def numbers(self, rate: float, t: int) -> dict[str, float]:
        """What stands for numbers in the formulas of step t."""
        rule, numbers = self.rule, {"eta": rate}
        corrected = corrected_rates(rule, rate, powers_after(rule, t))
        numbers |= {letter: corrected[name] for letter, name in CORRECTED.get(rule.name, {}).items()}
        numbers |= {"beta_1": rule.beta1, "beta_2": rule.beta2} if rule.beta1 or rule.beta2 else {}
        numbers |= {"rho": rule.rho} if rule.rho else {}
        numbers |= {"mu": rule.momentum} if rule.momentum else {}
        numbers |= {"eps": rule.epsilon} if rule.epsilon else {}
        return numbers | ({"lambda": rule.weight_decay} if rule.weight_decay else {})

    def slot(self, name: str, what: str, n: int, g: str) -> str:
        """The new value of a slot; slots that are computed before it have their new values already."""
        s, v = (rf"{slot}_{LETTERS[what]}^{{[{n}]}}" for slot in (name, "v"))
        mean = rf"{s} + (1 - \beta_1)({g} - {s})"
        of_squares = rf"{s} + (1 - \beta_2)(({g})^2 - {s})"
        return {
            ("sgd", "v"): rf"\mu\,{s} {self.descent_term(what, n, g)}",
            ("adam", "m"): mean,
            ("adam", "v"): of_squares,
            ("adam", "h"): rf"\mathrm{{max}}({s}, {v})",
            ("rmsprop", "v"): rf"\rho\,{s} + (1 - \rho)({g})^2",
            ("rmsprop", "a"): rf"\rho\,{s} + (1 - \rho)({g})",
            ("rmsprop", "m"): rf"\mu\,{s} + {self.rmsprop_step(what, n, g)}",
            ("nadam", "m"): mean,
            ("nadam", "v"): of_squares,
            ("adagrad", "v"): rf"{s} + ({g})^2",
            ("adamax", "m"): mean,
            ("adamax", "u"): rf"\mathrm{{max}}(\beta_2\,{s}, \mathrm{{abs}}({g}))",
            ("lion", "m"): rf"\beta_2\,{s} + (1 - \beta_2)({g})",
        }[self.rule.name, name]

    def weight(self, what: str, n: int, g: str) -> str:
        """The new value of W or b, from the slots' new values, or, with slots_last, from their old ones."""
        letter, rule = LETTERS[what], self.rule
        w = f"{letter}^{{[{n}]}}"
        m, v, h, u = (f"{slot}_{letter}^{{[{n}]}}" for slot in "mvhu")
        down = self.descent_term(what, n, g)
        ahead = rf"{w} + \mu\,{v} {down}" if rule.nesterov else f"{w} + {v}"
        kept = rf"(1 - \eta \lambda)\,{w}" if rule.weight_decay else w
        root = rf"(\sqrt{{{h if rule.amsgrad else v}}} + \varepsilon)"
        return {
            "sgd": ahead if rule.momentum else f"{w} {down}",
            "adam": rf"{kept} - \eta_t\,{m} / {root}",
            "rmsprop": f"{w} - {m if rule.momentum else self.rmsprop_step(what, n, g)}",
            "nadam": rf"{kept} - (\eta_m\,{m} + \eta_g\,{g}) / (\kappa\,\sqrt{{{v}}} + \varepsilon)",
            "adagrad": rf"{kept} - \eta\,{g} / \sqrt{{{v} + \varepsilon}}",
            "adamax": rf"{kept} - \eta_t\,{m} / ({u} + \varepsilon)",
            "lion": rf"{kept} - \eta\,\mathrm{{sign}}(\beta_1\,{m} + (1 - \beta_1)({g}))",
        }[rule.name]

    def rmsprop_step(self, what: str, n: int, g: str) -> str:
        """The step of RMSprop without momentum."""
        letter = LETTERS[what]
        spread = f"v_{letter}^{{[{n}]}}" + (f" - (a_{letter}^{{[{n}]}})^2" if self.rule.centered else "")
        return rf"\eta\,{g} / \sqrt{{{spread} + \varepsilon}}"
