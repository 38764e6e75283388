"""Which network has the weights of which layers, where models share layers: an encoder and its autoencoder, say.

A layer's weights are in one network, its home. A model fetches what is at home elsewhere before it answers or trains,
and while it trains it is the home of all its layers. So models that share layers always agree; each has an optimizer of
its own. Where nothing is shared nothing is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..inspect.summary import sizes
from ..network import Network
from .layers import Layer


class Store:
    """A network, and the layers whose parts it is made of."""

    def __init__(self, network: Network, layers: Sequence[Layer]) -> None:
        self.network, self.layers = network, [layer for layer in layers if layer._part is not None]
        self.used = False  # whether its weights may differ from the first ones
        for layer in self.layers:
            if layer._home is None:
                layer._home = self

    def replace(self, old: Store) -> None:
        """The home of what was at home in `old`, if nobody has seen its weights; else they are fetched when used."""
        for layer in self.layers:
            if layer._home is old and not old.used:
                layer._home = self

    def fetched(self) -> Network:
        """The network, with the weights that are at home elsewhere."""
        self.used = True
        homes = {id(layer): layer._home for layer in self.layers if layer._home not in (None, self)}
        known = {id(home): home.network.get_weights() for home in homes.values() if home and home._has_weights()}
        if known and self._has_weights():
            mine, begin = self.network.get_weights(), 0
            for layer, count in zip(self.layers, self._counts(), strict=True):
                home = homes.get(id(layer))
                if home is not None and id(home) in known:
                    mine[begin : begin + count] = known[id(home)][home.place(layer)]
                begin += count
            self.network.set_weights(mine)
        return self.network

    def claimed(self) -> Network:
        """The network, to be changed: from now on the home of all its layers."""
        network = self.fetched()
        for layer in self.layers:
            layer._home = self
        return network

    def _has_weights(self) -> bool:
        self.used = True
        return self.network.inputs is not None

    def _counts(self) -> list[int]:
        """How many arrays each layer has. (A network may end in an activation that is no layer of the model.)"""
        found = sizes(self.network.layers, self.network.inputs)
        return [len(one.tensors or ()) for one in found[: len(self.layers)]]

    def place(self, layer: Layer) -> slice:
        """Where a layer's arrays are among all."""
        at = next(place for place, one in enumerate(self.layers) if one is layer)
        counts = self._counts()
        begin = sum(counts[:at])
        return slice(begin, begin + counts[at])

    def weights_of(self, layer: Layer) -> list[Any]:
        return self.network.get_weights()[self.place(layer)] if self._has_weights() else []

    def put(self, layer: Layer, weights: Any) -> None:
        if not self._has_weights():
            raise ValueError(f"{layer.name}: no weights yet; say the shape of a row, input_shape=, or fit first")
        every, place, given = self.network.get_weights(), self.place(layer), list(weights)
        if len(given) != place.stop - place.start:
            raise ValueError(f"weights: {len(given)} arrays; {layer.name} has {place.stop - place.start}")
        every[place] = given
        self.network.set_weights(every)
