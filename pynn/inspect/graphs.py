r"""The computation graph of one row of a trace: from w, x and b over z and a to the loss L(a, y), node by node.

Above a node is its value, below it the derivative of L with respect to it. L is the loss of this row alone, without the
mean over rows, sample weights and penalties, so that the chain rule can be followed from node to node. Derivatives that
a trace does not have are computed here. Networks with layers other than Dense are drawn by arrays. Read drawing.py for
the shapes, step_record.py for the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np

from ..arguments import choice, whole
from ..backend import Array
from ..engine.tables import ACTIVATIONS, LOSSES
from .drawing import GREY, Drawing
from .layer_formulas import LETTERS, inputs_gradient
from .step_record import KIND_NAMES, LayerTrace, StepRecord
from .symbols import plain

MOST = 9  # nodes="auto" draws every scalar as a node if no column has more of them than a page is high (9 * 70 pixels)
SLOPE = "#b2182b"
FILLS = {"given": "#eef1f5", "weight": "#fdf1d6", "made": "#ffffff", "loss": "#e4f0e2"}


@dataclass
class RowNumbers:
    """The numbers of one row: for each layer a (the inputs first), z, parameters, and the derivatives of the loss."""

    a: list[Array]
    z: list[Array]
    parameters: list[dict[str, tuple[Array, Array | None]]]  # by name, each with its derivative; mean and variance, too
    y: Array
    loss: float
    da: list[Array | None]  # None: the loss has no derivative by the output (the perceptron's rule)
    dz: list[Array]
    dense: bool  # whether all layers are Dense

    @property
    def W(self) -> list[Array]:
        return [named["W"][0] for named in self.parameters]

    @property
    def b(self) -> list[Array | None]:
        return [named["b"][0] if "b" in named else None for named in self.parameters]

    def dW(self, l: int) -> Array:
        return np.outer(self.a[l], self.dz[l])


def numbers_of_row(trace: StepRecord, row: int) -> RowNumbers:
    """The numbers of row number `row`. dL/dz is that of the trace divided by the row's share of the mean.

    Where a batch normalization lets rows see each other there is no loss of one row alone: L is that of all rows, and
    derivatives are those of the trace.
    """
    row = whole("row", row, 0, len(trace.share) - 1)
    layers, plan = trace.layers, trace.plan
    together = any(layer.kind == "batch_norm" and layer.trainable for layer in plan.layers)
    share = 1.0 if together else float(trace.share[row])
    if not trace.share[row]:
        raise ValueError(f"row: row {row} has weight 0; there is no derivative to show")
    deltas = [layer.delta.astype(np.float64) / share for layer in layers]
    z, a, t = ([array[row : row + 1].astype(np.float64)] for array in (layers[-1].z, layers[-1].a, trace.targets))
    rule, end = LOSSES[plan.loss], plan.layers[-1].activation
    with np.errstate(all="ignore"):
        from_z = rule.from_z if rule.needs_z(end) else None
        loss = float((from_z(z[0], t[0]) if from_z else rule.value(a[0], t[0], plan.delta))[0]) * plan.outputs_factor
        by_a = rule.gradient(a[0], t[0], plan.delta)[0] * plan.outputs_factor if rule.gradient else None
        if together:
            loss, by_a = trace.loss, None if by_a is None else by_a * trace.share[row]
        below = [
            inputs_gradient(layer_plan, layer, delta)[row]
            for layer_plan, layer, delta in zip(plan.layers, layers, deltas, strict=True)
        ]
    parameters = [parameters_of(layer, delta, row, together) for layer, delta in zip(layers, deltas, strict=True)]
    return RowNumbers(
        [layers[0].x[row], *(layer.a[row] for layer in layers)], [layer.z[row] for layer in layers], parameters,
        trace.targets[row], loss, [*below, by_a], [delta[row] for delta in deltas],
        all(layer.kind == "dense" for layer in layers),
    )  # fmt: skip


def parameters_of(layer: LayerTrace, delta: Array, row: int, together: bool) -> dict[str, tuple[Array, Array | None]]:
    """The parameters of a layer and their derivatives, of this row's loss or of all rows'."""
    of_row = {"W": np.outer(layer.x[row].astype(np.float64), delta[row]), "b": delta[row], "beta": delta[row]}
    if layer.xhat is not None:
        of_row["gamma"] = delta[row] * layer.xhat[row]
    found: dict[str, tuple[Array, Array | None]] = {}
    for name, tensor in layer.tensors.items():
        if name in of_row:
            value = tensor.value.astype(np.float64) if name == "W" else tensor.value
            slope = tensor.gradient if together else of_row[name]
            found[name] = value, slope if tensor.learned else None
    if (seen := layer.normalized) is not None:
        one = 0 if len(seen.mean) == 1 else row
        found |= {"mean": (seen.mean[one], None), "variance": (seen.variance[one], None)}
    return found


@dataclass
class Node:
    """A node. `sources` are the indices of the nodes that it is computed from."""

    label: str
    value: Array
    slope: Array | None
    kind: str
    sources: list[int] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    @property
    def half(self) -> float:
        """Half of its width in pixels: 3.7 for each letter of the label and a margin, at least a circle's radius."""
        label = self.label if "\\" not in self.label else plain(self.label).replace("[", "").replace("]", "")
        letters = len(label.replace("^{[", "").replace("]}", "").replace("_", "").strip("{}"))
        return max(16.0, 9.0 + 3.7 * letters)

    @property
    def reach(self) -> float:
        """Half of what it and its texts take of the width: 2.9 pixels for each letter."""
        texts = [value_text(self.value)] + ([] if self.slope is None else [value_text(self.slope)])
        return max(self.half, 2.9 * max(map(len, texts)))


