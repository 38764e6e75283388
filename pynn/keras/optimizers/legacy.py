"""keras.optimizers.legacy: the same optimizers, which take `lr` and `decay` anyway."""

from .rules import SGD, Adagrad, Adam, Adamax, Nadam, RMSprop

__all__ = ["SGD", "Adagrad", "Adam", "Adamax", "Nadam", "RMSprop"]
