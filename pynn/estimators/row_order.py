"""Rows for an engine: dense arrays as they are, sparse matrices block by block.

An engine reads dense rows only. Of a sparse matrix no more than BLOCK bytes are dense at a time (or one batch, where
that is larger); whole batches stay together, so the numbers are those of the dense matrix. Nothing is trained here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import Array, Floats
from ..engine.data import Data

BLOCK = 2**25  # bytes of a sparse matrix that are dense at a time


def is_sparse(x: Any) -> bool:
    return hasattr(x, "tocsr")


@dataclass
class Rows:
    """Rows, targets and weights of a training, dense or sparse (CSR)."""

    x: Any
    y: Array  # (rows, outputs)
    weight: Floats | None = None

    def __post_init__(self) -> None:
        if is_sparse(self.x):
            self.x = self.x.tocsr()

    @property
    def n(self) -> int:
        return int(self.x.shape[0])

    def mass(self) -> float:
        return float(self.n if self.weight is None else self.weight.sum())

    def pieces(self, order: Array | None, batch: int) -> Iterator[tuple[Data, Array | None]]:
        """All rows in some order: data, and which of its rows to take; a piece is a whole number of batches."""
        if not is_sparse(self.x):
            yield Data(self.x, self.y, None, self.weight), order
            return
        each = max(1, BLOCK // (batch * self.x.shape[1] * 8)) * batch
        for first in range(0, self.n, each):
            taken = slice(first, first + each) if order is None else order[first : first + each]
            yield self.dense(taken), None

    def dense(self, taken: Any) -> Data:
        """Some rows, by a slice or by their numbers."""
        weight = None if self.weight is None else self.weight[taken]
        x = self.x[taken]
        return Data(x.toarray() if is_sparse(x) else x, self.y[taken], None, weight)

    def check_mass(self, order: Array | None, batch: int) -> None:
        """A batch without any weight has no mean."""
        if self.weight is None or (self.weight > 0).all():
            return
        weight = self.weight if order is None else self.weight[order]
        sums = np.add.reduceat(weight, np.arange(0, self.n, batch))
        if not (sums != 0).all():
            number = int(np.argmax(sums == 0))
            raise ValueError(f"sample_weight: the weights of batch {number} add up to 0; a larger batch_size may help")


def dense_blocks(x: Any) -> Iterator[Array]:
    """The rows of x as dense arrays, in order."""
    if not is_sparse(x):
        yield x
        return
    x = x.tocsr()
    each = max(1, BLOCK // (max(1, x.shape[1]) * 8))
    for first in range(0, x.shape[0], each):
        yield x[first : first + each].toarray()
