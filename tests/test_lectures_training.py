"""The numbers of the lectures: several classes, descent, counts of parameters, scripts, data, practical advice.

Marked as in test_lectures.py. Nothing here computes a step by itself but the loops of one line that stand beside it.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lecture_networks import CLOSE, given, item, neuron, printed, same

from pynn import SGD, Adam, Dense, Dropout, Network, Normalization, Rescaling, datasets, metrics
from pynn.initializers import Uniform
from pynn.losses import BinaryCrossentropy
from pynn.multiclass import OneVsOne, OneVsRest

# ---- several classes -------------------------------------------------------------------------


def four_classes() -> tuple[Any, Any]:
    rng, kind = np.random.default_rng(1), np.repeat(np.arange(4), 40)
    return rng.standard_normal((160, 2)) * 0.3 + np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[kind], kind


@item(19, 47)
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_one_layer_for_four_classes(output: str) -> None:
    x, kind = four_classes()
    net = Network([Dense(4, output, Uniform(1.0))], inputs=2, seed=0)
    net.compile(optimizer=SGD(learning_rate=1.0))
    net.fit(x, metrics.one_hot(kind), batch_size=160, epochs=1000, verbose=0)
    assert metrics.accuracy(kind, net.predict(x)) > 0.95


@item(48)
def test_how_many_classifiers_for_two_make_one_for_k() -> None:
    def make() -> Network:
        return Network([Dense(1, "sigmoid", "zeros")], inputs=2)

    x, kind = four_classes()
    for rows, k, pairs in ((160, 4, 6), (120, 3, 3)):
        rest, one = OneVsRest(make), OneVsOne(make)
        for classifier in (rest, one):
            classifier.fit(x[:rows], kind[:rows], epochs=20, verbose=0)
            assert metrics.accuracy(kind[:rows], classifier.predict(x[:rows])) > 0.9
        assert (len(rest.networks), len(one.networks)) == (k, pairs) and pairs == k * (k - 1) / 2
        assert (one.votes(x[:rows]).sum(axis=1) == pairs).all()
    digits = OneVsOne(make).fit(np.tile(x[::16], (2, 1)), np.arange(20) % 10, epochs=0, verbose=0)
    assert len(digits.networks) == len(set(digits.pairs)) == 45


@item(19, 49)
def test_one_hot() -> None:
    assert metrics.one_hot([0, 1, 2, 3]).tolist() == np.eye(4).tolist()  # sedan, minivan, bus, truck
    labels = metrics.one_hot([1, 0], 2)
    assert labels.tolist() == [[0, 1], [1, 0]] and labels[1].argmax() == 0


# ---- descent ---------------------------------------------------------------------------------


def f(x: float) -> float:
    return x * (5 - 2 * x) ** 2


def slope(x: float) -> float:
    return 12 * x**2 - 40 * x + 25


@item(51)
def test_roots_of_the_derivative() -> None:
    same(np.sort(np.roots([12, -40, 25])), [5 / 6, 5 / 2])
    assert f"{f(5 / 6):.4f}" == "9.2593" and f(5 / 2) == 0 and slope(5 / 2) == 0
    same(f(1.7), 4 * 1.7**3 - 20 * 1.7**2 + 25 * 1.7)
    for x in (0.3, 5 / 6, 1.7, 5 / 2):  # the third derivative is 24: a central difference misses by 4 eps^2
        assert abs((f(x + 1e-4) - f(x - 1e-4)) / 2e-4 - slope(x)) < 4.1e-8


@item(50, 76)
def test_descent_with_both_rules_for_when_to_stop() -> None:
    x = 2.0
    while f(x - 0.02 * slope(x)) < f(x):
        x -= 0.02 * slope(x)
    assert abs(x - 5 / 2) < 1e-7  # f = 10 (x - 5/2)^2 there: it cannot fall where that is below its rounding
    up = 1.0
    while abs(slope(up)) > 1e-6:
        up += 0.02 * slope(up)  # ascent
    assert abs(up - 5 / 6) < 1e-6 / 19  # |f''| is 20 at 5/6, and above 19 so near to it
    net = given([Dense(1, use_bias=False)], [[[2.0]]], loss="mse", rate=0.9)
    seen = net.fit([[1.0]], [0.0], epochs=8, verbose=0).history["loss"]  # rate below 1: falls; above: grows
    net = given([Dense(1, use_bias=False)], [[[2.0]]], loss="mse", rate=1.1)
    grown = net.fit([[1.0]], [0.0], epochs=8, verbose=0).history["loss"]
    assert (np.diff(seen) < 0).all() and (np.diff(grown) > 0).all()


@item(52, 53)
def test_an_epoch_is_rows_by_batch_steps(engine: str) -> None:
    x, y = four_classes()

    def make() -> Network:
        net = Network([Dense(4, "softmax")], inputs=2, seed=0, engine=engine)
        net.compile(optimizer=SGD(learning_rate=0.1))
        return net

    for batch, steps in ((1, 160), (40, 4), (60, 3), (160, 1)):  # of 60: the last has the 40 that are left
        net, by_hand = make(), make()
        net.fit(x, y, batch_size=batch, epochs=3, shuffle=False, verbose=0)
        for _epoch in range(3):
            for begin in range(0, 160, batch):
                by_hand.train_on_batch(x[begin : begin + batch], y[begin : begin + batch])
        assert net.iteration == by_hand.iteration == 3 * steps and net.fingerprint() == by_hand.fingerprint()


@item(54)
def test_momentum(engine: str) -> None:
    net = Network([Dense(1, "linear", "zeros", use_bias=False)], inputs=1, dtype="float64", engine=engine)
    net.compile(loss="mse", optimizer=SGD(learning_rate=0.1, momentum=0.9))
    w = v = 0.0
    for _ in range(20):
        v = 0.9 * v - 0.1 * 2 * (w - 3)
        w += v
        net.train_on_batch([[1]], [3])
    same(net.get_weights()[0].item(), w)


@item(55, "F10")
def test_decay_divides_the_first_rate() -> None:
    meant = SGD(learning_rate=0.01, decay=1e-6).rates(3000, 1)[0]
    literal = 0.01
    for iteration in range(3000):
        literal /= 1 + 1e-6 * iteration
    assert f"{meant:.4e} {literal:.4e} {meant / literal:.0f}" == "9.9701e-03 1.1176e-04 89"


@item(56)
def test_adams_first_step_has_the_rates_length(engine: str) -> None:
    """Corrected, its moments are g and g^2 then; the corrections divide Keras' epsilon by the root of 1 - beta_2."""
    for g in (1e-3, 5.0):
        net = Network([Dense(1, "linear", "zeros", use_bias=False)], inputs=1, dtype="float64", engine=engine)
        net.compile(loss="half_mse", optimizer=Adam(learning_rate=0.01))
        net.train_on_batch([[1.0]], [g])
        expected = 0.01 * g / (g + 1e-7 / np.sqrt(1 - 0.999))
        np.testing.assert_allclose(net.get_weights()[0].item(), expected, rtol=2000 * 2.0**-53)  # 1 - 0.999 cancels


