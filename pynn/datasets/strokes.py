"""Generated images of digits in the format of MNIST, with the same bits on every machine.

Each digit is a few strokes of a pen, in two or three styles (GLYPHS below, designed for this package). For an image one
style is chosen, its points are moved a little, it is slanted, rotated, stretched and shifted, and drawn with a pen of
random width. They are for running scripts without a download, not handwriting: results on them say nothing about MNIST.
Only + - * / and square roots are used, which round equally on every machine, and the counter-based random numbers
(engine/philox.py, purpose DATA).
"""

from __future__ import annotations

import numpy as np

from ..arguments import whole
from ..engine.philox import DATA, uniform

Pair = tuple[np.ndarray, np.ndarray]
Points = tuple[tuple[float, float], ...]

SIDE = 28  # pixels
PER_IMAGE = 48  # random numbers of an image: HEAD of them for the whole, two for each point of the strokes
HEAD = 9
TRAIN, TEST = 0x100, 0x110  # streams of random numbers; the next one is for the order of the digits
AT_ONCE = 32  # images drawn together: the arrays in use (32 * 784 * 4 bytes each) stay in a second-level cache

# (x, y) with y downwards, in a box 0.7 wide and 1 high. A stroke is a smooth curve (a quadratic B-spline) from its
# first point to its last, drawn towards those between them; a point written twice is a corner.
GLYPHS: tuple[tuple[tuple[Points, ...], ...], ...] = (
    (  # 0
        (((0.35, 0), (0, 0), (0, 1), (0.7, 1), (0.7, 0), (0.35, 0)),),
        (((0.45, 0.02), (0.1, -0.05), (-0.05, 0.6), (0.1, 1.05), (0.65, 1.05), (0.75, 0.1), (0.35, -0.02)),),
    ),
    (  # 1
        (((0.35, 0), (0.35, 1)),),
        (((0.14, 0.25), (0.38, 0), (0.38, 0), (0.38, 1)),),
        (((0.14, 0.25), (0.38, 0), (0.38, 0), (0.38, 1)), ((0.12, 1), (0.62, 1))),
    ),
    (  # 2
        (((0.05, 0.3), (0.05, 0), (0.65, 0), (0.68, 0.4), (0, 1), (0, 1), (0.7, 1)),),
        (
            (
                (0.05, 0.3), (0.05, 0), (0.65, 0), (0.68, 0.4), (0.1, 1.05),
                (-0.05, 0.8), (0.2, 0.75), (0.4, 1.05), (0.7, 0.95),
            ),
        ),
    ),
    (  # 3
        (
            (
                (0.05, 0.15), (0.2, -0.03), (0.68, 0), (0.65, 0.45), (0.3, 0.46), (0.3, 0.46),
                (0.75, 0.48), (0.72, 1), (0.2, 1.04), (0.02, 0.82),
            ),
        ),
        (
            (
                (0.08, 0), (0.62, 0), (0.62, 0), (0.3, 0.42), (0.3, 0.42),
                (0.75, 0.42), (0.72, 1), (0.2, 1.04), (0.02, 0.82),
            ),
        ),
    ),
    (  # 4
        (((0.1, 0), (0.03, 0.55), (0.03, 0.55), (0.65, 0.55)), ((0.5, 0.05), (0.5, 1))),
        (((0.5, 0), (0, 0.65), (0, 0.65), (0.68, 0.65)), ((0.5, 0), (0.5, 1))),
    ),
    (  # 5
        (
            (
                (0.6, 0), (0.12, 0), (0.12, 0), (0.08, 0.42), (0.08, 0.42),
                (0.7, 0.3), (0.75, 1.02), (0.25, 1.05), (0.02, 0.85),
            ),
        ),
        (
            ((0.15, 0.02), (0.1, 0.45), (0.1, 0.45), (0.65, 0.32), (0.72, 0.98), (0.2, 1.04), (0, 0.88)),
            ((0.15, 0.02), (0.65, 0)),
        ),
    ),
    (  # 6
        (((0.55, 0), (0.15, 0.1), (-0.02, 0.6), (0.05, 1.02), (0.68, 1.05), (0.68, 0.5), (0.2, 0.5), (0.06, 0.75)),),
        (
            (
                (0.62, 0.12), (0.4, -0.05), (-0.02, 0.2), (-0.02, 1.02),
                (0.66, 1.03), (0.66, 0.48), (0.1, 0.48), (0.08, 0.75),
            ),
        ),
    ),
    (  # 7
        (((0.03, 0), (0.66, 0), (0.66, 0), (0.25, 1)),),
        (((0.03, 0), (0.66, 0), (0.66, 0), (0.25, 1)), ((0.2, 0.5), (0.62, 0.5))),
        (((0.03, 0.02), (0.68, 0), (0.68, 0), (0.35, 0.4), (0.3, 1)),),
    ),
    (  # 8
        (
            (
                (0.6, 0.15), (0.55, -0.02), (0.05, -0.02), (0.05, 0.4), (0.68, 0.6),
                (0.68, 1.03), (0.02, 1.03), (0.02, 0.6), (0.62, 0.4), (0.6, 0.12),
            ),
        ),
        (
            ((0.35, 0), (0.05, 0), (0.05, 0.47), (0.63, 0.47), (0.63, 0), (0.35, 0)),
            ((0.35, 0.47), (0, 0.47), (0, 1), (0.7, 1), (0.7, 0.47), (0.35, 0.47)),
        ),
    ),
    (  # 9
        (
            (
                (0.6, 0.2), (0.6, -0.03), (0.04, -0.03), (0.04, 0.52),
                (0.6, 0.52), (0.62, 0.18), (0.62, 0.18), (0.58, 1),
            ),
        ),
        (
            ((0.35, 0), (0.03, 0), (0.03, 0.5), (0.62, 0.5), (0.62, 0), (0.35, 0)),
            ((0.61, 0.25), (0.62, 1), (0.15, 1)),
        ),
    ),
)  # fmt: skip


