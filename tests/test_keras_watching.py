"""pynn.keras: metrics as objects, in compile and alone, and callbacks that look at their model.

The oracles are pynn's functions of metrics, which are compared with scikit-learn's elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import keras
from pynn.keras import Sequential, callbacks, layers, metrics

X = np.random.default_rng(6).normal(0, 1, (80, 4))
Y = (X[:, 0] + 0.3 * X[:, 3] > 0).astype(int)
K3 = Y + (X[:, 1] > 0)


def judge(given: Any, units: int = 1, end: str = "sigmoid", loss: Any = "binary_crossentropy") -> Sequential:
    model = Sequential([layers.Dense(4, "tanh", input_dim=4), layers.Dense(units, end)])
    model.compile("adam", loss, metrics=given)
    return model


def test_objects_are_reported_under_keras_names() -> None:
    kinds = [metrics.BinaryAccuracy(), metrics.AUC(), metrics.AUC(curve="PR", name="prc"), metrics.Precision()]
    model = judge([*kinds, metrics.Recall(), metrics.F1Score(), metrics.MeanSquaredError(name="mine")])
    history = model.fit(X, Y, epochs=2, verbose=0, validation_split=0.25)
    names = ["binary_accuracy", "auc", "prc", "precision", "recall", "f1_score", "mine"]
    assert model.metrics_names == ["loss", *names]
    assert list(history.history) == ["loss", *names, "val_loss", *(f"val_{name}" for name in names)]
    found, p = dict(zip(model.metrics_names, model.evaluate(X, Y), strict=True)), model.predict(X)[:, 0]
    assert found["auc"] == pytest.approx(pynn.metrics.auc(*pynn.metrics.roc_curve(Y, p)[:2]))
    assert found["precision"] == pytest.approx(pynn.metrics.precision(Y, p > 0.5))
    assert found["mine"] == pytest.approx(np.mean((p - Y) ** 2), rel=1e-5)


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (metrics.CategoricalAccuracy, lambda y, p: np.mean(p.argmax(axis=1) == y)),
        (metrics.SparseCategoricalAccuracy, lambda y, p: np.mean(p.argmax(axis=1) == y)),
        (lambda: metrics.TopKCategoricalAccuracy(k=2), lambda y, p: np.mean(p.argmin(axis=1) != y)),
        (metrics.SparseCategoricalCrossentropy, pynn.metrics.log_loss),
        (metrics.Accuracy, lambda y, p: np.mean(p.argmax(axis=1) == y)),
        (metrics.MeanAbsoluteError, lambda y, p: np.mean(abs(np.eye(3)[y] - p))),
        (metrics.RootMeanSquaredError, lambda y, p: np.mean((np.eye(3)[y] - p) ** 2) ** 0.5),
        (lambda: metrics.F1Score("macro"), lambda y, p: pynn.metrics.f1(y, p.argmax(axis=1), average="macro")),
    ],
)  # fmt: skip
def test_objects_alone(made: Any, value: Any) -> None:
    p = judge([], 3, "softmax", "sparse_categorical_crossentropy").predict(X)
    alone = made()
    alone.update_state(K3[:30], p[:30])
    alone.update_state(K3[30:], p[30:])
    assert alone.result() == pytest.approx(value(K3, p))
    alone.reset_state()
    assert alone(np.eye(3)[K3], p) == pytest.approx(value(K3, p))
    with pytest.raises(ValueError, match="no rows yet"):
        made().result()


def test_an_object_and_its_name_in_compile_agree() -> None:
    named, renamed = judge(["auc"]), judge([metrics.AUC(name="area")])
    assert renamed.evaluate(X, Y)[1] == named.evaluate(X, Y)[1]
    logits = Sequential([layers.Dense(1, input_dim=4)])
    logits.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), metrics=[metrics.AUC(), "accuracy"])
    assert logits.evaluate(X, Y)[2] == pytest.approx(np.mean((logits.predict(X)[:, 0] > 0) == Y))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.BinaryAccuracy(threshold=0.3), "threshold: 0.3 is not possible"),
        (lambda: metrics.Precision(thresholds=[0.1, 0.2]), r"thresholds: \[0.1, 0.2\] is not possible"),
        (lambda: metrics.Recall(class_id=1), "class_id: 1 is not possible for Recall"),
        (lambda: metrics.AUC(curve="LIFT"), "curve: 'LIFT' is unknown"),
        (lambda: metrics.SparseCategoricalCrossentropy(from_logits=True), "from_logits: True is not possible"),
    ],
)
def test_what_would_be_another_number_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_functions_and_subclasses() -> None:
    def share(y_true: Any, y_pred: Any) -> Any:
        return np.mean(y_pred > 0.5)

    model = judge([share])
    assert model.metrics_names == ["loss", "share"]
    assert model.evaluate(X, Y)[1] == pytest.approx(np.mean(model.predict(X) > 0.5))

    class Strange(metrics.Metric):
        pass

    with pytest.raises(TypeError, match="Strange: a metric of one's own needs update_state and result"):
        Strange()

    class Most(metrics.Metric):
        def reset_state(self) -> None:
            self.most = 0.0

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.most = max(self.most, float(np.max(y_pred)))

        def result(self) -> float:
            return self.most

    model = judge([Most(name="most")])
    assert model.evaluate(X, Y)[1] == model.predict(X).max() and model.metrics_names[1] == "most"


# ---- callbacks ---------------------------------------------------------------------------------


class Watcher(callbacks.Callback):
    """What Keras' users do in a callback: look at the model, add to logs, stop."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss, accuracy = self.model.evaluate(X, Y, verbose=0)
        assert self.model.predict(X, verbose=0).shape == (80, 1)
        logs["looked"] = accuracy
        self.seen.append((loss, [len(layer.get_weights()) for layer in self.model.layers]))
        if epoch == 2:
            self.model.stop_training = True


def test_a_callback_has_the_model() -> None:
    model, watcher = judge(["accuracy"]), Watcher()
    history = model.fit(X, Y, epochs=9, verbose=0, callbacks=[watcher])
    assert watcher.model is model and len(watcher.seen) == 3 == len(history.history["looked"])
    assert watcher.seen[-1] == (model.evaluate(X, Y)[0], [2, 2])
    model.fit(X, Y, verbose=0, callbacks=watcher)  # one that stands alone
    assert len(watcher.seen) == 4


def test_callbacks_of_answers() -> None:
    told: list[str] = []
    hook = callbacks.LambdaCallback(on_train_begin=lambda logs: told.append("train"))
    hook.on_test_begin = lambda logs=None: told.append("test")
    hook.on_predict_end = lambda logs=None: told.append("predict")
    model = judge([])
    model.evaluate(X, Y, callbacks=[hook])
    model.predict(X, callbacks=[hook])
    assert told == ["test", "predict"]


def test_a_checkpoint_is_the_model(tmp_path: Path) -> None:
    model = judge(["accuracy"])
    path = tmp_path / "best.pynn"
    model.fit(X, Y, epochs=3, verbose=0, validation_split=0.2, callbacks=[callbacks.ModelCheckpoint(path)])
    again = keras.models.load_model(path)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    model.fit(
        X, Y, verbose=0, validation_split=0.2, callbacks=[callbacks.ModelCheckpoint(path, save_weights_only=True)]
    )
    again.load_weights(path)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
