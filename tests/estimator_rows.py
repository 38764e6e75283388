"""Iris as the estimators' tests take it, and what they compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from pynn import datasets

FLOWERS, SPECIES = datasets.iris()
FLOWERS = np.asarray(FLOWERS, np.float64)
_random = np.random.default_rng(5)
WEIGHTS = _random.uniform(0.1, 3, len(FLOWERS))
SEVERAL = np.c_[2 * FLOWERS[:, 0], FLOWERS[:, 1], FLOWERS[:, 2] ** 2] + _random.normal(size=(len(FLOWERS), 3)) / 10
WORDS = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
NUMBERS: dict[str, Any] = {"random_state": 0, "hidden_layer_sizes": (6, 5), "max_iter": 5}


def same(one: Any, other: Any) -> bool:
    """Whether two estimators have equal weights."""
    parts = zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True)
    return all(np.array_equal(a, b) for a, b in parts)
