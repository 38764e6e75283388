"""Log loss: the mean of -log p(true class), where p is the predicted probability.

It is the cross-entropy that softmax and sigmoid networks are trained with, computed from probabilities alone,
for any model. Probabilities are clipped first, so that log 0 does not occur; the loss in training is computed from
z, before probabilities are rounded, and needs no clipping (engine/loss_formulas.py). So the two may differ where a
probability is almost 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import real
from . import multihot
from .reading import Array, array, columns, labels, no_nan, places

# Tolerance for the sum of a row of probabilities. Rows that were printed with three or four digits sum to 1 within it;
# rows of independent sigmoids, which are no distribution, usually do not.
SUM_SLACK = 1e-3

Floats = NDArray[np.float64]


def log_loss(
    y_true: Any, y_pred: Any, *, classes: Any = None, eps: float | None = None, sample_weight: Any = None,
    multilabel: bool | None = None,
) -> float:  # fmt: skip
    """-mean(t log p + (1 - t) log(1 - p)) for one column of p; -mean(sum over classes of t log p) for several.

    Of multi-hot rows each label is a question of its own: the mean over rows and labels of the first formula.

    y_true   class numbers, strings, one-hot or multi-hot rows, or probabilities as targets (one column, or y_pred's
             shape)
    y_pred   probabilities: (rows,) or (rows, 1), of the later of two classes; (rows, classes), rows adding to 1; or
             (rows, labels)
    classes  the classes of the columns (of one column: negative, positive); left out: 0, 1, ..., or the
             strings in ascending order, all of which have to occur
    eps      p is clipped to eps .. 1 - eps; left out, the machine epsilon of y_pred's type: 2.2e-16, float32 1.2e-7
    """
    marks = multihot.truth(y_true, multilabel)
    p, smallest = _probabilities(y_pred, marks is not None)
    if eps is not None:
        smallest = real("eps", eps, 0, 0.5, above=True, below=True)
    if marks is not None and marks.shape != p.shape:
        raise ValueError(f"y_pred: shape {p.shape}; expected that of y_true, {marks.shape}")
    target = _targets(y_true, p, classes) if marks is None else marks.astype(np.float64)
    weight, labels_a_row = multihot.weights(sample_weight, len(p)), p.shape[1]
    if marks is not None or p.shape[1] == 1:
        p, target = np.hstack([1 - p, p]), np.hstack([1 - target, target])
    of_rows = np.sum(target * np.log(np.clip(p, smallest, 1 - smallest)), axis=1)
    return -multihot.mean(of_rows, weight) / (labels_a_row if marks is not None else 1)


def _probabilities(y_pred: Any, multilabel: bool) -> tuple[Floats, float]:
    """(rows, columns) in float64, and the epsilon of the type they came in."""
    found = array(y_pred, "y_pred")
    if found.dtype.kind not in "biuf" or found.ndim not in (1, 2) or not found.size:
        raise ValueError(f"y_pred: {found.dtype} of shape {found.shape}; expected probabilities, at least one row")
    eps = float(np.finfo(found.dtype).eps) if found.dtype.kind == "f" else float(np.finfo(np.float64).eps)
    return _shares(found.reshape(len(found), -1), "y_pred", multilabel), max(eps, float(np.finfo(np.float64).eps))


def _shares(found: Array, name: str, multilabel: bool = False) -> Floats:
    """Numbers from 0 to 1; of several columns, unless they are labels, rows that add to 1."""
    no_nan(found, name)
    if (found < 0).any() or (found > 1).any():
        raise ValueError(f"{name}: values from {found.min():g} to {found.max():g}; expected probabilities, 0 to 1")
    found = found.astype(np.float64)
    if found.shape[1] > 1 and not multilabel:
        sums = found.sum(axis=1)
        row = int(np.argmax(np.abs(sums - 1)))
        if abs(sums[row] - 1) > SUM_SLACK:
            hint = "; of several labels a row: multilabel=True" if name == "y_pred" else ""
            raise ValueError(f"{name}: row {row} adds to {sums[row]:g}; expected probabilities that add to 1{hint}")
    return found


def _targets(y_true: Any, p: Floats, classes: Any) -> Floats:
    """Target probabilities of p's shape."""
    found = array(y_true, "y_true")
    if found.ndim == 0 or len(found) != len(p):
        raise ValueError(f"y_true: shape {found.shape}, but y_pred has {len(p)} rows")
    names = found.dtype.kind in "UT"
    if not names and found.ndim == 2 and found.shape[1] > 1:
        if found.shape != p.shape or classes is not None:
            raise ValueError(f"y_true: shape {found.shape}; expected class numbers, or y_pred's shape {p.shape}")
        return _shares(found, "y_true")
    if not names and p.shape[1] == 1 and classes is None:
        return _shares(found.reshape(len(found), -1), "y_true")
    n = max(2, p.shape[1])
    found = labels(found, "y_true")
    known = columns(found, None if names or classes is not None else n, classes, "y_true")
    if len(known) != n:
        raise ValueError(f"y_true: {len(known)} classes, but y_pred is about {n}; list them with classes=")
    place = places(found, known, "y_true")
    return place.reshape(-1, 1).astype(np.float64) if p.shape[1] == 1 else np.eye(n)[place]
