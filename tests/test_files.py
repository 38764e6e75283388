"""Model files: replaced whole or not at all, and no damaged or hostile one gets through. What comes back from a good
one is test_resuming.py's affair.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import stat
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from saved_networks import X, Y, make, trained

from pynn import (
    SGD,
    Dense,
    ModelFormatError,
    Network,
    Normalization,
    schedules,
)
from pynn.callbacks import EarlyStopping, ModelCheckpoint
from pynn.files import replacing

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
    "activation": (lambda n: n["layers"][1]["activation"].update(name="wish"), "wish"),
    "initializer": (lambda n: n["layers"][1].update(kernel_initializer={"kind": "Dense", "units": 1}), "unknown"),
    "optimizer": (lambda n: n["compiled"]["optimizer"].update(kind="Lion"), "Lion"),
    "schedule": (lambda n: n["compiled"]["optimizer"]["learning_rate"].update(kind="Own"), "Own"),
    "steps": (lambda n: n["compiled"]["optimizer"]["learning_rate"].update(steps=0), "steps"),
    "no optimizer": (lambda n: n["compiled"].update(optimizer=[]), "optimizer"),
    "metric": (lambda n: n["compiled"]["metrics"].append("acu"), "acu"),
    "metric of one's own": (lambda n: n["compiled"]["metrics"].append({"kind": "metric", "name": "f"}), "custom="),
    "no metric": (lambda n: n["compiled"]["metrics"].append(3), "not the name"),
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
