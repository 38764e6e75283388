"""MLPClassifier beside scikit-learn's: an epoch with the same parameters, order of rows and first weights.

Both run in this process, in turns, from the same arrays. An epoch is the difference between a fit and one of twice
the epochs: what either does before its first step does not count. The figure is a share: time of pynn's / time of
scikit-learn's, the median over rounds.
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
    "MLPClassifier, iris, 12-6 in batches of 15": (
        IRIS,
        {"hidden_layer_sizes": (12, 6), "activation": "tanh", "batch_size": 15, "max_iter": 100},
        7,
    ),
    "MLPClassifier, iris, 10 in batches of 15": (
        IRIS,
        {"hidden_layer_sizes": 10, "batch_size": 15, "max_iter": 100},
        7,
    ),
    "MLPClassifier, iris, 100 in batches of 15": (IRIS, {"batch_size": 15, "max_iter": 100}, 7),
    "MLPClassifier, iris, 10, one batch": (IRIS, {"hidden_layer_sizes": 10, "max_iter": 200}, 7),
    "MLPClassifier, iris, defaults": (IRIS, {"max_iter": 200}, 7),
    "MLPClassifier, MNIST, three layers of 1024": (
        MNIST_BIG,
        {"hidden_layer_sizes": (1024,) * 3, "solver": "sgd", "batch_size": 100, "max_iter": 1},
        3,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_epoch(limit: Callable[..., None], request: pytest.FixtureRequest, threads: int, name: str) -> None:
    net, parameters, rounds = CASES[name]
    net = net.scaled(request.config.getoption("--rows") or ROWS) if net.source == "mnist" else net
    x, label = rows_of(net)
    x = (x / 255).astype(np.float32) if x.dtype == np.uint8 else x.astype(np.float64)  # as scikit-learn gives them
    common = {"random_state": 0, "tol": 0.0, "n_iter_no_change": 10**6, **parameters}
    epochs = common["max_iter"]

    def fitted(kind: Any, times: int, **more: Any) -> tuple[float, Any]:
        model = kind(**common | more).set_params(max_iter=times * epochs)
        begin = time.perf_counter()
        model.fit(x, label)
        return time.perf_counter() - begin, model

    def share() -> float:
        found = []
        for _ in range(rounds):
            seconds = []
            for kind, more in ((Theirs, {}), (Ours, {"n_threads": threads})):
                time.sleep(0.2)  # threads of BLAS spin for a while after the turn before
                (once, model), (twice, _) = fitted(kind, 1, **more), fitted(kind, 2, **more)
                seconds.append((twice - once, model.loss_curve_))
            (theirs, expected), (ours, curve) = seconds
            found.append(ours / theirs)
            # Sums in another order, in float32 for MNIST, over up to 200 epochs: a hundred units of 2^-24 for each.
            np.testing.assert_allclose(curve, expected, rtol=100 * 200 * 2.0**-24)
        return median(found)

    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        limit(f"{name}, an epoch", share, threads)
