"""A table as arrays: what the columns become, from wherever the text comes; and no text at all ends in a surprise."""

from __future__ import annotations

import csv
import gzip
import io
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import Adam, Dense, Network, Normalization, datasets
from pynn.cli import main
from pynn.tables import TableError, parse

TEXT = """day;price;color;code;name;y
31.12.2026;1,5;red;1;a;big
03.01.2026;;blue;2;b;small
04.02.2026;3,25;red;1;c;
05.02.2026;10;;1;d;big
"""
PARTS = tuple(f"day {part} ({wave})" for part in ("month", "day", "weekday") for wave in ("sine", "cosine"))
NAMES = ("day", *PARTS, "price", "price (missing)", "color=(missing)", "color=blue", "color=red", "code=1", "code=2")


def around(month: int, day: int, weekday: int) -> list[float]:
    """Sines and cosines of January = 0, the first = 0, Monday = 0."""
    turns = (month / 12, day / 31, weekday / 7)
    return [wave(2 * math.pi * turn) for turn in turns for wave in (math.sin, math.cos)]


X = np.float32([
    [20818, *around(11, 30, 3), 1.5, 0, 0, 0, 1, 1, 0],  # a Thursday
    [20456, *around(0, 2, 5), 5.75, 1, 0, 1, 0, 0, 1],  # 5.75: the median of 1.5 and 10; the third row has no target
    [20489, *around(1, 4, 3), 10, 0, 1, 0, 0, 1, 0],
])  # fmt: skip
CLOSE = 2.0**-23  # half a unit of float32, of numbers up to 1, and the rounding of the circle to 12 digits
OPTIONS: dict[str, Any] = {"words": ["code"], "ignore": ["name"]}


def read(path: Any, **options: Any) -> datasets.CsvData:
    return datasets.read_csv(path, "y", **OPTIONS | options)


def test_columns_and_target_by_hand(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TEXT)
    found = read(tmp_path / "t.csv")
    x, y = found
    np.testing.assert_allclose(x, X, rtol=0, atol=CLOSE)
    assert y is not None and y.tolist() == [0, 1, 0] and y.dtype == np.int64 and x.dtype == np.float32
    assert found.names == NAMES and found.classes == ("big", "small")
    assert repr(found) == "CsvData(3 rows, 14 columns of x, target 'y')"
    assert found.notes == ("left out 1 row without 'y'",)
    assert "Number" not in repr(found)


