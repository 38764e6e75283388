"""What a callback is: the hooks, by Keras' names, and the objects that have some of them.

Any object with at least one of these methods will do; `Callback` is there to be derived from. Nobody is called for a
hook that does nothing: a method that `Callback` itself has does not count, so `super()` may be called and batches cost
nothing to those who do not look at them. Read callbacks.py for who is told when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from ..arguments import shown
from .progress import plain

EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end", "on_test_begin", "on_test_end")
STEP_HOOKS = ("on_train_batch_begin", "on_train_batch_end")  # whoever has one of these is told of every step
ALIASES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}  # in place of the former
HOOKS = (
    "on_train_begin", "on_train_end", *EPOCH_HOOKS, *STEP_HOOKS, *ALIASES.values(),
    "on_test_batch_begin", "on_test_batch_end",
    "on_predict_begin", "on_predict_end", "on_predict_batch_begin", "on_predict_batch_end", "on_divergence",
)  # fmt: skip
Logs = dict[str, float]
Say = Callable[[str], object]


class Callback:
    """Does nothing. Derive from it, and define the hooks that are needed.

    net     the network while it trains; `model` is the same, or the wrapper whose fit was called
    params  epochs (the last one's number + 1), steps of an epoch, batch_size, rows, verbose

    `logs` is one dict for all callbacks: what one of them adds to it, a number by a name, reaches those after it. A
    method on_... that is no hook is refused, as nobody would call it.
    """

    net: Any = None
    model: Any = None
    params: Any = None
    _say: Say = staticmethod(plain)  # while a training goes on: above its progress line

    def set_network(self, net: Any) -> None:
        self.net = net

    def set_model(self, model: Any) -> None:
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    # ---- fit ----

    def on_train_begin(self, logs: Any = None) -> None: ...
    def on_train_end(self, logs: Any = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...
    def on_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_batch_end(self, batch: int, logs: Any = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.on_batch_end(batch, logs)

    def on_divergence(self, error: Any) -> bool:
        """A loss or an update was not finite. True: the fit ends with the last finite weights, without the error."""
        return False

    # ---- evaluate, predict, and the validation of a fit: all rows are one batch, number 0 ----

    def on_test_begin(self, logs: Any = None) -> None: ...
    def on_test_end(self, logs: Any = None) -> None: ...
    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Any = None) -> None: ...
    def on_predict_begin(self, logs: Any = None) -> None: ...
    def on_predict_end(self, logs: Any = None) -> None: ...
    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None: ...


class CallbackList(list[Any]):
    """Callbacks that were checked. `model` is what they know as their model; None: the network itself."""

    def __init__(self, callbacks: Iterable[Any] = (), model: Any = None) -> None:
        super().__init__(callbacks)
        self.model = model


def hook_of(callback: Any, hook: str) -> Callable[..., Any] | None:
    """Its method, unless that is one of `Callback`, which do nothing. An older name stands in for a newer one."""
    method = getattr(callback, hook, None)
    if callable(method) and getattr(method, "__func__", None) is not getattr(Callback, hook):
        return method  # type: ignore[no-any-return]
    return hook_of(callback, ALIASES[hook]) if hook in ALIASES else None


NOBODY = CallbackList()  # never changed: a fit without callbacks should cost no more for being able to have some


def check(given: Any) -> CallbackList:
    """The objects in argument `callbacks`: one, or several."""
    if given is None or given == ():
        return NOBODY
    model = given.model if isinstance(given, CallbackList) else None
    if isinstance(given, Callback) or any(hasattr(given, hook) for hook in HOOKS):
        given = [given]
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"callbacks: {shown(given)} has none of the methods {', '.join(HOOKS)}")
    callbacks = CallbackList(given, model)
    for place, one in enumerate(callbacks):
        if isinstance(one, type):
            raise TypeError(f"callbacks[{place}]: {one.__name__} is a class; make an object of it: {one.__name__}()")
        if isinstance(one, Callback):
            _check_names(f"callbacks[{place}]", one)
        elif not any(callable(getattr(one, hook, None)) for hook in HOOKS):
            raise TypeError(f"callbacks[{place}]: {shown(one)} has none of the methods {', '.join(HOOKS)}")
    return callbacks


def _check_names(place: str, callback: Callback) -> None:
    """No hook that nobody would call: a slip in a name would pass for a callback that has nothing to do."""
    for name in dir(callback):
        if name.startswith("on_") and name not in HOOKS and callable(getattr(callback, name, None)):
            raise TypeError(
                f"{place}: {type(callback).__name__} has a method {name}, which nobody calls; {near(name)} "
                "(a method of its own needs a name that does not begin with on_)"
            )


def near(name: str) -> str:
    """What may have been meant."""
    close = get_close_matches(name, HOOKS, 1, 0.7)
    return f"did you mean {close[0]}?" if close else f"the hooks are {', '.join(HOOKS)}"
