"""The learning rate range test as a picture: the loss while the rate is increased, and the suggested rate.

The test itself is in training/range_test.py; `RateRange.plot` calls this file. For trainings with different rates side
by side read LearningRateDisplay in curves.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from ..arguments import flag, shown
from ..backend import Floats
from .colours import FIRST, PALE, SECOND
from .display import Display


@dataclass(repr=False)
class RateRangeDisplay(Display):
    """Fields: rates, losses (of each step's batch), smoothed, suggestion."""

    rates: Floats
    losses: Floats
    smoothed: Floats
    suggestion: float

    @classmethod
    def from_range(cls, found: Any, *, ax: Any = None, **options: Any) -> Self:
        """The picture of a result of Network.find_learning_rate. Options as of `plot`: log=True."""
        fields = ("rates", "losses", "smoothed", "suggestion")
        if not all(hasattr(found, name) for name in fields):
            kind = type(found).__name__
            raise TypeError(f"found: {shown(found)} is a {kind}; expected what net.find_learning_rate(x, y) gives")
        return cls(*(getattr(found, name) for name in fields)).plot(ax, **options)

    def plot(self, ax: Any = None, *, log: bool = False, title: str | None = None) -> Self:
        """The loss over the rate; `log`: a logarithmic scale for the loss, too."""
        log = flag("log", log) and bool((self.losses > 0).all())
        with self._canvas(ax, (6.4, 4)) as (axes,):
            axes.set_xscale("log")
            each = axes.plot(self.rates, self.losses, ".", color=FIRST, alpha=0.35, markersize=4, label="of a batch")
            mean = axes.plot(self.rates, self.smoothed, color=FIRST, label="smoothed")
            lowest = int(np.argmin(self.smoothed))
            least = axes.plot(
                self.rates[lowest], self.smoothed[lowest], "o", color=self._ink, markersize=5, zorder=4,
                label=f"smallest, at {self.rates[lowest]:.2g}",
            )  # fmt: skip
            line = axes.axvline(
                self.suggestion, color=SECOND, linestyle="--", linewidth=1.4, label=f"suggestion {self.suggestion:.2g}"
            )
            if log:
                axes.set_yscale("log")
            else:
                axes.set_ylim(*self._limits())
            axes.xaxis.set_major_locator(LogLocator(numticks=12))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.grid(True, color=PALE, linewidth=0.6)
            axes.set_axisbelow(True)
            axes.set(xlabel="learning rate", ylabel="loss", title="Learning-rate range" if title is None else title)
            self._legend([*each, *mean, *least, line])
        return self

    def _limits(self) -> tuple[float, float]:
        """The limits of the loss: from the smallest to a little above the first. Where it diverges it is cut off."""
        low, first = float(self.smoothed.min()), float(self.smoothed[0])
        room = (first - low) or abs(first) or 1.0
        return low - 0.1 * room, first + 0.5 * room