@dataclass
class Graph:
    """Nodes in columns, from the left to the right."""

    nodes: list[Node] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)

    def add(self, column: int, label: str, value: Array, slope: Array | None, kind: str, sources: list[int]) -> int:
        while len(self.columns) <= column:
            self.columns.append([])
        self.nodes.append(Node(label, np.asarray(value), None if slope is None else np.asarray(slope), kind, sources))
        self.columns[column].append(len(self.nodes) - 1)
        return len(self.nodes) - 1


def draw(trace: StepRecord, row: int, nodes: str) -> Drawing:
    choice("nodes", nodes, ("auto", "scalars", "layers"))
    numbers = numbers_of_row(trace, row)
    other = next((layer for layer in trace.layers if layer.kind != "dense"), None)
    if other is not None and nodes == "scalars":
        kind = KIND_NAMES[other.kind]
        raise ValueError(f"nodes: layer {other.index + 1} is {kind}, which is drawn by arrays; take 'layers' or 'auto'")
    if nodes == "auto" and numbers.dense:
        pairs = zip(numbers.W, numbers.b, strict=True)
        tallest = max(W.size + len(W) + (0 if b is None else b.size) for W, b in pairs)
        nodes = "scalars" if tallest <= MOST else "layers"
    coupled = [ACTIVATIONS[layer.activation].jacobian is not None for layer in trace.layers]
    graph = by_scalars(numbers, coupled) if nodes == "scalars" else by_layers(numbers)
    return picture(graph, *((108.0, 52.0) if nodes == "scalars" else (158.0, 92.0)))


def by_layers(n: RowNumbers) -> Graph:
    """The graph with a node for every array."""
    graph = Graph()
    below = graph.add(0, "a^{[0]}", n.a[0], n.da[0], "given", [])
    for l, named in enumerate(n.parameters):
        up = f"^{{[{l + 1}]}}"
        sources = [below]
        for name, (value, slope) in named.items():
            kind = "given" if name in ("mean", "variance") else "weight"
            sources.append(graph.add(2 * l, LETTERS[name] + up, value, slope, kind, []))
        z = graph.add(2 * l + 1, "z" + up, n.z[l], n.dz[l], "made", sources)
        below = graph.add(2 * l + 2, "a" + up, n.a[l + 1], n.da[l + 1], "made", [z])
    add_loss(graph, n, [below], [n.y])
    return graph


