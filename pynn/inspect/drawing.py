r"""A drawing of lines, arrows, circles, boxes and short formulas, as SVG.

No library and no style sheet is needed: a drawing is one text, which browsers, notebooks and editors show. The
background is white, so colours look the same on a dark page. Coordinates are in pixels, y downwards. Read graphs.py and
diagrams.py for what is drawn.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from . import symbols

INK, GREY, PAPER = "#1a1a1a", "#8a8f98", "#ffffff"
FONT = "'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif"


class Drawing:
    """Shapes on white paper, in the order in which they were drawn."""

    def __init__(self, width: float, height: float, title: str = "") -> None:
        self.width, self.height, self.title = width, height, title
        self._shapes: list[str] = []

    # ---- shapes ----

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1.0, dashes: str = "",
        opacity: float = 1.0, tip: str = "",
    ) -> None:  # fmt: skip
        """A straight line. tip: a tooltip, shown when the pointer rests on the line."""
        extra = f' stroke-dasharray="{dashes}"' if dashes else ""
        extra += f' stroke-opacity="{_n(opacity)}"' if opacity < 1 else ""
        places = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
        self._add("line", f'{places} stroke="{colour}" stroke-width="{_n(width)}"{extra}', tip=tip)

    def arrow(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1.2, head: float = 7.0
    ) -> None:
        """A line that ends in a filled head at (x2, y2)."""
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        bx, by = x2 - head * ux, y2 - head * uy
        self.line(x1, y1, bx, by, colour=colour, width=width)
        wx, wy = -0.45 * head * uy, 0.45 * head * ux  # across
        corners = ((x2, y2), (bx + wx, by + wy), (bx - wx, by - wy))
        self._add("polygon", f'points="{" ".join(f"{_n(x)},{_n(y)}" for x, y in corners)}" fill="{colour}"')

    def circle(
        self, x: float, y: float, radius: float, *, fill: str = PAPER, colour: str = INK, width: float = 1.2,
        tip: str = "",
    ) -> None:  # fmt: skip
        places = f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"'
        self._add("circle", f'{places} fill="{fill}" stroke="{colour}" stroke-width="{_n(width)}"', tip=tip)

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str = PAPER, colour: str = INK,
        corner: float = 5.0, dashes: str = "",
    ) -> None:  # fmt: skip
        """x, y: the upper left corner."""
        extra = f' stroke-dasharray="{dashes}"' if dashes else ""
        places = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(corner)}"'
        self._add("rect", f'{places} fill="{fill}" stroke="{colour}"{extra}')

    def text(
        self, x: float, y: float, words: str, *, size: float = 13.0, colour: str = INK, anchor: str = "middle",
        bold: bool = False, turned: bool = False, halo: bool = False,
    ) -> None:  # fmt: skip
        """Text at (x, y), vertically centred. anchor: "start", "middle" or "end"; turned: rotated by 90 degrees; halo:
        with a white outline, which keeps it readable on lines."""
        self._letters(x, y, escape(words), size, colour, anchor, bold, turned, halo)

    def formula(
        self, x: float, y: float, formula: str, *, size: float = 15.0, colour: str = INK, anchor: str = "middle",
        halo: bool = False,
    ) -> None:  # fmt: skip
        """The same for a formula in the commands of symbols.py."""
        spans, sunk = "", 0.0
        for run in symbols.runs(formula):
            to = {"": 0.0, "^": -0.38, "_": 0.22}[run.level] * size
            scale = f' font-size="{_n(0.7 * size)}"' if run.level else ""
            slant = ' font-style="italic"' if run.italic else ""
            shift = f' dy="{_n(to - sunk)}"' if to != sunk else ""
            spans, sunk = spans + f"<tspan{shift}{scale}{slant}>{escape(run.sign)}</tspan>", to
        self._letters(x, y, spans, size, colour, anchor, False, False, halo)

    def _letters(
        self, x: float, y: float, inner: str, size: float, colour: str, anchor: str, bold: bool, turned: bool,
        halo: bool,
    ) -> None:  # fmt: skip
        # Small letters have their middle about 0.35 of the font size above the baseline. (The attribute
        # dominant-baseline would centre them, but not every viewer supports it.)
        place = f'transform="translate({_n(x)} {_n(y)}) rotate(-90)" y="{_n(0.35 * size)}"'
        if not turned:
            place = f'x="{_n(x)}" y="{_n(y + 0.35 * size)}"'
        weight = ' font-weight="bold"' if bold else ""
        style = f'xml:space="preserve" font-size="{_n(size)}" fill="{colour}" text-anchor="{anchor}"{weight}'
        if halo:
            self._add("text", f'{place} {style} stroke="{PAPER}" stroke-width="3.5" stroke-linejoin="round"', inner)
        self._add("text", f"{place} {style}", inner)

    def _add(self, shape: str, attributes: str, inner: str = "", tip: str = "") -> None:
        inner += f"<title>{escape(tip)}</title>" if tip else ""
        self._shapes.append(f"<{shape} {attributes}>{inner}</{shape}>" if inner else f"<{shape} {attributes}/>")

    # ---- the result ----

    @property
    def svg(self) -> str:
        """The whole picture as text."""
        wide, high = _n(self.width), _n(self.height)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
        name = f"<title>{escape(self.title)}</title>" if self.title else ""
        paper = f'<rect width="{wide}" height="{high}" rx="6" fill="{PAPER}"/>'
        shapes = "\n".join(self._shapes)
        return f'{head} font-family="{FONT}" role="img">{name}\n{paper}\n{shapes}\n</svg>\n'

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path) -> None:
        """Write the picture to a file whose name ends in .svg."""
        if Path(path).suffix.lower() != ".svg":
            raise ValueError(f"path: {str(path)!r} is not possible; expected a name that ends in .svg")
        Path(path).write_text(self.svg, encoding="utf-8")

    def __repr__(self) -> str:
        return f"<Drawing {self.title!r}, {_n(self.width)} x {_n(self.height)}>"


def _n(value: float) -> str:
    """A number as SVG wants it: at most two decimals, no exponent."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
