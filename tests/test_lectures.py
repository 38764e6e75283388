"""The numbers of the lectures: neurons, Boolean functions, activations, losses. test_lectures_backprop.py goes on.

A test is marked with the items (1 .. 78) and flags ("F1" .. "F18") of docs/lectures.md that it is about;
test_lecture_page.py keeps page and marks in step. Numbers that a lecture prints are compared as they are printed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lecture_networks import CLOSE, TABLE, XOR, given, item, neuron, printed, same, sigma, through

from pynn import SGD, Dense, Network, Normalization, datasets, metrics
from pynn.activations import hard_sigmoid, relu, step
from pynn.initializers import Uniform
from pynn.losses import BinaryCrossentropy

# ---- neurons ---------------------------------------------------------------------------------


@item(1, 2, 5, "F2")
def test_a_neuron_with_weights_3_and_minus_2(engine: str) -> None:
    x = [[-1, 2]]
    for activation, answer in (("linear", -6), ("sign", -1), ("step", 0)):
        assert neuron(activation, [3, -2], 1, engine=engine).predict(x).item() == answer
    augmented = given([Dense(1, use_bias=False)], [[[1], [3], [-2]]], engine=engine)
    assert augmented.predict([[1, -1, 2]]).item() == -6
    assert neuron("linear", [3, -2], 1).predict([[1, 2]]).item() == 0  # on x2 = (1 + 3 x1) / 2


@item(6)
def test_three_activations_have_one_boundary() -> None:
    x1 = np.arange(-3, 4)
    for activation in ("step", "sigmoid", hard_sigmoid(slope=1 / 2)):
        net = neuron(activation, [2, -1], 1)
        on, beside = (net.predict(np.column_stack([x1, 2 * x1 + 1 + shift])).ravel() for shift in (0, 1))
        assert (on >= 0.5).all() and (beside < 0.5).all()


@item(3, 4)
def test_mcculloch_and_pitts_divide_the_plane(engine: str) -> None:
    net = neuron("step", [1, 1], -1.5, engine=engine)
    assert net.predict(TABLE).ravel().tolist() == [0, 0, 0, 1]
    axis = np.linspace(-5, 5, 100)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(net.predict(grid).ravel(), grid[:, 0] + grid[:, 1] >= 1.5)


@item(4, 20, 24, "F1")
def test_at_zero_it_is_what_was_said(engine: str) -> None:
    for activation, answer in (("step", 1), (step(at_zero=1), 1), (step(at_zero=0), 0), ("sign", 1)):
        assert through(activation, engine=engine).predict([[0]]).item() == answer
    for activation, slope in (("relu", 0), (relu(at_zero=0), 0), (relu(at_zero=1), 1)):
        assert through(activation, engine=engine).trace([[0]], [1]).layers[0].derivative.item() == slope


@item(7)
def test_perceptron_learns_or_by_rosenblatts_rule(engine: str) -> None:
    net = Network([Dense(1, "step", Uniform(1.0), Uniform(1.0))], inputs=2, seed=3, dtype="float64", engine=engine)
    net.compile(loss="perceptron", optimizer=SGD(learning_rate=0.1))
    w, b = (array.ravel() for array in net.get_weights())
    assert np.abs([*w, *b]).max() < 1
    for _ in range(50):
        for x, y in zip(TABLE, [0, 1, 1, 1], strict=True):
            error = y - float(w @ x + b[0] >= 0)
            w, b = w + 0.1 * error * x, b + 0.1 * error
    net.fit(TABLE, [0, 1, 1, 1], batch_size=1, epochs=50, shuffle=False, verbose=0)
    assert np.concatenate([a.ravel() for a in net.get_weights()]).tolist() == [*w, *b]  # each step is one rounding
    assert net.predict(TABLE).ravel().tolist() == [0, 1, 1, 1]


@item(9, "F3")
def test_adaline_goes_to_least_squares(engine: str) -> None:
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, (100, 1))
    y = -18 * x + 6 + 3 * rng.standard_normal((100, 1))
    net = neuron("linear", [0], 0, loss="half_mse", engine=engine)
    w = b = 0.0
    for _ in range(100):  # w + eta / p (Y - Y^) X^T
        error = y - (w * x + b)
        w, b = w + 0.1 / 100 * float((error * x).sum()), b + 0.1 / 100 * float(error.sum())
    net.fit(x, y, batch_size=100, epochs=100, verbose=0)
    np.testing.assert_allclose(np.ravel(net.get_params()), [w, b], rtol=100 * CLOSE)  # 100 steps, each contracting
    net.fit(x, y, batch_size=100, epochs=900, verbose=0)
    augmented = np.column_stack([x, np.ones(100)])
    best, *_ = np.linalg.lstsq(augmented, y[:, 0])
    slowest = np.linalg.eigvalsh(augmented.T @ augmented / 100)[0]
    left = (1 - 0.1 * slowest) ** 1000 * np.abs(best).max() * 2 + 100 * CLOSE * np.abs(best).max()
    assert np.abs(net.get_params() - best).max() < left < 1e-9


@item(10, 12, "F4")
@pytest.mark.parametrize(
    ("activation", "loss", "slope"),
    [
        ("linear", "half_mse", lambda y: 1.0),
        ("sigmoid", "binary_crossentropy", lambda y: 1.0),
        ("sigmoid", "half_mse", lambda y: y * (1 - y)),
        ("tanh", "half_mse", lambda y: 1 - y * y),
    ],
)
def test_each_rule_is_error_times_slope_times_input(activation: str, loss: str, slope: Any, engine: str) -> None:
    """w + rate (y - y^) phi' x; the cross-entropy takes phi' away, and there is no factor 1/2."""
    net = neuron(activation, [0.5, -0.5], 0.1, loss=loss, engine=engine)
    layer = net.trace([[1, 2]], [1]).layers[0]
    y = layer.a.item()
    factor = 0.1 * (1 - y) * slope(y)
    same(layer.update_W.ravel(), [factor * 1, factor * 2])
    same(layer.update_b, [factor])


@item(10)
def test_logistic_neuron_learns_and(engine: str) -> None:
    net = neuron("sigmoid", [0, 0], 0, rate=1.0, engine=engine)
    net.fit(TABLE, [0, 0, 0, 1], batch_size=1, epochs=100, shuffle=False, verbose=0)
    assert (net.predict(TABLE).ravel() > 0.5).tolist() == [False, False, False, True]


@item(8, 65)
def test_setosa_and_versicolor_by_one_unit() -> None:
    x, y = datasets.iris()
    assert x.shape == (150, 4) and np.bincount(y).tolist() == [50, 50, 50]
    net = Network([Normalization(), Dense(1, hard_sigmoid(slope=1 / 2))], seed=0)
    net.compile(loss="mse", optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
    net.fit(x[:100, 2:], y[:100], batch_size=10, epochs=50, verbose=0)
    assert net.evaluate(x[:100, 2:], y[:100])["accuracy"] == 1


# ---- Boolean functions -----------------------------------------------------------------------


@item(13)
def test_not(engine: str) -> None:
    low, high = neuron("sigmoid", [-20], 10, engine=engine).predict([[1], [0]]).ravel()
    assert f"{high:.10f}" == "0.9999546021" and f"{low:.10e}" == "4.5397868702e-05"


@item(14)
def test_nor(engine: str) -> None:
    found = neuron("sigmoid", [-20, -20], 10, engine=engine).predict(TABLE).ravel()
    assert printed(found, ".0f") == "1 0 0 0" and f"{found[3]:.4e}" == "9.3576e-14"


@item(15)
def test_xnor_is_put_together(engine: str) -> None:
    weights = [[[20, -20], [20, -20]], [-30, 10], [[20], [20]], [-10]]
    found = given([Dense(2, "sigmoid"), Dense(1, "sigmoid")], weights, engine=engine).predict(TABLE).ravel()
    assert printed(found, ".8f") == "0.99995456 0.00004548 0.00004548 0.99995456"


@item(16)
def test_no_line_separates_xor() -> None:
    """The perceptron's rule comes to rest only where a line separates: for OR and AND it does, for XOR never."""
    found = {}
    for name, targets in (("or", [0, 1, 1, 1]), ("and", [0, 0, 0, 1]), ("xor", XOR), ("xnor", 1 - XOR)):
        net = Network([Dense(1, "step", Uniform(1.0))], inputs=2, seed=0)
        net.compile(optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
        found[name] = max(net.fit(TABLE, targets, batch_size=1, epochs=300, verbose=0).history["accuracy"]) == 1
    assert net.loss.name == "perceptron" and found == {"or": True, "and": True, "xor": False, "xnor": False}


@item(16)
def test_lines_make_all_boolean_functions_but_two(engine: str) -> None:
    """One unit for each of 36 lines: they make 14 of the 16 functions of two inputs."""
    lines = np.array([(w1, w2, b) for w1 in (-1, 0, 1) for w2 in (-1, 0, 1) for b in (-1.5, -0.5, 0.5, 1.5)])
    net = given([Dense(36, "step")], [lines[:, :2].T, lines[:, 2]], engine=engine)
    made = {tuple(column) for column in net.predict(TABLE).T.astype(int).tolist()}
    every = {tuple(map(int, f"{number:04b}")) for number in range(16)}
    assert every - made == {tuple(XOR.tolist()), tuple((1 - XOR).tolist())}


@item(17)
def test_xor_is_a_plane_in_three_features() -> None:
    x = np.column_stack([TABLE, TABLE.prod(axis=1)])
    assert neuron("step", [1, 1, -2], -0.5).predict(x).ravel().tolist() == XOR.tolist()
    net = Network([Dense(1, "step", "zeros")], inputs=3)
    net.compile(optimizer=SGD(learning_rate=0.5), metrics=["accuracy"])  # all weights stay multiples of 1/2: it ends
    assert net.fit(x, XOR, batch_size=1, epochs=100, verbose=0).history["accuracy"][-1] == 1


@item(18, "F16")
@pytest.mark.parametrize("targets", [XOR, 1 - XOR], ids=["XOR", "XNOR"])
def test_xor_by_a_hidden_layer(targets: Any, engine: str) -> None:
    layers = [Dense(100, "tanh", Uniform(1.0)), Dense(1, "sigmoid", Uniform(1.0))]
    net = Network(layers, inputs=2, seed=0, engine=engine)
    net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.1))
    net.fit(TABLE, targets, batch_size=4, epochs=500, verbose=0)
    assert printed(net.predict(TABLE), ".0f") == printed(targets, "d")


