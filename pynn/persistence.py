"""What becomes of a network besides training: files, copies, pickles, and how a notebook shows it.

The half of Network that has nothing to do with computing; it knows the attributes that network.py gives it. Model
files are files/; a pickle carries the same numbers, but only pynn's own files are safe to open from anywhere.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Self

from . import assembly, inspect
from .backend import Array
from .training import exclusive
from .training.callbacks import States


class Keeping:
    """save, load, copies, pickles, and what is shown."""

    extra: Any = None  # what a program wants to keep beside a network in its file: anything that JSON has
    _calls: Any = None  # the callbacks of the fit that is going on
    _states: States = {}  # of the callbacks of the last one

    def save(self, path: str | os.PathLike[str]) -> None:
        """Into a model file, whole or not at all: layers, weights, optimizer, callbacks' states, `extra`.

        A network that was loaded goes on as if it had not been stopped, bit for bit. The same network gives the same
        file. Its layout is that of safetensors: other programs can read the arrays.
        """
        from . import files  # and what it needs: only who saves or loads

        files.save(self, path)

    @property
    def callback_states(self) -> States:
        """What callbacks count and remember, by their names: of the fit that is going on, or of the last one."""
        return self._states if self._calls is None else self._calls.states()

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, engine: str = "native", threads: int | None = None, custom: Any = ()
    ) -> Self:
        """The network in a model file. Loading runs nothing from it; a ModelFormatError says what is wrong.

        custom   classes of your own that the file may name: schedules, initializers, optimizers, losses
        """
        from . import files

        loaded: Self = files.load(cls, path, engine, threads, custom)
        return loaded

    @property
    def weights(self) -> list[Array]:
        """[W1, b1, W2, b2, ...]: copies."""
        own: Any = self
        return list(own.get_weights())

    def fingerprint(self) -> str:
        """SHA-256 of the weights: types, shapes and little-endian values in the order of get_weights."""
        return inspect.fingerprint(self.weights)

    def summary(self) -> None:
        """Print layers, shapes and numbers of parameters."""
        print(inspect.summary_text(self))

    def __repr__(self) -> str:
        own: Any = self
        words = f"inputs={own.inputs}, seed={own.seed}, dtype={own.dtype!r}, engine={own.engine!r}"
        return f"Network({list(own.layers)!r}, {words})"

    def _repr_html_(self) -> str:
        return inspect.network_html(self)

    def __getstate__(self) -> dict[str, Any]:
        """Plain state: an engine is made anew from its numbers, so copies and pickles carry no memory of the C core."""
        state = self.__dict__.copy()
        if state["_core"] is not None:
            state["_numbers"] = assembly.take(state["_core"])
        state |= {"_core": None, "_plan": None, "_learned": ()}
        return {
            name: value for name, value in state.items() if name not in ("_making", "_reader", "_calls", exclusive.MARK)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_making": threading.RLock()}