# ---- counts and scripts ----------------------------------------------------------------------


@item(59, "F11")
def test_parameters_of_the_lectures_mnist_network() -> None:
    sizes = [784, 1024, 1024, 1024, 10]
    net = Network([*(Dense(1024, "relu") for _ in range(3)), Dense(10, "softmax")], inputs=784)
    arrays = net.get_weights()
    weights, biases = [w.size for w in arrays[::2]], [b.size for b in arrays[1::2]]
    assert weights == [802_816, 1_048_576, 1_048_576, 10_240] and sum(weights) == 2_910_208
    assert sum(biases) == sum(sizes[1:]) == 3_082
    assert [w + b for w, b in zip(weights, biases, strict=True)] == [803_840, 1_049_600, 1_049_600, 10_250]
    assert net.get_params().size == 2_913_290 != 2_913_920  # two digits changed places on one slide


@item(60, 61, 62, 64, 66)
@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([2, 12, 6, 1], 121), ([2, 2, 2], 12), ([2, 4, 2], 22), ([2, 1], 3), ([784, 100, 10], 79_510),
        ([784, 3, 3, 10], 2_407), ([784, 2, 3, 2, 10], 1_617), ([2, 100, 1], 401), ([9, 128, 32, 1], 5_441),
    ],
)  # fmt: skip
def test_numbers_of_parameters(sizes: list[int], count: int) -> None:
    net = Network([Dense(units) for units in sizes[1:]], inputs=sizes[0])
    assert net.get_params().size == count == sum((i + 1) * o for i, o in zip(sizes, sizes[1:], strict=False))


