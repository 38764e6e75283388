"""`pynn bench`: measures the speed of pynn on this machine, in half a minute, needing nothing but NumPy.

A few fits and predictions, in rounds that alternate with the reference engine (plain NumPy), with scikit-learn if it
is installed, and with the machine's peak: multiply-adds in registers, without memory. Results are not checked here, the
tests do that; more networks and more peers are in benchmarks/, which uses `Result` of this file.
"""

from __future__ import annotations

import gc
import json
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from textwrap import fill
from typing import Any

import numpy as np

from . import backend, datasets
from .backend import Array
from .layers import Dense, Rescaling
from .network import Network
from .optimizers import SGD

WIDTH = 80  # columns of a terminal
RATE, MOMENTUM = 0.001, 0.9  # usual values; the speed does not depend on them


@dataclass
class Result:
    """The times of one task, in seconds, and what follows from them: medians, and ratios within rounds."""

    suite: str
    case: str
    threads: int
    flop: float  # FLOP of one call; products with zeros count, even if an engine skips them
    times: dict[str, list[float]]  # seconds of one call, for each contestant (pynn first), one for each round
    peaks: list[float]  # peak FLOP/s of the machine, measured once in each round

    def seconds(self, name: str = "pynn") -> float:
        return median(self.times[name])

    @property
    def rivals(self) -> list[str]:
        return [name for name in self.times if name != "pynn"]

    def ratio(self, name: str) -> float:
        """Time of pynn / time of another."""
        return median(a / b for a, b in zip(self.times["pynn"], self.times[name], strict=True))

    def share(self, name: str = "pynn") -> float:
        """Share of the machine's peak. Products with zeros that were skipped count, so it may be above 1."""
        return median(self.flop / s / peak for s, peak in zip(self.times[name], self.peaks, strict=True))

    @property
    def gflops(self) -> float:
        return self.flop / self.seconds() / 1e9

    def figures(self) -> dict[str, Any]:
        """Everything as plain values, for a file."""
        return {
            "suite": self.suite, "case": self.case, "threads": self.threads, "flop": self.flop,
            "seconds": {name: self.seconds(name) for name in self.times},
            "spread": {name: [min(values), max(values)] for name, values in self.times.items()},
            "ratio": {name: self.ratio(name) for name in self.rivals},
            "share": {name: self.share(name) for name in self.times},
            "gflops": self.gflops, "peak": median(self.peaks) / 1e9,
        }  # fmt: skip


# ---- the machine ----


def machine(seconds: float = 0.05) -> dict[str, Any]:
    """The machine: CPU, instruction set, compiler; `peak` in GFLOP/s by number of threads, the best of five probes."""
    native: Any = backend.load("native")
    most = native.max_threads()
    counts = sorted({1, *(2**n for n in range(1, 16) if 2**n < most), most})
    return {
        "cpu": cpu_name(), "isa": native.isa(), "compiler": native.compiler(), "threads": most,
        "peak": {str(n): max(native.fma_peak("float32", seconds, n) for _ in range(5)) / 1e9 for n in counts},
    }  # fmt: skip


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# ---- the work ----


@dataclass(frozen=True)
class Work:
    """A task: a fit of some epochs, or, if `answer` is not 0, a prediction of so many rows."""

    name: str
    inputs: int
    layers: tuple[tuple[int, str], ...]
    batch: int
    rows: int  # of an epoch
    epochs: int = 1
    answer: int = 0  # rows to predict; 0: a fit

    @property
    def flop(self) -> float:
        """2 FLOP for each weight and row in the forward pass; in training three times as much (two products more), but
        twice for the first layer, whose inputs need no gradient."""
        widths = [self.inputs, *(width for width, _ in self.layers)]
        weights = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
        if self.answer:
            return 2.0 * weights * self.answer
        return (6.0 * weights - 2.0 * self.inputs * widths[1]) * self.rows * self.epochs


BIG = (784, ((1024, "relu"), (1024, "relu"), (1024, "relu"), (10, "softmax")), 100, 1000)
WORKS = (
    Work("fit 784-3x1024-10, 10 steps of 100", *BIG),
    Work("fit 784-100-10, 60 steps of 50", 784, ((100, "sigmoid"), (10, "softmax")), 50, 3000),
    Work("fit 4-12-6-3, 1,000 steps of 15", 4, ((12, "tanh"), (6, "tanh"), (3, "softmax")), 15, 150, 100),
    Work("fit 2-2-1, 1,000 steps of 4", 2, ((2, "tanh"), (1, "sigmoid")), 4, 4, 1000),
    *(Work(f"predict 784-3x1024-10, {n:,} row{'s' * (n > 1)}", *BIG, answer=n) for n in (1, 32, 1000)),
)


def rows_of(work: Work) -> tuple[Array, Array]:
    """Data for a task: iris, the four rows of XOR, or images of 28 x 28 bytes with a disk at a random place.

    The disk covers 19 % of the pixels, which is the share that is not 0 in MNIST's digits.
    """
    if work.inputs == 4:
        return datasets.iris()
    if work.inputs == 2:
        return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])
    generator = np.random.default_rng(0)
    row, column = np.divmod(np.arange(784), 28)
    middle = generator.normal(13.5, 2, (work.rows, 2, 1))
    inside = (row - middle[:, 0]) ** 2 + (column - middle[:, 1]) ** 2 < 0.19 * 784 / np.pi
    x = np.where(inside, generator.integers(1, 256, inside.shape), 0).astype(np.uint8)
    return x, np.arange(work.rows) % work.layers[-1][0]


