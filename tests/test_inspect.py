"""Traces, gradient checks, summaries, fingerprints: right, readable, and without a trace in the network."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import SGD, Adam, Dense, Dropout, Network, Rescaling, losses
from pynn.activations import get as activation
from pynn.assembly import without_dropout
from pynn.backend import load
from pynn.engine.data import Data
from pynn.engine.tables import ACTIVATIONS
from pynn.inspect.gradcheck import check_gradients

X = np.random.default_rng(5).normal(size=(6, 3))
LABELS = np.array([0, 1, 1, 0, 1, 0])


def network(engine: str, hidden: str = "tanh", dtype: str = "float64") -> Network:
    layers = [Rescaling(0.5, 0.1), Dense(4, hidden, l2=0.01), Dropout(0.4), Dense(2, "softmax")]
    net = Network(layers, inputs=3, engine=engine, dtype=dtype, seed=9)
    net.compile(optimizer=SGD(0.1, momentum=0.9))
    return net


# ---- trace ----


def test_trace_by_hand(engine: str) -> None:
    """All numbers of a step as the lecture writes them; dropout is off."""
    net = network(engine)
    t = net.trace(X, LABELS)
    W1, b1, W2, b2 = net.weights
    x = X * 0.5 + 0.1
    z1 = x @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    a2 = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    d2 = (a2 - np.eye(2)[LABELS]) / 6
    d1 = d2 @ W2.T * (1 - a1**2)
    first, last = t.layers
    expected = [
        (first.x, x), (first.z, z1), (first.a, a1), (first.derivative, 1 - a1**2), (first.delta, d1),
        (first.dW, x.T @ d1 + 0.02 * W1), (first.db, d1.sum(axis=0)), (last.x, a1), (last.z, z2), (last.a, a2),
        (last.derivative, a2 * (1 - a2)), (last.delta, d2), (last.dW, a1.T @ d2), (last.db, d2.sum(axis=0)),
        (last.update_W, -0.1 * last.dW), (first.update_b, -0.1 * first.db), (first.W, W1), (last.b, b2),
    ]  # fmt: skip
    for found, by_hand in expected:  # sums of at most 6 terms below 4, some 10 roundings each
        np.testing.assert_allclose(found, by_hand, rtol=0, atol=300 * 2.0**-53)
    loss = -np.log(a2[np.arange(6), LABELS]).mean() + 0.01 * (W1**2).sum()
    assert t.loss == pytest.approx(loss, rel=1e-13)


def test_trace_changes_nothing_and_foretells_the_step(engine: str) -> None:
    net = Network([Dense(4, "tanh"), Dense(2, "softmax")], inputs=3, engine=engine, seed=9)
    net.compile(optimizer=Adam(0.01))
    net.fit(X, LABELS, epochs=2, verbose=0)
    before = net.fingerprint(), net.iteration
    t = net.trace(X, LABELS)
    assert (net.fingerprint(), net.iteration) == before
    W = net.weights[2]
    net.train_on_batch(X, LABELS)
    np.testing.assert_array_equal(net.weights[2] - W, t.layers[1].update_W)


def test_trace_is_readable(engine: str) -> None:
    trace = network(engine).trace(X, LABELS)
    text, last = str(trace), str(trace.layers[1])
    for word in ("Layer 1: 3 -> 4, phi = tanh", "delta[2] = (a[2] - y) / 6", "phi'(z[1])", "Step 1: SGD, eta = 0.1"):
        assert word in text
    for word in ("Layer 2: 4 -> 2, softmax", "  delta ", "  update_W ", "  v.W_after "):
        assert word in last
    wide = Network([Dense(50)], inputs=3, engine=engine)
    assert "(6, 50) from " in str(wide.trace(X, np.zeros((6, 50))))


def test_gradients_are_those_of_the_trace(engine: str) -> None:
    net = network(engine)
    t = net.trace(X, LABELS, sample_weight=np.arange(6))
    parts = [t.layers[0].dW, t.layers[0].db, t.layers[1].dW, t.layers[1].db]
    for found, expected in zip(net.gradients(X, LABELS, sample_weight=np.arange(6)), parts, strict=True):
        np.testing.assert_array_equal(found, expected)


# ---- gradient check ----


@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if name not in ("step", "sign")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_pass_the_check(engine: str, hidden: str, dtype: str) -> None:
    report = network(engine, hidden, dtype).check_gradients(X, LABELS)
    assert report.ok, report
    assert [(row.layer, row.name) for row in report.rows] == [(0, "W"), (0, "b"), (1, "W"), (1, "b")]
    assert all(row.largest > 1e-4 for row in report.rows)


@pytest.mark.parametrize("wrong", [1.001, -1.0, 0.0])
def test_a_wrong_gradient_is_caught(engine: str, wrong: float) -> None:
    """The tests' test: one bias gradient of one layer, one part in a thousand."""
    net = network(engine)
    net.predict(X)
    core = net._core.engine

    class Broken:
        def gradients(self, data: Any) -> Any:
            loss, flat = core.gradients(data)
            flat[13] *= wrong  # b of the first layer
            return loss, flat

        def __getattr__(self, name: str) -> Any:
            return getattr(core, name)

    net._core.engine = Broken()
    report = net.check_gradients(X, LABELS)
    assert not report.ok and [row.ok for row in report.rows] == [True, False, True, True]
    assert "WRONG" in str(report) and "NOT right" in str(report)


