"""The gradient check: compares gradients with central differences of the loss, (L(w + eps) - L(w - eps)) / 2 eps.

The loss is computed in float64 by the reference engine; the gradients are those of the network's own engine and type.
The error of an element is its difference from the central difference, divided by the largest gradient of its array. The
tolerance is what truncation and rounding can cause (see `rounding`). Where the central differences of two step widths
differ, or the slopes to the left and to the right stay different, the loss has a kink (relu at 0), and the element is
left out. Of the parameters only those are compared that are learned by gradients: no moving statistics.

Gradients that the user has computed, by a backpropagation of their own for example, can be checked instead of the
engine's. Every element takes two evaluations of the loss, so this is for checking, not for training. Read
engine/reference.py for the gradients.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..arguments import shown
from ..backend import Array, EngineLike, Floats, load
from ..engine.data import Data
from ..engine.kinds import KINDS, rows_meet
from ..engine.philox import SPLIT
from ..engine.plan import Plan

# The part of the tolerance for the central difference itself: its truncation error is eps^2 / 6 times the third
# derivative, its rounding error about u L / eps. With eps = 1e-4, the default, these are about 2e-9 and 1e-12 for
# numbers of size 1; the rest is a margin for losses and third derivatives that are larger than the gradient.
SMOOTH = 1e-6


@dataclass(frozen=True)
class Element:
    """One element of a gradient, which was compared."""

    place: tuple[int, ...]  # its index in the array
    analytic: float  # by backpropagation
    numeric: float  # by the central difference
    kink: bool = False  # left out

    @property
    def difference(self) -> float:
        return self.analytic - self.numeric


@dataclass(frozen=True)
class Row:
    """The result for one array of a layer: W, b, gamma or beta."""

    layer: int  # its place among the layers that compute, from 0
    name: str
    tried: int  # elements compared
    kinks: int  # elements left out
    largest: float  # the largest magnitude of the gradient
    error: float  # the largest error, as a share of `largest`
    tolerance: float
    elements: list[Element] = field(default_factory=list, repr=False)  # those that were tried, kinks too

    @property
    def ok(self) -> bool:
        return self.error <= self.tolerance and self.kinks <= self.tried

    @property
    def label(self) -> str:
        """The array's name as in [W1, b1, W2, ...]."""
        return f"{self.name}{self.layer + 1}"

    @property
    def hint(self) -> str:
        """The probable mistake in a wrong gradient, a missing factor for example; "" if none can be recognised."""
        if self.kinks > self.tried:
            return "kinks, nothing has been shown"
        kept = [element for element in self.elements if not element.kink]
        if self.ok:
            return ""
        own, found = (np.array(values) for values in zip(*((e.analytic, e.numeric) for e in kept), strict=True))
        if not np.isfinite(own).all():
            return "not finite"
        if np.abs(own).max() <= self.tolerance * self.largest:
            return "all zero"
        factor = float(own @ found) / (float(found @ found) or 1.0)
        allowed = 10 * self.tolerance * max(1.0, abs(factor)) * self.largest
        if (len(own) > 1 or _simple_ratio(factor)) and np.abs(own - factor * found).max() <= allowed:
            return f"{factor:.4g} times what it should be" if f"{factor:.4g}" != "1" else ""
        return "all elements are equal" if len(own) > 1 and np.ptp(own) <= allowed < np.ptp(found) else ""


