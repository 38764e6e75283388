"""Keras' layers: each has a name, knows what it makes of the shape of a row, and has a `_part`, a layer of a Network.

InputLayer and Flatten have no part: a Network's rows are flat. A layer's weights are in the network of the model that
it belongs to; read store.py. What a part computes is said in ../layers.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import activations, layers
from ..arguments import real, shown, whole
from ..errors import NotFittedError
from ..regularizers import Penalty
from .activations import activation_of
from .chain import Symbol, follow
from .config import made, plain
from .given import check_type, leftovers, old_names, one_of, row_shape, rows_said, wide
from .missing import LAYERS as MISSING
from .missing import find
from .session import name_of

__all__ = [
    "ELU", "Activation", "BatchNormalization", "Dense", "Dropout", "Flatten", "Input", "InputLayer", "Layer",
    "LayerNormalization", "LeakyReLU", "Normalization", "ReLU", "Rescaling", "Reshape", "Softmax",
]  # fmt: skip
Shape = tuple[int, ...]


class Tensor(np.ndarray):
    """What model(x) returns: an array that has Keras' numpy(), too."""

    def numpy(self) -> Any:
        return self.view(np.ndarray)


class Layer:
    """What all have. `_part`: a layer of a Network, or None; `_rows`: the shape of a row, if this layer was told."""

    _vectors_only = False  # whether rows like (28, 28) would mean something else to Keras

    def __init__(self, part: Any, own: dict[str, Any], name: Any, given: dict[str, Any]) -> None:
        self._part, self._own = part, own
        self._rows = rows_said(given)
        check_type(type(self).__name__, given)
        if not given.pop("trainable", True) and "trainable" not in own:
            raise ValueError(f"trainable: False is not possible for {type(self).__name__}, only for BatchNormalization")
        leftovers(type(self).__name__, given)
        self.name = name_of(type(self), name)
        self._home: Any = None  # the Store of the network that has its weights
        self._row_before: Shape | None = None
        self._row_after: Shape | None = None

    def __init_subclass__(cls) -> None:
        if not cls.__module__.startswith(__package__ or ""):
            raise TypeError(f"{cls.__name__}: a layer of one's own is not possible; the engine computes its own layers")

    def __call__(self, inputs: Any) -> Any:
        """The next link of a functional model's chain; of rows, what a layer makes of them that has no weights."""
        if isinstance(inputs, (Symbol, list, tuple)):
            return follow([self], inputs)
        return self._rows_after(np.asarray(inputs)).view(Tensor)

    def _rows_after(self, x: Any) -> Any:
        kind = type(self).__name__
        raise TypeError(f"inputs: rows for {self.name} alone are not possible, as {kind} works in a model; call that")

    def _shape_after(self, row: Shape) -> Shape:
        """The shape of a row that comes out, of one that goes in."""
        if self._vectors_only and len(row) != 1:
            kind = type(self).__name__
            raise ValueError(f"{self.name}: {kind} on rows of shape {row} is not possible; put a Flatten() before it")
        self._row_before, self._row_after = row, self._after(row)
        return self._row_after

    def _after(self, row: Shape) -> Shape:
        return row

    def __getattr__(self, name: str) -> Any:
        """Its arguments: layer.units, layer.rate."""
        if name in self.__dict__.get("_own", {}):
            return self._own[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def input_shape(self) -> Any:
        return None if self._row_before is None else (None, *self._row_before)

    @property
    def output_shape(self) -> Any:
        return None if self._row_after is None else (None, *self._row_after)

    @property
    def built(self) -> bool:
        return self._row_after is not None

    @property
    def trainable(self) -> bool:
        return bool(self._own.get("trainable", True))

    @trainable.setter
    def trainable(self, value: Any) -> None:
        if value is not self.trainable:
            raise ValueError(
                f"trainable: {shown(value)} is not possible for {self.name}; layers always learn, except for "
                "BatchNormalization(trainable=False), which is said when it is made"
            )

    def get_weights(self) -> list[Any]:
        """[W, b] of a Dense: copies; [] where there are none (yet)."""
        return [] if self._home is None else self._home.weights_of(self)

    def set_weights(self, weights: Any) -> None:
        if self._home is None:
            raise ValueError(f"{self.name}: not in a model yet; a layer has weights when its model has")
        self._home.put(self, weights)

    @property
    def weights(self) -> list[Any]:
        return self.get_weights()

    def count_params(self) -> int:
        return sum(int(array.size) for array in self.get_weights())

    def get_config(self) -> dict[str, Any]:
        rows = {} if self._rows is None else {"input_shape": list(self._rows)}
        return {"name": self.name} | {name: plain(value) for name, value in self._own.items()} | rows

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{name: made(value) for name, value in config.items()})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class InputLayer(Layer):
    """The shape of a row, as the first in a Sequential."""

    def __init__(self, input_shape: Any = None, *, shape: Any = None, name: Any = None, **given: Any) -> None:
        given |= {"input_shape": input_shape, "shape": shape}
        super().__init__(None, {}, name, given)
        if self._rows is None:
            raise ValueError("input_shape: expected the shape of a row, such as (784,)")

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "shape": list(self._rows or ())}


