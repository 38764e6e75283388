"""Keras' losses: names, functions and objects; each is one of pynn.losses, and can be called on arrays.

With from_logits=True the model's outputs are the logits z. Training then goes by the loss fused with its sigmoid or
softmax, which is what the engine does for outputs with that activation: read model.py. The formulas are those of the
reference engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import losses
from ..arguments import flag, shown
from ..engine.tables import LOSSES
from ..metrics import one_hot
from .given import leftovers
from .missing import LOSSES as MISSING
from .missing import find

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Huber", "Loss", "MeanAbsoluteError", "MeanSquaredError",
    "Poisson", "SparseCategoricalCrossentropy", "binary_crossentropy", "categorical_crossentropy", "get", "huber",
    "mean_absolute_error", "mean_squared_error", "poisson", "sparse_categorical_crossentropy",
]  # fmt: skip
ENDS = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}  # what makes probabilities of logits
KNOWN = (
    "mse", "mae", "mean_squared_error", "mean_absolute_error", "huber", "poisson", "binary_crossentropy",
    "categorical_crossentropy", "sparse_categorical_crossentropy",
)  # fmt: skip
SPELLINGS = {name.replace("_", ""): name for name in KNOWN} | {"huberloss": "huber"}


class Loss:
    """One of pynn.losses, `meant`; from_logits: for outputs without sigmoid or softmax."""

    def __init__(self, meant: losses.Loss, given: dict[str, Any], from_logits: bool = False) -> None:
        from_logits = given.pop("from_logits", from_logits)
        given.pop("name", None)
        if given.pop("axis", -1) != -1:
            raise ValueError("axis: only -1 is possible, the outputs of a row")
        leftovers(type(self).__name__, given)
        self.meant, self.from_logits = meant, flag("from_logits", from_logits)
        if self.from_logits and meant.name not in ENDS:
            raise ValueError(
                f"from_logits: True is not possible for {type(self).__name__}; it takes outputs as they are"
            )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The mean over the rows."""
        values = _by_row(self, y_true, y_pred)
        weights = np.ones(len(values)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        return (values * weights.reshape(-1)).mean()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', from_logits=True' if self.from_logits else ''})"


def _by_row(loss: Loss, y_true: Any, y_pred: Any) -> Any:
    row, numbers = LOSSES[loss.meant.name], loss.meant.parameters
    y = np.asarray(y_pred, np.float64)
    y = y.reshape(-1, 1) if y.ndim < 2 else y
    t = np.asarray(y_true)
    if row.name == "categorical_crossentropy" and t.size == len(y) != y.size:
        t = one_hot(t.reshape(-1), y.shape[1])
    t = t.reshape(y.shape).astype(np.float64)
    if row.smooth is not None and numbers.get("smoothing"):
        t = row.smooth(t, numbers["smoothing"])
    if loss.from_logits:
        assert row.from_z is not None
        return row.from_z(y, t)
    return row.value(y, t, numbers.get("delta", 0.0))


class MeanSquaredError(Loss):
    def __init__(self, **given: Any) -> None:
        super().__init__(losses.MeanSquaredError(), given)


class MeanAbsoluteError(Loss):
    def __init__(self, **given: Any) -> None:
        super().__init__(losses.MeanAbsoluteError(), given)


class Huber(Loss):
    def __init__(self, delta: float = 1.0, **given: Any) -> None:
        super().__init__(losses.Huber(delta), given)


class Poisson(Loss):
    def __init__(self, **given: Any) -> None:
        super().__init__(losses.Poisson(), given)


class BinaryCrossentropy(Loss):
    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **given: Any) -> None:
        super().__init__(losses.BinaryCrossentropy(label_smoothing), given, from_logits)


class CategoricalCrossentropy(Loss):
    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **given: Any) -> None:
        super().__init__(losses.CategoricalCrossentropy(label_smoothing), given, from_logits)


class SparseCategoricalCrossentropy(Loss):
    """CategoricalCrossentropy, which takes class numbers as well as one-hot rows."""

    def __init__(self, from_logits: bool = False, **given: Any) -> None:
        super().__init__(losses.CategoricalCrossentropy(), given, from_logits)


class Function:
    """A loss as a function of arrays, with a value for each row; `name` is what compile takes it for."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
        return _by_row(Loss(losses.get("loss", self.__name__), {}, from_logits), y_true, y_pred)

    def __repr__(self) -> str:
        return f"<loss {self.__name__}>"


binary_crossentropy, categorical_crossentropy = Function("binary_crossentropy"), Function("categorical_crossentropy")
huber, mean_absolute_error = Function("huber"), Function("mean_absolute_error")
mean_squared_error, poisson = Function("mean_squared_error"), Function("poisson")
sparse_categorical_crossentropy = Function("sparse_categorical_crossentropy")


def get(identifier: Any) -> Loss:
    """The loss that compile makes of its argument."""
    if isinstance(identifier, (list, tuple)) and len(identifier) == 1:
        identifier = identifier[0]
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        raise TypeError(f"loss: {identifier.__name__} is a class; make an object of it: {identifier.__name__}()")
    if isinstance(identifier, Function):
        identifier = identifier.__name__
    if isinstance(identifier, (list, tuple, dict)):
        raise ValueError(f"loss: {shown(identifier)} is not possible; a model has one output and one loss")
    if callable(identifier):
        raise TypeError(f"loss: {shown(identifier)} is a function; the engine computes the losses of pynn.losses alone")
    if isinstance(identifier, str):  # "MSE", "BinaryCrossentropy" and "huber_loss", too
        plain = identifier.lower().replace("_", "")
        identifier = SPELLINGS.get(plain, identifier)
    return Loss(losses.get("loss", identifier), {})


def __getattr__(name: str) -> Any:
    return find(__name__, MISSING, name)
