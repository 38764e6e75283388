"""Draws the two pictures of docs/architecture.md: python tools/drawings.py

They go to docs/pictures/panels.svg and docs/pictures/calls.svg. No library is needed. Colours are classes of one
style sheet with a light and a dark half, so a page that is dark has dark pictures. What the pictures show is told
in words on the page; where the code has changed, both do.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LIGHT = {
    "paper": "#ffffff", "ink": "#1f2328", "soft": "#59636e", "line": "#8c959f", "box": "#f6f8fa",
    "one": "#cfe2f6", "two": "#d5ead0", "three": "#f5e2c0", "none": "#e7eaed", "hot": "#c2452d", "bar": "#0b5fa5",
}  # fmt: skip
DARK = {
    "paper": "#0d1117", "ink": "#e6edf3", "soft": "#a0a9b3", "line": "#6e7681", "box": "#1a2029",
    "one": "#1f4468", "two": "#27512b", "three": "#5d4715", "none": "#2a3038", "hot": "#ff7b62", "bar": "#6cb1f5",
}  # fmt: skip
FILLS, STROKES = ("paper", "box", "one", "two", "three", "none"), ("line", "hot", "bar", "ink")
FONT = "'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif"
CODE = "'DejaVu Sans Mono',Menlo,Consolas,monospace"


def style(colours: dict[str, str]) -> str:
    fills = [f".{name}{{fill:{colours[name]}}}" for name in FILLS]
    letters = [f".t-{name}{{fill:{colours[name]}}}" for name in ("ink", "soft", "hot", "bar")]
    strokes = [f".s-{name}{{stroke:{colours[name]}}}" for name in STROKES]
    return "".join(fills + letters + strokes)


class Drawing:
    def __init__(self, width: int, height: int, title: str) -> None:
        self.head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="{FONT}" role="img"><title>{escape(title)}</title>'
            f"<style>{style(LIGHT)}@media (prefers-color-scheme:dark){{{style(DARK)}}}</style>"
        )
        self.parts: list[str] = []
        self.rect(0, 0, width, height, "paper", radius=6)

    def rect(self, x: float, y: float, w: float, h: float, fill: str, stroke: str = "", thick: float = 1,
             radius: float = 0) -> None:  # fmt: skip
        inside = f'class="{fill}{f" s-{stroke}" if stroke else ""}"' if fill else f'class="s-{stroke}" fill="none"'
        width = f' stroke-width="{thick:g}"' if stroke else ""
        corner = f' rx="{radius:g}"' if radius else ""
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"{corner} {inside}{width}/>')

    def text(self, x: float, y: float, words: str, size: float = 12, kind: str = "ink", anchor: str = "start",
             code: bool = False, bold: bool = False) -> None:  # fmt: skip
        more = (f' font-family="{CODE}"' if code else "") + (' font-weight="bold"' if bold else "")
        place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
        self.parts.append(f'<text {place} class="t-{kind}"{more} xml:space="preserve">{escape(words)}</text>')

    def line(self, *points: tuple[float, float], stroke: str = "line", thick: float = 1, dash: str = "",
             arrow: bool = False) -> None:  # fmt: skip
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" class="s-{stroke}" stroke-width="{thick:g}"{dashes}/>'
        )
        if arrow:
            (x0, y0), (x, y) = points[-2:]
            along, across = ((x > x0) - (x < x0), (y > y0) - (y < y0))
            back = [(x - 6 * along - 4 * across, y - 6 * across - 4 * along),
                    (x - 6 * along + 4 * across, y - 6 * across + 4 * along)]  # fmt: skip
            self.line(back[0], (x, y), back[1], stroke=stroke, thick=thick)

    def write(self, name: str) -> None:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / name).write_text("\n".join([self.head, *self.parts, "</svg>\n"]), encoding="utf-8")


def panels() -> None:
    """Above: a matrix and the order of its elements in memory. Below: what one tile of Z = X W reads and writes."""
    d = Drawing(860, 640, "How matrices lie in panels of 16 columns, and what a tile reads")
    fills = ("one", "two", "three")
    # a matrix of 5 rows and 40 columns
    d.text(24, 32, "A matrix of 5 rows and 40 columns is cut into panels of 16 columns", 14, bold=True)
    cell, high, left, top = 8, 18, 24, 66
    for p, fill in enumerate(fills):
        x = left + p * 16 * cell
        d.text(x + 8 * cell, top - 8, f"panel {p}", 12, "soft", "middle")
        for r in range(5):
            real = 8 if p == 2 else 16
            d.rect(x, top + r * high, real * cell, high, fill, "paper")
            if p == 2:
                d.rect(x + real * cell, top + r * high, (16 - real) * cell, high, "none", "paper")
    for r in range(5):
        d.text(left + 4, top + r * high + 13, f"row {r}", 10)
    d.rect(left + 16 * cell, top + 2 * high, 16 * cell, high, "", "hot", 2)
    d.text(left + 16 * cell + 8, top + 2 * high + 13, "row 2, columns 16..31", 10, "hot")
    d.text(left + 40 * cell + 4, top + 5 * high + 15, "no columns: 0", 10, "soft", "start")
    d.text(440, top + 14, "Element (r, c) stands at", 12)
    d.text(440, top + 36, "c/16 * stride + r*16 + c%16", 13, code=True)
    d.text(440, top + 60, "The stride is 16 times an odd number of rows, so that the same", 12, "soft")
    d.text(440, top + 76, "row of many panels does not fall into the same few cache sets.", 12, "soft")
    # memory
    d.text(24, 208, "In memory: panel after panel, and in each one row after row", 14, bold=True)
    width, y = 44, 230
    for p, fill in enumerate(fills):
        for r in range(5):
            x = left + (p * 6 + r) * width
            d.rect(x, y, width, 30, fill, "paper")
            d.text(x + width / 2, y + 19, f"row {r}", 11, anchor="middle")
        d.text(left + p * 6 * width, y + 46, f"panel {p} begins at {('0', 'stride', '2 stride')[p]}", 11, "soft")
    for p in range(2):
        x = left + (p * 6 + 5) * width
        d.rect(x, y, width, 30, "none", "paper")
        d.text(x + width / 2, y + 19, "room", 11, "soft", "middle")
    d.rect(left + 8 * width, y, width, 30, "", "hot", 2)
    d.text(left + 8 * width + width / 2, y - 5, "16 neighbours", 10, "hot", "middle")
    # a tile
    d.text(24, 312, "A tile of Z = b + X W", 14, bold=True)
    d.text(192, 312, "is at most as large as the registers: 6 x 16 with AVX2, 14 x 32 with AVX-512 (float)", 12, "soft")
    t, row = 350, 13
    x0, xw = 24, 16 * 7
    d.text(x0, t - 8, "X   (rows, in)", 12)
    for p in range(2):
        d.rect(x0 + p * xw, t, xw, 10 * row, fills[p], "paper", 2)
    d.rect(x0, t + 3 * row, 2 * xw, 4 * row, "", "hot", 2)
    for r in range(4):
        d.rect(x0 + 9 * 7, t + (3 + r) * row, 7, row, "", "hot", 1)
    d.text(x0, t + 10 * row + 18, "one element of each of its rows,", 11, "soft")
    d.text(x0, t + 10 * row + 33, "repeated in all lanes of a vector;", 11, "soft")
    d.text(x0, t + 10 * row + 48, "after 16 steps, the next panel", 11, "soft")
    w0, rows_w = 296, 16
    d.text(w0, t - 8, "W   (in, out)", 12)
    for p in range(2):
        d.rect(w0 + p * xw, t, xw, rows_w * 9, fills[p], "paper", 2)
    d.rect(w0, t, xw, rows_w * 9, "", "hot", 2)
    d.rect(w0, t + 9 * 9 - 4, xw, 9, "", "hot", 1)
    d.text(w0 + xw + 8, t + 9 * 9 + 4, "step k", 11, "hot")
    d.line((w0 + xw + 22, t + 9 * 9 + 12), (w0 + xw + 22, t + rows_w * 9 - 4), stroke="hot", arrow=True)
    d.text(w0, t + rows_w * 9 + 18, "row k of its panel: 16 neighbours,", 11, "soft")
    d.text(w0, t + rows_w * 9 + 33, "as vectors; row k+1 comes next in memory", 11, "soft")
    z0 = 580
    d.text(z0, t - 8, "Z   (rows, out)", 12)
    for p in range(2):
        d.rect(z0 + p * xw, t, xw, 10 * row, fills[p], "paper", 2)
    d.rect(z0, t + 3 * row, xw, 4 * row, "", "hot", 2)
    d.text(z0 + xw / 2, t + 5 * row + 4, "the tile", 11, "hot", "middle")
    d.text(z0, t + 10 * row + 18, "each element is one chain, from b on,", 11, "soft")
    d.text(z0, t + 10 * row + 33, "and stays in a register for a block of k", 11, "soft")
    d.rect(24, 562, 812, 58, "box", "line", 1, 6)
    d.text(40, 586, "for k = 0 .. in-1, for each row r and each column c of the tile:", 12)
    d.text(430, 586, "z[r][c] = fma(x[r][k], w[k][c], z[r][c])", 13, code=True)
    lanes = "The lanes of a vector are different columns. No sum is spread over lanes: their number cannot show."
    d.text(40, 607, lanes, 12, "soft")
    d.write("panels.svg")


def calls() -> None:
    """Three layers: down on the left, up on the right; barriers across."""
    d = Drawing(900, 868, "Which function calls which in a step, down and up, and where the barriers are")
    d.text(24, 30, "From fit to the step", 14, bold=True)
    chain = (
        ("Network.fit", "network.py"), ("Course.run", "training/fit.py"), ("Engine.train", "engine/_native.pyx"),
        ("pynn_train", "csrc/api.c"), ("train_worker", "csrc/train.c"),
    )  # fmt: skip
    for i, (name, place) in enumerate(chain):
        x = 24 + i * 174
        d.rect(x, 44, 152, 42, "box", "line", 1, 5)
        d.text(x + 76, 62, name, 12, anchor="middle", code=True)
        d.text(x + 76, 78, place, 11, "soft", "middle")
        if i:
            d.line((x - 22, 65), (x - 2, 65), arrow=True)
    d.text(24, 106, "loops over epochs; comes back every 50 ms", 11, "soft")
    d.text(872, 106, "once in each thread; loops over steps", 11, "soft", "end")
    left, right, wide = 24, 468, 408
    d.text(left, 146, "Down: model_forward", 14, bold=True)
    d.text(right, 146, "Up: model_backward, to be read from below", 14, bold=True)

    def box(x: float, y: float, head: str, lines: list[str], fill: str, high: float = 84) -> None:
        d.rect(x, y, wide, high, fill, "line", 1, 5)
        d.text(x + 12, y + 19, head, 12, bold=True)
        for i, one in enumerate(lines):
            d.text(x + 12, y + 37 + i * 16, one, 11.5, code=True)

    def barrier(x: float, y: float, word: str = "barrier") -> None:
        d.line((x, y), (x + wide, y), stroke="bar", thick=2.5, dash="7 4")
        d.text(x + wide - 4, y - 5, word, 11, "bar", "end")

    box(left, 160, "gather rows", ["model_gather: x into panels, targets;", "input dropout, lists of what is not zero"],
        "none", 72)  # fmt: skip
    barrier(left, 250)
    fills = ("one", "two", "three")
    for layer in range(3):
        y, high = 262 + layer * 152, 86 if layer == 1 else 66
        lines = ["dense_forward -> gemm_forward -> tile", "  strip is done -> tail_forward_strip: activation"]
        box(left, y, f"layer {layer} forward", lines, fills[layer], high)
        if layer == 1:
            d.text(left + 12, y + 74, "tail_forward_rows: softmax, dropout", 11.5, code=True)
            d.text(left + wide - 10, y + 60, "barrier", 11, "bar", "end")
            d.line((left + 10, y + 60), (left + wide - 56, y + 60), stroke="bar", thick=1.5, dash="7 4")
        if layer < 2:
            barrier(left, y + 122)
        d.line((left + 40, y + high), (left + 40, y + (150 if layer < 2 else 112)), arrow=True)
    d.line((left + 40, 232), (left + 40, 260), arrow=True)
    # the right column, from below
    for layer in (2, 1, 0):
        y = 262 + layer * 152
        d.rect(right, y - 26, wide, 50, fills[layer], "line", 1, 5)
        d.text(right + 12, y - 10, f"layer {layer}, by parameters: changes W{layer}, b{layer}", 12, bold=True)
        d.text(right + 12, y + 5, "dense_backward_parameters -> gemm_weights -> tile", 11, code=True)
        d.text(right + 12, y + 18, "  block is done -> take_gradient -> update", 11, code=True)
        if not layer:
            continue
        barrier(right, y + 42)
        d.rect(right, y + 50, wide, 50, fills[layer], "line", 1, 5)
        d.text(right + 12, y + 66, f"layer {layer}, by inputs: reads W{layer}", 12, bold=True)
        d.text(right + 12, y + 81, "dense_backward_inputs -> gemm_inputs -> tile", 11, code=True)
        d.text(right + 12, y + 94, f"  strip is done -> tail_backward_strip of layer {layer - 1}", 11, code=True)
        d.line((right + 40, y + 50), (right + 40, y + 26), arrow=True)
        above = y - 152 + (100 if layer > 1 else 24)
        d.line((right + 40, y - 26), (right + 40, above + 2), arrow=True)
    d.line((right + 40, 236), (right + 40, 206), arrow=True)
    barrier(right, 220)
    d.rect(right, 160, wide, 44, "none", "line", 1, 5)
    d.text(right + 12, 179, "end of the step", 12, bold=True)
    d.text(right + 12, 195, "train_worker: totals, the clock, then the next step", 11.5, code=True)
    # the loss
    y = 680
    barrier(left, y - 6)
    d.rect(left, y, 852, 62, "none", "line", 1, 5)
    d.text(left + 12, y + 19, "loss", 12, bold=True)
    d.text(left + 12, y + 37, "loss_of_batch: value and dL/dz of each row", 11.5, code=True)
    d.text(
        left + 12,
        y + 53,
        "barrier, then batch_sums: the tree over rows; a loss that is not finite ends the step here",
        11.5,
        code=True,
    )
    d.line((right + 40, y), (right + 40, 668), arrow=True)
    words = (
        "Threads share rows or strips of columns of whatever is computed, never the terms of a sum.",
        "A barrier stands where the next box reads what other threads have written.",
        "None stands between layer 2 by parameters and layer 1 by inputs: the first changes W2 alone, the",
        "second reads W1 and layer 1's dL/dz, which was complete before.",
    )
    for i, one in enumerate(words):
        d.text(24, 776 + 20 * i, one, 12)
    d.write("calls.svg")


if __name__ == "__main__":
    panels()
    calls()
