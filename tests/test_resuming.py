"""Model files: what comes back from them, and that resuming changes no bit. Damaged ones: test_files.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from saved_networks import OPTIMIZERS, X, Y, make, trained

import pynn
from pynn import (
    SGD,
    Dense,
    Network,
    Rescaling,
    activations,
    initializers,
    losses,
)

GOLDEN = Path(__file__).parent / "golden" / "model_1.pynn"


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
        "import numpy as np, pynn; from saved_networks import X, Y;"
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
