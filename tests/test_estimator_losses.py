"""Losses of the estimators beyond scikit-learn's: one step, counts, quantiles, objects of pynn.losses.

test_estimator_extras.py has what else is beyond scikit-learn; what both libraries have is in test_estimators.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")
pytest.importorskip("pynn.engine._native")

from estimator_rows import FLOWERS, NUMBERS, SEVERAL, WEIGHTS, WORDS, same
from sklearn.base import clone

from pynn.estimators import MLPClassifier, MLPRegressor
from pynn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    HalfMeanSquaredError,
    HalfPoissonDeviance,
    Huber,
    MeanAbsoluteError,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
random = np.random.default_rng(6)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("loss", ["absolute_error", "mae", "huber", "squared_error", "quantile"])
def test_one_step_of_a_loss(loss: str, alpha: float, columns: int, weighted: bool) -> None:
    """Plain SGD moves against the gradient of the outputs' sum; reported is their mean, with the penalty."""
    y, w = SEVERAL[:, :columns], WEIGHTS if weighted else np.ones(len(FLOWERS))
    first = MLPRegressor(**{**NUMBERS, "max_iter": 1}, solver="sgd", learning_rate_init=1e-300).fit(
        FLOWERS, SEVERAL[:, 0]
    )
    first.fit(FLOWERS, y if columns > 1 else y[:, 0])
    model = MLPRegressor(loss=loss, solver="sgd", momentum=0, alpha=alpha, learning_rate_init=0.1, batch_size=150)
    model.set_params(**{**NUMBERS, "max_iter": 1})
    levels = np.array([0.2, 0.5, 0.9])[:columns]
    if loss == "quantile":
        model.set_params(quantile=list(levels))
    model.fit(FLOWERS, y if columns > 1 else y[:, 0], sample_weight=WEIGHTS if weighted else None)

    def value(coefs: Any, summed: bool) -> float:
        h = FLOWERS
        for i, coef in enumerate(coefs):
            h = h @ coef + first.intercepts_[i]
            h = np.maximum(h, 0) if i < 2 else h
        e = np.abs(h - y)
        bent, pinball = np.where(e < 1, e**2 / 2, e - 0.5), np.where(h < y, levels, 1 - levels) * e
        each = {"huber": bent, "squared_error": e**2 / 2, "quantile": pinball}.get(loss, e)
        row = each.sum(axis=1) if summed else each.mean(axis=1)
        penalty = alpha / 2 * sum(np.sum(coef**2) for coef in coefs) / w.sum()
        return float(np.average(row, weights=w) + penalty)

    assert model.loss_ == pytest.approx(value(first.coefs_, summed=False), rel=1e-12)
    for place in [(0, 1, 2), (1, 3, 0), (2, 4, 0)]:  # layer, row, column; a kink within 1e-6 is not there
        slopes = []
        for sign in (1, -1):
            moved = [coef.copy() for coef in first.coefs_]
            moved[place[0]][place[1:]] += sign * 1e-6
            slopes.append(value(moved, summed=True))
        expected = (slopes[0] - slopes[1]) / 2e-6
        step = (model.coefs_[place[0]] - first.coefs_[place[0]])[place[1:]]
        assert -step / 0.1 == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_loss_objects() -> None:
    wide = MLPRegressor(Huber(delta=1e6, outputs="sum"), **NUMBERS).fit(FLOWERS, SEVERAL)
    squared = MLPRegressor(HalfMeanSquaredError(outputs="sum"), **NUMBERS).fit(FLOWERS, SEVERAL)
    np.testing.assert_allclose(wide.coefs_[0], squared.coefs_[0], rtol=0, atol=1e-12)
    assert same(squared, MLPRegressor(**NUMBERS).fit(FLOWERS, SEVERAL))
    smooth = MLPClassifier(
        **{**NUMBERS, "max_iter": 300, "learning_rate_init": 0.01}, loss=CategoricalCrossentropy(0.3)
    )
    least = -(0.8 * np.log(0.8) + 0.2 * np.log(0.1))  # the entropy of the targets
    assert least < smooth.fit(FLOWERS, WORDS).loss_ < 1.2 * least
    least = MLPClassifier((20,), "tanh", max_iter=300, learning_rate_init=0.01, random_state=0, loss="squared_error")
    assert least.fit(FLOWERS, WORDS).score(FLOWERS, WORDS) > 0.9
    assert MLPRegressor(MeanAbsoluteError(), **NUMBERS).fit(FLOWERS, SEVERAL).loss_ > 0


