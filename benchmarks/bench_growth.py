"""How time grows: the exponent of a fit's time over rows, weights and depth, by least squares on logarithms.

Each series spans a factor of 32, one and a half decades. 1 is linear; less is an overhead that
large sizes outgrow, more is a cache that they outgrow.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from networks import Ours
from shapes import MNIST_SMALL, Net, dense

# What grows -> (network, its size): a few points of a factor of 32.
SERIES: dict[str, list[tuple[Net, float]]] = {
    "rows": [(MNIST_SMALL.scaled(rows), rows) for rows in (1000, 2000, 4000, 8000, 16_000, 32_000)],
    "weights": [(net, net.weights) for net in (dense(w, 2, 100).scaled(400) for w in (180, 256, 360, 512, 724, 1024))],
    "depth": [(dense(128, depth, 100).scaled(800), depth) for depth in (1, 2, 4, 8, 16, 32)],
}


@pytest.mark.parametrize("what", SERIES)
def test_growth(limit: Callable[..., None], threads: int, what: str) -> None:
    points = [(Ours(net, threads), size) for net, size in SERIES[what]]
    for ours, _ in points:
        ours.train()

    def exponent() -> float:
        rounds = [[seconds(ours) for ours, _ in points] for _ in range(7)]
        times = np.median(rounds, axis=0)
        sizes = np.array([size for _, size in points])
        return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])

    limit(f"growth of time over {what}", exponent, threads)


def seconds(ours: Ours) -> float:
    begin = time.perf_counter()
    ours.train()
    return time.perf_counter() - begin
