"""Metrics while fitting: what fit, evaluate and train_on_batch report, whatever the rows come from.

The numbers are compared with pynn.metrics on the network's own predictions, which other tests compare with
scikit-learn; they are equal, not close, since it is the same code on the same arrays. Names, callbacks, files and bad
input: test_metrics_reported.py.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metric_tasks import CLASSES, NAMES, SEVERAL, TASKS, TEST, TRAIN, WEIGHT, YES, Mean, X, made, spread

from pynn import SGD, Callback, Dense, Network, metrics


def by_hand(task: str, name: str, y: Any, p: Any, weight: Any = None) -> float:
    """The metric of pynn.metrics that the name stands for, on predictions."""
    base, _, average = (
        name.rpartition("_") if name.endswith(("macro", "micro", "weighted", "samples")) else (name, "", "")
    )
    base = {"hamming": "hamming_loss", "auc": "roc_auc"}.get(base, base)
    one = {"sample_weight": weight}
    if base in ("rmse", "mse", "mae"):
        return getattr(metrics, base)(y, p)  # sums of the engine: each row counts once
    if base in ("r2", "mape"):
        return getattr(metrics, base)(y, p, **one)
    if base.startswith("top_"):
        return metrics.top_k_accuracy(y, p, 5 if "k" in base else int(base[-1]), **one)
    several = {"multilabel": task == "labels"}
    if base == "log_loss":
        return metrics.log_loss(y, p, **one, **several)
    true = (y > 0).astype(int) if task == "signs" else y.argmax(axis=1) if task == "one-hot" else y
    if base in ("roc_auc", "pr_auc"):
        return getattr(metrics, base)(true, p, average=average or "macro", **one, **several)
    said = p.argmax(axis=1) if p.shape[1] == 4 else (p > 0.5).astype(int)
    if base in ("precision", "recall", "f1"):
        usual = "macro" if p.shape[1] > 1 else "binary"
        return getattr(metrics, base)(true, said, average=average or usual, **one, **several)
    options = one | several if base in ("exact_match", "hamming_loss") else one
    return getattr(metrics, base)(true, said, **options)


@pytest.mark.parametrize("task", NAMES)
def test_every_name_is_its_metric(task: str, engine: str) -> None:
    """In evaluate, in the History (training rows with the epoch's last weights) and of validation rows; in order."""
    y, net = TASKS[task][0], made(task, NAMES[task], engine)
    history = net.fit(X[TRAIN], y[TRAIN], epochs=3, verbose=0, validation_data=(X[TEST], y[TEST])).history
    assert list(history) == ["loss", *NAMES[task], "val_loss", *(f"val_{name}" for name in NAMES[task])]
    found = net.evaluate(X[TEST], y[TEST])
    assert list(found) == ["loss", *NAMES[task]]
    for name in NAMES[task]:
        free = name in ("rmse", "mse", "mae")  # the engine's sum of an epoch, its weights changing
        close = functools.partial(pytest.approx, rel=1e-6) if free else lambda value: value
        assert found[name] == close(by_hand(task, name, y[TEST], net.predict(X[TEST]))), name
        assert history[f"val_{name}"][-1] == found[name]
        if not free:
            assert history[name][-1] == by_hand(task, name, y[TRAIN], net.predict(X[TRAIN])), name
        assert len(history[name]) == 3


@pytest.mark.parametrize("task", [task for task in NAMES if task != "numbers"])
def test_sample_weights_are_scikit_learns(task: str) -> None:
    y, net = TASKS[task][0], made(task, NAMES[task])
    kept = {"sample_weight": WEIGHT[TRAIN], "validation_data": (X[TEST], y[TEST], WEIGHT[TEST])}
    history = net.fit(X[TRAIN], y[TRAIN], epochs=2, verbose=0, class_weight=None, **kept).history
    found = net.evaluate(X[TEST], y[TEST], sample_weight=WEIGHT[TEST])
    for name in NAMES[task]:
        if name != "rmse":
            assert found[name] == by_hand(task, name, y[TEST], net.predict(X[TEST]), WEIGHT[TEST]), name
            assert history[f"val_{name}"][-1] == found[name]
            assert history[name][-1] == by_hand(task, name, y[TRAIN], net.predict(X[TRAIN]), WEIGHT[TRAIN]), name


# ---- several labels --------------------------------------------------------------------------


def test_the_loss_decides_what_accuracy_is(engine: str) -> None:
    """Where every answer is right the accuracy is 1; the largest output is another question."""
    net = Network([Dense(3, "sigmoid")], inputs=3, engine=engine, dtype="float64")
    x = np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1], [1, 1, 1.0]])
    net.compile(loss="binary_crossentropy", metrics=["accuracy", "exact_match", "categorical_accuracy"])
    net.set_weights([np.diag([20.0, 21, 22]), np.full(3, -10.0)])
    found = net.evaluate(x, x)
    assert (found["accuracy"], found["exact_match"]) == (1, 1) and found["categorical_accuracy"] < 1
    net.set_weights([np.diag([20.0, 21, 22]), np.array([-10.0, -10, 30])])  # the last label is always said
    found = net.evaluate(x, x)
    assert (found["accuracy"], found["exact_match"]) == (pytest.approx(10 / 12), 2 / 4)
    net.compile(loss="mse", metrics=["accuracy", "binary_accuracy", "exact_match"])  # classes: the largest output
    found = net.evaluate(np.eye(3), np.eye(3))
    assert found["accuracy"] == found["exact_match"] == 1 / 3 and found["binary_accuracy"] == 7 / 9


