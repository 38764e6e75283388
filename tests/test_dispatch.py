"""Which kernel table runs: PYNN_ISA forces one, and what is asked for is what runs, or an error.

Each check is a process of its own, since the variable is read from the environment. What the tables compute is
test_kernels.py's affair; that CPUID counts only with XGETBV is checked there too, on invented CPUs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

native: Any = pytest.importorskip("pynn.engine._native", reason="the native engine is not built")

NAMES = ["avx512", "avx2", "neon", "portable"]


def python(code: str, isa: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYNN_ISA"}
    if isa is not None:
        environment["PYNN_ISA"] = isa
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def tables(bits: int) -> dict[str, bool]:
    """Names compiled in, best first, and whether they run here."""
    return {table["name"]: table["runs_here"] for table in native.kernels() if table["bits"] == bits}


def test_portable_is_the_last_resort() -> None:
    for bits in (32, 64):
        assert list(tables(bits))[-1] == "portable"
        assert tables(bits)["portable"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("isa", [None, ""])
def test_best_table_runs_unasked(isa: str | None, dtype: str) -> None:
    best = next(name for name, runs in tables(32).items() if runs)
    done = python(f"from pynn.engine import _native; print(_native.isa({dtype!r}))", isa)
    assert done.stdout.strip() == best, done.stderr


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("isa", NAMES)
def test_asked_table_runs_or_is_refused(isa: str, dtype: str) -> None:
    done = python(f"from pynn.engine import _native; print(_native.isa({dtype!r}))", isa)
    if tables(32).get(isa, False):
        assert done.stdout.strip() == isa, done.stderr
    else:
        assert done.returncode != 0
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("ValueError: PYNN_ISA")
        assert isa in last and "does not run on this CPU" in last and "portable" in last


@pytest.mark.parametrize("isa", ["avx3", "AVX2", "avx", " portable", "portable,avx2"])
def test_unknown_name_lists_the_known(isa: str) -> None:
    done = python("from pynn.engine import _native; print(_native.isa())", isa)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: PYNN_ISA") and repr(isa) in last and "is not known" in last
    assert all(name in last for name in tables(32))


@pytest.mark.parametrize("isa", [name for name, runs in tables(32).items() if runs])
def test_show_config_names_the_table(isa: str) -> None:
    done = python("import pynn; pynn.show_config()", isa)
    assert done.returncode == 0, done.stderr
    assert isa in next(line for line in done.stdout.splitlines() if line.startswith("isa:"))


def test_engine_refuses_a_bad_name() -> None:
    code = "import numpy as np, pynn; n = pynn.Network([pynn.Dense(2)], inputs=3); n.predict(np.ones((1, 3)))"
    assert python(code, "portable").returncode == 0
    done = python(code, "avx3")
    assert done.returncode != 0 and "PYNN_ISA" in done.stderr


def test_compiler_is_named() -> None:
    assert native.compiler().split()[0] in ("gcc", "clang", "msvc")
