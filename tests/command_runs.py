"""Tables to hand to the command line, and ways to call it in this process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pynn import datasets
from pynn.cli import main

QUICK = ["-q", "--engine", "reference"]


def flowers(rows=slice(None), names="sepal_length,sepal_width,petal_length,petal_width,species", order=range(5)):
    """The iris flowers as text."""
    x, y = datasets.iris()
    lines = [[*map(str, row), datasets.IRIS_SPECIES[label]] for row, label in zip(x[rows], y[rows], strict=True)]
    head = names.split(",")
    return "\n".join(",".join(line[i] for i in order) for line in [head, *lines]) + "\n"


def people(rows=300, seed=0):
    """Numbers with gaps, words, dates, a name for each row, a constant; an income that follows from them."""
    draw = np.random.default_rng(seed)
    age, color, day = draw.integers(18, 80, rows), draw.choice(["red", "green"], rows), draw.integers(0, 900, rows)
    income = age * 100.0 + (color == "red") * 2000 + day * 3
    dates = np.datetime64("2020-01-01") + day
    lines = [f"name {i},{age[i] if i % 9 else ''},{color[i]},{dates[i]},1,{income[i]}" for i in range(rows)]
    return "name,age,color,when,same,income\n" + "\n".join(lines) + "\n"


def put(name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def run(capsys, *arguments, status=0):
    try:
        found = main(arguments)
    except SystemExit as leaving:
        found = leaving.code
    out, err = capsys.readouterr()
    assert found == status, (out, err)
    return out, err


def refused(capsys, *arguments):
    """One sentence on stderr, and nothing on stdout."""
    out, err = run(capsys, *arguments, status=2)
    assert out == "" and err.startswith("pynn") and err.count("\n") == 1
    return err


def lines_of(text):
    return [line.split(",") for line in text.splitlines()]
