"""Whatever looks at a network, for each kind of layer: texts, pictures, traces, checks, files, copies.

Networks begin and end with each kind, too, and have a Dropout between. The engines' own arithmetic is tested in
test_kinds.py; formulas of sheets are computed by formula_reader.py.
"""

from __future__ import annotations

import copy
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formula_reader import check_lines
from random_networks import draw_data, draw_network, draw_params

from pynn import (
    SGD,
    Activation,
    Adam,
    BatchNormalization,
    Dense,
    Dropout,
    LayerNormalization,
    Network,
    Normalization,
    cli,
    keras,
    regularizers,
)
from pynn.engine import reference
from pynn.inspect import gradcheck, graphs

DRAW = np.random.default_rng(11)
X = DRAW.normal(size=(23, 3))
Y = DRAW.integers(0, 2, 23)

STACKS: dict[str, Any] = {
    "batch norm": lambda: [Dense(4), BatchNormalization(0.9), Activation("tanh"), Dropout(0.2), Dense(2, "softmax")],
    "batch norm, first": lambda: [BatchNormalization(0.9), Dense(4, "tanh"), Dense(2, "softmax")],
    "batch norm, last": lambda: [Dense(4, "tanh"), Dense(2), BatchNormalization(0.9), Activation("softmax")],
    "batch norm, not trainable": lambda: [
        Normalization(), Dense(4), BatchNormalization(trainable=False), Activation("tanh"), Dense(2, "softmax"),
    ],
    "batch norm, bare": lambda: [
        Dense(4, use_bias=False), BatchNormalization(0.9, center=False, scale=False), Dense(2, "softmax"),
    ],
    "layer norm": lambda: [Dense(4), LayerNormalization(), Activation("tanh"), Dropout(0.2), Dense(2, "softmax")],
    "layer norm, first": lambda: [LayerNormalization(scale=False), Dense(4, "tanh"), Dense(2, "softmax")],
    "layer norm, last": lambda: [
        Dense(4, "tanh"), Dense(2), LayerNormalization(0.1, center=False), Activation("softmax"),
    ],
    "activation": lambda: [Dense(4, "sigmoid"), Dropout(0.2), Activation("tanh"), Dense(2, "softmax")],
    "activation, first": lambda: [Activation("tanh"), Dense(4, "sigmoid"), Dense(2, "softmax")],
    "activation, last": lambda: [Dense(4, "sigmoid"), Dense(2, "tanh"), Activation("softmax")],
    "l1": lambda: [Dense(4, "tanh", l1=0.01), Dense(2, "softmax", l1=0.01, l2=0.02)],
    "all": lambda: [
        BatchNormalization(), Dense(4), BatchNormalization(), Activation("tanh"), Dropout(0.2), Activation("softplus"),
        Dense(3, "tanh", kernel_regularizer="l1"), LayerNormalization(), Dense(2, "softmax"),
    ],
}  # fmt: skip
kinds = pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)


def fitted(make: Any, dtype: str = "float64", engine: str = "native", epochs: int = 3, **options: Any) -> Network:
    net = Network(make(), inputs=3, dtype=dtype, engine=engine, seed=4)
    net.compile(**({"optimizer": SGD(0.05, momentum=0.9)} | options))
    net.fit(X, Y, epochs=epochs, batch_size=8, verbose=0)
    return net


# ---- texts and pictures ----


@kinds
def test_a_summary_counts_every_number(make: Any, capsys: Any) -> None:
    net = fitted(make)
    net.summary()
    text = capsys.readouterr().out
    rows = text.split("\n")[4 : 4 + len(net.layers)]
    counts = [int(row.split()[-1].replace(",", "")) for row in rows]
    assert sum(counts) == net.get_params().size and f"\n{sum(counts)} parameters" in text
    tensors = [tensor for layer in net._core.engine.plan.layers for tensor in layer.tensors]
    fixed = sum(tensor.size for tensor in tensors if not tensor.learned)
    assert (f", {fixed} of them non-trainable" in text) == bool(fixed)
    for row, layer in zip(rows, net.layers, strict=True):
        assert row.startswith(type(layer).__name__)
    assert net._repr_html_().count("<tr>") >= len(net.layers)
    assert all(type(layer).__name__ in repr(net) for layer in net.layers)


def test_the_words_of_a_summary(capsys: Any) -> None:
    net = Network(STACKS["all"]())
    net.summary()
    before = capsys.readouterr().out
    assert "parameters: known once inputs are" in before and re.search(r"BatchNormalization +\? +\?\n", before)
    Network([*STACKS["all"](), BatchNormalization(scale=False, trainable=False)], inputs=3).summary()
    text = capsys.readouterr().out
    for words in ("Dense, tanh, l1 0.01", "Activation, softplus", "BatchNormalization, no gamma, not trainable"):
        assert words in text
    assert "79 parameters" in text and "20 of them non-trainable" in text


