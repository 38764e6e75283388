"""Keras' initializers: constructors of the objects in pynn.initializers, which a layer takes by name, too.

`seed` is ignored: first weights follow from the model's seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import initializers
from ..arguments import real
from ..initializers import Initializer
from .given import leftovers
from .missing import INITIALIZERS as MISSING
from .missing import find

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform",
    "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros", "constant",
    "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal", "lecun_uniform",
    "ones", "orthogonal", "random_normal", "random_uniform", "truncated_normal", "variance_scaling", "zeros",
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


def RandomNormal(mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> Initializer:
    """pynn.initializers.Normal."""
    leftovers("RandomNormal", {"seed": seed})
    return initializers.Normal(stddev, mean)


def RandomUniform(minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> Initializer:
    """pynn.initializers.Uniform, from minval to maxval."""
    leftovers("RandomUniform", {"seed": seed})
    low = real("minval", minval)
    high = real("maxval", maxval, low)
    return initializers.Uniform((high - low) / 2, (high + low) / 2)


def TruncatedNormal(mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> Initializer:
    """pynn.initializers.TruncatedNormal."""
    leftovers("TruncatedNormal", {"seed": seed})
    return initializers.TruncatedNormal(stddev, mean)


def VarianceScaling(
    scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: Any = None
) -> Initializer:
    """pynn.initializers.VarianceScaling."""
    leftovers("VarianceScaling", {"seed": seed})
    return initializers.VarianceScaling(scale, mode, distribution)


def Orthogonal(gain: float = 1.0, seed: Any = None) -> Initializer:
    """pynn.initializers.Orthogonal."""
    leftovers("Orthogonal", {"seed": seed})
    return initializers.Orthogonal(gain)


random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling, orthogonal = VarianceScaling, Orthogonal
Identity = identity = initializers.Identity
Constant = constant = initializers.Constant
Ones = ones = initializers.Ones
Zeros = zeros = initializers.Zeros


def get(identifier: Any) -> Initializer:
    """The initializer of this name."""
    return initializers.get("identifier", identifier)


def __getattr__(name: str) -> Any:
    return find(__name__, MISSING, name)
