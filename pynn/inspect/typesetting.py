r"""Sheets as text for a terminal, as HTML for a notebook or a page, and as LaTeX for a document.

Small arrays are shown in full, of large ones shape, minimum and maximum. The HTML needs no style sheet and no script;
it uses the text colour of its surroundings, so it is readable on light and on dark pages. The LaTeX needs amsmath.
Nothing is computed here. Read notation.py for the content of a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import numpy as np

from ..backend import Array
from . import symbols
from .formula_lines import Line, Section

SMALL = 64  # an array of at most so many numbers (8 x 8) is shown in full
PAGE = (24, 10)  # ... but in LaTeX only if it has at most so many rows and columns, which fit on a page
WIDTH = 118  # columns of a line in a terminal
LONGEST = 72  # a formula with more letters has a line of its own there, and its numbers the next


def number(value: float, digits: int) -> str:
    return f"{value:.{digits}g}"


def extremes(array: Array, digits: int) -> str:
    return f"{array.shape} from {number(array.min(), digits)} to {number(array.max(), digits)}"


# ---- text ----


def text(sections: Sequence[Section], digits: int) -> str:
    labels = [label(line) for section in sections for line in section.lines]
    width = max(len(words) for words in labels if len(words) <= LONGEST) + 4
    parts = []
    for section in sections:
        parts += ["", section.title]
        for words, line in ((label(line), line) for line in section.lines):
            start = f"  {words:<{width - 2}}" if len(words) <= LONGEST else f"  {words}\n{'':<{width}}"
            parts.append(start + shown(line.value, width, digits))
    return "\n".join(parts[1:])


def label(line: Line) -> str:
    formula = formula_of(line)
    return symbols.plain(formula)


def formula_of(line: Line) -> str:
    """left = right, left <- right, or left alone."""
    sign = r"\leftarrow" if line.arrow else "="
    return f"{line.left} {sign} {line.right}" if line.right else line.left


def shown(array: Array, indent: int, digits: int = 6) -> str:
    if array.size > SMALL:
        return extremes(array, digits)
    if array.size == 1:
        return number(array.reshape(-1)[0], digits)
    cells = [number(value, digits) for value in array.reshape(-1)]
    wide = max(map(len, cells))
    return np.array2string(
        array, max_line_width=max(WIDTH, indent + 2 * wide + 8), prefix=" " * indent,
        formatter={"float_kind": lambda value: f"{number(value, digits):>{wide}}"},  # type: ignore[arg-type]
    )  # fmt: skip


# ---- HTML ----

OUTER = "font-family:ui-serif,Georgia,'Times New Roman',serif;font-size:15px;line-height:1.35;overflow-x:auto"
PLAIN = "border:0;background:none;color:inherit;text-align:left;vertical-align:middle;padding:3px 8px"
CELL = "border:0;background:none;color:inherit;text-align:right;padding:0 5px;font-variant-numeric:tabular-nums"
BRACKETS = (
    "border-collapse:separate;border-spacing:0;margin:0;border:0;border-left:1.5px solid currentColor;"
    "border-right:1.5px solid currentColor;border-radius:5px;padding:1px 0;width:auto;font-size:inherit;"
    "display:inline-table"
)
RULE = "border-bottom:1px solid rgba(128,128,128,.5);margin:14px 0 4px;padding-bottom:2px;font-weight:bold"


def fragment(sections: Sequence[Section], digits: int) -> str:
    """For a notebook: all styles are attributes of the elements, so the notebook's own table styles do not apply."""
    return f'<div style="{OUTER}">{"".join(section_html(section, digits) for section in sections)}</div>'


def section_html(section: Section, digits: int) -> str:
    rows = "".join(
        f'<tr style="background:none"><td style="{PLAIN};white-space:nowrap">{symbols.html(formula_of(line))}</td>'
        f'<td style="{PLAIN}">{array_html(line.value, digits)}</td></tr>'
        for line in section.lines
    )
    table = f'<table style="border-collapse:collapse;border:0;margin:0;font-size:inherit">{rows}</table>'
    return f'<div style="{RULE}">{title_html(section.title)}</div>{table}'


