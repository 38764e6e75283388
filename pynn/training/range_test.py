"""Which learning rate to begin with: rates that rise from step to step, on a copy of the network.

While the rate is too small the loss hardly falls, then it falls, then it explodes. Suggested is a tenth of the rate
where the smoothed loss is smallest: a place to begin, not the best rate. The network itself is left as it is.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, count
from typing import Any

import numpy as np

from ..arguments import real, warn, whole
from ..backend import EngineLike, Floats
from ..core import Core
from ..engine.data import Totals
from ..errors import DivergenceError
from . import sources
from .fit import Source

APART = 2**26  # an epoch that no training has: its orders and masks are its own
EXPLODED = 4.0  # times the smallest smoothed loss: there is nothing more to see


@dataclass(frozen=True, eq=False)
class RateRange:
    """rates, and the loss of each step's batch before the step: as it was, and smoothed over its neighbours."""

    rates: Floats
    losses: Floats
    smoothed: Floats
    suggestion: float

    def plot(self, **options: Any) -> Any:
        """The loss over the rate, as a pynn.plots.RateRangeDisplay; options are those of its from_range: ax, log."""
        plots = import_module("pynn.plots")  # asked for by name: pictures stand above trainings, and need matplotlib
        return plots.RateRangeDisplay.from_range(self, **options)

    def __repr__(self) -> str:
        seen = f"{len(self.rates)} rates from {self.rates[0]:.3g} to {self.rates[-1]:.3g}"
        return f"RateRange({seen}, suggestion={self.suggestion:.3g})"


def find(
    core: Core, x: Any, y: Any, *, low: float = 1e-6, high: float = 10.0, steps: int = 100, batch_size: int = 32,
    smoothing: float = 0.9, sample_weight: Any = None,
) -> RateRange:  # fmt: skip
    """Steps with rates from low to high, each `(high / low)^(1 / steps)` times the one before.

    Where the network has been trained, a warning says that the rates are those to go on with.
    """
    low = real("low", low, 0, above=True)
    high = real("high", high, low, above=True)
    steps, batch = whole("steps", steps, 10), whole("batch_size", batch_size, 1)
    smoothing = real("smoothing", smoothing, 0, 1, below=True)
    if core.epoch or core.iteration:
        warn(
            f"find_learning_rate: the network has been trained ({core.epoch} epochs), so the rates are those to go on "
            "with from its weights; for a rate to begin with, ask a new network"
        )
    twin = copy.deepcopy(core)
    data = twin.read(x, y, sample_weight)
    engine, source = twin.for_training(data.x), sources.of(data, batch, True, twin.module, twin.seed)
    rates = low * np.exp(np.linspace(0.0, math.log(high / low), steps))
    losses = np.array(list(_losses(engine, source, rates, smoothing)))
    if len(losses) < 3:
        raise ValueError(f"low: already at a rate of {low:g} the loss explodes; give a smaller one")
    smoothed = smooth(losses, smoothing)
    rates = rates[: len(losses)]
    return RateRange(rates, losses, smoothed, max(low, float(rates[int(np.argmin(smoothed))]) / 10.0))


def _losses(engine: EngineLike, source: Source, rates: Floats, smoothing: float) -> Iterator[float]:
    """The loss of each step's batch, until it explodes."""
    totals, best, mean = Totals(), math.inf, 0.0
    pieces = chain.from_iterable(source.pieces(engine, epoch, 1) for epoch in count(APART))
    steps = ((piece, step) for piece in pieces for step in range(piece.first, piece.last))
    for number, (rate, (piece, step)) in enumerate(zip(rates, steps, strict=False), 1):
        try:
            piece.train(engine, np.full(step + 1, rate), totals, "", step, step + 1)
        except DivergenceError:
            return
        yield totals.last_loss
        mean = smoothing * mean + (1.0 - smoothing) * totals.last_loss
        now = mean / (1.0 - smoothing**number)
        best = min(best, now)
        if now > EXPLODED * best:
            return


def smooth(losses: Floats, smoothing: float) -> Floats:
    """The mean of two running means, one from either side, so that a fall is not seen late."""
    return (_running(losses, smoothing) + _running(losses[::-1], smoothing)[::-1]) / 2.0


def _running(losses: Floats, smoothing: float) -> Floats:
    """Weights fall by `smoothing` per step; corrected for the begin at 0."""
    out, mean = np.empty(len(losses)), 0.0
    for i, loss in enumerate(losses.tolist()):
        mean = smoothing * mean + (1.0 - smoothing) * loss
        out[i] = mean / (1.0 - smoothing ** (i + 1))
    return out
