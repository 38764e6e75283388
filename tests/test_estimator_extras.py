"""What MLPClassifier and MLPRegressor have beyond scikit-learn's, each compared with something that is known.

test_estimators.py compares what both libraries have; losses are test_estimator_losses.py's.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")
pytest.importorskip("pynn.engine._native")

from estimator_rows import FLOWERS, NUMBERS, SEVERAL, SPECIES, WEIGHTS, WORDS, same
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score

from pynn import SGD, Adagrad, Adam, Adamax, Callback, Lion, Nadam, RMSprop, schedules
from pynn.activations import leaky_relu
from pynn.estimators import MLPClassifier, MLPRegressor
from pynn.rows import sparse as rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---- what the network is -----------------------------------------------------------------------


def test_an_activation_for_each_layer() -> None:
    model = MLPRegressor(**NUMBERS, activation=["tanh", leaky_relu(0.1)], output_activation="softplus")
    model.fit(FLOWERS, SEVERAL)
    h = np.tanh(FLOWERS @ model.coefs_[0] + model.intercepts_[0])
    z = h @ model.coefs_[1] + model.intercepts_[1]
    z = np.where(z > 0, z, 0.1 * z) @ model.coefs_[2] + model.intercepts_[2]
    np.testing.assert_allclose(model.predict(FLOWERS), np.log1p(np.exp(z)), rtol=1e-12)
    assert model.out_activation_ == "softplus"
    named = MLPRegressor(**NUMBERS, activation=["relu", "relu"]).fit(FLOWERS, SEVERAL)
    assert same(named, MLPRegressor(**NUMBERS).fit(FLOWERS, SEVERAL))


def test_classes_of_independent_outputs() -> None:
    """A logistic output for each class, one against the rest: probabilities are made to add up."""
    model = MLPClassifier(**{**NUMBERS, "max_iter": 300, "learning_rate_init": 0.01}, output_activation="logistic")
    proba = model.fit(FLOWERS, WORDS).predict_proba(FLOWERS)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    assert np.array_equal(model.classes_[proba.argmax(axis=1)], model.predict(FLOWERS))
    assert model.score(FLOWERS, WORDS) > 0.9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_to_network(dtype: Any) -> None:
    model = MLPClassifier(**NUMBERS, activation=["gelu", "selu"]).fit(FLOWERS.astype(dtype), WORDS)
    net = model.to_network()
    assert np.array_equal(net.predict(FLOWERS), model.predict_proba(FLOWERS.astype(dtype)))
    assert net.dtype == np.dtype(dtype).name and net.check_gradients(FLOWERS[:8], SPECIES[:8]).ok


def test_first_weights() -> None:
    start = MLPRegressor(**NUMBERS).fit(FLOWERS, SEVERAL)
    model = MLPRegressor(**{**NUMBERS, "max_iter": 1, "solver": "sgd", "learning_rate_init": 1e-300})
    model.fit(FLOWERS, SEVERAL, coefs_init=start.coefs_, intercepts_init=start.intercepts_)
    assert same(model, start)
    with pytest.raises(ValueError, match=r"coefs_init: shapes \[\(4, 6\)\]; expected \[\(4, 6\), \(6, 5\), \(5, 3\)\]"):
        model.fit(FLOWERS, SEVERAL, coefs_init=start.coefs_[:1])


# ---- how it learns -----------------------------------------------------------------------------


def test_class_weight_is_sample_weight() -> None:
    rows = np.r_[0:50, 50:70, 100:110]
    x, y = FLOWERS[rows], WORDS[rows]
    share = {word: len(y) / (3 * np.sum(y == word)) for word in set(y)}
    for given in ("balanced", share):
        weighted = MLPClassifier(**NUMBERS, class_weight=given).fit(x, y, sample_weight=WEIGHTS[rows])
        by_hand = MLPClassifier(**NUMBERS).fit(x, y, sample_weight=WEIGHTS[rows] * [share[word] for word in y])
        assert same(weighted, by_hand)
    with pytest.raises(ValueError, match="class_weight: 'balanced' needs all rows"):
        MLPClassifier(class_weight="balanced").partial_fit(x, y, classes=sorted(set(y)))


def test_dropout() -> None:
    """A function of random_state; off in predictions; a list says how much for each layer."""
    one, other = (MLPClassifier(**NUMBERS, dropout=0.4, input_dropout=0.1).fit(FLOWERS, WORDS) for _ in range(2))
    assert same(one, other)
    assert np.array_equal(one.predict_proba(FLOWERS), one.predict_proba(FLOWERS))
    assert not same(one, MLPClassifier(**NUMBERS).fit(FLOWERS, WORDS))
    assert same(
        MLPClassifier(**NUMBERS, dropout=[0.3, 0.3]).fit(FLOWERS, WORDS),
        MLPClassifier(**NUMBERS, dropout=0.3).fit(FLOWERS, WORDS),
    )
    with pytest.raises(ValueError, match="dropout: 3 rates for 2 hidden layers"):
        MLPClassifier(**NUMBERS, dropout=[0.1] * 3).fit(FLOWERS, WORDS)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_masks_are_new_in_each_epoch_and_piece(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that do not move and rows that are all the same: only masks can make a difference."""
    from scipy import sparse

    class Heard:
        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            self.losses.append(logs["loss"])

    monkeypatch.setattr(rows, "ROWS", 25)  # two pieces of one batch
    heard, x = Heard(), np.ones((50, 4))
    model = MLPRegressor(loss, (40,), solver="sgd", learning_rate_init=1e-300, dropout=0.5, random_state=0)
    model.set_params(batch_size=25, max_iter=3, callbacks=heard).fit(sparse.csr_matrix(x), np.ones(50))
    assert len(set(heard.losses)) == 6
    model.set_params(callbacks=None).fit(x, np.ones(50))
    assert len(set(model.loss_curve_)) == 3


