"""An epoch from a memory map of which nothing is in memory: rows in order, in blocks, and in any order.

The file has 512 MB and fits into memory, which would end the slowness of "any order" soon: so there what has been read
is dropped again after every 256 MB, as by a system that has no more, and the epoch is stopped after some seconds.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import Dense, Network, Rescaling

ROWS, FEATURES, ROOM, SECONDS = 640 * 1024, 784, 256e6, 10.0
WAYS = {"in order": False, "in blocks": "blocks", "in any order": True}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not hasattr(os, "posix_fadvise") or not Path("/proc/self/io").exists():
        pytest.skip("dropping what has been read, and counting it, takes Linux")
    path = tmp_path_factory.mktemp("disk") / "rows.bin"
    block = np.random.default_rng(0).integers(0, 256, (16 * 1024, FEATURES), dtype=np.uint8)
    with path.open("wb") as stream:
        for _ in range(ROWS // len(block)):
            stream.write(block.tobytes())
        stream.flush()
        os.fsync(stream.fileno())
    yield path
    path.unlink()


def bytes_read() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("read_bytes")).split()[1])


class Dropping:
    """While it is open, no more of a file stays in memory than there is room for."""

    def __init__(self, x: np.ndarray, path: Path, room: float) -> None:
        base: Any = x
        while isinstance(base, np.ndarray):
            base = base.base
        self._map: mmap.mmap = base
        self._file, self._room, self._done = os.open(path, os.O_RDONLY), room, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self.drop()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        os.close(self._file)

    def drop(self) -> None:
        self._map.madvise(mmap.MADV_DONTNEED)
        os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_DONTNEED)

    def _watch(self) -> None:
        last = bytes_read()
        while not self._done.wait(0.005):
            if bytes_read() - last > self._room:
                self.drop()
                last = bytes_read()


@pytest.mark.parametrize("way", WAYS)
def test_disk(benchmark: Any, file: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pynn.rows.arrays.Reader.check", lambda *_: None)  # reads all, in order, before the epoch
    x = np.memmap(file, np.uint8, "r", shape=(ROWS, FEATURES))
    y = np.arange(ROWS) % 2
    net = Network([Rescaling(1 / 255), Dense(16, "relu"), Dense(2, "softmax")], inputs=FEATURES, threads=1)
    room = ROOM if WAYS[way] is True else 1e12  # the others read a row once: dropping it would change nothing

    class Stop:
        def on_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            net.stop_training = time.perf_counter() - begin > SECONDS

    with Dropping(x, file, room):
        before, begin = bytes_read(), time.perf_counter()
        callbacks = [Stop()] if WAYS[way] is True else []
        benchmark.pedantic(
            lambda: net.fit(x, y, batch_size=128, shuffle=WAYS[way], callbacks=callbacks, verbose=0), rounds=1
        )
        seconds, rows = time.perf_counter() - begin, min(ROWS, net.iteration * 128)
    benchmark.extra_info |= {
        "rows a second": round(rows / seconds),
        "MB/s of rows": round(rows * FEATURES / seconds / 1e6, 1),
        "read for each byte used": round((bytes_read() - before) / (rows * FEATURES), 2),
    }
    print(way, benchmark.extra_info)
