"""Matrices with orthonormal columns, drawn evenly among all of them, with the same bits on every machine.

The columns are what a QR decomposition of a matrix of normal numbers would leave, signs chosen so that R's diagonal is
positive. It is not computed by LAPACK, whose sums have an order of their own on each CPU: here are single operations
of NumPy on whole arrays alone, and sums that are trees. No network is known here. Read initializers.py for Orthogonal.
"""

from __future__ import annotations

import math

import numpy as np

from .backend import Floats

BLOCK = 128  # columns that are reflected together, so that what is between stays in a cache


def column_sums(terms: Floats) -> Floats:
    """The sum of each column, as a tree: the lower half of the rows is added to the upper one, until one is left."""
    rows = len(terms)
    while rows > 1:
        half = rows // 2
        terms[:half] += terms[rows - half : rows]  # of an odd number, the middle row waits
        rows -= half
    total: Floats = terms[0]
    return total


def orthonormal_columns(rows: int, cols: int, normals: Floats) -> Floats:
    """(rows, cols), rows >= cols, from rows * cols standard normal numbers.

    Q = H_0 H_1 ... times the first columns of the unit matrix. H_j is the reflection that brings a vector x of normal
    numbers to its first axis, and acts on rows j.. alone. In a QR decomposition of normal numbers, what a reflection
    leaves below the diagonal is normal again, whatever was there: so x may as well be drawn (G. W. Stewart, 1980).
    Taken from the last one to the first, H_j changes columns j.. alone: 4/3 n^3 operations where both are n.
    """
    q = np.zeros((rows, cols))
    vectors = normals.reshape(cols, rows)
    for j in range(cols - 1, -1, -1):
        q[j, j] = 1.0
        x = vectors[j, j:].copy()
        length = math.sqrt(float(column_sums((x * x)[:, None])[0]))
        if length == 0.0:
            continue
        first = float(x[0])
        x[0] = first + math.copysign(length, first)  # H x = -sign(first) length e_0
        factor = 1.0 / (length * (length + abs(first)))  # 2 / (x . x)
        for begin in range(j, cols, BLOCK):
            part = q[j:, begin : begin + BLOCK]
            part -= x[:, None] * (factor * column_sums(x[:, None] * part))
        if first > 0:
            q[j:, j] *= -1.0  # R's diagonal would be -length
    return q
