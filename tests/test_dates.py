"""Dates and times in tables: one cell may be read in more than one way, a column in one way or not at all."""

from __future__ import annotations

import datetime
import json
import math
import random

import numpy as np
import pytest

from pynn.tables import Preparation, TableError, Wanted, cells, dates, outcomes, parse, preparation
from pynn.tables.date_column import circle, parts_of

EPOCH = datetime.date(1970, 1, 1)
WAVES = ("sine", "cosine")


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
        ("Jan 1 2000", {"named": 10957}),
        ("January 1, 2000", {"named": 10957}),
        ("1 January 2000", {"named": 10957}),
        ("1-Jan-2000", {"named": 10957}),
        ("Sat, 1 Jan 2000 12:00:00 GMT", {"named": 10957.5}),
        ("Saturday, January 1st, 2000 6:00 PM", {"named": 10957.75}),
        ("1. MAY 2000", {"named": 11078}),
        ("Sept 2 2000 00:30 +01:00", {"named": 11202 - 0.5 / 24}),
        ("2000-01-01T12:00", {"ymd": 10957.5}),
        *((cell, {}) for cell in ("Jan 32 2000", "30 Feb 2000", "Jan 2000", "Janus 1 2000", "May I 2000", "1 may 00")),
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
        (["Jan 2 1970", "3 January 1970", ""], "named", [1, 2, np.nan]),
        (["19700102", "", "19700201"], "number", [19700102, np.nan, 19700201]),
        (["1970-01-02 12:00:00", "1970-01-02", "1970-01-02T12:00", ""], "ymd", [1.5, 1, 1.5, np.nan]),
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
            r"two orders: in '31/12/2024' \(line 2\) the day is first, in '12/31/2024' \(line 4\) the month",
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


@pytest.mark.parametrize(
    ("name", "rows", "kind"),
    [("date", 3, "compact"), ("Order Date", 3, "compact"), ("orderDate", 3, "compact"), ("update", 3, "compact"),
     ("number", 3, "number"), ("number", 30, "compact"), ("candidates", 3, "number")],
)  # fmt: skip
def test_eight_digits_are_a_date_where_name_or_range_say_so(name: str, rows: int, kind: str) -> None:
    days = np.datetime64("2000-01-25") + np.arange(rows)
    table = parse(f"{name},y\n" + "".join(f"{str(day).replace('-', '')},1\n" for day in days), "t.csv")
    found = cells.look(table, name)
    assert found.kind == kind
    if kind == "compact":
        np.testing.assert_array_equal(found.values, days.astype(np.int64))
        later = parse(f"{name},y\n20000131,1\n,2\n", "later.csv")
        np.testing.assert_array_equal(cells.look(later, name, "compact").values, [10987, np.nan])
        with pytest.raises(TableError, match="line 3: '20000132' among dates such as 20240531"):
            cells.look(parse(f"{name},y\n20000131,1\n20000132,2\n", "later.csv"), name, "compact")


def test_one_number_that_is_no_date_makes_them_numbers() -> None:
    rows = "".join(f"{20000101 + i},1\n" for i in range(30))
    assert cells.look(parse("date,y\n" + rows, "t.csv"), "date").kind == "compact"
    assert cells.look(parse("date,y\n" + rows + "20000132,1\n", "t.csv"), "date").kind == "number"


def test_a_whole_column_of_iso_dates_is_read_as_each_of_them() -> None:
    """The way at once and the way cell by cell, on days around leap days and on times."""
    draw = random.Random(2)
    for text in ("{}-{:02}-{:02}", "{}-{:02}-{:02} {:02}:{:02}", "{}-{:02}-{:02}T{:02}:{:02}:{:02}"):
        column = [
            text.format(draw.randrange(1, 3000), draw.randrange(1, 13), draw.randrange(1, 29), draw.randrange(24),
                        draw.randrange(60), draw.randrange(60)).zfill(10 if len(text) < 25 else 0)
            for _ in range(500)
        ]  # fmt: skip
        column = [f"{cell.partition('-')[0]:0>4}-{cell.partition('-')[2]}" for cell in column]
        at_once = dates.of_iso(of(column).columns.cells["x"])
        assert at_once is not None
        assert at_once.tolist() == [dates.readings(cell)["ymd"] for cell in column]
    for bad in (
        "2023-02-29",
        "0000-01-01",
        "2024-13-01",
        "2024-01-01 24:00",
        "2024-01-01x12:00",
        "2024/01/01",
        "today",
    ):
        assert dates.of_iso(of(["2024-01-01", bad]).columns.cells["x"]) is None, bad


# ---- parts ----


def test_parts_of_every_day_of_some_years() -> None:
    days = np.arange(-800, 12_000, 7)
    found = parts_of(days + 0.75, "ymd")
    for place, number in enumerate(days.tolist()):
        day = EPOCH + datetime.timedelta(number)
        told = [found[part][place] for part in ("month", "day", "weekday", "time", "minute")]
        assert told == [day.month - 1, day.day - 1, day.weekday(), 18 * 60, 0]
    clock = parts_of(np.array([18.5, 0.01 + 5 / 60, 24 - 1 / 3600]), "time")
    assert list(clock) == ["time", "minute"] and clock["time"].tolist() == [1110, 5, 1439]


def test_a_circle_has_equal_steps_and_no_last_bits() -> None:
    for steps in (7, 12, 31, 60, 1440):
        around = circle(steps)
        np.testing.assert_allclose(np.hypot(*around.T), 1, rtol=2e-12)  # both are rounded to 12 digits
        turns = np.exp(2j * np.pi * np.arange(steps) / steps)
        np.testing.assert_allclose(around[:, 1] + 1j * around[:, 0], turns, atol=1e-12)
        exact = np.array([[math.sin(2 * math.pi * k / steps), math.cos(2 * math.pi * k / steps)] for k in range(steps)])
        middle = np.abs(exact * 1e12 % 1 - 0.5)  # of the digits that are rounded away: how far from a tie
        assert middle.min() > 1e12 * 2**-52  # two units in the last place of a sine below 1 do not reach it


def test_parts_that_are_the_same_in_all_rows_are_left_out() -> None:
    found = [f"2024-{month:02}-01" for month in range(1, 13)]
    table = of(found)
    (feature, _), _ = preparation.columns(table, Wanted("y"))
    assert feature.columns == ["x", *(f"x {part} ({wave})" for part in ("month", "weekday") for wave in WAVES)]
    assert feature.described == "date, in days, 2024-01-01 to 2024-12-01, median 2024-06-16; and its month, weekday"
    x, _ = preparation.matrix([feature], of(["", "2024-03-01"]), "float64")
    middle = (feature.days.median - feature.days.mean) / feature.days.spread
    np.testing.assert_allclose(x[0], [middle, 0, 0, 0, 0], atol=1e-6)  # hardly bent; and the middle of each circle
    np.testing.assert_allclose(
        x[1, 1:], [math.sqrt(0.75), 0.5, math.sin(8 * math.pi / 7), math.cos(8 * math.pi / 7)], atol=1e-12
    )
    hours = of([f"{hour}:{minute}" for hour in (6, 18) for minute in (10, 30)])
    (clock, _), _ = preparation.columns(hours, Wanted("y"))
    assert clock.columns == ["x", *(f"x {part} ({wave})" for part in ("time", "minute") for wave in WAVES)]


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
