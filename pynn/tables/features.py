"""Columns as numbers for a network: one feature for a number or a date, one for each word of a column of words.

A feature learns from the rows it is made from (median, mean, spread, which words there are) and turns any later table
into the same columns of numbers. Its fields go into a model file as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import choice, flag, real
from ..backend import Array, Floats
from .cells import Found, is_missing, look
from .csv_text import Table, counted
from .marks import UNITS

ABSENT = "(missing)"
CHANCE = 10  # rows that may well have different words although there are only some dozens of them
DESCRIBED = {
    "number": "number", "ymd": "date, in days", "dmy": "date, day first, in days", "mdy": "date, month first, in days",
    "time": "time of day, in hours",
} | {sign: f"number, in {sign}" for sign in UNITS}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """(value - mean) / spread; a missing one counts as the median, and a second number then says 1."""

    name: str
    median: float
    mean: float
    spread: float
    missing: bool  # whether there were missing ones: then there is the second number
    form: str = "number"  # how its cells are written: a key of DESCRIBED

    def __post_init__(self) -> None:
        for field in ("median", "mean", "spread"):
            real(field, getattr(self, field))
        flag("missing", self.missing), choice("form", self.form, DESCRIBED)

    @property
    def width(self) -> int:
        return 1 + self.missing

    @property
    def columns(self) -> list[str]:
        """Names of what it writes."""
        return [self.name, f"{self.name} {ABSENT}"][: self.width]

    @property
    def described(self) -> str:
        kind = DESCRIBED[self.form]
        gaps = f", missing ones count as {self.median:g}" if self.missing else ""
        return f"{kind}, mean {self.mean:g}, spread {self.spread:g}{gaps}"

    def fill(self, table: Table, out: Array) -> str:
        """Writes the rows of `out` (rows, width); what should be said about it, or ""."""
        values = look(table, self.name, self.form).values
        gaps = np.isnan(values)
        out[:, 0] = (np.where(gaps, self.median, values) - self.mean) / self.spread
        if self.missing:
            out[:, 1] = gaps
        elif gaps.any():
            rows = counted(int(gaps.sum()), "row")
            return f"in {rows} {self.name!r} is missing: it counts as its median {self.median:g}"
        return ""


@dataclass(frozen=True)
class Words:
    """A number for each word: 1 where it stands, otherwise 0; unknown words are 0 throughout."""

    name: str
    words: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.words)

    @property
    def columns(self) -> list[str]:
        return [f"{self.name}={word}" for word in self.words]

    @property
    def described(self) -> str:
        shown = ", ".join(word if word.isprintable() else repr(word) for word in self.words[:8]) + (
            ", ..." if len(self.words) > 8 else ""
        )
        return f"one of {len(self.words)}: {shown}"

    def fill(self, table: Table, out: Array) -> str:
        cells = table.column(self.name)
        place = {word: number for number, word in enumerate(self.words)}
        code = {cell: place.get(word_of(cell), -1) for cell in dict.fromkeys(cells)}
        codes = np.array([code[cell] for cell in cells], dtype=np.int64)
        known = np.flatnonzero(codes >= 0)
        out[...] = 0
        out[known, codes[known]] = 1
        unknown = [word_of(cell) for cell, number in code.items() if number < 0]
        if not unknown:
            return ""
        rows, some = counted(len(cells) - len(known), "row"), ", ".join(map(repr, unknown[:3]))
        return f"in {rows} {self.name!r} has a word that the model has not seen ({some}): it counts as none"


Feature = Number | Words


def word_of(cell: str) -> str:
    return ABSENT if is_missing(cell) else cell.strip()


def number_of(name: str, found: Found) -> Number | str:
    """The feature, or why there is none."""
    gaps = np.isnan(found.values)
    values: Floats = found.values[~gaps]
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = float(values.mean()), float(values.std())
    if not np.isfinite([mean, spread]).all():
        return "numbers too large for their spread to be a number"
    if values.min() == values.max() and not gaps.any():
        return "the same everywhere"
    constant = not spread > abs(mean) * 2.0**-40  # the spread is rounding: gaps are all there is to see
    return Number(name, float(np.median(values)), mean, 1.0 if constant else spread, bool(gaps.any()), found.kind)


def words_of(table: Table, name: str, most: int | None) -> Words | str:
    """The feature, or why there is none: what differs in every row tells nothing of others. None: all are wanted."""
    words = sorted(set(map(word_of, dict.fromkeys(table.columns[name]))))
    if len(words) == 1:
        return "the same everywhere"
    if most is not None and len(words) > most:
        return f"{len(words):,} different words in {table.rows:,} rows, more than {most} (--max-words)"
    if most is not None and len(words) == table.rows > CHANCE:
        return f"another word in each of {table.rows:,} rows (--words {name} takes it all the same)"
    return Words(name, tuple(words))


def texts(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError("a list of words was expected")
    return tuple(given)


def from_record(given: dict[str, Any]) -> Feature:
    """A feature from a model file."""
    fields = dict(given)
    kind = fields.pop("kind")
    if kind == "words":
        return Words(fields["name"], texts(fields["words"]))
    if kind != "number":
        raise ValueError(f"a column of kind {kind!r} is unknown")
    return Number(**fields)


def to_record(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, Words):
        return {"kind": "words", "name": feature.name, "words": list(feature.words)}
    return {"kind": "number", **vars(feature)}
