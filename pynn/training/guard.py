"""One change at a time: a training that has begun, in whatever thread, is not joined by a second one.

A mark in the network's own dictionary rather than a lock: copies and pickles have nothing to leave out but a name, and
a Ctrl-C cannot leave it behind. (Setting and removing it are one step each to the interpreter, which looks
for signals only between calls, and the token tells whose mark it is.) Looking is always allowed: see network.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
MARK = "_changed_by"


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
