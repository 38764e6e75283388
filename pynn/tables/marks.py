"""Numbers with thousands separators or units: 1,000 where commas are not decimal commas, 50%, $4.50, 5 €.

A currency or percent sign belongs to the whole column: 50% is the number 50 of the form "%", and a cell of the column
without the sign is an error. Thousands separators are accepted where they cannot be a decimal comma.
Read cells.py next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UNITS = {sign: f"numbers such as 50{sign}" for sign in "%‰"} | {sign: f"numbers such as {sign}50" for sign in "$€£¥"}
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")  # 1,000 or 1,234.50
EITHER = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")  # 1,234: with a decimal comma, or 1234
SMALL = re.compile(r"[+-]?\d{1,3}")
_SIGNS = "".join(UNITS)
_UNIT = re.compile(rf"([+-]?)\s*([{_SIGNS}]?)\s*([^{_SIGNS}]*?)\s*([{_SIGNS}]?)")


def number(cell: str, comma: bool) -> float | None:
    """The value of a text that is a number, or None. 1_000 and -nan are none here, although float() accepts them."""
    if "_" in cell or "nan" in cell.lower():
        return None
    try:
        return float(cell)
    except ValueError:
        pass
    if comma and cell.count(",") == 1 and "." not in cell:
        return number(cell.replace(",", "."), False)
    if not comma and THOUSANDS.fullmatch(cell):
        return float(cell.replace(",", ""))
    return None


def unit_of(cell: str) -> str:
    """The currency or percent sign before or after a number, or ""."""
    found = _UNIT.fullmatch(cell.strip())
    return found[2] or found[4] if found and not (found[2] and found[4]) else ""


def with_unit(cell: str, unit: str, comma: bool) -> float | None:
    """The number with this sign; None if there is another sign, or none."""
    found = _UNIT.fullmatch(cell.strip())
    if not found or not found[3] or found[2] + found[4] != unit:
        return None
    return number(found[1] + found[3], comma)


def undecided(cells: Iterable[str]) -> str:
    """The first cell such as 1,234 in a column that otherwise has only whole numbers below 1000; "" in other columns.

    With a decimal comma such a cell is 1.234, but among numbers like 997 it is more probably 1234.
    """
    doubtful, mark, plain = "", "", False
    for cell in map(str.strip, cells):
        if SMALL.fullmatch(cell):
            plain = True
            continue
        found = EITHER.fullmatch(cell)
        if found is None or mark not in ("", found[1]):
            return ""
        doubtful, mark = doubtful or cell, found[1]
    return doubtful if plain else ""