class Flatten(Layer):
    """Rows like (28, 28) become vectors. Nothing is computed: a Network's rows are flat."""

    def __init__(self, *, name: Any = None, **given: Any) -> None:
        given.pop("data_format", None)
        super().__init__(None, {}, name, given)

    def _after(self, row: Shape) -> Shape:
        return (wide(row),)


class Reshape(Flatten):
    """To vectors alone: Reshape((784,)) or Reshape((-1,))."""

    def __init__(self, target_shape: Any, *, name: Any = None, **given: Any) -> None:
        target = tuple(target_shape) if isinstance(target_shape, (list, tuple)) else (target_shape,)
        if len(target) != 1:
            raise ValueError(f"target_shape: {shown(target_shape)} is not possible; layers here take vectors, (n,)")
        super(Flatten, self).__init__(None, {"target_shape": target}, name, given)

    def _after(self, row: Shape) -> Shape:
        if self.target_shape not in ((-1,), (wide(row),)):
            raise ValueError(f"target_shape: {self.target_shape} is not possible for rows of shape {row}")
        return super()._after(row)


class Dense(Layer):
    _vectors_only = True

    @old_names(output_dim="units", init="kernel_initializer", W_regularizer="kernel_regularizer", bias="use_bias")
    def __init__(
        self, units: Any, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        *, name: Any = None, **given: Any,
    ) -> None:  # fmt: skip
        if isinstance(units, float) and units.is_integer():  # Keras takes 64.0, and scripts divide
            units = int(units)
        part = layers.Dense(
            units, activation_of(activation), kernel_initializer, bias_initializer, bool(use_bias),
            kernel_regularizer=kernel_regularizer,
        )  # fmt: skip
        names = ("units", "activation", "use_bias", "kernel_initializer", "bias_initializer")
        own = {each: getattr(part, each) for each in names} | {"kernel_regularizer": kernel_regularizer}
        super().__init__(part, own, name, given)

    def _after(self, row: Shape) -> Shape:
        return (self.units,)

    @property
    def kernel(self) -> Any:
        return self.get_weights()[0]

    @property
    def bias(self) -> Any:
        return self.get_weights()[1] if self.use_bias else None


class _Bend(Layer):
    """A layer that is an activation."""

    def __init__(self, activation: activations.Activation, own: dict[str, Any], name: Any, given: Any) -> None:
        super().__init__(layers.Activation(activation), own, name, given)


class Activation(_Bend):
    def __init__(self, activation: Any, *, name: Any = None, **given: Any) -> None:
        found = activation_of(activation)
        self._vectors_only = found.name == "softmax"
        super().__init__(found, {"activation": found}, name, given)


class ReLU(_Bend):
    def __init__(self, max_value: Any = None, negative_slope: float = 0.0, *, name: Any = None, **given: Any) -> None:
        slope = real("negative_slope", negative_slope, 0)
        bend = activations.leaky_relu(slope) if slope else activations.relu()
        super().__init__(bend, {"negative_slope": slope}, name, {"max_value": max_value, **given})


class LeakyReLU(_Bend):
    def __init__(self, negative_slope: Any = None, *, alpha: Any = None, name: Any = None, **given: Any) -> None:
        slope = one_of("negative_slope", negative_slope, "alpha", alpha, 0.3)
        bend = activations.leaky_relu(slope)
        super().__init__(bend, {"negative_slope": bend.alpha}, name, given)


class ELU(_Bend):
    def __init__(self, alpha: float = 1.0, *, name: Any = None, **given: Any) -> None:
        bend = activations.elu(alpha)
        super().__init__(bend, {"alpha": bend.alpha}, name, given)


class Softmax(_Bend):
    _vectors_only = True

    def __init__(self, axis: int = -1, *, name: Any = None, **given: Any) -> None:
        _last_axis("Softmax", axis)
        super().__init__(activation_of("softmax"), {}, name, given)


