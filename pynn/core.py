"""Core: what a network is apart from its verbs: layers, what was compiled, an engine with its plan, and its state.

Network hands this one object to fits, inspection, files. An engine is made when it is first needed, and anew where
inputs, a loss or a Normalization have changed; State carries the numbers over. No arithmetic here, and no loop over
epochs. Read assembly.py for how a plan is made, training/fit.py for the loop.
"""

from __future__ import annotations

import threading
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from . import assembly, backend, optimizers
from .assembly import CompileArguments, Moments, Recipe
from .backend import Array, EngineLike, EngineModule, Floats
from .engine.data import Data
from .engine.plan import build_plan
from .errors import NotFittedError
from .layers import Layer, Stack, arrange
from .rows import arrays, sparse
from .training import checks
from .training.callbacks import CallbackStates


@dataclass(frozen=True)
class State:
    """All that training changes in an engine, as plain arrays: what is carried to a new engine, copied and pickled."""

    params: Array | None  # None: the weights are kept elsewhere
    slots: dict[str, Array] | None = None  # None: the optimizer begins anew
    iteration: int = 0
    beta_power: Floats | None = None

    @staticmethod
    def of(engine: EngineLike) -> State:
        return State(engine.get_params(), engine.get_slots(), engine.iteration, np.array(engine.beta_power))

    def restore(self, engine: EngineLike) -> None:
        if self.params is not None:
            engine.set_params(self.params)
        if self.slots is not None:
            engine.set_slots(self.slots)
            engine.iteration = self.iteration
            assert self.beta_power is not None
            engine.beta_power = self.beta_power