def test_quantiles() -> None:
    """A constant output goes to the quantile; several levels at once, one for each column of y."""
    x, y = np.zeros((200, 1)), np.random.default_rng(3).exponential(size=200)
    found = {}
    for level in (None, 0.1, 0.9, (0.1, 0.5, 0.9)):
        columns = np.repeat(y[:, None], 3, axis=1) if isinstance(level, tuple) else y
        model = MLPRegressor("quantile", (), quantile=level, solver="sgd", max_iter=3000, batch_size=200, alpha=0)
        model.set_params(tol=0, n_iter_no_change=np.inf, random_state=0, learning_rate_init=0.01, momentum=0.0)
        found[level] = model.fit(x, columns).predict(x[:1])[0]
    gap = {q: abs(found[q] - np.quantile(y, q or 0.5)) for q in (None, 0.1, 0.9)}
    assert max(gap.values()) < 0.05  # steps of at most 0.01, and the numbers beside the quantile
    np.testing.assert_allclose(found[0.1, 0.5, 0.9], [found[0.1], found[None], found[0.9]], rtol=0, atol=0.02)
    net = model.to_network()
    assert net.loss.q == (0.1, 0.5, 0.9) and net.loss.outputs == "sum"
    np.testing.assert_array_equal(net.predict(x[:1])[0], found[0.1, 0.5, 0.9])
    assert net.evaluate(x, columns)["loss"] / 3 == pytest.approx(model.loss_, rel=1e-2)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("loss", ["poisson", HalfPoissonDeviance(outputs="sum")])
def test_poisson_goes_to_a_network(loss: Any, solver: str) -> None:
    y = np.floor(np.abs(SEVERAL))
    model = MLPRegressor(loss, **NUMBERS, output_activation="exp", solver=solver, alpha=0.2).fit(FLOWERS, y)
    net = model.to_network()
    assert np.array_equal(net.predict(FLOWERS), model.predict(FLOWERS))
    assert net.check_gradients(FLOWERS[:8], y[:8]).ok
    p = model.predict(FLOWERS)
    deviance = (np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / p), 0) - y + p).sum(axis=1).mean()
    assert net.evaluate(FLOWERS, y)["loss"] == pytest.approx(deviance, rel=1e-12)  # without the penalty
    held = clone(model).set_params(solver="adam").fit(FLOWERS[::2], y[::2], X_val=FLOWERS[1::2], y_val=y[1::2])
    t, p = y[1::2], held.predict(FLOWERS[1::2])
    deviance = (np.where(t > 0, t * np.log(np.where(t > 0, t, 1) / p), 0) - t + p).sum(axis=1).mean()
    assert held.validation_loss_curve_[-1] == pytest.approx(deviance, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("loss", ["huber", "quantile", "poisson"])
def test_batches_are_one_call_each_epoch(loss: str, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several outputs, weights and a penalty: what is reported comes out of the epoch's sums."""
    from pynn.engine import _native

    calls: list[int] = []

    class Counted(_native.Engine):
        def train(self, data: Any, **options: Any) -> int:
            calls.append(1)
            return super().train(data, **options)

    monkeypatch.setattr(_native, "Engine", Counted)
    model = MLPRegressor(loss, **{**NUMBERS, "max_iter": 1}, batch_size=30, alpha=0.5)
    model.fit(FLOWERS, np.abs(SEVERAL), sample_weight=WEIGHTS if weighted else None)
    assert len(calls) == 1


def test_poisson_with_dropout_in_batches() -> None:
    """The output exp beside masks: the loss falls, and the same seed gives the same masks."""
    y = np.floor(np.abs(SEVERAL[:, 0]))
    models = [
        MLPRegressor("poisson", (20,), dropout=0.3, max_iter=60, random_state=0, alpha=0, learning_rate_init=0.01)
        for _ in range(2)
    ]
    one, other = (model.fit(FLOWERS, y) for model in models)
    assert same(one, other) and np.mean(one.loss_curve_[-5:]) < one.loss_curve_[0] / 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantile": 0.5}, "quantile: goes with loss='quantile' alone; loss is 'squared_error'"),
        ({"loss": "quantile", "quantile": [0.5, 0.9]}, "quantile: 2 levels given; y has 3 columns"),
        ({"loss": "quantile", "quantile": [0.5, 0.9, 1]}, "quantile.2.: 1 is not possible"),
        ({"loss": "quantile", "quantile": 1.0}, "quantile"),
        ({"loss": Huber([1, 2], outputs="sum")}, "delta: 2 numbers given; the network has 3 outputs"),
    ],
)
def test_wrong_levels_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLPRegressor(**{**NUMBERS, **options}).fit(FLOWERS, SEVERAL)


def test_multilabel_loss_object_sums_or_averages() -> None:
    labels = (random.random((150, 3)) < 0.5).astype(int)
    options = {**NUMBERS, "alpha": 0.0}
    mean = MLPClassifier(**options, loss=BinaryCrossentropy()).fit(FLOWERS, labels)
    total = MLPClassifier(**options).fit(FLOWERS, labels)
    assert total.loss_curve_[0] == pytest.approx(3 * mean.loss_curve_[0], rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_held_out_rows_that_leave_the_numbers_have_a_large_loss(dtype: str) -> None:
    """exp of a large z is infinite. NaN would be what np.argmin of the curve finds."""
    x = np.linspace(0.5, 1, 20, dtype=dtype)[:, None]
    net = MLPRegressor("poisson", (), max_iter=6, n_iter_no_change=3, early_stopping=True, monitor="loss")
    net.fit(x, 5 * x[:, 0], X_val=x[:2] * 1e6, y_val=[1, 2], coefs_init=[[[1.0]]], intercepts_init=[[0.0]])
    assert min(net.validation_loss_curve_) > 0.4 * np.finfo(dtype).max
