"""What compile takes as metrics=, and what fit, evaluate, callbacks and files make of it.

The numbers are compared with pynn.metrics on the network's own predictions, which other tests compare with
scikit-learn; they are equal, not close, since it is the same code on the same arrays.
"""

from __future__ import annotations

import functools
import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import SGD, Adam, Callback, Dense, ModelFormatError, Network, Normalization, metrics
from pynn.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from pynn.metrics import names
from pynn.metrics.fitted import Named
from pynn.metrics.names import Name

DRAW = np.random.default_rng(5)
X = DRAW.normal(size=(120, 5))
SEVERAL = (X[:, :3] + 0.5 * DRAW.normal(size=(120, 3)) > 0).astype(int)
CLASSES = X[:, :4].argmax(axis=1)
YES = SEVERAL[:, 0]
NUMBERS = np.column_stack([X[:, 0] + X[:, 1], X[:, 2] ** 2])
WEIGHT = DRAW.integers(0, 4, 120) / 2
TRAIN, TEST = slice(0, 90), slice(90, 120)

TASKS: dict[str, tuple[Any, Any, str | None]] = {  # targets, last layer, loss
    "labels": (SEVERAL, Dense(3, "sigmoid"), None),
    "classes": (CLASSES, Dense(4, "softmax"), None),
    "one-hot": (np.eye(4)[CLASSES], Dense(4, "softmax"), None),
    "yes or no": (YES, Dense(1, "sigmoid"), None),
    "signs": (2 * YES - 1, Dense(1, "tanh"), "mse"),
    "numbers": (NUMBERS, Dense(2), None),
}
COUNTS = ["precision", "recall", "f1", "auc", "pr_auc", "hamming", "exact_match"]
OF_CLASSES = ["mcc", "balanced_accuracy", "cohen_kappa"]
NAMES = {
    "labels": [*COUNTS, "f1_micro", "f1_samples", "recall_weighted", "auc_micro", "roc_auc_weighted", "log_loss"],
    "classes": [*COUNTS, *OF_CLASSES, "f1_weighted", "top_k_categorical_accuracy", "top_2", "log_loss", "auc_micro"],
    "one-hot": [*COUNTS, *OF_CLASSES, "top_3", "log_loss", "r2"],
    "yes or no": [*COUNTS, *OF_CLASSES, "log_loss", "f1_macro", "r2"],
    "signs": [*COUNTS, *OF_CLASSES, "r2", "rmse"],
    "numbers": ["r2", "mape", "rmse", "mse", "mae"],
}


def made(task: str, asked: Any, engine: str = "native") -> Network:
    _, last, loss = TASKS[task]
    net = Network([Normalization(), Dense(8, "tanh"), last], seed=3, engine=engine)
    net.compile(loss=loss, optimizer=Adam(0.02), metrics=asked)
    return net


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


def spread(y_true: Any, y_pred: Any) -> float:
    return float(np.max(y_pred) - np.min(y_pred))


class Mean:
    """As Keras' metrics are; keeps a sum."""

    name = "mean_answer"

    def __init__(self) -> None:
        self.total = self.rows = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        weight = np.ones(len(y_pred)) if sample_weight is None else sample_weight
        self.total, self.rows = self.total + float(weight @ y_pred), self.rows + weight.sum()

    def result(self) -> Any:
        return np.float32(self.total / self.rows)

    def reset_state(self) -> None:
        self.total = self.rows = 0.0


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


def test_the_network_is_as_without_metrics(engine: str) -> None:
    """Not a bit of weights or loss depends on what is measured."""
    runs = []
    for asked in ([], ["accuracy"], ["auc", spread], ["accuracy", "f1", Mean()]):
        net = made("yes or no", asked, engine)
        history = net.fit(X, YES, epochs=4, batch_size=16, verbose=0)
        runs.append((net.fingerprint(), history.history["loss"]))
    assert all(run == runs[0] for run in runs)


# ---- where rows come from ----


def items(size: int = 30) -> list[Any]:
    return [(X[i : i + size], SEVERAL[i : i + size]) for i in range(0, 120, size)]


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
    weighted = [(x, y, np.arange(30.0)) for x, y in items()] + [(X[:2], SEVERAL[:2])]
    history = net.fit(weighted, verbose=0, shuffle=False, epochs=2, class_weight={0: 5.0}).history
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
    found = net.train_on_batch(X, CLASSES)
    assert list(found) == ["loss", "f1", "accuracy", "rmse"] and found == pytest.approx(before, rel=1e-6)
    assert net.evaluate(X, CLASSES) != before


