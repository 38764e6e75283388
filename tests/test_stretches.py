"""Many epochs in one call: the bits, the totals and the books of one epoch after the other, however a call ends.

First the engines' train, then fit, which runs epochs in one go where nobody listens in between. That an
epoch is right is the affair of test_steps.py, test_parity.py and test_training.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pynn import SGD, Adam, Callback, Dense, DivergenceError, Dropout, Network
from pynn.engine.data import Data, Totals
from pynn.engine.philox import ORDER
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan
from pynn.schedules import Cosine, Schedule
from pynn.training import fit

ROWS, BATCH, STEPS, EPOCHS = 23, 5, 5, 4
RNG = np.random.default_rng(5)
X = RNG.normal(size=(ROWS, 3))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
WEIGHT = RNG.uniform(0.5, 2, ROWS)
RULES = {
    "momentum": OptimizerPlan(momentum=0.9),
    "adam": OptimizerPlan("adam", beta1=0.9, beta2=0.999, epsilon=1e-7),
    "clipnorm": OptimizerPlan(momentum=0.9, clipnorm=0.1),
}


# ---- engines ----


@pytest.fixture(params=["reference", "_native"])
def module(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(f"pynn.engine.{request.param}")


def make_engine(module: Any, rule: str = "momentum") -> Any:
    layers = [LayerPlan(0, 6, "tanh", dropout=0.3, l2=0.01), LayerPlan(0, 2, "linear")]
    plan = build_plan(3, layers, optimizer=RULES[rule], input_dropout=0.1, seed=2**63 + 9)
    engine = module.Engine(plan)
    engine.set_params(np.random.default_rng(0).uniform(-0.5, 0.5, plan.n_params))
    return engine


def state(engine: Any, table: np.ndarray) -> list[bytes]:
    numbers = [engine.get_params(), *engine.get_slots().values(), np.array(engine.beta_power), table]
    return [np.int64(engine.iteration).tobytes(), *(part.tobytes() for part in numbers)]


DATA = Data(X, y=X[:, :2], weight=WEIGHT)
RATES = 0.1 / (1 + np.arange(EPOCHS * STEPS))
OPTIONS: dict[str, Any] = {"batch": BATCH, "epoch": 7, "rates": RATES, "accuracy": "binary", "seconds": 60}


def one_by_one(module: Any, rule: str) -> list[bytes]:
    """Each epoch a call of its own, in an order that is given."""
    engine, tables = make_engine(module, rule), []
    for e in range(EPOCHS):
        totals, order = Totals(), module.permutation(engine.plan.seed, ORDER, 7 + e, ROWS)
        options = OPTIONS | {"epoch": 7 + e, "rates": RATES[e * STEPS :], "order": order}
        assert engine.train(DATA, totals=totals, **options) == STEPS
        tables.append(totals.table)
    return state(engine, np.concatenate(tables))


@pytest.mark.parametrize("rule", RULES)
def test_epochs_in_one_call(module: Any, rule: str) -> None:
    expected, end = one_by_one(module, rule), EPOCHS * STEPS
    for store in (False, True):
        engine, totals = make_engine(module, rule), Totals(EPOCHS)
        assert engine.train(DATA, totals=totals, shuffle=True, last=end, store=store, **OPTIONS) == end
        assert state(engine, totals.table) == expected


def test_a_call_may_end_anywhere(module: Any) -> None:
    """After each step because the time is up, or in the middle of epochs because it is told to."""
    expected, end = one_by_one(module, "adam"), EPOCHS * STEPS
    for ends, seconds in ((range(1, end + 1), 60), ([end] * end, 0), ([3, STEPS, 2 * STEPS + 1, end], 60)):
        engine, totals, step = make_engine(module, "adam"), Totals(EPOCHS), 0
        for last in ends:
            options = OPTIONS | {"seconds": seconds}
            step = engine.train(DATA, totals=totals, shuffle=True, first=step, last=last, **options)
            if step % 3 == 0:  # another order is made in between
                other = make_engine(module)
                for rows, epoch in ((ROWS, 3), (11, 7)):
                    few = Data(X[:rows], y=X[:rows, :2])
                    other.train(few, totals=Totals(), shuffle=True, **OPTIONS | {"epoch": epoch})
        assert step == end and state(engine, totals.table) == expected


def test_orders_of_other_data_do_not_stay(module: Any) -> None:
    """One engine, the same epoch's number, more rows and fewer: what stands in the room for orders is not taken."""
    for rows in ((ROWS, 11), (11, ROWS)):
        engines = make_engine(module), make_engine(module)
        for n in rows:
            few = Data(X[:n], y=X[:n, :2])
            order = module.permutation(engines[0].plan.seed, ORDER, 7, n)
            engines[0].train(few, totals=Totals(), shuffle=True, **OPTIONS)
            engines[1].train(few, totals=Totals(), order=order, **OPTIONS)
        assert engines[0].get_params().tobytes() == engines[1].get_params().tobytes()