def test_kinks_are_left_out(engine: str) -> None:
    """relu at exactly 0: the difference is half of each side's, and of no use."""
    net = Network([Dense(2, "relu"), Dense(1)], inputs=1, engine=engine, dtype="float64")
    net.set_weights([[[1.0, 1.0]], [0.0, 0.5], [[1.0], [1.0]], [0.0]])
    report = net.check_gradients([[0.0], [1.0]], [0.0, 0.0])
    assert report.ok and report.rows[1].kinks == 1
    for v in (1.0, 1e-3):  # the loss is nearly straight on both sides: narrower steps say the same
        net.set_weights([[[1.0, 1.0]], [0.0, 0.5], [[v], [1.0]], [0.0]])
        report = net.check_gradients([[0.0], [1.0]], [0.0, 0.0])
        assert report.ok and report.rows[1].kinks == 1, report
    zero = Network([Dense(2, "step"), Dense(1, "step")], inputs=1, engine=engine)
    zero.compile(loss="mse")
    report = zero.check_gradients([[0.5], [1.0]], [0.0, 0.0])
    assert not report.ok and "all gradients are zero" in str(report)
    zero.compile(loss="perceptron")
    with pytest.raises(ValueError, match="perceptron is a rule"):
        zero.check_gradients([[0.5]], [0.0])


