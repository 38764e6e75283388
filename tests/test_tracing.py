"""Traces: the bits of the step that is taken, the lectures' worked derivatives, and formulas that say what is true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from formula_reader import check_lines

from pynn import (
    SGD,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Dense,
    Dropout,
    Lion,
    Nadam,
    Network,
    Normalization,
    RMSprop,
    losses,
)
from pynn.activations import relu
from pynn.backend import load, pieces
from pynn.engine.data import Data
from pynn.engine.tables import ACTIVATIONS
from pynn.inspect import tracing

RNG = np.random.default_rng(11)
X, LABELS = RNG.normal(size=(7, 3)), np.array([0, 1, 1, 0, 1, 0, 1])
U = 2.0**-53
OPTIMIZERS = {
    "sgd": lambda: SGD(0.1),
    "decay": lambda: SGD(0.1, decay=0.5),
    "momentum": lambda: SGD(0.1, momentum=0.9),
    "nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "clipvalue": lambda: SGD(0.1, clipvalue=0.01),
    "clipnorm": lambda: SGD(0.1, momentum=0.9, clipnorm=0.02),
    "adam": lambda: Adam(0.02),
    "adam clipped": lambda: Adam(0.02, global_clipnorm=0.02),
    "adamw": lambda: AdamW(0.02, weight_decay=0.1),
    "amsgrad": lambda: Adam(0.02, amsgrad=True),
    "nadam": lambda: Nadam(0.02),
    "nadam decayed": lambda: Nadam(0.02, weight_decay=0.1, clipvalue=0.01),
    "adagrad": lambda: Adagrad(0.1),
    "adagrad decayed": lambda: Adagrad(0.1, weight_decay=0.1),
    "adamax": lambda: Adamax(0.02, clipnorm=0.05),
    "adamax decayed": lambda: Adamax(0.02, weight_decay=0.1),
    "lion": lambda: Lion(0.01),
    "lion decayed": lambda: Lion(0.01, weight_decay=0.1, global_clipnorm=0.1),
    "rmsprop": lambda: RMSprop(0.02),
    "rmsprop momentum": lambda: RMSprop(0.02, momentum=0.5),
    "rmsprop centered": lambda: RMSprop(0.02, momentum=0.5, centered=True),
}


def trained(engine: str, optimizer: Any, dtype: str = "float64", dropout: bool = False, **options: Any) -> Network:
    """Three epochs old, so that slots hold something."""
    drop = [Dropout(0.3)] if dropout else []
    layers = [Normalization(), Dense(4, "tanh", l2=0.01), *drop, Dense(2, "softmax", **options)]
    net = Network(layers, inputs=3, engine=engine, dtype=dtype, seed=9)
    net.compile(optimizer=optimizer)
    net.fit(X, LABELS, epochs=3, batch_size=3, verbose=0)
    return net


def same(found: Any, expected: Any) -> None:
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


# ---- to the bit ----


def slots_of(net: Network) -> dict[str, list[Any]]:
    engine: Any = net._core.engine
    return {name: pieces(engine.plan, flat) for name, flat in engine.get_slots().items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_trace_is_the_step(engine: str, dtype: str, make: Any) -> None:
    """Weights and slots before and after, to the bit, whatever the rule; the network itself stays as it was."""
    net = trained(engine, make(), dtype)
    before, memory = net.fingerprint(), net._core.engine.get_slots()
    trace = net.trace(X, LABELS)
    assert net.fingerprint() == before and trace.iteration == net.iteration == 9
    for name, slot in net._core.engine.get_slots().items():
        same(slot, memory[name])
    old, slots = (
        net.get_weights(),
        slots_of(net),
    )
    gradients = net.gradients(X, LABELS)
    net.train_on_batch(X, LABELS)
    new, after = (
        net.get_weights(),
        slots_of(net),
    )
    for k, layer in enumerate(trace.layers):
        assert set(layer.slots) == set(slots)
        for what, i in (("W", 2 * k), ("b", 2 * k + 1)):
            same(getattr(layer, what), old[i])
            same(getattr(layer, f"{what}_after"), new[i])
            same(getattr(layer, f"update_{what}"), new[i] - old[i])
            same(getattr(layer, f"d{what}"), gradients[i])
            for name, slot in layer.slots.items():
                same(getattr(slot, what), slots[name][i])
                same(getattr(slot, f"{what}_after"), after[name][i])
                if name != "h":  # the highest v may stay
                    assert np.any(getattr(slot, what) != getattr(slot, f"{what}_after"))


def test_dropout_is_off(engine: str) -> None:
    """A trace of a network with Dropout is that of the network without it."""
    net, plain = trained(engine, Adam(0.02), dropout=True), trained(engine, Adam(0.02))
    plain.set_weights(net.get_weights())
    plain._core.engine.set_slots(net._core.engine.get_slots())
    for layer, other in zip(net.trace(X, LABELS).layers, plain.trace(X, LABELS).layers, strict=True):
        for name in ("x", "z", "a", "delta", "dW", "W_after", "b_after"):
            same(getattr(layer, name), getattr(other, name))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", [name for name, row in ACTIVATIONS.items() if row.jacobian is None])
def test_every_number_on_the_way_has_the_core_s_bits(hidden: str, dtype: str) -> None:
    """x, z, a, phi', delta and dW against the core's own products: delta[1] is (delta[2] W[2]^T) phi'(z[1])."""
    native = pytest.importorskip("pynn.engine._native")
    x = np.random.default_rng(3).normal(2, 3, size=(100, 5))
    net = Network([Normalization(), Dense(20, hidden), Dense(3, "linear")], inputs=5, dtype=dtype, seed=4)
    net.compile(loss="mse")
    net.fit(x, x[:, :3], epochs=1, verbose=0)
    first, last = net.trace(x, x[:, :3]).layers
    same(first.z, native.product("forward", first.x, first.W, first.b))
    same(last.z, native.product("forward", first.a, last.W, last.b))
    same(last.a, last.z)
    back = native.product("inputs", last.delta, last.W)
    same(first.delta, back * first.derivative if hidden != "linear" else back)
    same(first.dW, native.product("weights", first.x, first.delta))
    same(last.dW, native.product("weights", last.x, last.delta))
    if hidden in native.UNARY:
        same(first.a, native.unary(hidden, first.z))
    alpha = net._core.engine.plan.layers[0].alpha
    exact = ACTIVATIONS[hidden].derivative(first.z.astype(float), first.a.astype(float), alpha)
    np.testing.assert_allclose(first.derivative, exact, rtol=0, atol=8 * np.finfo(dtype).eps)  # and it is phi'


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("limit", ["clipvalue", "clipnorm", "global_clipnorm"])
def test_the_clipped_gradient_is_what_the_optimizer_gets(engine: str, dtype: str, limit: str) -> None:
    """The first velocity is -1/8 of it, exactly."""
    net = Network([Dense(4, "tanh", use_bias=False), Dense(2)], inputs=3, engine=engine, dtype=dtype, seed=9)
    net.compile(loss="mse", optimizer=SGD(0.125, momentum=0.9, **{limit: 0.05}))
    first, last = net.trace(X, X[:, :2]).layers
    assert first.b is first.db is first.clipped_b is first.slots["v"].b_after is None
    for found, clipped, gradient in (
        (first.slots["v"].W_after, first.clipped_W, first.dW), (last.slots["v"].W_after, last.clipped_W, last.dW),
        (last.slots["v"].b_after, last.clipped_b, last.db),
    ):  # fmt: skip
        same(found, -0.125 * clipped)
        assert (
            np.abs(clipped).max() <= 0.05 * (1 + 4 * np.finfo(dtype).eps)
            and (np.sign(clipped) == np.sign(gradient)).all()
        )
    if limit == "clipnorm":
        ratio = np.linalg.norm(first.dW.astype(float)) / 0.05
        np.testing.assert_allclose(first.clipped_W * ratio, first.dW, rtol=20 * np.finfo(dtype).eps)


