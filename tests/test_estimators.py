"""MLPClassifier and MLPRegressor beside scikit-learn's: the same numbers, and scikit-learn's rules for estimators.

test_sklearn_suite.py runs scikit-learn's own tests; what goes beyond scikit-learn is in test_estimator_extras.py.
"""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")
pytest.importorskip("pynn.engine._native")

import joblib
from estimator_rows import FLOWERS, SEVERAL, SPECIES, WEIGHTS, WORDS
from scipy import sparse
from sklearn import config_context, neural_network
from sklearn.base import clone
from sklearn.inspection import permutation_importance
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from pynn.engine.data import Data
from pynn.estimators import MLPClassifier, MLPRegressor
from pynn.rows import sparse as sparse_rows

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:scipy.optimize.*iprint:DeprecationWarning"),  # of their lbfgs, before 1.8
]
PAIRS = [(neural_network.MLPClassifier, MLPClassifier), (neural_network.MLPRegressor, MLPRegressor)]
LATEST = hasattr(neural_network.MLPRegressor(), "loss") and "loss" in neural_network.MLPRegressor().get_params()
WEIGH = "sample_weight" in inspect.signature(neural_network.MLPClassifier.fit).parameters  # from 1.7 on
# Their sums and ours differ in their order alone; 50 steps of networks this small keep that far below this.
CLOSE = {"rtol": 0, "atol": 1e-9}

random = np.random.default_rng(6)
LABELS = (random.random((len(FLOWERS), 4)) < 0.4).astype(int)
TASKS = {
    "classes": (PAIRS[0], SPECIES),
    "two classes": (PAIRS[0], WORDS == "setosa"),
    "words": (PAIRS[0], WORDS),
    "labels": (PAIRS[0], LABELS),
    "number": (PAIRS[1], SEVERAL[:, 0]),
    "numbers": (PAIRS[1], SEVERAL),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "adam": {"solver": "adam"},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
    "plain": {"solver": "sgd", "momentum": 0.0},
    "alpha": {"solver": "sgd", "alpha": 0.7, "activation": "tanh"},
    "alpha, adam": {"solver": "adam", "alpha": 0.7, "activation": "logistic"},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "activation": "identity"},
    "deep": {"solver": "adam", "hidden_layer_sizes": (9, 5, 7)},
    "no hidden layer": {"solver": "adam", "hidden_layer_sizes": ()},
}


def both(pair: Any, **options: Any) -> list[Any]:
    return [kind(**{"random_state": 3, "hidden_layer_sizes": (17,), **options}) for kind in pair]


def fit(model: Any, y: Any, weighted: bool) -> None:
    if weighted and not WEIGH:
        pytest.skip("scikit-learn has sample_weight from 1.7 on")
    model.fit(FLOWERS, y, **({"sample_weight": WEIGHTS} if weighted else {}))


def assert_alike(theirs: Any, ours: Any) -> None:
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(theirs, name), getattr(ours, name), strict=True):
            np.testing.assert_allclose(b, a, **CLOSE)
            assert a.dtype == b.dtype
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_", "loss_", "t_", "n_iter_"):
        if hasattr(theirs, name) and getattr(theirs, name) is not None:
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), **CLOSE)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name)


# ---- the same numbers --------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize(("pair", "y"), TASKS.values(), ids=TASKS)
def test_fifty_steps_without_shuffling(pair: Any, y: Any, options: dict[str, Any], weighted: bool) -> None:
    """Batches of 40, the last one of 30: 13 epochs of 4 steps."""
    models = both(pair, shuffle=False, batch_size=40, max_iter=13, **options)
    for model in models:
        fit(model, y, weighted)
    assert len(models[1].loss_curve_) == 13
    assert_alike(*models)
    np.testing.assert_array_equal(models[0].predict(FLOWERS) if pair is PAIRS[0] else 0, _classes(models[1], pair))


