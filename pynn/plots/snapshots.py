"""Snapshots: a callback that keeps the weights of a training at some of its epochs, to be drawn afterwards.

Memory: all weights once for each snapshot. Nothing is drawn here; read animation.py and curve_fit.py for what is made
of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy, deepcopy
from typing import Any

from ..arguments import whole
from ..backend import Array


class Snapshots:
    """`net.fit(..., callbacks=[film])` fills it: epochs, and the weights after each of them.

    every   keep those after every so many epochs; those before the first and after the last are always kept

    A network's training, or that of one of pynn's estimators. A second fit is added to the first.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = whole("every", every, 1)
        self.epochs: list[int] = []  # completed ones
        self.weights: list[list[Array]] = []
        self.net: Any = None

    def set_network(self, net: Any) -> None:
        if self.epochs and self._of(net) is not self._of(self.net):
            raise ValueError("callbacks: these Snapshots are of another network; use new ones")
        self.net = net

    def on_train_begin(self, logs: Any) -> None:
        self._keep()

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        if (epoch + 1) % self.every == 0:
            self._keep(epoch + 1)

    def on_train_end(self, logs: Any) -> None:
        self._keep()

    def _keep(self, epoch: int | None = None) -> None:
        now = int(self.net.epoch) if epoch is None else epoch
        if not self.epochs or now > self.epochs[-1]:
            self.epochs.append(now)
            self.weights.append([part.copy() for part in self.net.get_weights()])

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """(epoch, the network as it was then), in order. It is one copy, whose weights change from step to step."""
        if not self.epochs:
            raise ValueError("snapshots: there are none; give them to fit as callbacks=[snapshots] first")
        then = self._copy()
        for epoch, weights in zip(self.epochs, self.weights, strict=True):
            if hasattr(then, "coefs_"):
                then.coefs_, then.intercepts_ = weights[::2], weights[1::2]
            else:
                then.set_weights(weights)
            yield epoch, then

    def __repr__(self) -> str:
        return f"Snapshots(every={self.every}), {len(self)} kept"

    @staticmethod
    def _of(net: Any) -> Any:
        """The estimator whose training it is, or the network itself."""
        return getattr(net, "estimator", net)

    def _copy(self) -> Any:
        found = self._of(self.net)
        return copy(found) if hasattr(found, "coefs_") else deepcopy(found)
