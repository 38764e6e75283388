"""What the front door asks of an engine, and how one is found by name.

Two modules answer to this protocol: the NumPy reference and the native core. Which one is used is an
argument of `Network`, never a hidden switch. Nothing is computed here. Read engine/plan.py next.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .engine.data import Data, Totals
    from .engine.plan import Plan

Array = NDArray[Any]
Floats = NDArray[np.float64]

MODULES = {"native": "pynn.engine._native", "reference": "pynn.engine.reference"}


class EngineLike(Protocol):
    """A network's numbers and what can be done with them; both engines offer exactly this."""

    iteration: int
    beta_power: Floats

    @property
    def plan(self) -> Plan: ...
    def starts_equal(self, index: int) -> bool: ...
    def get_params(self) -> Array: ...
    def set_params(self, flat: Array) -> None: ...
    def get_slots(self) -> dict[str, Array]: ...
    def set_slots(self, slots: dict[str, Array]) -> None: ...
    def train(
        self,
        data: Data,
        *,
        batch: int,
        epoch: int,
        rates: Floats,
        totals: Totals,
        order: NDArray[np.int64] | None = None,
        shuffle: bool = False,
        first: int = 0,
        last: int | None = None,
        accuracy: str = "",
        store: bool = False,
        seconds: float = 0.05,
    ) -> int: ...
    def gradients(self, data: Data, *, epoch: int = -1) -> tuple[float, Array]: ...
    def trace(self, data: Data, *, epoch: int = -1) -> tuple[float, list[dict[str, Array]]]: ...
    def predict(self, data: Data) -> Array: ...
    def evaluate(self, data: Data, *, accuracy: str = "") -> Totals: ...


class EngineModule(Protocol):
    """The functions that need no network, and the maker of engines."""

    def Engine(self, plan: Plan, *, threads: int | None = None, grain: float | None = None) -> EngineLike: ...
    def uniform(self, seed: int, purpose: int, stream: int, n: int, out: Floats | None = None) -> Floats: ...
    def normal(self, seed: int, purpose: int, stream: int, n: int, out: Floats | None = None) -> Floats: ...
    def permutation(self, seed: int, purpose: int, stream: int, n: int) -> NDArray[np.int64]: ...
    def first_outside(self, array: Array, low: float, high: float) -> tuple[int, int] | None: ...
    def moments(self, array: Array) -> tuple[Floats, Floats]: ...


def pieces(plan: Plan, flat: Array) -> list[Array]:
    """[W1 (inputs, outputs), b1, W2, ...]: views of a flat array laid out like the parameters."""
    return [tensor.view(flat) for layer in plan.layers for tensor in layer.tensors]


@cache
def load(name: str) -> EngineModule:
    """The module of the engine called `name`; an unbuilt native core is named, not papered over."""
    try:
        return cast(EngineModule, import_module(MODULES[name]))
    except ImportError as reason:
        raise ImportError(f"engine {name!r} cannot be loaded ({reason}); {_remedy(reason)}") from reason


def _remedy(reason: ImportError) -> str:
    """What to do. Started in a clone's folder, Python finds the sources there before the package it has installed."""
    here = Path(__file__).resolve().parent
    for entry in sys.path if reason.name == MODULES["native"] else []:
        other = Path(entry, "pynn", "engine")
        built = any((other / f"_native{suffix}").is_file() for suffix in EXTENSION_SUFFIXES)
        if built and other.resolve() != here / "engine":
            return (
                f"the sources in {here}, whose core is not built, hide the pynn that is installed in "
                f"{other.parent.parent}: start Python in another folder, or as python -P, or pip install -e . here"
            )
    return "the package has to be installed (pip install .), or take engine='reference', which is plain NumPy"


def available(name: str) -> bool:
    try:
        load(name)
    except ImportError:
        return False
    return True