@pytest.mark.parametrize("kind", ["str", "gz", "bytes", "text", "open", "open text", "mark", "utf-16", "cp1252", "-"])
def test_from_wherever_the_text_comes(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, path, options = TEXT.replace("red", "röd"), tmp_path / "t.csv", {}
    content = text.encode("cp1252" if kind == "cp1252" else "utf-16" if kind == "utf-16" else "utf-8")
    content = {"gz": gzip.compress(content, mtime=0), "mark": b"\xef\xbb\xbf" + content}.get(kind, content)
    path.write_bytes(content)
    given: Any = {"bytes": io.BytesIO(content), "text": io.StringIO("\ufeff" + text), "-": "-"}.get(kind, str(path))
    if kind == "cp1252":
        with pytest.raises(TableError, match=r"line 2 is not UTF-8 text") as caught:
            read(path)
        assert "encoding='cp1252'" in caught.value.__notes__[0]
        options = {"encoding": "cp1252"}
    if kind == "-":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    if kind.startswith("open"):
        with open(path, **({"encoding": "utf-8"} if "text" in kind else {"mode": "rb"})) as given:
            found = read(given)
    else:
        found = read(given, **options)
    np.testing.assert_allclose(found.x, X, rtol=0, atol=CLOSE)
    assert found.names[11] == "color=röd"


def test_another_table_is_read_in_the_same_way(tmp_path: Path) -> None:
    known = read(io.StringIO(TEXT), dtype="float64")
    later = known.read(io.StringIO("y;name;code;color;price;day\nsmall;z;3;red;2,5;01.01.2026\n;z;1;red;1;1.1.2026\n"))
    assert later.names == known.names and later.classes == known.classes and later.x.dtype == np.float64
    expected = [[20454, *around(0, 0, 3), 2.5, 0, 0, 0, 1, 0, 0]]
    np.testing.assert_allclose(later.x, expected, rtol=0, atol=1e-12)
    assert later.y is not None and later.y.tolist() == [1] and len(later.notes) == 2
    without = known.read(io.StringIO("code;color;price;day\n2;blue;;01.01.2026\n"))
    assert without.y is None and without.x[0, [0, *range(7, 14)]].tolist() == [20454, 5.75, 1, 0, 1, 0, 0, 1]
    with pytest.raises(TableError, match="column 'y', line 2: 'huge' is not one of the classes"):
        known.read(io.StringIO("y;code;color;price;day\nhuge;2;blue;1;01.01.2026\n"))
    with pytest.raises(TableError, match="column 'price' is not there"):
        known.read(io.StringIO("code;color;day\n2;blue;01.01.2026\n"))


def test_without_a_target_and_with_amounts() -> None:
    alone = datasets.read_csv(io.StringIO("a,b\n1,x\n2,y\n"))
    assert alone.y is None and alone.names == ("a", "b=x", "b=y") and alone.classes == ()
    _, amounts = datasets.read_csv(io.StringIO("a,b\n1,0.5\n2,1.5\n"), "b")
    assert amounts is not None and amounts.tolist() == [0.5, 1.5] and amounts.dtype == np.float64
    classes = datasets.read_csv(io.StringIO("a,b\n1,0.5\n2,1.5\n"), "b", task="classification")
    assert classes.classes == ("0.5", "1.5")
    asked = datasets.read_csv(io.StringIO("a,b\n03/04/1970,1\n04/04/1970,2\n"), "b", day_first=True)
    assert asked.x[:, 0].tolist() == [92, 93]


def test_a_network_learns_from_it() -> None:
    rows = "".join(f"{i},{'ab'[i % 2]},{10 * i + 500 * (i % 2)}\n" for i in range(100))
    x, y = datasets.read_csv(io.StringIO("n,k,y\n" + rows), "y")
    net = Network([Normalization(), Dense(1)], seed=0)
    net.compile(optimizer=Adam(0.05))
    history = net.fit(x, (y - y.mean()) / y.std(), epochs=60, verbose=0).history["loss"]
    assert history[-1] < history[0] / 10


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"target": "z"}, TableError, "target 'z' is not there; the columns are 'a', 'b'"),
        ({"target": 3}, TypeError, "target: 3 is a int"),
        ({"target": "a", "task": "both"}, ValueError, "task: 'both'"),
        ({"target": "a", "ignore": ["a"]}, ValueError, "ignore: 'a' is the target"),
        ({"ignore": "a"}, TypeError, "ignore: 'a'; expected a list"),
        ({"ignore": ["z"]}, TableError, "ignore: column 'z' is not there"),
        ({"words": [3]}, TypeError, "words: "),
        ({"max_words": 0}, ValueError, "max_words: 0"),
        ({"dtype": "int8"}, ValueError, "dtype: 'int8'"),
        ({"encoding": "klingon"}, ValueError, "encoding: 'klingon' is unknown"),
        ({"day_first": 1}, TypeError, "day_first: 1"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        datasets.read_csv(io.BytesIO(b"a,b\n1,2\n2,4\n"), **options)


def test_wrong_sources(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        datasets.read_csv(tmp_path / "none.csv")
    with pytest.raises(IsADirectoryError):
        datasets.read_csv(tmp_path)
    with pytest.raises(TypeError, match="path: 5 is a int"):
        datasets.read_csv(5)
    with pytest.raises(TableError, match="table: not a complete gzip file"):
        datasets.read_csv(io.BytesIO(gzip.compress(TEXT.encode())[:-5]))


# ---- odd texts ----


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["1.234,50", "950", "12"], r"holds '1.234,50' and the like: write numbers without marks between thousands"),
        (["1'000", "2'500'000"], "marks between thousands"),
        (["1,5", "2,5"], "marks between thousands; a decimal comma needs semicolons between cells"),
        (["1 000", "1 500"], "marks between thousands"),
    ],
)
def test_numbers_as_people_write_them_are_no_words(column: list[str], words: str) -> None:
    with pytest.raises(TableError, match=words):
        datasets.read_csv(io.StringIO("x,y\n" + "".join(f'"{cell}",1\n' for cell in column)))


