"""Many decimal numbers at once, from the bytes of a text: -12, 3.25, +.5, each correctly rounded, as by float().

The digits before and after the point are read eight at a time, as one 64-bit word. So a number is a whole number m, of
up to 18 digits, over a power of ten p <= 10^22, both known exactly. m / p is computed with about 100 bits, and rounded;
the very few that are too near to the middle between two float64 are left to the caller, as is all else (exponents,
more digits, words, nothing). Read columns.py next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..backend import Array, Floats

Words = NDArray[np.uint64]
BEFORE = 24  # bytes that must lie in front of the first cell: a look at three words back from its end stays inside
DIGITS = 18  # of m at most: it fits into int64
EXACT = 2**53  # whole numbers up to here are float64
POWERS = np.array([float(f"1e{k}") for k in range(23)])  # exact
WHOLE_POWERS = np.array([10**k for k in range(19)], np.uint64)
ROWS = 1 << 12  # looked at together: the temporaries stay in the cache
ZEROS = np.uint64(0x3030303030303030)
KEPT = np.array([(2**64 - 1) << 8 * n & (2**64 - 1) for n in range(9)], np.uint64)  # all but the first n bytes


def read(content: Array, begin: Array, point: Array, end: Array) -> tuple[Floats, Array]:
    """(values, good) of the cells content[begin[k]:end[k]], of uint8; point[k] is the place of its last point, or
    end[k] where there is none."""
    values, good = np.empty(len(begin)), np.empty(len(begin), bool)
    for first in range(0, len(begin), ROWS):
        rows = slice(first, first + ROWS)
        values[rows], good[rows] = _read(content, begin[rows], point[rows], end[rows])
    return values, good


def _read(content: Array, begin: Array, point: Array, end: Array) -> tuple[Floats, Array]:
    first = content[begin]
    negative = first == ord("-")
    start = begin + ((negative | (first == ord("+"))) & (begin < end))
    before, after = point - start, np.maximum(end - point - 1, 0)
    whole, good = _digits(content, point, before)
    part, also = _digits(content, end, after)
    digits = before + after
    few = (digits <= DIGITS) | ((whole == 0) & (after < len(POWERS)))  # zeros after the point do not count
    good &= also & (digits > 0) & few
    after[~good] = 0
    number = (whole * WHOLE_POWERS[np.minimum(after, DIGITS)] + part).astype(np.int64)
    if number.max(initial=0) <= EXACT and number.min(initial=0) >= 0:
        values = number / POWERS[after]
    else:
        number[~good] = 0
        values, certain = _over(number, POWERS[after])
        good &= certain
    np.negative(values, out=values, where=negative)
    values[~good] = np.nan
    return values, good


def _digits(content: Array, end: Array, length: Array) -> tuple[Words, Array]:
    """The whole number that the `length` digits before `end` write, and whether they are digits, at most
    18 after zeros."""
    number, good = _eight(content, end, length)
    most = int(length.max(initial=0))
    if most > 8:
        upper, also = _eight(content, end - 8, length - 8)
        number, good = number + upper * np.uint64(10**8), good & also
    if most > 16:
        upper, also = _eight(content, end - 16, length - 16)
        number, good = number + upper * np.uint64(10**16), good & also & (upper < 100) & (length <= BEFORE)
    return number, good


def _eight(content: Array, end: Array, length: Array) -> tuple[Words, Array]:
    """The last `length` of the 8 bytes before `end`, as digits; the bytes before them count as zeros.

    Byte k of a word is its bits 8k to 8k + 7. Neighbouring digits are joined to numbers of two digits, these to numbers
    of four and of eight, in all lanes of the word at once.
    """
    words: Words = np.ndarray(len(content) - 7, "<u8", content, 0, (1,))
    kept = KEPT[8 - np.clip(length, 0, 8)]
    word = (words[end - 8] & kept) | (ZEROS & ~kept)
    high = np.uint64(0xF0F0F0F0F0F0F0F0)
    good = ((word & high) == ZEROS) & (((word + np.uint64(0x0606060606060606)) & high) == ZEROS)
    word -= ZEROS
    word = word * np.uint64(10) + (word >> np.uint64(8))
    even = np.uint64(0x000000FF000000FF)
    left = (word & even) * np.uint64(100 + (10**6 << 32))
    right = ((word >> np.uint64(16)) & even) * np.uint64(1 + (10**4 << 32))
    return (left + right) >> np.uint64(32), good


def _over(number: NDArray[np.int64], power: Floats) -> tuple[Floats, Array]:
    """number / power, correctly rounded, and whether that is certain.

    number = high + low exactly. quotient = high / power is off by rest / power, where rest = high - quotient power +
    low is known to 2^-50 of itself. So quotient + rest / power has a relative error below 2^-100, and its rounding is
    right unless it lies that near to the middle between two numbers: there the rounding has lost half a unit.
    """
    high = number.astype(np.float64)
    low = (number - high.astype(np.int64)).astype(np.float64)
    quotient = high / power
    product, error = _times(quotient, power)
    small = ((high - product) - error + low) / power
    values = quotient + small
    lost = np.abs(small - (values - quotient))
    unit = np.spacing(values)
    return values, (np.abs(lost - unit / 2) > unit * 2.0**-30) | (number == 0)


def _times(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a b as a rounded product and its error, exactly: each factor in two halves of 26 bits."""
    product = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _halves(a: Floats) -> tuple[Floats, Floats]:
    up = a * (2.0**27 + 1)
    upper = up - (up - a)
    return upper, a - upper
