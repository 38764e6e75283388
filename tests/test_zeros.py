"""Inputs that are zero are skipped where there are many of them (csrc/skip_zeros.c): that cannot show in any bit.

The same work is done twice, with lists of what is not zero and without any (csrc/layout.c says for how many
rows there are lists); a row by itself, which always goes through a list, is compared with rows in company. What the
lists' kernels do is test_kernels.py's affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from pynn.engine.data import Data, Totals
from pynn.engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from pynn.errors import DivergenceError

_native = pytest.importorskip("pynn.engine._native")

ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
MOST_LISTED = 1024  # rows of a batch; SPARSE_ROWS in csrc/layout.c
RMSPROP = {"rho": 0.9, "epsilon": 1e-7}
MOMENTUM = OptimizerPlan(momentum=0.9)


@contextmanager
def without_lists() -> Iterator[None]:
    _native.set_lists(False)
    try:
        yield
    finally:
        _native.set_lists(True)


def make_plan(inputs: int, *layers: LayerPlan, **options: Any) -> Plan:
    return build_plan(inputs, list(layers), **{"loss": "mse", "optimizer": MOMENTUM, "seed": 5, **options})


def make_data(plan: Plan, rows: int, share: float, seed: int = 1) -> Data:
    """`share` of the inputs are not zero: some of the zeros are -0, some are too small to be stored."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, plan.inputs))
    zeros = rng.uniform(size=x.shape) >= share
    x[zeros] = rng.choice([0.0, -0.0, 1e-320], zeros.sum())
    x[rows // 2] = 0  # a row, and an input, that are nothing but zeros
    x[:, 1:2] = 0
    return Data(x, y=rng.normal(size=(rows, plan.outputs)))


def all_bits(plan: Plan, data: Data, batch: int, threads: int = 1, lists: bool = True) -> dict[str, bytes]:
    """Everything that training and prediction give, as bytes; 0 is added where a zero's sign is not promised."""
    engine, totals = _native.Engine(plan, threads=threads, grain=0.0), Totals()
    engine.set_params(np.random.default_rng(2).uniform(-0.3, 0.3, plan.n_params))
    steps = -(-data.rows // batch)
    for epoch in range(2):
        order = np.random.default_rng(epoch).permutation(data.rows)
        rates = np.full(steps, 0.01)
        done = engine.train(data, batch=batch, epoch=epoch, rates=rates, totals=totals, order=order, seconds=60)
        assert done == steps
        assert engine.lists == (lists and batch <= MOST_LISTED)
    few = Data(data.x[:batch], y=data.y[:batch])
    found = {"weights": engine.get_params(), "prediction": engine.predict(data), **engine.get_slots()}
    found["gradient"] = engine.gradients(few, epoch=3)[1] + 0
    for i, layer in enumerate(engine.trace(few, epoch=3)[1]):
        found |= {f"layer {i} {name}": values + 0 for name, values in layer.items()}
    checked = engine.evaluate(data)
    found["sums"] = np.array([totals.loss, totals.last_loss, checked.loss, checked.mae, checked.mse])
    assert all(np.isfinite(values).all() for values in found.values())
    return {name: values.tobytes() for name, values in found.items()}


def check_same(plan: Plan, data: Data, batch: int, threads: int = 1) -> None:
    skipping = all_bits(plan, data, batch, threads)
    with without_lists():
        whole = all_bits(plan, data, batch, threads, lists=False)
    assert [name for name in whole if whole[name] != skipping[name]] == []


# ---- lists and no lists ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("inputs", [64, 65, 100, 784])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.19, 0.39, 0.41, 0.6, 1.0])
def test_how_many_are_not_zero(share: float, inputs: int, dtype: str) -> None:
    plan = make_plan(inputs, LayerPlan(0, 49, "tanh"), LayerPlan(0, 3, "linear"), dtype=dtype)
    check_same(plan, make_data(plan, 70, share), 50)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 2, 50, 256, 257, 300, 600, 1024, 1025])
def test_batches_and_teams(batch: int, threads: int) -> None:
    """Chunks of 256 rows, their tree, and shares of the rows, the blocks of inputs and the columns."""
    plan = make_plan(130, LayerPlan(0, 67, "tanh"), LayerPlan(0, 3, "linear"))
    check_same(plan, make_data(plan, 15 if batch == 1 else batch + batch // 3, 0.15), batch, threads)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("outputs", [33, 48, 64, 100, 112, 113, 128, 250])
def test_widths(outputs: int, dtype: str) -> None:
    """Numbers of panels that are divided in different ways; the first layer may be the last, which lies as rows."""
    plan = make_plan(100, LayerPlan(0, outputs, "tanh"), dtype=dtype)
    check_same(plan, make_data(plan, 40, 0.2), 32, 2)
    plan = make_plan(
        100, LayerPlan(0, outputs, "relu"), LayerPlan(0, 20, "tanh"), LayerPlan(0, 2, "linear"), dtype=dtype
    )
    check_same(plan, make_data(plan, 40, 0.2), 32, 2)


OPTIONS: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": OptimizerPlan()},
    "nesterov": {"optimizer": OptimizerPlan(momentum=0.9, nesterov=True)},
    "adam": {"optimizer": OptimizerPlan("adam", **ADAM)},
    "adamw": {"optimizer": OptimizerPlan("adam", **ADAM, weight_decay=0.1)},
    "rmsprop": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP)},
    "rmsprop, all": {"optimizer": OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5, centered=True)},
    "clipvalue": {"optimizer": OptimizerPlan(clipvalue=0.01)},
    "clipnorm": {"optimizer": OptimizerPlan(clipnorm=0.05)},
    "global_clipnorm": {"optimizer": OptimizerPlan("adam", **ADAM, global_clipnorm=0.05)},
    "input dropout": {"input_dropout": 0.6},
    "scaled": {"scale": np.linspace(0.5, 2, 100), "offset": np.where(np.arange(100) % 7, 0, 0.25)},
    "no bias": {"layer": {"use_bias": False}},
    "l2 and dropout": {"layer": {"l2": 0.01, "dropout": 0.3}},
    "softmax": {"output": "softmax", "loss": "mse"},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str, dtype: str) -> None:
    options = dict(OPTIONS[name])
    hidden = LayerPlan(0, 70, "relu", **options.pop("layer", {}))
    plan = make_plan(100, hidden, LayerPlan(0, 18, options.pop("output", "linear")), dtype=dtype, **options)
    check_same(plan, make_data(plan, 90, 0.2), 37, 2)


