"""The core's elementary functions: errors within their bounds, edges, symmetry, and one set of bits for all tables.

The sampled tests go through the extension. All 2^32 floats, and the compiler's own hashes, are the affair of
c/vmath_check.c, which the long test compiles and runs.
"""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "golden" / "vmath.json"
# Largest error in units in the last place, as promised in csrc/kernels/vmath.inl.h.
BOUNDS = {"exp": 1, "log": 1, "expm1": 2, "log1p": 2, "tanh": 2, "sigmoid": 2}
BOUNDS |= dict.fromkeys(("softplus", "erf", "erfc", "normcdf"), 4)
INF, NAN = math.inf, math.nan


@pytest.fixture(scope="module")
def native():
    return pytest.importorskip("pynn.engine._native")


def tables(native, bits):
    found = [t["index"] for t in native.kernels() if t["bits"] == bits and t["runs_here"]]
    assert found
    return found


def mixed_arguments(dtype, count):
    """Reproducible without a generator: bit patterns of all sizes, numbers up to 40, and numbers around 1."""
    unsigned = np.uint32 if dtype == np.float32 else np.uint64
    weyl = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    patterns = (weyl >> np.uint64(32 if dtype == np.float32 else 0)).astype(unsigned).view(dtype)
    unit = (weyl >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.concatenate([patterns, (80 * unit - 40).astype(dtype), (0.5 + unit).astype(dtype), (-unit).astype(dtype)])


def canonical_bytes(y):
    """Bytes in which every NaN is the same."""
    return np.where(np.isnan(y), y.dtype.type(NAN), y).tobytes()


def reference_double(name, x):
    """From float32, right to about 1e-15, which is nothing beside a float's last place."""
    with np.errstate(all="ignore"):
        x = x.astype(np.float64)
        if name in ("exp", "expm1", "log", "log1p", "tanh"):
            return getattr(np, name)(x)
        if name == "sigmoid":
            return 1 / (1 + np.exp(-x))
        if name == "softplus":
            return np.where(x < 0, 0, x) + np.log1p(np.exp(-np.abs(x)))
        z = -x * math.sqrt(0.5) if name == "normcdf" else x
        y = np.array([(math.erf if name == "erf" else math.erfc)(v) for v in z])
        return y / 2 if name == "normcdf" else y


def ulp_errors(y, exact):
    """In units of the last place of float32; infinity counts as the number after the largest."""
    with np.errstate(invalid="ignore", over="ignore"):
        exponent = np.clip(np.frexp(exact)[1], -125, 128)
        size = np.where(np.isinf(y), np.copysign(2.0**128, y), y.astype(np.float64))
        error = np.ldexp(np.abs(size - exact), 24 - exponent)
    overflow = np.isinf(y) & (np.abs(exact) > np.finfo(np.float32).max) & (np.sign(y) == np.sign(exact))
    same = overflow | (y == exact) | (np.isnan(y) & np.isnan(exact))
    return np.where(same, 0, np.where(np.isnan(error), INF, error))


@pytest.mark.parametrize("name", BOUNDS)
def test_error_of_floats(native, name):
    x = mixed_arguments(np.float32, 20_000)
    exact = reference_double(name, x)
    for table in tables(native, 32):
        error = ulp_errors(native.unary(name, x, table), exact)
        worst = int(error.argmax())
        assert error[worst] <= BOUNDS[name], f"{name}({x[worst]!r})"


def reference_exact(mp, name, x):
    one = mp.mpf(1)
    return {
        "exp": mp.exp, "expm1": mp.expm1, "log": mp.log, "log1p": mp.log1p, "tanh": mp.tanh, "erf": mp.erf,
        "erfc": mp.erfc, "sigmoid": lambda v: one / (1 + mp.exp(-v)), "softplus": lambda v: mp.log1p(mp.exp(v)),
        "normcdf": lambda v: mp.erfc(-v / mp.sqrt(2)) / 2,
    }[name](mp.mpf(x))  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_error_of_doubles(native, name):
    mp = pytest.importorskip("mpmath").mp.clone()
    mp.prec = 200
    x = mixed_arguments(np.float64, 60)
    x = x[np.abs(x) < (1e300 if name.startswith("log") else 700)]  # mpmath's exp and erfc know no overflow
    x = x[x > 0] if name == "log" else x[x > -1] if name == "log1p" else x
    x = x[x > -38] if name == "normcdf" else x[x < 26] if name == "erfc" else x
    for table in tables(native, 64):
        for v, y in zip(x.tolist(), native.unary(name, x, table).tolist(), strict=True):
            exact = reference_exact(mp, name, v)
            unit = mp.mpf(2) ** (max(int(mp.frexp(exact)[1]), -1021) - 53)
            assert abs(y - exact) <= BOUNDS[name] * unit, f"{name}({v!r})"


EDGES = {
    "exp": {0: 1, INF: INF, -INF: 0, 1e30: INF, -1e30: 0},
    "expm1": {0: 0, INF: INF, -INF: -1, 1e30: INF, -1e30: -1},
    "log": {0: -INF, 1: 0, INF: INF, -INF: NAN, -1: NAN, -1e-40: NAN},
    "log1p": {0: 0, -1: -INF, -2: NAN, INF: INF, -INF: NAN, 1e-40: 1e-40},
    "tanh": {0: 0, INF: 1, -INF: -1, 1e-40: 1e-40, -50: -1},
    "sigmoid": {0: 0.5, INF: 1, -INF: 0, 50: 1},
    "softplus": {INF: INF, -INF: 0, 100: 100},
    "erf": {0: 0, INF: 1, -INF: -1, 50: 1},
    "erfc": {0: 1, INF: 0, -INF: 2, -50: 2},
    "normcdf": {0: 0.5, INF: 1, -INF: 0, 50: 1},
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", BOUNDS)
def test_edges(native, name, dtype):
    x, y = (np.array(list(column), dtype) for column in (EDGES[name], EDGES[name].values()))
    odd = name in ("expm1", "log1p", "tanh", "erf")
    for table in tables(native, 8 * np.dtype(dtype).itemsize):
        np.testing.assert_array_equal(native.unary(name, x, table), y)
        assert np.isnan(native.unary(name, np.array([NAN, -NAN], dtype), table)).all()
        zero = native.unary(name, np.array([0.0, -0.0], dtype), table)
        assert zero[0] == zero[1] and np.signbit(zero).tolist() == ([False, True] if odd else [name == "log"] * 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_odd_functions_are_odd_in_every_bit(native, name, dtype):
    x = mixed_arguments(dtype, 2000)
    x = x[~np.isnan(x)]
    assert native.unary(name, -x).tobytes() == (-native.unary(name, x)).tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_subnormal_results_are_rounded_not_flushed(native, dtype):
    info = np.finfo(dtype)
    x = dtype(np.log(float(info.smallest_normal)) - 5)
    y = native.unary("exp", np.array([x], dtype))[0]
    assert 0 < y < info.smallest_normal
    assert abs(float(y) - math.exp(float(x))) <= float(info.smallest_subnormal)


def hash_of(native, name, dtype, table):
    return hashlib.sha256(canonical_bytes(native.unary(name, mixed_arguments(dtype, 10_000), table))).hexdigest()


@pytest.mark.golden
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", BOUNDS)
def test_one_set_of_bits(native, name, dtype):
    bits = 8 * np.dtype(dtype).itemsize
    expected = json.loads(GOLDEN.read_text())["sampled"][f"{name} {bits}"]
    for table in tables(native, bits):
        assert hash_of(native, name, dtype, table) == expected, f"table {table}"


@pytest.mark.long
@pytest.mark.parametrize("name", BOUNDS)
def test_all_floats(name, program):
    """Two to four minutes each, on the best table."""
    expected = json.loads(GOLDEN.read_text())["all floats"]
    done = run(program, "--bits", "32", "--function", name, "--stride", "1", "--table", best_table(program))
    assert done.returncode == 0, done.stdout
    assert done.stdout.split()[5] == expected[name]


@pytest.mark.long
def test_tables_of_a_fresh_build_agree(program):
    done = run(program, "--stride", "50021", "--samples", "50000")
    assert done.returncode == 0, done.stdout
    hashes: dict[tuple[str, str], set[str]] = {}
    for line in done.stdout.splitlines():
        _, bits, name, _, _, value = line.split()
        hashes.setdefault((bits, name), set()).add(value)
    assert len(hashes) == 2 * len(BOUNDS)
    assert all(len(values) == 1 for values in hashes.values()), done.stdout


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def best_table(program):
    return run(program, "--stride", str(2**31), "--bits", "32", "--function", "exp").stdout.split()[0]


@pytest.fixture(scope="module")
def program(c_build, tmp_path_factory):
    """c/vmath_check.c and the kernel tables, by the compiler at hand; with gcc, doubles are measured, too."""
    out = tmp_path_factory.mktemp("vmath") / "vmath_check"
    core = [c_build.CSRC / name for name in (*c_build.ISA_SOURCES, "cpu.c", "dispatch.c")]
    command = [*c_build.cc, *c_build.FLAGS, *map(str, (HERE / "c" / "vmath_check.c", *core)), "-o", str(out)]
    quad = [*command, "-DHAVE_QUADMATH", "-lquadmath", "-lm"]
    if subprocess.run(quad, capture_output=True, check=False).returncode:
        subprocess.run([*command, "-lm"], check=True)
    return str(out)


if __name__ == "__main__":  # prints the sampled part of golden/vmath.json
    from pynn.engine import _native

    sampled = {
        f"{name} {bits}": hash_of(_native, name, dtype, tables(_native, bits)[0])
        for name in BOUNDS
        for dtype, bits in ((np.float32, 32), (np.float64, 64))
    }
    print(json.dumps({"sampled": sampled}, indent=1))
