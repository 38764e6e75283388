"""MLPClassifier: classes of any kind, several labels at once. What it shares with the regressor is in multilayer.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d, validate_data

from ..activations import Activation
from ..backend import Array
from ..losses import Loss
from ..optimizers import Optimizer
from ..schedules import Schedule
from . import recipe
from .multilayer import BaseMultilayer, stochastic_only

PROBABILITIES = ("logistic", "softmax", "hard_sigmoid")


class MLPClassifier(ClassifierMixin, BaseMultilayer):
    """scikit-learn's MLPClassifier on pynn's engine. docs/estimators.md has all parameters.

    Beyond scikit-learn: `activation` may be a list, any of pynn's; and the parameters from `loss` on.
    """

    _parameter_constraints = {
        **BaseMultilayer._parameter_constraints,
        "loss": [StrOptions({"log_loss", *(set(recipe.REGRESSION) - recipe.NUMBERS_ONLY)}), Loss],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    def __init__(
        self,
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
        loss: str | Loss = "log_loss",
        class_weight: Any = None,
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """One more epoch on these rows; the optimizer remembers what it knows. The first call needs all classes."""
        if self.class_weight == "balanced":
            raise ValueError("class_weight: 'balanced' needs all rows at once; give partial_fit a dict")
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32), reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y))
        return X, y

    def _check_classes(self, found: Array) -> None:
        """A warm start needs the same classes, a partial_fit none that is new."""
        if self.warm_start:
            if set(found) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {found}"
                )
        elif len(np.setdiff1d(found, self.classes_, assume_unique=True)):
            raise ValueError(f"y: classes {found}, of which some are not in classes_, {self.classes_}")

    def _targets(self, y: Any) -> Array:
        """One column for two classes, one for each of several; the binarizer's answer, sooner where y is plain."""
        kind, classes = self._label_binarizer.y_type_, self.classes_
        if kind not in ("binary", "multiclass") or np.ndim(y) != 1:
            targets = np.asarray(self._label_binarizer.transform(y)).astype(bool)
            return targets.reshape(len(targets), -1)
        place = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
        columns = np.arange(1, 2) if kind == "binary" else np.arange(len(classes))
        targets = np.asarray(place)[:, None] == columns
        if not (known := classes[place] == y).all():
            targets[~known] = False
        return np.asarray(targets)

    def _class_weighted(self, y: Any, weight: Any) -> Any:
        if self.class_weight is None:
            return weight
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if weight is None else weight * by_class

    def _output_name(self) -> str:
        given = self.output_activation
        usual = "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"
        if given is None:
            return usual
        name = given.name if isinstance(given, Activation) else given
        name = str(recipe.THEIR_NAMES.get(name, name))
        if name not in PROBABILITIES or (name == "softmax" != usual):
            known = PROBABILITIES if usual == "softmax" else PROBABILITIES[::2]
            raise ValueError(f"output_activation: {name!r} gives no probabilities here; known are {', '.join(known)}")
        return name

    def _answers(self, outputs: Array) -> Any:
        return self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs)

    def _score_outputs(self, outputs: Array, y: Any, weight: Any) -> float:
        if not np.isfinite(outputs).all():
            return float(np.nan)
        return float(accuracy_score(y, self._answers(outputs), sample_weight=weight))

    def predict_proba(self, X: Any) -> Array:
        """(rows, classes): probabilities; with several labels at once, of each label by itself."""
        outputs = self._outputs(X)
        if self.n_outputs_ == 1:
            return np.hstack([1 - outputs, outputs])
        if self._label_binarizer.y_type_ == "multiclass" and self.out_activation_ != "softmax":
            total = outputs.sum(axis=1, keepdims=True)
            return np.where(total > 0, outputs / np.where(total > 0, total, 1), 1 / outputs.shape[1])
        return outputs

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithm of predict_proba."""
        proba = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(proba, out=proba)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
