"""Answers of the big network for few rows and for many, through `predict`, beside the peers.

pynn gets bytes, the peers get float32 that was converted beforehand.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from crew import Crew
from networks import Ours
from shapes import MNIST_BIG

ROWS = (1, 32, 1024, 10_000)


@pytest.mark.parametrize("rows", ROWS)
def test_predict(measure: Callable[..., None], crew: Crew, threads: int, rows: int) -> None:
    ours = Ours(MNIST_BIG.scaled(max(ROWS)), threads)
    task, x, answers = ours.task(), ours.inputs(rows), ours.predict(rows)
    task.x, task.label = task.x[: task.batch], task.label[: task.batch]  # nobody trains here
    exact = Ours(MNIST_BIG.scaled(max(ROWS)), None, engine="reference", dtype="float64")
    exact.network.set_weights(task.weights)
    # Logits are sums of at most 1024 terms in each of four layers; a softmax does not make their errors larger.
    bound = 4 * 1024 * 2.0**-24 * max(1.0, np.abs(logits(task.weights, x[:32])).max())
    assert np.abs(answers[:32] - exact.predict(min(rows, 32))).max() <= bound
    members = crew.those_who("predict", threads)
    for name, member in members.items():
        member.ask("build", task)
        assert np.abs(member.ask("outputs", x) - answers).max() <= 2 * bound, name
    rivals = {name: lambda budget, m=m: m.ask("time_prediction", budget) for name, m in members.items()}
    case = f"{rows} row{'s' if rows > 1 else ''}"
    flop = 2.0 * MNIST_BIG.weights * rows
    measure(lambda: ours.predict(rows), flop, suite="predict", case=case, peers=rivals)


def logits(weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    for w, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.maximum(x @ w + b, 0)
    return x @ weights[-2] + weights[-1]
