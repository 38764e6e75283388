"""A user's own schedules, initializers, optimizers and losses in model files, and callbacks that go on counting."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import SGD, Callback, Dense, ModelFormatError, Network, Normalization, initializers, losses, schedules
from pynn.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

X = np.random.default_rng(2).normal(3, 2, size=(50, 4))
Y = (X[:, 0] > 3).astype(int) + (X[:, 1] > 4)


@dataclasses.dataclass(frozen=True)
class Pieces(schedules.Schedule):
    """A rate up to each border; then another schedule."""

    borders: tuple[int, ...]
    values: list[float]
    then: schedules.Schedule | float

    def rates(self, first: int, n: int) -> Any:
        steps = np.arange(first, first + n)
        after = schedules.get("then", self.then).rates(first, n)
        place = np.searchsorted(self.borders, steps, side="right")
        return np.where(place < len(self.borders), np.append(self.values, 0.0)[place], after)


class Half(initializers.Initializer):
    """Half of another initializer's values: says what it is made of in get_config."""

    def __init__(self, other: initializers.Initializer) -> None:
        self._inner = other

    def get_config(self) -> dict[str, Any]:
        return {"other": self._inner}

    def values(self, inputs: int, outputs: int, n: int, draw: Any) -> Any:
        return 0.5 * self._inner.values(inputs, outputs, n, draw)


class Slower(SGD):
    """Another rule for its rates."""

    def __init__(self, learning_rate: Any = 0.1, *, share: float = 0.5) -> None:
        super().__init__(learning_rate, momentum=0.5)
        self._share = share

    @property
    def share(self) -> float:
        return self._share

    def rates(self, first: int, n: int) -> Any:
        return self._share * super().rates(first, n)


class Wide(losses.Huber):
    """With a parameter of its own."""

    def __init__(self, width: float) -> None:
        super().__init__(delta=2 * width)
        object.__setattr__(self, "width", width)


OWN = [Pieces, Half, Slower, Wide]


def own(engine: str) -> Network:
    rate = Pieces((5, 11), [0.1, 0.2], Pieces((20,), [0.05], schedules.Cosine(0.1, 40)))
    layers = [Normalization(), Dense(6, "tanh", Half(Half(initializers.Normal(0.5)))), Dense(1)]
    net = Network(layers, engine=engine, seed=4)
    net.compile(loss=Wide(0.75), optimizer=Slower(rate, share=0.25))
    return net


def test_resuming_with_own_parts_changes_no_bit(engine: str, tmp_path: Path) -> None:
    net = own(engine)
    net.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    net.save(tmp_path / "a.pynn")
    again = Network.load(tmp_path / "a.pynn", engine=engine, custom=OWN)
    assert again.layers[0] == net.layers[0] and again.loss == net.loss and type(again.optimizer) is Slower
    assert again.optimizer.learning_rate == net.optimizer.learning_rate
    for one in (net, again):
        one.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    assert again.fingerprint() == net.fingerprint()
    net.save(tmp_path / "b.pynn")
    again.save(tmp_path / "c.pynn")
    assert (tmp_path / "b.pynn").read_bytes() == (tmp_path / "c.pynn").read_bytes()


def test_own_parts_have_to_be_given(tmp_path: Path) -> None:
    own("reference").save(tmp_path / "a.pynn")
    for left_out in OWN:
        given = [one for one in OWN if one is not left_out]
        with pytest.raises(ModelFormatError, match=rf"'{left_out.__name__}' is unknown.*custom="):
            Network.load(tmp_path / "a.pynn", custom=given)


def test_a_class_may_have_another_name_now(tmp_path: Path) -> None:
    own("reference").save(tmp_path / "a.pynn")
    table = {one.__name__: one for one in OWN}
    table["Half"] = type("Renamed", (Half,), {})
    found = Network.load(tmp_path / "a.pynn", custom=table).layers[1]
    assert type(found.kernel_initializer).__name__ == "Renamed"  # type: ignore[attr-defined]


def test_a_class_stands_only_where_it_fits(tmp_path: Path) -> None:
    own("reference").save(tmp_path / "a.pynn")
    for name, other in (("Pieces", Half), ("Half", Pieces), ("Slower", Wide), ("Wide", Slower)):
        table = {one.__name__: one for one in OWN} | {name: other}
        with pytest.raises(ModelFormatError, match=f"'{name}' is unknown"):
            Network.load(tmp_path / "a.pynn", custom=table)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (Half, TypeError, "a list of classes"),
        ("Half", TypeError, "a list of classes"),
        (3, TypeError, "a list of classes"),
        ([Half, Dense], TypeError, "derived from Initializer, Loss, Optimizer, Schedule"),
        ([Half, lambda: 1], TypeError, "derived from"),
        ([Half, type("Half", (Half,), {})], ValueError, "same name"),
        ([type("Cosine", (schedules.Schedule,), {})], ValueError, "'Cosine' is taken"),
    ],
)
def test_wrong_custom(given: Any, kind: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(kind, match=f"^custom: .*{words}"):
        Network.load(tmp_path / "a.pynn", custom=given)


class Hidden(schedules.Constant):
    def __init__(self, rate: float) -> None:
        super().__init__(2 * rate)  # its attribute is not what it was given


class Silent(schedules.Schedule):
    def __init__(self, peak: float) -> None:
        self._peak = peak

    def rates(self, first: int, n: int) -> Any:
        return np.full(n, self._peak)


@dataclasses.dataclass(frozen=True)
class Holds(schedules.Schedule):
    anything: Any

    def rates(self, first: int, n: int) -> Any:
        return np.full(n, 0.1)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (Hidden(0.1), "another one of"),
        (Silent(0.1), "no attribute 'peak'.*get_config"),
        (Holds(np.ones(3)), "a file cannot hold a ndarray"),
        (Holds(lambda: 1), "a file cannot hold a function"),
        (Holds(initializers.Zeros()), "a file cannot hold a Zeros"),
        (Holds(float("inf")), "a file cannot hold inf"),
        (type("Cosine", (schedules.Constant,), {})(0.1), "the name is taken"),
    ],
)
def test_what_would_not_come_back_is_refused(rate: Any, words: str, tmp_path: Path) -> None:
    net = Network([Dense(1)], inputs=2)
    net.compile(optimizer=SGD(rate))
    with pytest.raises((TypeError, ValueError), match=f"learning_rate.*{words}"):
        net.save(tmp_path / "a.pynn")
    assert not list(tmp_path.iterdir())


