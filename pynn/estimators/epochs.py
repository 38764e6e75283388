"""The loop over epochs of solvers sgd and adam: orders, learning rates, when to stop, what is kept.

The rules are scikit-learn's: rows are shuffled with random_state, a training loss (or a validation score) that has not
improved by tol for n_iter_no_change epochs stops the fit or, with learning_rate='adaptive', divides the rate by 5.
One pass over the rows is epoch_pass.py's affair; who listens is told by callback_bridge.py.
"""

from __future__ import annotations

import time
import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .. import schedules
from ..backend import Array, EngineLike, Floats
from ..engine.data import Data
from ..engine.plan import OptimizerPlan, Plan
from ..errors import DivergenceError
from ..optimizers import Optimizer
from . import recipe, values
from .callback_bridge import Listeners
from .epoch_pass import Pass
from .row_order import Rows

STRETCH = 0.005  # seconds: short to a person, long beside a call
ORDERS = 2**19  # row numbers that are made ahead
PREFIX = "Stochastic Optimizer"  # scikit-learn's: filters of warnings go by it
NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)


@dataclass
class Memory:
    """What an optimizer remembers from one partial_fit to the next, as plain arrays."""

    rule: OptimizerPlan
    learning_rate: float
    slots: dict[str, Array] | None = None
    iteration: int = 0
    beta_power: Floats = field(default_factory=lambda: np.ones(2))

    def give(self, engine: EngineLike) -> None:
        engine.iteration, engine.beta_power = self.iteration, self.beta_power
        if self.slots is not None:
            engine.set_slots(self.slots)

    def take(self, engine: EngineLike) -> None:
        self.iteration, self.beta_power, self.slots = engine.iteration, engine.beta_power, engine.get_slots()


@dataclass
class Held:
    """Rows held out for validation: as the engine knows them, and as users do."""

    rows: Rows
    y: Any  # labels, for the score


class Start:
    """All that some epochs change, as it was before them."""

    def __init__(self, epochs: Epochs, order: Array | None) -> None:
        self.memory = Memory(epochs.memory.rule, epochs.memory.learning_rate)
        self.memory.take(epochs.engine)
        self.params, self.random = epochs.engine.get_params(), epochs.random.get_state(legacy=False)
        self.order = None if order is None else order.copy()

    def restore(self, epochs: Epochs, order: Array | None) -> None:
        self.memory.give(epochs.engine)
        epochs.engine.set_params(self.params)
        epochs.random.set_state(self.random)
        if order is not None:
            order[:] = self.order


