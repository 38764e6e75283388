"""pynn.keras: that a Sequential is the Network it holds, and that what cannot be meant is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import Network, keras
from pynn.keras import SGD, Adam, Dense, Dropout, Flatten, Input, Sequential, load_model, to_categorical

X = np.random.default_rng(0).uniform(0, 1, (60, 8))
Y = (X[:, 0] > X[:, 1]).astype(int)


def small(**options: Any) -> Sequential:
    model = Sequential([Dense(5, activation="tanh", input_shape=(8,)), Dropout(0.1), Dense(2, "softmax")], **options)
    model.compile(
        loss="categorical_crossentropy", optimizer=SGD(lr=0.5, decay=1e-3, momentum=0.9), metrics=["accuracy"]
    )
    return model


def test_it_is_the_network_it_holds(engine: str) -> None:
    model = small(seed=4, engine=engine)
    layers = [pynn.Dense(5, "tanh"), pynn.Dropout(0.1), pynn.Dense(2, "softmax")]
    net = Network(layers, inputs=8, seed=4, engine=engine)
    net.compile("categorical_crossentropy", pynn.SGD(learning_rate=0.5, decay=1e-3, momentum=0.9), metrics=["accuracy"])
    history = model.fit(X, to_categorical(Y), epochs=3, verbose=0, validation_data=(X, to_categorical(Y)))
    assert history.history == net.fit(X, Y, epochs=3, verbose=0, validation_data=(X, Y)).history
    assert model.network.fingerprint() == net.fingerprint()
    assert model.evaluate(X, Y, verbose=0) == list(net.evaluate(X, Y).values())
    assert model.evaluate(X, Y, 16, 0, return_dict=True) == net.evaluate(X, Y)
    np.testing.assert_array_equal(model.predict(X, verbose=0), net.predict(X))
    model.set_weights([array * 0 for array in model.get_weights()])
    assert model.count_params() == 8 * 5 + 5 + 5 * 2 + 2 and not np.any(model.network.get_params())


def test_loss_alone_is_a_number() -> None:
    model = Sequential([Dense(1, input_dim=8)])
    model.compile(loss="mse", optimizer=Adam(lr=0.01))
    model.fit(X, Y, batch_size=20, epochs=1, verbose=0)
    assert isinstance(model.evaluate(X, Y), float)


@pytest.mark.parametrize(
    "first", [[Dense(3, input_shape=(4, 2))], [Dense(3, input_dim=8)], [Input((8,)), Dense(3)], [Input(8), Dense(3)]]
)
def test_ways_to_say_what_a_row_looks_like(first: list[Any]) -> None:
    model = Sequential(first)
    model.add(Dense(2, input_shape=(3,)))  # true already
    assert model.count_params() == 8 * 3 + 3 + 3 * 2 + 2 and len(model.layers) == 2


def test_rows_tell_where_nothing_was_said() -> None:
    model = Sequential()
    model.add(Dense(2, "softmax"))
    model.compile()
    model.fit(X, Y, verbose=0)
    assert model.network.inputs == 8 and type(model.network.optimizer).__name__ == "RMSprop"


def test_both_names_of_a_rate() -> None:
    assert SGD(lr=0.3).learning_rate == SGD(0.3).learning_rate == SGD(learning_rate=0.3).learning_rate == 0.3
    assert (SGD().learning_rate, Adam().learning_rate) == (0.01, 0.001)
    with pytest.raises(ValueError, match="lr, learning_rate"):
        SGD(0.1, lr=0.1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Sequential([Input((8,)), Dense(3, input_dim=7)]), "layer: 7 inputs, but Input said 8"),
        (lambda: Sequential([Dense(3, input_dim=8), Dense(2, input_dim=4)]), "layer: 4 inputs"),
        (lambda: Sequential([Dense(3, input_dim=8), Input((3,))]), "an Input can only be the first"),
        (lambda: Dense(3, input_dim=8, input_shape=(8,)), "give one of them"),
        (lambda: Input(()), "shape: .* empty"),
        (lambda: Sequential([Dense(3, input_shape=(0,))]), "input_shape: 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_names_are_what_is_there() -> None:
    assert all(hasattr(keras, name) for name in keras.__all__)
    with pytest.raises(TypeError, match="layer"):
        Sequential(["Dense"])
    with pytest.raises(TypeError, match="layers: Dense.* is not possible; expected a list of layers"):
        Sequential(Dense(3))
    with pytest.raises(TypeError, match="epoch"):
        small().fit(X, Y, nb_epoch=3)


def test_a_batch_of_no_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="batch_size: 0 is not possible"):
        small().fit(X, to_categorical(Y), batch_size=0, verbose=0)


def test_a_model_is_kept_and_flatten_is_nothing(tmp_path: Path) -> None:
    model = Sequential(
        [Flatten(input_shape=(4, 2)), Dense(3, "tanh", input_shape=(8,)), Flatten(), Dense(1, "sigmoid")]
    )
    model.compile(loss="binary_crossentropy", optimizer=Adam(lr=0.01), metrics=["accuracy"])
    model.fit(X.reshape(-1, 4, 2), Y, epochs=2, verbose=0)
    assert len(model.layers) == 2
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert again.evaluate(X, Y) == model.evaluate(X, Y)
    for one in (again, model):  # the optimizer is in the file, too
        one.fit(X, Y, epochs=2, verbose=0)
    assert again.network.fingerprint() == model.network.fingerprint()
