"""Which operand of a product is turned, and which lies as lanes, follows from sizes and never shows in the bits.

The same element is computed both ways here, by making the batch or the last layer small or large. That results are
right is the affair of test_parity.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn.engine import _native as native
from pynn.engine import reference
from pynn.engine.data import Data, Totals
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan

RNG = np.random.default_rng(11)
ROWS = 512  # two chunks of a sum over rows


def engine(inputs: int, widths: list[int], dtype: str, hidden: str = "tanh", threads: int = 1) -> Any:
    layers = [LayerPlan(0, width, hidden) for width in widths[:-1]] + [LayerPlan(0, widths[-1], "linear")]
    plan = build_plan(inputs, layers, loss="half_mse", sum_outputs=True, dtype=dtype)
    made = native.Engine(plan, threads=threads)
    made.set_params(np.random.default_rng(1).uniform(-0.5, 0.5, plan.n_params).astype(dtype))
    return made


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", ["tanh", "relu", "gelu", "softmax"])
@pytest.mark.parametrize("widths", [[40, 24, 18, 3], [33, 250, 17], [5, 300, 9], [64, 1]])
def test_deltas_do_not_depend_on_the_batch(dtype: str, hidden: str, widths: list[int]) -> None:
    """d of a hidden layer, row by row: W turned for 512 rows, d turned for 2 of them. 1/512 and 1/2 are exact."""
    x, t = RNG.normal(size=(ROWS, 7)), RNG.normal(size=(ROWS, widths[-1]))
    for threads in (1, 3):
        net = engine(7, widths, dtype, hidden, threads)
        many = [part["d"].copy() for part in net.trace(Data(x, y=t))[1]]
        for r in range(0, ROWS, 94):
            few = net.trace(Data(x[r : r + 2], y=t[r : r + 2]))[1]
            for layer, part in enumerate(few):
                np.testing.assert_array_equal(part["d"], many[layer][r : r + 2] * (ROWS // 2), err_msg=f"layer {layer}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("inputs", [16, 37, 100])
@pytest.mark.parametrize("rows", [33, 256, 300, ROWS + 5])
def test_few_outputs_have_the_gradient_that_they_have_among_many(dtype: str, inputs: int, rows: int) -> None:
    """dW of outputs 0, 1, 2 of three, where inputs are lanes, and of sixteen, where outputs are."""
    x, t = RNG.normal(size=(rows, 5)), RNG.normal(size=(rows, 16))
    wide, narrow = engine(5, [inputs, 16], dtype), engine(5, [inputs, 3], dtype)
    first, last = narrow.plan.layers
    params = wide.get_params()
    w = params[wide.plan.layers[1].w : wide.plan.layers[1].b].reshape(inputs, 16)
    b = params[wide.plan.layers[1].b :]
    narrow.set_params(np.concatenate([params[: last.w], w[:, :3].reshape(-1), b[:3]]))
    expected = wide.trace(Data(x, y=t))[1][1]
    found = narrow.trace(Data(x, y=t[:, :3]))[1][1]
    np.testing.assert_array_equal(found["dW"], expected["dW"][:, :3])
    np.testing.assert_array_equal(found["db"], expected["db"][:3])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("outputs", [1, 5, 8, 13, 16])
@pytest.mark.parametrize("rows", [3, 300])
def test_places_beyond_the_outputs_have_no_say(dtype: str, outputs: int, rows: int) -> None:
    """An infinite input makes infinite gradients, which are clipped, and NaN where it meets the zeros that fill a panel
    up: how many of those are looked at depends on the instruction set."""
    rule = OptimizerPlan("sgd", clipvalue=0.125)
    plan = build_plan(8, [LayerPlan(0, outputs, "step")], loss="perceptron", dtype=dtype, optimizer=rule)
    x, t = np.ones((rows, 8)), np.full((rows, outputs), 0.5)
    x[1, 2] = np.inf
    found = []
    for made, store in ((reference.Engine(plan), False), (native.Engine(plan), False), (native.Engine(plan), True)):
        made.set_params(np.full(plan.n_params, 0.5))
        made.train(Data(x, y=t), batch=rows, epoch=0, rates=np.ones(1), totals=Totals(), store=store, seconds=1e3)
        found.append(made.get_params())
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])
