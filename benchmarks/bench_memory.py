"""Memory: the peak of an MNIST fit from bytes, and the calls to malloc in a step, which should be none.

Both run in processes of their own. The calls are counted by a few lines of C between
the program and its malloc; without a C compiler that one is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FIT = """
import sys
sys.path[:0] = {path!r}
import numpy as np
from shapes import MNIST_BIG
from pynn import SGD, Dense, Network, Rescaling
x = np.zeros((60_000, 784), np.uint8)
x[:, 100:250] = 1 + np.arange(150, dtype=np.uint8)
label = np.arange(60_000) % 10
layers = [Dense(width, name) for width, name in MNIST_BIG.layers]
net = Network([Rescaling(1 / 255), *layers], inputs=784, threads={threads})
net.compile(optimizer=SGD(0.001, momentum=0.9), metrics=["accuracy"])
net.fit(x[:{rows}], label[:{rows}], batch_size=100, verbose=0)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
peak = int(status["VmHWM"].split()[0]) * 1024  # ru_maxrss would begin with the peak of the parent
assert net.history.history["loss"][0] < 10
print((peak - x.nbytes - label.nbytes) / 1e6)
"""

COUNTER = """
#include <stddef.h>
#include <stdatomic.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
static atomic_long calls;
long malloc_calls(void) { return calls; }
void *malloc(size_t n) { calls++; return __libc_malloc(n); }
void *calloc(size_t n, size_t size) { calls++; return __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { calls++; return __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { calls++; return __libc_memalign(a, n); }
void *memalign(size_t a, size_t n) { calls++; return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { calls++; *p = __libc_memalign(a, n); return *p ? 0 : 12; }
"""

STEPS = """
import ctypes, sys
sys.path[:0] = {path!r}
import numpy as np
from networks import build
from shapes import dense
from pynn.engine.data import Data, Totals
count = ctypes.CDLL(None).malloc_calls
count.restype = ctypes.c_long
rates, totals, worst = np.full(3000, 1e-3), Totals(), 0
for net in (dense(256, 2, 20), dense(16, 2, 10)):
    x = np.random.default_rng(0).integers(0, 256, (30 * net.batch, net.inputs)).astype(np.uint8).repeat(100, axis=0)
    data = Data(x, label=np.arange(len(x), dtype=np.int32) % 10)
    engine = build(net, {threads})

    def calls(steps):
        before = count()
        done = engine.train(data, batch=net.batch, epoch=0, rates=rates, totals=totals, last=steps, seconds=1e9)
        assert done == steps
        return count() - before

    calls(3000)
    worst = max(worst, min(calls(3000) for _ in range(3)) - min(calls(2000) for _ in range(3)))
print(worst)
"""


def last_number(program: str, threads: int, environment: dict[str, str] | None = None, **values: int) -> float:
    """What a program that is run on its own prints last."""
    program = program.format(path=[path for path in sys.path if path], threads=threads, **values)
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | (environment or {}), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def test_peak(limit: Callable[..., None], threads: int, request: pytest.FixtureRequest) -> None:
    """All of the process, interpreter and NumPy included, less the images and labels."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak is read from /proc")
    rows = request.config.getoption("--rows") or 10_000
    limit("peak memory of an MNIST fit beyond its data", lambda: last_number(FIT, threads, rows=rows), threads)


def test_allocations(limit: Callable[..., None], threads: int, tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler or not sys.platform.startswith("linux"):
        pytest.skip("counting calls to malloc takes Linux and a C compiler")
    source, library = tmp_path / "counter.c", tmp_path / "counter.so"
    source.write_text(COUNTER)
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
    environment = {"LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}  # Python's own small ones count, too
    limit("allocations in 1,000 more steps", lambda: last_number(STEPS, threads, environment), threads)
