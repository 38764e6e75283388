"""The native engine against the reference: the same names and parameters, and results that differ by no more than
rounding can explain (rounding_bounds.py derives how much that is, layer by layer). The standard is the reference in
float64; candidates are the native engine in both types, and the reference in float32, so that the bound itself is
tested where there is no native engine."""

from dataclasses import replace

import numpy as np
import pytest
from parity_examples import ADAM, EXAMPLES, RANDOM, example, random_example
from rounding_bounds import U32, U64, Bound

from pynn.engine import reference
from pynn.engine.data import Data, Totals
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan
from pynn.errors import DivergenceError

try:
    from pynn.engine import _native
except ImportError:
    _native = None

needs_native = pytest.mark.skipif(_native is None, reason="the extension is not built")
CANDIDATES = [
    pytest.param("reference", "float32"),
    pytest.param("native", "float32", marks=needs_native),
    pytest.param("native", "float64", marks=needs_native),
]


def engine_of(kind, plan):
    return reference.Engine(plan) if kind == "reference" else _native.Engine(plan)


def close(given, standard, bound, what):
    given, bound = np.asarray(given, np.float64).reshape(np.shape(standard)), np.reshape(bound, np.shape(standard))
    excess = np.abs(given - standard) - bound
    assert np.isfinite(given).all() and (excess <= 0).all(), f"{what}: beyond the bound by {excess.max():.3g}"


def nearly(given, standard, what):
    """float64 against float64: 1e-12 of the tensor's norm."""
    wrong = np.linalg.norm(np.ravel(given) - np.ravel(standard))
    assert wrong <= 1e-12 * max(np.linalg.norm(standard), 1e-3), f"{what}: {wrong:.3g}"


