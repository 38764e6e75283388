"""Permutation importance: how much worse the predictions get when the cells of one column are shuffled among the rows.

A column that the network does not use can be shuffled without harm. Columns that say the same hide each other: either
can be shuffled, the network has the other. The orders follow from the seed. Read scores.py for what is measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..backend import Array
from ..engine.philox import DATA, permutation
from ..network import Network
from ..tables import Preparation
from .scores import Score
from .watching_epochs import predictions

TIMES = 5


@dataclass(frozen=True)
class Importance:
    column: str
    worse: float  # by how much the score is, in the mean of TIMES orders
    spread: float  # standard deviation over the orders


def importances(net: Network, prepared: Preparation, x: Array, y: Array, score: Score, seed: int) -> list[Importance]:
    """Of each column, the most important one first."""

    def measured(rows: Array) -> float:
        return score.of(y, predictions(prepared.answers, net.predict(rows)))

    whole, found, begin = measured(x), [], 0
    for number, one in enumerate(prepared.features):
        inputs = slice(begin, begin + one.width)  # all of a column's inputs are shuffled together
        begin += one.width
        changes = []
        for time in range(TIMES):
            mixed = x.copy()
            mixed[:, inputs] = x[permutation(seed, DATA, number * TIMES + time, len(x)), inputs]
            changes.append((whole - measured(mixed)) * (1 if score.rising else -1))
        found.append(Importance(one.name, float(np.mean(changes)), float(np.std(changes))))
    return sorted(found, key=lambda one: -one.worse)


def lines(found: list[Importance], name: str, which: str) -> list[str]:
    """A line for each column."""
    wide = max(len(one.column) for one in found)
    how = f"by how much {name} of the {which} rows gets worse when a column is shuffled (mean of {TIMES}, +- spread)"
    most = max(abs(one.worse) for one in found)
    digits = max(0, 3 - math.floor(math.log10(most))) if most > 0 else 3  # four digits of the largest
    shown = [(one.column, *(f"{value:.{digits}f}" for value in (one.worse, one.spread))) for one in found]
    right = max(len(worse) for _, worse, _ in shown)
    return [f"importance: {how}", *(f"  {name:{wide}}  {worse:>{right}} +- {spread}" for name, worse, spread in shown)]
