"""A file is replaced whole or not at all, whatever ends the program in between.

The new bytes go to a file beside the old one, are on the disk before it gets the old one's name, and go away if
anything fails. Nothing is known here of what is written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


def replace(path: str | os.PathLike[str], pieces: Iterable[bytes | memoryview]) -> None:
    """Write the pieces to `path`. A link is followed; an old file's permissions stay."""
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
    """The number of a new, open file; the file goes away unless the block ends well. Errors name the one wanted."""
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
    """All of it: the system may take less at a time."""
    left = memoryview(piece)
    while left:
        left = left[os.write(number, left[: 2**30]) :]


def _settle(folder: str) -> None:
    """The new name, too, is on the disk; where a folder cannot be opened it is the system's affair."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
