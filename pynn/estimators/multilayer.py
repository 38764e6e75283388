"""What MLPClassifier and MLPRegressor have in common: parameters, fit, partial_fit, answers.

An estimator holds plain arrays; an engine is made for each call and gets what coefs_ and intercepts_ hold at that
moment, so they may be assigned to. The loop over epochs is in epochs.py, lbfgs in quasinewton.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .. import backend
from ..activations import Activation
from ..backend import Array
from ..engine.data import Data
from ..engine.plan import Plan
from ..network import Network
from ..optimizers import Optimizer
from ..rows import sparse
from ..schedules import Schedule
from . import recipe, to_network
from .callback_bridge import CallbackSupport, Listeners
from .epochs import NOT_FINITE, Epochs, Held
from .pace import OptimizerMemory

SHARE = Interval(Real, 0, 1, closed="both")
POSITIVE = Interval(Real, 0, None, closed="neither")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
COUNT = Interval(Integral, 1, None, closed="left")
SMALL = 2e7  # FLOP of a gradient: about a millisecond of one thread, which is then the quickest between SciPy's steps
SOME_CLIP = [POSITIVE, None]


class BaseMultilayer(CallbackSupport, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """Not for use itself: MLPClassifier and MLPRegressor derive from it."""

    _parameter_constraints: dict[str, Any] = {
        "hidden_layer_sizes": ["array-like", COUNT],
        "activation": [StrOptions(recipe.ACTIVATION_NAMES), Activation, list, tuple],
        "solver": [StrOptions({"lbfgs", *recipe.STOCHASTIC})],
        "alpha": [NOT_NEGATIVE],
        "batch_size": [StrOptions({"auto"}), COUNT],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [POSITIVE],
        "power_t": [NOT_NEGATIVE],
        "max_iter": [COUNT],
        "shuffle": ["boolean"],
        "random_state": ["random_state", np.random.Generator],
        "tol": [NOT_NEGATIVE],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [SHARE],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [POSITIVE],
        "n_iter_no_change": [COUNT, Options(Real, {np.inf})],
        "max_fun": [COUNT],
        "output_activation": [StrOptions(recipe.ACTIVATION_NAMES), Activation, None],
        "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
        "input_dropout": [Interval(Real, 0, 1, closed="left")],
        "optimizer": [StrOptions(set(recipe.UPDATE_RULES)), Optimizer, None],
        "schedule": [Schedule, None],
        "clipnorm": SOME_CLIP,
        "clipvalue": SOME_CLIP,
        "global_clipnorm": SOME_CLIP,
        "monitor": [StrOptions({"score", "loss"})],
        "callbacks": "no_validation",  # training/callbacks.py looks at them
        "n_threads": [COUNT, None],
    }

    def _take(self, given: dict[str, Any]) -> None:
        """All parameters of an __init__ as they are."""
        for name, value in given.items():
            if name != "self":
                setattr(self, name, value)

    coefs_: list[Array]
    intercepts_: list[Array]
    _optimizer: OptimizerMemory
    _best: Array | None

    # ---- what the two differ in ----

    @abstractmethod
    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        """X and y as scikit-learn's own checks leave them; what a classifier knows of classes is brought up to date."""

    @abstractmethod
    def _targets(self, y: Any) -> Array:
        """(rows, outputs) for the engine."""

    @abstractmethod
    def _output_name(self) -> str:
        """out_activation_."""

    @abstractmethod
    def _answers(self, outputs: Array) -> Any:
        """What predict returns."""

    @abstractmethod
    def _score_outputs(self, outputs: Array, y: Any, weight: Any) -> float: ...

    def _class_weighted(self, y: Any, weight: Any) -> Any:
        return weight

    # ---- training ----

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        coefs_init: Any = None,
        intercepts_init: Any = None,
    ) -> Any:
        """Train on rows X (dense or sparse) and targets y.

        sample_weight      one number for each row
        X_val, y_val       rows held out by you: validation_loss_curve_ is kept, and early stopping looks at them
        sample_weight_val  their weights
        coefs_init, intercepts_init  the first weights, shaped like coefs_ and intercepts_; drawn where left out
        """
        held = (X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, held=held, start=(coefs_init, intercepts_init))

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, held: Any = (None, None, None), start: Any = (None, None),
        incremental: bool = False,
    ) -> Any:  # fmt: skip
        sizes = self._hidden_sizes()
        fresh = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y = self._validate_input(X, y, incremental, reset=fresh)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        weight = self._class_weighted(y, weight)
        targets, weight = self._targets(y), None if weight is None else np.ascontiguousarray(weight, np.float64)
        rows = Data(sparse.folded(X), targets, None, weight)
        self.n_outputs_ = targets.shape[1]
        units = [*sizes, self.n_outputs_]
        rule = recipe.update_rule(self)
        self._random_state = _random(self.random_state)
        if fresh:
            self._initialize([X.shape[1], *units], X.dtype)
        self._start_from(*start)
        listen = Listeners(self, X, y, sample_weight)
        listen.whole_fit(self)
        if self.solver == "lbfgs":
            self._fit_lbfgs(rows, units, held, listen)
        else:
            self._fit_stochastic(rows, y, units, rule, held, listen, fresh, incremental)
        listen.fit_is_over()
        return self

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _initialize(self, widths: list[int], dtype: Any) -> None:
        """First weights, W and b of each layer in turn: uniform, by the widths on both sides, as in scikit-learn."""
        self.n_iter_, self.t_ = 0, 0
        self.n_layers_ = len(widths)
        self.out_activation_ = self._output_name()
        hidden = recipe.hidden_activations(self.activation, len(widths) - 2)
        names = [act.name for act in hidden] or [recipe.activation("activation", self.activation).name]
        self.coefs_, self.intercepts_ = [], []
        for (inputs, outputs), name in zip(pairwise(widths), [*names, names[-1]], strict=False):
            bound = np.sqrt((2.0 if name == "sigmoid" else 6.0) / (inputs + outputs))
            for made, shape in ((self.coefs_, (inputs, outputs)), (self.intercepts_, (outputs,))):
                made.append(self._random_state.uniform(-bound, bound, shape).astype(dtype, copy=False))

    def _start_from(self, coefs: Any, intercepts: Any) -> None:
        for name, given, own in (("coefs", coefs, self.coefs_), ("intercepts", intercepts, self.intercepts_)):
            if given is None:
                continue
            arrays = [np.array(one, dtype=old.dtype) for one, old in zip(given, own, strict=False)]
            shapes, expected = [np.shape(one) for one in given], [old.shape for old in own]
            if shapes != expected:
                raise ValueError(f"{name}_init: shapes {shapes}; expected {expected}")
            setattr(self, f"{name}_", arrays)

    def _open_books(self, fresh: bool, validates: bool) -> None:
        """Attributes that epochs add to; a warm start goes on with those that are there."""
        early = self.early_stopping
        begin: dict[str, Any] = {
            "loss_curve_": [],
            "_no_improvement_count": 0,
            "best_loss_": None if early else np.inf,
            "validation_scores_": [] if early else None,
            "best_validation_score_": -np.inf if early else None,
            "validation_loss_curve_": [] if validates else None,
            "best_validation_loss_": np.inf if early else None,
            "_best": None,
        }
        for name, value in begin.items():
            if fresh or getattr(self, name, None) is None:
                setattr(self, name, value)
        if not early:
            self._best = None

    def _fit_stochastic(
        self,
        rows: Data,
        y: Any,
        units: list[int],
        rule: Any,
        held: Any,
        listen: Listeners,
        fresh: bool,
        incremental: bool,
    ) -> None:
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        plan = recipe.make_plan(self, rows.x.shape[1], units, self._dtype(), rule, self._mask_seed())
        engine = _engine(plan, self.n_threads)
        engine.set_params(self._flat(plan))
        if not incremental or getattr(self, "_optimizer", None) is None or self._optimizer.rule != rule:
            self._optimizer = OptimizerMemory(rule, float(self.learning_rate_init))
        if self._optimizer.state is not None:
            self._optimizer.state.restore(engine)
        kept = self._held_by_user(*held)
        if kept is None and self.early_stopping:
            rows, kept = self._split(rows, y)
        self._open_books(fresh, kept is not None)
        if self.early_stopping and self._best is None:
            self._best = engine.get_params()
        Epochs(self, engine, rows, kept, self._random_state, listen).train(incremental)
        if not all(np.isfinite(part).all() for part in (*self.coefs_, *self.intercepts_)):
            raise ValueError(NOT_FINITE)

    def _fit_lbfgs(self, rows: Data, units: list[int], held: Any, listen: Listeners) -> None:
        from .quasinewton import Objective, solve

        if any(one is not None for one in held):
            raise ValueError("X_val, y_val: go with stochastic solvers only, 'sgd' or 'adam'; solver is 'lbfgs'")
        plan = recipe.make_plan(self, rows.x.shape[1], units, "float64", recipe.update_rule(self))
        small = 6.0 * plan.n_params * rows.rows < SMALL
        engine = _engine(plan, self.n_threads or (1 if small else None))
        objective = Objective(engine, plan, recipe.goal(self), float(self.alpha), rows)
        self.n_iter_, self.loss_ = solve(self, objective, self._flat(plan), listen)
        self._keep(engine.get_params().astype(self._dtype()), plan)

    def _mask_seed(self) -> int:
        """Drawn only where there is dropout, so that everything else stays as it is in scikit-learn."""
        drops = self.input_dropout or np.any(self.dropout)
        return int(self._random_state.randint(2**31 - 1)) if drops else 0

    def _split(self, rows: Data, y: Any) -> tuple[Data, Held]:
        """A share of the rows held out: the same rows as scikit-learn's."""
        stratify = rows.y if is_classifier(self) and self.n_outputs_ == 1 else None
        train, held = train_test_split(
            np.arange(rows.rows), random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify
        )
        if len(held) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return sparse.part(rows, train), Held(sparse.part(rows, held), y[held])

    def _held_by_user(self, X: Any, y: Any, weight: Any) -> Held | None:
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val, y_val: give both")
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False)
        y = np.asarray(y)
        targets = self._targets(y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y)
        if len(targets) != X.shape[0] or targets.shape[1] != self.n_outputs_:
            raise ValueError(f"y_val: shape {y.shape}; X_val has {X.shape[0]} rows, y {self.n_outputs_} outputs")
        weight = None if weight is None else np.asarray(_check_sample_weight(weight, X), np.float64)
        return Held(Data(sparse.folded(X), targets, None, weight), y)

    def _check_solver(self) -> bool:
        if self.solver not in recipe.STOCHASTIC:
            raise AttributeError(f"partial_fit: solver {self.solver!r} looks at all rows at once; take 'sgd' or 'adam'")
        return True

    # ---- weights: lists of arrays here, one flat array there ----

    def _dtype(self) -> str:
        single = all(np.asarray(part).dtype == np.float32 for part in (*self.coefs_, *self.intercepts_))
        return "float32" if single else "float64"

    def _flat(self, plan: Plan) -> Array:
        parts = [np.asarray(one) for pair in zip(self.coefs_, self.intercepts_, strict=True) for one in pair]
        flat = np.concatenate([part.reshape(-1) for part in parts]).astype(plan.dtype, copy=False)
        shapes = [shape for p in plan.layers for shape in ((p.inputs, p.outputs), (p.outputs,))]
        if (found := [part.shape for part in parts])[: len(shapes)] != shapes:
            raise ValueError(
                f"coefs_, intercepts_: shapes {found}; expected {shapes}: do data and parameters fit them?"
            )
        return flat[: plan.n_params]

    def _keep(self, flat: Array, plan: Plan) -> None:
        parts = backend.pieces(plan, flat)
        self.coefs_, self.intercepts_ = parts[::2], parts[1::2]

    # ---- answers ----

    def _outputs(self, X: Any, layers: int | None = None) -> Array:
        """(rows, units of the last of these layers)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        units = [np.shape(coef)[1] for coef in self.coefs_]
        layers = layers or len(units)
        plan = recipe.answering_plan(self, np.shape(self.coefs_[0])[0], units, self._dtype(), layers)
        engine = _engine(plan, self.n_threads)
        engine.set_params(self._flat(plan))
        return sparse.predict(engine, sparse.folded(_readable(X)))

    def predict(self, X: Any) -> Any:
        """Classes, or numbers, for rows X."""
        return self._answers(self._outputs(X))

    def transform(self, X: Any) -> Array:
        """What the last hidden layer says about rows X: (rows, its units)."""
        check_is_fitted(self)
        return self._outputs(X, len(self.coefs_) - 1)

    @property
    def _n_features_out(self) -> int:
        return int(np.shape(self.coefs_[-1])[0])

    def to_network(self) -> Network:
        """A pynn Network with these weights: to save, trace, check, draw."""
        check_is_fitted(self)
        return to_network.network(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _has_hidden_layer(estimator: BaseMultilayer) -> bool:
    if not np.size(estimator.hidden_layer_sizes):
        raise AttributeError("transform: hidden_layer_sizes=() has no hidden layer, whose outputs it would give")
    return True


# Not as a decorator: TransformerMixin wraps what a class body has, and would hide that there is nothing.
BaseMultilayer.transform = available_if(_has_hidden_layer)(BaseMultilayer.transform)  # type: ignore[method-assign]
stochastic_only = available_if(lambda estimator: estimator._check_solver())


def _engine(plan: Plan, threads: int | None) -> backend.EngineLike:
    name = "native" if backend.available("native") else "reference"
    return backend.load(name).Engine(plan, threads=threads)


def _random(given: Any) -> np.random.RandomState:
    """scikit-learn's kinds, and a Generator, which is asked for a seed."""
    if isinstance(given, np.random.Generator):
        given = np.random.RandomState(np.random.MT19937(given.integers(0, 2**32, size=8, dtype=np.uint32)))
    return cast(np.random.RandomState, check_random_state(given))


def _readable(X: Array) -> Array:
    """Engines read no long doubles."""
    return X.astype(np.float64) if X.dtype.kind == "f" and X.dtype.itemsize > 8 else X
