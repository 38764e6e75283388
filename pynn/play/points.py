"""Five sets of points in the plane, of two classes, for the page of `pynn play`.

All lie within the square from -3 to 3 before noise is added, and have the same bits on every machine. Moons, circles
and blobs are those of pynn.datasets, moved and scaled. Read datasets/clouds.py for how points are shaken.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..datasets.clouds import Pair, circle, make_blobs, make_circles, make_moons, shaken
from ..engine.philox import DATA, uniform

XOR, SPIRAL = 0x300, 0x310  # streams of random numbers; those of other data sets are in clouds.py
GAP = 0.2  # between the quarters of XOR


def moons(n: int, noise: float, seed: int) -> Pair:
    x, y = make_moons(n, noise / 2, seed)
    return (x - np.array([0.5, 0.25], np.float32)) * np.float32(2), y


def circles(n: int, noise: float, seed: int) -> Pair:
    x, y = make_circles(n, noise / 2.6, seed, factor=0.45)
    return x * np.float32(2.6), y


def blobs(n: int, noise: float, seed: int) -> Pair:
    """Two clouds, which are round even without noise."""
    return make_blobs(n, 0.5 + noise, seed, centers=[[1.5, 1.5], [-1.5, -1.5]])


def xor(n: int, noise: float, seed: int) -> Pair:
    """Four quarters; the class says whether both coordinates have the same sign."""
    points = 5.4 * uniform(seed, DATA, XOR + 2, 2 * n).reshape(n, 2) - 2.7
    same = (points[:, 0] > 0) == (points[:, 1] > 0)
    return shaken(points + np.where(points > 0, GAP, -GAP), same.astype(np.int64), noise, seed, XOR)


def spiral(n: int, noise: float, seed: int) -> Pair:
    """Two arms of one and a half turns each, one opposite the other."""
    labels = np.arange(n) % 2
    along = 0.08 + 0.92 * np.arange(n) / n  # from near the middle to the end of an arm
    arms = circle(1.5 * along + labels / 2) * (2.8 * along)[:, None]
    return shaken(arms, labels, noise, seed, SPIRAL)


POINTS: dict[str, Callable[[int, float, int], Pair]] = {
    "moons": moons, "circles": circles, "blobs": blobs, "xor": xor, "spiral": spiral,
}  # fmt: skip
