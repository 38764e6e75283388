"""docs/optimizers.md: each formula on it is run, in plain NumPy, beside what it is said to describe.

The page is read, not copied: below a heading, bold letters say who computes the block of formulas after them. Its
statements are executed as they stand, step by step, from slots that are 0. The reference engine must agree with
those of pynn; scikit-learn, PyTorch and Keras with theirs, where they are installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import SGD, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, RMSprop
from pynn.engine import reference
from pynn.engine.data import Data, Totals
from pynn.engine.plan import LayerPlan, build_plan
from pynn.engine.tables import OPTIMIZERS

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "optimizers.md").read_text(encoding="utf-8")
U = 2.0**-53
STEPS, RATE, EPSILON = 6, 0.05, 1e-3
ADAM = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": EPSILON}
RMS = {"rho": 0.7, "epsilon": EPSILON}
GRAD = {"initial_accumulator_value": 0.3, "epsilon": EPSILON}
LION = {"beta_1": 0.8, "beta_2": 0.95}


def formulas_of_page() -> dict[tuple[str, str], str]:
    """(heading, who computes it) -> statements."""
    found = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        for who, block in re.findall(r"^\*\*([^*\n]+)\*\*\n\n```text\n(.*?)```", section, re.MULTILINE | re.DOTALL):
            found[heading, who] = block
    return found


FORMULAS = formulas_of_page()


def said(heading: str, who: str) -> str:
    """The statements below a heading, of the one who is named there."""
    blocks = [block for (title, names), block in FORMULAS.items() if title == heading and who in names]
    assert len(blocks) == 1, (heading, who)
    return blocks[0]


def run(statements: str, state: dict[str, Any], g: Any, rate: float, t: int, **numbers: float) -> None:
    """One step: `state` holds w and whatever the formulas keep."""
    functions = {"sqrt": np.sqrt, "maximum": np.maximum, "abs": np.abs, "sign": np.sign}
    known = {**functions, "g": g, "rate": rate, "t": t, **numbers}
    begin = {"p": 1.0, "v": numbers.get("initial_accumulator_value", 0.0)}
    for name in "mvabhup":
        state.setdefault(name, np.full_like(state["w"], begin.get(name, 0.0)))
    known |= state
    exec(statements, {"__builtins__": {}}, known)
    state |= {name: known[name] for name in state}


CASES = {
    "SGD": (SGD(RATE), {}),
    "SGD with momentum": (SGD(RATE, 0.9), {"momentum": 0.9}),
    "SGD with nesterov": (SGD(RATE, 0.9, nesterov=True), {"momentum": 0.9}),
    "SGD with decay": (SGD(RATE, decay=0.5), {"decay": 0.5}),
    "Adam": (Adam(RATE, **ADAM), ADAM),
    "AdamW": (AdamW(RATE, weight_decay=0.1, **ADAM), {**ADAM, "weight_decay": 0.1}),
    "Adam with amsgrad": (Adam(RATE, amsgrad=True, **ADAM), ADAM),
    "Nadam": (Nadam(RATE, **ADAM), ADAM),
    "Adamax": (Adamax(RATE, **ADAM), ADAM),
    "Adagrad": (Adagrad(RATE, **GRAD), GRAD),
    "Lion": (Lion(RATE, **LION), LION),
    "RMSprop": (RMSprop(RATE, **RMS), RMS),
    "RMSprop with momentum": (RMSprop(RATE, momentum=0.5, **RMS), {**RMS, "momentum": 0.5}),
    "Centered RMSprop": (RMSprop(RATE, centered=True, **RMS), RMS),
}


def test_the_page_has_a_section_for_each_case_and_each_rule() -> None:
    assert {heading for heading, _ in FORMULAS} == set(CASES)
    assert {optimizer.plan().name for optimizer, _ in CASES.values()} == set(OPTIMIZERS)
    assert all("w = " in block for block in FORMULAS.values())
    assert PAGE.count("```text") == len(FORMULAS)  # each was found, and each is somebody's that is looked at below
    assert all("pynn" in who or "PyTorch" in who for _, who in FORMULAS)


@pytest.mark.parametrize("heading", CASES)
def test_the_reference_computes_what_the_page_says(heading: str) -> None:
    optimizer, numbers = CASES[heading]
    layers = [LayerPlan(0, 4, "tanh"), LayerPlan(0, 2, "linear")]
    plan = build_plan(3, layers, loss="half_mse", optimizer=optimizer.plan(), dtype="float64")
    engine = reference.Engine(plan)
    rng = np.random.default_rng(3)
    engine.set_params(rng.uniform(-1, 1, plan.n_params))
    data = Data(rng.normal(size=(9, 3)), y=rng.normal(size=(9, 2)))
    begun, state = engine.get_params(), {"w": engine.get_params()}
    for t in range(1, STEPS + 1):
        _, g = engine.gradients(data)
        run(said(heading, "pynn"), state, g, RATE, t, **numbers)
        engine.train(data, batch=9, epoch=t, rates=optimizer.rates(t - 1, 1), totals=Totals())
        # At most 16 roundings a step of numbers up to 1 or so, and each of a variance v - a^2 above epsilon is
        # magnified by v / epsilon at most.
        magnified = 1 + (state["v"].max() / EPSILON if heading.startswith("Centered") else 0)
        bound = 16 * t * U * (1 + np.abs(begun).max()) * magnified
        np.testing.assert_allclose(engine.get_params(), state["w"], rtol=0, atol=bound, err_msg=f"step {t}")
        for name, slot in engine.get_slots().items():
            np.testing.assert_allclose(slot, state[name], rtol=0, atol=bound, err_msg=f"{name}, step {t}")
        assert bound < 1e-3 * np.abs(engine.get_params() - begun).max()  # or else nothing would have been compared


# ---- what the page says of others ----

G = np.random.default_rng(4).normal(size=(STEPS, 5))
FALLING = [0.05, 0.05, 0.02, 0.01, 0.01, 0.005]


def course(heading: str, who: str, rates: Any = (RATE,) * STEPS, **more: float) -> Any:
    """w after each step of the page's formula, along the gradients G."""
    state, found = {"w": np.linspace(-1, 1, 5)}, []
    for t, (rate, g) in enumerate(zip(rates, G, strict=True), 1):
        run(said(heading, who), state, g, rate, t, **{**CASES[heading][1], **more})
        found.append(state["w"])
    return np.array(found)


