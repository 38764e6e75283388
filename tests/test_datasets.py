"""The data sets against what is known of them, and the split against its promises."""

from __future__ import annotations

import gzip
import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from pynn import datasets
from pynn.datasets import digits


def test_iris_is_fishers() -> None:
    x, y = datasets.iris()
    assert x.shape == (150, 4) and x.dtype == np.float32
    assert y.shape == (150,) and np.bincount(y).tolist() == [50, 50, 50]
    # Fisher's table II: means of the species. Values have one decimal, so tenths are whole numbers.
    tenths = np.rint(x.astype(np.float64) * 10).astype(int)
    assert np.abs(tenths / 10 - x).max() < 1e-6
    assert (tenths.reshape(3, 50, 4).sum(axis=1) / 500).tolist() == [
        [5.006, 3.428, 1.462, 0.246],
        [5.936, 2.770, 4.260, 1.326],
        [6.588, 2.974, 5.552, 2.026],
    ]
    # the two rows that a widely copied file has wrong
    assert tenths[34].tolist() == [49, 31, 15, 2] and tenths[37].tolist() == [49, 36, 14, 1]


def test_iris_file_is_unchanged_and_names_agree() -> None:
    content = Path(datasets.__file__).with_name("iris.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == "9cc1c345c71bcc9b486b74cbf6063fa66f4bb5e0f603a4b3c3471ec2e5e8e355"
    lines = content.decode().splitlines()
    assert lines[0].split(",") == [*datasets.IRIS_FEATURES, "species"]
    assert {line.split(",")[4] for line in lines[1:]} == set(datasets.IRIS_SPECIES)


# ---- split ----


def test_split_takes_each_row_once_and_keeps_pairs() -> None:
    x = np.arange(101.0)[:, None]
    (a, ya), (b, yb) = datasets.split(x, np.arange(101) % 4, test=0.3)
    assert sorted([*a[:, 0], *b[:, 0]]) == list(range(101))
    assert (a[:, 0] % 4 == ya).all() and (b[:, 0] % 4 == yb).all()
    assert len(b) == 30
    assert (np.diff(a[:, 0]) < 0).any()  # shuffled


def test_split_is_the_documented_function_of_the_permutation() -> None:
    from pynn.engine.philox import permutation

    (x, _), (xt, _) = datasets.split(np.arange(20), np.zeros(20), test=5, seed=9, stratify=False)
    order = permutation(9, 4, 0, 20)
    assert xt.tolist() == order[:5].tolist() and x.tolist() == order[5:].tolist()


@pytest.mark.parametrize("labels", ["int", "bool", "string", "float", "one-hot", "column"])
def test_split_is_stratified_for_labels_of_any_kind(labels: str) -> None:
    y = np.repeat([0, 1], [70, 30])
    kinds = {
        "int": y,
        "bool": y > 0,
        "string": np.array(["no", "yes"])[y],
        "float": y.astype(np.float64),
        "one-hot": np.eye(2)[y],
        "column": y[:, None],
    }
    _, (_, yt) = datasets.split(np.arange(100), kinds[labels], test=0.2, seed=1)
    values = np.unique(yt, axis=0, return_counts=True)[1]
    assert sorted(values.tolist()) == [6, 14]


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ([50, 50, 50], 30, [10, 10, 10]),
        ([10, 17, 13], 7, [2, 3, 2]),  # 1.75, 2.975, 2.275
        ([3, 3, 3], 4, [2, 1, 1]),  # equal remainders: the lower class first
        ([1, 1, 98], 50, [0, 0, 50]),  # a class of one row stays in training
        ([1] * 10 + [10], 4, [0] * 10 + [4]),
        ([2, 2], 2, [1, 1]),
    ],
)
def test_shares(sizes: list[int], count: int, expected: list[int]) -> None:
    from pynn.datasets.splitting import shares

    assert shares(np.array(sizes), count) == expected


