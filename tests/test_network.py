"""Network's verbs: that they do what they say, on both engines, for all kinds of data. Bad input: test_bad_input.py."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import SGD, Dense, Dropout, Network, Normalization, NotFittedError, Rescaling


def rows(n: int = 40, features: int = 5, classes: int = 3) -> tuple[Any, Any]:
    """Small whole numbers: exact in every type, and a class that depends on them."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, 9, (n, features)).astype(np.float64)
    return x, (x[:, 0] + 2 * x[:, 1]).astype(np.int64) % classes


def classifier(engine: str, **options: Any) -> Network:
    net = Network([Dense(6, "tanh"), Dense(3, "softmax")], engine=engine, **options)
    net.compile(optimizer=SGD(0.05, momentum=0.9), metrics=["accuracy"])
    return net


def trained(engine: str, **options: Any) -> Network:
    net = classifier(engine, **options)
    net.fit(*rows(), epochs=3, batch_size=16, verbose=0)
    return net


# ---- learning ----


def test_learns_xor(engine: str) -> None:
    x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    net = Network([Dense(8, "tanh"), Dense(1, "sigmoid")], engine=engine, dtype="float64", seed=3)
    net.compile(optimizer=pynn.Adam(0.05), metrics=["accuracy"])
    history = net.fit(x, y, epochs=300, verbose=0)
    assert net.evaluate(x, y)["accuracy"] == 1.0
    assert history.history["loss"][-1] < 0.1 < history.history["loss"][0]


def test_the_engines_agree_from_the_first_weights_on() -> None:
    pytest.importorskip("pynn.engine._native")
    nets = [classifier(engine, dtype="float64", seed=7) for engine in ("reference", "native")]
    for net in nets:
        net.fit(*rows(), epochs=0, verbose=0)
    assert nets[0].fingerprint() == nets[1].fingerprint()
    logs = [net.fit(*rows(), epochs=2, batch_size=7, verbose=0).history for net in nets]
    # 12 steps of about 60 roundings each; momentum 0.9 adds up to 10 of them
    np.testing.assert_allclose(nets[0].get_params(), nets[1].get_params(), rtol=0, atol=12 * 60 * 10 * 2.0**-53)
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-11)


def test_first_weights_are_a_function_of_the_seed(engine: str) -> None:
    nets = [Network([Dense(6), Dense(3)], inputs=5, engine=engine, seed=seed) for seed in (1, 1, 2)]
    prints = [net.fingerprint() for net in nets]
    assert prints[0] == prints[1] != prints[2]
    limit = np.sqrt(6 / 11)
    W, b = nets[0].get_weights()[:2]
    assert W.shape == (5, 6) and W.dtype == np.float32 and not b.any()
    assert limit / 3 < np.abs(W).max() <= limit


# ---- what x and y may be ----


def layouts(x: Any) -> dict[str, Any]:
    """The same numbers in many guises."""
    wide = np.zeros((2 * len(x), 3 * x.shape[1]))
    wide[::2, ::3] = x
    raw = np.zeros(x.size * 4 + 1, np.uint8)
    misaligned = raw[1:].view(np.float32).reshape(x.shape)
    misaligned[...] = x
    frozen = x.astype(np.float32)
    frozen.flags.writeable = False
    kinds = {f"{kind}": x.astype(kind) for kind in ("u1", "i1", "u2", "i4", "u8", "f2", "f4", "f8", ">f4", ">i2", "g")}
    return kinds | {
        "list": x.tolist(),
        "fortran": np.asfortranarray(x),
        "strided": wide[::2, ::3],
        "reversed": x[::-1, ::-1].copy()[::-1, ::-1],
        "misaligned": misaligned,
        "read-only": frozen,
        "cube": x.reshape(len(x), 1, -1),
        "matrix": np.matrix(x) if hasattr(np, "matrix") else x,
        "frame": Frame(x),
        "dlpack": Capsule(x),
    }


class Frame:
    """What pandas and polars have in common."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def to_numpy(self) -> Any:
        return self.x


class Capsule:
    """A tensor that offers DLPack alone."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __dlpack__(self, **options: Any) -> Any:
        return self.x.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.x.__dlpack_device__()


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_x_of_every_kind_gives_the_same(engine: str) -> None:
    x, y = rows()
    expected = None
    for name, given in layouts(x).items():
        net = classifier(engine)
        net.fit(given, y, epochs=2, verbose=0)
        found = net.fingerprint(), net.predict(given).tobytes()
        expected = expected or found
        assert found == expected, name


