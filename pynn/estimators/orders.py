"""Rows in scikit-learn's orders: the row source that estimators plug into the loop over epochs.

The order is shuffled further for each epoch with random_state; dropout masks follow from the number of the epoch's
first step. Sparse rows are unfolded block by block, and give the bits of the dense matrix. Read training/sources.py for
the sources of networks, epochs.py for the rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array, EngineLike
from ..engine.data import Data
from ..rows.sparse import SparseRows
from ..training.fit import Piece
from ..training.sources import Pieces, unfolding


class Orders:
    """Rows, targets and weights of a training, epoch by epoch."""

    def __init__(self, data: Data, batch: int, shuffle: bool, random: Any, masks: bool) -> None:
        self.data, self.batch, self.random = data, batch, random
        self.steps = -(-data.rows // batch)
        self.folded = isinstance(data.x, SparseRows)
        self.joins = not (self.folded or masks)  # masks are drawn by an epoch's number
        self.order = np.arange(data.rows) if shuffle else None

    def pieces(self, engine: EngineLike, first: int, epochs: int) -> Pieces:
        data, batch, order = self.data, self.batch, self._next(epochs)
        for each in [None] if order is None else order.reshape(-1, data.rows):
            self._check_mass(each)
        if self.folded:
            yield from unfolding(data, batch, engine.iteration, np.arange(data.rows) if order is None else order)
        else:
            yield Piece(data, batch, engine.iteration, 0, epochs * self.steps, order)

    def _next(self, epochs: int) -> Array | None:
        """An order, or a row of them for each of several epochs."""
        if self.order is None:
            return None
        if epochs == 1:
            self.random.shuffle(self.order)
            return self.order
        orders = np.empty((epochs, self.data.rows), np.int64)
        for each in orders:
            self.random.shuffle(self.order)
            each[:] = self.order
        return orders

    def _check_mass(self, order: Array | None) -> None:
        """A batch without any weight has no mean."""
        weight = self.data.weight
        if weight is None or (weight > 0).all():
            return
        sums = np.add.reduceat(weight if order is None else weight[order], np.arange(0, self.data.rows, self.batch))
        if not (sums != 0).all():
            number = int(np.argmax(sums == 0))
            raise ValueError(f"sample_weight: the weights of batch {number} add up to 0; a larger batch_size may help")
