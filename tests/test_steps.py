"""Training steps of the reference engine: order, dropout, clipping, Keras' update rules written out one number at a
time, what is stored, and what happens when numbers run away. Single gradients are test_gradients.py's affair."""

import math

import numpy as np
import pytest
from small_networks import U, network, steps

from pynn.engine import formulas
from pynn.engine.data import Data, Totals
from pynn.engine.optimizer_plan import SLOTS
from pynn.engine.philox import dropout_keep
from pynn.engine.plan import LayerPlan, OptimizerPlan, build_plan
from pynn.engine.tables import OPTIMIZERS
from pynn.engine.update_formulas import powers_after
from pynn.errors import DivergenceError

# ---- steps, order, dropout ----


def test_order_slices_and_clock():
    """One epoch in one call, in slices, or call by call when the time is up: the same bits."""
    x = np.random.default_rng(1).normal(size=(23, 3))
    data, order = Data(x, y=x[:, :1]), np.random.default_rng(2).permutation(23)
    options = {"batch": 5, "epoch": 3, "rates": np.array([0.1, 0.2, 0.3, 0.2, 0.05]), "order": order}
    layers = (6, "tanh", {"dropout": 0.3}), (1, "linear")
    one, two, three = (network(3, *layers, optimizer=OptimizerPlan(momentum=0.9)) for _ in range(3))
    assert one.train(data, totals=Totals(), seconds=60, **options) == 5
    assert two.train(data, totals=Totals(), last=2, seconds=60, **options) == 2
    assert two.train(data, totals=Totals(), first=2, last=99, seconds=60, **options) == 5
    for step in range(5):
        assert three.train(data, totals=Totals(), first=step, seconds=0, **options) == step + 1
    assert one.iteration == two.iteration == three.iteration == 5
    assert one.get_params().tolist() == two.get_params().tolist() == three.get_params().tolist()
    # ... and the last step was the gradient of positions 20..22, rows order[20:], at its own rate.
    plain = network(3, (6, "tanh"), (1, "linear"))
    batch = Data(x[order[20:]], y=x[order[20:], :1])
    expected = plain.get_params() - 0.05 * plain.gradients(batch)[1]
    plain.train(data, totals=Totals(), first=4, seconds=60, **options)
    np.testing.assert_allclose(plain.get_params(), expected, rtol=0, atol=8 * U)


def test_dropout_masks_belong_to_positions():
    x = np.ones((40, 5))
    engine = network(5, (7, "relu", {"dropout": 0.25}), (2, "linear"), input_dropout=0.5, params=np.ones(58), seed=9)
    _, layers = engine.trace(Data(x, y=np.zeros((40, 2))), epoch=6)
    seed, rows = engine.plan.seed, np.arange(40)
    inputs = dropout_keep(seed, 6, 0, rows, 5, 0.5) * 2.0
    np.testing.assert_array_equal(layers[0]["z"], (inputs @ np.ones((5, 7))) + 1)
    keep = dropout_keep(seed, 6, 1, rows, 7, 0.25)
    np.testing.assert_array_equal(layers[0]["a"], np.where(keep, layers[0]["y"] * (1 / 0.75), 0))
    np.testing.assert_array_equal(layers[0]["d"] == 0, ~keep)
    assert 0.1 < 1 - keep.mean() < 0.4
    # Without an epoch nothing is dropped, and prediction never drops.
    _, quiet = engine.trace(Data(x, y=np.zeros((40, 2))))
    np.testing.assert_array_equal(quiet[0]["a"], quiet[0]["y"])
    np.testing.assert_array_equal(engine.predict(Data(x)), quiet[1]["a"])
    # Positions 30..39 of the epoch have the same masks as the last step of batches of 10.
    one = network(5, (7, "relu", {"dropout": 0.25}), (2, "linear"), input_dropout=0.5)
    last = np.zeros((40, 2))
    last[:30] = one.trace(Data(x, y=last), epoch=6)[1][1]["y"][:30]  # rows 0..29 have no error: only the last ten count
    expected = one.get_params() - 0.1 * 4 * one.gradients(Data(x, y=last), epoch=6)[1]
    one.train(Data(x, y=last), batch=10, epoch=6, rates=np.full(4, 0.1), totals=Totals(), first=3, seconds=60)
    np.testing.assert_allclose(one.get_params(), expected, rtol=0, atol=200 * U)


def test_dropout_after_the_last_layer_is_refused():
    with pytest.raises(ValueError, match="Dropout after the last"):
        network(2, (2, "relu", {"dropout": 0.5}))


