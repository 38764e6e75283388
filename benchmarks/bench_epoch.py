"""An epoch of training on bytes in drawn order, and a prediction for all its rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from networks import build, images, train
from shapes import MNIST_BIG, NETS, Net

from pynn.engine.data import Data


@pytest.mark.parametrize("net", NETS, ids=lambda n: n.name)
def test_epoch(measure: Callable[..., None], threads: int, net: Net) -> None:
    data, steps = images(net), -(-net.rows // net.batch)
    engine, alone = build(net, threads), build(net, 1)
    losses = [train(e, data, net.batch, steps).loss for e in (engine, alone)]
    assert np.isfinite(losses).all() and losses[0] == losses[1]  # the same bits on any number of threads
    measure(lambda: train(engine, data, net.batch, steps), net.step_flop(net.rows))


@pytest.mark.parametrize("rows", [1, 32, 1024])
def test_predict(measure: Callable[..., None], threads: int, rows: int) -> None:
    engine, data = build(MNIST_BIG, threads), images(MNIST_BIG)
    x = Data(data.x[:rows])
    assert np.allclose(engine.predict(x).sum(axis=1), 1, atol=1e-5)
    measure(lambda: engine.predict(x), 2.0 * MNIST_BIG.weights * rows, rounds=15)