def test_batches_change_their_kind() -> None:
    """Some batches are worth it and some are not, in one epoch; the last is short."""
    plan = make_plan(80, LayerPlan(0, 40, "tanh"), LayerPlan(0, 2, "linear"))
    parts = [make_data(plan, 30, share, seed=i) for i, share in enumerate([0.1, 1.0, 0.3, 0.5, 0.0, 0.2])]
    x = np.concatenate([part.x for part in parts])[:-11]
    check_same(plan, Data(x, y=np.concatenate([part.y for part in parts])[:-11]), 30, 2)


# ---- one row goes through a list in every layer ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", ["relu", "tanh", "softmax", "step"])
@pytest.mark.parametrize("inputs", [1, 5, 16, 17, 100])
def test_one_row_alone(inputs: int, hidden: str, dtype: str) -> None:
    layers = LayerPlan(0, 53, hidden), LayerPlan(0, 129, "relu"), LayerPlan(0, 35, "sigmoid")
    plan = make_plan(inputs, *layers, dtype=dtype)
    data = make_data(plan, 24, 0.4)
    with without_lists():
        engine = _native.Engine(plan, threads=2 if inputs == 17 else 1, grain=0.0)
        engine.set_params(np.random.default_rng(2).uniform(-0.5, 0.5, plan.n_params))
        together = engine.predict(data)
        assert len(np.unique(together, axis=0)) > 3
        for row in range(data.rows):
            assert engine.predict(Data(data.x[row : row + 1])).tobytes() == together[row].tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_row_trains_like_two_of_which_one_counts(dtype: str) -> None:
    """A weight of 2 among two rows is the scale 1 of one row; the other one's terms are 0."""
    layers = LayerPlan(0, 53, "relu"), LayerPlan(0, 40, "relu"), LayerPlan(0, 20, "linear")
    plan = make_plan(70, *layers, dtype=dtype)
    data, engines = make_data(plan, 12, 0.3), []
    for copies in (1, 2):
        x, y = np.repeat(data.x, copies, axis=0), np.repeat(data.y, copies, axis=0)
        weight = np.tile([2.0, 0.0], data.rows) if copies == 2 else None
        engine = _native.Engine(plan)
        engine.set_params(np.random.default_rng(2).uniform(-0.3, 0.3, plan.n_params))
        with without_lists():
            options = {"epoch": 0, "rates": np.full(data.rows, 0.01), "totals": Totals(), "seconds": 60}
            assert engine.train(Data(x, y=y, weight=weight), batch=copies, **options) == data.rows
        engines.append(engine)
    assert engines[0].get_params().tobytes() == engines[1].get_params().tobytes()
    assert engines[0].get_slots()["v"].tobytes() == engines[1].get_slots()["v"].tobytes()


# ---- what is not finite ----


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_infinite_deltas_meet_zeros(share: float, use_bias: bool) -> None:
    """Infinity times zero is NaN, and the step is not taken there, whether or not the zero has been looked at."""
    plan = make_plan(70, LayerPlan(0, 40, "tanh", use_bias=use_bias), LayerPlan(0, 1, "linear"))
    params = np.zeros(plan.n_params)
    second = plan.layers[1]
    params[second.w : second.w + 40 : 3] = 3e38  # d2 W2 is infinite; y1 = tanh(0) = 0, so that the loss is finite
    data = make_data(plan, 20, share)
    data.y[...] = 100
    found = []
    for lists in (True, False):
        engine = _native.Engine(plan)
        engine.set_params(params)
        engine.set_slots({"v": np.ones(plan.n_params)})  # who takes a step shows it, even with a gradient of 0
        options = {"batch": 20, "epoch": 0, "rates": np.full(1, 0.01), "totals": Totals(), "seconds": 60}
        with pytest.raises(DivergenceError, match="step 1"):
            if lists:
                engine.train(data, **options)
            else:
                with without_lists():
                    engine.train(data, **options)
        found.append((engine.get_params().tobytes(), engine.get_slots()["v"].tobytes(), engine.iteration))
    assert found[0] == found[1]
