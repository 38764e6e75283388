"""pynn.keras: functional models, models that share layers, files, JSON, layers with their weights, the summary.

The oracle is a Network of the same layers, or another model of the same weights.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import keras
from pynn.keras import Input, Model, Sequential, layers, load_model
from pynn.keras.models import model_from_json

X = np.random.default_rng(1).normal(0, 1, (50, 6))
Y = (X[:, 0] > X[:, 1]).astype(int)


def functional(**options: Any) -> Model:
    inputs = Input(shape=(6,), name="measured")
    x = layers.Dense(5, activation="tanh", name="hidden")(inputs)
    x = layers.BatchNormalization(name="scaled")(x)
    outputs = layers.Dense(2, activation="softmax", name="answer")(layers.Dropout(0.1)(x))
    model = Model(inputs, outputs, **options)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# ---- functional models -------------------------------------------------------------------------


def test_a_functional_model_is_the_sequential_of_its_layers() -> None:
    model = functional(seed=3)
    same = Sequential([layers.Dense(5, "tanh", input_dim=6), layers.BatchNormalization(), layers.Dropout(0.1)], seed=3)
    same.add(layers.Dense(2, "softmax"))
    same.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    for one in (model, same):
        one.fit(X, Y, epochs=3, verbose=0)
    assert model.network.fingerprint() == same.network.fingerprint()
    assert [layer.name for layer in model.layers][:3] == ["measured", "hidden", "scaled"]
    assert model.metrics_names == ["loss", "accuracy"] and len(model.evaluate(X, Y)) == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda a, b: Model([a, a], b), "inputs: 2 given; a model here is one chain"),
        (lambda a, b: Model(a, [b, b]), "outputs: 2 given"),
        (lambda a, b: Model(Input((6,)), b), "inputs, outputs: .*dense.* does not come from"),
        (lambda a, b: Model(b, layers.Dense(1)(b)), "inputs: .* is the output of a layer"),
        (lambda a, b: layers.Dense(1)([a, b]), "inputs: 2 of them; a model here is one chain"),
        (lambda a, b: Sequential([b]), "layer: .* is the output of a layer"),
    ],
)
def test_branches_are_refused(wrong: Any, message: str) -> None:
    a = Input((6,))
    b = layers.Dense(3)(a)
    with pytest.raises(ValueError, match=message):
        wrong(a, b)


def test_merging_layers_and_subclasses_are_refused() -> None:
    a = Input((6,))
    with pytest.raises(NotImplementedError, match="concatenate: not in pynn.keras; a model here is one chain"):
        layers.concatenate([a, a])
    with pytest.raises(TypeError, match="inputs: .*array.* is a ndarray; expected what Input"):
        Model(X, layers.Dense(1)(a))

    class Own(Model):
        def __init__(self) -> None:
            super().__init__()

    with pytest.raises(TypeError, match="a subclass with a call of its own is not possible"):
        Own()
    with pytest.raises(TypeError, match="Mine: a layer of one's own is not possible"):

        class Mine(layers.Layer):
            pass


# ---- models that share layers ------------------------------------------------------------------


def test_an_encoder_has_the_weights_of_its_autoencoder() -> None:
    inputs = Input((6,))
    code = layers.Dense(2, "tanh")(inputs)
    last = layers.Dense(6)
    auto, encoder = Model(inputs, last(code)), Model(inputs, code)
    code_again = Input((2,))
    decoder = Model(code_again, last(code_again))
    before = encoder.predict(X)
    auto.compile("adam", "mse")
    auto.fit(X, X, epochs=3, verbose=0)
    assert np.abs(encoder.predict(X) - before).max() > 0
    np.testing.assert_array_equal(decoder.predict(encoder.predict(X)), auto.predict(X))
    np.testing.assert_array_equal(encoder.get_weights()[0], auto.get_weights()[0])


def test_training_a_part_trains_the_whole() -> None:
    """Each model has an optimizer of its own; the layers are the same."""
    first, second = layers.Dense(4, "tanh", input_dim=6), layers.Dense(1)
    part, whole = Sequential([first]), Sequential([first, second])
    whole.compile("sgd", "mse")
    part.compile("sgd", "mse")
    whole.fit(X, Y, verbose=0)
    part.fit(X, np.zeros((50, 4)), verbose=0)
    np.testing.assert_array_equal(whole.get_weights()[0], part.get_weights()[0])
    whole.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(part.get_weights()[1], whole.get_weights()[1])
    np.testing.assert_array_equal(first.get_weights()[0], whole.get_weights()[0])
    part.set_weights([array * 0 for array in part.get_weights()])
    assert not whole.get_weights()[0].any() and whole.get_weights()[2].any()


def test_a_model_in_a_model() -> None:
    base = Sequential([layers.Dense(3, "tanh", input_dim=6), layers.Dense(2)])
    probable = Sequential([base, layers.Softmax()])
    z = base.predict(X).astype(float)
    shares = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probable.predict(X), shares, rtol=1e-5)
    inputs = Input((6,))
    outer = Model(inputs, layers.Softmax()(base(inputs)))
    np.testing.assert_array_equal(outer.predict(X), probable.predict(X))


def test_layers_that_come_and_go_leave_the_others_weights() -> None:
    model = Sequential([layers.Dense(3, "tanh", input_dim=6), layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(X, np.c_[Y, Y], verbose=0)
    W, b = model.layers[0].get_weights()
    gone = model.pop()
    assert gone.units == 2 and model.output_shape == (None, 3)
    model.add(layers.Dense(1))
    np.testing.assert_array_equal(model.get_weights()[0], W)
    model.fit(X, Y, verbose=0)
    assert (model.get_weights()[1] != b).any()
    with pytest.raises(ValueError, match="pop: the model has no layers"):
        Sequential().pop()


def test_a_compiled_chain_may_end_in_a_dropout_for_a_while() -> None:
    """A new last layer behind a body that was trained: the usual way to use it again."""
    model = Sequential([layers.Dense(3, "tanh", input_dim=6), layers.Dropout(0.1), layers.Dense(2)])
    model.compile("sgd", "mae")
    model.fit(X, np.c_[Y, Y], verbose=0)
    W = model.get_weights()[0]
    model.pop()
    with pytest.raises(ValueError, match="the last one is Dropout"):
        model.fit(X, np.c_[Y, Y, Y], verbose=0)
    model.add(layers.Dense(1))
    np.testing.assert_array_equal(model.get_weights()[0], W)
    assert model.loss.name == "mae"
    model.fit(X, Y, verbose=0)


# ---- layers ------------------------------------------------------------------------------------


def test_layers_have_their_weights() -> None:
    model = functional()
    hidden = model.get_layer("hidden")
    assert hidden is model.get_layer(index=1) and hidden.units == 5 and hidden.output_shape == (None, 5)
    W, b = hidden.get_weights()
    assert W.shape == (6, 5) and b.shape == (5,) and hidden.count_params() == 35
    np.testing.assert_array_equal(hidden.kernel, W)
    hidden.set_weights([W + 1, b + 2])
    np.testing.assert_array_equal(model.get_weights()[0], W + 1)
    np.testing.assert_array_equal(model.get_weights()[1], b + 2)
    assert [len(layer.get_weights()) for layer in model.layers] == [0, 2, 4, 0, 2]
    assert len(model.trainable_weights) == 6 and len(model.non_trainable_weights) == 2
    with pytest.raises(ValueError, match="weights: 1 arrays; hidden has 2"):
        hidden.set_weights([W])
    with pytest.raises(ValueError, match="name: 'hiden' is unknown; known are measured, hidden"):
        model.get_layer("hiden")
    with pytest.raises(ValueError, match="index: 9 is not possible; the model has 5"):
        model.get_layer(index=9)
    assert layers.Dense(3).get_weights() == []
    with pytest.raises(AttributeError, match="no attribute 'unit'"):
        _ = hidden.unit
    with pytest.raises(ValueError, match="trainable: False is not possible for hidden"):
        hidden.trainable = False


def test_names_are_counted() -> None:
    keras.backend.clear_session()
    names = [layers.Dense(1).name, layers.Dense(1).name, layers.LeakyReLU().name, layers.BatchNormalization().name]
    assert names == ["dense", "dense_1", "leaky_re_lu", "batch_normalization"]
    assert Sequential().name == "sequential" and Sequential(name="mine").name == "mine"


@pytest.mark.parametrize(
    ("layer", "activation"),
    [
        (lambda: layers.ReLU(), pynn.activations.relu()),
        (lambda: layers.ReLU(negative_slope=0.1), pynn.activations.leaky_relu(0.1)),
        (lambda: layers.LeakyReLU(), pynn.activations.leaky_relu(0.3)),
        (lambda: layers.LeakyReLU(alpha=0.2), pynn.activations.leaky_relu(0.2)),
        (lambda: layers.ELU(0.5), pynn.activations.elu(0.5)),
        (lambda: layers.Activation("swish"), pynn.activations.Activation("silu")),
        (lambda: layers.Activation(keras.activations.tanh), pynn.activations.Activation("tanh")),
    ],
)
def test_layers_that_are_activations(layer: Any, activation: Any) -> None:
    model = Sequential([layers.Dense(4, input_dim=6), layer(), layers.Dense(1)])
    net = pynn.Network([pynn.Dense(4, activation), pynn.Dense(1)], inputs=6)
    np.testing.assert_array_equal(model.predict(X), net.predict(X))


def test_normalization_learns_and_answers_alone() -> None:
    normal = layers.Normalization()
    normal.adapt(X)
    np.testing.assert_allclose(normal(X).numpy(), (X - X.mean(axis=0)) / X.std(axis=0), rtol=1e-12, atol=1e-12)
    one = layers.Normalization(axis=None, input_shape=(1,))
    one.adapt(X)
    np.testing.assert_allclose(one(X), (X - X.mean()) / X.std(), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(layers.Rescaling(2.0, 1.0)(X), 2 * X + 1)
    model = Sequential([normal, layers.Dense(1)])
    np.testing.assert_array_equal(model(X).numpy(), model.predict(X))
    assert normal.get_config()["mean"] == normal._part.mean.tolist()
    with pytest.raises(TypeError, match="rows for .* alone are not possible"):
        layers.Dense(3)(X)
    with pytest.raises(pynn.NotFittedError, match="adapt it first"):
        layers.Normalization()(X)


def test_rows_of_images_go_through_rescaling_before_flatten() -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 4, 3), dtype=np.uint8)
    model = Sequential([Input((4, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)])
    net = pynn.Network([pynn.Rescaling(1 / 255), pynn.Dense(2)], inputs=12)
    np.testing.assert_array_equal(model.predict(images), net.predict(images))
    assert Sequential([layers.Reshape((12,), input_shape=(4, 3)), layers.Dense(1)]).output_shape == (None, 1)
    with pytest.raises(ValueError, match="target_shape: .* layers here take vectors"):
        layers.Reshape((4, 3))
    with pytest.raises(ValueError, match=r"target_shape: \(7,\) is not possible for rows of shape \(12,\)"):
        Sequential([layers.Reshape((7,), input_shape=(12,))])
    with pytest.raises(ValueError, match="BatchNormalization on rows of shape"):
        Sequential([Input((4, 3)), layers.BatchNormalization()])


# ---- configurations and files ------------------------------------------------------------------


def every_layer() -> Sequential:
    return Sequential(
        [
            layers.Normalization(mean=np.arange(6.0), variance=np.arange(1.0, 7)),
            layers.Dense(5, "tanh", kernel_initializer=keras.initializers.Constant(0.2), name="first"),
            layers.LayerNormalization(epsilon=0.01),
            layers.Dense(4, pynn.activations.leaky_relu(0.05), kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2)),
            layers.Dropout(0.25),
            layers.Dense(3, kernel_initializer="he_normal", use_bias=False),
            layers.Dense(3, kernel_initializer=keras.initializers.RandomUniform(-1, 2)),
            layers.Dense(3, kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.3)),
            layers.Dense(3, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_avg")),
            layers.Dense(3, kernel_initializer=keras.initializers.Orthogonal(1.5), bias_initializer="random_normal"),
            layers.BatchNormalization(momentum=0.9, trainable=False),
            layers.ELU(0.5),
            layers.Dense(2),
            layers.Softmax(),
        ],
        dtype="float64",
    )


def test_json_makes_an_equal_model() -> None:
    model = every_layer()
    model.build((None, 6))
    again = model_from_json(model.to_json())
    assert again.get_config() == model.get_config() and json.loads(model.to_json())["class_name"] == "Sequential"
    assert again.network.dtype == "float64"
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert [one._part for one in again.layers] == [one._part for one in model.layers]
    other = functional()
    same = model_from_json(other.to_json())
    assert type(same) is Model and same.get_config() == other.get_config()


def test_json_that_keras_wrote() -> None:
    """The form of Keras 3: modules, registered names, seeds, a policy of types."""
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    glorot = {"class_name": "GlorotUniform", "config": {"seed": None, "input_axes": [-2], "output_axes": [-1]}}
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
    dense = {
        "name": "dense", "trainable": True, "dtype": policy, "units": 3, "activation": "relu", "use_bias": True,
        "kernel_initializer": glorot, "bias_initializer": zeros, "kernel_regularizer": None, "bias_regularizer": None,
        "kernel_constraint": None, "bias_constraint": None, "quantization_config": None,
    }  # fmt: skip
    first = {
        "batch_shape": [None, 4],
        "dtype": "float32",
        "sparse": False,
        "ragged": False,
        "optional": False,
        "name": "input_layer",
    }
    text = json.dumps(
        {
            "module": "keras",
            "class_name": "Sequential",
            "config": {
                "name": "sequential",
                "trainable": True,
                "dtype": policy,
                "layers": [
                    {"module": "keras.layers", "class_name": "InputLayer", "config": first, "registered_name": None},
                    {"module": "keras.layers", "class_name": "Dense", "config": dense, "registered_name": None},
                ],
                "build_input_shape": [None, 4],
            },
            "registered_name": None,
        }
    )
    model = model_from_json(text)
    assert model.input_shape == (None, 4) and model.layers[0].units == 3 and model.network.dtype == "float32"


def test_json_of_what_is_not_here() -> None:
    conv = {"class_name": "Sequential", "config": {"layers": [{"class_name": "Conv2D", "config": {}}]}}
    with pytest.raises(NotImplementedError, match="Conv2D: not in pynn.keras"):
        model_from_json(json.dumps(conv))
    odd = {"class_name": "Sequential", "config": {"layers": [{"class_name": "Layer", "config": {}}]}}
    with pytest.raises(ValueError, match="class_name: 'Layer' is not a layer of pynn.keras"):
        model_from_json(json.dumps(odd))


def test_a_file_has_names_weights_and_the_optimizer(tmp_path: Path) -> None:
    model = functional()
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.pynn")
    again = load_model(tmp_path / "model.pynn")
    assert type(again) is Model and again.get_config() == model.get_config()
    for one in (model, again):
        one.fit(X, Y, epochs=2, verbose=0)
    assert again.network.fingerprint() == model.network.fingerprint()
    np.testing.assert_array_equal(again.get_layer("hidden").get_weights()[0], model.get_weights()[0])


def test_the_file_of_a_network_is_a_sequential(tmp_path: Path) -> None:
    parts = [
        pynn.Normalization(), pynn.Dense(3, "tanh", l2=0.1), pynn.BatchNormalization(), pynn.Activation("relu"),
        pynn.Dropout(0.1), pynn.Dense(1),
    ]  # fmt: skip
    net = pynn.Network(parts)
    net.compile("mse", "adam")
    net.fit(X, Y, verbose=0)
    net.save(tmp_path / "net.pynn")
    model = load_model(tmp_path / "net.pynn")
    np.testing.assert_array_equal(model.predict(X), net.predict(X))
    assert model.layers[1].kernel_regularizer.l2 == 0.1 and model.output_shape == (None, 1)
    model.network.extra = "mine"  # what a program keeps there stays
    model.save(tmp_path / "again.pynn")
    assert load_model(tmp_path / "again.pynn").network.extra == "mine"


def test_weights_in_a_file(tmp_path: Path) -> None:
    model, other = functional(seed=1), functional(seed=2)
    model.fit(X, Y, verbose=0)
    model.save_weights(tmp_path / "weights.pynn")
    other.load_weights(tmp_path / "weights.pynn")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    with pytest.raises(ValueError, match="weights"):
        Sequential([layers.Dense(1, input_dim=6)]).load_weights(tmp_path / "weights.pynn")


@pytest.mark.parametrize("suffix", [".h5", ".keras", ".weights.h5"])
def test_a_file_with_a_suffix_of_keras(suffix: str, tmp_path: Path) -> None:
    model, path = functional(), tmp_path / f"model{suffix}"
    with pytest.warns(UserWarning, match="pynn's own format"):
        model.save(path)
    np.testing.assert_array_equal(load_model(path).predict(X), model.predict(X))
    with pytest.raises(FileExistsError, match="is there already, and overwrite is False"):
        model.save(path, overwrite=False)


@pytest.mark.parametrize("start", [b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"])
def test_a_file_of_keras_itself_is_refused(start: bytes, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(start + bytes(100))
    for read in (load_model, functional().load_weights):
        with pytest.raises(ValueError, match="is a file of Keras itself, which is not read here"):
            read(tmp_path / "theirs")


# ---- the summary -------------------------------------------------------------------------------


def test_the_summary_is_like_that_of_keras(capsys: pytest.CaptureFixture[str]) -> None:
    functional(name="small").summary()
    text = capsys.readouterr().out
    rows = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    assert rows[0] == ['Model: "small"'] and ["Layer (type)", "Output Shape", "Param #"] in rows
    assert ["hidden (Dense)", "(None, 5)", "35"] in rows and ["answer (Dense)", "(None, 2)", "12"] in rows
    assert ["scaled (BatchNormalization)", "(None, 5)", "20"] in rows and [
        "measured (InputLayer)",
        "(None, 6)",
        "0",
    ] in rows
    assert "Total params: 67 (268.00 B)" in text and "Trainable params: 57 (228.00 B)" in text
    assert "Non-trainable params: 10 (40.00 B)" in text


def test_the_summary_of_a_model_without_a_shape() -> None:
    lines: list[str] = []
    model = Sequential([layers.Dense(3)])
    model.summary(print_fn=lines.append, line_length=100)
    assert "0 (unbuilt)" in lines[0] and "?" in lines[0] and "_" * 100 in lines[0]
    with pytest.raises(ValueError, match="count_params: the shape of rows is not known"):
        model.count_params()
    model.build((None, 6))
    assert model.built and model.count_params() == 21


def test_lists_of_the_one_input_and_the_one_output() -> None:
    """Keras' lists of all inputs and all outputs; a row of numbers in a list is no such list."""
    x, y = np.random.default_rng(0).normal(size=(20, 4)).astype("float32"), np.eye(20, 3)
    alone, listed = (Sequential([layers.Dense(3, activation="softmax", input_shape=(4,))]) for _ in range(2))
    for model in (alone, listed):
        model.compile("sgd", "categorical_crossentropy")
    alone.fit(x, y, validation_data=(x, y), verbose=0)
    listed.fit([x], [y], validation_data=([x], [y]), verbose=0)
    assert alone.train_on_batch(x, y) == listed.train_on_batch([x], [y])
    assert alone.evaluate(x, y) == listed.evaluate([x], [y])
    assert alone.network.fingerprint() == listed.network.fingerprint()
    assert alone.evaluate(x[:1], y[:1]) == listed.evaluate(x[:1], [[1.0, 0.0, 0.0]])
