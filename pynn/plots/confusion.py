"""The confusion matrix as a picture: how many rows of each class were predicted as which class.

Counts, and shares of the row, of the column or of all below them. The numbers are those of metrics/counted.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import NDArray

from ..arguments import choice
from ..backend import Floats
from ..metrics import classes as classes_of
from ..metrics import confusion_matrix
from ..metrics.multihot import is_multi_hot
from .answers import compared, distinct, labels, outputs, rows, scale_of, words
from .colours import GREY, INK, PALE, deepening, is_dark
from .display import Display

SHARES = ("true", "pred", "all")


@dataclass(repr=False)
class ConfusionMatrixDisplay(Display):
    """Fields: matrix, [i, j] the number of rows of class i that were predicted as class j; names of the classes."""

    matrix: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def from_predictions(cls, y_true: Any, y_pred: Any, *, classes: Any = None, ax: Any = None, **options: Any) -> Self:
        """From class numbers, one-hot rows, probabilities or words. options as of `plot`.

        classes   names of the classes 0, 1, ...; of words, their order
        """
        _one_class_a_row(y_true)
        names = None if classes is None else words("classes", classes)
        if np.asarray(y_true).dtype.kind in "US":
            names = names or words("classes", np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)])))
            return cls(confusion_matrix(y_true, y_pred, classes=list(names)), names).plot(ax, **options)
        numbers = np.concatenate([classes_of(y_true, "y_true"), classes_of(y_pred, "y_pred")])
        known = labels(numbers, len(numbers), None if names is None else len(names), names, "y_true, y_pred")
        return cls(confusion_matrix(y_true, y_pred, classes=known.values), known.names).plot(ax, **options)

    @classmethod
    def from_network(cls, net: Any, x: Any, y: Any, *, classes: Any = None, ax: Any = None, **options: Any) -> Self:
        """The network's predictions for the rows x, against their classes y."""
        _one_class_a_row(y)
        x = rows("x", x, getattr(net, "inputs", None))
        shares, known, _ = compared(net, outputs(net, x), np.asarray(y), len(x), classes)
        assert known is not None
        said = shares.argmax(axis=1) if shares.shape[1] > 1 else shares[:, 0] > sum(scale_of(net, known)) / 2
        return cls(confusion_matrix(known.number, said, len(known.names)), known.names).plot(ax, **options)

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.matrix) / self.matrix.sum())

    def shares(self, of: str) -> Floats:
        """Each count as a share of its true class (row), its predicted class (column), or all rows; 0/0 is 0."""
        counts = self.matrix.astype(np.float64)
        whole = {"true": counts.sum(axis=1, keepdims=True), "pred": counts.sum(axis=0, keepdims=True)}
        total = whole.get(of, counts.sum())
        return np.asarray(counts / np.where(total > 0, total, 1), np.float64)

    def plot(self, ax: Any = None, *, shares: str | None = "true", title: str | None = None) -> Self:
        """Counts, and below them shares of the "true" class, of the predicted one ("pred"), of "all", or none."""
        n = len(self.matrix)
        share = self.shares("true" if shares is None else choice("shares", shares, SHARES))
        side = float(np.clip(0.58 * n + 1.8, 4.2, 7.0))
        with self._canvas(ax, (side + 0.6, side)) as (axes,):
            image = axes.imshow(share, cmap=deepening(), norm=Normalize(0, 1 if share.max() > 0 else 1))
            self._write(axes, share, image, shares is not None)
            names = distinct(self.names, 24)
            turn = _turn(self.names, n)
            axes.set_xticks(range(n), names, rotation=turn, ha="right" if turn else "center", rotation_mode="anchor")
            axes.set_yticks(range(n), names)
            axes.set(xlabel="predicted class", ylabel="true class")
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            edges = np.arange(n + 1) - 0.5
            axes.hlines(edges, -0.5, n - 0.5, color=PALE, linewidth=0.6)
            axes.vlines(edges, -0.5, n - 0.5, color=PALE, linewidth=0.6)
            right = int(np.trace(self.matrix))
            axes.set_title(f"{right} of {self.matrix.sum()} right ({self.accuracy:.1%})" if title is None else title)
        return self

    def _write(self, axes: Axes, share: Floats, image: Any, with_shares: bool) -> None:
        size = float(np.clip(13 - 0.5 * len(share), 6, 11))
        for (i, j), count in np.ndenumerate(self.matrix):
            portion = f"{share[i, j]:.0%}" if share[i, j] >= 0.005 else "<1%"
            word = f"{count}\n{portion}" if with_shares and count else f"{count}"
            white = is_dark(image.cmap(image.norm(share[i, j])))
            axes.text(
                j, i, word, ha="center", va="center", fontsize=size, color="white" if white else INK if count else GREY
            )


def _one_class_a_row(y_true: Any) -> None:
    if is_multi_hot(y_true):
        hint = "draw one label, from_predictions(y[:, k], p[:, k]), or see metrics.multilabel_confusion_matrix"
        raise ValueError(f"y_true: several labels a row, which no single matrix shows; {hint}")


def _turn(names: tuple[str, ...], n: int) -> float:
    """The rotation of the class names in degrees: more than 60 letters in a line do not fit side by side."""
    return 45.0 if max(map(len, names)) * n > 60 else 0.0
