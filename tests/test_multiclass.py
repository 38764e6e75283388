"""One against the rest and one against one: how many networks, what each is asked, and how they decide."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import Adam, Dense, Network, Normalization, datasets
from pynn.multiclass import OneVsOne, OneVsRest

BOTH = [OneVsRest, OneVsOne]


def make() -> Network:
    net = Network([Normalization(), Dense(4, "tanh"), Dense(1, "sigmoid")], seed=1, engine="reference")
    net.compile(optimizer=Adam(0.05))
    return net


def flowers() -> tuple[np.ndarray, np.ndarray]:
    x, y = datasets.iris()
    return x, np.array(datasets.IRIS_SPECIES)[y]


class Says:
    """Stands in for a trained network: its outputs, whatever the rows."""

    def __init__(self, *outputs: float) -> None:
        self.outputs = np.float32(outputs)[:, None]

    def predict(self, x: Any) -> np.ndarray:
        return self.outputs


# ---- how many, and what they learn ----


@pytest.mark.parametrize(("classes", "against_one"), [(2, 1), (3, 3), (4, 6), (10, 45)])
def test_numbers_of_networks(classes: int, against_one: int) -> None:
    """K against the rest, K (K - 1) / 2 against each other: the lectures' 4 -> 6, iris 3, MNIST 10 and 45."""
    x, y = datasets.make_blobs(3 * classes, centers=classes)
    for kind, count in ((OneVsRest, classes), (OneVsOne, against_one)):
        many = kind(lambda: Network([Dense(1, "sigmoid")])).fit(x, y, epochs=1, verbose=0)
        assert len(many.networks) == len(many.histories) == count
        assert len({id(net) for net in many.networks}) == count
        assert many.predict(x).shape == (len(x),)


@pytest.mark.parametrize("kind", BOTH)
def test_iris_is_learned_with_its_names(kind: Any) -> None:
    x, names = flowers()
    (x, y), (xt, yt) = datasets.split(x, names, test=0.3)
    many = kind(make).fit(x, y, epochs=30, verbose=0)
    assert many.classes.tolist() == sorted(datasets.IRIS_SPECIES)
    found = many.predict(xt)
    assert found.dtype == names.dtype and pynn.metrics.accuracy(yt, found) > 0.9
    assert many.predict(xt[3:4])[0] == found[3]


def test_each_network_is_the_one_trained_by_hand() -> None:
    x, y = flowers()
    rest = OneVsRest(make).fit(x, y, epochs=2, verbose=0)
    alone = make()
    alone.fit(x, y == "versicolor", epochs=2, verbose=0)
    assert rest.networks[1].fingerprint() == alone.fingerprint()

    pairs = OneVsOne(make).fit(x, y, epochs=2, verbose=0)
    assert pairs.pairs == (("setosa", "versicolor"), ("setosa", "virginica"), ("versicolor", "virginica"))
    two = y != "versicolor"
    alone = make()
    alone.fit(x[two], y[two] == "virginica", epochs=2, verbose=0)
    assert pairs.networks[1].fingerprint() == alone.fingerprint()


@pytest.mark.parametrize(
    "labels", [np.array([7, -2, 7, 30] * 5), np.array([True, False] * 10), ["b", "a", "b", "c"] * 5]
)
@pytest.mark.parametrize("kind", BOTH)
def test_labels_of_any_kind_come_back(kind: Any, labels: Any) -> None:
    """Rows that can be told apart by one feature."""
    classes, place = np.unique(labels, return_inverse=True)
    x = np.eye(len(classes))[place]

    def one() -> Network:
        net = Network([Dense(1, "sigmoid")], engine="reference")
        net.compile(optimizer=Adam(0.3))
        return net

    many = kind(one).fit(x, labels, epochs=60, verbose=0)
    assert many.predict(x).tolist() == list(labels)
    again = many.fit(x, np.asarray(labels, dtype=object if isinstance(labels, list) else None), epochs=1, verbose=0)
    assert again is many and len(many.histories[0].epoch) == 1  # anew, and not 61


def test_targets_of_other_units() -> None:
    """tanh answers between -1 and 1; the scale of the scores is the same."""
    x, y = flowers()

    def one() -> Network:
        net = Network([Normalization(), Dense(1, "tanh")], engine="reference")
        net.compile(loss="mse", optimizer=Adam(0.05))
        return net

    many = OneVsRest(one, targets=(-1, 1)).fit(x, y, epochs=30, verbose=0)
    scores = many.scores(x)
    assert (scores >= 0).all() and (scores <= 1).all() and (scores[:50, 0] > 0.8).all()
    assert (scores[:, 2] == (many.networks[2].predict(x)[:, 0].astype(float) + 1) / 2).all()
    assert OneVsOne(one, targets=(-1, 1)).fit(x, y, epochs=30, verbose=0).votes(x)[:50, 0].min() == 2


