"""Keras' arguments that have no meaning here, in one table: ignored with one warning where nothing depends on them,
refused by a sentence where a result would be another one.

A value that asks for nothing (None, the default) passes in silence. Names of Keras that are missing as a whole, such as
Conv2D, are in missing.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from ..arguments import shown, size

IGNORED = {  # argument: why nothing is lost
    "run_eagerly": "there is no graph",
    "jit_compile": "the core is compiled",
    "steps_per_execution": "steps are not called one by one",
    "auto_scale_loss": "losses need no scaling",
    "workers": "batches are read where fit was called",
    "use_multiprocessing": "batches are read where fit was called",
    "max_queue_size": "batches are read where fit was called",
    "seed": "random numbers follow from the model's seed: Sequential(layers, seed=0), or keras.utils.set_random_seed",
    "verbose": "nothing is printed",
    "save_format": "the file is always a model file of pynn",
    "dtype": "a model has one type, Sequential(layers, dtype='float64')",
    "autocast": "a model has one type, Sequential(layers, dtype='float64')",
    "force_zip": "the file is always a model file of pynn",
}
REFUSED = {  # argument: why, or what to do
    "activity_regularizer": "penalties are for kernels: kernel_regularizer",
    "bias_regularizer": "penalties are for kernels: kernel_regularizer",
    "kernel_constraint": "weights are not constrained; kernel_regularizer keeps them small",
    "bias_constraint": "weights are not constrained",
    "beta_regularizer": "penalties are for kernels of Dense",
    "gamma_regularizer": "penalties are for kernels of Dense",
    "beta_constraint": "weights are not constrained",
    "gamma_constraint": "weights are not constrained",
    "synchronized": "there is one device",
    "renorm": "batches are normalized by their own mean and variance",
    "renorm_clipping": "batches are normalized by their own mean and variance",
    "renorm_momentum": "batches are normalized by their own mean and variance",
    "virtual_batch_size": "batches are normalized as a whole",
    "rms_scaling": "a row is normalized by its mean and variance",
    "noise_shape": "each value is dropped on its own",
    "lora_rank": "a Dense layer has one matrix",
    "quantization_config": "weights are float32 or float64",
    "batch_size": "a model takes any number of rows",
    "sparse": "fit and predict take sparse matrices as they are",
    "ragged": "all rows have the same length",
    "tensor": "an Input has a shape",
    "optional": "an Input is always given",
    "weights": "say layer.set_weights(weights) once the model is there",
    "loss_weights": "a model has one loss",
    "weighted_metrics": "give them as metrics=",
    "sample_weight_mode": "a row has one weight",
    "target_tensors": "targets are given to fit",
    "validation_freq": "validation is after each epoch",
    "use_ema": "weights are not averaged",
    "ema_momentum": "weights are not averaged",
    "ema_overwrite_frequency": "weights are not averaged",
    "loss_scale_factor": "losses are not scaled",
    "gradient_accumulation_steps": "take a larger batch_size",
    "reduction": "a loss is the mean over the rows",
    "ignore_class": "give these rows sample_weight 0",
    "by_name": "weights are loaded as a list: all of them",
    "skip_mismatch": "weights are loaded as a list: all of them",
    "safe_mode": "loading runs nothing from a file",
    "from_logits": "metrics are about probabilities, which the loss makes of logits",
    "class_id": "a metric is about all classes",
    "top_k": "a class is decided by the largest output",
    "multi_label": "the loss decides: with binary_crossentropy outputs are labels",
    "num_labels": "the loss decides: with binary_crossentropy outputs are labels",
    "label_weights": "labels count alike",
    "summation_method": "the area is exact",
    "invert": "a layer goes one way",
    "steps": "all rows are used",
    "max_value": "this layer has no upper end",
    "threshold": "the bend is at 0",
}
NEUTRAL: dict[str, tuple[Any, ...]] = {  # what asks for nothing, besides None and False
    "jit_compile": ("auto", True),
    "steps_per_execution": (1,),
    "auto_scale_loss": (True,),
    "workers": (0, 1),
    "max_queue_size": (10,),
    "verbose": (0, "auto"),
    "autocast": (True,),
    "dtype": ("float32",),
    "validation_freq": (1,),
    "ema_momentum": (0.99,),
    "renorm_momentum": (0.99,),
    "reduction": ("sum_over_batch_size", "auto", "mean"),
    "loss_weights": (1, [1], [1.0]),
    "weighted_metrics": ([],),
    "safe_mode": (True,),
    "threshold": (0, 0.5),
    "summation_method": ("interpolation",),
}
_said: set[str] = set()


def warn_once(text: str) -> None:
    """A warning that is said once in a program."""
    if text not in _said:
        _said.add(text)
        warnings.warn(text, stacklevel=5)


Function = TypeVar("Function", bound=Callable[..., Any])


def old_names(**renamed: str) -> Callable[[Function], Function]:
    """Lets a function take arguments under the names of older versions of Keras: old="new"."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            for old in [name for name in renamed if name in given]:
                new = renamed[old]
                if new in given:
                    raise ValueError(f"{old}, {new}: two names of one argument; give one of them")
                warn_once(f"{old}: an old name of {new}")
                given[new] = given.pop(old)
            return function(*args, **given)

        return cast(Function, call)

    return decorate


