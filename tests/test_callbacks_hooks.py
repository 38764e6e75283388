"""Callbacks as Keras' users write them: which hook is called when, one dict of logs for all, and what is refused."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from classified_rows import QUIET, X, Y, make

from pynn import SGD, Callback, Dense, DivergenceError, History, Network
from pynn.callbacks import (
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    ModelCheckpoint,
    TerminateOnNaN,
)
from pynn.training import hooks
from pynn.training.callbacks import Calls


class All(Callback):
    """Writes down every hook that is called, with the names in the logs."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []


def written(name: str) -> Any:
    def hook(self: All, *given: Any) -> None:
        self.calls.append((name, *given[:-1], *(sorted(given[-1]) if isinstance(given[-1], dict) else [given[-1]])))

    return hook


for _name in hooks.HOOKS:
    if _name not in hooks.ALIASES.values() and _name != "on_divergence":
        setattr(All, _name, written(_name))


# ---- which hooks, and when ----


def test_every_hook_in_keras_order(engine: str) -> None:
    heard, net = All(), make(engine)
    net.fit(X, Y, validation_data=(X[:9], Y[:9]), callbacks=heard, **QUIET)
    numbers, held_out = ("accuracy", "loss"), ("val_accuracy", "val_loss")
    assert heard.calls == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        *(("on_train_batch_begin", 0), ("on_train_batch_end", 0, *numbers)),
        *(("on_train_batch_begin", 1), ("on_train_batch_end", 1, *numbers)),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0, *numbers),
        ("on_test_end", *numbers),
        ("on_epoch_end", 0, *numbers, *held_out),
        ("on_train_end", *numbers, *held_out),
    ]


def test_evaluate_and_predict_have_hooks(engine: str) -> None:
    heard, net = All(), make(engine, inputs=4)
    plain, outputs = net.evaluate(X, Y), net.predict(X)
    assert net.evaluate(X, Y, callbacks=[heard]) == plain
    assert [call[0] for call in heard.calls] == [f"on_test_{n}" for n in ("begin", "batch_begin", "batch_end", "end")]
    assert heard.model is net and heard.params == {"epochs": 1, "steps": 1, "rows": 50}
    heard.calls.clear()
    assert net.predict(X, callbacks=heard).tobytes() == outputs.tobytes()
    assert [call[0] for call in heard.calls] == [
        f"on_predict_{n}" for n in ("begin", "batch_begin", "batch_end", "end")
    ]
    assert heard.calls[2] == ("on_predict_batch_end", 0, "outputs")
    more = LambdaCallback(on_test_end=lambda logs: logs.update(rows=50))
    assert net.evaluate(X, Y, callbacks=[more]) == plain | {"rows": 50.0}


def test_batches_that_are_handed_over(engine: str) -> None:
    """A sequence and a generator: steps are counted within the epoch; how many there are may not be known before."""
    cut = [(X[:20], Y[:20]), (X[20:40], Y[20:40]), (X[40:], Y[40:])]
    for given, steps in ((cut, 3), (iter(cut), None)):
        heard = All()
        make(engine).fit(given, validation_data=(X, Y), callbacks=heard, verbose=0)
        assert [call[1] for call in heard.calls if call[0] == "on_train_batch_begin"] == [0, 1, 2]
        assert heard.calls[-2][:2] == ("on_epoch_end", 0) and heard.params["steps"] == steps


def test_an_old_name_stands_in_for_a_new_one() -> None:
    class Both(Callback):
        def __init__(self) -> None:
            self.calls: list[str] = []

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            self.calls.append("old")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.calls.append("new")
            super().on_train_batch_end(batch, logs)

    both = Both()
    make().fit(X, Y, callbacks=both, **QUIET)
    assert both.calls == ["new", "old"] * 2
    seen: list[int] = []
    make().fit(X, Y, callbacks=SimpleNamespace(on_batch_begin=lambda batch, logs: seen.append(batch)), **QUIET)
    assert seen == [0, 1]


