"""The loop over epochs: counting, resuming, callbacks, validation, sample and class weights, progress, interrupts."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

from pynn import SGD, Adam, Callback, Dense, DivergenceError, Dropout, Network
from pynn.engine.data import Data, Totals
from pynn.engine.philox import ORDER
from pynn.schedules import Cosine, InverseTime
from pynn.training import checks, progress
from pynn.training.callbacks import Calls
from pynn.training.fit import Course, Metrics, Piece
from pynn.training.history import History

X = np.random.default_rng(2).normal(size=(50, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)


def make(engine: str, **options: Any) -> Network:
    net = Network([Dense(7, "relu"), Dropout(0.3), Dense(3, "softmax")], engine=engine, seed=1)
    net.compile(optimizer=Adam(options.pop("learning_rate", 0.01)), metrics=["accuracy"])
    if options:
        net.fit(X, Y, **{"batch_size": 8, "verbose": 0} | options)
    return net


# ---- epochs ----


class Halves:
    """A row source of one's own: the first half of the rows forwards, then the second half, two steps each."""

    steps, joins = 4, False

    def pieces(self, engine: Any, first: int, epochs: int) -> Any:
        for begin in (0, 20):
            part = Data(X[begin : begin + 20], label=Y[begin : begin + 20].astype(np.int32))
            yield Piece(part, 10, first, 0, 2)


class Losses:
    """A record of one's own: it has had enough after three epochs."""

    quiet, together = False, 1

    def __init__(self, net: Network) -> None:
        self.net, self.losses = net, list[float]()

    def add(self, first: int, totals: Totals, begin: int, end: int) -> dict[str, float]:
        self.losses.append(totals.loss / totals.rows)
        self.net.stop_training = len(self.losses) == 3
        return {"loss": self.losses[-1]}

    def keep(self, epoch: int, logs: dict[str, float]) -> None: ...
    def step(self, epoch: int, step: int, logs: dict[str, float]) -> None: ...
    def diverged(self, error: DivergenceError) -> None: ...
    def close(self) -> None: ...


def test_sources_and_records_are_plugged_in(engine: str) -> None:
    """The loop with parts that are not the package's: steps, callbacks and stops as its own have them."""
    net, by_hand, heard = make(engine), make(engine), list[tuple[Any, ...]]()

    class Heard:
        def on_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            heard.append((batch, logs["loss"]))

    core = net._core.for_training(X)
    record, calls = Losses(net), Calls([Heard()], net)
    course = Course(core, Halves(), net.optimizer.rates, Metrics(), calls, record)
    course.run(0, 9)
    assert [batch for batch, _ in heard] == [0, 1, 2, 3] * 3 and net.iteration == 12
    assert [loss for batch, loss in heard if batch == 3] == record.losses and course.logs == {"loss": record.losses[2]}
    other = by_hand._core.for_training(X)
    for epoch in range(3):
        for piece in Halves().pieces(other, epoch, 1):
            for step in range(2):
                piece.train(other, np.full(2, 0.01), Totals(), "", step, step + 1)
    assert net.fingerprint() == by_hand.fingerprint()


def test_stopping_and_going_on_changes_nothing(engine: str) -> None:
    """Two plain fits, or initial_epoch, or a fit in one go: the same bits, with a schedule and dropout."""
    rate = Cosine(0.05, steps=40)
    whole = make(engine, learning_rate=rate, epochs=5)
    plain = make(engine, learning_rate=rate, epochs=2)
    second = plain.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    resumed = make(engine, learning_rate=rate, epochs=2)
    resumed.fit(X, Y, epochs=5, initial_epoch=2, batch_size=8, verbose=0)
    assert whole.fingerprint() == plain.fingerprint() == resumed.fingerprint()
    assert second.epoch == [2, 3, 4] and (plain.epoch, plain.iteration) == (5, 35)
    assert make(engine, epochs=4).fingerprint() != whole.fingerprint()
    plain.fit(X, Y, epochs=5, initial_epoch=5, verbose=0)  # nothing is left to do
    assert whole.fingerprint() == plain.fingerprint()


def test_each_epoch_has_an_order_and_masks_of_its_own(engine: str) -> None:
    """As steps by hand, told the epoch's number (masks depend on it) and a permutation that no other epoch has."""
    net, by_hand = make(engine), make(engine)
    net.fit(X, Y, epochs=2, batch_size=50, verbose=0)
    net.fit(X, Y, epochs=1, batch_size=50, verbose=0)
    core, orders = by_hand._core.for_training(X), []
    for epoch in range(3):
        orders.append(by_hand._core.module.permutation(by_hand.seed, ORDER, epoch, 50))
        data, rates = Data(X, label=Y.astype(np.int32)), by_hand.optimizer.rates(core.iteration, 1)
        core.train(data, batch=50, epoch=epoch, rates=rates, totals=Totals(), order=orders[-1])
    assert len({tuple(order) for order in orders}) == 3
    assert net.fingerprint() == by_hand.fingerprint()


