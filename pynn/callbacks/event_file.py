"""The bytes of a TensorBoard event file: records with checksums, each a small protocol buffer message.

A record is the message's length, the length's checksum, the message, the message's checksum. The checksums are
CRC-32C, masked as the TFRecord format requires (rotated, and a constant added). The message Event has a time (field 1,
double), a step (2, varint) and a version (3) or a summary (5) of values (1), each with a tag (1) and a number (2,
float). Read recording.py for the callback that writes them.
"""

from __future__ import annotations

import os
import socket
import struct
import time


def _table() -> list[int]:
    """CRC-32C of each byte: the polynomial 0x1EDC6F41, bits reversed."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = _table()


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(message: bytes) -> bytes:
    length = struct.pack("<Q", len(message))
    return length + masked(length) + message + masked(message)


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def text(field: int, content: bytes) -> bytes:
    """A length-delimited field: a string, or a nested message."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def value(tag: str, number: float) -> bytes:
    return text(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", _single(number))


def _single(number: float) -> float:
    """The number, or infinity if it is too large for a 32-bit float."""
    try:
        struct.pack("<f", number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
    return number


def event(moment: float, step: int, content: bytes) -> bytes:
    return varint(1 << 3 | 1) + struct.pack("<d", moment) + varint(2 << 3) + varint(step) + content


class EventFile:
    """A new event file in a folder, which is created if it does not exist."""

    def __init__(self, folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        now = time.time()
        name = f"events.out.tfevents.{int(now)}.{socket.gethostname()}.{os.getpid()}.{os.urandom(3).hex()}"
        self.path = os.path.join(folder, name)
        self._file = open(self.path, "xb")  # noqa: SIM115
        self._file.write(record(event(now, 0, text(3, b"brain.Event:2"))))

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Writes one number for each name at this step, and flushes the file, so that TensorBoard sees it at once."""
        summary = b"".join(text(1, value(tag, number)) for tag, number in values.items())
        self._file.write(record(event(time.time(), step, text(5, summary))))
        self._file.flush()

    def close(self) -> None:
        self._file.close()