def test_a_hook_that_does_nothing_is_not_called() -> None:
    """A plain Callback, and calls of super(), cost neither batches nor the run of many epochs in one call."""
    calls = Calls([Callback()], make())
    assert not calls.every_batch and not calls.listening

    class Polite(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epoch, logs)

    calls = Calls([Polite()], make())
    assert calls.listening and not calls.every_batch
    assert Calls([LambdaCallback(on_train_batch_begin=print)], make()).every_batch


def test_a_rate_that_is_set_before_a_step_counts_for_it(engine: str) -> None:
    net = make(engine)
    seen = []

    def stop_learning(batch: int, logs: Any) -> None:
        seen.append(net.fingerprint())
        net.optimizer.learning_rate = 0.0

    net.fit(X, Y, callbacks=LambdaCallback(on_train_batch_begin=stop_learning), **QUIET)
    assert {net.fingerprint()} == set(seen) and len(seen) == 2


# ---- what a callback knows ----


def test_model_and_params() -> None:
    seen: dict[str, Any] = {}

    class Look(Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            seen.update(model=self.model, net=self.net, params=dict(self.params))

    class Own:
        def set_model(self, model: Any) -> None:
            seen["own model"] = model

        def set_params(self, params: Any) -> None:
            seen["own params"] = dict(params)

        def on_train_end(self, logs: Any) -> None: ...

    net = make()
    net.fit(X, Y, epochs=3, callbacks=[Look(), Own()], **QUIET)
    assert seen["model"] is seen["net"] is seen["own model"] is net
    expected = {"epochs": 3, "steps": 2, "batch_size": 25, "rows": 50, "verbose": 0}
    assert seen["params"] == seen["own params"] == expected == net.history.params
    wrapper = SimpleNamespace()  # what stands around a network is the callbacks' model
    net.fit(X, Y, callbacks=hooks.CallbackList([Look()], wrapper), **QUIET)
    assert seen["model"] is wrapper and seen["net"] is net


# ---- one dict of logs ----


def adds(**numbers: Any) -> LambdaCallback:
    return LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(numbers))


def test_what_is_added_reaches_all_who_come_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """EarlyStopping, the file, the file's name, the progress line, on_train_end and the History."""
    falls = iter([0.5, 0.75, 0.625, 0.5, 0.25])
    ends: list[dict[str, float]] = []
    stop, log = EarlyStopping("val_f1", patience=2, restore_best_weights=True), CSVLogger(tmp_path / "log.csv")
    net = make()
    history = net.fit(
        X, Y, epochs=9, batch_size=25, verbose=2, validation_split=0.2,
        callbacks=[
            ModelCheckpoint(tmp_path / "{epoch} {val_f1:.3f}.pynn"),  # comes last, wherever it stands
            LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(val_f1=next(falls))),
            stop, log,
            LambdaCallback(on_train_end=lambda logs: ends.append(dict(logs))),
        ],
    )  # fmt: skip
    assert history.history["val_f1"] == [0.5, 0.75, 0.625, 0.5] and stop.best == 0.75 and stop.best_epoch == 1
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [float(row["val_f1"]) for row in rows] == history.history["val_f1"]
    assert ends == [{name: values[-1] for name, values in history.history.items()}]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and "val_f1 0.7500" in lines[1]
    assert (tmp_path / "2 0.750.pynn").exists()


def test_going_on_with_a_number_that_is_added(tmp_path: Path) -> None:
    """Stopped and resumed, EarlyStopping counts on with it, wherever the files' callback stands in the list."""

    def listeners(folder: str) -> list[Any]:
        added = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(f1=1 - abs(epoch - 3)))
        return [ModelCheckpoint(tmp_path / folder / "{epoch}.pynn"), added, EarlyStopping("f1", patience=4)]

    make().fit(X, Y, epochs=99, callbacks=listeners("whole"), **QUIET)
    again = Network.load(tmp_path / "whole" / "5.pynn", engine="reference")
    history = again.fit(X, Y, initial_epoch=5, epochs=99, callbacks=listeners("again"), **QUIET)
    assert history.epoch == [5, 6, 7]
    assert (tmp_path / "again" / "8.pynn").read_bytes() == (tmp_path / "whole" / "8.pynn").read_bytes()


