"""The learning-rate range test, tqdm's bars, and what a notebook sees."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pynn import SGD, Dense, Network, Normalization
from pynn.training import progress, range_test

X = np.random.default_rng(2).normal(size=(200, 4))
Y = X @ [1.0, -2.0, 0.5, 0.0]


def make(engine="reference"):
    net = Network([Normalization(), Dense(1)], engine=engine)
    net.compile(optimizer=SGD(0.01))
    return net


def test_suggestion_learns_and_the_network_is_left_alone(engine):
    """A linear network: gradient descent diverges from a rate of about 1 on, so the suggestion is well below."""
    net = make(engine)
    found = net.find_learning_rate(X, Y, steps=120, batch_size=50)
    assert net.epoch == net.iteration == 0 and net.inputs is None and not net.layers[0].adapted
    assert 1e-3 < found.suggestion < 0.3 and found.rates[-1] <= 10 and found.losses[-1] > found.smoothed.min()
    again = net.find_learning_rate(X, Y, steps=120, batch_size=50)
    assert again.losses.tobytes() == found.losses.tobytes()
    net.compile(optimizer=SGD(found.suggestion))
    history = net.fit(X, Y, epochs=5, verbose=0)
    assert history.history["loss"][-1] < 0.1 * history.history["loss"][0]


def test_suggestion_is_read_from_the_smoothed_loss():
    """One batch has a small loss by chance; the smoothed loss is smallest elsewhere, at a tenth of which to begin."""
    found = make().find_learning_rate(X, Y, steps=120, batch_size=20)
    least = found.smoothed.argmin()
    assert found.losses.argmin() != least and found.suggestion == found.rates[least] / 10 > 1e-6


def test_first_loss_is_the_untrained_one(engine):
    net = make(engine)
    found = net.find_learning_rate(X, Y, steps=10, low=1e-9, high=2e-9, batch_size=200)
    assert found.losses[0] == pytest.approx(net.train_on_batch(X, Y)["loss"], rel=200 * 2.0**-23)
    np.testing.assert_allclose(found.rates[1:] / found.rates[:-1], 2 ** (1 / 9), rtol=1e-12)


def test_a_trained_network_is_named():
    """Its rates are those to go on with; it is asked all the same, and left as it is."""
    net = make()
    net.fit(X, Y, epochs=2, verbose=0)
    before = net.fingerprint()
    with pytest.warns(UserWarning, match=r"find_learning_rate: the network has been trained \(2 epochs\)") as seen:
        net.find_learning_rate(X, Y, low=1e-9)
    assert seen[0].filename == __file__ and net.fingerprint() == before and net.epoch == 2


def test_smoothing():
    np.testing.assert_allclose(range_test.smooth(np.full(9, 3.0), 0.9), 3.0, rtol=1e-14)
    np.testing.assert_array_equal(range_test.smooth(np.array([1.0, 5, 2]), 0.0), [1, 5, 2])
    mirrored = np.array([1.0, 5, 2, 7])
    np.testing.assert_allclose(
        range_test.smooth(mirrored[::-1], 0.8), range_test.smooth(mirrored, 0.8)[::-1], rtol=1e-14
    )


def test_wrong_options():
    net = make()
    for options in ({"low": 0}, {"high": 1e-7}, {"steps": 3}, {"smoothing": 1.0}, {"batch_size": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            net.find_learning_rate(X, Y, **options)
    with pytest.raises(ValueError, match="explodes"):
        net.find_learning_rate(X, Y, low=1e10, high=1e30)


def test_plot():
    plots = pytest.importorskip("pynn.plots", exc_type=ImportError)
    found = make().find_learning_rate(X, Y)
    shown = found.plot()
    axes = shown.ax_
    assert type(shown) is plots.RateRangeDisplay and (axes.get_xlabel(), axes.get_xscale()) == ("learning rate", "log")
    each, mean, least, suggested = axes.lines
    np.testing.assert_array_equal(each.get_ydata(), found.losses)
    np.testing.assert_array_equal(mean.get_ydata(), found.smoothed)
    assert least.get_ydata()[0] == found.smoothed.min() and least.get_xdata()[0] == pytest.approx(10 * found.suggestion)
    assert list(suggested.get_xdata()) == [found.suggestion] * 2
    low, high = axes.get_ylim()
    assert low < found.smoothed.min() and found.smoothed[0] < high < found.losses[-1]
    assert found.plot(log=True, title="t").ax_.get_yscale() == "log"
    with pytest.raises(TypeError, match="found: 3 is a int"):
        plots.RateRangeDisplay.from_range(3)


@pytest.mark.parametrize("kind", ["tqdm", "rich"])
def test_bars_in_a_log_are_plain_lines(kind, capfd):
    pytest.importorskip(kind)
    net = make()
    net.fit(X, Y, epochs=2, verbose=kind)
    net.fit(X, Y, epochs=3, validation_split=0.2, verbose=kind)
    out, errors = capfd.readouterr()
    assert "epoch 2/2" in out and "epoch 5/5" in out and "val_loss" in out and not errors
    assert not set(out) & {"\x1b", "\r", "\b"}


@pytest.mark.parametrize("kind", ["tqdm", "rich"])
def test_bars_in_a_terminal(kind):
    """The line of the epochs stays at the end, that of the steps does not; the cursor is there again."""
    pytest.importorskip(kind)
    fits = f"net.fit(X, Y, epochs=40, batch_size=1, verbose={kind!r}); net.compile(optimizer=SGD(1e30))"
    text = in_a_terminal(
        f"from test_range import *; net = make(); {fits}; net.fit(X, Y, epochs=3, verbose={kind!r})", 1
    )
    first, *_, last = re.findall(r"\d+/4[03]", text)
    assert "40/40" in text and first == "0/40" and last == "40/43" and "loss" in text and "/200" in text
    assert "DivergenceError: " in text and text.count("\x1b[?25l") == text.count("\x1b[?25h")


def in_a_terminal(code: str, status: int = 0, columns: int = 100) -> str:
    """What a program writes to a terminal of so many columns."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (24, columns))
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    words = {**os.environ, "PYTHONPATH": path, "TERM": "xterm"}
    program = subprocess.Popen([sys.executable, "-c", code], stdout=side, stderr=side, stdin=side, env=words)
    os.close(side)
    pieces = []
    with contextlib.suppress(OSError):  # Linux ends a terminal with an error
        while piece := os.read(main, 65536):
            pieces.append(piece)
    os.close(main)
    assert program.wait() == status, b"".join(pieces)
    return b"".join(pieces).decode()


