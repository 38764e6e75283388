"""Dates and times in tables: one cell may be read in more than one way, a column in one way or not at all."""

from __future__ import annotations

import datetime
import json
import random

import numpy as np
import pytest

from pynn.tables import Preparation, TableError, Wanted, cells, dates, outcomes, parse, preparation

EPOCH = datetime.date(1970, 1, 1)


def of(column: list[str], other: str = "n"):
    body = "".join(f'"{cell}",{place % 2},{place}\n' for place, cell in enumerate(column))
    return parse(f"x,y,{other}\n{body}".encode(), "t.csv")


def look(column: list[str], kind: str = ""):
    return cells.look(of(column), "x", kind)


# ---- one cell ----


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1970-01-02", {"ymd": 1}),
        ("2000/3/1", {"ymd": 11017}),
        ("2000.03.01", {"ymd": 11017}),
        ("1970-01-01 12:00", {"ymd": 0.5}),
        ("1970-01-01T12:00:00Z", {"ymd": 0.5}),
        ("1970-01-01T12:00:00.5+02:00", {"ymd": (10 * 3600 + 0.5) / 86400}),
        ("1970-01-01 12:00 -0730", {"ymd": 19.5 / 24}),
        ("1970-01-01T00:30:00+01", {"ymd": -0.5 / 24}),
        ("01.03.2000", {"dmy": 11017}),
        ("1.3.2000 18:00", {"dmy": 11017.75}),
        ("01/03/2000", {"dmy": 11017, "mdy": 10959}),
        ("31/12/1970", {"dmy": 364}),
        ("12-31-1970 6:00 PM", {"mdy": 364.75}),
        ("12/31/1970 12:15 a.m.", {"mdy": 364 + 0.25 / 24}),
        ("31.12.1970", {"dmy": 364}),
        ("18:30", {"time": 18.5}),
        ("0:00:36", {"time": 0.01}),
        ("12:00 am", {"time": 0}),
        ("12:00PM", {"time": 12}),
        ("23:59:59,5", {"time": 24 - 0.5 / 3600}),
        *((cell, {}) for cell in (
            "2024-02-30", "2024-13-01", "31.02.2024", "12.31.2024", "31/31/2024", "1/2/24", "24:00", "9:60", "13:00 pm",
            "0:30 am", "1:2", "2024-01-01 25:00", "2024-1", "2024-01/01", "0000-01-01", "20240101", "x", "", "1.5",
            "1-2-3", "2024-01-01T", "2024-01-01 12:00+1", "\u0661\u0662/01/2024 x", "1/1/20244",
        )),
    ],
)  # fmt: skip
def test_one_cell(cell: str, found: dict[str, float]) -> None:
    assert dates.readings(cell) == pytest.approx(found, rel=1e-12)


def test_every_day_of_some_years_in_every_form() -> None:
    for number in range(10957 - 400, 10957 + 800):  # around 2000, leap and not
        day = EPOCH + datetime.timedelta(number)
        y, m, d = day.year, day.month, day.day
        assert dates.readings(f"{y}-{m:02}-{d:02}") == {"ymd": number}
        assert dates.readings(f"{d}.{m}.{y}") == {"dmy": number}
        assert dates.readings(f"{d:02}/{m:02}/{y}")["dmy"] == number == dates.readings(f"{m}/{d}/{y}")["mdy"]


