"""pynn's own callbacks with the estimators, and estimators with callbacks where scikit-learn copies and pickles."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_predict

from pynn import SGD, Callback, Network, datasets, schedules
from pynn.callbacks import (
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
    TimeBudget,
)
from pynn.estimators import MLPClassifier

X, Y = datasets.iris()
MAKE: dict[str, Any] = {
    "stop": lambda path: EarlyStopping(patience=2, restore_best_weights=True),
    "reduce": lambda path: ReduceLROnPlateau(patience=2, min_delta=9),
    "rate": lambda path: LearningRateScheduler(lambda epoch: 0.01),
    "csv": lambda path: CSVLogger(path / "log.csv"),
    "board": lambda path: TensorBoard(path / "board"),
    "file": lambda path: ModelCheckpoint(path / "{epoch}.pynn"),
    "best": lambda path: ModelCheckpoint(path / "best.pynn", save_best_only=True),
    "time": lambda path: TimeBudget(1e6, batches=True),
    "call": lambda path: LambdaCallback(on_epoch_end=print),
}


def trained(callback: Any, **options: Any) -> MLPClassifier:
    words = {"max_iter": 12, "random_state": 0, "learning_rate_init": 0.05, "batch_size": 20} | options
    model = MLPClassifier((6,), callbacks=callback if isinstance(callback, list) else [callback], **words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2])


@pytest.mark.parametrize("paced", [{}, {"schedule": schedules.Cosine(0.01, 50)}, {"optimizer": SGD(0.1)}])
@pytest.mark.parametrize("name", MAKE)
def test_each_works(name: str, paced: dict[str, Any], tmp_path: Path) -> None:
    if name == "reduce" and "schedule" in paced:
        with pytest.raises(TypeError, match="changes by itself"):
            trained(MAKE[name](tmp_path), **paced)
        return
    model = trained(MAKE[name](tmp_path), **paced)
    assert model.n_iter_ == 12 or name == "stop"


def test_the_best_weights_stay() -> None:
    """The estimator's weights are those of the best epoch, not the last."""
    stop = EarlyStopping(patience=3, restore_best_weights=True)
    model = trained(stop, learning_rate_init=0.3, max_iter=60)
    best = int(np.argmin(model.validation_loss_curve_))
    assert stop.best_epoch == best < model.n_iter_ - 1
    again = trained(TimeBudget(1e6), learning_rate_init=0.3, max_iter=best + 1)
    for one, other in zip(model.coefs_ + model.intercepts_, again.coefs_ + again.intercepts_, strict=True):
        assert np.array_equal(one, other)


def test_files_are_networks_of_their_epoch(tmp_path: Path) -> None:
    model = trained(ModelCheckpoint(tmp_path / "{epoch}.pynn"))
    net = Network.load(tmp_path / "12.pynn")
    assert net.epoch == 12
    np.testing.assert_array_equal(net.predict(X), model.predict_proba(X))
    short = trained(TimeBudget(1e6), max_iter=4)
    np.testing.assert_array_equal(Network.load(tmp_path / "4.pynn").predict(X), short.predict_proba(X))


class Hears(Callback):
    """Writes down what it hears, and adds a number of its own."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.heard.append(dict(self.params))

    def on_test_begin(self, logs: Any = None) -> None:
        self.heard.append("test")

    def on_test_end(self, logs: Any = None) -> None:
        logs["f1"] = 0.5

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.heard.append(batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        assert self.model.get_weights()[0].shape == (4, 6)
        self.heard.append(sorted(logs))


def test_hooks_and_what_is_added(tmp_path: Path) -> None:
    hears = Hears()
    trained([hears, CSVLogger(tmp_path / "log.csv")], max_iter=1, batch_size=40)
    params = {"epochs": 1, "steps": 2, "batch_size": 40, "rows": 75, "verbose": 0}
    assert hears.heard == [params, 0, 1, "test", ["loss", "val_f1", "val_loss"]]
    assert (tmp_path / "log.csv").read_text().startswith("epoch,loss,val_f1,val_loss\n0,")
    scored = Hears()
    trained(scored, max_iter=1, early_stopping=True)
    assert scored.heard[-1] == ["loss", "val_f1", "val_loss", "val_score"]
    with pytest.raises(TypeError, match="LambdaCallback put 'x' into logs"):
        trained(LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(note="x")))
    with pytest.raises(TypeError, match="did you mean on_epoch_end"):
        trained(type("Slip", (Callback,), {"on_epoch_ends": print})())


def test_terminate_on_nan() -> None:
    """The weights are the last finite ones, as for a network; without it the same is scikit-learn's ValueError."""
    wild: dict[str, Any] = {"optimizer": SGD(1e38), "max_iter": 5}
    with pytest.raises(ValueError, match="non-finite"):
        trained(TimeBudget(1e6), **wild)
    model = trained(TerminateOnNaN(), **wild)
    assert model.n_iter_ < 5 and all(np.isfinite(part).all() for part in (*model.coefs_, *model.intercepts_))


@pytest.mark.parametrize("name", [name for name in MAKE if name not in ("rate", "call")])
def test_copies_pickles_and_processes(name: str, tmp_path: Path) -> None:
    """A callback remembers its net; an engine and rows are not dragged along."""
    callback = MAKE[name](tmp_path)
    model = trained(callback, monitor="loss")
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    for part, other in zip(callback.net.get_weights()[::2], model.coefs_, strict=True):
        assert np.array_equal(part, other)
    fresh = clone(model).set_params(callbacks=[MAKE[name](tmp_path)] if name in ("csv", "board") else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert len(cross_val_predict(fresh, X, Y, cv=2, n_jobs=2)) == 150
