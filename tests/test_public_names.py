"""What is public, in one list: tests/public_names.txt has every public name, and every internal module as such.

A name that appears or goes is a decision: it changes the list, in the same commit. `python tests/test_public_names.py`
prints the list as the package is now. Not the signatures (docs/ has them), and not what works: every other test does.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pynn

LIST = Path(__file__).with_name("public_names.txt")
# Modules whose __all__ is public. All other modules directly below pynn are internal, with all that is in them.
PUBLIC = [
    "activations", "callbacks", "datasets", "estimators", "initializers", "keras", "losses", "metrics", "multiclass",
    "optimizers", "plots", "regularizers", "schedules",
    *(f"keras.{name}" for name in (
        "activations", "backend", "callbacks", "datasets", "datasets.fashion_mnist", "datasets.mnist", "initializers",
        "layers", "losses", "metrics", "models", "optimizers", "optimizers.legacy", "optimizers.schedules",
        "regularizers", "utils",
    )),
]  # fmt: skip
HOMES = ["callbacks", "keras.layers", "keras.models"]  # where a class that is shown in several places has its members
# Classes of internal modules whose objects public methods return or accept: their attributes are public, where they
# are defined is not.
RETURNED = [
    "inspect.tracing.Trace", "inspect.step_record.LayerTrace", "inspect.step_record.Slot", "inspect.notation.Sheet",
    "inspect.formula_lines.Section", "inspect.formula_lines.Line",
    "inspect.drawing.Drawing", "inspect.diagnosis.Diagnosis", "inspect.finding.Finding",
    "inspect.gradcheck.GradientReport", "inspect.gradcheck.Row", "inspect.gradcheck.Element",
    "layers.Layer", "training.range_test.RateRange",
]  # fmt: skip

METADATA = re.compile(r"set_\w+_request")  # methods that scikit-learn's metadata routing adds to an estimator


def members(cls: type) -> set[str]:
    """Public attributes of a class: methods, properties, fields, and what methods assign to self.

    What pynn did not write (scikit-learn's base classes, exceptions) does not count.
    """
    found: set[str] = set()
    for one in cls.__mro__:
        if one.__module__.split(".")[0] == "pynn":
            found |= {*vars(one), *inspect.get_annotations(one), *assigned(one)}
    return {name for name in found if not name.startswith("_") and not METADATA.fullmatch(name)}


def assigned(cls: type) -> set[str]:
    """The x of `self.x = ...` in the methods of a class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    stores = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return {node.attr for node in stores if isinstance(node.value, ast.Name) and node.value.id == "self"}


def described(path: str, value: Any) -> list[str]:
    """The lines of one name: a class with its members."""
    is_own = inspect.isclass(value) and value.__module__.split(".")[0] == "pynn"
    return [path, *(f"{path}.{name}" for name in sorted(members(value)))] if is_own else [path]


def names_of(module: ModuleType) -> list[str]:
    """The lines of a module's __all__. What is public elsewhere, too, (pynn.keras.SGD) is one line."""
    lines: list[str] = []
    homes = [pynn, *(importlib.import_module(f"pynn.{name}") for name in HOMES)]
    for name in sorted(module.__all__):
        value = getattr(module, name)
        others = homes[: homes.index(module)] if module in homes else homes
        elsewhere = any(vars(home).get(known) is value for home in others for known in home.__all__)
        lines += [f"{module.__name__}.{name}"] if elsewhere else described(f"{module.__name__}.{name}", value)
    return lines


def public_names() -> str:
    internal = sorted({found.name for found in pkgutil.iter_modules(pynn.__path__)} - {*PUBLIC, "__main__"})
    lines = names_of(pynn)
    for name in PUBLIC:
        lines += names_of(importlib.import_module(f"pynn.{name}"))
    for path in RETURNED:
        module, _, name = path.rpartition(".")
        lines += [
            f"{line} (returned)" for line in described(name, getattr(importlib.import_module(f"pynn.{module}"), name))
        ]
    lines += [f"pynn.{name} (internal)" for name in internal]
    return "\n".join(lines) + "\n"


def test_the_list_of_public_names_is_true() -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    known, found = LIST.read_text(encoding="utf-8").splitlines(), public_names().splitlines()
    assert sorted(set(found) - set(known)) == [], "new names: decide, and add them to tests/public_names.txt"
    assert sorted(set(known) - set(found)) == [], "names that are gone: public ones are not taken away lightly"
    assert known == found


@pytest.mark.parametrize("name", ["", *PUBLIC])
def test_public_modules_say_what_they_show(name: str) -> None:
    """Each name in __all__ exists, and has no underscore in front but __version__."""
    if name in ("estimators", "plots"):
        pytest.importorskip({"estimators": "sklearn", "plots": "matplotlib"}[name])
    module = importlib.import_module(f"pynn.{name}".rstrip("."))
    assert [one for one in module.__all__ if not hasattr(module, one)] == []
    assert [one for one in module.__all__ if one.startswith("_") and one != "__version__"] == []
    assert len(set(module.__all__)) == len(module.__all__)
    shown = [getattr(module, one) for one in module.__all__]
    assert {one.__name__.removeprefix("pynn.") for one in shown if inspect.ismodule(one)} <= set(PUBLIC)


def test_the_reader_sees_every_kind_of_member() -> None:
    """A method, a property, fields with and without a default, and what __init__ assigns; none with an underscore."""
    assert {"fit", "outputs", "seed"} <= members(pynn.Network)
    assert any(name.startswith("_") for name in assigned(pynn.Network))
    assert not any(name.startswith("_") for name in members(pynn.Network))
    assert {"units", "activation"} <= members(pynn.Dense)


if __name__ == "__main__":
    print(public_names(), end="")
