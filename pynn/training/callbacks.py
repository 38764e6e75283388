"""Callbacks: objects that are told how a training goes, and may stop it.

Any object with at least one of these methods will do; `Callback` is there to be derived from. A callback
may set `net.stop_training = True` or `net.optimizer.learning_rate`. An `on_batch_end` costs a return to
Python for every step, so it is left out of `Callback`. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..arguments import shown

EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end", "on_batch_end")  # whoever has none of these does not hear of epochs
HOOKS = ("on_train_begin", "on_train_end", *EPOCH_HOOKS)
NOTHING: dict[str, list[Callable[..., Any]]] = {hook: [] for hook in HOOKS}
Logs = dict[str, float]


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


class Calls:
    """All callbacks of one training; each hook's methods are looked up once."""

    def __init__(self, callbacks: list[Any], net: Any) -> None:
        self._methods: dict[str, list[Callable[..., Any]]] = NOTHING
        self.every_batch = False  # whether someone wants to hear of each step
        self.listening = False  # ... or of each epoch
        if not callbacks:
            return
        for one in callbacks:
            if callable(getattr(one, "set_network", None)):
                one.set_network(net)
        self._methods = {
            hook: [getattr(one, hook) for one in callbacks if callable(getattr(one, hook, None))] for hook in HOOKS
        }
        self.every_batch = bool(self._methods["on_batch_end"])
        self.listening = any(self._methods[hook] for hook in EPOCH_HOOKS)

    def train_begin(self) -> None:
        for method in self._methods["on_train_begin"]:
            method({})

    def train_end(self, logs: Logs) -> None:
        for method in self._methods["on_train_end"]:
            method(dict(logs))

    def epoch_begin(self, epoch: int) -> None:
        for method in self._methods["on_epoch_begin"]:
            method(epoch, {})

    def epoch_end(self, epoch: int, logs: Logs) -> None:
        for method in self._methods["on_epoch_end"]:
            method(epoch, dict(logs))

    def batch_end(self, batch: int, logs: Logs) -> None:
        for method in self._methods["on_batch_end"]:
            method(batch, dict(logs))