# ---- a column ----


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        (["03/04/1970", "31/12/1970", ""], "dmy", [92, 364, np.nan]),
        (["03/04/1970", "12/31/1970", "NA"], "mdy", [62, 364, np.nan]),
        (["03.04.1970", "04.03.1970"], "dmy", [92, 62]),
        (["1.1.1970", "31/12/1970", "02-01-1970"], "dmy", [0, 364, 1]),
        (["1970-01-01", "1970/01/03 12:00"], "ymd", [0, 2.5]),
        (["18:30", "?", "6:15"], "time", [18.5, np.nan, 6.25]),
        (["1970-01-01T00:00Z", "1970-01-01T00:00+01:00", "1970-01-02"], "ymd", [0, -1 / 24, 1]),
    ],
)
def test_the_whole_column_decides(column: list[str], kind: str, values: list[float]) -> None:
    found = look(column)
    assert found.kind == kind
    np.testing.assert_allclose(found.values, values, rtol=1e-12)
    np.testing.assert_array_equal(look(column, kind).values, found.values)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            ["03/04/2024", "05/06/2024"],
            r"column 'x' holds '03/04/2024' and the like: day and month cannot be told apart",
        ),
        (
            ["31/12/2024", "30/12/2024", "12/31/2024"],
            r"line 4: '12/31/2024' among dates such as 31.05.2024 \(day first\)",
        ),
        (["2024-01-01", "31.12.2024", "2024-01-02"], "line 3: '31.12.2024' among dates such as 2024-05-31"),
        (["31.12.2024", "soon", "30.12.2024"], "line 3: 'soon' among dates such as 31.05.2024"),
        (["31.02.2024", "30.12.2024"], "line 2: '31.02.2024' among dates"),
        (["1/2/24", "31.12.24"], "'1/2/24' and the like: write years with four digits"),
        (["18:30", "24:10"], "line 3: '24:10' among times such as 18:30"),
        (["2024-01-01T12:00Z", "2024-01-01 12:00"], "line 3: '2024-01-01 12:00' has no time zone, and others have one"),
    ],
)
def test_columns_that_do_not_go_together(column: list[str], words: str) -> None:
    with pytest.raises(TableError, match=words) as caught:
        look(column)
    assert "\n" not in str(caught.value)


def test_a_time_among_words_is_a_word() -> None:
    assert look(["lunch", "12:30", "supper"]).kind == "words"


def test_who_says_what_comes_first_is_believed_where_the_column_does_not_tell() -> None:
    from dataclasses import replace

    for first, number in ((True, 92), (False, 62)):
        table = replace(of(["03/04/1970"]), day_first=first)
        assert cells.look(table, "x").values.tolist() == [number]
        telling = replace(of(["03/04/1970", "31/12/1970"]), day_first=first)
        assert cells.look(telling, "x").values.tolist() == [92, 364]


def test_rows_that_were_taken_are_read_like_the_whole_table() -> None:
    """Training rows alone may not tell day from month."""
    table = of(["03/04/1970", "04/05/1970", "31/12/1970"])
    part = table.take([0, 1])
    assert cells.look(part, "x").kind == "dmy" and part.take([0]).origin is table


def test_a_model_reads_a_later_table_as_it_learned() -> None:
    table = of(["03/04/1970", "31/12/1970", "05/04/1970"])
    prepared, _ = preparation.learn(table, Wanted("y"), outcomes.learn(table, "y"))
    again = Preparation.from_record(json.loads(json.dumps(prepared.record())))
    later = parse(b"n,x\n0,03/04/1970\n", "later.csv")
    np.testing.assert_array_equal(again.matrix(later, "float64")[0][0], prepared.matrix(table, "float64")[0][0])
    assert prepared.features[0].described.startswith("date, day first, in days")
    with pytest.raises(TableError, match="later.csv: column 'x', line 2: '12/31/1970' among dates"):
        again.matrix(parse(b"n,x\n0,12/31/1970\n", "later.csv"), "float64")


def test_a_target_of_dates_is_refused() -> None:
    with pytest.raises(TableError, match="target 'x' holds dates such as 31.05.2024"):
        outcomes.learn(of(["31.12.2024", "30.12.2024"]), "x")


def test_texts_that_are_nearly_dates_give_a_number_or_nothing() -> None:
    """Any mixture of digits and marks: no exception, and what is read is finite."""
    draw = random.Random(5)
    for _ in range(20_000):
        text = "".join(draw.choices("0123456789./-: TZ+apm", k=draw.randrange(1, 20)))
        for value in dates.readings(text).values():
            assert np.isfinite(value) and abs(value) < 4e6
