"""A network with something of everything that a model file holds, and rows for it: what tests of files save."""

from __future__ import annotations

from typing import Any

import numpy as np

from pynn import (
    SGD,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Dense,
    Dropout,
    Lion,
    Nadam,
    Network,
    Normalization,
    Rescaling,
    RMSprop,
    activations,
    schedules,
)

X = np.random.default_rng(2).normal(3, 2, size=(50, 4))
Y = (X[:, 0] > 3).astype(int) + (X[:, 1] > 4)
OPTIMIZERS = {
    "sgd": lambda: SGD(0.05),
    "momentum": lambda: SGD(schedules.Cosine(0.05, 40), momentum=0.9, nesterov=True, decay=1e-3),
    "adam": lambda: Adam(schedules.Warmup(schedules.OneCycle(0.05, 30), 4), clipnorm=1.0),
    "adamw": lambda: AdamW(schedules.Step(0.01, 3), weight_decay=0.1),
    "amsgrad": lambda: Adam(0.01, amsgrad=True),
    "nadam": lambda: Nadam(schedules.Step(0.01, 3), global_clipnorm=1.0),
    "adagrad": lambda: Adagrad(0.05, initial_accumulator_value=0.2),
    "adamax": lambda: Adamax(0.01, weight_decay=0.1),
    "lion": lambda: Lion(schedules.Cosine(0.003, 40), weight_decay=0.1, clipvalue=0.5),
    "rmsprop": lambda: RMSprop(schedules.Exponential(0.01, 0.9), momentum=0.5, centered=True),
}


def make(engine: str = "reference", optimizer: Any = None, dtype: str = "float32") -> Network:
    layers = [Rescaling(0.5, 1), Normalization(), Dropout(0.1), Dense(7, activations.elu(0.5), l2=1e-3), Dropout(0.3)]
    net = Network([*layers, Dense(5, "tanh", use_bias=False), Dense(3, "softmax")], engine=engine, seed=3, dtype=dtype)
    net.compile(optimizer=optimizer or Adam(0.01), metrics=["accuracy", "mae"])
    return net


def trained(**options: Any) -> Network:
    net = make(**options)
    net.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    return net