def test_how_far_a_call_goes(module: Any) -> None:
    engine = make_engine(module)
    assert engine.train(DATA, totals=Totals(EPOCHS), **OPTIONS) == STEPS  # one epoch unless told
    assert engine.train(DATA, totals=Totals(2), last=99, **OPTIONS) == 2 * STEPS  # as far as there are places
    assert engine.train(DATA, totals=Totals(2), first=4, last=4, **OPTIONS) == 4
    assert engine.iteration == 3 * STEPS
    with pytest.raises(ValueError, match="order: given together with shuffle"):
        engine.train(DATA, totals=Totals(), order=np.arange(ROWS), shuffle=True, **OPTIONS)


def test_a_given_order_serves_all_epochs(module: Any) -> None:
    engines = make_engine(module), make_engine(module)
    order, totals = np.arange(ROWS)[::-1], Totals(2)
    engines[0].train(DATA, totals=totals, order=order, last=2 * STEPS, **OPTIONS)
    for e in range(2):
        options = OPTIONS | {"epoch": 7 + e, "rates": RATES[e * STEPS :]}
        engines[1].train(DATA, totals=totals[e], order=order, **options)
        assert totals[e].rows == 2 * ROWS
    assert engines[0].get_params().tobytes() == engines[1].get_params().tobytes()


def test_each_epoch_may_have_an_order_of_its_own(module: Any) -> None:
    """The rows of a table of orders, also where a call goes on in the middle of an epoch."""
    engines = make_engine(module), make_engine(module)
    orders = np.array([np.random.default_rng(e).permutation(ROWS)[: ROWS - 2] for e in range(3)])
    tables = [Totals(3), Totals(3)]
    for first, last in ((0, 2), (2, STEPS - 1 + 2), (STEPS + 1, 3 * STEPS)):
        engines[0].train(DATA, totals=tables[0], order=orders, first=first, last=last, **OPTIONS)
    for e, order in enumerate(orders):
        options = OPTIONS | {"epoch": 7 + e, "rates": RATES[e * STEPS :]}
        engines[1].train(DATA, totals=tables[1][e], order=order, **options)
    assert state(engines[0], tables[0].table) == state(engines[1], tables[1].table)


def test_too_few_orders_are_refused(module: Any) -> None:
    with pytest.raises(ValueError, match="order: 1 of them given for 2 epochs"):
        make_engine(module).train(DATA, totals=Totals(2), order=np.arange(ROWS)[None], last=2 * STEPS, **OPTIONS)


def test_divergence_names_step_and_epoch(module: Any) -> None:
    """The fourth step of the third epoch: completed epochs keep their totals, the third has those of three steps."""
    engine, totals, place = make_engine(module), Totals(EPOCHS), 2 * STEPS + 3
    rates = np.where(np.arange(EPOCHS * STEPS) == place - 1, 1e38, 1e-3)
    with pytest.raises(DivergenceError, match="step 4 of epoch 10") as caught:
        engine.train(DATA, totals=totals, shuffle=True, last=EPOCHS * STEPS, **OPTIONS | {"rates": rates})
    assert caught.value.step == 3 and engine.iteration == place
    assert totals.table[:, 4].tolist() == [ROWS, ROWS, 3 * BATCH, 0]
    assert np.isfinite(totals.table[:3, 0]).all()


# ---- fit ----


class Silent(Callback):
    """Listens, and does nothing: epochs come one by one."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...


class Spy:
    """An engine that writes down its calls: how far each may go, and how far it went."""

    def __init__(self, core: Any, seconds: float = 60) -> None:
        self.core, self.seconds, self.calls = core, seconds, list[tuple[int, int, int]]()

    def train(self, data: Any, **options: Any) -> int:
        step: int = self.core.train(data, **options, seconds=self.seconds)
        self.calls.append((options["epoch"], options["first"], step))
        return step

    def __getattr__(self, name: str) -> Any:
        return getattr(self.core, name)


def make(engine: str, optimizer: Any = None) -> Network:
    net = Network([Dropout(0.1), Dense(6, "tanh"), Dropout(0.25), Dense(3, "softmax")], inputs=3, seed=6, engine=engine)
    net.compile(None, optimizer() if optimizer else SGD(0.1, momentum=0.9, decay=0.01), metrics=["accuracy", "mae"])
    net.get_weights()
    return net


def spied(net: Network, seconds: float = 60) -> Spy:
    net._core.engine = Spy(net._core.engine, seconds)  # type: ignore[assignment]
    return net._core.engine  # type: ignore[return-value]


COURSES: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": (None, {}),
    "adam, cosine": (lambda: Adam(Cosine(0.05, steps=30)), {}),
    "clipped": (lambda: SGD(0.1, clipnorm=0.05), {}),
    "weights": (None, {"sample_weight": WEIGHT, "class_weight": {1: 2.0}}),
    "as they lie": (None, {"shuffle": False}),
    "one step": (None, {"batch_size": 100}),
    "resumed": (None, {"initial_epoch": 3, "epochs": 9}),
}


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("rates", [65_536, 12, 1])
def test_nobody_listens(engine: str, course: str, rates: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a callback that does nothing and without: weights, History, counts; in one stretch or in several."""
    optimizer, options = COURSES[course]
    options = {"epochs": 8, "batch_size": BATCH, "verbose": 0} | options
    heard, alone = make(engine, optimizer), make(engine, optimizer)
    first = heard.fit(X, Y, callbacks=Silent(), **options)
    monkeypatch.setattr(fit, "RATES", rates)
    second = alone.fit(X, Y, **options)
    assert first.history == second.history and first.epoch == second.epoch and first.params == second.params
    assert heard.fingerprint() == alone.fingerprint()
    assert (heard.epoch, heard.iteration) == (alone.epoch, alone.iteration)
    heard.fit(X, Y, verbose=0)
    alone.fit(X, Y, verbose=0)
    assert heard.fingerprint() == alone.fingerprint()


