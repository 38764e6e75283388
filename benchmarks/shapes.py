"""The shapes that are measured: products as they come up in real networks, and the networks themselves.

One list for all suites, so that a figure in one can be found in another. Products are
(batch, inputs, outputs) of a dense layer. What is hoped for them stands in goals.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

PRODUCTS = [(100, 1024, 1024), (100, 784, 1024), (50, 784, 100), (16, 64, 64), (1024, 1024, 1024)]


@dataclass(frozen=True)
class Net:
    name: str
    inputs: int
    layers: tuple[tuple[int, str], ...]
    batch: int
    rows: int  # of an epoch here, small enough to be repeated
    epochs: int = 1  # of a call to fit
    source: str = "normal"  # of the rows: see rows.py

    @property
    def steps(self) -> int:
        return self.rows // self.batch * self.epochs

    @property
    def weights(self) -> int:
        widths = [self.inputs] + [width for width, _ in self.layers]
        return sum(a * b for a, b in zip(widths, widths[1:], strict=False))

    def step_flop(self, rows: int) -> int:
        """FLOP of a training step: forward, weights' gradient, and, but for the first layer, inputs' gradient."""
        return rows * (6 * self.weights - 2 * self.inputs * self.layers[0][0])

    @property
    def flop(self) -> int:
        """Of all steps of a fit."""
        return self.step_flop(self.rows) * self.epochs

    def scaled(self, rows: int) -> Net:
        """The same with about so many rows, in whole batches."""
        return replace(self, rows=max(rows // self.batch, 1) * self.batch)


def hidden(width: int, depth: int, activation: str) -> tuple[tuple[int, str], ...]:
    return ((width, activation),) * depth


MNIST_BIG = Net("784-1024-1024-1024-10", 784, (*hidden(1024, 3, "relu"), (10, "softmax")), 100, 3000, source="mnist")
MNIST_SMALL = Net("784-100-10", 784, ((100, "sigmoid"), (10, "softmax")), 50, 60_000, source="mnist")
IRIS = Net("4-12-6-3", 4, ((12, "tanh"), (6, "tanh"), (3, "softmax")), 15, 150, 100, "iris")
XOR = Net("2-2-1", 2, ((2, "tanh"), (1, "sigmoid")), 4, 4, 1000, "xor")
NETS = [MNIST_BIG, MNIST_SMALL, IRIS]


def dense(width: int, depth: int, batch: int, activation: str = "relu") -> Net:
    """`depth` square layers and ten outputs, over as many steps as make a time that can be measured."""
    name = f"{activation} {width} x {depth}, batch {batch}"
    net = Net(name, width, (*hidden(width, depth, activation), (10, "softmax")), batch, batch)
    return net.scaled(batch * max(2, min(100, int(4e8 / net.flop))))


# Not the whole product: each width, depth, batch and activation beside its neighbours.
WIDTHS = [dense(width, 2, 100) for width in (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)]
DENSE = [
    *WIDTHS,
    *(dense(width, 2, 100, "tanh") for width in (16, 64, 256, 1024)),
    *(dense(256, depth, 100) for depth in (1, 5, 10)),
    *(dense(width, 10, 100, "tanh") for width in (16, 256)),
    *(dense(256, 2, batch) for batch in (1, 4, 16, 400, 1000, 4096)),
    *(dense(1024, 2, batch) for batch in (1, 16, 1024)),
    *(dense(16, 2, batch, "tanh") for batch in (1, 4096)),
]
