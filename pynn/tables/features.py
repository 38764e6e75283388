"""Columns as numbers for a network: one input for a number or a date, one-hot inputs for a column of words.

A feature is made from the training rows (median, mean, standard deviation, list of words) and converts the column of
any later table to the same inputs. Its fields are saved in a model file. Read preparation.py next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import choice, flag, real
from ..backend import Array, Floats
from .cells import Found, is_missing, look
from .marks import UNITS
from .table import Table, counted

ABSENT = "(missing)"
CHANCE = 10  # with up to so many rows, different words in all of them may be chance; with more, they identify rows
DESCRIBED = {
    "number": "number", "ymd": "date, in days", "dmy": "date, day first, in days", "mdy": "date, month first, in days",
    "time": "time of day, in hours",
} | {sign: f"number, in {sign}" for sign in UNITS}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """(value - mean) / standard deviation. A missing value is replaced by the median, and a second input is 1 there."""

    name: str
    median: float
    mean: float
    spread: float
    missing: bool  # whether training rows had missing values: only then there is the second input
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
        """Names of the inputs."""
        return [self.name, f"{self.name} {ABSENT}"][: self.width]

    @property
    def described(self) -> str:
        kind = DESCRIBED[self.form]
        gaps = f", missing ones count as {self.median:g}" if self.missing else ""
        return f"{kind}, mean {self.mean:g}, spread {self.spread:g}{gaps}"

    def fill(self, table: Table, out: Array) -> str:
        """Writes the inputs into `out` (rows, width); returns a remark for the user, or ""."""
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
    """One-hot: an input for each word, 1 where the cell is this word, otherwise 0; for unknown words all are 0."""

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
    """The feature, or why the column is left out."""
    gaps = np.isnan(found.values)
    values: Floats = found.values[~gaps]
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = float(values.mean()), float(values.std())
    if not np.isfinite([mean, spread]).all():
        return "numbers too large for their spread to be a number"
    if values.min() == values.max() and not gaps.any():
        return "the same everywhere"
    # A spread below 2^-40 of the mean is the rounding error of np.std, for some thousand rows (2^-53 for each): the
    # values are equal, and only the second input, for missing values, differs between rows.
    constant = not spread > abs(mean) * 2.0**-40
    return Number(name, float(np.median(values)), mean, 1.0 if constant else spread, bool(gaps.any()), found.kind)


def words_of(table: Table, name: str, most: int | None) -> Words | str:
    """The feature, or why the column is left out: too many words, or a different word in every row, from which nothing
    can be learned about other rows. most None: the user wants this column in any case."""
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
