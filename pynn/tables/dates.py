"""Dates and times of day in the usual notations: 2026-12-31, 31.12.2026, 31/12/2026, 12/31/2026 6:30 PM, 18:30,
31 December 2026, Dec 31, 2026.

A date may be ambiguous: 03/04/2026 is in March or in April. So a cell is parsed with each order of day and month that
is possible, a column gets the one order that fits all its cells, and a column that two orders fit is refused. Read
cells.py next.
"""

from __future__ import annotations

import datetime
import math
import re
from collections import Counter

import numpy as np

from ..backend import Array, Floats
from .columns import Spans, Strings

FORMS = {"ymd": "dates such as 2024-05-31", "dmy": "dates such as 31.05.2024 (day first)",
         "mdy": "dates such as 05/31/2024 (month first)", "named": "dates such as 31 May 2024",
         "compact": "dates such as 20240531", "time": "times such as 18:30"}  # fmt: skip
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?")
TIME = (  # after a date: a time, and its zone
    r"(?:(?:T| ?,? ) ?(\d[\d:.,]*(?: ?[AaPp]\.?[Mm]\.?)?)"
    r" ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
DAY = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})" + TIME)  # three numbers and what stands between them
MONTHS = {name[:3]: number for number, name in enumerate(
    ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
     "december"), 1)}  # fmt: skip
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[,.]? )?"
NAMED = (
    re.compile(rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[ -]?{_MONTH}[ -]?,? ?(?P<year>\d{{4}}){TIME}", re.I),
    re.compile(rf"{_WEEKDAY}{_MONTH}[ -](?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,-] ?(?P<year>\d{{4}}){TIME}", re.I),
)
# Columns of nothing but these are read at once, by their length.
ISO = {len(text): text for text in ("0000-00-00", "0000-00-00T00:00", "0000-00-00T00:00:00")}
SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}([T ].*)?")
EPOCH = datetime.date(1970, 1, 1).toordinal()


def readings(cell: str) -> dict[str, float]:
    """The value of a cell for each form that fits it: days since 1970-01-01, UTC; for a time without a date, hours."""
    text = cell.strip()
    if found := CLOCK.fullmatch(text):
        seconds = _seconds(found)
        return {} if seconds is None else {"time": seconds / 3600}
    if found := DAY.fullmatch(text):
        first, mark, second, third, clock, zone = found.group(1, 2, 3, 4, 5, 6)
        days = {form: _days(form, int(first), int(second), int(third)) for form in _orders(first, mark, third)}
    elif found := next(filter(None, (one.fullmatch(text) for one in NAMED)), None):
        clock, zone = found.groups()[-2:]
        month = MONTHS[next(filter(str.isalpha, found.groups("0")))[:3].lower()]
        days = {"named": _days("ymd", int(found["year"]), month, int(found["day"]))}
    else:
        return {}
    seconds = _seconds(CLOCK.fullmatch(clock)) if clock else 0.0
    if seconds is None:
        return {}
    seconds -= _offset(zone)
    return {form: day + seconds / 86400 for form, day in days.items() if day is not None}


def of_iso(column: Spans | Strings) -> Floats | None:
    """The days of a column whose cells are all 2026-12-31, 2026-12-31 18:30 or empty (NaN), read from its bytes; None
    if one of them is not."""
    if isinstance(column, Strings):
        return None
    length = column.end - column.begin
    kinds = {wide: np.flatnonzero(length == wide) for wide in ISO}
    known = sum(map(len, kinds.values()))
    if not known or known + np.count_nonzero(length == 0) < len(length):
        return None
    days = np.full(len(length), np.nan)
    for wide, text in ISO.items():
        rows = kinds[wide]
        letters = column.bytes[column.begin[rows, None] + np.arange(wide)]
        found = _iso_days(letters, text)
        if found is None:
            return None
        days[rows] = found
    return days


def _iso_days(letters: Array, text: str) -> Floats | None:
    """Of cells of one length, (rows, length) bytes; `text` is such a cell, with T for a T or a space."""
    digits = letters - np.uint8(ord("0"))
    for place, letter in enumerate(text):
        column = letters[:, place]
        good = (column == ord("T")) | (column == ord(" ")) if letter == "T" else column == ord(letter)
        if not (digits[:, place] < 10 if letter.isdigit() else good).all():
            return None

    def two(place: int) -> Array:
        wide = place < len(text)
        return (
            digits[:, place].astype(np.int64) * 10 + digits[:, place + 1] if wide else np.zeros(len(digits), np.int64)
        )

    year, (hours, minutes, seconds) = two(0) * 100 + two(2), map(two, (11, 14, 17))
    number = _checked_days(year, two(5), two(8))
    if number is None or (hours > 23).any() or (minutes > 59).any() or (seconds > 59).any():
        return None
    return np.asarray(number + (hours * 3600 + minutes * 60 + seconds) / 86400)


def _checked_days(year: Array, month: Array, day: Array) -> Array | None:
    """Days since 1970-01-01; None if one is no date. The year 0 is none."""
    if (year < 1).any() or (month < 1).any() or (month > 12).any() or (day < 1).any():
        return None
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    number = first.astype("datetime64[D]").astype(np.int64) + day - 1
    return None if (number.astype("datetime64[D]").astype("datetime64[M]") != first).any() else number


def of_compact(values: Floats) -> Floats | None:
    """The days of numbers such as 20261231, of the years 1900 to 2100; None if one of them is no such date."""
    there = ~np.isnan(values)
    known = values[there]
    if not len(known) or known.min() < 1900_01_01 or known.max() > 2100_12_31 or (known != np.floor(known)).any():
        return None
    whole = known.astype(np.int64)
    number = _checked_days(whole // 10_000, whole // 100 % 100, whole % 100)
    if number is None:
        return None
    days = np.full(len(values), np.nan)
    days[there] = number
    return days


def iso(days: float) -> str:
    """2026-12-31, with the time if there is one."""
    shown = str(np.datetime64(math.floor(days * 1440 + 1e-3), "m"))
    return shown.removesuffix("T00:00").replace("T", " ")


def two_orders(cells: dict[str, dict[str, float]]) -> tuple[str, str] | None:
    """A cell that has the day first, and one that has the month first, if there are both."""
    found = [next((cell for cell, one in cells.items() if one.keys() == {form}), "") for form in ("dmy", "mdy")]
    return (found[0], found[1]) if all(found) else None


def has_zone(cell: str) -> bool | None:
    """Whether a date with a time has a time zone; None for all other cells."""
    found = next(filter(None, (one.fullmatch(cell.strip()) for one in (DAY, *NAMED))), None)
    return found.groups()[-1] is not None if found and found.groups()[-2] else None


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
