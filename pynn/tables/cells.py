"""The kind of a column's cells: numbers, dates or words, and which cells are missing.

Each distinct text is parsed once, so a column of many rows and few words is fast. If almost all cells of a column are
numbers, the first one that is not is an error with its line: taking the column for words would hide a typing error.
Read marks.py and dates.py for how a cell is parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..backend import Array, Floats
from . import dates, marks
from .marks import UNITS, number
from .table import Table, TableError

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", "--", "."))
MOSTLY = 0.9  # if at least this share of the cells are numbers, the others are typing errors, and not words
# A number with thousands separators, a decimal comma or a unit, in any of the usual notations.
MARKED = re.compile(r"[+-]?[%‰$€£¥]? ?\d+([.,' \u00a0\u202f]\d{3})*([.,]\d+)? ?[%‰$€£¥]?")

NAMED_SO = re.compile(r"(?:^|[^A-Za-z])(?i:date|day|datum|dt|when)(?:$|[^A-Za-z])|[a-z]Date|(?i:date)$")
MANY = 20  # so many different numbers that are all dates, one in 1,400 of those with eight digits, are no chance


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


@dataclass(frozen=True)
class Found:
    """One column: values are NaN where a cell is missing, or no number at all."""

    kind: str  # "number", a key of dates.FORMS or marks.UNITS, "words", or "nothing" where all cells are missing
    values: Floats
    marked: str = ""  # the first number with thousands separators


def look(table: Table, name: str, kind: str = "") -> Found:
    """The kind and values of a column; with `kind`, its cells are parsed as this kind, which is known already."""
    found: Found | None = table.looks.get((name, kind))
    if found is None:
        found = table.looks[name, kind] = _look(table, name, kind)
        table.looks[name, found.kind] = found
    return found


def _look(table: Table, name: str, kind: str) -> Found:
    table.check(name)
    if kind in ("", "number") and (quick := _all_numbers(table, name)) is not None:
        _refuse_undecided(table, name, kind)
        return quick if kind else _compact(table, name, quick)
    if kind in ("", "ymd") and (days := dates.of_iso(table.columns.cells[name])) is not None:
        return Found("ymd", days)
    if kind == "compact":
        return _known_compact(table, name)
    texts, codes = table.columns.cells[name].distinct
    rows = len(codes)
    different = dict(zip(texts, np.bincount(codes, minlength=len(texts)).tolist(), strict=True))
    present = [cell for cell in different if not is_missing(cell)]
    if kind == "words" or not present:
        return Found(kind or "nothing", np.full(rows, np.nan))
    if kind in dates.FORMS:
        return _settled(table, name, kind, {cell: dates.readings(cell).get(kind) for cell in present})
    if kind in UNITS:
        return _settled(table, name, kind, {cell: marks.with_unit(cell, kind, table.comma) for cell in present})
    readings = {cell: number(cell.strip(), table.comma) for cell in present}
    if kind == "" and all(value is None for value in readings.values()):
        found = _dates(table, name, present) or _units(table, name, present)
        if found is not None:
            return found
    good = sum(times for cell, times in different.items() if readings.get(cell) is not None)
    if kind == "number" or good >= MOSTLY * sum(different[cell] for cell in present):
        _refuse_undecided(table, name, kind)
        return _settled(table, name, "number", readings)
    _refuse_marks(table, name, readings)
    return Found("words", np.full(rows, np.nan))


def _dates(table: Table, name: str, present: list[str]) -> Found | None:
    """The column as dates or times, if at least half of its distinct cells are such. The order of day and month is
    found from all rows of the table, not only from those at hand."""
    whole = (table.origin or table).columns[name]
    readings = {cell: dates.readings(cell) for cell in dict.fromkeys(whole) if not is_missing(cell)}
    known = [one for one in readings.values() if one]
    if all(dates.SHORT_YEAR.fullmatch(cell.strip()) for cell in present):
        raise _of_column(table, name, present[0], "write years with four digits, 2024-05-31")
    if 2 * len(known) < len(readings):
        return None
    if both := dates.two_orders(readings):
        raise _of_two_orders(table, name, *both)
    form = dates.form_of(known, table.day_first)
    if not form:
        what = (
            "day and month cannot be told apart; write 2024-05-31, say which comes first (--day-first, --month-first)"
        )
        raise _of_column(table, name, present[0], what)
    return _settled(table, name, form, {cell: readings[cell].get(form) for cell in present})


def _of_two_orders(table: Table, name: str, day_first: str, month_first: str) -> TableError:
    whole = table.origin or table
    cells = whole.columns[name]
    one, other = (f"{cell!r} (line {whole.lines[cells.index(cell)]})" for cell in (day_first, month_first))
    return TableError(
        f"{table.source}: column {name!r} has dates in two orders: in {one} the day is first, in {other} the month; "
        "write all in one order, best as 2024-05-31, or train without the column (--ignore)"
    )


def _compact(table: Table, name: str, found: Found) -> Found:
    """The column as dates such as 20261231, if all of its numbers are such, and its name says so or they are many."""
    values = found.values
    days = dates.of_compact(values)
    if days is None or not (NAMED_SO.search(name) or len(np.unique(days[~np.isnan(days)])) >= MANY):
        return found
    return Found("compact", days)


def _known_compact(table: Table, name: str) -> Found:
    found = _all_numbers(table, name)
    days = None if found is None else dates.of_compact(found.values)
    if days is not None:
        return Found("compact", days)
    cells = table.columns[name]
    one_by_one = (_all_compact(cell) for cell in cells)
    row = next((row for row, good in enumerate(one_by_one) if not good), 0)
    if all(map(is_missing, cells)):
        return Found("compact", np.full(len(cells), np.nan))
    raise table.refuse(name, row, f"among {dates.FORMS['compact']}")


def _all_compact(cell: str) -> bool:
    return is_missing(cell) or (cell.isdecimal() and dates.of_compact(np.array([float(cell)])) is not None)


def _units(table: Table, name: str, present: list[str]) -> Found | None:
    """The column as amounts of money or percents, if at least half of its distinct cells are such."""
    unit = next(filter(None, map(marks.unit_of, present)), "")
    readings = {cell: marks.with_unit(cell, unit, table.comma) for cell in present}
    known = [value for value in readings.values() if value is not None]
    return _settled(table, name, unit, readings) if unit and 2 * len(known) >= len(present) else None


def _refuse_undecided(table: Table, name: str, kind: str) -> None:
    """Refuses cells such as 1,994 in a column with 997: they may be 1.994 or 1994. Only while a column's kind is being
    found, and from all rows of the table."""
    whole = dict.fromkeys((table.origin or table).columns[name]) if table.comma and kind == "" else ()
    cell = marks.undecided(cell for cell in whole if not is_missing(cell))
    if cell:
        plain = cell.replace(",", "").replace(".", "")
        either = f"among small whole numbers that may be {plain}; write numbers without marks between thousands"
        raise _of_column(table, name, cell, either)


def _all_numbers(table: Table, name: str) -> Found | None:
    """The column if every cell is a finite number or missing, and not all are missing, which is the most frequent case
    and fast; otherwise None."""
    column = table.columns.cells[name]
    values, good = column.numbers() or _as_floats(column.texts)
    if not good.any():
        return None
    rest = np.flatnonzero(~good)
    if len(rest) > len(good) * MOSTLY:  # hardly a column of numbers: not worth a look at each cell
        return None
    marked = ""
    for row, cell in zip(rest.tolist(), column.take(rest).texts, strict=True):
        value = np.nan if is_missing(cell) else number(cell.strip(), table.comma)
        if value is None or np.isinf(value):
            return None
        values[row] = value
        marked = marked or cell * ("," in cell)
    return Found("number", values, marked)


def _as_floats(texts: tuple[str, ...]) -> tuple[Floats, Array]:
    """The values of all cells, if every one is a finite number; otherwise none of them is known."""
    none = np.full(len(texts), np.nan), np.zeros(len(texts), bool)
    try:
        values = np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return none
    return none if not np.isfinite(values).all() or "_" in "".join(texts) else (values, np.ones(len(texts), bool))


def _settled(table: Table, name: str, kind: str, readings: dict[str, float | None]) -> Found:
    """All cells as numbers; the first one that is not a number, and not missing, is an error."""
    cells = table.columns[name]
    bad = {cell for cell, value in readings.items() if value is None}
    if bad:
        row = next(row for row, cell in enumerate(cells) if cell in bad)
        others = (dates.FORMS | UNITS).get(kind, "numbers")
        remedy = "correct it, leave it empty, or train without the column (--ignore)"
        raise table.refuse(name, row, f"among {others}: {remedy}")
    if kind in dates.FORMS:
        _refuse_lost_zone(table, name, list(readings))
    values = np.array([readings.get(cell, np.nan) for cell in cells], dtype=np.float64)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise table.refuse(name, int(infinite[0]), "is not a finite number")
    return Found(kind, values, next((cell for cell in readings if "," in cell), ""))


def _refuse_lost_zone(table: Table, name: str, present: list[str]) -> None:
    zoned = {cell: dates.has_zone(cell) for cell in present}
    if True in zoned.values() and False in zoned.values():
        row = next(row for row, cell in enumerate(table.columns[name]) if zoned.get(cell) is False)
        raise table.refuse(name, row, "has no time zone, and others have one")


def _refuse_marks(table: Table, name: str, readings: dict[str, float | None]) -> None:
    """Refuses a column of words that are all numbers in some notation, but not in one that can be read."""
    marked = [cell for cell, value in readings.items() if value is None]
    if marked and all(MARKED.fullmatch(cell.strip()) for cell in marked):
        if any(map(marks.unit_of, marked)):
            raise _of_column(table, name, marked[0], "give all numbers the same sign, or none")
        separated = "" if table.comma or "," not in marked[0] else "; a decimal comma needs semicolons between cells"
        raise _of_column(table, name, marked[0], f"write numbers without marks between thousands{separated}")


def _of_column(table: Table, name: str, cell: str, what: str) -> TableError:
    return TableError(
        f"{table.source}: column {name!r} holds {cell!r} and the like: {what}, or train without the column (--ignore)"
    )
