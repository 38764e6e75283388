"""Metrics of a network's own answers: what fit and evaluate report beyond the sums of the engine.

Answers holds targets and outputs of some rows; a Named metric is one of this package, an Own one a function or an
object of the user's. What a name means depends on the task: one output is a question, yes or no at 1/2; several
outputs are one class a row, or, with binary_crossentropy, a label each. Read reported.py for what compile takes,
training/measuring.py for when rows are predicted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..arguments import shown
from . import agreement, areas, counted, likelihood, regression
from .multihot import Floats
from .names import Name
from .reading import Array

YES_NO, CLASSES, LABELS = "yes_no", "classes", "labels"  # the tasks


@dataclass
class Answers:
    """Targets and outputs of some rows."""

    task: str
    y: Array  # targets (rows, outputs), or class numbers (rows,)
    p: Array  # outputs (rows, outputs)
    weight: Floats | None = None  # of the rows; None: all 1

    def _decided(self, values: Array) -> Array:
        """Class numbers, or of labels zeros and ones: each side of 1/2, or the largest, as the engine's accuracy."""
        if self.task == CLASSES:
            return np.asarray(values.argmax(axis=1) if values.ndim == 2 else values)
        found = np.asarray(values > 0.5)
        return found if self.task == LABELS else found[:, 0].astype(np.int64)

    @cached_property
    def true(self) -> Array:
        return self._decided(self.y)

    @cached_property
    def said(self) -> Array:
        return self._decided(self.p)

    @cached_property
    def dense(self) -> Array:
        """The targets as (rows, outputs)."""
        return self.y if self.y.ndim == 2 else np.eye(self.p.shape[1])[self.y]

    @property
    def options(self) -> dict[str, Any]:
        """What metrics are told besides the two arrays."""
        return {"sample_weight": self.weight, "multilabel": self.task == LABELS}

    def given(self) -> tuple[Array, Array]:
        """As functions get them, not to be written to: one output as (rows,), targets as real numbers or classes."""
        y = self.y if self.y.dtype.kind == "f" or self.y.ndim == 1 else self.y.astype(self.p.dtype)
        pair = [one[:, 0] if one.ndim == 2 and one.shape[1] == 1 else one for one in (y, self.p)]
        views = [one.view() for one in pair]
        for view in views:
            view.flags.writeable = False
        return views[0], views[1]


# ---- the metrics of this package -------------------------------------------------------------


def _counts(what: Callable[..., Any]) -> Callable[[Answers, Name], float]:
    """Precision, recall or F1: of class 1 where there are two; of more classes or labels the mean."""

    def value(of: Answers, name: Name) -> float:
        two = of.task == YES_NO or (of.task == CLASSES and of.p.shape[1] == 2)
        return float(what(of.true, of.said, average=name.average or ("binary" if two else "macro"), **of.options))

    return value


def _area(what: Callable[..., Any]) -> Callable[[Answers, Name], float]:
    return lambda of, name: float(what(of.true, of.p, average=name.average or "macro", **of.options))


def _classes(what: Callable[..., float]) -> Callable[[Answers, Name], float]:
    return lambda of, name: what(of.true, of.said, sample_weight=of.weight)


def _labels(what: Callable[..., float]) -> Callable[[Answers, Name], float]:
    return lambda of, name: what(of.true, of.said, **of.options)


def _numbers(what: Callable[..., float]) -> Callable[[Answers, Name], float]:
    return lambda of, name: what(of.dense, of.p, sample_weight=of.weight)


def _log_loss(of: Answers, name: Name) -> float:
    return likelihood.log_loss(of.true if of.task == LABELS else of.y, of.p, **of.options)


def _top_k(of: Answers, name: Name) -> float:
    return agreement.top_k_accuracy(of.true, of.p, name.k, sample_weight=of.weight)


VALUES: dict[str, Callable[[Answers, Name], float]] = {
    "binary_accuracy": lambda of, name: float(np.mean((of.p > 0.5) == (of.dense > 0.5))),  # as the engine: unweighted
    "categorical_accuracy": lambda of, name: float(np.mean(of.p.argmax(axis=1) == of.dense.argmax(axis=1))),
    "exact_match": _labels(agreement.exact_match),
    "hamming_loss": _labels(agreement.hamming_loss),
    "balanced_accuracy": _classes(agreement.balanced_accuracy),
    "mcc": _classes(agreement.mcc),
    "cohen_kappa": _classes(agreement.cohen_kappa),
    "top_k_accuracy": _top_k,
    "precision": _counts(counted.precision),
    "recall": _counts(counted.recall),
    "f1": _counts(counted.f1),
    "auc": _area(areas.roc_auc),
    "pr_auc": _area(areas.average_precision),
    "log_loss": _log_loss,
    "mape": _numbers(regression.mape),
    "msle": _numbers(regression.msle),
    "r2": _numbers(regression.r2),
}


@dataclass(frozen=True)
class Named:
    """A metric of this package, under the name that was typed, or another one of the user's choice."""

    name: str
    what: Name

    def value(self, of: Answers) -> float:
        return VALUES[self.what.base](of, self.what)


# ---- the user's ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Own:
    """A function f(y_true, y_pred), or an object with update_state, result and reset_state, or with __call__.

    Where rows have weights, and it has a parameter sample_weight, it gets them.
    """

    name: str
    thing: Any

    def value(self, of: Answers) -> float:
        y_true, y_pred = of.given()
        thing = self.thing
        if not is_stateful(thing):
            return self._number(thing(y_true, y_pred, **_weights(thing, of.weight)))
        reset = getattr(thing, "reset_state", None) or getattr(thing, "reset_states", None)
        if callable(reset):
            reset()
        thing.update_state(y_true, y_pred, **_weights(thing.update_state, of.weight))
        return self._number(thing.result())

    def _number(self, found: Any) -> float:
        try:
            array = np.asarray(found)
        except (TypeError, ValueError):
            array = np.asarray(None)
        if array.ndim == 0 and array.dtype.kind in "biuf":
            return float(array)
        what = f"an array of shape {array.shape}" if array.ndim else shown(found)
        raise TypeError(f"metrics: {self.name!r} returned {what}; expected one number, such as the mean over rows")


def is_stateful(thing: Any) -> bool:
    """Whether it is an object that takes rows, and tells its value afterwards."""
    return callable(getattr(thing, "update_state", None)) and callable(getattr(thing, "result", None))


def _weights(call: Any, weight: Floats | None) -> dict[str, Any]:
    if weight is None:
        return {}
    try:
        return {"sample_weight": weight} if "sample_weight" in inspect.signature(call).parameters else {}
    except (TypeError, ValueError):
        return {}


def is_possible(thing: Any) -> bool:
    """Whether it may be a metric: it can be told two arrays."""
    call = thing.update_state if is_stateful(thing) else thing
    if isinstance(thing, type) or not callable(call):
        return False
    try:
        inspect.signature(call).bind(0, 0)
    except TypeError:
        return False
    except ValueError:  # a compiled function that does not tell
        return True
    return True


def name_of(thing: Any) -> str:
    """What a function or an object of the user's is called: its `name`, or that of the function or the class."""
    inner = getattr(thing, "func", thing)  # of a functools.partial
    for one in (getattr(thing, "name", None), getattr(thing, "__name__", None), getattr(inner, "__name__", None)):
        if isinstance(one, str) and one:
            return one
    return type(thing).__name__