def test_the_longest_cell_is_this_readers_affair() -> None:
    before = csv.field_size_limit()
    table = parse(b"a,b\n" + b"x" * 300_000 + b",1\n", "t")
    assert len(table.columns["a"][0]) == 300_000 and csv.field_size_limit() == before
    with pytest.raises(TableError, match=r"more than 10,000,000 characters; a quote may never have been closed"):
        parse(b'a,b\n"' + b"x" * 10_000_001 + b'",1\n', "t")
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("x,y\n03/04/2024,a\n05/06/2024,b\n", "day and month cannot be told apart"),
        (
            "x,y\n31/12/2024,a\n12/31/2024,b\n1/13/2024,a\n",
            "in '31/12/2024' (line 2) the day is first, in '12/31/2024' (line 3) the month",
        ),
        ("x;y\n1.234,50;a\n2.345,00;b\n", "without marks between thousands"),
        ("x,y\n1/2/24,a\n3/4/24,b\n", "years with four digits"),
        (gzip.compress(b"x,y\n1,a\n", mtime=0)[:-4], "not a complete gzip file"),
        (b"x,y\n1,\xe4\n", "line 2 is not UTF-8"),
        ("x,x\n1,a\n", "two columns are called 'x'"),
        ("x,y\n1,a,2\n", "line 2 has 3 cells"),
        ("", "empty"),
        ("x,y\n", "only a line of names"),
        ("x,y\n1,a\0\n", "zero bytes"),
    ],
)
def test_the_command_line_says_one_sentence(
    content: bytes | str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SystemExit) as leaving:
        sys.exit(main(["train", str(path), "--target", "y", "--val", "0", "-q"]))
    out, err = capsys.readouterr()
    assert leaving.value.code == 2 and out == "" and err.count("\n") == 1 and words in err


PIECES = [
    b"a", b"1", b",", b";", b"\t", b"|", b'"', b"\n", b"\r\n", b"\r", b" ", b"\0", b"\xe9", b"\xef\xbb\xbf", b"1,5",
    b"-", b"NA", b"inf", b"nan", b"1e999", b"2024-01-01", b"31.12.2024", b"12/31/2024", b"18:30", b"1_0", b"\xff\xfe",
    b"x,y\n", b"\x1f\x8b", b"a,b,y\n", b"1,2,3\n", b"4,5,6\n", b"=1+1", b"0x10", b"\xc2\xa0", b"\x0b", b"\x1c", b"''",
    b"9" * 400, b"\xd9\xa1", b"\xd9\xa1/\xd9\xa2/2024",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_a_table_or_one_sentence(seed: int) -> None:
    """A thousand made of what tables go wrong by; and a good one with some bytes changed."""
    draw, good = random.Random(seed), TEXT.replace(";", ",").replace("1,5", "1.5").replace("3,25", "3.25").encode()
    tables = 0
    for turn in range(1000):
        content = bytearray(b"".join(draw.choices(PIECES, k=draw.randrange(1, 40))) if turn % 2 else good)
        for _ in range(draw.randrange(4)):
            place = draw.randrange(len(content))
            content[place : place + draw.randrange(2)] = draw.choice(PIECES)
        try:
            found = datasets.read_csv(io.BytesIO(bytes(content)), draw.choice([None, "y"]))
        except TableError as reason:
            assert "\n" not in str(reason) and len(str(reason)) < 2000
        else:
            tables += 1
            assert found.x.shape == (len(found.x), len(found.names)) and len(found.x)
            assert found.y is None or len(found.y) == len(found.x)
    assert 20 < tables < 980
