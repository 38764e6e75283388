"""Fifty rows of two classes and a small network for them: what the tests of callbacks and weights' files train.

Not a test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pynn import SGD, Dense, Network

X = np.random.default_rng(2).normal(size=(50, 4))
Y = (X[:, 0] > 0).astype(int)
QUIET: dict[str, Any] = {"batch_size": 25, "verbose": 0}


def make(engine: str = "reference", inputs: int | None = None) -> Network:
    net = Network([Dense(7, "tanh"), Dense(2, "softmax")], engine=engine, seed=1, inputs=inputs)
    net.compile(optimizer=SGD(0.1), metrics=["accuracy"])
    return net
