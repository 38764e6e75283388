"""Network: the front door. One small class with the Keras verbs.

It holds a description (layers, loss, optimizer) and an engine that holds the numbers. A verb checks its
arguments, lets the engine work, and hands back plain arrays; nothing is changed before all checks
have passed. No arithmetic here. Read training/fit.py for the loop, engine/reference.py for what a step is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from . import arguments, assembly, backend, inspect, losses, optimizers
from .assembly import CompileArguments, Moments, Numbers, Recipe
from .backend import Array, EngineLike, EngineModule
from .engine.data import Data
from .engine.plan import Plan, build_plan
from .errors import NotFittedError
from .inspection import Looking
from .layers import Layer, Stack, arrange, check_complete, check_layer
from .losses import Loss
from .metrics import check_names as names_of_metrics
from .optimizers import Optimizer
from .persistence import Keeping
from .rows import arrays, sparse
from .training import batches, block_shuffle, checks, exclusive, fit, progress, range_test
from .training import callbacks as hooks
from .training.history import History
from .training.range_test import RateRange

log = logging.getLogger("pynn")


class Network(Looking, Keeping):
    """A fully connected network.

    layers   Dense, Dropout, Rescaling, Normalization, in order; more with `add`
    inputs   features of a row; left out, the first fit tells
    seed     decides first weights, orders and dropout masks, 0 .. 2^64 - 1
    dtype    "float32" or "float64"
    engine   "native" (C) or "reference" (NumPy)
    threads  the most to use; left out, as many as are worth it
    """

    seed, dtype, engine, threads = (exclusive.Fixed() for _ in range(4))  # the numbers depend on them

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        *,
        inputs: int | None = None,
        seed: int = 0,
        dtype: Any = "float32",
        engine: str = "native",
        threads: int | None = None,
    ) -> None:
        self._inputs = None if inputs is None else arguments.size("inputs", inputs)
        self.seed = arguments.whole("seed", seed, 0, 2**64 - 1)
        self.dtype = assembly.dtype_name(dtype)
        self.engine = arguments.choice("engine", engine, backend.MODULES)
        self.threads = None if threads is None else arguments.whole("threads", threads, 1, 1024)
        self.epoch = 0  # completed epochs: where the next fit goes on
        self.stop_training = False  # a callback may set it
        self._wishes: CompileArguments | None = None  # what compile was told
        self._recipe: Recipe | None = None  # what follows from that and the last layer
        self._core: EngineLike | None = None
        self._plan: Plan | None = None  # of _core
        self._learned: tuple[Any, ...] = ()  # the Normalizations' arrays that _plan was made with
        self._numbers: Numbers | None = None  # of the next _core, where there were weights before
        self._remarks = inspect.Remarks()  # made while fitting, each once
        self._making = threading.RLock()  # two threads that need the first engine get the same one
        self._layers: list[Layer] = []
        if isinstance(layers, (str, Layer)) or (layers is not None and not isinstance(layers, Iterable)):
            raise TypeError(f"layers: {arguments.shown(layers)} is not possible; expected a list of layers")
        self._extend([check_layer(f"layers[{place}]", layer) for place, layer in enumerate(layers or ())])

    # ---- description -------------------------------------------------------------------------

    @exclusive.alone
    def add(self, layer: Layer) -> None:
        """One more layer at the end; possible until the network has weights."""
        if self._core is not None or self._numbers is not None:
            raise ValueError("layer: the network has its weights already; add layers before it is used")
        self._extend([check_layer("layer", layer)])

    def _extend(self, more: list[Layer]) -> None:
        layers = [*self._layers, *more]
        stack = arrange(layers)
        if self._inputs is not None and stack.plans:
            build_plan(self._inputs, list(stack.plans))  # refuses what is too large
        self._layers, self._recipe = layers, None
        self._stack: Stack = stack

    @exclusive.alone
    def compile(
        self, loss: str | Loss | None = None, optimizer: str | Optimizer | None = None, metrics: Any = None
    ) -> None:
        """Choose loss, optimizer (default Adam) and metrics. Weights stay; the optimizer's state begins anew.

        Left out, or without a loss, the last layer's activation decides: linear mse, sigmoid binary_crossentropy,
        softmax categorical_crossentropy. Metrics: "accuracy" (one output: threshold 1/2, several: the largest one),
        "binary_accuracy", "categorical_accuracy", "mae", "mse".

        An Optimizer object belongs to one network's training. Its state is in the network, its learning rate in the
        object: networks that share one share its rate, and a callback that changes it changes it for all of them.
        """
        given = CompileArguments(
            None if loss is None else losses.get("loss", loss),
            optimizers.get("optimizer", "adam" if optimizer is None else optimizer),
            names_of_metrics("metrics", metrics),
        )
        recipe = self._decide(given) if self._layers else None
        with self._making:
            if self._core is not None:
                self._numbers = Numbers(self._core.get_params())
            elif self._numbers is not None:
                self._numbers = Numbers(self._numbers.params)
            self._core, self._wishes, self._recipe = None, given, recipe

    def _decide(self, given: CompileArguments) -> Recipe:
        """The loss that goes with the last layer, where none was given."""
        recipe, trouble = assembly.decide(self._layers, self._stack, given)
        if trouble:
            log.warning("%s", trouble)
        return recipe

    def _ready(self) -> Recipe:
        """What was compiled, or the usual."""
        if self._recipe is not None:
            return self._recipe
        if self._wishes is None:
            self._wishes = CompileArguments(None, optimizers.get("optimizer", "adam"), ())
        self._recipe = self._decide(self._wishes)
        return self._recipe

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(self._layers)

    @property
    def inputs(self) -> int | None:
        return self._inputs

    @property
    def outputs(self) -> int:
        check_complete(self._layers)
        return self._stack.dense[-1].units

    @property
    def loss(self) -> Loss:
        return self._ready().loss

    @property
    def optimizer(self) -> Optimizer:
        return self._ready().optimizer

    @property
    def iteration(self) -> int:
        """Completed steps of the optimizer."""
        if self._core is not None:
            return self._core.iteration
        return self._numbers.iteration if self._numbers is not None else 0

    @property
    def _module(self) -> EngineModule:
        return backend.load(self.engine)

    @cached_property
    def _reader(self) -> arrays.Reader:
        return arrays.Reader(self._module, self.dtype)

    # ---- the engine --------------------------------------------------------------------------

    def _draft(self, inputs: int, learn: dict[int, Moments]) -> tuple[EngineLike, Plan]:
        """An engine for these inputs, as if `learn` had been learned; the network is not changed."""
        stack = assembly.with_learned(self._stack, learn)
        plan = assembly.make_plan(stack, self._ready(), inputs, self.dtype, self.seed)
        core = self._module.Engine(plan, threads=self.threads)
        numbers = assembly.take(self._core) if self._core is not None else self._numbers
        if numbers is None:
            core.set_params(assembly.first_weights(stack, plan, self._module))
        else:
            assembly.restore(core, numbers)
        return core, plan

    def _adopt(self, inputs: int, core: EngineLike, plan: Plan) -> EngineLike:
        """From now on the network is this engine's."""
        self._inputs, self._core, self._plan, self._numbers = inputs, core, plan, None
        self._learned = self._learned_now()
        return core

    def _learned_now(self) -> tuple[Any, ...]:
        return tuple(layer.mean for layer in self._stack.normalizations)

    def _settled(self) -> EngineLike | None:
        """The engine at hand, where no layer learns: there is nothing that it could not know."""
        return None if self._stack.normalizations else self._core

    def _current(self) -> EngineLike | None:
        """The engine at hand, if it knows what the Normalizations have learned; asked while _making is held."""
        if self._core is None or not all(a is b for a, b in zip(self._learned_now(), self._learned, strict=True)):
            return None
        return self._core

    def _with_weights(self, what: str) -> EngineLike:
        """The engine; made now if only weights were missing."""
        if (core := self._settled()) is not None:
            return core
        self._ready()
        with self._making:
            if (core := self._current()) is not None:
                return core
            if self._inputs is None:
                raise NotFittedError(f"{what}: the network has no weights yet; give inputs= or fit it first")
            return self._adopt(self._inputs, *self._draft(self._inputs, {}))

    def _for_rows(self, what: str) -> EngineLike:
        """The engine for a call that looks at data but does not train."""
        core = self._with_weights(what)
        for layer in self._stack.normalizations:
            if not layer.adapted:
                raise NotFittedError(f"{what}: Normalization has not learned its means yet; adapt it or fit first")
        return core

    def _for_training(self, x: Array, source: Any = None) -> EngineLike:
        """The engine for these rows: learns inputs and Normalization (from all of `source`) if need be."""
        if (core := self._settled()) is not None:
            return core
        inputs = self._inputs or arrays.width(x)
        with self._making:
            learn = assembly.moments(self._stack, x if source is None else source, inputs, self._module)
            if (core := self._current()) is not None and not learn:
                return core
            core, plan = self._draft(inputs, learn)
            for place, found in learn.items():
                self._stack.affine[place].learn(*found)  # type: ignore[union-attr]
            return self._adopt(inputs, core, plan)

    # ---- training ----------------------------------------------------------------------------

    @exclusive.alone
    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        batch_size: int = 32,
        epochs: int = 1,
        validation_data: Any = None,
        validation_split: float = 0.0,
        shuffle: bool | str = True,
        sample_weight: Any = None,
        class_weight: Any = None,
        callbacks: Any = (),
        verbose: Any = "auto",
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
    ) -> History:
        """Train for `epochs` more epochs, or with initial_epoch=N the epochs N .. epochs - 1; returns the History.

        Epochs are counted over all fits; order and masks depend on the seed and the epoch's number alone. Whatever
        ends a fit leaves a completed step. An epoch counts when all its steps are done, or when a callback set
        stop_training: a stop in on_batch_end ends the epoch there, and it is in the History with the steps it had.
        With initial_epoch, callbacks that count (EarlyStopping) go on from what the last fit, or the file, has of them.
        An exception (Ctrl-C, divergence) does not count it: the next fit begins it anew, with the weights as they are.

        Without y, x is a generator or a sequence of batches, (x, y) or (x, y, sample_weight): see training/batches.py.
        shuffle="blocks" suits memory maps larger than memory: see training/block_shuffle.py.

        One training at a time: fit, train_on_batch, compile and add raise a RuntimeError while another is at work, in
        a callback or another thread. predict and evaluate may be called from there.
        """
        batch = arguments.whole("batch_size", batch_size, 1)
        epochs, initial = arguments.whole("epochs", epochs, 0), arguments.whole("initial_epoch", initial_epoch, 0)
        share = arguments.real("validation_split", validation_split, 0, 1, below=True)
        mixed, loud = block_shuffle.check(shuffle, x), progress.check(verbose)
        calls, recipe = hooks.Calls(hooks.check(callbacks), self, initial > 0), self._ready()
        task, reader = recipe.task, self._reader
        if y is None or steps_per_epoch is not None:
            first, last = (initial, epochs) if initial else (self.epoch, self.epoch + epochs)
            source = batches.source_of(self, x, y, steps_per_epoch, bool(mixed), share, sample_weight)
            return batches.fit(self, source, first, last, class_weight, validation_data, calls, loud)
        data = checks.examples(x, y, sample_weight, task, self._inputs, reader)
        data, held_out = checks.split(data, share)
        data.weight = checks.row_weights(data, class_weight, task, self.dtype)
        if validation_data is not None:
            held_out = checks.validation(validation_data, task, self._inputs or arrays.width(data.x), reader)
        rows, core = data.rows, self._for_training(data.x)
        first, last = (initial, epochs) if initial else (self.epoch, self.epoch + epochs)
        steps = -(-rows // batch)
        self.history = History(epochs=last, steps=steps, batch_size=batch, rows=rows)
        self.history.validation_rows = held_out.rows if held_out is not None else 0
        if last > first:
            self._remarks.before(core, self._plan_now(), data)
        engine = block_shuffle.serving(self._serving(core, data, held_out), mixed, self._module, self.seed, data)
        course = fit.Course(
            engine, data, held_out, min(batch, rows), steps, bool(mixed), recipe.optimizer.rates, recipe.metrics,
            self, calls, self.history, progress.start(loud, first, last, steps),
        )  # fmt: skip
        course.run(first, last)
        self._remarks.after(self)
        return self.history

    @exclusive.alone
    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None) -> dict[str, float]:
        """One step with all rows as the batch; loss and metrics before the step."""
        task = self._ready().task
        data = checks.examples(x, y, sample_weight, task, self._inputs, self._reader)
        data.weight = checks.row_weights(data, class_weight, task, self.dtype)
        core = self._for_training(data.x)
        return fit.single_step(
            core, sparse.unfolded(data), self.optimizer.rates(core.iteration, 1), self._ready().metrics
        )

    def find_learning_rate(self, x: Any, y: Any, **options: Any) -> RateRange:
        """Rates rising from step to step, on a copy: `suggestion`, `plot()`. Options: see training/range_test.py."""
        return range_test.find(self, x, y, **options)

    # ---- answers -----------------------------------------------------------------------------

    def evaluate(self, x: Any, y: Any, *, sample_weight: Any = None, batch_size: int | None = None) -> dict[str, float]:
        """Loss (penalty included) and metrics over all rows. batch_size is accepted and changes nothing."""
        data = self._examples("evaluate", x, y, sample_weight, batch_size)
        core, chosen = self._for_rows("evaluate"), self._ready().metrics
        return chosen.logs(self._serving(core, data).evaluate(data, accuracy=chosen.accuracy))

    def predict(self, x: Any, batch_size: int | None = None) -> Array:
        """Outputs (rows, units). A row's answer does not depend on the rows beside it; batch_size changes nothing."""
        core = self._for_rows("predict")
        if batch_size is not None:
            arguments.whole("batch_size", batch_size, 1)
        data = Data(arrays.features("x", x, self._inputs, self._reader))
        return self._serving(core, data).predict(data)

    def _serving(self, core: EngineLike, *data: Data | None) -> EngineLike:
        return sparse.serving(core, self._module, self.seed, *data)

    def _examples(self, what: str, x: Any, y: Any, sample_weight: Any = None, batch_size: int | None = None) -> Data:
        self._for_rows(what)
        if batch_size is not None:
            arguments.whole("batch_size", batch_size, 1)
        data = checks.examples(x, y, sample_weight, self._ready().task, self._inputs, self._reader)
        return data if what == "evaluate" else sparse.unfolded(data)

    # ---- numbers -----------------------------------------------------------------------------

    def _plan_now(self) -> Plan:
        assert self._plan is not None
        return self._plan

    def get_params(self) -> Array:
        """All parameters as one flat array, W1 row by row, b1, W2, ...: a copy."""
        return self._with_weights("get_params").get_params()

    def set_params(self, flat: Any) -> None:
        self._with_weights("set_params").set_params(assembly.flat_params(flat, self._plan_now()))
        self._remarks.weights = True

    def get_weights(self) -> list[Array]:
        """[W1, b1, W2, b2, ...], W of shape (inputs, outputs): copies."""
        flat = self._with_weights("get_weights").get_params()
        return backend.pieces(self._plan_now(), flat)

    def set_weights(self, weights: Any) -> None:
        """The same list back, in any real type; all of it, or an error and no change."""
        self._with_weights("set_weights").set_params(assembly.flat_weights(weights, self._plan_now()))
        self._remarks.weights = True
