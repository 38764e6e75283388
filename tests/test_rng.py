"""Random numbers: Philox against its published vectors, the C core against its NumPy twin bit for bit,
golden draws, and that the numbers look as random as they should.

Limits of the statistical tests are six standard deviations of a stated distribution; the draws
are fixed, so they pass always or never.
"""

from __future__ import annotations

import hashlib
import math
import os
import shlex
import shutil
import subprocess
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest

from pynn.engine import philox as twin

PURPOSES = [twin.WEIGHTS, twin.ORDER, twin.DROPOUT, twin.SPLIT]


@pytest.fixture(params=["reference", "native"])
def rng(request):
    if request.param == "native":
        return pytest.importorskip("pynn.engine._native")
    return twin


@pytest.fixture
def native():
    return pytest.importorskip("pynn.engine._native")


def words(text):
    return [int(word, 16) for word in text.split()]


# (counter, key, block): the lines "philox4x32 10" of tests/kat_vectors in Random123 by D. E. Shaw Research,
# https://github.com/DEShawResearch/random123; the third input is the digits of pi.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("counter", "key", "block"), KNOWN)
def test_philox_known_answers(rng, counter, key, block):
    assert [int(word) for word in rng.philox(words(key), words(counter))] == words(block)


def test_philox_of_many_counters_at_once():
    counters = np.array([words(counter) for counter, key, _ in KNOWN[:2]]).T
    blocks = twin.philox(words(KNOWN[0][1]), counters)
    assert blocks.shape == (4, 2)
    assert blocks[:, 0].tolist() == words(KNOWN[0][2])
    assert blocks[:, 1].tolist() == twin.philox(words(KNOWN[0][1]), counters[:, 1]).tolist()


# ---- the layout of a draw, worked out by hand from rng.h ----


