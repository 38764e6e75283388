"""Data of other libraries and from the disk: the numbers of the plain array, or an error with the column's name.

Strides, byte orders and types of plain arrays are test_data.py's; sparse rows are test_sparse_rows.py's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import Dense, Network, Rescaling
from pynn.training import checks
from pynn.training.checks import as_array

RNG = np.random.default_rng(8)
X = RNG.integers(0, 5, (40, 3)).astype(np.float64)
Y = RNG.integers(0, 2, 40)
FLAGS = (X > 2).astype(np.float64)


# ---- pandas ----


def frame(**columns: Any) -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(X, columns=list("abc")).assign(**columns)


PANDAS: dict[str, Any] = {
    "floats": lambda pd: frame(),
    "nullable integers": lambda pd: frame().astype("Int64"),
    "nullable floats": lambda pd: frame().astype("Float32"),
    "some nullable": lambda pd: frame(b=pd.array(X[:, 1].astype(int), dtype="UInt8")),
    "integers beside floats": lambda pd: frame(b=X[:, 1].astype("i1")),
    "categories that are numbers": lambda pd: frame(b=pd.Categorical(X[:, 1].astype(int))),
    "a name twice": lambda pd: frame().set_axis(["a", "a", "b"], axis=1),
    "rows picked": lambda pd: pd.concat([frame(), frame()]).iloc[:40],
    "sparse columns": lambda pd: frame(b=pd.arrays.SparseArray(X[:, 1])),
}


@pytest.mark.parametrize("kind", PANDAS)
def test_pandas_frames(kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    np.testing.assert_array_equal(as_array("x", PANDAS[kind](pandas)), X)


def test_pandas_flags_among_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    expected = np.column_stack([X[:, 0], FLAGS[:, 1], X[:, 2]])
    for flags in (X[:, 1] > 2, pandas.array(X[:, 1] > 2, dtype="boolean")):
        np.testing.assert_array_equal(as_array("x", frame(b=flags)), expected)
    np.testing.assert_array_equal(as_array("x", frame() > 2), FLAGS)
    assert as_array("x", frame().astype("float32").assign(b=X[:, 1] > 2)).dtype == np.float32


def test_pandas_numbers_are_not_copied() -> None:
    table = frame()
    assert np.shares_memory(as_array("x", table), table.to_numpy())


@pytest.mark.parametrize(
    ("columns", "error", "words"),
    [
        ({"b": list("xy") * 20}, TypeError, "x: column 'b' holds strings; expected numbers"),
        ({"b": np.datetime64("2024-01-01")}, TypeError, "x: column 'b' holds datetime64"),
        ({"b": [None, 1] * 20}, ValueError, "x: nan at row 0, column 1"),
        ({"b": [[1]] * 40}, TypeError, r"x: column 'b' holds objects \(list\)"),
        ({"b": [1 + 1j] * 40}, TypeError, "x: column 'b' holds complex128"),
        ({7: list("xy") * 20}, TypeError, "x: column '7' holds strings"),
    ],
)
def test_pandas_columns_that_are_no_numbers_are_named(columns: Any, error: type[Exception], words: str) -> None:
    table = frame()
    for label, values in columns.items():
        table[label] = values
    with pytest.raises(error, match=words):
        Network([Dense(1)]).fit(table, Y, verbose=0)


def test_nullable_columns_of_older_pandas() -> None:
    """They hand over objects, and numbers when asked."""

    class Kind:
        kind = "i"

    class Series:
        dtype = Kind()

        def to_numpy(self, dtype: Any = object, na_value: Any = None) -> np.ndarray:
            return np.array([1, na_value, 3], dtype)

    np.testing.assert_array_equal(as_array("y", Series()), [1, np.nan, 3])


def test_pandas_missing_numbers_are_named() -> None:
    table = frame().astype("Int64")
    table.iloc[3, 1] = None
    with pytest.raises(ValueError, match="x: nan at row 3, column 1"):
        Network([Dense(1)]).fit(table, Y, verbose=0)


@pytest.mark.parametrize("dtype", ["int64", "Int64", "boolean", "category", "Float64"])
def test_pandas_targets(dtype: str) -> None:
    pandas = pytest.importorskip("pandas")
    y = pandas.Series(Y.astype(bool) if dtype == "boolean" else Y).astype(dtype)
    nets = [Network([Dense(2, "softmax")], seed=1) for _ in range(3)]
    for net, given in zip(nets, (Y, y, y.to_frame()), strict=True):
        net.fit(X, given, verbose=0)
    assert len({net.fingerprint() for net in nets}) == 1


# ---- polars ----


def table(**columns: Any) -> Any:
    polars = pytest.importorskip("polars")
    made = polars.DataFrame(X, schema=list("abc"))
    return made.with_columns(**columns)


def test_polars_frames() -> None:
    pl = pytest.importorskip("polars")
    for made in (table(), table().cast(pl.Int8), table(b=pl.col("b").cast(pl.UInt16)), table().rechunk()):
        np.testing.assert_array_equal(as_array("x", made), X)
    np.testing.assert_array_equal(
        as_array("x", table(b=pl.col("b") > 2)), np.column_stack([X[:, 0], FLAGS[:, 1], X[:, 2]])
    )
    parts = pl.concat([table()[:10], table()[10:]], rechunk=False)
    np.testing.assert_array_equal(as_array("x", parts), X)
    np.testing.assert_array_equal(as_array("y", pl.Series(Y)), Y)


def test_polars_columns_that_are_no_numbers_are_named() -> None:
    pl = pytest.importorskip("polars")
    for column, words in (
        (pl.lit("x"), "x: column 'b' holds strings"),
        (pl.lit("x").cast(pl.Categorical), "x: column 'b' holds strings"),
        (pl.lit("2024-01-01").str.to_date(), "x: column 'b' holds datetime64"),
        (pl.concat_list("a", "c"), r"x: column 'b' holds objects \(ndarray\)"),
    ):
        with pytest.raises(TypeError, match=words):
            as_array("x", table(b=column))
    with pytest.raises(ValueError, match="x: nan at row"):
        Network([Dense(1)]).fit(table(b=pl.when(pl.col("b") > 2).then(pl.col("b"))), Y, verbose=0)
    with pytest.raises(TypeError, match="x: a LazyFrame is no array"):
        as_array("x", table().lazy())


# ---- tensors that offer DLPack alone ----


class Tensor:
    """As a library has it that knows nothing of NumPy."""

    def __init__(self, array: np.ndarray, device: tuple[int, int] = (1, 0)) -> None:
        self.array, self.device = array, device

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, **options: Any) -> Any:
        if self.device[0] != 1:
            raise BufferError("memory of another device cannot be exported to the CPU")
        return self.array.__dlpack__(**options)


class OldTensor(Tensor):
    """Before versions were exchanged: no keywords but `stream`."""

    def __dlpack__(self, stream: Any = None) -> Any:  # type: ignore[override]
        return self.array.__dlpack__()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u1", "i2", "i8", "?"])
@pytest.mark.parametrize("kind", [Tensor, OldTensor])
def test_tensors_are_read_where_they_lie(dtype: str, kind: type[Tensor]) -> None:
    for x in (X.astype(dtype), X.astype(dtype).T.copy().T, np.repeat(X, 2, axis=1).astype(dtype)[:, ::2]):
        found = as_array("x", kind(x))
        assert found.dtype == x.dtype and np.shares_memory(found, x)
        np.testing.assert_array_equal(found, x)


def test_tensors_elsewhere_are_refused() -> None:
    with pytest.raises(TypeError, match="x: the Tensor cannot be read as an array of numbers: memory of"):
        Network([Dense(1)]).fit(Tensor(X, (2, 0)), Y, verbose=0)


def test_torch_tensors() -> None:
    torch = pytest.importorskip("torch")
    x = torch.arange(12.0).reshape(4, 3)
    np.testing.assert_array_equal(as_array("x", x), x.numpy())


# ---- plain arrays, from the front door ----


def test_bytes_and_a_scale() -> None:
    """Images as they are, with Rescaling, and the same numbers scaled by hand: one rounding each, in float64."""
    images = RNG.integers(0, 256, (30, 5, 5), dtype=np.uint8)
    one = Network([Rescaling(1 / 255), Dense(4, "tanh"), Dense(2, "softmax")], dtype="float64", seed=2)
    two = Network([Dense(4, "tanh"), Dense(2, "softmax")], dtype="float64", seed=2)
    one.fit(images, Y[:30], epochs=2, verbose=0)
    two.fit(images.reshape(30, 25) * (1 / 255), Y[:30], epochs=2, verbose=0)
    assert one.fingerprint() == two.fingerprint()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (X.astype(object), r"x: an object array \(of float\); expected numbers of one type, for example after .astype"),
        (np.array([["a", 1, None]], dtype=object), "x: strings are not possible"),
        (np.array([[None, 1, 2]], dtype=object), r"x: an object array \(of NoneType, int\)"),
        (X.astype("M8[s]"), "x: datetime64"),
        (X.astype(complex), "x: complex128 is not possible"),
        ((row for row in X), "x: a generator is no array of numbers; batches come without y"),
        ({1, 2}, "x: a set is no array of numbers"),
    ],
)
def test_what_is_no_array_of_numbers(given: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Network([Dense(1)]).fit(given, Y, verbose=0)


# ---- data sets larger than memory ----

CAPPED = """
import resource, sys
import numpy as np
from pynn import Dense, Network, Normalization, Rescaling
rows = np.{load}
labels = np.arange(len(rows)) % 3
net = Network([Rescaling(1 / 255), Normalization(), Dense(2, "relu"), Dense(3, "softmax")], engine="native", threads=1)
net.fit(rows[:300], labels[:300], verbose=0)
own = int(next(line for line in open("/proc/self/status") if line.startswith("VmData")).split()[1]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (own + (24 << 20),) * 2)  # private memory; maps of files do not count
try:
    rows + 1
