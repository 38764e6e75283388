"""The reference engine against numbers worked out by hand: the lecture's examples, formulas, losses, and data as it
lies. Steps are test_steps.py's affair, gradients test_gradients.py's, the native engine test_parity.py's."""

import math
import re
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from small_networks import U, network, steps

from pynn.engine import formulas, loss_formulas
from pynn.engine.data import Data
from pynn.engine.reference import first_outside, moments, unary
from pynn.engine.tables import ACTIVATIONS, LOSSES, OPTIMIZERS

# ---- the lectures ----


def test_perceptron_with_weights_3_and_minus_2():
    _, layers = network(2, (1, "sign"), params=[3, -2, 1]).trace(Data(np.array([[-1, 2]]), y=np.array([[1]])))
    assert layers[0]["z"] == -6
    assert layers[0]["y"] == -1


def test_one_plane_three_activations():
    x = np.array([[0.25, 2.0], [1.0, 0.0], [0.0, 1.0]])  # z = 2 x1 - x2 + 1 = -0.5, 3, 0
    outputs = [
        network(2, (1, act, {"alpha": alpha}), params=[2, -1, 1]).predict(Data(x))[:, 0]
        for act, alpha in [("step", 1), ("sigmoid", 0), ("hard_sigmoid", 0.5)]
    ]
    assert outputs[0].tolist() == [0, 1, 1]
    np.testing.assert_allclose(outputs[1], 1 / (1 + np.exp([0.5, -3, 0])), rtol=4 * U)
    assert outputs[2].tolist() == [0.25, 1, 0.5]


@pytest.mark.parametrize(("slope", "value"), [(0.5, 0.25), (0.2, 0.4), (1 / 6, 0.5 - 0.5 / 6)])
def test_hard_sigmoid_has_many_slopes(slope, value):
    y = network(1, (1, "hard_sigmoid", {"alpha": slope}), params=[1, 0]).predict(Data(np.array([[-0.5]])))
    np.testing.assert_allclose(y, value, rtol=2 * U)


def test_not():
    y = network(1, (1, "sigmoid"), params=[-20, 10]).predict(Data(np.array([[0], [1]])))
    np.testing.assert_allclose(y[:, 0], [0.9999546021, 4.5397868702e-05], rtol=1e-10)  # ten printed digits


def test_nor_and_xnor():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    nor = network(2, (1, "sigmoid"), params=[-20, -20, 10]).predict(Data(x))
    np.testing.assert_allclose(nor[:, 0], [0.99995, 4.5398e-05, 4.5398e-05, 9.3576e-14], rtol=1e-4)
    assert (nor[:, 0] > 0.5).tolist() == [True, False, False, False]
    # XNOR: AND (-30, 20, 20) and NOR (10, -20, -20), joined by OR (-10, 20, 20).
    xnor = network(2, (2, "sigmoid"), (1, "sigmoid"), params=[20, -20, 20, -20, -30, 10, 20, 20, -10]).predict(Data(x))
    np.testing.assert_allclose(xnor[:, 0], [0.99995456, 4.548e-05, 4.548e-05, 0.99995456], rtol=1e-4)


@pytest.mark.parametrize(
    ("z", "total", "exact"),
    [
        ([-1, 0, 1, 2, 4], 66.0734, [0.005568, 0.015135, 0.041140, 0.111831, 0.826326]),
        ([-1, 0, 1, 2, 8], 2992.4331, [0.000123, 0.000334, 0.000908, 0.002469, 0.996165]),
    ],
)
def test_softmax_tables(z, total, exact):
    y = network(5, (5, "softmax", {"use_bias": False}), params=np.eye(5).ravel()).predict(Data(np.array([z])))
    np.testing.assert_allclose(y[0], exact, atol=5e-7)  # six printed digits
    np.testing.assert_allclose(np.exp(z[-1]) / y[0, -1], total, atol=5e-5)
    np.testing.assert_allclose(y.sum(), 1, rtol=5 * U)