LETTERS = re.compile(
    r"\b(phi|eta_t|eta|mu|rho|lambda_1|lambda|beta_1|beta_2|eps)(?= = )"
)  # of a heading, which is plain text


def letter(match: re.Match[str]) -> str:
    return {"phi": r"\varphi", "eps": r"\varepsilon"}.get(match[1], rf"\{match[1]}")


def title_html(title: str) -> str:
    return LETTERS.sub(lambda match: symbols.html(letter(match)), escape(title)).replace("-&gt;", "→")


def array_html(array: Array, digits: int) -> str:
    if array.size > SMALL:
        return extremes(array, digits).replace("-", "−")
    if array.size == 1:
        return signed_html(array.reshape(-1)[0], digits)
    rows = "".join(
        '<tr style="background:none">'
        + "".join(f'<td style="{CELL}">{signed_html(value, digits)}</td>' for value in row)
        + "</tr>"
        for row in array
    )
    return f'<table style="{BRACKETS}">{rows}</table>'


def signed_html(value: float, digits: int) -> str:
    return number(value, digits).replace("-", "−")


def page(sections: Sequence[Section], digits: int) -> str:
    """A complete HTML document, which follows the reader's setting for light or dark pages."""
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Trace of one step</title>'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark"></head>\n<body style="margin:2em">'
    )
    return f"{head}{fragment(sections, digits)}</body></html>\n"


# ---- LaTeX ----


def latex(sections: Sequence[Section], digits: int) -> str:
    """One align* environment for each section, in which page breaks are allowed."""
    parts = [r"\begingroup\allowdisplaybreaks"]
    for section in sections:
        lines = " \\\\\n".join(line_latex(line, digits) for line in section.lines)
        parts.append(rf"\subsubsection*{{{title_latex(section.title)}}}")
        parts.append(f"\\begin{{align*}}\n{lines}\n\\end{{align*}}")
    return "\n".join([*parts, r"\endgroup"]) + "\n"


def line_latex(line: Line, digits: int) -> str:
    """left &= right = numbers; after a formula of more than 16 letters a matrix is on a new line, to fit the page."""
    value = array_latex(line.value, digits)
    if not line.right:
        return f"{line.left} &= {value}"
    sign = r"\leftarrow" if line.arrow else "="
    turn = "\\\\\n&" if line.value.size > 1 and len(label(line)) > 16 else ""
    return f"{line.left} &{sign} {line.right} {turn}= {value}"


def array_latex(array: Array, digits: int) -> str:
    rows, columns = array.shape
    if array.size > SMALL or rows > PAGE[0] or columns > PAGE[1]:
        low, high = (number_latex(value, digits) for value in (array.min(), array.max()))
        return rf"\text{{${rows} \times {columns}$ numbers from ${low}$ to ${high}$}}"
    if array.size == 1:
        return number_latex(array.reshape(-1)[0], digits)
    inside = r" \\ ".join(" & ".join(number_latex(value, digits) for value in row) for row in array)
    return rf"\begin{{bmatrix}} {inside} \end{{bmatrix}}"


def number_latex(value: float, digits: int) -> str:
    written = number(value, digits).replace("nan", r"\mathrm{NaN}").replace("inf", r"\infty")
    return re.sub(r"e([+-])0*(\d+)$", lambda m: rf" \cdot 10^{{{m[1].strip('+')}{m[2]}}}", written)


def title_latex(title: str) -> str:
    signs = re.split(r"(\$[^$]*\$)", LETTERS.sub(lambda match: f"${letter(match)}$", title))
    return "".join(part if part[:1] == "$" else part.replace("_", r"\_").replace("->", r"$\to$") for part in signs)