def test_split_depends_on_the_seed_alone(seed: int) -> None:
    x, y = datasets.iris()
    first, again = datasets.split(x, y, seed=seed), datasets.split(x, y, seed=seed)
    assert (first[0][0] == again[0][0]).all() and (first[1][0] == again[1][0]).all()
    assert (first[1][0] != datasets.split(x, y, seed=seed + 1)[1][0]).any()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"test": 0.0}, ValueError, "test: 0.0"),
        ({"test": 1.0}, ValueError, "test: 1.0"),
        ({"test": float("nan")}, ValueError, "test: nan"),
        ({"test": 10}, ValueError, "test: 10 of 10 rows"),
        ({"test": 0.01}, ValueError, "test: 0.01 of 10 rows"),
        ({"test": True}, TypeError, "test: "),
        ({"test": "0.2"}, TypeError, "test: "),
        ({"y": np.arange(9)}, ValueError, "x, y: "),
        ({"y": np.linspace(0, 1, 10)}, ValueError, "stratify: "),
        ({"y": np.arange(10)}, ValueError, "stratify: "),
    ],
)
def test_split_refuses(arguments: dict[str, object], error: type[Exception], words: str) -> None:
    given = {"x": np.arange(10), "y": np.arange(10) % 2, "test": 0.2} | arguments
    with pytest.raises(error, match=words):
        datasets.split(**given)


# ---- mnist, on small files of the same form ----


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()


def small_files() -> dict[str, bytes]:
    rows = {"train": 5, "t10k": 3}
    images = {f"{part}-images-idx3-ubyte": idx(np.arange(n * 6).reshape(n, 2, 3)) for part, n in rows.items()}
    labels = {f"{part}-labels-idx1-ubyte": idx(np.arange(n)) for part, n in rows.items()}
    return images | labels


@pytest.mark.parametrize("packed", [True, False])
def test_mnist_reads_a_folder(tmp_path: Path, packed: bool) -> None:
    for name, content in small_files().items():
        if packed:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (tmp_path / name).write_bytes(content)
    (x, y), (xt, yt) = datasets.mnist(tmp_path, verify=False)
    assert x.shape == (5, 2, 3) and x.dtype == np.uint8 and x.ravel().tolist() == list(range(30))
    assert xt.shape == (3, 2, 3) and yt.tolist() == [0, 1, 2]
    assert y.dtype == np.int64 and y.tolist() == [0, 1, 2, 3, 4]


def test_mnist_checks_the_contents(tmp_path: Path) -> None:
    for name, content in small_files().items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte .*SHA-256"):
        datasets.mnist(tmp_path)


def test_mnist_names_a_missing_file_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"path: .* train-images-idx3-ubyte\.gz"):
        datasets.mnist(tmp_path)
    packed = gzip.compress(next(iter(small_files().values())))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(packed[:-9])
    with pytest.raises(ValueError, match="not a complete gzip file"):
        datasets.mnist(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08", b"\0\0\x0d\1\0\0\0\1a", b"\0\0\x08\3\0\0", idx(np.arange(4))[:-1], idx(np.arange(4)) + b"a"],
)
def test_idx_refuses(content: bytes) -> None:
    with pytest.raises(ValueError, match="mnist: "):
        digits.read_idx(content, "train-labels-idx1-ubyte", verify=False)


def test_mnist_without_a_connection_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(ConnectionError, match="no route to host") as caught:
        datasets.mnist()
    assert str(tmp_path / "pynn" / "mnist") in str(caught.value) and "path=" in str(caught.value)


def test_mnist_is_fetched_once_and_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Answer:
        def __init__(self, url: str, timeout: float) -> None:
            asked.append(url)
            self.content = gzip.compress(small_files()[url.rsplit("/", 1)[1].removesuffix(".gz")])

        def __enter__(self) -> Answer:
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self) -> bytes:
            return self.content

    sums = {name: hashlib.sha256(content).hexdigest() for name, content in small_files().items()}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", Answer)
    monkeypatch.setattr(digits, "SHA256", {name: sums[name] for name in digits.SHA256})
    for _ in range(2):
        (x, _), _ = datasets.mnist()
        assert x.shape == (5, 2, 3)
    assert len(asked) == 4
    assert {path.name for path in (tmp_path / "pynn" / "mnist").iterdir()} == {f"{name}.gz" for name in sums}


@pytest.mark.skipif("PYNN_MNIST" not in os.environ, reason="PYNN_MNIST names no folder with the files of MNIST")
def test_mnist_itself() -> None:
    (x, y), (xt, yt) = datasets.mnist(os.environ["PYNN_MNIST"])
    assert x.shape == (60000, 28, 28) and xt.shape == (10000, 28, 28)
    assert np.bincount(yt).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert y[:5].tolist() == [5, 0, 4, 1, 9]
