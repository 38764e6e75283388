"""Arguments of fit: from Keras' to those of Network.fit. What has no meaning here is refused or ignored by given.py.

With arrays the steps of an epoch are those that batch_size makes; another number is refused. With batches they are
passed on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import whole
from .batches_read import are_batches, joined
from .given import leftovers


def only_output(y: Any) -> Any:
    """The targets of [targets], a list of the arrays of all outputs: a model here has one."""
    listed = isinstance(y, (list, tuple)) and len(y) == 1
    return y[0] if listed and isinstance(y[0], np.ndarray) and y[0].ndim else y


def fit_options(x: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of Network.fit besides x, y and epochs."""
    named = ("batch_size", "steps_per_epoch", "validation_data", "validation_batch_size", "validation_steps")
    batch, steps, held_out, validation_batch, validation_steps = (given.pop(name) for name in named)
    passed = ("validation_split", "shuffle", "class_weight", "sample_weight", "initial_epoch", "callbacks", "verbose")
    options = {name: given.pop(name) for name in passed}
    leftovers("fit", given)
    options["batch_size"] = 32 if batch is None else whole("batch_size", batch, 1)
    if are_batches(x):
        options["steps_per_epoch"] = steps
    elif steps is not None:
        check_steps("steps_per_epoch", steps, x.shape[0], options["batch_size"])
    if are_batches(held_out):
        held_out = joined("validation_data", held_out, validation_steps)
    elif validation_steps is not None and held_out is not None:
        size = options["batch_size"]
        if validation_batch is not None:
            size = whole("validation_batch_size", validation_batch, 1)
        check_steps("validation_steps", validation_steps, held_out[0].shape[0], size)
    return options | {"validation_data": held_out}


def check_steps(name: str, steps: Any, rows: int, batch: int) -> None:
    """Refuses any number but that of the batches of all rows."""
    every = -(-rows // batch)
    if whole(name, steps, 1) != every:
        raise ValueError(f"{name}: {steps} is not possible; {rows} rows in batches of {batch} are {every} steps")
