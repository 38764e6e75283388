"""Rows to train on: MNIST where its files are at hand, something like it where not, flowers, XOR, and plain noise.

The first layer may skip zeros, so what stands for MNIST has MNIST's share of them, in connected
strokes about the middle of the picture. Read networks.py for what is done with the rows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from shapes import Net

from pynn import datasets

SIDE, INK = 28, 0.19  # of a picture; share of its pixels that are not 0
Rows = tuple[np.ndarray, np.ndarray]
folder: str | None = None  # of the MNIST files; conftest.py sets it


def rows_of(net: Net) -> Rows:
    """(x, label int32): what a user would give to fit."""
    if net.source == "mnist":
        x, label = digits() if folder else strokes(net.rows)
        return x[: net.rows], label[: net.rows]
    if net.source == "iris":
        x, label = datasets.iris()
        return x.astype(np.float32), label.astype(np.int32)
    if net.source == "xor":
        return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0], np.int32)
    x = np.random.default_rng(0).standard_normal((net.rows, net.inputs), np.float32)
    return x, np.arange(net.rows, dtype=np.int32) % net.layers[-1][0]


@cache
def digits() -> Rows:
    (x, label), _ = datasets.mnist(folder)
    return x.reshape(len(x), -1), label.astype(np.int32)


@cache
def strokes(rows: int) -> Rows:
    """Bytes (rows, 784): the pixels nearest to a bent line through the middle of each picture, darker in its core."""
    generator = np.random.default_rng(0)
    blocks = [pictures(generator, min(1000, rows - first)) for first in range(0, rows, 1000)]
    return np.concatenate(blocks), generator.integers(0, 10, rows).astype(np.int32)


def pictures(generator: np.random.Generator, count: int) -> np.ndarray:
    ink = round(INK * SIDE * SIDE)
    knots = generator.normal(SIDE / 2 - 0.5, 3.8, (count, 4, 2)).astype(np.float32)
    row, column = np.divmod(np.arange(SIDE * SIDE, dtype=np.float32), SIDE)
    distance = np.full((count, SIDE * SIDE), np.inf, np.float32)
    for part in np.linspace(0, 3, 16, dtype=np.float32)[:-1]:
        knot = int(part)
        point = knots[:, knot] + (part - knot) * (knots[:, knot + 1] - knots[:, knot])
        np.minimum(distance, (row - point[:, :1]) ** 2 + (column - point[:, 1:]) ** 2, out=distance)
    limit = np.partition(distance, ink, axis=1)[:, ink : ink + 1]
    return np.where(distance < limit, 255 - 200 * distance / limit, 0).astype(np.uint8)
