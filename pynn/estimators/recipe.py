"""From an estimator's parameters to a plan: activations, what is minimised, the update rule.

No data and no loop here. scikit-learn's conventions, in pynn's words: errors of several outputs are added up in the
gradient, a batch is divided by the sum of its weights, and so is the penalty alpha / 2 * sum W^2. Read
engine/plan.py for what a plan is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

from .. import activations, losses
from ..activations import Activation
from ..arguments import choice, real, reals
from ..engine.plan import LayerPlan, OptimizerPlan, Plan, build_plan
from ..engine.tables import ACTIVATIONS
from ..losses import Loss
from ..optimizers import OPTIMIZERS, Optimizer

OUR_NAMES = {"identity": "linear", "logistic": "sigmoid"}
THEIR_NAMES = {ours: theirs for theirs, ours in OUR_NAMES.items()}
ACTIVATION_NAMES = {*ACTIVATIONS, *OUR_NAMES}
REGRESSION = {
    "squared_error": "half_mse",
    "absolute_error": "mae",
    "mae": "mae",
    "huber": "huber",
    "poisson": "half_poisson_deviance",
    "quantile": "quantile",
}
NUMBERS_ONLY = {"poisson", "quantile"}  # nothing for probabilities
STOCHASTIC = ("sgd", "adam")
STOCHASTIC_ONLY = (
    "optimizer", "schedule", "clipnorm", "clipvalue", "global_clipnorm", "dropout", "input_dropout", "callbacks",
)  # fmt: skip
UPDATE_RULES = tuple(OPTIMIZERS)


@dataclass(frozen=True)
class Goal:
    """What is minimised, and how it is told."""

    loss: str  # the engine's name
    parameters: dict[str, Any]  # for build_plan
    averaged: bool = False  # the gradient adds outputs up, the reported loss is their mean: as in scikit-learn


def activation(name: str, given: Any) -> Activation:
    """One of either library's names, or an Activation."""
    if isinstance(given, str):
        given = OUR_NAMES.get(choice(name, given, ACTIVATION_NAMES), given)
    return activations.get(name, given)


def per_layer(name: str, given: Any, layers: int, what: str) -> list[Any]:
    """One thing for every hidden layer, or a list with one for each."""
    if not isinstance(given, (list, tuple)):
        return [given] * layers
    if len(given) != layers:
        raise ValueError(f"{name}: {len(given)} {what} for {layers} hidden layers")
    return list(given)


def hidden_activations(given: Any, layers: int) -> list[Activation]:
    return [activation("activation", one) for one in per_layer("activation", given, layers, "activations")]


def goal(estimator: Any) -> Goal:
    """What follows from the parameter `loss` and the output's activation."""
    loss, level = estimator.loss, getattr(estimator, "quantile", None)
    if level is not None and loss != "quantile":
        raise ValueError(f"quantile: goes with loss='quantile' alone; loss is {loss!r}")
    if isinstance(loss, Loss):
        losses.get("loss", loss).check_outputs(estimator.n_outputs_)
        return Goal(loss.name, loss.parameters)
    if loss == "log_loss":
        name = "categorical_crossentropy" if estimator.out_activation_ == "softmax" else "binary_crossentropy"
        return Goal(name, {"sum_outputs": name == "binary_crossentropy"})
    more = {"delta": levels(level, estimator.n_outputs_)} if loss == "quantile" else {}
    return Goal(REGRESSION[loss], {"sum_outputs": True, **more}, averaged=loss != "poisson")


def levels(given: Any, outputs: int) -> float | tuple[float, ...]:
    """Of the regressor's `quantile`: one, or one for each output."""
    found = reals("quantile", 0.5 if given is None else given, 0, 1, above=True, below=True)
    if isinstance(found, tuple) and len(found) != outputs:
        raise ValueError(f"quantile: {len(found)} levels given; y has {outputs} columns, and each needs one")
    return found


