"""The native engine against the reference: the same names and parameters, and results that differ by no more than
rounding can explain (rounding_bounds.py derives how much that is, layer by layer). The standard is the reference in
float64; candidates are the native engine in both types, and the reference in float32, so that the bound itself is
tested where there is no native engine."""

import numpy as np
import pytest
from rounding_bounds import U32, U64, Bound, TooClose

from pynn.engine import reference
from pynn.engine.data import Data, Totals
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan
from pynn.engine.tables import ACTIVATIONS, LOSSES
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

# ---- examples: each activation, loss, rule and option ----

ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
RMSPROP = {"rho": 0.9, "epsilon": 1e-7}
EXAMPLES = {f"{output}-{loss}": {"output": output, "loss": loss} for output in ACTIVATIONS for loss in LOSSES}
EXAMPLES |= {f"hidden-{name}": {"hidden": name} for name in ACTIVATIONS}
EXAMPLES |= {f"hidden-{name}-softmax": {"hidden": name, "labels": True} for name in ACTIVATIONS}
EXAMPLES |= {
    "momentum": {"optimizer": OptimizerPlan(momentum=0.9)},
    "nesterov": {"optimizer": OptimizerPlan(momentum=0.9, nesterov=True)},
    "adam": {"optimizer": OptimizerPlan("adam", **ADAM)},
    "adamw": {"optimizer": OptimizerPlan("adam", **ADAM, weight_decay=0.1)},
    "rmsprop": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP)},
    "rmsprop-momentum": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5)},
    "rmsprop-centered": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, centered=True)},
    "rmsprop-both": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5, centered=True)},
    "clipvalue": {"optimizer": OptimizerPlan(clipvalue=0.02)},
    "clipnorm": {"optimizer": OptimizerPlan(clipnorm=0.05), "layer": {"l2": 0.1}},
    "global-clipnorm": {"optimizer": OptimizerPlan(global_clipnorm=0.05), "layer": {"l2": 0.1}},
    "clip-with-adam": {"optimizer": OptimizerPlan("adam", **ADAM, global_clipnorm=0.05)},
    "l2": {"layer": {"l2": 0.1}},
    "l2-adam": {"layer": {"l2": 0.1}, "optimizer": OptimizerPlan("adam", **ADAM)},
    "no-bias": {"layer": {"use_bias": False}},
    "weights": {"weighted": True},
    "by-weight": {"weighted": True, "by_weight": True, "layer": {"l2": 0.1}},
    "by-weight-chunks": {"weighted": True, "by_weight": True, "rows": 257, "output": "linear", "loss": "mse"},
    "labels": {"labels": True},
    "labels-mse": {"labels": True, "loss": "mse"},
    "sum-mse": {"output": "linear", "loss": "mse", "sum_outputs": True},
    "sum-half-mse": {"output": "sigmoid", "loss": "half_mse", "sum_outputs": True, "weighted": True},
    "sum-mae": {"output": "linear", "loss": "mae", "sum_outputs": True},
    "sum-huber": {"output": "linear", "loss": "huber", "sum_outputs": True, "outputs": 18},
    "sum-poisson": {"output": "softplus", "loss": "poisson", "sum_outputs": True},
    "sum-poisson-exp": {"output": "exp", "loss": "poisson", "sum_outputs": True, "outputs": 18, "weighted": True},
    "deviance-exp-weights": {"output": "exp", "loss": "half_poisson_deviance", "weighted": True, "by_weight": True},
    "quantiles": {"output": "linear", "loss": "quantile", "delta": (0.1, 0.3, 0.5, 0.7, 0.9)},
    "quantiles-wide": {"output": "linear", "loss": "quantile", "delta": tuple(np.arange(1, 19) / 19), "outputs": 18},
    "hubers": {"output": "linear", "loss": "huber", "delta": (0.1, 0.2, 0.4, 0.8, 1.6), "sum_outputs": True},
    "sum-binary": {"output": "sigmoid", "loss": "binary_crossentropy", "sum_outputs": True, "labels": True},
    "sum-binary-plain": {"output": "hard_sigmoid", "loss": "binary_crossentropy", "sum_outputs": True},
    "smoothing-binary": {"output": "sigmoid", "loss": "binary_crossentropy", "smoothing": 0.125},
    "smoothing-categorical": {"smoothing": 0.125},
    "smoothing-labels": {"smoothing": 0.125, "labels": True, "weighted": True},
    "smoothing-plain": {"output": "linear", "loss": "binary_crossentropy", "smoothing": 0.125},
    "dropout": {"layer": {"dropout": 0.25}, "epoch": 3},
    "input-dropout": {"input_dropout": 0.5, "layer": {"dropout": 0.5}, "epoch": 2**33 + 1, "seed": 2**40 + 7},
    "scaled": {"scale": np.full(6, 0.25), "offset": np.linspace(-1, 1, 6).round(1).astype(np.float32).astype(float)},
    "chunks": {"rows": 515},
    "chunks-weighted": {"rows": 257, "weighted": True, "output": "linear", "loss": "mse"},
    "one-row": {"rows": 1},
    "wide": {"units": 67, "rows": 33},
    "panels": {"units": 67, "rows": 33, "outputs": 40, "labels": True},
    "panels-mse": {"units": 19, "rows": 17, "outputs": 33, "output": "linear", "loss": "mse"},
    "panels-sigmoid": {"units": 5, "rows": 47, "outputs": 17, "output": "sigmoid", "loss": "binary_crossentropy"},
    "panels-from-z": {"units": 21, "rows": 31, "outputs": 35, "hidden": "gelu", "output": "softplus", "loss": "mse"},
    "panels-softmax": {"units": 37, "rows": 21, "outputs": 18, "hidden": "softmax"},
    "panels-softmax-mse": {"units": 50, "rows": 70, "outputs": 50, "hidden": "softmax", "loss": "mse"},
    "panels-dropout": {"units": 150, "rows": 19, "outputs": 20, "layer": {"dropout": 0.25}, "epoch": 3},
    "panels-no-bias": {"units": 35, "rows": 18, "outputs": 34, "layer": {"use_bias": False}, "labels": True},
    "panels-all": {
        "inputs": 20, "input_dropout": 0.5, "units": 70, "rows": 45, "outputs": 17, "hidden": "softmax",
        "layer": {"dropout": 0.25, "use_bias": False, "l2": 0.1}, "epoch": 1, "weighted": True,
    },
    "panels-input-dropout": {"inputs": 70, "share": 0.3, "input_dropout": 0.25, "rows": 19, "units": 20, "epoch": 5},
    "one-layer": {"units": None, "inputs": 9},
    "one-layer-wide": {"units": None, "inputs": 20, "rows": 33, "outputs": 70, "output": "tanh", "loss": "mse"},
    "one-layer-no-bias": {"units": None, "outputs": 19, "layer": {"use_bias": False}, "labels": True, "rows": 17},
    "zeros": {"inputs": 70, "share": 0.2, "units": 40, "rows": 50, "labels": True},
    "zeros-chunks": {"inputs": 64, "share": 0.1, "units": 33, "rows": 270, "output": "linear", "loss": "mse"},
    "zeros-one-layer": {"inputs": 80, "share": 0.3, "units": None, "rows": 30, "outputs": 34},
    "zeros-one-row": {"inputs": 30, "share": 0.3, "units": 20, "rows": 1, "outputs": 20, "hidden": "relu"},
    "one-output": {"outputs": 1, "output": "sigmoid", "loss": "binary_crossentropy"},
}  # fmt: skip


