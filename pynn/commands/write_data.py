"""`pynn data iris --out iris.csv`: writes an example table, to try the other commands with.

The numbers come from pynn.datasets; the file is written by tables/csv_text.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

from .. import datasets, tables

Rows = Iterable[Iterable[str]]
NAMES = {"moons": ("upper", "lower"), "circles": ("outer", "inner"), "blobs": ("first", "second", "third")}


def _iris(rows: int | None, seed: int) -> tuple[tuple[str, ...], Rows]:
    x, y = datasets.iris()
    if rows is not None and rows > len(x):
        raise ValueError(f"--rows: {rows}, but there are {len(x)} flowers")
    return (*datasets.IRIS_FEATURES, "species"), _lines(x[:rows], y[:rows], datasets.IRIS_SPECIES)


def _points(make: Callable[..., Any], kind: str) -> Callable[[int | None, int], tuple[tuple[str, ...], Rows]]:
    def made(rows: int | None, seed: int) -> tuple[tuple[str, ...], Rows]:
        x, y = make(rows or 300, seed=seed)
        return ("x", "y", kind), _lines(x, y, NAMES[f"{kind}s"])

    return made


def _lines(x: Any, y: Any, names: Any) -> Rows:
    """Numbers with the fewest digits from which they can be restored exactly, then the name of the class."""
    for row, number in zip(x, y.tolist(), strict=True):
        yield [*map(str, row), names[number]]


DATA: dict[str, Callable[[int | None, int], tuple[tuple[str, ...], Rows]]] = {
    "iris": _iris,
    "moons": _points(datasets.make_moons, "moon"),
    "circles": _points(datasets.make_circles, "circle"),
    "blobs": _points(datasets.make_blobs, "blob"),
}


def write(options: argparse.Namespace) -> int:
    names, rows = DATA[options.name](options.rows, options.seed)
    tables.write(options.out, names, rows)
    if options.out != "-":
        print(f"{options.out}: {', '.join(names)} (pynn train {options.out} --target {names[-1]} --out model.pynn)")
    return 0
