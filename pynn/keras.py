"""Keras' names for what this package has, so that a Keras script of the lectures runs after its imports are changed.

Nothing is computed here: a Sequential wraps a Network, which is its attribute `network`. Both names of the learning
rate are accepted, lr (Keras 2) and learning_rate (Keras 3), and `decay`, which Keras 3 refuses. Only what such scripts
use is here; any other argument is an error. Read network.py for the methods behind these.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import layers, optimizers, regularizers
from .arguments import flag, shown, size
from .layers import Activation, BatchNormalization, Dropout, Layer, LayerNormalization
from .metrics import one_hot
from .network import Network
from .training.history import History

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "LayerNormalization",
    "Sequential",
    "load_model",
    "regularizers",
    "to_categorical",
]


def _inputs(name: str, shape: Any) -> int:
    """The number of features of a row of this shape."""
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    if not sizes:
        raise ValueError(f"{name}: {shown(shape)} is empty; expected the shape of a row, such as (784,)")
    return math.prod(size(name, each) for each in sizes)


@dataclass(frozen=True)
class Input:
    """The shape of a row, as the first entry of a Sequential: Input((784,)) or Input((28, 28))."""

    shape: Any

    def __post_init__(self) -> None:
        _inputs("shape", self.shape)


@dataclass(frozen=True)
class Flatten:
    """Has no effect, as rows are always flattened; as the first entry it may give the shape of a row."""

    input_shape: Any = None

    @property
    def inputs(self) -> int | None:
        return None if self.input_shape is None else _inputs("input_shape", self.input_shape)


@dataclass(frozen=True)
class Dense(layers.Dense):
    """pynn.Dense; as the first layer it may give the shape of a row: input_shape=(784,) or input_dim=784."""

    input_shape: Any = None
    input_dim: int | None = None

    def __post_init__(self, kernel_regularizer: Any) -> None:
        super().__post_init__(kernel_regularizer)
        if self.input_shape is not None and self.input_dim is not None:
            raise ValueError("input_shape, input_dim: give one of them")

    @property
    def inputs(self) -> int | None:
        if self.input_dim is not None:
            return _inputs("input_dim", self.input_dim)
        return None if self.input_shape is None else _inputs("input_shape", self.input_shape)


def _rate(learning_rate: Any, lr: Any, default: float) -> Any:
    if learning_rate is not None and lr is not None:
        raise ValueError("lr, learning_rate: two names of one number; give one of them")
    return default if learning_rate is None and lr is None else lr if learning_rate is None else learning_rate


def SGD(learning_rate: Any = None, *, lr: Any = None, **numbers: Any) -> optimizers.SGD:
    """SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True): pynn.SGD. decay is that of the rate, not weight decay."""
    return optimizers.SGD(_rate(learning_rate, lr, 0.01), **numbers)


def Adam(learning_rate: Any = None, *, lr: Any = None, **numbers: Any) -> optimizers.Adam:
    return optimizers.Adam(_rate(learning_rate, lr, 0.001), **numbers)


def to_categorical(y: Any, num_classes: int | None = None) -> Any:
    """One-hot rows of class numbers."""
    return one_hot(y, num_classes)


class Sequential:
    """A Network with Keras' interface: `evaluate` returns a list, and methods take `verbose`."""

    def __init__(self, layers: Iterable[Any] | None = None, **options: Any) -> None:
        """options are Network's: seed, dtype, engine, threads."""
        if isinstance(layers, (str, Layer)):
            raise TypeError(f"layers: {shown(layers)} is not possible; expected a list of layers")
        self.network = Network(**options)
        self._options = options
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Adds a layer. The first may give the shape of a row; a later one only if it fits the layer before."""
        given = _inputs("shape", layer.shape) if isinstance(layer, Input) else getattr(layer, "inputs", None)
        if given is not None and not self.network.layers:
            if self.network.inputs not in (None, given):
                raise ValueError(f"layer: {given} inputs, but Input said {self.network.inputs}")
            self.network = Network(inputs=given, **self._options)
        elif isinstance(layer, Input):
            raise ValueError("layer: an Input can only be the first one")
        elif given is not None and given != self.network.outputs:
            raise ValueError(f"layer: {given} inputs, but the layer before has {self.network.outputs} outputs")
        if not isinstance(layer, (Input, Flatten)):
            self.network.add(layer)

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.network.layers

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None) -> None:
        self.network.compile(loss=loss, optimizer=optimizer, metrics=metrics)

    def fit(self, x: Any, y: Any, batch_size: int | None = None, epochs: int = 1, **options: Any) -> History:
        return self.network.fit(x, y, batch_size=32 if batch_size is None else batch_size, epochs=epochs, **options)

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: Any = 0,
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """[loss, metric, ...], or the loss alone if the model was compiled without metrics. Nothing is printed."""
        found = self.network.evaluate(x, y, sample_weight=sample_weight, batch_size=batch_size)
        if flag("return_dict", return_dict):
            return found
        return list(found.values()) if len(found) > 1 else found["loss"]

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = 0) -> Any:
        return self.network.predict(x, batch_size)

    def summary(self) -> None:
        self.network.summary()

    def count_params(self) -> int:
        return int(self.network.get_params().size)

    def save(self, filepath: Any) -> None:
        """Writes a model file of pynn, whatever the suffix of its name."""
        self.network.save(filepath)

    def get_weights(self) -> list[Any]:
        return self.network.get_weights()

    def set_weights(self, weights: Any) -> None:
        self.network.set_weights(weights)


def load_model(filepath: Any, custom_objects: Any = None) -> Sequential:
    """The model that `save` wrote, a Sequential's or a Network's."""
    model = Sequential()
    model.network = Network.load(filepath, custom=tuple((custom_objects or {}).values()))
    return model
