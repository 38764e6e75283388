"""Outliers: which values of a column are far from all others, and how a network's input is kept from following them.

A single slip, 58.9 for 5.89, would stretch the scale of its column and send its row far outside of what was learned.
So scales come from the middle half of the values, and inputs beyond about 3 such units are bent towards a limit:
`bent`. Nothing is removed; those that are far from all others are named to the user. Read number_column.py next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..backend import Floats

QUARTILES = (0.25, 0.5, 0.75)
LIMIT = 3.0  # the largest input: that of a normal distribution's values is bent by 5 % at one spread, 17 % at two
HALF = 1.3489795  # the middle half of a normal distribution is so many standard deviations wide
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
    """Of some values: median; spread, from the width of the middle half, or the standard deviation where that has none;
    range without the few values at either end that are far from all others."""

    median: float
    spread: float
    low: float
    high: float


def spread_of(values: Floats) -> Spread:
    some = max(FEW, len(values) // SHARE)
    ordered = _partly_sorted(values, min(some, len(values) - 1))
    first, middle, third = (_quantile(ordered, share) for share in QUARTILES)
    half = (third - first) / HALF
    spread = half if half > 0 and np.isfinite(half) else float(values.std())
    ends = np.concatenate([ordered[: some + 1], ordered[-some - 1 :]])
    distance = np.abs(ends - middle)
    if len(values) >= ENOUGH:
        usual = np.sort(distance)[-some - 1]  # the farthest values of all are among those at the ends
        ends = ends[distance <= FAR * usual] if usual > 0 else ends
    return Spread(middle, spread, float(ends.min()), float(ends.max()))


def _partly_sorted(values: Floats, some: int) -> Floats:
    """With each value that a quartile is made of in its place, and the `some` + 1 least and greatest at the ends."""
    last = len(values) - 1
    places = {place for share in QUARTILES for place in (int(share * last), min(int(share * last) + 1, last))}
    return np.partition(values, sorted(places | {some, last - some}))


def _quantile(ordered: Floats, share: float) -> float:
    """Between two neighbours, in proportion."""
    place = share * (len(ordered) - 1)
    first = int(place)
    low, high = float(ordered[first]), float(ordered[min(first + 1, len(ordered) - 1)])
    return low + (place - first) * (high - low)


def shown(values: Floats, lines: list[int]) -> str:
    """58.9 in line 24069, 31.8 in line 9."""
    some = [f"{value:g} in line {line}" for value, line in zip(values[:FEW].tolist(), lines, strict=False)]
    return ", ".join(some) + (f", and {len(values) - FEW} more" if len(values) > FEW else "")
