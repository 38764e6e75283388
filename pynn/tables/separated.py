"""Text with separators between cells -> column names and columns of cells; errors name the line.

The separator is found from the first line: comma, semicolon, tab or bar. Quoted cells may contain separators, quotes
and line ends. Usual text is split at once, with NumPy, by the places of its separators; Python's csv module reads what
is not so usual, and gives the same cells. Read csv_text.py next.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backend import Array
from . import decimals
from .columns import Columns, Spans, Strings
from .table import TableError, counted

SEPARATORS = ",;\t|"
LONGEST = 10_000_000  # characters of a cell: a longer one means that a quote was never closed
LINE, QUOTE, SPACE, POINT = map(ord, '\n" .')


def separator(line: str) -> str:
    """Of the possible characters, the most frequent one outside quotes in the line of names."""
    outside = "".join(line.split('"')[::2])
    counts = Counter(letter for letter in outside if letter in SEPARATORS)
    return max(SEPARATORS, key=lambda one: (counts[one], -SEPARATORS.index(one)))


def columns(content: bytes, text: str, mark: str, source: str) -> tuple[Columns, Sequence[int]]:
    """The columns by name, and the line in which each row ends. `content` is the text in UTF-8."""
    found = _at_once(content, mark, source) or _one_by_one(text, mark, source)
    if not found[1]:
        raise TableError(f"{source}: only a line of names, no rows")
    return found


def _at_once(content: bytes, mark: str, source: str) -> tuple[Columns, Sequence[int]] | None:
    """None for text that the csv module has to read: with empty lines or lines of different lengths, with one column,
    with quotes or line ends within quoted cells."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    ended = content.endswith(b"\n")
    lines, wide = content.count(b"\n") + (not ended), content.count(mark.encode(), 0, content.find(b"\n")) + 1
    content = b"".join([bytes(decimals.BEFORE), content, b"" if ended else b"\n"])
    letters = np.frombuffer(content, np.uint8)
    quotes = letters == QUOTE if b'"' in content else None
    point, end = _places(letters, ord(mark), quotes)
    if wide == 1 or len(end) != lines * wide:
        return None
    is_line = (letters[end] == LINE).reshape(lines, wide)
    begin = np.concatenate([[decimals.BEFORE], end[:-1] + 1])
    if not is_line[:, -1].all() or is_line[:, :-1].any() or (end - begin).max() > LONGEST:
        return None
    while (spaces := (letters[begin] == SPACE) & (begin < end)).any():  # those after a separator are no part of a cell
        begin = begin + spaces
    if quotes is not None:
        quoted = (letters[begin] == QUOTE) & (letters[end - 1] == QUOTE) & (end - begin > 1)
        if 2 * quoted.sum() != quotes.sum():
            return None
        begin, end = begin + quoted, end - quoted
        point = np.minimum(point, end)
    by_column = [np.ascontiguousarray(one.reshape(lines, wide).T) for one in (begin, point, end)]
    cells = [Spans(content, letters, *places) for places in zip(*by_column, strict=True)]
    header = _names([one.take(np.arange(1)).texts[0] for one in cells], source)
    body = (one.take(np.arange(1, lines)) for one in cells)
    return Columns(dict(zip(header, body, strict=True))), range(2, lines + 1)


def _places(letters: Array, mark: int, quotes: Array | None) -> tuple[Array, Array]:
    """The end of each cell, and the last point in it, or its end where there is none."""
    ends = (letters == mark) | (letters == LINE)
    if quotes is not None:
        ends &= np.cumsum(quotes, dtype=np.uint8) % 2 == 0  # an odd number of quotes before: within a quoted cell
    both = np.flatnonzero(ends | (letters == POINT))
    which = np.flatnonzero(ends[both])
    end, before = both[which], both[which - 1]  # which - 1 = -1 for a first cell without a point: the last end
    return np.where((letters[before] == POINT) & (before < end), before, end), end


def _one_by_one(text: str, mark: str, source: str) -> tuple[Columns, Sequence[int]]:
    header, flat, lines = _read(text, mark, source)
    wide = len(header)
    return Columns({name: Strings(tuple(flat[place::wide])) for place, name in enumerate(header)}), lines


Found = tuple[list[str], list[str], list[int]]  # names; cells row by row in one list; lines


def _read(text: str, mark: str, source: str) -> Found:
    before = csv.field_size_limit(LONGEST)  # a global setting of the csv module: restored below
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True, strict=True)
    try:
        return _rows(reader, source)
    except csv.Error as reason:
        raise TableError(f"{source}: {_explained(str(reason), mark)} (line {reader.line_num})") from None
    finally:
        csv.field_size_limit(before)


def _rows(reader: Any, source: str) -> Found:
    """One list for all cells: a list for each row would be looked through by the garbage collector again and again."""
    header: list[str] = []
    cells: list[str] = []
    lines: list[int] = []
    for row in reader:
        if len(row) == len(header) > 1:
            cells += row
            lines.append(reader.line_num)
        elif not row or (len(row) == 1 and not row[0].strip() and len(header) != 1):
            continue  # an empty line
        elif not header:
            header = _names(row, source)
        elif len(row) != len(header):
            counts = f"{counted(len(row), 'cell')}, but there are {len(header)} columns"
            raise TableError(f"{source}: line {reader.line_num} has {counts}")
        else:
            cells += row
            lines.append(reader.line_num)
    return header, cells, lines


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


def _explained(reason: str, mark: str) -> str:
    if "unexpected end" in reason:
        return "a quote was opened and never closed"
    if "expected after" in reason:
        return f"text follows a closing quote; a quote within a quoted cell is written twice, and {mark!r} comes next"
    if "field larger" in reason:
        return f"a cell has more than {LONGEST:,} characters; a quote may never have been closed"
    return reason
