"""ROC curves as a picture: the true positive rate over the false positive rate, with the area under each curve.

The numbers are those of metrics/ranked.py, where both rates are explained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..backend import Array, Floats
from ..metrics import auc, roc_curve
from ..metrics.multihot import is_multi_hot
from .answers import labels, outputs, rows, words
from .colours import GREY, PALE, colour
from .display import Display


@dataclass(repr=False)
class RocCurveDisplay(Display):
    """Fields: curves (name -> false positive rate, true positive rate), areas (name -> AUC)."""

    curves: dict[str, tuple[Floats, Floats]]

    @property
    def areas(self) -> dict[str, float]:
        return {name: auc(false, true) for name, (false, true) in self.curves.items()}

    @classmethod
    def from_predictions(
        cls, y_true: Any, scores: Any, *, classes: Any = None, name: str = "", ax: Any = None, **options: Any
    ) -> Self:
        """One curve of two classes; of more, one for each class against the rest; of several labels, one for each.

        y_true   classes, or multi-hot rows
        scores   (rows,) larger for class 1; (rows, K) one column for each class; or {name: scores} to compare several
        classes  names of the classes
        """
        if isinstance(scores, Mapping):
            curves: dict[str, tuple[Floats, Floats]] = {}
            for label, each in scores.items():
                found = _curves(y_true, each, classes, str(label))
                several = len(found) > 1
                curves |= {f"{label}: {k}" if several else str(label): points for k, points in found.items()}
        else:
            curves = _curves(y_true, scores, classes, name)
        if not curves:
            raise ValueError("scores: none are given")
        return cls(curves).plot(ax, **options)

    @classmethod
    def from_network(cls, net: Any, x: Any, y: Any, *, classes: Any = None, ax: Any = None, **options: Any) -> Self:
        """The curves of a network's outputs for the rows x, whose classes are y. Several networks: {name: net}."""
        several = net if isinstance(net, Mapping) else {"": net}
        scores = {}
        for name, each in several.items():
            found = outputs(each, rows("x", x, getattr(each, "inputs", None)))
            if found.ndim == 1:
                raise ValueError("net: it answers with classes; a curve needs outputs that can be ordered")
            scores[name] = found
        given: Any = scores if isinstance(net, Mapping) else scores[""]
        return cls.from_predictions(y, given, classes=classes, ax=ax, **options)

    def plot(self, ax: Any = None, *, title: str | None = None) -> Self:
        with self._canvas(ax, (5.6, 5)) as (axes,):
            areas = self.areas
            for k, (name, (false, true)) in enumerate(self.curves.items()):
                label = f"{name}: AUC {areas[name]:.3f}" if name else f"AUC {areas[name]:.3f}"
                axes.plot(
                    false,
                    true,
                    color=colour(k),
                    linestyle=("-", "--", "-.")[k % 3],
                    label=label,
                    clip_on=False,
                    linewidth=max(1.2, 2.4 - 0.4 * k),
                )
            axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1.2, label="by chance: AUC 0.5")
            axes.grid(True, color=PALE, linewidth=0.6)
            axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="false positive rate", ylabel="true positive rate")
            axes.set_aspect("equal")
            axes.set_title("ROC curve" if title is None and len(self.curves) == 1 else title or "ROC curves")
            self._legend(axes.get_legend_handles_labels()[0])
        return self


def _curves(y_true: Any, scores: Any, classes: Any, name: str) -> dict[str, tuple[Floats, Floats]]:
    """The curves (name -> points) of one array of scores."""
    array = np.asarray(scores, np.float64)
    if array.ndim not in (1, 2) or not array.size or not np.isfinite(array).all():
        raise ValueError(f"scores: shape {array.shape}; expected finite numbers, (rows,) or (rows, classes)")
    array = array.reshape(len(array), -1)
    if is_multi_hot(y_true):
        return _of_labels(np.asarray(y_true), array, classes)
    known = labels(y_true, len(array), max(2, array.shape[1]) if array.shape[1] > 1 else None, classes, "y_true")
    if array.shape[1] == 2:
        array = array[:, 1:]  # of two classes the second one is the positive class
    if array.shape[1] == 1 and len(known.names) != 2:
        raise ValueError(f"y_true: {len(known.names)} classes, but one column of scores; expected two classes")
    if array.shape[1] == 1:
        return {name: roc_curve(_some(known.number == 1, known.names[1]), array[:, 0])[:2]}
    names = words("classes", known.names, array.shape[1])
    return {names[k]: roc_curve(_some(known.number == k, names[k]), column)[:2] for k, column in enumerate(array.T)}


def _of_labels(y_true: Array, scores: Floats, names: Any) -> dict[str, tuple[Floats, Floats]]:
    """Of multi-hot rows, each label by its column."""
    if y_true.shape != scores.shape:
        raise ValueError(f"scores: shape {scores.shape}; expected that of y_true, {y_true.shape}")
    count = y_true.shape[1]
    called = words("classes", range(count) if names is None else names, count)
    return {
        name: roc_curve(_some(column != 0, name), score)[:2]
        for name, column, score in zip(called, y_true.T, scores.T, strict=True)
    }


def _some(positive: Array, name: str) -> Array:
    if positive.all() or not positive.any():
        raise ValueError(
            f"y_true: {'all' if positive.any() else 'no'} rows are of class {name}; a curve needs both kinds"
        )
    return positive
