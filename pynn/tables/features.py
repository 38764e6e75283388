"""Columns as inputs of a network: numbers, dates and words, made from the training rows, kept in a model file.

Each converts the column of any later table to the same inputs. number_column.py, date_column.py and word_column.py have
them; this file chooses, and makes records of them. Read preparation.py next.
"""

from __future__ import annotations

from typing import Any

from .cells import look
from .date_column import Moment, moment_of
from .dates import FORMS
from .number_column import Number, number_of
from .table import Table
from .word_column import Words, words_of

Feature = Number | Moment | Words


def feature_of(table: Table, name: str, most: int, as_words: bool) -> Feature | str:
    """The feature, or why the column is left out. as_words: the user wants its cells, numbers or not, as words."""
    seen = look(table, name, "words" if as_words else "")
    if seen.kind == "nothing":
        return "all cells are missing"
    if seen.kind == "words":
        return words_of(table, name, most, as_words)
    return moment_of(name, seen) if seen.kind in FORMS else number_of(name, seen)


def texts(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError("a list of words was expected")
    return tuple(given)


def from_record(given: dict[str, Any]) -> Feature:
    """A feature from a model file."""
    fields = dict(given)
    kind = fields.pop("kind")
    if kind == "words":
        return Words(fields["name"], texts(fields["words"]), bool(fields.get("others", False)))
    if kind == "moment":
        return Moment(Number(**fields["days"]), texts(fields["parts"]))
    if kind != "number":
        raise ValueError(f"a column of kind {kind!r} is unknown")
    return Number(**fields)


def to_record(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, Words):
        return {"kind": "words", "name": feature.name, "words": list(feature.words), "others": feature.others}
    if isinstance(feature, Moment):
        return {"kind": "moment", "days": vars(feature.days), "parts": list(feature.parts)}
    return {"kind": "number", **vars(feature)}
