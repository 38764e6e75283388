"""What has a name: one row for each activation, loss and optimizer, and its code.

A code is the place in the enum of csrc/kernels/kernels.h; a row's order here is that order. The
formulas are in formulas.py, loss_formulas.py and update_formulas.py. plan.py turns names into rows; reference.py
runs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import formulas as f
from . import loss_formulas as losses
from . import update_formulas as updates
from .formulas import Array
from .loss_formulas import Parameter
from .update_formulas import Rule, Slots


@dataclass(frozen=True)
class Activation:
    name: str
    code: int
    forward: Callable[[Array, float], Array]  # (z, alpha) -> y
    derivative: Callable[[Array, Array, float], Array]  # (z, y, alpha) -> dy/dz
    from_z: bool = False  # the derivative needs z; the others are content with y ...
    unless_default: bool = False  # ... and this one too, while its parameter is the default
    parameter: str = ""  # what users call alpha, if there is one
    default: float = 0.0  # its value when not given
    jacobian: Callable[[Array, Array], Array] | None = None  # (dL/dy, y) -> dL/dz, where units are coupled

    def needs_z(self, alpha: float) -> bool:
        return self.from_z or (self.unless_default and alpha != self.default)

    def backward(self, d: Array, z: Array, y: Array, alpha: float) -> Array:
        """dL/dz from d = dL/dy."""
        if self.jacobian is not None:
            return self.jacobian(d, y)
        return d * self.derivative(z, y, alpha)


@dataclass(frozen=True)
class Loss:
    name: str
    code: int
    value: Callable[[Array, Array, Parameter], Array]  # (y, t, delta) -> (rows,)
    gradient: Callable[[Array, Array, Parameter], Array] | None  # (y, t, delta) -> d value / dy
    fused_with: str = ""  # the output activation that this loss is computed together with; "*": any
    from_z: Callable[[Array, Array], Array] | None = None  # then: (z, t) -> (rows,)
    by_z: Callable[[Array, Array], Array] | None = None  # then: (y, t) -> d value / dz
    smooth: Callable[[Array, float], Array] | None = None  # (t, smoothing) -> softer targets

    def fused(self, activation: str) -> bool:
        return self.fused_with in (activation, "*")

    def needs_z(self, activation: str) -> bool:
        """Whether it is computed from the outputs' z."""
        return self.from_z is not None and self.fused(activation)


@dataclass(frozen=True)
class Optimizer:
    name: str
    code: int
    update: Callable[[Rule, Array, Array, Slots], tuple[Array, Slots]]


_ACTIVATIONS = (
    Activation("linear", 0, f.linear, f.linear_derivative),
    Activation("step", 1, f.step, f.flat_derivative, parameter="at_zero", default=1.0),
    Activation("sign", 2, f.sign, f.flat_derivative, parameter="at_zero", default=1.0),
    Activation("sigmoid", 3, f.sigmoid_forward, f.sigmoid_derivative),
    Activation("hard_sigmoid", 4, f.hard_sigmoid, f.hard_sigmoid_derivative, parameter="slope", default=1 / 6),
    Activation("tanh", 5, f.tanh_forward, f.tanh_derivative),
    Activation("relu", 6, f.relu, f.relu_derivative, parameter="at_zero", default=0.0, unless_default=True),
    Activation("leaky_relu", 7, f.leaky_relu, f.leaky_relu_derivative, parameter="alpha", default=0.2),
    Activation("elu", 8, f.elu, f.elu_derivative, parameter="alpha", default=1.0),
    Activation("selu", 9, f.selu, f.selu_derivative),
    Activation("gelu", 10, f.gelu, f.gelu_derivative, from_z=True),
    Activation("silu", 11, f.silu, f.silu_derivative, from_z=True),
    Activation("softplus", 12, f.softplus_forward, f.softplus_derivative, from_z=True),
    Activation("softmax", 13, f.softmax, f.softmax_derivative, jacobian=f.softmax_backward),
    Activation("exp", 14, f.exp_forward, f.exp_derivative),
    Activation("mish", 15, f.mish, f.mish_derivative, from_z=True),
    Activation("softsign", 16, f.softsign, f.softsign_derivative),
    Activation("relu6", 17, f.relu6, f.relu6_derivative),
)

_LOSSES = (
    Loss("mse", 0, losses.mse, losses.mse_gradient),
    Loss("half_mse", 1, losses.half_mse, losses.half_mse_gradient),
    Loss("mae", 2, losses.mae, losses.mae_gradient),
    Loss("huber", 3, losses.huber, losses.huber_gradient),
    Loss("poisson", 4, losses.poisson, losses.poisson_gradient, "exp", losses.poisson_from_z, losses.poisson_by_z),
    Loss(
        "binary_crossentropy", 5, losses.binary_crossentropy, losses.binary_crossentropy_gradient,
        "sigmoid", losses.binary_crossentropy_from_z, losses.binary_crossentropy_by_z, losses.smooth_binary,
    ),
    Loss(
        "categorical_crossentropy", 6, losses.categorical_crossentropy, losses.categorical_crossentropy_gradient,
        "softmax", losses.categorical_crossentropy_from_z, losses.categorical_crossentropy_by_z,
        losses.smooth_categorical,
    ),
    Loss("perceptron", 7, losses.perceptron, None, "*", None, losses.perceptron_by_z),
    Loss("quantile", 8, losses.quantile, losses.quantile_gradient),
    Loss(
        "half_poisson_deviance", 9, losses.half_poisson_deviance, losses.poisson_gradient,
        "exp", losses.half_poisson_deviance_from_z, losses.poisson_by_z,
    ),
)  # fmt: skip

_OPTIMIZERS = (
    Optimizer("sgd", 0, updates.sgd_update),
    Optimizer("adam", 1, updates.adam_update),
    Optimizer("rmsprop", 2, updates.rmsprop_update),
    Optimizer("nadam", 3, updates.nadam_update),
    Optimizer("adagrad", 4, updates.adagrad_update),
    Optimizer("adamax", 5, updates.adamax_update),
    Optimizer("lion", 6, updates.lion_update),
)

ACTIVATIONS: dict[str, Activation] = {row.name: row for row in _ACTIVATIONS}
LOSSES: dict[str, Loss] = {row.name: row for row in _LOSSES}
COUNTS = ("poisson", "half_poisson_deviance")  # losses whose targets are at least 0, and outputs more than 0
OPTIMIZERS: dict[str, Optimizer] = {row.name: row for row in _OPTIMIZERS}
