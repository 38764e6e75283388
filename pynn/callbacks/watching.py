"""Callbacks that monitor one number of the logs: early stopping, checkpoints, and a lower rate on a plateau.

`monitor` is a name of the logs, "val_loss" for example, or one that a callback before it has added; for a name that is
not reported there is an error after the first epoch, which lists the names that are. Patience is counted as in Keras.
With verbose=1 they say what they do, epochs counted from 1 as in the progress line.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from typing import Any

import numpy as np

from ..arguments import choice, flag, real, shown, whole
from ..metrics import names
from ..training.hooks import Callback, Logs

log = logging.getLogger("pynn")


class Watch:
    """The best value so far of one number, and whether a new one is better by more than `min_delta`."""

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if not isinstance(monitor, str):
            kind = type(monitor).__name__
            raise TypeError(f"monitor: {shown(monitor)} is a {kind}; expected a name such as 'val_loss'")
        choice("mode", mode, ("auto", "min", "max"))
        self.monitor = monitor
        self.rising = mode == "max" or (mode == "auto" and names.rising(monitor) is True)
        self.min_delta = real("min_delta", min_delta)  # Keras takes its magnitude
        self.reset()

    def reset(self, best: float | None = None) -> None:
        self.best = (-math.inf if self.rising else math.inf) if best is None else best

    def value(self, logs: Logs) -> float:
        name = names.find(self.monitor, logs)
        if name is None:
            hint = "; val_... needs validation_data= or validation_split=" if self.monitor.startswith("val_") else ""
            raise ValueError(f"monitor: {self.monitor!r} is not reported; reported are {', '.join(logs)}{hint}")
        return logs[name]

    def state(self) -> dict[str, Any]:
        return {"monitor": self.monitor, "best": self.best if math.isfinite(self.best) else None}

    def resume(self, state: dict[str, Any]) -> bool:
        """The best value of before, if it was of the same number."""
        if state.get("monitor") != self.monitor:
            log.warning(
                "monitor: it was %s before and is %s now; counting begins anew", state.get("monitor"), self.monitor
            )
            return False
        best = state.get("best")
        self.reset(None if best is None else real("best", best))
        return True

    def better(self, value: float, than: float | None = None) -> bool:
        best, margin = self.best if than is None else than, abs(self.min_delta)
        if math.isnan(best):
            return not math.isnan(value)
        return value - margin > best if self.rising else value + margin < best


def spoken(verbose: Any) -> int:
    """0: says nothing, 1: says what it does."""
    return int(verbose) if isinstance(verbose, bool) else whole("verbose", verbose, 0, 2, "0 or 1")


class EarlyStopping(Callback):
    """Ends the training when `monitor` has not become better for `patience` epochs.

    min_delta             a smaller change is no improvement
    baseline              an improvement resets the patience only if the value is better than this, too
    restore_best_weights  at the end, set the weights to those of the best epoch, whether stopped early or not
    start_from_epoch      ignore the epochs before this one, counted from the start of the fit

    `stopped_epoch` is the last epoch if the training was stopped (0: it was not), `best_epoch` the best one; both are
    numbered as in the logs. Only weights are restored: the optimizer's state remains that of the last step.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        self.watch = Watch(monitor, mode, min_delta)
        self.patience = whole("patience", patience, 0)
        self.baseline = None if baseline is None else real("baseline", baseline)
        self.restore_best_weights = flag("restore_best_weights", restore_best_weights)
        self.start_from_epoch = whole("start_from_epoch", start_from_epoch, 0)
        self.verbose = spoken(verbose)
        self._begin()

    def _begin(self) -> None:
        self.wait = self.seen = self.stopped_epoch = 0
        self.best_epoch: int | None = None
        self.best_weights: Any = None
        self.watch.reset()

    @property
    def best(self) -> float:
        return self.watch.best

    def on_train_begin(self, logs: Any = None) -> None:
        self._begin()

    def get_state(self) -> dict[str, Any]:
        weights = {} if self.best_weights is None else {"best_weights": self.best_weights}
        counts = {"wait": self.wait, "seen": self.seen, "best_epoch": self.best_epoch}
        return self.watch.state() | counts | weights

    def set_state(self, state: dict[str, Any]) -> None:
        if not self.watch.resume(state):
            return
        self.wait, self.seen = whole("wait", state["wait"], 0), whole("seen", state["seen"], 0)
        self.best_epoch = None if state["best_epoch"] is None else whole("best_epoch", state["best_epoch"], 0)
        if self.restore_best_weights and self.best_epoch is not None:  # after a whole fit the network has them
            own = self.net.get_params()
            best = state.get("best_weights", own)
            if np.shape(best) != own.shape:
                raise ValueError(f"best_weights: {np.shape(best)}; the network has {own.shape}")
            self.best_weights = best

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = self.watch.value(logs)
        self.seen += 1
        if self.seen <= self.start_from_epoch:
            return
        self.wait += 1
        if self.best_epoch is None or self.watch.better(value):
            self.watch.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.net.get_params()
            if self.baseline is None or self.watch.better(value, self.baseline):
                self.wait = 0
        elif self.wait >= max(self.patience, 1):
            self.stopped_epoch, self.net.stop_training = epoch, True

    def on_train_end(self, logs: Any = None) -> None:
        name = self.watch.monitor
        if self.stopped_epoch and self.verbose:
            count = f"{self.wait} epoch{'s' * (self.wait != 1)}"
            self._say(f"epoch {self.stopped_epoch + 1}: early stopping, {name} has not improved for {count}")
        if self.restore_best_weights and self.best_weights is not None and self.best_epoch is not None:
            self.net.set_params(self.best_weights)
            text = f"weights of epoch {self.best_epoch + 1} are back, {name} {self.watch.best:g}"
            log.info(text)
            if self.verbose:
                self._say(text)
            self.best_weights = None


