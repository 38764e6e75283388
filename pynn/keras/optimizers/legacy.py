"""keras.optimizers.legacy: the same optimizers, which take `lr` and `decay` anyway."""

from .rules import SGD, Adam, RMSprop

__all__ = ["SGD", "Adam", "RMSprop"]
