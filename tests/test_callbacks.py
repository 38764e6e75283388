"""Ready-made callbacks: when they act, what they leave behind, and that they cost batches nothing."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pynn import SGD, Adam, Dense, Network, schedules
from pynn.callbacks import (
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TimeBudget,
    event_file,
)
from pynn.training.callbacks import Calls

X = np.random.default_rng(2).normal(size=(50, 4))
Y = (X[:, 0] > 0).astype(int)


def make(engine="reference", **options):
    net = Network([Dense(7, "tanh"), Dense(2, "softmax")], engine=engine, seed=1)
    net.compile(optimizer=SGD(0.1), metrics=["accuracy"])
    if options:
        net.fit(X, Y, **{"batch_size": 8, "verbose": 0} | options)
    return net


def told(callback, values, name="loss", first=0):
    """Tells a callback of epochs with these values; the epoch after which it stopped, or None, and the rates."""
    net = SimpleNamespace(stop_training=False, optimizer=SGD(1.0), get_params=lambda: None)
    callback.net = net
    callback.on_train_begin({})
    rates = []
    for epoch, value in enumerate(values, first):
        callback.on_epoch_begin(epoch, {})
        callback.on_epoch_end(epoch, {name: value})
        rates.append(net.optimizer.learning_rate)
        if net.stop_training:
            return epoch, rates
    return None, rates


# ---- early stopping ----


@pytest.mark.parametrize(
    ("options", "values", "stopped"),
    [
        ({}, [3, 2, 1, 0.5], None),
        ({}, [3, 2, 2, 1], 2),  # equal is not better
        ({"patience": 1}, [3, 2, 2, 1], 2),
        ({"patience": 2}, [3, 2, 2, 1, 2, 2, 0], 5),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.25, 2, 1.75, 1], 4),  # by more than 0.5: 2.25 is enough
        ({"patience": 2, "min_delta": -0.5}, [3, 2.6, 2.25, 2, 1.75, 1], 4),
        ({"mode": "max"}, [1, 2, 1.5], 2),
        ({"patience": 3, "baseline": 1.0}, [5, 4, 3, 3], 3),  # better, but never below the baseline
        ({"patience": 3, "baseline": 1.0}, [5, 0.9, 3, 2], None),
        ({"start_from_epoch": 3}, [1, 2, 3, 2, 1], None),
        ({"start_from_epoch": 3}, [3, 3, 1, 3, 2.5, 2], None),  # the third epoch is not looked at, the fourth is
        ({"start_from_epoch": 3}, [1, 1, 1, 2, 2, 1], 4),
        ({"mode": "max", "min_delta": 0.5}, [1, 1.4, 1.2, 2], 1),  # not better by so much
        ({}, [1], None),
    ],
)
def test_when_early_stopping_stops(options, values, stopped):
    callback = EarlyStopping("loss", **options)
    assert told(callback, values)[0] == stopped
    assert told(callback, values)[0] == stopped  # a second training begins anew
    assert callback.stopped_epoch == (stopped or 0)


def test_mode_follows_the_name():
    assert told(EarlyStopping("val_accuracy"), [0.1, 0.2, 0.3], "val_accuracy")[0] is None
    assert told(EarlyStopping("val_loss"), [0.1, 0.2, 0.3], "val_loss")[0] == 1


def test_the_best_weights_come_back(engine):
    """A rate that is far too large after three epochs: the weights are those of the best epoch."""
    rate = LearningRateScheduler(lambda epoch: 0.1 if epoch < 3 else 20.0)
    stop = EarlyStopping("loss", patience=3, restore_best_weights=True)
    net = make(engine, epochs=50, callbacks=[rate, stop])
    assert stop.best_epoch == 2 and stop.stopped_epoch == 5 and stop.best == net.history.history["loss"][2]
    assert net.fingerprint() == make(engine, epochs=3).fingerprint()
    plain = make(engine, epochs=50, callbacks=[rate, EarlyStopping("loss", patience=3)])
    assert plain.fingerprint() != net.fingerprint() and plain.epoch == 6


def test_a_number_that_is_not_reported():
    for callback in (EarlyStopping(), ReduceLROnPlateau(), ModelCheckpoint("x", save_best_only=True)):
        with pytest.raises(ValueError, match="'val_loss' is not reported; reported are loss, accuracy; val_"):
            make(epochs=1, callbacks=callback)


# ---- the learning rate ----


@pytest.mark.parametrize(
    ("options", "values", "rates"),
    [
        ({"patience": 2}, [3, 3, 3, 3, 3], [1, 1, 0.1, 0.1, 0.01]),
        ({"patience": 1, "factor": 0.5, "cooldown": 2}, [3] * 6, [1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        ({"patience": 1, "factor": 0.5, "min_lr": 0.3}, [3] * 4, [1, 0.5, 0.3, 0.3]),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.6, 2.2], [1, 0.1, 0.1]),
        ({"patience": 1, "mode": "max"}, [1, 2, 3, 2], [1, 1, 1, 0.1]),
        ({"patience": 1}, [3, 2, 1], [1, 1, 1]),
    ],
)
def test_reduce_on_plateau(options, values, rates):
    assert told(ReduceLROnPlateau("loss", **options), values)[1] == pytest.approx(rates)


def test_reduce_on_plateau_needs_a_number():
    net = make()
    net.compile(optimizer=SGD(schedules.Cosine(0.1, 10)))
    with pytest.raises(TypeError, match="changes by itself"):
        net.fit(X, Y, epochs=5, verbose=0, callbacks=ReduceLROnPlateau("loss", patience=1, min_delta=100))


def test_scheduler():
    rates = []
    look = LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(net.optimizer.learning_rate))
    net = make()
    net.fit(X, Y, epochs=3, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: 0.1 * (epoch + 1)), look])
    net.fit(X, Y, epochs=2, verbose=0, callbacks=[LearningRateScheduler(lambda epoch, rate: rate / 2), look])
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.15, 0.075])
    with pytest.raises(ValueError, match="schedule"):
        net.fit(X, Y, verbose=0, callbacks=LearningRateScheduler(lambda epoch: -1.0))
    with pytest.raises(TypeError, match="schedule"):
        LearningRateScheduler(0.1)


# ---- checkpoints ----


def test_checkpoints(tmp_path, engine):
    whole = make(engine, epochs=4, callbacks=ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{loss:.3f}.pynn"))
    files = sorted((tmp_path / "new").iterdir())
    losses = whole.history.history["loss"]
    assert [path.name for path in files] == [f"{i + 1:02d}-{loss:.3f}.pynn" for i, loss in enumerate(losses)]
    resumed = Network.load(files[1], engine=engine)
    resumed.fit(X, Y, epochs=4, initial_epoch=2, batch_size=8, verbose=0)
    assert resumed.fingerprint() == whole.fingerprint()
    with pytest.raises(ValueError, match="'nothing' is not reported"):
        make(epochs=1, callbacks=ModelCheckpoint(str(tmp_path / "{nothing}")))


def test_best_checkpoint(tmp_path):
    path = tmp_path / "best.pynn"
    rate = LearningRateScheduler(lambda epoch: 0.1 if epoch < 3 else 20.0)
    make(epochs=6, callbacks=[rate, ModelCheckpoint(path, "loss", save_best_only=True)])
    assert Network.load(path, engine="reference").epoch == 3
    never = ModelCheckpoint(tmp_path / "never", "loss", save_best_only=True, initial_value_threshold=0.0)
    make(epochs=2, callbacks=never)
    assert not (tmp_path / "never").exists()


def test_checkpoints_within_epochs(tmp_path):
    make(epochs=2, callbacks=ModelCheckpoint(tmp_path / "{epoch}.pynn", save_freq=3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.pynn", "2.pynn"]
    assert Network.load(tmp_path / "2.pynn", engine="reference").iteration == 12


# ---- records ----


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    net = make(epochs=2, validation_split=0.2, callbacks=CSVLogger(path))
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert list(rows[0]) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert [float(row["val_loss"]) for row in rows] == net.history.history["val_loss"]
    net.fit(X, Y, verbose=0, callbacks=CSVLogger(path, append=True))
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 3 and rows[2]["epoch"] == "2" and rows[2]["val_loss"] == "NA"
    make(epochs=1, callbacks=CSVLogger(path, separator=";"))
    assert path.read_text().splitlines()[0] == "epoch;accuracy;loss"
    with pytest.raises(ValueError, match="separator"):
        CSVLogger(path, separator=", ")


def test_checksums():
    """Values of RFC 3720, B.4, and the mask of TFRecord undone."""
    assert event_file.crc32c(b"123456789") == 0xE3069283
    assert event_file.crc32c(bytes(32)) == 0x8A9136AA and event_file.crc32c(b"\xff" * 32) == 0x62A8AB43
    (mask,) = struct.unpack("<I", event_file.masked(b"123456789"))
    turned = (mask - 0xA282EAD8) & 0xFFFFFFFF
    assert ((turned >> 17) | (turned << 15)) & 0xFFFFFFFF == 0xE3069283
    assert event_file.varint(200) == b"\xc8\x01" and event_file.varint(127) == b"\x7f"
    assert event_file.varint(300) == b"\xac\x02" and event_file.varint(0) == b"\0"


def messages(content):
    """The records of an event file, their checksums looked at."""
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        body = content[12 : 12 + length]
        assert content[8:12] == event_file.masked(content[:8]) and content[12 + length :][:4] == event_file.masked(body)
        yield fields(body)
        content = content[16 + length :]


def fields(body):
    """{number: values} of a protocol buffer with the kinds of fields that an event has."""
    found = {}
    while body:
        key, body = body[0], body[1:]
        if key & 7 == 1:
            value, body = struct.unpack("<d", body[:8])[0], body[8:]
        elif key & 7 == 5:
            value, body = struct.unpack("<f", body[:4])[0], body[4:]
        else:
            value, shift = 0, 0
            while True:
                byte, body = body[0], body[1:]
                value, shift = value | (byte & 127) << shift, shift + 7
                if byte < 128:
                    break
            if key & 7 == 2:
                value, body = body[:value], body[value:]
        found.setdefault(key >> 3, []).append(value)
    return found


def test_tensorboard(tmp_path):
    net = make(epochs=3, validation_split=0.2, callbacks=TensorBoard(tmp_path))
    for part, prefix in (("train", ""), ("validation", "val_")):
        (path,) = (tmp_path / part).iterdir()
        assert path.name.startswith("events.out.tfevents.")
        version, *events = messages(path.read_bytes())
        assert version[3] == [b"brain.Event:2"] and [event[2] for event in events] == [[0], [1], [2]]
        for epoch, event in enumerate(events):
            values = {one[1][0].decode(): one[2][0] for one in map(fields, fields(event[5][0])[1])}
            assert values["epoch_loss"] == np.float32(net.history.history[f"{prefix}loss"][epoch])
            assert ("epoch_learning_rate" in values) == (part == "train")


def test_tensorboard_has_the_rate_of_the_last_step(tmp_path):
    net = make()
    net.compile(optimizer=SGD(schedules.InverseTime(0.5, 1.0)))
    net.fit(X, Y, batch_size=10, epochs=1, verbose=0, callbacks=TensorBoard(tmp_path))  # 5 steps, the last is number 4
    (path,) = (tmp_path / "train").iterdir()
    _, event = messages(path.read_bytes())
    values = {one[1][0].decode(): one[2][0] for one in map(fields, fields(event[5][0])[1])}
    assert values["epoch_learning_rate"] == np.float32(0.5 / 5)


def test_values_beyond_a_float_are_infinite():
    assert event_file.value("x", 1e300).endswith(struct.pack("<f", np.inf))


def test_tensorboard_reads_it(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    net = make(epochs=3, callbacks=TensorBoard(tmp_path))
    found = accumulator.EventAccumulator(str(tmp_path / "train")).Reload().Scalars("epoch_loss")
    assert [one.value for one in found] == [np.float32(value) for value in net.history.history["loss"]]


# ---- time, functions, costs ----


def test_a_rate_that_is_set_within_an_epoch_counts_for_the_next_step(engine):
    """A rate of 0 after the third of seven steps: what is left of the epoch changes no weight."""
    weights = []

    def look(batch, logs):
        weights.append(net.fingerprint())
        if batch == 2:
            net.optimizer.learning_rate = 0.0

    net = make(engine)
    net.fit(X, Y, batch_size=8, verbose=0, callbacks=LambdaCallback(on_batch_end=look))
    assert len(set(weights[:3])) == 3 and len(weights) == 7 and set(weights[3:]) == {weights[2]}


def test_the_end_is_told_the_last_epochs_numbers(engine):
    """Who hears of the end alone lets many epochs run in one call; the logs are still those of the last."""
    heard = []
    net = make(engine, epochs=4, callbacks=SimpleNamespace(on_train_end=heard.append))
    history = net.history.history
    assert heard == [{name: values[-1] for name, values in history.items()}] and len(set(history["loss"])) == 4


def test_time_budget(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("pynn.callbacks.pacing.time", SimpleNamespace(monotonic=lambda: clock[0]))
    tick = LambdaCallback(on_epoch_end=lambda epoch, logs: clock.__setitem__(0, clock[0] + 1))
    assert make(epochs=9, callbacks=[tick, TimeBudget(3)]).epoch == 3
    assert make(epochs=9, callbacks=[tick, TimeBudget(0)]).epoch == 1
    batch = LambdaCallback(on_train_batch_end=lambda batch, logs: clock.__setitem__(0, clock[0] + 1))
    net = make(epochs=9, callbacks=[batch, TimeBudget(10, batches=True)])
    assert (net.iteration, net.epoch) == (10, 2)


def test_only_who_asks_for_batches_is_told_of_them(tmp_path):
    quiet = [
        EarlyStopping("loss"), ReduceLROnPlateau("loss"), ModelCheckpoint(tmp_path / "a"), CSVLogger(tmp_path / "b"),
        TensorBoard(tmp_path / "c"), TimeBudget(9), LearningRateScheduler(lambda epoch: 0.1),
        LambdaCallback(on_epoch_end=print),
    ]  # fmt: skip
    assert not Calls(quiet, make()).every_batch
    for one in (
        TimeBudget(9, batches=True),
        ModelCheckpoint("a", save_freq=2),
        LambdaCallback(on_batch_end=print),
    ):
        assert Calls([one], make()).every_batch


def test_they_change_no_bit(tmp_path):
    watched = make(epochs=3, callbacks=[CSVLogger(tmp_path / "a"), TensorBoard(tmp_path), TimeBudget(1e6)])
    assert watched.fingerprint() == make(epochs=3).fingerprint()


@pytest.mark.parametrize(
    ("make_one", "words"),
    [
        (lambda: EarlyStopping(3), "monitor"),
        (lambda: EarlyStopping(mode="up"), "mode"),
        (lambda: EarlyStopping(patience=-1), "patience"),
        (lambda: EarlyStopping(patience=1.5), "patience"),
        (lambda: ReduceLROnPlateau(factor=1.0), "factor"),
        (lambda: ModelCheckpoint(3), "filepath"),
        (lambda: ModelCheckpoint("a", save_freq="batch"), "save_freq"),
        (lambda: TimeBudget(-1), "seconds"),
        (lambda: LambdaCallback(on_epoch=print), "on_epoch: unknown"),
        (lambda: LambdaCallback(on_epoch_end=3), "on_epoch_end"),
        (lambda: TensorBoard(3), "log_dir"),
        (lambda: CSVLogger(3), "filename"),
    ],
)
def test_wrong_arguments(make_one, words):
    with pytest.raises((TypeError, ValueError), match=words):
        make_one()


def test_a_callback_may_be_used_twice(tmp_path):
    path = Path(tmp_path / "log.csv")
    log, net = CSVLogger(path), make()
    for _ in range(2):
        net.compile(optimizer=Adam(0.01))
        net.fit(X, Y, epochs=2, verbose=0, callbacks=log)
    assert len(path.read_text().splitlines()) == 3