@dataclass(frozen=True)
class GradientReport:
    rows: list[Row]

    @property
    def ok(self) -> bool:
        """Whether all arrays are within the tolerance, and not all gradients are zero (which would prove nothing)."""
        return all(row.ok for row in self.rows) and any(row.largest > 0 for row in self.rows)

    @property
    def max_error(self) -> float:
        return max(row.error for row in self.rows)

    def __str__(self) -> str:
        wide = max(4, *(len(row.label) + 1 for row in self.rows))
        lines = [f"{'':<{wide}}{'tried':>6}  {'kinks':>5}  {'largest':>10}  {'error':>9}  {'allowed':>9}"]
        for r in self.rows:
            numbers = f"{r.tried:>6}  {r.kinks:>5}  {r.largest:>10.3e}  {r.error:>9.2e}  {r.tolerance:>9.2e}"
            verdict = "ok" if r.ok else f"WRONG: {r.hint}" if r.hint else "WRONG"
            lines.append(f"{r.label:<{wide}}{numbers}  {verdict}")
        if not any(row.largest > 0 for row in self.rows):
            lines.append("all gradients are zero: nothing has been shown")
        lines.append("all gradients are right" if self.ok else "gradients are NOT right")
        return "\n".join(lines)

    __repr__ = __str__

    def table(self) -> str:
        """Every element that was compared: the gradient, the central difference, and how much they differ."""
        lines = [f"{'':<14}{'analytic':>15}{'numeric':>15}{'difference':>12}"]
        for row in self.rows:
            for e in row.elements:
                wrong = "" if abs(e.difference) <= row.tolerance * row.largest else "  WRONG"
                name = f"{row.label}[{', '.join(map(str, e.place))}]"
                numbers = f"{e.analytic:>15.8f}{e.numeric:>15.8f}{e.difference:>12.1e}"
                lines.append(f"{name:<14}{numbers}{'  kink' if e.kink else wrong}")
        return "\n".join(lines)


def _simple_ratio(factor: float) -> bool:
    """Whether the factor is a whole number n or 1/n: those are the factors that are forgotten in a formula (2, 1/B)."""
    return any(abs(value - round(value)) <= 1e-5 * abs(value) for value in (factor, 1 / factor if factor else 0.5))


def foreign(gradients: Any, plan: Plan) -> tuple[Floats, np.dtype[Any]]:
    """The user's gradients as one flat float64 array, and the least precise type that took part in computing them:

    the type of one of the arrays (float16, too), or that of the network, from whose weights they were computed. The
    list has an array for each parameter that is learned; those that are not may be in it as zeros, as in net.gradients.
    """
    every = [(f"d{t.name}{n}", t) for n, layer in enumerate(plan.layers, 1) for t in layer.tensors]
    learned = [(name, tensor) for name, tensor in every if tensor.learned]
    names = ", ".join(name for name, _ in learned)
    if not isinstance(gradients, (list, tuple)):
        raise TypeError(f"gradients: a {type(gradients).__name__}; expected a list [{names}]")
    expected = every if len(gradients) == len(every) else learned
    if len(gradients) != len(expected):
        raise ValueError(f"gradients: {len(gradients)} arrays; expected {len(expected)}: [{names}]")
    flat, coarsest = np.zeros(plan.n_params), np.dtype(plan.dtype)
    for i, (given, (name, tensor)) in enumerate(zip(gradients, expected, strict=True)):
        array, place = np.asarray(given), tensor.view(flat)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"gradients[{i}]: {shown(given)} is not an array of numbers; expected {name}")
        row = place.ndim == 1 and array.shape in ((1, place.size), (place.size, 1))
        if array.shape != place.shape and not row:
            hint = "; transposed?" if array.shape == place.shape[::-1] else ""
            raise ValueError(f"gradients[{i}]: shape {array.shape}; expected {place.shape}, {name}{hint}")
        if not tensor.learned and array.any():
            raise ValueError(
                f"gradients[{i}]: {name} is of a parameter that is not learned; expected zeros, or no array"
            )
        place[...] = array.reshape(place.shape)
        if array.dtype.kind == "f" and array.dtype.itemsize < coarsest.itemsize:
            coarsest = array.dtype
    return flat, coarsest