def test_shuffle(engine: str) -> None:
    """Not shuffled, rows come as they lie: as in steps by hand. Shuffled, they do not."""
    nets = []
    for shuffle in (False, True):
        net = Network([Dense(3, "softmax")], engine=engine)
        net.compile(optimizer=SGD(0.1, momentum=0.5))
        net.fit(X, Y, batch_size=8, shuffle=shuffle, verbose=0)
        nets.append(net)
    by_hand = Network([Dense(3, "softmax")], engine=engine)
    by_hand.compile(optimizer=SGD(0.1, momentum=0.5))
    for start in range(0, 50, 8):
        by_hand.train_on_batch(X[start : start + 8], Y[start : start + 8])
    assert nets[0].fingerprint() == by_hand.fingerprint() != nets[1].fingerprint()


def test_batch_size_beyond_the_rows(engine: str) -> None:
    assert (
        make(engine, epochs=2, batch_size=50).fingerprint() == make(engine, epochs=2, batch_size=10**12).fingerprint()
    )


# ---- history and validation ----


def test_history(engine: str) -> None:
    net = make(engine)
    history = net.fit(X, Y, epochs=3, batch_size=8, validation_data=(X[:10], Y[:10]), verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 3 for values in history.history.values()) and history.epoch == [0, 1, 2]
    assert history.params == {"epochs": 3, "steps": 7, "batch_size": 8, "rows": 50, "verbose": 0}
    result = net.evaluate(X[:10], Y[:10])
    assert history.history["val_loss"][-1] == result["loss"]
    assert history.history["val_accuracy"][-1] == result["accuracy"]
    assert net.history is history and "3 epochs" in repr(history)


def test_validation_split_takes_the_last_rows(engine: str) -> None:
    nets = [make(engine), make(engine)]
    weight = np.linspace(0.5, 2, 50)
    a = nets[0].fit(X, Y, validation_split=0.2, sample_weight=weight, verbose=0)
    held = (X[40:], Y[40:], weight[40:])
    b = nets[1].fit(X[:40], Y[:40], validation_data=held, sample_weight=weight[:40], verbose=0)
    assert a.history == b.history and nets[0].fingerprint() == nets[1].fingerprint()


def test_plot_without_matplotlib() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import pynn\ntry: pynn.History().plot()\nexcept ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'pynn-native[plot]'" in done.stdout


def test_plot() -> None:
    pytest.importorskip("matplotlib")
    history = make("reference").fit(X, Y, epochs=3, validation_split=0.2, verbose=0)
    display = history.plot(best=False)
    assert [axes.get_ylabel() for axes in display.axes_] == ["loss", "accuracy"]
    lines = display.ax_.get_lines()
    assert [list(line.get_ydata()) for line in lines] == [history.history["loss"], history.history["val_loss"]]
    assert list(lines[0].get_xdata()) == [1, 2, 3]


# ---- weights of samples and classes ----


def test_class_weight_is_a_sample_weight(engine: str) -> None:
    table = {0: 1.0, 1: 2.5}  # class 2 is left out: 1
    weight = np.choose(Y, [1.0, 2.5, 1.0])
    other = np.linspace(0, 1, 50)
    for labels in (Y, np.eye(3)[Y], Y.astype(float)):
        a, b = make(engine), make(engine)
        a.fit(X, labels, class_weight=table, sample_weight=other, verbose=0)
        b.fit(X, labels, sample_weight=weight * other, verbose=0)
        assert a.fingerprint() == b.fingerprint() != make(engine, epochs=1, batch_size=32).fingerprint()


def test_balanced_classes_weigh_the_same() -> None:
    task = checks.Task(3, "softmax", "categorical_crossentropy")
    data = checks.Data(X, label=Y.astype(np.int32))
    weight = checks.class_weights("balanced", data, task, "float64")
    assert weight is not None and weight.sum() == pytest.approx(50)
    np.testing.assert_allclose(np.bincount(Y, weight), 50 / 3)
    one = checks.Data(X, y=np.where(Y == 0, -1, 1)[:, None])
    signed = checks.class_weights({-1: 3}, one, checks.Task(1, "sign", "perceptron"), "float64")
    assert signed is not None and set(signed[Y == 0]) == {3} and set(signed[Y > 0]) == {1}


