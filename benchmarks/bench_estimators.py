"""MLPClassifier beside scikit-learn's: whole fits with the same parameters, order of rows and first weights.

Both run in this process, in turns, from the same arrays; what either does before its first step counts. The figure is
a share: time of pynn's / time of scikit-learn's, the median over rounds.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pytest
from rows import rows_of
from shapes import IRIS, MNIST_BIG, Net

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as Theirs
from threadpoolctl import threadpool_limits

from pynn.estimators import MLPClassifier as Ours

ROWS = 9000  # of MNIST, unless --rows says something else: enough for what comes before the first step not to matter

CASES: dict[str, tuple[Net, dict[str, Any], int]] = {  # name in goals.py, parameters, rounds
    "MLPClassifier, iris in batches of 15": (
        IRIS,
        {"hidden_layer_sizes": (12, 6), "activation": "tanh", "batch_size": 15, "max_iter": 100},
        7,
    ),
    "MLPClassifier, iris, defaults": (IRIS, {}, 7),
    "MLPClassifier, MNIST, three layers of 1024": (
        MNIST_BIG,
        {"hidden_layer_sizes": (1024,) * 3, "solver": "sgd", "batch_size": 100, "max_iter": 1},
        3,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fit(limit: Callable[..., None], request: pytest.FixtureRequest, threads: int, name: str) -> None:
    net, parameters, rounds = CASES[name]
    net = net.scaled(request.config.getoption("--rows") or ROWS) if net.source == "mnist" else net
    x, label = rows_of(net)
    x = (x / 255).astype(np.float32) if x.dtype == np.uint8 else x
    common = {"random_state": 0, "tol": 0.0, "n_iter_no_change": 10**6, **parameters}

    def seconds(model: Any) -> float:
        begin = time.perf_counter()
        model.fit(x, label)
        return time.perf_counter() - begin

    def share() -> float:
        found = []
        for _ in range(rounds):
            theirs, ours = Theirs(**common), Ours(**common, n_threads=threads)
            time.sleep(0.2)  # threads of BLAS spin for a while after the turn before
            found.append(seconds(ours) / seconds(theirs))
            # Sums in float32, in another order, over up to 200 epochs: a hundred units of 2^-24 for each.
            np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=100 * 200 * 2.0**-24)
        return median(found)

    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        limit(name, share, threads)
