"""Texts about a network and an installation: the table of layers, the fingerprint of the weights, the versions.

Nothing is drawn: read webpage.py for the table in a notebook, diagrams.py for the picture. No weights are made.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array, load
from ..layers import Dense, Dropout, Layer

NUMERICS = 1  # version of the rules of docs/numerics.md


def summary_text(net: Any) -> str:
    """The table of layers, with outputs and parameters. Needs no weights."""
    widths_of, counts, total = sizes(net)
    rows = list(zip(map(described, net.layers), widths_of, counts, strict=True))
    head = ("layer", "outputs", "parameters")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(3)]
    line = "-" * (sum(widths) + 4)
    body = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in [head, *rows]]
    known = net.inputs is not None
    mib = int(total.replace(",", "")) * np.dtype(net.dtype).itemsize / 2**20 if known else 0.0
    number = f"{total} parameters ({mib:.1f} MiB of {net.dtype})" if known else "parameters: known once inputs are"
    inputs = f"{net.inputs:,}" if known else "not known yet"
    return "\n".join([f"inputs: {inputs}", line, body[0], line, *body[1:], line, number])


def sizes(net: Any) -> tuple[list[str], list[str], str]:
    """For each layer its outputs and parameters, and the sum of all parameters, as text; "?" if inputs are unknown."""
    size, total = net.inputs, 0
    outputs, counts = [], []
    for layer in net.layers:
        count: int | None = 0
        if isinstance(layer, Dense):
            count = None if size is None else (size + layer.use_bias) * layer.units
            size = layer.units
            total += count or 0
        outputs.append("?" if size is None else f"{size:,}")
        counts.append("?" if count is None else f"{count:,}")
    return outputs, counts, f"{total:,}" if net.inputs is not None else "?"


def described(layer: Layer) -> str:
    if isinstance(layer, Dense):
        extra = "" if layer.use_bias else ", no bias"
        return f"Dense, {layer.activation}{extra}" + (f", l2 {layer.l2:g}" if layer.l2 else "")
    if isinstance(layer, Dropout):
        return f"Dropout, {layer.rate:g}"
    return type(layer).__name__


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
        config["native"] = f"not available: {reason.__cause__}"
    else:
        for name in ("isa", "max_threads", "compiler", "has_openmp"):
            if callable(getattr(native, name, None)):
                config[name] = getattr(native, name)()
    return config