# ---- names ----


@pytest.mark.parametrize(
    ("typed", "reported", "meant"),
    [
        ("acc", "acc", "accuracy"), ("sparse_categorical_accuracy",) * 2 + ("categorical_accuracy",),
        ("BinaryAccuracy", "binary_accuracy", "binary_accuracy"), ("AUC", "auc", "auc"), ("roc_auc", "roc_auc", "auc"),
        ("RootMeanSquaredError", "root_mean_squared_error", "rmse"), ("MSE", "mse", "mse"),
        ("F1Score", "f1_score", "f1"),
        ("mean_absolute_percentage_error",) * 2 + ("mape",), ("mean_squared_logarithmic_error",) * 2 + ("msle",),
        ("Precision", "precision", "precision"), ("average_precision", "average_precision", "pr_auc"),
        ("R2Score", "r2_score", "r2"), ("kappa", "kappa", "cohen_kappa"), ("matthews_corrcoef",) * 2 + ("mcc",),
        ("TopKCategoricalAccuracy", "top_k_categorical_accuracy", "top_k_accuracy"),
        ("hamming",) * 2 + ("hamming_loss",),
        ("top_3_accuracy", "top_3_accuracy", "top_k_accuracy"), ("binary_crossentropy",) * 2 + ("log_loss",),
        ("F1_Macro", "f1_macro", "f1"), ("subset_accuracy",) * 2 + ("exact_match",),
    ],
)  # fmt: skip
def test_names_that_people_type(typed: str, reported: str, meant: str) -> None:
    found = names.parse(typed)
    assert found is not None and found.base == meant and names.lower(typed) == reported
    assert names.rising(reported) is names.rising(f"val_{meant}") is (meant not in names.SMALLER)


def test_directions() -> None:
    up = [
        "val_acc",
        "auc",
        "f1_macro",
        "val_top_3",
        "mcc",
        "my_f1",
        "valid-auc",
        "exact_match",
        "r2",
        "val_balanced_accuracy",
    ]
    down = ["loss", "val_loss", "rmse", "val_mape", "log_loss", "hamming", "val_mean_squared_error"]
    assert [names.rising(one) for one in up] == [True] * len(up)
    assert [names.rising(one) for one in down] == [False] * len(down)
    assert names.rising("spread") is names.rising("val_") is names.rising("my_loss") is None


def test_a_monitor_is_found_by_its_other_names() -> None:
    logs = ["loss", "accuracy", "roc_auc", "top_3", "val_loss", "val_accuracy", "val_roc_auc", "val_top_3"]
    for wanted, found in (
        ("val_acc", "val_accuracy"), ("acc", "accuracy"), ("val_auc", "val_roc_auc"), ("loss", "loss"),
        ("val_binary_accuracy", "val_accuracy"), ("val_AUC", "val_roc_auc"), ("val_top_3_accuracy", "val_top_3"),
        ("val_top_5", None), ("f1", None), ("val_spread", None),
    ):  # fmt: skip
        assert names.find(wanted, logs) == found
    assert names.find("acc", ["binary_accuracy", "categorical_accuracy"]) is None  # which one?
    assert names.find("accuracy", ["loss", "val_accuracy"]) is None


