"""Atomic replacement of a file: after a crash there is either the old file or the new one, complete.

The bytes are written to a temporary file in the same folder, flushed to the disk, and then that file is renamed to the
target's name; if anything fails, the temporary file is deleted. What the bytes mean is not known here: read layout.py.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


def replace(path: str | os.PathLike[str], pieces: Iterable[bytes | memoryview]) -> None:
    """Writes the pieces to `path`. A symbolic link is followed; permissions are those of the old file."""
    target = os.path.realpath(os.fsdecode(path))
    if os.path.isdir(target):
        raise IsADirectoryError(f"path: {os.fsdecode(path)!r} is a folder; expected the name of a file")
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(f"path: {os.fsdecode(path)!r} is not a plain file")
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name[:200]}.{os.urandom(6).hex()}.new")
    with _created(beside, target) as number:
        with suppress(FileNotFoundError):
            os.chmod(beside, stat.S_IMODE(os.stat(target).st_mode))
        for piece in pieces:
            _write(number, piece)
        os.fsync(number)
        os.replace(beside, target)
    _settle(folder)


@contextmanager
def _created(path: str, wanted: str) -> Iterator[int]:
    """The descriptor of a new, open file, which is deleted if the block raises. Errors name the target instead."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as reason:
        raise OSError(reason.errno, reason.strerror, wanted) from None
    try:
        yield number
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(number)


def _write(number: int, piece: bytes | memoryview) -> None:
    """Writes all of the piece: os.write may write less, and some systems at most 2 GiB at a time."""
    left = memoryview(piece)
    while left:
        left = left[os.write(number, left[: 2**30]) :]


def _settle(folder: str) -> None:
    """Flushes the folder, so that the new name is on the disk, too; some systems cannot open a folder: not there."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