def test_a_stretch_is_one_call(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, heard, watched = make(engine), make(engine), make(engine)
    spy = spied(alone)
    alone.fit(X, Y, batch_size=BATCH, epochs=9, verbose=0)
    assert spy.calls == [(0, 0, 9 * STEPS)]
    spy = spied(heard)
    heard.fit(X, Y, batch_size=BATCH, epochs=3, callbacks=Silent(), verbose=0)
    assert spy.calls == [(0, 0, STEPS), (1, 0, STEPS), (2, 0, STEPS)]
    spy = spied(watched)
    watched.fit(X, Y, batch_size=BATCH, epochs=2, validation_data=(X, Y), verbose=0)
    assert spy.calls == [(0, 0, STEPS), (1, 0, STEPS)]
    monkeypatch.setattr(fit, "RATES", 2 * STEPS)
    spy.calls.clear()
    watched.fit(X, Y, batch_size=BATCH, epochs=5, verbose=0)
    assert spy.calls == [(2, 0, 2 * STEPS), (4, 0, 2 * STEPS), (6, 0, STEPS)]


@pytest.mark.parametrize("steps", [1, STEPS - 1, STEPS, 2 * STEPS + 3])
def test_an_interrupt_leaves_the_books_right(engine: str, steps: int) -> None:
    """As with one epoch at a time: what is complete counts and is in the History; going on begins the epoch anew."""
    net, twin = make(engine), make(engine)
    whole = twin.fit(X, Y, batch_size=BATCH, epochs=steps // STEPS, callbacks=Silent(), verbose=0)
    spy = spied(net, seconds=0)
    done = spy.train

    def interrupted(data: Any, **options: Any) -> int:
        step = done(data, **options)
        if spy.core.iteration == steps:
            raise KeyboardInterrupt
        return step

    spy.train = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, batch_size=BATCH, epochs=9, verbose=0)
    assert (net.iteration, net.epoch) == (steps, steps // STEPS)
    assert net.history.epoch == whole.epoch and net.history.history == whole.history
    if steps % STEPS == 0:
        net.fit(X, Y, batch_size=BATCH, epochs=2, verbose=0)
        twin.fit(X, Y, batch_size=BATCH, epochs=2, verbose=0)
        assert net.fingerprint() == twin.fingerprint()


class Jump(Schedule):
    """Small until one step, then infinite in float32."""

    def rates(self, first: int, n: int) -> Any:
        return np.where(np.arange(first, first + n) >= 2 * STEPS + 1, 1e300, 0.01)


def test_divergence_in_a_stretch(engine: str) -> None:
    ends = []
    for callbacks in ([], Silent()):
        net = make(engine, lambda: SGD(Jump()))
        with pytest.raises(DivergenceError, match="step 2 of epoch 3") as caught:
            net.fit(X, Y, batch_size=BATCH, epochs=9, callbacks=callbacks, verbose=0)
        assert (caught.value.step, net.epoch, net.iteration) == (1, 2, 2 * STEPS + 1)
        ends.append((net.history.epoch, net.history.history))
    assert ends[0] == ends[1]


def test_another_thread_may_stop_it(engine: str) -> None:
    """The wish is looked for after each call: the epoch under way is completed, and counts."""
    net = make(engine)
    spy = spied(net, seconds=0)
    done = spy.train

    def stopping(data: Any, **options: Any) -> int:
        if spy.core.iteration == STEPS + 1:
            net.stop_training = True
        return done(data, **options)

    spy.train = stopping  # type: ignore[method-assign]
    history = net.fit(X, Y, batch_size=BATCH, epochs=9, verbose=0)
    assert history.epoch == [0, 1] and (net.epoch, net.iteration) == (2, 2 * STEPS)


def test_every_epoch_has_its_line(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    history = make(engine).fit(X, Y, batch_size=BATCH, epochs=4, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [f"epoch {n}/4" for n in (1, 2, 3, 4)]
    assert [line.split("  ")[1] for line in lines] == [f"loss {loss:.4f}" for loss in history.history["loss"]]
