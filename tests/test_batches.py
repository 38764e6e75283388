"""Training on batches from a generator or a sequence: the steps of train_on_batch, in the order of their epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn import SGD, Dense, Dropout, Network

ROWS, SIZE = 103, 16
RNG = np.random.default_rng(3)
X = RNG.normal(size=(ROWS, 5)).astype(np.float32)
Y = RNG.integers(0, 3, ROWS)


def fresh(*, dropout: float = 0.0, engine: str = "native") -> Network:
    drops = [Dropout(dropout)] if dropout else []
    net = Network([Dense(7, "tanh"), *drops, Dense(3, "softmax")], inputs=5, seed=4, engine=engine)
    net.compile(optimizer=SGD(0.1, momentum=0.9, decay=1e-3), metrics=["accuracy"])
    return net


def cut() -> list[tuple[Any, ...]]:
    return [(X[i : i + SIZE], Y[i : i + SIZE]) for i in range(0, ROWS, SIZE)]


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_sequence_in_order_is_the_arrays_in_order(engine: str) -> None:
    ours, arrays = fresh(engine=engine), fresh(engine=engine)
    found = ours.fit(cut(), epochs=3, shuffle=False, verbose=0)
    known = arrays.fit(X, Y, batch_size=SIZE, epochs=3, shuffle=False, verbose=0)
    assert ours.fingerprint() == arrays.fingerprint()
    assert found.history == known.history and found.epoch == [0, 1, 2] and ours.epoch == 3


def test_each_item_is_a_step_of_train_on_batch() -> None:
    ours, steps = fresh(dropout=0.3), fresh(dropout=0.3)
    ours.fit(iter(cut()), verbose=0)
    for x, y in cut():
        steps.train_on_batch(x, y)
    assert ours.fingerprint() == steps.fingerprint() and ours.iteration == steps.iteration == 7


def test_each_step_has_masks_of_its_own() -> None:
    net = Network([Dense(7, "tanh"), Dropout(0.5), Dense(3, "softmax")], inputs=5, seed=4)
    net.compile(optimizer=SGD(1e-30))  # moves no output: biases, which begin at 0, by 1e-30; masks tell the steps apart
    before = net.predict(X)
    losses = {net.train_on_batch(X, Y)["loss"] for _ in range(4)}
    losses |= {net.fit([(X, Y)], verbose=0).history["loss"][0] for _ in range(4)}
    assert len(losses) == 8
    np.testing.assert_array_equal(net.predict(X), before)


def test_the_order_of_a_sequence_depends_on_seed_and_epoch_alone() -> None:
    class Seen:
        def __init__(self) -> None:
            self.places: list[int] = []

        def __len__(self) -> int:
            return len(cut())

        def __getitem__(self, place: int) -> Any:
            self.places.append(place)
            return cut()[place]

    whole, parts, seen = fresh(dropout=0.3), fresh(dropout=0.3), Seen()
    whole.fit(seen, epochs=4, verbose=0)
    epochs = [seen.places[1 + 7 * e : 8 + 7 * e] for e in range(4)]  # the first was looked at before
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs) and len(set(map(tuple, epochs))) == 4
    parts.fit(cut(), epochs=2, verbose=0)
    parts.fit(cut(), epochs=2, verbose=0)
    assert parts.fingerprint() == whole.fingerprint()


def test_a_generator_lasts_as_long_as_it_lasts() -> None:
    endless = (cut()[step % 7] for step in range(10**9))
    net = fresh()
    history = net.fit(endless, epochs=3, steps_per_epoch=5, verbose=0)
    assert net.iteration == 15 and len(history.history["loss"]) == 3
    with pytest.raises(ValueError, match="no batch was left for epoch 1; give a sequence, or steps_per_epoch="):
        fresh().fit(iter(cut()), epochs=2, verbose=0)
    short = fresh()
    with pytest.raises(ValueError, match="ran out after 2 of steps_per_epoch=5 batches"):
        short.fit(iter(cut()), epochs=2, steps_per_epoch=5, verbose=0)
    assert short.epoch == 1 and short.iteration == 7


def test_what_can_be_gone_through_again_is() -> None:
    class Again:
        def __iter__(self) -> Any:
            return iter(cut())

    ours, listed = fresh(), fresh()
    ours.fit(Again(), epochs=3, verbose=0)
    listed.fit(cut(), epochs=3, shuffle=False, verbose=0)
    assert ours.fingerprint() == listed.fingerprint()
    for steps in (7, 10):  # as many as there are, and more
        longer = fresh()
        longer.fit(Again(), epochs=2, steps_per_epoch=steps, verbose=0)
        assert longer.iteration == 2 * steps


def test_weights_validation_and_callbacks() -> None:
    weight = np.linspace(0.5, 2, ROWS)
    items = [(x, y, weight[16 * i : 16 * i + len(x)]) for i, (x, y) in enumerate(cut())]
    ours, arrays = fresh(), fresh()
    options: dict[str, Any] = {"epochs": 2, "shuffle": False, "verbose": 0, "class_weight": {0: 2.0}}
    found = ours.fit(items, validation_data=(X, Y), **options)
    known = arrays.fit(X, Y, batch_size=SIZE, sample_weight=weight, validation_data=(X, Y), **options)
    assert ours.fingerprint() == arrays.fingerprint() and found.history == known.history

    class Stop:
        def on_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            net.stop_training = batch == 2

    net = fresh()
    history = net.fit(cut(), epochs=5, callbacks=Stop(), verbose=0)
    assert net.iteration == 3 and len(history.epoch) == 1


def test_a_network_without_inputs_learns_them() -> None:
    net = Network([Dense(3, "softmax")])
    net.fit(cut(), verbose=0)
    assert net.inputs == 5


@pytest.mark.parametrize(
    ("given", "options", "error", "words"),
    [
        (X, {}, TypeError, "y: None with x a ndarray; expected targets"),
        ("rows", {}, TypeError, "y: None with x a str"),
        (5, {}, TypeError, "x: 5 is a int; expected batches"),
        ([], {}, ValueError, "x: no batch; expected at least one"),
        (iter([]), {}, ValueError, "x: no batch came"),
        ([X], {}, TypeError, "x: batch 0 is a ndarray; expected"),
        ([(X,)], {}, TypeError, "x: batch 0 is a tuple; expected"),
        ([*cut(), (X[:, :4], Y)], {"shuffle": False}, ValueError, "x of batch 7: "),
        ([(X, Y[:5])], {}, ValueError, "y of batch 0: "),
        (cut(), {"validation_split": 0.1}, ValueError, "validation_split: batches cannot be split"),
        (cut(), {"sample_weight": Y}, ValueError, "sample_weight: a batch brings its own"),
        (cut(), {"steps_per_epoch": 0}, ValueError, "steps_per_epoch: 0"),
    ],
)
def test_wrong_batches(given: Any, options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fresh().fit(given, verbose=0, **options)


def test_steps_are_for_batches() -> None:
    with pytest.raises(ValueError, match="steps_per_epoch: only for batches"):
        fresh().fit(X, Y, steps_per_epoch=3, verbose=0)


def test_a_progress_line_without_a_known_end(capsys: pytest.CaptureFixture[str]) -> None:
    fresh().fit(iter(cut()), verbose=2)
    assert capsys.readouterr().out.startswith("epoch 1/1  loss ")
