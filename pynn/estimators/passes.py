"""One pass over all rows: from an order and learning rates to the loss that scikit-learn would report.

An engine's own loss is what it minimises. scikit-learn reports something else for several outputs (their mean), and
the output exp is none of the engine's: such passes go batch by batch, all others in one call. Read epochs.py for the
loop around it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..backend import Array, EngineLike, Floats
from ..engine.data import Data, Totals
from ..engine.plan import Plan
from .feeding import Rows, is_sparse
from .recipe import Goal
from .values import half_poisson_deviance, mean


def squares(flat: Array, plan: Plan) -> float:
    """The sum of all squared weights, biases left out."""
    parts = (flat[p.w : p.b].astype(np.float64) for p in plan.layers)
    return float(sum(np.dot(part, part) for part in parts))


def targets_for(z: Array, t: Array) -> Floats:
    """Targets with which z - target, the engine's slope at linear outputs, is exp(z) - t, the Poisson deviance's."""
    z = z.astype(np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(z - (np.exp(z) - t))


class Pass:
    """Trains an engine on rows, once for each call."""

    def __init__(self, engine: EngineLike, plan: Plan, goal: Goal, alpha: float, rows: Rows, batch: int) -> None:
        self.engine, self.plan, self.goal, self.rows, self.batch = engine, plan, goal, rows, batch
        self.alpha, self.outputs = alpha, plan.outputs
        self.steps = -(-rows.n // batch)
        self.whole = None if is_sparse(rows.x) else next(rows.pieces(None, batch))[0]
        self.drops = plan.input_dropout > 0 or any(layer.dropout for layer in plan.layers)
        apart = goal.averaged and self.outputs > 1 and alpha > 0  # loss and penalty have to be told apart
        measured = {"half_mse": "mse", "mae": "mae"}.get(goal.loss, "") if rows.weight is None else ""
        self.metric = measured if apart else ""
        self.singly = goal.exponential or (apart and not measured)
        self.on_batch: Callable[[int, float], bool] | None = None  # told of each step; True stops the pass there

    def __call__(self, order: Array | None, rates: Callable[[int, int], Floats]) -> float:
        """One epoch; rates(first, n) of the steps first.. of this epoch. Returns the mean loss."""
        self.rows.check_mass(order, self.batch)
        if self.singly:
            return self._singly(order, rates)
        totals, first = Totals(), 0
        for data, taken in ((self.whole, order),) if self.whole else self.rows.pieces(order, self.batch):
            steps = -(-data.rows // self.batch)
            if not self._train(data, taken, rates, first, steps, totals):
                break
            first += steps
        return self._reported(totals)

    @property
    def joins(self) -> bool:
        """Whether several epochs can be one call: all rows are one array, and masks (of an epoch's number) are not drawn."""
        return self.whole is not None and self.on_batch is None and not (self.singly or self.drops)

    def together(self, orders: Array | None, epochs: int, rates: Callable[[int, int], Floats]) -> list[float]:
        """Several epochs in one call, where that can be: their mean losses. Learning rates as for one."""
        for order in () if orders is None else orders:
            self.rows.check_mass(order, self.batch)
        totals, step, steps = Totals(epochs), 0, epochs * self.steps
        pace = rates(0, steps)
        while step < steps:
            step = self.engine.train(
                self.whole, batch=self.batch, epoch=0, rates=pace, totals=totals, order=orders, first=step, last=steps,
                accuracy="none" if self.metric else "",
            )  # fmt: skip
        return [self._reported(totals[e]) for e in range(epochs)]

    def _train(
        self,
        data: Data,
        order: Array | None,
        rates: Callable[[int, int], Floats],
        first: int,
        steps: int,
        totals: Totals,
    ) -> bool:
        """All steps of a piece; False where a callback stopped it. Masks follow from the number of the first step."""
        engine, step, number = self.engine, 0, self.engine.iteration
        pace = rates(first, steps)
        while step < steps:
            if self.on_batch is not None and step:
                pace = pace.copy()
                pace[step] = rates(first + step, 1)[0]
            step = engine.train(
                data, batch=self.batch, epoch=number, rates=pace, totals=totals, order=order, first=step,
                last=None if self.on_batch is None else step + 1, accuracy="none" if self.metric else "",
            )  # fmt: skip
            if self.on_batch is not None and self.on_batch(first + step - 1, self._reported(totals)):
                return False
        return True

    def _reported(self, totals: Totals) -> float:
        loss, rows = totals.loss, totals.rows
        if self.goal.averaged and self.outputs > 1:
            if not self.metric:  # there is no penalty
                return loss / self.outputs / rows
            per_output = totals.mse / 2 if self.metric == "mse" else totals.mae
            loss -= (self.outputs - 1) * per_output
        return loss / rows

    # ---- batch by batch ----

    def _singly(self, order: Array | None, rates: Callable[[int, int], Floats]) -> float:
        total, seen = 0.0, 0
        for step in range(self.steps):
            place = slice(step * self.batch, (step + 1) * self.batch)
            data = self.rows.dense(place if order is None else order[place])
            total += self._step(data, rates(step, 1)) * data.rows
            seen += data.rows
            if self.on_batch is not None and self.on_batch(step, total / seen):
                break
        return total / seen

    def _step(self, data: Data, rate: Floats) -> float:
        engine, number, value = self.engine, self.engine.iteration, 0.0
        mass = data.rows if data.weight is None else data.weight.sum()
        penalty = self.alpha / 2 * squares(engine.get_params(), self.plan) / mass if self.alpha else 0.0
        if self.goal.exponential:
            t = np.asarray(data.y, np.float64)
            z = engine.trace(data, epoch=number)[1][-1]["z"] if self.drops else engine.predict(data)
            data.y = targets_for(z, t)
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                value = mean(half_poisson_deviance(np.exp(z.astype(np.float64)), t), data.weight)
        totals = Totals()
        engine.train(data, batch=data.rows, epoch=number, rates=rate, totals=totals)
        if not self.goal.exponential:
            value = (totals.last_loss - penalty) / self.outputs
        return value + penalty
