"""Random numbers as a function of (seed, purpose, stream, counter), in NumPy.

The twin of csrc/rng.c: each function here gives the bits of its namesake there. Nothing
keeps a state, so any draw (the order of epoch 7, the mask of one row) can be recomputed
alone. Philox-4x32-10 is the counter-based generator of Salmon, Moraes, Dror and Shaw,
"Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Not for secrets.
Read csrc/rng.h for the layout of a counter, reference.py for who draws what.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

WEIGHTS, ORDER, DROPOUT, SPLIT = 1, 2, 3, 4  # purposes: enum pynn_purpose in csrc/pynn.h
DATA = 5  # a purpose, too: data sets that are drawn by a program; the core draws none

_LOW = 0xFFFFFFFF
_MULTIPLIER = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEP = 0x9E3779B9, 0xBB67AE85  # 2^32 times the golden ratio's fraction, and that of sqrt(3) - 1
_MASK, _HALF = np.uint64(_LOW), np.uint64(32)
_BLOCKS = 1 << 14  # computed at a time: the temporaries stay in the cache

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]  # 32-bit words kept in 64 bits, so that products fit


def _rounds(key: tuple[int, int], c0: Words, c1: Words, c2: Words, c3: Words) -> tuple[Words, Words, Words, Words]:
    """Ten rounds on arrays of counters: multiply, swap halves, mix in the key, move the key on."""
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * _MULTIPLIER[0], c2 * _MULTIPLIER[1]
        c0, c1 = (p1 >> _HALF) ^ c1 ^ np.uint64(k0), p1 & _MASK
        c2, c3 = (p0 >> _HALF) ^ c3 ^ np.uint64(k1), p0 & _MASK
        k0, k1 = (k0 + _KEY_STEP[0]) & _LOW, (k1 + _KEY_STEP[1]) & _LOW
    return c0, c1, c2, c3


def philox(key: Any, counter: Any) -> npt.NDArray[np.uint32]:
    """The block of a counter: four 32-bit words in, four out. `counter` may be (4,) or (4, ...)."""
    words = np.asarray(counter, np.uint64)
    c0, c1, c2, c3 = (word.reshape(-1) for word in words)
    block = _rounds((int(key[0]), int(key[1])), c0, c1, c2, c3)
    return np.stack(block).astype(np.uint32).reshape(words.shape)


def _key(seed: int) -> tuple[int, int]:
    return int(seed) & _LOW, int(seed) >> 32 & _LOW


def _words64(seed: int, purpose: int, stream: int, blocks: Words) -> tuple[Words, Words]:
    """Two 64-bit words from each block: its words 1:0 and 3:2 (the first is the low half)."""
    tail = int(purpose) << 28 | int(stream) >> 32 & 0x0FFFFFFF
    c2 = np.full_like(blocks, int(stream) & _LOW)
    c3 = np.full_like(blocks, tail & _LOW)
    w0, w1, w2, w3 = _rounds(_key(seed), blocks & _MASK, blocks >> _HALF, c2, c3)
    return w1 << _HALF | w0, w3 << _HALF | w2


def _draw64(seed: int, purpose: int, stream: int, n: int) -> Words:
    """Element i is the 64-bit word i % 2 of block i / 2."""
    out = np.empty(-(-n // 2) * 2, np.uint64)
    for start in range(0, len(out) // 2, _BLOCKS):
        stop = min(start + _BLOCKS, len(out) // 2)
        blocks = np.arange(start, stop, dtype=np.uint64)
        out[2 * start : 2 * stop : 2], out[2 * start + 1 : 2 * stop : 2] = _words64(seed, purpose, stream, blocks)
    return out[:n]


def uniform(seed: int, purpose: int, stream: int, n: int, out: Floats | None = None) -> Floats:
    """n numbers in [0, 1), multiples of 2^-53; into `out` if there is one."""
    return _into(out, (_draw64(seed, purpose, stream, n) >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def _into(out: Floats | None, values: Floats) -> Floats:
    if out is None:
        return values
    out[...] = values
    return out


_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # 33 bits of ln 2: times a small integer it is exact
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_SQRT_HALF = float.fromhex("0x1.6a09e667f3bcdp-1")


def log(x: Floats) -> Floats:
    """Natural logarithm of normal positive numbers from + - * / alone; error below 1 ulp.

    x = 2^k m with m in [sqrt(1/2), sqrt(2)); f = m - 1, z = f / (2 + f), so that
    log m = 2 artanh z = 2z + z R,  R = 2 (z^2/3 + z^4/5 + ...), and, as 2z = f - z f,
    log m = f - z (f - R): f is exact, and the rounding of z touches the small second term only.
    """
    m, k = np.frexp(x)
    small = m < _SQRT_HALF
    m = np.where(small, 2.0 * m, m)
    exponent = (k - small).astype(np.float64)
    f = m - 1.0
    z = f / (2.0 + f)
    q = z * z
    r = np.full_like(q, 2.0 / 21.0)
    for odd in (19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
        r = r * q + 2.0 / odd
    second = z * (f - r * q)
    result: Floats = exponent * _LN2_HIGH - ((second - exponent * _LN2_LOW) - f)
    return result


def normal(seed: int, purpose: int, stream: int, n: int, out: Floats | None = None) -> Floats:
    """n standard normal numbers by Marsaglia's polar method, two from each pair of draws.

    Pair i's try t is block i + 2^48 t: (u, v) uniform in the square [-1, 1)^2, taken if it
    lies inside the unit circle. So an element does not depend on how often others tried.
    """
    pairs = np.empty((-(-n // 2), 2))
    open_pairs = np.arange(len(pairs), dtype=np.uint64)
    trial = 0
    while len(open_pairs):
        blocks = open_pairs + np.uint64(trial << 48)
        first, second = _words64(seed, purpose, stream, blocks)
        u, v = _signed_unit(first), _signed_unit(second)
        s = u * u + v * v
        inside = (s < 1.0) & (s > 0.0)
        u, v, s = u[inside], v[inside], s[inside]
        factor = np.sqrt(-2.0 * log(s) / s)
        taken = open_pairs[inside].astype(np.int64)
        pairs[taken, 0], pairs[taken, 1] = u * factor, v * factor
        open_pairs = open_pairs[~inside]
        trial += 1
    return _into(out, pairs.reshape(-1)[:n])


def _signed_unit(word: Words) -> Floats:
    """A multiple of 2^-52 in [-1, 1), exactly."""
    return ((word >> np.uint64(11)).astype(np.int64) - 2**52).astype(np.float64) * 2.0**-52


def permutation(seed: int, purpose: int, stream: int, n: int) -> npt.NDArray[np.int64]:
    """0..n-1 in random order: Fisher and Yates' shuffle, from the end.

    Place i changes with place floor(word_i * (i + 1) / 2^64), the word being 64 bits long: no place
    is favoured by more than one part in 2^64 / (i + 1).
    """
    low = np.arange(1, n + 1, dtype=np.uint64)  # i + 1, below 2^32 or not
    word = _draw64(seed, purpose, stream, n)
    partner = _high_product(word, low).tolist()
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = partner[i]
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


def _high_product(a: Words, b: Words) -> Words:
    """The upper 64 bits of a * b, from four products of halves."""
    a_low, a_high, b_low, b_high = a & _MASK, a >> _HALF, b & _MASK, b >> _HALF
    middle = a_high * b_low + (a_low * b_low >> _HALF)
    carry = a_low * b_high + (middle & _MASK)
    product: Words = a_high * b_high + (middle >> _HALF) + (carry >> _HALF)
    return product


def dropout_keep(
    seed: int, epoch: int, q: int, positions: npt.ArrayLike, units: int, rate: float
) -> npt.NDArray[np.bool_]:
    """Which values dropout layer q keeps: True or False at [row, unit].

    A row is named by its position in the epoch's order, so neither the batch size nor a restart shows.
    Unit j's number is word j/16 % 4 of block (j/64)*16 + j%16: sixteen blocks side by side give
    64 neighbouring units, in order, with plain vector stores. Kept if the word >= rate * 2^32.
    """
    place = np.asarray(positions).astype(np.uint64).reshape(-1, 1)
    groups = -(-units // 64)
    block = np.arange(groups * 16, dtype=np.uint64).reshape(1, -1)
    shape = (len(place), groups * 16)
    c3 = np.full(shape, (int(epoch) & _LOW) ^ (DROPOUT << 28), np.uint64)
    c2 = np.broadcast_to(np.uint64(int(q) << 16) | place >> _HALF, shape)
    c0, c1 = np.broadcast_to(block, shape), np.broadcast_to(place & _MASK, shape)
    words = np.stack(_rounds(_key(seed), c0, c1, c2, c3), axis=1)  # (rows, word, block)
    by_unit = words.reshape(len(place), 4, groups, 16).transpose(0, 2, 1, 3).reshape(len(place), groups * 64)
    keep: npt.NDArray[np.bool_] = by_unit[:, :units] >= np.uint64(dropout_threshold(rate))
    return keep


def dropout_threshold(rate: float) -> int:
    """floor(rate * 2^32), for 0 <= rate < 1; the product is exact."""
    return int(rate * 2.0**32)
