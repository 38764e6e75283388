"""Keras' initializers: constructors of the objects in pynn.initializers, which a layer takes by name, too.

`seed` is ignored: first weights follow from the model's seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import initializers
from ..initializers import Initializer
from .given import leftovers
from .missing import INITIALIZERS as MISSING
from .missing import find

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Ones",
    "Zeros", "constant", "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal",
    "lecun_uniform", "ones", "zeros",
]  # fmt: skip


def _seedless(kind: Callable[[], Initializer], name: str) -> Callable[..., Initializer]:
    def make(seed: Any = None) -> Initializer:
        leftovers(name, {"seed": seed})
        return kind()

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"pynn.initializers.{name}()."
    return make


GlorotNormal = glorot_normal = _seedless(initializers.GlorotNormal, "GlorotNormal")
GlorotUniform = glorot_uniform = _seedless(initializers.GlorotUniform, "GlorotUniform")
HeNormal = he_normal = _seedless(initializers.HeNormal, "HeNormal")
HeUniform = he_uniform = _seedless(initializers.HeUniform, "HeUniform")
LecunNormal = lecun_normal = _seedless(initializers.LecunNormal, "LecunNormal")
LecunUniform = lecun_uniform = _seedless(initializers.LecunUniform, "LecunUniform")
Constant = constant = initializers.Constant
Ones = ones = initializers.Ones
Zeros = zeros = initializers.Zeros


def get(identifier: Any) -> Initializer:
    """The initializer of this name."""
    return initializers.get("identifier", identifier)


def __getattr__(name: str) -> Any:
    return find(__name__, MISSING, name)
