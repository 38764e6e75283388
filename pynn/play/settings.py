"""What can be chosen on the page of `pynn play`, with its limits, and the network that follows from it.

The limits keep a picture readable and an answer quick. A value outside of them is refused by a sentence. Read
playground.py for what is done with the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..arguments import choice, real, shown, whole
from ..layers import Dense
from ..network import Network
from ..optimizers import OPTIMIZERS
from .points import POINTS

ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "softplus", "linear")
MOST_LAYERS, MOST_UNITS = 6, 8  # hidden ones


@dataclass(frozen=True)
class Settings:
    """The choices, of which each has a default."""

    data: str = "moons"
    noise: float = 0.2  # standard deviation, in the units of the plane
    layers: tuple[int, ...] = (4, 3)  # units of the hidden layers
    activation: str = "tanh"
    optimizer: str = "adam"
    learning_rate: float = 0.01
    batch_size: int = 10
    l2: float = 0.0
    seed: int = 0

    def network(self) -> Network:
        hidden = [Dense(units, self.activation, l2=self.l2) for units in self.layers]
        net = Network([*hidden, Dense(1, "sigmoid", l2=self.l2)], inputs=2, seed=self.seed, threads=1)
        net.compile(optimizer=OPTIMIZERS[self.optimizer](self.learning_rate), metrics=["accuracy"])
        return net

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "layers": list(self.layers)}


def read(given: Any) -> Settings:
    """Settings from what the page has sent; what is left out has its default."""
    values = dict(mapping("settings", given, [field.name for field in fields(Settings)]))
    if "layers" in values:
        values["layers"] = _layers(values["layers"])
    one = Settings(**values)
    choice("data", one.data, POINTS)
    choice("activation", one.activation, ACTIVATIONS)
    choice("optimizer", one.optimizer, OPTIMIZERS)
    real("noise", one.noise, 0, 1)
    real("learning_rate", one.learning_rate, 0, 10, above=True)
    real("l2", one.l2, 0, 1)
    whole("batch_size", one.batch_size, 1, 100)
    whole("seed", one.seed, 0, 2**32 - 1)
    return one


def mapping(name: str, given: Any, known: list[str]) -> Mapping[str, Any]:
    """An object of JSON with no other names than the known ones."""
    if not isinstance(given, dict):
        raise TypeError(f"{name}: {shown(given)} is not an object; expected one with {', '.join(known)}")
    for key in given:
        choice(name, key, known)
    return given


def _layers(given: Any) -> tuple[int, ...]:
    if not isinstance(given, list) or len(given) > MOST_LAYERS:
        raise ValueError(f"layers: {shown(given)}; expected a list of at most {MOST_LAYERS} numbers of units")
    return tuple(whole(f"layers[{i}]", units, 1, MOST_UNITS) for i, units in enumerate(given))
