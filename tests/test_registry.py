"""Everything that has a name is in every place that must know it: activations, losses, optimizers, kinds of layers.

A row is added in one table, and other places follow by hand: the enum in C, error bounds, golden networks, examples of
the parity and tracing tests, sheets of formulas, pages. Each is asked here for each name, so what was forgotten is
named. Nothing is computed but the ranges that advice knows. csrc/README.md, "To add ...", lists the places in words.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import parity_examples
import pytest
import test_kinds_views
import test_optimizer_page
import test_tracing
from golden_cases import HASHES, cases
from parity_examples import EXAMPLES
from rounding_bounds import SMOOTHNESS
from rounding_kinds import BOUNDS
from saved_networks import OPTIMIZERS as SAVED

import pynn.keras
from pynn import Dense, activations, layers, losses, optimizers
from pynn.engine import formulas, kinds, loss_formulas
from pynn.engine.kinds import KINDS
from pynn.engine.plan import OptimizerPlan
from pynn.engine.tables import ACTIVATIONS, LOSSES, OPTIMIZERS
from pynn.inspect import advice_data, notation
from pynn.inspect.optimizer_formulas import OptimizerFormulas

ROOT = Path(__file__).resolve().parent.parent
TABLES = {"activation": ACTIVATIONS, "loss": LOSSES, "optimizer": OPTIMIZERS, "kind": KINDS}
PREFIXES = {"activation": "ACT", "loss": "LOSS", "optimizer": "OPT", "kind": "PYNN"}
each_activation = pytest.mark.parametrize("name", ACTIVATIONS)
each_loss = pytest.mark.parametrize("name", LOSSES)
each_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)
each_kind = pytest.mark.parametrize("name", KINDS)


@cache
def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def named_in_a_table(page_name: str) -> set[str]:
    """What stands in code letters in the first cells of the page's tables."""
    cells = re.findall(r"^\|([^|]*)\|", page(page_name), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


# ---- all of them ----


@pytest.mark.parametrize(("word", "name"), [(word, name) for word, table in TABLES.items() for name in table])
def test_the_code_is_in_an_enum_of_c(word: str, name: str) -> None:
    headers = [ROOT / "csrc/kernels/kernels.h", *sorted((ROOT / "csrc").glob("*.h"))]
    enum = re.compile(rf"enum (?:pynn_)?{word}\s*\{{(.*?)\}}", re.DOTALL)
    bodies = [found[1] for header in headers for found in enum.finditer(header.read_text(encoding="utf-8"))]
    codes = [code for body in bodies for code in re.findall(rf"\b{PREFIXES[word]}_(\w+)", body)]
    row = TABLES[word][name]
    assert codes[getattr(row, "code", list(TABLES[word]).index(name))] == name.upper()


@pytest.mark.parametrize("word", TABLES)
def test_names_and_codes_are_told_once(word: str) -> None:
    table = TABLES[word]
    assert all(getattr(row, "name", name) == name for name, row in table.items())
    assert [getattr(row, "code", place) for place, row in enumerate(table.values())] == list(range(len(table)))


# ---- activations ----


@each_activation
def test_activation_has_an_error_bound(name: str) -> None:
    if name == "softmax":  # whole rows: Bound.activation has a branch of its own
        assert ACTIVATIONS[name].jacobian is not None
        return
    assert name in SMOOTHNESS, "tests/rounding_bounds.py"
    _, _, kinks = SMOOTHNESS[name]
    assert all(np.isfinite(kinks))


@each_activation
def test_activation_has_golden_networks(name: str) -> None:
    known = json.loads(HASHES.read_text(encoding="utf-8"))
    for place, layer in (("hidden", lambda c: c.hidden[0][1]), ("output", lambda c: c.output[1])):
        case = next((c for c in cases() if c.name == f"{place} {name}"), None)
        assert case is not None and layer(case) == name, "tests/golden_cases.py"
        assert all(case.name in known[dtype] for dtype in ("float32", "float64")), "tests/golden/hashes.json"


@each_activation
def test_activation_has_formulas(name: str) -> None:
    row = ACTIVATIONS[name]
    for part in (row.forward, row.derivative):
        assert getattr(formulas, part.__name__) is part, "pynn/engine/formulas.py"
    assert activations.get("activation", name).name == name
    assert not row.parameter or hasattr(activations, name), "pynn/activations.py: a function that takes the parameter"


@each_activation
def test_activation_is_on_its_page(name: str) -> None:
    assert name in named_in_a_table("activations-and-losses.md")


@each_activation
def test_advice_knows_the_range(name: str) -> None:
    """Where a function ends below or above, advice on targets says so, and never too much."""
    row, z = ACTIVATIONS[name], np.linspace(-50, 50, 200_001)[:, None]
    if name == "softmax":
        z = np.hstack([z, -z])
    low, high = advice_data.bounds(name, row.default)
    y = row.forward(z, row.default)
    assert low <= y.min() and y.max() <= high, "pynn/inspect/advice_data.py"
    if name != "linear":
        assert np.isfinite(low) == bool(y.min() > -9), "pynn/inspect/advice_data.py: LOWEST, UPWARDS"
        assert np.isfinite(high) == bool(y.max() < 9), "pynn/inspect/advice_data.py: bounds"


# ---- losses ----


@each_loss
def test_loss_has_an_error_bound(name: str) -> None:
    """tests/rounding_bounds.py works with any loss; parity examples with each output activation run it."""
    for output in ACTIVATIONS:
        assert EXAMPLES[f"{output}-{name}"] == {"output": output, "loss": name}, "tests/parity_examples.py"


@each_loss
def test_loss_has_a_golden_network(name: str) -> None:
    known = json.loads(HASHES.read_text(encoding="utf-8"))
    case = next((c for c in cases() if c.name == f"loss {name}"), None)
    assert case is not None and case.loss == name, "tests/golden_cases.py"
    assert all(case.name in known[dtype] for dtype in ("float32", "float64")), "tests/golden/hashes.json"


@each_loss
def test_loss_has_formulas(name: str) -> None:
    row = LOSSES[name]
    for part in (row.value, row.gradient, row.from_z, row.by_z, row.smooth):
        assert part is None or getattr(loss_formulas, part.__name__) is part, "pynn/engine/loss_formulas.py"
    words = notation.LOSS_NAMES.get(name, name.replace("_", " "))
    assert words and set(notation.LOSS_NAMES) <= set(LOSSES)
    one = losses.get("loss", name)
    assert bool(one.by_output) == (name in notation.LEVELS), "pynn/inspect/notation.py: LEVELS"


@each_loss
def test_loss_is_on_its_page(name: str) -> None:
    assert name in named_in_a_table("activations-and-losses.md")
    one = losses.get("loss", name)
    assert f"`{type(one).__name__}" in page("activations-and-losses.md")


# ---- optimizers ----


def rules_of(table: dict[str, Any]) -> set[str]:
    """Rules that the makers of a test's table stand for."""
    return {make().plan().name for make in table.values()}


@each_optimizer
def test_optimizer_has_an_error_bound(name: str) -> None:
    """A first step is bounded by Bound.step: of any rule whose move grows with the gradient, if an example runs it."""
    examples = [given["optimizer"].name for given in EXAMPLES.values() if "optimizer" in given]
    assert name in [*examples, OptimizerPlan().name], "tests/parity_examples.py: EXAMPLES"


@each_optimizer
def test_optimizer_has_a_golden_network(name: str) -> None:
    known = json.loads(HASHES.read_text(encoding="utf-8"))
    found = [c.name for c in cases() if c.name.startswith("optimizer ") and c.optimizer.name == name]
    assert found, "tests/golden_cases.py"
    assert all(case in known[dtype] for case in found for dtype in ("float32", "float64")), "tests/golden/hashes.json"


@each_optimizer
def test_optimizer_has_a_sheet_of_formulas(name: str) -> None:
    rule = OptimizerPlan(name, momentum=0.5, beta1=0.9, beta2=0.9, rho=0.9, epsilon=1e-7)
    written = OptimizerFormulas(rule, lambda what, n, gradient: f"- {gradient}")
    title = written.title(SimpleNamespace(learning_rate=0.1, iteration=0))  # type: ignore[arg-type]
    assert name in title.lower(), "pynn/inspect/optimizer_formulas.py"
    assert sorted(written.slots) == sorted(rule.slots)
    assert name in rules_of(test_tracing.OPTIMIZERS), "tests/test_tracing.py: OPTIMIZERS, where sheets are worked out"


@each_optimizer
def test_optimizer_has_a_class(name: str) -> None:
    kinds = [kind for kind in optimizers.OPTIMIZERS.values() if kind.rule == name]
    assert kinds, "pynn/optimizers.py"
    pynn = import_module("pynn")
    for kind in kinds:
        assert getattr(pynn, kind.__name__) is kind and kind.__name__ in pynn.__all__, "pynn/__init__.py"
    assert name in rules_of(SAVED), "tests/saved_networks.py: files, resuming"


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_optimizer_is_on_its_page(name: str) -> None:
    """By name, with its class; each of its formulas is run by test_optimizer_page.py."""
    assert name in named_in_a_table("optimizers.md"), "docs/optimizers.md"
    kind = optimizers.OPTIMIZERS[name]
    assert f"`{kind.__name__}`" in page("optimizers.md"), "docs/optimizers.md"
    shown = {type(one) for one, _ in test_optimizer_page.CASES.values()}
    assert kind in shown, "tests/test_optimizer_page.py: CASES"


# ---- kinds of layers ----


@each_kind
def test_kind_has_a_row_in_c(name: str) -> None:
    source = (ROOT / "csrc/kinds.c").read_text(encoding="utf-8")
    assert re.search(rf"\[PYNN_{name.upper()}\] = \{{", source), "csrc/kinds.c"


@each_kind
def test_kind_has_formulas(name: str) -> None:
    row = KINDS[name]
    for part in (row.tensors, row.forward, row.backward_inputs, row.backward_parameters):
        assert getattr(kinds, part.__name__) is part, "pynn/engine/kinds.py"
    assert row.formula.startswith("z = ")


@each_kind
def test_kind_has_golden_networks(name: str) -> None:
    """As the first layer, in the middle, as the last, and with more than one chunk of rows."""
    known = json.loads(HASHES.read_text(encoding="utf-8"))
    found = {c.name: (c, [layer.kind for layer in c.make_plan("float32").layers]) for c in cases()}
    chosen = {
        "first": [case for case, (_, order) in found.items() if order[0] == name],
        "between": [case for case, (_, order) in found.items() if name in order[1:-1]],
        "last": [case for case, (_, order) in found.items() if order[-1] == name],
    }
    if KINDS[name].over is not None:
        chosen["more than 256 rows"] = [case for case, (c, order) in found.items() if name in order and c.batch > 256]
    for where, names in chosen.items():
        assert names, f"tests/golden_cases.py: none {where}"
        assert all(case in known[dtype] for case in names for dtype in ("float32", "float64")), (
            "tests/golden/hashes.json"
        )


@each_kind
def test_kind_has_an_error_bound(name: str) -> None:
    row, bound = KINDS[name], BOUNDS[name]
    assert (bound.finish is None) == (row.finish is None), "tests/rounding_kinds.py"
    used = {layer.kind for given in EXAMPLES.values() for layer in parity_examples.layers_of(dict(given))}
    assert name in used, "tests/parity_examples.py: EXAMPLES"


@each_kind
def test_kind_is_called_something(name: str) -> None:
    row = KINDS[name]
    assert re.fullmatch(r"an? \S.*", row.words), "pynn/engine/kinds.py: words"
    assert (row.over is not None) == (name in layers.NORMALIZATIONS), "pynn/layers.py: NORMALIZATIONS"


def layers_of(kind: str) -> list[type[layers.Layer]]:
    """The classes of layers that become this kind."""
    made = {Dense: Dense(2), layers.Activation: layers.Activation("tanh")}
    stacks = {
        one: layers.arrange([made[one] if one in made else one()])
        for one in made.keys() | {*layers.NORMALIZATIONS.values()}
    }
    return [one for one, stack in stacks.items() if stack.plans[0].kind == kind]


@each_kind
def test_kind_has_a_layer(name: str) -> None:
    """In the package, in the names of Keras, in files, on its page."""
    (one,) = layers_of(name)
    assert one in layers.LAYERS, "pynn/layers.py: LAYERS, which files and errors name"
    assert getattr(pynn, one.__name__, None) is one and one.__name__ in pynn.__all__, "pynn/__init__.py"
    assert one.__name__ in pynn.keras.__all__, "pynn/keras.py"
    assert re.search(rf"^\| `{one.__name__}\(", page("layers.md"), re.MULTILINE), "docs/layers.md"
    assert one is Dense or one.__name__ in page("keras.md"), "docs/keras.md"


@each_kind
def test_kind_is_looked_at(name: str) -> None:
    """Traces, sheets, files and the rest of test_kinds_views.py: as the first layer, in the middle, as the last."""
    found = [layers.arrange(make()).plans for make in test_kinds_views.STACKS.values()]
    for where, kinds_there in (
        ("first", {plans[0].kind for plans in found}),
        ("last", {plans[-1].kind for plans in found}),
        ("between", {plan.kind for plans in found for plan in plans[1:-1]}),
    ):
        assert name in kinds_there, f"tests/test_kinds_views.py: STACKS, {where}"


@each_kind
def test_kind_is_on_its_page(name: str) -> None:
    assert name in named_in_a_table("architecture.md"), "docs/architecture.md"
