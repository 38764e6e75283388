"""Solver lbfgs: SciPy's L-BFGS-B over the engine's loss and gradient of all rows.

It works in float64 whatever the rows are, as scikit-learn's does. The penalty is added here, so that rows can be
summed block by block: no more room is taken than a block needs. The steps are SciPy's own arithmetic: the promise of
equal bits ends at its door.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from ..backend import Array, EngineLike, Floats, pieces
from ..engine.data import Data
from ..engine.plan import Plan
from ..errors import DivergenceError
from ..rows import sparse
from .callback_bridge import Listeners
from .epochs import NOT_FINITE
from .recipe import Goal

BLOCK = 4096  # rows whose gradient is taken at once


def squares(flat: Array, plan: Plan) -> float:
    """The sum of all squared weights, biases left out."""
    parts = (flat[p.w : p.b].astype(np.float64) for p in plan.layers)
    return float(sum(np.dot(part, part) for part in parts))


class Objective:
    """Loss (penalty included, outputs added up) and gradient of all rows at some weights."""

    def __init__(self, engine: EngineLike, plan: Plan, goal: Goal, alpha: float, rows: Data) -> None:
        self.engine, self.plan, self.goal, self.alpha, self.rows = engine, plan, goal, alpha, rows
        self.mass, self.loss = rows.mass(True), np.nan  # as scikit-learn reports it: at the latest weights
        if not self.mass > 0:
            raise ValueError("sample_weight: the weights add up to 0")

    def __call__(self, flat: Floats) -> tuple[float, Floats]:
        self.engine.set_params(flat)
        loss, gradient = 0.0, np.zeros(len(flat))
        try:
            for first in range(0, self.rows.rows, BLOCK):
                value, slope, mass = self._block(sparse.taken(self.rows, slice(first, first + BLOCK)))
                loss += value * mass / self.mass
                gradient += slope * (mass / self.mass)
        except DivergenceError:  # a step too far: the line search comes back
            return np.inf, gradient
        for layer in self.plan.layers:
            gradient[layer.w : layer.b] += self.alpha / self.mass * flat[layer.w : layer.b]
        penalty = self.alpha / 2 * squares(flat, self.plan) / self.mass
        self.loss = loss / (self.plan.outputs if self.goal.averaged else 1) + penalty
        return loss + penalty, gradient

    def _block(self, data: Data) -> tuple[float, Array, float]:
        mass = data.mass(True)
        if mass == 0:
            return 0.0, np.zeros(self.plan.n_params), 0.0
        return *self.engine.gradients(data), mass


def solve(estimator: Any, objective: Objective, start: Array, listen: Listeners) -> tuple[int, float]:
    """Leave the best weights in the engine; iterations and loss. Who listens hears of each iteration."""
    count = 0

    def after(flat: Floats) -> None:
        nonlocal count
        count += 1
        if estimator.verbose:
            print(f"Iteration {count}, loss = {objective.loss:.8f}")
        if listen.task_end(lambda: _attributes(objective.plan, flat)):
            raise StopIteration
        listen.task_begin(lambda: _attributes(objective.plan, flat))

    begin = start.astype(np.float64)
    listen.task_begin(lambda: _attributes(objective.plan, begin))
    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    with threadpool_limits(1, user_api="blas"):  # its vectors are short: threads of BLAS only get in our threads' way
        found = minimize(objective, begin, method="L-BFGS-B", jac=True, options=options, callback=after)
    listen.task_end(lambda: _attributes(objective.plan, found.x))  # the iteration that did not come
    if not (np.isfinite(found.fun) and np.isfinite(found.x).all()):
        raise ValueError(NOT_FINITE)
    if found.status == 1:
        text = f"lbfgs stopped after {found.nit} iterations and {found.nfev} evaluations, before it converged."
        warnings.warn(
            f"{text} A larger max_iter or max_fun, or scaled data, may help.", ConvergenceWarning, stacklevel=5
        )
    elif found.status != 0:
        warnings.warn(f"lbfgs did not converge: {found.message}", ConvergenceWarning, stacklevel=5)
    objective(found.x)
    return min(int(found.nit), estimator.max_iter), float(objective.loss)


def _attributes(plan: Plan, flat: Floats) -> dict[str, list[Array]]:
    parts = pieces(plan, flat.copy())
    return {"coefs_": parts[::2], "intercepts_": parts[1::2]}
