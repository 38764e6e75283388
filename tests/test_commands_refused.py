"""What the command line refuses, and how: one sentence and status 2; and what it never does to anybody's files.

test_commands.py has what works.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_runs import QUICK, flowers, lines_of, put, refused, run

from pynn import Dense, Network, datasets
from pynn.commands import wording


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


BODY = "".join(f"{i % 7},{'ab'[i % 2]},{i * 1.5}\n" for i in range(40))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("n,k,v\n", "only a line of names"),
        ("n,k,n\n" + BODY, "two columns are called 'n'"),
        ("n,k,v\n" + BODY + "1,2\n", "line 42 has 2 cells"),
        ("n,k,v\n" + BODY.replace("b", "a"), "'a' in all rows"),
        ("k,v\na,1\nb,1\na,1\nb,1\na,1\n", "no column is left to learn from"),
        ("k\na\nb\na\nb\na\n", "no column is left"),
        ("n,k\n1,\n2,\n", "missing in all rows"),
        ("n,k\n1,a\n2,b\n", "validation: 0.2 of 2 rows leaves 2 for training and 0 for validation; --val 0 holds"),
        (b"\xff\xd8\xff\xe0" * 9, "UTF-8"),
        ("n,k,v\n" + BODY + "1O,a,3\n", "'1O' among numbers"),
        ("n,k,v\n" + BODY + 'a,"b', "never closed"),
    ],
)
def test_tables_that_cannot_be_learned(capsys, content, words):
    put("t.csv", content)
    assert words in refused(capsys, "train", "t.csv", "--target", "k", "--epochs", "1", *QUICK)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "t.csv"], "--target: which column is to be predicted. t.csv has 'n', 'k', 'v'"),
        (["train", "t.csv", "--target", "K"], "target 'K' is not there; .*did you mean 'k'"),
        (["train", "x.csv", "--target", "k"], "'x.csv' is neither a file nor a data set"),
        (["train", "irsi"], "did you mean 'iris'"),
        (["train", ".", "--target", "k"], "directory"),
        (["train", "t.csv", "--target", "k", "--hiden", "3"], "--hiden is unknown; did you mean --hidden"),
        (["train", "t.csv", "--target", "k", "--wibble=3"], "--wibble is unknown"),
        (["train", "t.csv", "--target", "k", "extra"], "extra is unknown"),
        (["trian", "t.csv"], "did you mean train"),
        (["train", "t.csv", "--target", "k", "--optimizer", "adma"], "did you mean adam"),
        (["train", "t.csv", "--target", "k", "--task", "regression"], "does not hold numbers"),
        (["train", "t.csv", "--target", "k", "--out", "no/m.pynn"], "there is no folder 'no'"),
        (["train", "t.csv", "--target", "k", "--out", "."], "is a folder"),
        (["train", "t.csv", "--target", "k", "--out", os.devnull], "is no plain file"),
        (["train", "t.csv", "--target", "k", "--plot", "c.txt"], "possible are png"),
        (["train", "t.csv", "--target", "k", "--lr", "3"], "--lr is unknown; did you mean --learning-rate"),
        (["train", "t.csv", "--target", "k", "--split", "time"], r"--split: expected time\|group COLUMN"),
        (["train", "t.csv", "--target", "k", "--split", "group", "z"], "--split: column 'z' is not there"),
        (["train", "t.csv", "--target", "k", "--split", "time", "z"], "--split: column 'z' is not there"),
        (["train", "t.csv", "--target", "k", "--hidden", "6;4"], "--hidden: '6;4' .* separated by commas: 64,64"),
        (["train", "t.csv", "--target", "k", "--ignore", "z"], "--ignore: column 'z' is not there"),
        (["train", "t.csv", "--target", "k", "--ignore", "k"], "'k' is the target"),
        (["train", "t.csv", "--target", "k", "--words", "z"], "--words: column 'z'"),
        (["train", "t.csv", "--target", "k", "--val", "1"], "--val: '1' is not 0 or a number between"),
        (["train", "t.csv", "--target", "k", "--val", "0.6", "--test", "0.6"], "too few rows"),
        (["train", "iris", "--target", "k"], "--target: only for CSV files"),
        (["train", "iris", "--metric", "auc"], "--metric: only for CSV files"),
        (["predict", "t.csv", "t.csv"], "t.csv: no model file, but text"),
        (["predict", "x.pynn", "t.csv"], "x.pynn: cannot be read"),
        (["predict", "plain.pynn", "t.csv"], "knows no columns"),
        (["evaluate", "odd.pynn", "t.csv"], "cannot be used"),
        (["info", "t.csv"], "no model file"),
        (["data", "irs"], "did you mean iris"),
        (["data", "moons", "--rows", "0"], "--rows: '0'"),
        (["data", "iris", "--out", "no/iris.csv"], "there is no folder 'no'"),
    ],
)  # fmt: skip
def test_what_is_refused(capsys, arguments, words):
    put("t.csv", "n,k,v\n" + BODY)
    net = Network(inputs=3)
    net.save("plain.pynn")
    net.extra = {"table": {"features": 3}}
    net.save("odd.pynn")
    assert re.search(words, refused(capsys, *arguments))


def test_there_are_150_flowers(capsys):
    assert "--rows: 151" in refused(capsys, "data", "iris", "--rows", "151")
    assert run(capsys, "data", "iris", "--rows", "150")[0].count("\n") == 151


def test_a_table_to_try(capsys, folder):
    """Iris as it is in the package, points as datasets makes them; a file comes with the command to learn it."""
    assert run(capsys, "data", "iris")[0] == flowers()
    assert run(capsys, "data", "iris", "--rows", "3")[0] == flowers(slice(3))
    for kind, classes, usual in (("moons", 2, 300), ("circles", 2, 300), ("blobs", 3, 300)):
        out, _ = run(capsys, "data", kind, "--out", f"{kind}.csv", "--seed", "1")
        head, *lines = lines_of(Path(f"{kind}.csv").read_text())
        assert head == ["x", "y", kind[:-1]] and len(lines) == usual and len({line[2] for line in lines}) == classes
        x, y = getattr(datasets, f"make_{kind}")(usual, seed=1)
        np.testing.assert_array_equal(np.array([line[:2] for line in lines], np.float32), x)
        command = re.search(r"\(pynn (.*)\)", out)[1].split()
        assert "accuracy" in run(capsys, *command, *QUICK, "--epochs", "1")[0] and Path("model.pynn").exists()


def test_what_is_read_is_not_written_over(capsys):
    put("iris.csv", flowers())
    run(capsys, "train", "iris.csv", "--target", "species", "--epochs", "1", "--out", "m.pynn", *QUICK)
    os.symlink("iris.csv", "link.png")
    before = Path("iris.csv").read_bytes(), Path("m.pynn").read_bytes()
    train = ["train", "iris.csv", "--target", "species", "--epochs", "1", *QUICK]
    for arguments in (
        [*train, "--out", "./iris.csv"],
        [*train, "--plot", "link.png"],
        ["predict", "m.pynn", "iris.csv", "--out", "iris.csv"],
        ["predict", "m.pynn", "iris.csv", "--out", "m.pynn"],
    ):
        assert "is read by the command itself" in refused(capsys, *arguments)
    assert (Path("iris.csv").read_bytes(), Path("m.pynn").read_bytes()) == before
    run(capsys, *train, "--out", "m.pynn")  # a model of before is replaced


@pytest.mark.parametrize(
    "words", [["train", "t.csv", "--target", "日本", "--epochs", "1"], ["predict", "m.pynn", "t.csv"]]
)
def test_an_output_without_the_letters(capsys, words):
    """A terminal that cannot show a word: one sentence and no traceback; a file takes it."""
    put("t.csv", "a,日本\n" + "".join(f"{i},{'é' if i % 2 else 'ж'}\n" for i in range(40)))
    run(capsys, "train", "t.csv", "--target", "日本", "--epochs", "1", "--out", "m.pynn", *QUICK)
    command = [sys.executable, "-m", "pynn", *words]
    words = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=words, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "takes ascii alone, which has no" in done.stderr


def test_divergence_is_one_sentence(capsys):
    put("t.csv", "n,k,v\n" + BODY)
    arguments = ["train", "t.csv", "--target", "v", "--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "9"]
    _, err = run(capsys, *arguments, *QUICK, status=1)
    assert "the loss of step" in err and err.count("\n") == 1


def test_info_of_a_network_a_program_saved(capsys):
    Network(inputs=3).save("m.pynn")
    out, _ = run(capsys, "info", "m.pynn")
    assert "inputs: 3" in out and "fingerprint" not in out
    Network([Dense(2)], inputs=3).save("m.pynn")
    assert "8 parameters" in run(capsys, "info", "m.pynn")[0]


def test_stdin_that_is_closed(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert "no standard input" in refused(capsys, "train", "-", "--target", "k")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert "empty" in refused(capsys, "train", "-", "--target", "k")


def test_large_counts_stand_apart():
    """Names are short and counts long: 10,000 of each of two classes."""
    y = np.arange(20_000) % 2
    lines, _ = wording.classification(y, np.tile([0.1, 0.9], (20_000, 1)), ("0", "1"), y)
    assert lines[0].startswith("accuracy 50.0 % (10,000 of 20,000)")
    assert [line.split() for line in lines[-2:]] == [["0", "0", "10000"], ["1", "0", "10000"]]
