"""Model: a chain of layers with Keras' verbs, around a Network, which is its attribute `network`.

Nothing is computed here. A model whose loss takes logits trains a network that ends in the loss's activation, and
answers with one that does not. Sequential and loading are in models.py; arguments of fit are read in fitting.py; who
has the weights is said in store.py.
"""

from __future__ import annotations

import os
from typing import Any

from ..arguments import flag, shown
from ..network import Network
from ..training import hooks
from ..training.history import History
from . import losses, optimizers
from .batches_read import are_batches, joined
from .chain import Symbol, chain, follow
from .fitting import fit_options, only_output
from .given import leftovers, old_names, warn_once
from .layers import BatchNormalization, Dropout, Tensor
from .metrics import for_compile
from .structure import Structure

GONE = {  # methods of older versions of Keras
    "fit_generator": "model.fit(batches, steps_per_epoch=...)",
    "evaluate_generator": "model.evaluate(batches, steps=...)",
    "predict_generator": "model.predict(batches, steps=...)",
}


class Model(Structure):
    """Model(inputs, outputs): from an Input through layers to an output, one after the other."""

    @old_names(input="inputs", output="outputs")
    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, **options: Any) -> None:
        if inputs is None or outputs is None:
            raise TypeError(
                "inputs, outputs: Model(inputs, outputs) takes what Input and the last layer returned; a subclass with "
                "a call of its own is not possible, as the engine computes its own layers"
            )
        row, layers = chain(inputs, outputs)
        super().__init__(name, options)
        self._compose(layers, row, None)

    def __getattr__(self, name: str) -> Any:
        if name in GONE:
            raise AttributeError(f"{name}: an old name; write {GONE[name]}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __call__(self, inputs: Any, training: Any = None) -> Any:
        """The outputs of these rows; or, of what Input or a layer returned, the next link of a chain."""
        if isinstance(inputs, Symbol):
            return follow([layer for layer in self._layers if layer._part is not None or layer._rows is None], inputs)
        if training and any(isinstance(layer, (Dropout, BatchNormalization)) for layer in self._layers):
            raise ValueError("training: True is not possible outside of fit: answers are without dropout")
        return self.predict(inputs).view(Tensor)

    # ---- compile -----------------------------------------------------------------------------

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, **given: Any) -> None:
        """Weights stay; the optimizer begins anew. Without a loss, the last activation decides."""
        leftovers("compile", given)
        meant = None if loss is None else losses.get(loss)
        end = self._end_for(meant) if meant is not None and meant.from_logits else None
        wanted = {
            "loss": meant and meant.meant,
            "optimizer": optimizers.get(optimizer),
            "metrics": for_compile(metrics),
        }
        if end == self._end:
            self.network.compile(**wanted)
            self._compiled = wanted
        else:
            before, self._compiled = self._compiled, wanted
            try:
                self._compose(self._layers, self._row, end)
            except Exception:
                self._compiled = before
                raise

    def _end_for(self, loss: losses.Loss) -> str:
        last = self._network(self._layers, self._row, None)._core.stack.output
        if last.name != "linear":
            raise ValueError(f"from_logits: True after {last} is not possible; outputs are probabilities then")
        return losses.ENDS[loss.meant.name]

    @property
    def optimizer(self) -> Any:
        return self.network.optimizer

    @property
    def loss(self) -> Any:
        return self.network.loss

    @property
    def metrics_names(self) -> list[str]:
        """Names of what evaluate returns."""
        return ["loss", *self.network._core.recipe.metrics.names]

    @property
    def stop_training(self) -> bool:
        return self.network.stop_training

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        self.network.stop_training = value

    @property
    def history(self) -> Any:
        """The History of the last fit."""
        return getattr(self.network, "history", None)

    # ---- training ----------------------------------------------------------------------------

    @old_names(nb_epoch="epochs")
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        **given: Any,
    ) -> History:
        """Trains for `epochs` more epochs, or up to epoch `epochs` with initial_epoch. Epochs are counted over fits."""
        words = {name: value for name, value in locals().items() if name not in ("self", "x", "y", "epochs", "given")}
        x = self._ready(x)
        options = fit_options(x, words | given)
        held_out = options["validation_data"]
        if isinstance(held_out, (tuple, list)) and len(held_out) > 1:
            options["validation_data"] = (
                self._ready(held_out[0], "validation_x"), only_output(held_out[1]), *held_out[2:]
            )  # fmt: skip
        options["callbacks"] = self._told(options["callbacks"])
        network = self._to_train()
        try:
            return network.fit(x, only_output(y), epochs=epochs, **options)
        finally:
            if self._row is None and network.inputs is not None:  # batches told
                self._row = self._walk(self._layers, (network.inputs,))

    def _told(self, callbacks: Any) -> Any:
        """Callbacks whose model is this one."""
        if callbacks is None or (isinstance(callbacks, (list, tuple)) and not callbacks):
            return ()
        checked = hooks.check(callbacks)
        checked.model = self
        return checked

    def _to_train(self) -> Network:
        """The network, home of all its weights, with what a file of it should say of this model."""
        network = self._store.claimed()
        if network.extra is None or isinstance(network.extra, dict):
            described = {"class_name": type(self).__name__, "config": self.get_config(), "end": self._end}
            network.extra = {**(network.extra or {}), "keras": described}
        return network

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False,
        **given: Any,
    ) -> Any:  # fmt: skip
        """One step; loss and metrics of before it."""
        given.pop("reset_metrics", None)
        leftovers("train_on_batch", given)
        x = self._ready(x)
        return _listed(self._to_train().train_on_batch(x, only_output(y), sample_weight, class_weight), return_dict)

    # ---- answers -----------------------------------------------------------------------------

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = 0, sample_weight: Any = None,
        steps: int | None = None, callbacks: Any = None, return_dict: bool = False, **given: Any,
    ) -> Any:  # fmt: skip
        """[loss, metric, ...], or the loss alone if the model was compiled without metrics. Nothing is printed."""
        leftovers("evaluate", {**given, "steps": None if are_batches(x) else steps})
        if are_batches(x):
            x, y, sample_weight = (*joined("x", x, steps), None)[:3]
        x = self._ready(x)
        told = self._told(callbacks)
        found = self._store.fetched().evaluate(
            x, only_output(y), sample_weight=sample_weight, batch_size=batch_size, callbacks=told
        )
        return _listed(found, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False, **given: Any
    ) -> Any:
        given.pop("reset_metrics", None)
        return self.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict, **given)

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None, callbacks: Any = None,
        **given: Any,
    ) -> Any:  # fmt: skip
        """Outputs (rows, units); logits where the loss takes logits."""
        leftovers("predict", {**given, "steps": None if are_batches(x) else steps})
        if are_batches(x):
            x = joined("x", x, steps)[0]
        x = self._ready(x)
        network = (self._answering or self._store).fetched()
        return network.predict(x, batch_size, callbacks=self._told(callbacks))

    def predict_proba(self, x: Any, **given: Any) -> Any:
        """An old name of predict."""
        warn_once("predict_proba: an old name of predict")
        return self.predict(x, **given)

    def predict_classes(self, x: Any, **given: Any) -> Any:
        """Class numbers, for one output 0 or 1. Keras has taken it away, as it guesses what outputs mean."""
        warn_once("predict_classes: no longer in Keras; write predict(x).argmax(axis=1), or (predict(x) > 0.5)")
        found = self.predict(x, **given)
        return (found > 0.5).astype("int32") if found.shape[1] == 1 else found.argmax(axis=1)

    def predict_on_batch(self, x: Any) -> Any:
        return self.predict(x)

    # ---- files -------------------------------------------------------------------------------

    def save(self, filepath: Any, overwrite: bool = True, **given: Any) -> None:
        """Writes a model file of pynn, whatever the suffix of its name."""
        given.pop("include_optimizer", None)
        leftovers("save", given)
        _check_free(filepath, overwrite)
        self._to_train().save(filepath)

    def save_weights(self, filepath: Any, overwrite: bool = True, **given: Any) -> None:
        """Writes a file of weights alone, with what Normalizations have learned."""
        leftovers("save_weights", given)
        _check_free(filepath, overwrite)
        self._store.fetched().save_weights(filepath)

    def load_weights(self, filepath: Any, **given: Any) -> None:
        """Those in a file of save_weights or save; they have to fit."""
        leftovers("load_weights", given)
        _check_own(filepath)
        self._store.claimed().load_weights(filepath)


