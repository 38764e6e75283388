"""What the cells of a column are: numbers, dates or words, and which of them are missing.

Each different text is looked at once, so a column of many rows and few words is quick. A column that is almost, but
not quite, of numbers is an error with the line of the first cell that is none: guessing would hide a slip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..backend import Floats
from .csv_text import Table, TableError

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", "--", "."))
MOSTLY = 0.9  # from this share of numbers on, a cell that is none is a slip
ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?|\d{4}/\d{1,2}/\d{1,2}")
DATE_LIKE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})([ T]\d.*)?|\d{1,2}:\d{2}(:\d{2})?")
EPOCH = np.datetime64("1970-01-01", "us")
DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def number(cell: str, comma: bool) -> float | None:
    """The number that a text is, or None. 1_000 is none, although Python reads it."""
    if "_" in cell:
        return None
    try:
        return float(cell)
    except ValueError:
        pass
    if comma and cell.count(",") == 1 and "." not in cell:
        return number(cell.replace(",", "."), False)
    return None


def date(cell: str) -> float | None:
    """Days since 1970-01-01 of a date or time written as 2024-05-31, 2024/05/31 or 2024-05-31 18:30."""
    text = cell.strip()
    if not ISO.fullmatch(text):
        return None
    day, _, time = text.replace("/", "-").replace("T", " ").rstrip("Z").partition(" ")
    year, month, of_month = day.split("-")
    try:
        moment = np.datetime64(f"{year}-{month:>02}-{of_month:>02}" + (f"T{time:>05}" if time else ""), "us")
    except ValueError:
        return None
    return float((moment - EPOCH) / np.timedelta64(1, "us")) / DAY


@dataclass(frozen=True)
class Found:
    """One column: values are NaN where a cell is missing, or no number at all."""

    kind: str  # "number", "date", "words", or "nothing" where all cells are missing
    values: Floats


def look(table: Table, name: str, kind: str = "") -> Found:
    """What a column holds, or its cells as the kind that is already known."""
    cells = table.column(name)
    quick = _all_numbers(cells) if kind in ("", "number") else None
    if quick is not None:
        return Found("number", quick)
    different = dict.fromkeys(cells)
    present = [cell for cell in different if not is_missing(cell)]
    if kind == "words" or not present:
        return Found(kind or "nothing", np.full(len(cells), np.nan))
    readings = {cell: number(cell.strip(), table.comma) for cell in present} if kind != "date" else {}
    if kind != "number" and all(value is None for value in readings.values()):
        dates = {cell: date(cell) for cell in present}
        if kind == "date" or any(value is not None for value in dates.values()):
            return _settled(table, name, "date", dates)
        _refuse_other_dates(table, name, present)
        return Found("words", np.full(len(cells), np.nan))
    good = sum(readings.get(cell) is not None for cell in cells)
    missing = sum(is_missing(cell) for cell in cells) if len(present) < len(different) else 0
    if kind == "number" or good >= MOSTLY * (len(cells) - missing):
        return _settled(table, name, "number", readings)
    return Found("words", np.full(len(cells), np.nan))


def _all_numbers(cells: tuple[str, ...]) -> Floats | None:
    """The usual case at once: every cell is a finite number; None where one is not, or is missing."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    if not np.isfinite(values).all() or "_" in "".join(cells):
        return None
    return values


def _settled(table: Table, name: str, kind: str, readings: dict[str, float | None]) -> Found:
    """All cells as numbers; the first one that is none, and not missing, is an error."""
    cells = table.columns[name]
    bad = {cell for cell, value in readings.items() if value is None}
    if bad:
        row = next(row for row, cell in enumerate(cells) if cell in bad)
        others = "dates such as 2024-05-31" if kind == "date" else "numbers"
        raise table.refuse(name, row, f"among {others}: correct it, leave it empty, or --ignore the column")
    values = np.array([readings.get(cell, np.nan) for cell in cells], dtype=np.float64)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise table.refuse(name, int(infinite[0]), "is not a finite number")
    return Found(kind, values)


def _refuse_other_dates(table: Table, name: str, present: list[str]) -> None:
    if all(DATE_LIKE.fullmatch(cell.strip()) for cell in present):
        raise TableError(
            f"{table.source}: column {name!r} holds {present[0]!r} and the like: write dates as 2024-05-31 "
            "(year, month, day), or --ignore the column"
        )
