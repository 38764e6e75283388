"""`pynn predict`, `pynn evaluate` and `pynn info`, for a model file that `pynn train` has written.

The tables have the same columns as the training table, in any order, and may have others. Predictions are written to
standard output unless --out is given, so remarks go to standard error. Read train_table.py for what a file has.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from .. import inspect, tables
from ..backend import Array
from ..network import Network
from ..tables import Preparation, Table, TableError, preparation
from ..tables.outcomes import Classes
from ..tables.table import counted
from .train_report import Report, describe


def load(path: str, options: argparse.Namespace | None = None) -> Network:
    try:
        chosen = {} if options is None else {"engine": options.engine, "threads": options.threads}
        return Network.load(path, **chosen)
    except OSError as reason:
        raise TableError(f"{path}: cannot be read: {reason.strerror or reason}") from None


def opened(options: argparse.Namespace) -> tuple[Network, Preparation, Table]:
    """The model, the preparation saved in it, and the table."""
    net = load(options.model, options)
    prepared = preparation_of(net)
    if prepared is None:
        raise TableError(f"{options.model}: knows no columns; a program saved it, not `pynn train FILE.csv --out`")
    return net, prepared, tables.read(options.data, encoding=options.encoding)


def preparation_of(net: Network) -> Preparation | None:
    given = net.extra.get("table") if isinstance(net.extra, dict) else None
    return None if given is None else Preparation.from_record(given)


def matrix(net: Network, prepared: Preparation, table: Table) -> Array:
    x, notes = prepared.matrix(table, net.dtype)
    for note in notes:
        if sys.stderr is not None:
            print(f"pynn: {table.source}: {note}", file=sys.stderr)
    return x


def predict(options: argparse.Namespace) -> int:
    """Write a line for each row: the prediction; --probabilities adds those of all classes, --keep the row itself."""
    net, prepared, table = opened(options)
    outputs = net.predict(matrix(net, prepared, table))
    names = [f"predicted {prepared.answers.name}"]
    columns: list[Any] = [_answers(prepared, outputs)]
    if options.probabilities:
        if not isinstance(prepared.answers, Classes):
            raise TableError("--probabilities: the model predicts numbers; only classes have probabilities")
        names += [f"probability of {value}" for value in prepared.answers.values]
        columns += [map("{:.6g}".format, column) for column in outputs.T.tolist()]
    if options.keep:
        names, columns = [*table.columns, *names], [*table.columns.values(), *columns]
    tables.write(options.out, names, zip(*columns, strict=True))
    return 0


def _answers(prepared: Preparation, outputs: Array) -> Iterator[str]:
    if isinstance(prepared.answers, Classes):
        values = prepared.answers.values
        return (values[number] for number in outputs.argmax(axis=1).tolist())
    return map("{:.9g}".format, prepared.answers.unscaled(outputs).tolist())


def evaluate(options: argparse.Namespace) -> int:
    """Print metrics on the rows of a table whose targets are known."""
    net, prepared, table = opened(options)
    table, left = preparation.with_answers(table, prepared.answers.name)
    y = prepared.answers.read(table)
    x, report = matrix(net, prepared, table), Report(options.json)
    report.found |= {"source": table.source, "rows": table.rows, "left_out": left}
    report.say(
        f"{table.source}: {counted(table.rows, 'row')}"
        + (f" ({left} without {prepared.answers.name!r} left out)" if left else "")
    )
    report.judge(net, prepared, x, y, "given")
    if options.importance:
        report.importance(net, prepared, x, y, "given", options.seed)
    report.found["fingerprint"] = net.fingerprint()
    report.close()
    return 0


def info(options: argparse.Namespace) -> int:
    """Print layers, columns, and the options and results of the training."""
    net = load(options.model)
    complete = net.inputs is not None and len(net.layers) > 0
    by = f" of {net.optimizer!r}" if complete else ""
    print(f"{options.model}: a network after {net.epoch:,} epochs, {net.iteration:,} steps{by}")
    print(inspect.summary_text(net))
    prepared = preparation_of(net)
    if prepared is not None:
        print("\ncolumns")
        print("\n".join(describe(prepared)))
    training = net.extra.get("training") if isinstance(net.extra, dict) else None
    if isinstance(training, dict):
        print("\ntraining")
        for name, value in training.items():
            shown = (
                ", ".join(f"{key} {_short(one)}" for key, one in value.items()) if isinstance(value, dict) else value
            )
            print(f"  {name}: {shown}")
    if complete:
        print(f"\nfingerprint {net.fingerprint()}")
    return 0


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
