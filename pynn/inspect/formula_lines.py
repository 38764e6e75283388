"""Records for the sheet of a trace: a line, with a formula and its numbers, and a section of lines.

Nothing is computed or printed here; `at` gives a letter its layer's number. Read notation.py for the formulas,
typesetting.py for text, HTML and LaTeX.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..backend import Array


@dataclass(frozen=True)
class Line:
    """One quantity: its name, its layer, counted from 1 (0: none), the formula `left = right`, and its numbers (a
    two-dimensional array)."""

    name: str
    layer: int
    left: str
    right: str  # empty where the numbers are given
    value: Array
    arrow: bool = False  # left <- right: the old value is replaced by the new one


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]


def at(letter: str, layer: int, more: str = "") -> str:
    """The letter with its layer's number in brackets as a superscript: W^{[2]}, or W^{[2]T}."""
    return f"{letter}^{{[{layer}]{more}}}"