def rounding(exact: Plan, dtype: np.dtype[Any], data: Data, flat: Floats) -> Floats:
    """An estimate of the rounding error of each element of a gradient computed in this type.

    A gradient is computed by sums of at most `terms` terms. Their rounding errors have the same effect as an exact
    computation with weights that are off by up to terms * u, and outputs (or equally targets) by about 4 u: a backward
    error analysis. So the exact gradient is computed for three such perturbations, with random signs. The rounding
    error of the reference engine in this type is added, which is large where a formula cancels (1 - y^2 of a
    saturated unit). No engine has float16: for it, float32's error is multiplied by the ratio of the unit roundoffs,
    and each term may underflow. Before a normalization gradients may cancel altogether (a bias that the mean takes
    away): there a few units of rounding of what was added up are allowed.
    """
    reference: Any = load("reference")
    engines = "float64" if dtype.itemsize >= 8 else "float32"
    u = float(np.finfo(dtype).eps) / 2
    larger = max(1.0, u / (float(np.finfo(engines).eps) / 2))
    terms = data.rows + sum(layer.inputs + layer.outputs for layer in exact.layers)
    reach = u * terms
    engine, rounded = reference.Engine(exact), reference.Engine(replace(exact, dtype=engines))
    targets = np.eye(exact.outputs)[data.label] if data.label is not None else np.asarray(data.y, np.float64)
    engine.set_params(flat)
    rounded.set_params(flat)
    gradient: Floats = engine.gradients(data)[1]
    deviation: Floats = np.abs(gradient) * reach
    for stream in range(3):
        w = reference.uniform(0, SPLIT, 2 * stream, flat.size) < 0.5
        t = reference.uniform(0, SPLIT, 2 * stream + 1, targets.size).reshape(targets.shape) < 0.5
        engine.set_params(flat * np.where(w, 1 - reach, 1 + reach))
        perturbed = replace(data, label=None, y=targets * np.where(t, 1 - 4 * u, 1 + 4 * u))
        deviation = np.maximum(deviation, np.abs(engine.gradients(perturbed)[1] - gradient))
    deviation += np.abs(rounded.gradients(data)[1] - gradient) * larger + terms * float(
        np.finfo(dtype).smallest_subnormal
    )
    return deviation + 8 * u * added_up(exact, engine, data, flat) if normalizes(exact) else deviation


def added_up(exact: Plan, engine: Any, data: Data, flat: Floats) -> Floats:
    """The sums of magnitudes whose signed sums are the gradients: |x|^T |delta| of W, the sum of |delta| of vectors."""
    found = np.zeros(flat.size)
    engine.set_params(flat)
    passes = engine.trace(data)[1]
    x = np.abs(np.asarray(data.x, np.float64).reshape(data.rows, -1))
    if exact.scale is not None and exact.offset is not None:
        x = np.abs(np.asarray(data.x, np.float64).reshape(data.rows, -1) * exact.scale + exact.offset)
    for layer, here in zip(exact.layers, passes, strict=True):
        places, delta = layer.values(found), np.abs(here["d"])
        for name, place in places.items():  # xhat, with which gamma's are multiplied, is about 1
            place[...] = x.T @ delta if name == "W" else delta.sum(axis=0)
        x = np.abs(here["a"])
    return found


def normalizes(plan: Plan) -> bool:
    return any(KINDS[layer.kind].over is not None for layer in plan.layers)


def looks_at_the_batch(plan: Plan) -> bool:
    """Whether the loss that is differentiated is not the one of evaluate, which uses moving statistics."""
    return rows_meet(plan.layers)


def check_gradients(
    core: EngineLike, plan: Plan, data: Data, eps: float, samples: int, gradients: Any = None
) -> GradientReport:
    """The report of a gradient check. gradients: checked instead of the engine's, a list like that of get_weights."""
    if plan.loss == "perceptron":
        raise ValueError("loss: perceptron is a rule for updates, not the derivative of a loss; nothing to compare")
    no_dropout = tuple(replace(layer, dropout=0.0) for layer in plan.layers)
    exact = replace(plan, dtype="float64", layers=no_dropout, input_dropout=0.0)
    flat = core.get_params().astype(np.float64)
    if gradients is None:
        given, dtype = core.gradients(data)[1].astype(np.float64), np.dtype(plan.dtype)
    else:
        given, dtype = foreign(gradients, plan)
    allowed = rounding(exact, dtype, data, flat)
    difference = _CentralDifference(exact, data, flat)
    rows = []
    for index, layer in enumerate(plan.layers):
        for tensor in layer.tensors:
            if tensor.learned:
                chosen = _chosen(tensor.size, samples, tensor.at)
                gradient, limit = tensor.view(given), tensor.view(allowed)
                rows.append(_compare(index, tensor.name, gradient, chosen, difference, tensor.at, eps, limit))
    return GradientReport(rows)


