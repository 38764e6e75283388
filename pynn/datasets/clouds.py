"""Generated points in the plane: two moons, two circles, blobs, with the same bits on every machine.

Sines and cosines are polynomials here, and the noise is made of the counter-based random numbers (purpose DATA), so no
point depends on a machine's mathematical library. Read engine/philox.py for `normal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import real, shown, size, whole
from ..engine.philox import DATA, normal, permutation, uniform

Pair = tuple[np.ndarray, np.ndarray]

MOONS, CIRCLES, BLOBS = 0x200, 0x210, 0x220  # streams: noise; +1 the order of the rows; +2 centres
QUARTER = 1.5707963267948966  # pi / 2, a quarter of a full turn


def make_moons(n: int = 1000, noise: float = 0.1, seed: int = 0) -> Pair:
    """Two interleaved half circles: x float32 (n, 2), y int64 (n,) of 0 (upper) and 1 (lower).

    n      rows, half of them (rounded down) in the upper moon; evenly spaced, in random order
    noise  standard deviation of the normal noise added to each coordinate
    """
    upper = circle(spread(whole("n", n, 2) // 2) / 2)
    lower = circle(spread(n - n // 2) / 2) * np.array([-1.0, -1.0]) + np.array([1.0, 0.5])
    return finished(upper, lower, noise, seed, MOONS)


def make_circles(n: int = 1000, noise: float = 0.05, seed: int = 0, *, factor: float = 0.5) -> Pair:
    """A circle around a smaller one: x float32 (n, 2), y int64 (n,) of 0 (outer, radius 1) and 1 (inner).

    n, noise  as for make_moons
    factor    radius of the inner circle, 0 to 1
    """
    outer, inner = whole("n", n, 2) // 2, n - n // 2
    factor = real("factor", factor, 0, 1, below=True)
    turns = np.arange(outer) / outer, np.arange(inner) / inner
    return finished(circle(turns[0]), circle(turns[1]) * factor, noise, seed, CIRCLES)


def make_blobs(n: int = 1000, noise: float = 1.0, seed: int = 0, *, centers: Any = 3, features: int = 2) -> Pair:
    """Normally distributed clusters: x float32 (n, features), y int64 (n,) with the number of the row's cluster.

    n         rows, distributed over the clusters as evenly as possible
    noise     standard deviation of each cluster in each coordinate
    centers   the number of clusters, whose centres are uniform in [-10, 10); or the centres, (clusters, features)
    features  the number of coordinates, if the centres are not given
    """
    seed = whole("seed", seed, 0, 2**64 - 1)
    if not isinstance(centers, (str, list, tuple)) and np.ndim(centers) == 0:
        shape = size("centers", centers), size("features", features)
        middle = 20 * uniform(seed, DATA, BLOBS + 2, shape[0] * shape[1]).reshape(shape) - 10
    else:
        try:
            middle = np.array(centers, np.float64)
        except (TypeError, ValueError):  # words, or rows of different lengths
            middle = np.empty((0, 0))
        if middle.ndim != 2 or not middle.size or not np.isfinite(middle).all():
            raise ValueError(f"centers: {shown(centers)}; expected a number, or finite numbers (clouds, features)")
    labels = np.arange(whole("n", n, len(middle))) % len(middle)
    return shaken(middle[labels], labels, noise, seed, BLOBS)


def finished(first: np.ndarray, second: np.ndarray, noise: float, seed: int, stream: int) -> Pair:
    labels = np.repeat([0, 1], [len(first), len(second)])
    return shaken(np.concatenate([first, second]), labels, noise, seed, stream)


def shaken(points: np.ndarray, labels: np.ndarray, noise: float, seed: int, stream: int) -> Pair:
    """Both groups of points as one data set, with noise added, in random order."""
    noise, seed = real("noise", noise, 0), whole("seed", seed, 0, 2**64 - 1)
    moved = points + noise * normal(seed, DATA, stream, points.size).reshape(points.shape)
    order = permutation(seed, DATA, stream + 1, len(points))
    return moved[order].astype(np.float32), labels[order].astype(np.int64)


def spread(n: int) -> np.ndarray:
    """n evenly spaced numbers from 0 to 1."""
    return np.arange(n) / max(n - 1, 1)


def circle(turns: np.ndarray) -> np.ndarray:
    """(cos, sin) of angles given in turns: (rows, 2), error below 2^-52.

    The angle is reduced to at most an eighth of a turn on either side of an axis, where the remainder of the Taylor
    series after the 17th power is below 2^-58; then the result is rotated to that axis.
    """
    axis = np.floor(4 * turns + 0.5)
    angle = (4 * turns - axis) * QUARTER
    square = angle * angle
    sine, cosine = np.ones_like(angle), np.ones_like(angle)
    for k in (16, 14, 12, 10, 8, 6, 4, 2):
        sine = 1 - square / (k * (k + 1)) * sine
        cosine = 1 - square / (k * (k - 1)) * cosine
    sine = sine * angle
    pairs = [(cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine)]
    which = axis.astype(np.int64) % 4
    return np.stack([np.choose(which, [pair[k] for pair in pairs]) for k in (0, 1)], axis=1)
