"""MLPRegressor: numbers, one or several for each row. What it shares with the classifier is in multilayer.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import column_or_1d, validate_data

from ..activations import Activation
from ..backend import Array
from ..losses import Loss
from . import recipe
from .multilayer import BaseMultilayer, stochastic_only


class MLPRegressor(RegressorMixin, BaseMultilayer):
    """scikit-learn's MLPRegressor on pynn's engine. docs/estimators.md has all parameters.

    Beyond scikit-learn: `activation` may be a list, any of pynn's; `loss` 'absolute_error', 'huber' or an object of
    pynn.losses; and the parameters from `output_activation` on.
    """

    _parameter_constraints = {
        **BaseMultilayer._parameter_constraints,
        "loss": [StrOptions(set(recipe.REGRESSION)), Loss],
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        output_activation=None,
        dropout=0.0,
        input_dropout=0.0,
        optimizer=None,
        schedule=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        monitor="score",
        callbacks=None,
        n_threads=None,
    ):
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
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if (self.loss == "poisson" or getattr(self.loss, "name", "") == "poisson") and y.min() < 0:
            raise ValueError(f"y: {y.min()} is negative; loss 'poisson' needs targets of at least 0")
        return X, y

    def _targets(self, y: Any) -> Array:
        y = np.asarray(y)
        return y.reshape(len(y), -1)

    def _output_name(self) -> str:
        given = self.output_activation
        if given is None:
            return "exp" if self.loss == "poisson" else "identity"
        if given == "exp":
            recipe.goal(self.loss, "exp")  # refuses what does not go together
            if self.loss != "poisson":
                raise ValueError(f"output_activation: 'exp' goes with loss='poisson' alone; loss is {self.loss!r}")
            return "exp"
        name = given.name if isinstance(given, Activation) else given
        return recipe.THEIR_NAMES.get(name, name)

    def _answers(self, outputs: Array) -> Array:
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _score_outputs(self, outputs: Array, y: Any, weight: Any) -> float:
        if not np.isfinite(outputs).all():
            return float(np.nan)
        return float(r2_score(y, self._answers(outputs), sample_weight=weight))
