"""pynn: fully connected neural networks on CPUs. Right, the same bits everywhere, fast.

Public are the names in __all__ here and in the modules activations, callbacks, datasets, estimators, initializers,
keras, losses, metrics, multiclass, optimizers, plots, regularizers and schedules, and the attributes of what their
functions return. Every other module and package is internal and may change at any time. tests/public_names.txt lists
all of it, name by name, and a test compares. Read network.py for the front door, engine/reference.py for the
mathematics.
"""

import logging

from . import activations, initializers, losses, metrics, optimizers, regularizers, schedules
from .errors import DivergenceError, ModelFormatError, NotFittedError
from .layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    LayerNormalization,
    Normalization,
    Rescaling,
)
from .network import Network
from .optimizers import SGD, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, RMSprop
from .training.history import History
from .training.hooks import Callback
from .version import __version__

__all__ = [
    "SGD",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "BatchNormalization",
    "Callback",
    "Dense",
    "DivergenceError",
    "Dropout",
    "History",
    "LayerNormalization",
    "Lion",
    "ModelFormatError",
    "Nadam",
    "Network",
    "Normalization",
    "NotFittedError",
    "RMSprop",
    "Rescaling",
    "__version__",
    "activations",
    "callbacks",
    "datasets",
    "initializers",
    "losses",
    "metrics",
    "multiclass",
    "optimizers",
    "regularizers",
    "schedules",
    "show_config",
]

logging.getLogger("pynn").addHandler(logging.NullHandler())  # silent, unless a program wants to hear


def show_config() -> None:
    """Print versions, instruction set, threads and compiler; what to add to a report of a bug."""
    from .inspect import installation

    for name, value in installation(__version__).items():
        print(f"{name + ':':<13}{value}")


def __getattr__(name: str) -> object:
    """These rooms are read from disk when they are asked for; those that need an extra are not in __all__."""
    if name in ("callbacks", "datasets", "estimators", "keras", "multiclass", "plots"):
        from importlib import import_module

        return import_module(f".{name}", __name__)
    raise AttributeError(f"module 'pynn' has no attribute {name!r}")
