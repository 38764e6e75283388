"""Teams of threads: the barrier, the floating-point mode, forks, and how many threads there are.

The checks are in c/parallel_test.c, built here twice: with OpenMP and without. What an engine
does with its team is test_bits.py's affair. Linux's limits are tested on Linux alone.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks and compiles like POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's limits")

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent / "csrc"
FLAGS = ["-O2", "-std=gnu11", "-ffp-contract=off", "-frounding-math"]
SETTINGS = (
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "OMP_DYNAMIC",
    "OMP_PROC_BIND",
    "OMP_PLACES",
    "OMP_MAX_ACTIVE_LEVELS",
)


@pytest.fixture(scope="module", params=["openmp", "serial"])
def program(request, tmp_path_factory):
    cc = shlex.split(os.environ.get("CC", "")) or [
        shutil.which("cc") or shutil.which("gcc") or shutil.which("clang") or ""
    ]
    if not shutil.which(cc[0]):
        pytest.skip("needs a C compiler")
    out = tmp_path_factory.mktemp("team") / request.param
    flags = FLAGS + (["-fopenmp"] if request.param == "openmp" else [])
    sources = [HERE / "c" / "parallel_test.c", CSRC / "parallel.c", CSRC / "team_choice.c"]
    built = subprocess.run(
        [*cc, *flags, *map(str, sources), "-o", str(out), "-lm", "-pthread"], capture_output=True, text=True
    )
    if built.returncode and request.param == "openmp":
        pytest.skip("this compiler has no OpenMP")
    assert built.returncode == 0, built.stderr
    return out


def run(program, *arguments, affinity=None, **settings):
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS} | settings
    before = (lambda: os.sched_setaffinity(0, affinity)) if affinity else None
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, env=environment, preexec_fn=before, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return int(done.stdout) if done.stdout else None


def threads(program, n):
    """What n threads become in this build."""
    return n if program.name == "openmp" else 1


@pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
def test_nobody_passes_the_barrier_early(program, size):
    run(program, "barrier", size)


def test_barrier_counts_the_threads_that_came(program):
    assert run(program, "size", 5) == threads(program, 5)
    assert run(program, "size", 5, OMP_THREAD_LIMIT="2") == threads(program, 2)
    run(program, "barrier", 5, OMP_THREAD_LIMIT="2")


@pytest.mark.parametrize("what", ["mode", "fork", "grain", "pace"])
def test_team(program, what):
    run(program, what)


@linux
def test_max_threads_follows_environment_and_affinity(program):
    cpu = {min(os.sched_getaffinity(0))}
    assert 1 <= run(program, "max") <= len(os.sched_getaffinity(0))
    assert run(program, "max", affinity=cpu) == 1
    assert run(program, "max", affinity=cpu, OMP_NUM_THREADS="5") == threads(program, 5)  # asked for: granted
    assert run(program, "max", OMP_NUM_THREADS="1") == 1


GROUPS = {
    "version 2": ("0::/a/b\n", {"a/b/cpu.max": "250000 100000\n"}, 3),  # 2.5 CPUs, rounded up
    "whole": ("0::/a/b\n", {"a/b/cpu.max": "200000 100000\n"}, 2),
    "less than one": ("0::/a\n", {"a/cpu.max": "1000 100000\n"}, 1),
    "the parent's": ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "100000 50000\n"}, 2),
    "the least": ("0::/a/b\n", {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "900000 100000\n"}, 4),
    "root": ("0::/\n", {"cpu.max": "300000 100000\n"}, 3),
    "own path is missing": ("0::/docker/x\n", {"cpu.max": "300000 100000\n"}, 3),
    "none": ("0::/a\n", {"a/cpu.max": "max 100000\n"}, 0),
    "no file": ("0::/a\n", {}, 0),
    "nonsense": ("0::/a\nx\n:\n\n", {"a/cpu.max": "lots\n"}, 0),
    "version 1": (
        "3:cpuset:/other\n2:cpu,cpuacct:/a\n1:memory:/z\n",
        {"cpu/a/cpu.cfs_quota_us": "150000\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
        2,
    ),
    "version 1, none": (
        "2:cpuacct,cpu:/a\n",
        {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
        0,
    ),
    "cpu is a word": (
        "2:cpuset,cpuacct:/a\n",
        {"cpu/a/cpu.cfs_quota_us": "100000\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
        0,
    ),
}


@linux
@pytest.mark.parametrize("name", GROUPS)
def test_quota_of_control_groups(program, tmp_path, name):
    lines, files, expected = GROUPS[name]
    groups = tmp_path / "self"
    groups.write_text(lines)
    for path, text in files.items():
        target = tmp_path / "mount" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    assert run(program, "cgroup", groups, tmp_path / "mount") == expected