def test_optimizers_by_name_and_as_objects() -> None:
    def fit(**options: Any) -> MLPClassifier:
        return MLPClassifier(**NUMBERS, **options).fit(FLOWERS, WORDS)

    adam = fit()
    assert same(fit(optimizer="adam", solver="sgd"), adam)
    assert same(fit(optimizer=Adam(0.001, epsilon=1e-8)), adam)
    sgd = fit(solver="sgd", learning_rate_init=0.02)
    assert same(fit(optimizer=SGD(0.02, momentum=0.9, nesterov=True)), sgd)
    assert same(fit(solver="sgd", schedule=schedules.Constant(0.02)), sgd)
    assert same(fit(optimizer="rmsprop"), fit(optimizer=RMSprop(0.001, epsilon=1e-8)))
    assert same(fit(optimizer="nadam"), fit(optimizer=Nadam(0.001, epsilon=1e-8)))
    assert same(fit(optimizer="adagrad"), fit(optimizer=Adagrad(0.001, epsilon=1e-8)))
    assert same(fit(optimizer="adamax"), fit(optimizer=Adamax(0.001, epsilon=1e-8)))
    assert same(fit(optimizer="lion"), fit(optimizer=Lion(0.001, beta_2=0.999)))
    assert not same(fit(optimizer="adamw"), adam)
    assert same(fit(clipnorm=1e9), adam) and not same(fit(solver="sgd", clipnorm=1e-3), fit(solver="sgd"))


def test_schedule_counts_steps_over_partial_fits() -> None:
    """partial_fit goes on in the schedule: a rate of 0 from step 3 on leaves the weights as they are."""
    model = MLPRegressor(solver="sgd", schedule=schedules.Step(0.1, every=3, drop=0.0), random_state=0)
    for _ in range(3):
        model.partial_fit(FLOWERS, SEVERAL[:, 0])
    model.set_params(momentum=0.9)
    before = [coef.copy() for coef in model.coefs_]
    velocity = model._optimizer.state.slots["v"]
    model.partial_fit(FLOWERS, SEVERAL[:, 0])
    # A rate of 0 leaves what momentum carries: nesterov's m (m v).
    step = (model.coefs_[0] - before[0]).ravel()
    np.testing.assert_allclose(step, 0.81 * velocity[: step.size], rtol=1e-9, atol=1e-12)


def test_validation_rows_of_ones_own() -> None:
    model = MLPClassifier(**{**NUMBERS, "max_iter": 6})
    model.fit(FLOWERS[::2], WORDS[::2], X_val=FLOWERS[1::2], y_val=WORDS[1::2])
    assert same(model, MLPClassifier(**{**NUMBERS, "max_iter": 6}).fit(FLOWERS[::2], WORDS[::2]))
    proba = model.predict_proba(FLOWERS[1::2])
    expected = -np.log(proba[np.arange(75), SPECIES[1::2]]).mean()
    assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)
    assert len(model.validation_loss_curve_) == 6 and model.validation_scores_ is None
    weighted = clone(model).fit(
        FLOWERS[::2], WORDS[::2], X_val=FLOWERS[1::2], y_val=WORDS[1::2], sample_weight_val=WEIGHTS[1::2]
    )
    each = -np.log(proba[np.arange(75), SPECIES[1::2]])
    assert weighted.validation_loss_curve_[-1] == pytest.approx(np.average(each, weights=WEIGHTS[1::2]), rel=1e-12)


