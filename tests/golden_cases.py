"""The networks whose trained bits are pinned: every activation, loss, optimizer and option.

Not a test: test_golden.py runs them, and `python tests/golden_cases.py --write` renews
golden/hashes.json, which may happen only together with a new numerics version;
`--export FILE` writes the same cases for tests/c/replay.c. The data
come from the counter-based generator and comparisons alone, so no library's bits are in them.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pynn.engine.data import Data, Totals
from pynn.engine.kinds import KINDS
from pynn.engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from pynn.engine.tables import ACTIVATIONS, LOSSES, OPTIMIZERS

HASHES = Path(__file__).parent / "golden" / "hashes.json"
NUMERICS = 1
INPUTS = 23


@dataclass
class Case:
    name: str
    inputs: int = INPUTS
    share: float = 1.0  # of the inputs that are not zero
    hidden: tuple[tuple[int, str], ...] = ((37, "tanh"), (19, "sigmoid"))
    output: tuple[int, str] = (5, "softmax")
    loss: str = "categorical_crossentropy"
    optimizer: OptimizerPlan = field(default_factory=lambda: OptimizerPlan("sgd", momentum=0.9))
    rate: float = 0.05
    rows: int = 90
    batch: int = 37
    layer: dict[str, float] = field(default_factory=dict)  # options of every hidden layer
    plans: tuple[LayerPlan, ...] = ()  # all layers, in place of hidden and output, which then says only how many
    alpha: dict[str, float] = field(default_factory=dict)  # activations' parameters that are not the default
    plan: dict[str, Any] = field(default_factory=dict)
    uint8: bool = False
    weighted: bool = False
    dense: bool = False  # dense targets also for the categorical loss

    def make_plan(self, dtype: str) -> Plan:
        alpha = {name: row.default for name, row in ACTIVATIONS.items()} | self.alpha
        layers = [
            LayerPlan(0, width, name, alpha=alpha[name], **self.layer)  # type: ignore[arg-type]
            for width, name in self.hidden
        ]
        layers.append(LayerPlan(0, self.output[0], self.output[1], alpha=alpha[self.output[1]]))
        return build_plan(
            self.inputs,
            list(self.plans) or layers,
            loss=self.loss,
            optimizer=self.optimizer,
            dtype=dtype,
            seed=7,
            **self.plan,
        )

    def first_params(self, module: Any, plan: Plan) -> np.ndarray:
        """Uniform between -0.2 and 0.2; gammas and moving variances around 1."""
        flat: np.ndarray = 0.4 * module.uniform(4, 1, 0, plan.n_params) - 0.2
        for layer in plan.layers:
            for name, values in layer.values(flat).items():
                if name in ("gamma", "moving_variance"):
                    values += 1.0
        return flat

    def make_data(self, uniform: Callable[..., np.ndarray]) -> Data:
        outputs = self.output[0]
        x = uniform(1, 1, 0, self.rows * self.inputs).reshape(self.rows, self.inputs)
        x = np.floor(x * 256).astype(np.uint8) if self.uint8 else x * 2 - 1
        if self.share < 1:
            x[uniform(6, 1, 0, x.size).reshape(x.shape) >= self.share] = 0
        draw = uniform(2, 1, 0, self.rows * outputs).reshape(self.rows, outputs)
        label = np.argmax(draw, axis=1).astype(np.int32)
        weight = 0.5 + uniform(3, 1, 0, self.rows) if self.weighted else None
        if self.loss == "categorical_crossentropy" and not self.dense:
            return Data(x, label=label, weight=weight)
        if self.loss in ("binary_crossentropy", "perceptron"):
            draw = (draw > 0.5).astype(np.float64)
        elif self.dense:
            draw = (np.arange(outputs) == label[:, None]).astype(np.float64)
        return Data(x, y=draw, weight=weight)


def cases() -> Iterator[Case]:
    large: dict[str, Any] = {"rate": 1e-4, "plan": {"scale": np.full(INPUTS, 40.0), "offset": np.zeros(INPUTS)}}
    for name in ACTIVATIONS:
        more = large if name == "relu6" else {}  # of z up to 6 it would be relu
        yield Case(f"hidden {name}", hidden=((37, name), (19, "tanh")), **more)
        output_loss = "categorical_crossentropy" if name == "softmax" else "mse"
        below = {"hidden": ((37, "linear"), (19, "linear"))} if more else {}
        yield Case(f"output {name}", output=(5, name), loss=output_loss, dense=True, **more, **below)
    for name in LOSSES:
        output = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax", "perceptron": "step"}
        delta = {"huber": {"delta": 0.2}, "quantile": {"delta": (0.1, 0.5, 0.9, 0.3)}}  # both branches are taken
        given = delta.get(name, {})
        yield Case(f"loss {name}", output=(4, output.get(name, "softplus")), loss=name, dense=True, plan=given)
    yield Case("loss binary_crossentropy on tanh", output=(3, "hard_sigmoid"), loss="binary_crossentropy")
    yield Case("loss categorical_crossentropy on sigmoid", output=(5, "sigmoid"))
    yield Case("loss mse on softmax", loss="mse")
    yield Case("loss mse, summed over outputs", output=(5, "linear"), loss="mse", plan={"sum_outputs": True})
    yield Case(
        "loss binary_crossentropy, summed over outputs",
        output=(4, "sigmoid"),
        loss="binary_crossentropy",
        plan={"sum_outputs": True},
    )
    for name in ("poisson", "half_poisson_deviance"):
        yield Case(f"loss {name} on exp", output=(18, "exp"), loss=name, plan={"sum_outputs": True})
    levels = tuple(np.arange(1, 21) / 21)
    yield Case("loss quantile, wide", output=(20, "relu"), loss="quantile", plan={"delta": levels})
    yield Case("label smoothing", plan={"smoothing": 0.1})
    yield Case("label smoothing, binary", output=(3, "sigmoid"), loss="binary_crossentropy", plan={"smoothing": 0.1})
    rules = {
        "sgd": OptimizerPlan("sgd"),
        "momentum": OptimizerPlan("sgd", momentum=0.9),
        "nesterov": OptimizerPlan("sgd", momentum=0.9, nesterov=True),
        "adam": OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7),
        "adamw": OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7, weight_decay=0.01),
        "rmsprop": OptimizerPlan("rmsprop", rho=0.9, epsilon=1e-7),
        "rmsprop momentum": OptimizerPlan("rmsprop", rho=0.9, epsilon=1e-7, momentum=0.5),
        "rmsprop centered": OptimizerPlan("rmsprop", rho=0.9, epsilon=1e-7, centered=True),
        "rmsprop momentum centered": OptimizerPlan("rmsprop", rho=0.9, epsilon=1e-7, momentum=0.5, centered=True),
        "adam amsgrad": OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7, amsgrad=True),
        "nadam": OptimizerPlan("nadam", beta1=0.9, beta2=0.999, epsilon=1e-7),
        "adagrad": OptimizerPlan("adagrad", epsilon=1e-7, initial_accumulator_value=0.1),
        "adamax": OptimizerPlan("adamax", beta1=0.9, beta2=0.999, epsilon=1e-7),
        "lion": OptimizerPlan("lion", beta1=0.9, beta2=0.99, weight_decay=0.1),
        "nadam, all": OptimizerPlan(
            "nadam", beta1=0.9, beta2=0.99, epsilon=1e-7, weight_decay=0.1, global_clipnorm=0.05
        ),
        "clipvalue": OptimizerPlan("sgd", momentum=0.9, clipvalue=0.01),
        "clipnorm": OptimizerPlan("sgd", momentum=0.9, clipnorm=0.05),
        "global_clipnorm": OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7, global_clipnorm=0.05),
    }
    for name, rule in rules.items():
        yield Case(f"optimizer {name}", hidden=((37, "relu"), (19, "relu")), optimizer=rule, rate=0.01)
    yield Case("l2", layer={"l2": 0.01})
    yield Case("no bias", layer={"use_bias": False})
    cornered = {"alpha": {"relu": 0.5}, "inputs": 3, "share": 0.3, "layer": {"use_bias": False}}  # z = 0 in a third
    yield Case(
        "relu with a slope at 0", hidden=((37, "relu"), (19, "relu")), output=(5, "relu"), loss="mse", **cornered
    )
    yield Case("dropout", hidden=((70, "relu"), (19, "tanh")), layer={"dropout": 0.3}, plan={"input_dropout": 0.2})
    yield Case("sample weights", weighted=True)
    yield Case("by weight", weighted=True, layer={"l2": 0.01}, plan={"by_weight": True})
    affine = {"scale": np.full(INPUTS, 1 / 255), "offset": np.full(INPUTS, -0.5)}
    yield Case("uint8 inputs, scaled", uint8=True, plan=affine)
    yield Case("one chain of 256 rows, and more", rows=1100, batch=1000, hidden=((33, "relu"),), rate=0.5)
    yield Case("one output", output=(1, "sigmoid"), loss="binary_crossentropy")
    yield Case("wide", hidden=((130, "relu"), (97, "gelu")), output=(40, "softmax"), rows=300, batch=64)
    yield Case("softmax regression", hidden=())
    sparse = {
        "inputs": 100,
        "share": 0.2,
        "uint8": True,
        "plan": {"scale": np.full(100, 1 / 255), "offset": np.zeros(100)},
    }
    yield Case("zeros, one chain", hidden=((49, "relu"), (19, "tanh")), **sparse)
    yield Case("zeros, two chains", hidden=((130, "tanh"),), rows=700, batch=300, rate=0.5, **sparse)
    yield Case("zeros in the last layer", hidden=(), output=(40, "softmax"), **sparse)
    yield from cases_of_kinds()
    yield Case("fewer units than threads", hidden=((7, "tanh"), (3, "relu"), (7, "tanh")), output=(2, "softmax"))


def cases_of_kinds() -> Iterator[Case]:
    """Layers that are not Dense: hidden, first and last, and once with more rows than a chain of sums has."""

    def norm(kind: str, activation: str = "linear", **options: Any) -> LayerPlan:
        given: dict[str, Any] = {"epsilon": 0.001} | ({"momentum": 0.9} if kind == "batch_norm" else {}) | options
        return LayerPlan(0, 0, activation, kind=kind, **given)

    wide, end = LayerPlan(0, 37, "linear"), LayerPlan(0, 5, "softmax")
    square: dict[str, Any] = {"loss": "mse", "dense": True}
    many: dict[str, Any] = {"rows": 1100, "batch": 1000}
    adam = OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7, weight_decay=0.01)
    for words, kind in (("batch norm", "batch_norm"), ("layer norm", "layer_norm")):
        yield Case(words, plans=(wide, norm(kind, "relu"), end))
        yield Case(f"{words}, first", plans=(norm(kind), replace(wide, activation="tanh"), end), optimizer=adam)
        yield Case(f"{words}, last", plans=(wide, LayerPlan(0, 5, "linear"), norm(kind, "sigmoid")), **square)
        yield Case(f"{words}, more than 256 rows", plans=(wide, norm(kind, "gelu", dropout=0.3), end), **many)
        bare = replace(wide, use_bias=False)
        yield Case(f"{words}, no gamma", plans=(bare, norm(kind, "tanh", scale=False), end), weighted=True)
        yield Case(f"{words}, no beta", plans=(bare, norm(kind, "tanh", center=False), end), weighted=True)
    fixed = norm("batch_norm", "relu", trainable=False)
    yield Case("batch norm, not trainable", plans=(wide, fixed, end), optimizer=adam)
    yield Case("batch norm, not trainable, last", plans=(wide, LayerPlan(0, 5, "linear"), fixed), **square)
    alone, soft = LayerPlan(0, 0, "relu", kind="activation"), LayerPlan(0, 0, "softmax", kind="activation")
    tanh = replace(wide, activation="tanh")
    yield Case("activation alone", plans=(tanh, alone, end))
    yield Case("activation alone, first", plans=(replace(alone, activation="sigmoid", dropout=0.2), tanh, end))
    yield Case("activation alone, last", plans=(wide, LayerPlan(0, 5, "tanh"), soft))
    yield Case("l1", plans=(replace(tanh, l1=0.003), replace(end, l1=0.003)))
    yield Case("l1, more than 256 rows", plans=(replace(tanh, l1=0.003, l2=0.01), end), weighted=True, **many)


def train(module: Any, case: Case, dtype: str, **engine: Any) -> Any:
    """Two epochs from drawn weights, each in its own order."""
    plan = case.make_plan(dtype)
    net = module.Engine(plan, **engine)
    net.set_params(case.first_params(module, plan))
    data = case.make_data(module.uniform)
    steps = -(-case.rows // case.batch)
    totals = Totals()
    for epoch in range(2):
        order = module.permutation(5, 2, epoch, case.rows)
        step = 0
        while step < steps:
            rates = np.full(steps, case.rate)
            step = net.train(
                data,
                batch=case.batch,
                epoch=epoch,
                rates=rates,
                totals=totals,
                order=order,
                first=step,
                accuracy="argmax",
            )
    return net, data, totals


def fingerprint(module: Any, case: Case, dtype: str, **engine: Any) -> str:
    """SHA-256 over weights, optimizer state, loss sum, predictions and evaluation."""
    net, data, totals = train(module, case, dtype, **engine)
    checked = net.evaluate(data, accuracy="argmax")
    sums = [
        totals.loss,
        totals.accuracy,
        totals.mae,
        totals.mse,
        checked.loss,
        checked.accuracy,
        checked.mae,
        checked.mse,
    ]
    parts = [net.get_params(), *net.get_slots().values(), net.predict(data), np.array(sums)]
    digest = hashlib.sha256()
    for part in parts:
        assert np.isfinite(part).all(), case.name
        digest.update(np.ascontiguousarray(part, part.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def export(module: Any, path: Path, chosen: Iterable[Case] = ()) -> None:
    """Cases, or else all that are pinned, as bytes for tests/c/replay.c, which trains them without Python."""
    chosen = tuple(chosen) or tuple(cases())
    with path.open("wb") as out:

        def whole(*values: int) -> None:
            out.write(struct.pack(f"<{len(values)}q", *(v - 2**64 if v >= 2**63 else v for v in values)))

        def numbers(*values: float) -> None:
            out.write(struct.pack(f"<{len(values)}d", *values))

        def array(values: np.ndarray | None, dtype: str) -> None:
            raw = b"" if values is None else np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()
            whole(len(raw))
            out.write(raw)

        def source(values: np.ndarray | None) -> None:
            kind = "uint8" if values is not None and values.dtype == np.uint8 else "float64"
            cols = 0 if values is None else values.shape[1]
            whole(cols, {"uint8": 1, "float64": 11}[kind], cols * np.dtype(kind).itemsize)  # PYNN_U8, PYNN_FLOAT64
            array(values, kind)

        threads = 3
        for dtype in ("float32", "float64"):
            for case in chosen:
                net, data, _ = train(module, case, dtype)
                plan, rule = net.plan, net.plan.optimizer
                out.write(case.name.encode()[:63].ljust(64, b"\0"))
                whole(8 * np.dtype(dtype).itemsize, len(plan.layers), plan.inputs, LOSSES[plan.loss].code)
                whole(plan.sum_outputs, plan.by_weight)
                whole(OPTIMIZERS[rule.name].code, rule.nesterov, rule.centered, rule.amsgrad, len(rule.slots))
                whole(plan.seed)
                whole(plan.n_params, case.batch, 2, threads)
                array(np.broadcast_to(plan.delta, (plan.outputs,)), dtype)
                numbers(plan.input_dropout, plan.smoothing, rule.momentum, rule.rho, rule.beta1, rule.beta2)
                numbers(rule.epsilon, rule.weight_decay, rule.clipvalue, rule.clipnorm, rule.global_clipnorm, case.rate)
                array(np.full(plan.n_params, rule.initial_accumulator_value), dtype)
                for layer in plan.layers:
                    whole(KINDS[layer.kind].code, layer.inputs, layer.outputs, ACTIVATIONS[layer.activation].code)
                    whole(layer.use_bias, layer.center, layer.scale, layer.trainable)
                    numbers(layer.alpha, layer.l1, layer.l2, layer.dropout, layer.epsilon, layer.momentum)
                array(plan.scale, dtype)
                array(plan.offset, dtype)
                whole(case.rows)
                source(data.x)
                source(data.y)
                array(data.label, "int32")
                array(data.weight, "float64")
                array(case.first_params(module, plan), dtype)
                array(net.get_params(), dtype)
                array(np.stack([module.permutation(5, 2, epoch, case.rows) for epoch in range(2)]), "int64")


def main() -> None:
    from pynn.engine import _native

    if "--export" in sys.argv:
        export(_native, Path(sys.argv[sys.argv.index("--export") + 1]))
        return

    hashes = {dtype: {c.name: fingerprint(_native, c, dtype) for c in cases()} for dtype in ("float32", "float64")}
    if "--write" in sys.argv:
        HASHES.write_text(json.dumps({"numerics": NUMERICS, **hashes}, indent=1) + "\n")
    print(hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest(), _native.isa())


if __name__ == "__main__":
    main()