def test_a_softmax_has_classes_whatever_the_loss() -> None:
    net = Network([Dense(3, "softmax")], inputs=3)
    net.compile(loss="binary_crossentropy", metrics=["accuracy", "f1"])
    net.set_weights([np.eye(3), np.zeros(3)])
    assert net.evaluate(np.eye(3), np.eye(3))["accuracy"] == 1  # all outputs are below 0.58


def test_both_kinds_of_accuracy_are_the_engines(engine: str) -> None:
    """The second kind is computed from predictions, and counts as the engine does."""
    kinds = ["binary_accuracy", "categorical_accuracy"]
    found = []
    for asked in (kinds, kinds[::-1], kinds[:1], kinds[1:]):
        net = made("one-hot", asked, engine)
        net.fit(X, np.eye(4)[CLASSES], verbose=0)
        found.append(net.evaluate(X, np.eye(4)[CLASSES], sample_weight=WEIGHT))
    for one in found[1:]:
        assert {name: value for name, value in found[0].items() if name in one} == pytest.approx(one, rel=1e-12)
    assert found[0]["binary_accuracy"] != found[0]["categorical_accuracy"]


# ---- the user's own ----


def test_functions_and_objects() -> None:
    shapes = []

    def seen(y_true: Any, y_pred: Any) -> Any:
        shapes.append((y_true.shape, y_pred.shape, y_true.dtype.kind))
        with pytest.raises(ValueError, match="read-only"):
            y_true[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            y_pred[0] = 1
        return np.array(len(y_true))

    weighed = functools.partial(metrics.roc_auc, average="macro")
    net = made("yes or no", [spread, Mean(), seen, weighed, metrics.log_loss])
    history = net.fit(X[TRAIN], YES[TRAIN], epochs=2, verbose=0, validation_data=(X[TEST], YES[TEST], WEIGHT[TEST]))
    assert list(history.history)[:6] == ["loss", "spread", "mean_answer", "seen", "roc_auc", "log_loss"]
    p = net.predict(X[TEST])[:, 0]
    last = {name: values[-1] for name, values in history.history.items()}
    assert last["val_spread"] == p.max() - p.min() and last["val_seen"] == 30 and last["seen"] == 90
    assert last["val_mean_answer"] == pytest.approx(np.average(p, weights=WEIGHT[TEST]), rel=1e-6)
    assert last["val_roc_auc"] == metrics.roc_auc(YES[TEST], p, sample_weight=WEIGHT[TEST])
    assert set(shapes) == {((90,), (90,), "f"), ((30,), (30,), "f")}
    shapes.clear()
    for task in ("classes", "one-hot", "labels"):
        made(task, seen).fit(X, TASKS[task][0], verbose=0)
    assert shapes == [((120,), (120, 4), "i"), ((120, 4), (120, 4), "f"), ((120, 3), (120, 3), "f")]


def test_scikit_learns_functions_are_metrics() -> None:
    sk = pytest.importorskip("sklearn.metrics")
    net = made("yes or no", [sk.roc_auc_score, sk.brier_score_loss])
    net.fit(X, YES, verbose=0)
    found = net.evaluate(X, YES, sample_weight=WEIGHT)
    assert found["roc_auc_score"] == pytest.approx(sk.roc_auc_score(YES, net.predict(X), sample_weight=WEIGHT))


class Listening(Callback):
    def on_epoch_end(self, epoch: int, logs: Any) -> None: ...


def test_the_network_is_as_without_metrics(engine: str) -> None:
    """Not a bit of weights or loss depends on what is measured."""
    runs = []
    for asked in ([], ["accuracy"], ["auc", spread], ["accuracy", "f1", Mean()]):
        net = made("yes or no", asked, engine)
        history = net.fit(X, YES, epochs=4, batch_size=16, verbose=0)
        runs.append((net.fingerprint(), history.history["loss"]))
    assert all(run == runs[0] for run in runs)


def test_the_root_is_the_same_whoever_listens(engine: str) -> None:
    """Many epochs in one call, or one by one: rmse is the correctly rounded root of the epoch's mse."""
    runs = []
    for listening in ((), Listening()):
        net = made("numbers", ["rmse", "mse"], engine)
        runs.append(net.fit(X, TASKS["numbers"][0], epochs=30, verbose=0, callbacks=listening).history)
    assert runs[0] == runs[1] and runs[0]["rmse"] == [math.sqrt(value) for value in runs[0]["mse"]]


# ---- where rows come from ----


def items(size: int = 30) -> list[Any]:
    return [(X[i : i + size], SEVERAL[i : i + size]) for i in range(0, 120, size)]


class Weighted:
    """Batches with weights, in one array that is filled anew; the last one has none."""

    def __iter__(self) -> Any:
        room = np.empty(30)
        for x, y in items():
            room[...] = np.arange(30.0)
            yield x, y, room
            room[...] = 0
        yield X[:2], SEVERAL[:2]


def test_batches_are_predicted_before_their_steps(engine: str) -> None:
    """A generator's rows come once, and its array may be filled again. Sample weights count, class weights do not."""
    asked = ["f1", "auc", "exact_match"]

    def flow() -> Any:
        room, marks = np.empty((30, 5)), np.empty((30, 3))
        for x, y in items():
            room[...], marks[...] = x, y
            yield room, marks

    net = Network([Dense(8, "tanh"), Dense(3, "sigmoid")], inputs=5, engine=engine, seed=3)
    net.compile(optimizer=SGD(0.0), metrics=asked)  # nothing is learned: before and after are the same
    history = net.fit(flow(), verbose=0).history
    found = net.evaluate(X, SEVERAL)
    assert {name: values[0] for name, values in history.items() if name != "loss"} == {
        name: found[name] for name in asked
    }
    history = net.fit(Weighted(), verbose=0, shuffle=False, epochs=2, class_weight={0: 5.0}).history
    rows = np.r_[np.arange(120), 0, 1]
    found = net.evaluate(X[rows], SEVERAL[rows], sample_weight=np.r_[np.tile(np.arange(30.0), 4), 1, 1])
    assert history["f1"] == [found["f1"]] * 2 and history["auc"] == [found["auc"]] * 2


def test_batches_end_where_a_callback_says(engine: str) -> None:
    class Stop(Callback):
        def on_batch_end(self, batch: int, logs: Any) -> None:
            self.net.stop_training = batch == 1

    net = made("labels", [lambda y_true, y_pred: len(y_true)], engine)
    assert net.fit(items(), shuffle=False, callbacks=Stop(), verbose=0).history["<lambda>"] == [60]


def test_files_and_sparse_rows_are_measured_as_arrays(engine: str, tmp_path: Path) -> None:
    asked = ["f1", "auc", "log_loss"]
    whole = made("labels", asked, engine)
    expected = whole.fit(X, SEVERAL, epochs=2, verbose=0, validation_split=0.25).history
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert (
        made("labels", asked, engine).fit(mapped, SEVERAL, epochs=2, verbose=0, validation_split=0.25).history
        == expected
    )
    blocks = made("labels", asked, engine).fit(mapped, SEVERAL, epochs=2, verbose=0, shuffle="blocks").history
    assert list(blocks) == ["loss", *asked] and blocks["auc"][-1] > 0.5
    sparse = pytest.importorskip("scipy.sparse")
    flat = np.where(np.abs(X) < 0.5, 0, X)
    runs = []
    for x in (flat, sparse.csr_matrix(flat)):
        net = Network([Dense(8, "tanh"), Dense(3, "sigmoid")], seed=3, engine=engine)
        net.compile(metrics=asked)
        runs.append((net.fit(x, SEVERAL, epochs=2, verbose=0, validation_split=0.25).history, net.evaluate(x, SEVERAL)))
    assert runs[0] == runs[1]


def test_class_weights_are_not_the_metrics_affair() -> None:
    net = made("yes or no", ["precision", "f1"])
    history = net.fit(X, YES, epochs=2, verbose=0, class_weight={0: 1, 1: 9}).history
    found = net.evaluate(X, YES)
    assert history["precision"][-1] == found["precision"] and history["f1"][-1] == found["f1"]


def test_train_on_batch_measures_before_the_step() -> None:
    net = made("classes", ["f1", "accuracy", "rmse"])
    net.fit(X, CLASSES, verbose=0)
    before = net.evaluate(X, CLASSES)
    found = net.train_on_batch(X, CLASSES, class_weight=dict.fromkeys(range(4), 2.0) | {0: 9.0})
    assert found.pop("loss") != before.pop("loss")  # class weights are in the loss alone
    assert list(found) == ["f1", "accuracy", "rmse"] and found == pytest.approx(before, rel=1e-6)
    assert net.evaluate(X, CLASSES)["f1"] != before["f1"]