# ---- options of fit ----


def test_weights_of_rows_follow_their_rows() -> None:
    """A row of weight 0 is no row; a class's weight is its rows' weight."""
    x, y = flowers()
    weight = np.random.default_rng(0).uniform(0.5, 2, len(x))
    many = OneVsOne(make).fit(x, y, epochs=1, verbose=0, sample_weight=weight, class_weight={"virginica": 3})
    two = y != "versicolor"
    alone = make()
    alone.fit(
        x[two],
        y[two] == "virginica",
        epochs=1,
        verbose=0,
        sample_weight=(weight * np.where(y == "virginica", 3, 1))[two],
    )
    assert many.networks[1].fingerprint() == alone.fingerprint()
    assert alone.fingerprint() != OneVsOne(make).fit(x, y, epochs=1, verbose=0).networks[1].fingerprint()

    rest = OneVsRest(make).fit(x, y, epochs=1, verbose=0, class_weight="balanced")
    alone = make()
    alone.fit(x, y == "setosa", epochs=1, verbose=0, class_weight="balanced")
    assert rest.networks[0].fingerprint() == alone.fingerprint()


def test_validation_data_are_asked_the_same() -> None:
    x, y = flowers()
    held_out = x[::3], y[::3], np.linspace(1, 2, 50)
    many = OneVsOne(make).fit(x, y, epochs=2, verbose=0, validation_data=held_out)
    two = y[::3] != "setosa"
    alone = make()
    truth = y[::3][two] == "virginica"
    rows = y != "setosa"
    history = alone.fit(
        x[rows], y[rows] == "virginica", epochs=2, verbose=0, validation_data=(x[::3][two], truth, held_out[2][two])
    )
    assert many.histories[2].history == history.history and "val_loss" in history.history
    some = OneVsOne(make).fit(x, y, epochs=1, verbose=0, validation_data=(x[:2], y[:2]))
    assert ["val_loss" in one.history for one in some.histories] == [True, True, False]  # no row of the last pair
    assert "val_loss" in OneVsRest(make).fit(x, y, epochs=1, verbose=0, validation_data=held_out).histories[2].history


def test_what_was_learned_stays_until_all_is_learned() -> None:
    x, y = flowers()
    many = OneVsRest(make).fit(x, y, epochs=1, verbose=0)
    before = many.networks

    class Stop(pynn.Callback):
        begun = 0

        def on_train_begin(self, logs: Any) -> None:
            self.begun += 1
            if self.begun == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        many.fit(x, y, epochs=1, verbose=0, callbacks=[Stop()])
    assert many.networks is before


# ---- how they decide ----


def test_the_surest_wins() -> None:
    many = OneVsRest(make)
    many.classes = np.array(["a", "b", "c"])
    many.networks = (Says(0.2, 0.9, 0.5, 0.1), Says(0.7, 0.95, 0.5, 0.1), Says(0.1, 0.2, 0.4, 0.3))  # type: ignore[assignment]
    assert many.predict(None).tolist() == ["b", "b", "a", "c"]  # equally sure: the lower class


def test_votes_by_hand() -> None:
    """Three classes, pairs ab, ac, bc; an output above 1/2 is for the later class of the pair.

    Row 0: b over a, a over c, b over c. Rows 1 and 3: a over b, c over a, b over c, all sums 1: the lower class.
    Row 2: undecided everywhere, so the lower class of each pair. Row 4: as row 1, but the sums are 7/8, 9/8, 1: b.
    """
    many = OneVsOne(make)
    many.classes = np.array([10, 20, 30])
    ab, ac, bc = (
        Says(0.75, 0.25, 0.5, 0.25, 0.375),
        Says(0.25, 0.75, 0.5, 0.75, 0.75),
        Says(0.25, 0.25, 0.5, 0.25, 0.25),
    )
    many.networks = (ab, ac, bc)  # type: ignore[assignment]
    assert many.votes(None).tolist() == [[1, 2, 0], [1, 1, 1], [2, 1, 0], [1, 1, 1], [1, 1, 1]]
    assert many.scores(None)[4].tolist() == [0.625 + 0.25, 0.375 + 0.75, 0.75 + 0.25]
    assert many.predict(None).tolist() == [20, 10, 10, 10, 20]
    assert (many.scores(None).sum(axis=1) == 3).all()


