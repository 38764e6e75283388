"""`pynn train data.csv --target name`: trains a network on a table, prints a report and writes a model file.

The rows are split first; everything that is learned, medians and words included, is learned from the training part.
How columns become numbers is saved in the model file, so `pynn predict` takes tables of the same kind. Read tables/ for
the columns, wording.py for the report.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from .. import datasets, tables
from ..backend import Array
from ..layers import Dense, Dropout, Layer
from ..network import Network
from ..optimizers import OPTIMIZERS
from ..tables import Preparation, Table, TableError, Wanted, preparation
from ..tables.features import DESCRIBED
from ..tables.outcomes import Amounts, Answers, Classes, learn
from ..tables.table import counted
from . import wording

USUAL = {"epochs": 50, "hidden": [64, 64], "batch_size": 32, "learning_rate": 0.001, "test": 0.0, "activation": "relu"}
PURPOSE = {"train": "training", "validation": "validation", "test": "the test"}
Part = tuple[Array, Array]


@dataclass(frozen=True)
class Parts:
    """The split rows, each part as inputs and targets (not scaled); None for a part that does not exist."""

    train: Part
    validation: Part | None
    test: Part | None


def train(options: argparse.Namespace) -> int:
    """Read, split, learn the columns, train, evaluate, save."""
    _check(options)
    table, left = preparation.with_answers(_read(options), options.target)
    wanted = Wanted(options.target, options.task or "", options.ignore, options.words, options.max_words)
    preparation.check(table, wanted)
    target = learn(table, options.target, wanted.task)
    rows = split(table, target, options)
    known, *others = (None if some is None else table.take(some) for some in rows.values())
    assert known is not None
    prepared, notes = preparation.learn(known, wanted, _of_rows(target, known))
    first, *later = (None if some is None else _part(some, prepared, options.dtype) for some in (known, *others))
    assert first is not None
    parts = Parts(first, *later)
    if left:
        notes.insert(0, f"left out {counted(left, 'row')} without {options.target!r}")
    introduce(table, prepared, rows, notes)
    print(end="" if options.quiet else "\n")
    net = build(prepared, options)
    stopped = _fit(net, prepared, parts, options)
    history = net.history
    figures = judge(net, prepared, parts)
    conclude(net, history, parts, options)
    if options.out:
        net.extra = record(prepared, options, rows, figures, history)
        net.save(options.out)
        print(f"\nmodel: {options.out} (pynn predict {options.out} NEW.csv)")
    if options.plot:
        draw(history, options.plot)
    if stopped is not None:
        raise stopped
    return 0


def _fit(net: Network, prepared: Preparation, parts: Parts, options: argparse.Namespace) -> KeyboardInterrupt | None:
    """Train. After Ctrl-C the model is still evaluated and saved, if there is --out and an epoch is complete; then the
    KeyboardInterrupt is returned, to be raised at the end."""
    try:
        net.fit(
            parts.train[0], _scaled(prepared, parts.train[1]), epochs=options.epochs, batch_size=options.batch_size,
            validation_data=_validation(prepared, parts), verbose=0 if options.quiet else 2 if options.verbose else 1,
            callbacks=_callbacks(options),
        )  # fmt: skip
    except KeyboardInterrupt as stopped:
        if not (options.out and net.epoch):
            raise
        print(f"\nstopped in epoch {net.epoch + 1} of {options.epochs}; what was learned until then:")
        return stopped
    return None


def _check(options: argparse.Namespace) -> None:
    if options.target is None:
        names = ", ".join(map(repr, list(_read(options).columns)[:20]))
        raise TableError(f"--target: which column is to be predicted? {options.data} has {names}")
    if options.target in options.ignore:
        raise TableError(f"--ignore: {options.target!r} is the target")
    if options.patience and not options.val:
        raise TableError("--patience: needs validation rows; give a --val above 0")
    if options.plot and find_spec("matplotlib") is None:
        raise TableError("--plot: needs matplotlib: pip install 'pynn-native[plot]'")


def _read(options: argparse.Namespace) -> Table:
    return tables.read(options.data, encoding=options.encoding, day_first=options.day_first)


def split(table: Table, target: Answers, options: argparse.Namespace) -> dict[str, Array | None]:
    """Row numbers of each part; each class has the same share in all parts (a stratified split)."""
    numbers, y = np.arange(table.rows), target.read(table)
    parts: dict[str, Array | None] = {"train": numbers, "validation": None, "test": None}
    by_class = isinstance(target, Classes)
    try:
        if options.val and options.test:
            found = datasets.split(numbers, y, options.test, options.val, seed=options.seed, stratify=by_class)
            parts = {name: one[0] for name, one in zip(parts, found, strict=True)}
        elif options.val or options.test:
            found = datasets.split(numbers, y, options.val or options.test, seed=options.seed, stratify=by_class)
            parts |= {"train": found[0][0], "validation" if options.val else "test": found[1][0]}
    except ValueError as reason:
        why = str(reason) if options.test else str(reason).replace("test", "validation")
        raise TableError(f"{table.source}: too few rows for --val and --test: {why}; --val 0 holds none back") from None
    return {name: None if some is None else np.sort(some) for name, some in parts.items()}


def _of_rows(target: Answers, table: Table) -> Answers:
    """The target with mean and standard deviation of the training rows alone."""
    if isinstance(target, Classes):
        return target
    values = target.read(table)
    return replace(target, mean=float(values.mean()), spread=float(values.std()) or 1.0)


def _part(table: Table, prepared: Preparation, dtype: str) -> Part:
    return prepared.matrix(table, dtype)[0], prepared.answers.read(table)


def _scaled(prepared: Preparation, y: Array) -> Array:
    return prepared.answers.scaled(y) if isinstance(prepared.answers, Amounts) else y


def _validation(prepared: Preparation, parts: Parts) -> Part | None:
    return None if parts.validation is None else (parts.validation[0], _scaled(prepared, parts.validation[1]))


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
    net.compile(optimizer=optimizer, metrics=["accuracy"] if classes else ["mae"])
    return net


def _callbacks(options: argparse.Namespace) -> list[Any]:
    from ..callbacks import EarlyStopping

    return [EarlyStopping(patience=options.patience, restore_best_weights=True)] if options.patience else []


# ---- what is printed -------------------------------------------------------------------------


def introduce(table: Table, prepared: Preparation, rows: dict[str, Array | None], notes: list[str]) -> None:
    """Print how many rows there are and how each column is interpreted."""
    counts = ", ".join(f"{len(some):,} for {PURPOSE[name]}" for name, some in rows.items() if some is not None)
    print(f"{table.source}: {table.rows:,} rows ({counts})")
    print("\n".join(describe(prepared)))
    for note in notes:
        print(f"  {note}")


def describe(prepared: Preparation) -> list[str]:
    """Target and columns, a line each."""
    answers = prepared.answers
    if isinstance(answers, Classes):
        shown = ", ".join(answers.values[:8]) + (", ..." if len(answers.values) > 8 else "")
        kind = f"{len(answers.values)} classes: {shown}"
    else:
        kind = f"{DESCRIBED[answers.form]}, mean {answers.mean:g}, spread {answers.spread:g}"
    wide = max(len(one.name) for one in (answers, *prepared.features))
    lines = [f"  {answers.name:{wide}}  target, {kind}"]
    return lines + [f"  {one.name:{wide}}  {one.described}" for one in prepared.features]


def judge(net: Network, prepared: Preparation, parts: Parts) -> dict[str, Any]:
    """Print metrics on the test rows, or else on the validation rows, or else on the training rows."""
    which, (x, y) = "training", parts.train
    for name, part in (("validation", parts.validation), ("test", parts.test)):
        if part is not None:
            which, (x, y) = name, part
    lines, figures = answer_report(net, prepared, x, y, parts.train[1])
    print(f"\n{which} rows:")
    print("\n".join(lines))
    return {"rows": which, **figures}


def answer_report(
    net: Network, prepared: Preparation, x: Array, y: Array, known: Array | None = None
) -> tuple[list[str], dict[str, Any]]:
    """Lines and numbers of a report. Its baseline is the most frequent class, or the mean, of `known`, which are the
    targets of the training rows (or else y)."""
    outputs, known = net.predict(x), y if known is None else known
    if isinstance(prepared.answers, Classes):
        usual = int(np.bincount(known, minlength=len(prepared.answers.values)).argmax())
        return wording.classification(y, outputs.argmax(axis=1), prepared.answers.values, usual)
    return wording.regression(y, prepared.answers.unscaled(outputs), prepared.answers.mean)


def conclude(net: Any, history: Any, parts: Parts, options: argparse.Namespace) -> None:
    """Print advice on how to improve the result, and the fingerprint."""
    lines = wording.said(net.diagnose(history).findings) or wording.advice(history.history["loss"])
    if parts.validation is None and parts.test is None:
        lines.append("These are the rows it was trained on: --val 0.2 holds rows back to judge by.")
    if lines:
        print("\n" + "\n".join(lines))
    print(f"\nfingerprint {net.fingerprint()}")


def record(
    prepared: Preparation, options: argparse.Namespace, rows: dict[str, Array | None], figures: Any, history: Any
) -> dict[str, Any]:
    """`extra` of the model file. It has no date and no path, so that equal trainings give equal files."""
    names = ("epochs", "batch_size", "optimizer", "learning_rate", "patience", "val", "test", "seed")
    training = {
        "rows": {name: len(some) for name, some in rows.items() if some is not None},
        "options": {name: getattr(options, name) for name in names},
        "last epoch": {name: values[-1] for name, values in history.history.items()},
        "result": figures,
    }
    return {"table": prepared.record(), "training": training}


def draw(history: Any, path: str) -> None:
    """Write the learning curves to a picture file."""
    from matplotlib import use

    use("Agg")  # the backend that draws into files and needs no window
    shown = history.plot()
    figure = getattr(shown, "figure_", shown)
    try:
        figure.savefig(path)
    except ValueError as reason:
        raise TableError(f"--plot: {path}: {reason}") from None
    print(f"curves: {path}")
