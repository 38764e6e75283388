"""Kinds of layers: the native engine against the reference, against formulas written out, over threads and
instruction sets; and that no call writes beyond a region of its workspace (in a guarded build)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_networks import NORMALIZATIONS, draw_data, draw_network, draw_params

from pynn.engine import reference
from pynn.engine.data import Data, Totals
from pynn.engine.kinds import KINDS
from pynn.engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from pynn.errors import DivergenceError

native = pytest.importorskip("pynn.engine._native")
ISAS = [k["name"] for k in native.kernels() if k["bits"] == 32 and k["runs_here"]]
U = 2.0**-53


def trained(module: Any, plan: Plan, rows: int, batch: int, epochs: int = 1, store: bool = False, **engine: Any) -> Any:
    net = module.Engine(plan, **engine)
    net.set_params(draw_params(plan, 5))
    data, steps = draw_data(plan, rows, 6), -(-rows // batch)
    for epoch in range(epochs):
        rates = np.full(steps, 0.01)
        options = {"batch": batch, "epoch": epoch, "rates": rates, "totals": Totals(), "shuffle": True}
        assert net.train(data, **options, store=store, seconds=1e3) == steps
    return net, data


def everything(net: Any, data: Data) -> list[bytes]:
    parts = [net.get_params(), *net.get_slots().values(), net.predict(data), net.gradients(data, epoch=1)[1]]
    return [part.tobytes() for part in parts]


@pytest.mark.parametrize("seed", range(120))
def test_native_is_the_reference(seed: int) -> None:
    """In float64 after a few steps: sums of up to some hundred terms, a thousand units of rounding and more to spare.

    Elements of a gradient that cancel (a bias before a batch normalization has none) are judged by the largest.
    """
    plan = draw_network(seed, "float64")
    rows, batch = [(40, 17), (300, 300), (9, 1), (700, 600)][seed % 4]
    ours, data = trained(native, plan, rows, batch)
    theirs, _ = trained(reference, plan, rows, batch)
    limit = 2.0**17 * U
    np.testing.assert_allclose(ours.get_params(), theirs.get_params(), rtol=limit, atol=2.0**20 * U)
    np.testing.assert_allclose(ours.predict(data), theirs.predict(data), rtol=2.0**20 * U, atol=2.0**20 * U)
    loss, gradient = ours.gradients(data)
    loss_too, gradient_too = theirs.gradients(data)
    assert loss == pytest.approx(loss_too, rel=limit)
    np.testing.assert_allclose(gradient, gradient_too, rtol=limit, atol=2.0**20 * U * np.abs(gradient_too).max())
    assert ours.evaluate(data).loss == pytest.approx(theirs.evaluate(data).loss, rel=2.0**20 * U)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(0, 120, 7))
def test_one_set_of_bits(seed: int, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = draw_network(seed, dtype)
    rows, batch = [(40, 17), (300, 300), (9, 1), (700, 600)][seed % 4]
    expected = everything(*trained(native, plan, rows, batch))
    for isa in ISAS:
        monkeypatch.setenv("PYNN_ISA", isa)
        for threads in (1, 2, 3, 5):
            assert everything(*trained(native, plan, rows, batch, threads=threads, grain=0)) == expected
    assert everything(*trained(native, plan, rows, batch, store=True)) == expected


@pytest.mark.parametrize("seed", range(300))
def test_no_region_is_overrun(seed: int) -> None:
    """The guarded build looks after every call, here and in all other tests; without guards this is a smoke test."""
    plan = draw_network(seed, "float32" if seed % 2 else "float64")
    draw = np.random.default_rng(seed)
    rows = int(draw.choice([1, 2, 15, 16, 17, 100, 257, 513]))
    batch, threads = int(draw.integers(1, rows + 1)), int(draw.choice([1, 2, 3, 8]))
    net, data = trained(native, plan, rows, batch, threads=threads, grain=0)
    net.trace(data)
    net.predict(Data(data.x[:1]))


@pytest.mark.parametrize("kind", NORMALIZATIONS)
def test_gradients_are_differences(kind: str) -> None:
    """Central differences of the reference's loss, the statistics of the batch moving along."""
    layers = [LayerPlan(0, 5, "tanh"), LayerPlan(0, 0, "tanh", kind=kind, epsilon=1e-3), LayerPlan(0, 2, "linear")]
    plan = build_plan(3, layers, loss="mse", dtype="float64")
    flat, data = draw_params(plan, 1), draw_data(plan, 12, 2)
    engine = reference.Engine(plan)

    def loss(values: np.ndarray) -> float:
        engine.set_params(values)
        return engine.gradients(data)[0]

    engine.set_params(flat)
    gradient = engine.gradients(data)[1]
    learned = np.concatenate([np.full(t.size, t.learned) for layer in plan.layers for t in layer.tensors])
    assert (gradient[~learned] == 0).all()
    assert np.abs(gradient[learned]).max() > 0.01
    for i in np.flatnonzero(learned):
        step = np.zeros_like(flat)
        step[i] = 1e-5
        # truncation eps^2 / 6 times a third derivative of some tens, rounding u / eps
        assert gradient[i] == pytest.approx((loss(flat + step) - loss(flat - step)) / 2e-5, abs=1e-7)


