"""MNIST: 60,000 + 10,000 handwritten digits, read from the four files in IDX format.

The files are looked for in `path`, or in a cache folder into which they are fetched once. They
come gzipped or unpacked, and their contents are checked against SHA-256 sums. The data set is
by LeCun, Cortes and Burges (CC BY-SA 3.0) and is not part of this package.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

SOURCE = "https://storage.googleapis.com/cvdf-datasets/mnist/"
SHA256 = {  # of the unpacked files
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
Pair = tuple[np.ndarray, np.ndarray]


def mnist(path: str | os.PathLike[str] | None = None, *, verify: bool = True) -> tuple[Pair, Pair]:
    """(x, y), (x_test, y_test): images uint8 (rows, 28, 28), labels int64 (rows,).

    path    folder of the four files; without it a cache folder, filled from the net on first use
    verify  check the contents; False reads other data of the same form, such as Fashion-MNIST
    """
    folder = cache_folder() if path is None else Path(path)
    x, y, x_test, y_test = (
        read_idx(unpacked(folder, name, fetch=path is None), name, verify=verify or path is None) for name in SHA256
    )
    return (x, y.astype(np.int64)), (x_test, y_test.astype(np.int64))


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "pynn", "mnist")


def unpacked(folder: Path, name: str, *, fetch: bool) -> bytes:
    """The contents of one file of the folder, gzipped or not; fetched first where that is allowed."""
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        return plain.read_bytes()
    if not packed.is_file():
        if not fetch:
            raise FileNotFoundError(f"path: {folder} holds neither {name}.gz nor {name}")
        download(packed)
    try:
        return gzip.decompress(packed.read_bytes())
    except (OSError, EOFError) as error:
        raise ValueError(f"mnist: {packed} is not a complete gzip file: {error}") from error


def download(target: Path) -> None:
    """Fetch one file; it appears under its name only when it is whole."""
    try:
        with urllib.request.urlopen(SOURCE + target.name, timeout=60) as answer:
            content = answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise ConnectionError(
            f"mnist: {SOURCE}{target.name} could not be fetched ({error}). Without a connection, put "
            f"{', '.join(name + '.gz' for name in SHA256)} into {target.parent}, or name their folder with path="
        ) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(target)


def read_idx(content: bytes, name: str, *, verify: bool) -> np.ndarray:
    """The array in an IDX file of bytes: 0, 0, type 8, dimensions, each size big-endian, the items."""
    if verify and hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise ValueError(f"mnist: the contents of {name} are not those of MNIST (SHA-256 differs)")
    dimensions = content[3] if len(content) >= 4 and content[:3] == b"\0\0\x08" else 0
    items = 4 + 4 * dimensions
    if dimensions == 0 or len(content) < items:
        raise ValueError(f"mnist: {name} is not an IDX file of bytes")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", dimensions, offset=4))
    array = np.frombuffer(content, np.uint8, offset=items)
    if array.size != np.prod(shape, dtype=object):
        raise ValueError(f"mnist: {name} says its shape is {shape}, but holds {array.size} items")
    return array.reshape(shape)
