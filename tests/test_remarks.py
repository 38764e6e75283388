"""Remarks while fitting: to the log, once, and at next to no cost. What they say is diagnosis' affair."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
import pytest
from patients import COIN, NOISE, SOFTMAX, X, Y, Z, fitted

from pynn import SGD, Dense, Network
from pynn.inspect import remarks


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    words = [record.getMessage() for record in caplog.records if record.name == "pynn"]
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    caplog.clear()
    return words


def test_remarks_are_made_once(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    net = Network([Dense(8, "tanh", "zeros"), SOFTMAX], engine=engine)
    net.fit(X * 100, Y, epochs=0, verbose=0)
    assert said(caplog) == []  # no training has begun
    net.fit(X * 100, Y, epochs=2, verbose=0)
    weights, inputs = said(caplog)
    assert "layer 1 are all 0" in weights and "far from unit scale" in inputs
    net.fit(X * 100, Y, epochs=2, verbose=0)
    assert said(caplog) == []
    net.set_weights([np.ones_like(w) for w in net.get_weights()])
    net.fit(X * 100, Y, epochs=1, verbose=0)
    assert len(said(caplog)) == 1  # new weights are looked at anew, inputs are not
    net.set_params(np.zeros_like(net.get_params()))
    net.fit(X * 100, Y, epochs=1, verbose=0)
    assert len(said(caplog)) == 1


def test_remarks_after_a_fit(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    fitted([Dense(1)], Z, Y, SGD(1.2), epochs=5, batch_size=150, engine=engine)
    (growth,) = said(caplog)
    assert "The loss has grown" in growth
    layers = [Dense(64, "relu"), Dense(64, "relu"), SOFTMAX]
    fitted(layers, NOISE, COIN, epochs=80, validation_split=0.3, engine=engine)
    (gap,) = said(caplog)
    assert "validation" in gap


def test_remarks_on_extreme_inputs(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    """Numbers whose squares are beyond all floats; zeros; bytes; one row."""
    for x, words in ((np.full((3, 2), 1e200), 1), (np.zeros((3, 2)), 0), (np.full((1, 2), 200, np.uint8), 1)):
        net = Network([Dense(2, "tanh"), Dense(1)], dtype="float64", engine=engine)
        net.fit(x, np.zeros(len(x)), verbose=0)
        assert len(said(caplog)) == words


def test_remarks_cost_next_to_nothing(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the second fit on nothing is looked at, and asking takes 0.4 microseconds, 2 at most."""
    net = fitted([Dense(12, "tanh"), Dense(6, "tanh"), SOFTMAX], Z, Y, epochs=1, engine=engine)

    def refused(*_: Any) -> None:
        raise AssertionError("looked at again")

    for name in ("_equal_units", "_input_scale", "curves_of", "_log_warning"):
        monkeypatch.setattr(remarks, name, refused)
    net.fit(Z, Y, epochs=2, validation_data=(Z, Y), verbose=0)
    core, plan, own = net._core.engine, net._core.engine.plan, net._remarks
    net.fit(Z, Y, epochs=1, verbose=0)
    best = float("inf")
    for _ in range(200):
        begin = time.perf_counter()
        for _ in range(100):
            own.before(core, plan, None)
            own.after(net)
        best = min(best, (time.perf_counter() - begin) / 100)
    assert best < 2e-6
