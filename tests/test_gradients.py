"""The reference engine's float64 gradients against 4th-order central differences of its loss, for every
activation (hidden and output) with every loss, and for penalties, weights, smoothing and dropout.

D(h) = [8 (L(h) - L(-h)) - (L(2h) - L(-2h))] / 12h misses L' by h^4 L^(5)/30 and by rounding. The tolerance is
derived from the numbers themselves: D(2h) misses by 16 times as much as D(h), so |D(2h) - D(h)| bounds the first
part generously; each loss carries a relative error of at most TERMS u, and 18/12h of it reaches D(h). A guard keeps
that tolerance below 1e-7 of the gradient, so that a wrong gradient cannot hide in it, and the gradient above zero.

Kinks (relu at 0, |y - t| at 0, ...) are kept out by construction: of a few seeds, the first is taken whose every z
and y - t stays 0.03 away from them; the differences move no z by more than 0.01."""

from dataclasses import replace

import numpy as np
import pytest

from pynn.engine.data import Data
from pynn.engine.plan import LayerPlan, build_plan
from pynn.engine.reference import Engine
from pynn.engine.tables import ACTIVATIONS, LOSSES

H = 1e-3
TERMS = 200  # roundings on the way from a weight to the loss, generously: three layers of at most 5 terms, 5 rows, exp
MARGIN = 0.03
KINKS = {  # of activations: places in z where the derivative, or the function, jumps
    "step": [0.0], "sign": [0.0], "hard_sigmoid": [-3.0, 3.0], "relu": [0.0], "leaky_relu": [0.0],
    "elu": [0.0], "selu": [0.0], "softsign": [0.0],  # elu's and softsign's second derivatives jump
    "relu6": [0.0, 6.0],
}  # fmt: skip
COUNTS = ("poisson", "half_poisson_deviance")
FLAT = ("step", "sign")  # derivative 0 everywhere: nothing reaches the layers below
DELTA = 0.5


def clear_of(values, kinks):
    return all(np.abs(values - kink).min() > MARGIN for kink in kinks)


def is_smooth(engine, data):
    """No kink of an activation or of the loss within MARGIN."""
    _, layers = engine.trace(data)
    for layer, found in zip(engine.plan.layers, layers, strict=True):
        if not clear_of(found["z"], KINKS.get(layer.activation, [])):
            return False
    loss, last, y = engine.plan.loss, engine.plan.layers[-1].activation, layers[-1]["y"]
    t = data.y if data.y is not None else np.eye(engine.plan.outputs)[data.label]
    if loss in ("mae", "quantile") and not clear_of(y - t, [0.0]):
        return False
    if loss == "huber" and not clear_of(np.abs(y - t), [DELTA]):
        return False
    if loss in ("binary_crossentropy", "categorical_crossentropy"):  # logarithms, cut off at 0 and 1
        return last in FLAT or bool((y > MARGIN).all() and (y < 1 - MARGIN).all())
    return loss not in COUNTS or last in FLAT or bool((y > MARGIN).all())


def example(hidden, output, loss, labels=False, rows=5, **options):
    """3 inputs, 4 hidden units, 3 outputs; outputs start near 1/4, inside (0, 1), so that every loss is defined."""
    layer_options = options.pop("layer_options", {})
    layers = [
        LayerPlan(0, 4, hidden, ACTIVATIONS[hidden].default, **layer_options),
        LayerPlan(0, 3, output, ACTIVATIONS[output].default, l2=layer_options.get("l2", 0.0)),
    ]
    plan = build_plan(3, layers, loss=loss, delta=DELTA, dtype="float64", **options)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        engine = Engine(plan)
        W1, b1 = rng.uniform(-1, 1, 12), rng.uniform(-0.5, 0.5, 4)
        W2, b2 = rng.uniform(-0.15, 0.15, 12), rng.uniform(0.2, 0.4, 3)
        b2 = np.log(b2) if output == "exp" else b2
        engine.set_params(np.concatenate([W1, b1, W2, b2]))
        x = rng.uniform(-1, 1, (rows, 3))
        label = rng.integers(0, 3, rows).astype(np.int32)
        if labels:
            data = Data(x, label=label)
        elif loss == "categorical_crossentropy" or rng.integers(2):
            data = Data(x, y=np.eye(3)[label])
        else:
            data = Data(x, y=rng.uniform(0, 1, (rows, 3)))
        if is_smooth(engine, data):
            return engine, data
    raise AssertionError("no seed stays clear of the kinks")


def loss_of(engine, data, epoch):
    if epoch >= 0:
        return engine.gradients(data, epoch=epoch)[0]
    totals = engine.evaluate(data)  # the same loss without the way back; check() compares the two
    return totals.loss / totals.rows