@pytest.mark.parametrize("output", ["softmax", "linear"])
@pytest.mark.parametrize(("p", "deck"), [([0.05, 0.05, 0.80, 0.05, 0.05], 0.0969), ([0.2] * 5, 0.6990)])
def test_cross_entropy_tables_use_decimal_logarithms(output, p, deck):
    x = np.log([p]) if output == "softmax" else np.array([p])
    engine = network(5, (5, output, {"use_bias": False}), params=np.eye(5).ravel(), loss="categorical_crossentropy")
    totals = engine.evaluate(Data(x, label=np.array([2], np.int32)))
    np.testing.assert_allclose(totals.loss, -math.log(p[2]), rtol=20 * U)
    np.testing.assert_allclose(totals.loss / math.log(10), deck, atol=5e-5)


def test_tanh_is_a_stretched_sigmoid():
    z = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(unary("tanh", z), 2 * unary("sigmoid", 2 * z) - 1, atol=8 * U)
    np.testing.assert_allclose(unary("tanh", np.array(1.0)), 0.76159416, atol=5e-9)


def test_perceptron_rule_learns_or():
    """w += rate (y - t) x, sample by sample, against a loop over plain numbers."""
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 1]
    engine = network(2, (1, "step"), params=[-0.5, 0.25, -0.125], loss="perceptron")
    w1, w2, b = -0.5, 0.25, -0.125
    for _ in range(6):
        for (x1, x2), target in zip(x.tolist(), t, strict=True):
            error = target - (1 if w1 * x1 + w2 * x2 + b >= 0 else 0)
            w1, w2, b = w1 + 0.25 * error * x1, w2 + 0.25 * error * x2, b + 0.25 * error
    steps(engine, Data(x, y=np.array(t)[:, None]), 6, rate=0.25, batch=1)
    assert engine.get_params().tolist() == [w1, w2, b]  # all numbers are multiples of 1/8: exact
    assert engine.predict(Data(x))[:, 0].tolist() == t


def test_adaline_and_logistic_take_the_same_step():
    """w += (rate / p) sum (t - y) x for half_mse with linear, and cross-entropy with sigmoid."""
    x, t = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]]), np.array([1.0, 0.0, 1.0])
    for act, loss, f in [("linear", "half_mse", lambda z: z), ("sigmoid", "binary_crossentropy", formulas.sigmoid)]:
        engine = network(2, (1, act), params=[0.5, -0.25, 0.1], loss=loss)
        error = t - f(x @ [0.5, -0.25] + 0.1)
        steps(engine, Data(x, y=t[:, None]), 1, rate=0.3)
        expected = [*(np.array([0.5, -0.25]) + 0.3 / 3 * error @ x), 0.1 + 0.3 / 3 * error.sum()]
        np.testing.assert_allclose(engine.get_params(), expected, rtol=0, atol=16 * U)


def test_case_study_of_three_layers():
    """dE/dw by the deck's indices: E = (y - t)^2, sigmoids of 2, 2 units, then one linear unit."""
    engine = network(2, (2, "sigmoid"), (2, "sigmoid"), (1, "linear"), loss="mse", seed=5)
    x, t = np.array([[0.3, -0.7]]), 0.4
    _, layers = engine.trace(Data(x, y=np.array([[t]])))
    W1, _, W2, _, W3, _ = np.split(engine.get_params(), [4, 6, 10, 12, 14])
    W2, W3 = W2.reshape(2, 2), W3.reshape(2, 1)
    s2, s3, y = layers[0]["a"][0], layers[1]["a"][0], layers[2]["a"][0, 0]
    delta4 = 2 * (y - t)
    delta3 = [s3[j] * (1 - s3[j]) * W3[j, 0] * delta4 for j in range(2)]
    delta2 = [s2[j] * (1 - s2[j]) * sum(W2[j, k] * delta3[k] for k in range(2)) for j in range(2)]
    for i in range(2):
        np.testing.assert_allclose(layers[2]["dW"][i, 0], s3[i] * delta4, rtol=16 * U)
        for j in range(2):
            np.testing.assert_allclose(layers[1]["dW"][i, j], s2[i] * delta3[j], rtol=16 * U)
            np.testing.assert_allclose(layers[0]["dW"][i, j], x[0, i] * delta2[j], rtol=32 * U)
    np.testing.assert_allclose(layers[0]["db"], delta2, rtol=32 * U)
    assert W1.size == 4


# ---- formulas ----


