"""A column of numbers as one input of a network, scaled; and a second one that is 1 where a value is missing.

It is learned from the training rows and applied to those of any later table. Read features.py next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arguments import choice, flag, real
from ..backend import Array, Floats
from . import outliers
from .cells import Found, look
from .dates import FORMS, iso
from .marks import UNITS
from .table import Table, counted

ABSENT = "(missing)"
DESCRIBED = {"number": "number", **dict.fromkeys(FORMS, "date, in days"), "dmy": "date, day first, in days",
             "mdy": "date, month first, in days", "time": "time of day, in hours",
             **{sign: f"number, in {sign}" for sign in UNITS}}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """(value - mean) / spread, bent towards `limit`. A missing value is replaced by the median, and a second input is 1
    there. Mean and standard deviation are those of the usual values, see outliers.py. Old files have no limit."""

    name: str
    median: float
    mean: float
    spread: float
    missing: bool  # whether training rows had missing values: only then there is the second input
    form: str = "number"  # how its cells are written: a key of DESCRIBED
    limit: float = 0.0  # of the input, see outliers.py; 0: none
    low: float | None = None  # the range of the training rows, without those that are far outside
    high: float | None = None

    def __post_init__(self) -> None:
        for field in ("median", "mean", "spread"):
            real(field, getattr(self, field))
        real("limit", self.limit, 0)
        for field in ("low", "high"):
            if getattr(self, field) is not None:
                real(field, getattr(self, field))
        flag("missing", self.missing), choice("form", self.form, DESCRIBED)

    @property
    def width(self) -> int:
        return 1 + self.missing

    @property
    def columns(self) -> list[str]:
        """Names of the inputs."""
        return [self.name, f"{self.name} {ABSENT}"][: self.width]

    @property
    def described(self) -> str:
        kind, middle = DESCRIBED[self.form], self.shown(self.median)
        if self.low is None or self.high is None:
            gaps = f", missing ones count as {self.median:g}" if self.missing else ""
            return f"{kind}, mean {self.mean:g}, spread {self.spread:g}{gaps}"
        gaps = ", which missing ones count as" if self.missing else ""
        return f"{kind}, {self.shown(self.low)} to {self.shown(self.high)}, median {middle}{gaps}"

    def shown(self, value: float) -> str:
        return iso(value) if self.form in FORMS and self.form != "time" else f"{value:g}"

    def fill(self, table: Table, out: Array) -> str:
        """Writes the inputs into `out` (rows, width); returns a remark for the user, or ""."""
        values = look(table, self.name, self.form).values
        gaps = np.isnan(values)
        with np.errstate(over="ignore"):  # an infinite one is bent to the limit
            z = (np.where(gaps, self.median, values) - self.mean) / self.spread
        out[:, 0] = outliers.bent(z, self.limit) if self.limit else z
        if self.missing:
            out[:, 1] = gaps
        elif gaps.any():
            rows = counted(int(gaps.sum()), "row")
            return f"in {rows} {self.name!r} is missing: it counts as its median {self.shown(self.median)}"
        return self._outside(table, values)

    def _outside(self, table: Table, values: Floats) -> str:
        """A remark on values farther outside of the range than it is wide. Dates go on, so there is none for them."""
        if self.low is None or self.high is None or self.form in FORMS:
            return ""
        wide = self.high - self.low
        there = np.flatnonzero((values < self.low - wide) | (values > self.high + wide))
        if not there.size or not wide:
            return ""
        lines = [table.lines[row] for row in there[: outliers.FEW].tolist()]
        rows, some = counted(len(there), "row"), outliers.shown(values[there], lines)
        return f"in {rows} {self.name!r} is far outside of {self.low:g} to {self.high:g}: {some}; its effect is limited"


def number_of(name: str, found: Found) -> Number | str:
    """The feature, or why the column is left out."""
    gaps = np.isnan(found.values)
    values: Floats = found.values[~gaps]
    with np.errstate(over="ignore", invalid="ignore"):
        of = outliers.spread_of(values)
    if not np.isfinite([of.mean, of.spread]).all():
        return "numbers too large for their spread to be a number"
    if values.min() == values.max() and not gaps.any():
        return "the same everywhere"
    # A spread below 2^-40 of the mean is the rounding error of np.std, for some thousand rows (2^-53 for each): the
    # values are equal, and only the second input, for missing values, differs between rows.
    constant = not of.spread > abs(of.mean) * 2.0**-40
    spread, missing = 1.0 if constant else of.spread, bool(gaps.any())
    return Number(name, of.median, of.mean, spread, missing, found.kind, outliers.LIMIT, of.low, of.high)


def slips(table: Table, name: str, form: str, low: float, high: float) -> list[str]:
    """A remark that names the values outside of the usual range, low to high: the farthest first."""
    if form in FORMS:
        return []
    values = look(table, name, form).values
    rows = np.flatnonzero((values < low) | (values > high))
    if not rows.size:
        return []
    rows = rows[np.argsort(-np.abs(values[rows] - (low + high) / 2), kind="stable")]
    some = outliers.shown(values[rows], [table.lines[row] for row in rows[: outliers.FEW].tolist()])
    return [f"{name!r}: {some}: far from all others; correct or leave out what is a slip"]
