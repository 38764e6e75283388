"""The two ways from text to cells and to numbers give the same: with NumPy all at once, and cell by cell."""

from __future__ import annotations

import csv
import io
import random
import sys

import numpy as np
import pytest

from pynn.tables import decimals, parse, separated
from pynn.tables.columns import Spans, Strings

TEXT = 'name,n,when\nred,1.5,2024-01-01\n"blue, dark",-2,2024-01-02\ngrün,,\n red,3e2,2024-01-04\n'


def both_ways(text: str, mark: str = ",") -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    at_once = separated._at_once(text.encode(), mark, "t")
    assert at_once is not None
    one_by_one = separated._one_by_one(text, mark, "t")
    assert list(at_once[1]) == list(one_by_one[1])
    return dict(at_once[0]), dict(one_by_one[0])


@pytest.mark.parametrize(
    "text",
    [TEXT, TEXT[:-1], TEXT.replace("\n", "\r\n"), TEXT.replace(",1", ", 1"), TEXT.replace("red", '""'),
     TEXT.replace("red", '" red"'), TEXT.replace("grün", "日本"), "a,b\n,\n", 'a,b\n1, "x, y"\n', "a,b\n1,2\n"],
)  # fmt: skip
def test_usual_text_is_split_at_once(text: str) -> None:
    at_once, one_by_one = both_ways(text)
    assert at_once == one_by_one


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n\n3,4\n", 'a,b\n"x ""y""",2\n', 'a,b\n"x\ny",2\n', "a,b\n1,2,3\n", "a\n1\n", 'a,b\nx"y,2\n',
     'a,b\n"x",\n"\n', "a,b\n1\n2,3,4\n"],
)  # fmt: skip
def test_other_text_is_left_to_the_csv_module(text: str) -> None:
    assert separated._at_once(text.encode(), ",", "t") is None


def test_any_cells_are_split_alike() -> None:
    draw, split = random.Random(1), 0
    for _ in range(400):
        letters = draw.choice(["ab,é ", 'ab"', "ab\n\r", 'a,;"\n 1.é'])
        rows = [["".join(draw.choices(letters, k=draw.randrange(6))) for _ in "12"] for _ in "abcd"]
        text = io.StringIO()
        csv.writer(text, quoting=draw.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])).writerows([["one", "two"], *rows])
        if separated._at_once(text.getvalue().encode(), ",", "t") is None:
            continue
        split += 1
        at_once, one_by_one = both_ways(text.getvalue())
        assert at_once == one_by_one
    assert split > 50


def spans(cells: list[str]) -> Spans:
    found = parse("x,y\n" + "".join(f"{cell},1\n" for cell in cells), "t").columns.cells["x"]
    assert isinstance(found, Spans)
    return found


def written(draw: random.Random) -> str:
    """A number as programs write them, or nearly one."""
    kind = draw.randrange(6)
    if kind == 0:
        return str(draw.randrange(-(10 ** draw.randrange(1, 20)), 10 ** draw.randrange(1, 20)))
    if kind == 1:
        return repr(draw.gauss(0, 1) * 10.0 ** draw.randrange(-5, 17))
    if kind == 2:
        return f"{draw.gauss(0, 1) * 10.0 ** draw.randrange(-3, 9):.{draw.randrange(18)}f}"
    if kind == 3:
        return "".join(draw.choices("0123456789.", k=draw.randrange(1, 26)))
    if kind == 4:
        return "".join(draw.choices("0123456789.+-eE _naif", k=draw.randrange(1, 26))).strip()
    return draw.choice(
        [
            "+.5",
            "-.5",
            "5.",
            ".",
            "-",
            "+",
            "0",
            "-0",
            "00",
            "-0.0",
            "0.0000000000000000000001",
            "0.00000012345678901234567",
            "",
        ]
    )


def test_a_number_is_the_one_that_float_reads() -> None:
    """Bit for bit; and most that can be read are read."""
    draw = random.Random(4)
    cells = [written(draw) for _ in range(60_000)]
    values, good = spans(cells).numbers()
    plain = 0
    for cell, value, known in zip(cells, values.tolist(), good.tolist(), strict=True):
        if known:
            expected = float(cell)
            assert value == expected and np.signbit(value) == np.signbit(expected), cell
            assert "_" not in cell
        else:
            digits = (cell[1:] if cell[:1] in "+-" else cell).replace(".", "", 1)
            plain += digits.isascii() and digits.isdecimal() and len(digits) <= 15
    assert plain == 0 and good.mean() > 0.5


def test_numbers_half_way_between_two_are_left_to_float() -> None:
    """2^53 + 1 lies in the middle between two float64, and so do its neighbours' quotients by powers of two."""
    ties = [str((2**53 + 2 * k + 1) * 2**e) for k in range(40) for e in range(6)]
    ties += [f"{2**53 + 2 * k + 1}.0" for k in range(9)] + [f"{2**52 + k}.5" for k in range(40)]
    values, good = spans(ties).numbers()
    assert not good.any() and np.isnan(values).all()
    near = [str((2**53 + 2 * k + 1) * 64 + d) for k in range(40) for d in (-1, 1)]
    values, good = spans(near).numbers()
    assert good.all() and values.tolist() == list(map(float, near))


def test_different_texts_are_found_with_their_rows() -> None:
    draw = random.Random(5)
    for letters, most in (("ab", 3), ("ab", 9), ("abé日", 26), ("a", 40)):
        cells = ["".join(draw.choices(letters, k=draw.randrange(most))) for _ in range(500)]
        column = spans(cells)
        texts, codes = column.distinct
        assert texts == list(dict.fromkeys(cells)) and [texts[code] for code in codes] == cells
        strings, same = Strings(tuple(cells)).distinct
        assert strings == texts and same.tolist() == codes.tolist()
        assert column.texts == tuple(cells) and column.take(np.array([7, 3])).texts == (cells[7], cells[3])


def test_the_way_is_by_the_places_of_bytes_on_any_machine() -> None:
    """Words of eight bytes are read as little-endian ones, whatever the machine's own order is."""
    assert decimals.KEPT[8] == 0 and decimals.KEPT[0] == 2**64 - 1 and sys.byteorder in ("little", "big")
    values, good = spans(["12345678", "1234567.8", "123456789.12345678"]).numbers()
    assert good.all() and values.tolist() == [12345678, 1234567.8, 123456789.12345678]