def differences(engine, data, epoch):
    """4th-order central differences of the loss by every parameter, with steps H and 2 H."""
    start, fine, coarse = engine.get_params(), [], []
    for i in range(len(start)):
        rise = []  # L(s) - L(-s) for s = H, 2 H, 4 H
        for shift in (H, 2 * H, 4 * H):
            moved = start.copy()
            moved[i] += shift
            engine.set_params(moved)
            above = loss_of(engine, data, epoch)
            moved[i] = start[i] - shift
            engine.set_params(moved)
            rise.append(above - loss_of(engine, data, epoch))
        fine.append((8 * rise[0] - rise[1]) / (12 * H))
        coarse.append((8 * rise[1] - rise[2]) / (24 * H))
    engine.set_params(start)
    return np.array(fine), np.array(coarse)


def check(engine, data, epoch=-1, gradient=None, flat=False):
    """Raise AssertionError unless the engine's gradient (or the given one) is the slope of its loss."""
    loss, own = engine.gradients(data, epoch=epoch)
    gradient = own if gradient is None else gradient
    fine, coarse = differences(engine, data, epoch)
    assert abs(loss - loss_of(engine, data, epoch)) <= TERMS * 2.0**-53 * abs(loss)
    tolerance = np.abs(coarse - fine) + 18 / (12 * H) * TERMS * 2.0**-53 * abs(loss)
    size = np.abs(own).max()
    if flat:
        assert size == 0
    else:
        assert tolerance.max() < 1e-7 * max(size, 1), "the differences prove nothing"
        assert size > 1e-3
        last = engine.plan.layers[-1]
        assert np.abs(own[last.b :]).min() > 0, "an output bias has no gradient"
        if engine.plan.layers[0].activation not in FLAT:
            assert np.count_nonzero(own[: engine.plan.layers[1].w]) > 8, "nothing reaches the first layer"
    assert (np.abs(gradient - fine) <= tolerance).all(), np.abs(gradient - fine).max()


# The perceptron's rule is no gradient of any loss (tested below); all other losses are here.
REAL_LOSSES = [loss for loss in LOSSES if loss != "perceptron"]


@pytest.mark.parametrize("loss", REAL_LOSSES)
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_every_output_with_every_loss(output, loss):
    engine, data = example("tanh", output, loss)
    check(engine, data, flat=output in FLAT)


@pytest.mark.parametrize(
    ("output", "loss"), [("linear", "mse"), ("sigmoid", "binary_crossentropy"), ("softmax", "huber")]
)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_hidden_activation(hidden, output, loss):
    check(*example(hidden, output, loss))


@pytest.mark.parametrize("loss", REAL_LOSSES)
def test_labels(loss):
    check(*example("silu", "softmax", loss, labels=True))


def test_targets_of_any_sum():
    """Softmax with cross-entropy: y - t is the gradient only where the targets of a row add up to 1."""
    engine, data = example("tanh", "softmax", "categorical_crossentropy")
    data.y = np.random.default_rng(1).uniform(0, 2, (5, 3))
    check(engine, data)
    _, layers = engine.trace(data)
    assert np.abs(layers[1]["d"] - (layers[1]["y"] - data.y) / 5).max() > 0.01


@pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax"])
@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_smoothing(output, loss):
    check(*example("tanh", output, loss, smoothing=0.2))


@pytest.mark.parametrize("loss", REAL_LOSSES)
def test_penalty_and_weights(loss):
    engine, data = example("tanh", "sigmoid", loss, layer_options={"l2": 0.1})
    data.weight = np.array([0.0, 3.0, 0.5, 1.0, 2.0])
    check(engine, data)
    # The penalty's part is 2 l2 W, and nothing for biases.
    without, _ = example("tanh", "sigmoid", loss)
    without.set_params(engine.get_params())
    part = engine.gradients(data)[1] - without.gradients(data)[1]
    expected = 0.2 * engine.get_params()
    expected[12:16] = expected[28:] = 0
    np.testing.assert_allclose(part, expected, atol=8 * 2.0**-53)


@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.3), (0.3, 0.5)])
def test_dropout_with_its_mask_held(rates):
    before, after = rates
    options = {"input_dropout": before, "layer_options": {"dropout": after}, "seed": 3}
    engine, data = example("tanh", "sigmoid", "binary_crossentropy", rows=12, **options)
    check(engine, data, epoch=2)
    assert not np.array_equal(engine.gradients(data)[1], engine.gradients(data, epoch=2)[1])


def test_without_bias():
    plan = build_plan(3, [LayerPlan(0, 4, "tanh", use_bias=False), LayerPlan(0, 2, "linear")], dtype="float64")
    engine = Engine(plan)
    rng = np.random.default_rng(0)
    engine.set_params(rng.uniform(-1, 1, plan.n_params))
    assert plan.n_params == 12 + 8 + 2
    check(engine, Data(rng.uniform(-1, 1, (5, 3)), y=rng.uniform(0, 1, (5, 2))))


