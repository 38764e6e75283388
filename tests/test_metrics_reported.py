"""What compile takes as metrics=: names, functions and objects; who hears of them, what files keep, what is refused."""

from __future__ import annotations

import functools
import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metric_tasks import CLASSES, YES, Mean, X, made, spread

from pynn import Callback, Dense, ModelFormatError, Network, metrics
from pynn.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from pynn.metrics import names
from pynn.metrics.fitted import Named
from pynn.metrics.names import Name

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
    head = "epoch,acc,auc,learning_rate,loss,spread,val_acc,val_auc,val_loss,val_spread\n"
    assert (tmp_path / "log.csv").read_text().startswith(head)
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