@pytest.mark.parametrize("seed", [0, 1, 2**40 + 5, 2**64 - 1])
@pytest.mark.parametrize("stream", [0, 3, 2**32 + 7, 2**60 - 1])
def test_uniform_is_made_of_these_blocks(rng, seed, stream):
    purpose, n = twin.SPLIT, 67
    expected = []
    for i in range(n):
        counter = [i // 2, 0, stream % 2**32, purpose << 28 | stream >> 32]
        block = [int(w) for w in twin.philox([seed % 2**32, seed >> 32], counter)]
        low, high = block[i % 2 * 2 : i % 2 * 2 + 2]
        expected.append(((high << 32 | low) >> 11) / 2**53)
    assert rng.uniform(seed, purpose, stream, n).tolist() == expected


@pytest.mark.parametrize("rate", [0.25, 0.5, 1 / 3])
def test_dropout_is_made_of_these_blocks(rate):
    seed, epoch, q, units = 2**63 + 11, 6, 2, 150
    positions = [0, 1, 2**32 + 9, 2**48 - 1]
    keep = twin.dropout_keep(seed, epoch, q, positions, units, rate)
    assert keep.dtype == bool
    assert keep.shape == (4, 150)
    for row, p in enumerate(positions):
        for j in range(units):
            counter = [j // 64 * 16 + j % 16, p % 2**32, q << 16 | p >> 32, epoch ^ twin.DROPOUT << 28]
            word = int(twin.philox([seed % 2**32, seed >> 32], counter)[j // 16 % 4])
            assert keep[row, j] == (word >= math.floor(rate * 2**32))


def test_dropout_words_in_c(tmp_path):
    source, program = Path(__file__).parent / "c" / "rng_test.c", tmp_path / "rng_test"
    cc = shlex.split(os.environ.get("CC", "")) or [
        shutil.which("cc") or shutil.which("gcc") or shutil.which("clang") or ""
    ]
    if not shutil.which(cc[0]):
        pytest.skip("needs a C compiler")
    subprocess.run([*cc, "-O3", "-std=gnu11", str(source), "-o", str(program)], check=True)
    for key in [
        (2**63 + 11, 6, 2, 2**48 - 1, 150, 1 / 3),
        (0, 2**32 + 1, 0, 0, 64, 0.0),
        (7, 1, 65535, 12345, 1000, 0.9),
    ]:
        seed, epoch, q, position, units, rate = key
        printed = subprocess.run([str(program), *map(repr, key)], check=True, capture_output=True, text=True).stdout
        threshold, *drawn = map(int, printed.split())
        keep = twin.dropout_keep(seed, epoch, q, [position], units, rate)[0]
        assert threshold == twin.dropout_threshold(rate)
        assert [word >= threshold for word in drawn] == keep.tolist()


def test_dropout_of_a_row_depends_on_its_position_alone():
    whole = twin.dropout_keep(5, 1, 1, np.arange(100), 200, 0.4)
    np.testing.assert_array_equal(whole[37:41, :70], twin.dropout_keep(5, 1, 1, np.arange(37, 41), 70, 0.4))
    for other in [(6, 1, 1), (5, 2, 1), (5, 1, 2)]:
        share = np.mean(twin.dropout_keep(*other, np.arange(100), 200, 0.4) == whole)
        assert abs(share - 0.52) < 6 * math.sqrt(0.52 * 0.48 / whole.size)  # 0.6^2 + 0.4^2: independent
    assert twin.dropout_keep(5, 1, 1, [], 3, 0.5).shape == (0, 3)
    assert twin.dropout_keep(5, 1, 1, [0], 1000, 0.0).all()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_rate(rate):
    keep = twin.dropout_keep(1, 0, 0, np.arange(500), 1000, rate)
    assert abs(keep.mean() - (1 - rate)) < 6 * math.sqrt(rate * (1 - rate) / keep.size)


# ---- the same bits in C and in NumPy, and everywhere ----

SIZES = [0, 1, 2, 31, 32, 33, 1000, 40_000]


@pytest.mark.parametrize("name", ["uniform", "normal", "permutation"])
@pytest.mark.parametrize("n", SIZES)
def test_native_gives_the_bits_of_the_twin(native, name, n):
    for seed, stream in [(0, 0), (7, 1), (2**64 - 1, 2**60 - 1), (2**33, 2**32)]:
        for purpose in PURPOSES:
            a, b = getattr(native, name)(seed, purpose, stream, n), getattr(twin, name)(seed, purpose, stream, n)
            assert a.dtype == b.dtype
            assert a.shape == b.shape == (n,)
            assert a.tobytes() == b.tobytes()


GOLDEN = {
    "uniform": "4433afb1bc8f3f659f57b43f9b51381fd0a360b657021b9ec216aafb004d0c8e",
    "normal": "2bf28ca6e491387f9c27ae09db0c4f260841fa3bb753d1ad09cf225abc33f7c5",
    "permutation": "78973812694ea74420e5074e35e63263314966b910839c668f6ba187f1952ac1",
}


@pytest.mark.golden
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_draws(rng, name):
    draw = getattr(rng, name)(2024, twin.ORDER, 5, 10_001)
    little_endian = np.asarray(draw, draw.dtype.newbyteorder("<"))
    assert hashlib.sha256(little_endian.tobytes()).hexdigest() == GOLDEN[name]


@pytest.mark.golden
def test_golden_dropout():
    keep = twin.dropout_keep(2024, 3, 1, np.arange(100), 1000, 0.3)
    assert (
        hashlib.sha256(np.packbits(keep).tobytes()).hexdigest()
        == "e08242ddb2bfedac47ba45d2f0eabcd6f6498760455ad1cd81af8622d4af41b1"
    )


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_an_element_depends_on_its_own_counter_alone(rng, name):
    draw = getattr(rng, name)
    np.testing.assert_array_equal(draw(3, twin.WEIGHTS, 4, 10_000)[:77], draw(3, twin.WEIGHTS, 4, 77))


@pytest.mark.parametrize("name", ["uniform", "normal", "permutation"])
def test_seed_purpose_and_stream_matter(rng, name):
    draw = getattr(rng, name)
    keys = [(s, p, t) for s in (0, 1, 2**32) for p in PURPOSES for t in (0, 1, 2**32)]
    draws = {draw(*key, 50).tobytes() for key in keys}
    assert len(draws) == len(keys)


# ---- the distributions ----


def test_log_is_within_one_ulp():
    draw = twin.uniform(11, twin.SPLIT, 0, 4000)
    x = np.concatenate([
        draw[:1000], 1 - draw[1000:2000] * 2.0**-20, 0.5 + 0.5 * draw[2000:3000], 2.0 ** (-104 * draw[3000:]),
        [2.0**-104, 1 - 2.0**-53, math.sqrt(0.5), np.nextafter(math.sqrt(0.5), 0), 0.5, 2.0**-1022],
    ])  # fmt: skip
    x = x[x > 0]
    with localcontext() as context:
        context.prec = 40
        for value, ours in zip(x.tolist(), twin.log(x).tolist(), strict=True):
            exact = Decimal(value).ln()
            assert abs(Decimal(ours) - exact) < Decimal(math.ulp(float(exact)))
    assert twin.log(np.array([1.0]))[0] == 0


def test_uniform_is_uniform(rng):
    x = rng.uniform(1, twin.WEIGHTS, 0, 1_000_000)
    assert x.min() >= 0
    assert x.max() < 1
    assert np.all(x * 2.0**53 == np.floor(x * 2.0**53))
    counts = np.histogram(x, bins=100, range=(0, 1))[0]
    chi2 = np.sum((counts - 10_000.0) ** 2) / 10_000  # 99 degrees of freedom: mean 99, variance 198
    assert abs(chi2 - 99) < 6 * math.sqrt(198)
    assert abs(np.mean((x[:-1] - 0.5) * (x[1:] - 0.5))) < 6 / 12 / 1000  # neighbours: sd 1/12 / sqrt(n)


def test_normal_is_normal(rng):
    n = 1_000_000
    x = rng.normal(1, twin.WEIGHTS, 0, n)
    # Variance of the mean of x^k: (E x^2k - (E x^k)^2) / n
    for k, mean, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs(np.mean(x**k) - mean) < 6 * math.sqrt(variance / n)
    assert abs(np.mean(x[::2] * x[1::2])) < 6 / math.sqrt(n / 2)  # the two of a pair
    edges = np.linspace(-4, 4, 81)
    share = np.histogram(x, bins=edges)[0] / n
    cdf = np.array([0.5 * math.erfc(-edge / math.sqrt(2)) for edge in edges])
    p = np.diff(cdf)
    assert np.all(np.abs(share - p) < 6 * np.sqrt(p * (1 - p) / n))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 1000])
def test_permutation_is_a_permutation(rng, n):
    order = rng.permutation(9, twin.ORDER, 1, n)
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(n))


def test_permutation_follows_the_shuffle(rng):
    """Fisher and Yates with exact integers, from the 64-bit words behind the uniforms' blocks."""
    n, order = 100, list(range(100))
    for i in range(n - 1, 0, -1):
        block = [int(w) for w in twin.philox([5, 0], [i // 2, 0, 8, twin.ORDER << 28])]
        word = block[i % 2 * 2 + 1] << 32 | block[i % 2 * 2]
        j = word * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    assert rng.permutation(5, twin.ORDER, 8, n).tolist() == order


def test_permutations_are_equally_likely(rng):
    trials = 12_000
    counts = {}
    for stream in range(trials):
        order = tuple(rng.permutation(3, twin.ORDER, stream, 4).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24
    chi2 = sum((count - trials / 24) ** 2 for count in counts.values()) / (trials / 24)
    assert abs(chi2 - 23) < 6 * math.sqrt(46)


def test_high_product():
    edge = [0, 1, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1, 0x123456789ABCDEF0]
    a, b = (
        np.array(v, np.uint64).reshape(-1) for v in np.meshgrid(np.array(edge, np.uint64), np.array(edge, np.uint64))
    )
    exact = [int(x) * int(y) >> 64 for x, y in zip(a, b, strict=True)]
    assert twin._high_product(a, b).tolist() == exact


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_draws_go_where_they_are_told(rng, name):
    room = np.zeros(11)
    draw = getattr(rng, name)
    assert draw(5, 1, 3, 9, room[:9]).base is room
    assert np.array_equal(room[:9], draw(5, 1, 3, 9))
    assert not room[9:].any()


@pytest.mark.parametrize("room", [np.zeros(8), np.zeros(9, np.float32), np.zeros(18)[::2]])
def test_native_draws_refuse_another_room(native, room):
    with pytest.raises(ValueError, match="out: "):
        native.uniform(5, 1, 3, 9, room)
