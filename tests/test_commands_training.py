"""`pynn train` in detail: splits, weights, metrics, importance, outliers, and what --json prints."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from command_runs import QUICK, flowers, people, put, refused, run

from pynn import Network
from pynn.commands import row_split, scores
from pynn.commands.watching_epochs import in_units
from pynn.tables.outcomes import Amounts


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(capsys, *arguments, status=0):
    """The one JSON object on standard output."""
    return json.loads(
        run(capsys, *arguments, "--json", status=status)[0], parse_constant=lambda name: pytest.fail(name)
    )


def noisy(rows=240, rare=0.15, seed=3):
    """Two classes, one rare, that overlap; a number that says nothing; six customers; a day that goes on."""
    draw = np.random.default_rng(seed)
    y = draw.uniform(size=rows) < rare
    x, noise, who = draw.normal(size=rows) + 1.2 * y, draw.normal(size=rows), draw.integers(0, 6, rows)
    days = np.datetime64("2024-01-01") + np.arange(rows)[::-1] // 2
    lines = (f"{x[i]:.3f},{noise[i]:.3f},c{who[i]},{days[i]},{'ny'[int(y[i])]}" for i in range(rows))
    return "x,noise,who,when,y\n" + "\n".join(lines) + "\n"


BASE = ["train", "t.csv", "--target", "y", "--epochs", "8", *QUICK]

# ---- results ----


def test_the_figures_are_those_of_scikit_learn(capsys):
    oracle = pytest.importorskip("sklearn.metrics")
    put("t.csv", noisy())
    found = answer(capsys, *BASE, "--test", "0.25", "--out", "m.pynn")
    out, _ = run(capsys, *BASE, "--test", "0.25")
    assert found["result"]["rows"] == "test" and found["rows"]["test"] == 60
    out, _ = run(capsys, "predict", "m.pynn", "t.csv", "--probabilities")
    said = [line.split(",") for line in out.splitlines()[1:]]
    p = np.array([[float(cell) for cell in line[1:]] for line in said])
    p /= p.sum(axis=1, keepdims=True)
    y = np.array([line.rsplit(",", 1)[1] for line in noisy().splitlines()[1:]])
    whole = answer(capsys, "evaluate", "m.pynn", "t.csv")["result"]
    near = {"rel": 1e-4}  # predictions are written with six digits
    assert whole["log_loss"] == pytest.approx(oracle.log_loss(y, p), **near)
    assert whole["auc"] == pytest.approx(oracle.roc_auc_score(y == "y", p[:, 1]), **near)
    recalls = oracle.recall_score(y, np.array(["n", "y"])[p.argmax(axis=1)], average=None)
    assert [whole["classes"][name]["recall"] for name in "ny"] == pytest.approx(recalls.tolist())
    assert [whole["classes"][name]["rows"] for name in "ny"] == [(y == "n").sum(), (y == "y").sum()]


def test_scores_of_several_classes_and_of_missing_ones():
    oracle = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(0)
    p = draw.dirichlet(np.ones(4), 90)
    y = np.arange(90) % 3  # there is no row of class 3
    areas = scores.areas(y, p)
    assert areas[:3] == pytest.approx([oracle.roc_auc_score(y == k, p[:, k]) for k in range(3)]) and np.isnan(areas[3])
    assert np.isnan(scores.recalls(y, p)[3]) and not np.isnan(scores.precisions(y, p)).any()
    assert scores.CLASSES["recall"].of(y, p) == pytest.approx(scores.recalls(y, p)[:3].mean())
    assert np.isnan(scores.CLASSES["auc"].of(np.zeros(5, int), p[:5]))
    assert scores.log_loss(y, p) == pytest.approx(oracle.log_loss(y, p, labels=range(4)))
    assert np.isnan(scores.r2(np.ones(4), np.ones(4)))


def test_a_report_has_a_line_for_each_class(capsys):
    put("t.csv", noisy())
    out, _ = run(capsys, *BASE)
    assert re.search(r"^ +precision +recall +AUC +rows$", out, re.M)
    assert re.search(r"^n +0\.\d{3} +[01]\.\d{3} +0\.\d{3} +\d+$", out, re.M)
    assert re.search(r"^AUC 0\.\d{3}$", out, re.M) and "the classes' shares as probabilities" in out
    assert "(the epoch was chosen by them; --test 0.2 keeps rows apart that judge)" in out
    put("one.csv", noisy().splitlines()[0] + "\n1,1,c1,2024-01-01,n\n2,1,c1,2024-01-01,n\n")
    run(capsys, *BASE, "--out", "m.pynn")
    out, _ = run(capsys, "evaluate", "m.pynn", "one.csv")
    assert "AUC is not defined: all rows are of one class" in out
    assert answer(capsys, "evaluate", "m.pynn", "one.csv")["result"]["auc"] is None


def test_json_is_all_there_is(capsys):
    put("t.csv", noisy())
    found = answer(capsys, *BASE, "--out", "m.pynn", "--importance")
    assert list(found) == ["source", "rows", "target", "columns", "notes", "epochs", "result", "importance", "advice",
                           "fingerprint", "model", "interrupted"]  # fmt: skip
    assert found["rows"] == {"all": 240, "train": 192, "validation": 48} and found["interrupted"] is False
    assert found["target"] == {"name": "y", "kind": "2 classes: n, y"} and list(found["columns"])[0] == "x"
    assert found["fingerprint"] == Network.load("m.pynn").fingerprint() and found["model"] == "m.pynn"
    assert answer(capsys, "evaluate", "m.pynn", "t.csv")["result"]["rows"] == "given"
    put("people.csv", people())
    found = answer(capsys, "train", "people.csv", "--target", "income", "--epochs", "2", "--engine", "reference")
    assert set(found["result"]) == {"rows", "rmse", "mae", "r2"} and any("'name'" in note for note in found["notes"])
    assert "--json: only for CSV files" in refused(capsys, "train", "iris", "--json")


# ---- which epoch is kept ----


@pytest.mark.parametrize("metric", ["loss", "log_loss", "accuracy", "auc", "f1", "recall"])
def test_the_best_epoch_by_any_metric_is_kept(capsys, metric):
    put("t.csv", noisy())
    longer = [*BASE, "--epochs", "30", "--learning-rate", "0.01", "--patience", "4"]
    found = answer(capsys, *longer, "--metric", metric, "--out", "m.pynn")
    kept = found["epochs"]["kept"]
    shown = {"loss": "log_loss"}.get(metric, metric)
    value = found["result"][shown] if shown != "recall" else np.mean(
        [one["recall"] for one in found["result"]["classes"].values()])  # fmt: skip
    known = Network.load("m.pynn").extra["training"]["epoch kept"][f"val_{metric}"]
    assert value == pytest.approx(known, rel=1e-5)  # what was best when it was watched is what is judged at the end
    assert found["epochs"]["stopped_early"] == (found["epochs"]["trained"] < 30)
    assert found["epochs"]["trained"] == (kept + 4 if found["epochs"]["stopped_early"] else 30)
    text, _ = run(capsys, *longer, "--metric", metric)
    assert (
        f"kept: epoch {kept} of {found['epochs']['trained']}, with the best validation {metric.replace('_', ' ')} ("
        in text
    )


def test_the_metric_of_amounts_is_in_their_unit(capsys):
    put("people.csv", people())
    base = ["train", "people.csv", "--target", "income", "--epochs", "3", "--engine", "reference", "--out", "m.pynn"]
    for metric in ("rmse", "mae", "r2"):
        found = answer(capsys, *base, "--metric", metric)
        known = Network.load("m.pynn").extra["training"]["epoch kept"][f"val_{metric}"]
        assert known == pytest.approx(found["result"][metric], rel=1e-5)
    out, _ = run(capsys, *base, "--metric", "mae")
    shown = re.search(r"^epoch 3/3 .*  val_mae ([\d.]+)  val_rmse", out, re.M)[1]
    assert float(shown) == pytest.approx(float(re.search(r"absolute error ([\d.]+)", out)[1]), rel=1e-5)
    out, _ = run(capsys, *base)
    line = re.search(
        r"^epoch 3/3  mae ([\d.]+)  rmse ([\d.]+)  val_mae ([\d.]+)  val_rmse ([\d.]+)  [\d.]+ s$", out, re.M
    )
    mae, rmse = re.search(r"absolute error ([\d.]+)", out)[1], re.search(r"squared error ([\d.]+)", out)[1]
    assert float(line[3]) == pytest.approx(float(mae), rel=1e-5)
    assert float(line[4]) == pytest.approx(float(rmse), rel=1e-5)
    assert f"with the best validation rmse ({float(rmse):.4g})" in out


def test_logs_in_the_unit_of_the_target():
    answers = Amounts("y", mean=5.0, spread=2.0)
    logs = {"loss": 9.0, "mae": 3.0, "mse": 9.0, "val_mae": [1.0, 2.0], "val_mse": [4.0, 1.0], "val_r2": 0.5}
    assert in_units(logs, answers) == {
        "mae": 6.0, "rmse": 6.0, "val_mae": [2.0, 4.0], "val_rmse": [4.0, 2.0], "val_r2": 0.5,
    }  # fmt: skip


# ---- splits ----


def parts_of(capsys, *options):
    return answer(capsys, *BASE, *options)["rows"]


def test_by_time_the_latest_rows_judge(capsys, monkeypatch):
    put("t.csv", noisy())  # two rows a day, the latest day first
    seen = {}
    whole = row_split.split

    def split(table, target, options):
        seen.update(whole(table, target, options))
        return seen

    monkeypatch.setattr(row_split, "split", split)
    out, _ = run(capsys, *BASE, "--split", "time", "when", "--val", "0.2", "--test", "0.1")
    assert seen["test"].tolist() == [*range(24)] and seen["validation"].tolist() == [*range(24, 72)]
    assert seen["train"].tolist() == [*range(72, 240)] and "168 for training, 48 for validation, 24 for the test" in out
    run(capsys, *BASE, "--split", "group", "who", "--val", "0.2", "--test", "0.2")
    who = np.array([line.split(",")[2] for line in noisy().splitlines()[1:]])
    groups = [set(who[seen[name]]) for name in ("train", "validation", "test")]
    assert sum(map(len, groups)) == 6 and set().union(*groups) == set(who)
    assert [len(one) for one in groups] == [4, 1, 1]


def test_a_group_is_no_input(capsys):
    put("t.csv", noisy())
    found = answer(capsys, *BASE, "--split", "group", "who")
    assert "who" not in found["columns"] and "left out 'who': it groups the rows (--split)" in found["notes"]
    assert "when" in answer(capsys, *BASE, "--split", "time", "when")["columns"]
    rows = [answer(capsys, *BASE, "--split", "group", "who", "--seed", str(seed))["rows"]["train"] for seed in range(6)]
    assert len(set(rows)) > 1


@pytest.mark.parametrize(
    ("sizes", "shares", "parts"),
    [([1] * 10, [0.8, 0.2], [8, 2]), ([5, 1, 4], [0.5, 0.5], [1, 2]), ([1, 1, 98], [0.6, 0.2, 0.2], [1, 1, 1]),
     ([98, 1, 1], [0.6, 0.2, 0.2], [1, 1, 1]), ([3, 3, 3, 3], [0.5, 0.25, 0.25], [2, 1, 1])],
)  # fmt: skip
def test_where_parts_end(sizes, shares, parts):
    assert np.bincount(row_split._cut(np.array(sizes), shares)).tolist() == parts


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--split", "time", "wenn"], "--split: column 'wenn' is not there; .*did you mean 'when'"),
        (["--split", "group", "y"], "--split: 'y' is the target"),
        (["--split", "date", "when"], "--split: 'date' is unknown; expected time or group, and a column"),
        (["--split", "time", "who"], "--split time: column 'who' holds words; expected dates, times or numbers"),
        (["--split", "time", "same"], "--split time: column 'same' is '1' in all rows; each of 2 parts needs times"),
        (["--split", "group", "same"], "--split group: column 'same' is '1' in all rows; .* groups of its own"),
        (["--split", "group", "two", "--test", "0.2"], "'two' is one of 2 values; each of 3 parts needs groups"),
        (["--split", "time", "gap"], "column 'gap', line 3: '' is no time"),
        (["--split", "time", "when", "--val", "0"], "--split: there is nothing to split"),
        (["--split", "time", "when", "--val", "0.6", "--test", "0.4"], "leave no rows for training"),
        (["--split", "time", "sorted"], "--split: all training rows are of one class"),
        (["--split", "time"], r"expected time\|group COLUMN"),
        (["--metric", "rmse"], "--metric: rmse is not for classes; expected loss, log_loss, accuracy"),
        (["--metric", "aux"], "did you mean auc"),
        (["--metric", "auc", "--val", "0"], "--metric: it chooses the epoch that is kept"),
        (["--metric", "auc", "--last-epoch"], "--metric: it chooses the epoch that is kept"),
        (["--metric", "auc", "--split", "time", "late"], "auc is not defined, all validation rows are of one class"),
        (["--class-weight", "even"], "invalid choice: 'even'"),
    ],
)  # fmt: skip
def test_what_is_refused(capsys, options, words):
    head, *lines = noisy().splitlines()
    rows = []
    for i, line in enumerate(lines):
        kind, start = line[-1], line.rpartition(",")[0]
        late = i if kind == "y" else i + 10_000  # a time by which the last rows are all of one class
        rows.append(f"{start},1,{i % 2},{'' if i == 1 else i},{kind == 'y':d},{late},{kind}")
    put("t.csv", "x,noise,who,when,same,two,gap,sorted,late,y\n" + "\n".join(rows))
    assert re.search(words, refused(capsys, *BASE, *options))


def test_amounts_have_no_class_weight(capsys):
    put("people.csv", people())
    base = ["train", "people.csv", "--target", "income", "--epochs", "1", *QUICK]
    assert "target 'income' is amounts" in refused(capsys, *base, "--class-weight", "balanced")
    assert "--metric: f1 is not for amounts; expected loss, rmse" in refused(capsys, *base, "--metric", "f1")


# ---- weights, importance, outliers ----


def test_balanced_classes_are_found_more_often(capsys):
    put("t.csv", noisy(rows=600))
    longer = [*BASE, "--epochs", "40"]
    plain = answer(capsys, *longer)["result"]["classes"]["y"]["recall"]
    balanced = answer(capsys, *longer, "--class-weight", "balanced")["result"]["classes"]["y"]["recall"]
    assert balanced > plain + 0.2


def test_importance_is_that_of_the_columns_that_say_something(capsys):
    put("t.csv", noisy(rows=400, rare=0.5))
    longer = [*BASE, "--epochs", "30", "--importance", "--ignore", "who,when", "--test", "0.3", "--out", "m.pynn"]
    found = answer(capsys, *longer)["importance"]
    assert found["metric"] == "log_loss" and [one["column"] for one in found["columns"]] == ["x", "noise"]
    assert found["columns"][0]["worse"] > 0.1 > abs(found["columns"][1]["worse"])
    assert answer(capsys, *longer)["importance"] == found
    other = answer(capsys, "evaluate", "m.pynn", "t.csv", "--importance", "--seed", "1")["importance"]
    assert other["columns"] != answer(capsys, "evaluate", "m.pynn", "t.csv", "--importance")["importance"]["columns"]
    out, _ = run(capsys, *longer)
    lines = re.search(r"^importance: .*\n  x +([\d.]+) \+- [\d.]+\n  noise +-?[\d.]+ \+- [\d.]+\n", out, re.M)
    assert float(lines[1]) == pytest.approx(found["columns"][0]["worse"], abs=1e-3)
    put("people.csv", people())
    base = ["train", "people.csv", "--target", "income", "--epochs", "20", "--engine", "reference", "--importance"]
    found = answer(capsys, *base)["importance"]
    assert found["metric"] == "rmse" and {one["column"] for one in found["columns"]} == {"age", "color", "when"}


def stones(rows=600, slip=None):
    """Prices that follow from a size that two columns tell; `slip` is written for the second one in row 550."""
    draw = np.random.default_rng(5)
    size = draw.lognormal(0, 0.4, rows)
    sides = [f"{size[i] * 5:.2f},{slip if slip and i == 550 else f'{size[i] * 5.1:.2f}'}" for i in range(rows)]
    return "x,y,price\n" + "".join(
        f"{sides[i]},{3 * np.log(size[i]) + 8 + draw.normal() / 50:.4f}\n" for i in range(rows)
    )


def test_one_slip_costs_little_wherever_it_is(capsys):
    """58.9 for 5.89, in a row of the training or of the test."""
    base = ["--target", "price", "--epochs", "60", "--test", "0.2", "--learning-rate", "0.005", "-q"]
    put("clean.csv", stones())
    put("slip.csv", stones(slip="58.9"))
    clean = answer(capsys, "train", "clean.csv", *base)["result"]["r2"]
    where = set()
    for seed in range(12):
        found = answer(capsys, "train", "slip.csv", *base, "--seed", str(seed))
        named = [note for note in found["notes"] if "58.9 in line 552" in note]
        assert len(named) == 1
        where.add(named[0].partition(" ")[0])
        assert found["result"]["r2"] > clean - 0.1
        if {"'y':", "test"} <= where:
            break
    assert {"'y':", "test"} <= where  # seeds with the slip in either part were among them


def test_a_target_that_is_far_from_all_others_is_named(capsys):
    head, first, rest = stones().split("\n", 2)
    put("t.csv", f"{head}\n{first.rpartition(',')[0]},8000\n{rest}")
    out, _ = run(capsys, "train", "t.csv", "--target", "price", "--epochs", "1", "--val", "0", *QUICK)
    assert re.search(r"'price': 8000 in line 2: far from all others", out)


def test_the_page_of_a_table_with_dates(capsys):
    """A target that follows the day of the week and the hour, which a number of days alone does not show."""
    hours = np.arange(24 * 7 * 6)
    times = np.datetime64("2024-01-01T00") + hours
    load = 10 * (hours // 24 % 7 >= 5) + 5 * np.cos(2 * np.pi * hours / 24)
    rows = "".join(f"{str(time).replace('T', ' ')}:00,{value:.4f}\n" for time, value in zip(times, load, strict=True))
    put("load.csv", "when,load\n" + rows)
    found = answer(capsys, "train", "load.csv", "--target", "load", "--learning-rate", "0.005", "--test", "0.2", "-q")
    assert found["result"]["r2"] > 0.97 and "its month, day, weekday, time" in found["columns"]["when"]


def test_kinds_of_flowers_are_as_before(capsys):
    put("iris.csv", flowers())
    found = answer(capsys, "train", "iris.csv", "--target", "species", "--learning-rate", "0.01", *QUICK)
    assert found["result"]["accuracy"] > 0.9 and found["epochs"]["metric"] == "validation loss"


def test_a_model_is_saved_whose_figures_are_not_all_defined(capsys):
    """The latest rows, which judge, are of one class: their AUC is nan, which JSON has not."""
    lines = (f"{row % 7},2024-01-{row + 1:02d},{'n' if row > 18 else 'ny'[row % 2]}" for row in range(28))
    put("t.csv", "x,when,y\n" + "\n".join(lines) + "\n")
    run(capsys, *BASE, "--split", "time", "when", "--out", "m.pynn")
    assert Network.load("m.pynn").extra["training"]["result"]["auc"] is None


def test_amounts_whose_spread_is_no_number_are_refused(capsys):
    put("t.csv", "x,y\n" + "".join(f"{row},{row}e307\n" for row in range(1, 18)))
    assert "up to 1.7e+308, whose squares are beyond float64" in refused(capsys, *BASE, "--task", "regression")


def test_a_number_beyond_all_others_is_limited_in_silence(capsys):
    put("t.csv", "x,y\n" + "".join(f"{row % 9}e-4,{'ny'[row % 2]}\n" for row in range(60)))
    put("new.csv", "x\n1e308\n")
    run(capsys, *BASE, "--out", "m.pynn")
    out, err = run(capsys, "predict", "m.pynn", "new.csv")  # NumPy's warnings are errors in tests
    assert out.splitlines()[1] in "ny" and "its effect is limited" in err
