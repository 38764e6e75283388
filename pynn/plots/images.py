"""Small grey images such as digits, with the network's probabilities, or those that are misclassified.

Images are (rows, height, width) or flat rows of a square; large values are dark, whatever their range. Read answers.py
for the outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ..arguments import whole
from ..backend import Array, Floats
from .answers import Answers, Labels, both, compared, distinct, labels, outputs, rows, scale_of
from .colours import INK, PALE, RIGHT, WRONG
from .display import Display

LETTERS = 12  # of a name beside an image; longer ones are shortened


def pictures(name: str, given: Any) -> Array:
    """(rows, height, width)."""
    array = np.asarray(given)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim == 2 and isqrt(array.shape[1]) ** 2 == array.shape[1]:
        array = array.reshape(len(array), isqrt(array.shape[1]), -1)
    if array.ndim != 3 or not array.size or array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: {array.dtype} of shape {array.shape}; expected pictures (rows, height, width)")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name}: only finite numbers can be drawn")
    return array


def show(ax: Axes, picture: Array, low: float, high: float) -> None:
    """Draws one image without axes."""
    ax.imshow(picture, cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.spines[:].set(color=PALE, linewidth=0.8)


def shares_of(net: Any, images: Array, y: Any, classes: Any) -> Answers:
    """Outputs (rows, K); for a network with one output, the probabilities of both classes."""
    said = outputs(net, rows("x", images, getattr(net, "inputs", None)))
    found = compared(net, said, y, len(images), classes)
    if found.shares.shape[1] > 1:
        return found
    low, high = scale_of(net, found.known)
    share = (found.shares - low) / (high - low)
    return found._replace(shares=np.hstack([1 - share, share]))


@dataclass(repr=False)
class DigitsDisplay(Display):
    """Fields: images, labels or None, shares (rows, K) or None, names of the classes."""

    images: Array
    labels: Labels | None
    shares: Floats | None
    names: tuple[str, ...]

    @classmethod
    def from_data(cls, images: Any, y: Any = None, *, classes: Any = None, ax: Any = None, **options: Any) -> Self:
        """The images, with their classes if they are given."""
        array = pictures("images", images)
        known = None if y is None else labels(y, len(array), None, classes)
        return cls(array, known, None, known.names if known else ()).plot(ax, **options)

    @classmethod
    def from_network(
        cls, net: Any, images: Any, y: Any = None, *, classes: Any = None, ax: Any = None, **options: Any
    ) -> Self:
        """Each image with bars of the network's outputs; y: the true classes, if they are known."""
        array = pictures("images", images)
        shares, known, named = shares_of(net, array, y, classes)
        return cls(array, known, np.asarray(shares, np.float64), named).plot(ax, **options)

    def plot(self, ax: Any = None, *, columns: int | None = None, title: str | None = None) -> Self:
        """Images in rows; with outputs, each image is followed by its bars (two axes each)."""
        n, bars = len(self.images), self.shares is not None
        if n > 200:
            raise ValueError(f"images: {n} are too many for one picture; expected at most 200")
        wide = max(0.78, 0.085 * min(LETTERS, max(map(len, self.names), default=0)))  # inches of an image with its name
        columns = min(
            n, whole("columns", columns, 1) if columns is not None else 2 if bars else int(8.4 / wide) // 5 * 5
        )
        lines, each = -(-n // columns), 1 + bars
        high = 1.35 + (0.075 * min(LETTERS, max(map(len, self.names))) if bars and self._turned else 0)
        size = (3.8 * columns, high * lines + 0.5) if bars else (max(wide * columns, 2.5), 0.98 * lines + 0.15)
        grid = (lines, columns * each) if ax is None else (1, n * each)
        options: dict[str, Any] = {"gridspec_kw": {"width_ratios": [1, 2.1] * columns}} if bars and ax is None else {}
        with self._canvas(ax, size, *grid, **options) as axes:
            for spare in axes[n * each :]:
                spare.remove()
            self.axes_ = axes = axes[: n * each]
            low, high = float(self.images.min()), float(self.images.max())
            for i in range(n):
                show(axes[i * each], self.images[i], low, high)
                if self.labels is not None and not bars:
                    axes[i].set_title(self._called[self.labels.number[i]], fontsize=9, pad=3)
                if bars:
                    self._bars(axes[2 * i + 1], i)
            if bars and self._own:
                self._legend(self._handles())
            if title is not None:
                self._heading(title)
        return self

    @property
    def _called(self) -> list[str]:
        """The names of the classes as they are written beside images."""
        return distinct(self.names, LETTERS)

    @property
    def _turned(self) -> bool:
        """Whether the names of the classes do not fit side by side below the bars."""
        return len(self.names) * (2 + min(LETTERS, max(map(len, self.names)))) > 40

    def _bars(self, ax: Axes, i: int) -> None:
        """Vertical bars of the outputs, the largest in colour, the true class outlined."""
        assert self.shares is not None
        shares = self.shares[i]
        answer = int(shares.argmax())
        true = None if self.labels is None else int(self.labels.number[i])
        fill = [PALE] * shares.size
        fill[answer] = RIGHT if true in (None, answer) else WRONG
        bars = ax.bar(np.arange(shares.size), shares, color=fill, width=0.8)
        if true is not None and true != answer:
            bars[true].set(edgecolor=INK, linewidth=1.2)
        ax.set(ylim=(0, max(1.0, float(shares.max())) * 1.2), yticks=[], xlim=(-0.6, shares.size - 0.4))
        ax.set_xticks(range(shares.size), self._called, fontsize=8, rotation=90 if self._turned else 0)
        if true is not None:
            ax.get_xticklabels()[true].set_fontweight("bold")
        ax.tick_params(length=0, pad=2)
        ax.spines["left"].set_visible(False)
        ax.text(answer, shares[answer] + 0.03, f"{shares[answer]:.2f}", ha="center", va="bottom", fontsize=8)

    def _handles(self) -> list[Patch]:
        if self.labels is None:
            return [Patch(color=RIGHT, label="answer")]
        return [
            Patch(color=RIGHT, label="answer, right"),
            Patch(color=WRONG, label="answer, wrong"),
            Patch(facecolor=PALE, edgecolor=INK, linewidth=1.2, label="what would have been right"),
        ]


@dataclass(repr=False)
class MisclassifiedDisplay(Display):
    """Fields: images that are shown, their true and predicted classes, the output of the predicted class (sure); wrong
    of total."""

    images: Array
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    sure: Floats | None
    names: tuple[str, ...]
    wrong: int
    total: int

    @classmethod
    def from_network(
        cls, net: Any, images: Any, y: Any, *, count: int = 20, classes: Any = None, ax: Any = None, **options: Any
    ) -> Self:
        """The `count` misclassified images for which the network's output is largest."""
        array = pictures("images", images)
        shares, known, _ = shares_of(net, array, np.asarray(y), classes)
        assert known is not None
        return cls._of(array, known, shares.argmax(axis=1), shares, count).plot(ax, **options)

    @classmethod
    def from_predictions(
        cls,
        images: Any,
        y_true: Any,
        y_pred: Any,
        *,
        count: int = 20,
        classes: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """The same from predictions: class numbers, shown in their order, or (rows, K) outputs, the largest first."""
        array, said = pictures("images", images), np.asarray(y_pred)
        if said.ndim == 2 and said.shape[1] > 1:
            true = labels(y_true, len(array), said.shape[1], classes, "y_true")
            answer = labels(said.argmax(axis=1), len(array), said.shape[1], None, "y_pred").number
            return cls._of(array, true, answer, said, count).plot(ax, **options)
        if len(said) != len(array):
            raise ValueError(f"y_pred: shape {said.shape}; expected a class for each of {len(array)} rows")
        true, answer = both(y_true, said, len(array), classes, ("y_true", "y_pred"))
        return cls._of(array, true, answer, None, count).plot(ax, **options)

    @classmethod
    def _of(cls, array: Array, true: Labels, answer: NDArray[np.int64], shares: Array | None, count: int) -> Self:
        """`count` of the misclassified images, those with the largest output first, or, without outputs, in order."""
        wrong = np.flatnonzero(answer != true.number)
        sure = None if shares is None else shares.max(axis=1).astype(np.float64)
        chosen = wrong if sure is None else wrong[np.argsort(-sure[wrong], kind="stable")]
        chosen = chosen[: whole("count", count, 1, 200)]
        return cls(
            array[chosen], true.number[chosen], answer[chosen], None if sure is None else sure[chosen], true.names,
            len(wrong), len(array),
        )  # fmt: skip

    def plot(self, ax: Any = None, *, columns: int = 5, title: str | None = None) -> Self:
        """A panel for each image, with its true class, its predicted class and the output of that."""
        n = len(self.images)
        panels, columns = max(n, 1), min(max(n, 1), whole("columns", columns, 1))
        lines = -(-panels // columns)
        size = (max((1.4 if len(max(self.names, key=len)) < 4 else 1.65) * columns, 4.0), 1.62 * lines + 0.6)
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, panels))) as axes:
            for spare in axes[panels:]:
                spare.remove()
            self.axes_ = axes = axes[:panels]
            for i in range(n):
                show(axes[i], self.images[i], float(self.images.min()), float(self.images.max()))
                axes[i].set_title(self._words(i), fontsize=9, pad=4)
            if n == 0:
                axes[0].set_axis_off()
                axes[0].text(0.5, 0.5, f"all {self.total} are right", ha="center", va="center")
            which = "" if n == self.wrong else f"; {n} of them" if self.sure is None else f"; the {n} surest"
            if self._own:
                self.figure_.suptitle(f"{self.wrong} of {self.total} wrong{which}" if title is None else title)
        return self

    def _words(self, i: int) -> str:
        called = distinct(self.names, LETTERS)
        true, said = (called[one[i]] for one in (self.true, self.predicted))
        text = f"{true}, {'' if len(true) + len(said) < 8 else chr(10)}taken for {said}"
        if self.sure is None:
            return text
        share = self.sure.min() >= 0 and self.sure.max() <= 1  # probabilities; otherwise outputs of any size
        return f"{text}\n({self.sure[i]:.0%})" if share else f"{text}\n({self.sure[i]:.3g})"