# ---- activations and losses ------------------------------------------------------------------


@item(20, 21, 22, 23, 24)
@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("step", lambda z: (z >= 0) * 1.0, lambda z: 0 * z),
        ("sign", lambda z: np.where(z >= 0, 1.0, -1.0), lambda z: 0 * z),
        ("linear", lambda z: z, lambda z: 0 * z + 1),
        ("sigmoid", sigma, lambda z: sigma(z) * (1 - sigma(z))),
        ("tanh", np.tanh, lambda z: (1 + np.tanh(z)) * (1 - np.tanh(z))),
        ("relu", lambda z: np.maximum(0, z), lambda z: (z > 0) * 1.0),
    ],
)
def test_activations_and_their_derivatives(name: str, value: Any, slope: Any, engine: str) -> None:
    z = np.linspace(-2, 2, 9)[:, None]
    layer = through(name, engine=engine).trace(z, np.zeros(9)).layers[0]
    same(layer.a, value(z))
    same(layer.derivative, slope(z))


@item(23)
def test_tanh_is_a_sigmoid(engine: str) -> None:
    twice = 2 * through("sigmoid", engine=engine).predict([[2]]).item() - 1
    assert f"{through('tanh', engine=engine).predict([[1]]).item():.8f}" == f"{twice:.8f}" == "0.76159416"