def test_codes_are_those_of_the_kernels():
    header = (Path(__file__).parent.parent / "csrc/kernels/kernels.h").read_text()
    enums = ("activation", "ACT", ACTIVATIONS), ("loss", "LOSS", LOSSES), ("optimizer", "OPT", OPTIMIZERS)
    for word, prefix, table in enums:
        body = re.search(rf"enum {word} \{{(.*?)\}}", header, re.S).group(1)
        names = [name.lower() for name in re.findall(rf"{prefix}_(\w+)", body)]
        assert [*sorted(table, key=lambda name: table[name].code), "count"] == names
        assert [row.code for row in table.values()] == list(range(len(table)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_nan_and_type(name):
    row = ACTIVATIONS[name]
    for dtype in (np.float32, np.float64):
        z = np.array([[-2, -0.5, 0, 0.25, 3]], dtype)
        y = row.forward(z, row.default)
        d = row.backward(np.ones_like(y), z, y, row.default)
        assert y.dtype == d.dtype == row.derivative(z, y, row.default).dtype == dtype
        assert np.isnan(row.forward(np.array([[np.nan]], dtype), row.default)).all()


def test_values_at_the_kinks():
    zero = np.zeros((1, 1))
    for name, value, slope in [("step", 1, 0), ("sign", 1, 0), ("relu", 0, 0), ("leaky_relu", 0, 0.2), ("elu", 0, 1)]:
        row = ACTIVATIONS[name]
        y = row.forward(zero, row.default)
        assert (y.item(), row.derivative(zero, y, row.default).item()) == (value, slope), name
    z = np.array([[-1.0, -0.0, 0.0, 2.0]])
    assert ACTIVATIONS["step"].forward(z, 0.0).tolist() == [[0, 0, 0, 1]]
    assert ACTIVATIONS["sign"].forward(z, 0.5).tolist() == [[-1, 0.5, 0.5, 1]]
    assert ACTIVATIONS["relu"].derivative(z, np.maximum(z, 0), 0.25).tolist() == [[0, 0.25, 0.25, 1]]
    y, t = np.array([[1.0, 0.5, 0.0]]), np.array([[0.0, 0.5, 2.0]])
    assert loss_formulas.huber(y, t, 0.5).item() == pytest.approx((0.5 * 0.75 + 0 + 0.5 * 1.75) / 3, rel=4 * U)
    assert loss_formulas.mae_gradient(y, t, 1.0).tolist() == [[1 / 3, 0, -1 / 3]]
    assert loss_formulas.quantile_gradient(y, t, 0.25).tolist() == [[0.75 / 3, 0, -0.25 / 3]]
    assert loss_formulas.quantile_gradient(y, t, (0.25, 0.5, 0.75)).tolist() == [[0.75 / 3, 0, -0.75 / 3]]


def test_defaults_are_keras():
    given = {name: row.default for name, row in ACTIVATIONS.items() if row.parameter}
    assert given == {"step": 1.0, "sign": 1.0, "hard_sigmoid": 1 / 6, "relu": 0.0, "leaky_relu": 0.2, "elu": 1.0}


def test_large_arguments_do_not_overflow():
    z = np.array([[-800.0, 800.0]])
    for name, y in [
        ("softplus", [0, 800]),
        ("silu", [0, 800]),
        ("gelu", [0, 800]),
        ("mish", [0, 800]),
        ("softsign", [-800 / 801, 800 / 801]),
        ("relu6", [0, 6]),
        ("elu", [-1, 800]),
        ("softmax", [0, 1]),
    ]:
        identity = network(2, (2, name, {"alpha": 1.0, "use_bias": False}), params=[1, 0, 0, 1])
        _, layers = identity.trace(Data(z, y=np.zeros((1, 2))))
        assert layers[0]["y"].tolist() == [y], name
        assert np.isfinite(layers[0]["d"]).all(), name


def test_normal_distribution_is_accurate_far_left():
    """Against Laplace's continued fraction with 40 digits: Q(x) = density(x) / (x + 1/(x + 2/(x + ...)))."""
    for x in (-3.1, -5.7, -12.3, -25.123, -37.2):
        with localcontext() as context:
            context.prec = 40
            a = -Decimal(x)
            tail = a
            for k in range(400, 0, -1):
                tail = a + Decimal(k) / tail
            root_two_pi = Decimal("2.506628274631000502415765284811045253007")
            exact = float((-a * a / 2).exp() / root_two_pi / tail)
        # erfc is good to some ulp; without the correction the error here would be up to x^2 u = 1400 u.
        np.testing.assert_allclose(unary("normcdf", np.array([x])), exact, rtol=16 * U)
    assert unary("normcdf", np.array([-60.0, 0, 60, -np.inf, np.inf])).tolist() == [0, 0.5, 1, 0, 1]


def test_unary_rounds_once():
    x = np.linspace(-3, 3, 1001, dtype=np.float32)
    for name in ("exp", "tanh", "erf", "softplus"):
        y = unary(name, x)
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, unary(name, x.astype(float)).astype(np.float32))


# ---- losses, weights, penalties ----

Y, T = np.array([[0.2, 0.7], [0.9, 0.4]]), np.array([[0.0, 1.0], [1.0, 0.0]])
LOG = math.log
BY_HAND = {
    "mse": [(0.04 + 0.09) / 2, (0.01 + 0.16) / 2],
    "half_mse": [(0.04 + 0.09) / 4, (0.01 + 0.16) / 4],
    "mae": [(0.2 + 0.3) / 2, (0.1 + 0.4) / 2],
    "huber": [(0.02 + 0.25 * (0.3 - 0.125)) / 2, (0.005 + 0.25 * (0.4 - 0.125)) / 2],
    "poisson": [(0.2 + 0.7 - LOG(0.7000001)) / 2, (0.9 - LOG(0.9000001) + 0.4) / 2],
    "binary_crossentropy": [-(LOG(0.8) + LOG(0.7)) / 2, -(LOG(0.9) + LOG(0.6)) / 2],
    "categorical_crossentropy": [-LOG(0.7), -LOG(0.9)],
    "perceptron": [(0.2 + 0.3) / 2, (0.1 + 0.4) / 2],
    "quantile": [(0.75 * 0.2 + 0.25 * 0.3) / 2, (0.25 * 0.1 + 0.75 * 0.4) / 2],  # of level 1/4
    "half_poisson_deviance": [
        (0.2 + LOG(1.0000001 / 0.7000001) - 0.3) / 2,
        (LOG(1.0000001 / 0.9000001) - 0.1 + 0.4) / 2,
    ],
}


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_by_hand(loss):
    identity = network(2, (2, "linear", {"use_bias": False}), params=[1, 0, 0, 1], loss=loss, delta=0.25)
    weight = np.array([3.0, 0.5])
    np.testing.assert_allclose(identity.evaluate(Data(Y, y=T)).loss, sum(BY_HAND[loss]), rtol=32 * U)
    # Weights multiply; the divisor stays the number of rows. The penalty is not divided.
    expected = 3 * BY_HAND[loss][0] + 0.5 * BY_HAND[loss][1]
    np.testing.assert_allclose(identity.evaluate(Data(Y, y=T, weight=weight)).loss, expected, rtol=32 * U)
    np.testing.assert_allclose(identity.gradients(Data(Y, y=T, weight=weight))[0], expected / 2, rtol=32 * U)
    penal = network(2, (2, "linear", {"use_bias": True, "l2": 0.25}), params=[1, 0, 0, 1, 0, 0], loss=loss, delta=0.25)
    np.testing.assert_allclose(penal.gradients(Data(Y, y=T, weight=weight))[0], expected / 2 + 0.5, rtol=32 * U)
    np.testing.assert_allclose(penal.evaluate(Data(Y, y=T, weight=weight)).loss, expected + 1, rtol=32 * U)


@pytest.mark.parametrize(("output", "loss"), [("sigmoid", "binary"), ("softmax", "categorical")])
@pytest.mark.parametrize("smoothing", [0, 0.125])
def test_fused_cross_entropies_agree_with_the_plain_ones(output, loss, smoothing):
    """Where nothing is clipped, from z and by y are the same function."""
    engine = network(3, (4, output), loss=loss + "_crossentropy", smoothing=smoothing, seed=3)
    x, t = np.random.default_rng(4).normal(size=(6, 3)), np.eye(4)[[0, 1, 2, 3, 1, 1]]
    value, layers = engine.trace(Data(x, y=t))
    y, ways = layers[0]["y"], 2 if loss == "binary" else 4
    soft = t * (1 - smoothing) + smoothing / ways
    row = LOSSES[loss + "_crossentropy"]
    np.testing.assert_allclose(value, row.value(y, soft, 0).mean(), rtol=32 * U)
    plain = ACTIVATIONS[output].backward(row.gradient(y, soft, 0) / 6, layers[0]["z"], y, 0)
    np.testing.assert_allclose(layers[0]["d"], plain, atol=16 * U)


@pytest.mark.parametrize(("loss", "more"), [("poisson", 0), ("half_poisson_deviance", 1)])
def test_poisson_losses_of_exp_go_by_z(loss, more):
    """e^z - t z, and the deviance beyond its least value; by y it is the same function but for the shift of 1e-7."""
    engine = network(3, (4, "exp"), loss=loss, seed=3)
    x, t = np.random.default_rng(4).normal(size=(6, 3)), np.random.default_rng(5).poisson(1.0, (6, 4)).astype(float)
    value, layers = engine.trace(Data(x, y=t))
    z, y = layers[0]["z"], layers[0]["y"]
    least = t - t * np.log(np.where(t > 0, t, 1))
    assert (t == 0).any()
    np.testing.assert_allclose(value, (y - t * z - more * least).mean(), rtol=64 * U)
    np.testing.assert_allclose(layers[0]["d"], (y - t) / 24, atol=8 * U)
    row = LOSSES[loss]
    np.testing.assert_allclose(value, row.value(y, t, 0).mean(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(layers[0]["d"], row.gradient(y, t, 0) * y / 6, rtol=0, atol=1e-6)
    at_best = network(1, (1, "linear"), params=[0.0, 3.0], loss="half_poisson_deviance")
    assert at_best.evaluate(Data(np.zeros((1, 1)), y=np.array([[3.0]]))).loss == 0


def test_the_least_quantile_loss_is_at_the_quantile():
    """Of 0, 1, ..., 100 and the level 0.9: the slope by a constant output changes its sign at 90."""
    t = np.arange(101.0)[:, None]
    slope = [loss_formulas.quantile_gradient(np.full_like(t, y), t, 0.9).sum() for y in (89.5, 90.5, 91.0)]
    assert slope[0] < 0 < slope[1] < slope[2]
    engine = network(1, (3, "linear"), params=[0, 0, 0, 10, 50, 90], loss="quantile", delta=(0.1, 0.5, 0.9))
    _, layers = engine.trace(Data(np.zeros((101, 1)), y=np.repeat(t, 3, axis=1)))
    share = np.array([0.9 * 10 - 0.1 * 90, 0.5 * 50 - 0.5 * 50, 0.1 * 90 - 0.9 * 10]) / 3 / 101
    np.testing.assert_allclose(layers[0]["db"], share, rtol=0, atol=101 * U)


def test_fused_cross_entropies_do_not_saturate():
    for output, loss, label in [("sigmoid", "binary", [[1]]), ("softmax", "categorical", [[1, 0]])]:
        width = len(label[0])
        params = [1.0] + [0.0] * (2 * width - 1)
        engine = network(1, (width, output), params=params, loss=loss + "_crossentropy")
        value, gradient = engine.gradients(Data(np.array([[-800.0]]), y=np.array(label)))
        assert value == 800, output  # log(1 + e^800)
        assert gradient[width] == -1


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_plain_cross_entropies_are_flat_where_they_are_cut_off(loss):
    identity = network(4, (4, "linear", {"use_bias": False}), params=np.eye(4).ravel(), loss=loss)
    value, layers = identity.trace(Data(np.array([[-0.5, 0.5, 1.5, 1.0]]), y=np.array([[1.0, 1.0, 0.0, 0.0]])))
    assert layers[0]["d"][0, [0, 2, 3]].tolist() == [0, 0, 0]
    assert layers[0]["d"][0, 1] == (-0.5 if loss.startswith("binary") else -2)
    # -log 1e-7 for each output that is wholly wrong, log 2 for the middle one
    expected = (3 * LOG(1e7) + LOG(2)) / 4 if loss.startswith("binary") else LOG(1e7) + LOG(2)
    np.testing.assert_allclose(value, expected, rtol=1e-9)  # 1 - (1 - 1e-7) has ten digits


def test_labels_are_one_hot_targets():
    x, label = np.random.default_rng(0).normal(size=(7, 3)), np.array([0, 1, 2, 2, 1, 0, 2], np.int32)
    for loss in LOSSES:
        engine = network(3, (3, "softmax"), loss=loss)
        by_label, dense = engine.gradients(Data(x, label=label)), engine.gradients(Data(x, y=np.eye(3)[label]))
        assert by_label[0] == dense[0]
        np.testing.assert_array_equal(by_label[1], dense[1])


def test_metrics_by_hand():
    identity = network(2, (2, "linear", {"use_bias": False}), params=[1, 0, 0, 1])
    y = np.array([[0.2, 0.7], [0.9, 0.4], [0.6, 0.8], [0.5, 0.1]])
    t = np.array([[0, 1], [1, 0], [1, 0], [1, 0]])
    for kind, right in [("argmax", 3.0), ("binary", 1 + 1 + 0.5 + 0.5), ("none", 0.0)]:
        totals = identity.evaluate(Data(y, y=t), accuracy=kind)
        assert (totals.accuracy, totals.rows) == (right, 4)
        np.testing.assert_allclose(totals.mae, (0.5 + 0.5 + 1.2 + 0.6) / 2, rtol=16 * U)
        np.testing.assert_allclose(totals.mse, (0.13 + 0.17 + 0.8 + 0.26) / 2, rtol=16 * U)
    assert identity.evaluate(Data(y, y=t)).mae == 0  # not asked for


def test_evaluate_adds_up_over_blocks_and_training_batches():
    x = np.random.default_rng(2).normal(size=(2500, 3))
    data = Data(x, y=x[:, :2] > 0, weight=np.linspace(0, 2, 2500))
    engine = network(3, (4, "tanh", {"l2": 0.01}), (2, "sigmoid"), loss="binary_crossentropy")
    whole = engine.evaluate(data, accuracy="binary")
    loss, _ = engine.gradients(data)
    np.testing.assert_allclose(whole.loss / whole.rows, loss, rtol=2500 * U)
    assert engine.predict(data).shape == (2500, 2)
    totals = steps(engine, data, 1, rate=0.0, batch=700, accuracy="binary")  # rate 0: the same network throughout
    np.testing.assert_allclose(totals.loss, whole.loss, rtol=2500 * U)
    penalty = 0.01 * np.sum(engine.get_params()[:12] ** 2)  # of the first layer's 3 x 4 weights
    for sums in (totals, whole):
        np.testing.assert_allclose(sums.penalty, 2500 * penalty, rtol=2500 * U)
    assert (totals.rows, totals.accuracy) == (2500, whole.accuracy)


# ---- data as it lies ----


TYPES = ["b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", ">i4", ">f8", "<u2", ">f2"]


def test_all_types_and_layouts_give_the_same_prediction():
    whole = np.random.default_rng(0).integers(0, 100, (9, 4))
    engine = network(4, (3, "tanh"), (2, "linear"))
    expected = engine.predict(Data(whole.astype(float)))
    arrays = [whole.astype(code) for code in TYPES]
    arrays += [np.asfortranarray(whole), np.repeat(whole, 2, axis=1)[:, ::2], whole[::-1][::-1], whole.reshape(9, 2, 2)]
    for array in arrays:
        array.flags.writeable = False
        np.testing.assert_array_equal(engine.predict(Data(array)), expected, err_msg=str(array.dtype))


def test_scale_and_offset_are_applied_to_the_inputs():
    x = np.array([[0, 128, 255], [10, 20, 30]], np.uint8)
    scale, offset = np.array([0.5, 0.25, 1.0]), np.array([-1.0, 0.0, 2.0])
    scaled = network(3, (2, "tanh"), scale=scale, offset=offset)
    np.testing.assert_array_equal(scaled.predict(Data(x)), network(3, (2, "tanh")).predict(Data(x * scale + offset)))


def test_looks_over_a_whole_array():
    x = np.random.default_rng(0).normal(3, 2, (3000, 2, 2))
    mean, variance = moments(x)
    np.testing.assert_allclose(mean, x.reshape(-1, 4).mean(0), rtol=3000 * U)
    np.testing.assert_allclose(variance, x.reshape(-1, 4).var(0), rtol=3000 * U)
    assert first_outside(x, -1e9, 1e9) is None
    x[2001, 1, 0] = np.inf
    x[2001, 1, 1] = x[2002, 0, 0] = np.nan
    assert first_outside(x.astype(np.float16), -1e9, 1e9) == first_outside(x, -1e9, 1e9) == (2001, 2)
    assert first_outside(np.ones((2, 2), int), 1, 1) is None
