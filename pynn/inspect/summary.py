"""Texts about a network and an installation: the table of layers, the fingerprint of the weights, the versions.

Nothing is drawn: read webpage.py for the table in a notebook, diagrams.py for the picture. No weights are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..backend import Array, load
from ..engine.kinds import KINDS
from ..engine.layer_plan import Tensor
from ..layers import Activation, Dense, Dropout, Layer, arrange

NUMERICS = 1  # version of the rules of docs/numerics.md


@dataclass(frozen=True)
class Size:
    """What a summary tells about one layer; None: not known before the number of inputs is."""

    outputs: int | None
    tensors: tuple[Tensor, ...] | None

    @property
    def parameters(self) -> int | None:
        return None if self.tensors is None else sum(tensor.size for tensor in self.tensors)

    @property
    def fixed(self) -> int:
        """Parameters that gradients do not change: moving statistics, and all of a layer with trainable=False."""
        return sum(tensor.size for tensor in self.tensors or () if not tensor.learned)


def sizes(layers: Sequence[Layer], inputs: int | None) -> list[Size]:
    """For each layer its outputs and parameters. Needs no weights."""
    width, found, stack = inputs, [], arrange(layers)
    waiting = list(zip(stack.parts, stack.plans, strict=True))
    for layer in layers:
        tensors: tuple[Tensor, ...] | None = ()
        if waiting and layer is waiting[0][0]:
            plan, before = waiting.pop(0)[1], width
            width = plan.outputs or width
            tensors = None if KINDS[plan.kind].tensors(plan) else ()
            if before is not None and width is not None:
                tensors = KINDS[plan.kind].tensors(replace(plan, inputs=before, outputs=width))
        found.append(Size(width, tensors))
    return found


def summary_text(net: Any) -> str:
    """The table of layers, with outputs and parameters. Needs no weights."""
    widths_of, counts, total = table(net)
    rows = list(zip(map(described, net.layers), widths_of, counts, strict=True))
    head = ("layer", "outputs", "parameters")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(3)]
    line = "-" * (sum(widths) + 4)
    body = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in [head, *rows]]
    known = net.inputs is not None
    found = sizes(net.layers, net.inputs)
    room = room_of(sum(size.parameters or 0 for size in found) * np.dtype(net.dtype).itemsize)
    number = f"{total} parameters ({room} of {net.dtype})" if known else "parameters: known once inputs are"
    fixed = sum(size.fixed for size in found)
    number += f", {fixed:,} of them non-trainable" if known and fixed else ""
    inputs = f"{net.inputs:,}" if known else "not known yet"
    return "\n".join([f"inputs: {inputs}", line, body[0], line, *body[1:], line, number])


def room_of(size: int) -> str:
    """Bytes as text, in the largest unit that has at least one of them."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 2**power:
            return f"{size / 2**power:.1f} {unit}"
    return f"{size} byte{'s' * (size != 1)}"


def table(net: Any) -> tuple[list[str], list[str], str]:
    """For each layer its outputs and parameters, and the sum of all parameters, as text; "?" if inputs are unknown."""
    found = sizes(net.layers, net.inputs)
    outputs = ["?" if size.outputs is None else f"{size.outputs:,}" for size in found]
    counts = ["?" if size.parameters is None else f"{size.parameters:,}" for size in found]
    total = sum(size.parameters or 0 for size in found)
    return outputs, counts, f"{total:,}" if net.inputs is not None else "?"


def described(layer: Layer) -> str:
    if isinstance(layer, Dense):
        words = [f"Dense, {layer.activation}", *([] if layer.use_bias else ["no bias"])]
        words += [f"{name} {value:g}" for name, value in (("l1", layer.l1), ("l2", layer.l2)) if value]
        return ", ".join(words)
    if isinstance(layer, Dropout):
        return f"Dropout, {layer.rate:g}"
    if isinstance(layer, Activation):
        return f"Activation, {layer.activation}"
    options = {"no beta": "center", "no gamma": "scale", "not trainable": "trainable"}  # of a normalization
    left_out = [words for words, option in options.items() if getattr(layer, option, True) is False]
    return ", ".join([type(layer).__name__, *left_out])


def fingerprint(weights: list[Array]) -> str:
    """SHA-256 over all arrays in order: a line with type and shape, then the values, little-endian, row by row.

    All NaNs are hashed as the same one. (Weights have no negative zero: engines store it as +0.)
    """
    import hashlib  # imported here, as it loads OpenSSL: 3 MB that a training does not need

    digest = hashlib.sha256()
    for array in weights:
        shape = "x".join(map(str, array.shape))
        values = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
        digest.update(f"{array.dtype.name} {shape}\n".encode())
        digest.update(np.ascontiguousarray(values, array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def installation(version: str) -> dict[str, Any]:
    """Versions, instruction set, threads and compiler of this installation."""
    config: dict[str, Any] = {"pynn": version, "numerics": NUMERICS, "numpy": np.__version__}
    try:
        native: Any = load("native")
    except ImportError as reason:
        config["native"] = f"not available: {reason}"
    else:
        for name in ("isa", "max_threads", "compiler", "has_openmp"):
            if callable(getattr(native, name, None)):
                config[name] = getattr(native, name)()
    return config