def ours(work: Work, x: Array, y: Array, threads: int, engine: str) -> Callable[[], object]:
    scale = [Rescaling(1 / 255)] if x.dtype == np.uint8 else []
    net = Network(
        [*scale, *(Dense(*layer) for layer in work.layers)], inputs=work.inputs, threads=threads, engine=engine
    )
    net.compile(optimizer=SGD(RATE, momentum=MOMENTUM))
    if work.answer:
        rows = x[: work.answer]
        return lambda: net.predict(rows)
    return lambda: net.fit(x, y, batch_size=work.batch, epochs=work.epochs, verbose=0)


def scikit_learn(work: Work, x: Array, y: Array) -> Callable[[], object]:
    """The same layers, rows and steps in scikit-learn, whose input is converted to float32 beforehand, untimed."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    x = x.astype(np.float32) / np.float32(255 if x.dtype == np.uint8 else 1)
    names = {"sigmoid": "logistic"}
    net = MLPClassifier(
        [width for width, _ in work.layers[:-1]], names.get(work.layers[0][1], work.layers[0][1]), solver="sgd",
        alpha=0.0, batch_size=work.batch, learning_rate_init=RATE, momentum=MOMENTUM, nesterovs_momentum=False,
        max_iter=work.epochs, n_iter_no_change=np.inf, warm_start=True,
    )  # fmt: skip
    if work.answer:
        rows = x[: work.answer]
        net.set_params(max_iter=1).fit(x[: work.batch], y[: work.batch])
        return lambda: net.predict_proba(rows)
    return lambda: net.fit(x, y)


# ---- the measuring ----


def measure(work: Work, threads: int, budget: float, rounds: int, pause: float = 0.05) -> Result:
    """Rounds of about `budget` seconds for each contestant, with at least one call each.

    After each measurement there is a pause, in which the threads of a BLAS go to sleep: they spin for tens of
    milliseconds after a call, and would take CPU time from the next contestant.
    """
    native: Any = backend.load("native")
    x, y = rows_of(work)
    contestants = {
        "pynn": ours(work, x, y, threads, "native"), "NumPy": ours(work, x, y, threads, "reference")
    }  # fmt: skip
    if find_spec("sklearn"):
        contestants["scikit-learn"] = scikit_learn(work, x, y)
    for function in contestants.values():
        function()  # not timed: allocates memory, starts threads
    calls = {name: max(1, int(budget / mean(function, 1))) for name, function in contestants.items()}
    result = Result("bench", work.name, threads, work.flop, {name: [] for name in contestants}, [])
    for _ in range(rounds):
        result.peaks.append(native.fma_peak("float32", 0.02, threads))
        for name, function in contestants.items():
            if calls[name] > 1:
                function()  # not timed: loads the data into the caches again
            result.times[name].append(mean(function, calls[name]))
            time.sleep(pause)
    return result


def mean(function: Callable[[], object], calls: int) -> float:
    """Seconds of one call."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        begin = time.perf_counter()
        for _ in range(calls):
            function()
        return (time.perf_counter() - begin) / calls
    finally:
        if collecting:
            gc.enable()


def blas_limited(threads: int) -> AbstractContextManager[object]:
    """Limits the threads of the BLAS that the other contestants use to the same number, if threadpoolctl is there."""
    if find_spec("threadpoolctl") is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    context: AbstractContextManager[object] = threadpool_limits(threads, user_api="blas")
    return context


# ---- the report ----


def told(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def report(works: tuple[Work, ...], threads: int, budget: float, rounds: int, found: list[Result]) -> Iterator[str]:
    """The lines of the table, each as soon as it is measured; results are appended to `found`."""
    width = max(len(work.name) for work in works)
    others = {"NumPy": "/ NumPy", **({"scikit-learn": "/ sklearn"} if find_spec("sklearn") else {})}
    yield f"{'':{width}}{'time':>9}{'GFLOP/s':>9}{'of peak':>8}" + "".join(f"{head:>10}" for head in others.values())
    with blas_limited(threads):
        for work in works:
            result = measure(work, threads, budget, rounds)
            found.append(result)
            ratios = "".join(f"{result.ratio(name):10.3f}" for name in others)
            yield f"{work.name:{width}}{told(result.seconds()):>9}{result.gflops:9.2f}{result.share():8.1%}{ratios}"


def run(threads: int | None = None, quick: bool = False, path: str | None = None) -> None:
    """Measure, print in 80 columns, and write the figures as JSON if asked to."""
    target = None if path is None else writable(path)
    here = machine()
    most = here["threads"]
    if threads is not None and threads > most:
        raise ValueError(f"--threads: {threads} is more than pynn would use here, which is {most}")
    used = threads or most
    print(fill(f"{here['cpu']}, {here['isa']}, {here['compiler']}, {used} of {most} thread{'s' * (most > 1)}", WIDTH))
    peaks = ", ".join(f"{peak:.0f} GFLOP/s on {n} thread{'s' * (n != '1')}" for n, peak in here["peak"].items())
    print(fill(f"FMA peak {peaks}", WIDTH) + "\n")
    found: list[Result] = []
    budget, rounds = (0.02, 3) if quick else (0.1, 5)
    for line in report(WORKS, used, budget, rounds, found):
        print(line, flush=True)
    print("\n/: pynn's time divided by the other's on the same threads; below 1, it is faster")
    if not find_spec("sklearn"):
        print("scikit-learn is not installed: no column for it")
    if find_spec("threadpoolctl") is None and used < most:
        print("threadpoolctl is not installed: NumPy was not told to use fewer threads")
    if target is not None:
        content = {"machine": here, "results": [result.figures() for result in found]}
        target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def writable(path: str) -> Path:
    """The path of a file that can be written: checked before measuring, not after it."""
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(f"--json: {path!r} is not a file that can be written")
    return target
