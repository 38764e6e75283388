"""`pynn train iris`: a first example, a classifier of the iris flowers that ship with the package.

For tables of the user's own read train_table.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from .. import datasets
from ..layers import Dense, Normalization
from ..metrics import confusion_matrix
from ..network import Network
from ..optimizers import OPTIMIZERS
from .wording import matrix_lines

USUAL = {"epochs": 100, "hidden": [12, 6], "batch_size": 16, "learning_rate": 0.01, "test": 0.2, "activation": "tanh"}


def train(options: argparse.Namespace) -> int:
    """Train a classifier on the training rows and evaluate it on the test rows."""
    x, y = datasets.iris()
    (x, y), (x_test, y_test) = datasets.split(x, y, test=options.test, seed=options.seed)
    names = datasets.IRIS_SPECIES

    hidden = [Dense(units, options.activation) for units in options.hidden]
    net = Network(
        [Normalization(), *hidden, Dense(len(names), "softmax")],
        inputs=x.shape[1],
        seed=options.seed,
        dtype=options.dtype,
        engine=options.engine,
        threads=options.threads,
    )
    optimizer = OPTIMIZERS[options.optimizer](learning_rate=options.learning_rate)
    net.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    verbose = 0 if options.quiet else 2 if options.verbose else 1
    net.fit(x, y, epochs=options.epochs, batch_size=options.batch_size, verbose=verbose)
    report(net, x_test, y_test, names)
    return 0


def report(net: Any, x: Any, y: Any, names: Sequence[str]) -> None:
    """Accuracy, confusion matrix and fingerprint."""
    matrix = confusion_matrix(y, net.predict(x).argmax(axis=1), len(names))
    right, rows = int(matrix.trace()), int(matrix.sum())
    print(f"test accuracy {100 * right / rows:.1f} % ({right} of {rows})\n")
    print("\n".join(matrix_lines(matrix, names)))
    print(f"\nfingerprint {net.fingerprint()}")