def alike(one: Any, other: Any) -> bool:
    """Up to some 16 roundings a step."""
    return bool(np.abs(one - other).max() <= 16 * STEPS * U * (1 + np.abs(one).max()))


@pytest.mark.parametrize("heading", ["SGD with momentum", "SGD with nesterov"])
def test_velocities_differ_when_the_rate_changes(heading: str) -> None:
    assert alike(course(heading, "pynn"), course(heading, "PyTorch"))
    assert not alike(course(heading, "pynn", FALLING), course(heading, "PyTorch", FALLING))


def test_where_epsilon_stands() -> None:
    """Ours with epsilon is PyTorch's with epsilon / sqrt(1 - beta_2^t); RMSprop's is inside the root."""
    for t in range(1, STEPS + 1):
        ours, theirs = ({"w": np.ones(5), "m": G[0], "v": 0.1 * G[1] ** 2} for _ in range(2))
        run(said("Adam", "pynn"), ours, G[2], RATE, t, **ADAM)
        moved = {**ADAM, "epsilon": EPSILON / np.sqrt(1 - ADAM["beta_2"] ** t)}
        run(said("Adam", "PyTorch"), theirs, G[2], RATE, t, **moved)
        assert alike(ours["w"], theirs["w"])
    assert round(1 / np.sqrt(1 - 0.999)) == 32
    for heading in ("Adam", "Adam with amsgrad", "Adamax", "Adagrad", *(name for name in CASES if "RMSprop" in name)):
        assert not alike(course(heading, "pynn"), course(heading, "PyTorch"))
        assert alike(course(heading, "pynn", epsilon=0), course(heading, "PyTorch", epsilon=0))


def test_nadams_momentum_rises_faster_than_in_pytorch() -> None:
    ours, theirs = said("Nadam", "pynn"), said("Nadam", "PyTorch")
    assert theirs.replace("0.004 * (t + 1)", "t + 1").replace("(0.004 * t)", "t") == ours
    assert 0.99 < 1 - 0.96**100 / 2 and 0.9 < 1 - 0.96 ** (0.004 * 10_000) / 2 < 0.99
    assert not alike(course("Nadam", "pynn"), course("Nadam", "PyTorch"))