def norm_plan(inputs: int = 3, **options: Any) -> Plan:
    layers = [LayerPlan(0, 0, "linear", kind="batch_norm", **({"epsilon": 0.001, "momentum": 0.9} | options))]
    return build_plan(inputs, [*layers, LayerPlan(0, 1, "linear")], loss="mse", dtype="float64")


@pytest.mark.parametrize("module", [reference, native])
def test_moving_statistics(module: Any) -> None:
    """momentum * moving + (1 - momentum) * batch, of the population's variance; used at predict, not while training."""
    engine = module.Engine(norm_plan())
    x = np.array([[0.0, 1.0, 5.0], [2.0, 1.0, 7.0]])
    start = {"gamma": [2.0, 1.0, 1.0], "beta": [0.0, 0.5, 0.0], "mean": [0.0] * 3, "variance": [1.0] * 3}
    engine.set_params(np.concatenate([*start.values(), [1.0, 1.0, 1.0], [0.0]]))
    z = engine.trace(Data(x, y=np.zeros((2, 1))))[1][0]["z"]
    np.testing.assert_allclose(z[:, 0], [-2 / np.sqrt(1.001), 2 / np.sqrt(1.001)], rtol=4 * U)
    np.testing.assert_array_equal(z[:, 1], [0.5, 0.5])  # no spread: only beta is left
    engine.train(Data(x, y=np.zeros((2, 1))), batch=2, epoch=0, rates=np.zeros(1), totals=Totals())
    moved = engine.plan.layers[0].values(engine.get_params())
    np.testing.assert_allclose(moved["moving_mean"], [0.1, 0.1, 0.6], rtol=4 * U)
    np.testing.assert_allclose(moved["moving_variance"], [1.0, 0.9, 1.0], rtol=4 * U)
    inverse = 1 / np.sqrt(moved["moving_variance"] + 0.001)
    expected = (x - moved["moving_mean"]) * inverse * [2, 1, 1] + [0, 0.5, 0]
    np.testing.assert_allclose(engine.predict(Data(x))[:, 0], expected.sum(axis=1), rtol=16 * U)


@pytest.mark.parametrize("module", [reference, native])
def test_batch_norm_of_one_row_gives_beta(module: Any) -> None:
    engine = module.Engine(norm_plan())
    engine.set_params(draw_params(engine.plan, 3))
    layer = engine.trace(Data(np.array([[1.0, -2.0, 3.0]]), y=np.ones((1, 1))))[1][0]
    np.testing.assert_array_equal(layer["z"][0], engine.plan.layers[0].values(engine.get_params())["beta"])
    assert not layer["dgamma"].any()