class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by `factor` when `monitor` has not become better for `patience` epochs.

    After a reduction, `cooldown` epochs are not counted; the rate is never reduced below `min_lr`. Not for an optimizer
    whose learning rate is a schedule. The logs get the epoch's rate as "learning_rate".
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        self.watch = Watch(monitor, mode, min_delta)
        self.factor = real("factor", factor, 0, 1, below=True)
        self.patience, self.cooldown = whole("patience", patience, 0), whole("cooldown", cooldown, 0)
        self.min_lr, self.verbose = real("min_lr", min_lr, 0), spoken(verbose)
        self.wait = self.cooling = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = self.cooling = 0
        self.watch.reset()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = self.watch.value(logs)
        if isinstance(rate := self.net.optimizer.learning_rate, float):
            logs["learning_rate"] = rate
        if self.cooling > 0:
            self.cooling -= 1
            self.wait = 0
        if self.watch.better(value):
            self.watch.best, self.wait = value, 0
        elif self.cooling <= 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._slow_down(epoch)

    def get_state(self) -> dict[str, Any]:
        return self.watch.state() | {"wait": self.wait, "cooling": self.cooling}

    def set_state(self, state: dict[str, Any]) -> None:
        if self.watch.resume(state):
            self.wait, self.cooling = whole("wait", state["wait"], 0), whole("cooling", state["cooling"], 0)

    def _slow_down(self, epoch: int) -> None:
        rate = self.net.optimizer.learning_rate
        if not isinstance(rate, float):
            raise TypeError(f"ReduceLROnPlateau: the rate is {rate!r}, which changes by itself; expected a number")
        if rate > self.min_lr:
            self.net.optimizer.learning_rate = slower = max(rate * self.factor, self.min_lr)
            text = f"epoch {epoch + 1}: learning rate {rate:g} -> {slower:g}"
            log.info(text)
            if self.verbose:
                self._say(text)
            self.cooling, self.wait = self.cooldown, 0


class ModelCheckpoint(Callback):
    """Saves the network after each epoch, or only if it is the best so far. A file is replaced atomically.

    filepath                 may contain {epoch} (the first one is 1) and the logs' names: "{epoch:03d}-{loss:.4f}.pynn"
    save_best_only           only when `monitor` is better than before (and than `initial_value_threshold`)
    save_weights_only        the weights alone, for `load_weights`: smaller, but a training cannot go on from them
    save_freq                "epoch", or a number of batches, for which the callback is called after each batch

    The files are model files: Network.load(path).fit(...) continues from the end of their epoch, bit for bit; with
    initial_epoch= the state of callbacks such as EarlyStopping is continued, too.
    """

    saves = True  # is called after the callbacks that have a state, so that the file has their new state

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        if not isinstance(filepath, (str, os.PathLike)):
            raise TypeError(f"filepath: {shown(filepath)} is a {type(filepath).__name__}; expected the name of a file")
        self.filepath = os.fsdecode(filepath)
        self.watch = Watch(monitor, mode)
        self.watch.reset(
            None if initial_value_threshold is None else real("initial_value_threshold", initial_value_threshold)
        )
        self.save_best_only = flag("save_best_only", save_best_only)
        self.save_weights_only = flag("save_weights_only", save_weights_only)
        self.verbose = spoken(verbose)
        self.save_freq: str | int = "epoch"
        self.epoch = self.batches = 0
        self._warned = False  # of files that are called as Keras calls its own: said once, not for each file
        if save_freq != "epoch":
            self.save_freq = whole("save_freq", save_freq, 1, accepted="'epoch' or a number of batches")
            self.on_batch_end = self._batch_end  # type: ignore[method-assign]  # who has none is not told of batches

    def get_state(self) -> dict[str, Any]:
        return self.watch.state() | {"batches": self.batches}

    def set_state(self, state: dict[str, Any]) -> None:
        if self.watch.resume(state):
            self.batches = whole("batches", state["batches"], 0)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, logs)

    def _batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches += 1
        if self.batches % int(self.save_freq) == 0:
            self._save(self.epoch, logs)

    def _save(self, epoch: int, logs: Logs) -> None:
        why = ""
        if self.save_best_only:
            value, before, name = self.watch.value(logs), self.watch.best, self.watch.monitor
            if not self.watch.better(value):
                self._tell(f"epoch {epoch + 1}: {name} {value:g} is no better than {before:g}")
                return
            self.watch.best = value
            why = f"{name} improved from {before:g} to {value:g}, "
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except (KeyError, IndexError) as reason:
            raise ValueError(f"filepath: {reason} is not reported; possible are epoch, {', '.join(logs)}") from None
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.net.save_weights if self.save_weights_only else self.net.save
        if self._warned:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "path: .* gets pynn's own format")
                save(path)
        else:
            save(path)
            self._warned = not path.endswith(".pynn")
        self._tell(f"epoch {epoch + 1}: {why}saved to {path}")

    def _tell(self, text: str) -> None:
        if self.verbose:
            self._say(text)
