"""Who is told how a training goes, when, and what becomes of what they say.

`Calls` are all callbacks of one fit, evaluate or predict. One that counts from epoch to epoch has `get_state` and
`set_state`: its state goes into model files, so that a training that is resumed stops where it would have. Read
hooks.py for what a callback is, fit.py for the loop that calls. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, Protocol

from ..arguments import shown
from .hooks import EPOCH_HOOKS, HOOKS, STEP_HOOKS, Callback, Logs, Say, check, hook_of
from .progress import plain

__all__ = ["CallbackStates", "Calls", "States", "introduced"]

States = dict[str, dict[str, Any]]  # of callbacks by name: plain values, and arrays
Methods = list[tuple[Any, Callable[..., Any]]]  # a callback, and its method
NOTHING: dict[str, Methods] = {hook: [] for hook in HOOKS}


class Trained(Protocol):
    """What callbacks know as their net."""

    stop_training: bool


class CallbackStates:
    """What the callbacks of a network count and remember: of the fit that is going on, or of the last one."""

    def __init__(self) -> None:
        self.calls: Calls | None = None
        self.last: States = {}

    def now(self) -> States:
        return self.last if self.calls is None else self.calls.states()

    def __getstate__(self) -> dict[str, Any]:
        return {"calls": None, "last": self.last}


class Calls:
    """All callbacks of one training; each hook's methods are looked up once.

    They are told in the order given, except that those that save the network (`saves`) come last, so that a file has
    what the others made of this epoch. `resume`: they go on from the states that are remembered.
    """

    def __init__(
        self, callbacks: list[Any], net: Trained, states: CallbackStates | None = None, resume: bool = False,
        params: dict[str, Any] | None = None, say: Say = plain,
    ) -> None:  # fmt: skip
        self.net, self.params, self._resume, self._say = net, params or {}, resume, say
        self._known = CallbackStates() if states is None else states
        self._methods = NOTHING
        self.every_batch = False  # whether someone wants to hear of each step
        self.listening = False  # ... or of each epoch
        self._begun: list[Any] = []  # those who will be told of the end
        self._callbacks: list[Any] = callbacks
        if not callbacks:
            return
        self._callbacks = sorted(callbacks, key=lambda one: hasattr(one, "saves"))
        model = getattr(callbacks, "model", None)
        self._model = net if model is None else model
        found = {hook: [(one, hook_of(one, hook)) for one in self._callbacks] for hook in HOOKS}
        self._methods = {hook: [(one, call) for one, call in pairs if call] for hook, pairs in found.items()}
        self.every_batch = any(self._methods[hook] for hook in STEP_HOOKS)
        self.listening = self.every_batch or any(self._methods[hook] for hook in EPOCH_HOOKS)

    @property
    def stop(self) -> bool:
        """Whether somebody wants the training to end."""
        return self.net.stop_training

    @property
    def hears(self) -> bool:
        """Whether anybody is told of epochs."""
        return self.listening

    # ---- states ----

    def _with_state(self) -> dict[str, Any]:
        """Callbacks that have a state, by the names of their classes: the second EarlyStopping is EarlyStopping 2."""
        found: dict[str, Any] = {}
        for one in self._callbacks:
            if hasattr(one, "get_state") and hasattr(one, "set_state"):
                kind = type(one).__name__
                count = sum(name.split()[0] == kind for name in found) + 1
                found[kind if count == 1 else f"{kind} {count}"] = one
        return found

    def states(self) -> States:
        return {name: dict(one.get_state()) for name, one in self._with_state().items()}

    def _go_on(self) -> None:
        known = self._known.last
        for name, one in self._with_state().items():
            try:
                if name in known:
                    one.set_state(dict(known[name]))
            except (KeyError, TypeError, ValueError) as reason:
                raise ValueError(f"callbacks: {name} cannot go on from {shown(known[name])}: {reason!r}") from None

    # ---- begin and end ----

    def introduce(self) -> None:
        """They get to know the network, the model and the numbers of this call."""
        for one in self._callbacks:
            for name, what in (("set_network", self.net), ("set_model", self._model), ("set_params", self.params)):
                if callable(tell := getattr(one, name, None)):
                    tell(what)

    def train_begin(self) -> None:
        self.net.stop_training = False
        self.introduce()
        for one in self._callbacks:
            if isinstance(one, Callback):
                one._say = self._say
            if method := hook_of(one, "on_train_begin"):
                method({})
            self._begun.append(one)
        if self._resume:
            self._go_on()
        self._known.calls = self

    def train_end(self, logs: Logs) -> None:
        """All who have begun are told, whatever one of them raises: they have files to close. The first error stays."""
        failed: BaseException | None = None
        for one in self._begun:
            try:
                if method := hook_of(one, "on_train_end"):
                    method(logs)
            except BaseException as reason:
                failed = failed or reason
        for one in self._callbacks:
            getattr(one, "__dict__", {}).pop("_say", None)  # it may hold a stream, which cannot be pickled
        if self._known.calls is self:
            self._known.calls, self._known.last = None, {}
            try:
                self._known.last = self.states()
            except BaseException as reason:
                failed = failed or reason
        if failed is not None:
            raise failed

    def diverged(self, error: ArithmeticError) -> bool:
        """Whether somebody takes it as an ordinary end."""
        return True in [bool(method(error)) for _, method in self._methods["on_divergence"]]

    # ---- on the way ----

    def epoch_begin(self, epoch: int) -> None:
        self._tell("on_epoch_begin", {}, epoch)

    def epoch_end(self, epoch: int, logs: Logs) -> None:
        self._tell("on_epoch_end", logs, epoch)

    def batch_begin(self, batch: int) -> None:
        self._tell("on_train_batch_begin", {}, batch)

    def batch_end(self, batch: int, logs: Logs) -> None:
        self._tell("on_train_batch_end", logs, batch)

    def tested(self, measure: Callable[[], Logs]) -> Logs:
        """The numbers of rows that are not trained on, all of them one batch; with what callbacks add to them."""
        self._tell("on_test_begin", {})
        self._tell("on_test_batch_begin", {}, 0)
        logs = measure()
        self._tell("on_test_batch_end", logs, 0)
        self._tell("on_test_end", logs)
        return logs

    def predicted(self, measure: Callable[[], Any]) -> Any:
        """Outputs of rows, all of them one batch."""
        self._tell("on_predict_begin", {})
        self._tell("on_predict_batch_begin", {}, 0)
        outputs = measure()
        for _, method in self._methods["on_predict_batch_end"]:
            method(0, {"outputs": outputs})
        self._tell("on_predict_end", {})
        return outputs

    def _tell(self, hook: str, logs: Logs, *number: int) -> None:
        """One dict for all who have this hook. What is no number is taken out again, and refused when all were told."""
        refused: TypeError | None = None
        for one, method in self._methods[hook]:
            method(*number, logs)
            refused = _only_numbers(one, logs) or refused
        if refused is not None:
            raise refused


def _only_numbers(callback: Any, logs: Logs) -> TypeError | None:
    """Numbers of any kind become floats."""
    refused = None
    for name, value in [pair for pair in logs.items() if type(pair[1]) is not float or type(pair[0]) is not str]:
        number = _number(value)
        if number is not None and isinstance(name, str):
            logs[name] = number
            continue
        del logs[name]
        who = type(callback).__name__
        wanted = "a number" if isinstance(name, str) else "a string as the name"
        refused = TypeError(f"callbacks: {who} put {shown(value)} into logs[{name!r}]; expected {wanted}")
    return refused


def _number(value: Any) -> float | None:
    """Also of arrays and tensors without dimensions."""
    if isinstance(value, (str, complex)) or not (isinstance(value, Real) or getattr(value, "ndim", None) == 0):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def introduced(callbacks: Any, net: Any, **params: Any) -> Calls:
    """Those who are told of one evaluate or predict."""
    calls = Calls(check(callbacks), net, params=params)
    calls.introduce()
    return calls