def test_sums_decide_among_the_most_votes_only() -> None:
    """Four classes: d never wins a vote against the leader but has the largest sum of confidence."""
    many = OneVsOne(make)
    many.classes = np.arange(4)
    # pairs 01 02 03 12 13 23: class 0 wins its three by a little, class 3 wins two by far
    many.networks = tuple(Says(p) for p in (0.45, 0.45, 0.49, 0.5, 1.0, 1.0))  # type: ignore[assignment]
    votes, scores = many.votes(None)[0], many.scores(None)[0]
    assert votes.tolist() == [3, 1, 0, 2] and scores.argmax() == 3
    assert many.predict(None).tolist() == [0]


# ---- copies, errors ----


@pytest.mark.parametrize("kind", BOTH)
def test_pickle(kind: Any) -> None:
    x, y = flowers()
    for maker in (make, lambda: make()):
        many = kind(maker).fit(x, y, epochs=1, verbose=0)
        again = pickle.loads(pickle.dumps(many))
        assert (again.predict(x) == many.predict(x)).all() and (again.scores(x) == many.scores(x)).all()
        assert (copy.deepcopy(many).predict(x) == many.predict(x)).all()
        if maker is make:
            assert again.fit(x, y, epochs=1, verbose=0).networks[0].fingerprint() == many.networks[0].fingerprint()
        else:
            with pytest.raises(ValueError, match="make: did not come along"):
                again.fit(x, y)


def trained() -> Network:
    net = make()
    net.fit(np.zeros((2, 4)) + [[0], [1]], [0, 1], verbose=0)
    return net


ONE = make()
X, Y = np.arange(12.0).reshape(6, 2), np.array(["a", "b", "c"] * 2)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda kind: kind(make()), TypeError, "make: .* expected a function"),
        (lambda kind: kind(make, targets=(1, 0)), ValueError, "targets: "),
        (lambda kind: kind(make, targets=1), TypeError, "targets: 1"),
        (lambda kind: kind(make).predict(X), pynn.NotFittedError, "predict: "),
        (lambda kind: kind(lambda: ONE).fit(X, Y, epochs=0), ValueError, "make: .* trained already"),
        (lambda kind: kind(trained).fit(X, Y), ValueError, "make: .* trained already"),
        (lambda kind: kind(lambda: Network([Dense(3)])).fit(X, Y), ValueError, "make: .* 3 outputs"),
        (lambda kind: kind(lambda: None).fit(X, Y), TypeError, "make: returned a NoneType"),
        (lambda kind: kind(make).fit(X, Y[:5]), ValueError, "y: 5 labels, but x has shape"),
        (lambda kind: kind(make).fit(X, ["a"] * 6), ValueError, "y: holds the classes"),
        (lambda kind: kind(make).fit(X, np.eye(3)[[0, 1, 2] * 2]), ValueError, "y: shape"),
        (lambda kind: kind(make).fit(X, np.linspace(0, 1, 6)), ValueError, "y: float64"),
        (lambda kind: kind(make).fit(X, Y, sample_weight=[1]), ValueError, "sample_weight: shape"),
        (lambda kind: kind(make).fit(X, Y, class_weight={"d": 1}), ValueError, "class_weight: 'd'"),
        (lambda kind: kind(make).fit(X, Y, class_weight={"a": -1}), ValueError, "class_weight\\['a'\\]: -1"),
        (lambda kind: kind(make).fit(X, Y, validation_data=(X, ["z"] * 6)), ValueError, "validation_y: z at row 0"),
        (lambda kind: kind(make).fit(X, Y, validation_data=X), TypeError, "validation_data: "),
        (lambda kind: kind(make).fit(X, Y, validation_data=(X, Y, [1])), ValueError, "validation_sample_weight: "),
    ],
)
def test_refused(kind: Any, call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(kind)


def test_repr_says_how_many() -> None:
    assert repr(OneVsOne(make)) == "OneVsOne(not fitted)" and OneVsOne(make).pairs == ()
    assert repr(OneVsOne(make).fit(*flowers(), epochs=0, verbose=0)) == "OneVsOne(3 classes, 3 networks)"
    assert pynn.multiclass.OneVsOne is OneVsOne
