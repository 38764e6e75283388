"""Which data a model file has: the description of a network as plain values, and its numbers as arrays.

Resuming from a file gives the bits of a training that was not stopped, so all that training changes is saved: weights,
the optimizer's state, iteration, epoch, means and variances of Normalizations. Two files of the same network are equal.
Read layout.py for the file format, describing.py for the descriptions.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any

import numpy as np

from ..arguments import warn
from ..assembly import CompileArguments
from ..backend import Array, EngineLike, pieces
from ..core import Core, State
from ..engine.plan import Plan, build_plan
from ..errors import ModelFormatError
from ..inspect.summary import NUMERICS
from ..layers import Dropout, Normalization, Stack
from ..version import __version__
from . import callback_states, describing, layout, replacing
from .describing import Custom

log = logging.getLogger("pynn")
FORMAT_VERSION = 1  # to be raised when an older pynn would misread a new file
FIELDS = {"inputs", "seed", "dtype", "layers", "compiled", "iteration", "epoch"}


# ---- saving ----------------------------------------------------------------------------------


def save(core: Core, path: str | os.PathLike[str]) -> None:
    """Writes the network into a file, atomically."""
    _check_name(path)
    engine = core.with_weights("save") if _can_have_weights(core) else None
    described = {
        "inputs": core.inputs,
        "seed": core.seed,
        "dtype": core.dtype,
        "layers": [describing.describe(f"layers[{i}]", one, describing.LAYERS) for i, one in enumerate(core.layers)],
        "compiled": _compiled(core.compiled),
        "iteration": core.iteration,
        "epoch": core.epoch,
    }
    words = _versions() | {"network": layout.as_json(described)}
    if core.extra is not None:
        words["extra"] = _json("extra", core.extra)
    plain, remembered = callback_states.split(core.callbacks.now())
    if plain:
        words[callback_states.WORD] = _json("callbacks", plain)
    replacing.replace(path, layout.chunks(_arrays(core, engine, remembered), words))


def save_weights(core: Core, path: str | os.PathLike[str]) -> None:
    """The weights alone, and what Normalizations have learned, under the names that they have in a whole model file."""
    _check_name(path)
    arrays = _arrays(core, core.with_weights("save_weights"), {})
    kept = {name: array for name, array in arrays.items() if not name.startswith("optimizer.")}
    replacing.replace(path, layout.chunks(kept, _versions() | {"holds": "weights"}))


def _check_name(path: Any) -> None:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: {path!r} is a {type(path).__name__}; expected the name of a file")
    name = os.path.basename(os.fsdecode(path))
    if name.endswith((".h5", ".hdf5", ".keras")):
        warn(f"path: {name!r} gets pynn's own format, which Keras and HDF5 cannot read; a name in .pynn would say so")


def _versions() -> dict[str, str]:
    return {
        "format": "pynn", "format_version": str(FORMAT_VERSION), "numerics": str(NUMERICS), "pynn": __version__
    }  # fmt: skip


def _can_have_weights(core: Core) -> bool:
    return core.inputs is not None and bool(core.stack.dense) and not isinstance(core.layers[-1], Dropout)


def _compiled(arguments: CompileArguments | None) -> Any:
    if arguments is None:
        return None
    return {
        "loss": describing.describe("loss", arguments.loss, describing.LOSSES),
        "optimizer": describing.describe("optimizer", arguments.optimizer, describing.OPTIMIZERS),
        "metrics": [describing.describe_metric(one) for one in arguments.metrics],
    }


def _json(name: str, given: Any) -> str:
    """`extra` or callback states as JSON, after checking that parsing gives the same values."""
    try:
        text = layout.as_json(given)
        same = layout.parse(text, name) == given
    except (TypeError, ValueError, RecursionError) as reason:
        raise TypeError(f"{name}: cannot be written as JSON: {reason}") from None
    if not same:
        raise TypeError(
            f"{name}: only dicts with strings as keys, lists, strings, numbers, booleans and None come back"
        )
    return text


def _arrays(core: Core, engine: EngineLike | None, more: dict[str, Array]) -> dict[str, Array]:
    """All arrays by name, doubles first, so that the offset of each is a multiple of its item size."""
    doubles = {name: array for name, array in more.items() if array.dtype == np.float64}
    reals = {name: array for name, array in more.items() if name not in doubles}
    for i, layer in enumerate(core.layers):
        if isinstance(layer, Normalization) and layer.mean is not None and layer.variance is not None:
            doubles |= {f"layers.{i}.mean": layer.mean, f"layers.{i}.variance": layer.variance}
    if engine is not None:
        state, plan = State.of(engine), engine.plan
        names = _names(core.layers, core.stack, plan)
        assert state.params is not None
        doubles["optimizer.beta_power"] = np.asarray(state.beta_power)
        reals |= dict(zip(names, pieces(plan, state.params), strict=True))
        for slot, flat in (state.slots or {}).items():
            reals |= {f"optimizer.{slot}.{name}": part for name, part in zip(names, pieces(plan, flat), strict=True)}
    return doubles | reals


def _names(layers: Any, stack: Stack, plan: Plan) -> list[str]:
    """The weights' names in the order of get_weights: the place of a layer, and which array of it."""
    places = [i for i, layer in enumerate(layers) if any(layer is part for part in stack.parts)]
    known = {"W": "kernel", "b": "bias"}
    return [
        f"layers.{i}.{known.get(tensor.name, tensor.name)}"
        for i, layer in zip(places, plan.layers, strict=True)
        for tensor in layer.tensors
    ]


