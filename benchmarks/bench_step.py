"""One training step: forward, loss, backward and update of one batch, called from Python."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from networks import build, images, train
from shapes import NETS, Net

from pynn.engine import reference


@pytest.mark.parametrize("net", NETS, ids=lambda n: n.name)
def test_step(measure: Callable[..., None], threads: int, net: Net) -> None:
    data = images(net)
    engine, twin = build(net, threads), build(net, None, reference)
    train(engine, data, net.batch, 1)
    train(twin, data, net.batch, 1)
    assert np.allclose(engine.get_params(), twin.get_params(), rtol=0, atol=1e-5)  # float32, sums of 1024 terms
    measure(lambda: train(engine, data, net.batch, 1), net.step_flop(net.batch), rounds=15)
