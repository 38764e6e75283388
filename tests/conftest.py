"""What several test files share: the engines, some seeds, and the way to the sources.

The marker `long` is for tests that take minutes; they are left out unless asked for (`pytest -m long`).
"""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import pynn

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(pynn.__file__).resolve().parent

# Programs that a test starts use the pynn of the test itself: the one installed, say, and not the sources
# in the current folder, which have no native engine unless they were built in place.
os.environ["PYTHONSAFEPATH"] = "1"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))

# A shell that starts tests in the background lets them ignore Ctrl-C, and their children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    native = "with" if find_spec("pynn.engine._native") else "WITHOUT"
    return f"pynn: {PACKAGE}, {native} the native engine, PYNN_ISA={os.environ.get('PYNN_ISA', '')}"


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the sources, where csrc/, pynn/ and README.md are."""
    return ROOT


@pytest.fixture(scope="session")
def c_build() -> ModuleType:
    """tests/c/build.py, where a C compiler is installed; `cc` are the words it is called with."""
    spec = spec_from_file_location("c_build", ROOT / "tests" / "c" / "build.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.cc = module.find_compiler()
    if module.cc is None:
        pytest.skip("needs a C compiler")
    return module


@pytest.fixture(params=["reference", "native"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn, by the name that Network takes; native only where it was built."""
    name = str(request.param)
    if name == "native" and find_spec("pynn.engine._native") is None:
        pytest.skip("the native engine is not built")
    return name


@pytest.fixture(params=[0, 1, 2**63 + 11])
def seed(request: pytest.FixtureRequest) -> int:
    """A usual seed, its neighbour, and one that needs all 64 bits."""
    return int(request.param)
