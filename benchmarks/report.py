"""From the seconds of the rounds to figures: medians, ratios, shares, a table of text, a file of JSON.

Nothing is measured here. markdown.py and picture.py read the file again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from crew import Crew
from goals import GOALS, LIMITS

from pynn import __version__
from pynn.bench import Result, machine, told
from pynn.engine import _native

PACKAGES = {"numpy": "numpy", "sklearn": "scikit-learn", "torch": "torch", "jax": "jax", "onnxruntime": "onnxruntime"}


@dataclass
class Raced(Result):
    """A result beside its goal."""

    def best(self, among: tuple[str, ...] = ()) -> str | None:
        names = [name for name in self.rivals if not among or name in among]
        return min(names, key=self.seconds) if names else None

    def figures(self) -> dict[str, Any]:
        goal = GOALS.get((self.suite, self.case))
        named = self.best(goal.peers) if goal else None
        reached = self.ratio(named) if named else None
        judged = goal and asdict(goal) | {"peer": named, "ratio": reached}
        return super().figures() | {"best": self.best(), "goal": judged}


@dataclass
class Results:
    rows: list[Raced] = field(default_factory=list)
    limits: list[tuple[str, int, float]] = field(default_factory=list)  # name, threads, value
    crew: Crew | None = None

    def sort(self) -> None:
        """One thread beside all of them, in the order in which the work came up first."""
        suites, cases = [r.suite for r in self.rows], [(r.suite, r.case) for r in self.rows]
        self.rows.sort(key=lambda r: (suites.index(r.suite), cases.index((r.suite, r.case)), r.threads))
        names = [name for name, _, _ in self.limits]
        self.limits.sort(key=lambda limit: (names.index(limit[0]), limit[1]))

    def save(self, path: Path) -> None:
        limits = [
            {"name": name, "threads": threads, "value": value, **asdict(LIMITS[name])}
            for name, threads, value in self.limits
        ]
        content = {"machine": setting(), "results": [r.figures() for r in self.rows], "limits": limits}
        path.write_text(json.dumps(content, indent=1) + "\n")


def setting() -> dict[str, Any]:
    """The machine, pynn and its peers."""
    versions = {name: installed(package) for name, package in PACKAGES.items()}
    return machine() | {"pynn": __version__, "peers": versions}


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


# ---- tables of text ----


def tables(results: Results) -> Iterator[tuple[str, list[str]]]:
    """(title, lines) of each."""
    if results.rows:
        peak = ", ".join(f"{n} thr {p:.0f} GFLOP/s" for n, p in machine()["peak"].items())
        yield (
            f"pynn beside the machine and its peers ({_native.isa()}, {_native.compiler()}, FMA peak {peak})",
            [
                *aligned([HEAD, *(line_of(r) for r in results.rows)]),
                "",
                "ratio: time of pynn / time of the best; goal: the same against the peer that the goal names",
                *absences(results.crew),
            ],
        )
    more = list(slower_with_more(results.rows))
    if more:
        yield "time with all threads / time with one (should not be above 1)", aligned([("", "thr", "ratio"), *more])
    if results.limits:
        yield "limits", aligned([("", "thr", "value", "must", ""), *(line_of_limit(*each) for each in results.limits)])


HEAD = ("", "thr", "pynn", "GFLOP/s", "of peak", "peers", "ratio", "goal", "must", "aim", "")


def line_of(r: Raced) -> tuple[str, ...]:
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


def slower_with_more(rows: list[Raced]) -> Iterator[tuple[str, ...]]:
    ones = {(r.suite, r.case): r.seconds() for r in rows if r.threads == 1}
    for r in rows:
        if r.threads > 1 and (r.suite, r.case) in ones:
            yield f"{r.suite}: {r.case}", str(r.threads), f"{r.seconds() / ones[r.suite, r.case]:.3f}"


def absences(crew: Crew | None) -> list[str]:
    missing = crew.absent if crew else {}
    return [f"{name} is left out: not installed ({', '.join(modules)})" for name, modules in missing.items()]


def aligned(lines: list[tuple[str, ...]]) -> list[str]:
    """Columns under one another, the first to the left, the others to the right; none without a word in it."""
    columns = [column for column in zip(*lines, strict=True) if any(column[1:])]
    lines = list(zip(*columns, strict=True))
    first, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    return [
        "  ".join([line[0].ljust(first), *(cell.rjust(w) for cell, w in zip(line[1:], widths, strict=True))])
        for line in lines
    ]
