"""Pictures of a training: learning curves, learning rates, descent on a function.

Read test_plots.py for what every picture keeps to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import LOG, XOR, X, net_of

import pynn
from pynn import Adam, plots
from pynn.plots import curves, descent

# ---- curves ------------------------------------------------------------------------------------


def test_learning_curves() -> None:
    display = plots.LearningCurveDisplay.from_history(LOG)
    loss, accuracy = display.axes_
    data = {line.get_label(): list(line.get_ydata()) for line in loss.get_lines()}
    assert data["training"] == LOG["loss"] and data["validation"] == LOG["val_loss"]
    assert loss.get_lines()[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert display.best == 3 and "0.5 at epoch 3" in loss.get_title("right")
    assert accuracy.get_title("right") == "0.8 at epoch 3"
    words = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert words == ["training", "validation", "best validation loss: epoch 3"]


def test_a_number_of_validation_alone() -> None:
    """As a callback adds it: there is no training curve, and none is named."""
    display = plots.LearningCurveDisplay.from_history({"loss": [3, 2, 1], "val_f1": [0.5, np.nan, 0.75]}, best="val_f1")
    loss, f1 = display.axes_
    assert [line.get_label() for line in loss.get_lines()][:1] == ["training"]
    assert [line.get_label() for line in f1.get_lines()][:1] == ["validation"]
    words = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert words[:2] == ["training", "validation"] and "0.75 at epoch 3" in f1.get_title("right")


def test_best_epoch() -> None:
    epochs = np.arange(1.0, 5)
    table = {"val_accuracy": np.array([0.1, 0.9, 0.9, np.nan]), "mae": np.array([np.nan, 3, 1, 1])}
    assert curves.best_epoch(epochs, table, "val_accuracy") == 2 and curves.best_epoch(epochs, table, "mae") == 3
    assert plots.LearningCurveDisplay.from_history({"loss": [3, 1, 2]}).best is None
    assert plots.LearningCurveDisplay.from_history({"loss": [3, 1, 2]}, best=True).best == 2
    assert plots.LearningCurveDisplay.from_history(LOG, best="accuracy").best == 4
    assert plots.LearningCurveDisplay.from_history(LOG, best=False).best is None
    with pytest.raises(ValueError, match="best: 'f1' is not in the history; there are loss, val_loss, accuracy"):
        plots.LearningCurveDisplay.from_history(LOG, best="f1")


def test_log_scale_is_for_losses() -> None:
    display = plots.LearningCurveDisplay.from_history(LOG, log=True)
    assert [axes.get_yscale() for axes in display.axes_] == ["log", "linear"]
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert "0.5" in ticks and not any("^" in tick for tick in ticks), "no powers"


def test_history_of_a_fit_goes_on_counting() -> None:
    net = net_of(2, 1)
    net.compile(optimizer=Adam(), metrics=["accuracy", "mae"])
    net.fit(X, XOR, epochs=2, verbose=0)
    display = net.fit(X, XOR, epochs=3, verbose=0).plot(metrics=["mae"], title="more")
    assert display.epoch.tolist() == [3, 4, 5] and display.metrics == ("mae",)
    assert display.figure_.get_suptitle() == "more"
    assert plots.LearningCurveDisplay.from_history({"loss": [1.0]}).ax_.get_lines()[0].get_marker() == "o"


@pytest.mark.parametrize(
    ("history", "options", "words"),
    [
        (3, {}, "history: 3 is a int; expected a History or a dict"),
        (pynn.History(), {}, "history: there is no epoch in it"),
        ({"loss": [1, 2], "mae": [1]}, {}, "history: lists of 1, 2 epochs"),
        (LOG, {"metrics": "f1"}, "metrics: 'f1' is not in the history"),
        (LOG, {"metrics": []}, "metrics: none are named"),
        (LOG, {"log": 1}, "log: 1 is a int"),
    ],
)
def test_learning_curves_refuse(history: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        plots.LearningCurveDisplay.from_history(history, **options)


def test_learning_rates() -> None:
    short = {"loss": [5.0, 900.0]}
    display = plots.LearningRateDisplay.from_history({0.001: LOG, 0.5: short})
    lines = {line.get_label(): line for line in display.ax_.get_lines()}
    assert lines["0.001"].get_ydata().tolist() == LOG["loss"] and lines["0.5"].get_ydata().tolist() == [5, 900]
    crosses = [line for line in display.ax_.get_lines() if line.get_marker() == "X"]
    assert [line.get_xydata().tolist() for line in crosses] == [[[2, 900]]], "where a run ended early"
    assert display.ax_.get_yscale() == "log"
    words = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert words == ["0.001", "0.5", "ended early"]
    same = plots.LearningRateDisplay.from_history([LOG, short], rates=[0.001, 0.5], metric="loss", log=False)
    assert list(same.runs) == ["0.001", "0.5"] and same.ax_.get_yscale() == "linear"
    with pytest.raises(ValueError, match=r"metric: 'accuracy' is not in histories\[0.5\]"):
        plots.LearningRateDisplay.from_history({0.5: short}, metric="accuracy")
    with pytest.raises(TypeError, match="expected a dict label -> History, or a list of them and rates="):
        plots.LearningRateDisplay.from_history([LOG])
    with pytest.raises(ValueError, match="histories: none are given"):
        plots.LearningRateDisplay.from_history({})


# ---- descent on a function ---------------------------------------------------------------------


def test_descent() -> None:
    """On t^2 every step multiplies by 1 - 2 rate."""
    display = plots.DescentDisplay.from_function(
        lambda t: t * t, derivative=lambda t: 2 * t, rates=[0.25, 0.75, 1.5], start=2, steps=4
    )
    for rate, path in display.paths.items():
        np.testing.assert_array_equal(path, 2 * (1 - 2 * rate) ** np.arange(5))
    path = display.axes_[1].get_lines()[1]
    assert path.get_xydata().tolist() == [[2, 4], [-1, 1], [0.5, 0.25], [-0.25, 0.0625], [0.125, 0.015625]]
    titles = [axes.get_title() for axes in display.axes_]
    assert titles == [
        "rate 0.25\nafter 4 steps: 0.125",
        "rate 0.75\nafter 4 steps: 0.125",
        "rate 1.5\nleaves in step 1",
    ]


def test_descent_finds_the_minimum_of_the_lecture() -> None:
    """x (5 - 2x)^2 has its minimum at 5/2; the rule stops where a step no longer makes it smaller."""

    def f(t: float) -> float:
        return t * (5 - 2 * t) ** 2

    path = descent.descend(f, descent.slope(f), 1.2, 0.05, 1000, while_falling=True)
    # f falls quadratically in the distance d to 5/2: f = 10 d^2 there, so that 1e-16 of it is lost below d = 1e-8;
    # central differences with h = 2.5 / 2^17 move the root by h^2 f''' / (6 f'') = 6e-11.
    assert len(path) < 1000 and path[-1] == pytest.approx(2.5, abs=1e-7)
    assert np.all(np.diff([f(t) for t in path]) < 0)
    for at in (0.3, 5 / 6, 2.0, 2.5):  # h^2 f''' / 6 = 4 h^2, and rounding u f / h
        assert descent.slope(f)(at) == pytest.approx(12 * at**2 - 40 * at + 25, abs=1e-8)


def test_descent_ends_before_overflow_and_refuses() -> None:
    path = descent.descend(lambda t: t**2, lambda t: 2 * t, 1.0, 1e30, 100)
    assert np.isfinite(path).all() and len(path) < 6
    with pytest.raises(TypeError, match="function: 3 is a int; expected a function of one number"):
        plots.DescentDisplay.from_function(3, rates=[1], start=0)
    with pytest.raises(ValueError, match="rates: none are given"):
        plots.DescentDisplay.from_function(abs, rates=[], start=0)
    assert list(plots.DescentDisplay.from_function(abs, rates=0.1, start=1).paths) == [0.1]
