"""What Input(...) gives and layers make of it: the chain of layers behind a functional Model. No numbers.

    inputs = Input(shape=(8,)); x = Dense(5, "relu")(inputs); model = Model(inputs, Dense(1)(x))

Each Symbol knows the layer it came from and the Symbol before it, so a Model reads its layers from the end to the
beginning. Branches cannot be written down: a layer takes one Symbol.
"""

from __future__ import annotations

from typing import Any

from ..arguments import shown


class Symbol:
    """Rows that are not there yet: their shape, and which layer they come from."""

    def __init__(self, shape: tuple[int, ...], layer: Any, before: Symbol | None = None) -> None:
        self.row, self.layer, self.before = shape, layer, before

    @property
    def shape(self) -> tuple[Any, ...]:
        return None, *self.row

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __repr__(self) -> str:
        return f"<Symbol {self.name!r} of shape {self.shape}>"


def follow(layers: Any, before: Any) -> Symbol:
    """What a layer, or the layers of a model one after the other, make of a Symbol."""
    if isinstance(before, (list, tuple)):
        if len(before) != 1:
            raise ValueError(f"inputs: {len(before)} of them; a model here is one chain of layers: one goes into one")
        before = before[0]
    at = _symbol("inputs", before)
    for layer in layers:
        at = Symbol(layer._shape_after(at.row), layer, at)
    return at


def chain(inputs: Any, outputs: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of the rows of `inputs`, and the layers from there to `outputs`, in order."""
    first, last = _one("inputs", inputs), _one("outputs", outputs)
    layers: list[Any] = []
    at: Symbol | None = last
    while at is not None and at is not first:
        layers.insert(0, at.layer)
        at = at.before
    if at is None:
        raise ValueError(f"inputs, outputs: {last!r} does not come from {first!r}")
    if first.before is not None:
        raise ValueError(f"inputs: {first!r} is the output of a layer; expected an Input")
    return first.row, [first.layer, *layers]


def _one(name: str, given: Any) -> Symbol:
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        if len(given) != 1:
            raise ValueError(f"{name}: {len(given)} given; a model here is one chain of layers, with one of them")
        given = given[0]
    return _symbol(name, given)


def _symbol(name: str, given: Any) -> Symbol:
    if not isinstance(given, Symbol):
        kind = type(given).__name__
        raise TypeError(f"{name}: {shown(given)} is a {kind}; expected what Input or a layer returned")
    return given
