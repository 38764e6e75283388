"""pynn.keras: losses with and without logits, optimizers under both names of the rate, schedules, activations, helpers,
training on batches. The oracle is the formula, or a Network with the same parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import keras
from pynn.keras import Sequential, activations, initializers, layers, losses, optimizers, utils
from pynn.keras.callbacks import TerminateOnNaN

X = np.random.default_rng(4).normal(0, 1, (60, 5))
Y = (X[:, 0] > X[:, 1]).astype(int)
K3 = Y + (X[:, 2] > 0)


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    shares = np.exp(z - z.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


# ---- losses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "units", "end", "y"),
    [
        (losses.BinaryCrossentropy(from_logits=True), 1, "sigmoid", Y),
        (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), 1, "sigmoid", Y),
        (losses.CategoricalCrossentropy(from_logits=True), 3, "softmax", np.eye(3)[K3]),
        (losses.SparseCategoricalCrossentropy(from_logits=True), 3, "softmax", K3),
    ],
)
def test_logits_train_as_probabilities_do(loss: losses.Loss, units: int, end: str, y: Any, tmp_path: Path) -> None:
    """The network is the one with the activation; what the model answers is its z."""
    model = Sequential([layers.Dense(4, "tanh", input_dim=5), layers.Dense(units)], seed=2)
    model.compile("sgd", loss, metrics=["accuracy"])
    net = pynn.Network([pynn.Dense(4, "tanh"), pynn.Dense(units, end)], inputs=5, seed=2)
    net.compile(loss.meant, optimizer=pynn.SGD(0.01), metrics=["accuracy"])
    history = model.fit(X, y, epochs=3, verbose=0)
    assert history.history == net.fit(X, y, epochs=3, verbose=0).history
    assert model.network.fingerprint() == net.fingerprint() and model.evaluate(X, y) == list(
        net.evaluate(X, y).values()
    )
    z = model.predict(X).astype(np.float64)
    probable = sigmoid(z) if end == "sigmoid" else softmax(z)
    np.testing.assert_allclose(probable, net.predict(X), rtol=1e-5)
    np.testing.assert_allclose(loss(y, z), net.evaluate(X, y)["loss"], rtol=1e-5)
    model.save(tmp_path / "logits.pynn")
    again = keras.models.load_model(tmp_path / "logits.pynn")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    again.fit(X, y, verbose=0)
    model.fit(X, y, verbose=0)
    assert again.network.fingerprint() == model.network.fingerprint()


def test_weights_stay_when_a_loss_takes_logits() -> None:
    model = Sequential([layers.Dense(1, input_dim=5)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    weights, answers = model.get_weights(), model.predict(X)
    model.compile("sgd", losses.BinaryCrossentropy(from_logits=True))
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    np.testing.assert_array_equal(model.predict(X), answers)
    assert model.network.epoch == 1
    model.compile("sgd", "mse")
    np.testing.assert_array_equal(model.predict(X), answers)


def test_logits_after_an_activation_are_refused() -> None:
    model = Sequential([layers.Dense(1, "sigmoid", input_dim=5)])
    with pytest.raises(ValueError, match="from_logits: True after sigmoid is not possible"):
        model.compile("sgd", losses.BinaryCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="from_logits: True is not possible for MeanSquaredError"):
        losses.MeanSquaredError(from_logits=True)


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (losses.MeanSquaredError(), lambda y, p: np.mean((y - p) ** 2)),
        (losses.MeanAbsoluteError(), lambda y, p: np.mean(abs(y - p))),
        (losses.BinaryCrossentropy(), lambda y, p: -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))),
        (
            losses.Huber(0.1),
            lambda y, p: np.mean(np.where(abs(y - p) < 0.1, (y - p) ** 2 / 2, 0.1 * (abs(y - p) - 0.05))),
        ),
        (losses.Poisson(), lambda y, p: np.mean(p - y * np.log(p))),
        (losses.CategoricalCrossentropy(), lambda y, p: -np.mean((y * np.log(p)).sum(axis=1))),
    ],
)
def test_losses_can_be_called(loss: losses.Loss, value: Any) -> None:
    y, p = np.eye(3)[K3], softmax(X[:, :3])
    np.testing.assert_allclose(loss(y, p), value(y, p), rtol=1e-5)  # Poisson adds 1e-7 to p >= 0.01
    weights = np.arange(60) % 2
    np.testing.assert_allclose(loss(y, p, weights) * 60, loss(y[1::2], p[1::2]) * 30, rtol=1e-12)
    function = losses.Function(loss.meant.name)
    if loss.meant == losses.get(loss.meant.name).meant:
        np.testing.assert_allclose(function(y, p).mean(), loss(y, p), rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("MSE", "mse"), ("mean_squared_error", "mse"), ("MeanSquaredError", "mse"), ("huber_loss", "huber"),
        ("BinaryCrossentropy", "binary_crossentropy"), (losses.mean_absolute_error, "mae"), (["mae"], "mae"),
        ("sparse_categorical_crossentropy", "categorical_crossentropy"), ("half_mse", "half_mse"),
        (pynn.losses.Quantile(0.9), "quantile"),
    ],
)  # fmt: skip
def test_names_of_losses(given: Any, name: str) -> None:
    assert losses.get(given).meant.name == name


# ---- optimizers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "same"),
    [
        (optimizers.SGD(lr=0.1, decay=1e-3, momentum=0.9, nesterov=True), pynn.SGD(0.1, 0.9, True, 1e-3)),
        (optimizers.SGD(nesterov=True), pynn.SGD()),
        (optimizers.Adam(1e-2, epsilon=None, clipnorm=1.0), pynn.Adam(1e-2, clipnorm=1.0)),
        (optimizers.Adam(lr=0.1, decay=0.01), pynn.Adam(pynn.schedules.InverseTime(0.1, 0.01))),
        (optimizers.Adam(weight_decay=0.1), pynn.AdamW(weight_decay=0.1)),
        (optimizers.AdamW(), pynn.AdamW()),
        (optimizers.RMSprop(lr=0.1, rho=0.8, decay=0.0), pynn.RMSprop(0.1, 0.8)),
        (optimizers.legacy.Adam(0.2), pynn.Adam(0.2)),
        (optimizers.Adam(amsgrad=True), pynn.Adam(amsgrad=True)),
        (optimizers.Nadam(lr=0.2, epsilon=1e-5), pynn.optimizers.Nadam(0.2, epsilon=1e-5)),
        (optimizers.Adamax(0.2, 0.8, weight_decay=0.1), pynn.optimizers.Adamax(0.2, 0.8, weight_decay=0.1)),
        (optimizers.Adagrad(), pynn.optimizers.Adagrad()),
        (optimizers.Lion(decay=0.1), pynn.optimizers.Lion(pynn.schedules.InverseTime(0.001, 0.1))),
        (optimizers.get("nadam"), pynn.optimizers.Nadam()),
        (optimizers.get("RMSprop"), pynn.RMSprop()),
        (
            optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 100, 0.5)),
            pynn.SGD(pynn.schedules.Exponential(0.1, 0.5**0.01)),
        ),
    ],
)
def test_optimizers_are_those_of_pynn(made: Any, same: Any) -> None:
    assert made.plan() == same.plan()
    np.testing.assert_array_equal(made.rates(0, 50), same.rates(0, 50))


def test_schedules_have_keras_formulas() -> None:
    step = np.arange(300)
    kinds = optimizers.schedules
    for made, rates in (
        (kinds.ExponentialDecay(0.1, 100, 0.5), 0.1 * 0.5 ** (step / 100)),
        (kinds.ExponentialDecay(0.1, 100, 0.5, staircase=True), 0.1 * 0.5 ** (step // 100)),
        (kinds.InverseTimeDecay(0.1, 100, 0.5), 0.1 / (1 + 0.5 * step / 100)),
        (kinds.CosineDecay(0.1, 200, 0.1), 0.1 * (0.1 + 0.9 * (1 + np.cos(np.pi * np.minimum(step / 200, 1))) / 2)),
    ):
        np.testing.assert_allclose(made.rates(0, 300), rates, rtol=1e-12)
    with pytest.raises(ValueError, match="staircase"):
        kinds.InverseTimeDecay(0.1, 100, 0.5, staircase=True)
    with pytest.raises(ValueError, match="warmup_steps: not possible"):
        kinds.CosineDecay(0.1, 100, warmup_steps=3)
    with pytest.raises(ValueError, match="decay: the rate is a schedule"):
        optimizers.Adam(kinds.CosineDecay(0.1, 100), decay=0.1)


# ---- activations, initializers, helpers --------------------------------------------------------


def test_activations_can_be_called() -> None:
    z = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(activations.relu(z), np.maximum(z, 0))
    np.testing.assert_allclose(activations.sigmoid(z), sigmoid(z))
    np.testing.assert_allclose(activations.softmax(X), softmax(X))
    np.testing.assert_allclose(activations.swish(z), z * sigmoid(z))
    np.testing.assert_allclose(activations.tanh(0.5), np.tanh(0.5))
    assert activations.get("exponential")(0.0) == 1 and activations.get(activations.elu) is activations.elu
    assert layers.Dense(3, activation=activations.relu).activation.name == "relu"


def test_initializers_are_those_of_pynn() -> None:
    own = pynn.initializers
    assert initializers.get("he_normal") == own.HeNormal()
    assert initializers.RandomNormal(1.0, 2.0) == own.Normal(2.0, 1.0) == initializers.random_normal(1.0, 2.0)
    assert initializers.RandomUniform(-1.0, 3.0) == own.Uniform(2.0, 1.0)
    assert initializers.TruncatedNormal() == own.TruncatedNormal()
    assert initializers.VarianceScaling(2.0, "fan_out", "uniform") == own.VarianceScaling(2.0, "fan_out", "uniform")
    assert initializers.Orthogonal(2.0) == own.Orthogonal(2.0)
    with pytest.raises(ValueError, match="maxval: -1"):
        initializers.RandomUniform(0.0, -1.0)
    for name in initializers.__all__:
        if name not in ("get", "Constant", "constant"):
            assert isinstance(getattr(initializers, name)(), pynn.initializers.Initializer)


def test_helpers() -> None:
    np.testing.assert_array_equal(utils.to_categorical([0, 2, 1], 4), np.eye(4)[[0, 2, 1]])
    np.testing.assert_array_equal(utils.to_categorical([[0], [1]]), np.eye(2))
    with pytest.raises(ValueError, match=r"x: shape \(2, 2\)"):
        utils.to_categorical([[0, 1], [1, 0]])
    np.testing.assert_allclose(np.linalg.norm(utils.normalize(X), axis=1), 1)
    np.testing.assert_allclose(np.abs(utils.normalize(X, axis=0, order=1)).sum(axis=0), 1)
    assert not utils.normalize(np.zeros((2, 3))).any()
    assert keras.backend.floatx() == "float32" and keras.backend.epsilon() == 1e-7


def test_the_seed_of_models() -> None:
    def first_weights() -> Any:
        return Sequential([layers.Dense(3, input_dim=5)]).get_weights()[0]

    usual = first_weights()
    try:
        utils.set_random_seed(7)
        drawn, other = np.random.random(), first_weights()  # noqa: NPY002
        utils.set_random_seed(7)
        assert np.random.random() == drawn and (first_weights() == other).all()  # noqa: NPY002
        assert (other != usual).any()
        assert (Sequential([layers.Dense(3, input_dim=5)], seed=0).get_weights()[0] == usual).all()
    finally:
        utils.set_random_seed(0)


def test_the_sets_of_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = np.zeros((2, 28, 28), np.uint8), np.array([3, 4], np.int64)
    asked: list[Any] = []
    for module in (keras.datasets.mnist, keras.datasets.fashion_mnist):
        name = module.__name__.rpartition(".")[2]
        monkeypatch.setattr(module, name, lambda path: asked.append(path) or (pair, pair))
        (x, y), _ = module.load_data()
        assert x.shape == (2, 28, 28) and y.dtype == np.uint8 and y.tolist() == [3, 4]
        module.load_data("mnist.npz")
        module.load_data(tmp_path)
    assert asked == [None, None, str(tmp_path)] * 2


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="path: .*nowhere"):
        keras.datasets.mnist.load_data(tmp_path / "nowhere")


# ---- training ----------------------------------------------------------------------------------


class Batches(utils.Sequence):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        return X[20 * index : 20 * index + 20], Y[20 * index : 20 * index + 20]


def one(**options: Any) -> Sequential:
    model = Sequential([layers.Dense(1, "sigmoid")], **options)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_batches_of_a_sequence() -> None:
    model, same = one(), one()
    model.fit(Batches(), epochs=2, shuffle=False, verbose=0, validation_data=Batches())
    history = same.fit(X, Y, batch_size=20, epochs=2, shuffle=False, verbose=0, validation_data=(X, Y))
    assert model.network.fingerprint() == same.network.fingerprint() and model.output_shape == (None, 1)
    assert model.history.history["val_loss"] == history.history["val_loss"]
    assert model.evaluate(Batches()) == same.evaluate(X, Y)
    np.testing.assert_array_equal(model.predict(Batches()), same.predict(X))
    endless = iter(lambda: (X, Y), None)
    assert model.evaluate(endless, steps=1) == same.evaluate(X, Y)
    with pytest.raises(ValueError, match="x: a generator, which may never end; say steps="):
        model.predict(endless)


def test_steps_that_are_those_of_all_rows() -> None:
    model, same = one(), one()
    model.fit(X, Y, 20, 2, verbose=0, steps_per_epoch=3, validation_data=(X, Y), validation_steps=3)
    same.fit(X, Y, 20, 2, verbose=0)
    assert model.network.fingerprint() == same.network.fingerprint()


def test_one_batch_at_a_time() -> None:
    model, net = one(), pynn.Network([pynn.Dense(1, "sigmoid")])
    net.compile("binary_crossentropy", "sgd", metrics=["accuracy"])
    assert model.train_on_batch(X, Y) == list(net.train_on_batch(X, Y).values())
    assert model.test_on_batch(X, Y) == list(net.evaluate(X, Y).values())
    assert model.test_on_batch(X, Y, return_dict=True, reset_metrics=True) == net.evaluate(X, Y)
    np.testing.assert_array_equal(model.predict_on_batch(X), net.predict(X))
    np.testing.assert_array_equal(model(X), net.predict(X))
    assert type(model(X).numpy()) is np.ndarray


def test_one_feature_may_be_a_column() -> None:
    model = Sequential([layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    model.fit(X[:, 0], X[:, 1], verbose=0)
    np.testing.assert_array_equal(model.predict(X[:, 0]), model.predict(X[:, :1]))


def test_class_weights_and_lists_are_taken() -> None:
    model, net = one(), pynn.Network([pynn.Dense(1, "sigmoid")])
    net.compile("binary_crossentropy", "sgd")
    model.fit(X.tolist(), Y.tolist(), class_weight={0: 1.0, 1: 3.0}, sample_weight=np.ones(60), verbose=0)
    net.fit(X, Y, class_weight={0: 1.0, 1: 3.0}, sample_weight=np.ones(60), verbose=0)
    assert model.network.fingerprint() == net.fingerprint()


def test_the_end_of_a_training_that_diverges() -> None:
    def diverges(callbacks: Any) -> Any:
        model = Sequential([layers.Dense(1, input_dim=5)])
        model.compile(optimizers.SGD(1e30), "mse")
        return model.fit(X * 1e10, Y, epochs=5, verbose=0, callbacks=callbacks), model

    with pytest.raises(pynn.DivergenceError):
        diverges(None)
    history, model = diverges([TerminateOnNaN()])
    assert history is model.history and history.diverged and np.isfinite(model.network.get_params()).all()


def test_what_a_model_tells_of_itself() -> None:
    model = one(name="judge")
    assert repr(model) == "<Sequential 'judge' of 1 layers>" and model.metrics_names == ["loss", "accuracy"]
    assert model.optimizer.learning_rate == 0.01 and model.loss.name == "binary_crossentropy"
    assert model.history is None and model.input_shape is None and not model.built
    model.stop_training = True
    assert model.network.stop_training