def test_who_comes_before_does_not_see_it() -> None:
    with pytest.raises(ValueError, match="monitor: 'val_f1' is not reported"):
        make().fit(X, Y, callbacks=[EarlyStopping("val_f1"), adds(val_f1=1.0)], **QUIET)


def test_numbers_of_the_validation() -> None:
    history = make().fit(
        X, Y, validation_data=(X, Y), callbacks=LambdaCallback(on_test_end=lambda logs: logs.update(f1=0.25)), **QUIET
    )
    assert history.history["val_f1"] == [0.25]


def test_numbers_that_come_now_and_then() -> None:
    """One number for each epoch all the same: NaN where there was none, so that tables and pictures can be made."""
    twice = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(f1=epoch) if epoch % 2 else None)
    history = make().fit(X, Y, epochs=4, callbacks=twice, **QUIET)
    np.testing.assert_array_equal(history.history["f1"], [math.nan, 1.0, math.nan, 3.0])
    assert {len(values) for values in history.history.values()} == {4}


@pytest.mark.parametrize(
    "value", [3, True, np.float32(0.5), np.int64(7), np.array(2.5), float("nan"), float("-inf"), np.bool_(True)]
)
def test_numbers_of_any_kind_become_floats(value: Any) -> None:
    net = make()
    (found,) = net.fit(X, Y, callbacks=adds(found=value), **QUIET).history["found"]
    assert type(found) is float
    np.testing.assert_array_equal(found, float(value))


def test_nan_does_not_stay_the_best() -> None:
    numbers = iter([math.nan, 0.5, 0.25, math.nan, math.nan])
    stop = EarlyStopping("f", mode="max", patience=3)
    adds_f = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(f=next(numbers)))
    make().fit(X, Y, epochs=5, callbacks=[adds_f, stop], **QUIET)
    assert stop.best == 0.5 and stop.best_epoch == 1 and stop.stopped_epoch == 4


class Notes(Callback):
    def __init__(self, **logs: Any) -> None:
        self.logs = logs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            logs.update(self.logs)


@pytest.mark.parametrize("value", ["good", None, [1.0], np.ones(1), 1j, 10**400, np.str_("3"), b"3"])
def test_what_is_no_number_is_refused_and_nothing_is_lost(value: Any, tmp_path: Path, engine: str) -> None:
    """The epoch is in the History and in the file, without it; the network has the epoch's weights."""
    net, log = make(engine), CSVLogger(tmp_path / "log.csv")
    with pytest.raises(TypeError, match=r"^callbacks: Notes put .* into logs\['note'\]; expected a number$"):
        net.fit(X, Y, epochs=5, callbacks=[Notes(note=value), log], **QUIET)
    other = make(engine)
    other.fit(X, Y, epochs=2, **QUIET)
    assert net.epoch == 2 and net.fingerprint() == other.fingerprint()
    assert net.history.history == other.history.history
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3 and log._file is None
    net.fit(X, Y, **QUIET)


def test_a_name_that_is_no_word_is_refused() -> None:
    with pytest.raises(TypeError, match=r"LambdaCallback put 2.0 into logs\[1\]; expected a string as the name"):
        make().fit(X, Y, callbacks=LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update({1: 2.0})), **QUIET)
    with pytest.raises(TypeError, match=r"put 'x' into logs\['note'\]"):
        make().fit(X, Y, callbacks=LambdaCallback(on_batch_end=lambda batch, logs: logs.update(note="x")), **QUIET)


# ---- slips ----


def test_a_slip_in_the_name_of_a_hook_is_refused() -> None:
    class Slip(Callback):
        def on_epoch_ends(self, epoch: int, logs: Any) -> None: ...

    class Other(Callback):
        def on_improvement(self) -> None: ...

    words = r"callbacks\[1\]: Slip has a method on_epoch_ends, which nobody calls; did you mean on_epoch_end\?"
    with pytest.raises(TypeError, match=words):
        make().fit(X, Y, callbacks=[Callback(), Slip()], **QUIET)
    with pytest.raises(TypeError, match="Other has a method on_improvement, which nobody calls; the hooks are"):
        make().fit(X, Y, callbacks=Other(), **QUIET)
    with pytest.raises(TypeError, match=r"on_epoch_ends: unknown; did you mean on_epoch_end\?"):
        LambdaCallback(on_epoch_ends=print)
    own = SimpleNamespace(on_train_end=lambda logs: None, on_click=print)  # somebody else's object, with other tasks
    make().fit(X, Y, callbacks=own, **QUIET)


