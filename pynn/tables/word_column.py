"""A column of words as inputs of a network: one for each frequent word, and one for all the others together.

It is learned from the training rows and applied to those of any later table. Read features.py next.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..backend import Array
from .cells import is_missing
from .number_column import ABSENT
from .table import Table, counted

OTHER = "(other)"
CHANCE = 10  # with up to so many rows, different words in all of them may be chance; with more, they identify rows
RARE = 5  # of many words, those in fewer rows than this are among the others: so few rows teach little but themselves


@dataclass(frozen=True)
class Words:
    """One-hot: an input for each word, 1 where the cell is this word, otherwise 0. With `others` there is a last input
    for all other words, those that the training rows did not have included; without, all inputs are 0 for them."""

    name: str
    words: tuple[str, ...]
    others: bool = False

    @property
    def width(self) -> int:
        return len(self.words) + self.others

    @property
    def columns(self) -> list[str]:
        return [f"{self.name}={word}" for word in (*self.words, OTHER)[: self.width]]

    @property
    def described(self) -> str:
        shown = ", ".join(word if word.isprintable() else repr(word) for word in self.words[:8]) + (
            ", ..." if len(self.words) > 8 else ""
        )
        return f"one of {len(self.words)}{' frequent words, or ' + OTHER if self.others else ''}: {shown}"

    def fill(self, table: Table, out: Array) -> str:
        table.check(self.name)
        texts, rows = table.columns.cells[self.name].distinct
        place = {word: number for number, word in enumerate(self.words)}
        code = {cell: place.get(word_of(cell), -1) for cell in texts}
        codes = np.fromiter(code.values(), np.int64, len(code))[rows]
        out[...] = 0
        if self.others:
            codes[codes < 0] = len(self.words)
        known = np.flatnonzero(codes >= 0)
        out[known, codes[known]] = 1
        unknown = [word_of(cell) for cell, number in code.items() if number < 0]
        if not unknown or self.others:
            return ""
        among, some = counted(len(codes) - len(known), "row"), ", ".join(map(repr, unknown[:3]))
        return f"in {among} {self.name!r} has a word that the model has not seen ({some}): it counts as none"


def word_of(cell: str) -> str:
    return ABSENT if is_missing(cell) else cell.strip()


def words_of(table: Table, name: str, most: int, wanted: bool) -> Words | str:
    """The feature, or why the column is left out: a different word in every row, or too rare ones, from which nothing
    can be learned about other rows. `wanted`: the user wants this column in any case."""
    rows: Counter[str] = Counter()
    texts, codes = table.columns.cells[name].distinct
    for cell, times in zip(texts, np.bincount(codes, minlength=len(texts)).tolist(), strict=True):
        rows[word_of(cell)] += times
    if len(rows) == 1:
        return "the same everywhere"
    if len(rows) == table.rows > CHANCE and not wanted:
        return f"another word in each of {table.rows:,} rows (--words {name} takes it all the same)"
    if len(rows) <= most:
        return Words(name, tuple(sorted(rows)))
    by_rows = sorted(rows, key=lambda word: (-rows[word], word))[:most]
    frequent = [word for word in by_rows if wanted or rows[word] >= RARE]
    if not frequent:
        return (
            f"{len(rows):,} different words in {table.rows:,} rows, none of them in {RARE} rows "
            f"(--words {name} takes it all the same)"
        )
    return Words(name, tuple(sorted(frequent)), others=True)
