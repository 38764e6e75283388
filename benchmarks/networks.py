"""pynn's side of a comparison: networks, their tasks for the peers, and how far two results are apart.

All calls to pynn that a suite times stand here or in bench_kernel.py, so that a change of a signature is a
change in one place. `Ours` is the front door, as a user has it; `build` and `train` are the engine below.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from peers import Task
from rows import rows_of
from shapes import Net

from pynn import SGD, Dense, Network, Rescaling
from pynn.engine import _native
from pynn.engine.data import Data, Totals
from pynn.engine.philox import ORDER
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan

RATE, MOMENTUM = 0.001, 0.9


class Ours:
    """A Network and its rows. `train` is one fit; `task` is the same work for others."""

    def __init__(self, net: Net, threads: int | None, **options: Any) -> None:
        self.net = net
        self.x, self.label = rows_of(net)
        layers = [Dense(width, name, kernel_initializer=initializer(name)) for width, name in net.layers]
        scale = [Rescaling(1 / 255)] if self.x.dtype == np.uint8 else []
        self.network = Network([*scale, *layers], inputs=net.inputs, threads=threads, **options)
        self.network.compile(optimizer=SGD(learning_rate=RATE, momentum=MOMENTUM))

    def train(self) -> None:
        self.fit(self.net.epochs)

    def fit(self, epochs: int) -> None:
        self.network.fit(self.x, self.label, batch_size=self.net.batch, epochs=epochs, verbose=0)

    def predict(self, rows: int) -> np.ndarray:
        return self.network.predict(self.x[:rows])

    def weights(self) -> list[np.ndarray]:
        return self.network.get_weights()

    def inputs(self, rows: int | None = None) -> np.ndarray:
        """What the first Dense sees: float32, scaled."""
        x = self.x[:rows]
        return x.astype(np.float32) * np.float32(1 / 255) if x.dtype == np.uint8 else x

    def task(self) -> Task:
        """The next fit: rows converted and scaled, and in the order in which `train` will draw them."""
        first = self.network.epoch
        orders = [_native.permutation(0, ORDER, first + epoch, self.net.rows) for epoch in range(self.net.epochs)]
        order = np.concatenate(orders)
        names = tuple(name for _, name in self.net.layers)
        return Task(names, self.weights(), self.inputs()[order], self.label[order], self.net.batch, RATE, MOMENTUM)


def initializer(activation: str) -> str:
    return "he_uniform" if activation == "relu" else "glorot_uniform"


# ---- how far apart ----


def length(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Of the way from a to b: the 2-norm over all weights."""
    return float(sum(float(np.vdot(x - y, x - y)) for x, y in zip(a, b, strict=True))) ** 0.5


def distance(start: list[np.ndarray], a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Between two results of a training, relative to the way from the start."""
    return length(a, b) / length(start, b)


def check_first_steps(net: Net, threads: int, steps: int = 3) -> None:
    """A few steps against the reference engine in float64, within what rounding may do.

    With u = 2^-24: storing w rounds it by u |w| a step. A gradient comes from products of `terms` terms in all,
    off by at most terms * u of its size. A relu is on the wrong side of its kink where its argument is
    nearer to 0 than the error: a share of about terms * u of them, which in a 2-norm is the square root of it.
    """
    net = replace(net, rows=min(steps, net.rows // net.batch) * net.batch, epochs=1)
    ours, exact = Ours(net, threads), Ours(net, None, engine="reference", dtype="float64")
    start = ours.weights()
    exact.network.set_weights(start)
    ours.train()
    exact.train()
    terms, u = net.inputs + sum(2 * width for width, _ in net.layers) + net.batch, 2.0**-24
    error, way = length(ours.weights(), exact.weights()), length(start, exact.weights())
    size = length(start, [np.zeros_like(w) for w in start])
    kinks = (terms * u) ** 0.5 if any(name == "relu" for _, name in net.layers) else 0.0
    allowed = net.steps * u * size + (terms * u * net.steps + kinks) * way
    assert error <= allowed, f"{net.name}: off by {error:.2g}, {allowed:.2g} is possible by rounding"


LOOSE = 0.01  # of the way: peers round differently, step after step; other work would be off by far more


def check_peer(name: str, distance: float) -> None:
    assert distance <= LOOSE, f"{name} does not do the same work: its weights are {distance:.1%} of the way apart"


# ---- the engine alone ----


def build(net: Net, threads: int | None, module: Any = _native) -> Any:
    plan = build_plan(
        net.inputs,
        [LayerPlan(0, width, name) for width, name in net.layers],
        loss="categorical_crossentropy",
        optimizer=OptimizerPlan("sgd", momentum=MOMENTUM),
        scale=np.full(net.inputs, 1 / 255),
    )
    engine = module.Engine(plan, threads=threads)
    spread = np.concatenate([np.full(a.inputs * a.outputs + a.outputs, (6 / a.inputs) ** 0.5) for a in plan.layers])
    engine.set_params((_native.uniform(0, 1, 0, plan.n_params) * 2 - 1) * spread)
    return engine


def images(net: Net) -> Data:
    x, label = rows_of(net)
    return Data(x, label=label)


def train(engine: Any, data: Data, batch: int, steps: int, epoch: int = 0, rate: float = 1e-3) -> Totals:
    totals, step, rates = Totals(), 0, np.full(steps, rate)
    while step < steps:
        step = engine.train(data, batch=batch, epoch=epoch, rates=rates, totals=totals, first=step, last=steps)
    return totals