# ---- optimizers, against Keras' formulas written out for one number at a time ----


def keras_sgd(o, rate, t, w, g, s):
    v = o.momentum * s.get("v", 0.0) - rate * g
    s["v"] = v
    if not o.momentum:
        return w - rate * g
    return w + o.momentum * v - rate * g if o.nesterov else w + v


def keras_adam(o, rate, t, w, g, s):
    s["m"] = o.beta1 * s.get("m", 0.0) + (1 - o.beta1) * g
    s["v"] = o.beta2 * s.get("v", 0.0) + (1 - o.beta2) * g * g
    alpha = rate * math.sqrt(1 - o.beta2**t) / (1 - o.beta1**t)
    return w - w * o.weight_decay * rate - alpha * s["m"] / (math.sqrt(s["v"]) + o.epsilon)


def keras_rmsprop(o, rate, t, w, g, s):
    s["v"] = o.rho * s.get("v", 0.0) + (1 - o.rho) * g * g
    s["a"] = o.rho * s.get("a", 0.0) + (1 - o.rho) * g
    increment = rate * g / math.sqrt((s["v"] - s["a"] ** 2 if o.centered else s["v"]) + o.epsilon)
    s["m"] = o.momentum * s.get("m", 0.0) + increment
    return w - s["m"]


def keras_amsgrad(o, rate, t, w, g, s):
    s["m"] = o.beta1 * s.get("m", 0.0) + (1 - o.beta1) * g
    s["v"] = o.beta2 * s.get("v", 0.0) + (1 - o.beta2) * g * g
    s["h"] = max(s.get("h", 0.0), s["v"])
    alpha = rate * math.sqrt(1 - o.beta2**t) / (1 - o.beta1**t)
    return w - w * o.weight_decay * rate - alpha * s["m"] / (math.sqrt(s["h"]) + o.epsilon)


def keras_nadam(o, rate, t, w, g, s):
    momenta = [o.beta1 * (1 - 0.5 * 0.96**k) for k in range(1, t + 2)]
    now, after = math.prod(momenta[:-1]), math.prod(momenta)
    s["m"] = o.beta1 * s.get("m", 0.0) + (1 - o.beta1) * g
    s["v"] = o.beta2 * s.get("v", 0.0) + (1 - o.beta2) * g * g
    m_hat = momenta[-1] * s["m"] / (1 - after) + (1 - momenta[-2]) * g / (1 - now)
    v_hat = s["v"] / (1 - o.beta2**t)
    return w - w * o.weight_decay * rate - rate * m_hat / (math.sqrt(v_hat) + o.epsilon)


def keras_adagrad(o, rate, t, w, g, s):
    s["v"] = s.get("v", o.initial_accumulator_value) + g * g
    return w - w * o.weight_decay * rate - rate * g / math.sqrt(s["v"] + o.epsilon)


def keras_adamax(o, rate, t, w, g, s):
    s["m"] = o.beta1 * s.get("m", 0.0) + (1 - o.beta1) * g
    s["u"] = max(o.beta2 * s.get("u", 0.0), abs(g))
    return w - w * o.weight_decay * rate - rate * s["m"] / ((1 - o.beta1**t) * (s["u"] + o.epsilon))


def keras_lion(o, rate, t, w, g, s):
    way = o.beta1 * s.get("m", 0.0) + (1 - o.beta1) * g
    s["m"] = o.beta2 * s.get("m", 0.0) + (1 - o.beta2) * g
    return w - w * o.weight_decay * rate - rate * float(np.sign(way))


ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
RMSPROP = {"rho": 0.9, "epsilon": 1e-7}
RULES = [
    (keras_sgd, OptimizerPlan()),
    (keras_sgd, OptimizerPlan(momentum=0.9)),
    (keras_sgd, OptimizerPlan(momentum=0.9, nesterov=True)),
    (keras_adam, OptimizerPlan("adam", **ADAM)),
    (keras_adam, OptimizerPlan("adam", **ADAM, weight_decay=0.1)),
    (keras_amsgrad, OptimizerPlan("adam", **ADAM, amsgrad=True)),
    (keras_amsgrad, OptimizerPlan("adam", **ADAM, amsgrad=True, weight_decay=0.1)),
    (keras_nadam, OptimizerPlan("nadam", **ADAM)),
    (keras_nadam, OptimizerPlan("nadam", **ADAM, weight_decay=0.1)),
    (keras_adagrad, OptimizerPlan("adagrad", epsilon=1e-7)),
    (keras_adagrad, OptimizerPlan("adagrad", epsilon=1e-7, initial_accumulator_value=0.1, weight_decay=0.1)),
    (keras_adamax, OptimizerPlan("adamax", **ADAM)),
    (keras_adamax, OptimizerPlan("adamax", **ADAM, weight_decay=0.1)),
    (keras_lion, OptimizerPlan("lion", beta1=0.9, beta2=0.99)),
    (keras_lion, OptimizerPlan("lion", beta1=0.9, beta2=0.99, weight_decay=0.1)),
    (keras_rmsprop, OptimizerPlan("rmsprop", **RMSPROP)),
    (keras_rmsprop, OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5)),
    (keras_rmsprop, OptimizerPlan("rmsprop", **RMSPROP, centered=True)),
    (keras_rmsprop, OptimizerPlan("rmsprop", **RMSPROP, momentum=0.5, centered=True)),
]


