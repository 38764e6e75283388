"""What the suites share: the speed limit of this machine, and the table of figures at the end.

The limit is a rate of fused multiply-adds on registers alone (`_native.fma_peak`), measured
around every benchmark with the same number of threads, so that a share says something even
on a noisy machine. Read README.md for how to measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pynn.engine import _native

ROWS: list[tuple[str, float, float, float]] = []
Timer = Callable[..., None]


@pytest.fixture(params=[1, _native.max_threads()] if _native.max_threads() > 1 else [1], ids=lambda n: f"{n}thr")
def threads(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def measure(benchmark: BenchmarkFixture, request: pytest.FixtureRequest, threads: int) -> Iterator[Timer]:
    """measure(function, flop): time it, and note GFLOP/s and the share of the FMA peak of this run."""

    def run(function: Callable[[], Any], flop: float, dtype: str = "float32", rounds: int = 7) -> None:
        peaks: list[float] = []

        def limit() -> None:
            peaks.append(_native.fma_peak(dtype, 0.05, threads))

        benchmark.pedantic(function, setup=limit, rounds=rounds, warmup_rounds=1)
        seconds = benchmark.stats.stats.data
        # Each round is held against the limit measured right before it.
        shares = [flop / s / p for s, p in zip(seconds, peaks[-len(seconds) :], strict=True)]
        rate = flop / median(seconds)
        benchmark.extra_info.update(
            gflops=rate / 1e9, share=median(shares), peak=median(peaks) / 1e9, isa=_native.isa(dtype), threads=threads
        )
        ROWS.append((request.node.name, rate / 1e9, median(peaks) / 1e9, median(shares)))

    yield run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ROWS:
        return
    terminalreporter.section(f"share of the machine's FMA peak ({_native.isa()}, {_native.compiler()})")
    width = max(len(name) for name, *_ in ROWS)
    terminalreporter.write_line(f"{'':{width}}  GFLOP/s     peak   share")
    for name, rate, peak, share in ROWS:
        terminalreporter.write_line(f"{name:{width}}  {rate:7.2f}  {peak:7.1f}  {share:6.1%}")


@pytest.fixture
def draw() -> Callable[..., np.ndarray]:
    """Small integers as floats: sums of their products are exact, so results can be compared with ==."""
    generator = np.random.default_rng(0)
    return lambda *shape: generator.integers(-2, 3, shape).astype(np.float32)
