"""What `pynn train` and `pynn evaluate` say: lines to read, or with --json one JSON object and nothing else.

A Report is told what there is to say in either form: lines are printed at once, `found` is printed at the end. Read
wording.py for the lines about results.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any

from ..backend import Array
from ..network import Network
from ..tables import Preparation, Table, TableError
from ..tables.number_column import DESCRIBED
from ..tables.outcomes import Classes
from . import importance, scores, wording
from .row_split import Rows
from .watching_epochs import predictions
from .wording import Kept

PURPOSE = {"train": "training", "validation": "validation", "test": "the test"}


@dataclass
class Report:
    as_json: bool = False
    found: dict[str, Any] = field(default_factory=dict)

    def say(self, *lines: str) -> None:
        if not self.as_json:
            print("\n".join(lines))

    def introduce(self, table: Table, prepared: Preparation, rows: Rows, notes: list[str], quiet: bool) -> None:
        """How many rows there are and how each column is interpreted."""
        numbers = {name: len(some) for name, some in rows.items() if some is not None}
        self.found |= {
            "source": table.source, "rows": {"all": table.rows, **numbers},
            "target": {"name": prepared.answers.name, "kind": kind_of(prepared)},
            "columns": {one.name: one.described for one in prepared.features}, "notes": notes,
        }  # fmt: skip
        counts = ", ".join(f"{number:,} for {PURPOSE[name]}" for name, number in numbers.items())
        self.say(f"{table.source}: {table.rows:,} rows ({counts})")
        self.say(*describe(prepared), *(f"  {note}" for note in notes))
        if not quiet:
            self.say("")

    def conclude(
        self, net: Network, prepared: Preparation, parts: Any, kept: Kept, options: argparse.Namespace
    ) -> None:
        """Results on the rows that judge, advice on how to improve them, and the fingerprint."""
        which, (x, y) = parts.judged
        self.say("", kept.line)
        self.found["epochs"] = {"kept": kept.epoch, "trained": kept.trained, "stopped_early": kept.early,
                                "metric": kept.metric or None}  # fmt: skip
        self.judge(net, prepared, x, y, which, known=parts.train[1])
        if options.importance:
            self.importance(net, prepared, x, y, which, options.seed, options.metric)
        self.advise(net, kept, held_out=which != "training")
        self.found["fingerprint"] = net.fingerprint()
        self.say(f"\nfingerprint {net.fingerprint()}")

    def judge(
        self, net: Network, prepared: Preparation, x: Array, y: Array, which: str, known: Array | None = None
    ) -> None:
        lines, figures = answer_report(net, prepared, x, y, known)
        self.found["result"] = {"rows": which, **figures}
        chosen = which == "validation" and self.found["epochs"]["metric"]
        aside = " (the epoch was chosen by them; --test 0.2 keeps rows apart that judge)" if chosen else ""
        self.say(*([f"\n{which} rows{aside}:"] if which != "given" else []), *lines)

    def importance(
        self, net: Network, prepared: Preparation, x: Array, y: Array, which: str, seed: int, metric: str = "loss"
    ) -> None:
        """By the metric that chose the epoch; else by the log loss, or the root of the mean squared error."""
        known = scores.CLASSES if isinstance(prepared.answers, Classes) else scores.AMOUNTS
        name = next(iter(known)) if metric == "loss" else metric
        found = importance.importances(net, prepared, x, y, known[name], seed)
        self.found["importance"] = {"metric": name, "columns": [asdict(one) for one in found]}
        self.say("", *importance.lines(found, name.replace("_", " "), which))

    def advise(self, net: Network, kept: Kept, held_out: bool) -> None:
        assert net.history is not None
        findings = wording.said(net.diagnose(net.history).findings)
        lines = [f"{one['level']}, {one['code'].replace('_', ' ')}: {one['what']} {one['advice']}" for one in findings]
        more = [kept.unfinished]
        if held_out and not kept.metric and not findings and wording.still_falling(net.history.history["loss"]):
            more.append(f"The loss was still falling after {kept.trained} epochs: try more --epochs.")
        if not held_out:
            more.append("These are the rows it was trained on: --val 0.2 holds rows back to judge by.")
        more = [line for line in more if line]
        self.found["advice"] = [*findings, *({"advice": line} for line in more)]
        if lines or more:
            self.say("", *lines, *more)

    def saved(self, path: str) -> None:
        self.found["model"] = path
        self.say(f"\nmodel: {path} (pynn predict {path} NEW.csv)")

    def close(self, **more: Any) -> None:
        if self.as_json:
            print(json.dumps(finite_or_null(self.found | more), indent=1, allow_nan=False))


def finite_or_null(given: Any) -> Any:
    """Without nan and infinities, which JSON has not: null."""
    if isinstance(given, dict):
        return {str(key): finite_or_null(value) for key, value in given.items()}
    if isinstance(given, list):
        return [finite_or_null(value) for value in given]
    return None if isinstance(given, float) and not math.isfinite(given) else given


def kind_of(prepared: Preparation) -> str:
    answers = prepared.answers
    if isinstance(answers, Classes):
        shown = ", ".join(answers.values[:8]) + (", ..." if len(answers.values) > 8 else "")
        return f"{len(answers.values)} classes: {shown}"
    return f"{DESCRIBED[answers.form]}, mean {answers.mean:g}, spread {answers.spread:g}"


def describe(prepared: Preparation) -> list[str]:
    """Target and columns, a line each."""
    wide = max(len(one.name) for one in (prepared.answers, *prepared.features))
    lines = [f"  {prepared.answers.name:{wide}}  target, {kind_of(prepared)}"]
    return lines + [f"  {one.name:{wide}}  {one.described}" for one in prepared.features]


def answer_report(
    net: Network, prepared: Preparation, x: Array, y: Array, known: Array | None = None
) -> tuple[list[str], dict[str, Any]]:
    """Lines and numbers. What could be said without learning follows from `known`, the targets of the training rows (or
    else y)."""
    answers, given = prepared.answers, predictions(prepared.answers, net.predict(x))
    if isinstance(answers, Classes):
        return wording.classification(y, given, answers.values, y if known is None else known)
    return wording.regression(y, given, answers.mean)


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
