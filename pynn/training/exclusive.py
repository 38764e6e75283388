"""What must not change: a setting, ever, and a network that is being trained, whatever thread asks.

A training that has begun is not joined by a second one. A mark in the network's own dictionary says so, rather than a
lock: copies and pickles have nothing to leave out but a name, and a Ctrl-C cannot leave it behind. (Setting and
removing it are one step each to the interpreter, which looks for signals only between calls, and the token tells whose
mark it is.) Looking is always allowed: see network.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
MARK = "_changed_by"


class Fixed:
    """A setting of a network's core that keeps its first value."""

    def __init__(self, there: str) -> None:
        self.there = there

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, one: Any, owner: type | None = None) -> Any:
        return self if one is None else getattr(one._core, self.there)

    def __set__(self, one: Any, value: Any) -> None:
        raise AttributeError(f"{self.name}: cannot be changed; make a new {type(one).__name__}")


def alone(verb: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A method that does not begin while another one so marked is at work on the same object."""

    @wraps(verb)
    def guarded(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        token, own = object(), self.__dict__
        try:
            if own.setdefault(MARK, token) is not token:
                raise RuntimeError("the network is being trained; this has to wait until fit has returned")
            return verb(self, *args, **kwargs)
        finally:
            if MARK in own and own[MARK] is token:
                del own[MARK]

    return guarded
