"""Callbacks: objects that are told how a training goes, and may stop it.

Any object with at least one of these methods will do; `Callback` is there to be derived from. A callback
may set `net.stop_training = True` or `net.optimizer.learning_rate`. An `on_batch_end` costs a return to
Python for every step, so it is left out of `Callback`. One that counts from epoch to epoch has `get_state` and
`set_state`: its state goes into model files, so that a training that is resumed stops where it would have. Nothing
here prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ..arguments import shown

EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end", "on_batch_end")  # whoever has none of these does not hear of epochs
HOOKS = ("on_train_begin", "on_train_end", *EPOCH_HOOKS)
NOTHING: dict[str, list[Callable[..., Any]]] = {hook: [] for hook in HOOKS}
Logs = dict[str, float]
States = dict[str, dict[str, Any]]  # of callbacks by name: plain values, and arrays


class Callback:
    """Does nothing. `self.net` is the network while it trains. Define `on_batch_end(batch, logs)` if it is needed."""

    net: Any = None

    def set_network(self, net: Any) -> None:
        self.net = net

    def on_train_begin(self, logs: Logs) -> None: ...
    def on_train_end(self, logs: Logs) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Logs) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Logs) -> None: ...


def check(given: Any) -> list[Any]:
    """The objects in argument `callbacks`: one, or several."""
    if given is None or given == ():
        return []
    if any(hasattr(given, hook) for hook in HOOKS):
        given = [given]
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"callbacks: {shown(given)} has none of the methods {', '.join(HOOKS)}")
    callbacks = list(given)
    for place, one in enumerate(callbacks):
        if isinstance(one, type):
            raise TypeError(f"callbacks[{place}]: {one.__name__} is a class; make an object of it: {one.__name__}()")
        if not any(callable(getattr(one, hook, None)) for hook in HOOKS):
            raise TypeError(f"callbacks[{place}]: {shown(one)} has none of the methods {', '.join(HOOKS)}")
    return callbacks


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

    Those with a state are told first, then the others in the order given, so that whoever saves the network has what
    the others made of this epoch. `resume`: they go on from the states that are remembered.
    """

    def __init__(
        self, callbacks: list[Any], net: Trained, states: CallbackStates | None = None, resume: bool = False
    ) -> None:
        self._methods: dict[str, list[Callable[..., Any]]] = NOTHING
        self.net, self._resume = net, resume
        self._known = CallbackStates() if states is None else states
        self.every_batch = False  # whether someone wants to hear of each step
        self.listening = False  # ... or of each epoch
        self._callbacks = sorted(callbacks, key=lambda one: not hasattr(one, "get_state") or hasattr(one, "saves"))
        if not callbacks:
            return
        self._methods = {
            hook: [getattr(one, hook) for one in self._callbacks if callable(getattr(one, hook, None))]
            for hook in HOOKS
        }
        self.every_batch = bool(self._methods["on_batch_end"])
        self.listening = any(self._methods[hook] for hook in EPOCH_HOOKS)

    @property
    def stop(self) -> bool:
        """Whether somebody wants the training to end."""
        return self.net.stop_training

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

    def train_begin(self) -> None:
        net, known = self.net, self._known.last
        net.stop_training = False
        for one in self._callbacks:
            if callable(getattr(one, "set_network", None)):
                one.set_network(net)
        for method in self._methods["on_train_begin"]:
            method({})
        for name, one in self._with_state().items() if self._resume else ():
            try:
                if name in known:
                    one.set_state(dict(known[name]))
            except (KeyError, TypeError, ValueError) as reason:
                raise ValueError(f"callbacks: {name} cannot go on from {shown(known[name])}: {reason!r}") from None
        self._known.calls = self

    def train_end(self, logs: Logs) -> None:
        try:
            for method in self._methods["on_train_end"]:
                method(dict(logs))
        finally:
            self._known.calls, self._known.last = None, self.states() if self._callbacks else {}

    def epoch_begin(self, epoch: int) -> None:
        for method in self._methods["on_epoch_begin"]:
            method(epoch, {})

    def epoch_end(self, epoch: int, logs: Logs) -> None:
        for method in self._methods["on_epoch_end"]:
            method(epoch, dict(logs))

    def batch_end(self, batch: int, logs: Logs) -> None:
        for method in self._methods["on_batch_end"]:
            method(batch, dict(logs))