class Dropout(Layer):
    @old_names(p="rate")
    def __init__(self, rate: float, *, name: Any = None, **given: Any) -> None:
        part = layers.Dropout(rate)
        super().__init__(part, {"rate": part.rate}, name, given)


class Rescaling(Layer):
    def __init__(self, scale: float, offset: float = 0.0, *, name: Any = None, **given: Any) -> None:
        part = layers.Rescaling(scale, offset)
        super().__init__(part, {"scale": part.scale, "offset": part.offset}, name, given)

    def _rows_after(self, x: Any) -> Any:
        return x * self.scale + self.offset


class Normalization(Layer):
    """z-scores by means and variances that are given, or learned by `adapt`, or else from the first fit."""

    _vectors_only = True

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, *, name: Any = None, **given: Any
    ) -> None:
        if axis is not None:
            _last_axis("Normalization", axis)
        self._one_for_all = axis is None
        part = layers.Normalization(mean, variance)
        super().__init__(part, {"axis": axis, "mean": part.mean, "variance": part.variance}, name, given)

    def adapt(self, data: Any, batch_size: Any = None, steps: Any = None) -> None:
        """Learns from the rows of data. axis=None: one mean and variance for all features."""
        leftovers("adapt", {"steps": steps})
        if self._one_for_all:
            data = np.asarray(data).reshape(-1, 1)
        self._part.adapt(data)

    def _rows_after(self, x: Any) -> Any:
        if not self._part.adapted:
            raise NotFittedError(f"{self.name}: has not learned its means yet; adapt it first")
        scale, offset = self._part.affine()
        return x * scale + offset

    def get_config(self) -> dict[str, Any]:
        learned = {"mean": plain(self._part.mean), "variance": plain(self._part.variance)}
        return super().get_config() | learned


class BatchNormalization(Layer):
    _vectors_only = True

    def __init__(
        self, axis: int = -1, momentum: float = 0.99, epsilon: float = 0.001, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones", *, trainable: bool = True, name: Any = None, **given: Any,
    ) -> None:  # fmt: skip
        _last_axis("BatchNormalization", axis)
        part = layers.BatchNormalization(
            momentum, epsilon, center, scale, beta_initializer, gamma_initializer, moving_mean_initializer,
            moving_variance_initializer, trainable,
        )  # fmt: skip
        super().__init__(part, {"axis": -1} | vars(part), name, given)


class LayerNormalization(Layer):
    _vectors_only = True

    def __init__(
        self, axis: int = -1, epsilon: float = 0.001, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", *, name: Any = None, **given: Any,
    ) -> None:  # fmt: skip
        _last_axis("LayerNormalization", axis)
        part = layers.LayerNormalization(epsilon, center, scale, beta_initializer, gamma_initializer)
        super().__init__(part, {"axis": -1} | vars(part), name, given)


NORMS = (BatchNormalization, LayerNormalization)


def _last_axis(kind: str, axis: Any) -> None:
    place = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if whole("axis", place, -1, 1) == 0:
        raise ValueError(f"axis: 0 is not possible for {kind}; expected -1, the features of a row")


def of_part(part: layers.Layer) -> Layer:
    """The layer around a part of a Network that was made elsewhere."""
    kind = {kind.__name__: kind for kind in (Dense, Activation, Dropout, Rescaling, Normalization, *NORMS)}[
        type(part).__name__
    ]
    own = {} if isinstance(part, layers.Normalization) else dict(vars(part))
    if isinstance(part, layers.Dense):
        l1, l2 = own.pop("l1"), own.pop("l2")
        own["kernel_regularizer"] = Penalty(l1, l2) if l1 or l2 else None
    made_of = kind(**own)
    made_of._part = part
    return made_of


def Input(
    shape: Any = None, batch_size: Any = None, name: str | None = None, dtype: Any = None, batch_shape: Any = None,
    **given: Any,
) -> Symbol:  # fmt: skip
    """The shape of a row: Input((784,)) or Input((28, 28)). For a functional Model, or the first in a Sequential."""
    leftovers("Input", {"batch_size": batch_size, **given})
    if (shape is None) == (batch_shape is None):
        raise ValueError("shape: expected the shape of a row, such as Input(shape=(784,))")
    row = row_shape("shape", shape) if batch_shape is None else row_shape("batch_shape", batch_shape, batch=True)
    return Symbol(row, InputLayer(shape=row, name=name))


def __getattr__(name: str) -> Any:
    return find(__name__, MISSING, name)
