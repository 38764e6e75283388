"""An epoch of training on bytes in drawn order, through `fit`, beside the peers. Times are for 60,000 rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from networks import Ours, check_first_steps, length
from shapes import MNIST_BIG, MNIST_SMALL, Net


@pytest.mark.parametrize("net", [MNIST_BIG, MNIST_SMALL], ids=lambda n: n.name)
def test_epoch(race: Callable[..., None], threads: int, net: Net, request: pytest.FixtureRequest) -> None:
    sized = net.scaled(request.config.getoption("--rows") or net.rows)
    check_first_steps(sized, threads)
    results = [Ours(sized.scaled(500), n) for n in (threads, 1)]
    for ours in results:
        ours.train()
    assert length(results[0].weights(), results[1].weights()) == 0  # the same bits on any number of threads
    race(sized, suite="epoch", case=net.name, per=sized.rows / 60_000)
