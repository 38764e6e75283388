"""What callbacks print and add to the logs, and that they take Keras' arguments. Hooks: test_callbacks_hooks.py."""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
from classified_rows import QUIET, X, Y, make

from pynn.callbacks import (
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
)
from pynn.training import progress

# ---- what they print ----


def printed(capsys: pytest.CaptureFixture[str], **options: Any) -> list[str]:
    net = make()
    net.fit(X, Y, **{"batch_size": 25, "verbose": 0, "epochs": 9} | options)
    return capsys.readouterr().out.splitlines()


def test_what_they_say(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    scores = iter([0.5, 0.75, 0.25, 0.125, 0.0])
    score = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(f1=next(scores)))
    stop = EarlyStopping("f1", patience=2, restore_best_weights=True, verbose=1)
    best = ModelCheckpoint(tmp_path / "best.pynn", "f1", save_best_only=True, verbose=1)
    assert printed(capsys, callbacks=[score, stop, best]) == [
        f"epoch 1: f1 improved from -inf to 0.5, saved to {tmp_path}/best.pynn",
        f"epoch 2: f1 improved from 0.5 to 0.75, saved to {tmp_path}/best.pynn",
        "epoch 3: f1 0.25 is no better than 0.75",
        "epoch 4: f1 0.125 is no better than 0.75",
        "epoch 4: early stopping, f1 has not improved for 2 epochs",
        "weights of epoch 2 are back, f1 0.75",
    ]
    once = EarlyStopping("loss", min_delta=9, verbose=1)
    assert printed(capsys, callbacks=once) == ["epoch 2: early stopping, loss has not improved for 1 epoch"]
    slower = ReduceLROnPlateau("loss", patience=1, factor=0.5, min_delta=9, verbose=1)
    assert printed(capsys, epochs=3, callbacks=slower) == [
        "epoch 2: learning rate 0.1 -> 0.05",
        "epoch 3: learning rate 0.05 -> 0.025",
    ]
    rate = LearningRateScheduler(lambda epoch: 0.5**epoch, verbose=1)
    assert printed(capsys, epochs=2, callbacks=rate) == ["epoch 1: learning rate 1", "epoch 2: learning rate 0.5"]
    quiet = [EarlyStopping("loss"), ReduceLROnPlateau("loss"), LearningRateScheduler(lambda epoch: 0.1)]
    assert printed(capsys, callbacks=quiet) == []


def test_they_say_it_above_the_line_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr(progress.sys, "stdout", stream)
    line = progress.Progress(1, 9, 5)
    line.epoch(0, {"loss": 0.5})
    line._draw("epoch 2/9  step 1/5  loss 0.2500  0.0 s")
    line.say("saved")
    line.epoch(8, {"loss": 0.125})
    line.close()
    shown = [part.rstrip() for text in stream.getvalue().split("\n") for part in text.split("\r") if part.strip()]
    assert [text.split("  ")[0] for text in shown[-3:]] == ["epoch 2/9", "saved", "epoch 9/9"]
    line = progress.Progress(1, 9, 5)
    line._draw("epoch 2/9  step 2/5")
    line.say("the end")
    line.close()  # what is below it stays
    assert stream.getvalue().rstrip().endswith("epoch 2/9  step 2/5")
    assert "\rsaved" + " " * 10 in stream.getvalue() and stream.getvalue().endswith("\n")


@pytest.mark.parametrize("kind", ["tqdm", "rich"])
def test_bars_let_them_say_it(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    from pynn.training import bars

    pytest.importorskip("tqdm" if kind == "tqdm" else "rich")
    bar = bars.start(kind, 0, 3, 5)
    bar.say("[bold]saved")
    bar.close()
    assert "[bold]saved" in capsys.readouterr().out


def test_small_losses_have_digits() -> None:
    assert [progress.written(value) for value in (0.0, 0.5, 0.001, 0.00099951, 2.5e-7, 12345.0, math.nan)] == [
        "0.0000", "0.5000", "0.0010", "0.0009995", "2.5e-07", "1.234e+04", "nan",
    ]  # fmt: skip


def test_a_callback_can_be_pickled_after_a_fit() -> None:
    """What it says things with, and the progress line behind that, do not stay with it."""
    stop = EarlyStopping("loss", verbose=1)
    make().fit(X, Y, callbacks=stop, **QUIET)
    assert "_say" not in stop.__dict__ and pickle.loads(pickle.dumps(stop)).best == stop.best


# ---- rates in the logs, and Keras' arguments ----


def test_rates_are_in_the_logs() -> None:
    history = make().fit(X, Y, epochs=3, callbacks=LearningRateScheduler(lambda epoch: 0.5**epoch), **QUIET)
    assert history.history["learning_rate"] == [1.0, 0.5, 0.25]
    slower = ReduceLROnPlateau("loss", patience=1, factor=0.5, min_delta=9)
    history = make().fit(X, Y, epochs=3, callbacks=slower, **QUIET)
    assert history.history["learning_rate"] == [0.1, 0.1, 0.05]  # of the epoch; what is set now is the next one's


def test_arguments_in_keras_order() -> None:
    stop = EarlyStopping("val_loss", 0.5, 3, 1, "min", 2.0, True, 4)
    assert (stop.verbose, stop.baseline, stop.restore_best_weights, stop.start_from_epoch) == (1, 2.0, True, 4)
    slower = ReduceLROnPlateau("val_loss", 0.5, 3, 1, "min", 0.25, 2, 0.125)
    assert (slower.verbose, slower.cooldown, slower.min_lr) == (1, 2, 0.125)
    file = ModelCheckpoint("a", "val_loss", 1, True, True, "min", "epoch", 0.5)
    assert (file.verbose, file.save_best_only, file.save_weights_only, file.watch.best) == (1, True, True, 0.5)
    for wrong in (-1, "yes", 1.5):
        with pytest.raises((TypeError, ValueError), match="verbose"):
            EarlyStopping(verbose=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "rising"),
    [
        ("val_f1_score", True),
        ("val_mcc", True),
        ("val_score", True),
        ("val_brier_score", False),
        ("val_loss", False),
        ("val_mae", False),
    ],
)
def test_which_numbers_are_better_when_larger(name: str, rising: bool) -> None:
    assert EarlyStopping(name).watch.rising is rising


def test_tensorboard_takes_keras_arguments(tmp_path: Path) -> None:
    TensorBoard(tmp_path, histogram_freq=0, write_graph=True, update_freq="epoch")
    with pytest.warns(UserWarning, match="TensorBoard: nothing is written for histogram_freq, write_images; the files"):
        TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    with pytest.raises(TypeError, match="histograms: unknown; possible are log_dir, histogram_freq"):
        TensorBoard(tmp_path, histograms=1)
