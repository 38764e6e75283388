r"""What differs from kind to kind of layer on a sheet: the letters of parameters, the formulas of z and of dL/da below.

The formulas are those of engine/kinds.py, written in the commands of symbols.py. B is the number of rows of a batch, O
that of a layer's outputs. Read notation.py for the sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..backend import Array
from ..engine.kinds import KINDS
from ..engine.layer_plan import LayerPlan
from .formula_lines import Line, at
from .step_record import LayerTrace

LETTERS = {
    "W": "W", "b": "b", "delta": r"\delta", "gamma": r"\gamma", "beta": r"\beta",
    "mean": r"\mathrm{mean}", "variance": r"\mathrm{variance}", "xhat": r"\hat{x}",
    "moving_mean": r"\mathrm{moving}_{\mathrm{mean}}",
    "moving_variance": r"\mathrm{moving}_{\mathrm{variance}}",
}  # fmt: skip


class LayerFormulas:
    """The formulas of one layer. `product` puts two factors into the order of the sheet's convention."""

    def __init__(self, product: Callable[[str, str], str]) -> None:
        self.product = product

    def title(self, layer: LayerTrace, plan: LayerPlan) -> str:
        if layer.kind == "dense":
            return ""
        numbers = f", eps = {plan.epsilon:g}" if layer.normalized is not None else ""
        numbers += "" if plan.trainable else ", not trainable"
        return f"{KINDS[layer.kind].title}{numbers}, "

    def found(self, layer: LayerTrace, plan: LayerPlan) -> Iterator[tuple[str, str, str, Array]]:
        """Name, left and right side, and numbers of what a normalization finds in its inputs."""
        if (seen := layer.normalized) is None:
            return
        n, (rows, size) = layer.index + 1, layer.z.shape
        x, mean, variance = at("a", n - 1), at(LETTERS["mean"], n), at(LETTERS["variance"], n)
        over, count = ("i", rows) if KINDS[layer.kind].over == 0 else ("j", size)
        rights = rf"\sum_{over} {x} / {count}", rf"\sum_{over} ({x} - {mean})^2 / {count}"
        if not plan.trainable:
            rights = at(LETTERS["moving_mean"], n), at(LETTERS["moving_variance"], n)
            for name, right in zip(("moving_mean", "moving_variance"), rights, strict=True):
                yield name, right, "", layer.tensors[name].value
        yield "mean", mean, rights[0], seen.mean
        yield "variance", variance, rights[1], seen.variance
        yield "xhat", at(LETTERS["xhat"], n), rf"({x} - {mean}) / {self.spread(n)}", seen.xhat

    def spread(self, n: int) -> str:
        return rf"\sqrt{{{at(LETTERS['variance'], n)} + \varepsilon}}"

    def z(self, layer: LayerTrace) -> str:
        n = layer.index + 1
        if layer.kind == "activation":
            return at("a", n - 1)
        if layer.kind == "dense":
            text = self.product(at("a", n - 1), at("W", n))
            return text + (f" + {at('b', n)}" if "b" in layer.tensors else "")
        gamma = rf"{at(LETTERS['gamma'], n)} \odot " if "gamma" in layer.tensors else ""
        beta = f" + {at(LETTERS['beta'], n)}" if "beta" in layer.tensors else ""
        return f"{gamma}{at(LETTERS['xhat'], n)}{beta}"

    def scaled(self, layer: LayerTrace) -> Line | None:
        """The line of g = gamma * delta, where there is a gamma."""
        if KINDS[layer.kind].over is None or "gamma" not in layer.tensors:
            return None
        n, gamma = layer.index + 1, layer.tensors["gamma"].value
        return Line(
            "g", n, at("g", n), rf"{at(LETTERS['gamma'], n)} \odot {at(LETTERS['delta'], n)}", gamma * layer.delta
        )

    def below(self, layer: LayerTrace, plan: LayerPlan) -> str:
        """dL/da of the layer below one that is not Dense, from its delta, or from g, which is gamma times it."""
        n = layer.index + 1
        delta, xhat = at(r"\delta", n), at(LETTERS["xhat"], n)
        if layer.kind == "activation":
            return delta
        g = at("g", n) if "gamma" in layer.tensors else delta
        if not plan.trainable:
            return f"{g} / {self.spread(n)}"
        over, count = ("i", len(layer.z)) if KINDS[layer.kind].over == 0 else ("j", layer.z.shape[1])
        rest = rf"\sum_{over} {g} / {count} - {xhat} \odot \sum_{over} ({g} \odot {xhat}) / {count}"
        return f"({g} - {rest}) / {self.spread(n)}"


def inputs_gradient(plan: LayerPlan, layer: LayerTrace, delta: Array) -> Array:
    """dL/dx of a layer, from its delta: by the formula, in float64."""
    P = {name: tensor.value.astype(np.float64) for name, tensor in layer.tensors.items()}
    x, kind = layer.x.astype(np.float64), KINDS[plan.kind]
    with np.errstate(all="ignore"):
        seen = kind.forward(plan, P, x, True)[1]
        return np.asarray(kind.backward_inputs(plan, P, x, seen, delta.astype(np.float64)))