def layer_plans(estimator: Any, units: list[int], l2: float) -> list[LayerPlan]:
    """units: widths of hidden layers and of the output."""
    hidden = hidden_activations(estimator.activation, len(units) - 1)
    rates = per_layer("dropout", estimator.dropout, len(hidden), "rates")
    given = estimator.output_activation  # perhaps with a parameter
    last = activation("output_activation", estimator.out_activation_ if given is None else given)
    plans = []
    for width, act, rate in zip(units, [*hidden, last], [*rates, 0.0], strict=True):
        dropout = real("dropout", rate, 0, 1, below=True)
        plans.append(LayerPlan(0, width, act.name, act.alpha, l2=l2, dropout=dropout))
    return plans


def make_plan(estimator: Any, inputs: int, units: list[int], dtype: str, rule: OptimizerPlan, seed: int = 0) -> Plan:
    """The plan for training; without an update rule's l2 for those who add the penalty themselves."""
    what = goal(estimator)
    l2 = 0.0 if estimator.solver == "lbfgs" else estimator.alpha / 2
    return build_plan(
        inputs, layer_plans(estimator, units, l2), loss=what.loss, by_weight=True, optimizer=rule, dtype=dtype,
        seed=seed, input_dropout=real("input_dropout", estimator.input_dropout, 0, 1, below=True), **what.parameters,
    )  # fmt: skip


def answering_plan(estimator: Any, inputs: int, units: list[int], dtype: str, layers: int) -> Plan:
    """The plan of the first layers alone, without dropout: for predictions, and for what hidden layers say."""
    kept = [replace(layer, dropout=0.0) for layer in layer_plans(estimator, units, 0.0)[:layers]]
    return build_plan(inputs, kept, dtype=dtype)


# ---- update rules ------------------------------------------------------------------------------


def update_rule(estimator: Any) -> OptimizerPlan:
    """The engine's update rule, with clipping; checks that the extras go together."""
    if estimator.optimizer is not None and not isinstance(estimator.optimizer, Optimizer):
        choice("optimizer", estimator.optimizer, UPDATE_RULES)
    if estimator.solver == "lbfgs":
        for name in STOCHASTIC_ONLY:
            if getattr(estimator, name):
                raise ValueError(f"{name}: goes with stochastic solvers only, 'sgd' or 'adam'; solver is 'lbfgs'")
        return OptimizerPlan()
    plan = _rule(estimator)
    clips = {name: getattr(estimator, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
    given: dict[str, Any] = {name: real(name, value, 0, above=True) for name, value in clips.items() if value}
    if len(given) > 1:
        raise ValueError(f"{', '.join(given)}: only one way of clipping is possible at a time")
    return replace(plan, **given)


def _rule(estimator: Any) -> OptimizerPlan:
    """solver sgd takes momentum up to 1, adam betas up to 1: limits that the optimizers of pynn do not have.

    Of the others, each has those of the estimator's numbers that it takes, and for the rest what it has by default.
    """
    if isinstance(estimator.optimizer, Optimizer):
        return estimator.optimizer.plan()
    name = estimator.optimizer or estimator.solver
    if name == "sgd":
        momentum = float(estimator.momentum)
        return OptimizerPlan("sgd", momentum=momentum, nesterov=bool(estimator.nesterovs_momentum and momentum))
    if name == "adam":
        beta1, beta2 = float(estimator.beta_1), float(estimator.beta_2)
        return OptimizerPlan("adam", beta1=beta1, beta2=beta2, epsilon=float(estimator.epsilon))
    kind = OPTIMIZERS[choice("optimizer", name, OPTIMIZERS)]
    takes = signature(kind).parameters
    given = {key: getattr(estimator, key) for key in ("beta_1", "beta_2", "epsilon") if key in takes}
    return kind(**given).plan()


def follows_learning_rate(estimator: Any) -> bool:
    """Whether learning_rate='invscaling' or 'adaptive' has a say: plain SGD, as in scikit-learn."""
    if estimator.schedule is not None or isinstance(estimator.optimizer, Optimizer):
        if estimator.learning_rate != "constant":
            what = "schedule" if estimator.schedule is not None else "optimizer"
            raise ValueError(f"learning_rate: {estimator.learning_rate!r} and {what} both say how fast; give one")
        return False
    return bool((estimator.optimizer or estimator.solver) == "sgd")
