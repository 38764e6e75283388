"""Optimizers: their rules over several steps against formulas written here, clipping, and what is kept over fits."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import SGD, Adagrad, Adam, Adamax, AdamW, Dense, Lion, Nadam, Network, RMSprop
from pynn.optimizers import OPTIMIZERS
from pynn.schedules import Cosine, InverseTime

X = np.random.default_rng(3).normal(size=(9, 4))
Y = np.random.default_rng(4).normal(size=(9, 2))
STEPS = 5


def gradient(w: Any, b: Any) -> tuple[Any, Any]:
    """Of half the mean squared error of X w + b, mean over rows and outputs."""
    d = (X @ w + b - Y) / Y.size
    return X.T @ d, d.sum(axis=0)


def run(rule: Any, clip: Any = lambda gs: gs) -> list[Any]:
    """STEPS updates of both arrays by a rule (state, w, g, t) -> w."""
    parts: list[Any] = [np.full((4, 2), 0.5), np.zeros(2)]
    states: list[dict[str, Any]] = [{}, {}]
    for t in range(STEPS):
        gs = clip(gradient(*parts))
        parts = [rule(state, w, g, t) for state, w, g in zip(states, parts, gs, strict=True)]
    return parts


def sgd(rate: float = 0.1, m: float = 0.0, nesterov: bool = False, decay: float = 0.0) -> Any:
    def rule(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
        lr = rate / (1 + decay * t)
        s["v"] = m * s.get("v", 0) - lr * g
        return w + (m * s["v"] - lr * g if nesterov else s["v"])

    return rule


def adam(weight_decay: float = 0.0, amsgrad: bool = False) -> Any:
    def rule(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
        s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
        s["v"] = 0.9 * s.get("v", 0) + 0.1 * g * g
        s["h"] = np.maximum(s.get("h", 0), s["v"]) if amsgrad else s["v"]
        lr = 0.05 * np.sqrt(1 - 0.9 ** (t + 1)) / (1 - 0.8 ** (t + 1))
        return w * (1 - 0.05 * weight_decay) - lr * s["m"] / (np.sqrt(s["h"]) + 1e-3)

    return rule


def rmsprop(momentum: float = 0.0, centered: bool = False) -> Any:
    def rule(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
        s["v"] = 0.7 * s.get("v", 0) + 0.3 * g * g
        s["a"] = 0.7 * s.get("a", 0) + 0.3 * g if centered else 0.0
        s["m"] = momentum * s.get("m", 0) + 0.05 * g / np.sqrt(s["v"] - s["a"] ** 2 + 1e-3)
        return w - s["m"]

    return rule


def nadam(weight_decay: float = 0.0) -> Any:
    def rule(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
        s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
        s["v"] = 0.9 * s.get("v", 0) + 0.1 * g * g
        now, after = (0.8 * (1 - 0.5 * 0.96**k) for k in (t + 1, t + 2))
        s["product"] = s.get("product", 1.0) * now
        m = after * s["m"] / (1 - s["product"] * after) + (1 - now) * g / (1 - s["product"])
        return w * (1 - 0.05 * weight_decay) - 0.05 * m / (np.sqrt(s["v"] / (1 - 0.9 ** (t + 1))) + 1e-3)

    return rule


def adagrad(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
    s["v"] = s.get("v", 0.3) + g * g
    return w - 0.05 * g / np.sqrt(s["v"] + 1e-3)


def adamax(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
    s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
    s["u"] = np.maximum(0.9 * s.get("u", 0), np.abs(g))
    return w - 0.05 / (1 - 0.8 ** (t + 1)) * s["m"] / (s["u"] + 1e-3)


def lion(s: dict[str, Any], w: Any, g: Any, t: int) -> Any:
    m = s.get("m", 0)
    s["m"] = 0.9 * m + 0.1 * g
    return w * (1 - 0.05 * 0.2) - 0.05 * np.sign(0.8 * m + 0.2 * g)


def by_norm(limit: float) -> Any:
    return lambda gs: [g * min(1, limit / np.sqrt((g**2).sum())) for g in gs]


def by_global_norm(limit: float) -> Any:
    return lambda gs: [g * min(1, limit / np.sqrt(sum((h**2).sum() for h in gs))) for g in gs]


ADAM = {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}
RMS = {"learning_rate": 0.05, "rho": 0.7, "epsilon": 1e-3}
CASES = [
    (SGD(0.1), run(sgd())),
    (SGD(0.1, 0.9), run(sgd(m=0.9))),
    (SGD(0.1, 0.9, nesterov=True), run(sgd(m=0.9, nesterov=True))),
    (SGD(0.1, 0.9, decay=0.5), run(sgd(m=0.9, decay=0.5))),
    (SGD(InverseTime(0.1, 0.5)), run(sgd(decay=0.5))),
    (SGD(0.1, clipvalue=0.05), run(sgd(), lambda gs: [np.clip(g, -0.05, 0.05) for g in gs])),
    (SGD(0.1, clipnorm=0.1), run(sgd(), by_norm(0.1))),
    (SGD(0.1, global_clipnorm=0.1), run(sgd(), by_global_norm(0.1))),
    (Adam(**ADAM), run(adam())),
    (AdamW(weight_decay=0.1, **ADAM), run(adam(0.1))),
    (Adam(clipnorm=0.1, **ADAM), run(adam(), by_norm(0.1))),
    (Adam(amsgrad=True, **ADAM), run(adam(amsgrad=True))),
    (AdamW(weight_decay=0.1, amsgrad=True, **ADAM), run(adam(0.1, amsgrad=True))),
    (Nadam(**ADAM), run(nadam())),
    (Nadam(weight_decay=0.1, clipnorm=0.1, **ADAM), run(nadam(0.1), by_norm(0.1))),
    (Adagrad(0.05, initial_accumulator_value=0.3, epsilon=1e-3), run(adagrad)),
    (Adamax(**ADAM), run(adamax)),
    (Lion(0.05, beta_1=0.8, beta_2=0.9, weight_decay=0.2, global_clipnorm=0.1), run(lion, by_global_norm(0.1))),
    (RMSprop(**RMS), run(rmsprop())),
    (RMSprop(momentum=0.5, centered=True, **RMS), run(rmsprop(0.5, True))),
]


@pytest.mark.parametrize(("optimizer", "expected"), CASES, ids=lambda case: repr(case)[:60])
def test_rules_by_hand(engine: str, optimizer: Any, expected: list[Any]) -> None:
    kernel = pynn.initializers.Constant(0.5)
    net = Network([Dense(2, kernel_initializer=kernel)], inputs=4, engine=engine, dtype="float64")
    net.compile(loss="half_mse", optimizer=optimizer)
    net.fit(X, Y, epochs=STEPS, batch_size=9, shuffle=False, verbose=0)
    for w, by_hand in zip(net.weights, expected, strict=True):
        # some 50 roundings a step of numbers around 1, none of them amplified much: 2^10 u in all
        np.testing.assert_allclose(w, by_hand, rtol=0, atol=2**10 * 2.0**-53)
    assert net.iteration == STEPS


def test_defaults_are_keras() -> None:
    assert repr(SGD()) == "SGD(learning_rate=0.01, momentum=0.0, nesterov=False, decay=0.0)"
    assert (
        repr(Adam())
        == "Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=0.0, amsgrad=False)"
    )
    assert AdamW().weight_decay == 0.004 and AdamW().plan().weight_decay == 0.004
    rms = RMSprop()
    assert (rms.learning_rate, rms.rho, rms.momentum, rms.epsilon, rms.centered) == (0.001, 0.9, 0.0, 1e-7, False)
    assert repr(Nadam()) == "Nadam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=0.0)"
    assert repr(Adamax()) == "Adamax(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=0.0)"
    assert repr(Lion()) == "Lion(learning_rate=0.001, beta_1=0.9, beta_2=0.99, weight_decay=0.0)"
    ada = Adagrad()
    assert (ada.learning_rate, ada.initial_accumulator_value, ada.epsilon, ada.weight_decay) == (0.001, 0.1, 1e-7, 0.0)
    assert rms.clipnorm is None and SGD(clipnorm=2).clipnorm == 2
    for kind in dict.fromkeys(OPTIMIZERS.values()):  # each has its own line that hands them on
        for name in ("clipvalue", "clipnorm", "global_clipnorm"):
            plan = kind(**{name: 2.0}).plan()
            assert {key: getattr(plan, key) for key in ("clipvalue", "clipnorm", "global_clipnorm")} == {
                "clipvalue": 0.0, "clipnorm": 0.0, "global_clipnorm": 0.0, name: 2.0
            }  # fmt: skip


def test_only_the_rate_changes() -> None:
    one = SGD(0.1, momentum=0.5)
    one.learning_rate = 0.2
    assert one.learning_rate == 0.2 and one.rates(5, 2).tolist() == [0.2, 0.2]
    one.learning_rate = Cosine(0.1, steps=3)
    assert one.learning_rate == Cosine(0.1, steps=3)
    with pytest.raises(AttributeError, match="momentum: only learning_rate"):
        one.momentum = 0.9
    with pytest.raises(AttributeError, match="no attribute 'rho'"):
        _ = one.rho
    with pytest.raises(ValueError, match="learning_rate"):
        one.learning_rate = -1
    assert one.learning_rate == Cosine(0.1, steps=3)


@pytest.mark.parametrize("how", [copy.deepcopy, copy.copy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies(how: Any) -> None:
    for one in (SGD(0.1, 0.9, decay=0.5, clipnorm=1), AdamW(Cosine(0.1, steps=9), amsgrad=True), Adagrad(0.1, 0.5)):
        assert repr(how(one)) == repr(one) and how(one).plan() == one.plan()
        assert (how(one).rates(0, 5) == one.rates(0, 5)).all()


def test_a_schedule_of_one_s_own_is_checked(engine: str) -> None:
    class Wrong(pynn.schedules.Schedule):
        def rates(self, first: int, n: int) -> Any:
            return [0.1] * (n - 1) + [float("nan")]

    net = Network([Dense(2)], engine=engine)
    net.compile(optimizer=SGD(Wrong()))
    with pytest.raises(ValueError, match="learning_rate"):
        net.fit(X, Y, verbose=0)


def test_names(engine: str) -> None:
    for name, kind in [
        ("sgd", SGD),
        ("Adam", Adam),
        ("adamw", AdamW),
        ("rmsprop", RMSprop),
        ("NADAM", Nadam),
        ("lion", Lion),
    ]:
        net = Network([Dense(1)], engine=engine)
        net.compile(optimizer=name)
        assert type(net.optimizer) is kind
