"""The one arrow: which file may know which, read from the import and #include lines.

Each room lists in allowed_imports.py what it may name; what is not listed is not allowed, and a file that no room
claims is an error too. csrc/README.md draws the arrow and says why.
"""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from allowed_imports import ANYWHERE, PYTHON, SHARED, SYSTEM, C

ROOT = Path(__file__).resolve().parent.parent
CYTHON = (".pyx", ".pxd", ".pxi", ".pyi")


def room_of(name: str, rooms: dict[str, list[str]]) -> str:
    """The line of the file itself, or else the first pattern that fits."""
    for pattern in (name, *rooms):
        if pattern in rooms and fnmatchcase(name, pattern):
            return pattern
    raise AssertionError(f"{name}: no room claims this file; give it a line in tests/allowed_imports.py")


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def files(folder: str, *suffixes: str) -> list[Path]:
    found = [path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes and "__pycache__" not in path.parts]
    return sorted(path for path in found if path.name != "_native.c")


def name_of(path: Path, folder: str) -> str:
    return path.relative_to(ROOT / folder).as_posix()


def imports_of(source: str, package: list[str]) -> set[str]:
    """The modules of pynn that a Python file in `package` imports, without the leading `pynn.`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "pynn"}
        elif isinstance(node, ast.ImportFrom):
            parts = node.module.split(".") if node.module else []
            if node.level:
                parts = ["pynn", *package[: len(package) - node.level + 1], *parts]
            if parts[:1] == ["pynn"]:
                found |= {module_or_name(parts, alias.name) for alias in node.names}
    return {name.removeprefix("pynn").removeprefix(".") for name in found}


def module_or_name(parts: list[str], name: str) -> str:
    """`from x import name` names the module x.name if there is one, else x."""
    folder = ROOT.joinpath(*parts)
    is_module = (folder / name).is_dir() or any((folder / f"{name}{suffix}").exists() for suffix in (".py", *CYTHON))
    return ".".join([*parts, name] if is_module else parts)


def cython_imports(source: str, package: list[str]) -> set[str]:
    """The same of a Cython file: its import lines are Python's, and its cimport lines mean the same."""
    source = re.sub(r"\bcimport\b", "import", source)
    lines = re.findall(
        r"^(?:from\s+\.*[\w.]*\s+import\s+(?:\([^)]*\)|[^\n(]+)|import\s+pynn[^\n]*)", source, re.MULTILINE
    )
    return imports_of("\n".join(lines), package)


@pytest.mark.parametrize("path", files("pynn", ".py", *CYTHON), ids=lambda path: name_of(path, "pynn"))
def test_python_follows_the_arrow(path: Path) -> None:
    name = name_of(path, "pynn")
    allowed = PYTHON[room_of(name, PYTHON)]
    read = imports_of if path.suffix == ".py" else cython_imports
    for module in sorted(read(path.read_text(encoding="utf-8"), name.split("/")[:-1])):
        assert fits(module, allowed), f"pynn/{name} imports pynn.{module}, which is not below it"


@pytest.mark.parametrize("path", files("csrc", ".c", ".h"), ids=lambda path: name_of(path, "csrc"))
def test_c_follows_the_arrow(path: Path) -> None:
    name = name_of(path, "csrc")
    allowed = C[room_of(name, C)]
    text = path.read_text(encoding="utf-8")
    for include in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE):
        target = (path.parent / include).resolve()
        assert target.is_file(), f"csrc/{name} includes {include}, which does not exist"
        assert fits(name_of(target, "csrc"), allowed), f"csrc/{name} includes {include}, which is not below it"
    system = ANYWHERE.union(*(headers for pattern, headers in SYSTEM.items() if fnmatchcase(name, pattern)))
    for include in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.MULTILINE):
        assert include in system, f"csrc/{name} includes <{include}>, which is not for this room"


def test_only_the_parallel_room_knows_openmp() -> None:
    for path in files("csrc", ".c", ".h"):
        if path.name != "parallel.c":
            assert not re.search(r"^\s*#\s*pragma\s+omp|\bomp_\w+\(", path.read_text(encoding="utf-8"), re.MULTILINE), (
                path
            )