def test_a_step_that_cannot_be_taken(engine: str) -> None:
    net = Network([Dense(2), Dense(1)], inputs=1, engine=engine)
    net.compile(loss="mse", optimizer=SGD(1e30, momentum=0.5, clipvalue=1e30))
    net.set_weights([[[1e5, 1.0]], [0.0, 0.0], [[1e5], [1.0]], [0.0]])
    layer = net.trace([[1e8]], [0.0]).layers[0]
    assert np.isnan(layer.W_after).all() and np.isnan(layer.slots["v"].W_after).all() and np.isfinite(layer.z).all()
    assert "nan" in str(net.trace([[1e8]], [0.0]))


# ---- the lectures' derivatives, by hand: explicit sums over indices ----


def test_deltas_by_index_sums() -> None:
    """delta_i = phi'(z_i) times the sum over k of w_ki delta_k above, in 2, 3, 2 units (S3's examples)."""
    net = Network([Dense(3, "sigmoid"), Dense(2, "tanh"), Dense(2, "sigmoid")], inputs=2, dtype="float64", seed=1)
    net.compile(loss=losses.HalfMeanSquaredError(outputs="sum"), optimizer=SGD(0.5))
    y = np.array([[1.0, 0.0]])
    sheet = net.trace([[0.4, -0.7]], y).show(delta="descent", samples="columns")
    a, da, d = ([sheet[name, n][:, 0] for n in (1, 2, 3)] for name in ("a", "slope", "delta"))
    w = [sheet["W", n] for n in (1, 2, 3)]  # w[i, j] leads from unit j to unit i, as S3 writes it
    for i in range(2):
        assert d[2][i] == pytest.approx((y[0, i] - a[2][i]) * a[2][i] * (1 - a[2][i]), rel=8 * U)
    assert d[1][0] == pytest.approx((w[2][0, 0] * d[2][0] + w[2][1, 0] * d[2][1]) * da[1][0], rel=64 * U)
    assert d[0][1] == pytest.approx(sum(w[1][k, 1] * d[1][k] for k in range(2)) * da[0][1], rel=64 * U)
    for l, (n, below) in enumerate(((1, sheet["a", 0][:, 0]), (2, a[0]), (3, a[1]))):
        for i in range(len(d[l])):
            assert sheet["db", n][i, 0] == d[l][i]
            for j in range(len(below)):
                assert sheet["dW", n][i, j] == pytest.approx(d[l][i] * below[j], rel=2 * U)
                assert sheet["W after", n][i, j] == pytest.approx(w[l][i, j] + 0.5 * d[l][i] * below[j], rel=4 * U)


