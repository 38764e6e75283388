"""A column of dates or times as inputs of a network: days, as a number, and what comes again: month, day of the month,
day of the week, time of day, minute, each as a sine and a cosine.

On a circle the last month is as near to the first one as to the one before. A part is there if the training rows differ
in it. The values are those of dates.py, days since 1970-01-01 in UTC, or hours. Read features.py next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..backend import Array, Floats
from .cells import Found, look
from .number_column import Number, number_of
from .table import Table

PARTS = {"month": 12, "day": 31, "weekday": 7, "time": 24 * 60, "minute": 60}  # in how many steps it comes again


@dataclass(frozen=True)
class Moment:
    days: Number  # or hours, of a time without a date
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise ValueError(f"parts: {unknown[0]!r} is unknown; expected {', '.join(PARTS)}")

    @property
    def name(self) -> str:
        return self.days.name

    @property
    def form(self) -> str:
        return self.days.form

    @property
    def width(self) -> int:
        return self.days.width + 2 * len(self.parts)

    @property
    def columns(self) -> list[str]:
        both = (f"{self.name} {part} ({wave})" for part in self.parts for wave in ("sine", "cosine"))
        return [*self.days.columns, *both]

    @property
    def described(self) -> str:
        return f"{self.days.described}{'; and its ' * bool(self.parts)}{', '.join(self.parts)}"

    def fill(self, table: Table, out: Array) -> str:
        """A missing date is in the middle of each circle: 0, 0."""
        remark = self.days.fill(table, out[:, : self.days.width])
        values = look(table, self.name, self.form).values
        gaps = np.isnan(values)
        found = parts_of(np.where(gaps, 0.0, values), self.form)
        for place, part in enumerate(self.parts):
            begin = self.days.width + 2 * place
            out[:, begin : begin + 2] = np.where(gaps[:, None], 0.0, circle(PARTS[part])[found[part]])
        return remark


def moment_of(name: str, found: Found) -> Moment | str:
    """The feature, or why the column is left out."""
    days = number_of(name, found)
    if isinstance(days, str):
        return days
    there = found.values[~np.isnan(found.values)]
    return Moment(days, tuple(part for part, values in parts_of(there, found.kind).items() if np.ptp(values)))


def parts_of(values: Floats, form: str) -> dict[str, Array]:
    """Each part as whole numbers from 0. A time of day is in minutes, so that 18:30 lies between 18:00 and 19:00."""
    minutes = np.floor(values * (60 if form == "time" else 24 * 60) + 1e-3).astype(np.int64)  # 1e-3: roundings
    clock = {"time": minutes % (24 * 60), "minute": minutes % 60}
    if form == "time":
        return clock
    number = minutes // (24 * 60)
    day = number.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    whole = {"month": month.astype(np.int64) % 12, "day": (day - month).astype(np.int64), "weekday": (number + 3) % 7}
    return whole | clock


def circle(steps: int) -> Floats:
    """Sine and cosine of each step, (steps, 2), rounded: the last bits of a sine differ between C libraries."""
    angles = (2 * math.pi * step / steps for step in range(steps))
    return np.array([[round(math.sin(angle), 12), round(math.cos(angle), 12)] for angle in angles])
