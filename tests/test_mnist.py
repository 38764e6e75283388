"""The reader of MNIST on small files of the same form, and what it does when a download goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from http.client import IncompleteRead
from pathlib import Path

import numpy as np
import pytest

from pynn import datasets
from pynn.datasets import fetching, image_sets


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
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (tmp_path / name).write_bytes(content)
    (x, y), (xt, yt) = datasets.mnist(tmp_path, verify=False)
    assert x.shape == (5, 2, 3) and x.dtype == np.uint8 and x.ravel().tolist() == list(range(30))
    assert xt.shape == (3, 2, 3) and yt.tolist() == [0, 1, 2]
    assert y.dtype == np.int64 and y.tolist() == [0, 1, 2, 3, 4]


def test_mnist_checks_the_contents(tmp_path: Path) -> None:
    for name, content in small_files().items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte .*sum differs"):
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
        image_sets.read_idx(content, "mnist", "train-labels-idx1-ubyte")


def test_mnist_without_a_connection_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(ConnectionError, match="no route to host") as caught:
        datasets.mnist()
    assert str(tmp_path / "pynn" / "mnist") in str(caught.value) and "path=" in str(caught.value)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Net:
    """Small files whose sums are the ones expected, and a cache folder of the test's own."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in small_files().items()}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    small = {name: fetching.Sums(sums[name]) for name in image_sets.MNIST.sums}
    monkeypatch.setattr(image_sets, "MNIST", replace(image_sets.MNIST, sums=small))
    made = Net()
    monkeypatch.setattr(urllib.request, "urlopen", made)
    return made


class Net:
    """Stands in for urlopen; `answer` may change what a source sends."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[str, bytes], bytes] = lambda url, right: right

    def __call__(self, url: str, timeout: float) -> Net:
        self.asked.append(url)
        self.url = url
        return self

    def __enter__(self) -> Net:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, limit: int) -> bytes:
        right = gzip.compress(small_files()[self.url.rsplit("/", 1)[1].removesuffix(".gz")])
        return self.answer(self.url, right)[:limit]


def cache() -> dict[str, bytes]:
    folder = image_sets.MNIST.folder
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_mnist_is_fetched_once(net: Net) -> None:
    for _ in range(2):
        (x, _), _ = datasets.mnist()
        assert x.shape == (5, 2, 3)
    assert net.asked == [f"{image_sets.MNIST.sources[0]}{name}.gz" for name in image_sets.MNIST.sums]
    assert set(cache()) == {f"{name}.gz" for name in image_sets.MNIST.sums}


def cut_short(url: str, right: bytes) -> bytes:
    raise IncompleteRead(right[:9])


WRONG: dict[str, Callable[[str, bytes], bytes]] = {
    "a page": lambda url, right: b"<html>please log in</html>",
    "half": lambda url, right: right[:-12],
    "nothing": lambda url, right: b"",
    "another file": lambda url, right: gzip.compress(b"\0\0\x08\1\0\0\0\1a", mtime=0),
    "broken inside": lambda url, right: right[:10] + b"\xff" * 9 + right[19:],
    "cut short": cut_short,
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_leaves_nothing_behind(net: Net, kind: str) -> None:
    """What a source sends is kept only when its contents are right."""
    net.answer = WRONG[kind]
    with pytest.raises(ConnectionError, match="could not be fetched") as caught:
        datasets.mnist()
    assert all(source in str(caught.value) for source in image_sets.MNIST.sources)
    assert cache() == {} and len(net.asked) == len(image_sets.MNIST.sources)


@pytest.mark.parametrize("kind", WRONG)
def test_the_next_source_is_asked(net: Net, kind: str) -> None:
    wrong = WRONG[kind]
    net.answer = lambda url, right: wrong(url, right) if url.startswith(image_sets.MNIST.sources[0]) else right
    (x, _), _ = datasets.mnist()
    assert x.shape == (5, 2, 3) and len(net.asked) == 8 and len(cache()) == 4


@pytest.mark.parametrize("damaged", [b"", b"not gzip", gzip.compress(b"other", mtime=0)])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_damaged_cache_is_mended(net: Net, damaged: bytes, suffix: str) -> None:
    datasets.mnist()
    name = list(image_sets.MNIST.sums)[1]
    (image_sets.MNIST.folder / f"{name}{suffix}").write_bytes(damaged)
    for _ in range(2):
        (x, _), _ = datasets.mnist()
        assert x.shape == (5, 2, 3)
    assert len(net.asked) == 5 and set(cache()) == {f"{name}.gz" for name in image_sets.MNIST.sums}


def test_a_cache_that_cannot_be_written_is_done_without(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    (x, _), _ = datasets.mnist()
    assert x.shape == (5, 2, 3) and cache() == {}


def test_the_cache_folder_is_where_the_rules_say(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path.home() / ".cache" / "pynn" / "mnist"
    for value, expected in (("/some/where", Path("/some/where/pynn/mnist")), ("", home), ("relative", home)):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert image_sets.MNIST.folder == expected
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert image_sets.MNIST.folder == home


def test_images_and_labels_have_to_go_together(tmp_path: Path) -> None:
    for name, content in small_files().items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(4)))
    with pytest.raises(ValueError, match="do not go with labels"):
        datasets.mnist(tmp_path, verify=False)


@pytest.mark.skipif("PYNN_MNIST" not in os.environ, reason="PYNN_MNIST names no folder with the files of MNIST")
def test_mnist_itself() -> None:
    (x, y), (xt, yt) = datasets.mnist(os.environ["PYNN_MNIST"])
    assert x.shape == (60000, 28, 28) and xt.shape == (10000, 28, 28)
    assert np.bincount(yt).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert y[:5].tolist() == [5, 0, 4, 1, 9]
