"""Schedules: their formulas, and that a rate depends on its iteration alone, bit for bit."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
import pytest

from pynn.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    Schedule,
    Step,
    Warmup,
    half_cosine,
    power,
)

U = 2.0**-53
ALL: list[Schedule] = [
    Constant(0.1), InverseTime(0.1, decay=1e-3), Step(0.1, every=7, drop=0.3), Exponential(0.1, 0.99),
    Cosine(0.1, steps=90, final=0.01), OneCycle(0.1, steps=90), OneCycle(0.1, 90, rise=0), OneCycle(0.1, 90, rise=1),
    Warmup(Cosine(0.1, steps=50), steps=20, start=0.001), Warmup(0.3, steps=5),
]  # fmt: skip


@pytest.mark.parametrize("schedule", ALL, ids=repr)
def test_a_rate_depends_on_its_iteration_alone(schedule: Schedule) -> None:
    whole = schedule.rates(0, 120)
    assert whole.shape == (120,) and whole.dtype == np.float64 and (whole >= 0).all()
    for first, n in [(0, 1), (3, 40), (19, 2), (37, 83), (119, 1), (60, 0)]:
        assert schedule.rates(first, n).tobytes() == whole[first : first + n].tobytes()


# What the formula says for iteration i, in exact words; tolerances: a few roundings, relative to the largest rate.
FORMULAS: list[tuple[Schedule, Any]] = [
    (InverseTime(0.01, decay=1e-6), lambda i: 0.01 / (1 + 1e-6 * i)),
    (Step(0.1, every=7, drop=0.3), lambda i: 0.1 * 0.3 ** (i // 7)),
    (Exponential(0.1, 0.99), lambda i: 0.1 * 0.99**i),
    (Cosine(0.1, 90, 0.01), lambda i: 0.01 + 0.09 * (1 + math.cos(math.pi * min(i / 90, 1))) / 2),
    (OneCycle(0.1, 90), lambda i: one_cycle(min(i, 90))),
    (Warmup(Cosine(0.1, steps=50), 20, 0.001), lambda i: warm(i)),
]


def one_cycle(i: int) -> float:
    low, high, end = 0.1 / 25, 0.1, 0.1 / 250000
    if i < 27:
        return high + (low - high) * (1 + math.cos(math.pi * i / 27)) / 2
    return end + (high - end) * (1 + math.cos(math.pi * (i - 27) / 63)) / 2


def warm(i: int) -> float:
    return 0.001 + 0.099 * i / 20 if i < 20 else 0.05 * (1 + math.cos(math.pi * min((i - 20) / 50, 1)))


@pytest.mark.parametrize(("schedule", "formula"), FORMULAS, ids=lambda case: repr(case)[:20])
def test_formulas(schedule: Schedule, formula: Any) -> None:
    expected = [formula(i) for i in range(120)]
    np.testing.assert_allclose(schedule.rates(0, 120), expected, rtol=0, atol=20 * U * 0.1)


def test_the_cosine_is_our_own() -> None:
    """Within 2 ulp of 1 of the true one, symmetric, and exact where it should be."""
    t = np.linspace(0, 1, 10001)
    true = np.array([math.cos(math.pi * v) for v in t])
    assert np.abs(half_cosine(t) - true).max() < 4 * U
    assert half_cosine(np.array([0.0, 0.5, 1.0])).tolist() == [1.0, 0.0, -1.0]


def test_the_deck_s_rate_after_five_epochs() -> None:
    """3,000 updates at decay 1e-6: 9.9701e-3; the compounding recursion would be at 1.1176e-4."""
    assert f"{InverseTime(0.01, decay=1e-6).rates(3000, 1)[0]:.4e}" == "9.9701e-03"


def test_whole_powers() -> None:
    exponents = np.array([0, 1, 2, 3, 10, 1023], np.int64)
    assert power(2.0, exponents[:5]).tolist() == [1, 2, 4, 8, 1024]
    assert power(0.5, exponents)[5] == 2.0**-1023 and power(0.0, exponents).tolist() == [1, 0, 0, 0, 0, 0]


def test_the_same_bits_everywhere() -> None:
    """A committed hash over all schedules: no libm, no order of summation, no NumPy version may change it."""
    digest = hashlib.sha256()
    for schedule in ALL:
        digest.update(schedule.rates(0, 500).astype("<f8").tobytes())
    assert digest.hexdigest() == "b581531427126b1f04fcd8f0ad48f690b6d38dd06a376f8e4a6d97e1675add2e"