@pytest.mark.parametrize("module", [reference, native])
def test_what_is_not_trainable_stays(module: Any) -> None:
    """To the bit: momentum 1/3, so that moving statistics that move to where they are would be rounded."""
    engine = module.Engine(norm_plan(40, trainable=False, momentum=1 / 3))
    engine.set_params(draw_params(engine.plan, 3))
    before = engine.plan.layers[0].values(engine.get_params())
    data = draw_data(engine.plan, 8, 1)
    engine.train(data, batch=4, epoch=0, rates=np.full(2, 0.1), totals=Totals())
    after = engine.plan.layers[0].values(engine.get_params())
    assert all((before[name] == after[name]).all() for name in before)
    used = engine.trace(data)[1][0]["z"]
    expected = (data.x - before["moving_mean"]) / np.sqrt(before["moving_variance"] + 0.001)
    np.testing.assert_allclose(used, expected * before["gamma"] + before["beta"], rtol=32 * U, atol=8 * U)


def one_step(engine: Any, x: np.ndarray, y: float = 0.0) -> None:
    data = Data(x.astype(np.float32), y=np.full((len(x), 1), y))
    engine.train(data, batch=len(x), epoch=0, rates=np.full(1, 0.1), totals=Totals())


@pytest.mark.parametrize("module", [reference, native])
@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
def test_an_update_that_is_not_finite_is_reported(kind: str, module: Any) -> None:
    """Adam squares a gradient of 1e25, in float32: that of gamma and beta alone, since |y - t| has the slope 1."""
    rule = OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7)
    layers = [LayerPlan(0, 0, "linear", kind=kind, epsilon=1e-3), LayerPlan(0, 1, "linear")]
    engine = module.Engine(build_plan(2, layers, loss="mae", optimizer=rule))
    start = draw_params(engine.plan, 1).astype(np.float32)
    engine.plan.layers[1].values(start)["W"][...] = 1e25
    engine.set_params(start)
    with pytest.raises(DivergenceError, match="update"):
        one_step(engine, np.array([[1.0, 2.0], [3.0, -1.0]]))
    after = engine.plan.layers[0].values(engine.get_params())
    before = engine.plan.layers[0].values(start)
    assert all((after[name] == before[name]).all() for name in ("gamma", "beta"))
    assert engine.iteration == 0


@pytest.mark.parametrize("module", [reference, native])
def test_a_moving_variance_that_is_not_finite_is_reported(module: Any) -> None:
    """1e25 squared, in float32; z is beta then, and the loss is finite."""
    layers = [LayerPlan(0, 0, "linear", kind="batch_norm", epsilon=1e-3, momentum=0.5), LayerPlan(0, 1, "linear")]
    engine = module.Engine(build_plan(2, layers))
    engine.set_params(draw_params(engine.plan, 1))
    before = engine.plan.layers[0].values(engine.get_params())
    with pytest.raises(DivergenceError, match="update"):
        one_step(engine, np.array([[1e25, 2.0], [-1e25, 1.0]]))
    after = engine.plan.layers[0].values(engine.get_params())
    assert after["moving_variance"][0] == before["moving_variance"][0]
    assert after["moving_variance"][1] != before["moving_variance"][1]
    assert engine.iteration == 0


@pytest.mark.parametrize("module", [reference, native])
def test_moving_statistics_are_stored(module: Any) -> None:
    """A mean below the smallest normal number becomes 0."""
    layers = [LayerPlan(0, 0, "linear", kind="batch_norm", epsilon=1e-3, momentum=0.0), LayerPlan(0, 1, "linear")]
    engine = module.Engine(build_plan(2, layers))
    engine.set_params(draw_params(engine.plan, 1))
    one_step(engine, np.array([[2e-38, 2.0], [-1.9e-38, 1.0]]))
    assert engine.plan.layers[0].values(engine.get_params())["moving_mean"].tolist() == [0, 1.5]


