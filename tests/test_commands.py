"""The command line on CSV files, as somebody uses it who has never seen it: results, or one sentence and status 2."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_runs import QUICK, flowers, lines_of, people, put, refused, run

from pynn import Callback, Network, datasets
from pynn.commands import train_table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_train_predict_evaluate_info(capsys, engine):
    put("iris.csv", flowers())
    out, err = run(
        capsys, "train", "iris.csv", "--target", "species", "--hidden", "16,8", "--epochs", "60", "--val", "0.2",
        "--learning-rate", "0.01", "--out", "m.pynn", "-q", "--engine", engine,
    )  # fmt: skip
    assert err == "" and "150 rows (120 for training, 30 for validation)" in out
    right, rows = map(int, re.search(r"^accuracy [\d.]+ % \((\d+) of (\d+)\); always", out, re.M).groups())
    assert rows == 30 and right >= 26 and re.search(r"^F1 0\.\d+", out, re.M)
    matrix = [
        list(map(int, re.findall(r"\d+", line))) for line in re.findall(r"^(?:set|vers|virg).*\d$", out, re.M)[3:]
    ]
    assert [sum(line) for line in matrix] == [10, 10, 10] and sum(matrix[i][i] for i in range(3)) == right

    out, err = run(capsys, "evaluate", "m.pynn", "iris.csv", "--engine", engine)
    right = int(re.search(r"\((\d+) of 150\)", out)[1])
    put("turned.csv", flowers(names="a,petal_width,petal_length,sepal_width,sepal_length", order=range(5)))
    put("other.csv", "more;" + flowers(order=[3, 2, 1, 0]).replace(",", ";").replace("\n", "\n1;")[:-2])
    out, err = run(capsys, "predict", "m.pynn", "other.csv", "--probabilities", "--engine", engine)
    table = lines_of(out)
    assert err == "" and table[0] == [
        "predicted species",
        *(f"probability of {name}" for name in datasets.IRIS_SPECIES),
    ]
    said = [datasets.IRIS_SPECIES.index(line[0]) for line in table[1:]]
    assert (np.array(said) == datasets.iris()[1]).sum() == right
    for line in table[1:]:
        chances = list(map(float, line[1:]))
        assert sum(chances) == pytest.approx(1, abs=3e-6) and int(np.argmax(chances)) == datasets.IRIS_SPECIES.index(
            line[0]
        )

    out, _ = run(capsys, "info", "m.pynn")
    for words in (
        " epochs, ",
        "kept ",
        "Dense, softmax",
        "3 classes: setosa, versicolor, virginica",
        "petal_width",
        "validation 30",
    ):
        assert words in out, words
    assert Network.load("m.pynn").fingerprint() in out


def test_regression(capsys):
    put("people.csv", people())
    out, _ = run(
        capsys,
        "train",
        "people.csv",
        "--target",
        "income",
        "--hidden",
        "32",
        "--epochs",
        "150",
        "--learning-rate",
        "0.01",
        "--test",
        "0.2",
        "--out",
        "m.pynn",
        *QUICK,
    )
    assert "180 for training, 60 for validation, 60 for the test" in out and "\ntest rows:\n" in out
    for words in ("left out 'name'", "left out 'same': the same everywhere", "date, in days", "missing ones count as"):
        assert words in out, words
    assert float(re.search(r"^R2 ([\d.]+)", out, re.M)[1]) > 0.8
    mae, base = map(float, re.search(r"mean absolute error ([\d.]+); always the mean: ([\d.]+)", out).groups())
    assert mae < base / 3
    run(capsys, "predict", "m.pynn", "people.csv", "--keep", "--out", "p.csv", "--engine", "reference")
    table = lines_of(Path("p.csv").read_text())
    assert table[0] == ["name", "age", "color", "when", "same", "income", "predicted income"] and len(table) == 301
    truth, said = (np.array([float(line[i]) for line in table[1:]]) for i in (5, 6))
    filled = np.array([line[1] != "" for line in table[1:]])
    assert np.abs(truth - said)[filled].mean() < base / 3
    assert "--probabilities" in refused(capsys, "predict", "m.pynn", "people.csv", "--probabilities")


def test_unknown_words_and_gaps_are_said(capsys):
    put("people.csv", people())
    run(capsys, "train", "people.csv", "--target", "income", "--epochs", "1", "--out", "m.pynn", *QUICK)
    put("new.csv", "color,when,age\nmauve,2021-01-01,30\nred,,\n")
    out, err = run(capsys, "predict", "m.pynn", "new.csv")
    assert out.count("\n") == 3 and "'mauve'" in err and "in 1 row 'when' is missing" in err and err.count("\n") == 2
    put("bad.csv", "color,when,age\nred,2021-01-01,old\n")
    assert "line 2: 'old' among numbers" in refused(capsys, "predict", "m.pynn", "bad.csv")
    put("less.csv", "color,when\nred,2021-01-01\n")
    assert "'age' is not there" in refused(capsys, "predict", "m.pynn", "less.csv")
    assert "target 'income' is not there" in refused(capsys, "evaluate", "m.pynn", "new.csv")


def test_standard_streams():
    def pynn(*arguments, content):
        return subprocess.run(
            [sys.executable, "-m", "pynn", *arguments], input=content, capture_output=True, check=True, env=os.environ
        ).stdout.decode()

    out = pynn(
        "train", "-", "--target", "species", "--epochs", "2", "--out", "m.pynn", *QUICK, content=flowers().encode()
    )
    assert out.startswith("standard input: 150 rows")
    out = pynn("predict", "m.pynn", "-", "--out", "-", content=flowers(slice(0, 150, 50)).encode())
    assert out.splitlines()[0] == "predicted species" and out.count("\n") == 4


def test_the_same_training_gives_the_same_file(capsys):
    put("iris.csv", flowers())
    base = ["train", "iris.csv", "--target", "species", "--epochs", "3", *QUICK]
    for name in ("a", "b"):
        run(capsys, *base, "--out", name)
    assert Path("a").read_bytes() == Path("b").read_bytes()
    first = Network.load("a").fingerprint()
    for option in (
        ["--epochs", "4"],
        ["--hidden", "5"],
        ["--activation", "tanh"],
        ["--batch-size", "8"],
        ["--learning-rate", "0.1"],
        ["--optimizer", "sgd"],
        ["--seed", "1"],
        ["--val", "0.3"],
        ["--test", "0.1"],
        ["--dropout", "0.2"],
        ["--l2", "0.1"],
        ["--ignore", "petal_width"],
        ["--words", "petal_width"],
        ["--dtype", "float64"],
    ):
        run(capsys, *base, *option, "--out", "b")
        assert Network.load("b").fingerprint() != first, option


def test_patience_and_advice(capsys):
    """Noise to be learned by heart: patience ends it early, with the best weights; without it, that is advised."""
    draw = np.random.default_rng(1)
    rows = ["a,b,c,y", *(",".join(map(str, row)) + f",{'pq'[draw.integers(2)]}" for row in draw.normal(size=(60, 3)))]
    put("noise.csv", "\n".join(rows))
    base = ["train", "noise.csv", "--target", "y", "--epochs", "300", "--learning-rate", "0.01", "--out", "m", *QUICK]
    out, _ = run(capsys, *base, "--last-epoch")
    assert "overfitting" in out and "kept: the last of 300 epochs" in out
    usual, _ = run(capsys, *base)
    kept, trained = map(int, re.search(r"kept: epoch (\d+) of (\d+), with the best validation loss", usual).groups())
    assert trained == kept + 10 == Network.load("m").epoch and "overfitting" not in usual
    assert "stopped early, after 10 epochs without a better one" in usual
    loss = [float(re.search(r"^log loss ([\d.]+)", one, re.M)[1]) for one in (usual, out)]
    assert loss[0] < loss[1] / 2
    out, _ = run(capsys, *base, "--patience", "3")
    assert "after 3 epochs without" in out
    assert "with --last-epoch nothing is stopped" in refused(capsys, *base, "--patience", "3", "--last-epoch")
    assert "--val above 0" in refused(capsys, *base, "--patience", "3", "--val", "0")
    out, _ = run(capsys, *base, "--val", "0", "--epochs", "2")
    assert "\ntraining rows:\n" in out and "--val 0.2 holds rows back" in out


class Interrupt(Callback):
    """Ctrl-C within the fourth epoch."""

    def on_batch_end(self, batch, logs):
        if self.net.epoch == 3:
            raise KeyboardInterrupt


def test_what_was_learned_before_an_interrupt_is_kept(capsys, monkeypatch):
    monkeypatch.setattr(train_table, "_callbacks", lambda watching, options: [watching, Interrupt()])
    put("iris.csv", flowers())
    base = ["train", "iris.csv", "--target", "species", "--epochs", "9", *QUICK]
    out, err = run(capsys, *base, "--out", "m", status=130)
    assert "stopped in epoch 4 of 9" in out and "model: m" in out and err == "pynn: interrupted\n"
    assert Network.load("m").epoch == 3
    assert "accuracy" in run(capsys, "evaluate", "m", "iris.csv")[0]
    out, err = run(capsys, *base, "--out", "m", "--json", status=130)
    assert json.loads(out)["interrupted"] is True and err == "pynn: interrupted\n"
    out, err = run(capsys, *base, status=130)  # no file was asked for
    assert "stopped" not in out and err == "pynn: interrupted\n"


def test_an_interrupt_before_the_first_epoch_is_over_leaves_no_file(capsys, monkeypatch):
    monkeypatch.setattr(train_table, "_callbacks", lambda watching, options: [watching, Interrupt()])
    monkeypatch.setattr(Interrupt, "on_batch_end", lambda self, batch, logs: signal.raise_signal(signal.SIGINT))
    put("iris.csv", flowers())
    run(capsys, "train", "iris.csv", "--target", "species", "--out", "m", *QUICK, status=130)
    assert not Path("m").exists()


def test_other_letters_and_dates_that_do_not_tell(capsys):
    """What a table does not say itself is said for it; the model remembers the order of day and month."""
    rows = "".join(f"{1 + i % 9:02}/0{1 + i % 3}/2026,{'äö'[i % 2]}\n" for i in range(30))
    put("old.csv", ("when,what\n" + rows).encode("cp1252"))
    base = ["train", "old.csv", "--target", "what", "--epochs", "1", "--out", "m", *QUICK]
    assert "name its encoding (--encoding)" in refused(capsys, *base)
    assert "--day-first" in refused(capsys, *base, "--encoding", "cp1252")
    assert "'klingon' is unknown" in refused(capsys, *base, "--encoding", "klingon")
    for said, form in (("--day-first", "day first"), ("--month-first", "month first")):
        out, _ = run(capsys, *base, "--encoding", "cp1252", said)
        assert form in out and "classes: ä, ö" in out
        assert form in run(capsys, "info", "m")[0]
        out, _ = run(capsys, "evaluate", "m", "old.csv", "--encoding", "cp1252")
        assert "old.csv: 30 rows" in out
    assert "not allowed with" in refused(capsys, *base, "--day-first", "--month-first")
    assert "--encoding: only for CSV files" in refused(capsys, "train", "iris", "--encoding", "cp1252")


def test_amounts_with_a_sign(capsys):
    """The target has a sign, a column a mark between thousands; both are said, and predictions are of the same unit."""
    put("rent.csv", "area,rent\n" + "".join(f'"{i * 125:,}",${i * 10}.50\n' for i in range(30)))
    out, _ = run(capsys, "train", "rent.csv", "--target", "rent", "--epochs", "60", "--out", "m", *QUICK)
    assert "target, number, in $, mean" in out and "is read as 1" in out
    found = [float(line) for line in run(capsys, "predict", "m", "rent.csv")[0].splitlines()[1:]]
    assert np.corrcoef(found, np.arange(30))[0, 1] > 0.9
    assert "R2" in run(capsys, "evaluate", "m", "rent.csv")[0]
    put("bare.csv", "area,rent\n100,5\n")
    assert "'5' among numbers such as $50" in refused(capsys, "evaluate", "m", "bare.csv")


def test_curves(capsys):
    pytest.importorskip("matplotlib")
    put("iris.csv", flowers())
    for name, begin in (("c.png", b"\x89PNG"), ("c.svg", b"<?xml")):
        run(capsys, "train", "iris.csv", "--target", "species", "--epochs", "2", "--plot", name, *QUICK)
        assert Path(name).read_bytes().startswith(begin)


def test_progress_is_shown(capsys):
    put("iris.csv", flowers())
    out, _ = run(capsys, "train", "iris.csv", "--target", "species", "--epochs", "2", "-v", "--engine", "reference")
    assert re.search(r"^epoch 2/2  loss .*val_accuracy", out, re.M)