@pytest.mark.parametrize(
    ("loss", "end"),
    [
        (losses.Quantile([0.1, 0.9]), "linear"), (losses.Quantile(0.3, outputs="sum"), "exp"),
        (losses.Huber([0.2, 5.0]), "exp"), (losses.Poisson(), "exp"), (losses.Poisson(), "softplus"),
        (losses.HalfPoissonDeviance(outputs="sum"), "exp"), (losses.HalfPoissonDeviance(), "sigmoid"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_of_losses_pass_the_check(engine: str, loss: Any, end: str, dtype: str) -> None:
    net = Network([Dense(4, "tanh", l2=0.01), Dense(2, end)], inputs=3, engine=engine, dtype=dtype, seed=9)
    net.compile(loss=loss)
    report = net.check_gradients(X, np.eye(2)[LABELS] + [0.5, 0.0], sample_weight=np.arange(6.0))
    assert report.ok and all(row.largest > 1e-4 and row.kinks == 0 for row in report.rows), report


def test_at_a_quantile_s_kink(engine: str) -> None:
    """The output is the target: slopes to the left and to the right are -q and 1 - q, the gradient is 0, and no check
    calls that wrong."""
    net = Network([Dense(1)], inputs=1, engine=engine)
    net.compile(loss=losses.Quantile(0.9))
    net.set_weights([[[2.0]], [0.0]])
    assert [float(part.sum()) for part in net.gradients([[1.0], [3.0]], [2.0, 6.0])] == [0, 0]
    assert "WRONG" not in str(net.check_gradients([[1.0], [3.0]], [2.0, 6.0]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_by_weight_pass_the_check(engine: str, dtype: str) -> None:
    """Loss and penalty are divided by the sum of the weights; a gradient of the mean over rows is not right there."""
    net, module = network(engine, dtype=dtype), load(engine)
    net.predict(X)
    plan = without_dropout(net._core.engine.plan)
    data = Data(X, label=LABELS.astype(np.int32), weight=np.array([0.5, 3.0, 1.0, 0.0, 4.0, 2.5]))
    reports = []
    for by_weight in (True, False):
        core = module.Engine(replace(plan, by_weight=by_weight))
        core.set_params(net.get_params())
        reports.append(check_gradients(core, replace(plan, by_weight=True), data, 1e-4, 100))
    assert reports[0].ok and all(row.largest > 1e-4 for row in reports[0].rows), reports[0]
    assert not any(row.ok for row in reports[1].rows)


def test_nothing_but_kinks_shows_nothing(engine: str) -> None:
    """relu units whose weights and biases are 0: every row is at the corner of each of them."""
    net = Network([Dense(2, "relu", "zeros"), Dense(1)], inputs=2, engine=engine, seed=1)
    report = net.check_gradients(X[:, :2], LABELS)
    assert [(row.tried, row.kinks) for row in report.rows[:2]] == [(0, 4), (0, 2)]
    assert not report.ok and "WRONG: kinks, nothing has been shown" in str(report)


def test_large_networks_are_sampled(engine: str) -> None:
    net = Network([Dense(40, "tanh"), Dense(1)], inputs=30, engine=engine, dtype="float64")
    report = net.check_gradients(np.ones((3, 30)), np.zeros(3), samples=7)
    assert report.ok and [row.tried for row in report.rows] == [7, 7, 7, 1]


def test_a_trained_network_passes_too(engine: str) -> None:
    """Outputs near their targets: what is left after y - t is mostly rounding, and that is allowed for."""
    net = network(engine, dtype="float32")
    net.compile(optimizer=Adam(0.05))
    net.fit(X, LABELS, epochs=300, verbose=0)
    assert net.evaluate(X, LABELS)["loss"] < 0.5
    report = net.check_gradients(X, LABELS)
    assert report.ok, report


# ---- summary, fingerprint, configuration ----


def test_summary_of_the_deck_s_network(capsys: pytest.CaptureFixture[str]) -> None:
    layers = [Rescaling(1 / 255), *(Dense(1024, "relu") for _ in range(3)), Dense(10, "softmax")]
    net = Network(layers, inputs=784, engine="reference")
    net.summary()
    text = capsys.readouterr().out
    for number in ("803,840", "1,049,600", "10,250", "2,913,290 parameters (11.1 MiB of float32)"):
        assert number in text
    for inputs, units, room in ((1, 1, "8 bytes"), (1, 127, "1016 bytes"), (1, 128, "1.0 KiB"), (999, 300, "1.1 MiB")):
        Network([Dense(units)], inputs=inputs, engine="reference").summary()
        assert f"({room} of float32)" in capsys.readouterr().out
    Network([Dense(3, "relu", use_bias=False, l2=0.5)], engine="reference").summary()
    text = capsys.readouterr().out
    assert "Dense, relu, no bias, l2 0.5" in text and "not known yet" in text


def test_fingerprint_is_written_down(engine: str) -> None:
    """The definition, so that anyone can recompute it: type, shape, then little-endian values."""
    net = Network([Dense(2, "relu")], inputs=3, engine=engine)
    net.set_weights([np.arange(6).reshape(3, 2), [-0.0, 1.5]])
    text = hashlib.sha256(b"float32 3x2\n" + np.arange(6, dtype="<f4").tobytes())
    text.update(b"float32 2\n" + np.array([0.0, 1.5], "<f4").tobytes())
    assert net.fingerprint() == text.hexdigest()
    weights = net.weights
    weights[0][0, 0] = 2.0**-126
    net.set_weights(weights)
    assert net.fingerprint() != text.hexdigest()


def test_fingerprint_counts_all_nans_as_one() -> None:
    arrays = [np.array([bits], np.uint32).view(np.float32) for bits in (0x7FC00000, 0xFFC12345)]
    assert len({pynn.inspect.fingerprint([array]) for array in arrays}) == 1


def test_show_config(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pynn.show_config()
    text = capsys.readouterr().out
    assert f"pynn:        {pynn.__version__}" in text and "numerics:    1" in text

    def missing(name: str) -> Any:
        raise ImportError("not built")

    monkeypatch.setattr("pynn.inspect.summary.load", missing)
    pynn.show_config()
    assert "not available" in capsys.readouterr().out


def test_activation_names_print() -> None:
    assert str(activation("activation", "hard_sigmoid")) == "hard_sigmoid"