def test_callbacks_hear_of_them(tmp_path: Path, capsys: Any) -> None:
    heard: list[Any] = []

    class Listen(Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            heard.append(dict(logs))

    stop, rate = (
        EarlyStopping("val_acc", patience=3, restore_best_weights=True),
        ReduceLROnPlateau("val_roc_auc", patience=1),
    )
    keep = ModelCheckpoint(tmp_path / "best.pynn", monitor="val_AUC", save_best_only=True)
    net = made("yes or no", ["acc", "auc", spread])
    table = CSVLogger(tmp_path / "log.csv")
    history = net.fit(
        X, YES, epochs=40, verbose=2, validation_split=0.3, callbacks=[stop, rate, keep, table, Listen()]
    ).history
    assert stop.watch.rising and rate.watch.rising and keep.watch.rising
    assert stop.best == max(history["val_acc"]) and 0 < stop.stopped_epoch < 39
    assert heard[-1] == {name: values[-1] for name, values in history.items()}
    assert (
        (tmp_path / "log.csv").read_text().startswith("epoch,acc,auc,loss,spread,val_acc,val_auc,val_loss,val_spread\n")
    )
    line = capsys.readouterr().out.splitlines()[-1]
    assert f"  auc {history['auc'][-1]:.4f}  spread " in line and f"  val_auc {history['val_auc'][-1]:.4f}  " in line
    best = Network.load(tmp_path / "best.pynn", custom=[spread])
    assert best.evaluate(X[84:], YES[84:])["auc"] == max(history["val_auc"])


def test_each_metric_once() -> None:
    net = made("yes or no", ["acc", "accuracy", "AUC", "roc_auc", spread, spread])
    net.fit(X, YES, verbose=0)
    assert list(net.evaluate(X, YES)) == ["loss", "acc", "auc", "spread"]


# ---- files ----


def test_resuming_with_metrics_changes_no_bit(engine: str, tmp_path: Path) -> None:
    asked = ["accuracy", "F1Score", spread, Mean(), "top_1"]
    net = made("classes", [one for one in asked if not isinstance(one, Mean)], engine)
    net.fit(X, CLASSES, epochs=2, verbose=0)
    net.save(tmp_path / "a.pynn")
    again = Network.load(tmp_path / "a.pynn", engine=engine, custom=[spread])
    histories = [one.fit(X, CLASSES, epochs=2, verbose=0, validation_split=0.2).history for one in (net, again)]
    assert histories[0] == histories[1] and "val_f1_score" in histories[0] and "val_spread" in histories[0]
    assert net.fingerprint() == again.fingerprint()
    net.save(tmp_path / "b.pynn")
    again.save(tmp_path / "c.pynn")
    assert (tmp_path / "b.pynn").read_bytes() == (tmp_path / "c.pynn").read_bytes()


def test_a_files_own_metrics_have_to_be_given(tmp_path: Path) -> None:
    net = made("yes or no", ["auc", spread, Mean()])
    net.fit(X, YES, verbose=0)
    net.save(tmp_path / "a.pynn")
    found = Network.load(tmp_path / "a.pynn", custom={"spread": lambda y_true, y_pred: 7.0, "mean_answer": Mean()})
    assert found.evaluate(X, YES)["spread"] == 7
    for custom, missing in (([], "spread"), ([spread], "mean_answer"), ([Mean()], "spread")):
        with pytest.raises(ModelFormatError, match=rf"metrics\[\d\]: '{missing}' is unknown; .*custom="):
            Network.load(tmp_path / "a.pynn", custom=custom)


def test_a_metric_under_another_name(tmp_path: Path) -> None:
    """What front ends use: a name of the user's choice for a metric of pynn, which a file keeps."""
    asked = [
        Named("prc", Name("pr_auc")),
        Named("right", Name("accuracy")),
        Named("best_two", Name("top_k_accuracy", k=2)),
    ]
    asked += [Named("tp", Name("recall", "micro"))]
    net = made("classes", asked)
    net.fit(X, CLASSES, verbose=0)
    net.save(tmp_path / "a.pynn")
    found = Network.load(tmp_path / "a.pynn").evaluate(X, CLASSES)
    assert list(found) == ["loss", "prc", "right", "best_two", "tp"] and found == net.evaluate(X, CLASSES)
    assert found["prc"] == metrics.pr_auc(CLASSES, net.predict(X)) and found["tp"] == pytest.approx(found["right"])
    for one in asked:
        assert names.parse(one.what.typed) == one.what


# ---- bad input ----


@pytest.mark.parametrize("held_out", [False, True])
def test_a_metric_that_raises_loses_nothing(held_out: bool) -> None:
    """Its own error, with a note on which one, when, and on which rows; the epoch counts, and the network goes on."""
    calls = []

    def touchy(y_true: Any, y_pred: Any) -> float:
        calls.append(len(y_true))
        if len(calls) == (4 if held_out else 3):
            raise ZeroDivisionError("by 0")
        return 1.0

    options: dict[str, Any] = {"validation_split": 0.25} if held_out else {}
    net, other = made("yes or no", ["auc", touchy]), made("yes or no", [])
    with pytest.raises(ZeroDivisionError, match="by 0") as caught:
        net.fit(X, YES, epochs=9, verbose=0, **options)
    epoch = 2 if held_out else 3
    rows = "validation" if held_out else "training"
    assert f"metric 'touchy' raised this for the {rows} rows of epoch {epoch}" in caught.value.__notes__[0]
    assert net.epoch == epoch and net.history.epoch == list(range(epoch))
    last = {name: values[-1] for name, values in net.history.history.items()}
    assert math.isfinite(last["loss"]) and math.isnan(last["val_touchy" if held_out else "touchy"])
    other.fit(X, YES, epochs=epoch, verbose=0, **options)
    assert net.fingerprint() == other.fingerprint()
    net.fit(X, YES, epochs=2, verbose=0, **options)
    other.fit(X, YES, epochs=2, verbose=0, **options)
    assert net.fingerprint() == other.fingerprint()


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (np.ones(3), r"'wrong' returned an array of shape \(3,\); expected one number"),
        ([1.0], r"'wrong' returned an array of shape \(1,\)"),
        (None, "'wrong' returned None"),
        ("high", "'wrong' returned 'high'"),
        (1j, "'wrong' returned 1j"),
        ([[1], [1, 2]], "'wrong' returned"),
    ],
)
def test_a_metric_that_returns_no_number(returned: Any, words: str) -> None:
    def wrong(y_true: Any, y_pred: Any) -> Any:
        return returned

    net = made("yes or no", [wrong])
    with pytest.raises(TypeError, match=f"metrics: {words}"):
        net.fit(X, YES, verbose=0)
    with pytest.raises(TypeError, match=f"metrics: {words}"):
        net.evaluate(X, YES)
    assert net.epoch == 1


