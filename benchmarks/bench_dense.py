"""Networks of all sizes: widths 16 to 4096, depths 1 to 10, batches 1 to 4096, tanh and relu. Times are of one step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from goals import TRAINERS
from networks import check_first_steps
from shapes import DENSE, Net


@pytest.mark.parametrize("net", DENSE, ids=lambda n: n.name)
def test_step(race: Callable[..., None], threads: int, net: Net) -> None:
    check_first_steps(net, threads, steps=3 if net.weights < 4_000_000 else 1)
    race(net, suite="dense", case=net.name, per=net.steps, only=TRAINERS)
