"""Keras' metrics as objects, for compile and on their own. Each has a name that compile takes, and is computed by it.

An object has the name of its class, or another one, under which it is reported. What it is, is said in
../metrics/names.py; how it is computed, in ../metrics/fitted.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import choice, shown, whole
from ..metrics import regression
from ..metrics.fitted import CLASSES, LABELS, YES_NO, Answers, Named
from ..metrics.names import Name, lower, parse
from .given import leftovers

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "F1Score", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError",
    "Metric", "Precision", "R2Score", "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy",
]  # fmt: skip


class Metric:
    """A metric by its name: `meant` is what it is, `name` what it is reported as.

    A subclass of the user's has update_state, result and reset_state of its own.
    """

    def __init__(self, name: str | None = None, meant: str = "", **given: Any) -> None:
        leftovers(type(self).__name__, given)
        self.meant = meant or lower(type(self).__name__)
        self._what = parse(self.meant)
        if self._what is None and type(self).update_state is Metric.update_state:
            raise TypeError(f"{type(self).__name__}: a metric of one's own needs update_state and result")
        self.name = lower(type(self).__name__) if name is None else name
        self.reset_state()

    @property
    def for_compile(self) -> Any:
        """pynn's metric under this name; of a subclass of the user's the object."""
        own = type(self).update_state is not Metric.update_state
        return self if own or self._what is None else Named(self.name, self._what)

    def reset_state(self) -> None:
        self._rows: list[tuple[Any, Any, Any]] = []

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Targets and outputs of some more rows."""
        p = np.asarray(y_pred)
        p = p.reshape(-1, 1) if p.ndim < 2 else p
        y = np.asarray(y_true)
        y = y.reshape(-1, 1) if p.shape[1] == 1 else y.reshape(-1) if y.size == len(p) else y
        weights = np.ones(len(p)) if sample_weight is None else np.asarray(sample_weight, np.float64).reshape(-1)
        self._rows.append((y, p, weights))

    def result(self) -> float:
        """Of all rows since the last reset."""
        if not self._rows:
            raise ValueError(f"{self.name}: no rows yet; expected update_state before result")
        y, p, weights = (np.concatenate(column) for column in zip(*self._rows, strict=True))
        task = YES_NO if p.shape[1] == 1 else LABELS if self.meant.startswith("binary") else CLASSES
        weight = None if (weights == 1).all() else weights
        assert self._what is not None
        return _value(self._what, Answers(task, y, p, weight))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class Accuracy(Metric):
    """Of the class that is said, whatever the outputs are: the same as "accuracy"."""


class BinaryAccuracy(Metric):
    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        if threshold != 0.5:
            raise ValueError(f"threshold: {shown(threshold)} is not possible; expected 0.5")
        super().__init__(name, dtype=dtype)


class CategoricalAccuracy(Metric):
    pass


class SparseCategoricalAccuracy(Metric):
    pass


class _TopK(Metric):
    def __init__(self, k: int = 5, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, f"top_{whole('k', k, 1)}_accuracy", dtype=dtype)


class TopKCategoricalAccuracy(_TopK):
    pass


class SparseTopKCategoricalAccuracy(_TopK):
    pass


class AUC(Metric):
    """The area under the ROC curve, or with curve="PR" the average precision: of all thresholds, not of 200."""

    def __init__(self, num_thresholds: int = 200, curve: str = "ROC", name: str | None = None, **given: Any) -> None:
        kind = choice("curve", curve, ("ROC", "PR"))
        super().__init__(name, "auc" if kind == "ROC" else "pr_auc", **given)


class _Counted(Metric):
    """Precision or recall: of class 1, and of more classes or labels the mean."""

    def __init__(self, thresholds: Any = None, name: str | None = None, **given: Any) -> None:
        if thresholds not in (None, 0.5):
            raise ValueError(f"thresholds: {shown(thresholds)} is not possible; expected 0.5")
        super().__init__(name, **given)


class Precision(_Counted):
    pass


class Recall(_Counted):
    pass


class F1Score(Metric):
    """average: None is that of class 1, or of more classes or labels the mean; "micro", "macro", "weighted"."""

    def __init__(self, average: str | None = None, name: str | None = None, **given: Any) -> None:
        kind = "" if average is None else f"_{choice('average', average, ('micro', 'macro', 'weighted'))}"
        super().__init__(name, f"f1_score{kind}", **given)


class MeanAbsoluteError(Metric):
    pass


class MeanSquaredError(Metric):
    pass


class RootMeanSquaredError(Metric):
    pass


class MeanAbsolutePercentageError(Metric):
    pass


class MeanSquaredLogarithmicError(Metric):
    pass


class R2Score(Metric):
    def __init__(self, name: str | None = None, **given: Any) -> None:
        super().__init__(name, "r2_score", **given)


class BinaryCrossentropy(Metric):
    pass


class CategoricalCrossentropy(Metric):
    pass


class SparseCategoricalCrossentropy(Metric):
    pass


SUMMED = {"mae": regression.mae, "mse": regression.mse, "rmse": regression.rmse}


def _value(what: Name, of: Answers) -> float:
    """Also of the metrics that in a fit are sums of the engine."""
    if what.base in SUMMED:
        return SUMMED[what.base](of.dense, of.p, sample_weight=of.weight)
    if what.base == "accuracy":
        what = what._replace(base="categorical_accuracy" if of.task == CLASSES else "binary_accuracy")
    return Named(what.base, what).value(of)


def for_compile(given: Any) -> Any:
    """Argument `metrics` of compile as a Network takes it."""
    if given is None:
        return None
    if not isinstance(given, (list, tuple)):
        given = [given]
    if len(given) == 1 and isinstance(given[0], (list, tuple)):  # of the one output
        given = given[0]
    return [one.for_compile if isinstance(one, Metric) else one for one in given]
