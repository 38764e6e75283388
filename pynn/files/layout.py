"""The bytes of a model file: the length of a header, the header in JSON, then arrays one after the other.

It is the layout of safetensors, so other tools can read the arrays. The header also has a SHA-256 of the whole file,
computed with zeros in its own place. Everything is checked before an array is made, and no number in a file decides
how much memory is allocated, except the length of the file. What the arrays mean is not known here: read
model_file.py.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, NoReturn

import numpy as np

from ..backend import Array
from ..errors import ModelFormatError

MAX_HEADER = 16 * 2**20  # bytes: enough for the categories of a table, and a limit to what is read unchecked
MAX_ARRAYS = 10_000  # 1,000 layers with an optimizer of three slots have 8,000; limits the time that the checks take
TYPES: dict[str, np.dtype[Any]] = {"F64": np.dtype("<f8"), "F32": np.dtype("<f4")}
NAMES = {dtype.str: name for name, dtype in TYPES.items()}
UNKNOWN = "0" * 64  # in place of the checksum while it is computed


def refuse(reason: str) -> NoReturn:
    raise ModelFormatError(reason)


# ---- writing ---------------------------------------------------------------------------------


def chunks(arrays: dict[str, Array], metadata: dict[str, str]) -> Iterator[bytes | memoryview]:
    """The file in pieces, header first. The same arrays and metadata give the same bytes."""
    import hashlib  # imported here, as it loads OpenSSL, which a training does not need

    stored = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    bodies = [array.reshape(-1).view(np.uint8).data for array in stored.values() if array.size]
    draft = _header(stored, metadata | {"sha256": UNKNOWN})
    digest = hashlib.sha256(draft)
    for body in bodies:
        digest.update(body)
    yield _header(stored, metadata | {"sha256": digest.hexdigest()})
    yield from bodies


def _header(arrays: dict[str, Array], metadata: dict[str, str]) -> bytes:
    place, table = 0, {}
    for name, array in arrays.items():
        offsets = [place, place + array.nbytes]
        table[name] = {"dtype": NAMES[array.dtype.str], "shape": list(array.shape), "data_offsets": offsets}
        place = offsets[1]
    text = as_json({"__metadata__": metadata, **table}).encode()
    text += b" " * (-len(text) % 8)  # the arrays begin at a multiple of 8
    if len(text) > MAX_HEADER:
        raise ValueError(f"extra: the header of the file would have {len(text):,} bytes; at most {MAX_HEADER:,}")
    return struct.pack("<Q", len(text)) + text


def as_json(value: Any) -> str:
    """JSON text, always the same for equal values. Infinities and NaN, which JSON does not have, are a ValueError."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


# ---- reading ---------------------------------------------------------------------------------


def read(file: BufferedReader) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays and metadata of a file; a ModelFormatError says what is wrong with it."""
    size = os.fstat(file.fileno()).st_size
    if size < 8:
        refuse(f"no model file: only {size} bytes")
    begin = file.read(8)
    if begin == b"\x89HDF\r\n\x1a\n" or begin.startswith(b"PK\x03\x04"):
        refuse("no model file of pynn's, but HDF5 or a zip archive, as Keras writes them")
    (length,) = struct.unpack("<Q", begin)
    if length > MAX_HEADER and begin.isascii() and b"\0" not in begin:
        refuse("no model file, but text; `pynn train --out` and net.save write model files")
    if length > MAX_HEADER:
        refuse(f"no model file: its header would have {length:,} bytes, at most {MAX_HEADER:,} are possible")
    if length > size - 8:
        refuse(f"cut off within its header: {size:,} bytes, the header alone has {length + 8:,}")
    text = file.read(length)
    table = parse(text, "its header")
    metadata = table.pop("__metadata__", None) if isinstance(table, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        refuse("no model file: its header has no __metadata__ of words")
    if metadata.get("format") != "pynn":
        refuse("a file of tensors, but not one that pynn has written")
    places = _places(table, size - 8 - length)
    room = np.empty(size - 8 - length, np.uint8)
    if file.readinto(room.data) != room.size:
        refuse("it became shorter while it was read")
    _verify(begin + text, room, metadata.get("sha256", ""))
    arrays = {}
    for name, (dtype, shape, first, last) in places.items():
        array = room[first:last].view(dtype).reshape(shape)
        arrays[name] = array if dtype.isnative else array.astype(dtype.newbyteorder("="))
    return arrays, metadata


def parse(text: bytes | str, what: str) -> Any:
    """Strict JSON, without what parsers read differently: no key twice, no NaN, only UTF-8."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name stands there twice")
        return found

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not JSON")

    try:
        words = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(words, object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as reason:
        trouble = "nested too deeply" if isinstance(reason, RecursionError) else " ".join(str(reason).split())
        raise ModelFormatError(f"{what} cannot be read: {trouble[:120]}") from None


Place = tuple[np.dtype[Any], tuple[int, ...], int, int]


def _places(table: Any, length: int) -> dict[str, Place]:
    """Type, shape, begin and end of each array, after checking that they cover the file's rest without gaps."""
    if not isinstance(table, dict) or len(table) > MAX_ARRAYS:
        refuse(f"its header does not list at most {MAX_ARRAYS:,} arrays")
    places = {name: _place(name, entry) for name, entry in table.items()}
    end = 0
    for name, (dtype, shape, first, last) in sorted(places.items(), key=lambda item: item[1][2:]):
        if first != end:
            refuse(f"array {name!r} begins at byte {first:,}, where {end:,} was expected: arrays overlap or have holes")
        if last - first != math.prod(shape) * dtype.itemsize:
            refuse(f"array {name!r} has {last - first:,} bytes, which is not its shape {list(shape)} of {dtype.name}")
        end = last
    if end != length:
        what = "cut off" if end > length else "too long"
        refuse(f"{what}: {length:,} bytes of arrays, the header lists {end:,}")
    return places


def _place(name: str, entry: Any) -> Place:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        refuse(f"array {name!r}: expected dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in TYPES:
        refuse(f"array {name!r}: numbers of type {str(dtype)[:20]!r}; possible are {', '.join(TYPES)}")
    if not _sizes(shape, 2, 2**31 - 1) or not _sizes(offsets, 2, 2**62) or len(offsets) != 2:
        refuse(f"array {name!r}: its shape or its data_offsets are not possible")
    if offsets[0] > offsets[1]:
        refuse(f"array {name!r}: it ends before it begins")
    return TYPES[dtype], tuple(map(int, shape)), int(offsets[0]), int(offsets[1])


def _sizes(given: Any, most: int, largest: int) -> bool:
    """Whether it is a list of at most `most` whole numbers from 0 to `largest`."""
    return (
        isinstance(given, list)
        and len(given) <= most
        and all(type(number) is int and 0 <= number <= largest for number in given)
    )


def _verify(header: bytes, body: Array, expected: str) -> None:
    import hashlib

    place = header.find(f'"sha256":"{expected}"'.encode()) if len(expected) == 64 else -1
    if place < 0:
        refuse("it has no checksum")
    begin = place + len('"sha256":"')
    digest = hashlib.sha256(header[:begin] + UNKNOWN.encode() + header[begin + 64 :])
    digest.update(body.data)
    if digest.hexdigest() != expected:
        refuse("damaged: its bytes are not those that were written (the checksum differs)")
