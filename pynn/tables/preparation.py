"""From a table to a network's inputs and targets: which columns are used, and how each becomes numbers.

It is learned once, from the training rows alone (so that validation and test rows stay unseen), and saved with the
model. Read features.py for the columns, outcomes.py for the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import Array
from . import features, outcomes
from .cells import is_missing, look
from .date_column import Moment
from .dates import FORMS
from .features import Feature
from .number_column import Number, slips
from .outcomes import Answers, Classes
from .table import Table, TableError
from .word_column import Words


@dataclass(frozen=True)
class Wanted:
    """The user's options for a table."""

    target: str
    task: str = ""  # "classification", "regression", or found out
    ignore: Sequence[str] = ()
    words: Sequence[str] = ()  # columns whose numbers are categories
    most: int = 50  # words of a column that get an input of their own: the most frequent ones


@dataclass(frozen=True)
class Preparation:
    features: tuple[Feature, ...]
    answers: Answers

    @property
    def width(self) -> int:
        return sum(one.width for one in self.features)

    def matrix(self, table: Table, dtype: str) -> tuple[Array, list[str]]:
        return matrix(self.features, table, dtype)

    def record(self) -> dict[str, Any]:
        """The preparation as plain values, for a model file."""
        return {
            "features": [features.to_record(one) for one in self.features],
            "target": outcomes.to_record(self.answers),
        }

    @staticmethod
    def from_record(given: Any) -> Preparation:
        try:
            columns = tuple(features.from_record(one) for one in given["features"])
            return Preparation(columns, outcomes.from_record(given["target"]))
        except (KeyError, TypeError, AttributeError) as reason:
            raise ValueError(f"the model file's notes on its table cannot be used: {reason}") from None


def with_answers(table: Table, target: str) -> tuple[Table, int]:
    """The rows whose target is not missing, and how many were left out."""
    cells = table.column(target, "target")
    there = [row for row, cell in enumerate(cells) if not is_missing(cell)]
    if not there:
        raise TableError(f"{table.source}: target {target!r} is missing in all rows")
    left = table.rows - len(there)
    return (table.take(there) if left else table), left


def check(table: Table, wanted: Wanted) -> None:
    """Checks that the columns named in options exist."""
    for option, names in (("--ignore", wanted.ignore), ("--words", wanted.words)):
        for name in names:
            table.column(name, f"{option}: column")


def learn(table: Table, wanted: Wanted, target: Answers) -> tuple[Preparation, list[str]]:
    """The preparation learned from the training rows, and remarks about columns that are left out."""
    found, notes = columns(table, wanted)
    return Preparation(found, target), notes


def columns(table: Table, wanted: Wanted) -> tuple[tuple[Feature, ...], list[str]]:
    """A feature for each usable column, and remarks about the others."""
    found: list[Feature] = []
    notes = [f"left out {name!r}: it only counts the rows" for name in table.left_out]
    for name in table.columns:
        if name == wanted.target or name in wanted.ignore:
            continue
        feature = features.feature_of(table, name, wanted.most, name in wanted.words)
        if isinstance(feature, str):
            notes.append(f"left out {name!r}: {feature}")
        else:
            found.append(feature)
            if not isinstance(feature, Words):
                notes += _marked(table, name, feature)
            if isinstance(feature, Number) and feature.low is not None and feature.high is not None:
                notes += slips(table, name, feature.form, feature.low, feature.high)
            notes += _counting(table, name, feature)
    if not found:
        why = f" ({'; '.join(notes[:3])})" if notes else ""
        raise TableError(f"{table.source}: no column is left to learn from{why}")
    return tuple(found), notes


def matrix(found: Sequence[Feature], table: Table, dtype: str) -> tuple[Array, list[str]]:
    """The inputs, (rows, width), from a table with these columns in any order, and remarks about missing values."""
    missing = [one.name for one in found if one.name not in table.columns]
    if missing:
        table.column(missing[0], taken=[one.name for one in found])
    x, begin, notes = np.empty((table.rows, sum(one.width for one in found)), dtype), 0, []
    for one in found:
        end = begin + one.width
        notes.append(one.fill(table, x[:, begin:end]))
        begin = end
    return x, [note for note in notes if note]


def _marked(table: Table, name: str, feature: Number | Moment) -> list[str]:
    """A remark if numbers have thousands separators."""
    if table.comma or feature.form in FORMS:
        return []
    cell = look(table, name, feature.form).marked
    return [f"{name!r}: {cell} is read as {cell.replace(',', '')}"] if cell else []


def _counting(table: Table, name: str, feature: Feature) -> list[str]:
    """A remark if a column numbers the rows 0, 1, 2, ... (from any start): it is probably not a measurement."""
    whole = table.origin or table
    first = whole.columns.cells[name].take(np.array([0])).texts[0]
    if not isinstance(feature, Number) or feature.form != "number" or whole.rows < 3 or not first.isdecimal():
        return []
    if not np.array_equal(look(whole, name, "number").values, int(first) + np.arange(float(whole.rows))):
        return []
    return [f"{name!r} counts the rows: --ignore {name} if that means nothing"]


__all__ = ["Classes", "Preparation", "Wanted", "check", "learn", "with_answers"]
