"""The text of a table: bytes, gzipped or not -> lines -> cells, by Python's csv module; errors name the line.

The separator is found from the first line: comma, semicolon, tab or bar. Quoted cells may contain separators, quotes
and line ends. All cells stay text here; read cells.py for how they become numbers.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, TextIO

import numpy as np

SEPARATORS = ",;\t|"
LONGEST = 10_000_000  # characters of a cell: a longer one means that a quote was never closed


class TableError(ValueError):
    """What is wrong with a table, in one sentence."""


@dataclass(frozen=True)
class Table:
    """Columns of text by name, all of one length."""

    source: str  # what messages call it
    columns: dict[str, tuple[str, ...]]
    lines: Sequence[int]  # where each row ends in the text
    comma: bool = False  # 1,5 may be a number: the separator between cells is not a comma
    left_out: tuple[str, ...] = ()  # columns that only number the rows, and were removed
    day_first: bool | None = None  # the order of day and month in ambiguous dates, 03/04/2026; None: an error
    origin: Table | None = None  # the whole table, if these are some rows of it

    @property
    def rows(self) -> int:
        return len(self.lines)

    def column(self, name: str, what: str = "column", taken: Iterable[str] = ()) -> tuple[str, ...]:
        """The cells of a column. The error for a missing one suggests a similar name, but none of those `taken`."""
        if name in self.columns:
            return self.columns[name]
        near = get_close_matches(name.lower(), {one.lower(): one for one in self.columns if one not in taken}, 1)
        hint = next((f"; did you mean {one!r}?" for one in self.columns if near and one.lower() == near[0]), "")
        names = ", ".join(map(repr, list(self.columns)[:20])) + (", ..." if len(self.columns) > 20 else "")
        raise TableError(f"{self.source}: {what} {name!r} is not there; the columns are {names}{hint}")

    def take(self, rows: Any) -> Table:
        """The rows with these numbers."""
        chosen = np.asarray(rows).tolist()
        columns = {name: tuple(map(cells.__getitem__, chosen)) for name, cells in self.columns.items()}
        lines = list(map(self.lines.__getitem__, chosen))
        return replace(self, columns=columns, lines=lines, origin=self.origin or self)

    def refuse(self, name: str, row: int, what: str) -> TableError:
        """The error about one cell."""
        cell = self.columns[name][row]
        shown = repr(cell if len(cell) <= 40 else cell[:37] + "...")
        return TableError(f"{self.source}: column {name!r}, line {self.lines[row]}: {shown} {what}")


def counted(number: int, what: str) -> str:
    """1 row, 2 rows."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def read(path: str, *, encoding: str = "", day_first: bool | None = None) -> Table:
    """The table in a file; "-" is standard input."""
    if path == "-":
        if sys.stdin is None:
            raise TableError("-: there is no standard input")
        return parse(sys.stdin.buffer.read(), "standard input", encoding=encoding, day_first=day_first)
    try:
        with open(path, "rb") as file:
            return parse(file.read(), path, encoding=encoding, day_first=day_first)
    except OSError as reason:
        raise TableError(f"{path}: cannot be read: {reason.strerror or reason}") from None


def parse(content: bytes | str, source: str, *, encoding: str = "", day_first: bool | None = None) -> Table:
    """The table in this text; `encoding` is for bytes that are neither UTF-8 nor begin with a byte order mark."""
    text = _decoded(content, source, encoding) if isinstance(content, bytes) else content.removeprefix("\ufeff")
    if "\0" in text:
        raise TableError(f"{source}: holds zero bytes: no text, and no CSV; save the table as CSV")
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    if not first:
        raise TableError(f"{source}: empty; a table begins with a line of column names")
    separator = _separator(first)
    before = csv.field_size_limit(LONGEST)  # a global setting of the csv module: restored below
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        header, rows, lines = _rows(reader, source)
    except csv.Error as reason:
        raise TableError(f"{source}: {_explained(str(reason), separator)} (line {reader.line_num})") from None
    finally:
        csv.field_size_limit(before)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    return _without_row_numbers(Table(source, columns, lines, separator != ",", day_first=day_first))


def _decoded(content: bytes, source: str, encoding: str) -> str:
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as reason:
            raise TableError(f"{source}: not a complete gzip file: {reason}") from None
    code = encoding or ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    try:
        return content.decode(code).removeprefix("\ufeff")
    except LookupError:
        raise ValueError(f"encoding: {encoding!r} is unknown; expected a name such as 'utf-8' or 'cp1252'") from None
    except UnicodeDecodeError as reason:
        line = content[: reason.start].count(b"\n") + 1
        name = encoding or ("UTF-16" if code == "utf-16" else "UTF-8")
        hint = "save the table as CSV in UTF-8, or name its encoding (--encoding)"
        raise TableError(f"{source}: line {line} is not {name} text; {hint}") from None


def _separator(line: str) -> str:
    """The separator: of the possible characters, the most frequent one outside quotes in the line of names."""
    outside = "".join(line.split('"')[::2])
    counts = Counter(letter for letter in outside if letter in SEPARATORS)
    return max(SEPARATORS, key=lambda one: (counts[one], -SEPARATORS.index(one)))


def _rows(reader: Any, source: str) -> tuple[list[str], list[list[str]], list[int]]:
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    for row in reader:
        if len(row) == len(header) > 1:
            rows.append(row)
            lines.append(reader.line_num)
        elif not row or (len(row) == 1 and not row[0].strip() and len(header) != 1):
            continue  # an empty line
        elif not header:
            header = _names(row, source)
        elif len(row) != len(header):
            counts = f"{counted(len(row), 'cell')}, but there are {len(header)} columns"
            raise TableError(f"{source}: line {reader.line_num} has {counts}")
        else:
            rows.append(row)
            lines.append(reader.line_num)
    if not rows:
        raise TableError(f"{source}: only a line of names, no rows")
    return header, rows, lines


def _names(row: list[str], source: str) -> list[str]:
    names = [name.strip() or f"column {place}" for place, name in enumerate(row, 1)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise TableError(f"{source}: two columns are called {twice[0]!r}; each needs a name of its own")
    if all(_is_number(name) for name in names):
        raise TableError(f"{source}: the first line holds numbers; it should name the columns")
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _explained(reason: str, separator: str) -> str:
    if "unexpected end" in reason:
        return "a quote was opened and never closed"
    if "expected after" in reason:
        return (
            f"text follows a closing quote; a quote within a quoted cell is written twice, and {separator!r} comes next"
        )
    if "field larger" in reason:
        return f"a cell has more than {LONGEST:,} characters; a quote may never have been closed"
    return reason


def _without_row_numbers(table: Table) -> Table:
    """Removes a first column without a name that only numbers the rows, as spreadsheets and data frames write it."""
    first = next(iter(table.columns))
    cells = table.columns[first]
    if first != "column 1" or len(table.columns) < 2 or not cells[0].isdecimal():
        return table
    begin = int(cells[0])
    if begin > 1 or any(cell != str(number) for number, cell in enumerate(cells, begin)):
        return table
    rest = {name: column for name, column in table.columns.items() if name != first}
    return replace(table, columns=rest, left_out=(first,))


def write(path: str, names: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A table with commas; "-" is standard output."""
    if path == "-":
        _write(sys.stdout, names, rows)
        return
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            _write(file, names, rows)
    except OSError as reason:
        raise TableError(f"{path}: cannot be written: {reason.strerror or reason}") from None


def _write(file: TextIO | None, names: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    if file is not None:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