def joined(parts: list[np.float32]) -> np.float32:
    """Neighbours, then neighbouring pairs; an odd one waits."""
    while len(parts) > 1:
        parts = [np.sum(parts[i : i + 2], dtype=np.float32) for i in range(0, len(parts), 2)]
    return parts[0]


@pytest.mark.parametrize("chunks", range(2, 8))
def test_chunks_of_rows_are_joined_by_the_tree(chunks: int) -> None:
    """M and -M stand in two chunks among ones, M so large that it swallows them: what is left tells the order."""
    pairs = [(i, j) for i in range(chunks) for j in range(i)]
    x, swallow = np.ones((chunks * 256, len(pairs)), np.float32), 2.0**40
    for column, (i, j) in enumerate(pairs):
        x[i * 256, column], x[j * 256, column] = swallow, -swallow
    layers = [LayerPlan(0, 0, "linear", kind="batch_norm", epsilon=1e-3, momentum=0.0), LayerPlan(0, 1, "linear")]
    engine = native.Engine(build_plan(len(pairs), layers, loss="mse", dtype="float32"))
    batch = {"batch": len(x), "epoch": 0, "rates": np.zeros(1), "totals": Totals()}
    engine.train(Data(x, y=np.zeros((len(x), 1))), **batch)
    found = engine.plan.layers[0].values(engine.get_params())["moving_mean"]
    sums = [[{i: swallow, j: -swallow}.get(k, 256) for k in range(chunks)] for i, j in pairs]
    expected = [joined([np.float32(part) for part in row]) / np.float32(len(x)) for row in sums]
    np.testing.assert_array_equal(found, expected)
    assert chunks == 2 or np.any(found)


def test_weight_decay_leaves_moving_statistics_alone() -> None:
    """Nor do slots and clipping see them: only the layer's own rule moves them."""
    rule = OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7, weight_decay=0.5)
    layers = [LayerPlan(0, 0, "linear", kind="batch_norm", momentum=1.0, epsilon=1e-3), LayerPlan(0, 1, "linear")]
    plan = build_plan(3, layers, loss="mse", dtype="float64", optimizer=rule)
    for module in (reference, native):
        engine = module.Engine(plan)
        engine.set_params(draw_params(plan, 3))
        before = plan.layers[0].values(engine.get_params())
        engine.train(draw_data(plan, 8, 1), batch=4, epoch=0, rates=np.full(2, 0.1), totals=Totals())
        after = plan.layers[0].values(engine.get_params())
        assert (after["moving_mean"] == before["moving_mean"]).all()
        assert (after["gamma"] != before["gamma"]).all()


@pytest.mark.parametrize("module", [reference, native])
def test_l1(module: Any) -> None:
    """0.5 * sum |W| of W = (2, -3, 0): 2.5 to the loss, 0.5 * sign to the gradient; the bias is left out."""
    plan = build_plan(3, [LayerPlan(0, 1, "linear", l1=0.5)], loss="half_mse", dtype="float64")
    engine = module.Engine(plan)
    engine.set_params(np.array([2.0, -3.0, 0.0, 7.0]))
    loss, gradient = engine.gradients(Data(np.zeros((1, 3)), y=np.full((1, 1), 7.0)))
    assert loss == 2.5
    assert gradient.tolist() == [0.5, -0.5, 0.0, 0.0]
    assert engine.evaluate(Data(np.zeros((4, 3)), y=np.full((4, 1), 7.0))).penalty == 4 * 2.5


def test_the_table_is_the_enum(root: Any) -> None:
    text = (root / "csrc" / "pynn.h").read_text()
    names = text.split("enum pynn_kind {")[1].split("}")[0].replace("PYNN_", "").lower().split(",")
    assert [name.strip() for name in names] == [*KINDS, "kinds"]
    assert [kind.code for kind in KINDS.values()] == list(range(len(KINDS)))
