"""Parsers for the values of command line options: numbers, names of columns, files, encodings.

argparse calls these functions; each returns the value or raises an error with one sentence. Defaults and help texts are
in cli.py.
"""

from __future__ import annotations

import argparse
import os
from difflib import get_close_matches

DATA_SETS = ("iris",)


def count(text: str) -> int:
    """A whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def seed(text: str) -> int:
    """A whole number from 0 to 2^64 - 1."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^64 - 1")
    return value


def port(text: str) -> int:
    """The number of a port that a server may have, 1 to 65535."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 65535")
    return value


def widths(text: str) -> list[int]:
    """Widths of hidden layers, "12,6"; an empty text for none."""
    try:
        return [count(part.strip()) for part in text.split(",")] if text.strip() else []
    except argparse.ArgumentTypeError as reason:
        raise argparse.ArgumentTypeError(f"{reason}; widths are separated by commas: 64,64") from None


def share(text: str) -> float:
    """A number between 0 and 1."""
    value = _number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def share_or_none(text: str) -> float:
    """A number from 0 to less than 1; 0 is none."""
    value = _number(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not 0 or a number between 0 and 1")
    return value


def positive(text: str) -> float:
    """A finite number above 0."""
    value = _number(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number above 0")
    return value


def not_negative(text: str) -> float:
    """A finite number of at least 0."""
    value = _number(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number of at least 0")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def names(text: str) -> list[str]:
    """Names of columns, separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def data(text: str) -> str:
    """A data set by name, a file, or - for standard input."""
    if text in DATA_SETS or text == "-" or os.path.exists(text):
        return text
    near = get_close_matches(text.lower(), DATA_SETS, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise argparse.ArgumentTypeError(f"{text!r} is neither a file nor a data set ({', '.join(DATA_SETS)}){hint}")


def encoding(text: str) -> str:
    """The name of an encoding of text that Python knows."""
    try:
        b"".decode(text)
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is unknown; possible are utf-8, cp1252 and others") from None
    return text


def target_file(text: str) -> str:
    """The name of a file that can be written: checked before the training, not after an hour of it."""
    folder = os.path.dirname(os.path.abspath(text))
    if os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"{text!r} is a folder")
    if not os.path.isdir(folder):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written: there is no folder {os.path.dirname(text)!r}")
    if not os.access(text if os.path.exists(text) else folder, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written: no permission")
    return text


def new_file(text: str) -> str:
    """The name of a file that can be written and replaced: no device, no pipe."""
    if os.path.exists(target_file(text)) and not os.path.isfile(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no plain file")
    return text


def picture(text: str) -> str:
    """The name of a picture that can be written."""
    kinds = ("png", "svg", "pdf", "jpg", "webp")
    if text.rpartition(".")[2].lower() not in kinds:
        raise argparse.ArgumentTypeError(f"{text!r} is no picture; possible are {', '.join(kinds)}")
    return target_file(text)


def target_file_or_stdout(text: str) -> str:
    return text if text == "-" else target_file(text)
