"""Tables: every oddity of a CSV file is read or named by its line, and columns become the numbers they should."""

from __future__ import annotations

import csv
import io
import json
import random

import numpy as np
import pytest

from pynn.tables import Preparation, TableError, Wanted, cells, outcomes, outliers, parse, preparation, read

ROWS = "".join(f"{i % 7},{'ab'[i % 2]},{i * 1.5}\n" for i in range(40))
TEXT = "n,k,v\n" + ROWS


def of(text: str | bytes) -> object:
    return parse(text if isinstance(text, bytes) else text.encode(), "t.csv")


# ---- the text ----


@pytest.mark.parametrize(
    "content",
    [
        TEXT.replace(",", ";"), TEXT.replace(",", "\t"), TEXT.replace(",", "|"), TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"), TEXT.encode("utf-16"), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.replace("\n", "\n\n"),
        TEXT.replace(",", ", "), TEXT.replace("a", '"a"'), TEXT[:-1],
    ],
)  # fmt: skip
def test_one_table_in_many_ways(content):
    table = of(content)
    assert table.columns == of(TEXT).columns and table.rows == 40


def test_what_csv_writes_is_read():
    """Any cells at all, written by Python's own module: quotes, separators and line ends within them."""
    draw = random.Random(3)
    for _ in range(50):
        rows = [
            ["".join(draw.choices('ab,;"\n\r é1', k=draw.randrange(1, 8))).strip() or "x" for _ in "123"]
            for _ in "abcd"
        ]
        text = io.StringIO()
        csv.writer(text).writerows([["one", "two", "three"], *rows])
        assert list(zip(*of(text.getvalue()).columns.values(), strict=True)) == [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"a,b\n", "only a line of names"),
        (TEXT + "1,2\n", "line 42 has 2 cells"),
        (TEXT + "1,2,3,4\n", "line 42 has 4 cells, but there are 3 columns"),
        ("a,b,a\n1,2,3\n", "two columns are called 'a'"),
        (TEXT.encode() + b"1,\xe9,2\n", "line 42 is not UTF-8"),
        (b"a,b\0\n1,2\n", "zero bytes"),
        (TEXT + '1,"a,3\n', r"never closed \(line 42\)"),
        (TEXT + '1,"a"b,3\n', r"closing quote.*line 42"),
        ("1,2\n3,4\n", "first line holds numbers"),
        ('a,"b\nc"\n1,"x\ny"\n1\n', "line 5 has 1 cell,"),
    ],
)
def test_what_is_wrong_is_named(content, words):
    with pytest.raises(TableError, match=words) as caught:
        of(content)
    assert str(caught.value).startswith("t.csv: ") and "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match="cannot be read"):
        read(str(tmp_path / "x.csv"))
    with pytest.raises(TableError, match="cannot be read"):
        read(str(tmp_path))


def test_row_numbers_are_left_out():
    for first in (0, 1):
        numbered = ",n\n" + "".join(f"{i},{i * i}\n" for i in range(first, 9))
        assert list(of(numbered).columns) == ["n"]
    assert list(of(",n\n0,1\n2,3\n").columns) == ["column 1", "n"]


# ---- cells ----


def test_numbers():
    assert [cells.number(text, False) for text in ("1", "-2.5e3", ".5", "1_0", "1,5", "x", "")] == [
        1, -2500, 0.5, None, None, None, None,
    ]  # fmt: skip
    assert cells.number("1,5", True) == 1.5 and cells.number("1.000,5", True) is None
    assert of("a;b\n1,5;x\n2;y\n").comma


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["1", "2", ""], "number"),
        (["1", "NA", "?", "nan", "-"], "number"),
        (["a", "1"], "words"),
        (["", "NULL"], "nothing"),
        (["2024-01-01", ""], "ymd"),
        (["1_0", "2_0"], "words"),
        (["yes", "no"], "words"),
        ([" 1", "2 "], "number"),
    ],
)
def test_kinds(column, kind):
    table = of("x,y\n" + "".join(f'"{cell}",1\n' for cell in column))
    assert cells.look(table, "x").kind == kind


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([*map(str, range(20)), "1O"], r"column 'x', line 22: '1O' among numbers"),
        (["1", "inf", "2"], "line 3: 'inf' is not a finite number"),
        (["1", "1e999"], "line 3"),
        (["2024-01-01", "2024-02-30"], "line 3: '2024-02-30' among dates"),
        (["2024-01-01", "soon"], "among dates"),
    ],
)
def test_slips_are_named(column, words):
    table = of("x,y\n" + "".join(f"{cell},1\n" for cell in column))
    with pytest.raises(TableError, match=words):
        cells.look(table, "x")


