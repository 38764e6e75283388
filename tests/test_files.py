"""Model files: what comes back, that resuming changes no bit, and that no damaged or hostile file gets through."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pynn
from pynn import (
    SGD,
    Adam,
    AdamW,
    Dense,
    Dropout,
    ModelFormatError,
    Network,
    Normalization,
    Rescaling,
    RMSprop,
    activations,
    initializers,
    losses,
    schedules,
)
from pynn.callbacks import EarlyStopping, ModelCheckpoint
from pynn.files import replacing

X = np.random.default_rng(2).normal(3, 2, size=(50, 4))
Y = (X[:, 0] > 3).astype(int) + (X[:, 1] > 4)
OPTIMIZERS = {
    "sgd": lambda: SGD(0.05),
    "momentum": lambda: SGD(schedules.Cosine(0.05, 40), momentum=0.9, nesterov=True, decay=1e-3),
    "adam": lambda: Adam(schedules.Warmup(schedules.OneCycle(0.05, 30), 4), clipnorm=1.0),
    "adamw": lambda: AdamW(schedules.Step(0.01, 3), weight_decay=0.1),
    "rmsprop": lambda: RMSprop(schedules.Exponential(0.01, 0.9), momentum=0.5, centered=True),
}
GOLDEN = Path(__file__).parent / "golden" / "model_1.pynn"


def make(engine: str = "reference", optimizer: Any = None, dtype: str = "float32") -> Network:
    layers = [Rescaling(0.5, 1), Normalization(), Dropout(0.1), Dense(7, activations.elu(0.5), l2=1e-3), Dropout(0.3)]
    net = Network([*layers, Dense(5, "tanh", use_bias=False), Dense(3, "softmax")], engine=engine, seed=3, dtype=dtype)
    net.compile(optimizer=optimizer or Adam(0.01), metrics=["accuracy", "mae"])
    return net


def trained(**options: Any) -> Network:
    net = make(**options)
    net.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    return net


# ---- what comes back ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_resuming_changes_no_bit(engine: str, rule: str, dtype: str, tmp_path: Path) -> None:
    """Stopped, saved, loaded and resumed: weights, state, iteration and answers of a training that was not stopped."""
    net = trained(engine=engine, optimizer=OPTIMIZERS[rule](), dtype=dtype)
    net.save(tmp_path / "a.pynn")
    again = Network.load(tmp_path / "a.pynn", engine=engine)
    assert (again.fingerprint(), again.epoch, again.iteration) == (net.fingerprint(), 2, 14)
    assert again.predict(X).tobytes() == net.predict(X).tobytes()
    first = net.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    second = again.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    assert again.fingerprint() == net.fingerprint() and first.history == second.history
    net.save(tmp_path / "b.pynn")
    again.save(tmp_path / "c.pynn")
    assert (
        (tmp_path / "b.pynn").read_bytes() == (tmp_path / "c.pynn").read_bytes() != (tmp_path / "a.pynn").read_bytes()
    )


def test_resuming_in_another_process(tmp_path: Path) -> None:
    net = trained()
    net.save(tmp_path / "a.pynn")
    code = (
        "import numpy as np, pynn; from test_files import X, Y;"
        f"net = pynn.Network.load({str(tmp_path / 'a.pynn')!r}, engine='reference');"
        "net.fit(X, Y, epochs=1, batch_size=8, verbose=0); print(net.fingerprint())"
    )
    path = os.pathsep.join([str(Path(__file__).parent), os.environ["PYTHONPATH"]])
    out = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    net.fit(X, Y, epochs=1, batch_size=8, verbose=0)
    assert out.stdout.strip() == net.fingerprint()


def test_every_part_comes_back(tmp_path: Path) -> None:
    """Each initializer, activation and loss, with parameters that are not the defaults."""
    given = [initializers.Constant(0.25), initializers.Uniform(0.1), initializers.Normal(0.2)]
    given += [kind() for name, kind in initializers.INITIALIZERS.items() if name not in ("constant", "uniform")]
    for i, one in enumerate(given):
        for j, loss in enumerate([losses.Huber(delta=2.0, outputs="sum"), losses.BinaryCrossentropy(0.1), None]):
            net = Network([Dense(2, activations.leaky_relu(0.3), one, bias_initializer=one), Dense(1, "sigmoid")])
            net.compile(loss=loss, optimizer=SGD(clipvalue=3.0))
            net.save(tmp_path / "a.pynn")
            again = Network.load(tmp_path / "a.pynn")
            assert again.layers == net.layers and again.loss == net.loss, (i, j)
            assert repr(again.optimizer) == repr(net.optimizer) and again.inputs is None
    for loss in (losses.Quantile(0.9), losses.Quantile([0.1, 0.9], outputs="sum"), losses.Huber([1, 2.5])):
        net = Network([Dense(3, activations.relu(at_zero=0.25)), Dense(2, "exponential")], inputs=3)
        net.compile(loss=loss)
        net.save(tmp_path / "a.pynn")
        again = Network.load(tmp_path / "a.pynn")
        assert again.loss == loss and again.layers == net.layers and again.layers[1].activation.name == "exp"
        assert again.check_gradients(np.ones((2, 3)), np.ones((2, 2))).ok
    for name in losses._BY_NAME:
        net = Network([Dense(2, "softmax")], inputs=3, seed=2**64 - 1)
        net.compile(loss=name)
        net.save(tmp_path / "a.pynn")
        again = Network.load(tmp_path / "a.pynn")
        assert (again.loss, again.seed, again.fingerprint()) == (net.loss, net.seed, net.fingerprint())


def test_networks_without_weights_or_layers(tmp_path: Path) -> None:
    for net in (Network(), Network(inputs=3), Network([Rescaling(2.0)], inputs=4), make()):
        net.save(tmp_path / "a.pynn")
        again = Network.load(tmp_path / "a.pynn")
        assert again.layers == net.layers and again.inputs == net.inputs and again.epoch == 0
    again.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert again.layers[1].adapted


def test_extra_comes_back(tmp_path: Path) -> None:
    net = trained()
    net.extra = {"classes": ["a", "é", "\n\"'"], "numbers": [0.1, 1e300, -5, None, True], "deep": {"": {}}}
    net.save(tmp_path / "a.pynn")
    assert Network.load(tmp_path / "a.pynn").extra == net.extra
    for bad in ({1: 2}, {"a": (1, 2)}, {"a": float("nan")}, {"a": np.float32(1)}, {"a": {1, 2}}):
        net.extra = bad
        with pytest.raises(TypeError, match="^extra: "):
            net.save(tmp_path / "b.pynn")
    assert not (tmp_path / "b.pynn").exists()
    net.extra = {"a": "x" * 2**24}
    with pytest.raises(ValueError, match="extra: the header"):
        net.save(tmp_path / "b.pynn")


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    net = trained()
    net.save(tmp_path / "a.pynn")
    found = safetensors.load_file(tmp_path / "a.pynn")
    names = [name for name in found if name.startswith("layers.") and name.split(".")[2] in ("kernel", "bias")]
    assert sorted(names) == ["layers.3.bias", "layers.3.kernel", "layers.5.kernel", "layers.6.bias", "layers.6.kernel"]
    ordered = [found[f"layers.{name}"] for name in ("3.kernel", "3.bias", "5.kernel", "6.kernel", "6.bias")]
    for a, b in zip(ordered, net.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(found["layers.1.mean"], net.layers[1].mean)


def test_a_file_of_this_version_can_be_read() -> None:
    """A committed file: later versions have to read it, and to give these answers."""
    net = Network.load(GOLDEN, engine="reference")
    assert net.fingerprint() == "5e24b8d710dde47ea4b956907e3f3f9a0b6a83fc061f1a15d721a7563692c18d"
    assert (net.epoch, net.iteration, net.extra) == (2, 14, {"made": "for the tests"})


# ---- what does not fit into a file ----


def test_what_a_file_cannot_hold(tmp_path: Path) -> None:
    """Own classes: test_own_parts.py."""
    with pytest.raises(TypeError, match="path"):
        make().save(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="path"):
        Network.load(None)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


# ---- replaced whole or not at all ----


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = trained()
    path = tmp_path / "a.pynn"
    net.save(path)
    before = path.read_bytes()
    for name in ("write", "fsync", "replace"):

        def fail(*_: Any, **__: Any) -> Any:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(replacing.os, name, fail)
            with pytest.raises(OSError, match="No space"):
                net.save(path)
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_links_permissions_and_folders(tmp_path: Path) -> None:
    net = trained()
    path, link = tmp_path / "a.pynn", tmp_path / "link.pynn"
    net.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    path.chmod(0o640)
    link.symlink_to(path)
    net.fit(X, Y, verbose=0)
    net.save(link)
    assert link.is_symlink() and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert Network.load(path).fingerprint() == net.fingerprint()
    with pytest.raises(OSError, match="folder"):
        net.save(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        net.save(tmp_path / "nowhere" / "a.pynn")
    assert caught.value.filename == str(tmp_path / "nowhere" / "a.pynn")
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "b.pynn")
    with pytest.raises(ModelFormatError):
        Network.load(tmp_path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ---- damage ----


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small file."""
    net = Network([Normalization(), Dense(2, "tanh"), Dense(3, "softmax")], engine="reference")
    net.compile(optimizer=SGD(schedules.Cosine(0.1, 10), momentum=0.9), metrics=["accuracy"])
    net.extra = {"a": [1]}
    path = tmp_path_factory.mktemp("files") / "a.pynn"
    net.fit(X, Y, verbose=0, callbacks=[EarlyStopping("loss", restore_best_weights=True), ModelCheckpoint(path)])
    return path.read_bytes()


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ModelFormatError) as caught:
        Network.load(path, engine="reference")
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text and len(text) < 400 + len(str(path))
    return text


