"""docs/lectures.md in step with what it points at: each item and flag has one line, and each line tells the truth.

A line's scripts are those whose docstring claims the item, its tests those that are marked with it; names of the
package that it mentions exist. Nothing is computed here: read test_lectures.py and the two files after it.
"""

from __future__ import annotations

import ast
import pkgutil
import re
from pathlib import Path

import pytest
import test_lectures
import test_lectures_backprop
import test_lectures_training

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "lectures.md").read_text(encoding="utf-8")
KEYS = [*map(str, range(1, 79)), *(f"F{number}" for number in range(1, 19))]
LINES = [line for line in PAGE.splitlines() if re.match(r"\| F?\d+ \|", line)]
BY_KEY = {line.split("|")[1].strip(): line for line in LINES}
SCRIPTS = sorted((ROOT / "examples" / "lectures").glob("*.py"))
MODULES = (test_lectures, test_lectures_backprop, test_lectures_training)


def marks(test: object) -> set[str]:
    return {str(key) for mark in getattr(test, "pytestmark", []) if mark.name == "item" for key in mark.args}


TESTS = {name: marks(test) for module in MODULES for name, test in vars(module).items() if name.startswith("test_")}


def claims(script: Path) -> set[str]:
    """The items and flags that a script's docstring names."""
    text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    match = re.search(r"^Lectures: items ([\d, \n]+)(?:; flags ([F\d, \n]+))?\.$", text, re.MULTILINE)
    assert match, f"{script.name}: its docstring does not end with 'Lectures: items ...'"
    return set(re.findall(r"F?\d+", f"{match[1]},{match[2] or ''}"))


def test_each_item_and_flag_has_one_line() -> None:
    assert [line.split("|")[1].strip() for line in LINES] == KEYS


def test_every_test_is_marked_with_known_items() -> None:
    for name, keys in TESTS.items():
        assert keys and keys <= set(KEYS), name


@pytest.mark.parametrize("key", KEYS)
def test_line_names_its_tests_and_scripts(key: str) -> None:
    line = BY_KEY[key]
    named = set(re.findall(r"`(test_\w+)`", line))
    linked = set(re.findall(r"\(\.\./examples/lectures/(\w+\.py)\)", line))
    assert named == {name for name, keys in TESTS.items() if key in keys}
    assert linked == {script.name for script in SCRIPTS if key in claims(script)}
    assert named and linked or "not software" in line


def test_every_script_claims_something() -> None:
    assert len(SCRIPTS) > 10
    for script in SCRIPTS:
        assert claims(script) <= set(KEYS)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(pynn\.[\w.]+)", PAGE))))
def test_names_exist(name: str) -> None:
    for room, extra in (("pynn.plots", "matplotlib"), ("pynn.estimators", "sklearn")):
        if name.startswith(room):
            pytest.importorskip(extra)
    assert pkgutil.resolve_name(name) is not None


def test_flags_in_the_lines_are_flags() -> None:
    assert set(re.findall(r"\bF\d+\b", PAGE)) == set(KEYS[78:])
