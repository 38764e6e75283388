"""One-hot rows from labels: a column for each class, a 1 where the row's class is.

`argmax(axis=1)` is the inverse. A Network with a softmax takes class numbers as they are; one-hot rows are needed
for other losses, for strings, and to show. Read reading.py for what a label may be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import reading


def one_hot(labels: Any, n_classes: int | None = None, *, classes: Any = None) -> NDArray[np.float32]:
    """Zeros with a 1 in the column of the row's class, float32 (rows, classes).

    Class numbers go to the column of their number, 0 to n_classes - 1 (left out: up to the largest there is);
    strings to columns in ascending order. `classes` lists the classes of the columns in an order of your own.
    """
    found = reading.array(labels, "labels")
    if found.ndim != 1 and found.shape[1:] != (1,):
        raise ValueError(f"labels: shape {found.shape}; expected one label a row")
    found = found.reshape(len(found))
    if found.dtype.kind == "f" and not (np.isfinite(found) & (found == np.floor(found))).all():
        raise ValueError("labels: values that are not classes; expected whole numbers or strings")
    found = reading.labels(found, "labels")
    known = reading.columns(found, n_classes, classes, "labels", len(found))
    made = np.zeros((len(found), len(known)), np.float32)
    made[np.arange(len(found)), reading.places(found, known, "labels")] = 1
    return made