except MemoryError:
    print("a copy is not possible")
net = Network([Rescaling(1 / 255), Normalization(), Dense(2, "relu"), Dense(3, "softmax")], engine="native", threads=1)
net.fit(rows, labels, batch_size=1024, validation_split=0.25, shuffle={shuffle}, verbose=0)
print(net.predict(rows).shape, "loss" in net.evaluate(rows, labels))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_DATA counts private memory on Linux alone")
@pytest.mark.parametrize("shuffle", [True, False, "blocks"])
@pytest.mark.parametrize("kind", ["npy", "raw"])
def test_a_file_larger_than_memory(tmp_path: Path, kind: str, shuffle: Any) -> None:
    """128 MB of bytes, where no more than 24 MB may be had: learned from, judged, answered."""
    pytest.importorskip("pynn.engine._native")
    path, shape = tmp_path / f"rows.{kind}", (32 * 1024, 4096)
    if kind == "npy":
        made = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
        load = f"load({str(path)!r}, mmap_mode='r')"
    else:
        made = np.memmap(path, np.uint8, "w+", shape=shape)
        load = f"memmap({str(path)!r}, np.uint8, 'r', shape={shape})"
    made[::100] = np.arange(4096, dtype=np.uint8)
    made.flush()
    code = CAPPED.format(load=load, shuffle=repr(shuffle))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100,
        cwd=Path(checks.__file__).parents[2], env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.stdout == "a copy is not possible\n(32768, 3) True\n", done.stderr[-500:]


def test_wide_sparse_rows_are_never_all_unfolded() -> None:
    """320 MB in full, blocks of at most 64 MB; csc and coo, too, which become csr."""
    sparse = pytest.importorskip("scipy.sparse")
    thin = sparse.random(4000, 20_000, 0.0005, "csr", np.float32, rng=RNG)
    for x in (thin, thin.tocsc(), thin.tocoo()):
        net = Network([Dense(1)])
        tracemalloc.start()
        net.fit(x, np.zeros(4000), batch_size=256, verbose=0)
        net.predict(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2 * 64e6 + 30e6  # a block, once more while it is put into order, and what is in it
