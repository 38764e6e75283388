"""Network: the front door. One small class with the Keras verbs.

A verb checks its arguments, lets the core's engine work, and hands back plain arrays; nothing is changed before all
checks have passed. No arithmetic here. Read core.py for what a network is made of, training/fit.py for the loop,
engine/reference.py for what a step is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from . import arguments, assembly, backend, folding, inspect, losses, optimizers
from .assembly import CompileArguments
from .backend import Array
from .core import Core
from .engine.data import Totals
from .layers import Layer, check_complete, check_layer
from .losses import Loss
from .metrics.reported import check_names as names_of_metrics
from .optimizers import Optimizer
from .rows import arrays, sparse
from .training import batches, checks, exclusive, hooks, progress, range_test, sources
from .training.callbacks import Calls, introduced
from .training.fit import Course
from .training.history import FitRecord, History
from .training.measuring import Measuring
from .training.range_test import RateRange

if TYPE_CHECKING:
    from .inspect import Diagnosis, Drawing, GradientReport, Trace


class Network:
    """A fully connected network.

    layers   Dense, Dropout, Rescaling, Normalization, in order; more with `add`
    inputs   features of a row; left out, the first fit tells
    seed     decides first weights, orders and dropout masks, 0 .. 2^64 - 1
    dtype    "float32" or "float64"
    engine   "native" (C) or "reference" (NumPy)
    threads  the most to use; left out, as many as are worth it
    """

    seed, dtype, threads = exclusive.Fixed("seed"), exclusive.Fixed("dtype"), exclusive.Fixed("threads")
    engine = exclusive.Fixed("engine_name")

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
        self._core = Core(
            inputs=None if inputs is None else arguments.size("inputs", inputs),
            seed=arguments.whole("seed", seed, 0, 2**64 - 1),
            dtype=assembly.dtype_name(dtype),
            engine_name=arguments.choice("engine", engine, backend.MODULES),
            threads=None if threads is None else arguments.whole("threads", threads, 1, 1024),
        )
        self.stop_training = False  # a callback may set it
        self._remarks = inspect.Remarks()  # made while fitting, each once
        if isinstance(layers, (str, Layer)) or (layers is not None and not isinstance(layers, Iterable)):
            raise TypeError(f"layers: {arguments.shown(layers)} is not possible; expected a list of layers")
        self._core.extend([check_layer(f"layers[{place}]", layer) for place, layer in enumerate(layers or ())])

    # ---- description -------------------------------------------------------------------------

    @exclusive.alone
    def add(self, layer: Layer) -> None:
        """One more layer at the end; possible until the network has weights."""
        if self._core.has_weights:
            raise ValueError("layer: the network has its weights already; add layers before it is used")
        self._core.extend([check_layer("layer", layer)])

    @exclusive.alone
    def compile(
        self, loss: str | Loss | None = None, optimizer: str | Optimizer | None = None, metrics: Any = None
    ) -> None:
        """Choose loss, optimizer (default Adam) and metrics. Weights stay; the optimizer's state begins anew.

        Left out, or without a loss, the last layer's activation decides: linear mse, sigmoid binary_crossentropy,
        softmax categorical_crossentropy.

        metrics   names, functions f(y_true, y_pred), objects with update_state and result. "accuracy" follows the loss:
                  one output, or several with binary_crossentropy: each side of 1/2; else the largest. This, "mae",
                  "mse" and "rmse" cost nothing; any other one ("auc", "f1", ...: pynn/metrics/names.py) costs a forward
                  pass over the rows of each epoch. docs/metrics.md

        An Optimizer object belongs to one network's training. Its state is in the network, its learning rate in the
        object: networks that share one share its rate, and a callback that changes it changes it for all of them.
        """
        self._core.compile(
            CompileArguments(
                None if loss is None else losses.get("loss", loss),
                optimizers.get("optimizer", "adam" if optimizer is None else optimizer),
                names_of_metrics("metrics", metrics),
            )
        )

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(self._core.layers)

    @property
    def inputs(self) -> int | None:
        return self._core.inputs

    @property
    def outputs(self) -> int:
        check_complete(self._core.layers)
        return self._core.stack.dense[-1].units

    @property
    def loss(self) -> Loss:
        return self._core.recipe.loss

    @property
    def optimizer(self) -> Optimizer:
        return self._core.recipe.optimizer

    @property
    def iteration(self) -> int:
        """Completed steps of the optimizer."""
        return self._core.iteration

    @property
    def epoch(self) -> int:
        """Completed epochs: where the next fit goes on."""
        return self._core.epoch

    @epoch.setter
    def epoch(self, value: int) -> None:
        self._core.epoch = value

    @property
    def extra(self) -> Any:
        """What a program wants to keep beside a network in its file: anything that JSON has."""
        return self._core.extra

    @extra.setter
    def extra(self, value: Any) -> None:
        self._core.extra = value

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
        mixed, loud, listening = sources.check(shuffle, x), progress.check(verbose), hooks.check(callbacks)
        core, recipe, held_out, given, own = self._core, self._core.recipe, None, None, None
        first, last = (initial, epochs) if initial else (core.epoch, core.epoch + epochs)
        if y is None or steps_per_epoch is not None:
            given = batches.source(core, x, y, steps_per_epoch, bool(mixed), share, sample_weight, class_weight)
            data = given.first()
        else:
            data = core.read(x, y, sample_weight)
            if share:
                data, held_out = checks.split(data, share, recipe.task)
            own, data = data, core.weighted(data, class_weight)  # metrics are not about class weights
        if validation_data is not None:
            width = core.inputs or arrays.width(data.x)
            held_out = checks.validation(validation_data, recipe.task, width, core.reader)
        engine = core.for_training(data.x, given)
        source = given or sources.of(data, batch, mixed, core.module, core.seed)
        shape = {"batch_size": None, "rows": None} if given else {"batch_size": batch, "rows": data.rows}
        self.history = History(epochs=last, steps=source.steps, verbose=loud, **shape)
        self.history.validation_rows = held_out.rows if held_out is not None else 0
        if last > first:
            self._remarks.before(engine, engine.plan, data)
        line = progress.start(loud, first, last, source.steps)
        calls = Calls(listening, self, core.callbacks, initial > 0, self.history.params, line.say)
        measuring = Measuring(recipe.metrics, own)
        if given is not None and recipe.metrics.measured:
            given.before_step = measuring.gather
        record = FitRecord(core, engine, recipe.metrics, measuring, held_out, self.history, line)
        if calls.listening:
            record.calls = calls
        elif held_out is None and not recipe.metrics.measured:
            record.quiet, record.together = True, sys.maxsize
        Course(engine, source, recipe.optimizer.rates, recipe.metrics, calls, record).run(first, last)
        self._remarks.after(self)
        return self.history

    @exclusive.alone
    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None) -> dict[str, float]:
        """One step with all rows as the batch; loss and metrics before the step."""
        core, totals = self._core, Totals()
        data = core.read(x, y, sample_weight)
        weighted = core.weighted(data, class_weight)
        engine, recipe = core.for_training(data.x), core.recipe
        metrics, piece = recipe.metrics, batches.whole_batch(sparse.unfolded(weighted), engine)
        measured = Measuring(metrics).of(engine, data, "this batch")
        piece.train(engine, recipe.optimizer.rates(engine.iteration, 1), totals, metrics.accuracy)
        return metrics.in_order(metrics.logs(totals) | measured)

    def find_learning_rate(self, x: Any, y: Any, **options: Any) -> RateRange:
        """Rates rising from step to step, on a copy: `suggestion`, `plot()`. Options: see training/range_test.py."""
        return range_test.find(self._core, x, y, **options)

    # ---- answers -----------------------------------------------------------------------------

    def evaluate(
        self, x: Any, y: Any, *, sample_weight: Any = None, batch_size: int | None = None, callbacks: Any = ()
    ) -> dict[str, float]:
        """Loss (penalty included) and metrics over all rows. batch_size is accepted and changes nothing.

        Callbacks are told of all rows as one batch: on_test_begin, on_test_batch_begin, ..., on_test_end.
        """
        core = self._core
        engine = core.for_rows("evaluate")
        if batch_size is not None:
            arguments.whole("batch_size", batch_size, 1)
        data = core.read(x, y, sample_weight)
        measuring = Measuring(core.recipe.metrics)
        if callbacks is None or callbacks == ():
            return measuring.evaluated(engine, data, "the rows of evaluate")
        calls = introduced(callbacks, self, epochs=1, steps=1, rows=data.rows)
        return calls.tested(lambda: measuring.evaluated(engine, data, "the rows of evaluate"))

    def predict(self, x: Any, batch_size: int | None = None, *, callbacks: Any = ()) -> Array:
        """Outputs (rows, units). A row's answer does not depend on the rows beside it; batch_size changes nothing.

        Callbacks are told of all rows as one batch: on_predict_begin, on_predict_batch_begin, ..., on_predict_end.
        """
        core = self._core
        engine = core.for_rows("predict")
        if batch_size is not None:
            arguments.whole("batch_size", batch_size, 1)
        rows = arrays.features("x", x, core.inputs, core.reader)
        if callbacks is None or callbacks == ():
            return sparse.predict(engine, rows)
        calls = introduced(callbacks, self, epochs=1, steps=1, rows=len(rows))
        outputs: Array = calls.predicted(lambda: sparse.predict(engine, rows))
        return outputs

    # ---- numbers -----------------------------------------------------------------------------

    @property
    def weights(self) -> list[Array]:
        """[W1, b1, W2, b2, ...]: copies."""
        return list(self.get_weights())

    def get_params(self) -> Array:
        """All parameters as one flat array, W1 row by row, b1, W2, ...: a copy."""
        return self._core.with_weights("get_params").get_params()

    def set_params(self, flat: Any) -> None:
        engine = self._core.with_weights("set_params")
        engine.set_params(assembly.flat_params(flat, engine.plan))
        self._remarks.weights = True

    def get_weights(self) -> list[Array]:
        """[W1, b1, W2, b2, ...], W of shape (inputs, outputs): copies."""
        engine = self._core.with_weights("get_weights")
        return backend.pieces(engine.plan, engine.get_params())

    def set_weights(self, weights: Any) -> None:
        """The same list back, in any real type; all of it, or an error and no change."""
        engine = self._core.with_weights("set_weights")
        engine.set_params(assembly.flat_weights(weights, engine.plan))
        self._remarks.weights = True

    def fingerprint(self) -> str:
        """SHA-256 of the weights: types, shapes and little-endian values in the order of get_weights."""
        return inspect.fingerprint(self.weights)

    # ---- looking inside: nothing is changed, and dropout is off ------------------------------

    def gradients(self, x: Any, y: Any, sample_weight: Any = None) -> list[Array]:
        """Of the loss of these rows as one batch, like get_weights: [dW1, db1, ...]. Dropout is off."""
        engine, data = self._core.examples("gradients", x, y, sample_weight)
        return backend.pieces(engine.plan, engine.gradients(data)[1])

    def trace(self, x: Any, y: Any, sample_weight: Any = None) -> Trace:
        """Every number of one step, layer by layer; the network itself is left as it is. Dropout is off."""
        engine, data = self._core.examples("trace", x, y, sample_weight)
        rates = self.optimizer.rates(engine.iteration, 1)
        twin = self._core.twin(engine)
        return inspect.trace(engine, twin, twin.plan, data, rates, self._core.module)

    def check_gradients(
        self, x: Any, y: Any, *, eps: float = 1e-4, samples: int = 100, sample_weight: Any = None, gradients: Any = None
    ) -> GradientReport:
        """Compare gradients with central differences of the loss, computed in float64 by the reference engine.

        At most `samples` elements of each W and b are tried. gradients: a list [dW1, db1, ...] from elsewhere to be
        checked in place of the network's own. Read inspect/gradcheck.py for the rules.
        """
        eps = arguments.real("eps", eps, 0, above=True)
        samples = arguments.whole("samples", samples, 1)
        engine, data = self._core.examples("check_gradients", x, y, sample_weight)
        return inspect.check_gradients(engine, engine.plan, data, eps, samples, gradients)

    def diagram(self) -> Drawing:
        """A picture of the layers, and of the weights where there are few; for a notebook, or .save("net.svg")."""
        return inspect.diagram(self, self._core.has_weights)

    def diagnose(self, history: Any = None, x: Any = None, y: Any = None) -> Diagnosis:
        """What may be wrong with weights, a training (left out: the last fit) and data. Read inspect/diagnosis.py."""
        return inspect.diagnose(self, history, x, y)

    def summary(self) -> None:
        """Print layers, shapes and numbers of parameters."""
        print(inspect.summary_text(self))

    def __repr__(self) -> str:
        words = f"inputs={self.inputs}, seed={self.seed}, dtype={self.dtype!r}, engine={self.engine!r}"
        return f"Network({list(self.layers)!r}, {words})"

    def _repr_html_(self) -> str:
        return inspect.network_html(self)

    # ---- files and copies --------------------------------------------------------------------

    def folded(self) -> Self:
        """A new network for prediction, with batch normalizations folded into their neighbours' weights.

        Without Dropout, penalties and training state; loss and metrics stay. Answers differ by roundings alone. One
        between two activations stays, having no weights beside it; so does one that keeps the last bits of its inputs.
        """
        core, engine = self._core, self._core.for_rows("folded")
        layers, weights = folding.fold(core.stack, engine.plan, engine.get_params())
        other = type(self)(
            layers, inputs=engine.plan.inputs, seed=core.seed, dtype=core.dtype, engine=core.engine_name,
            threads=core.threads,
        )  # fmt: skip
        assert core.compiled is not None
        other._core.compile(CompileArguments(self.loss, optimizers.get("optimizer", "adam"), core.compiled.metrics))
        other.set_weights(weights)
        return other

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Into a model file of weights alone, with what Normalizations have learned: for a network of these layers."""
        from . import files

        files.save_weights(self._core, path)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Those of a file that `save_weights` or `save` wrote, all of them or none; the optimizer's state stays."""
        from . import files

        files.load_weights(self._core, path)
        self._remarks.weights = True

    def save(self, path: str | os.PathLike[str]) -> None:
        """Into a model file, whole or not at all: layers, weights, optimizer, callbacks' states, `extra`.

        A network that was loaded goes on as if it had not been stopped, bit for bit. The same network gives the same
        file. Its layout is that of safetensors: other programs can read the arrays.
        """
        from . import files  # and what it needs: only who saves or loads

        files.save(self._core, path)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, engine: str = "native", threads: int | None = None, custom: Any = ()
    ) -> Self:
        """The network in a model file. Loading runs nothing from it; a ModelFormatError says what is wrong.

        custom   classes of your own that the file may name: schedules, initializers, optimizers, losses; and metrics,
                 the functions or objects
        """
        from . import files

        loaded: Self = files.load(cls, path, engine, threads, custom)
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        """Without the mark of a training that is going on; copies have a core of their own."""
        kept = {name: value for name, value in self.__dict__.items() if name != exclusive.MARK}
        return kept | {"_core": copy(self._core)}
