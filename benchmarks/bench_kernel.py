"""The three products of a dense layer through the core's packing and blocking, one shape at a time.

Packing the operands is part of the time here, and is not in training, where weights stay
packed: bench_step.py and bench_epoch.py say what a network gets.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from shapes import PRODUCTS

from pynn.engine import _native


@pytest.mark.parametrize("kind", ["forward", "inputs", "weights"])
@pytest.mark.parametrize("shape", PRODUCTS, ids=lambda s: "x".join(map(str, s)))
def test_product(
    measure: Callable[..., None], draw: Callable[..., np.ndarray], threads: int, shape: tuple[int, int, int], kind: str
) -> None:
    batch, inputs, outputs = shape
    x, w, d = draw(batch, inputs), draw(inputs, outputs), draw(batch, outputs)
    a, b, expected = {"forward": (x, w, x @ w), "inputs": (d, w, d @ w.T), "weights": (x, d, x.T @ d)}[kind]
    assert np.array_equal(_native.product(kind, a, b, threads=threads), expected)  # integers: exact in any order
    case = f"{kind} {batch} x {inputs} x {outputs}"
    measure(
        lambda: _native.product(kind, a, b, threads=threads), 2.0 * batch * inputs * outputs, suite="kernel", case=case
    )