@pytest.mark.parametrize(("kind", "module"), [("tqdm", "tqdm.auto"), ("rich", "rich.progress")])
def test_bars_without_their_package(kind, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{kind}: pip install 'pynn-native\[progress\]'"):
        make().fit(X, Y, verbose=kind)
    with pytest.raises(ValueError, match="'tqdm', 'rich', 0, 1 or 2"):
        make().fit(X, Y, verbose="bars")


def test_a_notebook_is_written_in_place(monkeypatch):
    notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    monkeypatch.setattr(sys, "stdout", notebook)
    line = progress.Progress(1, 2, 10)
    line.epoch(0, {"loss": 1.0})
    line.epoch(1, {"loss": 0.5})
    line.close()
    assert notebook.getvalue().count("\r") >= 1 and notebook.getvalue().count("\n") == 1


def test_history_as_frame_and_table():
    history = make().fit(X, Y, epochs=20, validation_split=0.2, verbose=0)
    html = history._repr_html_()
    assert (
        html.count("<tr>") == 12
        and "..." in html
        and "val_loss" in html
        and f"{history.history['loss'][19]:.4g}" in html
    )
    pytest.importorskip("pandas")
    frame = history.to_frame()
    assert list(frame.columns) == ["loss", "val_loss"] and list(frame.index) == list(range(20))
    assert frame["loss"].tolist() == history.history["loss"]


def test_network_as_table():
    net = Network([Dense(3, "relu"), Dense(1)], seed=5)
    assert "not known yet" in net._repr_html_() and "<svg" not in net._repr_html_()
    net.fit(X, Y, verbose=0)
    html = net._repr_html_()
    assert "Dense, relu" in html and "inputs: 4" in html and "parameters: 19" in html
