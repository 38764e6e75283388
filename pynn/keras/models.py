"""Sequential, and models from files and from JSON. Read model.py for what a model can do.

A file is a Network's, with the layers' names beside it; a Network that was saved without them is a model, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .. import layers as own
from ..arguments import shown
from . import layers as kinds
from .chain import Symbol
from .layers import InputLayer, Layer, of_part
from .missing import MODELS, Missing, find
from .model import Model, read

__all__ = ["Model", "Sequential", "load_model", "model_from_json"]


class Sequential(Model):
    """Layers in order; the first may say the shape of a row, or else the first fit does.

    options are Network's: seed, dtype, engine, threads.
    """

    def __init__(self, layers: Iterable[Any] | None = None, name: str | None = None, **options: Any) -> None:
        if isinstance(layers, (str, Layer, own.Layer)) or not (layers is None or isinstance(layers, Iterable)):
            raise TypeError(f"layers: {shown(layers)} is not possible; expected a list of layers")
        super(Model, self).__init__(name, options)
        self._compose([one for layer in layers or () for one in _layers(layer)], None, None)

    @property
    def layers(self) -> list[Layer]:
        """Without an Input, as in Keras."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    def add(self, layer: Any) -> None:
        """One more at the end; the layers before keep their weights."""
        self._compose([*self._layers, *_layers(layer)], self._row, self._end)

    def pop(self) -> Layer:
        """Takes the last layer away."""
        if not self.layers:
            raise ValueError("pop: the model has no layers")
        last = self._layers[-1]
        self._compose(self._layers[:-1], self._row, self._end)
        return last

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Sequential:
        """A model of what get_config returned, here or in Keras; weights are first weights."""
        made = [_layer(one) for one in config["layers"]]
        dtype = config.get("dtype")
        return cls(made, name=config.get("name"), **({"dtype": dtype} if isinstance(dtype, str) else {}))


def _layers(given: Any) -> list[Layer]:
    """What a Sequential was given, as layers: one, or those of a model."""
    if isinstance(given, Layer):
        return [given]
    if isinstance(given, Symbol):
        if given.before is not None:
            raise ValueError(f"layer: {given!r} is the output of a layer; expected an Input, or a layer")
        return [given.layer]
    if isinstance(given, Model):
        return list(given._layers)
    if isinstance(given, own.Layer):
        return [of_part(given)]
    if isinstance(given, type):
        raise TypeError(f"layer: {given.__name__} is a class; make a layer of it: {given.__name__}(...)")
    raise TypeError(f"layer: {shown(given)} is a {type(given).__name__}; expected a layer of pynn.keras.layers")


def _layer(described: Any) -> Layer:
    name = described["class_name"]
    kind = getattr(kinds, str(name), None)
    if isinstance(kind, Missing):
        kind()  # says why it is not there
    if not (isinstance(kind, type) and issubclass(kind, Layer) and name in kinds.__all__) or kind is Layer:
        raise ValueError(f"class_name: {shown(name)} is not a layer of pynn.keras")
    if "inbound_nodes" in described and len(described["inbound_nodes"]) > 1:
        raise ValueError(f"inbound_nodes: {name} is used more than once; a model here is one chain of layers")
    made: Layer = kind.from_config(described["config"])
    return made


def model_from_json(json_string: str, custom_objects: Any = None) -> Model:
    """A model of what to_json wrote, here or in Keras; weights are first weights."""
    described = json.loads(json_string)
    return _model(described["class_name"], described["config"])


def _model(kind: str, config: dict[str, Any]) -> Model:
    if kind == "Sequential":
        return Sequential.from_config(config)
    layers = [_layer(one) for one in config["layers"]]
    first = layers[0]._rows
    if not isinstance(layers[0], InputLayer) or first is None:
        raise ValueError("layers: the first one of a Model is not an InputLayer")
    at = start = Symbol(first, layers[0])
    for layer in layers[1:]:
        at = layer(at)
    return Model(start, at, name=config.get("name"), dtype=config.get("dtype", "float32"))


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: Any = True) -> Model:
    """The model that `save` wrote, or a Network's file as a Sequential; training goes on bit for bit."""
    network = read(filepath, tuple((custom_objects or {}).values()))
    known = network.extra.get("keras") if isinstance(network.extra, dict) else None
    parts = list(network.layers)
    if known:
        model, end = _model(known["class_name"], known["config"]), known.get("end")
        places = [layer for layer in model._layers if layer._part is not None]
        for layer, part in zip(places, parts, strict=False):
            layer._part = part
    else:
        model, end = Sequential([of_part(part) for part in parts]), None
    model._adopt(network, end)
    return model


def __getattr__(name: str) -> Any:
    return find(__name__, MODELS, name)
