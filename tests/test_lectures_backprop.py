"""The numbers of the lectures: backpropagation index by index, the chain rule, gradient checks, first weights.

Marked as in test_lectures.py. The sums of the slides are written out element by element and compared with `net.trace`;
W is (inputs, outputs), so the slides' w_ij, from unit j to unit i, is W.T[i, j]. test_lectures_training.py goes on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lecture_networks import TABLE, XOR, given, item, neuron, same, sigma

from pynn import SGD, Dense, Network
from pynn.initializers import Uniform
from pynn.losses import HalfMeanSquaredError


def random_network(*layers: Dense, inputs: int, loss: Any, engine: str) -> Network:
    net = Network(layers, inputs=inputs, dtype="float64", seed=1, engine=engine)
    net.compile(loss=loss, optimizer=SGD(learning_rate=0.1))
    draw = np.random.default_rng(5).uniform(-1, 1, net.get_params().size)
    net.set_params(draw)
    return net


# ---- backpropagation -------------------------------------------------------------------------


@item(36, 37, 38)
def test_forward_is_a_composition(engine: str) -> None:
    layers = [Dense(2, "tanh"), Dense(3, "relu"), Dense(2, "sigmoid")]
    net = random_network(*layers, inputs=3, loss="mse", engine=engine)
    w1, b1, w2, b2, w3, b3 = net.get_weights()
    assert [w.shape for w in (w1, w2, w3)] == [(3, 2), (2, 3), (3, 2)]  # inputs first: the slides' H_l x H_(l-1) turned
    columns = np.random.default_rng(0).uniform(-1, 1, (3, 4))  # the slides' samples are columns
    a = np.tanh(w1.T @ columns + b1[:, None])
    a = np.maximum(0, w2.T @ a + b2[:, None])
    same(net.predict(columns.T).T, sigma(w3.T @ a + b3[:, None]))


@item(39, 40, "F18")
def test_deltas_of_the_worked_index_sums(engine: str) -> None:
    loss = HalfMeanSquaredError(outputs="sum")
    net = random_network(
        Dense(2, "sigmoid"), Dense(3, "sigmoid"), Dense(2, "sigmoid"), inputs=3, loss=loss, engine=engine
    )
    x, y = np.array([[0.5, -1.0, 0.25]]), np.array([[1.0, 0.0]])
    one, two, three = net.trace(x, y).layers
    w2, w3 = two.W.T, three.W.T
    (a1, a2, a3), (d2, d3) = (layer.a[0] for layer in (one, two, three)), (layer.delta[0] for layer in (two, three))
    same(d3, (a3 - y[0]) * a3 * (1 - a3))  # the gradient's sign; the other deck's (y - a) da, with w + rate d a^T,
    same(three.update_W, 0.1 * np.outer(a2, (y[0] - a3) * a3 * (1 - a3)))  # makes the same step
    same(d2[0], (w3[0, 0] * d3[0] + w3[1, 0] * d3[1]) * a2[0] * (1 - a2[0]))
    same(one.delta[0, 1], (w2[0, 1] * d2[0] + w2[1, 1] * d2[1] + w2[2, 1] * d2[2]) * a1[1] * (1 - a1[1]))
    same(two.dW, [[d2[i] * a1[j] for i in range(3)] for j in range(2)])


@item(41, "F9")
def test_the_case_study(engine: str) -> None:
    net = random_network(Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(1), inputs=2, loss="mse", engine=engine)
    x, y = np.array([[0.3, -0.4]]), 0.3
    one, two, three = net.trace(x, [y]).layers
    s1, s2 = sigma(one.z[0]), sigma(two.z[0])  # the slides' sigma(I2), sigma(I3)
    d4 = 2 * (three.a.item() - y)
    d3 = [s2[j] * (1 - s2[j]) * three.W[j, 0] * d4 for j in range(2)]
    same(three.dW, [[s2[i] * d4] for i in range(2)])
    same(two.dW, [[s1[i] * d3[j] for j in range(2)] for i in range(3)])
    d2 = [s1[j] * (1 - s1[j]) * sum(two.W[j, k] * d3[k] for k in range(2)) for j in range(3)]
    same(one.dW, [[x[0, i] * d2[j] for j in range(3)] for i in range(2)])
    literal = [[sigma(x[0, i]) * d2[j] for j in range(3)] for i in range(2)]  # with sigma(I1), taken at its word
    assert np.abs(literal / one.dW - 1).min() > 0.1


@item(42, "F15")
def test_batch_backpropagation_with_accumulators(engine: str) -> None:
    penalty, m = 0.8, 5
    l2 = penalty / (2 * m)
    layers = [Dense(3, "sigmoid", l2=l2), Dense(1, "sigmoid", l2=l2)]
    net = random_network(*layers, inputs=2, loss="binary_crossentropy", engine=engine)
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-1, 1, (m, 2)), rng.integers(0, 2, (m, 1))
    w1, b1, w2, b2 = net.get_weights()
    sums = [np.zeros_like(array) for array in (w1, b1, w2, b2)]
    for row, target in zip(x, y, strict=True):
        a1 = sigma(row @ w1 + b1)
        d2 = sigma(a1 @ w2 + b2) - target
        d1 = np.array([w2[i, 0] * d2[0] * a1[i] * (1 - a1[i]) for i in range(3)])  # from the last layer to the first
        for i, j in np.ndindex(2, 3):
            sums[0][i, j] += d1[j] * row[i]
        for i in range(3):
            sums[2][i, 0] += d2[0] * a1[i]
        sums[1], sums[3] = sums[1] + d1, sums[3] + d2
    expected = [
        total / m + (penalty / m * w if w.ndim == 2 else 0) for total, w in zip(sums, (w1, b1, w2, b2), strict=True)
    ]
    for found, by_hand in zip(net.gradients(x, y), expected, strict=True):
        same(found, by_hand)
    same(net.trace(x, y).layers[0].update_W, -0.1 * expected[0])


@item(43)
def test_computation_graph_of_logistic_regression(engine: str) -> None:
    (node,) = neuron("sigmoid", [1, -2], 0.5, engine=engine).trace([[2, 1]], [1]).layers
    assert node.z.item() == 0.5
    a = sigma(0.5)
    same(node.a, [[a]])
    same(node.delta, [[-1 / a * a * (1 - a)]])  # dL/da da/dz
    same(node.dW, [[(a - 1) * 2], [(a - 1) * 1]])
    same(node.db, [a - 1])


@item(44, "F17")
@pytest.mark.parametrize(
    ("f", "slope", "mistake"),
    [
        (lambda x: (2 * x + 1) ** 3, lambda x: 3 * (2 * x + 1) ** 2 * 2, lambda x: 3 * (2 * x + 1) ** 2),
        (
            lambda x: np.sin(x**2),
            lambda x: np.cos(x**2) * 2 * x,
            lambda x: np.cos(x**2) * 2 * x / x,
        ),  # as a scan has it
        (lambda x: np.sin(x) ** 2, lambda x: 2 * np.sin(x) * np.cos(x), lambda x: 2 * np.sin(x)),
    ],
)
def test_chain_rule_drills(f: Any, slope: Any, mistake: Any) -> None:
    """eps^2 / 6 times a third derivative of at most 50 is what a central difference misses; rounding is below it.

    Mistakes: the inner derivative left out, and the 2x / x that a scan has.
    """
    eps = 1e-4
    difference = (f(0.7 + eps) - f(0.7 - eps)) / (2 * eps)
    assert abs(difference - slope(0.7)) < eps**2 / 6 * 50
    assert abs(difference - mistake(0.7)) > 0.1


@item(44)
@pytest.mark.parametrize(("inner", "outer"), [("sigmoid", "tanh"), ("tanh", "softplus"), ("silu", "sigmoid")])
def test_chain_rule_through_two_layers(inner: str, outer: str, engine: str) -> None:
    """d/dx outer(3 inner(2x + 1) - 1) is outer' 3 inner' 2: the first delta times 2, where the error is 1."""
    layers = [Dense(1, inner), Dense(1, outer)]
    net = given(layers, [[[2]], [1], [[3]], [-1]], loss="half_mse", engine=engine)

    def f(x: float) -> float:
        return float(net.predict([[x]]).item())

    first, last = net.trace([[0.2]], [f(0.2) - 1]).layers
    same(last.delta, last.derivative)
    same(first.delta, last.derivative * 3 * first.derivative)
    eps = 1e-4  # derivatives of the activations are at most 2: the third is below 2 * 12^3 + 3 * 2 * 12 * 24 + 2 * 48
    assert abs((f(0.2 + eps) - f(0.2 - eps)) / (2 * eps) - 2 * first.delta.item()) < eps**2 / 6 * 5300
    assert abs(first.delta.item()) > 0.01


@item(45, 70, "F16")
def test_gradient_check_finds_the_notebooks_mistakes(engine: str) -> None:
    layers = [Dense(4, "tanh", Uniform(1.0)), Dense(3, "sigmoid", Uniform(1.0))]
    net = random_network(*layers, inputs=2, loss="binary_crossentropy", engine=engine)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (6, 2)), rng.integers(0, 2, (6, 3))
    before = net.fingerprint()
    assert net.check_gradients(x, y, eps=1e-4).ok and net.fingerprint() == before
    weights, eps, slopes = net.get_weights(), 1e-4, []
    for k in range(3):
        up, down = ([*weights[:3], weights[3] + eps * sign * np.eye(3)[k]] for sign in (1, -1))
        losses = []
        for moved in (up, down):
            net.set_weights(moved)
            losses.append(net.evaluate(x, y)["loss"])
        slopes.append((losses[0] - losses[1]) / (2 * eps))
    net.set_weights(weights)
    last = net.trace(x, y).layers[1]
    size = np.abs(slopes).max()
    assert np.abs(last.db - slopes).max() < 1e-6 * size
    one_for_all, phi_twice = np.full(3, last.delta.sum()), (last.delta * last.derivative).sum(axis=0)
    for mistake in (one_for_all, phi_twice):
        assert np.abs(mistake - slopes).max() > 0.1 * size
        assert not net.check_gradients(x, y, gradients=[*net.gradients(x, y)[:3], mistake]).ok
    with pytest.raises(ValueError, match="optimizer"):
        net.compile(optimizer="BDG")


@item(46, 69)
def test_weights_that_start_equal_stay_equal(engine: str) -> None:
    for initializer, different in (("zeros", 1), (Uniform(1.0), 8)):
        layers = [Dense(8, "tanh", initializer), Dense(1, "sigmoid", initializer)]
        net = Network(layers, inputs=2, seed=1, dtype="float64", engine=engine)
        net.compile(optimizer=SGD(learning_rate=0.5))
        assert ("symmetric_units" in net.diagnose().codes) == (different == 1)
        assert all(np.abs(w).max() <= 1 for w in net.get_weights())
        net.fit(TABLE, XOR, batch_size=4, epochs=20, verbose=0)
        assert len(np.unique(net.get_weights()[0], axis=1).T) == different
