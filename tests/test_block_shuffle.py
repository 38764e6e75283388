"""shuffle="blocks": every row once, neighbours read together, the same order everywhere and after every stop."""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import SGD, Dense, Dropout, Network
from pynn.backend import load
from pynn.engine.philox import ORDER
from pynn.training import block_shuffle
from pynn.training.block_shuffle import Mapped, order

RNG = np.random.default_rng(2)
X = RNG.normal(size=(1003, 6)).astype(np.float32)
Y = RNG.integers(0, 2, 1003)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_shuffle, "TOGETHER", 4)
    monkeypatch.setattr(block_shuffle, "BLOCK", 10 * X[0].nbytes)  # ten rows


def fresh(engine: str = "native") -> Network:
    net = Network([Dense(5, "tanh"), Dropout(0.2), Dense(2, "softmax")], seed=7, engine=engine)
    net.compile(metrics=["accuracy"])
    return net


# ---- the order ----


@pytest.mark.parametrize("rows", [1, 9, 10, 11, 39, 40, 41, 1003])
@pytest.mark.parametrize("block", [1, 10, 2000])
def test_every_row_once_and_blocks_whole(rows: int, block: int) -> None:
    """Window for window: the rows of the next four blocks, in some order."""
    reference = load("reference")
    found = order(reference, 3, 5, rows, block)
    assert found.dtype == np.int64 and sorted(found.tolist()) == list(range(rows))
    blocks, place = reference.permutation(3, ORDER, 5 + 2**32, -(-rows // block)).tolist(), 0
    for first in range(0, len(blocks), 4):
        members = [row for one in blocks[first : first + 4] for row in range(one * block, min(rows, (one + 1) * block))]
        assert sorted(found[place : place + len(members)].tolist()) == sorted(members)
        place += len(members)
    assert place == rows


def test_it_is_a_function_of_seed_and_epoch_alone() -> None:
    native = pytest.importorskip("pynn.engine._native")
    orders = [order(native, seed, epoch, 1003, 10) for seed in (0, 2**63) for epoch in (0, 1)]
    assert len({one.tobytes() for one in orders}) == 4
    for seed, epoch, one in zip((0, 0, 2**63, 2**63), (0, 1, 0, 1), orders, strict=True):
        np.testing.assert_array_equal(order(load("reference"), seed, epoch, 1003, 10), one)
    known = hashlib.sha256(orders[1].astype("<i8").tobytes()).hexdigest()
    assert known == "9f90a8a5587631066e4e2fd4f8bea43b25bf4c0d70d137b569288ca1544b81da"


def test_block_shuffle_are_mixed_and_differ() -> None:
    found = order(load("reference"), 0, 0, 1000, 10)
    steps = np.abs(np.diff(found[:40]))
    assert (steps == 1).sum() < 12  # neighbours would be 36
    first, second = (np.argsort(np.argsort(found[at : at + 40])) for at in (0, 40))
    assert (first != second).any()


# ---- fit ----


def test_fit_takes_the_rows_in_this_order(engine: str) -> None:
    """Three epochs in one stretch, against single ones of rows put into order by hand; rates fall with every step."""
    ours, by_hand = (Network([Dense(5, "tanh"), Dense(2, "softmax")], seed=7, engine=engine) for _ in range(2))
    for net in (ours, by_hand):
        net.compile(optimizer=SGD(0.5, decay=0.1))
    losses = ours.fit(X, Y, shuffle="blocks", epochs=3, batch_size=16, verbose=0).history["loss"]
    for epoch in range(3):
        turn = order(load(engine), 7, epoch, len(X), 10)
        one = by_hand.fit(X[turn], Y[turn], shuffle=False, batch_size=16, verbose=0)
        assert one.history["loss"] == [losses[epoch]]
    assert ours.fingerprint() == by_hand.fingerprint()
    assert ours.iteration == by_hand.iteration == 3 * 63


@pytest.mark.parametrize("batch", [1, 7, 40, 64, 5000])
def test_stopped_and_resumed(engine: str, batch: int) -> None:
    whole, parts = fresh(engine), fresh(engine)
    options: dict[str, Any] = {"shuffle": "blocks", "batch_size": batch, "verbose": 0, "validation_split": 0.1}
    if batch == 1:
        options["validation_split"] = 0.9
    first = whole.fit(X, Y, epochs=3, **options).history
    second = parts.fit(X, Y, epochs=1, **options).history
    third = parts.fit(X, Y, epochs=2, **options).history
    assert whole.fingerprint() == parts.fingerprint() and whole.iteration == parts.iteration
    assert first == {name: second[name] + third[name] for name in first}


def test_callbacks_see_every_step() -> None:
    class Steps:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def on_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            self.seen.append(batch)

    quiet, heard, steps = fresh(), fresh(), Steps()
    quiet.fit(X, Y, shuffle="blocks", epochs=2, verbose=0)
    heard.fit(X, Y, shuffle="blocks", epochs=2, callbacks=steps, verbose=0)
    assert steps.seen == [*range(32)] * 2 and quiet.fingerprint() == heard.fingerprint()


def test_a_map_gives_the_bits_of_the_array(tmp_path: Path, engine: str) -> None:
    np.save(tmp_path / "x.npy", X)
    nets = [fresh(engine) for _ in range(3)]
    given = X, np.load(tmp_path / "x.npy", mmap_mode="r"), np.lib.format.open_memmap(tmp_path / "x.npy", "r+")
    for net, x in zip(nets, given, strict=True):
        net.fit(x, Y, shuffle="blocks", epochs=2, verbose=0)
    assert len({net.fingerprint() for net in nets}) == 1


def test_wrong_orders() -> None:
    with pytest.raises(ValueError, match="shuffle: 'batch' is unknown; expected True, False or 'blocks'"):
        fresh().fit(X, Y, shuffle="batch")
    sparse = pytest.importorskip("scipy.sparse")
    net = fresh()
    with pytest.raises(ValueError, match="shuffle: 'blocks' is for rows that lie in a file"):
        net.fit(sparse.csr_matrix(X), Y, shuffle="blocks")
    assert net.epoch == 0 and net.inputs is None


# ---- asking the disk ----


class Asked(Mapped):
    """Notes what would be said to the system."""

    said: list[tuple[int, ...]]

    def _advise(self, *what: int) -> None:
        self.said.append(what)


@pytest.mark.skipif(not hasattr(mmap, "MADV_WILLNEED"), reason="no way to ask")
def test_blocks_are_asked_for_before_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of each window, before its first step; in between, nothing else is to be read."""
    x = np.memmap(tmp_path / "x.bin", np.uint8, "w+", offset=100, shape=(80, 8192))[16:]
    lies = 100 + 16 * 8192
    monkeypatch.setattr(block_shuffle, "BLOCK", 8 * 8192)
    asked = Mapped.of(x)
    assert asked is not None
    noting = Asked(asked._memory, asked._begin, asked._row, asked._rows)
    noting.said = []
    monkeypatch.setattr(Mapped, "of", staticmethod(lambda _: noting))
    Network([Dense(1)], seed=1).fit(x, np.zeros(64), shuffle="blocks", batch_size=16, verbose=0)
    rows = [what for what in noting.said if what[0] == mmap.MADV_WILLNEED]
    assert len(rows) == 8 + 4  # two windows, then the second one again
    assert sum(length for _, _, length in rows[:8]) >= x.nbytes
    assert all(
        begin % mmap.PAGESIZE == 0 and lies - mmap.PAGESIZE < begin < begin + length <= lies + x.nbytes
        for _, begin, length in rows
    )
    modes = [what[0] for what in noting.said if len(what) == 1]
    assert modes == [mmap.MADV_RANDOM, mmap.MADV_NORMAL] * (len(modes) // 2) and len(modes) >= 4
    assert noting.said.index((mmap.MADV_RANDOM,)) >= 8


def test_only_rows_that_lie_in_a_map_side_by_side_are_asked_for(tmp_path: Path) -> None:
    x = np.memmap(tmp_path / "x.bin", np.uint8, "w+", shape=(64, 128))
    assert Mapped.of(np.zeros((3, 4))) is None and Mapped.of(x[:, ::2]) is None
    if hasattr(mmap, "MADV_WILLNEED"):
        part = Mapped.of(x[5:])
        assert part is not None and part._begin == 5 * 128 and part._rows == 59