def test_the_core_neither_allocates_nor_prints() -> None:
    """Python owns all memory; what goes wrong is a status. parallel.c reads the quota of a container."""
    calls = r"\b(malloc|calloc|realloc|aligned_alloc|free|printf|fprintf|puts|abort|exit|assert)\s*\("
    for path in files("csrc", ".c", ".h"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(calls, code), path


def test_the_boundary_is_one_header() -> None:
    """Cython sees pynn.h, in one place, and nothing else of csrc/."""
    text = "".join(path.read_text(encoding="utf-8") for path in files("pynn", *CYTHON))
    headers = re.findall(r'cdef\s+extern\s+from\s+["<]([^">]+)', text)
    assert [Path(header).name for header in headers if header != "Python.h"] == ["pynn.h"]


def test_every_room_has_a_file() -> None:
    """A line of the lists above that fits no file is a leftover."""
    may_be_missing = {"py.typed", "engine/_native.pyi"}  # py.typed has no suffix that is looked for
    for folder, rooms in (("pynn", PYTHON), ("csrc", C)):
        names = [name_of(path, folder) for path in files(folder, ".py", *CYTHON, ".c", ".h")]
        unused = [room for room in rooms if not any(fnmatchcase(name, room) for name in names)]
        assert set(unused) <= may_be_missing


def python_imports() -> dict[str, set[str]]:
    """Each Python or Cython file of the package and the modules it imports, at its top or in a function."""
    found = {}
    for path in files("pynn", ".py", *CYTHON):
        name, read = name_of(path, "pynn"), imports_of if path.suffix == ".py" else cython_imports
        found[name] = read(path.read_text(encoding="utf-8"), name.split("/")[:-1])
    return found


def loaded_by_name(path: Path, entry: str) -> bool:
    """Whether a file that calls import_module has this module's name as a string."""
    text = path.read_text(encoding="utf-8")
    strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    return "import_module" in text and bool(strings & {entry, f"pynn.{entry}"})


def test_every_allowed_import_is_used() -> None:
    """What a line allows beyond the shared lists is imported by a file of that line; of those, each entry by some."""
    used: dict[str, set[str]] = {room: set() for room in PYTHON}
    for name, imported in python_imports().items():
        used[room_of(name, PYTHON)] |= imported
    for room, allowed in PYTHON.items():
        for entry in set(allowed) - SHARED:
            by_name = room.endswith(".py") and "*" not in room and loaded_by_name(ROOT / "pynn" / room, entry)
            assert by_name or any(fnmatchcase(module, entry) for module in used[room]), (
                f"pynn/{room} imports no {entry}"
            )
    modules = set().union(*used.values())
    assert [entry for entry in SHARED if not any(fnmatchcase(module, entry) for module in modules)] == []


def test_every_allowed_include_is_used() -> None:
    used: dict[str, set[str]] = {room: set() for room in C}
    system: dict[str, set[str]] = {room: set() for room in SYSTEM}
    for path in files("csrc", ".c", ".h"):
        text = path.read_text(encoding="utf-8")
        own = re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE)
        used[room_of(name_of(path, "csrc"), C)] |= {name_of((path.parent / name).resolve(), "csrc") for name in own}
        for room in SYSTEM:
            if fnmatchcase(name_of(path, "csrc"), room):
                system[room] |= set(re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.MULTILINE))
    for room, allowed in C.items():
        for entry in allowed:
            assert any(fnmatchcase(name, entry) for name in used[room]), f"csrc/{room} includes no {entry}"
    assert {room: SYSTEM[room] - found for room, found in system.items()} == {room: set() for room in SYSTEM}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """One circle for each way that leads back to where it has been; empty if there is none."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for other in sorted(graph.get(name, ())):
                visit(other, [*path, name])
            done.add(name)

    for name in graph:
        visit(name, [])
    return found


def module_graph() -> dict[str, set[str]]:
    """Modules and what they import, imports inside functions and for the type checker included; "" is pynn itself."""
    graph: dict[str, set[str]] = {}
    for name, imported in python_imports().items():
        module = name.rsplit(".", 1)[0].replace("/", ".")
        module = "" if module == "__init__" else module.removesuffix(".__init__")
        graph[module] = graph.get(module, set()) | imported
    return graph


def test_no_modules_import_each_other_in_a_circle() -> None:
    """File by file, as the import lines are, whatever the lists allow."""
    assert [" -> ".join(circle) for circle in circles(module_graph())] == []


def test_a_circle_is_found() -> None:
    """The reader of circles itself: inspect/ as it is, with one import that closes a circle."""
    graph = module_graph()
    graph["inspect.typesetting"] = graph["inspect.typesetting"] | {"inspect.notation"}
    assert ["inspect.notation", "inspect.typesetting"] in [sorted(set(circle)) for circle in circles(graph)]


@pytest.mark.parametrize("rooms", [PYTHON, C], ids=["pynn", "csrc"])
def test_arrow_has_no_circle(rooms: dict[str, list[str]]) -> None:
    """The lists themselves: what is below a room, and below that, is never the room."""

    def names(pattern: str) -> set[str]:
        """The rooms that an entry of a list means; `training.*` is the room training/*.py, `files` its __init__."""
        stem = pattern.replace(".", "/")
        as_files = [pattern] if rooms is C else [f"{stem}.py", f"{stem}/__init__.py".removeprefix("/")]
        exact = [room for room in rooms if room in as_files]
        return set(exact) or {
            room for room in rooms for name in as_files if fnmatchcase(room, name) or fnmatchcase(name, room)
        }

    def below(room: str, path: tuple[str, ...]) -> None:
        assert room not in path, " -> ".join((*path, room))
        if room not in done:
            for other in set().union(*map(names, rooms[room])) - {room}:
                below(other, (*path, room))
            done.add(room)

    done: set[str] = set()
    for room in rooms:
        below(room, ())


def test_import_reader_sees_every_form() -> None:
    """The reader of this file itself, on a file that breaks the rules in each way there is."""
    source = "import pynn.cli\nfrom pynn import errors\nfrom ..engine import plan\nfrom . import flowers\n"
    source += "from ..errors import X\ndef f():\n    from ..cli import main\n"
    expected = {"cli", "errors", "engine.plan", "datasets.flowers"}
    assert imports_of(source, ["datasets"]) == expected
    assert cython_imports("from .plan import (a,\n  b)\nfrom ..cli import c\ncdef int x\n", ["engine"]) == {
        "engine.plan",
        "cli",
    }
