"""The shapes that are measured: products as they come up in real networks, and the networks themselves.

One list for all suites, so that a figure in one can be found in another. Products are
(batch, inputs, outputs) of a dense layer.
"""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTS = [(100, 1024, 1024), (100, 784, 1024), (50, 784, 100), (16, 64, 64), (1024, 1024, 1024)]


@dataclass(frozen=True)
class Net:
    name: str
    inputs: int
    layers: tuple[tuple[int, str], ...]
    batch: int
    rows: int  # of an epoch here, small enough to be repeated

    @property
    def weights(self) -> int:
        widths = [self.inputs] + [width for width, _ in self.layers]
        return sum(a * b for a, b in zip(widths, widths[1:], strict=False))

    def step_flop(self, rows: int) -> int:
        """FLOP of a training step: forward, weights' gradient, and, but for the first layer, inputs' gradient."""
        return rows * (6 * self.weights - 2 * self.inputs * self.layers[0][0])


MNIST_BIG = Net(
    "784-1024-1024-1024-10", 784, ((1024, "relu"), (1024, "relu"), (1024, "relu"), (10, "softmax")), 100, 6000
)
MNIST_SMALL = Net("784-100-10", 784, ((100, "sigmoid"), (10, "softmax")), 50, 6000)
IRIS = Net("4-12-6-3", 4, ((12, "relu"), (6, "sigmoid"), (3, "softmax")), 16, 150)
NETS = [MNIST_BIG, MNIST_SMALL, IRIS]
