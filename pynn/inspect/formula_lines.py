"""One line of a written trace, and the section that it stands in: a formula and its numbers.

Only the records. Read notation.py for the formulas, typesetting.py for text, HTML and LaTeX made of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..backend import Array


@dataclass(frozen=True)
class Line:
    """One quantity: its name, the layer on paper (0: none), `left = right`, and the numbers, two-dimensional."""

    name: str
    layer: int
    left: str
    right: str  # empty where the numbers are given
    value: Array
    arrow: bool = False  # left <- right: what was there is replaced


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]
