"""MLPRegressor: numbers, one or several for each row. What it shares with the classifier is in multilayer.py."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import column_or_1d, validate_data

from ..activations import Activation
from ..backend import Array
from ..engine.tables import COUNTS
from ..losses import Loss
from ..optimizers import Optimizer
from ..schedules import Schedule
from . import recipe
from .multilayer import BaseMultilayer, stochastic_only


class MLPRegressor(RegressorMixin, BaseMultilayer):
    """scikit-learn's MLPRegressor on pynn's engine. docs/estimators.md has all parameters.

    Beyond scikit-learn: `activation` may be a list, any of pynn's; `loss` 'absolute_error', 'huber', 'quantile' (of the
    level `quantile`, 0.5, or one for each column of y) or an object of pynn.losses; and the parameters from there on.
    """

    _parameter_constraints = {
        **BaseMultilayer._parameter_constraints,
        "loss": [StrOptions(set(recipe.REGRESSION)), Loss],
        "quantile": [Interval(Real, 0, 1, closed="neither"), "array-like", None],
    }

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        quantile: Any = None,
        output_activation: str | Activation | None = None,
        dropout: Any = 0.0,
        input_dropout: float = 0.0,
        optimizer: str | Optimizer | None = None,
        schedule: Schedule | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        monitor: str = "score",
        callbacks: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self._take(locals())

    @stochastic_only
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """One more epoch on these rows; the optimizer remembers what it knows."""
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, y_numeric=True,
            dtype=(np.float64, np.float32), reset=reset,
        )  # fmt: skip
        if y.dtype.kind not in "buif":
            raise ValueError(f"y: dtype {y.dtype} is not possible; expected numbers (MLPClassifier takes classes)")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        name = getattr(self.loss, "name", self.loss)
        if name in COUNTS and y.min() < 0:
            raise ValueError(f"y: {y.min()} is negative; loss {name!r} needs targets of at least 0")
        return X, y

    def _targets(self, y: Any) -> Array:
        return np.asarray(y).reshape(len(y), -1)

    def _output_name(self) -> str:
        given = self.output_activation
        if given is None:
            return "exp" if self.loss == "poisson" else "identity"
        name = given.name if isinstance(given, Activation) else given
        return str(recipe.THEIR_NAMES.get(name, name))

    def _answers(self, outputs: Array) -> Array:
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _score_outputs(self, outputs: Array, y: Any, weight: Any) -> float:
        if not np.isfinite(outputs).all():
            return float(np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(r2_score(y, self._answers(outputs), sample_weight=weight))
