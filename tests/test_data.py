"""Reading the caller's arrays where they lie: every type, stride, alignment and byte order.

A linear network whose weights are the identity predicts what it has gathered, so both engines must
return x rounded to their own type, with tiny values and -0 as +0. Also the two looks over a
whole array: the first value that is not finite, and the moments.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pynn.engine.data import Data
from pynn.engine.plan import LayerPlan, build_plan

TYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
ROWS, COLS = 9, 36


@pytest.fixture(params=["reference", "native"])
def engine_module(request):
    return pytest.importorskip("pynn.engine._native" if request.param == "native" else "pynn.engine.reference")


@pytest.fixture
def native():
    return pytest.importorskip("pynn.engine._native")


def values(code):
    """Finite values of a type: its extremes, the neighbours of halfway cases, and any bits."""
    dtype = np.dtype(code)
    raw = np.random.default_rng(7).integers(0, 256, ROWS * COLS * dtype.itemsize, dtype=np.uint8)
    x = (raw % 2 == 1) if dtype.kind == "b" else raw.view(dtype).copy()
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        edges = [info.min, info.max, 0, 1, info.max // 3, info.min // 3]
        for bits in (24, 25, 53, 54):  # where a float or a double must round, and to which side
            edges += [2**bits + d for d in range(-3, 8)] + [3 * 2**bits + d for d in range(-3, 8)]
        edges = [edge for edge in edges if info.min <= edge <= info.max]
        x[: len(edges)] = edges
    if dtype.kind == "f":
        info = np.finfo(dtype)
        x[~np.isfinite(x)] = 1
        tiny = info.smallest_subnormal
        edges = [0.0, -0.0, info.tiny, -info.tiny, tiny, -tiny, info.max, -info.max, info.tiny - tiny, 1 + info.eps]
        x[: len(edges)] = edges
        if code == "f8":  # finite in a float, too; halfway between floats
            x[len(edges) - 4 : len(edges) - 2] = [float(np.finfo("f4").max), -float(np.finfo("f4").max)]
            x[20:26] = [1 + 2.0**-24, 1 + 3 * 2.0**-24, 1 + 2.0**-24 + 2.0**-52, 2.0**-126, 2.0**-127, 2.0**-149]
            x[np.abs(x) > float(np.finfo("f4").max)] = 0.1
    return x.reshape(ROWS, COLS)


def misaligned(x):
    room = bytearray(x.nbytes + 1)
    view = np.frombuffer(room, x.dtype, x.size, 1).reshape(x.shape)
    view[...] = x
    return view


LAYOUTS = {
    "contiguous": lambda x: x,
    "columns first": np.asfortranarray,
    "gap after a row": lambda x: np.pad(x, ((0, 0), (0, 3)))[:, :COLS],
    "rows backwards": lambda x: x[::-1],
    "columns backwards": lambda x: x[:, ::-1],
    "every third": lambda x: x[::2, 1::3],
    "one row for all": lambda x: np.broadcast_to(x[3], x.shape),
    "one value for a row": lambda x: np.broadcast_to(x[:, :1], x.shape),
    "images": lambda x: x.reshape(ROWS, 6, 6),
    "transposed images": lambda x: x.reshape(ROWS, 6, 3, 2).transpose(0, 3, 1, 2),
    "misaligned": misaligned,
    "other byte order": lambda x: x.astype(x.dtype.newbyteorder("S")),
    "other byte order, backwards": lambda x: x.astype(x.dtype.newbyteorder("S"))[:, ::-1],
    "other byte order, misaligned": lambda x: misaligned(x.astype(x.dtype.newbyteorder("S"))),
    "read only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}


def stored(x, dtype):
    """x as an engine keeps it: rounded once, tiny values and -0 as +0."""
    with np.errstate(under="ignore"):
        y = x.reshape(len(x), -1).astype(dtype)
    return np.where(np.abs(y) < np.finfo(dtype).tiny, dtype.type(0), y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("code", TYPES)
def test_rows_of_any_type_and_layout(engine_module, code, layout, dtype):
    x = LAYOUTS[layout](values(code))
    before = x.tobytes()
    n = int(np.prod(x.shape[1:]))
    engine = engine_module.Engine(build_plan(n, [LayerPlan(n, n, "linear", use_bias=False)], dtype=dtype))
    engine.set_params(np.eye(n, dtype=dtype).reshape(-1))
    got, expected = engine.predict(Data(x)), stored(x, np.dtype(dtype))
    assert got.dtype == dtype
    assert got.tobytes() == expected.tobytes()
    assert x.tobytes() == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_half(engine_module, dtype):
    x = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(-1, 1)  # infinities and NaN, too
    engine = engine_module.Engine(build_plan(1, [LayerPlan(1, 1, "linear", use_bias=False)], dtype=dtype))
    engine.set_params(np.ones(1, dtype))
    got, expected = engine.predict(Data(x)), stored(x, np.dtype(dtype))
    is_nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(got), is_nan)
    assert got[~is_nan].tobytes() == expected[~is_nan].tobytes()


# ---- the first number outside some limits ----

FINITE = -np.finfo("f8").max, np.finfo("f8").max


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, -np.nan])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (3, 5000), (1, 4097), (300, 11)])
@pytest.mark.parametrize("code", ["f2", "f4", "f8"])
def test_first_outside(engine_module, code, shape, bad):
    first_outside = engine_module.first_outside
    info = np.finfo(code)
    x = np.resize(np.array([info.max, -info.max, info.smallest_subnormal, -0.0, 1.0], code), shape)
    assert first_outside(x, *FINITE) is None
    places = {(shape[0] - 1, shape[1] - 1), (shape[0] // 2, shape[1] // 2), (0, shape[1] - 1), (0, 0)}
    for row, column in sorted(places, reverse=True):  # each one before the last
        x[row, column] = bad
        swapped = x.astype(x.dtype.newbyteorder("S"))
        for same in (x, np.asfortranarray(x), np.pad(x, ((0, 0), (0, 1)))[:, :-1], misaligned(x), swapped):
            assert first_outside(same, *FINITE) == (row, column)
    back = x[::-1, ::-1]
    assert first_outside(back, *FINITE) == tuple(int(i) for i in np.argwhere(~np.isfinite(back))[0])


def test_first_outside_counts_flat_columns(engine_module):
    x = np.zeros((4, 5, 6))
    x[2, 3, 1] = np.nan
    assert engine_module.first_outside(x, *FINITE) == (2, 19)
    assert engine_module.first_outside(x.transpose(0, 2, 1), *FINITE) == (2, 8)


@pytest.mark.parametrize("code", TYPES[:9])
def test_integers_are_finite(engine_module, code):
    ones = np.frombuffer(b"\xff" * 64 if code != "?" else b"\x01" * 64, code).reshape(2, -1)  # as floats: NaN
    assert engine_module.first_outside(ones, *FINITE) is None


@pytest.mark.parametrize("code", TYPES)
def test_limits(engine_module, code):
    """The limits themselves are inside; the first one beyond is found, in each type and wherever it stands."""
    x = np.ones((5, 700), code)
    x[3, 600] = 0
    assert engine_module.first_outside(x, 0, 1) is None
    assert engine_module.first_outside(x, np.nextafter(0.0, 1), 1) == (3, 600)
    assert engine_module.first_outside(x, 0, np.nextafter(1.0, 0)) == (0, 0)
    assert engine_module.first_outside(x[:, 600], 1, 1) == (3, 0)  # numbers in one dimension are rows of one
    assert engine_module.first_outside(x[:0], 1, 1) is None
    assert engine_module.first_outside(x[:, :0], 1, 1) is None
    for row in range(5):
        assert engine_module.first_outside(x[row:, 590:], 1, 1) == ((3 - row, 10) if row <= 3 else None)


def test_limits_between_floats(engine_module):
    """Numbers are compared as they are, in double: the largest float32 is not beyond itself, its neighbour is."""
    largest = float(np.finfo("f4").max)
    x = np.array([[largest, -largest], [np.nextafter(largest, np.inf), -1.0]])
    assert engine_module.first_outside(x, -largest, largest) == (1, 0)
    assert engine_module.first_outside(x.astype("f4"), -largest, largest) is None


# ---- mean and variance ----


def chain(x):
    total = np.zeros(x.shape[1])
    for row in x:
        total = total + row
    return total


def by_chunks(x):
    """Sums over rows by the rule: chains of 256 rows, neighbours joined level by level, an odd one promoted."""
    parts = [chain(x[first : first + 256]) for first in range(0, len(x), 256)]
    while len(parts) > 1:
        parts = [a + b for a, b in zip(parts[::2], parts[1::2], strict=False)] + parts[len(parts) // 2 * 2 :]
    return parts[0]


@pytest.mark.parametrize("rows", [1, 2, 255, 256, 257, 512, 513, 768, 1281, 1792, 2816, 4096])
def test_native_moments_follow_the_rule(native, rows):
    x = np.random.default_rng(rows).normal(3, 100, (rows, 5))
    mean, variance = native.moments(x)
    expected = by_chunks(x) / rows
    np.testing.assert_array_equal(mean, expected)
    np.testing.assert_array_equal(variance, by_chunks((x - expected) * (x - expected)) / rows)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("code", TYPES)
def test_moments_of_any_type_and_layout(engine_module, code, layout):
    x = LAYOUTS[layout](values(code))
    exact = [[Fraction(v) for v in row] for row in x.reshape(len(x), -1).tolist()]
    with np.errstate(over="raise"):
        mean, variance = engine_module.moments(x)
    n, u = len(exact), Fraction(1, 2**53)
    assert mean.dtype == variance.dtype == np.float64
    for column, m, v in zip(zip(*exact, strict=True), mean.tolist(), variance.tolist(), strict=True):
        true_mean = sum(column) / n
        # n roundings of each term at most (conversion, n - 1 sums, division), to first order; twice for the higher ones
        mean_error = 2 * (n + 1) * u * sum(map(abs, column)) / n
        assert abs(Fraction(m) - true_mean) <= mean_error + Fraction(1, 2**1074)
        # The mean's error moves a square by 2 |x - mean| e + e^2; converting x moves it by u |x|, alike
        spread = sum((value - true_mean) ** 2 for value in column) / n
        shift = mean_error + u * max(map(abs, column))
        distance = sum(abs(value - true_mean) for value in column) / n
        error = 2 * (n + 4) * u * (spread + shift**2) + 2 * shift * distance + shift**2 + Fraction(1, 2**1070)
        assert abs(Fraction(v) - spread) <= error
