"""Epochs that the estimators run in one call, where nobody waits for one: what is left behind is that of one by one.

How many run together follows from the clock; here it is forced, from none to more than there are.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")
pytest.importorskip("pynn.engine._native")

from pynn import datasets
from pynn.estimators import MLPClassifier, MLPRegressor, epochs
from pynn.training.fit import Piece

X, Y = datasets.iris()
X = np.asarray(X, np.float64)
COMMON: dict[str, Any] = {"hidden_layer_sizes": (7,), "max_iter": 60, "n_threads": 1, "batch_size": 40}
CASES: dict[str, dict[str, Any]] = {
    "to the end": {"tol": 0.0, "n_iter_no_change": 1000},
    "stops on the way": {"tol": 0.02, "n_iter_no_change": 3, "max_iter": 500},
    "slows down on the way": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 2},
    "as rows lie": {"shuffle": False, "solver": "sgd"},
    "inverse scaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "dropout": {"dropout": 0.2},
    "a schedule": {"schedule": "cosine", "solver": "sgd"},
}


def fitted(monkeypatch: Any, seconds: float, options: dict[str, Any], **more: Any) -> tuple[Any, Any, int]:
    """A fit with epochs together for so long; the stream of random numbers it drew from; the calls it took."""
    calls = 0
    stretch = epochs.Epochs.stretch

    def counted(self: Any, first: int, n: int) -> None:
        nonlocal calls
        calls += 1
        stretch(self, first, n)

    with monkeypatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(epochs, "STRETCH", seconds)
        patch.setattr(epochs.Epochs, "stretch", counted)
        stream = np.random.RandomState(3)
        if options.get("schedule") == "cosine":
            from pynn.schedules import Cosine

            options = options | {"schedule": Cosine(0.1, steps=200)}
        net = MLPClassifier(random_state=stream, **(COMMON | options | more))
        net.fit(X, Y)
        return net, stream, calls


@pytest.mark.parametrize("name", CASES)
def test_the_bits_and_books_are_those_of_one_by_one(monkeypatch: Any, name: str) -> None:
    one, its_stream, epochs_alone = fitted(monkeypatch, 0.0, CASES[name])
    assert epochs_alone == one.n_iter_
    for seconds in (1e-3, 1e3):
        net, stream, calls = fitted(monkeypatch, seconds, CASES[name])
        assert net.n_iter_ == one.n_iter_
        assert net.t_ == one.t_
        assert net.loss_curve_ == one.loss_curve_
        assert [w.tobytes() for w in net.coefs_] == [w.tobytes() for w in one.coefs_]
        assert [b.tobytes() for b in net.intercepts_] == [b.tobytes() for b in one.intercepts_]
        assert stream.randint(2**31) == np.random.RandomState.randint(copy_of(its_stream), 2**31)
        if name not in ("inverse scaling", "dropout"):
            assert calls < net.n_iter_, "nothing ran together"


def test_calls_that_come_back_early_change_nothing(monkeypatch: Any) -> None:
    """A slow machine: each call takes one step, also where epochs are run again after the rules have said stop."""
    one, _, _ = fitted(monkeypatch, 0.0, CASES["stops on the way"])
    trained = Piece.train

    def slow(self: Any, engine: Any, rates: Any, totals: Any, accuracy: str, first: int, last: int) -> int:
        return trained(self, engine, rates, totals, accuracy, first, first + 1)

    monkeypatch.setattr(Piece, "train", slow)
    net, _, _ = fitted(monkeypatch, 1e3, CASES["stops on the way"])
    assert net.loss_curve_ == one.loss_curve_
    assert [w.tobytes() for w in net.coefs_] == [w.tobytes() for w in one.coefs_]


def copy_of(stream: Any) -> Any:
    other = np.random.RandomState()
    other.set_state(stream.get_state())
    return other


@pytest.mark.parametrize("early", [False, True])
def test_divergence_is_told_as_one_by_one(monkeypatch: Any, early: bool) -> None:
    """Rows so large that the weights leave the numbers after a while."""
    told = []
    rates = {"solver": "sgd", "learning_rate_init": 0.09, "activation": "identity", "max_iter": 300}
    for seconds in (0.0, 1e3):
        monkeypatch.setattr(epochs, "STRETCH", seconds)
        net = MLPRegressor(
            hidden_layer_sizes=(5,), **rates, random_state=0, early_stopping=early, tol=0.0, n_iter_no_change=1000
        )
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            try:
                net.fit(X, X[:, 0])
                told.append((str(seen[0].message), net.n_iter_))
            except ValueError as error:
                told.append((str(error), len(net.loss_curve_)))
    assert told[0] == told[1]
    assert "iverged" in told[0][0] or "non-finite" in told[0][0]


def test_an_interrupt_leaves_a_completed_step(monkeypatch: Any) -> None:
    """Ctrl-C within epochs that run together: back to where they began, and the books say so."""
    kept: list[Any] = []
    trained = epochs.Epochs.steps

    def interrupted(self: Any, first: int, n: int) -> int:
        steps = trained(self, first, n)
        if n == 1:
            return steps
        kept.append(n)
        raise KeyboardInterrupt

    monkeypatch.setattr(epochs, "STRETCH", 1e3)
    monkeypatch.setattr(epochs.Epochs, "steps", interrupted)
    net = MLPClassifier(random_state=3, **COMMON)
    with pytest.warns(UserWarning, match="interrupted"):
        net.fit(X, Y)
    assert kept == [59]
    assert net.n_iter_ == len(net.loss_curve_) == 1
    monkeypatch.undo()
    one = MLPClassifier(random_state=3, **(COMMON | {"max_iter": 1}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one.fit(X, Y)
    assert [w.tobytes() for w in net.coefs_] == [w.tobytes() for w in one.coefs_]


def test_an_interrupt_on_the_way_back_is_heard_after_it(monkeypatch: Any) -> None:
    """The books say how many epochs there were: the weights are those of that many."""
    calls = 0
    trained = epochs.Epochs.steps

    def interrupted(self: Any, first: int, n: int) -> int:
        nonlocal calls
        calls += n > 1
        steps = trained(self, first, n)
        if calls == 2:
            calls = 3
            raise KeyboardInterrupt
        return steps

    early = COMMON | {"tol": 0.02, "n_iter_no_change": 3, "max_iter": 500}
    one, _, _ = fitted(monkeypatch, 0.0, early)
    monkeypatch.setattr(epochs, "STRETCH", 1e3)
    monkeypatch.setattr(epochs.Epochs, "steps", interrupted)
    net = MLPClassifier(random_state=np.random.RandomState(3), **early)
    with pytest.warns(UserWarning, match="interrupted"):
        net.fit(X, Y)
    assert net.n_iter_ == one.n_iter_
    assert [w.tobytes() for w in net.coefs_] == [w.tobytes() for w in one.coefs_]


def test_epochs_that_do_not_come_have_no_say(monkeypatch: Any) -> None:
    """A batch without weight is an error in the epoch that has it, not in those before the fit stops."""
    weight = np.ones(len(X))
    weight[:75] = 0
    told = []
    for seconds in (0.0, 1e3):
        monkeypatch.setattr(epochs, "STRETCH", seconds)
        for seed in range(12):
            net = MLPClassifier((4,), batch_size=8, max_iter=60, tol=10.0, n_iter_no_change=1, random_state=seed)
            try:
                net.fit(X, Y, sample_weight=weight)
                told.append((seed, net.n_iter_))
            except ValueError as error:
                told.append((seed, str(error), net.n_iter_))
    assert told[:12] == told[12:]
    assert {len(entry) for entry in told} == {2, 3}, "some fits come to their end, others do not"


def test_other_generators_of_numbers_say_nothing(monkeypatch: Any) -> None:
    """A RandomState of NumPy's PCG64: its state is no tuple, and asking for one would be remarked upon."""
    found = []
    for seconds in (0.0, 1e3):
        monkeypatch.setattr(epochs, "STRETCH", seconds)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", epochs.ConvergenceWarning)
            stream = np.random.RandomState(np.random.PCG64(7))
            found.append(MLPClassifier(random_state=stream, **(COMMON | CASES["stops on the way"])).fit(X, Y))
    assert found[0].n_iter_ == found[1].n_iter_
    assert [w.tobytes() for w in found[0].coefs_] == [w.tobytes() for w in found[1].coefs_]