def test_labels_of_every_kind_give_the_same(engine: str) -> None:
    x, y = rows()
    prints = {}
    given: dict[str, Any] = {kind: y.astype(kind) for kind in ("i1", "u1", "i8", "u8", ">i4", "f4", "f8")}
    given |= {"list": y.tolist(), "column": y[:, None], "one-hot": np.eye(3)[y], "one-hot bool": np.eye(3)[y] > 0}
    for name, labels in given.items():
        net = classifier(engine)
        net.fit(x, labels, epochs=2, verbose=0)
        prints[name] = net.fingerprint()
    assert len(set(prints.values())) == 1, prints


def test_two_classes_as_booleans(engine: str) -> None:
    x, y = rows(classes=2)
    for last in (Dense(2, "softmax"), Dense(1, "sigmoid")):
        nets = [Network([last], engine=engine) for _ in range(2)]
        nets[0].fit(x, y, verbose=0)
        nets[1].fit(x, y == 1, verbose=0)
        assert nets[0].fingerprint() == nets[1].fingerprint()


def test_a_memory_map_is_not_read_as_a_whole(engine: str, tmp_path: Any) -> None:
    x, y = rows()
    np.save(tmp_path / "x.npy", x)
    net = classifier(engine)
    net.fit(np.load(tmp_path / "x.npy", mmap_mode="r"), y, epochs=3, batch_size=16, verbose=0)
    assert net.fingerprint() == trained(engine).fingerprint()


def test_regression_on_a_line(engine: str) -> None:
    x = np.linspace(-1, 1, 64)
    net = Network([Dense(1)], engine=engine, dtype="float64")
    net.compile(loss="mse", optimizer=SGD(0.3), metrics=["mae", "mse"])
    net.fit(x, -18 * x + 6, epochs=200, verbose=0)
    W, b = net.get_weights()
    assert abs(W[0, 0] + 18) < 1e-6 and abs(b[0] - 6) < 1e-6
    assert set(net.evaluate(x, -18 * x + 6)) == {"loss", "mae", "mse"}


# ---- answers ----


def test_a_row_is_predicted_alone_as_among_others() -> None:
    pytest.importorskip("pynn.engine._native")
    net, (x, _) = trained("native"), rows()
    together = net.predict(x, batch_size=7)
    assert together.shape == (40, 3) and together.dtype == np.float32
    for i in range(len(x)):
        assert together[i].tobytes() == net.predict(x[i : i + 1])[0].tobytes()


def test_predict_and_evaluate_by_hand(engine: str) -> None:
    net, (x, y) = trained(engine, dtype="float64"), rows()
    W1, b1, W2, b2 = net.weights
    z = np.tanh(x @ W1 + b1) @ W2 + b2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(net.predict(x), p, rtol=1e-12)
    weight = np.arange(40) / 10
    expected = -np.mean(weight * np.log(p[np.arange(40), y]))
    result = net.evaluate(x, y, sample_weight=weight)
    assert result["loss"] == pytest.approx(expected, rel=1e-12)
    assert result["accuracy"] == np.mean(p.argmax(axis=1) == y)


def test_train_on_batch_is_a_step(engine: str) -> None:
    x, y = rows()
    nets = [classifier(engine) for _ in range(2)]
    logs = nets[0].train_on_batch(x, y)
    history = nets[1].fit(x, y, batch_size=40, shuffle=False, verbose=0).history
    assert nets[0].fingerprint() == nets[1].fingerprint()
    assert logs == {name: values[0] for name, values in history.items()}
    assert nets[0].iteration == 1 and nets[0].epoch == 0


def test_dropout_masks_differ_from_batch_to_batch(engine: str) -> None:
    """Steps with the same rows and a learning rate of 0: only the mask can change the loss."""
    net = Network([Dense(8, "tanh"), Dropout(0.5), Dense(1)], engine=engine)
    net.compile(optimizer=SGD(0.0))
    x, y = rows()
    losses = {net.train_on_batch(x, y)["loss"] for _ in range(4)}
    assert len(losses) == 4
    assert net.evaluate(x, y) == net.evaluate(x, y)


# ---- numbers in and out ----


def test_weights_and_back(engine: str) -> None:
    net, other = trained(engine), classifier(engine, inputs=5)
    other.set_weights([w.astype(np.float64) for w in net.get_weights()])
    assert other.fingerprint() == net.fingerprint()
    flat = net.get_params()
    assert flat.shape == (5 * 6 + 6 + 6 * 3 + 3,)
    np.testing.assert_array_equal(flat[:30].reshape(5, 6), net.weights[0])
    other.set_params(np.arange(len(flat)))
    np.testing.assert_array_equal(other.get_params(), np.arange(len(flat)))
    other.get_params()[:] = 0  # a copy
    assert other.get_params().any()


def test_no_bias(engine: str) -> None:
    net = Network([Dense(4, "relu", use_bias=False), Dense(2)], inputs=3, engine=engine)
    assert [w.shape for w in net.get_weights()] == [(3, 4), (4, 2), (2,)]
    net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    assert net.gradients(np.ones((4, 3)), np.ones((4, 2)))[1].shape == (4, 2)


