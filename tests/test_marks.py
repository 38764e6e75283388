"""Numbers with signs and marks: what one cell is, and when a column is refused rather than guessed at."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pynn.tables import Preparation, TableError, Wanted, cells, marks, outcomes, parse, preparation


def of(column: list[str], mark: str = ","):
    quoted = "".join(f'"{cell}"{mark}{place % 2}\n' for place, cell in enumerate(column))
    return parse(f"x{mark}y\n{quoted}".encode(), "t.csv")


@pytest.mark.parametrize(
    ("cell", "unit", "comma", "value"),
    [
        ("50%", "%", False, 50), ("5.5 %", "%", False, 5.5), ("-3%", "%", False, -3), ("5,5 %", "%", True, 5.5),
        ("$1,234.50", "$", False, 1234.5), ("-$7", "$", False, -7), ("7 €", "€", True, 7), ("€ 7", "€", True, 7),
        ("50", "%", False, None), ("%", "%", False, None), ("$5€", "$", False, None), ("$5", "€", False, None),
        ("$x", "$", False, None), ("5%%", "%", False, None), ("$nan", "$", False, None), ("$-nan", "$", False, None),
    ],
)  # fmt: skip
def test_one_cell_with_a_sign(cell: str, unit: str, comma: bool, value: float | None) -> None:
    assert marks.with_unit(cell, unit, comma) == value
    assert value is None or marks.unit_of(cell) == unit


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,000", 1000),
        ("-nan", None),
        ("-1,234,567.5", -1234567.5),
        ("1,5", None),
        ("0,125", None),
        ("1,0000", None),
        ("1234,567", None),
    ],
)
def test_commas_between_thousands(cell: str, value: float | None) -> None:
    """Only where they separate cells, too: elsewhere a comma is a decimal one."""
    assert marks.number(cell, comma=False) == value
    if value is None or cell.count(",") > 1:
        return
    assert marks.number(cell, comma=True) == value / 1000


@pytest.mark.parametrize(
    ("column", "mark", "kind", "values"),
    [
        (["50%", "", "7.5%"], ",", "%", [50, np.nan, 7.5]),
        (["1,000", "950", "12,345"], ",", "number", [1000, 950, 12345]),
        (["1,5", "1,250", "7"], ";", "number", [1.5, 1.25, 7]),  # one cell tells
        (["1,250", "1,859"], ";", "number", [1.25, 1.859]),
        (["1.125", "2.5", "3"], "\t", "number", [1.125, 2.5, 3]),
        (["5 €", "n/a", "6,5 €"], ";", "€", [5, np.nan, 6.5]),
        (["$ a", "b", "$ c"], ",", "words", [np.nan] * 3),
    ],
)
def test_columns(column: list[str], mark: str, kind: str, values: list[float]) -> None:
    found = cells.look(of(column, mark), "x")
    assert found.kind == kind
    np.testing.assert_array_equal(found.values, values)


@pytest.mark.parametrize(
    ("column", "mark", "words"),
    [
        (["997", "1,994"], ";", "'1,994' and the like: among small whole numbers that may be 1994;"),
        (["997", "1.994"], "\t", "'1.994' and the like: among small whole numbers that may be 1994;"),
        (["997", "NA", "1,994"], ";", "'1,994' and the like"),
        (["50%", "7", "8"], ",", "the same sign"),
        (["$5", "$6", "$7", "8 €"], ",", "line 5: '8 €' among numbers such as \\$50"),
        (["1,000", "1,5"], ",", "without marks between thousands; a decimal comma needs semicolons"),
    ],
)
def test_columns_that_are_refused(column: list[str], mark: str, words: str) -> None:
    with pytest.raises(TableError, match=words):
        cells.look(of(column, mark), "x")


def test_what_tells_may_stand_in_any_row() -> None:
    """Rows for training are a part; the table as a whole decides."""
    whole = of(["997", "1,994", "2,5"], ";")
    assert cells.look(whole.take([0, 1]), "x").values.tolist() == [997, 1.994]
    whole = of(["997", "1,994", "12"], ";")
    with pytest.raises(TableError, match="may be 1994"):
        cells.look(whole.take([0, 2]), "x")


def test_a_model_reads_a_later_table_as_it_learned() -> None:
    table = of([f"{i}%" for i in range(9)])
    found, _ = preparation.learn(table, Wanted("y"), outcomes.learn(table, "y"))
    again = Preparation.from_record(json.loads(json.dumps(found.record())))
    assert again == found and again.features[0].described.startswith("number, in %")
    x, _ = again.matrix(of(["4%"]), "float64")
    assert x.tolist() == [[0]]
    with pytest.raises(TableError, match="line 2: '0.04' among numbers such as 50%"):
        again.matrix(of(["0.04"]), "float64")
    single, _ = preparation.learn(of(["1,5", "2", "4"], ";"), Wanted("y"), outcomes.learn(of(["1", "2"]), "y"))
    x, _ = single.matrix(of(["1,994", "997"], ";"), "float64")  # later rows need not tell again
    assert x[0, 0] < 0 < x[1, 0]


def test_marks_between_thousands_are_said() -> None:
    table = of(["1,000", "950", "12,345"])
    _, notes = preparation.learn(table, Wanted("y"), outcomes.learn(table, "y"))
    assert notes == ["'x': 1,000 is read as 1000"]
