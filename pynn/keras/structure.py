"""What a model is apart from its verbs: layers in a chain, the shape of its rows, weights, summary, configuration.

A Network is made of the layers' parts, and anew when layers come or go; store.py says who has the weights then. Read
model.py for compile, fit and the other verbs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import layers as own
from ..arguments import shown
from ..inspect.summary import Size, sizes
from ..network import Network
from . import session
from .batches_read import are_batches
from .given import leftovers, wide
from .layer_table import table
from .layers import InputLayer, Layer
from .store import Store

OPTIONS = ("seed", "dtype", "engine", "threads")  # a Network's, which a model takes, too
Shape = tuple[int, ...]


class Structure:
    """Layers, and the network of their parts."""

    def __init__(self, name: str | None, options: dict[str, Any]) -> None:
        mine = {"seed": session.next_seed()} | {word: options.pop(word) for word in OPTIONS if word in options}
        if not options.pop("trainable", True):
            raise ValueError("trainable: False is not possible for a model; layers always learn")
        leftovers(type(self).__name__, options)
        self.name = session.name_of(type(self), name)
        self._options = mine
        self._end: str | None = None  # the activation that makes probabilities of logits, while training
        self._compiled: dict[str, Any] | None = None  # what the network's compile is told
        self._layers: list[Layer] = []
        self._row: Shape | None = None
        self._answering: Store | None = None  # the network without self._end
        self._store = Store(Network(**mine), [])

    # ---- layers ------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        return list(self._layers)

    @property
    def network(self) -> Network:
        """The Network that trains and answers."""
        return self._store.network

    def _compose(self, layers: Sequence[Layer], row: Shape | None, end: str | None) -> None:
        """From now on the model is made of these; nothing is changed if they do not go together."""
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("layers: one of them is there twice; a layer has one place in a model")
        row = self._walk(layers, row)
        store = Store(self._network(layers, row, end), layers)
        store.replace(self._store)
        store.network.epoch = self._store.network.epoch
        if self._compiled is not None and _is_complete(store.network):  # else with the layers that are still to come
            store.network.compile(**self._compiled)
        self._layers, self._row, self._end, self._store = list(layers), row, end, store
        self._answering = Store(self._network(layers, row, None), layers) if end else None

    def _adopt(self, network: Network, end: str | None) -> None:
        """A network from elsewhere, made of the layers' parts; `end` as in _compose."""
        if network.inputs is not None and self._row is None:
            self._row = self._walk(self._layers, (network.inputs,))
        self._options |= {name: getattr(network, name) for name in OPTIONS}
        for layer in self._layers:
            layer._home = None
        self._end, self._store = end, Store(network, self._layers)
        self._answering = Store(self._network(self._layers, self._row, None), self._layers) if end else None

    def _network(self, layers: Sequence[Layer], row: Shape | None, end: str | None) -> Network:
        parts = [layer._part for layer in layers if layer._part is not None]
        return Network(
            [*parts, *([own.Activation(end)] if end else [])],
            inputs=None if row is None else wide(row),
            **self._options,
        )

    def _walk(self, layers: Sequence[Layer], row: Shape | None) -> Shape | None:
        """The shape of the model's rows, once every layer has been told the shape of its own."""
        first = at = row
        for place, layer in enumerate(layers):
            if isinstance(layer, InputLayer) and place:
                raise ValueError(f"layers[{place}]: an Input can only be the first one")
            if layer._rows is not None and at is None:
                if any(one._part is not None for one in layers[:place]):
                    raise ValueError(f"layers[{place}]: input_shape= is for the first layer")
                first = at = layer._rows
            elif layer._rows is not None and at is not None and wide(layer._rows) != wide(at):
                raise ValueError(f"layers[{place}]: {wide(layer._rows)} inputs, but rows have {wide(at)} numbers there")
            if at is not None:
                at = layer._shape_after(at)
        return first

    def _ready(self, x: Any, name: str = "x") -> Any:
        """Rows whose shape is the model's, or becomes it."""
        if isinstance(x, (list, tuple)):
            x = x[0] if len(x) == 1 and np.ndim(x[0]) > 1 else np.asarray(x)
        if are_batches(x) or not hasattr(x, "shape"):
            return x
        row = tuple(x.shape[1:]) or (1,)
        if self._row is None:
            self._compose(self._layers, row, self._end)
        elif row != self._row and len(row) > 1 and wide(row) == wide(self._row):
            raise ValueError(
                f"{name}: rows of shape {row}; the model takes {self._row}: {name}.reshape({(-1, *self._row)})"
            )
        return x

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        if (name is None) == (index is None):
            raise ValueError("name, index: give one of them")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"index: {index} is not possible; the model has {len(self.layers)} layers")
            return self.layers[index]
        for layer in self._layers:
            if layer.name == name:
                return layer
        raise ValueError(f"name: {shown(name)} is unknown; known are {', '.join(one.name for one in self._layers)}")

    @property
    def input_shape(self) -> Any:
        return None if self._row is None else (None, *self._row)

    @property
    def output_shape(self) -> Any:
        return self._layers[-1].output_shape if self._layers else None

    @property
    def built(self) -> bool:
        return self._row is not None

    def build(self, input_shape: Any = None) -> None:
        """The shape of rows, with the number of rows in front: (None, 784)."""
        if input_shape is not None:
            self._ready(np.empty((0, *input_shape[1:])), "input_shape")

    # ---- weights -----------------------------------------------------------------------------

    def get_weights(self) -> list[Any]:
        return self._store.fetched().get_weights()

    def set_weights(self, weights: Any) -> None:
        self._store.claimed().set_weights(weights)

    @property
    def weights(self) -> list[Any]:
        return self.get_weights()

    def _learned(self) -> list[bool]:
        """Of each array of weights, whether gradients change it."""
        found = sizes(self.network.layers, self.network.inputs)
        return [tensor.learned for size in found for tensor in size.tensors or ()]

    @property
    def trainable_weights(self) -> list[Any]:
        return [array for array, learned in zip(self.get_weights(), self._learned(), strict=True) if learned]

    @property
    def non_trainable_weights(self) -> list[Any]:
        return [array for array, learned in zip(self.get_weights(), self._learned(), strict=True) if not learned]

    trainable_variables, non_trainable_variables = trainable_weights, non_trainable_weights

    def _sizes(self) -> list[Size | None]:
        """Of each layer, None where it has no part."""
        found = iter(sizes(self.network.layers, self.network.inputs))
        return [None if layer._part is None else next(found) for layer in self.layers]

    def count_params(self) -> int:
        if self._row is None:
            raise ValueError("count_params: the shape of rows is not known; say input_shape=, or fit first")
        return sum(size.parameters or 0 for size in self._sizes() if size)

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], Any] = print, **given: Any) -> None:
        """Prints layers, outputs and parameters as Keras does. `model.network.summary()` is pynn's own table."""
        for harmless in ("positions", "expand_nested", "show_trainable", "layer_range"):
            given.pop(harmless, None)
        leftovers("summary", given)
        print_fn(table(self.name, self.layers, self._sizes(), self.network.dtype, line_length))

    # ---- configuration -----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Layers with their arguments; no weights."""
        layers = self._layers
        if self._row is not None and not (layers and isinstance(layers[0], InputLayer)):
            layers = [InputLayer(shape=self._row, name="input"), *layers]
        described = [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in layers]
        return {"name": self.name, "dtype": self.network.dtype, "layers": described}

    def to_json(self, **options: Any) -> str:
        """What model_from_json makes an equal model from. options are those of json.dumps."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} of {len(self.layers)} layers>"


def _is_complete(network: Network) -> bool:
    """Whether it could answer: after `pop` or `add`, a chain may end in a Dropout for a while."""
    try:
        own.check_complete(network.layers)
    except ValueError:
        return False
    return True