def test_hidden_softmax_is_not_its_diagonal():
    """The units of a softmax are coupled: the check sees it when they are taken one by one."""
    engine, data = example("softmax", "linear", "mse")
    _, layers = engine.trace(data)
    W2 = engine.get_params()[16:28].reshape(4, 3)
    y = layers[0]["y"]
    d = (layers[1]["d"] @ W2.T) * y * (1 - y)
    wrong = engine.gradients(data)[1]
    wrong[:12] = (data.x.T @ d).ravel()
    with pytest.raises(AssertionError):
        check(engine, data, gradient=wrong)


@pytest.mark.parametrize("loss", ["mse", "half_mse", "mae", "huber", "poisson", "binary_crossentropy"])
def test_sums_over_outputs(loss):
    """The gradient's differences, and: as many times the mean as there are outputs."""
    engine, data = example("tanh", "sigmoid", loss)
    check(*example("tanh", "sigmoid", loss, sum_outputs=True))
    summed, _ = example("tanh", "sigmoid", loss, sum_outputs=True)
    mean, total = engine.gradients(data), summed.gradients(data)
    np.testing.assert_allclose(total[0], 3 * mean[0], rtol=1e-14)
    np.testing.assert_allclose(total[1], 3 * mean[1], rtol=1e-12, atol=1e-16)


def test_by_weight():
    """Divided by the sum of the weights, the penalty too: so their unit does not show in the loss of the rows."""
    engine, data = example("tanh", "sigmoid", "mse", layer_options={"l2": 0.1}, by_weight=True)
    data.weight = np.array([0.5, 2.0, 0.0, 1.0, 4.0])
    check(engine, data, epoch=0)
    plain = Engine(replace(engine.plan, by_weight=False))
    plain.set_params(engine.get_params())
    mass = data.weight.sum()
    share = replace(data, weight=data.weight * len(data.weight) / mass)
    W = [engine.get_params()[:12], engine.get_params()[16:28]]
    penalty = 0.1 * sum(float(np.sum(w * w)) for w in W)
    expected = plain.gradients(share)[0] + penalty * (1 / mass - 1)
    np.testing.assert_allclose(engine.gradients(data)[0], expected, rtol=1e-14)


@pytest.mark.parametrize("output", ["linear", "step", "sigmoid", "softmax"])
def test_perceptron_passes_the_error_on_undivided(output):
    """d = weight (y - t) / B at z, whatever the activation; below that it is ordinary backpropagation."""
    engine, data = example("tanh", output, "perceptron")
    data.weight = np.array([1.0, 2.0, 3.0, 0.5, 0.0])
    _, layers = engine.trace(data)
    expected = (layers[1]["y"] - data.y) * data.weight[:, None] / 5
    np.testing.assert_allclose(layers[1]["d"], expected, rtol=8 * 2.0**-53)
    a, d = layers[0]["a"], layers[1]["d"]
    np.testing.assert_allclose(layers[1]["dW"], a.T @ d, atol=16 * 2.0**-53)
    W2 = engine.get_params()[16:28].reshape(4, 3)
    np.testing.assert_allclose(layers[0]["d"], (d @ W2.T) * (1 - a * a), atol=16 * 2.0**-53)


# ---- tests of the test: known mistakes are caught ----


def broken(mistake, engine, data):
    _, layers = engine.trace(data)
    gradient = engine.gradients(data)[1]
    for layer, found in zip(engine.plan.layers, layers, strict=True):
        b = slice(layer.b, layer.b + layer.outputs)
        w = slice(layer.w, layer.b)
        if mistake == "bias summed over all units":
            gradient[b] = found["d"].sum()
        elif mistake == "bias not summed over rows":
            gradient[b] = found["d"][0]
        elif mistake == "sign":
            gradient[w] *= -1
        elif mistake == "transposed" and layer.inputs == layer.outputs:
            gradient[w] = found["dW"].T.ravel()
        elif mistake == "a factor of two":
            gradient[w] *= 2
        elif mistake == "one part in a million":
            gradient[w] *= 1 + 1e-6
        elif mistake == "zero":
            gradient[:] = 0
    return gradient


@pytest.mark.parametrize(
    "mistake",
    ["bias summed over all units", "bias not summed over rows", "sign", "transposed", "a factor of two",
     "one part in a million", "zero"],
)  # fmt: skip
def test_known_mistakes_are_caught(mistake):
    plan = build_plan(3, [LayerPlan(0, 3, "tanh"), LayerPlan(0, 3, "sigmoid")], dtype="float64")
    engine = Engine(plan)
    rng = np.random.default_rng(0)
    engine.set_params(rng.uniform(-1, 1, plan.n_params))
    data = Data(rng.uniform(-1, 1, (5, 3)), y=rng.uniform(0, 1, (5, 3)))
    check(engine, data)
    with pytest.raises(AssertionError):
        check(engine, data, gradient=broken(mistake, engine, data))