@item(58, "F13")
def test_the_keras_script_in_small() -> None:
    from pynn import keras

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 300)
    x = rng.integers(0, 256, (300, 784)) * (np.arange(784) % 10 == labels[:, None]) / 255
    y = keras.to_categorical(labels, 10)
    model = keras.Sequential()
    model.add(keras.Dense(units=64, activation="relu", input_shape=(784,)))
    model.add(keras.Dense(units=10, activation="softmax"))
    sgd = keras.SGD(lr=0.01, decay=1e-6, momentum=0.9)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    model.fit(x[:200], y[:200], batch_size=10, epochs=5, verbose=0, validation_data=(x[200:], y[200:]))
    loss, accuracy = model.evaluate(x[200:], y[200:], verbose=0)
    assert accuracy == 1 and loss < 0.5 and (sgd.decay, sgd.momentum) == (1e-6, 0.9)


@item(62, "F12")
def test_one_hot_sigmoids_are_ten_questions(engine: str) -> None:
    def answering(p: Any, output: str, loss: Any) -> Network:
        logits = np.log(p) - np.log1p(-np.asarray(p))
        return given([Dense(10, output)], [np.zeros((1, 10)), logits], loss=loss, engine=engine)

    x, y = np.zeros((10, 1)), np.eye(10)
    ten, one = BinaryCrossentropy(outputs="sum"), "categorical_crossentropy"
    even, base = ([p] * 10 for p in (0.5, 0.1))
    assert f"{answering(even, 'sigmoid', ten).evaluate(x, y)['loss']:.2f}" == "6.93"  # 10 ln 2
    assert f"{answering(base, 'sigmoid', ten).evaluate(x, y)['loss']:.4f}" == "3.2508"  # 10 H(1/10)
    assert f"{answering(base, 'softmax', one).evaluate(x, y)['loss']:.3f}" == "2.303"  # ln 10
    deck = [0.02, 0.001, 0.01, 0.03, 0.01, 0.02, 0.001, 0.93, 0.01, 0.12]
    found = answering(deck, "sigmoid", ten).predict([[0]])[0]
    assert printed(found, ".2f") == printed(deck, ".2f") and f"{found.sum():.2f}" == "1.15"
    assert "one_hot_sigmoid" in answering(deck, "sigmoid", ten).diagnose(None, x, y).codes


@item(64, 77)
def test_another_classifier_agrees() -> None:
    svm = pytest.importorskip("sklearn.svm")
    x, y = four_classes()
    net = Network([Dense(8, "tanh"), Dense(4, "softmax")], inputs=2, seed=0)
    net.compile(optimizer=Adam(learning_rate=0.02))
    net.fit(x, y, epochs=50, verbose=0)
    said = svm.SVC().fit(x, y).predict(x)
    assert metrics.accuracy(said, net.predict(x)) > 0.95


@item(66, 60, 61)
def test_moons_circles_and_blobs() -> None:
    for x, y in (datasets.make_moons(400), datasets.make_circles(400), datasets.make_blobs(400, centers=2)):
        layers = [Dense(100, "tanh", Uniform(1.0)), Dense(1, "sigmoid", Uniform(1.0))]
        net = Network(layers, inputs=2, seed=0)
        net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
        net.fit(x, y, batch_size=len(x), epochs=500, verbose=0)
        assert net.evaluate(x, y)["accuracy"] > 0.9


