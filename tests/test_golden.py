"""One set of bits: every instruction set here, every thread count, against the committed hashes.

A changed hash is a broken promise, or a new numerics version (see docs/numerics.md), never a
detail. The networks are in golden_cases.py. Run once more with another compiler's build.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from golden_cases import HASHES, NUMERICS, Case, cases, fingerprint, train

from pynn.engine.data import Data, Totals

native = pytest.importorskip("pynn.engine._native")

GOLDEN = json.loads(HASHES.read_text())
CASES = list(cases())
ISAS = [k["name"] for k in native.kernels() if k["bits"] == 32 and k["runs_here"]]


def test_the_table_covers_what_there_is() -> None:
    assert GOLDEN["numerics"] == NUMERICS
    for dtype in ("float32", "float64"):
        assert set(GOLDEN[dtype]) == {c.name for c in CASES}
        # Cases differ from each other, so the hashes see what was varied. (step and sign, as hidden layers, let
        # nothing through backwards, and selu and the like differ in the last bits at least.)
        assert len(set(GOLDEN[dtype].values())) == len(CASES)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_bits(case: Case, dtype: str, isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYNN_ISA", isa)
    assert native.isa(dtype) == isa
    for threads in (1, 2, 3, 5, 8):
        found = fingerprint(native, case, dtype, threads=threads, grain=0)
        assert found == GOLDEN[dtype][case.name], f"threads={threads}"


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_stored_gradients_give_the_same_bits(case: Case) -> None:
    fused, data, _ = train(native, case, "float32")
    stored = native.Engine(case.make_plan("float32"))
    stored.set_params(case.first_params(native, stored.plan))
    steps = -(-case.rows // case.batch)
    for epoch in range(2):
        for s in range(steps):
            stored.train(
                data, batch=case.batch, epoch=epoch, rates=np.full(steps, case.rate), totals=Totals(),
                order=native.permutation(5, 2, epoch, case.rows), first=s, last=s + 1, store=True,
            )  # fmt: skip
    assert np.array_equal(fused.get_params(), stored.get_params())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES[::5], ids=lambda c: c.name)
def test_a_prediction_does_not_see_its_neighbours(case: Case, dtype: str) -> None:
    net, data, _ = train(native, case, dtype)
    rows = min(70, len(data.x))
    together = net.predict(Data(data.x[:rows]))
    for i in range(rows):
        assert together[i : i + 1].tobytes() == net.predict(Data(data.x[i : i + 1])).tobytes(), i


def test_a_wrong_hash_is_seen() -> None:
    """The comparison can fail: one more ulp in the learning rate changes the hash."""
    case = CASES[0]
    nudged = Case(**{**case.__dict__, "rate": float(np.nextafter(np.float32(case.rate), np.float32(1)))})
    assert fingerprint(native, nudged, "float32") != GOLDEN["float32"][case.name]
