"""Dates and times of day in the usual notations: 2026-12-31, 31.12.2026, 31/12/2026, 12/31/2026 6:30 PM, 18:30.

A date may be ambiguous: 03/04/2026 is in March or in April. So a cell is parsed with each order of day and month that
is possible, a column gets the one order that fits all its cells, and a column that two orders fit is refused. Read
cells.py next.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter

FORMS = {"ymd": "dates such as 2024-05-31", "dmy": "dates such as 31.05.2024 (day first)",
         "mdy": "dates such as 05/31/2024 (month first)", "time": "times such as 18:30"}  # fmt: skip
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?")
DAY = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"  # three numbers and what stands between them
    r"(?:[T ] ?(\d[\d:.,]*(?: ?[AaPp]\.?[Mm]\.?)?)"  # a time
    r" ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"  # and its zone
)
SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}([T ].*)?")
EPOCH = datetime.date(1970, 1, 1).toordinal()


def readings(cell: str) -> dict[str, float]:
    """The value of a cell for each form that fits it: days since 1970-01-01, UTC; for a time without a date, hours."""
    text = cell.strip()
    if found := CLOCK.fullmatch(text):
        seconds = _seconds(found)
        return {} if seconds is None else {"time": seconds / 3600}
    if not (found := DAY.fullmatch(text)):
        return {}
    first, mark, second, third, clock, zone = found.group(1, 2, 3, 4, 5, 6)
    seconds = _seconds(CLOCK.fullmatch(clock)) if clock else 0.0
    if seconds is None:
        return {}
    seconds -= _offset(zone)
    days = {form: _days(form, int(first), int(second), int(third)) for form in _orders(first, mark, third)}
    return {form: day + seconds / 86400 for form, day in days.items() if day is not None}


def has_zone(cell: str) -> bool | None:
    """Whether a date with a time has a time zone; None for all other cells."""
    found = DAY.fullmatch(cell.strip())
    return found.group(6) is not None if found and found.group(5) else None


def form_of(cells: list[dict[str, float]], day_first: bool | None = None) -> str:
    """The form of a column, from the readings of its cells; "" if day first and month first both fit all of them.

    If no form fits all cells, it is the one that fits most: the other cells are typing errors.
    """
    if all(one.keys() == {"dmy", "mdy"} for one in cells):
        return "" if day_first is None else "dmy" if day_first else "mdy"
    return Counter(form for one in cells for form in one).most_common(1)[0][0]


def _orders(first: str, mark: str, third: str) -> tuple[str, ...]:
    """The possible orders of day, month and year. Years have four digits; in dates with points the day comes first."""
    if len(first) == 4:
        return ("ymd",) if len(third) <= 2 else ()
    if len(first) > 2 or len(third) != 4:
        return ()
    return ("dmy",) if mark == "." else ("dmy", "mdy")


def _days(form: str, *numbers: int) -> int | None:
    year, month, day = (numbers[form.index(part)] for part in "ymd")
    try:
        return datetime.date(year, month, day).toordinal() - EPOCH
    except ValueError:
        return None


def _seconds(found: re.Match[str] | None) -> float | None:
    """Seconds since midnight; None if it is not a time of day."""
    if found is None:
        return None
    hours, minutes, seconds, part, half = found.groups()
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if hour > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
        return None
    return hour * 3600 + int(minutes) * 60 + int(seconds or 0) + float(f"0.{part or 0}")


def _offset(zone: str | None) -> int:
    """Seconds ahead of UTC."""
    if zone is None or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return seconds if zone[0] == "+" else -seconds
