"""Softmax as three panels of bars: z, then e^z, then the share of each in their sum, as lectures explain it.

The values are those of engine/tables.py. Read images.py for the probabilities of images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes

from ..backend import Floats
from ..engine.tables import ACTIVATIONS
from .answers import distinct, numbers, rows, words
from .colours import GREY, colour
from .display import Display
from .insides import inside, steps, width


@dataclass(repr=False)
class SoftmaxDisplay(Display):
    """Fields: z, exponentials e^z, shares (softmax), names of the classes."""

    z: Floats
    names: tuple[str, ...]

    @property
    def exponentials(self) -> Floats:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.z), np.float64)

    @property
    def shares(self) -> Floats:
        return np.asarray(ACTIVATIONS["softmax"].forward(self.z[None], 0.0)[0], np.float64)

    @classmethod
    def from_data(cls, z: Any, *, names: Any = None, ax: Any = None, **options: Any) -> Self:
        """The picture for given numbers z."""
        values = numbers("z", z)
        named = tuple(map(str, range(values.size))) if names is None else words("names", names, values.size)
        return cls(values, named).plot(ax, **options)

    @classmethod
    def from_network(cls, net: Any, x: Any, *, names: Any = None, ax: Any = None, **options: Any) -> Self:
        """The picture for the last layer's z of one row x; the layer must be a softmax."""
        if steps(net)[-1].activation.name != "softmax":
            raise ValueError(f"net: its last activation is {steps(net)[-1].activation}; expected softmax")
        array = np.asarray(x)
        row = rows("x", array.reshape(1, -1), width(net))
        return cls.from_data(inside(net, row)[-1][0][0], names=names, ax=ax, **options)

    def plot(self, ax: Any = None, *, title: str | None = None) -> Self:
        """Three panels side by side, with the values at the bars."""
        n = self.z.size
        with self._canvas(ax, (7.6, max(2.4, 0.36 * n + 1.2)), columns=3, sharey=ax is None) as axes:
            total = float(self.exponentials.sum())
            _bars(axes[0], self.z, "$z$", "{:.4g}")
            _bars(
                axes[1], self.exponentials, f"$e^z$, sum {total:.2f}" if total < 1e5 else f"$e^z$, sum {total:.3g}", ""
            )
            _bars(axes[2], self.shares, "softmax, sum 1", "{:.2f}")
            for each in axes[:1] if self._own else axes:
                each.set_yticks(range(n), distinct(self.names, 24))
            axes[0].set_ylabel("class")
            axes[0].invert_yaxis()
            for each in axes[1:] if not self._own else ():
                each.invert_yaxis()
            if title is not None:
                self._heading(title)
        return self


def _bars(ax: Axes, values: Floats, title: str, form: str) -> None:
    """Horizontal bars, each with its number; the largest in colour. Infinite ones are drawn as the largest that an axis
    can show with a margin."""
    place = np.arange(values.size)
    finite = np.where(np.isfinite(values), values, np.finfo(np.float64).max / 1e10)
    fill = [colour(0) if k == values.argmax() else "#A9C7DB" for k in place]
    ax.barh(place, finite, color=fill, height=0.7)
    low, high = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
    width = high - low or 1.0
    for k, value in enumerate(values):
        word = form.format(value) if form else f"{value:.2f}" if value < 1e5 else f"{value:.2g}"
        word = word.replace("-", "\N{MINUS SIGN}")
        ax.text(max(float(finite[k]), 0) + 0.03 * width, k, word, va="center", fontsize=9)
    ax.set(xlim=(low - 0.04 * width * (low < 0), high + 0.42 * width), title=title)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.tick_params(left=False)