@pytest.mark.parametrize(("keras", "rule"), RULES)
def test_optimizers_are_keras(keras, rule):
    x = np.random.default_rng(1).normal(size=(6, 2))
    data = Data(x, y=x @ np.array([[1.0], [-2.0]]) + 0.5)
    engine = network(2, (3, "tanh"), (1, "linear"), optimizer=rule)
    w, memory = engine.get_params().tolist(), [{} for _ in range(engine.plan.n_params)]
    assert tuple(engine.get_slots()) == rule.slots
    for t, rate in enumerate([0.05, 0.04, 0.03, 0.02, 0.01], 1):
        _, g = engine.gradients(data)  # at the engine's own weights: errors of one step, not of their history
        w = [keras(rule, rate, t, engine.get_params()[i], g[i], memory[i]) for i in range(len(w))]
        steps(engine, data, 1, rate=rate)
        # Some ten roundings of values up to |w| + |step|; the centered spread v - a^2 loses a digit at most.
        np.testing.assert_allclose(engine.get_params(), w, rtol=0, atol=200 * U)
        for name in rule.slots:
            np.testing.assert_allclose(engine.get_slots()[name], [s[name] for s in memory], rtol=0, atol=200 * U)
    assert engine.iteration == 5
    if rule.name in ("adam", "adamax"):
        np.testing.assert_allclose(engine.beta_power, [0.9**5, 0.999**5], rtol=8 * U)
    if rule.name == "nadam":
        product = math.prod(0.9 * (1 - 0.5 * 0.96**t) for t in range(1, 6))
        np.testing.assert_allclose(engine.beta_power, [product, 0.999**5, 0.96**5], rtol=24 * U)
        np.testing.assert_allclose(engine.beta_power, powers_after(rule, 5), rtol=24 * U)


def test_an_unknown_rule_is_an_error():
    with pytest.raises(ValueError, match="optimizer: 'adadelta'.*adagrad"):
        OptimizerPlan("adadelta")
    assert list(SLOTS) == list(OPTIMIZERS)


def test_amsgrad_remembers_the_highest_v():
    """With a gradient that vanishes, Adam's v fades and amsgrad's h does not."""
    rule = OptimizerPlan("adam", beta1=0.9, beta2=0.5, epsilon=1e-7, amsgrad=True)
    engine = network(1, (1, "linear", {"use_bias": False}), params=[1.0], optimizer=rule)
    steps(engine, Data(np.ones((1, 1)), y=np.zeros((1, 1))), 1)
    highest = engine.get_slots()["h"].copy()
    assert highest == engine.get_slots()["v"]
    for _ in range(3):
        steps(engine, Data(np.zeros((1, 1)), y=np.zeros((1, 1))), 1)
    assert engine.get_slots()["h"] == highest
    assert engine.get_slots()["v"] == highest / 8


@pytest.mark.parametrize("name", ["reference", "_native"])
def test_adagrad_begins_with_its_accumulator(name):
    module = pytest.importorskip(f"pynn.engine.{name}")
    rule = OptimizerPlan("adagrad", epsilon=1e-7, initial_accumulator_value=0.1)
    layers = [LayerPlan(0, 3, "tanh"), LayerPlan(0, 1, "linear")]
    engine = module.Engine(build_plan(2, layers, optimizer=rule, dtype="float32"))
    assert engine.get_slots()["v"].tolist() == [float(np.float32(0.1))] * 13


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_gradient_and_no_epsilon_is_no_step(name):
    engine = network(2, (1, "linear"), optimizer=OptimizerPlan(name, beta1=0.9, beta2=0.999, rho=0.9))
    before = engine.get_params()
    steps(engine, Data(np.zeros((3, 2)), y=np.full((3, 1), before[2])), 2)
    assert engine.get_params().tolist() == before.tolist()