@pytest.mark.parametrize("monitor", ["score", "loss"])
def test_early_stopping_on_them(monitor: str) -> None:
    """The weights that are kept are the best epoch's, by what is watched."""
    model = MLPClassifier(
        (30,), learning_rate_init=0.03, early_stopping=True, monitor=monitor, random_state=1, n_iter_no_change=5, tol=0
    )
    model.fit(FLOWERS[::2], WORDS[::2], X_val=FLOWERS[1::2], y_val=WORDS[1::2])
    assert model.n_iter_ < 200
    proba = model.predict_proba(FLOWERS[1::2])
    loss = -np.log(proba[np.arange(75), SPECIES[1::2]]).mean()
    if monitor == "loss":
        assert loss == pytest.approx(min(model.validation_loss_curve_), rel=1e-12)
        assert model.best_validation_loss_ == min(model.validation_loss_curve_)
    else:
        assert accuracy_score(WORDS[1::2], model.predict(FLOWERS[1::2])) == max(model.validation_scores_)
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == model.n_iter_


# ---- who listens -------------------------------------------------------------------------------


class Notes(Callback):
    def __init__(self, stop_at: int = 99) -> None:
        self.stop_at, self.logs, self.rates = stop_at, [], []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.logs.append({"epoch": epoch, **logs})
        self.rates.append(self.net.optimizer.learning_rate)
        self.net.optimizer.learning_rate = self.rates[-1] / 2
        self.net.stop_training = epoch == self.stop_at


def test_callbacks() -> None:
    notes = Notes(stop_at=3)
    model = MLPClassifier(**{**NUMBERS, "max_iter": 20}, solver="sgd", callbacks=[notes])
    model.fit(FLOWERS, WORDS, X_val=FLOWERS, y_val=WORDS)
    assert model.n_iter_ == 4 and [one["epoch"] for one in notes.logs] == [0, 1, 2, 3]
    assert [one["loss"] for one in notes.logs] == model.loss_curve_
    assert [one["val_loss"] for one in notes.logs] == model.validation_loss_curve_
    assert notes.rates == [0.001 / 2**i for i in range(4)]
    halved = MLPClassifier(**{**NUMBERS, "max_iter": 4}, solver="sgd", schedule=schedules.Step(0.001, every=1))
    assert same(halved.fit(FLOWERS, WORDS), model)
    steps: list[int] = []
    each = type("Each", (), {"on_batch_end": lambda self, batch, logs: steps.append(batch)})()
    told = MLPClassifier(**NUMBERS, batch_size=60, callbacks=[each]).fit(FLOWERS, WORDS)
    assert steps == [0, 1, 2] * 5
    assert same(told, MLPClassifier(**NUMBERS, batch_size=60).fit(FLOWERS, WORDS))


