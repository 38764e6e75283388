"""Files of weights alone, and names and files of other formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from classified_rows import QUIET, X, Y, make

from pynn import Dense, Network, Normalization
from pynn.callbacks import (
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
)


def test_save_weights_only(tmp_path: Path, engine: str) -> None:
    net = make(engine)
    net.fit(X, Y, epochs=3, callbacks=ModelCheckpoint(tmp_path / "{epoch}.pynn", save_weights_only=True), **QUIET)
    again, other = make(engine), make(engine)
    again.load_weights(tmp_path / "2.pynn")  # a network that does not know its inputs yet
    other.fit(X, Y, epochs=2, **QUIET)
    assert again.fingerprint() == other.fingerprint() and again.inputs == 4 and again.iteration == 0
    assert net.predict(X).tobytes() != again.predict(X).tobytes() == other.predict(X).tobytes()


def test_normalizations_are_among_the_weights(tmp_path: Path) -> None:
    def normalized(units: int = 3) -> Network:
        return Network([Normalization(), Dense(units, "softmax")], engine="reference")

    net, again = normalized(), normalized()
    net.fit(X * 3 + 1, Y, **QUIET)
    net.save_weights(tmp_path / "a.pynn")
    net.save(tmp_path / "b.pynn")
    for name in ("a.pynn", "b.pynn"):  # those of a whole model are taken, too; its optimizer's state is not
        again = normalized()
        again.load_weights(tmp_path / name)
        assert again.predict(X).tobytes() == net.predict(X).tobytes() and again.epoch == 0
    assert (tmp_path / "a.pynn").stat().st_size < (tmp_path / "b.pynn").stat().st_size
    narrow = normalized(2)
    with pytest.raises(ValueError, match=r"b.pynn: array 'layers.1.kernel' has shape \(4, 3\)"):
        narrow.load_weights(tmp_path / "b.pynn")
    assert not narrow.layers[0].adapted  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="means and variances that do not belong there"):
        make().load_weights(tmp_path / "a.pynn")
    with pytest.raises(ValueError, match="belongs to no layer"):
        Network([Normalization(), Dense(3, use_bias=False)], engine="reference").load_weights(tmp_path / "a.pynn")
    with pytest.raises(ValueError, match="weights alone; make a network of the same layers, then load_weights"):
        Network.load(tmp_path / "a.pynn")


def test_load_weights_within_a_training(tmp_path: Path) -> None:
    """Keras' scripts bring the best weights back at the end."""
    file = ModelCheckpoint(tmp_path / "best.pynn", "loss", save_best_only=True, save_weights_only=True)
    rate = LearningRateScheduler(lambda epoch: 0.1 if epoch < 3 else 20.0)
    net = make()
    back = LambdaCallback(on_train_end=lambda logs: net.load_weights(tmp_path / "best.pynn"))
    net.fit(X, Y, epochs=6, callbacks=[rate, file, back], **QUIET)
    other = make()
    other.fit(X, Y, epochs=3, **QUIET)
    assert net.fingerprint() == other.fingerprint()


@pytest.mark.parametrize("name", ["a.h5", "a.hdf5", "a.keras", "best.weights.h5"])
def test_names_of_other_formats(name: str, tmp_path: Path) -> None:
    net = make(inputs=4)
    with pytest.warns(UserWarning, match=f"path: '{name}' gets pynn's own format, which Keras and HDF5 cannot") as seen:
        net.save(tmp_path / name)
    assert seen[0].filename == __file__  # the line that has the name
    with pytest.warns(UserWarning, match="pynn's own format"):
        net.save_weights(tmp_path / name)


def test_a_checkpoint_warns_of_its_name_once(tmp_path: Path) -> None:
    """Whatever the names have in them, and though a library in another callback resets what was shown."""
    file = ModelCheckpoint(tmp_path / "{epoch}.keras")
    with pytest.warns(UserWarning, match="pynn's own format") as seen:
        make().fit(X, Y, epochs=3, callbacks=[file], **QUIET)
    assert len(seen) == 1 and len(list(tmp_path.glob("*.keras"))) == 3


@pytest.mark.parametrize("begin", [b"\x89HDF\r\n\x1a\n", b"PK\x03\x04\0\0\0\0"])
def test_files_of_other_formats(begin: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(begin + bytes(100))
    with pytest.raises(ValueError, match="HDF5 or a zip archive, as Keras writes"):
        Network.load(tmp_path / "a.h5")
