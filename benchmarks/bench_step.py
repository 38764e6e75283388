"""One training step: forward, loss, backward and update of one batch, called from Python on the engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from networks import build, check_first_steps, images, train
from shapes import MNIST_BIG, MNIST_SMALL, Net


@pytest.mark.parametrize("net", [MNIST_BIG, MNIST_SMALL], ids=lambda n: n.name)
def test_step(measure: Callable[..., None], threads: int, net: Net) -> None:
    check_first_steps(net, threads, steps=1)
    data, engine = images(net), build(net, threads)
    train(engine, data, net.batch, 1)
    measure(lambda: train(engine, data, net.batch, 1), net.step_flop(net.batch), suite="step", case=net.name)