def test_every_changed_byte_is_seen(whole: bytes, tmp_path: Path) -> None:
    draw = random.Random(1)
    for place in range(len(whole)):
        other = bytearray(whole)
        other[place] ^= draw.randrange(1, 256)
        refused(tmp_path / "a", bytes(other))


def test_every_length_is_seen(whole: bytes, tmp_path: Path) -> None:
    for length in range(0, len(whole), 7):
        refused(tmp_path / "a", whole[:length])
    assert "too long" in refused(tmp_path / "a", whole + b"\0")
    assert "cut off: " in refused(tmp_path / "a", whole[:-1])


def test_other_files_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"x", b"PK\x03\x04" * 30, b"{}", b"\x80\x04K\x01.", os.urandom(5000), b"\0" * 5000):
        refused(tmp_path / "a", content)
    assert "header would have" in refused(tmp_path / "a", struct.pack("<Q", 2**63) + b"{}")
    assert "__metadata__" in refused(tmp_path / "a", struct.pack("<Q", 2) + b"{}")


def parts_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def signed(header: Any, body: bytes, text: bytes | None = None) -> bytes:
    """A file with this header and a right checksum: what somebody who knows the format could make."""
    if isinstance(header, dict) and isinstance(header.get("__metadata__"), dict):
        header["__metadata__"]["sha256"] = "0" * 64
    text = text if text is not None else json.dumps(header, separators=(",", ":")).encode()
    begin = struct.pack("<Q", len(text)) + text
    digest = hashlib.sha256(begin + body).hexdigest().encode()
    return begin.replace(b"0" * 64, digest, 1) + body