def test_plain_values_come_back_as_they_were(tmp_path: Path) -> None:
    net = Network([Dense(1)], inputs=2)
    given = [1, 2.5, None, True, "a", (), (3, [4, (5,)]), np.int64(6), schedules.Step(0.1, 2)]
    net.compile(optimizer=SGD(Holds(given)))
    net.save(tmp_path / "a.pynn")
    again: Any = Network.load(tmp_path / "a.pynn", custom=[Holds]).optimizer.learning_rate
    assert again.anything == given and type(again.anything[5]) is tuple


# ---- callbacks ----


class Counts(Callback):
    """A callback of one's own with a state."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.worst = np.zeros(3)

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.seen.append(epoch)
        self.worst = np.maximum(self.worst, logs["loss"])
        if len(self.seen) == 9:
            self.net.stop_training = True

    def get_state(self) -> dict[str, Any]:
        return {"seen": self.seen, "worst": self.worst}

    def set_state(self, state: dict[str, Any]) -> None:
        self.seen, self.worst = list(state["seen"]), state["worst"]


def listeners(folder: Path) -> list[Any]:
    """The file first: it has what the others made of the epoch all the same."""
    return [
        ModelCheckpoint(folder / "{epoch}.pynn"),
        EarlyStopping(patience=6, restore_best_weights=True),
        Counts(),
        ReduceLROnPlateau(patience=2, factor=0.5),
        EarlyStopping("loss", patience=4),
    ]


def learner(engine: str) -> Network:
    net = Network([Normalization(), Dense(8, "tanh"), Dense(3, "softmax")], seed=1, engine=engine)
    net.compile(optimizer=SGD(0.9, momentum=0.9))
    return net


def fit(net: Network, callbacks: list[Any], **options: Any) -> Any:
    words = {"epochs": 40, "batch_size": 8, "validation_split": 0.3, "verbose": 0} | options
    return net.fit(X, Y, callbacks=callbacks, **words).history


def test_callbacks_go_on_from_any_checkpoint(engine: str, tmp_path: Path) -> None:
    """Rates, best weights and the last epoch are those of a training that was not stopped: the files are equal."""
    net = learner(engine)
    history = fit(net, listeners(tmp_path / "whole"))
    assert 6 < net.epoch < 12 and net.optimizer.learning_rate != 0.9
    for epoch in range(1, net.epoch):
        again = Network.load(tmp_path / "whole" / f"{epoch}.pynn", engine=engine)
        went_on = fit(again, listeners(tmp_path / f"{epoch}"), initial_epoch=epoch)
        assert again.fingerprint() == net.fingerprint() and again.epoch == net.epoch
        assert went_on["val_loss"] == history["val_loss"][epoch:]
        last = f"{net.epoch}.pynn"
        assert (tmp_path / f"{epoch}" / last).read_bytes() == (tmp_path / "whole" / last).read_bytes()


def test_without_initial_epoch_they_begin_anew(tmp_path: Path) -> None:
    net, first, second = learner("reference"), Counts(), Counts()
    fit(net, [first], epochs=2)
    fit(net, [second], epochs=2)
    assert first.seen == [0, 1] and second.seen == [2, 3]
    third = Counts()
    fit(net, [third], initial_epoch=4, epochs=5)
    assert third.seen == [2, 3, 4]
    fit(net, [], epochs=1)
    assert net._core.callbacks.now() == {}


def test_another_number_begins_anew(caplog: pytest.LogCaptureFixture) -> None:
    net = learner("reference")
    fit(net, [EarlyStopping("val_loss", patience=9)], epochs=3)
    other = EarlyStopping("loss", patience=9)
    fit(net, [other], initial_epoch=3, epochs=4)
    assert other.seen == 1 and "it was val_loss before and is loss now" in caplog.text


def test_states_that_are_not_possible(tmp_path: Path) -> None:
    net = learner("reference")
    fit(net, [EarlyStopping(patience=9, restore_best_weights=True)], epochs=2)
    whole = net._core.callbacks.now()["EarlyStopping"]
    for change in ({"wait": -1}, {"wait": "x"}, {"best": "x"}, {"best_epoch": 0.5}, {"best_weights": np.ones(2)}):
        net._core.callbacks.last = {"EarlyStopping": whole | change}
        with pytest.raises(ValueError, match=r"^callbacks: EarlyStopping cannot go on"):
            fit(net, [EarlyStopping(patience=9, restore_best_weights=True)], initial_epoch=2, epochs=3)
    for state in ({"a": {1, 2}}, {"a": np.ones(2, int)}, {"a": np.ones((1, 1, 1))}, {"a": float("nan")}):
        net._core.callbacks.last = {"Counts": state}
        with pytest.raises(TypeError, match="Counts|callbacks"):
            net.save(tmp_path / "a.pynn")
