"""The native engine against the reference: the same names, the same parameters with the same defaults.

What they compute is compared in test_parity.py. Compiled functions that do not tell are read from their stub.
"""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

from pynn.engine import reference
from pynn.engine.plan import LayerPlan, build_plan

try:
    from pynn.engine import _native
except ImportError:
    _native = None

needs_native = pytest.mark.skipif(_native is None, reason="the extension is not built")

METHODS = [
    name for name, member in vars(reference.Engine).items()
    if callable(member) and (name == "__init__" or not name.startswith("_"))
]  # fmt: skip
PROPERTIES = ["iteration", "beta_power"]
FUNCTIONS = [name for name in reference.__all__ if name != "Engine"]


def parameters(function):
    """(name, keyword-only, default) of each parameter but self."""
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.kind is p.KEYWORD_ONLY, p.default) for p in found if p.name != "self"]


def written_parameters(name, inside):
    """The same from the stub, for compiled functions that do not tell."""
    stub = Path(reference.__file__).parent / "_native.pyi"
    if not stub.exists():
        pytest.skip("there is no stub")
    tree = ast.parse(stub.read_text())
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == inside).body if inside else tree.body
    a = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name).args
    places = a.posonlyargs + a.args
    none = [inspect.Parameter.empty] * (len(places) - len(a.defaults))
    pairs = [(p.arg, False, d) for p, d in zip(places, none + a.defaults, strict=True)]
    for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        pairs.append((p.arg, True, inspect.Parameter.empty if d is None else d))
    return [(n, k, ast.literal_eval(d) if isinstance(d, ast.AST) else d) for n, k, d in pairs if n != "self"]


@needs_native
@pytest.mark.parametrize("name", [*METHODS, *FUNCTIONS])
def test_signatures(name):
    owner = "Engine" if name in METHODS else ""
    known = parameters(getattr(reference.Engine if owner else reference, name))
    try:
        if name == "__init__":
            raise ValueError("a compiled constructor's parameters are those of the stub")
        found = parameters(getattr(_native.Engine if owner else _native, name))
    except ValueError:
        found = written_parameters(name, owner)
    # The native engine may take more (a kernel table, say), if that can be left out.
    assert found[: len(known)] == known
    assert all(default is not inspect.Parameter.empty for _, _, default in found[len(known) :])


@needs_native
@pytest.mark.parametrize("name", PROPERTIES)
def test_properties(name):
    plan = build_plan(2, [LayerPlan(0, 1, "linear")])
    for module in (reference, _native):
        engine = module.Engine(plan, threads=1, grain=0.0)
        setattr(engine, name, {"iteration": 5, "beta_power": np.array([0.5, 0.25])}[name])
        assert np.array_equal(getattr(engine, name), {"iteration": 5, "beta_power": [0.5, 0.25]}[name])


def test_the_list_of_signatures_is_whole():
    assert METHODS == [
        "__init__", "starts_equal", "get_params", "set_params", "get_slots", "set_slots",
        "train", "gradients", "trace", "predict", "evaluate",
    ]  # fmt: skip
    assert sorted(FUNCTIONS) == ["first_outside", "moments", "normal", "permutation", "philox", "unary", "uniform"]
