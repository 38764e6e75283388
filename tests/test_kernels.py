"""The kernel tables against their contract, by the stand-alone C program in tests/c/kernel_test.c.

Here it is compiled and run, once per table; a table that this CPU lacks is skipped, never passed. Which table Python
gets is test_dispatch.py's affair; tests/c/bochs.py runs the same program on an emulated CPU with AVX-512.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "golden" / "kernel_hashes.txt"
TABLES = ["avx512", "avx2", "neon", "portable"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="guard pages need POSIX")


@pytest.fixture(scope="module")
def program(c_build: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = c_build.build(c_build.cc, tmp_path_factory.mktemp("kernels"), extra=["-Werror"])
    return made


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=1800, check=False)


@pytest.mark.parametrize("group", ["cpu", "dispatch"])
def test_choice_of_a_table(program: Path, group: str) -> None:
    done = run(program, "--group", group)
    assert done.returncode == 0, done.stdout
    assert f"{group} " in done.stdout and " ok" in done.stdout


@pytest.mark.parametrize("bits", ["32", "64"])
@pytest.mark.parametrize("table", TABLES)
def test_table_keeps_the_contract(program: Path, table: str, bits: str) -> None:
    done = run(program, "--table", table, "--bits", bits)
    if "no table was checked" in done.stdout:
        pytest.skip(f"this CPU does not run {table}")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].endswith(" passed, 0 failed")


def hashes(text: str) -> dict[str, set[str]]:
    """Lines `f32 product 15739e7e197c5f1e [table]`, as {"f32 product": {hash, ...}}."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 3 and not line.startswith("#"):
            found.setdefault(f"{words[0]} {words[1]}", set()).add(words[2])
    return found


@pytest.mark.golden
def test_one_hash_on_every_cpu(program: Path) -> None:
    done = run(program, "--hash")
    assert done.returncode == 0, done.stdout
    assert hashes(done.stdout) == hashes(GOLDEN.read_text())
