"""`pynn bench`: the figures that follow from given seconds, the words of its table, what it refuses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pynn import bench
from pynn.bench import Result, Work
from pynn.cli import main

pytest.importorskip("pynn.engine._native")
FIT = Work("fit 2-3-1", 2, ((3, "tanh"), (1, "sigmoid")), 4, 4, 5)
ANSWER = Work("predict 784-4-2, 3 rows", 784, ((4, "relu"), (2, "softmax")), 10, 20, answer=3)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pieces of work that take no time."""
    real = bench.machine
    monkeypatch.setattr(bench, "WORKS", (FIT, ANSWER))
    monkeypatch.setattr(bench, "machine", lambda: real(0.001))
    monkeypatch.setattr(bench, "mean", lambda function, calls: (function(), 1.0)[1])


def without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = bench.find_spec
    monkeypatch.setattr(bench, "find_spec", lambda module: None if module == name else real(module))


def test_figures_are_medians_of_rounds() -> None:
    times = {"pynn": [1.0, 2.0, 8.0], "other": [4.0, 2.0, 2.0]}
    result = Result("s", "c", 2, 12e9, times, [24e9, 12e9, 6e9])
    assert result.seconds() == 2.0 and result.gflops == 6.0
    assert result.ratio("other") == 1.0  # of 1/4, 1, 4: not the ratio of the medians alone
    assert result.share() == 0.5 and result.share("other") == 0.5
    figures = result.figures()
    assert figures["ratio"] == {"other": 1.0} and figures["peak"] == 12.0 and figures["spread"]["pynn"] == [1.0, 8.0]
    assert json.loads(json.dumps(figures)) == figures


def test_flop_of_a_step() -> None:
    # Forward and both gradients: 2 (2 x 3 + 3 x 1) each, but no gradient for the 2 inputs: 3 * 18 - 12 a row.
    assert FIT.flop == (3 * 18 - 12) * 4 * 5
    assert ANSWER.flop == 2 * (784 * 4 + 4 * 2) * 3


def test_pictures_are_as_empty_as_digits() -> None:
    x, _ = bench.rows_of(Work("", 784, ((10, "softmax"),), 1, 500))
    assert x.dtype == np.uint8 and abs((x > 0).mean() - 0.19) < 0.01


def test_measure_runs_all_contestants() -> None:
    result = bench.measure(FIT, 1, 0.0, 2, pause=0.0)
    assert list(result.times)[:2] == ["pynn", "NumPy"]
    assert all(len(times) == 2 and min(times) > 0 for times in result.times.values())
    assert len(result.peaks) == 2 and min(result.peaks) > 0


def test_table_and_file(small: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    assert main(["bench", "--quick", "--threads", "1", "--json", str(target)]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "FMA peak" in out and "GFLOP/s on 1 thread" in out
    assert max(map(len, out.splitlines())) <= 80
    for work in (FIT, ANSWER):
        assert re.search(rf"^{work.name} +1 s +[\d.]+ +[\d.]+% +1\.000", out, re.M)
    content = json.loads(target.read_text(encoding="utf-8"))
    assert [r["case"] for r in content["results"]] == [FIT.name, ANSWER.name]
    assert content["results"][0]["seconds"]["pynn"] == 1.0 and content["machine"]["peak"]["1"] > 0


def test_the_table_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """All its lines, with the times and ratios of a slow machine."""
    times = {"pynn": [0.0123456], "NumPy": [0.0000123456], "scikit-learn": [0.0000123456]}
    result = Result("bench", "", 1, 1.23456e12, times, [1e14])
    monkeypatch.setattr(bench, "measure", lambda *_: result)
    monkeypatch.setattr(bench, "find_spec", lambda module: module == "sklearn" or None)
    lines = list(bench.report(bench.WORKS, 1, 0.0, 1, []))
    assert len(lines) == len(bench.WORKS) + 1 and {len(line) for line in lines} == {max(map(len, lines))}
    assert len(lines[0]) <= 80 and lines[0].split() == ["time", "GFLOP/s", "of", "peak", "/", "NumPy", "/", "sklearn"]


def test_peers_that_are_not_there_are_named(
    small: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without("sklearn", monkeypatch)
    bench.run(quick=True)
    out = capsys.readouterr().out
    assert "scikit-learn is not installed" in out and "/ sklearn" not in out and "/ NumPy" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--threads", "1000000"], "--threads: 1000000 is more than"),
        (["--json", "no/such/folder/x.json"], "argument --json: 'no/such/folder/x.json' cannot be written"),
        (["--json", "."], "argument --json: '.' is a folder"),
    ],
)
def test_wrong_arguments(small: None, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    try:
        status = main(["bench", *arguments])
    except SystemExit as end:  # from the parser
        status = end.code
    out, err = capsys.readouterr()
    assert (status, out) == (2, "") and err.startswith("pynn") and err.count("\n") == 1 and words in err


def test_interrupt_ends_with_130() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pynn", "bench"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith(" "):  # the head of the table: it measures now
            pass
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and err == "pynn: interrupted\n"
