"""Keras' names for what this package has: a script of fully connected nets runs after its import lines are changed.

    from pynn import keras                       # for `from tensorflow import keras`
    from pynn.keras import layers, models        # for `from keras import ...` or `from tensorflow.keras import ...`

Nothing is computed here: a model wraps a Network, which is its attribute `network`. What has no meaning here is ignored
with a warning or refused by a sentence: docs/keras.md. Read model.py for the verbs, layers.py for the layers.
"""

from . import (
    activations,
    backend,
    callbacks,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)
from .layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Input,
    LayerNormalization,
)
from .models import Model, Sequential, load_model
from .optimizers import SGD, Adam
from .utils import to_categorical

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "LayerNormalization",
    "Model",
    "Sequential",
    "activations",
    "backend",
    "callbacks",
    "datasets",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "regularizers",
    "to_categorical",
    "utils",
]