# ---- features ----


def learned(text, target="y", **wanted):
    table = of(text)
    return preparation.learn(table, Wanted(target, **wanted), outcomes.learn(table, target))


def test_features_by_hand():
    text = "n,w,d,y\n1,a,2000-01-01,p\n,b,2000-01-03,q\n3,,2000-01-02,p\n8,a,2000-01-02,q\n"
    prepared, notes = learned(text)
    x, said = prepared.matrix(of(text), "float64")
    z = (np.array([1, 3, 3, 8]) - 4) / np.std([1, 3, 8])  # the missing one is the median, 3
    np.testing.assert_allclose(x[:, 0], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-15)
    np.testing.assert_array_equal(x[:, 1], [0, 1, 0, 0])
    np.testing.assert_array_equal(x[:, 2:5], [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])  # (missing), a, b
    z = np.array([-1, 1, 0, 0]) / np.sqrt(0.5)  # days 0, 2, 1, 1
    np.testing.assert_allclose(x[:, 5], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-12)
    turns = 2 * np.pi * np.array([[0 / 31, 5 / 7], [2 / 31, 0 / 7], [1 / 31, 6 / 7], [1 / 31, 6 / 7]])  # from Saturday
    np.testing.assert_allclose(x[:, 6:10:2], np.sin(turns), atol=1e-12)
    np.testing.assert_allclose(x[:, 7:10:2], np.cos(turns), atol=1e-12)
    assert x.shape == (4, 10) and notes == said == []


def test_a_later_table_is_read_the_same_way():
    """Columns in another order, others beside them, another separator; the preparation has been through JSON."""
    text = "n,w,y\n" + "".join(f"{i},{'abc'[i % 3]},{'pq'[i % 2]}\n" for i in range(12))
    prepared, _ = learned(text)
    again = Preparation.from_record(json.loads(json.dumps(prepared.record())))
    assert again == prepared
    x, _ = again.matrix(of("z;w;n\n9;b;1,5\n9;mauve;\n9;;2\n"), "float64")
    expected, _ = prepared.matrix(of("n,w\n1.5,b\n"), "float64")
    np.testing.assert_array_equal(x[0], expected[0])
    np.testing.assert_array_equal(x[1:, 1:], 0)  # unknown and missing words: none of those it knows
    assert x[1, 0] == (5.5 - 5.5) / 1  # the median is the mean here
    _, said = again.matrix(of("n,w\n,mauve\n1,a\n"), "float64")
    assert (
        said[0].startswith("in 1 row 'n' is missing") and "in 1 row 'w' has a word" in said[1] and "'mauve'" in said[1]
    )
    with pytest.raises(TableError, match="'w' is not there; .*did you mean 'W'"):
        again.matrix(of("n,W\n1,a\n"), "float64")
    with pytest.raises(TableError, match="'w' is not there; the columns are 'n', 'ww'; did you mean 'ww'"):
        again.matrix(of("n,ww\n1,a\n"), "float64")


def test_a_column_in_use_is_not_proposed_for_another():
    prepared, _ = learned("width,widths,y\n1,2,p\n2,1,q\n")
    with pytest.raises(TableError, match="'widths' is not there; the columns are 'width'$"):
        prepared.matrix(of("width\n1\n"), "float64")
    with pytest.raises(TableError, match="did you mean 'widhts'"):
        prepared.matrix(of("width,widhts\n1,2\n"), "float64")


def test_a_later_cell_that_is_no_number_is_named():
    prepared, _ = learned("n,w,y\n" + "".join(f"{i},{'abc'[i % 3]},{'pq'[i % 2]}\n" for i in range(12)))
    with pytest.raises(TableError, match="line 2: 'x' among numbers"):
        prepared.matrix(of("n,w\nx,a\n"), "float64")


def test_columns_that_are_left_out():
    body = "".join(f"{i},7,,name {i},{'pq'[i % 2]},{i % 3}\n" for i in range(60))
    prepared, notes = learned("n,same,gone,id,y,code\n" + body, ignore=["n"], words=["code"])
    assert [one.name for one in prepared.features] == ["code"] and prepared.width == 3
    assert [note.split(": ")[0] for note in notes] == ["left out 'same'", "left out 'gone'", "left out 'id'"]
    with pytest.raises(TableError, match="no column is left"):
        learned("n,y\n1,p\n1,q\n")


