"""Reports as lines of text: metrics of a classifier or a regression, next to those of a baseline without learning.

The baseline is the most frequent class, or the mean, of the training rows. Also advice on what to try next, in options
of the command line. Nothing is printed here: read train_table.py and use_model.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import metrics
from ..backend import Array
from ..inspect.finding import Finding

MOST = 12  # classes up to which the confusion matrix is printed: more columns do not fit into a line


def matrix_lines(matrix: Array, names: Sequence[str]) -> list[str]:
    """The confusion matrix. Rows: true classes, columns: predicted classes."""
    width = max(len(str(one)) for one in (*names, matrix.max())) + 2
    lines = [f"{'':{width}}" + "".join(f"{name:>{width}}" for name in names) + "   <- predicted"]
    for name, line in zip(names, matrix, strict=True):
        lines.append(f"{name:{width}}" + "".join(f"{int(value):{width}}" for value in line))
    return lines


def classification(y: Array, predicted: Array, names: Sequence[str], usual: int) -> tuple[list[str], dict[str, Any]]:
    """Lines and figures. `usual` is the most frequent class of the training rows."""
    right, rows = int((y == predicted).sum()), len(y)
    f1 = float(metrics.f1(y, predicted, average="macro"))
    base = float((y == usual).mean())
    lines = [
        f"accuracy {100 * right / rows:.1f} % ({right:,} of {rows:,}); always {names[usual]!r}: {100 * base:.1f} %",
        f"F1 {f1:.3f} (mean over classes)",
    ]
    if len(names) <= MOST:
        lines += ["", *matrix_lines(metrics.confusion_matrix(y, predicted, len(names)), names)]
    return lines, {"accuracy": right / rows, "f1": f1}


def regression(y: Array, predicted: Array, mean: float) -> tuple[list[str], dict[str, Any]]:
    """Lines and figures. `mean` is the one of the training rows."""
    figures = {"mae": float(metrics.mae(y, predicted)), "rmse": float(np.sqrt(metrics.mse(y, predicted)))}
    if np.ptp(y) > 0:
        figures["r2"] = float(metrics.r2(y, predicted))
    base = float(np.abs(y - mean).mean())
    r2 = (
        f"R2 {figures['r2']:{'.3f' if figures['r2'] > -1000 else '.3g'}}"
        if "r2" in figures
        else "R2 is not defined: all true values are equal"
    )
    lines = [r2, f"mean absolute error {figures['mae']:.6g}; always the mean: {base:.6g}"]
    return [*lines, f"root of the mean squared error {figures['rmse']:.6g}"], figures


ADVICE = {  # what to try, in options of `pynn train` rather than in Python
    "overfitting": "Try --patience 5, --dropout 0.2, --l2 0.001, fewer units in --hidden, or find more rows.",
    "learning_rate_high": "Try a --learning-rate that is ten times smaller.",
    "learning_rate_low": "Try a --learning-rate that is ten times larger, or more --epochs.",
    "exploding_loss": "Try a --learning-rate that is ten times smaller.",
}


def said(findings: Sequence[Finding]) -> list[str]:
    """The findings of net.diagnose, a line each, with the advice in options of `pynn train` where there is one."""
    return [
        f"{one.level}, {one.code.replace('_', ' ')}: {one.what} {ADVICE.get(one.code, one.advice)}" for one in findings
    ]


def advice(losses: Sequence[float]) -> list[str]:
    """Advice if the loss was still falling at the end: by more than 2 % over the last tenth of the epochs, more than
    the noise of batches near a minimum. With fewer than 5 epochs there is none: every loss falls at first."""
    tail = losses[-max(2, len(losses) // 10) :]
    if len(losses) < 5 or tail[-1] >= 0.98 * tail[0]:
        return []
    return [f"The loss was still falling after {len(losses)} epochs: try more --epochs, or a larger --learning-rate."]