def test_case_study_of_three_layers() -> None:
    """S0: two units in layer 3, one linear output, E = (ybar - y)^2; the inputs pass a sigmoid, too."""
    I1 = np.array([0.3, -0.8, 0.5])
    x = 1 / (1 + np.exp(-I1))
    net = Network([Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(1)], inputs=3, dtype="float64", seed=2)
    net.compile(loss="mse")
    y = 0.7
    second, third, out = net.trace([x], [y]).layers
    s2, s3, ybar = second.a[0], third.a[0], out.a[0, 0]
    prime2, prime3 = s2 * (1 - s2), s3 * (1 - s3)
    d4 = 2 * (ybar - y)
    d3 = [prime3[j] * out.W[j, 0] * d4 for j in range(2)]
    assert net.trace([x], [y]).loss == pytest.approx((ybar - y) ** 2, rel=16 * U)
    for i in range(2):
        assert out.dW[i, 0] == pytest.approx(s3[i] * d4, rel=64 * U)
    for i in range(3):
        for j in range(2):
            assert third.dW[i, j] == pytest.approx(s2[i] * prime3[j] * out.W[j, 0] * d4, rel=64 * U)
        for j in range(3):
            above = sum(third.W[j, k] * d3[k] for k in range(2))
            assert second.dW[i, j] == pytest.approx(x[i] * prime2[j] * above, rel=256 * U)