class _CentralDifference:
    """Central differences of the loss, parameter by parameter, by a float64 reference engine without dropout."""

    def __init__(self, exact: Plan, data: Data, flat: Floats) -> None:
        self._engine, self._data, self._flat = load("reference").Engine(exact), data, flat
        self._mass = data.mass(by_weight=True) if exact.by_weight else 0.0
        self._of_batch = looks_at_the_batch(exact)
        # What the rounding of two losses can be in a difference that is 0, as before a normalization.
        self.noise = 0.0
        if normalizes(exact):
            self._engine.set_params(flat)
            self.noise = 64 * float(np.finfo(np.float64).eps) * max(1.0, abs(self._engine.gradients(data)[0]))

    def __call__(self, at: int, eps: float) -> float:
        """The derivative by parameter number `at`.

        Of a normalization with a small variance the third derivative is large: two widths together are free of it.
        """
        if not self.noise:
            return self._slope(at, eps)
        return (4 * self._slope(at, eps / 2) - self._slope(at, eps)) / 3

    def _slope(self, at: int, eps: float) -> float:
        """The divisor is the step that was really made, after rounding."""
        before = self._flat[at]
        up, down = before + eps, before - eps
        loss = [self._loss(at, value) for value in (up, down)]
        self._flat[at] = before
        return float((loss[0] - loss[1]) / (up - down))

    def bend(self, at: int, eps: float) -> float:
        """The slope to the right minus that to the left: it shrinks with eps, but not at a kink."""
        before = self._flat[at]
        up, down = before + eps, before - eps
        right, middle, left = (self._loss(at, value) for value in (up, before, down))
        self._flat[at] = before
        return float((right - middle) / (up - before) - (middle - left) / (before - down))

    def _loss(self, at: int, value: Any) -> float:
        self._flat[at] = value
        self._engine.set_params(self._flat)
        if self._of_batch:
            return self._engine.gradients(self._data)[0]
        totals = self._engine.evaluate(self._data)
        if not self._mass:
            return totals.loss / totals.rows
        return (totals.loss - totals.penalty + totals.penalty / totals.rows) / self._mass


def _chosen(n: int, samples: int, stream: int) -> Any:
    """All elements, or a random sample (always the same one)."""
    return range(n) if n <= samples else load("reference").permutation(0, SPLIT, stream, n)[:samples].tolist()


def _compare(
    layer: int,
    name: str,
    gradient: Array,
    chosen: Any,
    difference: _CentralDifference,
    start: int,
    eps: float,
    allowed: Array,
) -> Row:
    found = np.array([difference(start + int(i), eps) for i in chosen])
    own = gradient.reshape(-1)[list(chosen)]
    largest = max(float(np.abs(gradient[np.isfinite(gradient)]).max(initial=0.0)), float(np.abs(found).max()))
    scale = largest or 1.0
    limit = SMOOTH + (float(allowed.max()) + difference.noise / eps) / scale
    error = np.where(np.isfinite(own), np.abs(own - found), np.inf) / scale
    kinks = np.zeros(len(found), bool)
    for place in np.flatnonzero(error > limit):  # only these may be kinks; others need no second difference
        at, least = start + int(chosen[place]), scale * limit / 2
        narrow, bend = difference(at, eps / 8), abs(difference.bend(at, eps / 8))
        if abs(narrow - found[place]) > least or bend > max(least, abs(difference.bend(at, eps)) / 2):
            kinks[place] = True
            error[place] = 0.0
    elements = [
        Element(tuple(map(int, np.unravel_index(i, gradient.shape))), float(a), float(n), bool(kink))
        for i, a, n, kink in zip(chosen, own, found, kinks, strict=True)
    ]
    left_out = int(kinks.sum())
    return Row(layer, name, len(found) - left_out, left_out, largest, float(error.max()), limit, elements)
