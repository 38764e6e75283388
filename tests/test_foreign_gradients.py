"""Gradients that somebody else computed, checked against differences: right ones pass, wrong ones are named.

The network's own gradients are checked in test_inspect.py; float16 and float32 by what they may round.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn import Dense, Network
from pynn.inspect import gradcheck
from pynn.losses import BinaryCrossentropy

X = np.random.default_rng(5).normal(size=(6, 3))
LABELS = np.array([0, 1, 1, 0, 1, 0])


def by_hand(net: Network, x: Any, y: Any, dtype: Any = None) -> list[Any]:
    """Backpropagation through two layers of sigmoids, with the loss a sum over outputs and a mean over rows."""
    W1, b1, W2, b2 = (np.asarray(array, dtype) for array in net.weights)
    a1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
    a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    d2 = (a2 - y) / len(x)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    return [x.T @ d1, d1.sum(axis=0), a1.T @ d2, d2.sum(axis=0)]


def two_layers(engine: str, dtype: str = "float64") -> Network:
    net = Network([Dense(4, "sigmoid"), Dense(2, "sigmoid")], inputs=3, engine=engine, dtype=dtype, seed=3)
    net.compile(loss=BinaryCrossentropy(outputs="sum"))
    return net


Y = np.eye(2)[LABELS]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_from_elsewhere_pass(engine: str, dtype: str) -> None:
    net = two_layers(engine, dtype)
    gradients = by_hand(net, X.astype(dtype), Y)
    for given in (gradients, [g.tolist() for g in gradients], [np.atleast_2d(g) for g in gradients]):
        report = net.check_gradients(X, Y, gradients=given)
        assert report.ok, report
        assert all((row.tolerance > 1.1e-6) == (dtype == "float32") for row in report.rows)  # what float32 may round
    half = net.check_gradients(X, Y, gradients=[g.astype(np.float32) for g in gradients])
    assert half.ok and all(row.tolerance > 1.1e-6 for row in half.rows)


def test_half_precision_is_judged_by_its_own_rounding(engine: str) -> None:
    """Its unit is 2^13 times that of float32: what it may round is in proportion, and a factor of two is beyond it."""
    net = two_layers(engine)
    half = by_hand(net, X.astype(np.float16), Y.astype(np.float16), np.float16)
    assert {g.dtype for g in half} == {np.dtype(np.float16)}
    stored = [g.astype(np.float16) for g in by_hand(net, X, Y)]
    single = net.check_gradients(X, Y, gradients=[g.astype(np.float32) for g in by_hand(net, X, Y)])
    for given in (half, stored, [*by_hand(net, X, Y)[:3], half[3]]):
        report = net.check_gradients(X, Y, gradients=given)
        assert report.ok, report
        for row, fine in zip(report.rows, single.rows, strict=True):
            share = (row.tolerance - gradcheck.SMOOTH) / (fine.tolerance - gradcheck.SMOOTH)
            assert 2**12 < share < 2**14, "not linear to the last digit: shaking by so much bends"
    assert max(row.error for row in net.check_gradients(X, Y, gradients=half).rows) > single.rows[0].tolerance
    wrong = net.check_gradients(X, Y, gradients=[half[0], 2 * half[1], *half[2:]])
    assert [row.ok for row in wrong.rows] == [True, False, True, True]


def test_half_precision_may_lose_what_is_small(engine: str) -> None:
    """Gradients of some 1e-8 are below float16's smallest number; zeros there are rounding, and prove nothing."""
    net = two_layers(engine)
    net.set_weights([*net.weights[:2], 1e-7 * net.weights[2], net.weights[3]])
    exact = by_hand(net, X, Y)
    assert np.abs(exact[0]).max() < 2.0**-25
    given = [exact[0].astype(np.float16), exact[1].astype(np.float16), *exact[2:]]
    assert not given[0].any() and net.check_gradients(X, Y, gradients=given).rows[0].ok