@kinds
def test_a_diagram_draws_them_all(make: Any) -> None:
    net = fitted(make)
    svg = net.diagram().svg
    for layer in net.layers:
        if not isinstance(layer, (Dense, Dropout)):
            assert (str(layer.activation) if isinstance(layer, Activation) else type(layer).__name__) in svg
    assert f"{net.get_params().size} parameters" in svg
    assert Network(make(), inputs=3).diagram().svg and Network(make()).diagram().svg


@kinds
def test_a_graph(make: Any) -> None:
    net = fitted(make)
    trace = net.trace(X, Y)
    other = any(layer.kind != "dense" for layer in trace.plan.layers)
    assert trace.graph(2).svg and trace.graph(2, nodes="layers").svg
    if other:
        with pytest.raises(ValueError, match=r"nodes: layer \d is an? .*, which is drawn by arrays"):
            trace.graph(nodes="scalars")


@kinds
def test_the_derivatives_of_a_graph(make: Any) -> None:
    """dL/da times the activation's derivative is dL/dz, from layer to layer; parameters' derivatives add up over rows.

    With a batch normalization they are those of all rows; without one, of a row, whose share of the mean is 1 / 23.
    """
    trace = fitted(make).trace(X, Y)
    together = any(layer.kind == "batch_norm" and layer.trainable for layer in trace.plan.layers)
    every = [graphs.numbers_of_row(trace, row) for row in range(len(X))]
    for k, layer in enumerate(trace.layers):
        for row, numbers in enumerate(every):
            share = 1.0 if together else 1 / len(X)
            np.testing.assert_allclose(numbers.dz[k], layer.delta[row] / share, rtol=1e-12)
            if k + 1 < len(trace.layers):
                found = numbers.da[k + 1] * layer.derivative[row]
                np.testing.assert_allclose(found, numbers.dz[k], rtol=1e-9, atol=1e-14)
        plan = trace.plan.layers[k]
        for name, tensor in layer.tensors.items():
            slopes = [numbers.parameters[k][name][1] for numbers in every if name in numbers.parameters[k]]
            if not tensor.learned:
                assert all(slope is None for slope in slopes)
            elif not (plan.l1 or plan.l2):
                found = slopes[0] if together else sum(slopes) / len(X)
                np.testing.assert_allclose(found, tensor.gradient, rtol=1e-9, atol=1e-12)


# ---- traces ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@kinds
def test_a_trace_has_the_engine_s_bits(make: Any, dtype: str) -> None:
    net = fitted(make, dtype, optimizer=Adam(0.01, clipnorm=0.05))
    before = net.fingerprint()
    trace = net.trace(X, Y)
    engine, data = net._core.examples("trace", X, Y, None)
    loss, passes = engine.trace(data)
    assert trace.loss == loss and net.fingerprint() == before
    if not any(isinstance(layer, Dropout) for layer in net.layers):  # of which a trace knows nothing
        net.train_on_batch(X, Y)
    after = net.get_params()
    for layer, found in zip(trace.layers, passes, strict=True):
        for name, ours in (("z", layer.z), ("y", layer.a), ("d", layer.delta)):
            np.testing.assert_array_equal(ours, found[name])
        for place in trace.plan.layers[layer.index].tensors:
            tensor = layer.tensors[place.name]
            np.testing.assert_array_equal(tensor.gradient, found[f"d{place.name}"])
            if net.iteration > trace.iteration:
                np.testing.assert_array_equal(tensor.after, place.view(after))
            assert place.learned or not tensor.gradient.any()
        assert str(layer).startswith(f"Layer {layer.index + 1}: ")


