"""The cells of a table's columns: where they lie in the text, and the text of each once somebody asks for it.

A column of numbers is read from the bytes themselves, without a string for each cell: decimals.py. So a table of
numbers is read several times as fast as cell by cell. Read separated.py for who finds the cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..backend import Array, Floats
from . import decimals

FEW = 100  # rows whose texts are made one by one
ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 times the golden ratio's fraction: a product with it mixes the bits


@dataclass(frozen=True, eq=False)
class Spans:
    """A column as places in a text: cell k is bytes begin[k] to end[k]."""

    content: bytes  # the text in UTF-8, after decimals.BEFORE bytes
    bytes: Array  # the same as an array
    begin: Array
    point: Array  # the last point of the cell, or its end
    end: Array

    @cached_property
    def texts(self) -> tuple[str, ...]:
        if len(self.begin) < FEW:
            return tuple(self._text(row) for row in range(len(self.begin)))
        texts, codes = self.distinct
        return tuple(map(texts.__getitem__, codes.tolist()))

    @cached_property
    def distinct(self) -> tuple[list[str], Array]:
        """The different texts, and for each row the place of its own among them.

        Rows of equal bytes are found by a number made of all bytes of each; that they are equal is checked.
        """
        length = self.end - self.begin
        words = [_words(self.bytes, self.end - back, np.clip(length - back, 0, 8))
                 for back in range(0, min(int(length.max(initial=0)), decimals.BEFORE), 8)]  # fmt: skip
        mixed = length.astype(np.uint64)
        for word in words:
            mixed = (mixed ^ word) * ODD
            mixed ^= mixed >> np.uint64(29)
        _, first, codes = np.unique(mixed, return_index=True, return_inverse=True)
        codes = codes.reshape(-1)
        same = first[codes]
        alike = (length[same] == length) & (length <= decimals.BEFORE)
        if not alike.all() or not all(np.array_equal(word[same], word) for word in words):
            return Strings(tuple(map(self._text, range(len(length))))).distinct
        order = np.argsort(first)  # by the first row of each, and not by the mixed bits
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return [self._text(row) for row in first[order].tolist()], place[codes]

    def _text(self, row: int) -> str:
        return self.content[self.begin[row] : self.end[row]].decode("utf-8", "surrogatepass")

    def numbers(self) -> tuple[Floats, Array]:
        """The values of plain decimal numbers, and which cells are such."""
        return decimals.read(self.bytes, self.begin, self.point, self.end)

    def take(self, rows: Array) -> Spans:
        return replace(self, begin=self.begin[rows], point=self.point[rows], end=self.end[rows])


@dataclass(frozen=True, eq=False)
class Strings:
    """A column as the strings that the csv module made of it."""

    texts: tuple[str, ...]

    @cached_property
    def distinct(self) -> tuple[list[str], Array]:
        place: dict[str, int] = {}
        codes = [place.setdefault(text, len(place)) for text in self.texts]
        return list(place), np.array(codes, np.int64)

    def numbers(self) -> None:
        """Not known without a look at each string."""
        return None

    def take(self, rows: Array) -> Strings:
        return Strings(tuple(map(self.texts.__getitem__, rows.tolist())))


def _words(content: Array, end: Array, length: Array) -> Array:
    """The last `length` of the 8 bytes before `end` as a number; bytes before them count as 0."""
    words: Array = np.ndarray(len(content) - 7, "<u8", content, 0, (1,))
    return np.asarray(words[np.maximum(end, 8) - 8] & decimals.KEPT[8 - length])


class Columns(Mapping[str, tuple[str, ...]]):
    """By name, the texts of a column; `cells` has how they are kept."""

    def __init__(self, cells: Mapping[str, Spans | Strings]) -> None:
        self.cells = dict(cells)

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self.cells[name].texts

    def __iter__(self) -> Iterator[str]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    def __contains__(self, name: Any) -> bool:  # Mapping's own would make all the strings
        return name in self.cells

    def take(self, rows: Array) -> Columns:
        return Columns({name: one.take(rows) for name, one in self.cells.items()})

    def without(self, name: str) -> Columns:
        return Columns({other: one for other, one in self.cells.items() if other != name})
