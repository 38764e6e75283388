"""Who is told how a training goes: pynn's callbacks and scikit-learn's, in one place.

pynn's callbacks get a `Watched` as their net: they may stop the training, change the learning rate, look at weights.
scikit-learn's protocol came with version 1.9; with an older one there is none, and nothing here minds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array, EngineLike, pieces
from ..training import hooks
from ..training.callbacks import Calls
from . import to_network
from .pace import Pace

__all__ = ["CallbackSupport", "Listeners", "Watched"]

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
except ImportError:

    class CallbackSupport:  # type: ignore[no-redef]
        """scikit-learn before 1.9 has no callbacks."""


class Watched:
    """A training as a callback sees it: what `net` is there. Once it is over, only the estimator is left of it."""

    def __init__(self, estimator: Any) -> None:
        self.estimator, self.stop_training = estimator, False
        self._training: EngineLike | None = None
        self._pace: Pace | None = None

    @property
    def epoch(self) -> int:
        """Completed epochs of this fit."""
        return int(self.estimator.n_iter_)

    @property
    def optimizer(self) -> Pace:
        """Its learning rate can be read and changed."""
        assert self._pace is not None
        return self._pace

    @property
    def _engine(self) -> EngineLike:
        assert self._training is not None
        return self._training

    @property
    def iteration(self) -> int:
        """Completed steps."""
        return self._engine.iteration

    def get_weights(self) -> list[Array]:
        """[W1, b1, W2, b2, ...]: copies."""
        if self._training is None:
            pairs = zip(self.estimator.coefs_, self.estimator.intercepts_, strict=True)
            return [np.array(part) for pair in pairs for part in pair]
        return pieces(self._training.plan, self._training.get_params())

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


class Listeners(Calls):
    """All who listen to one fit."""

    def __init__(self, estimator: Any, X: Any, y: Any, weight: Any) -> None:
        self.of, self.watched = estimator, Watched(estimator)
        super().__init__(hooks.check(estimator.callbacks), self.watched)
        self.seen = {"X": X, "y": y, "metadata": None if weight is None else {"sample_weight": weight}}
        self.context: Any = None
        self.task: Any = None
        self.told = False

    @property
    def hears(self) -> bool:
        """Whether anybody is told of epochs."""
        return self.told or self.listening

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

    def watch(self, engine: EngineLike | None, pace: Pace | None) -> None:
        """What there is to see. None: it is over, and a callback that remembers its net can be copied and pickled."""
        self.watched._training, self.watched._pace = engine, pace

    def epoch_begin(self, epoch: int) -> None:
        super().epoch_begin(epoch)
        self.task_begin(self._attributes)

    def epoch_end(self, epoch: int, logs: hooks.Logs) -> None:
        if self.task_end(self._attributes):
            self.watched.stop_training = True
        super().epoch_end(epoch, logs)

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
        weights = self.watched.get_weights()
        return {"coefs_": weights[::2], "intercepts_": weights[1::2]}
