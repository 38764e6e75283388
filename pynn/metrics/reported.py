"""The argument `metrics` of compile: names, functions and objects, checked; and what each is read from.

Accuracies, mae, mse and rmse are sums of the engine, in the order that docs/numerics.md fixes, and cost nothing. All
others are computed from the rows' predictions. No arithmetic here: read names.py for the names, fitted.py for the
metrics, training/fit.py for what turns sums into what a History holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..arguments import shown
from . import names
from .fitted import CLASSES, LABELS, YES_NO, Named, Own, is_possible, is_stateful, name_of
from .names import Name

Given = str | Named | Own
PROBABILITIES = ("sigmoid", "hard_sigmoid", "softmax")  # activations
NOT_OF_LABELS = ("balanced_accuracy", "mcc", "cohen_kappa", "top_k_accuracy")


class Readings(NamedTuple):
    """Which metrics are read from which sums, and which are computed from predictions."""

    accuracy: str = ""  # the engine's kind: "", "none", "argmax", "binary"
    totals: tuple[tuple[str, str], ...] = ()  # (reported name, field of Totals, or "rmse")
    task: str = YES_NO
    measured: tuple[Named | Own, ...] = ()
    names: tuple[str, ...] = ()  # all, in the order given


def check_names(name: str, given: Any) -> tuple[Given, ...]:
    """Argument `metrics` of compile: one or several names, functions or objects, each once."""
    if given is None:
        return ()
    if isinstance(given, (str, Named, Own)) or callable(given) or is_stateful(given):
        given = [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected names such as ['accuracy']")
    found: dict[Any, Given] = {}
    for one in given:
        if isinstance(one, str):
            found.setdefault(names.check(name, one), names.lower(one))
        else:
            made = one if isinstance(one, (Named, Own)) else own(name, one)
            found.setdefault(made if isinstance(made, Named) else id(made.thing), made)
    reported = [one if isinstance(one, str) else one.name for one in found.values()]
    for one in reported:
        if reported.count(one) > 1:
            raise ValueError(f"{name}: two are called {one!r}; give one of them another name")
    return tuple(found.values())


def own(argument: str, thing: Any) -> Own:
    """A function or an object of the user's, as a metric."""
    expected = "expected a name, a function f(y_true, y_pred), or an object with update_state and result"
    if isinstance(thing, type):
        raise TypeError(f"{argument}: {thing.__name__} is a class; make an object of it: {thing.__name__}()")
    if not is_possible(thing):
        raise TypeError(f"{argument}: {shown(thing)} is a {type(thing).__name__}; {expected}")
    name = name_of(thing)
    if name == "loss" or name.startswith("val_"):
        raise ValueError(f"{argument}: {name!r} is the name of another number; give the metric another one")
    return Own(name, thing)


def task_of(outputs: int, loss: str, activation: str) -> str:
    """The loss decides: with binary_crossentropy several outputs are labels, but those of a softmax are classes."""
    if outputs == 1:
        return YES_NO
    return LABELS if loss == "binary_crossentropy" and activation != "softmax" else CLASSES


def readings(given: Iterable[Given], outputs: int, loss: str, activation: str) -> Readings:
    """What to read each metric from. The first kind of accuracy is the engine's; another one needs predictions."""
    task = task_of(outputs, loss, activation)
    kind, totals, order = "", [], []
    measured: list[Named | Own] = []
    for one in given:
        made = Named(one, names.check("metrics", one)) if isinstance(one, str) else one
        order.append(made.name)
        if isinstance(made, Own):
            measured.append(made)
            continue
        name, what = made.name, made.what
        _check_fits(name, what, task, activation)
        accuracy = _accuracy(what, task)
        if accuracy and kind in ("", "none", accuracy):
            kind = accuracy
            totals.append((name, "accuracy"))
        elif what.base in ("mae", "mse", "rmse"):
            kind = kind or "none"
            totals.append((name, what.base))
        else:
            base = {"binary": "binary_accuracy", "argmax": "categorical_accuracy"}.get(accuracy, what.base)
            measured.append(Named(name, what._replace(base=base)))
    return Readings(kind, tuple(totals), task, tuple(measured), tuple(order))


def _accuracy(what: Name, task: str) -> str:
    """The engine's kind of an accuracy; "" of another metric."""
    usual = "argmax" if task == CLASSES else "binary"
    return {"accuracy": usual, "binary_accuracy": "binary", "categorical_accuracy": "argmax"}.get(what.base, "")


def _check_fits(typed: str, what: Name, task: str, activation: str) -> None:
    """A metric that has no meaning for these outputs is refused before anything is trained."""
    if what.base in ("categorical_accuracy", "top_k_accuracy") and task == YES_NO:
        raise ValueError(
            f"metrics: {typed!r} of one output is always 1; expected a metric of one output, such as 'accuracy'"
        )
    if what.average == "samples" and task != LABELS:
        raise ValueError(f"metrics: {typed!r} is for several labels a row: sigmoid outputs with binary_crossentropy")
    if what.base in NOT_OF_LABELS and task == LABELS:
        raise ValueError(
            f"metrics: {typed!r} is for one class a row; these outputs are labels, each a question of its own"
        )
    if what.base == "log_loss" and (activation not in PROBABILITIES or (task == CLASSES and activation != "softmax")):
        raise ValueError(f"metrics: {typed!r} needs probabilities; {activation} outputs are none that add to 1")