@item(11, "F6")
def test_three_hard_sigmoids() -> None:
    found = [through(hard_sigmoid(slope)).predict([[-0.5]]).item() for slope in (1 / 2, 0.2, 1 / 6)]
    assert printed(found, ".4g") == "0.25 0.4 0.4167"
    assert through(hard_sigmoid(1 / 2)).predict([[-1], [-9], [1], [9]]).ravel().tolist() == [0, 0, 1, 1]


@item(25, 26, 27, "F17")
def test_softmax_tables(engine: str) -> None:
    net = through("softmax", 5, engine=engine)
    for last, total, exact, rounded in (
        (4, "66.0734", "0.005568 0.015135 0.041140 0.111831 0.826326", "0.01 0.02 0.04 0.11 0.83"),
        (8, "2992.43", "0.000123 0.000334 0.000908 0.002469 0.996165", "0.00 0.00 0.00 0.00 1.00"),
    ):
        z = np.array([[-1, 0, 1, 2, last]])
        s = net.predict(z)
        assert f"{np.exp(z).sum():.6g}" == total
        assert printed(s, ".6f") == exact and printed(s, ".2f") == rounded
        assert abs(s.sum() - 1) < CLOSE and (np.diff(s) > 0).all()
    assert f"{net.predict([[-1, 0, 1, 2, 4]]).round(2).sum():.2f}" == "1.01"  # the rounded column, not 1.00