def test_signed_is_right(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(signed(*parts_of(whole)))
    assert Network.load(tmp_path / "a", engine="reference").iteration == 2


KERNEL, BEST = "layers.1.kernel", "callbacks.EarlyStopping.best_weights"
TABLE_EDITS: dict[str, tuple[Any, str]] = {
    "type": (lambda h: h[KERNEL].update(dtype="BF16"), "BF16"),
    "other type": (lambda h: h[KERNEL].update(dtype="F64", shape=[1, 4]), "asks? for"),
    "shape": (lambda h: h[KERNEL].update(shape=[4, 3]), "not its shape"),
    "turned": (lambda h: h[KERNEL].update(shape=[2, 4]), "layers ask for"),
    "rank": (lambda h: h[KERNEL].update(shape=[4, 2, 1]), "not possible"),
    "negative": (lambda h: h[KERNEL].update(shape=[-4, -2]), "not possible"),
    "huge": (lambda h: h[KERNEL].update(shape=[2**31, 2**31]), "not possible"),
    "boolean": (lambda h: h[KERNEL].update(shape=[True, 8]), "not possible"),
    "float": (lambda h: h[KERNEL].update(shape=[4.0, 2]), "not possible"),
    "overlap": (lambda h: h["layers.1.bias"].update(data_offsets=h["layers.2.bias"]["data_offsets"]), "overlap"),
    "twice": (lambda h: h.update(other=h["layers.1.bias"]), "overlap"),
    "backwards": (lambda h: h[KERNEL].update(data_offsets=[40, 8]), "ends before"),
    "word": (lambda h: h[KERNEL].update(more=1), "expected dtype"),
    "no entry": (lambda h: h.update({KERNEL: None}), "expected dtype"),
    "missing": (lambda h: h.pop("optimizer.v.layers.2.bias"), "cut off|too long|overlap"),
    "renamed": (lambda h: h.update({"other": h.pop(KERNEL)}), "missing"),
    "words": (lambda h: h["__metadata__"].update(more=1), "no __metadata__ of words"),
    "format": (lambda h: h["__metadata__"].update(format="other"), "not one that pynn has written"),
    "newer": (lambda h: h["__metadata__"].update(format_version="2"), "format version 2.*reads up to 1"),
    "much newer": (lambda h: h["__metadata__"].update(format_version="9" * 5000), "reads up to 1"),
    "no version": (lambda h: h["__metadata__"].pop("format_version"), "does not say which version"),
    "no network": (lambda h: h["__metadata__"].pop("network"), "description of the network cannot be read"),
    "bad json": (lambda h: h["__metadata__"].update(network="{"), "cannot be read"),
    "deep": (lambda h: h["__metadata__"].update(network="[" * 10**5), "cannot be read"),
    "digits": (lambda h: h["__metadata__"].update(network="9" * 10**5), "cannot be read"),
    "bad callbacks": (lambda h: h["__metadata__"].update(callbacks="[1]"), "state of the callbacks is not a dict"),
    "a callback": (lambda h: h["__metadata__"].update(callbacks='{"EarlyStopping":1}'), "state of the callbacks is"),
    "no callbacks": (lambda h: h["__metadata__"].pop("callbacks"), "'callbacks.EarlyStopping.best_weights' that bel"),
    "bad extra": (lambda h: h["__metadata__"].update(extra="NaN"), "extra cannot be read"),
}
NETWORK_EDITS: dict[str, tuple[Any, str]] = {
    "unknown layer": (lambda n: n["layers"].append({"kind": "Conv2D", "units": 3}), "'Conv2D' is unknown"),
    "builtin": (lambda n: n["layers"].append({"kind": "__import__"}), "unknown"),
    "no kind": (lambda n: n["layers"].append({}), "unknown"),
    "no layer": (lambda n: n["layers"].append(3), "not a layer"),
    "field": (lambda n: n["layers"][1].update(more=1), "Dense has no 'more'"),
    "no units": (lambda n: n["layers"][1].pop("units"), "Dense is not possible"),
    "units": (lambda n: n["layers"][1].update(units="2"), "units: '2'"),
    "more units": (lambda n: n["layers"][1].update(units=3), "layers ask for"),
    "too many units": (lambda n: n["layers"][1].update(units=2**31 - 1), "layers ask for"),
    "activation": (lambda n: n["layers"][1]["activation"].update(name="mish"), "mish"),
    "initializer": (lambda n: n["layers"][1].update(kernel_initializer={"kind": "Dense", "units": 1}), "unknown"),
    "optimizer": (lambda n: n["compiled"]["optimizer"].update(kind="Lion"), "Lion"),
    "schedule": (lambda n: n["compiled"]["optimizer"]["learning_rate"].update(kind="Own"), "Own"),
    "steps": (lambda n: n["compiled"]["optimizer"]["learning_rate"].update(steps=0), "steps"),
    "no optimizer": (lambda n: n["compiled"].update(optimizer=[]), "optimizer"),
    "metric": (lambda n: n["compiled"]["metrics"].append("auc"), "auc"),
    "loss": (lambda n: n["compiled"].update(loss={"kind": "Eval"}), "Eval"),
    "inputs": (lambda n: n.update(inputs=5), "layers ask for"),
    "many inputs": (lambda n: n.update(inputs=2**31 - 1), "layers ask for"),
    "seed": (lambda n: n.update(seed=-1), "seed"),
    "dtype": (lambda n: n.update(dtype="float16"), "float16"),
    "other dtype": (lambda n: n.update(dtype="float64"), "layers ask for"),
    "iteration": (lambda n: n.update(iteration=-1), "iteration"),
    "epoch": (lambda n: n.update(epoch=1.5), "epoch"),
    "missing": (lambda n: n.pop("epoch"), "exactly"),
    "more": (lambda n: n.update(more=1), "exactly"),
    "no layers": (lambda n: n.update(layers=[]), "belongs to nothing"),
    "one normalization less": (lambda n: n["layers"].pop(0), "is missing|belong"),
}


@pytest.mark.parametrize("name", TABLE_EDITS)
def test_headers_that_are_not_possible(name: str, whole: bytes, tmp_path: Path) -> None:
    edit, words = TABLE_EDITS[name]
    header, body = parts_of(whole)
    edit(header)
    text = refused(tmp_path / "a", signed(header, body))
    assert re.search(words, text), text


@pytest.mark.parametrize("name", NETWORK_EDITS)
def test_networks_that_are_not_possible(name: str, whole: bytes, tmp_path: Path) -> None:
    edit, words = NETWORK_EDITS[name]
    header, body = parts_of(whole)
    network = json.loads(header["__metadata__"]["network"])
    edit(network)
    header["__metadata__"]["network"] = json.dumps(network)
    text = refused(tmp_path / "a", signed(header, body))
    assert re.search(words, text), text


def test_headers_that_are_not_json(whole: bytes, tmp_path: Path) -> None:
    header, body = parts_of(whole)
    words = json.dumps(header["__metadata__"])
    twice = f'{{"__metadata__":{words},"a":{{}},"a":{{}}}}'.encode()
    assert "twice" in refused(tmp_path / "a", signed(None, body, twice))
    for text in (b"\xff\xfe", b"[]", b"{'a':1}", b'{"a":NaN}', b"[" * 200_000, b'{"__metadata__":[]}', b"null"):
        refused(tmp_path / "a", signed(None, body, text))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers(value: float, whole: bytes, tmp_path: Path) -> None:
    header, body = parts_of(whole)
    for name, words in (
        (KERNEL, "finite"),
        ("layers.0.mean", "finite"),
        ("optimizer.beta_power", "from 0 to 1"),
        (BEST, "finite"),
    ):
        first, dtype = header[name]["data_offsets"][0], "<f4" if header[name]["dtype"] == "F32" else "<f8"
        one = np.array(value, dtype).tobytes()
        changed = body[:first] + one + body[first + len(one) :]
        assert words in refused(tmp_path / "a", signed(header, changed))


def values_in(tree: Any) -> list[tuple[Any, Any]]:
    """Every place of a tree of lists and dicts, as (container, key)."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else []
    return [place for key in keys for place in [(tree, key), *values_in(tree[key])]]


JUNK = [None, True, -1, 0, 2**31, 2**63, 10**400, 1e308, "", "x", "Dense", "float64", [], [[]], {}, {"kind": "Adam"}]


def test_any_change_is_refused_or_harmless(whole: bytes, tmp_path: Path) -> None:
    """Random changes of a header, rightly signed: a ModelFormatError, or a network that works."""
    draw, loaded = random.Random(4), 0
    for _ in range(1500):
        header, body = parts_of(whole)
        network = json.loads(header["__metadata__"]["network"])
        for _ in range(draw.randrange(1, 3)):
            container, key = draw.choice(values_in(network if draw.random() < 0.6 else header))
            if draw.random() < 0.2:
                del container[key]
            else:
                container[key] = draw.choice(JUNK)
        if isinstance(header.get("__metadata__"), dict) and "network" in header["__metadata__"]:
            header["__metadata__"]["network"] = json.dumps(network)
        (tmp_path / "a").write_bytes(signed(header, body))
        try:
            net = Network.load(tmp_path / "a", engine="reference")
        except ModelFormatError as reason:
            assert "\n" not in str(reason)
        else:
            loaded += 1
            if net.inputs and net.layers:
                assert net.predict(np.zeros((2, net.inputs))).shape == (2, net.outputs)
    assert 0 < loaded < 600


def test_saving_while_training_and_copying(tmp_path: Path) -> None:
    """A callback may save: the file has the completed epochs, and goes on from there."""

    class Save(pynn.Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.net.save(tmp_path / f"{epoch}.pynn")

    net = make()
    net.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=Save())
    again = Network.load(tmp_path / "1.pynn", engine="reference")
    assert again.epoch == 2
    again.fit(X, Y, epochs=4, initial_epoch=2, batch_size=8, verbose=0)
    assert again.fingerprint() == net.fingerprint()
