"""Reads the formulas of a sheet and computes them: what a trace says about itself, taken at its word.

A formula becomes Python by putting @ between neighbours; the numbers are those of the lines before it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pynn.engine.plan import OptimizerPlan
from pynn.engine.tables import ACTIVATIONS
from pynn.inspect import Sheet, Trace
from pynn.inspect.symbols import plain

# Every line starts from the numbers of the sheet, so errors do not add up from line to line: sums of at most 7 products
# of values up to 4, with some ten roundings in each, here and in the engine.
BOUND = 7 * 4 * 4 * 10 * 2.0**-53


class Number:
    """A number or matrix of a formula: side by side they multiply, as matrices unless one is a single number."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __matmul__(self, other: Number) -> Number:
        plain = np.ndim(self.value) == 0 or np.ndim(other.value) == 0
        return Number(self.value * other.value if plain else self.value @ other.value)

    def __pow__(self, power: int) -> Number:
        return Number(self.value**power)

    def __neg__(self) -> Number:
        return Number(-self.value)

    def __add__(self, other: Number) -> Number:
        return Number(self.value + other.value)

    def __sub__(self, other: Number) -> Number:
        return Number(self.value - other.value)

    def __mul__(self, other: Number) -> Number:
        return Number(self.value * other.value)

    def __truediv__(self, other: Number) -> Number:
        return Number(self.value / other.value)

    @property
    def T(self) -> Number:
        return Number(self.value.T)


TOKEN = re.compile(
    r"(dL/d[a-zA-Z]+\[\d\]|phi'\([^)]*\)|sum_[ij]|[A-Za-z]\w*(?:\[\d\])?)|(\d+(?:\.\d+)?)|(\^T|\^2)|(\S)"
)


FUNCTIONS = ("sqrt", "phi", "sum_i", "sum_j", "sign", "max", "abs")


def evaluate(formula: str, known: dict[str, Any], activation: Any, axis: int) -> Any:
    """What a line of a sheet says, computed: the formula becomes Python, with @ between neighbours."""
    code, open_operand = "", False
    for name, digits, raised, sign in TOKEN.findall(formula):
        if raised:
            code += {"^T": ".T", "^2": "**2"}[raised]
        elif sign and sign != "(":
            code, open_operand = code + sign, sign == ")"
        else:
            code += "@" if open_operand else ""
            function = name in FUNCTIONS
            code += "(" if sign else name if function else f"known[{name!r}]" if name else f"Number({digits})"
            open_operand = not sign and not function
    code = re.sub(r"(sum_[ij])(known\[[^]]*\]'\])", r"\1(\2)", code)
    code = re.sub(r"(sum_[ij])(\([^()]*\)\*\*2)", r"\1(\2)", code)  # of squares
    functions = {
        "sqrt": lambda v: Number(np.sqrt(v.value)), "phi": lambda v: Number(activation(v.value)),
        "sum_i": lambda v: Number(v.value.sum(axis=axis, keepdims=True)),
        "sum_j": lambda v: Number(v.value.sum(axis=1 - axis, keepdims=True)),
        "sign": lambda v: Number(np.sign(v.value)),
        "max": lambda v, w: Number(np.maximum(v.value, w.value)), "abs": lambda v: Number(np.abs(v.value)),
    }  # fmt: skip
    return eval(code, {"known": known, "Number": Number, **functions}).value


def corrections(rule: OptimizerPlan, rate: float, t: int) -> dict[str, float]:
    """Numbers of step t that follow from others."""
    if rule.name == "adam":
        return {"eta_t": rate * np.sqrt(1 - rule.beta2**t) / (1 - rule.beta1**t)}
    if rule.name == "adamax":
        return {"eta_t": rate / (1 - rule.beta1**t)}
    if rule.name == "nadam":
        momenta = [rule.beta1 * (1 - 0.96**k / 2) for k in range(1, t + 2)]
        now, ahead = np.prod(momenta[:-1]), np.prod(momenta)
        eta_m, eta_g = rate * momenta[-1] / (1 - ahead), rate * (1 - momenta[-2]) / (1 - now)
        return {"eta_m": eta_m, "eta_g": eta_g, "kappa": (1 - rule.beta2**t) ** -0.5}
    return {}


def check_lines(sheet: Sheet, trace: Trace, bound: float = BOUND) -> int:
    """Every formula of the sheet, evaluated from the lines before it; returns how many there were."""
    rule, count = trace.plan.optimizer, 0
    t = trace.iteration + 1
    numbers = {
        "eta": trace.learning_rate, "mu": rule.momentum, "rho": rule.rho, "eps": rule.epsilon, "beta_1": rule.beta1,
        "beta_2": rule.beta2, "lambda": 0.01,
    }  # fmt: skip
    numbers |= corrections(rule, trace.learning_rate, t)
    known: dict[str, Any] = {name: Number(value) for name, value in numbers.items()}
    for section in sheet.sections:
        if section.title.startswith("Step"):
            known["lambda"], known["eps"] = Number(rule.weight_decay), Number(rule.epsilon)
        elif number := re.match(r"(?:Layer|Backward, layer) (\d+)", section.title):
            plan = trace.plan.layers[int(number[1]) - 1]
            known |= {"lambda": Number(plan.l2), "lambda_1": Number(plan.l1), "eps": Number(plan.epsilon)}
        for line in section.lines:
            left, right = plain(line.left), plain(line.right)
            unknown = [name for name in re.findall(r"dL/d[az]\[\d\]", right) if name not in known]
            if right and not unknown and not re.search(r"clip|weight|^x$", right):
                layer = ACTIVATIONS[trace.layers[max(line.layer, 1) - 1].activation]
                rows = (lambda z: z.T) if sheet.samples == "columns" else (lambda z: z)

                def phi(z: Any, layer: Any = layer, rows: Any = rows) -> Any:
                    return rows(layer.forward(rows(z), 0.0))

                found = evaluate(right, known, phi, 0 if sheet.samples == "rows" else 1)
                np.testing.assert_allclose(found, line.value, rtol=0, atol=bound, err_msg=f"{left} = {right}")
                count += 1
            if left[0] == "-":  # as in -dL/dW; in formulas it is dL/dW that has a name
                known[left[1:]] = Number(-line.value)
            else:
                known[left] = Number(line.value)
            known[re.sub(r"^delta", "delta_i", left)] = known[left.removeprefix("-")]
    return count
