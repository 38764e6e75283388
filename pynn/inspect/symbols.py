r"""Formulas in a small subset of LaTeX, converted to plain text, to HTML and to runs of letters for drawing.

`\delta^{[1]}` is `delta[1]` in a terminal, a Greek letter with the superscript [1] on a page. The subset is what the
lectures' formulas need: the commands of the table below, ^ and _, \sqrt{...}, and \mathrm{upright text}.
Read notation.py for the formulas, typesetting.py for whole pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

WORDS = {  # LaTeX: (plain, sign)
    r"\delta": ("delta", "δ"),
    r"\Delta": ("Delta", "Δ"),
    r"\varphi": ("phi", "φ"),
    r"\eta": ("eta", "η"),
    r"\mu": ("mu", "μ"),
    r"\rho": ("rho", "ρ"),
    r"\beta": ("beta", "β"),
    r"\gamma": ("gamma", "γ"),
    r"\hat{x}": ("xhat", "x̂"),
    r"\lambda": ("lambda", "λ"),
    r"\kappa": ("kappa", "κ"),
    r"\varepsilon": ("eps", "ε"),
    r"\partial ": ("d", "∂"),
    r"\odot": ("*", "⊙"),
    r"\top": ("^T", "⊤"),
    r"\leftarrow": ("<-", "←"),
    r"\sum": ("sum", "∑"),
    r"\to": ("->", "→"),
    r"\,": (" ", "\u2009"),
    r"\cdot": ("*", "·"),
    "-": ("-", "−"),
    "'": ("'", "′"),
}
TOKEN = re.compile(r"\\partial |\\hat\{x\}|\\[a-zA-Z]+|\\,|.")


@dataclass(frozen=True)
class Run:
    """Letters with the same style: as plain text, as signs on a page, and whether a superscript or subscript."""

    plain: str
    sign: str
    level: str = ""  # "^" superscript, "_" subscript
    italic: bool = False


def runs(formula: str, level: str = "") -> list[Run]:
    """The runs of a formula."""
    found: list[Run] = []
    at = 0
    while at < len(formula):
        token = TOKEN.match(formula, at)
        assert token is not None
        word, at = token[0], token.end()
        if word in ("^", "_", r"\mathrm", r"\sqrt"):
            inside, at = _argument(formula, at)
            if word == r"\mathrm":
                found.append(Run(inside, inside, level))
            elif word == r"\sqrt":
                found += [Run("sqrt(", "√(", level), *runs(inside, level), Run(")", ")", level)]
            else:
                found += runs(inside, word)
        elif word in WORDS:
            found.append(Run(*WORDS[word], level))
        elif len(word) > 1:
            raise KeyError(f"{word} is not in the table of words")
        else:
            found.append(Run(word, word, level, word.isalpha()))
    return found


def _argument(formula: str, at: int) -> tuple[str, int]:
    """The argument of a command: the content of the braces at `at`, or one token; and the position after it."""
    if formula[at] != "{":
        token = TOKEN.match(formula, at)
        assert token is not None
        return token[0], token.end()
    depth = 0
    for end in range(at, len(formula)):
        depth += {"{": 1, "}": -1}.get(formula[end], 0)
        if not depth:
            return formula[at + 1 : end], end + 1
    raise ValueError(f"{formula}: a brace is not closed")


def plain(formula: str) -> str:
    """For a terminal: ASCII only. [l] follows its letter directly; other superscripts get a ^, subscripts a _."""
    text, before = "", ""
    for run in runs(formula):
        opens = run.level != before
        mark = run.level if opens and not (run.level == "^" and run.plain[0] in "[^") else ""
        text, before = text + mark + run.plain, run.level
    return text


def html(formula: str) -> str:
    """For a page: letters in italics, superscripts as <sup>, subscripts as <sub>."""
    text, before, tags = "", "", {"^": "sup", "_": "sub"}
    for run in runs(formula):
        if run.level != before:
            text += f"</{tags[before]}>" if before else ""
            text += f"<{tags[run.level]}>" if run.level else ""
        sign = escape(run.sign)
        text, before = text + (f"<i>{sign}</i>" if run.italic else sign), run.level
    return text + (f"</{tags[before]}>" if before else "")
