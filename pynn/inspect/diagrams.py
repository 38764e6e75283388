"""The diagram of a network: a column of circles for each layer, a small circle +1 for biases, lines for weights.

Of a wide layer the first and last units are drawn, with dots between them. Below each column are the layer's name and
number of parameters. If there are few weights, the colour of a line is the sign of its weight and the width its
magnitude; a network without weights is drawn with plain lines. All other layers are narrow boxes between columns; what
they have learned is counted below the column before. Read drawing.py for the shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..backend import Array
from ..layers import Activation, Dense, Dropout, Layer
from .drawing import GREY, INK, PAPER, Drawing
from .summary import sizes

# Chosen so that the picture stays readable at the width of a page (800 pixels).
SHOWN = 8  # a layer with at most so many units is drawn whole
ENDS = (4, 2)  # how many of the first and of the last units are drawn of a wider one
COLOURED = 400  # up to so many parameters, lines have the colour and width of their weights
WRITTEN = 12  # up to so many, the numbers are written on the lines
POSITIVE, NEGATIVE, SOFT = "#2166ac", "#c2452d", "#55595f"
PITCH, ROOMY, RADIUS, TOP = 42.0, 64.0, 13.0, 36.0  # ROOMY: the pitch where no column has more than four units
Point = tuple[float, float]
FILLS = {"inputs": "#eef1f5", "hidden": "#ffffff", "outputs": "#e4f0e2"}


@dataclass
class Column:
    """The circles of a layer. units: their number (None: not known yet)."""

    units: int | None
    kind: str
    words: list[str]  # below it
    bias: bool = False  # whether the next layer has biases: then there is a circle +1 above these circles
    boxes: list[str] = field(default_factory=list)  # names of the layers drawn as boxes before the next column
    x: float = 0.0
    pitch: float = PITCH

    @property
    def places(self) -> list[int | None]:
        """The units that are drawn, from the top; None for dots."""
        if self.units is None:
            return [0, None]
        if self.units <= SHOWN:
            return list(range(self.units))
        return [*range(ENDS[0]), None, *range(self.units - ENDS[1], self.units)]

    def height_of(self, place: int, middle: float) -> float:
        return middle + self.pitch * (place - (len(self.places) - 1) / 2)

    def above(self, middle: float) -> float:
        """The height of the bias circle."""
        return self.height_of(-1, middle)


def diagram(net: Any, weighted: bool) -> Drawing:
    """The diagram. weighted: whether the network has weights already; get_weights would initialise them."""
    layers, inputs = net.layers, net.inputs
    columns, total = arrange(layers, inputs), parameters(layers, inputs)
    matrices: list[Array | None] = [None] * (len(columns) - 1)
    if weighted and total is not None and total <= COLOURED:
        matrices = split(layers, inputs, net.get_weights())
    tallest = max(len(column.places) for column in columns)
    pitch = ROOMY if tallest <= 4 else PITCH
    half = pitch * (tallest - 1) / 2 + RADIUS
    middle = TOP + pitch + half - RADIUS
    width = max(800.0, 130.0 * len(columns))
    lines = max(len(column.words) for column in columns)
    drawing = Drawing(width, middle + half + 24 + 17 * lines + 34, "Network")
    for number, column in enumerate(columns):
        column.x, column.pitch = width * (number + 0.5) / len(columns), pitch
    connect(drawing, columns, middle, matrices)
    for column in columns:
        units(drawing, column, middle)
        below(drawing, column, middle + half + 24)
        beside(drawing, column, middle, max(half, 48.0))
    footer(drawing, total, any(matrix is not None for matrix in matrices))
    return drawing


def arrange(layers: Sequence[Layer], inputs: int | None) -> list[Column]:
    """Columns and the boxes between them, from the layers in their order."""
    size = inputs
    columns = [Column(inputs, "inputs", ["inputs", "?" if inputs is None else f"{inputs:,}"])]
    for layer, found in zip(layers, sizes(layers, inputs), strict=True):
        if isinstance(layer, Dense):
            columns[-1].bias = layer.use_bias
            columns.append(Column(layer.units, "hidden", described(layer, size)))
            size = layer.units
        elif isinstance(layer, Dropout):
            columns[-1].boxes.append(f"Dropout {layer.rate:g}")
        elif isinstance(layer, Activation):
            columns[-1].boxes.append(str(layer.activation))
        else:
            columns[-1].boxes.append(type(layer).__name__)
            if found.parameters:
                columns[-1].words.append(f"normalized: {found.parameters:,}")
    if len(columns) > 1:
        columns[-1].kind = "outputs"
    return columns


def described(layer: Dense, size: int | None) -> list[str]:
    words = [f"{layer.units:,} {'unit' if layer.units == 1 else 'units'}", str(layer.activation)]
    if size is None:
        return [*words, "W ? × " + f"{layer.units:,}"]
    count = (size + layer.use_bias) * layer.units
    shapes = f"W {size:,} × {layer.units:,}" + ("" if layer.use_bias else ", no b")
    return [*words, shapes, f"{count:,} parameters" if count != 1 else "1 parameter"]


def parameters(layers: Sequence[Layer], inputs: int | None) -> int | None:
    """The number of all parameters; None if the number of inputs is not known yet."""
    return None if inputs is None else sum(size.parameters or 0 for size in sizes(layers, inputs))


def split(layers: Sequence[Layer], inputs: int, weights: list[Array]) -> list[Array | None]:
    """For each Dense layer its weights with the bias as a first row, where it has one."""
    parts = iter(weights)
    found: list[Array | None] = []
    for layer, size in zip(layers, sizes(layers, inputs), strict=True):
        named = {tensor.name: next(parts) for tensor in size.tensors or ()}
        if isinstance(layer, Dense):
            found.append(np.vstack([named["b"], named["W"]]) if layer.use_bias else named["W"])
    return found


# ---- what is drawn ----


def connect(drawing: Drawing, columns: list[Column], middle: float, matrices: Sequence[Array | None]) -> None:
    known = [m for m in matrices if m is not None]
    largest = max((float(np.abs(m).max()) for m in known), default=0.0) or 1.0
    numbers = bool(known) and sum(m.size for m in known) <= WRITTEN
    for left, right, matrix in zip(columns, columns[1:], matrices, strict=False):
        sources: list[tuple[int, float]] = []
        if left.bias:
            sources.append((0, left.above(middle)))
        places = [(unit, left.height_of(k, middle)) for k, unit in enumerate(left.places) if unit is not None]
        sources += [(unit + left.bias, y) for unit, y in places]
        targets = [(unit, right.height_of(k, middle)) for k, unit in enumerate(right.places) if unit is not None]
        for i, y in sources:
            for j, end in targets:
                weight = None if matrix is None else float(matrix[i, j])
                edge(drawing, left.x, y, right.x, end, weight, largest)
        if numbers and matrix is not None:
            for i, y in sources:
                for j, end in targets:
                    on_edge(drawing, (left.x, y), (right.x, end), float(matrix[i, j]), 0.24 + 0.12 * (j % 2))


def edge(drawing: Drawing, x1: float, y1: float, x2: float, y2: float, weight: float | None, largest: float) -> None:
    if weight is None:
        drawing.line(x1, y1, x2, y2, colour=GREY, width=0.7, opacity=0.55)
        return
    share = min(abs(weight) / largest, 1.0) if np.isfinite(weight) else 1.0
    colour = POSITIVE if weight > 0 else NEGATIVE if weight < 0 else GREY
    drawing.line(x1, y1, x2, y2, colour=colour, width=0.5 + 4 * share, opacity=0.35 + 0.55 * share, tip=f"{weight:.6g}")


def on_edge(drawing: Drawing, start: Point, end: Point, weight: float, share: float) -> None:
    """Writes the weight on its line, at `share` of the way: not in the middle, where lines cross."""
    x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
    colour = POSITIVE if weight > 0 else NEGATIVE if weight < 0 else INK
    words = f"{weight:.3g}".replace("-", "−")
    half = 2.0 + 3.2 * len(words)
    drawing.box(x - half, y - 7, 2 * half, 14, fill=PAPER, colour=PAPER)
    drawing.text(x, y, words, size=11, colour=colour)


def units(drawing: Drawing, column: Column, middle: float) -> None:
    if column.bias:
        y = column.above(middle)
        drawing.circle(column.x, y, 9.5, fill="#fdf1d6", tip="bias")
        drawing.text(column.x, y, "+1", size=10)
    for k, unit in enumerate(column.places):
        y = column.height_of(k, middle)
        if unit is None:
            for offset in (-8, 0, 8):
                drawing.circle(column.x, y + offset, 1.6, fill=INK, width=0)
        else:
            drawing.circle(column.x, y, RADIUS, fill=FILLS[column.kind], tip=f"{column.kind} {unit + 1}")


def below(drawing: Drawing, column: Column, y: float) -> None:
    for k, words in enumerate(column.words):
        colour = INK if k < 2 else SOFT
        drawing.text(column.x, y + 17 * k, words, size=12.5 if k else 13.5, bold=k == 0, colour=colour)


def beside(drawing: Drawing, column: Column, middle: float, half: float) -> None:
    """Narrow boxes with vertical text: the layers between this column and the next Dense layer."""
    half = max([min(half, 84.0), *(3.2 * len(words) for words in column.boxes)])
    for k, words in enumerate(column.boxes):
        x, dashes = column.x + 36 + 26 * k, "4 3" if words.startswith("Dropout") else ""
        drawing.box(x - 10, middle - half, 20, 2 * half, fill="#fbfbfc", colour=SOFT, dashes=dashes)
        drawing.text(x, middle, words, size=11, turned=True)


def footer(drawing: Drawing, total: int | None, coloured: bool) -> None:
    y = drawing.height - 14
    words = "parameters: known once inputs are" if total is None else f"{total:,} parameters"
    drawing.text(drawing.width - 12, y, words, size=12, anchor="end", bold=True)
    if coloured:
        for k, (words, colour) in enumerate((("positive weight", POSITIVE), ("negative weight", NEGATIVE))):
            drawing.line(12 + 130 * k, y, 34 + 130 * k, y, colour=colour, width=3)
            drawing.text(39 + 130 * k, y, words, size=12, anchor="start")