# ---- begin and end ----


def test_all_hear_of_the_end_whatever_one_raises(tmp_path: Path) -> None:
    def fail(words: str) -> Any:
        def hook(*given: Any) -> None:
            raise RuntimeError(words)

        return hook

    ends: list[str] = []
    last = LambdaCallback(on_train_end=lambda logs: ends.append("last"))
    log = CSVLogger(tmp_path / "log.csv")
    for broken in (LambdaCallback(on_train_end=fail("first")), LambdaCallback(on_epoch_end=fail("first"))):
        with pytest.raises(RuntimeError, match="first"):
            make().fit(X, Y, callbacks=[broken, LambdaCallback(on_train_end=fail("first")), log, last], **QUIET)
        assert log._file is None
    assert ends == ["last"] * 2
    late = LambdaCallback(on_train_end=lambda logs: ends.append("late"))
    with pytest.raises(RuntimeError, match="begin"):  # who had begun is told, who had not is not
        make().fit(X, Y, callbacks=[log, last, LambdaCallback(on_train_begin=fail("begin")), late], **QUIET)
    assert ends == ["last"] * 3 and log._file is None


def test_terminate_on_nan(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    def diverging() -> Network:
        net = Network([Dense(4), Dense(1)], engine=engine)
        net.compile(loss="mse", optimizer=SGD(1e30))
        return net

    with pytest.raises(DivergenceError):
        diverging().fit(X, X[:, 0], epochs=9, **QUIET)
    net = diverging()
    history = net.fit(X, X[:, 0], epochs=9, callbacks=TerminateOnNaN(), **QUIET)
    assert history.epoch == [] and "diverged" in history.diverged and net.stop_training
    assert all(np.isfinite(part).all() for part in net.weights)
    assert "of epoch 1" in capsys.readouterr().out
    assert make(engine).fit(X, Y, epochs=2, callbacks=TerminateOnNaN(), **QUIET).epoch == [0, 1]


def test_divergence_counts_as_progress_does(engine: str) -> None:
    """The first step of the first epoch is step 1 of epoch 1; a batch by itself has no number."""
    net = make(engine)
    net.compile(optimizer=SGD(1e300))
    with pytest.raises(DivergenceError, match="of step 1 of epoch 1 is not finite") as caught:
        net.fit(X, Y, **QUIET)
    assert caught.value.step == 0
    with pytest.raises(DivergenceError, match="the update of this batch is not finite"):
        net.train_on_batch(X, Y)


def test_history_as_a_callback() -> None:
    own = History()
    net = make()
    given = net.fit(X, Y, epochs=3, callbacks=[adds(f1=0.5), own], **QUIET)
    assert own.history == given.history and own.epoch == [0, 1, 2] and own.params == given.params
    net.fit(X, Y, callbacks=own, **QUIET)
    assert own.epoch == [3] and list(own.history) == ["loss", "accuracy"]


def test_a_state_that_cannot_be_had_is_an_error_of_its_fit_alone(tmp_path: Path) -> None:
    class Stateful(Callback):
        def get_state(self) -> dict[str, Any]:
            raise RuntimeError("no state")

        def set_state(self, state: dict[str, Any]) -> None: ...

    class Raising(Callback):
        def on_train_end(self, logs: Any = None) -> None:
            raise LookupError("the first error")

    net = make()
    with pytest.raises(RuntimeError, match="no state"):
        net.fit(X, Y, callbacks=Stateful(), **QUIET)
    net.save(tmp_path / "net.pynn")
    with pytest.raises(LookupError, match="the first error"):
        net.fit(X, Y, callbacks=[Stateful(), Raising()], **QUIET)
    net.save(tmp_path / "net.pynn")
