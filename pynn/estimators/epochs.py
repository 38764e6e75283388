"""The epochs of solvers sgd and adam: scikit-learn's rules, plugged into the loop of training/fit.py.

Rows are shuffled with random_state; a training loss (or a validation score) that has not improved by tol for
n_iter_no_change epochs stops the fit or, with learning_rate='adaptive', divides the rate by 5. Where nobody waits,
several epochs are run ahead in one call, and run again up to the one where the rules want something else. Read
orders.py for rows, pace.py for rates, callback_bridge.py for who listens.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..backend import EngineLike
from ..core import State
from ..engine.data import Data, Totals
from ..errors import DivergenceError
from ..rows import sparse
from ..training.fit import Course, Metrics
from ..training.hooks import Logs
from . import recipe, values
from .callback_bridge import Listeners
from .orders import Orders
from .pace import Pace

STRETCH = 0.005  # seconds: short to a person, long beside a call
ORDERS = 2**19  # row numbers that are made ahead
PREFIX = "Stochastic Optimizer"  # scikit-learn's: filters of warnings go by it
NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)


@dataclass
class Held:
    """Rows held out for validation: as the engine knows them, and as users do."""

    rows: Data
    y: Any  # labels, for the score


@dataclass(frozen=True)
class MeanLoss(Metrics):
    """The loss that scikit-learn would report: of several outputs their mean, and the penalty is not divided."""

    outputs: int = 1

    def logs(self, totals: Totals, epoch: int = 0, prefix: str = "") -> Logs:
        of = totals[epoch]
        loss = of.loss if self.outputs == 1 else (of.loss - of.penalty) / self.outputs + of.penalty
        return {"loss": loss / (of.rows or np.nan)}


class Rules:
    """What an estimator keeps of its epochs, and when it has had enough: the record of the loop."""

    quiet = False

    def __init__(
        self, estimator: Any, engine: EngineLike, rows: int, held: Held | None, pace: Pace, listen: Listeners
    ) -> None:
        self.of, self.engine, self.rows, self.held, self.pace, self.listen = estimator, engine, rows, held, pace, listen
        self.early, self.goal = estimator.early_stopping, recipe.goal(estimator)
        self.metrics = MeanLoss(outputs=engine.plan.outputs if self.goal.averaged else 1)
        follows = recipe.follows_learning_rate(estimator)
        self.scaling, self.adaptive = (follows and estimator.learning_rate == n for n in ("invscaling", "adaptive"))
        self.alone = not (estimator.verbose or self.scaling or held or listen.hears)  # nobody waits for an epoch
        self.seconds = 0.0  # how long an epoch took, once that is known

    @property
    def together(self) -> int:
        """As many as take about STRETCH, and orders that take up little room."""
        if not self.alone or not self.seconds:
            return 1
        return max(1, min(int(STRETCH / self.seconds), ORDERS // self.rows))

    def add(self, first: int, totals: Totals, begin: int, end: int) -> Logs:
        """Epochs are over: attributes, words, and whether to stop."""
        of = self.of
        for epoch in range(begin, end):
            logs = self.metrics.logs(totals, epoch)
            loss = logs["loss"]
            of.n_iter_ += 1
            of.t_ += self.rows
            of.loss_ = loss
            of.loss_curve_.append(loss)
            if of.verbose:
                print(f"Iteration {of.n_iter_}, loss = {loss:.8f}")
            if self.held is not None:
                logs |= self._validated(self.held, np.isnan(loss))
            if self._enough(loss) or not np.isfinite(loss):
                self.listen.watched.stop_training = True
        return logs

    def keep(self, epoch: int, logs: Logs) -> None: ...
    def step(self, epoch: int, step: int, logs: Logs) -> None: ...
    def diverged(self, error: DivergenceError) -> None: ...
    def close(self) -> None: ...

    def _enough(self, loss: float) -> bool:
        of, memory = self.of, self.pace.memory
        improved = self._improved(loss)
        of._no_improvement_count = 0 if improved else of._no_improvement_count + 1
        if self.scaling:
            memory.learning_rate = float(of.learning_rate_init) / (of.t_ + 1) ** of.power_t
        if of._no_improvement_count <= of.n_iter_no_change:
            return False
        if not self._slows_down():
            return True
        of._no_improvement_count = 0
        return False

    def _slows_down(self) -> bool:
        """Nothing has improved for long: a smaller rate where that is wanted and possible, otherwise the end."""
        of, memory = self.of, self.pace.memory
        what = "Validation score" if self.early else "Training loss"
        words = f"{what} did not improve more than tol={of.tol:f} for {of.n_iter_no_change} consecutive epochs."
        slower = self.adaptive and memory.learning_rate > 1e-6
        if slower:
            memory.learning_rate /= 5.0
        if of.verbose:
            end = f"Setting learning rate to {memory.learning_rate:f}" if slower else "Stopping."
            print(f"{words} {'Learning rate too small. ' if self.adaptive and not slower else ''}{end}")
        return slower

    # ---- validation ----

    def _validated(self, held: Held, diverged: bool) -> Logs:
        def measure() -> Logs:
            return self._measured(held, diverged)

        found = self.listen.tested(measure) if self.listen.listening else measure()
        return {f"val_{name}": value for name, value in found.items()}

    def _measured(self, held: Held, diverged: bool) -> Logs:
        of, loss, score = self.of, np.nan, np.nan
        if not diverged:
            outputs = sparse.predict(self.engine, held.rows.x)
            assert held.rows.y is not None
            each = values.of_rows(self.goal, self.engine.plan, outputs, held.rows.y)
            loss = values.mean(each, held.rows.weight)
            score = of._score_outputs(outputs, held.y, held.rows.weight) if self.early else np.nan
        of.validation_loss_curve_.append(loss)
        if not self.early:
            return {"loss": float(loss)}
        of.validation_scores_.append(score)
        if of.verbose:
            print(f"Validation score: {score:f}")
        return {"loss": float(loss), "score": float(score)}

    def _improved(self, loss: float) -> bool:
        """Compared with the best so far, by more than tol; the best weights are kept when held-out rows decide."""
        of = self.of
        if not self.early:
            improved = not loss > of.best_loss_ - of.tol
            of.best_loss_ = min(of.best_loss_, loss)
            return improved
        score, held_loss = of.validation_scores_[-1], of.validation_loss_curve_[-1]
        if of.monitor == "loss":
            better = held_loss < of.best_validation_loss_
            improved = not held_loss > of.best_validation_loss_ - of.tol
        else:
            better = score > of.best_validation_score_
            improved = not score < of.best_validation_score_ + of.tol
        if better:
            of._best = self.engine.get_params()
        of.best_validation_score_ = max(of.best_validation_score_, score)
        of.best_validation_loss_ = min(of.best_validation_loss_, held_loss)
        return improved


class Start:
    """All that some epochs change, as it was before them."""

    def __init__(self, engine: EngineLike, source: Orders) -> None:
        self.state, self.random = State.of(engine), source.random.get_state(legacy=False)
        self.order = None if source.order is None else source.order.copy()

    def restore(self, engine: EngineLike, source: Orders) -> None:
        self.state.restore(engine)
        source.random.set_state(self.random)
        if source.order is not None and self.order is not None:
            source.order[:] = self.order


class Epochs(Course):
    """One fit or partial_fit. Keeps the estimator's attributes up to date epoch by epoch."""

    def __init__(
        self, estimator: Any, engine: EngineLike, rows: Data, held: Held | None, random: Any, listen: Listeners
    ) -> None:
        plan, self.of, self.listen, self.pace = engine.plan, estimator, listen, Pace(estimator)
        masks = plan.input_dropout > 0 or any(layer.dropout for layer in plan.layers)
        self.orders = Orders(rows, _batch_size(estimator.batch_size, rows.rows), estimator.shuffle, random, masks)
        self.rules = Rules(estimator, engine, rows.rows, held, self.pace, listen)
        listen.params = {
            "epochs": estimator.max_iter, "steps": self.orders.steps, "batch_size": self.orders.batch,
            "rows": rows.rows, "verbose": int(estimator.verbose),
        }  # fmt: skip
        super().__init__(engine, self.orders, self.pace.rates, self.rules.metrics, listen, self.rules)

    def train(self, incremental: bool) -> None:
        """Until something says stop; whatever happens, the estimator gets the weights of a completed step."""
        of, listen, memory = self.of, self.listen, self.pace.memory
        of.n_iter_ = 0
        listen.watch(self.engine, self.pace)
        try:
            self.run(0, 1 if incremental else of.max_iter)  # a callback may bring back its best weights at the end
            if not (incremental or self.calls.stop):
                end = f"maximum iterations ({of.max_iter}) reached before the training converged; raise max_iter."
                warnings.warn(f"{PREFIX}: {end}", ConvergenceWarning, stacklevel=4)
        except KeyboardInterrupt:
            warnings.warn("Training was interrupted; the weights are those of the last step.", stacklevel=4)
        finally:
            state = State.of(self.engine)
            memory.state = replace(state, params=None)
            of._keep(state.params if of._best is None else of._best.copy(), self.engine.plan)
            listen.watch(None, None)

    def stretch(self, first: int, epochs: int) -> None:
        begun = time.perf_counter()
        if epochs == 1:
            super().stretch(first, 1)
        else:
            self._ahead(first, epochs)
        self.rules.seconds = (time.perf_counter() - begun) / epochs

    def steps(self, first: int, epochs: int) -> int:
        try:
            return super().steps(first, epochs)
        except DivergenceError as reason:
            ended = self.calls.diverged(reason)
            if not (self.rules.early or ended):
                raise ValueError(NOT_FINITE) from reason
            if not ended:
                text = f"Training diverged in epoch {self.of.n_iter_ + 1}: the best weights up to there are kept."
                warnings.warn(text, ConvergenceWarning, stacklevel=8)
            self.totals.table[...] = np.nan
            return 0

    def _ahead(self, first: int, epochs: int) -> None:
        """Some epochs in one call, as if nothing could happen between them.

        Where the rules want something else after one of them, training goes back to the start and on up to there,
        which gives the same bits.
        """
        start, memory, self.complete = Start(self.engine, self.orders), self.pace.memory, 0
        rate = memory.learning_rate
        try:
            self.steps(first, epochs)
        except BaseException as reason:
            start.restore(self.engine, self.orders)
            if not isinstance(reason, Exception):
                raise
            self.rules.alone = False  # once more, epoch by epoch: to this, unless the rules end it before
            return
        for done in range(1, epochs + 1):
            self.book(first, done)
            if self.calls.stop or memory.learning_rate != rate:
                if done < epochs:
                    slower, memory.learning_rate = memory.learning_rate, rate
                    try:
                        self._again(start, first, done)
                    finally:
                        memory.learning_rate = slower
                return

    def _again(self, start: Start, first: int, epochs: int) -> None:
        """From the start to where the record is; who interrupts waits for it."""
        start.restore(self.engine, self.orders)
        try:
            self.steps(first, epochs)
        except KeyboardInterrupt:
            self._again(start, first, epochs)
            raise


def _batch_size(given: Any, rows: int) -> int:
    if given == "auto":
        return min(200, rows)
    if given > rows:
        warnings.warn(f"batch_size: {given} is more than the {rows} rows; one batch takes them all", stacklevel=5)
    return min(int(given), rows)
