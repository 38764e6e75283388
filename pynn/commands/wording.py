"""Reports as lines of text: metrics of a classifier or a regression, next to those of a baseline without learning.

The baseline is the most frequent class, or the mean, of the training rows. Also advice on what to try next, in options
of the command line. Nothing is printed here: read train_table.py and use_model.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import metrics
from ..backend import Array, Floats
from ..inspect.finding import Finding
from ..tables.table import counted
from . import scores

MOST_LISTED = 40  # classes up to which there is a line for each
WIDE = 11  # of a column of numbers
SOON = 2  # epochs: a network that is best so soon goes by too large steps, or learns only noise
MOST = 12  # classes up to which the confusion matrix is printed: more columns do not fit into a line


def matrix_lines(matrix: Array, names: Sequence[str]) -> list[str]:
    """The confusion matrix. Rows: true classes, columns: predicted classes."""
    width = max(len(str(one)) for one in (*names, matrix.max())) + 2
    lines = [f"{'':{width}}" + "".join(f"{name:>{width}}" for name in names) + "   <- predicted"]
    for name, line in zip(names, matrix, strict=True):
        lines.append(f"{name:{width}}" + "".join(f"{int(value):{width}}" for value in line))
    return lines


def classification(y: Array, p: Array, names: Sequence[str], known: Array) -> tuple[list[str], dict[str, Any]]:
    """Lines and figures. p are the probabilities, (rows, classes), `known` the classes of the training rows: always
    their most frequent class, and their shares as probabilities, are what could be said without learning."""
    shares = np.bincount(known, minlength=len(names)) / len(known)
    usual, rows = int(shares.argmax()), len(y)
    right, base = int((y == p.argmax(axis=1)).sum()), float((y == usual).mean())
    columns = {"precision": scores.precisions(y, p), "recall": scores.recalls(y, p), "AUC": scores.areas(y, p)}
    figures: dict[str, Any] = {
        "accuracy": right / rows, "log_loss": scores.log_loss(y, p), "f1": scores.f1(y, p),
        "auc": scores.CLASSES["auc"].of(y, p),
    }  # fmt: skip
    blind = scores.log_loss(y, np.broadcast_to(shares, p.shape))
    mean = " (mean over classes, each against the others)" if len(names) > 2 else ""
    area = "is not defined: all rows are of one class" if np.isnan(figures["auc"]) else f"{figures['auc']:.3f}{mean}"
    lines = [
        f"accuracy {100 * right / rows:.1f} % ({right:,} of {rows:,}); always {names[usual]!r}: {100 * base:.1f} %",
        f"log loss {figures['log_loss']:.3f}; the classes' shares as probabilities: {blind:.3f}",
        f"AUC {area}",
        f"F1 {figures['f1']:.3f} (mean over classes)",
    ]
    support = np.bincount(y, minlength=len(names))
    figures["classes"] = {
        name: {"rows": int(support[k]), **{title.lower(): float(one[k]) for title, one in columns.items()}}
        for k, name in enumerate(names)
    }
    if len(names) <= MOST_LISTED:
        lines += ["", *class_lines(columns, support, names)]
    if len(names) <= MOST:
        lines += ["", *matrix_lines(metrics.confusion_matrix(y, p.argmax(axis=1), len(names)), names)]
    return lines, figures


def class_lines(columns: dict[str, Floats], support: Array, names: Sequence[str]) -> list[str]:
    """A line for each class; - where a number is not defined."""
    wide = max(len(name) for name in names) + 2
    lines = [f"{'':{wide}}" + "".join(f"{title:>{WIDE}}" for title in (*columns, "rows"))]
    for k, name in enumerate(names):
        cells = ("-" if np.isnan(one[k]) else f"{one[k]:.3f}" for one in columns.values())
        lines.append(f"{name:{wide}}" + "".join(f"{cell:>{WIDE}}" for cell in (*cells, str(support[k]))))
    return lines


def regression(y: Array, predicted: Array, mean: float) -> tuple[list[str], dict[str, Any]]:
    """Lines and figures. `mean` is the one of the training rows."""
    figures = {name: score.of(y, predicted) for name, score in scores.AMOUNTS.items()}
    base = scores.AMOUNTS["mae"].of(y, np.full(len(y), mean))
    r2 = (
        "R2 is not defined: all true values are equal"
        if np.isnan(figures["r2"])
        else f"R2 {figures['r2']:{'.3f' if figures['r2'] > -1000 else '.3g'}}"
    )
    lines = [r2, f"mean absolute error {figures['mae']:.6g}; always the mean: {base:.6g}"]
    return [*lines, f"root of the mean squared error {figures['rmse']:.6g}"], figures


ADVICE = {  # what to try, in options of `pynn train` rather than in Python
    "overfitting": "Try --dropout 0.2, --l2 0.001, fewer units in --hidden, or find more rows.",
    "learning_rate_high": "Try a --learning-rate that is ten times smaller.",
    "learning_rate_low": "Try a --learning-rate that is ten times larger, or more --epochs.",
    "exploding_loss": "Try a --learning-rate that is ten times smaller.",
    "imbalance": "Try --class-weight balanced.",
}


def said(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """The findings of net.diagnose, with the advice in options of `pynn train` where there is one."""
    return [
        {"level": one.level, "code": one.code, "what": one.what, "advice": ADVICE.get(one.code, one.advice)}
        for one in findings
    ]


def still_falling(losses: Sequence[float]) -> bool:
    """Whether the training loss fell to the end: by more than 2 % over the last tenth of the epochs, more than the
    noise of batches near a minimum. With fewer than 5 epochs that says nothing: every loss falls at first."""
    tail = losses[-max(2, len(losses) // 10) :]
    return len(losses) >= 5 and tail[-1] < 0.98 * tail[0]


@dataclass(frozen=True)
class Kept:
    """Which epoch's weights the network has, and why; epochs counted from 1."""

    epoch: int
    trained: int
    wanted: int
    metric: str  # by which it was chosen; "": the last epoch was kept as it is
    best: float = math.nan
    patience: int = 0

    @property
    def early(self) -> bool:
        return bool(self.metric) and self.trained < self.wanted

    @property
    def line(self) -> str:
        if not self.metric:
            return f"kept: the last of {counted(self.trained, 'epoch')}"
        where = f"kept: epoch {self.epoch} of {self.trained}, with the best {self.metric} ({self.best:.4g})"
        return f"{where}; stopped early, after {self.patience} epochs without a better one" if self.early else where

    @property
    def unfinished(self) -> str:
        """Advice if there may still be something to gain."""
        if self.early and self.epoch <= SOON:
            return f"Epoch {self.epoch} was the best already: a smaller --learning-rate may get further."
        if not self.metric or self.early or self.trained - self.epoch >= self.patience // 2 or self.trained < 5:
            return ""
        return f"The {self.metric} was still getting better after {self.trained} epochs: try more --epochs."