def test_columns_that_tell_rows_apart():
    """Names of rows are left out unless asked for; numbers of rows are mentioned."""
    text = "id,name,n,y\n" + "".join(f"{i + 7},row {i},{i * i},{'pq'[i % 2]}\n" for i in range(12))
    prepared, notes = learned(text)
    assert [one.name for one in prepared.features] == ["id", "n"]
    assert notes == [
        "'id' counts the rows: --ignore id if that means nothing",
        "left out 'name': another word in each of 12 rows (--words name takes it all the same)",
    ]
    table = of(text)
    wanted = Wanted("y", words=["name"])
    asked, _ = preparation.learn(table.take(range(11)), wanted, outcomes.learn(table, "y"))
    assert asked.width == 1 + 11 + 1


def test_a_number_that_is_constant_but_for_gaps():
    prepared, _ = learned("n,y\n1,p\n,q\n1,p\n")
    x, _ = prepared.matrix(of('n\n1\n\n""\n'), "float64")
    np.testing.assert_array_equal(x, [[0, 0], [0, 1]])


def test_frequent_words_are_kept_and_the_rest_is_other():
    """Seven words in 10, 9, ... rows, and 40 in a row each; with room for five, and for fifty less the rare ones."""
    column = [f"w{k}" for k in range(7) for _ in range(10 - k)] + [f"rare {k}" for k in range(40)]
    text = "k,y\n" + "".join(f"{word},{'pq'[i % 2]}\n" for i, word in enumerate(column))
    prepared, notes = learned(text, most=5)
    (feature,) = prepared.features
    assert feature.columns == [f"k=w{k}" for k in range(5)] + ["k=(other)"] and notes == []
    assert feature.described == "one of 5 frequent words, or (other): w0, w1, w2, w3, w4"
    again = Preparation.from_record(json.loads(json.dumps(prepared.record())))
    x, said = again.matrix(of("k\nw4\nw5\nrare 1\nnever seen\n"), "float32")
    np.testing.assert_array_equal(x, [[0, 0, 0, 0, 1, 0]] + [[0, 0, 0, 0, 0, 1]] * 3)
    assert said == []
    (feature,) = learned(text, most=46)[0].features
    assert feature.words == tuple(f"w{k}" for k in range(6)) and feature.others  # w6 is in four rows only
    assert learned(text, most=47)[0].features[0].width == 47  # all of them, and no others
    with pytest.raises(TableError, match="40 different words in 41 rows, none of them in 5 rows"):
        learned("k,y\nrare 0,p\n" + "".join(f"rare {k},{'pq'[k % 2]}\n" for k in range(40)), most=9)
    assert learned(text, most=3, words=["k"])[0].width == 4


# ---- outliers ----


def test_inputs_are_bent_and_not_cut():
    z = np.linspace(-50, 50, 1001)
    bent = outliers.bent(z, 3.0)
    assert (np.diff(bent) > 0).all() and np.abs(bent).max() < 3 and bent[500] == 0
    np.testing.assert_allclose(bent, 3 * np.sin(np.arctan(z / 3)), atol=1e-14)  # the same curve, by its angle
    assert outliers.bent(np.array([1e300, -1e300]), 3.0) == pytest.approx([3, -3], abs=1e-8)


@pytest.mark.parametrize(
    ("values", "usual"),
    [
        ([*range(30), 1000], (0, 29)), ([*range(30), 1000, -1000], (0, 29)), ([*range(30), 50], (0, 50)),
        ([0] * 100 + [1] * 10, (0, 1)), ([1, 2, 1000], (1, 1000)), ([*range(3000), *[10**6] * 3], (0, 2999)),
        ([*range(100), *[10**6] * 4], (0, 10**6)),  # four of 104 are no slip
    ],
)  # fmt: skip
def test_what_is_far_from_all_others(values, usual):
    found = outliers.spread_of(np.array(values, np.float64))
    assert (found.low, found.high) == usual


def test_mean_and_spread_are_those_of_the_usual_values():
    draw = np.random.default_rng(2)
    for rows in (1, 2, 3, 4, 5, 19, 20, 21, 100, 5000):
        values = draw.normal(size=rows)
        found = outliers.spread_of(values)
        assert found == outliers.Spread(np.median(values), values.mean(), values.std(), values.min(), values.max())
        if rows >= 20:
            slips = np.insert(values, [3, rows - 5], [1e6, -1e9])
            assert outliers.spread_of(slips) == outliers.Spread(
                np.median(slips), values.mean(), values.std(), values.min(), values.max()
            )


