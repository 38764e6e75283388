"""A model's summary as Keras prints it: a line for each layer, its outputs and parameters, and the totals.

Nothing is computed but sizes; no weights are made. pynn's own table, with activations, is Network.summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..inspect.summary import Size
from .layers import Layer

COLUMNS = (29, 26, 10)  # characters of each, as Keras has them; more where names are longer


def table(name: str, layers: Sequence[Layer], sizes: Sequence[Size | None], dtype: str, width: int | None) -> str:
    """The text; sizes are those of the layers' parts, None where a layer has none."""
    rows = [
        (f"{layer.name} ({type(layer).__name__})", _shape(layer), _count(layer, size))
        for layer, size in zip(layers, sizes, strict=True)
    ]
    head = ("Layer (type)", "Output Shape", "Param #")
    widths = [max(least, *(len(row[i]) + 2 for row in [head, *rows])) for i, least in enumerate(COLUMNS)]
    full = max(width or 0, sum(widths))
    lines = [" " + "".join(map(str.ljust, row, widths)).rstrip() for row in [head, *rows]]
    body = "\n\n".join(lines[1:])
    text = [f'Model: "{name}"', "_" * full, lines[0], "=" * full, body, "=" * full]
    return "\n".join([*text, *_totals(layers, sizes, dtype), "_" * full])


def _shape(layer: Layer) -> str:
    return "?" if layer._row_after is None else str((None, *layer._row_after))


def _count(layer: Layer, size: Size | None) -> str:
    if layer._row_after is None:
        return "0 (unbuilt)"
    return f"{size.parameters or 0:,}" if size else "0"


def _totals(layers: Sequence[Layer], sizes: Sequence[Size | None], dtype: str) -> list[str]:
    known = [size for layer, size in zip(layers, sizes, strict=True) if size and layer._row_after is not None]
    total, fixed = sum(size.parameters or 0 for size in known), sum(size.fixed for size in known)
    each = int(np.dtype(dtype).itemsize)
    words = {"Total": total, "Trainable": total - fixed, "Non-trainable": fixed}
    return [f"{word} params: {number:,} ({_bytes(number * each)})" for word, number in words.items()]


def _bytes(number: Any) -> str:
    size, units = float(number), ["B", "KB", "MB", "GB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.2f} {units[0]}"
