"""Keras' metrics as objects: names for those that compile takes.

What a metric is and who computes it is said in ../metrics. Here an object stands for a name.
"""

from __future__ import annotations

from typing import Any

from ..arguments import shown

__all__ = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "MeanAbsoluteError", "MeanSquaredError", "Metric",
    "SparseCategoricalAccuracy",
]  # fmt: skip


class Metric:
    """A metric of compile by its name."""

    meant = ""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name


class Accuracy(Metric):
    meant = "accuracy"


class BinaryAccuracy(Metric):
    meant = "binary_accuracy"


class CategoricalAccuracy(Metric):
    meant = "categorical_accuracy"


class SparseCategoricalAccuracy(Metric):
    meant = "categorical_accuracy"


class MeanAbsoluteError(Metric):
    meant = "mae"


class MeanSquaredError(Metric):
    meant = "mse"


OTHER_NAMES = {"sparse_categorical_accuracy": "categorical_accuracy"}


def names(given: Any) -> Any:
    """Argument `metrics` of compile as a Network takes it."""
    if given is None:
        return None
    if isinstance(given, (str, Metric)):
        given = [given]
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"metrics: {shown(given)} is a {type(given).__name__}; expected a list such as ['accuracy']")
    found = [one.meant if isinstance(one, Metric) else one for one in given]
    return [OTHER_NAMES.get(one, one) if isinstance(one, str) else one for one in found]


def reported(network: Any) -> list[str]:
    """The names of what evaluate of this network returns besides the loss."""
    return [name for name, _ in network._core.recipe.metrics.totals]
