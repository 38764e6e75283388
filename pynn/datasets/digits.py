"""MNIST: 60,000 + 10,000 handwritten digits, read from the four files in IDX format.

The files are looked for in `path`, or in a cache folder into which they are fetched once. They come gzipped or
unpacked, and their contents are checked against SHA-256 sums, so it does not matter who sent them. The data set is
by LeCun, Cortes and Burges (CC BY-SA 3.0) and is not part of this package; read strokes.py for a sample that is.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import logging
import os
import tempfile
import urllib.request
import zlib
from pathlib import Path

import numpy as np

log = logging.getLogger("pynn")

SOURCES = (  # tried in this order
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
SHA256 = {  # of the unpacked files
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
LARGEST_FILE = 64 << 20  # bytes: more than any of the four, packed or not; an answer that is longer is not theirs
Pair = tuple[np.ndarray, np.ndarray]


def mnist(path: str | os.PathLike[str] | None = None, *, verify: bool = True) -> tuple[Pair, Pair]:
    """(x, y), (x_test, y_test): images uint8 (rows, 28, 28), labels int64 (rows,).

    path    folder of the four files; without it a cache folder, filled from the net on first use
    verify  check the contents; False reads other data of the same form, such as Fashion-MNIST (from a path)
    """
    contents = {name: cached(cache_folder(), name) if path is None else in_folder(Path(path), name) for name in SHA256}
    check = verify and path is not None  # what is in the cache has been checked
    x, y, x_test, y_test = (read_idx(content, name, verify=check) for name, content in contents.items())
    for images, labels in ((x, y), (x_test, y_test)):
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
            raise ValueError(f"mnist: images of shape {images.shape} do not go with labels of shape {labels.shape}")
    return (x, y.astype(np.int64)), (x_test, y_test.astype(np.int64))


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/pynn/mnist; a relative or empty XDG_CACHE_HOME counts as none."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given if os.path.isabs(given) else Path.home() / ".cache", "pynn", "mnist")


def in_folder(folder: Path, name: str) -> bytes:
    """The contents of one file of a folder, gzipped or not."""
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        return plain.read_bytes()
    if not packed.is_file():
        raise FileNotFoundError(f"path: {folder} holds neither {name}.gz nor {name}")
    try:
        return unpacked(packed.read_bytes())
    except ValueError as error:
        raise ValueError(f"mnist: {packed} is {error}") from error


def unpacked(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not a complete gzip file: {error}") from error


def right(content: bytes, name: str) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256[name]


# ---- the cache -------------------------------------------------------------------------------


def cached(folder: Path, name: str) -> bytes:
    """The contents from the cache, if they are there and right; otherwise fetched, and kept."""
    try:
        content = in_folder(folder, name)
        if right(content, name):
            return content
        log.warning("mnist: %s in %s is damaged and is fetched again", name, folder)
    except FileNotFoundError:
        pass
    except ValueError as error:
        log.warning("%s; it is fetched again", error)
    packed = download(name, folder)
    keep(packed, folder / f"{name}.gz")
    (folder / name).unlink(missing_ok=True)  # an unpacked one would be read first
    return unpacked(packed)


def download(name: str, folder: Path) -> bytes:
    """The gzipped file from the first source that has it, contents checked."""
    troubles = []
    for source in SOURCES:
        try:
            with urllib.request.urlopen(f"{source}{name}.gz", timeout=60) as answer:
                packed: bytes = answer.read(LARGEST_FILE)
            if right(unpacked(packed), name):
                log.info("mnist: %s.gz fetched from %s", name, source)
                return packed
            troubles.append(f"{source}: its contents are not those of MNIST (SHA-256 differs)")
        except (OSError, http.client.HTTPException, ValueError) as error:  # URLError is an OSError
            troubles.append(f"{source}: {error}")
    raise ConnectionError(
        f"mnist: {name}.gz could not be fetched ({'; '.join(troubles)}). Without a connection, put "
        f"{', '.join(one + '.gz' for one in SHA256)} into {folder}, or name their folder with path=; "
        "datasets.drawn_digits() needs no files"
    )


def keep(content: bytes, target: Path) -> None:
    """Write a file that appears under its name whole or not at all, whoever else writes it at the same time."""
    part = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(prefix=target.name, suffix=".part", dir=target.parent)
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.replace(part, target)
    except BaseException as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        log.warning("mnist: %s could not be kept (%s); it is fetched again the next time", target, error)


def read_idx(content: bytes, name: str, *, verify: bool) -> np.ndarray:
    """The array in an IDX file of bytes: 0, 0, type 8, dimensions, each size big-endian, the items."""
    if verify and not right(content, name):
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