@pytest.mark.parametrize("heading", ["SGD", "SGD with momentum", "SGD with nesterov", "Adam"])
def test_scikit_learn(heading: str) -> None:
    rules = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    w, numbers = np.linspace(-1, 1, 5), CASES[heading][1]
    if heading == "Adam":
        one = rules.AdamOptimizer([w], RATE, ADAM["beta_1"], ADAM["beta_2"], EPSILON)
    else:
        one = rules.SGDOptimizer([w], RATE, momentum=numbers.get("momentum", 0.0), nesterov="nesterov" in heading)
    found = []
    for g in G:
        one.update_params([w], [g])
        found.append(w.copy())
    assert alike(np.array(found), course(heading, "scikit-learn"))


TORCH = {
    "SGD": ("SGD", {}),
    "SGD with momentum": ("SGD", {"momentum": 0.9}),
    "SGD with nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "Adam": ("Adam", {"betas": (0.8, 0.95), "eps": EPSILON}),
    "Adam with amsgrad": ("Adam", {"betas": (0.8, 0.95), "eps": EPSILON, "amsgrad": True}),
    "Nadam": ("NAdam", {"betas": (0.8, 0.95), "eps": EPSILON}),
    "Adamax": ("Adamax", {"betas": (0.8, 0.95), "eps": EPSILON}),
    "Adagrad": ("Adagrad", {"initial_accumulator_value": 0.3, "eps": EPSILON}),
    "RMSprop": ("RMSprop", {"alpha": 0.7, "eps": EPSILON}),
    "RMSprop with momentum": ("RMSprop", {"alpha": 0.7, "eps": EPSILON, "momentum": 0.5}),
    "Centered RMSprop": ("RMSprop", {"alpha": 0.7, "eps": EPSILON, "centered": True}),
}


@pytest.fixture
def torch() -> Iterator[Any]:
    """In double precision throughout: NAdam keeps its product of momenta in the default type."""
    module = pytest.importorskip("torch")
    before = module.get_default_dtype()
    module.set_default_dtype(module.float64)
    yield module
    module.set_default_dtype(before)


@pytest.mark.parametrize("heading", TORCH)
def test_pytorch(heading: str, torch: Any) -> None:
    name, options = TORCH[heading]
    w = torch.nn.Parameter(torch.linspace(-1, 1, 5, dtype=torch.float64))
    one, found = getattr(torch.optim, name)([w], lr=RATE, **options), []
    for rate, g in zip(FALLING, G, strict=True):
        one.param_groups[0]["lr"] = rate
        w.grad = torch.from_numpy(g.copy())
        one.step()
        found.append(w.detach().numpy().copy())
    assert np.abs(np.array(found) - course(heading, "PyTorch", FALLING)).max() < 1e-12


KERAS = {
    "SGD": ("SGD", {}),
    "SGD with momentum": ("SGD", {"momentum": 0.9}),
    "SGD with nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "Adam": ("Adam", ADAM),
    "AdamW": ("AdamW", {**ADAM, "weight_decay": 0.1}),
    "Adam with amsgrad": ("Adam", {**ADAM, "amsgrad": True}),
    "Nadam": ("Nadam", ADAM),
    "Adamax": ("Adamax", ADAM),
    "Adagrad": ("Adagrad", GRAD),
    "Lion": ("Lion", LION),
    "RMSprop": ("RMSprop", RMS),
    "RMSprop with momentum": ("RMSprop", {**RMS, "momentum": 0.5}),
    "Centered RMSprop": ("RMSprop", {**RMS, "centered": True}),
}


@pytest.mark.parametrize("heading", KERAS)
def test_keras(heading: str) -> None:
    keras = pytest.importorskip("keras")
    name, options = KERAS[heading]
    w = keras.Variable(np.linspace(-1, 1, 5), dtype="float32")
    one, found = getattr(keras.optimizers, name)(learning_rate=RATE, **options), []
    for g in G:
        one.apply([keras.ops.convert_to_tensor(g.astype(np.float32))], [w])
        found.append(np.asarray(w))
    assert np.abs(np.array(found) - course(heading, "Keras")).max() < 1e-5  # it computes in float32