def drawn_digits(train: int = 2000, test: int = 500, *, seed: int = 0) -> tuple[Pair, Pair]:
    """(x, y), (x_test, y_test): images uint8 (rows, 28, 28), black 0 and ink up to 255, labels int64 (rows,).

    Every ten rows have each digit once. Image i does not depend on the number of images.
    """
    rows = whole("train", train, 1, 10**6), whole("test", test, 1, 10**6)
    seed = whole("seed", seed, 0, 2**64 - 1)
    first, second = (draw_rows(n, seed, stream) for n, stream in zip(rows, (TRAIN, TEST), strict=True))
    return first, second


def draw_rows(rows: int, seed: int, stream: int) -> Pair:
    """The images and labels of the training or the test part."""
    chance = uniform(seed, DATA, stream, rows * PER_IMAGE).reshape(rows, PER_IMAGE)
    tens = uniform(seed, DATA, stream + 1, -(-rows // 10) * 10).reshape(-1, 10)
    labels = np.argsort(tens, axis=1, kind="stable").reshape(-1)[:rows].astype(np.int64)
    images = np.empty((rows, SIDE, SIDE), np.uint8)
    for digit, manners in enumerate(GLYPHS):
        manner = (chance[:, 0] * len(manners)).astype(np.int64)
        for number, strokes in enumerate(manners):
            chosen = np.flatnonzero((labels == digit) & (manner == number))
            for start in range(0, len(chosen), AT_ONCE):
                some = chosen[start : start + AT_ONCE]
                images[some] = draw(strokes, chance[some])
    return images, labels


def draw(strokes: tuple[Points, ...], chance: np.ndarray) -> np.ndarray:
    """Images of one glyph, one for each row of random numbers (rows, PER_IMAGE): uint8 (rows, SIDE, SIDE)."""
    place = HEAD
    pieces = []
    for stroke in strokes:
        moved = chance[:, place : place + 2 * len(stroke)].reshape(len(chance), len(stroke), 2)
        place += 2 * len(stroke)
        points = np.array(stroke) + (moved - 0.5) * 0.16
        pieces.append(segments(curve(placed(points, chance))))
    radius, ink = between(chance[:, 7], 0.7, 1.8), between(chance[:, 8], 190, 255)
    return painted(np.concatenate(pieces, axis=1), radius, ink)


def between(chance: np.ndarray, low: float, high: float) -> np.ndarray:
    return low + (high - low) * chance


def placed(points: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The points in pixels: stretched, slanted, rotated around the centre, and shifted.

    Cosine and sine of the rotation are rational functions of t = tan(angle / 2), so no libm is needed.
    """
    high, wide, slant, half, right, down = (chance[:, k, None] for k in range(1, 7))
    height = between(high, 15, 20.5)
    y = (points[:, :, 1] - 0.5) * height
    x = (points[:, :, 0] - 0.35) * height * between(wide, 0.75, 1.2) - y * between(slant, -0.2, 0.45)
    t = between(half, -0.09, 0.09)
    cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    middle = (SIDE - 1) / 2
    across = cosine * x - sine * y + middle + between(right, -2, 2)
    return np.stack([across, sine * x + cosine * y + middle + between(down, -1.75, 1.75)], axis=2)


def curve(points: np.ndarray) -> np.ndarray:
    """Points along a stroke's curve, from its control points (rows, points, 2)."""
    if points.shape[1] == 2:
        return points
    inner = points[:, 1:-1]
    joints = (inner[:, 1:] + inner[:, :-1]) * 0.5
    start = np.concatenate([points[:, :1], joints], axis=1)
    end = np.concatenate([joints, points[:, -1:]], axis=1)
    steps = [(1 - t) * (1 - t) * start + 2 * t * (1 - t) * inner + t * t * end for t in (0.0, 0.25, 0.5, 0.75)]
    along = np.stack(steps, axis=2).reshape(len(points), -1, 2)
    return np.concatenate([along, points[:, -1:]], axis=1)


def segments(points: np.ndarray) -> np.ndarray:
    """Line segments (rows, segments, 4): x and y of the start, and of the vector to the end."""
    return np.concatenate([points[:, :-1], points[:, 1:] - points[:, :-1]], axis=2).astype(np.float32)


def painted(lines: np.ndarray, radius: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """The images: ink where a pixel is within `radius` of a segment, fading out over one pixel at the edge."""
    rows, pixel = len(lines), np.arange(SIDE, dtype=np.float32)
    nearest = np.full((rows, SIDE, SIDE), SIDE * SIDE * 4, np.float32)  # squared distance
    along, across = np.empty_like(nearest), np.empty_like(nearest)
    for number in range(lines.shape[1]):
        x0, y0, dx, dy = (lines[:, number, k, None, None] for k in range(4))
        right, down = pixel[None, None, :] - x0, pixel[None, :, None] - y0
        squared = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
        np.add(right * (dx / squared), down * (dy / squared), out=along)  # position of the nearest point, 0 .. 1
        np.minimum(np.maximum(along, 0, out=along), 1, out=along)
        np.subtract(right, np.multiply(along, dx, out=across), out=across)
        np.subtract(down, np.multiply(along, dy, out=along), out=along)
        np.add(np.multiply(across, across, out=across), np.multiply(along, along, out=along), out=along)
        np.minimum(nearest, along, out=nearest)
    edge = (radius + 0.5).astype(np.float32)[:, None, None] - np.sqrt(nearest)
    shade = np.minimum(np.maximum(edge, 0), 1) * ink.astype(np.float32)[:, None, None]
    image: np.ndarray = np.floor(shade + np.float32(0.5)).astype(np.uint8)
    return image