def test_accumulators_over_rows(engine: str) -> None:
    """S1: Delta_ij += a_j delta_i for every example, then D = (Delta + lambda theta) / m, without lambda for biases."""
    rows, l2 = len(X), 0.3
    net = Network(
        [Dense(4, "sigmoid", l2=l2 / (2 * rows)), Dense(1, "sigmoid")], inputs=3, engine=engine, dtype="float64"
    )
    y = LABELS.astype(float)
    trace = net.trace(X, y)
    first, last = trace.layers
    Delta1, Delta2, bias1, bias2 = np.zeros((4, 3)), np.zeros((1, 4)), np.zeros(4), np.zeros(1)
    for r in range(rows):
        d2 = last.a[r] - y[r]  # delta^L = a - y: the sigmoid's slope and the logarithm's cancel
        d1 = last.W[:, 0] * d2[0] * first.a[r] * (1 - first.a[r])
        for i in range(4):
            for j in range(3):
                Delta1[i, j] += X[r, j] * d1[i]
            Delta2[0, i] += first.a[r, i] * d2[0]
        bias1, bias2 = bias1 + d1, bias2 + d2
    theta = first.W.T
    sheet = trace.show(samples="columns")
    for found, by_hand in (
        (sheet["dW", 1], (Delta1 + l2 * theta) / rows), (sheet["dW", 2], Delta2 / rows),
        (sheet["db", 1][:, 0], bias1 / rows), (sheet["db", 2][:, 0], bias2 / rows),
    ):  # fmt: skip
        np.testing.assert_allclose(found, by_hand, rtol=0, atol=64 * U)  # sums of 7 terms below 1, ten roundings each


def test_logistic_regression_node_by_node() -> None:
    """S4: dL/da, dL/dz = a - y, dL/dw = x (a - y), dL/db = a - y, written out; and as drawn."""
    net = Network([Dense(1, "sigmoid")], inputs=2, dtype="float64", seed=1)
    net.set_weights([[[0.5], [-0.25]], [0.1]])
    trace = net.trace([[1.0, 2.0]], [1])
    z = 0.5 - 0.5 + 0.1
    a = 1 / (1 + np.exp(-z))
    layer = trace.layers[0]
    assert layer.a[0, 0] == pytest.approx(a, rel=4 * U) and layer.delta[0, 0] == pytest.approx(a - 1, rel=8 * U)
    assert layer.dW[:, 0] == pytest.approx([a - 1, 2 * (a - 1)], rel=8 * U)
    svg = trace.graph().svg
    for number in (a, a - 1, 2 * (a - 1), -1 / a, -np.log(a), 0.5 * (a - 1), -0.25 * (a - 1)):
        assert f">{number:.4g}<".replace("-", "−") in svg


# ---- sheets ----


@pytest.mark.parametrize("delta", ["gradient", "descent"])
@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_formulas_are_true(make: Any, delta: str, samples: str) -> None:
    """What stands right of = and <- gives the numbers that stand beside it, in each convention and for each rule."""
    trace = trained("reference", make()).trace(X, LABELS)
    assert check_lines(trace.show(delta, samples), trace) >= 14