def _classes(model: Any, pair: Any) -> Any:
    return model.predict(FLOWERS) if pair is PAIRS[0] else 0


@pytest.mark.parametrize(
    "options",
    [
        {"max_iter": 10, "batch_size": 40},
        {"max_iter": 60, "early_stopping": True, "n_iter_no_change": 4, "tol": 0.3},
        {"max_iter": 60, "solver": "sgd", "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 2},
    ],
    ids=["shuffled", "early stopping", "adaptive"],
)
@pytest.mark.parametrize("seed", [0, "RandomState", "global"])
@pytest.mark.parametrize(("pair", "y"), TASKS.values(), ids=TASKS)
def test_same_random_numbers(pair: Any, y: Any, options: dict[str, Any], seed: Any) -> None:
    """First weights, rows held out, order of rows: all from random_state; None is NumPy's global one."""
    if y is WORDS and "early_stopping" in options:
        pytest.importorskip("sklearn.callback", reason="before 1.9 early stopping fails there where classes are words")
    states = [np.random.RandomState(9) if seed == "RandomState" else seed for _ in range(2)]
    models = [
        kind(**options, random_state=None if seed == "global" else s) for kind, s in zip(pair, states, strict=True)
    ]
    for model in models:
        np.random.seed(4)  # noqa: NPY002
        fit(model, y, weighted=WEIGH)
    assert_alike(*models)


@pytest.mark.skipif(not LATEST, reason="scikit-learn has loss='poisson' from 1.7 on")
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("columns", [1, 3])
def test_poisson(solver: str, columns: int) -> None:
    y = np.floor(np.abs(SEVERAL[:, :columns] if columns > 1 else SEVERAL[:, 0]))
    y[:5] = 0
    batches = {} if solver == "lbfgs" else {"batch_size": 40, "shuffle": False}  # 15 epochs of 4 steps
    models = both(PAIRS[1], loss="poisson", solver=solver, max_iter=15, alpha=0.3, **batches)
    for model in models:
        model.fit(FLOWERS, y, sample_weight=WEIGHTS)
    assert_alike(*models)
    np.testing.assert_allclose(models[1].predict(FLOWERS), models[0].predict(FLOWERS), rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("task", ["classes", "two classes", "labels", "number"])
def test_lbfgs(task: str, weighted: bool) -> None:
    """Fifteen iterations: the line search feeds rounding back, so the weights agree less closely."""
    pair, y = TASKS[task]
    models = both(pair, solver="lbfgs", max_iter=15)
    for model in models:
        fit(model, y, weighted)
    assert_alike(*models)


def test_lbfgs_with_several_outputs_follows_its_gradient() -> None:
    """scikit-learn averages this loss over outputs and not its gradient; here both are sums, and the loss is lower."""
    models = both(PAIRS[1], solver="lbfgs", max_iter=400, activation="tanh", hidden_layer_sizes=(6,), tol=1e-6)
    theirs, ours = (model.fit(FLOWERS, SEVERAL) for model in models)
    assert ours.loss_ < 1.05 * theirs.loss_


@pytest.mark.parametrize("kind", ["classes", "labels", "numbers", "poisson"])
def test_gradient_of_lbfgs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against central differences: their error is h^2 / 6 times a third derivative, and rounding of 1e-16 / h."""
    from pynn.backend import load
    from pynn.engine.plan import OptimizerPlan
    from pynn.estimators import quasinewton, recipe

    pair, y = TASKS["numbers" if kind == "poisson" else kind]
    y = np.abs(y) if kind == "poisson" else y
    loss = {"loss": kind} if kind == "poisson" else {}
    model = pair[1](solver="lbfgs", activation="tanh", hidden_layer_sizes=(5,), max_iter=2, alpha=0.4, **loss)
    model.fit(FLOWERS, y)
    units = [5, model.n_outputs_]
    plan = recipe.make_plan(model, 4, units, "float64", OptimizerPlan())
    rows = Data(FLOWERS, model._targets(y), None, WEIGHTS)
    goal = recipe.goal(model)
    objective = quasinewton.Objective(load("native").Engine(plan), plan, goal, 0.4, rows)
    at = model._flat(plan)
    loss, slope = objective(at)
    monkeypatch.setattr(quasinewton, "BLOCK", 64)  # three blocks: the same sums in another order
    np.testing.assert_allclose(objective(at)[1], slope, rtol=0, atol=1e-12)
    assert objective(at)[0] == pytest.approx(loss, rel=1e-13)
    for i in range(len(at)):
        h = np.zeros(len(at))
        h[i] = 1e-5
        assert slope[i] == pytest.approx((objective(at + h)[0] - objective(at - h)[0]) / 2e-5, abs=1e-6)


def test_partial_fit_is_fit_without_shuffling() -> None:
    for pair, y in (TASKS["classes"], TASKS["numbers"]):
        options = {"shuffle": False, "max_iter": 7, "random_state": 1, "hidden_layer_sizes": (8,)}
        whole = pair[1](**options).fit(FLOWERS, y)
        bit, theirs = pair[1](**options), pair[0](**options)
        more = {"classes": np.unique(y)} if pair is PAIRS[0] else {}
        for model in (bit, theirs):
            for _ in range(7):
                model.partial_fit(FLOWERS, y, **more)
        assert all(np.array_equal(a, b) for a, b in zip(whole.coefs_, bit.coefs_, strict=True))
        assert_alike(theirs, bit)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_pickle_in_the_middle(solver: str) -> None:
    """A copy goes on where the original does: the optimizer's memory goes with it."""
    one = MLPRegressor(solver=solver, random_state=0, hidden_layer_sizes=(5,))
    for _ in range(3):
        one.partial_fit(FLOWERS, SEVERAL)
    other = pickle.loads(pickle.dumps(one))
    for model in (one, other):
        model.partial_fit(FLOWERS, SEVERAL)
    assert all(np.array_equal(a, b) for a, b in zip(one.coefs_, other.coefs_, strict=True))
    assert np.array_equal(one.predict(FLOWERS), other.predict(FLOWERS))


def test_warm_start_from_own_weights() -> None:
    models = both(PAIRS[0], warm_start=True, max_iter=3)
    for model in models:
        model.fit(FLOWERS, SPECIES)
        model.coefs_ = [np.round(coef, 2) for coef in model.coefs_]
        model.intercepts_[0][...] = 0.5
        model.fit(FLOWERS, SPECIES)
    assert_alike(*models)
    assert len(models[1].loss_curve_) == 6


def test_weights_in_place_are_seen() -> None:
    model = MLPRegressor(max_iter=2, random_state=0).fit(FLOWERS, SEVERAL[:, 0])
    before = model.predict(FLOWERS)
    model.intercepts_[-1][...] += 1
    np.testing.assert_allclose(model.predict(FLOWERS), before + 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_are_the_dense_ones(solver: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, and with few rows dense at a time."""
    monkeypatch.setattr(sparse_rows, "ROWS", 70)  # seventy rows: two batches, one prediction block of many
    x = np.where(FLOWERS > 3, FLOWERS, 0)
    made = [MLPClassifier(solver=solver, max_iter=5, batch_size=32, random_state=0) for _ in range(2)]
    dense, thin = made[0].fit(x, SPECIES), made[1].fit(kind(x), SPECIES)
    assert all(np.array_equal(a, b) for a, b in zip(dense.coefs_, thin.coefs_, strict=True))
    assert np.array_equal(dense.predict_proba(x), thin.predict_proba(kind(x)))
    if solver != "lbfgs":
        assert dense.loss_curve_ == thin.loss_curve_


def test_sparse_rows_have_the_masks_of_dense_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout: steps keep their numbers, wherever a block ends; rows held out and weights go with them."""
    monkeypatch.setattr(sparse_rows, "ROWS", 70)
    x = np.where(FLOWERS > 3, FLOWERS, 0)
    options = {"max_iter": 4, "batch_size": 32, "random_state": 0, "dropout": 0.3, "early_stopping": True}
    made = [MLPClassifier(**options) for _ in range(2)]
    dense, thin = made[0].fit(x, SPECIES, WEIGHTS), made[1].fit(sparse.csr_matrix(x), SPECIES, WEIGHTS)
    assert all(np.array_equal(a, b) for a, b in zip(dense.coefs_, thin.coefs_, strict=True))
    assert dense.validation_scores_ == thin.validation_scores_


def test_float32_stays() -> None:
    model = MLPRegressor(max_iter=3, random_state=0).fit(FLOWERS.astype(np.float32), SEVERAL)
    assert {part.dtype for part in (*model.coefs_, *model.intercepts_)} == {np.dtype(np.float32)}
    assert model.predict(FLOWERS.astype(np.float32)).dtype == np.float32


# ---- scikit-learn's rules ----------------------------------------------------------------------


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=["classifier", "regressor"])
def test_same_parameters_and_defaults(theirs: Any, ours: Any) -> None:
    given = inspect.signature(ours.__init__).parameters
    for place, (name, parameter) in enumerate(inspect.signature(theirs.__init__).parameters.items()):
        assert given[name].default == parameter.default, name
        assert given[name].kind == parameter.kind or not LATEST, name
        assert list(given)[place] == name or not LATEST, name
    extras = set(given) - set(inspect.signature(theirs.__init__).parameters)
    assert all(given[name].kind is inspect.Parameter.KEYWORD_ONLY for name in extras - {"loss"})


CHECKED = [
    MLPClassifier(max_iter=20),
    MLPRegressor(max_iter=20),
    MLPClassifier(solver="sgd", max_iter=50, learning_rate_init=0.1),
    MLPRegressor(solver="lbfgs", max_iter=20),
]
CHECKS = [pair for estimator in CHECKED for pair in estimator_checks_generator(estimator)]


def _name(check: Any) -> str:
    return str(getattr(check, "func", check).__name__) if callable(check) else repr(check)


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=_name)
@pytest.mark.filterwarnings("ignore")
def test_common_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_import_pynn_alone_leaves_sklearn_out() -> None:
    code = "import pynn, sys; assert not {'sklearn', 'scipy', 'pynn.estimators'} & set(sys.modules)"
    code += "; assert pynn.estimators.MLPClassifier; assert 'sklearn' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("without", ["None", "types.SimpleNamespace(__version__='1.5.2')"])
def test_missing_sklearn_is_named(without: str) -> None:
    code = f"import pynn, sys, types; sys.modules['sklearn'] = {without}; import pynn.estimators"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: pynn.estimators needs scikit-learn") and "pip install" in last


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing", "sequential"])
def test_joblib(backend: str) -> None:
    model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=40, random_state=0, learning_rate_init=0.01))
    alone = cross_val_predict(model, FLOWERS, WORDS, cv=3)
    with joblib.parallel_backend(backend, n_jobs=2):
        assert np.array_equal(cross_val_predict(model, FLOWERS, WORDS, cv=3), alone)


