r"""A trace as a sheet of formulas and numbers, in the notation of the reader's lecture.

Lectures differ in two conventions, and both are arguments. The sign: delta = dL/dz, and weights are updated by minus
the gradient; or delta = -dL/dz, the error y - a, and weights are updated by plus that. The samples: rows of x, with
W (inputs, units); or columns, with everything transposed, W (units, inputs), and products in reverse order. The trace
itself always has the first of both. Formulas use the commands of symbols.py; typesetting.py makes text, HTML and LaTeX.
Read layer_formulas.py for what differs from kind to kind of layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..arguments import choice, whole
from ..backend import Array
from ..engine.layer_plan import LayerPlan
from ..engine.tables import ACTIVATIONS, LOSSES
from .formula_lines import Line, Section, at
from .layer_formulas import LETTERS, LayerFormulas, inputs_gradient
from .optimizer_formulas import OptimizerFormulas
from .step_record import LayerTrace, StepRecord
from .typesetting import fragment, latex, page, text

DELTAS, SAMPLES = ("gradient", "descent"), ("rows", "columns")
LOSS_NAMES = {
    "mse": "mean squared error", "half_mse": "half the mean squared error", "mae": "mean absolute error",
    "perceptron": "mean absolute error; deltas by the perceptron's rule", "quantile": "quantile (pinball) loss",
    "half_poisson_deviance": "half the Poisson deviance",
}  # fmt: skip
LEVELS = {"huber": "delta", "quantile": "q"}  # losses with a parameter, and its letter


@dataclass(frozen=True)
class Sheet:
    """A trace in one convention. sheet["delta", 2] are the numbers of the line "delta" of layer 2, as shown."""

    delta: str
    samples: str
    digits: int
    sections: tuple[Section, ...]

    def __getitem__(self, key: tuple[str, int]) -> Array:
        lines = {(line.name, line.layer): line.value for section in self.sections for line in section.lines}
        if key not in lines:
            raise KeyError(f"{key!r}; there are {', '.join(map(repr, lines))}")
        return lines[key]

    def __str__(self) -> str:
        return text(self.sections, self.digits)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self.sections, self.digits)

    def to_html(self, path: str | Path | None = None) -> str:
        """A page of its own; written to `path` if there is one."""
        whole_page = page(self.sections, self.digits)
        if path is not None:
            Path(path).write_text(whole_page, encoding="utf-8")
        return whole_page

    def to_latex(self) -> str:
        r"""Headings and align* environments, for a document that loads amsmath."""
        return latex(self.sections, self.digits)


def write(trace: StepRecord, delta: str, samples: str, digits: int) -> Sheet:
    """The sheet of a trace: forward pass, loss, backward pass (from the last layer to the first), step."""
    choice("delta", delta, DELTAS)
    choice("samples", samples, SAMPLES)
    writer = _Writer(trace, delta == "descent", samples == "columns")
    sections = [
        *map(writer.forward, trace.layers),
        writer.loss(),
        *map(writer.backward, reversed(trace.layers)),
        writer.step(),
    ]
    return Sheet(delta, samples, whole("digits", digits, 1, 17), tuple(sections))


class _Writer:
    """Writes the lines of one trace in one convention."""

    def __init__(self, trace: StepRecord, descent: bool, columns: bool) -> None:
        self.trace, self.plan, self.descent, self.columns = trace, trace.plan, descent, columns
        self.equal_shares = bool((trace.share == trace.share[0]).all())  # no row counts more than another
        self.mass = "m" if trace.plan.by_weight else ""  # the letter for the sum of weights, which divides the penalty
        self.rule = OptimizerFormulas(trace.plan.optimizer, self.descent_term)
        self.kinds = LayerFormulas(self.product)

    # ---- the two conventions ----

    def oriented(self, array: Array) -> Array:
        """The array as two-dimensional (a bias is one row), transposed if samples are columns."""
        array = np.atleast_2d(array)
        return array.T if self.columns else array

    def signed(self, array: Array) -> Array:
        return 0 - array if self.descent else array

    def product(self, first: str, second: str) -> str:
        """The product `first second`; in reverse order if samples are columns, since (A B)^T = B^T A^T."""
        return f"{second} {first}" if self.columns else f"{first} {second}"

    def descent_term(self, what: str, n: int, gradient: str) -> str:
        """The term added to W or b: - eta dL/dW, or with delta = y - a, + eta (a^T delta)."""
        if not self.descent:
            return rf"- \eta\,{gradient}"
        if gradient.startswith("g"):  # clipped: no longer the product
            return rf"- \eta\,{gradient}"
        if what == "W" and (self.plan.layers[n - 1].l2 or self.plan.layers[n - 1].l1):
            return rf"+ \eta\,(-{gradient})"
        return rf"+ \eta\,{self.sum_of_errors(what, n)}"

    def sum_of_errors(self, what: str, n: int) -> str:
        if what == "W":
            return self.product(at("a", n - 1, r"\top"), at(r"\delta", n))
        if what == "gamma":
            delta, xhat = at(r"\delta", n), at(LETTERS["xhat"], n)
            return rf"\sum_i ({delta} \odot {xhat})"
        return r"\sum_i " + at(r"\delta_i", n)

    # ---- sections ----

    def forward(self, layer: LayerTrace) -> Section:
        n, lines = layer.index + 1, []
        if n == 1:
            lines.append(Line("a", 0, at("a", 0), "x", self.oriented(layer.x)))
        for name in (name for name, tensor in layer.tensors.items() if tensor.learned or name in ("gamma", "beta")):
            lines.append(Line(name, n, at(LETTERS[name], n), "", self.oriented(layer.tensors[name].value)))
        plan = self.plan.layers[layer.index]
        lines += [
            Line(name, n, left, right, self.oriented(v)) for name, left, right, v in self.kinds.found(layer, plan)
        ]
        lines += [
            Line("z", n, at("z", n), self.kinds.z(layer), self.oriented(layer.z)),
            Line("a", n, at("a", n), rf"\varphi({at('z', n)})", self.oriented(layer.a)),
            Line("slope", n, rf"\varphi'({at('z', n)})", "", self.oriented(layer.derivative)),
        ]
        alpha, row = self.plan.layers[layer.index].alpha, ACTIVATIONS[layer.activation]
        silent = row.unless_default and alpha == row.default  # a parameter that is not shown with its default value
        phi = f"{layer.activation}, {row.parameter} {alpha:g}" if row.parameter and not silent else layer.activation
        words = f"{layer.x.shape[1]} -> {layer.z.shape[1]}, {self.kinds.title(layer, plan)}"
        return Section(f"Layer {n}: {words}phi = {phi}", tuple(lines))

    def loss(self) -> Section:
        plan, rows = self.plan, len(self.trace.share)
        name = plan.loss.replace("_", " ").replace("crossentropy", "cross-entropy")
        title = f"Loss: {LOSS_NAMES.get(plan.loss, name)}"
        if plan.loss in LEVELS:
            title += f", {LEVELS[plan.loss]} = {', '.join(f'{level:g}' for level in np.atleast_1d(plan.delta))}"
        title += ", outputs added up" if plan.sum_outputs else ""
        title += f", mean over {rows} rows" if rows > 1 else ""
        title += " by weight" if plan.by_weight else ""
        named = [name for name in ("l1", "l2") if any(getattr(layer, name) for layer in plan.layers)]
        penalty = f"{' and '.join(named)} {'penalty' if len(named) == 1 else 'penalties'}"
        title += f", and the {penalty}{' / m' if self.mass else ''}" if named else ""
        lines = [Line("y", 0, "y", "", self.oriented(self.trace.targets))]
        if self.mass:
            lines.append(Line("m", 0, "m", r"\sum \mathrm{weight}", np.array([[self.trace.mass]])))
        if not self.equal_shares:
            weight = rf"\mathrm{{weight}} / {self.mass or rows}"
            lines.append(Line("c", 0, "c", weight, self.oriented(self.trace.share[:, None])))
        return Section(title, (*lines, Line("L", 0, "L", "", np.array([[self.trace.loss]]))))

    def backward(self, layer: LayerTrace) -> Section:
        n, sign = layer.index + 1, "-" if self.descent else ""
        plan = self.plan.layers[layer.index]
        lines = [Line("delta", n, at(r"\delta", n), self.delta(n), self.oriented(self.signed(layer.delta)))]
        for name in (name for name, tensor in layer.tensors.items() if tensor.learned):
            left, right = rf"{sign}\partial L/\partial {at(LETTERS[name], n)}", self.sum_of_errors(name, n)
            if name == "W":
                right += self.penalties(plan, n)
            value = self.oriented(self.signed(layer.tensors[name].gradient))
            lines.append(Line(f"d{name}", n, left, right, value))
        if n > 1 and layer.kind != "dense":
            if (g := self.kinds.scaled(layer)) is not None:
                lines.append(replace(g, value=self.oriented(self.signed(g.value))))
            left, right = rf"{sign}\partial L/\partial {at('a', n - 1)}", self.kinds.below(layer, plan)
            value = self.signed(inputs_gradient(plan, layer, layer.delta).astype(layer.delta.dtype))
            lines.append(Line("da", n - 1, left, right, self.oriented(value)))
        factors = (("lambda", plan.l2), ("lambda_1", plan.l1))
        title = "".join(f", {name} = {value:g}" for name, value in factors if value)
        return Section(f"Backward, layer {n}{title}", tuple(lines))

    def penalties(self, plan: LayerPlan, n: int) -> str:
        """The terms of the l2 and the l1 penalty in dL/dW."""
        sign, share, W = "-" if self.descent else "+", " / m" if self.mass else "", at("W", n)
        text = rf" {sign} 2 \lambda\,{W}{share}" if plan.l2 else ""
        return text + (rf" {sign} \lambda_1\,\mathrm{{sign}}({W}){share}" if plan.l1 else "")

    def delta(self, n: int) -> str:
        """The formula of delta[n]."""
        activation = ACTIVATIONS[self.plan.layers[n - 1].activation]
        if n == len(self.trace.layers):
            return self.output_delta(n, activation.jacobian is not None)
        if self.plan.layers[n].kind == "dense":
            above = self.product(at(r"\delta", n + 1), at("W", n + 1, r"\top"))
        else:
            above = rf"{'-' if self.descent else ''}\partial L/\partial {at('a', n)}"
        if activation.jacobian is not None:  # units are coupled
            return self.product(f"({above})", rf"\partial {at('a', n)}/\partial {at('z', n)}")
        return rf"({above}) \odot \varphi'({at('z', n)})"

    def output_delta(self, n: int, coupled: bool) -> str:
        """The formula of the last layer's delta: a factor times a - y if the loss has this gradient, else dL/da."""
        plan, sign = self.plan, "-" if self.descent else ""
        fused = LOSSES[plan.loss].fused(plan.layers[-1].activation)
        spread = self.trace.targets.sum(axis=1)
        simple = plan.loss in ("mse", "half_mse") and not coupled
        if fused and plan.loss == "categorical_crossentropy":
            simple = bool(np.allclose(spread, 1, rtol=0, atol=1e-6))
        elif fused:
            simple = True
        slope = "" if fused else rf" \odot \varphi'({at('z', n)})"
        if not simple:
            end = at("z" if coupled else "a", n)
            return rf"{sign}\partial L/\partial {end}" + ("" if coupled else slope)
        return self.factor(f"{at('a', n)} - y" if not self.descent else f"y - {at('a', n)}", bool(slope)) + slope

    def factor(self, error: str, more: bool) -> str:
        """The error times the factors of the loss (2 of the square), the mean over outputs and the mean over rows."""
        plan = self.plan
        per_row = Fraction(2 if plan.loss == "mse" else 1)
        if plan.loss not in ("categorical_crossentropy", "perceptron") and not plan.sum_outputs:  # a mean
            per_row /= plan.outputs
        if not self.equal_shares:
            times = "" if per_row == 1 else f"{per_row} "
            return rf"{times}c \odot ({error})"
        number = per_row * Fraction(float(self.trace.share[0])).limit_denominator(10**6)
        if number == 1:
            return f"({error})" if more else error
        up, down = "" if number.numerator == 1 else f"{number.numerator} ", number.denominator
        return f"{up}({error})" + (f" / {down}" if down > 1 else "")

    def step(self) -> Section:
        lines: list[Line] = []
        for layer in self.trace.layers:
            for name, tensor in layer.tensors.items():
                lines += self.update_lines(layer, name) if tensor.learned else self.moving_lines(layer, name)
        return Section(self.rule.title(self.trace), tuple(lines))

    def update_lines(self, layer: LayerTrace, what: str) -> list[Line]:
        """The lines of W, b, gamma or beta in the step: its slots before, the clipped gradient, what is after it."""
        n, tensor, letter = layer.index + 1, layer.tensors[what], LETTERS[what]
        place = at(letter, n)
        slots = self.rule.slots
        lines = [Line(f"{s}_{what}", n, at(f"{s}_{letter}", n), "", self.oriented(tensor.slots[s][0])) for s in slots]
        gradient = rf"\partial L/\partial {place}"
        if self.rule.clips:
            name = at(f"g_{letter}", n)
            lines.append(Line(f"g_{what}", n, name, rf"\mathrm{{clip}}({gradient})", self.oriented(tensor.clipped)))
            gradient = name
        moved = [
            Line(
                f"{s}_{what} after", n, at(f"{s}_{letter}", n), self.rule.slot(s, what, n, gradient),
                self.oriented(tensor.slots[s][1]), arrow=True,
            )
            for s in slots
        ]  # fmt: skip
        change = self.rule.weight(what, n, gradient)
        weight = Line(f"{what} after", n, place, change, self.oriented(tensor.after), arrow=True)
        lines += [weight, *moved] if self.rule.slots_last else [*moved, weight]
        return [*lines, Line(f"update of {what}", n, rf"\Delta {place}", "", self.oriented(tensor.update))]

    def moving_lines(self, layer: LayerTrace, what: str) -> list[Line]:
        """The lines of a moving statistic in the step; none of what a layer with trainable=False keeps."""
        plan, n, tensor = self.plan.layers[layer.index], layer.index + 1, layer.tensors[what]
        if not plan.trainable:
            return []
        name, found = at(LETTERS[what], n), at(LETTERS[what.removeprefix("moving_")], n)
        change = rf"{plan.momentum:.6g}\,{name} + {1 - plan.momentum:.6g}\,{found}"
        return [
            Line(what, n, name, "", self.oriented(tensor.value)),
            Line(f"{what} after", n, name, change, self.oriented(tensor.after), arrow=True),
        ]