def test_a_metric_without_a_value_is_nan_and_said_once(caplog: Any) -> None:
    """Validation rows of one class alone have no area; the training goes on, and so does who monitors it."""
    alone = np.flatnonzero(YES == 1)[:20]
    net = made("yes or no", ["auc", "pr_auc", "f1"])
    stop = EarlyStopping("val_auc", patience=2)
    with caplog.at_level(logging.WARNING, "pynn"):
        history = net.fit(X, YES, epochs=9, verbose=0, validation_data=(X[alone], YES[alone]), callbacks=stop).history
    assert all(map(math.isnan, history["val_auc"])) and history["val_pr_auc"][0] == 1 and history["auc"][-1] > 0.5
    assert [r.message for r in caplog.records if "nan" in r.message] == [
        "auc is nan for the validation rows of epoch 1: y_true: all rows are of class 1; "
        "expected rows of two classes, of it and others"
    ]
    assert 1 <= stop.stopped_epoch < 9


def test_outputs_that_are_not_finite(caplog: Any) -> None:
    net = Network([Dense(1)], inputs=1)
    net.compile(metrics=["r2", "mape"])
    net.set_weights([np.full((1, 1), 1e30), np.zeros(1)])
    with caplog.at_level(logging.WARNING, "pynn"):
        found = net.evaluate([[1e30], [1.0]], [1.0, 2.0])
    assert (
        math.isnan(found["r2"]) and "r2 is nan for the rows of evaluate: the outputs are not all finite" in caplog.text
    )


@pytest.mark.parametrize(
    ("task", "asked", "words"),
    [
        ("yes or no", "f1_samples", "'f1_samples' is for several labels a row"),
        ("classes", "recall_samples", "'recall_samples' is for several"),
        ("yes or no", "categorical_accuracy", "'categorical_accuracy' of one output is always 1"),
        ("numbers", "log_loss", "'log_loss' needs probabilities; linear outputs"),
        ("labels", "mcc", "'mcc' is for one class a row"),
        ("labels", "top_3", "'top_3' is for one class a row"),
        ("yes or no", "top_5", "'top_5' of one output"),
        ("yes or no", "auc_samples", "'auc_samples' is unknown"),
        ("yes or no", "f1_makro", "'f1_makro' is unknown; .* Did you mean 'f1_macro'"),
    ],
)
def test_names_that_do_not_fit(task: str, asked: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"metrics: {words}"):
        made(task, [asked])


def test_names_that_are_taken() -> None:
    for taken in ("loss", "val_auc"):
        function: Any = functools.partial(spread)
        function.name = taken
        with pytest.raises(ValueError, match=f"metrics: '{taken}' is the name of another number"):
            made("yes or no", [function])
