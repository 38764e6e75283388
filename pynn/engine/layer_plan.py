"""What an engine must know about one layer, and the arrays that it learns.

Plain descriptions, the same for every kind of layer; what a kind does with them is in kinds.py, and how layers are
chained in plan.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np


@dataclass(frozen=True)
class Tensor:
    """One array of a layer's parameters, and its place in a flat array."""

    name: str
    shape: tuple[int, ...]
    learned: bool = True  # by gradients
    at: int = 0

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def end(self) -> int:
        return self.at + self.size

    def view(self, flat: np.ndarray) -> np.ndarray:
        return flat[self.at : self.end].reshape(self.shape)


@dataclass(frozen=True)
class LayerPlan:
    """One layer: its kind, then the activation and the Dropout that it ends with."""

    inputs: int
    outputs: int
    activation: str
    alpha: float = 0.0  # the activation's parameter (slope, alpha)
    use_bias: bool = True  # dense
    l2: float = 0.0  # dense: adds l2 * sum(W^2) to the loss
    dropout: float = 0.0  # rate, applied after the activation
    l1: float = 0.0  # dense: adds l1 * sum(|W|)
    kind: str = "dense"
    center: bool = True  # normalizations: is there a beta, a gamma?
    scale: bool = True
    trainable: bool = True  # batch normalization: or else its moving statistics are used in training, too
    epsilon: float = 0.0
    momentum: float = 0.0  # of the moving statistics
    tensors: tuple[Tensor, ...] = ()  # parameters in the canonical order; build_plan gives them their places

    @property
    def w(self) -> int:
        """Where a dense layer's W begins in a flat array."""
        return self.tensors[0].at

    @property
    def b(self) -> int:
        """Where its b begins, or would if it had one."""
        return self.tensors[0].end

    def values(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """The layer's parameters within a flat array, by name: views."""
        return {tensor.name: tensor.view(flat) for tensor in self.tensors}
