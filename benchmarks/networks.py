"""Engines and data for the suites: weights drawn once, inputs as bytes like images."""

from __future__ import annotations

from typing import Any

import numpy as np
from shapes import Net

from pynn.engine import _native
from pynn.engine.data import Data, Totals
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan


def build(net: Net, threads: int | None, module: Any = _native) -> Any:
    plan = build_plan(
        net.inputs,
        [LayerPlan(0, width, name) for width, name in net.layers],
        loss="categorical_crossentropy",
        optimizer=OptimizerPlan("sgd", momentum=0.9),
        scale=np.full(net.inputs, 1 / 255),
    )
    engine = module.Engine(plan, threads=threads)
    spread = np.concatenate([np.full(a.inputs * a.outputs + a.outputs, (6 / a.inputs) ** 0.5) for a in plan.layers])
    engine.set_params((_native.uniform(0, 1, 0, plan.n_params) * 2 - 1) * spread)
    return engine


def images(net: Net) -> Data:
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (net.rows, net.inputs)).astype(np.uint8)
    return Data(x, label=generator.integers(0, net.layers[-1][0], net.rows).astype(np.int32))


def train(engine: Any, data: Data, batch: int, steps: int, epoch: int = 0, rate: float = 1e-3) -> Totals:
    totals, step, rates = Totals(), 0, np.full(steps, rate)
    while step < steps:
        step = engine.train(data, batch=batch, epoch=epoch, rates=rates, totals=totals, first=step, last=steps)
    return totals
