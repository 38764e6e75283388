"""From an estimator to a Network: everything that networks can do with trained weights.

The network answers as the estimator does. It learns by its own rules from there on; read network.py for those.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import losses
from ..activations import Activation
from ..layers import Dense, Dropout, Layer
from ..network import Network
from . import recipe


def network(estimator: Any) -> Network:
    units = [np.shape(coef)[1] for coef in estimator.coefs_]
    layers: list[Layer] = [Dropout(estimator.input_dropout)] if estimator.input_dropout else []
    for place, plan in enumerate(recipe.layer_plans(estimator, units, estimator.alpha / 2)):
        act = Activation(plan.activation, plan.alpha)
        layers.append(Dense(units[place], act))
        if plan.dropout:
            layers.append(Dropout(plan.dropout))
    net = Network(
        layers, inputs=np.shape(estimator.coefs_[0])[0], dtype=estimator._dtype(), threads=estimator.n_threads
    )
    net.compile(loss=_loss(estimator))
    net.set_weights([part for pair in zip(estimator.coefs_, estimator.intercepts_, strict=True) for part in pair])
    return net


def _loss(estimator: Any) -> losses.Loss:
    if isinstance(estimator.loss, losses.Loss):
        return estimator.loss
    goal = recipe.goal(estimator)
    if goal.loss == "categorical_crossentropy":
        return losses.get("loss", goal.loss)
    if goal.loss == "quantile":
        return losses.Quantile(goal.parameters["delta"], outputs="sum")
    return type(losses.get("loss", goal.loss))(outputs="sum")  # type: ignore[call-arg]
