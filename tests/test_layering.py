"""The one arrow: which file may know which, read from the import and #include lines.

Each room lists what it may name; what is not listed is not allowed, and a file that no room claims is an
error too. csrc/README.md draws the arrow and says why.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CYTHON = (".pyx", ".pxd", ".pxi", ".pyi")

# Python: a file below pynn/ -> the modules of pynn it may import (patterns). The rooms stand from the lowest up.
BASE = ["errors", "arguments"]
PLAN = [
    *BASE,
    "engine.plan",
    "engine.kinds",
    "engine.layer_plan",
    "engine.tables",
    "engine.formulas",
    "engine.loss_formulas",
    "engine.data",
]
ENGINE = [*PLAN, "engine.philox"]
DECLARED = ["activations", "layers", "regularizers", "losses", "optimizers", "schedules", "initializers"]
ROWS = ["rows", "rows.*"]
BELOW_NETWORK = [*ENGINE, "backend", "metrics", *ROWS, *DECLARED, "training", "training.*", "inspect", "inspect.*"]
PYTHON = {
    "errors.py": [],
    "arguments.py": ["errors"],
    "py.typed": [],
    "engine/__init__.py": ENGINE,
    "engine/formulas.py": BASE,
    "engine/loss_formulas.py": [*BASE, "engine.formulas"],
    "engine/tables.py": [*BASE, "engine.formulas", "engine.loss_formulas"],
    "engine/layer_plan.py": [],
    "engine/kinds.py": [*BASE, "engine.formulas", "engine.layer_plan"],
    "engine/plan.py": [*BASE, "engine.kinds", "engine.layer_plan", "engine.tables"],
    "engine/data.py": [*BASE, "engine.plan"],
    "engine/philox.py": BASE,
    "engine/reference.py": ENGINE,
    "engine/_native.pyx": [*ENGINE, "engine.core"],
    "engine/_native.pyi": ENGINE,
    "engine/core.pxd": [],
    "engine/*.pxi": [],
    "engine/functions.pxi": ENGINE,
    "backend.py": [*ENGINE, "engine", "engine.reference", "engine._native"],
    "metrics/*.py": [*BASE, "metrics", "metrics.*"],
    "datasets/tabular.py": [*BASE, "tables", "tables.*"],
    "datasets/*.py": [*BASE, "engine.philox", "datasets.*"],
    "activations.py": [*PLAN],
    "schedules.py": BASE,
    "initializers.py": [*BASE, "backend"],
    "regularizers.py": BASE,
    "rows/*.py": [*ENGINE, "backend", *ROWS],
    "layers.py": [*PLAN, "activations", "initializers", "regularizers", "backend", *ROWS],
    "losses.py": [*PLAN, "activations"],
    "optimizers.py": [*PLAN, "schedules"],
    "training/*.py": [*ENGINE, "backend", "metrics", *ROWS, "training", "training.*"],
    "inspect/*.py": [*ENGINE, "backend", "metrics", *ROWS, *DECLARED, "inspect", "inspect.*"],
    "assembly.py": BELOW_NETWORK,
    "files/*.py": ["", *BELOW_NETWORK, "assembly", "files", "files.*"],
    "persistence.py": [*BELOW_NETWORK, "assembly", "files"],
    "inspection.py": [*BELOW_NETWORK, "assembly"],
    "network.py": [*BELOW_NETWORK, "assembly", "persistence", "inspection"],
    "multiclass.py": [*BELOW_NETWORK, "metrics.reading", "network"],
    "keras.py": [*BELOW_NETWORK, "network"],
    "plots/colours.py": ["backend"],
    "plots/*.py": [*BASE, "engine.tables", "backend", "activations", "layers", "losses", "metrics", "plots.*"],
    "estimators/*.py": [*BELOW_NETWORK, "network", "estimators.*"],
    "bench.py": ["", *BELOW_NETWORK, "network", "datasets"],
    "callbacks/*.py": [*BASE, "backend", "training", "training.*", "callbacks", "callbacks.*"],
    "tables/*.py": [*BASE, "backend", "tables", "tables.*"],
    "commands/*.py": [
        *BELOW_NETWORK,
        "network",
        "datasets",
        "tables",
        "tables.*",
        "callbacks",
        "commands",
        "commands.*",
    ],
    "cli.py": ["", *BELOW_NETWORK, "network", "datasets", "bench", "commands", "commands.*"],
    "__main__.py": ["cli"],
    "__init__.py": [
        *BELOW_NETWORK,
        "network",
        "callbacks",
        "datasets",
        "multiclass",
        "plots",
        "estimators",
        "engine._native",
    ],  # fmt: skip
}

# C: a file below csrc/ -> the project's files it may include. kernels/ knows kernels.h alone; only
# rooms.inl.h and the _f64 twins include C files, which is how they are compiled once per storage type.
ROOMS = [
    "data",
    "gemm",
    "skip_zeros",
    "gradient",
    "tail",
    "dense",
    "norm",
    "kinds",
    "loss",
    "optim",
    "model",
    "layout",
    "train",
    "test_hooks",
]
C = {
    "real.h": [],
    "pynn.h": [],
    "float_mode.h": [],
    "parallel.h": [],
    "kernels/kernels.h": ["real.h"],
    "kernels/target_begin.h": [],
    "kernels/target_end.h": [],
    "kernels/vmath_coefficients.inl.h": [],
    "kernels/vmath.inl.h": ["kernels/vmath_coefficients.inl.h"],
    "kernels/bodies.inl.h": ["kernels/*.inl.h"],
    "kernels/*.inl.h": [],
    "kernels/isa_*_f64.c": ["kernels/isa_*.c"],
    "kernels/isa_*.c": ["kernels/kernels.h", "kernels/target_*.h", "kernels/bodies.inl.h"],
    "cpu.h": [],
    "cpu.c": ["cpu.h", "kernels/kernels.h"],
    "dispatch.h": ["kernels/kernels.h"],
    "dispatch.c": ["dispatch.h", "cpu.h", "pynn.h"],
    "parallel.c": ["parallel.h", "pynn.h", "float_mode.h"],
    "team_choice.h": ["pynn.h"],
    "team_choice.c": ["team_choice.h"],
    "rng.h": ["pynn.h"],
    "rng.c": ["rng.h", "float_mode.h"],
    "data.h": ["pynn.h", "real.h"],
    "data.c": ["data.h"],
    "column_stats.c": ["data.c", "float_mode.h"],
    "gemm.h": ["kernels/kernels.h", "parallel.h"],
    "gemm.c": ["gemm.h"],
    "step_context.h": ["gemm.h", "parallel.h", "pynn.h"],
    "skip_zeros.h": ["step_context.h"],
    "skip_zeros.c": ["skip_zeros.h"],
    "gradient.h": ["step_context.h"],
    "gradient.c": ["gradient.h"],
    "tail.h": ["step_context.h"],
    "tail.c": ["tail.h", "rng.h"],
    "dense.h": ["step_context.h"],
    "dense.c": ["dense.h", "gradient.h", "skip_zeros.h", "tail.h"],
    "norm.h": ["step_context.h"],
    "norm.c": ["norm.h", "gradient.h", "tail.h"],
    "kinds.h": ["step_context.h"],
    "kinds.c": ["kinds.h", "dense.h", "norm.h", "tail.h"],
    "loss.h": ["tail.h"],
    "loss.c": ["loss.h", "data.h"],
    "optim.h": ["loss.h"],
    "optim.c": ["optim.h"],
    "model.h": ["optim.h"],
    "model.c": ["model.h", "data.h", "kinds.h", "skip_zeros.h"],
    "layout.h": ["pynn.h"],
    "layout.c": ["layout.h", "kinds.h", "norm.h", "skip_zeros.h"],
    "train.c": ["model.h", "skip_zeros.h", "team_choice.h"],
    "test_hooks.c": ["model.h"],
    "engine.h": ["pynn.h"],
    "rooms.inl.h": [
        "real.h",
        "engine.h",
        *(f"{room}.c" for room in ROOMS),
    ],
    "engine_f32.c": ["rooms.inl.h"],
    "engine_f64.c": ["rooms.inl.h"],
    "api.c": ["dispatch.h", "engine.h", "float_mode.h", "parallel.h"],
}

# System headers: types and numbers everywhere, and what only one room may know.
ANYWHERE = {"stddef.h", "stdint.h", "float.h", "math.h", "string.h", "stdatomic.h"}
SYSTEM = {
    "parallel.c": {
        "omp.h", "pthread.h", "sched.h", "windows.h",
        "time.h", "unistd.h", "fcntl.h", "limits.h", "stdio.h", "stdlib.h",
    },
    "cpu.c": {"cpuid.h", "intrin.h", "sys/auxv.h"},
    "float_mode.h": {"fenv.h", "xmmintrin.h"},
    "kernels/isa_*.c": {"immintrin.h", "arm_neon.h"},
}  # fmt: skip


def allowed_for(name: str, rooms: dict[str, list[str]]) -> list[str]:
    """The entry of the file itself, or else of the first pattern that fits."""
    for pattern in (name, *rooms):
        if pattern in rooms and fnmatchcase(name, pattern):
            return rooms[pattern]
    raise AssertionError(f"{name}: no room claims this file; give it a line in tests/test_layering.py")


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
    allowed = allowed_for(name, PYTHON)
    read = imports_of if path.suffix == ".py" else cython_imports
    for module in sorted(read(path.read_text(encoding="utf-8"), name.split("/")[:-1])):
        assert fits(module, allowed), f"pynn/{name} imports pynn.{module}, which is not below it"


@pytest.mark.parametrize("path", files("csrc", ".c", ".h"), ids=lambda path: name_of(path, "csrc"))
def test_c_follows_the_arrow(path: Path) -> None:
    name = name_of(path, "csrc")
    allowed = allowed_for(name, C)
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
    may_be_missing = {"py.typed", "engine/_native.pyi", "train.h"}
    for folder, rooms in (("pynn", PYTHON), ("csrc", C)):
        names = [name_of(path, folder) for path in files(folder, ".py", *CYTHON, ".c", ".h")]
        unused = [room for room in rooms if not any(fnmatchcase(name, room) for name in names)]
        assert set(unused) <= may_be_missing


@pytest.mark.parametrize("rooms", [PYTHON, C], ids=["pynn", "csrc"])
def test_arrow_has_no_circle(rooms: dict[str, list[str]]) -> None:
    """The lists themselves: what is below a room, and below that, is never the room."""

    def names(pattern: str) -> set[str]:
        """The rooms that an entry of a list means; `training.*` is the room training/*.py."""
        as_file = pattern if rooms is C else pattern.replace(".", "/") + ".py"
        return {room for room in rooms if fnmatchcase(room, as_file) or fnmatchcase(as_file, room)}

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


def tracked() -> list[Path]:
    """The project's own files: git's word where there is one, else all that is not made by a build."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        names = listing.stdout.decode().split("\0")
        found = [ROOT / name for name in names if name]
    except (OSError, subprocess.CalledProcessError):
        made = {"build", "dist", "__pycache__"}

        def own(folder: str) -> bool:
            hidden = folder.startswith(".") and folder != ".ci"  # .venv, .git, the caches of tools
            return not hidden and folder not in made and not folder.endswith(".egg-info")

        found = [path for path in ROOT.rglob("*") if all(map(own, path.relative_to(ROOT).parts[:-1]))]
    return [path for path in found if path.is_file() and path.suffix not in {".so", ".pyc"}]


def test_file_names_are_unique() -> None:
    """A name says which file is meant, without its folder. Names with a meaning of their own do not count."""
    special = {"__init__.py", "__main__.py", "conftest.py", "README.md"}
    counted = Counter(path.name for path in tracked() if path.name not in special)
    assert [name for name, times in counted.items() if times > 1] == []


def test_the_project_speaks_of_itself_alone() -> None:
    """No path, host or tool of the place where a line was written. (Joined here, or this file had them itself.)"""
    words = [
        "/" + "work" + "/",
        "/" + "root" + "/",
        "/" + "home" + "/",
        "/" + "tmp" + "/",
        "sub" + "agent",
        "steer" + "ing",
    ]
    words += ["TO" + "DO", "FIX" + "ME", "X" * 3]
    pattern = re.compile("|".join(rf"(?<![\w.]){word}" if word[0] == "/" else rf"\b{word}\b" for word in words))
    for path in tracked():
        if path.suffix == ".png":  # compressed: any three letters are in it by chance
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        match = pattern.search(text)
        assert match is None, f"{path.relative_to(ROOT)}: {match.group()!r}" if match else ""
