"""The text of a table: a file's bytes, gzipped or not -> text -> a Table; and a table written as text.

separated.py splits the text into cells. All cells stay text here; read cells.py for how they become numbers.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TextIO

from . import separated
from .table import Table, TableError


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
    mark = separated.separator(first)
    columns, lines = separated.columns(text.encode("utf-8", "surrogatepass"), text, mark, source)
    return _without_row_numbers(Table(source, columns, lines, mark != ",", day_first=day_first))


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


def _without_row_numbers(table: Table) -> Table:
    """Removes a first column without a name that only numbers the rows, as spreadsheets and data frames write it."""
    first = next(iter(table.columns))
    if first != "column 1" or len(table.columns) < 2 or not (cells := table.columns[first])[0].isdecimal():
        return table
    begin = int(cells[0])
    if begin > 1 or any(cell != str(number) for number, cell in enumerate(cells, begin)):
        return table
    return replace(table, columns=table.columns.without(first), left_out=(first,))


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
