"""The cells of a table's columns: where they lie in the text, and the text of each once somebody asks for it.

A column of numbers is read from the bytes themselves, without a string for each cell: decimals.py. So a table of
numbers is read several times as fast as cell by cell. Read separated.py for who finds the cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..backend import Array, Floats
from . import decimals


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
        places = map(slice, self.begin.tolist(), self.end.tolist())
        if self.content.isascii():
            return tuple(str(self.content[place], "ascii") for place in places)
        return tuple(self.content[place].decode("utf-8", "surrogatepass") for place in places)

    def numbers(self) -> tuple[Floats, Array]:
        """The values of plain decimal numbers, and which cells are such."""
        return decimals.read(self.bytes, self.begin, self.point, self.end)

    def take(self, rows: Array) -> Spans:
        return replace(self, begin=self.begin[rows], point=self.point[rows], end=self.end[rows])


@dataclass(frozen=True, eq=False)
class Strings:
    """A column as the strings that the csv module made of it."""

    texts: tuple[str, ...]

    def numbers(self) -> None:
        """Not known without a look at each string."""
        return None

    def take(self, rows: Array) -> Strings:
        return Strings(tuple(map(self.texts.__getitem__, rows.tolist())))


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
