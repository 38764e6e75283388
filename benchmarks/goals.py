"""What was aimed at, as numbers: beside each figure the suites print whether it was reached. None of it is a test.

A `Goal` is a ratio, time of pynn / time of the best of some peers in the same run on the same
number of threads. A `Limit` is a figure of its own that should not be larger.
"""

from __future__ import annotations

from dataclasses import dataclass

from shapes import DENSE, IRIS, MNIST_BIG, MNIST_SMALL, XOR

TRAINERS = ("jax", "torch", "sklearn")


@dataclass(frozen=True)
class Goal:
    must: float
    aim: float
    peers: tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    must: float
    unit: str


GOALS = {
    ("epoch", MNIST_BIG.name): Goal(0.70, 0.57, ("jax",)),
    ("epoch", MNIST_SMALL.name): Goal(0.30, 0.12, ("jax",)),
    ("small", IRIS.name): Goal(0.12, 0.05, ("jax",)),
    ("small", XOR.name): Goal(0.01, 0.003, ("sklearn",)),
    ("predict", "1 row"): Goal(0.80, 0.35, ("onnxruntime",)),
    ("predict", "32 rows"): Goal(0.95, 0.85, ("onnxruntime",)),
    ("predict", "1024 rows"): Goal(0.95, 0.86, ("onnxruntime",)),
    ("predict", "10000 rows"): Goal(0.75, 0.65, ("onnxruntime",)),
    **{("dense", net.name): Goal(1.0, 0.6, TRAINERS) for net in DENSE},
}

LIMITS = {
    "fixed cost of a fit, 4-12-6-3": Limit(20.0, "us"),
    "fixed cost of predict of one row, 4-12-6-3": Limit(3.0, "us"),
    "peak memory of an MNIST fit beyond its data": Limit(60.0, "MB"),
    "allocations in 1,000 more steps": Limit(0.0, "calls"),
    **{
        f"MLPClassifier, {case}, an epoch": Limit(1 / 20, "of scikit-learn's time")
        for case in (
            "iris, 12-6 in batches of 15",
            "iris, 10 in batches of 15",
            "iris, 100 in batches of 15",
            "iris, 10, one batch",
            "iris, defaults",
        )
    },
    "MLPClassifier, MNIST, three layers of 1024, an epoch": Limit(1 / 3.5, "of scikit-learn's time"),
    "growth of time over rows": Limit(1.05, "exponent"),
    "growth of time over weights": Limit(1.05, "exponent"),
    "growth of time over depth": Limit(1.05, "exponent"),
}
