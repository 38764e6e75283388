"""The target column: classes, or amounts (numbers of a regression); as numbers for the training, and as text again.

Rows whose target is missing cannot be trained on; preparation.py removes them before. Read features.py for the other
columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import choice, real
from ..backend import Array, Floats
from .cells import Found, look
from .dates import FORMS
from .features import texts
from .marks import UNITS
from .table import Table, TableError

FEW = 10  # a target of whole numbers with at most so many distinct values is taken for classes, as ten digits are


@dataclass(frozen=True)
class Classes:
    """Classes: words, or numbers as written in the table; class number k is the k-th of the sorted values."""

    name: str
    values: tuple[str, ...]

    def read(self, table: Table) -> Array:
        """Class numbers; a class that did not occur in training is an error."""
        cells = table.column(self.name, "target")
        place = {value: number for number, value in enumerate(self.values)}
        code = {cell: place.get(cell.strip(), -1) for cell in dict.fromkeys(cells)}
        codes = np.array([code[cell] for cell in cells], dtype=np.int64)
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            raise table.refuse(self.name, row, f"is not one of the classes {', '.join(self.values[:10])}")
        return codes


@dataclass(frozen=True)
class Amounts:
    """Numbers: the network learns (value - mean) / spread."""

    name: str
    mean: float
    spread: float
    form: str = "number"  # or a key of marks.UNITS: the sign that all of them have

    def __post_init__(self) -> None:
        real("mean", self.mean), real("spread", self.spread)
        choice("form", self.form, ("number", *UNITS))

    def read(self, table: Table) -> Floats:
        values = look(table, self.name, self.form).values
        if np.isnan(values).any():
            row = int(np.argmax(np.isnan(values)))
            raise table.refuse(self.name, row, "is missing, and it is the target")
        return values

    def scaled(self, values: Floats) -> Floats:
        return (values - self.mean) / self.spread

    def unscaled(self, outputs: Array) -> Floats:
        return outputs[:, 0].astype(np.float64) * self.spread + self.mean


Answers = Classes | Amounts


def learn(table: Table, name: str, task: str = "") -> Answers:
    """Whether the target is classes or amounts, found from its cells unless `task` says it: "classification" or
    "regression"."""
    cells = [cell.strip() for cell in dict.fromkeys(table.column(name, "target"))]
    found = look(table, name) if task != "classification" else Found("words", np.empty(0))
    amounts_found = found.kind == "number" or found.kind in UNITS
    if task == "regression" or (not task and amounts_found and not _few(found.values)):
        if not amounts_found:
            raise TableError(f"{table.source}: target {name!r} does not hold numbers, which regression needs")
        amounts = found.values
        if amounts.min() == amounts.max():
            raise TableError(f"{table.source}: target {name!r} is {amounts[0]:g} in all rows; nothing can be learned")
        with np.errstate(over="ignore", invalid="ignore"):
            mean, spread = float(amounts.mean()), float(amounts.std())
        if not np.isfinite([mean, spread]).all():
            raise TableError(
                f"{table.source}: target {name!r} has numbers up to {np.abs(amounts).max():g}, whose squares "
                "are beyond float64; write it in a larger unit"
            )
        return Amounts(name, mean, spread, found.kind)
    if found.kind in FORMS:
        raise TableError(f"{table.source}: target {name!r} holds {FORMS[found.kind]}; make numbers or classes of them")
    values = tuple(sorted(set(cells), key=_order))
    if len(values) == 1:
        raise TableError(f"{table.source}: target {name!r} is {values[0]!r} in all rows; nothing can be learned")
    if len(values) > max(2, table.rows // 2):
        raise TableError(
            f"{table.source}: target {name!r} has {len(values):,} different values in {table.rows:,} rows, "
            f"too many for classes{'; --task regression takes them as amounts' if amounts_found else ''}"
        )
    return Classes(name, values)


def _few(values: Floats) -> bool:
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) <= FEW


def _order(text: str) -> tuple[int, float, str]:
    """Numbers by size, then words."""
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text


def from_record(given: dict[str, Any]) -> Answers:
    fields = dict(given)
    kind = fields.pop("kind")
    if kind == "classes":
        return Classes(fields["name"], texts(fields["values"]))
    if kind != "amounts":
        raise ValueError(f"a target of kind {kind!r} is unknown")
    return Amounts(**fields)


def to_record(answers: Answers) -> dict[str, Any]:
    if isinstance(answers, Classes):
        return {"kind": "classes", "name": answers.name, "values": list(answers.values)}
    return {"kind": "amounts", **vars(answers)}