@pytest.mark.parametrize("how", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_go_on_alike_and_apart(engine: str, how: Any) -> None:
    """Weights, the optimizer's state, the epoch and what was learned of the inputs all come along."""
    net = Network([Rescaling(0.5), Normalization(), Dense(6, "relu"), Dropout(0.2), Dense(3, "softmax")], engine=engine)
    net.compile(optimizer=pynn.Adam(), metrics="accuracy")
    net.fit(*rows(), epochs=2, batch_size=8, verbose=0)
    before = net.fingerprint()
    other = how(net)
    other.fit(*rows(), epochs=2, batch_size=8, verbose=0)
    assert net.fingerprint() == before != other.fingerprint()
    net.fit(*rows(), epochs=2, batch_size=8, verbose=0)
    assert net.fingerprint() == other.fingerprint() and net.iteration == other.iteration == 20


def test_compile_keeps_the_weights_and_forgets_the_velocity(engine: str) -> None:
    net = trained(engine)
    before = net.fingerprint()
    net.compile(optimizer=SGD(0.05, momentum=0.9))
    assert net.fingerprint() == before and net.iteration == 0 and net.epoch == 3
    fresh = classifier(engine, inputs=5)
    fresh.set_weights(net.get_weights())
    for one in (net, fresh):
        one.train_on_batch(*rows())
    assert net.fingerprint() == fresh.fingerprint()


def test_inputs_are_learned_from_the_first_fit(engine: str) -> None:
    net = classifier(engine)
    assert net.inputs is None
    with pytest.raises(NotFittedError, match="weights"):
        net.get_weights()
    with pytest.raises(NotFittedError, match="predict"):
        net.predict(np.ones((1, 5)))
    net.fit(np.ones((4, 2, 3)), [0, 1, 2, 0], verbose=0)
    assert net.inputs == 6


def test_add_and_the_usual_losses(engine: str) -> None:
    for activation, name in [
        ("linear", "mse"),
        ("sigmoid", "binary_crossentropy"),
        ("softmax", "categorical_crossentropy"),
    ]:
        net = Network(inputs=2, engine=engine)
        net.compile(metrics=["mae"])
        net.add(Dense(3, "relu"))
        assert net.loss.name == "mse"
        net.add(Dense(2, activation))
        assert net.loss.name == name
    net.get_weights()
    with pytest.raises(ValueError, match="weights already"):
        net.add(Dense(1))


def test_a_doubtful_loss_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    net = Network([Dense(3)], engine="reference")
    net.compile(loss="categorical_crossentropy")
    assert "probabilities" in caplog.text


def test_threads_do_not_show() -> None:
    pytest.importorskip("pynn.engine._native")
    assert len({trained("native", threads=threads).fingerprint() for threads in (None, 1, 2, 3)}) == 1


def test_data_are_not_copied_as_a_whole(engine: str) -> None:
    """Every layout: what is taken stays far below the data set itself; rows are converted as they come."""
    wide = np.zeros((40_000, 100), np.float32)[:, ::2]
    layouts = [np.zeros((40_000, 50), np.uint8), wide, np.zeros((50, 40_000)).T, np.zeros((40_000, 50), ">i4")]
    y = np.zeros(40_000, np.int8)
    for x in layouts:
        net = Network([Rescaling(0.5), Normalization(), Dense(2, "softmax")], engine=engine)
        net.fit(x[:64], y[:64], verbose=0)
        tracemalloc.start()
        net.fit(x, y, epochs=1, batch_size=4096, validation_split=0.1, verbose=0)
        net.predict(x[:5000])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # beyond x: batches of 4096 rows, labels, the order of the rows and its making
        assert peak < 40_000 * 110 < 40_000 * 50 * 4, (x.dtype, peak)


def test_real_frames_and_tensors(engine: str) -> None:
    x, y = rows()
    for library in ("pandas", "polars"):
        frames = pytest.importorskip(library)
        net = classifier(engine)
        names = [f"f{i}" for i in range(5)]
        frame = frames.DataFrame(dict(zip(names, x.T, strict=True)))
        net.fit(frame, frames.Series(y), epochs=3, batch_size=16, verbose=0)
        assert net.fingerprint() == trained(engine).fingerprint()


def test_what_is_fixed() -> None:
    net = Network([Dense(1)], engine="reference")
    for name in ("seed", "dtype", "engine", "threads"):
        with pytest.raises(AttributeError, match=f"{name}: cannot be changed"):
            setattr(net, name, getattr(net, name))


def test_names_and_repr() -> None:
    net = Network([Dense(2)], inputs=3, engine="reference", seed=5)
    assert repr(net).startswith("Network([Dense(units=2") and "seed=5" in repr(net)
    for name in pynn.__all__:
        assert getattr(pynn, name) is not None