def test_resuming_from_saved_state_changes_nothing():
    x = np.random.default_rng(1).normal(size=(6, 2))
    data, rule = Data(x, y=x[:, :1] ** 2), OptimizerPlan("adam", **ADAM)
    one, two = (network(2, (3, "tanh"), (1, "linear"), optimizer=rule, seed=seed) for seed in (1, 2))
    steps(one, data, 4)
    two.set_params(one.get_params())
    two.set_slots(one.get_slots())
    two.iteration, two.beta_power = one.iteration, one.beta_power
    steps(one, data, 3)
    steps(two, data, 3)
    assert one.get_params().tolist() == two.get_params().tolist()
    assert one.iteration == two.iteration == 7


@pytest.mark.parametrize("kind", ["clipvalue", "clipnorm", "global_clipnorm"])
def test_clipping(kind):
    x = np.random.default_rng(1).normal(size=(6, 2))
    data, layers = Data(x, y=10 * x[:, :1]), ((3, "tanh", {"l2": 0.5}), (1, "linear"))
    _, g = network(2, *layers).gradients(data)  # l2 included: clipping comes after it
    tensors = np.split(g, [6, 9, 12])
    norms = [np.linalg.norm(tensor) for tensor in tensors]
    limit = {"clipvalue": 0.5, "clipnorm": sorted(norms)[1], "global_clipnorm": np.linalg.norm(g) / 3}[kind]
    expected = {
        "clipvalue": [np.clip(tensor, -0.5, 0.5) for tensor in tensors],
        "clipnorm": [tensor * min(1, limit / norm) for tensor, norm in zip(tensors, norms, strict=True)],
        "global_clipnorm": [tensor / 3 for tensor in tensors],
    }[kind]
    engine = network(2, *layers, optimizer=OptimizerPlan(**{kind: limit}))
    w = engine.get_params()
    steps(engine, data, 1, rate=1.0)
    np.testing.assert_allclose(w - engine.get_params(), np.concatenate(expected), rtol=0, atol=64 * U * np.abs(g).max())
    assert not np.allclose(w - engine.get_params(), g)
    loose = network(2, *layers, optimizer=OptimizerPlan(**{kind: 1e9}))
    steps(loose, data, 1, rate=1.0)
    np.testing.assert_allclose(w - loose.get_params(), g, rtol=0, atol=8 * U * np.abs(g).max())


# ---- storage and divergence ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_denormals_and_minus_zero_are_stored_as_zero(dtype):
    tiny = float(np.finfo(dtype).tiny)
    given = np.array([tiny, tiny / 2, -tiny / 2, -0.0, -tiny, 1.0, 0.0], dtype)
    kept = [tiny, 0.0, 0.0, 0.0, -tiny, 1.0, 0.0]

    def bits(values):
        return np.asarray(values, dtype).tobytes()

    assert bits(formulas.stored(given)) == bits(kept)
    rule = OptimizerPlan(momentum=0.5)
    engine = network(7, (1, "linear", {"use_bias": False}), params=given, dtype=dtype, optimizer=rule)
    assert bits(engine.get_params()) == bits(kept)
    engine.set_slots({"v": given})
    assert bits(engine.get_slots()["v"]) == bits(kept)
    # Gathered inputs, before and after scaling: a weight of four brings back what was not dropped.
    four = network(1, (1, "linear", {"use_bias": False}), params=[4], dtype=dtype)
    assert bits(four.predict(Data(given[:, None]))) == bits([4 * x for x in kept])
    half = network(1, (1, "linear", {"use_bias": False}), params=[4], dtype=dtype, scale=np.array([0.5]))
    assert bits(half.predict(Data(given[:, None]))) == bits([0, 0, 0, 0, 0, 2, 0])
    # An activation that underflows, and relu of -0.
    small = network(1, (1, "tanh", {"use_bias": False}), params=[0.5], dtype=dtype)
    assert bits(small.predict(Data(np.array([[tiny], [-0.0], [4 * tiny]], dtype)))) == bits([[0.0], [0.0], [2 * tiny]])
    # A velocity that fades away: 0.5 v with g = 0, and the weight that adds it.
    engine.set_params(np.zeros(7))
    engine.set_slots({"v": np.full(7, -tiny)})
    steps(engine, Data(np.zeros((1, 7)), y=np.zeros((1, 1))), 1)
    assert bits(engine.get_slots()["v"]) == bits(engine.get_params()) == bits([0.0] * 7)
    # Deltas that underflow, at the output (plain and fused) and below it.
    for output, loss in [("linear", "mse"), ("sigmoid", "binary_crossentropy")]:
        pair = network(1, (1, "tanh"), (1, output), params=[1, 0, 0.25, 0.25], dtype=dtype, loss=loss)
        for weight in (tiny / 4, tiny):
            data = Data(np.ones((1, 1)), y=np.full((1, 1), -0.5), weight=np.array([weight]))
            _, layers = pair.trace(data)
            assert bits(layers[0]["d"]) == bits([[0.0]])
            assert (layers[1]["d"] == 0) == (weight < tiny)


