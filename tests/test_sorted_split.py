"""validation_split takes the last rows: a warning where these are of a kind that training does not see."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from pynn import Dense, Network

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(60, 3))
KINDS = np.repeat([0, 1, 2], 20)
SHUFFLED = RANDOM.permutation(60)
NUMBERS = RANDOM.normal(size=60)
TAGS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]])[KINDS]  # several labels a row


def fit(outputs: int, activation: str, y: Any, share: float = 0.34, **compiled: Any) -> None:
    net = Network([Dense(outputs, activation)], engine="reference")
    net.compile(**compiled)
    net.fit(X[: len(y)], y, validation_split=share, verbose=0)


CASES: dict[str, tuple[Any, ...]] = {
    "labels": (3, "softmax", KINDS, "no row that is trained on has class 2"),
    "one-hot": (3, "softmax", np.eye(3)[KINDS], "no row that is trained on has class 2"),
    "two classes": (1, "sigmoid", np.sort(KINDS > 1), "has class 1"),
    "two classes, falling": (1, "sigmoid", -np.sort(-(KINDS > 1).astype(int)), "has class 0"),
    "many labels": (3, "sigmoid", TAGS, "no row that is trained on has class 2"),
    "numbers": (1, "linear", np.sort(NUMBERS), "their targets are beyond all that are trained on"),
    "falling numbers": (1, "linear", -np.sort(-NUMBERS), "their targets are beyond all that are trained on"),
    "one of two numbers": (2, "linear", np.stack([NUMBERS, np.sort(NUMBERS)], 1), "their targets are beyond all"),
}


@pytest.mark.parametrize("case", CASES)
def test_sorted_targets_are_named(case: str) -> None:
    outputs, activation, y, words = CASES[case]
    share = 0.7 if case.startswith("two classes, f") else 0.34
    with pytest.warns(UserWarning, match=f"validation_split: the last .* of the 60 rows.*{words}.*shuffle") as seen:
        fit(outputs, activation, y, share)
    assert seen[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(outputs, activation, np.asarray(y)[SHUFFLED], share)


@pytest.mark.parametrize("y", [KINDS, KINDS[::-1], np.eye(3)[KINDS]])
def test_a_last_class_that_is_seen_a_little(y: Any) -> None:
    """As iris lies in its table: the last 15 of 60 rows are all of one class, of which training has 5 rows."""
    with pytest.warns(UserWarning, match="the last 15 of the 60 rows.*all rows lie in the order of their targets"):
        fit(3, "softmax", y, 0.25)


def test_several_classes_are_listed() -> None:
    with pytest.warns(UserWarning, match=r"has class 5, 6, 7, 8, 9, \.\.\.;"):
        fit(20, "softmax", np.arange(60) // 4, 0.67)


def test_few_rows_and_equal_targets_say_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(1, "linear", np.r_[NUMBERS[:56], 90, 91, 92, 93], 4 / 60)  # of 4 rows it may be by chance
        fit(1, "linear", np.zeros(60))
        fit(3, "softmax", KINDS[::8], 0.2)  # in order, but there are 8
