"""One pass over all rows: from an order and learning rates to the loss that scikit-learn would report.

An engine's own loss is what it minimises; scikit-learn reports something else for several outputs, their mean. Nothing
here loops over batches, but where somebody wants to hear of each. Read epochs.py for the loop around it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..backend import Array, EngineLike, Floats
from ..engine.data import Data, Totals
from ..engine.plan import Plan
from .recipe import Goal
from .row_order import Rows, is_sparse


class Pass:
    """Trains an engine on rows, once for each call."""

    def __init__(self, engine: EngineLike, plan: Plan, goal: Goal, rows: Rows, batch: int) -> None:
        self.engine, self.rows, self.batch = engine, rows, batch
        self.outputs = plan.outputs if goal.averaged else 1  # what the loss is divided by, and the penalty is not
        self.steps = -(-rows.n // batch)
        self.whole = None if is_sparse(rows.x) else next(rows.pieces(None, batch))[0]
        self.drops = plan.input_dropout > 0 or any(layer.dropout for layer in plan.layers)
        self.on_batch: Callable[[int, float], bool] | None = None  # told of each step; True stops the pass there

    def __call__(self, order: Array | None, rates: Callable[[int, int], Floats]) -> float:
        """One epoch; rates(first, n) of the steps first.. of this epoch. Returns the mean loss."""
        self.rows.check_mass(order, self.batch)
        totals, first = Totals(), 0
        for data, taken in ((self.whole, order),) if self.whole else self.rows.pieces(order, self.batch):
            steps = -(-data.rows // self.batch)
            if not self._train(data, taken, rates, first, steps, totals):
                break
            first += steps
        return self._reported(totals)

    @property
    def joins(self) -> bool:
        """Whether several epochs can be one call: rows are one array, and no masks of an epoch's number are drawn."""
        return self.whole is not None and self.on_batch is None and not self.drops

    def together(self, orders: Array | None, epochs: int, rates: Callable[[int, int], Floats]) -> list[float]:
        """Several epochs in one call, where that can be: their mean losses. Learning rates as for one."""
        assert self.whole is not None
        for order in () if orders is None else orders:
            self.rows.check_mass(order, self.batch)
        totals, step, steps = Totals(epochs), 0, epochs * self.steps
        pace = rates(0, steps)
        while step < steps:
            step = self.engine.train(
                self.whole, batch=self.batch, epoch=0, rates=pace, totals=totals, order=orders, first=step, last=steps,
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
                last=None if self.on_batch is None else step + 1,
            )  # fmt: skip
            if self.on_batch is not None and self.on_batch(first + step - 1, self._reported(totals)):
                return False
        return True

    def _reported(self, totals: Totals) -> float:
        if self.outputs == 1:
            return totals.loss / totals.rows
        return ((totals.loss - totals.penalty) / self.outputs + totals.penalty) / totals.rows
