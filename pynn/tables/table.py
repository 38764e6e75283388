"""A table: columns of text by name, with the line that each row came from; and the error for what is wrong with one.

Cells stay text here. Read csv_text.py for where they come from, cells.py for how they become numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from .columns import Columns


class TableError(ValueError):
    """What is wrong with a table, in one sentence."""


@dataclass(frozen=True)
class Table:
    """Columns of text by name, all of one length."""

    source: str  # what messages call it
    columns: Columns
    lines: Sequence[int]  # where each row ends in the text
    comma: bool = False  # 1,5 may be a number: the separator between cells is not a comma
    left_out: tuple[str, ...] = ()  # columns that only number the rows, and were removed
    day_first: bool | None = None  # the order of day and month in ambiguous dates, 03/04/2026; None: an error
    origin: Table | None = None  # the whole table, if these are some rows of it
    looks: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)  # by cells.py

    @property
    def rows(self) -> int:
        return len(self.lines)

    def column(self, name: str, what: str = "column", taken: Iterable[str] = ()) -> tuple[str, ...]:
        """The cells of a column."""
        self.check(name, what, taken)
        return self.columns[name]

    def check(self, name: str, what: str = "column", taken: Iterable[str] = ()) -> None:
        """That there is this column. The error suggests a similar name, but none of those `taken`."""
        if name in self.columns:
            return
        near = get_close_matches(name.lower(), {one.lower(): one for one in self.columns if one not in taken}, 1)
        hint = next((f"; did you mean {one!r}?" for one in self.columns if near and one.lower() == near[0]), "")
        names = ", ".join(map(repr, list(self.columns)[:20])) + (", ..." if len(self.columns) > 20 else "")
        raise TableError(f"{self.source}: {what} {name!r} is not there; the columns are {names}{hint}")

    def take(self, rows: Any) -> Table:
        """The rows with these numbers."""
        chosen = np.asarray(rows, np.int64)
        lines = list(map(self.lines.__getitem__, chosen.tolist()))
        return replace(self, columns=self.columns.take(chosen), lines=lines, origin=self.origin or self)

    def refuse(self, name: str, row: int, what: str) -> TableError:
        """The error about one cell."""
        cell = self.columns[name][row]
        shown = repr(cell if len(cell) <= 40 else cell[:37] + "...")
        return TableError(f"{self.source}: column {name!r}, line {self.lines[row]}: {shown} {what}")


def counted(number: int, what: str) -> str:
    """1 row, 2 rows."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
