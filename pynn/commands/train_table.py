"""`pynn train data.csv --target name`: trains a network on a table, prints a report and writes a model file.

The rows are split first; everything that is learned, medians and words included, is learned from the training part. Of
the epochs the best one by the validation rows is kept. How columns become numbers is saved in the model file, so
`pynn predict` takes tables of the same kind. Read tables/ for the columns, row_split.py and watching_epochs.py for the
training, train_report.py for what is printed.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from .. import tables
from ..backend import Array
from ..layers import Dense, Dropout, Layer
from ..network import Network
from ..optimizers import OPTIMIZERS
from ..tables import Preparation, Table, TableError, Wanted, outliers, preparation
from ..tables.number_column import slips
from ..tables.outcomes import Amounts, Answers, Classes, learn
from ..tables.table import counted
from ..training.progress import Progress
from . import row_split, scores
from .row_split import Rows
from .train_report import Report, draw, finite_or_null
from .watching_epochs import Watching, in_units
from .wording import Kept

USUAL = {"epochs": 100, "hidden": [64, 64], "batch_size": 32, "learning_rate": 0.001, "test": 0.0, "activation": "relu",
         "metric": "loss"}  # fmt: skip
PATIENCE = 10
Part = tuple[Array, Array]


@dataclass(frozen=True)
class Parts:
    """The split rows, each part as inputs and targets (not scaled); None for a part that does not exist."""

    train: Part
    validation: Part | None
    test: Part | None

    @property
    def judged(self) -> tuple[str, Part]:
        """The test rows, or else the validation rows, or else the training rows."""
        return ("test", self.test) if self.test else ("validation", self.validation) if self.validation else (
            "training", self.train)  # fmt: skip


def train(options: argparse.Namespace) -> int:
    """Read, split, learn the columns, train, evaluate, save."""
    _check(options)
    table, left = preparation.with_answers(_read(options), options.target)
    wanted = Wanted(options.target, options.task or "", _ignored(options), options.words, options.max_words)
    row_split.find(table, options)
    preparation.check(table, wanted)
    target = learn(table, options.target, wanted.task)
    score = _score(target, options)
    rows = row_split.split(table, target, options)
    prepared, parts, notes = _prepared(table, wanted, target, rows, options)
    if left:
        notes.insert(0, f"left out {counted(left, 'row')} without {options.target!r}")
    report = Report(options.json)
    report.introduce(table, prepared, rows, notes, quiet=options.quiet)
    net = build(prepared, options)
    watching = Watching(prepared.answers, parts.validation, options.metric, score, _patience(options), _line(options))
    stopped = _fit(net, prepared, parts, options, watching)
    kept = _finish(net, prepared, watching, options)
    report.conclude(net, prepared, parts, kept, options)
    if options.out:
        net.extra = record(prepared, options, rows, report.found["result"], kept, net.history)
        net.save(options.out)
        report.saved(options.out)
    if options.plot:
        draw(net.history, options.plot)
        report.say(f"curves: {options.plot}")
    report.close(interrupted=stopped is not None)
    if stopped is not None:
        raise stopped
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.target is None:
        names = ", ".join(map(repr, list(_read(options).columns)[:20]))
        raise TableError(f"--target: which column is to be predicted? {options.data} has {names}")
    if options.target in options.ignore:
        raise TableError(f"--ignore: {options.target!r} is the target")
    if options.patience and not options.val:
        raise TableError("--patience: needs validation rows; give a --val above 0")
    if options.patience and options.last_epoch:
        raise TableError("--patience: with --last-epoch nothing is stopped; give one of them")
    if options.metric != "loss" and (options.last_epoch or not options.val):
        raise TableError("--metric: it chooses the epoch that is kept, for which there have to be --val rows")
    if options.plot and find_spec("matplotlib") is None:
        raise TableError("--plot: needs matplotlib: pip install 'pynn-native[plot]'")
    row_split.check(options)


def _score(target: Answers, options: argparse.Namespace) -> scores.Score | None:
    """The score of --metric, None for the loss."""
    classes = isinstance(target, Classes)
    known = scores.CLASSES if classes else scores.AMOUNTS
    if options.metric != "loss" and options.metric not in known:
        what = "classes" if classes else "amounts"
        raise TableError(f"--metric: {options.metric} is not for {what}; expected loss, {', '.join(known)}")
    if options.class_weight and not classes:
        raise TableError(f"--class-weight: target {target.name!r} is amounts; only classes can be balanced")
    return known.get(options.metric)


def _ignored(options: argparse.Namespace) -> list[str]:
    """A column of groups is no input: the groups of later rows are other ones."""
    return [*options.ignore, *([options.split[1]] if options.split and options.split[0] == "group" else [])]


def _read(options: argparse.Namespace) -> Table:
    return tables.read(options.data, encoding=options.encoding, day_first=options.day_first)


def _prepared(
    table: Table, wanted: Wanted, target: Answers, rows: Rows, options: argparse.Namespace
) -> tuple[Preparation, Parts, list[str]]:
    """What is learned of the columns of the training rows, the parts, and remarks."""
    known, *others = (None if some is None else table.take(some) for some in rows.values())
    assert known is not None
    prepared, notes = preparation.learn(known, wanted, _of_rows(target, known))
    if isinstance(target, Amounts):
        usual = outliers.spread_of(target.read(known))
        notes += slips(known, target.name, target.form, usual.low, usual.high)
    if options.split and options.split[0] == "group":
        notes.append(f"left out {options.split[1]!r}: it groups the rows (--split)")
    first = _part(known, prepared, options.dtype)[0]
    later = []
    for name, some in zip(("validation", "test"), others, strict=True):
        part, remarks = (None, []) if some is None else _part(some, prepared, options.dtype)
        later.append(part)
        notes += [f"{name} rows: {remark}" for remark in remarks]
    parts = Parts(first, *later)
    if options.metric == "auc" and parts.validation is not None and not np.ptp(parts.validation[1]):
        raise TableError("--metric: auc is not defined, all validation rows are of one class; give another --metric")
    if options.metric == "r2" and parts.validation is not None and not np.ptp(parts.validation[1]):
        raise TableError("--metric: r2 is not defined, all validation rows have one value; give another --metric")
    return prepared, parts, notes


def _of_rows(target: Answers, table: Table) -> Answers:
    """The target with mean and standard deviation of the training rows alone."""
    if isinstance(target, Classes):
        return target
    values = target.read(table)
    return replace(target, mean=float(values.mean()), spread=float(values.std()) or 1.0)


def _part(table: Table, prepared: Preparation, dtype: str) -> tuple[Part, list[str]]:
    x, remarks = prepared.matrix(table, dtype)
    return (x, prepared.answers.read(table)), remarks


def build(prepared: Preparation, options: argparse.Namespace) -> Network:
    """The network: hidden layers, with dropout if wanted, and a softmax over the classes or one linear output."""
    layers: list[Layer] = []
    for units in options.hidden:
        first = "he_uniform" if options.activation == "relu" else "glorot_uniform"
        layers.append(Dense(units, options.activation, first, l2=options.l2))
        if options.dropout:
            layers.append(Dropout(options.dropout))
    classes = isinstance(prepared.answers, Classes)
    layers.append(Dense(len(prepared.answers.values), "softmax") if isinstance(prepared.answers, Classes) else Dense(1))
    net = Network(
        layers, inputs=prepared.width, seed=options.seed, dtype=options.dtype, engine=options.engine,
        threads=options.threads,
    )  # fmt: skip
    optimizer = OPTIMIZERS[options.optimizer](learning_rate=options.learning_rate)
    net.compile(optimizer=optimizer, metrics=["accuracy"] if classes else ["mae", "mse"])
    return net


# ---- the training ----------------------------------------------------------------------------


def _patience(options: argparse.Namespace) -> int | None:
    """None: nothing is stopped."""
    return None if options.last_epoch or not options.val else options.patience or PATIENCE


def _line(options: argparse.Namespace) -> Progress:
    silent = options.quiet or options.json
    return Progress(0 if silent else 2 if options.verbose else 1, options.epochs, None)


def _fit(
    net: Network, prepared: Preparation, parts: Parts, options: argparse.Namespace, watching: Watching
) -> KeyboardInterrupt | None:
    """Train. After Ctrl-C the model is still evaluated and saved, if there is --out and an epoch is complete; then the
    KeyboardInterrupt is returned, to be raised at the end."""
    try:
        net.fit(
            parts.train[0], _scaled(prepared, parts.train[1]), epochs=options.epochs, batch_size=options.batch_size,
            validation_data=_validation(prepared, parts, options), class_weight=options.class_weight, verbose=0,
            callbacks=_callbacks(watching, options),
        )  # fmt: skip
    except KeyboardInterrupt as stopped:
        watching.line.close()
        if not (options.out and net.epoch):
            raise
        if not options.json:
            print(f"\nstopped in epoch {net.epoch + 1} of {options.epochs}; what was learned until then:")
        watching.put_back()
        return stopped
    return None


def _callbacks(watching: Watching, options: argparse.Namespace) -> list[Any]:
    """None where nobody looks between epochs, so that many of them are one call."""
    return [watching] if watching.stops or not (options.quiet or options.json) else []


def _scaled(prepared: Preparation, y: Array) -> Array:
    return prepared.answers.scaled(y) if isinstance(prepared.answers, Amounts) else y


def _validation(prepared: Preparation, parts: Parts, options: argparse.Namespace) -> tuple[Array, ...] | None:
    """With the weights that the classes have in training, or else the loss of the two would differ."""
    if parts.validation is None:
        return None
    x, y = parts.validation
    if not options.class_weight:
        return x, _scaled(prepared, y)
    counts = np.bincount(parts.train[1], minlength=int(y.max()) + 1)
    balanced = counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return x, y, balanced[y]


def _finish(net: Network, prepared: Preparation, watching: Watching, options: argparse.Namespace) -> Kept:
    """The curves in the target's unit, with the scores; and which epoch was kept."""
    history = net.history
    assert history is not None
    trained = len(history.epoch)
    if isinstance(prepared.answers, Amounts):
        square = prepared.answers.spread**2
        losses = {name: [one * square for one in history.history[name]] for name in ("loss", "val_loss")
                  if name in history.history}  # fmt: skip
        history.history = losses | in_units(history.history, prepared.answers)
    if watching.scored:
        history.history[watching.name] = watching.scored[:trained]
    if not watching.stops or watching.best_epoch is None:
        return Kept(trained, trained, options.epochs, "")
    history.kept = watching.best_epoch
    metric = "rmse" if options.metric == "loss" and isinstance(prepared.answers, Amounts) else options.metric
    best = history.history[f"val_{metric}"][watching.best_epoch]
    name = f"validation {metric.replace('_', ' ')}"
    return Kept(watching.best_epoch + 1, trained, options.epochs, name, best, watching.patience)


def record(
    prepared: Preparation, options: argparse.Namespace, rows: Rows, figures: Any, kept: Kept, history: Any
) -> dict[str, Any]:
    """`extra` of the model file. It has no date and no path, so that equal trainings give equal files."""
    names = ("epochs", "batch_size", "optimizer", "learning_rate", "patience", "val", "test", "seed", "metric",
             "class_weight", "split")  # fmt: skip
    chosen = vars(options) | {"patience": _patience(options)}
    training = {
        "rows": {name: len(some) for name, some in rows.items() if some is not None},
        "options": {name: chosen[name] for name in names if chosen.get(name) is not None},
        "epoch": {"kept": kept.epoch, "trained": kept.trained, "by": kept.metric or "none: the last one"},
        "epoch kept": {name: values[min(kept.epoch, len(values)) - 1] for name, values in history.history.items()},
        "result": {name: value for name, value in figures.items() if name != "classes"},
    }
    return {"table": prepared.record(), "training": finite_or_null(training)}  # an AUC of rows of one class is nan