def read(filepath: Any, custom: Any = ()) -> Network:
    """The Network in a file of pynn."""
    _check_own(filepath)
    return Network.load(filepath, custom=custom)


def _check_own(filepath: Any) -> None:
    """Refuses a file of Keras itself."""
    if isinstance(filepath, (str, os.PathLike)) and os.path.isfile(filepath):
        with open(filepath, "rb") as file:
            start = file.read(4)
        if start in (b"\x89HDF", b"PK\x03\x04"):
            raise ValueError(
                f"filepath: {os.fspath(filepath)} is a file of Keras itself, which is not read here; in Keras, write "
                "its arrays with numpy.savez(path, *model.get_weights()), and give them to set_weights"
            )


def _check_free(filepath: Any, overwrite: bool) -> None:
    if not isinstance(filepath, (str, os.PathLike)):
        raise TypeError(f"filepath: {shown(filepath)} is a {type(filepath).__name__}; expected the name of a file")
    if not flag("overwrite", overwrite) and os.path.exists(filepath):
        raise FileExistsError(f"filepath: {os.fspath(filepath)} is there already, and overwrite is False")


def _listed(found: dict[str, float], return_dict: bool) -> Any:
    if flag("return_dict", return_dict):
        return found
    return list(found.values()) if len(found) > 1 else found["loss"]
