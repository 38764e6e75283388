"""What is promised about the package itself: its metadata, its one dependency, its build, its parts."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

import pynn
from pynn.play import server

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
SETUP = (ROOT / "setup.py").read_text(encoding="utf-8")


def setup_value(name: str) -> list[str]:
    """A list that setup.py assigns to a name, read without running it."""
    for node in ast.parse(SETUP).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            value = ast.literal_eval(node.value)
            assert isinstance(value, list)
            return value
    raise AssertionError(f"setup.py assigns no list to {name}")


def installed() -> metadata.PackageMetadata:
    try:
        return metadata.metadata("pynn-native")
    except metadata.PackageNotFoundError:
        pytest.skip("pynn-native is not installed")


def test_native_engine_is_tested() -> None:
    """Where pynn is installed, so is the native engine, and the tests see it (`pytest`, not `python -m pytest`)."""
    installed()
    assert find_spec("pynn.engine._native") is not None


def test_version_is_one() -> None:
    assert pynn.__version__ == PROJECT["version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changes, re.M)
    assert versions[0] == PROJECT["version"]


def test_installed_metadata() -> None:
    found = installed()
    assert found["Version"] == PROJECT["version"]
    assert found["License-Expression"] == "BSD-3-Clause" and found["License-File"] == "LICENSE"
    assert found["Requires-Python"] == ">=3.11"
    assert not [line for line in found.get_all("Classifier", []) if line.startswith("License")]


def test_numpy_is_the_only_requirement() -> None:
    assert PROJECT["dependencies"] == ["numpy>=2"]
    installed()
    required = [line for line in metadata.requires("pynn-native") or [] if "extra ==" not in line]
    assert required == ["numpy>=2"]


def test_import_needs_numpy_alone() -> None:
    """Every module that `import pynn` brings in is pynn's, NumPy's or the standard library's."""
    source = "import sys, numpy; before = set(sys.modules); import pynn; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, cwd=ROOT)
    packages = {name.split(".")[0] for name in done.stdout.split()} - {"pynn", "numpy", "cython_runtime"}
    foreign = {name for name in packages if name not in sys.stdlib_module_names and not name.startswith("_cython")}
    assert foreign == set() and "pynn.network" in done.stdout.split()


def test_sources_that_hide_what_is_installed(tmp_path: Path) -> None:
    """A clone's own folder, where Python looks first and the core is not built: one sentence says what hides what."""
    package = Path(pynn.__file__).parent
    if not any((package / "engine").glob("_native.*.so")):
        pytest.skip("the native core is not built")
    shutil.copytree(package, tmp_path / "pynn", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (tmp_path / "example.py").write_text("import pynn; pynn.Network([pynn.Dense(1)], inputs=1).get_weights()")
    hidden = {**os.environ, "PYTHONPATH": str(package.parent)}
    hidden.pop("PYTHONSAFEPATH", None)
    words = f"the sources in {tmp_path / 'pynn'}, whose core is not built, hide the pynn that is installed in "
    for command in (["-m", "pynn", "train", "iris"], ["example.py"]):
        done = subprocess.run([sys.executable, *command], cwd=tmp_path, env=hidden, capture_output=True, text=True)
        last = done.stderr.strip().splitlines()[-1]
        assert done.returncode == 1 and f"{words}{package.parent}: start Python in another folder" in last
        alone = subprocess.run([sys.executable, "-P", *command], cwd=tmp_path, env=hidden, capture_output=True)
        assert alone.returncode == 0
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, env=hidden | {"PYTHONPATH": ""}, capture_output=True, text=True
    )
    assert words in done.stderr or "the package has to be installed" in done.stderr


def test_extras() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(extras) == {"sklearn", "plot", "progress", "tensorboard", "all", "test", "bench", "dev"}
    for name, needed in extras.items():
        for requirement in needed:
            assert "<" not in requirement, f"[{name}] {requirement}: no upper bound"


def test_the_core_is_compiled_as_promised() -> None:
    flags = setup_value("FLAGS")
    assert flags.index("-fno-fast-math") < flags.index("-ffp-contract=off")
    for word in ("-march", "-mtune", "-Ofast", "-mavx"):
        assert word not in " ".join(flags)


def test_every_c_file_is_compiled() -> None:
    """It is in setup.py's list, or included by a file that is."""
    sources = {f"{name}.c" for name in setup_value("CSRC")}
    sources |= {f"kernels/isa_{isa}{real}.c" for isa in setup_value("ISAS") for real in ("", "_f64")}
    found = {path.relative_to(ROOT / "csrc").as_posix(): path for path in (ROOT / "csrc").rglob("*.c")}
    assert sources <= set(found)
    headers = (ROOT / "csrc").rglob("*.h")
    included = {
        target
        for path in [*headers, *found.values()]
        for target in re.findall(r'#include "([^"]+\.c)"', path.read_text())
    }
    assert {name for name in found if name not in sources and Path(name).name not in included} == set()


def test_isa_lists_agree() -> None:
    isas = setup_value("ISAS")
    listed = {
        path.stem.removeprefix("isa_") for path in (ROOT / "csrc/kernels").glob("isa_*.c") if "_f64" not in path.stem
    }
    assert set(isas) == listed


def test_package_data_is_there() -> None:
    folder = Path(pynn.__file__).parent
    for name in ("py.typed", "datasets/iris.csv", *(f"play/page/{page}" for page, _ in server.PAGES.values())):
        assert (folder / name).is_file(), name
        assert any(fnmatchcase(name, pattern) for pattern in PYPROJECT["tool"]["setuptools"]["package-data"]["pynn"])


def test_tools_have_one_version() -> None:
    """pyproject.toml pins the linters, and .pre-commit-config.yaml names the same versions."""
    pinned = {line for line in PROJECT["optional-dependencies"]["dev"] if "==" in line}
    hooks = set(re.findall(r'"([\w-]+==[\d.]+)"', (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")))
    assert hooks == pinned


def test_licence_is_the_one_named() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("BSD 3-Clause License") and "The pynn developers" in text


def test_ci_parts_exist() -> None:
    """Each part that .ci/run names is a script, and each script is a part."""
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    match = re.search(r"^ALL=\((.*)\)$", run, re.M)
    assert match
    scripts = {path.stem for path in (ROOT / ".ci").glob("*.sh")} - {"common"}
    assert set(match[1].split()) == scripts == set(re.findall(r"^    \[(\w+)\]=", run, re.M))
