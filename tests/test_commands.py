"""The command line on CSV files, as somebody uses it who has never seen it: results, or one sentence and status 2."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pynn import Callback, Dense, Network, datasets
from pynn.cli import main
from pynn.commands import train_table, wording

QUICK = ["-q", "--engine", "reference"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


# ---- the usual way ----


def test_train_predict_evaluate_info(capsys, engine):
    put("iris.csv", flowers())
    out, err = run(
        capsys, "train", "iris.csv", "--target", "species", "--hidden", "16,8", "--epochs", "60", "--val", "0.2",
        "--learning-rate", "0.01", "--out", "m.pynn", "-q", "--engine", engine,
    )  # fmt: skip
    assert err == "" and "150 rows (120 for training, 30 for validation)" in out
    right, rows = map(int, re.search(r"^accuracy [\d.]+ % \((\d+) of (\d+)\); always", out, re.M).groups())
    assert rows == 30 and right >= 26 and re.search(r"^F1 0\.\d+", out, re.M)
    matrix = [list(map(int, re.findall(r"\d+", line))) for line in re.findall(r"^(?:set|vers|virg).*\d$", out, re.M)]
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
        "60 epochs",
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
    out, _ = run(capsys, *base)
    assert "by heart" in out or "overfit" in out.lower()
    run(capsys, *base, "--patience", "3")
    assert Network.load("m").epoch < 100
    assert "--val above 0" in refused(capsys, *base, "--patience", "3", "--val", "0")
    out, _ = run(capsys, *base, "--val", "0", "--epochs", "2")
    assert "\ntraining rows:\n" in out and "--val 0.2 holds rows back" in out


class Interrupt(Callback):
    """Ctrl-C within the fourth epoch."""

    def on_batch_end(self, batch, logs):
        if self.net.epoch == 3:
            raise KeyboardInterrupt


def test_what_was_learned_before_an_interrupt_is_kept(capsys, monkeypatch):
    monkeypatch.setattr(train_table, "_callbacks", lambda options: [Interrupt()])
    put("iris.csv", flowers())
    base = ["train", "iris.csv", "--target", "species", "--epochs", "9", *QUICK]
    out, err = run(capsys, *base, "--out", "m", status=130)
    assert "stopped in epoch 4 of 9" in out and "model: m" in out and err == "pynn: interrupted\n"
    assert Network.load("m").epoch == 3
    assert "accuracy" in run(capsys, "evaluate", "m", "iris.csv")[0]
    out, err = run(capsys, *base, status=130)  # no file was asked for
    assert "stopped" not in out and err == "pynn: interrupted\n"


def test_an_interrupt_before_the_first_epoch_is_over_leaves_no_file(capsys, monkeypatch):
    monkeypatch.setattr(train_table, "_callbacks", lambda options: [Interrupt()])
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


# ---- what is refused ----

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
        (["train", "t.csv", "--target", "k", "--ignore", "z"], "--ignore: column 'z' is not there"),
        (["train", "t.csv", "--target", "k", "--ignore", "k"], "'k' is the target"),
        (["train", "t.csv", "--target", "k", "--words", "z"], "--words: column 'z'"),
        (["train", "t.csv", "--target", "k", "--val", "1"], "--val: '1' is not 0 or a number between"),
        (["train", "t.csv", "--target", "k", "--val", "0.6", "--test", "0.6"], "too few rows"),
        (["train", "iris", "--target", "k"], "--target: only for CSV files"),
        (["predict", "t.csv", "t.csv"], "t.csv: no model file"),
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
    lines, _ = wording.classification(np.arange(20_000) % 2, np.ones(20_000, int), ("0", "1"), 0)
    assert lines[0].startswith("accuracy 50.0 % (10,000 of 20,000)")
    assert [line.split() for line in lines[-2:]] == [["0", "0", "10000"], ["1", "0", "10000"]]
