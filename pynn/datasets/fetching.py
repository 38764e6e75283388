"""Published gzipped files: read from a folder, or from a cache folder into which they are downloaded once.

In a folder they may be gzipped or not. Their contents are compared with published checksums, so it does not matter
which server sent them; files are written into the cache atomically. What the files hold is not known here: read
image_sets.py.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import logging
import os
import tempfile
import urllib.request
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger("pynn")

LARGEST_FILE = 64 << 20  # bytes, gzipped or not: the largest known file has 47 MB; a longer answer is another file


@dataclass(frozen=True)
class File:
    contents: bytes
    packed: bytes | None = None


@dataclass(frozen=True)
class Sums:
    """Checksums of a file, in hex digits: it is right if one of them fits."""

    contents: str  # of the unpacked file: SHA-256 (64 digits), or MD5 (32) where no other has been published
    packed: str = ""  # SHA-256 of the gzipped file as its authors publish it

    def fit(self, file: File, *, fetched: bool = False) -> bool:
        """Whether the file is right. For a downloaded file a SHA-256 must fit: MD5 does not protect from forgery."""
        if self.packed and file.packed is not None and hashlib.sha256(file.packed).hexdigest() == self.packed:
            return True
        if fetched and self.packed:
            return False
        kind = "sha256" if len(self.contents) == 64 else "md5"
        return hashlib.new(kind, file.contents, usedforsecurity=False).hexdigest() == self.contents


@dataclass(frozen=True)
class Collection:
    """The files of one data set."""

    name: str  # of the function, and of the cache folder
    title: str
    sources: tuple[str, ...]  # tried in this order
    sums: Mapping[str, Sums]  # by the name of the unpacked file

    def read(self, path: str | os.PathLike[str] | None, *, verify: bool) -> dict[str, bytes]:
        """The contents of each file, from a folder, or (path None) from the cache, whose files are always checked."""
        if path is None:
            return {name: cached(self, name).contents for name in self.sums}
        found = {name: in_folder(self, Path(path), name) for name in self.sums}
        for name, file in found.items():
            if verify and not self.sums[name].fit(file):
                raise ValueError(
                    f"{self.name}: the contents of {name} are not those of {self.title}: their sum differs"
                )
        return {name: file.contents for name, file in found.items()}

    @property
    def folder(self) -> Path:
        """$XDG_CACHE_HOME/pynn/NAME; a relative or empty XDG_CACHE_HOME is ignored, as its specification says."""
        given = os.environ.get("XDG_CACHE_HOME", "")
        return Path(given if os.path.isabs(given) else Path.home() / ".cache", "pynn", self.name)


def in_folder(collection: Collection, folder: Path, name: str) -> File:
    """Reads one file from a folder, gzipped or not."""
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        return File(plain.read_bytes())
    if not packed.is_file():
        raise FileNotFoundError(f"path: {folder} holds neither {name}.gz nor {name}")
    try:
        return unpacked(packed.read_bytes())
    except ValueError as error:
        raise ValueError(f"{collection.name}: {packed} is {error}") from error


def unpacked(packed: bytes) -> File:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            contents = stream.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not a complete gzip file: {error}") from error
    if not packed or len(contents) > LARGEST_FILE:
        raise ValueError(f"not a complete gzip file: {'longer than any of these' if packed else 'empty'}")
    return File(contents, packed)


# ---- the cache -------------------------------------------------------------------------------


def cached(collection: Collection, name: str) -> File:
    """The file from the cache, if it is there and right; otherwise it is downloaded and stored in the cache."""
    folder = collection.folder
    try:
        file = in_folder(collection, folder, name)
        if collection.sums[name].fit(file):
            return file
        log.warning("%s: %s in %s is damaged and is fetched again", collection.name, name, folder)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        log.warning("%s; it is fetched again", error)
    file = download(collection, name)
    keep(collection, file, folder / f"{name}.gz")
    return file


def download(collection: Collection, name: str) -> File:
    """Downloads the gzipped file from the first source that has it with the right contents."""
    troubles = []
    for source in collection.sources:
        try:
            with urllib.request.urlopen(f"{source}{name}.gz", timeout=60) as answer:
                file = unpacked(answer.read(LARGEST_FILE))
            if collection.sums[name].fit(file, fetched=True):
                log.info("%s: %s.gz fetched from %s", collection.name, name, source)
                return file
            troubles.append(f"{source}: its contents are not those of {collection.title}: their sum differs")
        except (OSError, http.client.HTTPException, ValueError) as error:  # URLError is an OSError
            troubles.append(f"{source}: {error}")
    raise ConnectionError(
        f"{collection.name}: {name}.gz could not be fetched ({'; '.join(troubles)}). Without a connection, put "
        f"{', '.join(one + '.gz' for one in collection.sums)} into {collection.folder}, or name their folder with "
        "path=; datasets.drawn_digits() needs no files"
    )


def keep(collection: Collection, file: File, target: Path) -> None:
    """Stores the gzipped file in the cache, atomically, even if another process does the same at this time."""
    part = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(prefix=target.name, suffix=".part", dir=target.parent)
        with os.fdopen(number, "wb") as stream:
            stream.write(file.packed or b"")
        os.replace(part, target)
        target.with_suffix("").unlink(missing_ok=True)  # an unpacked one would be read first
    except BaseException as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        log.warning("%s: %s could not be kept (%s); it is fetched again the next time", collection.name, target, error)