def test_search_importance_and_page() -> None:
    grid = {"alpha": [1e-4, 10.0], "hidden_layer_sizes": [(4,), (8,)]}
    models = both(PAIRS[0], max_iter=60, random_state=0, learning_rate_init=0.02)
    theirs, search = (GridSearchCV(model, grid, n_jobs=2, cv=3).fit(FLOWERS, WORDS) for model in models)
    assert list(search.cv_results_["mean_test_score"]) == list(theirs.cv_results_["mean_test_score"])
    found = permutation_importance(search.best_estimator_, FLOWERS, WORDS, n_repeats=3, random_state=0)
    assert found.importances_mean.argmax() in (2, 3)  # petals
    assert "MLPClassifier" in search.best_estimator_._repr_html_()
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


def test_transform_is_the_last_hidden_layer() -> None:
    frames = pytest.importorskip("pandas")
    table = frames.DataFrame(FLOWERS, columns=["a", "b", "c", "d"])
    model = MLPClassifier((7, 3), "tanh", max_iter=5, random_state=0).fit(table, WORDS)
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"]
    h = np.tanh(np.tanh(FLOWERS @ model.coefs_[0] + model.intercepts_[0]) @ model.coefs_[1] + model.intercepts_[1])
    np.testing.assert_allclose(model.transform(table), h, rtol=0, atol=1e-12)
    named = model.set_output(transform="pandas").transform(table)
    assert list(named.columns) == ["mlpclassifier0", "mlpclassifier1", "mlpclassifier2"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table.rename(columns={"a": "z"}))


