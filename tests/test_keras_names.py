"""pynn.keras: imports as Keras' users write them, and its arguments: taken, ignored with one warning, or refused."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pynn import keras
from pynn.keras import Input, Sequential, given, layers, missing, optimizers

X = np.random.default_rng(2).uniform(0, 1, (40, 4))
Y = (X[:, 0] > X[:, 1]).astype(int)


@pytest.fixture(autouse=True)
def nothing_said() -> Iterator[None]:
    """Warnings come once in a program; here once in a test."""
    given._said.clear()
    yield
    given._said.clear()


def small() -> Sequential:
    model = Sequential([layers.Dense(3, "tanh", input_dim=4), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


# ---- imports -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "from pynn import keras\nfrom pynn.keras import layers\nkeras.Sequential([layers.Dense(1)])",
        "import pynn.keras as keras\nkeras.models.Sequential([keras.layers.Dense(1)])",
        "import pynn as tf\ntf.keras.Sequential([tf.keras.layers.Dense(1)])",
        "from pynn.keras.models import Sequential, Model, load_model\nfrom pynn.keras.layers import Dense, Input",
        "from pynn.keras.datasets import mnist, fashion_mnist\nmnist.load_data, fashion_mnist.load_data",
        "from pynn.keras.datasets.mnist import load_data",
        "from pynn.keras.utils import to_categorical, np_utils, set_random_seed, normalize, Sequence",
        "from pynn.keras.optimizers import SGD, Adam, AdamW, RMSprop, schedules",
        "from pynn.keras.optimizers.legacy import Adam\nfrom pynn.keras.optimizers.schedules import ExponentialDecay",
        "from pynn.keras.losses import BinaryCrossentropy, mean_squared_error",
        "from pynn.keras.metrics import BinaryAccuracy",
        "from pynn.keras.callbacks import EarlyStopping, ModelCheckpoint, Callback, TerminateOnNaN, History",
        "from pynn.keras.regularizers import l1, l2, l1_l2\nfrom pynn.keras import initializers, activations",
        "from pynn.keras import backend as K\nK.clear_session()",
        "from pynn.keras.layers import *\nfrom pynn.keras.datasets import *\nmnist, Dense",
    ],
)
def test_imports_of_scripts(lines: str) -> None:
    exec(compile(lines, "script", "exec"), {})


def test_import_of_the_package_alone_finds_all_modules() -> None:
    code = "import pynn.keras as k; k.datasets.mnist.load_data, k.optimizers.schedules.ExponentialDecay, k.utils"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_imported_but_not_used_does_no_harm() -> None:
    from pynn.keras.layers import LSTM, Conv2D, Dense, Flatten

    assert repr(Conv2D).startswith("<Conv2D: not in pynn.keras; pynn has fully connected layers")
    assert Dense(1).units == 1 and Flatten().name
    with pytest.raises(NotImplementedError, match="LSTM: not in pynn.keras; pynn has fully connected layers"):
        LSTM(3)
    with pytest.raises(NotImplementedError, match="Conv2D"):

        class Mine(Conv2D):
            pass

    with pytest.raises(AttributeError, match="module 'pynn.keras.layers' has no attribute 'Dens'"):
        _ = layers.Dens


@pytest.mark.parametrize(
    ("module", "table"),
    [
        (keras.layers, missing.LAYERS), (keras.utils, missing.UTILS), (keras.datasets, missing.DATASETS),
        (keras.losses, missing.LOSSES), (keras.optimizers, missing.OPTIMIZERS),
        (keras.optimizers.schedules, missing.SCHEDULES),
        (keras.initializers, missing.INITIALIZERS), (keras.callbacks, missing.CALLBACKS),
        (keras.models, missing.MODELS),
    ],
)  # fmt: skip
def test_what_is_said_to_be_missing_is(module: Any, table: dict[str, str]) -> None:
    for name in table:
        assert name not in vars(module) and name not in module.__all__
        with pytest.raises(NotImplementedError, match=f"^{name}: not in pynn.keras; "):
            getattr(module, name)()
    with pytest.raises(NotImplementedError, match="boston_housing: not in pynn.keras"):
        keras.datasets.boston_housing.load_data()


# ---- arguments that have no meaning ------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: small().compile("sgd", "mse", run_eagerly=True), "run_eagerly"),
        (lambda: small().compile("sgd", "mse", steps_per_execution=8), "steps_per_execution"),
        (lambda: small().fit(X, Y, verbose=0, workers=4), "workers"),
        (lambda: small().fit(X, Y, verbose=0, use_multiprocessing=True), "use_multiprocessing"),
        (lambda: small().predict(X, max_queue_size=3), "max_queue_size"),
        (lambda: keras.initializers.GlorotUniform(seed=3), "seed"),
        (lambda: layers.Dropout(0.1, seed=3), "seed"),
    ],
)
def test_ignored_with_one_warning(call: Any, name: str) -> None:
    with pytest.warns(UserWarning, match=f"^{name}: ignored by pynn.keras; "):
        call()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call()


def test_defaults_of_keras_pass_in_silence() -> None:
    model = small()
    model.compile(
        "sgd", "mse", loss_weights=None, metrics=None, weighted_metrics=None, run_eagerly=False, steps_per_execution=1,
        jit_compile="auto", auto_scale_loss=True,
    )  # fmt: skip
    model.fit(
        X, Y, None, 1, 0, None, 0.0, None, True, None, None, 0, None, None, None, validation_freq=1, max_queue_size=10,
        workers=1, use_multiprocessing=False,
    )  # fmt: skip
    layers.Dense(
        3, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
        kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, lora_rank=None, dtype="float32", trainable=True,
    )  # fmt: skip
    layers.BatchNormalization(
        axis=-1, beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
        synchronized=False,
    )  # fmt: skip
    layers.ReLU(max_value=None, negative_slope=0.0, threshold=0.0)
    optimizers.Adam(
        weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False, ema_momentum=0.99,
        ema_overwrite_frequency=None, loss_scale_factor=None, gradient_accumulation_steps=None, name="adam",
    )  # fmt: skip
    keras.losses.BinaryCrossentropy(axis=-1, reduction="sum_over_batch_size", name="bce", dtype=None)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.Dense(3, bias_regularizer="l2"), "bias_regularizer: 'l2' is not possible for Dense; penalties"),
        (lambda: layers.Dense(3, kernel_constraint="nonneg"), "kernel_constraint: .* kernel_regularizer keeps"),
        (lambda: layers.Dense(3, trainable=False), "trainable: False is not possible for Dense"),
        (lambda: layers.Dense(3, dtype="float16"), "dtype: 'float16' is not possible for Dense; say it of the model"),
        (lambda: layers.BatchNormalization(axis=0), "axis: 0 is not possible for BatchNormalization"),
        (lambda: layers.ReLU(6.0), "max_value: 6.0 is not possible for ReLU"),
        (lambda: layers.Dropout(0.1, noise_shape=(1,)), "noise_shape: "),
        (lambda: Input((4,), batch_size=3), "batch_size: 3 is not possible for Input; a model takes any"),
        (lambda: Input(), "shape: expected the shape of a row"),
        (lambda: Input(batch_shape=(3, 4)), r"batch_shape: \(3, 4\) is not possible; expected \(None, ...\)"),
        (lambda: small().compile("sgd", "mse", loss_weights=[0.5]), r"loss_weights: \[0.5\] is not possible"),
        (lambda: small().compile("sgd", "mse", weighted_metrics=["mae"]), "weighted_metrics: "),
        (lambda: small().compile("sgd", ["mse", "mae"]), "loss: .* a model has one output and one loss"),
        (lambda: small().fit(X, Y, validation_freq=2), "validation_freq: 2 is not possible for fit; validation is"),
        (lambda: small().fit(X, Y, steps_per_epoch=7), "steps_per_epoch: 7 is not possible; 40 rows in batches of 32"),
        (
            lambda: small().fit(X, Y, validation_data=(X, Y), validation_steps=1),
            "validation_steps: 1 is not possible; 40 rows in batches of 32 are 2 steps",
        ),
        (lambda: small().evaluate(X, Y, steps=1), "steps: 1 is not possible for evaluate"),
        (lambda: small().load_weights("x", by_name=True), "by_name: True"),
        (lambda: optimizers.SGD(weight_decay=0.1), "weight_decay: SGD has none here; take AdamW"),
        (lambda: optimizers.Adam(use_ema=True), "use_ema: True is not possible for Adam"),
        (lambda: keras.losses.MeanSquaredError(reduction="sum"), "reduction: 'sum' is not possible for MeanSquared"),
        (lambda: keras.losses.BinaryCrossentropy(axis=0), "axis: only -1 is possible"),
        (lambda: Sequential(trainable=False), "trainable: False is not possible for a model"),
        (
            lambda: Sequential([layers.Dropout(0.5, input_shape=(4,)), layers.Dense(1)])(X, training=True),
            "training: True is not possible outside of fit",
        ),
    ],
)
def test_what_would_change_results_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.Dense(3, unit=4), "unit: Dense has no such argument"),
        (lambda: small().compile("sgd", "mse", metric=["mae"]), "metric: compile has no such argument"),
        (lambda: small().compile("sgd", lambda y, p: 0), "loss: .* is a function; the engine computes"),
        (lambda: small().compile("sgd", keras.losses.Poisson), "loss: Poisson is a class"),
        (lambda: small().add(layers.Dense), "layer: Dense is a class; make a layer of it"),
        (lambda: small().add("dense"), "layer: 'dense' is a str; expected a layer"),
        (lambda: layers.Dense(3, name=""), "name: '' is not possible"),
        (lambda: small().save(3), "filepath: 3 is a int"),
    ],
)
def test_slips_are_named(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


# ---- what older versions of Keras had ----------------------------------------------------------


def test_old_names_of_arguments() -> None:
    with pytest.warns(UserWarning) as said:
        old = Sequential([layers.Dense(output_dim=3, init="uniform", input_dim=4), layers.Dropout(p=0.1)])
        old.add(layers.Dense(1))
        old.compile("sgd", "mse")
        old.fit(X, Y, nb_epoch=2, verbose=0)
        keras.utils.to_categorical(y=Y, nb_classes=2)
        inputs = Input((4,))
        keras.Model(input=inputs, output=layers.Dense(1)(inputs))
    texts = sorted(str(one.message) for one in said)
    names = ["init", "input", "nb_classes", "nb_epoch", "output", "output_dim", "p", "y"]
    assert [text.split(":")[0] for text in texts] == names and "nb_epoch: an old name of epochs" in texts
    new = Sequential([layers.Dense(3, kernel_initializer="uniform", input_dim=4), layers.Dropout(0.1), layers.Dense(1)])
    new.compile("sgd", "mse")
    new.fit(X, Y, epochs=2, verbose=0)
    assert old.network.fingerprint() == new.network.fingerprint()
    with pytest.raises(ValueError, match="nb_epoch, epochs: two names of one argument"):
        new.fit(X, Y, nb_epoch=2, epochs=2)


def test_old_methods() -> None:
    model = small()
    with pytest.warns(UserWarning, match="predict_classes: no longer in Keras"):
        classes = model.predict_classes(X)
    np.testing.assert_array_equal(classes, model.predict(X) > 0.5)
    with pytest.warns(UserWarning, match="predict_proba: an old name of predict"):
        np.testing.assert_array_equal(model.predict_proba(X), model.predict(X))
    several = Sequential([layers.Dense(3, "softmax", input_dim=4)])
    np.testing.assert_array_equal(several.predict_classes(X), several.predict(X).argmax(axis=1))
    with pytest.raises(AttributeError, match="fit_generator: an old name; write model.fit"):
        model.fit_generator(None)
    assert not hasattr(model, "fit_generator") and not hasattr(model, "no_such_method")
