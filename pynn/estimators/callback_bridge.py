"""Who is told how a training goes: pynn's callbacks and scikit-learn's, in one place.

pynn's callbacks get a `Watched` as their net: they may stop the training, change the learning rate, look at weights.
scikit-learn's protocol came with version 1.9; with an older one there is none, and nothing here minds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend import Array, EngineLike, Floats, pieces
from ..training import callbacks as hooks
from . import to_network

__all__ = ["CallbackSupport", "Listeners", "Watched"]

if TYPE_CHECKING:
    from .epochs import Epochs

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
except ImportError:

    class CallbackSupport:  # type: ignore[no-redef]
        """scikit-learn before 1.9 has no callbacks."""


class Rate:
    """`net.optimizer` of a callback: its learning rate can be read and changed."""

    def __init__(self, epochs: Epochs) -> None:
        self._epochs = epochs

    @property
    def learning_rate(self) -> Any:
        paced = self._epochs.paced
        return self._epochs.memory.learning_rate if paced is None else getattr(paced, "learning_rate", paced)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if hasattr(self._epochs.paced, "learning_rate"):
            self._epochs.paced.learning_rate = value
        else:
            self._epochs.memory.learning_rate, self._epochs.paced = float(value), None

    def rates(self, first: int, n: int) -> Floats:
        """Of steps first .. first + n - 1, as far as is known now."""
        paced = self._epochs.paced
        return np.full(n, self.learning_rate) if paced is None else np.asarray(paced.rates(first, n))


class Watched:
    """A training as a callback sees it: what `net` is there. Once it is over, only the estimator is left of it."""

    def __init__(self, estimator: Any) -> None:
        self.estimator, self.stop_training = estimator, False
        self._epochs: Epochs | None = None

    @property
    def epoch(self) -> int:
        """Completed epochs of this fit."""
        return int(self.estimator.n_iter_)

    @property
    def optimizer(self) -> Rate:
        assert self._epochs is not None
        return Rate(self._epochs)

    @property
    def _engine(self) -> EngineLike:
        assert self._epochs is not None
        return self._epochs.engine

    @property
    def iteration(self) -> int:
        """Completed steps."""
        return self._engine.iteration

    def get_weights(self) -> list[Array]:
        """[W1, b1, W2, b2, ...]: copies."""
        if self._epochs is None:
            return [
                np.array(part)
                for pair in zip(self.estimator.coefs_, self.estimator.intercepts_, strict=True)
                for part in pair
            ]
        return pieces(self._epochs.plan, self._engine.get_params())

    def set_weights(self, weights: list[Array]) -> None:
        self._engine.set_params(np.concatenate([np.asarray(part).reshape(-1) for part in weights]))

    def get_params(self) -> Array:
        """All weights as one flat array: a copy."""
        return self._engine.get_params()

    def set_params(self, flat: Array) -> None:
        self._engine.set_params(flat)

    def save(self, path: Any) -> None:
        """A model file of the network that to_network would make now."""
        net = to_network.network(self.estimator)
        net.set_weights(self.get_weights())
        net.epoch = self.epoch
        net.save(path)


class Listeners:
    """All who listen to one fit."""

    def __init__(self, estimator: Any, X: Any, y: Any, weight: Any) -> None:
        self.of, self.net = estimator, Watched(estimator)
        self.calls = hooks.Calls(hooks.check(estimator.callbacks), self.net)
        self.every_batch = self.calls.every_batch
        self.seen = {"X": X, "y": y, "metadata": None if weight is None else {"sample_weight": weight}}
        self.context: Any = None
        self.task: Any = None
        self.told = False
        self.last: dict[str, float] = {}

    @property
    def hears(self) -> bool:
        """Whether anybody is told of epochs."""
        return self.told or self.calls.listening or self.every_batch

    def whole_fit(self, estimator: Any) -> None:
        """scikit-learn's callbacks: the fit begins."""
        if hasattr(estimator, "_init_callback_context"):
            self.context = estimator._init_callback_context(max_subtasks=None)
            self.context.call_on_fit_task_begin(estimator=estimator, **self.seen)
            self.told = bool(getattr(estimator, "_skl_callbacks", None))

    def fit_is_over(self) -> None:
        if self.context is not None:
            self.context.call_on_fit_task_end(estimator=self.of, **self.seen, reconstruction_attributes={})

    # ---- the loop over epochs ----

    def begin(self, epochs: Epochs) -> None:
        self.net._epochs = epochs
        self.calls.train_begin()

    def end(self) -> None:
        self.calls.train_end(self.last)

    def release(self) -> None:
        """Engine and rows are not kept: a callback that remembers its net can be copied and pickled."""
        self.net._epochs = None

    def epoch_begin(self) -> None:
        self.calls.epoch_begin(self.of.n_iter_)
        self.task_begin(self._attributes)

    def epoch_end(self, loss: float) -> bool:
        """Whether somebody wants to stop."""
        stop = self.task_end(self._attributes)
        if self.calls.listening or self.calls.every_batch:
            logs = {"loss": loss}
            if self.of.validation_loss_curve_:
                logs["val_loss"] = self.of.validation_loss_curve_[-1]
            if self.of.validation_scores_:
                logs["val_score"] = self.of.validation_scores_[-1]
            self.last = logs
            self.calls.epoch_end(self.of.n_iter_ - 1, logs)
        return stop or self.net.stop_training

    def batch_end(self, step: int, loss: float) -> bool:
        self.calls.batch_end(step, {"loss": loss})
        return self.net.stop_training

    # ---- scikit-learn's tasks, one for each epoch ----

    def task_begin(self, attributes: Any) -> None:
        if self.context is not None and self.told:
            self.task = self.context.subcontext(task_name="epoch")
            self.task.call_on_fit_task_begin(estimator=self.of, **self.seen, reconstruction_attributes=attributes)

    def task_end(self, attributes: Any) -> bool:
        if self.task is None:
            return False
        task, self.task = self.task, None
        return bool(task.call_on_fit_task_end(estimator=self.of, **self.seen, reconstruction_attributes=attributes))

    def _attributes(self) -> dict[str, Any]:
        weights = self.net.get_weights()
        return {"coefs_": weights[::2], "intercepts_": weights[1::2]}
