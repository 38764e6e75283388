"""Files fetched from a server of the test's own: what arrives whole is kept, what does not leaves nothing behind."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from pynn import datasets
from pynn.datasets import image_sets
from pynn.datasets.fetching import LARGEST_FILE, Collection, File, Sums, unpacked

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()


def clothes() -> dict[str, bytes]:
    """Four small files in the form of Fashion-MNIST's, gzipped."""
    found = {}
    for part, rows in (("train", 5), ("t10k", 3)):
        found[f"{part}-images-idx3-ubyte"] = gzip.compress(idx(np.arange(rows * 6).reshape(rows, 2, 3)), mtime=0)
        found[f"{part}-labels-idx1-ubyte"] = gzip.compress(idx(np.arange(rows)), mtime=0)
    return {name: found[name] for name in image_sets.FASHION_MNIST.sums}


def whole(request: BaseHTTPRequestHandler, packed: bytes, length: int | None = None) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(packed) if length is None else length))
    request.end_headers()
    request.wfile.write(packed)


def dropped(request: BaseHTTPRequestHandler, packed: bytes) -> None:
    """The line goes dead in the middle."""
    whole(request, packed[: len(packed) // 2], len(packed))


ANSWERS: dict[str, Answer] = {
    "whole": whole,
    "missing": lambda request, packed: request.send_error(404),
    "failing": lambda request, packed: request.send_error(503),
    "dropped": dropped,
    "half": lambda request, packed: whole(request, packed[:-9]),
    "empty": lambda request, packed: whole(request, b""),
    "a page": lambda request, packed: whole(request, b"<html>log in</html>"),
    "another": lambda request, packed: whole(request, gzip.compress(gzip.decompress(packed) + b"x")),
    "packed anew": lambda request, packed: whole(request, gzip.compress(gzip.decompress(packed), 1, mtime=9)),
    "no http": lambda request, packed: request.wfile.write(b"\0\1\2\3"),
}
WRONG = [kind for kind in ANSWERS if kind != "whole"]


@dataclass
class Server:
    url: str
    answer: str = "whole"
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    files, state = clothes(), Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            ANSWERS[state.answer](self, files[self.path.strip("/").removesuffix(".gz")])

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        state.url = f"http://127.0.0.1:{made.server_port}/"
        yield state
        made.shutdown()
        thread.join()


def sums(kind: str = "md5") -> dict[str, Sums]:
    """As they are known of Fashion-MNIST: SHA-256 of what is sent, another sum of what is in it."""
    return {
        name: Sums(hashlib.new(kind, gzip.decompress(packed)).hexdigest(), hashlib.sha256(packed).hexdigest())
        for name, packed in clothes().items()
    }


@pytest.fixture
def small(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = replace(image_sets.FASHION_MNIST, sources=(server.url,), sums=sums())
    monkeypatch.setattr(image_sets, "FASHION_MNIST", made)
    return made


def read() -> list[int]:
    (x, y), (xt, yt) = datasets.fashion_mnist()
    assert x.shape == (5, 2, 3) and x.dtype == np.uint8 and xt.shape == (3, 2, 3) and y.dtype == np.int64
    return [*y.tolist(), *yt.tolist()]


def kept(collection: Collection) -> set[str]:
    return {path.name for path in collection.folder.iterdir()} if collection.folder.exists() else set()


def test_clothes_are_fetched_once(server: Server, small: Collection) -> None:
    assert read() == read() == [0, 1, 2, 3, 4, 0, 1, 2]
    assert server.asked == [f"/{name}.gz" for name in small.sums] and kept(small) == {
        f"{name}.gz" for name in small.sums
    }
    assert small.folder.name == "fashion_mnist" and len(datasets.FASHION_CLASSES) == 10


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_refused_and_not_kept(server: Server, small: Collection, kind: str) -> None:
    server.answer = kind
    with pytest.raises(
        ConnectionError, match=r"^fashion_mnist: train-images-idx3-ubyte.gz could not be fetched"
    ) as caught:
        datasets.fashion_mnist()
    assert server.url in str(caught.value) and "path=" in str(caught.value) and kept(small) == set()
    server.answer = "whole"
    assert read()


def test_nobody_answers(server: Server, small: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first source refuses the connection (nothing listens on port 1 of this machine); the second has the files."""
    nowhere = replace(small, sources=("http://127.0.0.1:1/",))
    monkeypatch.setattr(image_sets, "FASHION_MNIST", nowhere)
    with pytest.raises(ConnectionError, match="127.0.0.1:1"):
        datasets.fashion_mnist()
    monkeypatch.setattr(image_sets, "FASHION_MNIST", replace(small, sources=nowhere.sources + small.sources))
    assert read()


@pytest.mark.parametrize("kind", ["half", "half unpacked", "empty", "other"])
def test_a_damaged_cache_is_mended(
    server: Server, small: Collection, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    read()
    name = list(small.sums)[2]
    packed = small.folder / f"{name}.gz"
    if kind == "half unpacked":
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes())[:-3])
    else:
        packed.write_bytes({"half": packed.read_bytes()[:-5], "empty": b"", "other": gzip.compress(b"x")}[kind])
    with caplog.at_level(logging.WARNING, "pynn"):
        assert read() == read()
    assert len(server.asked) == 5 and packed.is_file() and not packed.with_suffix("").exists()
    assert "fetched again" in caplog.text


def test_a_cache_that_cannot_be_written_is_done_without(
    server: Server, small: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    small.folder.parent.write_bytes(b"a file where a folder should be")  # refuses root, too
    with caplog.at_level(logging.WARNING, "pynn"):
        assert read() == read()
    assert len(server.asked) == 8 and caplog.text.count("could not be kept") == 8


def test_a_cache_that_cannot_be_read_is_done_without(
    server: Server, small: Collection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    read()

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # a mode of 0 would not stop root
    with caplog.at_level(logging.WARNING, "pynn"):
        assert read()
    assert len(server.asked) == 8 and "Permission denied" in caplog.text


def test_two_processes_at_once(server: Server, small: Collection, tmp_path: Path) -> None:
    """Both read everything whole, whoever writes first; nothing but the four files is left."""
    code = (
        "import sys\nfrom dataclasses import replace\nfrom pynn import datasets\n"
        "from pynn.datasets import image_sets\nfrom pynn.datasets.fetching import Sums\n"
        f"small = dict(sources=({server.url!r},), sums={small.sums!r})\n"
        "image_sets.FASHION_MNIST = replace(image_sets.FASHION_MNIST, **small)\n"
        "sys.stdin.readline()\n"
        "(x, y), (xt, yt) = datasets.fashion_mnist()\nprint(x.sum(), y.tolist(), xt.sum(), yt.tolist())\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)}, cwd=Path(datasets.__file__).parents[2],
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0] for process in both]
    assert said == ["435 [0, 1, 2, 3, 4] 153 [0, 1, 2]\n"] * 2
    assert kept(small) == {f"{name}.gz" for name in small.sums} and 4 <= len(server.asked) <= 8


def test_a_folder_of_ones_own(small: Collection, tmp_path: Path) -> None:
    """Gzipped as sent, gzipped anew, unpacked: the contents count."""
    packers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": lambda packed: packed,
        ".gz anew": lambda packed: gzip.compress(gzip.decompress(packed), 1),
        "": gzip.decompress,
    }
    for suffix, packer in packers.items():
        folder = tmp_path / f"own{suffix}"
        folder.mkdir()
        for name, packed in clothes().items():
            (folder / f"{name}{suffix.removesuffix(' anew')}").write_bytes(packer(packed))
        assert datasets.fashion_mnist(folder)[0][0].sum() == 435
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(3) + 1))
    with pytest.raises(ValueError, match=r"contents of t10k-labels-idx1-ubyte are not those of Fashion-MNIST"):
        datasets.fashion_mnist(folder)
    assert datasets.fashion_mnist(folder, verify=False)[1][1].tolist() == [1, 2, 3]


def test_what_unpacks_to_more_than_a_file_can_be_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than any"):
        unpacked(gzip.compress(bytes(LARGEST_FILE + 1)))


def test_a_sum_of_contents_does_not_do_for_what_was_fetched() -> None:
    known = Sums(hashlib.md5(b"x", usedforsecurity=False).hexdigest(), "0" * 64)
    assert known.fit(File(b"x", gzip.compress(b"x"))) and not known.fit(File(b"x", gzip.compress(b"x")), fetched=True)


def test_the_published_sums_have_their_form() -> None:
    for collection in (image_sets.MNIST, image_sets.FASHION_MNIST):
        for known in collection.sums.values():
            assert len(known.contents) in (32, 64) and len(known.packed) in (0, 64)
            assert len(known.contents) == 64 or known.packed
            bytes.fromhex(known.contents), bytes.fromhex(known.packed)