def test_metadata_routing() -> None:
    with config_context(enable_metadata_routing=True):
        model = MLPClassifier(max_iter=5, random_state=0).set_fit_request(sample_weight=True, X_val=True, y_val=True)
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        scaled = StandardScaler().fit(FLOWERS).transform(FLOWERS)
        pipe.fit(FLOWERS, WORDS, sample_weight=WEIGHTS, X_val=scaled, y_val=WORDS)
    assert len(pipe[-1].validation_loss_curve_) == 5
    alone = MLPClassifier(max_iter=5, random_state=0).fit(scaled, WORDS, sample_weight=WEIGHTS)
    assert np.array_equal(alone.coefs_[0], pipe[-1].coefs_[0])


def test_routing_through_a_search() -> None:
    """Weights, and rows held out that the pipeline scales like the others, arrive where they were asked for."""
    with config_context(enable_metadata_routing=True):
        model = MLPClassifier((4,), max_iter=3, random_state=0)
        model.set_fit_request(sample_weight=True, X_val=True, y_val=True)
        scoring = get_scorer("accuracy").set_score_request(sample_weight=True)
        scale = StandardScaler().set_fit_request(sample_weight=False)
        pipe = Pipeline([("scale", scale), ("mlp", model)], transform_input=["X_val"])
        search = GridSearchCV(pipe, {"mlp__alpha": [0.1]}, cv=3, scoring=scoring)
        search.fit(FLOWERS, WORDS, sample_weight=WEIGHTS, X_val=FLOWERS[::3], y_val=WORDS[::3])
    best = search.best_estimator_["mlp"]
    scaled = scale.fit(FLOWERS).transform(FLOWERS)
    alone = clone(model).set_params(alpha=0.1)
    alone.fit(scaled, WORDS, WEIGHTS, X_val=scaled[::3], y_val=WORDS[::3])
    assert np.array_equal(best.coefs_[0], alone.coefs_[0])
    assert best.validation_loss_curve_ == alone.validation_loss_curve_


def test_sklearn_callbacks() -> None:
    callback = pytest.importorskip("sklearn.callback")

    class Third:
        """Stops after the third epoch and remembers how good each was."""

        def __init__(self) -> None:
            self.scores: list[float] = []

        def setup(self, estimator: Any, context: Any) -> None:
            self.scores.clear()

        def teardown(self, estimator: Any, context: Any) -> None: ...
        def on_fit_task_begin(self, estimator: Any, context: Any) -> None: ...

        def on_fit_task_end(
            self, estimator: Any, context: Any, *, X: Any = None, y: Any = None, fitted_estimator: Any = None
        ) -> bool:
            if context.task_name != "fit":
                self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) == 3

    for solver in ("adam", "lbfgs"):
        third = Third()
        model = MLPClassifier(solver=solver, max_iter=9, random_state=0).set_callbacks(third).fit(FLOWERS, WORDS)
        assert model.n_iter_ == 3
        assert third.scores[2] == model.score(FLOWERS, WORDS)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    MLPClassifier(max_iter=4, random_state=0).set_callbacks(monitor).fit(FLOWERS, WORDS)