@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("delta", ["gradient", "descent"])
@kinds
def test_a_sheet_in_both_conventions(make: Any, delta: str, samples: str) -> None:
    """z from the printed mean and variance, dL/dgamma and dL/dbeta from the printed delta, moving statistics."""
    trace = fitted(make).trace(X, Y)
    sheet = trace.show(delta, samples, digits=17)
    assert sheet.to_html() and r"\begin{align*}" in sheet.to_latex() and str(sheet)
    near: dict[str, Any] = {"rtol": 1e-11, "atol": 1e-13}
    rows, sign = (lambda a: a.T) if samples == "columns" else (lambda a: a), -1 if delta == "descent" else 1
    for layer, plan in zip(trace.layers, trace.plan.layers, strict=True):
        n = layer.index + 1
        if layer.normalized is None:
            continue
        mean, variance, x = sheet["mean", n], sheet["variance", n], rows(layer.x)
        over = (0 if plan.kind == "batch_norm" else 1) ^ (samples == "columns")
        if plan.trainable:
            np.testing.assert_allclose(mean, x.mean(axis=over, keepdims=True), **near)
            np.testing.assert_allclose(variance, x.var(axis=over, keepdims=True), **near)
        xhat = (x - mean) / np.sqrt(variance + plan.epsilon)
        np.testing.assert_allclose(sheet["xhat", n], xhat, **near)
        gamma = sheet["gamma", n] if plan.scale else 1.0
        np.testing.assert_allclose(sheet["z", n], gamma * xhat + (sheet["beta", n] if plan.center else 0.0), **near)
        by_rows = 0 if samples == "rows" else 1
        if plan.scale and plan.trainable:
            found = (sheet["delta", n] * xhat).sum(axis=by_rows, keepdims=True)
            np.testing.assert_allclose(sheet["dgamma", n], found, **near)
        if plan.center and plan.trainable:
            np.testing.assert_allclose(sheet["dbeta", n], sheet["delta", n].sum(axis=by_rows, keepdims=True), **near)
        if plan.kind == "batch_norm" and plan.trainable:
            for name, seen in (("moving_mean", mean), ("moving_variance", variance)):
                moved = plan.momentum * sheet[name, n] + (1 - plan.momentum) * seen
                np.testing.assert_allclose(sheet[f"{name} after", n], moved, **near)
        if n > 1:
            below = trace.layers[n - 2]
            np.testing.assert_allclose(sheet["da", n - 1] * rows(below.derivative), sign * rows(below.delta), **near)


@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("delta", ["gradient", "descent"])
@pytest.mark.parametrize("optimizer", [lambda: SGD(0.05, momentum=0.9), lambda: Adam(0.01)], ids=["sgd", "adam"])
@kinds
def test_formulas_are_true(make: Any, optimizer: Any, delta: str, samples: str) -> None:
    """Every formula of a sheet, computed from the lines before it; 23 rows, inverse spreads of some tens."""
    trace = fitted(make, optimizer=optimizer()).trace(X, Y)
    assert check_lines(trace.show(delta, samples), trace, 1e-11) >= 14


def test_what_a_sheet_says() -> None:
    text = str(fitted(STACKS["all"]).trace(X, Y).show())
    for words in (
        "Layer 1: 3 -> 3, batch normalization, eps = 0.001, phi = linear",
        "mean[1] = sum_i a[0] / 23",
        "variance[6] = sum_j (a[5] - mean[6])^2 / 3",
        "xhat[3] = (a[2] - mean[3]) / sqrt(variance[3] + eps)",
        "z[3] = gamma[3] * xhat[3] + beta[3]",
        "z[4] = a[3]",
        "Layer 4: 4 -> 4, activation alone, phi = softplus",
        "dL/dgamma[3] = sum_i (delta[3] * xhat[3])",
        "delta[3] = (dL/da[3]) * phi'(z[3])",
        "moving_mean[3] <- 0.99 moving_mean[3] + 0.01 mean[3]",
        "Backward, layer 5, lambda_1 = 0.01",
        "dL/dW[5] = a[4]^T delta[5] + lambda_1 sign(W[5])",
        "mean over 23 rows, and the l1 penalty",
    ):
        assert words in text, words
    assert "and the l1 and l2 penalties" in str(fitted(STACKS["l1"]).trace(X, Y))
    with pytest.raises(AttributeError, match="layer 1, a batch normalization, has no W"):
        fitted(STACKS["batch norm, first"]).trace(X, Y).layers[0].W  # noqa: B018


# ---- gradient checks ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@kinds
def test_gradients_are_right(make: Any, dtype: str, engine: str) -> None:
    net = fitted(make, dtype, engine)
    report = net.check_gradients(X, Y)
    assert report.ok, report
    learned = [tensor for layer in net._core.engine.plan.layers for tensor in layer.tensors if tensor.learned]
    assert [row.name for row in report.rows] == [tensor.name for tensor in learned]


