"""Sparse rows: the bits of the same rows in full, without ever unfolding all of them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from pynn import Adam, Dense, Dropout, Network, Normalization, Rescaling
from pynn.rows import sparse as sparse_rows

sparse = pytest.importorskip("scipy.sparse")
DRAW = np.random.default_rng(3)
X = sparse.random(1500, 70, 0.1, "csr", np.float32, rng=DRAW)
Y = (np.asarray(X.sum(axis=1)).ravel() > 3.4).astype(int)


def make(engine, **options):
    net = Network(
        [Dropout(0.1), Dense(40, "relu", **options), Dropout(0.3), Dense(2, "softmax")], engine=engine, seed=1
    )
    net.compile(optimizer=Adam(0.01), metrics=["accuracy", "mae"])
    return net


BOUND = (1500 + 70 + 40) * 2.0**-23  # roundings of sums over rows and over inputs, of numbers of size 1


def same(engine, a, b):
    """Bit for bit; of the reference, whose bits depend on how many rows NumPy multiplies at once, up to rounding."""
    if engine == "native":
        np.testing.assert_array_equal(a, b)
    else:
        np.testing.assert_allclose(a, b, rtol=BOUND, atol=BOUND)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(sparse_rows, "ROWS", 256)


@pytest.mark.parametrize(
    "options", [{}, {"validation_split": 0.0}, {"shuffle": False}, {"batch_size": 1000}, {"batch_size": 10**6}]
)
def test_fit_gives_the_bits_of_full_rows(engine, options):
    """Orders, masks, sample weights, validation and history alike; stopped and resumed on the way."""
    weight = np.linspace(0.5, 1.5, 1500)
    options = {"batch_size": 32, "validation_split": 0.2, "sample_weight": weight, "verbose": 0} | options
    full, thin = make(engine), make(engine)
    first = full.fit(X.toarray(), Y, epochs=3, **options)
    second = thin.fit(X, Y, epochs=2, **options)
    third = thin.fit(X, Y, epochs=1, **options)
    assert full.fingerprint() == thin.fingerprint() and full.iteration == thin.iteration
    for name, values in first.history.items():
        same(engine, second.history[name] + third.history[name], values)
    same(engine, full.predict(X.toarray()), thin.predict(X))
    results = full.evaluate(X.toarray(), Y), thin.evaluate(X, Y)
    same(engine, list(results[0].values()), list(results[1].values()))


def test_every_kind_of_sparse_matrix(engine):
    net = make(engine)
    net.fit(X, Y, verbose=0)
    expected = net.predict(X.toarray())
    for one in (X.tocsc(), X.tocoo(), X.tolil(), sparse.csr_array(X), X.astype(np.float64)):
        same(engine, net.predict(one), expected)
    twice = sparse.coo_matrix((np.ones(3, np.float32), ([0, 0, 1], [2, 2, 5])), (2, 70)).tocsr(copy=True)
    assert net.predict(twice).tobytes() == net.predict(twice.toarray()).tobytes()
    unsorted = sparse.csr_matrix((np.ones(3, np.float32), np.array([5, 2, 2]), np.array([0, 3, 3])), (2, 70))
    assert net.predict(unsorted).tobytes() == net.predict(unsorted.toarray()).tobytes()


def test_looking_closely(engine):
    """What looks at rows one by one unfolds them."""
    net = make(engine)
    net.fit(X, Y, verbose=0, validation_data=(X[:9].toarray(), Y[:9]))
    for a, b in zip(net.gradients(X[:9], Y[:9]), net.gradients(X[:9].toarray(), Y[:9]), strict=True):
        assert a.tobytes() == b.tobytes()
    assert net.train_on_batch(X[:9], Y[:9])["loss"] > 0
    assert make(engine).find_learning_rate(X, Y, steps=20).suggestion > 0


def test_little_is_unfolded():
    """20,000 rows of 5,000 numbers: 400 MB in full. A block has at most 64 MB."""
    wide = sparse.random(20_000, 5_000, 0.001, "csr", np.float32, rng=DRAW)
    net = Network([Dense(1)], engine="reference")
    tracemalloc.start()
    net.fit(wide, np.zeros(20_000), batch_size=256, verbose=0)
    net.predict(wide)
    net.evaluate(wide, np.zeros(20_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6


def test_wrong_sparse_rows(engine):
    net = make(engine)
    net.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="69 features"):
        net.predict(X[:, :69])
    with pytest.raises(ValueError, match="empty"):
        net.predict(X[:0])
    bad = sparse.csr_matrix((np.array([1.0, np.nan]), ([0, 3], [1, 7])), (5, 70))
    with pytest.raises(ValueError, match="x: nan at row 3, column 7"):
        net.predict(bad)
    with pytest.raises(TypeError, match="complex"):
        net.predict(X.astype(complex))
    with pytest.raises(TypeError, match="y: a sparse matrix"):
        net.fit(X, sparse.csr_matrix(Y[:, None]), verbose=0)


def test_normalization_gives_the_bits_of_full_rows(engine):
    """Learned, and applied: no block but one is ever unfolded, and still every zero is shifted."""
    nets = [Network([Rescaling(0.5, 1), Normalization(), Dense(2, "softmax")], engine=engine) for _ in range(2)]
    for net, x in zip(nets, (X, X.toarray()), strict=True):
        net.fit(x, Y, epochs=2, verbose=0)
    for name in ("mean", "variance"):
        same(engine, *(getattr(net.layers[1], name) for net in nets))
    same(engine, nets[0].predict(X), nets[1].predict(X.toarray()))


def test_sums_over_blocks_are_joined_like_chunks(engine):
    """In doubles, where the order shows: six blocks of one chunk each."""
    y = DRAW.normal(size=1500)
    net = Network([Dense(5, "tanh"), Dense(1)], inputs=70, engine=engine, dtype="float64")
    net.compile(metrics=["mae"])
    for _ in range(5):
        x = sparse.random(1500, 70, 0.1, "csr", rng=DRAW)
        same(engine, list(net.evaluate(x, y).values()), list(net.evaluate(x.toarray(), y).values()))