def by_scalars(n: RowNumbers, coupled: list[bool]) -> Graph:
    """The graph with a node for every number. A column has for each input its weights and itself, then the biases."""
    graph = Graph()
    below: list[int] = []
    single = len(n.W) == 1
    for l, W in enumerate(n.W):
        up, (inputs, units) = "" if single else f"^{{[{l + 1}]}}", W.shape
        parts: list[list[int]] = [[] for _ in range(units)]
        above = graph.columns[2 * l][:] if l else []  # the activations of the layer below: already in this column
        for i in range(inputs):
            for j in range(units):
                name = f"w_{{{i + 1}{j + 1 if units > 1 else ''}}}{up}"
                parts[j].append(graph.add(2 * l, name, W[i, j], n.dW(l)[i, j], "weight", []))
            if not l:
                slope = n.da[0]
                below.append(graph.add(0, f"x_{i + 1}", n.a[0][i], None if slope is None else slope[i], "given", []))
            else:  # move each activation behind its weights
                graph.columns[2 * l].remove(above[i])
                graph.columns[2 * l].append(above[i])
        for j, b in enumerate(() if (biases := n.b[l]) is None else biases):
            parts[j].append(graph.add(2 * l, f"b{subscript(j, units)}{up}", b, n.dz[l][j], "weight", []))
        z = [
            graph.add(2 * l + 1, f"z{subscript(j, units)}{up}", n.z[l][j], n.dz[l][j], "made", below + parts[j])
            for j in range(units)
        ]
        by_a = n.da[l + 1]
        below = [
            graph.add(
                2 * l + 2, f"a{subscript(j, units)}{up}", n.a[l + 1][j], None if by_a is None else by_a[j], "made",
                z if coupled[l] else [z[j]],
            )
            for j in range(units)
        ]  # fmt: skip
    add_loss(graph, n, below, list(n.y))
    return graph


def subscript(unit: int, units: int) -> str:
    return f"_{unit + 1}" if units > 1 else ""


def add_loss(graph: Graph, n: RowNumbers, outputs: list[int], targets: list[Array]) -> None:
    """Adds the targets, below the outputs, and the loss of both."""
    column = len(graph.columns) - 1
    y = [
        graph.add(column, f"y{subscript(j, len(targets))}", target, None, "given", [])
        for j, target in enumerate(targets)
    ]
    graph.add(column + 1, "L(a, y)", np.asarray(n.loss), np.asarray(1.0), "loss", outputs + y)


# ---- the picture ----


def picture(graph: Graph, apart: float, margin: float) -> Drawing:
    """Draws the graph: columns side by side, each vertically centred; sizes are in pixels."""
    pitch = 70.0
    tallest = max(map(len, graph.columns))
    places = column_places(graph, apart)
    width = 2 * margin + places[-1]
    height = 40.0 + pitch * tallest + 24.0
    drawing = Drawing(max(width, 420.0), height, "Computation graph")
    left = (drawing.width - width) / 2 + margin
    for place, column in zip(places, graph.columns, strict=True):
        for k, number in enumerate(column):
            node = graph.nodes[number]
            node.x, node.y = left + place, 8.0 + pitch * (tallest / 2 + k + 0.5 - len(column) / 2) + 8.0
    for node in graph.nodes:
        for source in (graph.nodes[number] for number in node.sources):
            drawing.arrow(source.x + source.half, source.y, node.x - node.half - 1, node.y, colour=GREY, width=1.0)
    for node in graph.nodes:
        drawing.box(node.x - node.half, node.y - 14, 2 * node.half, 28, fill=FILLS[node.kind], corner=14)
        drawing.formula(node.x, node.y, node.label, size=14)
        drawing.text(node.x, node.y - 22, value_text(node.value), size=11, halo=True)
        if node.slope is not None:
            drawing.text(node.x, node.y + 23, value_text(node.slope), size=11, colour=SLOPE, halo=True)
    drawing.text(12, height - 16, "above a node: its value", size=11, anchor="start")
    below = r"\mathrm{below: }\partial L/\partial \mathrm{node}"
    drawing.formula(150, height - 16, below, size=11, colour=SLOPE, anchor="start")
    return drawing


def column_places(graph: Graph, apart: float) -> list[float]:
    """Where columns stand: as far apart as that, or more where their texts would meet."""
    reach = [max(graph.nodes[number].reach for number in column) for column in graph.columns]
    steps = [max(apart, one + next_one + 12.0) for one, next_one in pairwise(reach)]
    return [0.0, *accumulate(steps)]


def value_text(array: Array) -> str:
    """The text of a value: a number, a vector of up to three, or the shape, minimum and maximum of a larger array."""

    def short(value: float) -> str:
        return f"{value + 0.0:.4g}".replace("-", "−")  # -0 is 0

    if array.ndim == 0:
        return short(float(array))
    if array.size <= 3 and array.ndim == 1:
        return f"({', '.join(short(value) for value in array)})" if array.size > 1 else short(array[0])
    size = " × ".join(map(str, array.shape))
    return f"{size}: {float(array.min()) + 0.0:.3g} … {float(array.max()) + 0.0:.3g}".replace("-", "−")
