"""Means and variances of rows that lie in no array: sparse ones, and batches as they come; against exact fractions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pynn import Dense, Network, Normalization, Rescaling
from pynn.rows import sparse as sparse_rows
from pynn.rows.moments import is_batches

RNG = np.random.default_rng(5)
X = RNG.normal(3, 2, (203, 4))
Y = RNG.integers(0, 2, 203)
SIZES = [1, 50, 2, 150]


def cut() -> list[Any]:
    """Pairs of unequal sizes."""
    ends = np.cumsum(SIZES)
    return [(X[end - size : end], Y[end - size : end]) for end, size in zip(ends, SIZES, strict=True)]


class Again:
    """What can be gone through again, but has no length."""

    def __init__(self) -> None:
        self.passes = 0

    def __iter__(self) -> Iterator[Any]:
        self.passes += 1
        return iter(cut())


class Indexed:
    def __len__(self) -> int:
        return len(cut())

    def __getitem__(self, place: int) -> Any:
        return cut()[place]


WAYS: dict[str, Any] = {
    "generator": lambda: (item for item in cut()),
    "of arrays": lambda: iter([x for x, _ in cut()]),
    "with weights": lambda: ((x, y, y) for x, y in cut()),
    "list": cut,
    "tuple": lambda: tuple(cut()),
    "sequence": Indexed,
    "again": Again,
}


def assert_close_to_exact(layer: Normalization, x: np.ndarray, parts: int) -> None:
    """Within the roundings of one pass: each term meets at most `rows` additions and six operations for each part."""
    u, rows = Fraction(1, 2**53), len(x)
    assert layer.mean is not None and layer.variance is not None
    for column, mean, variance in zip(x.T.tolist(), layer.mean.tolist(), layer.variance.tolist(), strict=True):
        exact = [Fraction(value) for value in column]
        middle = sum(exact) / rows
        spread = sum((value - middle) ** 2 for value in exact) / rows
        error = 2 * (rows + 6 * parts) * u * max(map(abs, exact))
        assert abs(Fraction(mean) - middle) <= error
        widest = max(abs(value - middle) for value in exact)
        assert abs(Fraction(variance) - spread) <= 2 * (rows + 6 * parts) * u * spread + 4 * error * widest + error**2


@pytest.mark.parametrize("way", WAYS)
def test_batches_are_learned_from_in_one_pass(way: str) -> None:
    layer = Normalization().adapt(WAYS[way]())
    assert_close_to_exact(layer, X, 4)
    np.testing.assert_array_equal(layer.mean, Normalization().adapt(cut()).mean)


def test_numbers_far_from_zero_lose_nothing() -> None:
    """The naive difference of squares would be off by more than the variance itself."""
    x = X + 2.0**30
    layer = Normalization().adapt(x[i : i + 7] for i in range(0, len(x), 7))
    assert_close_to_exact(layer, x, 29)


def test_one_batch_is_the_array() -> None:
    one, array = Normalization().adapt([(X, Y)]), Normalization().adapt(X)
    assert one == array


@pytest.mark.parametrize("way", ["list", "sequence", "again"])
def test_fit_learns_from_all_batches_before_the_first_step(engine: str, way: str) -> None:
    given = WAYS[way]()
    net = Network([Rescaling(0.5, -1), Normalization(), Dense(2, "softmax")], engine=engine)
    net.fit(given, epochs=2, verbose=0)
    layer = net.layers[1]
    assert isinstance(layer, Normalization)
    assert_close_to_exact(Normalization().adapt(cut()), X, 4)
    expected = Normalization().adapt(cut())
    assert expected.mean is not None and expected.variance is not None
    np.testing.assert_array_equal(layer.mean, expected.mean * 0.5 - 1)
    np.testing.assert_array_equal(layer.variance, expected.variance * 0.25)
    if way == "again":
        assert given.passes == 4  # the first item, a look at all, and two epochs less the one that was begun
    before = net.layers[1].mean
    net.fit(given, epochs=1, verbose=0)
    assert net.layers[1].mean is before


def test_an_endless_source_is_looked_at_for_an_epoch() -> None:
    class Endless:
        def __iter__(self) -> Iterator[Any]:
            while True:
                yield from cut()

    net = Network([Normalization(), Dense(2, "softmax")])
    net.fit(Endless(), epochs=1, steps_per_epoch=4, verbose=0)
    assert net.layers[0] == Normalization().adapt(cut())


def test_what_comes_only_once_says_what_to_do() -> None:
    net = Network([Normalization(), Dense(2, "softmax")])
    with pytest.raises(ValueError, match=r"come only once; adapt it before, layer.adapt\(rows or batches\), or give"):
        net.fit(iter(cut()), verbose=0)
    layer = Normalization().adapt(iter(cut()))
    Network([layer, Dense(2, "softmax")]).fit(iter(cut()), verbose=0)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (iter([]), ValueError, "x: no batch came"),
        ([(X, Y), (X[:, :3], Y)], ValueError, "batches of 4 and of 3 features"),
        (iter([X, X * np.nan]), ValueError, "x of batch 1: nan at row 0, column 0"),
        (iter([(X, Y), ("words", Y)]), TypeError, "x of batch 1: "),
        (iter([X * 1e200, X]), ValueError, "too large for their variance"),
        ({"a": 1}, TypeError, "x: "),
        ("words", TypeError, "x: "),
        (5, ValueError, "x: shape"),
    ],
)
def test_wrong_batches(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Normalization().adapt(given)


def test_rows_are_not_taken_for_batches() -> None:
    for rows in (X, X.tolist(), tuple(X.tolist()), [X[0], X[1]], [X, X], [(1.0, 2.0), (3.0, 4.0)], [], memoryview(X)):
        assert not is_batches(rows)
    assert Normalization().adapt([X.reshape(203, 2, 2)[0], X.reshape(203, 2, 2)[1]]).mean.size == 4  # two images


# ---- sparse rows ----


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 700, 1024, 1025, 2900])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "bool"])
def test_sparse_moments_have_the_bits_of_full_rows(rows: int, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sparse, native = pytest.importorskip("scipy.sparse"), pytest.importorskip("pynn.engine._native")
    monkeypatch.setattr(sparse_rows, "ROWS", 512)  # two chunks: several blocks, and a last one that is not full
    draw = np.random.default_rng(rows)
    full = np.where(draw.random((rows, 9)) < 0.3, draw.normal(0, 40, (rows, 9)), 0).astype(dtype)
    layer, (mean, variance) = Normalization().adapt(sparse.csr_matrix(full)), native.moments(full)
    assert layer.mean.tobytes() == mean.tobytes() and layer.variance.tobytes() == variance.tobytes()


def test_sparse_batches() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    thin = [(sparse.csr_array(x), y) for x, y in cut()]
    assert Normalization().adapt(iter(thin)) == Normalization().adapt(cut())