class Epochs:
    """One fit or partial_fit. Keeps the estimator's attributes up to date epoch by epoch."""

    def __init__(
        self,
        estimator: Any,
        engine: EngineLike,
        plan: Plan,
        rows: Rows,
        held: Held | None,
        random: Any,
        listen: Listeners,
    ) -> None:
        self.of, self.engine, self.plan, self.rows, self.held, self.random = estimator, engine, plan, rows, held, random
        self.memory: Memory = estimator._optimizer
        self.listen, self.early = listen, estimator.early_stopping
        self.by_loss = self.early and estimator.monitor == "loss"
        self.goal = recipe.goal(estimator)
        self.batch = self._batch_size()
        self.run_epoch = Pass(engine, plan, self.goal, rows, self.batch)
        self.run_epoch.on_batch = listen.batch_end if listen.every_batch else None
        self.follows = recipe.follows_learning_rate(estimator)
        self.paced, self.steady = self._paced(), np.zeros(0)
        self.alone, self.seconds = self._nobody_waits(), 0.0  # and how long an epoch took, once that is known

    def _batch_size(self) -> int:
        n, given = self.rows.n, self.of.batch_size
        if given == "auto":
            return min(200, n)
        if given > n:
            warnings.warn(f"batch_size: {given} is more than the {n} rows; one batch takes them all", stacklevel=5)
        return min(int(given), n)

    # ---- learning rates ----

    def _paced(self) -> Any:
        """An object with rates(first, n), where one says how fast."""
        if self.of.schedule is not None:
            return schedules.get("schedule", self.of.schedule)
        return deepcopy(self.of.optimizer) if isinstance(self.of.optimizer, Optimizer) else None

    def _rates(self, first: int, n: int) -> Floats:
        if self.paced is not None:
            return np.array(self.paced.rates(self.begun + first, n), np.float64)
        if len(self.steady) != n or self.steady[0] != self.memory.learning_rate:
            self.steady = np.full(n, self.memory.learning_rate)
        return self.steady

    # ---- the loop ----

    def run(self, incremental: bool) -> None:
        """Train until something says stop; whatever happens, the estimator gets the weights of a completed step."""
        of, order = self.of, np.arange(self.rows.n) if self.of.shuffle else None
        of.n_iter_, stop = 0, False
        self.listen.begin(self)
        try:
            while not stop and of.n_iter_ < of.max_iter:
                together = 1 if incremental else self._together(of.max_iter - of.n_iter_)
                stop = (self._stretch(order, together) if together > 1 else self._one(order)) or incremental
            if not stop:
                end = f"maximum iterations ({of.max_iter}) reached before the training came to rest."
                warnings.warn(f"{PREFIX}: {end}", ConvergenceWarning, stacklevel=4)
        except KeyboardInterrupt:
            warnings.warn("Training was interrupted; the weights are those of the last step.", stacklevel=4)
        finally:
            try:
                self.listen.end()  # a callback may bring back its best weights
            finally:
                self.memory.take(self.engine)
                of._keep(self.engine.get_params() if of._best is None else of._best.copy(), self.plan)
                self.listen.release()

    def _one(self, order: Array | None) -> bool:
        """One epoch, heard by all who listen; whether it was the last one. The order is shuffled further each time."""
        begun = time.perf_counter()
        if order is not None:
            self.random.shuffle(order)
        self.listen.epoch_begin()
        loss = self._trained(order)
        stop = self._book(loss)
        self.seconds = time.perf_counter() - begun
        return self.listen.epoch_end(loss) or stop or not np.isfinite(loss)

    def _trained(self, order: Array | None) -> float:
        self.begun = self.engine.iteration
        try:
            return self.run_epoch(order, self._rates)
        except DivergenceError as reason:
            if not self.early:
                raise ValueError(NOT_FINITE) from reason
            text = f"Training diverged in epoch {self.of.n_iter_ + 1}: the best weights up to there are kept."
            warnings.warn(text, ConvergenceWarning, stacklevel=6)
            return np.nan

    def _book(self, loss: float) -> bool:
        """An epoch is over: attributes, words, and whether to stop."""
        of = self.of
        of.n_iter_ += 1
        of.t_ += self.rows.n
        of.loss_ = loss
        of.loss_curve_.append(loss)
        if of.verbose:
            print(f"Iteration {of.n_iter_}, loss = {loss:.8f}")
        if self.held is not None:
            self._validate(np.isnan(loss))
        improved = self._improved(loss)
        of._no_improvement_count = 0 if improved else of._no_improvement_count + 1
        if self.follows and of.learning_rate == "invscaling":
            self.memory.learning_rate = float(of.learning_rate_init) / (of.t_ + 1) ** of.power_t
        if of._no_improvement_count <= of.n_iter_no_change:
            return False
        if not self._slows_down():
            return True
        of._no_improvement_count = 0
        return False

    def _slows_down(self) -> bool:
        """Nothing has improved for long: a smaller rate where that is wanted and possible, otherwise the end."""
        of = self.of
        what = "Validation score" if self.early else "Training loss"
        words = f"{what} did not improve more than tol={of.tol:f} for {of.n_iter_no_change} consecutive epochs."
        adaptive = self.follows and of.learning_rate == "adaptive"
        slower = adaptive and self.memory.learning_rate > 1e-6
        if slower:
            self.memory.learning_rate /= 5.0
        if of.verbose:
            end = f"Setting learning rate to {self.memory.learning_rate:f}" if slower else "Stopping."
            print(f"{words} {'Learning rate too small. ' if adaptive and not slower else ''}{end}")
        return slower

    # ---- several epochs in one call ----

    def _nobody_waits(self) -> bool:
        """Whether all that happens between two epochs may as well happen a little later."""
        of, listen = self.of, self.listen
        slows = self.follows and of.learning_rate == "invscaling"
        return not (of.verbose or slows or self.held or listen.hears) and self.run_epoch.joins

    def _together(self, left: int) -> int:
        """How many epochs to run in one call: as many as take about STRETCH, and orders that take up little room."""
        if not self.alone or not self.seconds:
            return 1
        return max(1, min(left, int(STRETCH / self.seconds), ORDERS // self.rows.n))

    def _stretch(self, order: Array | None, epochs: int) -> bool:
        """Some epochs in one call; whether the last of all was among them.

        Where the rules want something else after one of them, training goes back to the start and on up to there,
        which gives the same bits.
        """
        start, begun, rate, stop = Start(self, order), time.perf_counter(), self.memory.learning_rate, False
        try:
            losses = self._losses(order, epochs)
        except BaseException as reason:
            start.restore(self, order)
            if not isinstance(reason, Exception):
                raise
            self.alone = False  # once more, epoch by epoch: to this, unless the rules end it before
            return False
        for done, loss in enumerate(losses, 1):
            stop = self._book(loss)
            if stop or self.memory.learning_rate != rate:
                if done < epochs:
                    slower, self.memory.learning_rate = self.memory.learning_rate, rate
                    try:
                        self._again(start, order, done)
                    finally:
                        self.memory.learning_rate = slower
                break
        self.seconds = (time.perf_counter() - begun) / epochs
        return stop

    def _again(self, start: Start, order: Array | None, epochs: int) -> None:
        """From the start to where the books are; who interrupts waits for it."""
        start.restore(self, order)
        try:
            self._losses(order, epochs)
        except KeyboardInterrupt:
            self._again(start, order, epochs)
            raise

    def _losses(self, order: Array | None, epochs: int) -> list[float]:
        """Train some epochs: the loss of each."""
        self.begun = self.engine.iteration
        if order is None:
            return self.run_epoch.together(None, epochs, self._rates)
        orders = np.empty((epochs, len(order)), np.int64)
        for each in orders:
            self.random.shuffle(order)
            each[:] = order
        return self.run_epoch.together(orders, epochs, self._rates)

    # ---- validation ----

    def _validate(self, diverged: bool) -> None:
        of, held = self.of, self.held
        assert held is not None
        loss = score = np.nan
        if not diverged:
            outputs = self._outputs(held.rows)
            each = values.of_rows(self.goal, self.plan, outputs, held.rows.y)
            loss = values.mean(each, held.rows.weight)
            score = of._score_outputs(outputs, held.y, held.rows.weight) if self.early else np.nan
        of.validation_loss_curve_.append(loss)
        if self.early:
            of.validation_scores_.append(score)
            if of.verbose:
                print(f"Validation score: {score:f}")

    def _outputs(self, rows: Rows) -> Array:
        parts = [self.engine.predict(Data(data.x)) for data, _ in rows.pieces(None, min(rows.n, 1024))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _improved(self, loss: float) -> bool:
        """Compared with the best so far, by more than tol; the best weights are kept when held-out rows decide."""
        of = self.of
        if not self.early:
            improved = not loss > of.best_loss_ - of.tol
            of.best_loss_ = min(of.best_loss_, loss)
            return improved
        score, held_loss = of.validation_scores_[-1], of.validation_loss_curve_[-1]
        if self.by_loss:
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