@kinds
def test_a_wrong_gradient_is_seen(make: Any) -> None:
    """Each array in turn, from a list with the moving statistics and from one without; a tenth too large."""
    net = fitted(make)
    names = [(i, t) for i, t in enumerate(t for layer in net._core.engine.plan.layers for t in layer.tensors)]
    every = net.gradients(X, Y)
    learned = [array for (_, tensor), array in zip(names, every, strict=True) if tensor.learned]
    assert net.check_gradients(X, Y, gradients=every).ok and net.check_gradients(X, Y, gradients=learned).ok
    for i, tensor in names:
        wrong = [array.copy() for array in every]
        largest = np.abs(wrong[i]).max(initial=0.0)
        if not tensor.learned:
            wrong[i][0] = 1.0
            with pytest.raises(ValueError, match=rf"gradients\[{i}\]: d{tensor.name}\d .*not learned; expected zeros"):
                net.check_gradients(X, Y, gradients=wrong)
        elif largest > 1e-6:  # a bias before a normalization has none
            wrong[i] *= 1.1
            report = net.check_gradients(X, Y, gradients=wrong)
            assert not report.ok and "1.1 times what it should be" in str(report)
    with pytest.raises(ValueError, match=r"expected \d+: \[d"):
        net.check_gradients(X, Y, gradients=every[:1])


def test_the_loss_of_the_differences_is_the_batch_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """With moving statistics, as evaluate has them, the gradients of a batch normalization would look wrong."""
    net = fitted(STACKS["batch norm"])
    monkeypatch.setattr(gradcheck, "looks_at_the_batch", lambda plan: False)
    assert not net.check_gradients(X, Y).ok


@pytest.mark.parametrize("seed", range(5))
def test_a_small_variance_is_no_kink(seed: int) -> None:
    """Two units that are nearly equal: the loss bends within a hundredth, but it is smooth."""
    layers = [Dense(4, "tanh"), Dense(2), LayerNormalization(), Activation("softmax")]
    net = Network(layers, inputs=3, dtype="float64", seed=seed)
    report = net.check_gradients(X, Y)
    assert report.ok and not any(row.kinks for row in report.rows), report


@pytest.mark.parametrize("seed", range(0, 120, 9))
def test_gradients_of_drawn_networks(seed: int) -> None:
    plan = draw_network(seed, "float64")
    core, data = reference.Engine(plan), draw_data(plan, 12, 3)
    core.set_params(draw_params(plan, 5))
    smooth = [replace(layer, activation={"relu": "tanh", "elu": "tanh"}.get(layer.activation, layer.activation))
              for layer in plan.layers]  # fmt: skip
    plan = replace(plan, layers=tuple(smooth))
    core = reference.Engine(plan)
    core.set_params(draw_params(plan, 5))
    assert (report := gradcheck.check_gradients(core, plan, data, 1e-4, 20)).ok, report


# ---- diagnosis ----


@kinds
def test_a_diagnosis_looks_at_all_of_them(make: Any, caplog: Any) -> None:
    net = fitted(make, epochs=60)
    found = net.diagnose(x=X, y=Y)
    assert "23 rows of x and y" in found.seen and not found.level("error")
    assert Network(make(), inputs=3).diagnose() is not None and not caplog.records


def test_units_with_equal_weights_behind_a_normalization(caplog: Any) -> None:
    """Gammas that differ tell the units apart; equal ones do not. Layer numbers are a trace's."""
    layers = [BatchNormalization(), Dense(3, kernel_initializer="zeros"), BatchNormalization(), Dense(2, "softmax")]
    net = Network(layers, inputs=3, seed=1)
    assert "symmetric_units" in net.diagnose().codes and "layer 2 are all 0" in str(net.diagnose())
    net.fit(X, Y, verbose=0)
    assert "layer 2 are all 0" in caplog.text
    apart = Network(layers, inputs=3, seed=1)
    weights = apart.get_weights()
    weights[6] = np.array([1.0, 2.0, 3.0])
    apart.set_weights(weights)
    assert "symmetric_units" not in apart.diagnose().codes


def test_a_strong_l1_is_named() -> None:
    net = Network([Dense(4, "tanh", l1=3.0), Dense(2, "softmax", l1=3.0)], inputs=3, seed=2)
    net.fit(X, Y, epochs=20, verbose=0)
    found = net.diagnose(x=X, y=Y)
    assert "strong_l2" in found.codes and "l1 = 3 has pulled" in str(found)


# ---- files, copies, resuming ----


@kinds
def test_a_file_is_the_network(make: Any, tmp_path: Path) -> None:
    net = fitted(make, "float32")
    net.save(tmp_path / "net.pynn")
    found = [Network.load(tmp_path / "net.pynn"), pickle.loads(pickle.dumps(net)), copy.copy(net), copy.deepcopy(net)]
    for other in found:
        assert other.fingerprint() == net.fingerprint()
        assert other.predict(X).tobytes() == net.predict(X).tobytes()
        assert other.summary() == net.summary()
        assert len(other.layers) == len(net.layers)


