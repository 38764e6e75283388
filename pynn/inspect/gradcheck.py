"""Are the gradients right? Central differences of the loss, (L(w + eps) - L(w - eps)) / 2 eps, say so.

The loss is computed in float64 by the reference engine; the gradients are those of the network's own engine and type.
An element's error is its distance from the difference, as a share of the largest of its array. Where two step
widths disagree about the difference itself, the loss has a kink there (relu at 0), and the element is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..backend import Array, EngineLike, Floats, load, pieces
from ..engine.data import Data
from ..engine.philox import SPLIT
from ..engine.plan import Plan

SMOOTH = 1e-6  # share that truncation (eps^2 / 6 of a third derivative) and float64 rounding (u L / eps) may take


@dataclass(frozen=True)
class Row:
    """One W or b."""

    layer: int
    name: str
    tried: int  # elements compared
    kinks: int  # elements left out
    largest: float  # gradient, in magnitude
    error: float  # largest error, as a share of that
    ok: bool


@dataclass(frozen=True)
class GradientReport:
    rows: list[Row]
    tolerance: float

    @property
    def ok(self) -> bool:
        """All arrays within the tolerance, and not all gradients zero (which would prove nothing)."""
        return all(row.ok for row in self.rows) and any(row.largest > 0 for row in self.rows)

    @property
    def max_error(self) -> float:
        return max(row.error for row in self.rows)

    def __str__(self) -> str:
        lines = [f"{'layer':>5}  {'':2}  {'tried':>6}  {'kinks':>5}  {'largest':>10}  {'error':>9}"]
        for r in self.rows:
            lines.append(
                f"{r.layer:>5}  {r.name:<2}  {r.tried:>6}  {r.kinks:>5}  {r.largest:>10.3e}  {r.error:>9.2e}"
                f"  {'ok' if r.ok else 'WRONG'}"
            )
        if not any(row.largest > 0 for row in self.rows):
            lines.append("all gradients are zero: nothing has been shown")
        lines.append(f"tolerance {self.tolerance:.1e}: {'ok' if self.ok else 'NOT ok'}")
        return "\n".join(lines)

    __repr__ = __str__


def tolerance(plan: Plan, rows: int) -> float:
    """The smooth part, and the storage type's rounding: a gradient passes through sums of at most this many terms."""
    terms = rows + sum(layer.inputs + layer.outputs for layer in plan.layers)
    return SMOOTH + terms * float(np.finfo(plan.dtype).eps) / 2


def check_gradients(core: EngineLike, plan: Plan, data: Data, eps: float, samples: int) -> GradientReport:
    if plan.loss == "perceptron":
        raise ValueError("loss: perceptron is a rule for updates, not the derivative of a loss; nothing to compare")
    limit = tolerance(plan, data.rows)
    flat = core.get_params().astype(np.float64)
    analytic = pieces(plan, core.gradients(data)[1].astype(np.float64))
    slope = _Slope(plan, data, flat)
    start, rows, place = 0, [], 0
    for index, layer in enumerate(plan.layers):
        for name in ("W", "b") if layer.use_bias else ("W",):
            gradient = analytic[place].reshape(-1)
            chosen = _chosen(gradient.size, samples, start)
            rows.append(_compare(index, name, gradient, chosen, slope, start, eps, limit))
            start, place = start + gradient.size, place + 1
    return GradientReport(rows, limit)


class _Slope:
    """Central differences of the loss, parameter by parameter, by a float64 reference engine without dropout."""

    def __init__(self, plan: Plan, data: Data, flat: Floats) -> None:
        still = tuple(replace(layer, dropout=0.0) for layer in plan.layers)
        exact = replace(plan, dtype="float64", layers=still, input_dropout=0.0)
        self._engine, self._data, self._flat = load("reference").Engine(exact), data, flat

    def __call__(self, at: int, eps: float) -> float:
        """At parameter number `at`. The step is what was really added to it, after rounding."""
        before = self._flat[at]
        up, down = before + eps, before - eps
        loss = [self._loss(at, value) for value in (up, down)]
        self._flat[at] = before
        return float((loss[0] - loss[1]) / (up - down))

    def _loss(self, at: int, value: Any) -> float:
        self._flat[at] = value
        self._engine.set_params(self._flat)
        totals = self._engine.evaluate(self._data)
        return totals.loss / totals.rows


def _chosen(n: int, samples: int, stream: int) -> Any:
    """All elements, or some that are spread at random (always the same)."""
    return range(n) if n <= samples else load("reference").permutation(0, SPLIT, stream, n)[:samples].tolist()


def _compare(
    layer: int, name: str, gradient: Array, chosen: Any, slope: _Slope, start: int, eps: float, limit: float
) -> Row:
    found = np.array([slope(start + int(i), eps) for i in chosen])
    own = gradient[list(chosen)]
    largest = max(float(np.abs(gradient).max()), float(np.abs(found).max()))
    scale = largest or 1.0
    error = np.where(np.isfinite(own), np.abs(own - found), np.inf) / scale
    kinks = 0
    for place in np.flatnonzero(error > limit):  # only these need the second, narrower difference
        narrow = slope(start + int(chosen[place]), eps / 8)
        if abs(narrow - found[place]) / scale > limit / 2:
            kinks += 1
            error[place] = 0.0
    worst = float(error.max())
    return Row(layer, name, len(found) - kinks, kinks, largest, worst, worst <= limit and kinks <= len(found) // 2)
