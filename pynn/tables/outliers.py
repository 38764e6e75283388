"""Outliers: which values of a column are far from all others, and how a network's input is kept from following them.

A single slip, 58.9 for 5.89, would stretch the scale of its column and send its row far outside of what was learned.
So such values have no say in the scale, and inputs are bent towards a limit of 3 standard deviations: `bent`. Nothing
is removed; those that are far from all others are named to the user. Read number_column.py next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..backend import Floats

LIMIT = 3.0  # the largest input: that of a normal distribution's values is bent by 5 % at one spread, 17 % at two
HUGE = 1e9  # z is cut there before it is squared; bent(1e9) is the limit, to the last bit of float32
FAR = 5.0  # times as far from the median as ...
FEW, SHARE = 3, 1000  # ... all but the FEW farthest values, or one in SHARE of a larger column
ENOUGH = 20  # among fewer values none is far


def bent(z: Floats, limit: float) -> Floats:
    """z / sqrt(1 + (z / limit)^2): z near 0, within -limit and limit everywhere, and smooth."""
    z = np.clip(z, -HUGE, HUGE)
    return np.asarray(z / np.sqrt(1 + (z / limit) ** 2))


@dataclass(frozen=True)
class Spread:
    """Of some values: the median; mean, standard deviation and range without the few values at either end that are far
    from all others."""

    median: float
    mean: float
    spread: float
    low: float
    high: float


def spread_of(values: Floats) -> Spread:
    some, last = max(FEW, len(values) // SHARE), len(values) - 1
    places = {last // 2, (last + 1) // 2, min(some, last), max(last - some, 0)}
    ordered = np.partition(values, sorted(places))  # these are in their places; less comes before, more after
    median = float(ordered[last // 2] + ordered[(last + 1) // 2]) / 2
    ends = np.concatenate([ordered[: some + 1], ordered[-some - 1 :]])
    distance = np.abs(ends - median)
    if len(values) >= ENOUGH:
        usual = np.sort(distance)[-some - 1]  # the farthest values of all are among those at the ends
        ends = ends[distance <= FAR * usual] if usual > 0 else ends
    low, high = float(ends.min()), float(ends.max())
    near = values[(values >= low) & (values <= high)]
    return Spread(median, float(near.mean()), float(near.std()), low, high)


def shown(values: Floats, lines: list[int]) -> str:
    """58.9 in line 24069, 31.8 in line 9."""
    some = [f"{value:g} in line {line}" for value, line in zip(values[:FEW].tolist(), lines, strict=False)]
    return ", ".join(some) + (f", and {len(values) - FEW} more" if len(values) > FEW else "")