def example(given, dtype, u):
    """A plan, parameters and data exact in float32, and the bounds for them: the first seed that is clear of kinks."""
    options = dict(given)
    hidden, output = options.pop("hidden", "tanh"), options.pop("output", "softmax")
    loss, rows = options.pop("loss", "categorical_crossentropy"), options.pop("rows", 20)
    units, outputs, labels = options.pop("units", 9), options.pop("outputs", 5), options.pop("labels", False)
    inputs, share = options.pop("inputs", 6), options.pop("share", 1.0)
    layer, weighted, epoch = options.pop("layer", {}), options.pop("weighted", False), options.pop("epoch", -1)
    last = {key: value for key, value in layer.items() if key != "dropout"}
    layers = [LayerPlan(0, outputs, output, ACTIVATIONS[output].default, **last)]
    if units:
        layers.insert(0, LayerPlan(0, units, hidden, ACTIVATIONS[hidden].default, **layer))
    for seed in range(300):
        rng = np.random.default_rng(seed)
        plan = build_plan(inputs, layers, loss=loss, dtype="float64", **{"delta": 0.25, "seed": 5, **options})
        params = rng.uniform(-0.4, 0.4, plan.n_params)
        if plan.layers[-1].use_bias:
            # Outputs near (0, 1), so that every loss is defined.
            params[plan.layers[-1].b :] += -0.6 if output == "exp" else 0.6
            reference.weights(params, plan.layers[-1])[...] *= 3 / plan.layers[-1].inputs
        params = params.astype(np.float32).astype(np.float64)
        label = rng.integers(0, outputs, rows).astype(np.int32)
        y = np.eye(outputs)[label] if loss == "categorical_crossentropy" else rng.uniform(0, 1, (rows, outputs))
        x = rng.normal(size=(rows, inputs)) * (share == 1 or rng.uniform(size=(rows, inputs)) < share)
        data = Data(x.astype(np.float32), y=y.astype(np.float32))
        if labels:
            data.y, data.label = None, label
        if weighted:
            data.weight = rng.integers(0, 5, rows) / 2
        standard = reference.Engine(plan)
        standard.set_params(params)
        try:
            bound = Bound(standard, data, epoch, u)
        except TooClose:
            continue
        finite = np.isfinite(bound.flat).all() and np.isfinite(bound.loss_error)
        if finite and bound.flat.max() <= 2000 * bound.u * max(np.abs(bound.gradient).max(), 0.1):
            candidate = build_plan(inputs, layers, loss=loss, dtype=dtype, **{"delta": 0.25, "seed": 5, **options})
            return standard, candidate, data, epoch, bound
    raise AssertionError("no seed stays clear of the kinks")


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
    standard, plan, data, epoch, bound = example(EXAMPLES[name], dtype, U32 if dtype == "float32" else U64)
    candidate = engine_of(kind, plan)
    candidate.set_params(standard.get_params())

    loss, gradient = candidate.gradients(data, epoch=epoch)
    close(loss, bound.loss, bound.loss_error, "loss")
    close(gradient, bound.gradient, bound.flat, "gradient")
    traced_loss, layers = candidate.trace(data, epoch=epoch)
    _, expected = standard.trace(data, epoch=epoch)
    assert traced_loss == loss
    errors = {"z": bound.z, "y": bound.y, "a": bound.a, "d": bound.d, "dW": bound.dW, "db": bound.db}
    for i, (found, known, layer) in enumerate(zip(layers, expected, plan.layers, strict=True)):
        for key, error in errors.items():
            if key != "db" or layer.use_bias:
                close(found[key], known[key], error[i], f"layer {i} {key}")
    quiet = bound if epoch < 0 else Bound(standard, data, -1, bound.u - U64)  # prediction drops nothing
    close(candidate.predict(data), standard.predict(data), quiet.y[-1], "prediction")

    rate, rows = 0.25, data.rows
    step = {"batch": rows, "epoch": max(epoch, 0), "rates": np.array([rate]), "seconds": 60}
    limits = bound.step(standard, rate)
    for engine in (candidate, standard):
        assert engine.train(data, totals=Totals(), **step) == 1
    assert candidate.iteration == 1
    close(candidate.get_params(), standard.get_params(), limits, "parameters after a step")

    if dtype == "float64":
        nearly(gradient, bound.gradient, "gradient")
        nearly(candidate.get_params(), standard.get_params(), "parameters")
        assert tuple(candidate.get_slots()) == tuple(standard.get_slots())
        for key, slot in standard.get_slots().items():
            nearly(candidate.get_slots()[key], slot, key)


def test_the_bound_is_not_vacuous():
    """An error of 2000 u (1e-4 in float32) in one element is seen in every tensor."""
    standard, _, _, _, bound = example({}, "float32", U32)
    for p in standard.plan.layers:
        for part, error in zip(Bound.tensors(bound.gradient, p), Bound.tensors(bound.flat, p), strict=True):
            wrong = part.copy().ravel()
            largest = np.abs(wrong).argmax()
            wrong[largest] *= 1 + 2000 * U32
            with pytest.raises(AssertionError, match="beyond the bound"):
                close(wrong.reshape(part.shape), part, error, "gradient")


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
    standard, plan, data, _, _ = example({"output": output, "loss": loss, "units": 5, "outputs": 3}, dtype, u)
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
