"""Outliers: which values of a column are far from all others, and how a network's input is kept from following them.

A single slip, 58.9 for 5.89, would stretch the scale of its column and send its row far outside of what was learned.
So scales come from the middle half of the values, and inputs beyond about 3 such units are bent towards a limit:
`bent`. Nothing is removed; rows that are `far` are named to the user. Read number_column.py next.
"""

from __future__ import annotations

import numpy as np

from ..backend import Floats

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


def scale(ordered: Floats) -> tuple[float, float]:
    """(median, spread) of ascending values: the spread from the width of the middle half; the standard deviation where
    that has none."""
    low, middle, high = (_quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    half = (high - low) / HALF
    return middle, half if half > 0 and np.isfinite(half) else float(ordered.std())


def _quantile(ordered: Floats, share: float) -> float:
    """Between two neighbours, in proportion."""
    place = share * (len(ordered) - 1)
    first = int(place)
    low, high = float(ordered[first]), float(ordered[min(first + 1, len(ordered) - 1)])
    return low + (place - first) * (high - low)


def usual(ordered: Floats) -> Floats:
    """The ascending values without those that are far from all others, which may be a few at either end."""
    some = max(FEW, len(ordered) // SHARE)
    if len(ordered) < ENOUGH:
        return ordered
    middle = _quantile(ordered, 0.5)
    ends = np.abs(np.concatenate([ordered[: some + 1], ordered[-some - 1 :]]) - middle)
    limit = FAR * np.sort(ends)[-some - 1]  # the farthest values of all are among those at the ends
    if not limit > 0:
        return ordered
    first, last = np.searchsorted(ordered, middle - limit), np.searchsorted(ordered, middle + limit, "right")
    return ordered[first:last]


def shown(values: Floats, lines: list[int]) -> str:
    """58.9 in line 24069, 31.8 in line 9."""
    some = [f"{value:g} in line {line}" for value, line in zip(values[:FEW].tolist(), lines, strict=False)]
    return ", ".join(some) + (f", and {len(values) - FEW} more" if len(values) > FEW else "")