@item(28, 75)
def test_the_kind_of_answer_decides_the_loss() -> None:
    usual = {"linear": "mse", "sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
    for activation, loss in usual.items():
        assert Network([Dense(3, activation)], inputs=2).loss.name == loss
    assert Dense(1).activation == Dense(1, "linear").activation  # regression: none at the end
    net = Network([Dense(3)], inputs=2)
    net.compile(loss="categorical_crossentropy")
    assert "output_activation" in net.diagnose().codes


@item(29, "F3")
def test_squared_losses_differ_by_two() -> None:
    whole, half = (through("linear", loss=loss).trace([[3]], [1]) for loss in ("mse", "half_mse"))
    assert (whole.loss, whole.layers[0].delta.item()) == (4, 4)  # (y^ - y)^2 and 2 (y^ - y)
    assert (half.loss, half.layers[0].delta.item()) == (2, 2)
    assert whole.layers[0].update_W.item() == 2 * half.layers[0].update_W.item()  # at the same rate


@item(30, "F4", "F5")
def test_binary_crossentropy_in_its_standard_form(engine: str) -> None:
    z, t = np.array([[0.5], [-1.5]]), np.array([[1.0], [0.0]])
    trace = through("sigmoid", loss="binary_crossentropy", engine=engine).trace(z, t)
    y = sigma(z)
    same(trace.loss, -(t * np.log(y) + (1 - t) * np.log(1 - y)).mean())
    same(trace.layers[0].delta, (y - t) / 2)  # 2 rows


@item(31, "F8")
def test_a_sum_of_binary_crossentropies_is_no_softmax() -> None:
    z, t = np.array([[2.0, -1.0, 0.5]]), np.array([[1, 0, 0]])
    summed = through("sigmoid", 3, loss=BinaryCrossentropy(outputs="sum")).evaluate(z, t)["loss"]
    one = through("softmax", 3, loss="categorical_crossentropy").evaluate(z, t)["loss"]
    y = sigma(z)
    same(summed, -(t * np.log(y) + (1 - t) * np.log(1 - y)).sum())
    same(one, np.log(np.exp(z).sum()) - 2)
    assert summed > one + 1


@item(32, 33, "F7")
def test_cross_entropy_tables_are_in_base_ten(engine: str) -> None:
    net = through("softmax", 5, loss="categorical_crossentropy", engine=engine)
    rows = np.log([[0.05, 0.05, 0.8, 0.05, 0.05], [0.2] * 5])  # softmax(ln y) is y
    natural = [net.evaluate(row[None], [2])["loss"] for row in rows]
    assert printed(natural, ".4f") == "0.2231 1.6094"
    assert printed(natural / np.log(10), ".4f") == "0.0969 0.6990"
    assert printed(natural / np.log(10), ".2f") == "0.10 0.70"
    same(net.evaluate(rows, [2, 2])["loss"], np.mean(natural))  # -(1 / p) sum sum


@item(34, 57, 63)
def test_penalty_leaves_the_bias_out(engine: str) -> None:
    penalty, m, theta = 0.6, 3, np.array([[1.0], [-2.0]])
    net = given([Dense(1, l2=penalty / (2 * m))], [theta, [5.0]], loss="mse", engine=engine)
    x, y = np.zeros((m, 2)), np.full(m, 5.0)  # no error: all that is left is the penalty
    trace = net.trace(x, y)
    same(trace.loss, penalty / (2 * m) * (theta**2).sum())
    same(trace.layers[0].dW, penalty / m * theta)
    assert trace.layers[0].db.item() == 0


@item(57)
def test_more_penalty_makes_smaller_weights() -> None:
    assert printed(10.0 ** -np.arange(1, 7), "g") == "0.1 0.01 0.001 0.0001 1e-05 1e-06"
    x, y = datasets.iris()
    sizes = []
    for alpha in 10.0 ** -np.arange(1, 7):
        net = Network([Normalization(), Dense(3, "softmax", "zeros", l2=alpha / (2 * 150))], inputs=4)
        net.compile(optimizer=SGD(learning_rate=1.0))
        net.fit(x, y, batch_size=150, epochs=300, verbose=0)
        sizes.append(np.linalg.norm(net.get_weights()[0]))
    assert (np.diff(sizes) > 0).all()


@item(35)
def test_measures_by_hand() -> None:
    truth, said = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    assert metrics.confusion_matrix(truth, said).tolist() == [[4, 2], [1, 3]]
    assert metrics.accuracy(truth, said) == 7 / 10
    same([getattr(metrics, name)(truth, said) for name in ("precision", "recall", "f1")], [3 / 5, 3 / 4, 2 / 3])
    scores = [0.9, 0.8, 0.7, 0.2, 0.75, 0.6, 0.3, 0.1, 0.1, 0.1]
    same(metrics.roc_auc(truth, scores), (6 + 6 + 5 + 3) / 24)  # how many of the six each of the four is above
    fpr, tpr, _ = metrics.roc_curve(truth, scores)
    same(metrics.auc(fpr, tpr), (6 + 6 + 5 + 3) / 24)