@item(66)
def test_regression_with_dropout_is_kept_and_read_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 100, (200, 9))
    y = x @ rng.uniform(-1, 1, 9) / 10
    net = Network([Normalization(), Dense(128, "relu"), Dropout(0.2), Dense(32, "tanh"), Dense(1)], inputs=9, seed=0)
    net.compile(loss="mse", optimizer=Adam(learning_rate=0.01), metrics=["mae"])
    history = net.fit(x, y, batch_size=100, epochs=200, validation_split=0.2, verbose=0).history
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"} and len(history["loss"]) == 200
    assert metrics.r2(y, net.predict(x)) > 0.8
    net.save(tmp_path / "cars.pynn")
    for again in (Network.load(tmp_path / "cars.pynn"), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(again.predict(x), net.predict(x))


@item(65, 49)
def test_images_of_digits() -> None:
    (x, y), (xt, yt) = datasets.drawn_digits()
    assert x.shape[1:] == xt.shape[1:] == (28, 28) and x.dtype == np.uint8
    assert set(y) == set(yt) == set(range(10)) and metrics.one_hot(y).shape == (len(y), 10)
    means = np.array([x[y == digit].mean(axis=0).ravel() for digit in range(10)])
    nearest = ((xt.reshape(-1, 1, 784) - means) ** 2).sum(axis=2).argmin(axis=1)
    assert metrics.accuracy(yt, nearest) > 0.5  # a tenth if labels were not those of the images


# ---- advice ----------------------------------------------------------------------------------


@item(73, "F14")
def test_three_parts_share_no_row() -> None:
    x = np.arange(150)[:, None]
    parts = datasets.split(x, np.repeat([0, 1, 2], 50), test=0.2, validation=0.2, seed=0)
    assert [len(part[0]) for part in parts] == [90, 30, 30]
    assert sorted(int(row) for part in parts for row in part[0][:, 0]) == list(range(150))


@item(71)
def test_a_large_gap_is_reported() -> None:
    rng = np.random.default_rng(0)
    noise, coin = rng.standard_normal((80, 4)), rng.integers(0, 2, 80)
    net = Network([Dense(128, "tanh"), Dense(1, "sigmoid")], inputs=4, seed=0)
    net.compile(optimizer=Adam(learning_rate=0.02), metrics=["accuracy"])
    history = net.fit(noise, coin, epochs=300, validation_split=0.5, verbose=0)
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} == set(history.history)
    assert "overfitting" in net.diagnose(history, noise[:40], coin[:40]).codes


@item(72, 63)
def test_inputs_are_scaled_by_the_network_or_reported() -> None:
    x, y = datasets.iris()
    x = x * 1e6
    for before, reported in (([], True), ([Rescaling(1e-7)], False), ([Normalization().adapt(x)], False)):
        net = Network([*before, Dense(3, "softmax")], inputs=4)
        assert ("unscaled_inputs" in net.diagnose(None, x, y).codes) == reported
    scaled = given([Normalization().adapt(x), Dense(4, use_bias=False)], [np.eye(4)]).predict(x)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=CLOSE * 150)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=CLOSE * 150)


@item(74)
def test_a_row_is_added_to_every_row(engine: str) -> None:
    net = given([Dense(2)], [np.eye(2), [-4, 2]], engine=engine)
    assert net.predict([[2, 3], [4, 5]]).tolist() == [[-2, 5], [0, 7]]


@item(68, 43)
def test_drawings_need_no_library() -> None:
    net = neuron("sigmoid", [1, -2], 0.5)
    for drawing in (net.diagram(), net.trace([[2, 1]], [1]).graph()):
        assert drawing.svg.lstrip().startswith("<svg") and drawing.svg.rstrip().endswith("</svg>")