@kinds
def test_info_on_the_command_line(make: Any, tmp_path: Path, capsys: Any) -> None:
    net = fitted(make)
    net.save(tmp_path / "net.pynn")
    assert cli.main(["info", str(tmp_path / "net.pynn")]) == 0
    text = capsys.readouterr().out
    assert f"\n{net.get_params().size} parameters" in text and f"fingerprint {net.fingerprint()}" in text
    assert all(type(layer).__name__ in text for layer in net.layers)


@kinds
def test_resuming_is_going_on(make: Any, tmp_path: Path) -> None:
    once = fitted(make, "float32", epochs=4, optimizer=Adam(0.02))
    half = fitted(make, "float32", epochs=2, optimizer=Adam(0.02))
    half.save(tmp_path / "half.pynn")
    rest = Network.load(tmp_path / "half.pynn")
    rest.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert rest.fingerprint() == once.fingerprint() and rest.get_params().tobytes() == once.get_params().tobytes()


def test_an_activation_behind_a_dense_layer_is_its_own() -> None:
    two = fitted(lambda: [Dense(8), Activation("relu"), Dense(2), Activation("softmax")], "float32")
    one = fitted(lambda: [Dense(8, "relu"), Dense(2, "softmax")], "float32")
    assert two.fingerprint() == one.fingerprint() and two.predict(X).tobytes() == one.predict(X).tobytes()
    other = fitted(lambda: [Dense(8), Activation("tanh"), Dense(2), Activation("softmax")], "float32")
    assert other.fingerprint() != one.fingerprint()


# ---- corners ----


def test_a_batch_of_one_row(engine: str) -> None:
    """xhat is 0, z is beta, and nothing before it gets a gradient; moving statistics go towards it."""
    net = fitted(STACKS["batch norm"], engine=engine)
    layer = net.trace(X[:1], Y[:1]).layers[1]
    np.testing.assert_array_equal(layer.z[0], layer.beta)
    assert not layer.xhat.any() and not layer.dgamma.any() and not layer.variance.any()
    before = net.get_weights()[4]
    net.train_on_batch(X[:1], Y[:1])
    assert (net.get_weights()[4] != before).all()
    assert net.check_gradients(X[:1], Y[:1]).ok


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Dense(2, kernel_regularizer="l3"), "kernel_regularizer: 'l3' is unknown"),
        (lambda: Dense(2, kernel_regularizer=regularizers.L1(-1)), "l1: -1 is not possible"),
        (lambda: Dense(2, kernel_regularizer="l1", l2=0.1), "kernel_regularizer: given together with"),
        (lambda: BatchNormalization(momentum=1.5), "momentum: 1.5 is not possible"),
        (lambda: BatchNormalization(epsilon=0), "epsilon: 0 is not possible"),
        (lambda: LayerNormalization(epsilon=-1), "epsilon: -1 is not possible"),
        (lambda: Activation("swoosh"), "activation: 'swoosh' is unknown"),
    ],
)
def test_a_wrong_option_is_named(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_moving_statistics_have_to_be_finite(value: float) -> None:
    net = fitted(STACKS["batch norm"])
    weights = net.get_weights()
    weights[5][1] = value
    with pytest.raises(ValueError, match="weights: only numbers that are finite"):
        net.set_weights(weights)


def test_hidden_space_of_a_normalized_layer() -> None:
    """The forward pass of the plots is that of predict: moving statistics."""
    pytest.importorskip("matplotlib")
    from pynn.plots import insides

    for make in STACKS.values():
        net = fitted(make)
        passed = insides.inside(net, X)
        np.testing.assert_allclose(passed[-1][1], net.predict(X), rtol=1e-10)
        np.testing.assert_allclose(insides.onward(net, passed[0][0], 0, "z"), net.predict(X), rtol=1e-10)


def test_keras_spelling() -> None:
    penalty = keras.regularizers.l1_l2(0.001, 0.01)
    model = keras.Sequential([
        keras.Input((3,)), keras.Dense(4, kernel_regularizer=penalty), keras.BatchNormalization(momentum=0.9),
        keras.Activation("relu"), keras.LayerNormalization(), keras.Dense(2, "softmax", kernel_regularizer="l2"),
    ])  # fmt: skip
    model.compile("adam", "categorical_crossentropy")
    model.fit(X, Y, epochs=2, verbose=0)
    first, last = model.network.layers[0], model.network.layers[-1]
    assert (first.l1, first.l2, last.l1, last.l2) == (0.001, 0.01, 0.0, 0.01)
    assert len(model.get_weights()) == 2 + 4 + 2 + 2
