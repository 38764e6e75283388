"""From the seconds of the rounds to figures: medians, ratios, shares, a table of text, a file of JSON.

Nothing is measured here. table.py and picture.py read the file again.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from crew import Crew
from goals import GOALS, LIMITS

from pynn import __version__
from pynn.engine import _native


@dataclass
class Result:
    suite: str
    case: str
    threads: int
    flop: float  # of what `times` are of, zeros counted like other numbers
    times: dict[str, list[float]]  # seconds by contestant, pynn first, one a round
    peaks: list[float]  # FLOP/s that the machine could do, one a round

    def seconds(self, name: str = "pynn") -> float:
        return median(self.times[name])

    @property
    def rivals(self) -> list[str]:
        return [name for name in self.times if name != "pynn"]

    def ratio(self, name: str) -> float:
        """Time of pynn / time of another, within rounds."""
        return median(a / b for a, b in zip(self.times["pynn"], self.times[name], strict=True))

    def best(self, among: tuple[str, ...] = ()) -> str | None:
        names = [name for name in self.rivals if not among or name in among]
        return min(names, key=self.seconds) if names else None

    def share(self, name: str = "pynn") -> float:
        """Of the machine's limit, within rounds. Above 1 where zeros were skipped."""
        return median(self.flop / s / peak for s, peak in zip(self.times[name], self.peaks, strict=True))

    def figures(self) -> dict[str, Any]:
        """Everything as plain values, for a file."""
        goal = GOALS.get((self.suite, self.case))
        named = self.best(goal.peers) if goal else None
        return {
            "suite": self.suite, "case": self.case, "threads": self.threads, "flop": self.flop,
            "seconds": {name: self.seconds(name) for name in self.times},
            "spread": {name: (min(values), max(values)) for name, values in self.times.items()},
            "ratio": {name: self.ratio(name) for name in self.rivals},
            "share": {name: self.share(name) for name in self.times},
            "gflops": self.flop / self.seconds() / 1e9, "peak": median(self.peaks) / 1e9, "best": self.best(),
            "goal": goal and asdict(goal) | {"peer": named, "ratio": self.ratio(named) if named else None},
        }  # fmt: skip


@dataclass
class Results:
    rows: list[Result] = field(default_factory=list)
    limits: list[tuple[str, int, float]] = field(default_factory=list)  # name, threads, value
    crew: Crew | None = None

    def add(self, result: Result) -> None:
        self.rows.append(result)

    def save(self, path: Path) -> None:
        limits = [
            {"name": name, "threads": threads, "value": value, **asdict(LIMITS[name])}
            for name, threads, value in self.limits
        ]
        content = {"machine": machine(), "results": [r.figures() for r in self.rows], "limits": limits}
        path.write_text(json.dumps(content, indent=1) + "\n")


def machine() -> dict[str, Any]:
    peers = {name: installed(package) for name, package in (
        ("numpy", "numpy"), ("sklearn", "scikit-learn"), ("torch", "torch"), ("jax", "jax"),
        ("onnxruntime", "onnxruntime"),
    )}  # fmt: skip
    counts = sorted({1, _native.max_threads()})
    return {
        "cpu": cpu_name(), "isa": _native.isa(), "compiler": _native.compiler(), "pynn": __version__, "peers": peers,
        "threads": _native.max_threads(), "peak": {n: _native.fma_peak("float32", 0.2, n) / 1e9 for n in counts},
    }  # fmt: skip


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# ---- tables of text ----


def tables(results: Results) -> Iterator[tuple[str, list[str]]]:
    """(title, lines) of each."""
    if results.rows:
        peak = ", ".join(f"{n} thr {p:.0f} GFLOP/s" for n, p in machine()["peak"].items())
        yield f"pynn beside the machine and its peers ({_native.isa()}, {_native.compiler()}, FMA peak {peak})", [
            *aligned([HEAD, *(line_of(r) for r in results.rows)]),
            "",
            "ratio: time of pynn / time of the best; goal: the same against the peer that the goal names",
            *absences(results.crew),
        ]
    more = list(slower_with_more(results.rows))
    if more:
        yield "time with all threads / time with one (should not be above 1)", aligned(more)
    if results.limits:
        yield "limits", aligned([("", "thr", "value", "must", ""), *(line_of_limit(*each) for each in results.limits)])


HEAD = ("", "thr", "pynn", "GFLOP/s", "of peak", "peers", "ratio", "goal", "must", "aim", "")


def line_of(r: Result) -> tuple[str, ...]:
    f = r.figures()
    rivals = "  ".join(f"{name} {told(r.seconds(name))}" for name in sorted(r.rivals, key=r.seconds))
    ratio = f"{r.ratio(f['best']):.3f}" if f["best"] else ""
    goal = ("", "", "", "")
    if f["goal"]:
        reached = f["goal"]["ratio"]
        goal = (
            "" if reached is None else f"{reached:.3f} {f['goal']['peer']}",
            f"{f['goal']['must']:g}", f"{f['goal']['aim']:g}", mark(reached, f["goal"]["must"], f["goal"]["aim"]),
        )  # fmt: skip
    return (f"{r.suite}: {r.case}", str(r.threads), told(r.seconds()), f"{f['gflops']:.2f}", f"{r.share():.1%}",
            rivals, ratio, *goal)  # fmt: skip


def mark(value: float | None, must: float, aim: float | None = None) -> str:
    if value is None:
        return "no peer"
    if value > must:
        return "MISSED"
    return "aim reached" if aim is not None and value <= aim else "reached"


def line_of_limit(name: str, threads: int, value: float) -> tuple[str, ...]:
    limit = LIMITS[name]
    return name, str(threads), f"{value:.2f}", f"{limit.must:g} {limit.unit}", mark(value, limit.must)


def slower_with_more(rows: list[Result]) -> Iterator[tuple[str, ...]]:
    ones = {(r.suite, r.case): r.seconds() for r in rows if r.threads == 1}
    for r in rows:
        if r.threads > 1 and (r.suite, r.case) in ones:
            yield f"{r.suite}: {r.case}", str(r.threads), f"{r.seconds() / ones[r.suite, r.case]:.3f}"


def absences(crew: Crew | None) -> list[str]:
    missing = crew.absent if crew else {}
    return [f"{name} is left out: not installed ({', '.join(modules)})" for name, modules in missing.items()]


def told(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def aligned(lines: list[tuple[str, ...]]) -> list[str]:
    """Columns under one another, the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(w) if not i else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