@pytest.mark.parametrize("delta", ["gradient", "descent"])
@pytest.mark.parametrize(
    ("loss", "end"),
    [
        (losses.MeanSquaredError(), "tanh"), (losses.MeanSquaredError(outputs="sum"), "linear"),
        (losses.HalfMeanSquaredError(), "sigmoid"), (losses.BinaryCrossentropy(), "sigmoid"),
        (losses.BinaryCrossentropy(outputs="sum", label_smoothing=0.2), "sigmoid"),
        (losses.CategoricalCrossentropy(label_smoothing=0.2), "softmax"), (losses.Perceptron(), "step"),
        (losses.Poisson(), "exp"), (losses.HalfPoissonDeviance(outputs="sum"), "exp"),
    ],
    ids=lambda value: str(value),
)  # fmt: skip
@pytest.mark.parametrize("weighted", [False, True])
def test_output_deltas_are_true(loss: Any, end: str, delta: str, weighted: bool) -> None:
    """delta of the last layer, for each loss that has a formula of its own; with weights of rows and without."""
    net = Network([Dense(4, "tanh"), Dense(2, end)], inputs=3, dtype="float64", engine="reference", seed=9)
    net.compile(loss=loss, optimizer="sgd")
    trace = net.trace(X, np.eye(2)[LABELS], sample_weight=np.arange(1.0, 8) if weighted else None)
    sheet = trace.show(delta)
    formula = next(line.right for section in sheet.sections for line in section.lines if line.name == "delta")
    assert "a^{[2]}" in formula and "partial" not in formula and ("c " in formula) == weighted
    assert check_lines(sheet, trace) >= 12


def test_other_losses_say_less() -> None:
    for loss, end, words in (
        ("mae", "tanh", r"\partial L/\partial a^{[2]} \odot"),
        ("mse", "softmax", r"/\partial z^{[2]}"),
        ("quantile", "linear", r"\partial L/\partial a^{[2]} \odot"),
        ("half_poisson_deviance", "softplus", r"\partial L/\partial a^{[2]} \odot"),
    ):
        net = Network([Dense(3, "softmax"), Dense(2, end)], inputs=3)
        net.compile(loss=loss)
        lines = [
            line for s in net.trace(X, np.eye(2)[LABELS]).show().sections for line in s.lines if line.name == "delta"
        ]
        assert words in lines[0].right and r"\partial a^{[1]}/\partial z^{[1]}" in lines[1].right


@pytest.mark.parametrize("weights", [np.arange(1.0, 8), np.full(7, 2.5), None], ids=["different", "equal", "none"])
@pytest.mark.parametrize("delta", ["gradient", "descent"])
def test_a_trace_by_weight(engine: str, delta: str, weights: Any) -> None:
    """Where loss and penalty are divided by the sum of the weights, the sheet says so, and its formulas hold."""
    net = trained(engine, SGD(0.1, momentum=0.9))
    module, plan = load(engine), replace(net._core.engine.plan, by_weight=True)
    data = Data(X, label=LABELS.astype(np.int32), weight=weights)
    core, copy = (module.Engine(plan) for _ in range(2))
    for each in (core, copy):
        each.set_params(net._core.engine.get_params())
    mass = 7.0 if weights is None else weights.sum()
    trace = tracing.trace(core, copy, plan, data, np.array([0.1]), module)
    assert trace.mass == mass and trace.share.sum() == pytest.approx(1, rel=8 * U)
    assert trace.loss == core.gradients(data)[0]
    sheet = trace.show(delta)
    assert check_lines(sheet, trace) >= 14
    text = str(sheet)
    assert "by weight, and the l2 penalty / m" in text and "2 lambda W[1] / m" in text
    assert sheet["m", 0] == mass and ("c = weight / m" in text) == (weights is not None and len(set(weights)) > 1)
    mean = trained(engine, SGD(0.1, momentum=0.9)).trace(X, LABELS).show(delta)
    assert " m" not in mean.sections[2].lines[0].right and "by weight" not in str(mean)