# ---- loading ---------------------------------------------------------------------------------


def load(make: Any, path: str | os.PathLike[str], engine: str, threads: int | None, custom: Any = ()) -> Any:
    """The network in a file. `make` is Network (an argument, since network.py imports this package); it checks its
    arguments as always."""
    known = describing.check_custom(custom)
    with _named(path) as file:
        return _load(make, *layout.read(file), engine, threads, known)


@contextmanager
def _named(path: Any) -> Iterator[BufferedReader]:
    """The open file. What is wrong with it is said together with its name."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: {path!r} is a {type(path).__name__}; expected the name of a file")
    if os.path.exists(path) and not os.path.isfile(path):
        raise ModelFormatError(f"{os.fsdecode(path)}: not a plain file")
    with open(path, "rb") as file:
        try:
            yield file
        except ModelFormatError as reason:
            raise ModelFormatError(f"{os.fsdecode(path)}: {reason}") from None


def load_weights(core: Core, path: str | os.PathLike[str]) -> None:
    """Those of a file of weights, or of a whole model file, into a network of the same layers: all of them, or none."""
    with _named(path) as file:
        arrays, words = layout.read(file)
        _check_versions(words)
        own = {name: array for name, array in arrays.items() if name.startswith("layers.")}
        inputs = _inputs(core, own)
        plan = build_plan(inputs, list(core.stack.plans), dtype=core.dtype)
        learned = [(layer, _moments(i, layer, own)) for i, layer in enumerate(core.layers)]
        if any(moments and moments[0].size not in (1, inputs) for _, moments in learned):
            layout.refuse(f"its means and variances are not those of {inputs} inputs")
        flat = _flat(plan, _names(core.layers, core.stack, plan), "", own)
        if own:
            layout.refuse(f"its array {sorted(own)[0][:60]!r} belongs to no layer of this network")
        if not np.isfinite(flat).all():
            layout.refuse("its weights are not all finite numbers")
    for layer, moments in learned:
        if moments and isinstance(layer, Normalization):
            layer.learn(*moments)
    core.inputs = inputs
    core.with_weights("load_weights").set_params(flat)


def _inputs(core: Core, arrays: dict[str, Array]) -> int:
    """Of the network; if it does not know yet, of the first matrix or vector of weights in the file."""
    if core.inputs is not None:
        return core.inputs
    _ = core.recipe  # refuses layers that are not complete
    shapes = [array.shape for name, array in arrays.items() if not name.endswith((".mean", ".variance"))]
    if not shapes or not shapes[0] or not shapes[0][0]:
        layout.refuse("it has no weights")
    return int(shapes[0][0])


def _load(
    make: Any, arrays: dict[str, Array], words: dict[str, str], engine: str, threads: int | None, custom: Custom
) -> Any:
    _check_versions(words)
    if words.get("holds") == "weights":
        layout.refuse("it has weights alone; make a network of the same layers, then load_weights")
    described = layout.parse(words.get("network", ""), "the description of the network")
    if not isinstance(described, dict) or set(described) != FIELDS or not isinstance(described["layers"], list):
        layout.refuse(f"the description of the network has not exactly {', '.join(sorted(FIELDS))}")
    layers = [_layer(i, one, arrays, custom) for i, one in enumerate(described["layers"])]
    basics = {name: described[name] for name in ("inputs", "seed", "dtype")}
    try:
        net = make(layers, engine=engine, threads=threads, **basics)
        _compile(net, described["compiled"], custom)
        core: Core = net._core
        if _can_have_weights(core):
            _restore(core, arrays, described["iteration"])
    except ModelFormatError:
        raise
    except (TypeError, ValueError) as reason:
        raise ModelFormatError(f"the network is not possible: {reason}") from None
    if callback_states.WORD in words:
        core.callbacks.last = callback_states.join(words[callback_states.WORD], arrays)
    if arrays:
        layout.refuse(f"it has an array {sorted(arrays)[0][:60]!r} that belongs to nothing")
    core.epoch = _count("epoch", described["epoch"])
    core.extra = layout.parse(words["extra"], "extra") if "extra" in words else None
    return net


def _check_versions(words: dict[str, str]) -> None:
    version, numerics = words.get("format_version", ""), words.get("numerics", "")
    if not (version.isascii() and version.isdigit() and numerics.isascii() and numerics.isdigit()):
        layout.refuse("it does not say which version of the format it has")
    if len(version) > 9 or int(version) > FORMAT_VERSION:
        by = words.get("pynn", "?")[:20]
        layout.refuse(f"format version {version[:20]}, written by pynn {by}; this pynn reads up to {FORMAT_VERSION}")
    if numerics != str(NUMERICS):
        log.warning(
            "the model was trained under numerics version %s, this is %d: bits may differ", numerics[:20], NUMERICS
        )


def _layer(place: int, given: Any, arrays: dict[str, Array], custom: Custom) -> Any:
    name = f"layers[{place}]"
    if not isinstance(given, dict):
        layout.refuse(f"{name}: not a layer")
    layer = describing.make(name, given, describing.LAYERS, custom)
    moments = _moments(place, layer, arrays)
    return Normalization(*moments) if moments else layer


def _moments(place: int, layer: Any, arrays: dict[str, Array]) -> tuple[Array, ...]:
    """Means and variances of a Normalization in the file, checked by making one of them; nothing, if there are none."""
    found = [arrays.pop(f"layers.{place}.{part}", None) for part in ("mean", "variance")]
    moments = tuple(one for one in found if one is not None)
    if moments and (len(moments) < 2 or not isinstance(layer, Normalization)):
        layout.refuse(f"layers[{place}]: means and variances that do not belong there")
    try:
        if any(one.dtype != np.float64 or one.ndim > 1 for one in moments):
            raise ValueError("means and variances have to be doubles, one for each feature")
        if moments:
            Normalization(*moments)
    except (TypeError, ValueError) as reason:
        layout.refuse(f"layers[{place}]: {reason}")
    return moments


def _compile(net: Any, given: Any, custom: Custom) -> None:
    if given is None:
        return
    if not isinstance(given, dict) or set(given) != {"loss", "optimizer", "metrics"}:
        layout.refuse("compiled: expected loss, optimizer and metrics")
    loss = describing.make("loss", given["loss"], describing.LOSSES, custom)
    optimizer = describing.make("optimizer", given["optimizer"], describing.OPTIMIZERS, custom)
    if not isinstance(given["metrics"], list):
        layout.refuse("metrics: not a list of names")
    metrics = [describing.make_metric(f"metrics[{i}]", one, custom) for i, one in enumerate(given["metrics"])]
    net.compile(loss=loss, optimizer=optimizer, metrics=metrics)


def _restore(core: Core, arrays: dict[str, Array], iteration: Any) -> None:
    """Sets weights and the optimizer's state, after checking the shape and type of every array."""
    assert core.inputs is not None
    plan = build_plan(core.inputs, list(core.stack.plans), dtype=core.dtype)
    names, rule = _names(core.layers, core.stack, plan), core.recipe.optimizer.plan()
    params = _flat(plan, names, "", arrays)
    if not np.isfinite(params).all():
        layout.refuse("its weights are not all finite numbers")
    slots = {slot: _flat(plan, names, f"optimizer.{slot}.", arrays) for slot in rule.slots}
    if any(np.isnan(flat).any() for flat in slots.values()):
        layout.refuse("the optimizer's state is not all numbers")
    powers = _taken(arrays, "optimizer.beta_power", (rule.powers,), "float64")
    if not ((powers >= 0) & (powers <= 1)).all():
        layout.refuse("optimizer.beta_power: numbers from 0 to 1 were expected")
    core.state = State(params, slots, _count("iteration", iteration), powers)
    core.with_weights("load")


def _flat(plan: Plan, names: list[str], prefix: str, arrays: dict[str, Array]) -> Array:
    """The arrays of all layers as one. What the layers ask for is compared before room is taken."""
    shapes = [tensor.shape for layer in plan.layers for tensor in layer.tensors]
    taken = [
        _taken(arrays, prefix + name, shape, plan.dtype).reshape(-1) for name, shape in zip(names, shapes, strict=True)
    ]
    return np.concatenate(taken)


def _taken(arrays: dict[str, Array], name: str, shape: tuple[int, ...], dtype: str) -> Array:
    array = arrays.pop(name, None)
    if array is None:
        layout.refuse(f"its array {name!r} is missing")
    if array.shape != shape or array.dtype != dtype:
        layout.refuse(f"array {name!r} has shape {array.shape} of {array.dtype}; the layers ask for {shape} of {dtype}")
    return array


def _count(name: str, given: Any) -> int:
    if type(given) is not int or not 0 <= given < 2**62:
        layout.refuse(f"{name}: {str(given)[:40]!r} is not a count")
    return given