# ---- callbacks ----


class Recorder(Callback):
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def on_train_begin(self, logs: Any) -> None:
        self.calls.append("begin")

    def on_train_end(self, logs: Any) -> None:
        self.calls.append("end")

    def on_epoch_begin(self, epoch: int, logs: Any) -> None:
        self.calls.append(("epoch", epoch))

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.calls.append((epoch, sorted(logs)))


def test_callbacks_are_told_in_order(engine: str) -> None:
    one = Recorder()
    net = make(engine)
    net.fit(X, Y, epochs=2, callbacks=one, verbose=0)
    ends = [(0, ["accuracy", "loss"]), (1, ["accuracy", "loss"])]
    assert one.calls == ["begin", ("epoch", 0), ends[0], ("epoch", 1), ends[1], "end"]
    assert one.net is net


def test_batch_hooks_change_nothing(engine: str) -> None:
    class Batches:
        def __init__(self) -> None:
            self.seen: list[tuple[int, float]] = []

        def on_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            self.seen.append((batch, logs["loss"]))

    hook, rate = Batches(), InverseTime(0.05, decay=0.1)
    hooked = make(engine, learning_rate=rate, epochs=2, callbacks=[hook])
    assert hooked.fingerprint() == make(engine, learning_rate=rate, epochs=2).fingerprint()
    assert [batch for batch, _ in hook.seen] == [*range(7)] * 2
    assert hook.seen[-1][1] == hooked.history.history["loss"][-1]


def test_a_callback_may_stop(engine: str) -> None:
    class Stop:
        def __init__(self, net: Network) -> None:
            self.net = net

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.net.stop_training = epoch == 1

    net = make(engine)
    assert net.fit(X, Y, epochs=9, batch_size=8, callbacks=[Stop(net)], verbose=0).epoch == [0, 1]
    assert net.fingerprint() == make(engine, epochs=2).fingerprint() and net.epoch == 2
    assert net.fit(X, Y, epochs=1, verbose=0).epoch == [2]  # the wish does not outlive its fit


def test_a_stop_within_an_epoch_counts_it(engine: str) -> None:
    """The rule in fit's docstring: an epoch that a callback ends counts; the next fit goes on after it."""

    class Stop(Recorder):
        def on_batch_end(self, batch: int, logs: Any) -> None:
            self.net.stop_training = batch == 2

    net, stop = make(engine), Stop()
    history = net.fit(X, Y, epochs=9, batch_size=8, callbacks=stop, verbose=0)
    assert (history.epoch, net.epoch, net.iteration) == ([0], 1, 3)
    assert stop.calls[-2:] == [(0, ["accuracy", "loss"]), "end"]
    assert net.fit(X, Y, batch_size=8, verbose=0).epoch == [1] and net.iteration == 10


def test_a_stop_before_a_step_is_after_it(engine: str) -> None:
    """As in Keras: an epoch that has begun has a step, so its loss is a number."""

    class Stop(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            self.net.stop_training = epoch == 1

        def on_batch_end(self, batch: int, logs: Any) -> None: ...

    net = make(engine)
    history = net.fit(X, Y, epochs=9, batch_size=8, callbacks=Stop(), verbose=0)
    assert (history.epoch, net.iteration) == ([0, 1], 8)
    assert np.isfinite(history.history["loss"]).all()


def test_a_callback_may_change_the_rate(engine: str) -> None:
    class Freeze(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            if epoch == 1:
                self.net.optimizer.learning_rate = 0.0

    net = make(engine)
    net.compile(optimizer=SGD(0.1))
    net.fit(X, Y, epochs=3, batch_size=8, callbacks=[Freeze()], verbose=0)
    other = make(engine)
    other.compile(optimizer=SGD(0.1))
    other.fit(X, Y, epochs=1, batch_size=8, verbose=0)
    assert net.fingerprint() == other.fingerprint()


def test_no_training_within_a_training(engine: str) -> None:
    class Greedy(Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            assert self.net.predict(X).shape == (50, 3)  # looking is allowed
            self.net.fit(X, Y)

    net = make(engine)
    with pytest.raises(RuntimeError, match="being trained"):
        net.fit(X, Y, callbacks=[Greedy()], verbose=0)
    net.fit(X, Y, verbose=0)


# ---- what goes wrong on the way ----


def test_divergence_is_an_error_within_a_step(engine: str) -> None:
    net = Network([Dense(4), Dense(4), Dense(1)], engine=engine)
    net.compile(loss="mse", optimizer=SGD(1e30))
    end = Recorder()
    with pytest.raises(DivergenceError):
        net.fit(X, X[:, 0], epochs=50, batch_size=8, callbacks=[end], verbose=0)
    assert all(np.isfinite(w).all() for w in net.weights)
    assert net.iteration < 7 and net.epoch == 0 and end.calls[-1] == "end"


def test_interrupts_leave_a_completed_step(engine: str) -> None:
    class Interrupt(Recorder):
        def on_batch_end(self, batch: int, logs: Any) -> None:
            if batch == 2:
                raise KeyboardInterrupt

    hook, net = Interrupt(), make(engine)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, batch_size=8, callbacks=[hook], verbose=0)
    assert (net.iteration, net.epoch, hook.calls[-1]) == (3, 0, "end")
    net.fit(X, Y, batch_size=8, verbose=0)
    assert (net.iteration, net.epoch) == (10, 1)


def test_ctrl_c_is_heard(engine: str) -> None:
    """A signal in the middle of a long fit: out within a second (0.1 s is promised; a loaded machine gets more)."""
    import time

    net = Network([Dense(64, "tanh"), Dense(3, "softmax")], engine=engine)
    net.fit(X, Y, verbose=0)
    sent: list[float] = []

    def send() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, send)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=10**6, batch_size=8, verbose=0)
    assert time.monotonic() - sent[0] < 1.0
    counted = 2 + 7 * (net.epoch - 1)  # steps of the epochs that count: the first had batches of 32
    assert net.epoch > 1 and counted <= net.iteration <= counted + 7
    timer.join()