def test_a_loss_that_is_not_finite_changes_nothing():
    engine = network(2, (3, "relu"), (1, "linear"), dtype="float32", optimizer=OptimizerPlan(momentum=0.9))
    x = np.ones((8, 2))
    x[5] = 1e38
    before, totals = engine.get_params(), Totals()
    with pytest.raises(DivergenceError, match="loss of step 2 of epoch 3") as caught:
        data = Data(x, y=np.zeros((8, 1)))
        engine.train(data, batch=4, epoch=2, rates=np.zeros(2), totals=totals, seconds=60)
    assert caught.value.step == 1
    assert engine.iteration == 1  # step 0 was completed; its rate was 0
    assert totals.rows == 4
    assert engine.get_params().tolist() == before.tolist()
    assert not any(slot.any() for slot in engine.get_slots().values())


@pytest.mark.parametrize("rule", [OptimizerPlan(momentum=0.5), OptimizerPlan("adam", **ADAM)])
def test_an_update_that_is_not_finite_is_not_taken(rule):
    """One input is huge: its gradient 2 x y overflows when squared or multiplied, the others' do not."""
    engine = network(3, (1, "linear"), params=[0.5, 0, 0.5, 0.5], dtype="float32", optimizer=rule)
    data = Data(np.array([[1.0, 1e38, 2.0]]), y=np.array([[-0.5]]))
    with pytest.raises(DivergenceError, match="update of step 1"):
        steps(engine, data, 1, rate=10.0)
    params = engine.get_params()
    assert np.isfinite(params).all()
    assert params[1] == 0
    assert (params[[0, 2, 3]] != 0.5).all()
    assert all(slot[1] == 0 and slot[0] != 0 for slot in engine.get_slots().values())
    assert engine.iteration == 0
    assert engine.beta_power.tolist() == [1, 1]


def test_an_element_moves_as_a_whole_or_not_at_all():
    """g = 5e25 is a float32, its square is not: neither v nor m nor w takes it."""
    engine = network(
        3, (1, "linear"), params=[0.5, 0, 0.5, 0.5], dtype="float32", optimizer=OptimizerPlan("adam", **ADAM)
    )
    with pytest.raises(DivergenceError, match="update of step 1"):
        steps(engine, Data(np.array([[1.0, 1e25, 2.0]]), y=np.array([[-0.5]])), 1)
    assert engine.get_slots()["m"][1] == engine.get_slots()["v"][1] == engine.get_params()[1] == 0
    assert np.count_nonzero(engine.get_slots()["m"]) == np.count_nonzero(engine.get_slots()["v"]) == 3


def test_results_are_copies():
    engine = network(2, (1, "linear"), optimizer=OptimizerPlan(momentum=0.5))
    before = engine.get_params()
    engine.get_params()[:] = 7
    engine.get_slots()["v"][:] = 7
    engine.beta_power[:] = 7
    assert engine.get_params().tolist() == before.tolist()
    assert not engine.get_slots()["v"].any()
    assert engine.beta_power.tolist() == [1, 1]
    with pytest.raises(ValueError, match="2 numbers given, the network has 3"):
        engine.set_params(np.ones(2))


@pytest.mark.parametrize("name", ["reference", "_native"])
def test_centered_rmsprop_survives_a_constant_gradient(name: str) -> None:
    """v - a^2 is 0 then, or a little below it by rounding: no root of a negative number."""
    module = pytest.importorskip(f"pynn.engine.{name}")
    rule = OptimizerPlan("rmsprop", rho=0.5, epsilon=1e-7, centered=True)
    engine = module.Engine(build_plan(1, [LayerPlan(0, 1, "linear")], loss="mae", optimizer=rule))
    data = Data(np.full((1, 1), 1e4), y=np.full((1, 1), 1e9))
    for _ in range(60):
        engine.train(data, batch=1, epoch=0, rates=np.full(1, 1e-3), totals=Totals())
    assert np.isfinite(engine.get_params()).all() and engine.iteration == 60
