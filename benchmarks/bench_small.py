"""Networks so small that overhead is all there is: whole fits of XOR and Iris, and what a call costs at least."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import pytest
from networks import Ours, check_first_steps
from shapes import IRIS, XOR, Net


@pytest.mark.parametrize("net", [IRIS, XOR], ids=lambda n: n.name)
def test_fit(race: Callable[..., None], threads: int, net: Net) -> None:
    check_first_steps(net, threads)
    race(net, suite="small", case=net.name)


def fastest(function: Callable[[], object], calls: int = 100, rounds: int = 15) -> float:
    """Seconds of one call: the median over rounds of the mean over calls."""
    samples = []
    gc.disable()
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(calls):
            function()
        samples.append((time.perf_counter() - begin) / calls)
    gc.enable()
    return median(samples)


def test_fixed_cost_of_fit(limit: Callable[..., None], threads: int) -> None:
    """A fit of one step of one epoch, less what a step costs: the slope over epochs."""
    ours = Ours(replace(IRIS, rows=15), threads)
    ours.x, ours.label = ours.x[::10], ours.label[::10]
    more = 200

    def cost() -> float:
        one, many = fastest(lambda: ours.fit(1)), fastest(lambda: ours.fit(1 + more), 5)
        return (one - (many - one) / more) * 1e6

    limit("fixed cost of a fit, 4-12-6-3", cost, threads)


def test_fixed_cost_of_predict(limit: Callable[..., None], threads: int) -> None:
    """One row, less what a row costs among 150: the slope over rows."""
    ours = Ours(IRIS, threads)

    def cost() -> float:
        one, many = fastest(lambda: ours.predict(1), 1000), fastest(lambda: ours.predict(150), 1000)
        return (one - (many - one) / 149) * 1e6

    limit("fixed cost of predict of one row, 4-12-6-3", cost, threads)
