"""First weights: their distributions, what Keras would draw them from, and their bits on every machine.

`python tests/test_initializers.py` writes golden/first_weights.json; lines may be added there, and changed only as
docs/numerics.md says. That a network takes what an initializer gives is test_layers.py's affair.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import Dense, Network, initializers
from pynn.engine import reference
from pynn.initializers import (
    DISTRIBUTIONS,
    INITIALIZERS,
    MODES,
    TRUNCATED_SPREAD,
    Draw,
    Identity,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    VarianceScaling,
)
from pynn.orthogonal import BLOCK, column_sums, orthonormal_columns

GOLDEN = Path(__file__).parent / "golden" / "first_weights.json"
U = 2.0**-53


def first(initializer: Any, inputs: int = 300, units: int = 200, engine: str = "reference", seed: int = 0) -> Any:
    layers = [Dense(units, kernel_initializer=initializer)]
    return Network(layers, inputs=inputs, engine=engine, dtype="float64", seed=seed).get_weights()[0]


def first_hash(name: str, engine: str) -> str:
    values = np.concatenate([first(name, *shape, engine, seed=7).ravel() for shape in ((37, 23), (19, 150))])
    return hashlib.sha256(np.ascontiguousarray(values, "<f8").tobytes()).hexdigest()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_bits_everywhere(name: str, engine: str) -> None:
    assert first_hash(name, engine) == json.loads(GOLDEN.read_text())[name]


def test_names_that_mean_the_same() -> None:
    known = json.loads(GOLDEN.read_text())
    assert list(known) == list(INITIALIZERS)
    assert known["uniform"] == known["random_uniform"] and known["normal"] == known["random_normal"]
    assert known["variance_scaling"] == known["lecun_normal"]
    others = set(INITIALIZERS) - {"random_uniform", "random_normal", "variance_scaling", "constant"}
    assert len({known[name] for name in others}) == len(others)


# ---- distributions ----


@pytest.mark.parametrize(
    ("one", "variance", "most"),
    [
        ("truncated_normal", 0.05**2 * TRUNCATED_SPREAD**2, 0.1),
        (TruncatedNormal(2.0), 4 * TRUNCATED_SPREAD**2, 4.0),
        ("he_normal", 2 / 300, 2 * math.sqrt(2 / 300) / TRUNCATED_SPREAD),
        ("lecun_normal", 1 / 300, 2 * math.sqrt(1 / 300) / TRUNCATED_SPREAD),
        ("glorot_normal", 1 / 250, 2 * math.sqrt(1 / 250) / TRUNCATED_SPREAD),
        ("variance_scaling", 1 / 300, 2 * math.sqrt(1 / 300) / TRUNCATED_SPREAD),
        (VarianceScaling(3.0, "fan_out"), 3 / 200, 2 * math.sqrt(3 / 200) / TRUNCATED_SPREAD),
        (VarianceScaling(3.0, "fan_avg", "uniform"), 3 / 250, math.sqrt(9 / 250)),
    ],
)
def test_variance_and_limit(one: Any, variance: float, most: float) -> None:
    """60,000 draws: their variance lies within 5 of its standard deviations, and they go as far as they may."""
    W = first(one)
    assert abs(W.var() / variance - 1) < 5 * math.sqrt(2 / W.size)
    assert abs(W.mean()) < 5 * math.sqrt(variance / W.size)
    assert 0.999 * most < np.abs(W).max() <= most * (1 + 4 * U)


def test_a_truncated_distribution_is_the_normal_one_between_its_limits() -> None:
    """Kolmogorov and Smirnov's distance of 60,000 draws from the distribution: below 2 / sqrt(n) but once in 1500."""
    z = np.sort(first("truncated_normal").ravel() / 0.05)
    phi = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in z])
    low = 0.5 * math.erfc(math.sqrt(2))
    distance = np.abs((phi - low) / (1 - 2 * low) - (np.arange(z.size) + 0.5) / z.size).max()
    assert distance < 2 / math.sqrt(z.size)
    assert not np.abs(z).max() > 2
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    assert abs(TRUNCATED_SPREAD - math.sqrt(1 - 4 * density / (1 - 2 * low))) < 4 * U


def test_untruncated_goes_beyond() -> None:
    W = first(VarianceScaling(2.0, "fan_in", "untruncated_normal"))
    assert np.abs(W).max() > 3.5 * math.sqrt(2 / 300)
    assert np.array_equal(W, first(Normal(math.sqrt(2 / 300))))