@dataclass(eq=False, repr=False)
class Core:
    """Settings that never change, the description, and the numbers."""

    inputs: int | None
    seed: int
    dtype: str
    engine_name: str
    threads: int | None
    layers: list[Layer] = field(default_factory=list)
    compiled: CompileArguments | None = None  # what compile was told
    engine: EngineLike | None = None
    state: State | None = None  # of the next engine, where there were weights before
    epoch: int = 0  # completed epochs: where the next fit goes on
    extra: Any = None  # what a program keeps beside the network in its file
    callbacks: CallbackStates = field(default_factory=CallbackStates)

    def __post_init__(self) -> None:
        self._recipe: Recipe | None = None  # what follows from `compiled` and the last layer
        self._learned: tuple[Any, ...] = ()  # the Normalizations' arrays that the plan was made with
        self._making = threading.RLock()  # two threads that need the first engine get the same one
        self.extend([])

    def __getstate__(self) -> dict[str, Any]:
        """Plain: an engine is made anew from its state, so copies and pickles carry no memory of the C core."""
        kept = {name: value for name, value in self.__dict__.items() if name not in ("_making", "reader")}
        state = self.state if self.engine is None else State.of(self.engine)
        return kept | {"engine": None, "_learned": (), "state": state, "callbacks": copy(self.callbacks)}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        self.__dict__ |= kept | {"_making": threading.RLock()}

    # ---- description -------------------------------------------------------------------------

    def extend(self, more: list[Layer]) -> None:
        layers = [*self.layers, *more]
        stack = arrange(layers)
        if self.inputs is not None and stack.plans:
            build_plan(self.inputs, list(stack.plans))  # refuses what is too large
        self.layers, self._recipe = layers, None
        self.stack: Stack = stack

    def compile(self, given: CompileArguments) -> None:
        """Weights stay; the optimizer's state begins anew."""
        recipe = assembly.decide(self.layers, self.stack, given) if self.layers else None
        with self._making:
            if self.engine is not None:
                self.state = State(self.engine.get_params())
            elif self.state is not None:
                self.state = State(self.state.params)
            self.engine, self.compiled, self._recipe = None, given, recipe

    @property
    def recipe(self) -> Recipe:
        """What was compiled, or the usual."""
        if self._recipe is None:
            if self.compiled is None:
                self.compiled = CompileArguments(None, optimizers.get("optimizer", "adam"), ())
            self._recipe = assembly.decide(self.layers, self.stack, self.compiled)
        return self._recipe

    @property
    def has_weights(self) -> bool:
        return self.engine is not None or self.state is not None

    @property
    def iteration(self) -> int:
        """Completed steps of the optimizer."""
        known = self.engine or self.state
        return 0 if known is None else known.iteration

    @property
    def module(self) -> EngineModule:
        return backend.load(self.engine_name)

    @cached_property
    def reader(self) -> arrays.Reader:
        return arrays.Reader(self.module, self.dtype)

    # ---- the engine --------------------------------------------------------------------------

    def _draft(self, inputs: int, learn: dict[int, Moments]) -> EngineLike:
        """An engine for these inputs, as if `learn` had been learned; nothing is changed."""
        stack = assembly.with_learned(self.stack, learn)
        plan = assembly.make_plan(stack, self.recipe, inputs, self.dtype, self.seed)
        engine = self.module.Engine(plan, threads=self.threads)
        state = State.of(self.engine) if self.engine is not None else self.state
        state = state or State(assembly.first_weights(stack, plan, self.module))
        state.restore(engine)
        return engine

    def _adopt(self, engine: EngineLike) -> EngineLike:
        """From now on the network is this engine's."""
        self.inputs, self.engine, self.state = engine.plan.inputs, engine, None
        self._learned = self._learned_now()
        return engine

    def _learned_now(self) -> tuple[Any, ...]:
        return tuple(layer.mean for layer in self.stack.normalizations)

    def _settled(self) -> EngineLike | None:
        """The engine at hand, where no layer learns: there is nothing that it could not know."""
        return None if self.stack.normalizations else self.engine

    def _current(self) -> EngineLike | None:
        """The engine at hand, if it knows what the Normalizations have learned; asked while _making is held."""
        if self.engine is None or not all(a is b for a, b in zip(self._learned_now(), self._learned, strict=True)):
            return None
        return self.engine

    def with_weights(self, what: str) -> EngineLike:
        """The engine; made now if only weights were missing."""
        if (engine := self._settled()) is not None:
            return engine
        _ = self.recipe  # refuses layers that are not complete
        with self._making:
            if (engine := self._current()) is not None:
                return engine
            if self.inputs is None:
                raise NotFittedError(f"{what}: the network has no weights yet; give inputs= or fit it first")
            return self._adopt(self._draft(self.inputs, {}))

    def for_rows(self, what: str) -> EngineLike:
        """The engine for a call that looks at data but does not train."""
        engine = self.with_weights(what)
        for layer in self.stack.normalizations:
            if not layer.adapted:
                raise NotFittedError(f"{what}: Normalization has not learned its means yet; adapt it or fit first")
        return engine

    def for_training(self, x: Array, source: Any = None) -> EngineLike:
        """The engine for these rows: learns inputs and Normalization (from all of `source`) if need be."""
        if (engine := self._settled()) is not None:
            return engine
        inputs = self.inputs or arrays.width(x)
        with self._making:
            learn = assembly.moments(self.stack, x if source is None else source, inputs, self.module)
            if (engine := self._current()) is not None and not learn:
                return engine
            engine = self._draft(inputs, learn)
            for place, found in learn.items():
                self.stack.affine[place].learn(*found)  # type: ignore[union-attr]
            return self._adopt(engine)

    def twin(self, engine: EngineLike) -> EngineLike:
        """A second engine with the same state and no dropout."""
        other = self.module.Engine(assembly.without_dropout(engine.plan), threads=self.threads)
        State.of(engine).restore(other)
        return other

    # ---- rows --------------------------------------------------------------------------------

    def read(
        self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None,
        names: tuple[str, str, str] = checks.NAMES,
    ) -> Data:  # fmt: skip
        """Rows, targets and weights, checked."""
        data = checks.examples(x, y, sample_weight, self.recipe.task, self.inputs, self.reader, names)
        return self.weighted(data, class_weight)

    def weighted(self, data: Data, class_weight: Any) -> Data:
        """The rows with the weights of their classes, too; `data` itself stays as the user weighted it."""
        if class_weight is None:
            return data
        return replace(data, weight=checks.row_weights(data, class_weight, self.recipe.task, self.dtype))

    def examples(self, what: str, x: Any, y: Any, sample_weight: Any) -> tuple[EngineLike, Data]:
        """The engine, and rows to look at closely: unfolded."""
        engine = self.for_rows(what)
        return engine, sparse.unfolded(self.read(x, y, sample_weight))
