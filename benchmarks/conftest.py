"""What the suites share: options, peers, the loop of alternating rounds, and where figures go.

A round is: each peer in its own process, the machine's limit (`_native.fma_peak`, multiply-adds on registers
alone, same threads), then pynn here. All of them see the same machine, noise included, and
ratios are made within a round. Read README.md for how to measure, report.py for the tables at the end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

try:
    import pynn
except ImportError:  # not installed: the checkout, where it has been built in place
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import pynn
import report
import rows
from crew import Crew
from goals import LIMITS
from networks import Ours, check_peer, distance
from peers import PEERS
from peers.worker import Clock
from shapes import Net

from pynn.engine import _native

BUDGET = 0.03  # seconds of a round for one contestant, unless a single call takes longer
RESULTS = report.Results()
Timer = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pynn")
    group.addoption("--peers", default=",".join(PEERS), metavar="A,B", help=f"of {','.join(PEERS)}; '' for none")
    group.addoption("--mnist", default=os.environ.get("PYNN_MNIST"), metavar="FOLDER", help="with the four IDX files")
    group.addoption("--rows", type=int, help="of MNIST in an epoch; by default a part for the big network")
    group.addoption("--rounds", type=int, default=None, help="5 of long calls, 7 of short ones")
    group.addoption("--threads", default=None, metavar="N,N", help="1 and all by default")
    group.addoption("--figures", default=None, metavar="FILE", help="write all results as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.verbose <= 0:
        config.option.benchmark_quiet = True  # its table is of whole rounds; ours comes at the end
    rows.folder = config.getoption("--mnist")
    unknown = [name for name in wanted(config) if name not in PEERS]
    if unknown:
        raise pytest.UsageError(f"--peers: {unknown[0]!r}; known are {', '.join(PEERS)}")


def wanted(config: pytest.Config) -> list[str]:
    return [name for name in config.getoption("--peers").split(",") if name]


def pytest_report_header(config: pytest.Config) -> str:
    return f"pynn: {pynn.__version__} in {Path(pynn.__file__).parent}, {_native.isa()}, {_native.compiler()}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "threads" in metafunc.fixturenames:
        given = metafunc.config.getoption("--threads")
        counts = [int(n) for n in given.split(",")] if given else sorted({1, _native.max_threads()})
        metafunc.parametrize("threads", counts, ids=[f"{n}thr" for n in counts], scope="session")


@pytest.fixture(scope="session")
def crew(request: pytest.FixtureRequest) -> Iterator[Crew]:
    RESULTS.crew = members = Crew(wanted(request.config))
    yield members
    members.dismiss()


@pytest.fixture
def measure(benchmark: BenchmarkFixture, request: pytest.FixtureRequest, threads: int) -> Timer:
    """measure(function, flop): time it, and note GFLOP/s and the share of the FMA peak of this run."""

    def run(
        function: Callable[[], Any],
        flop: float,
        *,
        suite: str,
        case: str,
        peers: Mapping[str, Callable[[float], float]] | None = None,
        per: float = 1.0,
    ) -> None:
        """`per`: what a time is divided by before it is told (steps of a call, or rows for 60,000).

        A peer is a function of the seconds it may take that gives the seconds of one call.
        """
        rivals = peers or {}
        calls = Clock().calls("ours", function, BUDGET)
        rounds = request.config.getoption("--rounds") or (7 if calls > 1 else 5)
        times: dict[str, list[float]] = {name: [] for name in rivals}
        peaks: list[float] = []

        def others() -> None:
            for name, rival in rivals.items():
                times[name].append(rival(BUDGET) / per)
            peaks.append(_native.fma_peak("float32", 0.02, threads))
            if calls > 1:
                function()  # back into the caches

        def ours() -> None:
            for _ in range(calls):
                function()

        benchmark.pedantic(ours, setup=others, rounds=rounds)
        if benchmark.stats is None:  # --benchmark-disable
            return
        times = {"pynn": [s / calls / per for s in benchmark.stats.stats.data]} | times
        result = report.Raced(suite, case, threads, flop / per, times, peaks[-rounds:])
        RESULTS.rows.append(result)
        benchmark.extra_info.update(result.figures())

    return run


@pytest.fixture
def race(measure: Timer, crew: Crew, threads: int) -> Timer:
    """race(net): a fit of this net against all peers that train, after a look at what they made of it."""

    def run(net: Net, *, suite: str, case: str, per: float = 1.0, only: tuple[str, ...] = ()) -> None:
        ours = Ours(net, threads)
        members, start, task = crew.those_who("train", threads, only), ours.weights(), ours.task()
        ours.train()
        for name, member in members.items():
            member.ask("build", task)
            check_peer(name, distance(start, member.ask("pass_once"), ours.weights()))
        rivals = {name: lambda budget, m=m: m.ask("time_training", budget) for name, m in members.items()}
        measure(ours.train, net.flop, suite=suite, case=case, peers=rivals, per=per)

    return run


@pytest.fixture
def limit(benchmark: BenchmarkFixture) -> Callable[[str, Callable[[], float]], None]:
    """limit(name, function): a figure with a limit in goals.py, found once."""

    def run(name: str, function: Callable[[], float], threads: int) -> None:
        value = benchmark.pedantic(function, rounds=1)
        benchmark.extra_info.update(value=value, must=LIMITS[name].must, unit=LIMITS[name].unit)
        RESULTS.limits.append((name, threads, value))

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if RESULTS.rows or RESULTS.limits:
        RESULTS.sort()
        for title, lines in report.tables(RESULTS):
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.write_line(line)
        if config.getoption("--figures"):
            RESULTS.save(Path(config.getoption("--figures")))


@pytest.fixture
def draw() -> Callable[..., np.ndarray]:
    """Small integers as floats: sums of their products are exact, so results can be compared with ==."""
    generator = np.random.default_rng(0)
    return lambda *shape: generator.integers(-2, 3, shape).astype(np.float32)