def test_ctrl_c_keeps_the_model() -> None:
    class Impatient(Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            if epoch == 2:
                raise KeyboardInterrupt

    model = MLPClassifier(**{**NUMBERS, "max_iter": 50}, callbacks=Impatient())
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(FLOWERS, WORDS)
    assert same(model, MLPClassifier(**{**NUMBERS, "max_iter": 3}).fit(FLOWERS, WORDS))


def test_divergence() -> None:
    """With held-out rows the best weights are kept, and it is said; without, there is nothing to keep."""
    wild = MLPRegressor(solver="sgd", learning_rate_init=1.0, activation="identity", random_state=0)
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        wild.fit(FLOWERS, SEVERAL)
    with pytest.warns(ConvergenceWarning, match="diverged in epoch"):
        wild.set_params(early_stopping=True).fit(FLOWERS, SEVERAL)
    assert np.isnan(wild.validation_scores_[-1]) and np.isfinite(wild.predict(FLOWERS)).all()


def test_words_while_training(capsys: pytest.CaptureFixture[str]) -> None:
    MLPClassifier(**NUMBERS, early_stopping=True).fit(FLOWERS, WORDS)
    assert capsys.readouterr().out == ""
    MLPClassifier(**NUMBERS, early_stopping=True, verbose=True).fit(FLOWERS, WORDS)
    lines = capsys.readouterr().out.splitlines()
    assert (
        len(lines) == 10 and lines[0].startswith("Iteration 1, loss = ") and lines[1].startswith("Validation score: ")
    )
    MLPClassifier(**NUMBERS, solver="lbfgs", verbose=True).fit(FLOWERS, WORDS)
    assert capsys.readouterr().out.splitlines()[4].startswith("Iteration 5, loss = ")


# ---- the rest ----------------------------------------------------------------------------------


def test_threads_change_nothing() -> None:
    x, y = np.random.default_rng(0).normal(size=(600, 40)), np.arange(600) % 3
    models = [MLPClassifier((90, 80), max_iter=2, random_state=0, n_threads=n).fit(x, y) for n in (1, 2, 3)]
    assert same(models[0], models[1]) and same(models[0], models[2])


def test_a_generator_is_a_random_state() -> None:
    one, other = (
        MLPClassifier(**{**NUMBERS, "random_state": np.random.default_rng(4)}).fit(FLOWERS, WORDS) for _ in range(2)
    )
    assert same(one, other)
    before = [coef.copy() for coef in one.coefs_]
    assert not np.array_equal(before[0], one.fit(FLOWERS, WORDS).coefs_[0])  # the generator has moved on


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": ["relu"]}, "activation: 1 activations for 2 hidden layers"),
        ({"activation": "rely"}, "activation"),
        ({"solver": "lbfgs", "dropout": 0.5}, "dropout: goes with stochastic solvers only"),
        ({"solver": "lbfgs", "optimizer": "adamw"}, "optimizer: goes with stochastic solvers only"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "only one way of clipping"),
        ({"optimizer": "adadelta"}, "optimizer"),
        ({"schedule": schedules.Constant(0.1), "learning_rate": "adaptive"}, "learning_rate: 'adaptive' and schedule"),
        ({"output_activation": "expo"}, "output_activation"),
        ({"dropout": 1.0}, "dropout"),
        ({"monitor": "r2"}, "monitor"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"callbacks": [3]}, r"callbacks\[0\]"),
    ],
)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_wrong_options_are_named(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        kind(**{**NUMBERS, **options}).fit(FLOWERS, SPECIES)


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_the_end_of_iterations_is_told_with_scikit_learns_prefix() -> None:
    """Filters of warnings go by the beginning of a message."""
    with pytest.warns(ConvergenceWarning, match=r"^Stochastic Optimizer: .*\(5\)"):
        MLPRegressor(**NUMBERS).fit(FLOWERS, SEVERAL)


def test_wrong_data_is_named() -> None:
    with pytest.raises(ValueError, match="sample_weight: the weights of batch 1 add up to 0"):
        weight = np.r_[np.ones(50), np.zeros(50), np.ones(50)]
        MLPRegressor(batch_size=50, shuffle=False).fit(FLOWERS, SEVERAL, sample_weight=weight)
    with pytest.raises(ValueError, match="y: -1.0 is negative; loss 'poisson'"):
        MLPRegressor("poisson").fit(FLOWERS, np.r_[-1.0, np.ones(149)])
    with pytest.raises(ValueError, match="X_val, y_val: give both"):
        MLPRegressor().fit(FLOWERS, SEVERAL, X_val=FLOWERS)
    with pytest.raises(ValueError, match="y_val: shape"):
        MLPRegressor().fit(FLOWERS, SEVERAL, X_val=FLOWERS, y_val=SEVERAL[:, :2])
    with pytest.raises(ValueError, match="output_activation: 'softmax' gives no probabilities here"):
        MLPClassifier(output_activation="softmax").fit(FLOWERS, SPECIES == 1)
    model = MLPRegressor(**NUMBERS, warm_start=True).fit(FLOWERS, SEVERAL)
    with pytest.raises(ValueError, match="coefs_, intercepts_: shapes"):
        model.set_params(hidden_layer_sizes=(7, 7)).fit(FLOWERS, SEVERAL)
    flat = MLPRegressor(hidden_layer_sizes=())
    assert not hasattr(flat, "transform") and hasattr(flat.set_params(hidden_layer_sizes=3), "transform")
    with pytest.raises(AttributeError, match="transform"):
        MLPRegressor(hidden_layer_sizes=(), max_iter=2).fit(FLOWERS, SEVERAL).transform(FLOWERS)
    with pytest.warns(UserWarning, match="batch_size: 151 is more than the 150 rows"), warnings.catch_warnings():
        MLPRegressor(batch_size=151, max_iter=2).fit(FLOWERS, SEVERAL)


def test_words_are_no_amounts() -> None:
    with pytest.raises(ValueError, match="y: dtype <U1 is not possible; expected numbers"):
        MLPRegressor().fit(np.eye(3), np.array(["a", "b", "c"]))


def test_too_few_epochs_say_what_to_do() -> None:
    with pytest.warns(ConvergenceWarning, match=r"maximum iterations \(2\) reached .* raise max_iter"):
        MLPRegressor(max_iter=2).fit(np.eye(3), np.arange(3.0))