def leftovers(where: str, given: Mapping[str, Any]) -> None:
    """What `where` was given beyond its own arguments."""
    for name, value in given.items():
        if name not in IGNORED and name not in REFUSED:
            raise TypeError(f"{name}: {where} has no such argument")
        if value is None or value is False or any(value == each for each in NEUTRAL.get(name, ())):
            continue
        if name in REFUSED:
            raise ValueError(f"{name}: {shown(value)} is not possible for {where}; {REFUSED[name]}")
        warn_once(f"{name}: ignored by pynn.keras; {IGNORED[name]}")


def one_of(first: str, a: Any, second: str, b: Any, default: Any) -> Any:
    """The value of an argument that has two names."""
    if a is not None and b is not None:
        raise ValueError(f"{second}, {first}: two names of one number; give one of them")
    return a if a is not None else default if b is None else b


def row_shape(name: str, given: Any, batch: bool = False) -> tuple[int, ...]:
    """The shape of a row: (784,), (28, 28), or a number; with the number of rows in front if `batch`."""
    sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if batch and sizes[:1] == (None,):
        sizes = sizes[1:]
    elif batch:
        raise ValueError(f"{name}: {shown(given)} is not possible; expected (None, ...), for any number of rows")
    if not sizes:
        raise ValueError(f"{name}: {shown(given)} is empty; expected the shape of a row, such as (784,)")
    return tuple(size(name, each) for each in sizes)


def rows_said(given: dict[str, Any]) -> tuple[int, ...] | None:
    """Takes what a layer was told about rows out of its arguments: input_shape, input_dim, batch_input_shape ..."""
    names = ("input_shape", "input_dim", "shape", "batch_input_shape", "batch_shape")
    said = {name: given.pop(name) for name in names if given.get(name) is not None}
    for name in names:
        given.pop(name, None)
    if len(said) > 1:
        raise ValueError(f"{', '.join(said)}: give one of them")
    for name, value in said.items():
        return row_shape(name, value, name.startswith("batch"))
    return None


def check_type(where: str, given: dict[str, Any]) -> None:
    """dtype of a layer: the model has one type for all."""
    kind = given.pop("dtype", None)
    if kind not in (None, "float32"):
        raise ValueError(f"dtype: {shown(kind)} is not possible for {where}; say it of the model: dtype='float64'")


def wide(shape: tuple[int, ...]) -> int:
    """Numbers in a row."""
    return math.prod(shape)