# ---- progress ----


def test_a_notebooks_line_is_whole_and_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no columns to be cut at, and keeps what is drawn twice in a row when it is saved."""
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "30")
    net = Network([Dense(1)], inputs=2, seed=0)
    net.fit(np.ones((4, 2)), np.ones(4), validation_split=0.5, epochs=2, verbose=1)
    lines = stream.getvalue().split("\r")
    assert len([line for line in lines if line.startswith("epoch 2/2")]) == 1
    assert lines[-1].endswith(" s\n") and "val_loss" in lines[-1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_printed_when_silent(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    make(engine, epochs=2)
    assert capsys.readouterr() == ("", "")


def test_a_log_gets_plain_lines(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    net = make(engine)
    net.fit(X, Y, epochs=3, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "accuracy" in lines[0] and "\r" not in lines[0]
    net.fit(X, Y, epochs=3)  # "auto": quick epochs share a line
    assert capsys.readouterr().out.splitlines()[-1].startswith("epoch 6/6  loss ")


def test_a_terminal_gets_one_line_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    line = progress.Progress(1, 2, 10)
    for epoch in range(2):
        for step in range(1, 10):
            clock[0] += 0.06
            line.step(epoch, step, {"loss": 1.0})
        clock[0] += 0.06
        line.epoch(epoch, {"loss": 1.0})
    line.close()
    text = stream.getvalue()
    assert text.count("\n") == 1 and text.endswith("\n") and "step 4/10" in text
    assert text.rstrip().split("\r")[-1].startswith("epoch 2/2  loss 1.0000")
    assert all(len(part) < 80 for part in text.split("\r"))


def test_lines_that_stay_are_a_second_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Epochs of 0.3 s into a file: the fourth is 1.2 s after the begin, the eighth 1.2 s after it; and the last."""
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr(sys, "stdout", stream := io.StringIO())
    line = progress.Progress(1, 10, 5)
    for epoch in range(10):
        clock[0] += 0.3
        line.epoch(epoch, {"loss": 1.0})
    line.close()
    assert [text.split("  ")[0] for text in stream.getvalue().splitlines()] == [
        "epoch 4/10",
        "epoch 8/10",
        "epoch 10/10",
    ]


def test_a_long_history_is_a_table_of_its_ends() -> None:
    history = History()
    history.extend(0, {"loss": [float(i) for i in range(20)]})
    rows = [row.split("</td>")[0].split(">")[-1] for row in history._repr_html_().split("<tr>")[2:]]
    assert rows == ["1", "2", "3", "4", "...", "15", "16", "17", "18", "19", "20"]


def test_a_closed_stream_does_not_end_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    assert make("reference").fit(X, Y, epochs=2, verbose=2).epoch == [0, 1]


def test_pandas_and_matplotlib_are_not_imported() -> None:
    code = (
        "import sys, pynn; net = pynn.Network([pynn.Dense(1)], engine='reference');"
        "net.fit([[1.0], [2.0]], [1.0, 2.0], verbose=0);"
        "assert not {'pandas', 'polars', 'matplotlib', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
