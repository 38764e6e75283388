"""What lies inside a network: z and a of every layer for rows, and the outputs that follow from them.

The forward pass is computed in float64 from the weights; it is for pictures and not for training. A network is a
Network, an estimator with weights as scikit-learn has them (pynn's or scikit-learn's own), or a pipeline that ends in
one. No matplotlib here. Read answers.py for what is asked of rows and classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..activations import Activation
from ..arguments import shown
from ..backend import Array, Floats
from ..engine.kinds import KINDS
from ..engine.plan import LayerPlan, build_plan
from ..engine.tables import ACTIVATIONS
from ..errors import NotFittedError
from ..layers import Dense, Layer, Normalization, Rescaling, arrange

NAMES = {"identity": "linear", "logistic": "sigmoid"}  # activations that scikit-learn calls otherwise


@dataclass(frozen=True)
class Step:
    """A layer with its parameters, as it computes at predict: z from its inputs, then the activation."""

    plan: LayerPlan
    values: dict[str, Floats]

    @property
    def units(self) -> int:
        return self.plan.outputs

    @property
    def activation(self) -> Activation:
        return Activation(self.plan.activation, self.plan.alpha)

    def z(self, x: Floats) -> Floats:
        return np.asarray(KINDS[self.plan.kind].forward(self.plan, self.values, x, False)[0], np.float64)

    def act(self, z: Floats) -> Floats:
        return np.asarray(ACTIVATIONS[self.plan.activation].forward(z, self.plan.alpha), np.float64)


def steps(net: Any) -> list[Step]:
    """The layers of a network that compute, in order."""
    inputs, layers, weights = _parts(net)
    flat = np.concatenate([np.asarray(array, np.float64).reshape(-1) for array in weights])
    plan = build_plan(inputs, list(arrange(layers).plans))
    return [Step(layer, layer.values(flat)) for layer in plan.layers]


def inside(net: Any, x: Array) -> list[tuple[Floats, Floats]]:
    """(z, a) of each layer that computes, for rows as they are given to the network; dropout is off."""
    a, passed = np.asarray(_prepared(net, x), np.float64), []
    for layer in _parts(net)[1]:
        if isinstance(layer, Rescaling):
            a = a * layer.scale + layer.offset
        elif isinstance(layer, Normalization):
            if not layer.adapted:
                raise NotFittedError("net: Normalization has not learned its means yet; adapt it or fit first")
            scale, offset = layer.affine()
            a = a * scale + offset
    for step in steps(net):
        z = step.z(a)
        a = step.act(z)
        passed.append((z, a))
    return passed


def onward(net: Any, values: Floats, layer: int, what: str) -> Floats:
    """The outputs that follow from z or a of layer number `layer`."""
    chain = steps(net)
    a = chain[layer].act(values) if what == "z" else values
    for step in chain[layer + 1 :]:
        a = step.act(step.z(a))
    return a


def width(net: Any) -> int | None:
    """The number of features that a row has for this network or estimator, if it says so."""
    for name in ("inputs", "n_features_in_"):
        found = getattr(net, name, None)
        if found is not None:
            return int(found)
    return None


# ---- networks, estimators, pipelines -----------------------------------------------------------


def _parts(net: Any) -> tuple[int, Sequence[Layer], Sequence[Array]]:
    """(inputs, layers, weights)."""
    last = net[-1] if _is_pipeline(net) else net
    if hasattr(last, "hidden_layer_sizes") and not hasattr(last, "coefs_"):
        raise NotFittedError(f"net: {shown(last)} has not been fitted yet; fit it first")
    if hasattr(last, "to_network"):
        last = last.to_network()
    if hasattr(last, "layers") and hasattr(last, "get_weights"):
        weights = last.get_weights()
        return last.inputs, last.layers, weights
    if hasattr(last, "coefs_") and hasattr(last, "out_activation_"):
        hidden = [last.activation] * (len(last.coefs_) - 1)
        names = [NAMES.get(name, name) for name in (*hidden, last.out_activation_)]
        layers = [Dense(coef.shape[1], name) for coef, name in zip(last.coefs_, names, strict=True)]
        pairs = zip(last.coefs_, last.intercepts_, strict=True)
        return last.coefs_[0].shape[0], layers, [np.asarray(part) for pair in pairs for part in pair]
    raise TypeError(f"net: {shown(net)} is a {type(net).__name__}; expected a Network, or an estimator with layers")


def _is_pipeline(net: Any) -> bool:
    """Whether this is scikit-learn's Pipeline, whose parts have numbers and can be cut."""
    return hasattr(net, "named_steps") and hasattr(net, "__getitem__")


def _prepared(net: Any, x: Array) -> Array:
    """The rows as the network at a pipeline's end gets them."""
    return np.asarray(net[:-1].transform(x)) if _is_pipeline(net) and len(net) > 1 else x