@pytest.mark.parametrize(("kind", "dtype"), CANDIDATES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_gradient_and_step(name, kind, dtype):
    check(example(EXAMPLES[name], dtype, U32 if dtype == "float32" else U64), kind)


def check(given, kind):
    """Loss, gradient, everything on the way, prediction, and parameters after a step."""
    standard, plan, data, epoch, bound = given.standard, given.plan, given.data, given.epoch, given.bound
    candidate = engine_of(kind, plan)
    candidate.set_params(standard.get_params())

    loss, gradient = candidate.gradients(data, epoch=epoch)
    close(loss, bound.loss, bound.loss_error, "loss")
    close(gradient, bound.gradient, bound.flat, "gradient")
    traced_loss, layers = candidate.trace(data, epoch=epoch)
    _, expected = standard.trace(data, epoch=epoch)
    assert traced_loss == loss
    for i, (found, known) in enumerate(zip(layers, expected, strict=True)):
        errors = {key: getattr(bound, key)[i] for key in ("z", "y", "a", "d")}
        errors |= {f"d{name}": error for name, error in bound.gradients[i].items()}
        assert set(found) == set(known) == set(errors)
        for key, error in errors.items():
            close(found[key], known[key], error, f"layer {i} {key}")
    close(candidate.predict(data), standard.predict(data), given.prediction.y[-1], "prediction")

    rate, rows = 0.25, data.rows
    step = {"batch": rows, "epoch": max(epoch, 0), "rates": np.array([rate]), "seconds": 60}
    limits = bound.step(standard, rate)
    for engine in (candidate, standard):
        assert engine.train(data, totals=Totals(), **step) == 1
    assert candidate.iteration == 1
    close(candidate.get_params(), standard.get_params(), limits, "parameters after a step")

    if plan.dtype == "float64":
        nearly(gradient, bound.gradient, "gradient")
        nearly(candidate.get_params(), standard.get_params(), "parameters")
        assert tuple(candidate.get_slots()) == tuple(standard.get_slots())
        for key, slot in standard.get_slots().items():
            nearly(candidate.get_slots()[key], slot, key)


@pytest.mark.parametrize(("kind", "dtype"), CANDIDATES)
@pytest.mark.parametrize("seed", RANDOM)
def test_random_network(seed, kind, dtype):
    check(random_example(seed, dtype, U32 if dtype == "float32" else U64), kind)


@pytest.mark.parametrize("name", ["momentum", "activation-tanh", "batch_norm-tanh", "layer_norm-tanh"])
def test_the_bound_is_not_vacuous(name):
    """One element wrong by 2000 u (1e-4 in float32) is seen in every tensor; around normalizations, one by 5000 u."""
    units = 5000 if "norm" in name else 2000
    for u, dtype in ((U32, "float32"), (U64, "float64")):
        given = example(EXAMPLES[name], dtype, u)
        for layer, errors in zip(given.plan.layers, given.bound.gradients, strict=True):
            parts = layer.values(given.bound.gradient)
            for tensor in layer.tensors:
                wrong = parts[tensor.name].copy()
                wrong.ravel()[np.abs(wrong).argmax()] *= 1 + units * given.bound.u
                if tensor.learned:
                    with pytest.raises(AssertionError, match="beyond the bound"):
                        close(wrong, parts[tensor.name], errors[tensor.name], "gradient")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("option", ["epsilon", "momentum", "trainable", "kind"])
def test_another_normalization_is_seen(option, dtype):
    """A part in 10 of epsilon, or in 1000 of momentum; in float64, in 10^9 of either."""
    given = example(EXAMPLES["batch_norm-linear"], dtype, U32 if dtype == "float32" else U64)
    dense, norm, last = given.plan.layers
    part = 1e-9 if dtype == "float64" else 0.1 if option == "epsilon" else 1e-3
    others = {"epsilon": norm.epsilon * (1 + part), "momentum": norm.momentum * (1 + part), "trainable": False}
    layers = (dense, replace(norm, **{option: others.get(option, "layer_norm")}), last)
    with pytest.raises(AssertionError):
        check(replace(given, plan=replace(given.plan, layers=layers)), "reference")


# ---- a hundred steps ----


def hessian_norm(engine, data, h=1e-5):
    """Spectral norm of the loss' second derivatives, by differences of gradients."""
    start, rows = engine.get_params(), []
    for i in range(len(start)):
        slopes = []
        for shift in (h, -h):
            moved = start.copy()
            moved[i] += shift
            engine.set_params(moved)
            slopes.append(engine.gradients(data)[1])
        rows.append((slopes[0] - slopes[1]) / (2 * h))
    engine.set_params(start)
    return np.linalg.norm((np.array(rows) + np.array(rows).T) / 2, 2)


@pytest.mark.parametrize(("kind", "dtype"), CANDIDATES)
@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_a_hundred_steps(output, kind, dtype):
    """Smooth network, plain gradient descent: what a step adds, e, and what it does to earlier errors.

    An error E before a step is |E - rate H E| <= (1 + rate |H|) E after it, H being the matrix of second
    derivatives along the way (measured at every tenth step, and doubled for the steps between). So after n steps
    E <= e (q^n - 1) / (q - 1) with q = 1 + rate |H|, e being the largest one-step bound along the way."""
    u = U32 if dtype == "float32" else U64
    loss = "mse" if output == "linear" else "categorical_crossentropy"
    given = example({"output": output, "loss": loss, "units": 5, "outputs": 3}, dtype, u)
    standard, plan, data = given.standard, given.plan, given.data
    candidate, rate, totals = engine_of(kind, plan), 0.02, (Totals(), Totals())
    candidate.set_params(standard.get_params())
    growth, fresh = 0.0, 0.0
    for epoch in range(100):
        if epoch % 10 == 0:
            growth = max(growth, 2 * hessian_norm(standard, data))
            one = Bound(standard, data, -1, u)
            fresh = max(fresh, 2 * float(np.linalg.norm(one.step(standard, rate))))
        for engine, sums in zip((candidate, standard), totals, strict=True):
            step = {"batch": data.rows, "epoch": epoch, "rates": np.array([rate]), "seconds": 60}
            engine.train(data, totals=sums, accuracy="argmax", **step)
    q = 1 + rate * growth
    limit = fresh * (q**100 - 1) / (q - 1)
    moved = np.linalg.norm(standard.get_params())
    assert limit < 0.02 * moved if u == U32 else limit < 1e-10 * moved, "the bound proves nothing"
    assert np.linalg.norm(candidate.get_params() - standard.get_params()) <= limit
    assert totals[0].rows == totals[1].rows == 100 * data.rows
    assert totals[1].last_loss < 0.98 * totals[1].loss / totals[1].rows  # it learned something
    assert candidate.iteration == 100


# ---- everything else the engines share ----


@needs_native
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("accuracy", ["", "argmax", "binary", "none"])
@pytest.mark.parametrize("by_weight", [False, True])
def test_totals(accuracy, dtype, by_weight):
    layers = [LayerPlan(0, 9, "tanh", dropout=0.25), LayerPlan(0, 4, "sigmoid", l2=0.01)]
    engines = []
    for module in (reference, _native):
        rule = OptimizerPlan("adam", **ADAM)
        options = {"dtype": dtype, "seed": 3, "optimizer": rule, "by_weight": by_weight}
        plan = build_plan(6, layers, loss="binary_crossentropy", **options)
        engines.append(module.Engine(plan))
        engines[-1].set_params(np.random.default_rng(0).uniform(-0.5, 0.5, plan.n_params).astype(np.float32))
    rng = np.random.default_rng(1)
    data = Data(rng.normal(size=(700, 6)), y=rng.integers(0, 2, (700, 4)), weight=rng.integers(0, 3, 700) / 2)
    order, sums = rng.permutation(700), []
    for engine in engines:
        totals = Totals()
        options = {"batch": 300, "epoch": 1, "rates": np.full(3, 1e-3), "order": order, "seconds": 60}
        assert engine.train(data, totals=totals, accuracy=accuracy, **options) == 3
        sums.append([totals, engine.evaluate(data, accuracy=accuracy)])
    # Means of bounded terms: a few hundred roundings on the way, and steps of 1e-3 that are off by their share.
    tolerance = 1000 * (U32 if dtype == "float32" else U64)
    for known, found in zip(*sums, strict=True):
        assert found.rows == known.rows == 700
        if accuracy != "none":  # not asked for: means nothing then
            assert found.accuracy == pytest.approx(known.accuracy, abs=1.0 if dtype == "float32" else 1e-9)
        for key in ("loss", "mae", "mse", "last_loss", "penalty"):
            assert getattr(found, key) == pytest.approx(getattr(known, key), rel=tolerance), key
    # Rates are small: it is nearly the last weights' penalty, over the sum of a batch's weights where that divides.
    penalty, mass = 0.01 * np.sum(reference.weights(engines[0].get_params(), plan.layers[1]).astype(float) ** 2), 1.0
    if by_weight:
        mass = 700 / sum(len(rows) / data.weight[rows].sum() for rows in (order[:300], order[300:600], order[600:]))
    assert sums[0][0].penalty == pytest.approx(700 * penalty / mass, rel=0.05)
    assert sums[0][1].penalty == pytest.approx(700 * penalty, rel=1e-5)
    np.testing.assert_allclose(engines[1].beta_power, engines[0].beta_power, rtol=4 * U64)
    np.testing.assert_array_equal(engines[1].beta_power, [0.9 * 0.9 * 0.9, 0.999 * 0.999 * 0.999])


@needs_native
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_module_functions(dtype):
    for seed, purpose, stream, n in [(0, 1, 0, 1), (2**63 + 5, 4, 2**40, 1001)]:
        for name in ("uniform", "normal", "permutation"):
            known, found = (getattr(m, name)(seed, purpose, stream, n) for m in (reference, _native))
            assert found.dtype == known.dtype
            np.testing.assert_array_equal(found, known)
    x = np.linspace(-8, 8, 1001, dtype=dtype)
    for name in ("exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus", "erf", "erfc", "normcdf"):
        found, known = _native.unary(name, x), reference.unary(name, x)
        assert found.dtype == x.dtype
        # 4 ulp, and as many for the reference's own (in float64): 16 u.
        np.testing.assert_allclose(found, known, rtol=16 * (U32 if dtype == "float32" else U64), atol=0, err_msg=name)
    x[[400, 7]] = np.inf, np.nan
    assert _native.first_outside(x.reshape(-1, 7), -9, 9) == reference.first_outside(x.reshape(-1, 7), -9, 9) == (1, 0)
    values = np.random.default_rng(0).normal(3, 2, (600, 3)).astype(dtype)
    for known, found in zip(reference.moments(values), _native.moments(values), strict=True):
        np.testing.assert_allclose(found, known, rtol=1200 * U64)


@needs_native
def test_divergence_is_reported_alike():
    from pynn.errors import DivergenceError

    x = np.ones((8, 2), np.float32)
    x[5] = 1e38
    for module in (reference, _native):
        plan = build_plan(2, [LayerPlan(0, 3, "relu"), LayerPlan(0, 1, "linear")])
        engine = module.Engine(plan)
        engine.set_params(np.full(plan.n_params, 0.5))
        totals = Totals()
        with pytest.raises(DivergenceError):
            engine.train(Data(x, y=np.zeros((8, 1))), batch=4, epoch=0, rates=np.zeros(2), totals=totals, seconds=60)
        assert (engine.iteration, totals.rows) == (1, 4)
        assert (engine.get_params() == 0.5).all()
        # An update that is not finite: the square of one gradient. The other elements move, the step does not count.
        rule = OptimizerPlan("adam", **ADAM)
        engine = module.Engine(build_plan(3, [LayerPlan(0, 1, "linear")], optimizer=rule))
        engine.set_params(np.array([0.5, 0, 0.5, 0.5]))
        data = Data(np.array([[1.0, 1e25, 2.0]]), y=np.array([[-0.5]]))
        with pytest.raises(DivergenceError):
            engine.train(data, batch=1, epoch=0, rates=np.full(1, 0.25), totals=Totals(), seconds=60)
        # Adam's first step: rate g / (|g| + small), small = 1e-7 sqrt 1000 beside g = 5 or 10; some ten roundings
        np.testing.assert_allclose(engine.get_params(), [0.25, 0, 0.25, 0.25], rtol=2e-6)
        assert [np.count_nonzero(slot) for slot in engine.get_slots().values()] == [3, 3]
        assert engine.iteration == 0
        assert engine.beta_power.tolist() == [1, 1]


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("module", [reference, pytest.param(_native, marks=needs_native)], ids=["reference", "native"])
def test_a_batch_without_weight_diverges(module, l2):
    """0 / 0: whoever divides by weight sees to it that there is some."""
    engine = module.Engine(build_plan(2, [LayerPlan(0, 1, "linear", l2=l2)], by_weight=True))
    data = Data(np.ones((3, 2)), y=np.ones((3, 1)), weight=np.zeros(3))
    with pytest.raises(DivergenceError, match="the loss of step 1"):
        engine.train(data, batch=3, epoch=0, rates=np.ones(1), totals=Totals())