def test_a_slip_is_named_and_does_not_stretch_the_scale():
    rows = [f"{5 + i % 7 / 10:.1f},{'pq'[i % 2]}\n" for i in range(60)]
    clean, notes = learned("n,y\n" + "".join(rows))
    assert notes == []
    rows[40] = "58.9,p\n"
    prepared, notes = learned("n,y\n" + "".join(rows))
    assert notes == ["'n': 58.9 in line 42: far from all others; correct or leave out what is a slip"]
    (number,), (without,) = prepared.features, clean.features
    assert (number.low, number.high, number.spread) == (5.0, 5.6, pytest.approx(without.spread, rel=0.01))
    later = of("n\n5.3\n58.9\n5.5\n-20\n")
    x, said = prepared.matrix(later, "float64")
    assert np.abs(x).max() < 3
    assert said == ["in 2 rows 'n' is far outside of 5 to 5.6: 58.9 in line 3, -20 in line 5; its effect is limited"]


def test_a_model_file_of_before_limits_parts_and_others():
    """The notes of a file that an earlier version wrote, and the inputs that it made of a table."""
    record = {
        "features": [
            {"kind": "number", "name": "n", "median": 3.0, "mean": 4.0, "spread": 2.0, "missing": True,
             "form": "number"},
            {"kind": "number", "name": "d", "median": 10958.0, "mean": 10958.0, "spread": 0.5, "missing": False,
             "form": "ymd"},
            {"kind": "words", "name": "w", "words": ["a", "b"]},
        ],
        "target": {"kind": "classes", "name": "y", "values": ["p", "q"]},
    }  # fmt: skip
    prepared = Preparation.from_record(json.loads(json.dumps(record)))
    x, said = prepared.matrix(of("n,d,w\n100,2000-01-01,a\n,2000-01-03,c\n"), "float64")
    np.testing.assert_array_equal(x, [[48, 0, -2, 1, 0], [-0.5, 1, 2, 0, 0]])
    assert said == ["in 1 row 'w' has a word that the model has not seen ('c'): it counts as none"]
    assert [one.described for one in prepared.features] == [
        "number, mean 4, spread 2, missing ones count as 3", "date, in days, mean 10958, spread 0.5", "one of 2: a, b",
    ]  # fmt: skip


# ---- targets ----


@pytest.mark.parametrize(
    ("column", "task", "expected"),
    [
        (["a", "b", "a"], "", ("a", "b")), (["10", "9", "10"], "", ("9", "10")), (["0.5", "1.5"], "", None),
        (["0", "1"], "regression", None), (["0.5", "1.5", "0.5", "1.5"], "classification", ("0.5", "1.5")),
        ([str(i) for i in range(11)], "", None), (["true", "false"], "", ("false", "true")),
    ],
)  # fmt: skip
def test_targets(column, task, expected):
    found = outcomes.learn(of("y,x\n" + "".join(f"{cell},1\n" for cell in column)), "y", task)
    assert getattr(found, "values", None) == expected
    assert outcomes.from_record(json.loads(json.dumps(outcomes.to_record(found)))) == found


@pytest.mark.parametrize(
    ("column", "task", "words"),
    [
        (["a", "a"], "", "'a' in all rows"),
        (["1.5", "1.5"], "regression", "1.5 in all rows"),
        (["a", "b"], "regression", "numbers"),
        ([f"c{i}" for i in range(30)], "", "too many for classes$"),
        ([f"{i}" for i in range(3)], "", "too many for classes; --task regression takes them as amounts"),
        (["2024-01-01", "2024-01-02"], "", "dates"),
    ],
)
def test_targets_that_are_none(column, task, words):
    with pytest.raises(TableError, match=words):
        outcomes.learn(of("y,x\n" + "".join(f"{cell},1\n" for cell in column)), "y", task)


def test_amounts_go_there_and_back():
    found = outcomes.learn(of("y,x\n1.5,1\n2.5,1\n6.5,1\n"), "y")
    values = found.read(of("y\n1.5\n7\n"))
    np.testing.assert_allclose(found.unscaled(found.scaled(values)[:, None]), values, rtol=1e-15)
    with pytest.raises(TableError, match="line 3: '' is missing, and it is the target"):
        found.read(of('y,x\n1,1\n"",1\n'))


@pytest.mark.parametrize(
    "record",
    [None, {}, {"features": 3}, {"features": [{}], "target": {}}, {"features": [{"kind": "number", "name": "a"}]},
     {"features": [{"kind": "words", "name": "a", "words": [1]}], "target": {"kind": "classes"}},
     {"features": [], "target": {"kind": "amounts", "name": "y", "mean": "x", "spread": 1}}],
)  # fmt: skip
def test_records_that_are_not_possible(record):
    with pytest.raises(ValueError):
        Preparation.from_record(record)
