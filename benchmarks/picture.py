"""Draws share of the peak against layer width, pynn and peers: python benchmarks/picture.py FIGURES.json OUT.svg

The file is what `pytest benchmarks --figures FIGURES.json` wrote; the points are the steps of its
relu networks of two equal layers at a batch of 100. A panel for each number of threads.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

CASE = re.compile(r"relu (\d+) x 2, batch 100")
# name -> label, colour (distinct without colour vision, too), width of the line, marker
LOOKS = {
    "pynn": ("pynn", "#0b5fa5", 2.6, "o"),
    "jax": ("JAX", "#c2571a", 1.5, "s"),
    "torch": ("PyTorch", "#7a5195", 1.5, "^"),
    "sklearn": ("scikit-learn", "#5f8a3a", 1.5, "D"),
    "numpy": ("NumPy", "#8a8a8a", 1.5, "v"),
}
PLAIN = {"svg.fonttype": "none", "svg.hashsalt": "pynn", "font.family": "sans-serif", "font.size": 11}


def main(source: str, target: str) -> None:
    content = json.loads(Path(source).read_text(encoding="utf-8"))
    points = collect(content["results"])
    with plt.rc_context(PLAIN):
        figure, axes = plt.subplots(1, len(points), figsize=(4.6 * len(points), 3.7), sharey=True, squeeze=False)
        for axis, (threads, lines) in zip(axes[0], sorted(points.items()), strict=True):
            peak = content["machine"]["peak"].get(str(threads))
            draw(axis, lines)
            many = "s" * (threads > 1)
            axis.set_title(f"{threads} thread{many}" + (f", peak {peak:.0f} GFLOP/s" if peak else ""), fontsize=11)
        axes[0][0].set_ylabel("share of the FMA peak")
        axes[0][0].legend(frameon=False, loc="lower right", fontsize=9)
        figure.suptitle("A training step, two relu layers of equal width, batch 100", fontsize=12, y=0.98)
        figure.text(0.995, 0.01, f"{content['machine']['cpu']}, {content['machine']['isa']}", ha="right", fontsize=8)
        figure.tight_layout()
        figure.savefig(target, metadata={"Date": None})


def collect(results: list[dict[str, Any]]) -> dict[int, dict[str, list[tuple[int, float]]]]:
    """threads -> contestant -> [(width, share)]."""
    points: dict[int, dict[str, list[tuple[int, float]]]] = {}
    for r in results:
        match = CASE.fullmatch(r["case"]) if r["suite"] == "dense" else None
        if match:
            for name, share in r["share"].items():
                lines = points.setdefault(r["threads"], {})
                lines.setdefault(name, []).append((int(match[1]), share))
    if not points:
        sys.exit("no steps of dense networks in this file: run pytest benchmarks/bench_dense.py --figures FILE")
    return points


def draw(axis: Any, lines: dict[str, list[tuple[int, float]]]) -> None:
    widths = sorted({width for points in lines.values() for width, _ in points})
    for name, (label, colour, width, marker) in LOOKS.items():
        if name in lines:
            x, y = zip(*sorted(lines[name]), strict=True)
            axis.plot(
                x, y, marker, ls="-", label=label, color=colour, lw=width, ms=4.5, zorder=3 if name == "pynn" else 2
            )
    axis.axhline(1, color="#444444", lw=1, ls="--")
    axis.set_xscale("log", base=2)
    axis.set_xticks(widths, [str(width) for width in widths], fontsize=9)
    axis.minorticks_off()
    axis.set_ylim(0, 1.08)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    axis.set_xlabel("width of the layers")
    axis.grid(axis="y", color="#dddddd", lw=0.7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python benchmarks/picture.py FIGURES.json OUT.svg")
    main(sys.argv[1], sys.argv[2])