def test_a_mean_moves_all() -> None:
    for kind in (Uniform, Normal, TruncatedNormal):
        np.testing.assert_allclose(first(kind(0.1, 3.0)) - 3, first(kind(0.1)), rtol=0, atol=4 * U)


def drawing(stream: int = 0) -> Draw:
    return Draw(
        lambda n: reference.uniform(3, 1, stream, n),
        lambda n: reference.normal(3, 1, stream, n),
        lambda k, n: reference.normal(3, 1, stream + (k << 32), n),
    )


def test_truncated_numbers_do_not_depend_on_how_many_there_are() -> None:
    many = drawing().truncated_normal(20_000)
    for n in (0, 1, 21, 4567):
        assert drawing().truncated_normal(n).tolist() == many[:n].tolist()
    kept = np.abs(drawing().normal(20_000)) <= 2
    assert np.array_equal(many[kept], drawing().normal(20_000)[kept])
    assert 0.03 < 1 - kept.mean() < 0.06


# ---- matrices ----


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (17, 17), (40, 25), (25, 40), (2 * BLOCK + 3, BLOCK + 1)])
def test_orthogonal_columns(shape: tuple[int, int]) -> None:
    """A reflection is off by some ten roundings, and there are as many as columns: at most 10 k u in W^T W."""
    W = first(Orthogonal(), *shape)
    gram = W.T @ W if shape[0] >= shape[1] else W @ W.T
    assert np.abs(gram - np.eye(len(gram))).max() <= (10 * len(gram) + max(shape)) * U
    np.testing.assert_allclose(first(Orthogonal(gain=1.5), *shape), 1.5 * W, rtol=0, atol=2 * U)


def test_orthogonal_matrices_are_spread_evenly() -> None:
    """Over all rotations and reflections, a trace has mean 0 and variance 1, and determinants have either sign."""
    drawn = [orthonormal_columns(4, 4, reference.normal(seed, 1, 0, 16)) for seed in range(400)]
    traces = np.array([np.trace(q) for q in drawn])
    assert abs(traces.mean()) < 5 / 20
    assert 0.7 < traces.var() < 1.3
    assert 0.4 < np.mean([np.linalg.det(q) > 0 for q in drawn]) < 0.6
    assert np.abs(np.mean(drawn, axis=0)).max() < 5 * 0.5 / 20


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 100])
def test_sums_of_columns_are_trees(rows: int) -> None:
    terms = np.random.default_rng(rows).integers(-99, 99, (rows, 5)).astype(np.float64)
    assert column_sums(terms.copy()).tolist() == terms.sum(axis=0).tolist()  # small whole numbers: exact


def test_identity() -> None:
    assert first(Identity(2.0), 3, 4).tolist() == [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]


# ---- what is refused ----


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: VarianceScaling(0.0), "scale: 0"),
        (lambda: VarianceScaling(mode="fan"), "mode: 'fan' is unknown.*fan_in"),
        (lambda: VarianceScaling(distribution="gauss"), "distribution: 'gauss' is unknown.*uniform"),
        (lambda: TruncatedNormal(-1), "stddev: -1"),
        (lambda: Uniform(0.1, math.nan), "mean: nan"),
        (lambda: Orthogonal(math.inf), "gain: inf"),
        (lambda: initializers.get("kernel_initializer", "he"), "kernel_initializer: 'he' is unknown.*he_normal"),
        (
            lambda: Network([Dense(3, bias_initializer=Orthogonal())], inputs=2, engine="reference").get_weights(),
            "vector of 3 numbers",
        ),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# ---- Keras ----


@pytest.mark.parametrize("name", ["glorot_normal", "he_normal", "lecun_normal", "glorot_uniform", "he_uniform"])
def test_keras_has_the_same_numbers(name: str) -> None:
    """Its class says scale, mode and distribution."""
    keras = pytest.importorskip("keras")
    theirs, ours = keras.initializers.get(name), INITIALIZERS[name].scaling  # type: ignore[attr-defined]
    assert (theirs.scale, theirs.mode, theirs.distribution) == (ours.scale, ours.mode, ours.distribution)
    assert ours.mode in MODES and ours.distribution in DISTRIBUTIONS


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: first_hash(name, "native") for name in INITIALIZERS}, indent=1) + "\n")
