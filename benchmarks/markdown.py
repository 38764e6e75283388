"""Prints the Markdown tables of a page from a file of figures: python benchmarks/markdown.py FIGURES.json

The file is what `pytest benchmarks --figures FIGURES.json` wrote. Nothing is measured here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pynn.bench import told

TITLES = {
    "epoch": "An epoch, in the time of 60,000 rows",
    "small": "A whole fit of a small network: 1,000 steps",
    "predict": "Answers of 784-1024-1024-1024-10",
    "dense": "A training step of dense networks",
    "step": "A training step, called from Python",
    "kernel": "Products, packing included",
}
NAMES = {"numpy": "NumPy", "sklearn": "scikit-learn", "torch": "PyTorch", "jax": "JAX", "onnxruntime": "ONNX Runtime"}


def main(path: str) -> None:
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    print(setting(content["machine"]))
    suites = {r["suite"]: [q for q in content["results"] if q["suite"] == r["suite"]] for r in content["results"]}
    for suite in sorted(suites, key=list(TITLES).index):
        print(f"\n### {TITLES[suite]}\n")
        print("\n".join(results(suites[suite])))
    if content["limits"]:
        print("\n### Limits\n")
        print("\n".join(limits(content["limits"])))


def setting(machine: dict[str, Any]) -> str:
    peaks = " and ".join(f"{peak:.0f} GFLOP/s on {n} thread{'s' * (n != '1')}" for n, peak in machine["peak"].items())
    peers = ", ".join(f"{NAMES[name]} {version}" for name, version in machine["peers"].items() if version)
    return (
        f"{machine['cpu']}, {machine['isa']} kernels, {machine['compiler']}; FMA peak {peaks}; "
        f"pynn {machine['pynn']}, {peers}."
    )


def results(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each case and number of threads; peers in one column each."""
    peers = [name for name in NAMES if any(name in r["seconds"] for r in rows)]
    judged = any(r["goal"] for r in rows)
    head = ["", "threads", "pynn", "GFLOP/s", "of peak", *(NAMES[name] for name in peers)]
    head += ["ratio to the best"] * bool(peers) + ["goal's ratio", "must", "aim", ""] * judged
    yield line(head)
    yield line(["---", *["--:"] * (len(head) - 1)])
    for r in rows:
        cells = [r["case"], str(r["threads"]), told(r["seconds"]["pynn"])]
        cells += [f"{r['gflops']:.3g}", f"{r['share']['pynn']:.0%}"]
        cells += [told(r["seconds"][name]) if name in r["seconds"] else "" for name in peers]
        if peers:
            cells.append(f"**{r['ratio'][r['best']]:.2g}**" if r["best"] else "")
        if judged:
            cells += goal(r["goal"])
        yield line(cells)


def goal(judged: dict[str, Any] | None) -> list[str]:
    if not judged or judged["ratio"] is None:
        return ["", "", "", ""]
    ratio, must, aim = judged["ratio"], judged["must"], judged["aim"]
    mark = "missed" if ratio > must else "aim reached" if ratio <= aim else "reached"
    return [f"{ratio:.2g} {NAMES[judged['peer']]}", f"{must:g}", f"{aim:g}", mark]


def limits(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield line(["", "threads", "measured", "at most", ""])
    yield line(["---", "--:", "--:", "--:", "--:"])
    for r in rows:
        mark = "missed" if r["value"] > r["must"] else "reached"
        yield line([r["name"], str(r["threads"]), f"{r['value']:.3g}", f"{r['must']:g} {r['unit']}", mark])


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/markdown.py FIGURES.json")
    main(sys.argv[1])