def test_what_a_title_says() -> None:
    """A loss's parameter; an activation's, but not a convention that was not asked for."""
    for activation, words in (("relu", "phi = relu\n"), (relu(at_zero=1), "phi = relu, at_zero 1\n")):
        net = Network([Dense(2, activation)], inputs=3)
        net.compile(loss=losses.Quantile([0.1, 0.9]))
        text = str(net.trace(X, np.eye(2)[LABELS]))
        assert words in text and "Loss: quantile (pinball) loss, q = 0.1, 0.9, mean over 7 rows" in text


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_slope_at_0(engine: str, dtype: str) -> None:
    """z = 0 in hidden and output layers: phi' is what was said, to the left it is 0, to the right 1."""
    for at_zero in (0.0, 0.5, 1.0):
        layer = Dense(3, relu(at_zero), use_bias=False)
        net = Network([layer, layer], inputs=3, dtype=dtype, engine=engine)
        net.set_weights([np.eye(3), np.eye(3)])
        net.compile(loss=losses.MeanAbsoluteError(outputs="sum"), optimizer=SGD(1.0))
        first, last = net.trace([[-1.0, 0.0, 2.0]], [[-5.0, -5.0, -5.0]]).layers
        assert last.derivative.tolist() == [[at_zero, at_zero, 1]] and last.delta.tolist() == [[at_zero, at_zero, 1]]
        assert first.derivative.tolist() == [[0, at_zero, 1]] and first.delta.tolist() == [[0, at_zero**2, 1]]
        net.train_on_batch([[-1.0, 0.0, 2.0]], [[-5.0, -5.0, -5.0]])
        assert net.get_weights()[0].tolist() == [[1, at_zero**2, 1], [0, 1, 0], [0, -2 * at_zero**2, -1]]
        assert net.predict([[-1.0, 0.0, 2.0]]).min() == 0


def test_conventions_are_the_same_trace(engine: str) -> None:
    trace = trained(engine, SGD(0.1)).trace(X, LABELS)
    plain, other = trace.show(), trace.show(delta="descent", samples="columns")
    for name, sign in (("z", 1), ("a", 1), ("W", 1), ("b", 1), ("slope", 1), ("delta", -1), ("dW", -1), ("db", -1)):
        for n in (1, 2):
            np.testing.assert_array_equal(other[name, n], sign * plain[name, n].T)
    assert other["W", 1].shape == (4, 3) and other["b", 1].shape == (4, 1) and plain["b", 1].shape == (1, 4)
    text = str(other)
    for formula in (
        "delta[2] = (y - a[2]) / 7", "delta[1] = (W[2]^T delta[2]) * phi'(z[1])", "z[2] = W[2] a[1] + b[2]",
        "W[2] <- W[2] + eta delta[2] a[1]^T", "b[2] <- b[2] + eta sum_i delta_i[2]",
        "-dL/dW[1] = delta[1] a[0]^T - 2 lambda W[1]", "W[1] <- W[1] + eta (-dL/dW[1])",
    ):  # fmt: skip
        assert formula in text
    assert repr(trace) == str(trace) == str(trace.show()) and "delta[1] = (delta[2] W[2]^T) * phi'(z[1])" in str(trace)
    with pytest.raises(KeyError, match="there are"):
        plain["w", 1]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"delta": "decent"}, ValueError, "delta: 'decent' is unknown.*Did you mean 'descent'"),
        ({"samples": "row"}, ValueError, "samples: 'row' is unknown"),
        ({"samples": 1}, TypeError, "samples: 1 is a int"),
        ({"digits": 0}, ValueError, "digits: 0 is not possible; expected an integer from 1 to 17"),
    ],
)
def test_wrong_conventions_are_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    trace = Network([Dense(1)], inputs=1).trace([[1.0]], [1.0])
    with pytest.raises(error, match=words):
        trace.show(**options)


def test_both_engines_offer_the_same() -> None:
    """What probing asks of an engine, both can answer."""
    pytest.importorskip("pynn.engine._native")
    found = [trained(engine, Adam(0.02, clipnorm=0.1)) for engine in ("reference", "native")]
    found[1].set_weights(found[0].get_weights())
    one, two = (net.trace(X, LABELS).layers[0] for net in found)
    for name in ("x", "derivative", "clipped_W"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=0, atol=64 * U)
    assert load("native") is not load("reference")