WRONG = {
    "bias of all units": (lambda g: [g[0], np.full(4, g[1].sum()), *g[2:]], ["", "all elements are equal", "", ""]),
    "forgotten slope": (lambda g: [g[0] * 4, g[1], *g[2:]], ["4 times what it should be", "", "", ""]),
    "sign": (lambda g: [-one for one in g], ["-1 times what it should be"] * 4),
    "sum for mean": (lambda g: [6 * one for one in g], ["6 times what it should be"] * 4),
    "one element": (lambda g: [g[0] + np.eye(3, 4) * 1e-4, *g[1:]], [None, "", "", ""]),
    "nothing": (lambda g: [0 * g[0], *g[1:]], ["all zero", "", "", ""]),
    "not a number": (lambda g: [g[0], g[1] / 0, *g[2:]], ["", "not finite", "", ""]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "hints"), WRONG.values(), ids=WRONG)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_gradients_from_elsewhere_are_caught(engine: str, change: Any, hints: list[str | None]) -> None:
    net = two_layers(engine)
    report = net.check_gradients(X, Y, gradients=change(by_hand(net, X, Y)))
    assert not report.ok and [row.ok for row in report.rows] == [hint == "" for hint in hints]
    assert [row.hint for row in report.rows] == [hint or "" for hint in hints]
    for hint in filter(None, hints):
        assert f"WRONG: {hint}" in str(report)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (np.zeros(26), TypeError, r"gradients: a ndarray; expected a list \[dW1, db1, dW2, db2\]"),
        ([np.zeros((3, 4))], ValueError, r"gradients: 1 arrays; expected 4: \[dW1"),
        (0, ValueError, r"gradients\[0\]: shape \(4, 3\); expected \(3, 4\), dW1; transposed\?"),
        (1, ValueError, r"gradients\[1\]: shape \(3,\); expected \(4,\), db1"),
        (2, TypeError, r"gradients\[2\]: 'x' is not an array of numbers; expected dW2"),
    ],
)
def test_gradients_that_are_none(given: Any, error: type[Exception], words: str) -> None:
    net = two_layers("reference")
    gradients = by_hand(net, X, Y)
    if isinstance(given, int):
        gradients[given] = (gradients[0].T, np.zeros(3), "x")[given]
        given = gradients
    with pytest.raises(error, match=words):
        net.check_gradients(X, Y, gradients=given)


def test_report_shows_each_component() -> None:
    net = two_layers("reference")
    gradients = by_hand(net, X, Y)
    gradients[2][1, 0] *= 2
    report = net.check_gradients(X, Y, gradients=gradients)
    assert [len(row.elements) for row in report.rows] == [12, 4, 8, 2]
    element = report.rows[2].elements[2]
    assert element.place == (1, 0) and element.analytic == gradients[2][1, 0]
    slope = []
    for sign in (1, -1):  # [J(t + e) - J(t - e)] / 2 e with e = 1e-4, by the network's own loss
        moved = net.weights
        moved[2][1, 0] += sign * 1e-4
        other = two_layers("reference")
        other.set_weights(moved)
        slope.append(other.evaluate(X, Y)["loss"])
    assert element.numeric == pytest.approx((slope[0] - slope[1]) / 2e-4, abs=4e-11)  # 20 u L / e, L near 1.4
    assert element.difference == element.analytic - element.numeric
    lines = report.table().splitlines()
    assert len(lines) == 1 + 26 and [line for line in lines if "WRONG" in line] == [lines[1 + 16 + 2]]
    assert lines[19].split()[:2] == ["W2[1,", "0]"] and f"{element.analytic:.8f}" in lines[19]


def test_kinks_are_shown() -> None:
    net = Network([Dense(2, "relu"), Dense(1)], inputs=1, engine="reference", dtype="float64")
    net.set_weights([[[1.0, 1.0]], [0.0, 0.5], [[1.0], [1.0]], [0.0]])
    table = net.check_gradients([[0.0], [1.0]], [0.0, 0.0]).table()
    assert [line.split()[0] for line in table.splitlines() if line.endswith("kink")] == ["b1[0]"]


def test_a_factor_that_rounds_to_one_is_no_hint() -> None:
    net = two_layers("reference")
    report = net.check_gradients(X, Y, gradients=[1.00003 * g for g in net.gradients(X, Y)])
    assert not report.ok and {row.hint for row in report.rows} == {""}
