"""A table of the user's as arrays: `x, y = read_csv("flowers.csv", "species")`.

Columns become numbers by the rules of the command line (docs/command-line.md), but are not scaled: a Normalization in
the network learns the scale, from training rows alone. `CsvData.read` converts other tables in the same way.
It is called read_csv because `csv` is a module of Python's. Read tables/preparation.py for the columns.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arguments import choice, flag, shown, whole
from ..tables import Wanted, parse, preparation
from ..tables.date_column import Moment
from ..tables.features import Feature
from ..tables.number_column import Number
from ..tables.outcomes import Answers, Classes, learn
from ..tables.table import Table, TableError, counted


@dataclass(frozen=True, eq=False, repr=False)
class CsvData:
    """The data of a table. It unpacks into x and y."""

    x: np.ndarray  # (rows, columns) of numbers, float32 unless another dtype was asked for
    y: np.ndarray | None  # int64 class numbers, float64 amounts; None without a target
    names: tuple[str, ...]  # of x's columns; color=red is 1 where the color is red
    classes: tuple[str, ...]  # the names of y's numbers; empty for amounts
    notes: tuple[str, ...]  # what was left out, and why
    columns: tuple[Feature, ...]
    answers: Answers | None
    reading: dict[str, Any]  # encoding and day_first

    def __repr__(self) -> str:
        target = f", target {self.answers.name!r}" if self.answers else ""
        return f"CsvData({counted(len(self.x), 'row')}, {counted(self.x.shape[1], 'column')} of x{target})"

    def __iter__(self) -> Iterator[np.ndarray | None]:
        return iter((self.x, self.y))

    def read(self, path: Any) -> CsvData:
        """Reads another table in the same way: same columns of x, same classes. y is None if it has no target."""
        table, answers = _table(path, **self.reading), self.answers
        if answers is None or answers.name not in table.columns:
            return _filled(table, self.columns, None, [], self.x.dtype.name, self.reading)
        table, notes = _with_answers(table, answers.name)
        return _filled(table, self.columns, answers, notes, self.x.dtype.name, self.reading)


def read_csv(
    path: Any,
    target: str | None = None,
    *,
    task: str | None = None,
    ignore: Sequence[str] = (),
    words: Sequence[str] = (),
    max_words: int = 50,
    dtype: str = "float32",
    encoding: str = "",
    day_first: bool | None = None,
) -> CsvData:
    """The rows of a table: x, y = read_csv(...); the result also has names, classes and notes.

    path       a file, gzipped or not; an open one, of bytes or text; "-" for standard input
    target     the column to be predicted: y. Rows where it is missing are left out
    task       "classification" or "regression"; left out: found from the target
    ignore     columns to leave out
    words      columns whose numbers are categories
    max_words  of a column with more distinct words, so many frequent ones are kept; the rest is (other)
    dtype      "float32" or "float64", of x
    encoding   of text that is not UTF-8, such as "cp1252"
    day_first  True: 03/04/2026 is in April, False: in March. Only needed if a column has no unambiguous date
    """
    if target is not None and not isinstance(target, str):
        raise TypeError(f"target: {shown(target)} is a {type(target).__name__}; expected a column's name")
    task = "" if task is None else choice("task", task, ("classification", "regression"))
    dtype = choice("dtype", np.dtype(dtype).name, ("float32", "float64"))
    reading: dict[str, Any] = {
        "encoding": encoding,
        "day_first": None if day_first is None else flag("day_first", day_first),
    }
    table = _table(path, **reading)
    wanted = Wanted(
        target or "", task, _names("ignore", ignore, table), _names("words", words, table),
        whole("max_words", max_words, 1),
    )  # fmt: skip
    answers, notes = None, list[str]()
    if target is not None:
        if target in wanted.ignore:
            raise ValueError(f"ignore: {target!r} is the target")
        table, notes = _with_answers(table, target)
        answers = learn(table, target, task)
    columns, more = preparation.columns(table, wanted)
    kept = tuple(map(_unscaled, columns))
    return _filled(table, kept, answers, notes + more, dtype, reading)


def _unscaled(one: Feature) -> Feature:
    """With numbers as they are in the table."""
    if isinstance(one, Moment):
        return replace(one, days=replace(one.days, mean=0.0, spread=1.0, limit=0.0))
    return replace(one, mean=0.0, spread=1.0, limit=0.0) if isinstance(one, Number) else one


def _filled(
    table: Table, columns: tuple[Feature, ...], answers: Answers | None, notes: list[str], dtype: str, reading: Any
) -> CsvData:
    x, more = preparation.matrix(columns, table, dtype)
    y = None if answers is None else answers.read(table)
    classes = answers.values if isinstance(answers, Classes) else ()
    names = tuple(name for one in columns for name in one.columns)
    return CsvData(x, y, names, classes, (*notes, *more), columns, answers, reading)


def _with_answers(table: Table, target: str) -> tuple[Table, list[str]]:
    table, left = preparation.with_answers(table, target)
    return table, [f"left out {counted(left, 'row')} without {target!r}"] if left else []


def _names(argument: str, given: Any, table: Table) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise TypeError(f"{argument}: {shown(given)}; expected a list of columns' names")
    for name in given:
        table.column(name, f"{argument}: column")
    return tuple(given)


def _table(path: Any, encoding: str, day_first: bool | None) -> Table:
    content, source = _content(path)
    try:
        return parse(content, source, encoding=encoding, day_first=day_first)
    except TableError as reason:
        if "text; save" in str(reason) and not encoding:
            reason.add_note("Or name its encoding: encoding='cp1252' is usual in Western Europe.")
        raise


def _content(path: Any) -> tuple[bytes | str, str]:
    """The content of a file, and its name in messages."""
    if path == "-":
        if sys.stdin is None:
            raise TableError("-: there is no standard input")
        return sys.stdin.buffer.read(), "standard input"
    if hasattr(path, "read"):
        content = path.read()
        if not isinstance(content, (bytes, bytearray, str)):
            raise TypeError(f"path: {shown(path)} reads {type(content).__name__}; expected bytes or text")
        name = getattr(path, "name", "")
        return (content if isinstance(content, str) else bytes(content)), name if isinstance(
            name, str
        ) and name else "table"
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: {shown(path)} is a {type(path).__name__}; expected a file's name, or an open file")
    with open(path, "rb") as file:
        return file.read(), os.fspath(path)
