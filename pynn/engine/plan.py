"""From names to codes, shapes and offsets: computed here, once, and nowhere else.

A `Plan` says everything an engine must know about a network; it holds no numbers that
are learned. A `Workspace` says where a batch of some number of rows finds its room. Both
engines take a Plan; only the native one needs the packed offsets and the Workspace.
Read tables.py for the codes, reference.py for what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .tables import ACTIVATIONS, LOSSES

PANEL = 16  # columns of a packed panel; PANEL in csrc/real.h
CHUNK = 256  # rows of one chain in a sum over the batch; CHUNK in csrc/real.h
MAX_ELEMENTS = 2**40  # of one array: refused long before memory is asked for


def ceil_to(n: int, step: int) -> int:
    return -(-n // step) * step


@dataclass(frozen=True)
class LayerPlan:
    """One Dense layer and the Dropout that may follow it."""

    inputs: int
    outputs: int
    activation: str
    alpha: float = 0.0  # the activation's parameter (slope, alpha)
    use_bias: bool = True
    l2: float = 0.0
    dropout: float = 0.0  # rate, applied after the activation
    w: int = 0  # canonical offsets: W is (inputs, outputs) row-major, then b
    b: int = 0
    packed_w: int = 0  # packed offsets: W is [ceil(outputs / 16)][inputs | 1][16]
    packed_b: int = 0


@dataclass(frozen=True)
class OptimizerPlan:
    """An update rule without its learning rate, which arrives with every step."""

    name: str = "sgd"  # sgd, adam or rmsprop
    momentum: float = 0.0
    nesterov: bool = False
    centered: bool = False
    rho: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    weight_decay: float = 0.0  # decoupled, multiplied by the learning rate
    clipvalue: float = 0.0  # 0: off
    clipnorm: float = 0.0  # by tensor
    global_clipnorm: float = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the state arrays, in the order of the update rule."""
        if self.name == "sgd":
            return ("v",) if self.momentum else ()
        if self.name == "adam":
            return ("m", "v")
        return ("v",) + (("m",) if self.momentum else ()) + (("a",) if self.centered else ())


@dataclass(frozen=True)
class Plan:
    inputs: int
    layers: tuple[LayerPlan, ...]
    loss: str = "mse"
    sum_outputs: bool = False  # the loss adds outputs up; otherwise it is their mean
    by_weight: bool = False  # a batch's loss and penalty are divided by the sum of its weights, not by its rows
    delta: float | tuple[float, ...] = 1.0  # huber's delta, quantile's q: a number, or one for each output
    smoothing: float = 0.0  # of the cross-entropies' labels
    optimizer: OptimizerPlan = field(default_factory=OptimizerPlan)
    dtype: str = "float32"
    seed: int = 0
    input_dropout: float = 0.0
    scale: np.ndarray | None = None  # [inputs] float64: x * scale + offset while gathering
    offset: np.ndarray | None = None
    n_params: int = 0  # canonical length
    n_packed: int = 0

    @property
    def outputs(self) -> int:
        return self.layers[-1].outputs

    @property
    def outputs_factor(self) -> int:
        """What makes a loss's mean over outputs the sum that was asked for."""
        return self.outputs if self.sum_outputs else 1


def build_plan(inputs: int, layers: list[LayerPlan], **options: object) -> Plan:
    """Chain the layers' widths and lay their parameters out, canonical and packed."""
    width, flat, packed, placed = inputs, 0, 0, []
    for layer in layers:
        size = width * layer.outputs
        if max(width, layer.outputs) > 2**31 - 1 or size > MAX_ELEMENTS:
            raise ValueError(
                f"layers: a Dense layer of {width} inputs and {layer.outputs} units has {size:,} weights; "
                f"at most {MAX_ELEMENTS:,} are possible"
            )
        columns = ceil_to(layer.outputs, PANEL)
        bias = layer.outputs if layer.use_bias else 0
        placed.append(
            LayerPlan(
                width, layer.outputs, layer.activation, layer.alpha, layer.use_bias, layer.l2, layer.dropout,
                w=flat, b=flat + size, packed_w=packed, packed_b=packed + odd(width) * columns,
            )
        )  # fmt: skip
        flat += size + bias
        packed += (odd(width) + 1) * columns  # the bias has a place even where it is not used: it stays 0
        width = layer.outputs
    if packed > MAX_ELEMENTS:
        raise ValueError(f"layers: {flat:,} parameters in all; at most {MAX_ELEMENTS:,} are possible")
    return Plan(inputs, tuple(placed), n_params=flat, n_packed=packed, **options)  # type: ignore[arg-type]


def weights(flat: np.ndarray, layer: LayerPlan) -> np.ndarray:
    """The W (I, O) of a layer within a flat array: a view."""
    return flat[layer.w : layer.w + layer.inputs * layer.outputs].reshape(layer.inputs, layer.outputs)


def bias(flat: np.ndarray, layer: LayerPlan) -> np.ndarray:
    """The b (O,) of a layer within a flat array: a view; empty where there is no bias."""
    return flat[layer.b : layer.b + (layer.outputs if layer.use_bias else 0)]


def odd(rows: int) -> int:
    """Rows from one panel to the next: a power of two would put all panels into the same few cache sets."""
    return rows | 1


def panels(rows: int, width: int) -> int:
    """Reals of a matrix in panels of 16 columns."""
    return ceil_to(width, PANEL) * rows


@dataclass(frozen=True)
class LayerPlace:
    """Offsets of one layer's arrays in the workspace, in elements. See pynn_layer in csrc/pynn.h."""

    z: int
    y: int
    a: int
    m: int
    d: int
    dt: int
    ld: int


@dataclass(frozen=True)
class Workspace:
    rows: int
    ld: int
    x: int
    t: int
    slope: int
    label: int
    row_scale: int
    row_value: int
    row_metric: int
    norms: int
    by_row: tuple[int, int, int, int]  # k, value, ld, start; see pynn_lists
    by_input: tuple[int, int, int, int]
    scratch: int
    scratch_size: int
    layers: tuple[LayerPlace, ...]
    size: int


METRICS = 3  # PYNN_METRICS in csrc/pynn.h
LISTED_INPUTS = 64  # LIVE_BLOCK in csrc/skip_zeros.c: with fewer inputs, zeros are not looked for
LISTED_ROWS = 1024  # in larger batches the lists would take more room than they are worth


STRIP, TURNED_OUTPUTS = 32, 256  # STRIP_MOST in csrc/gemm.h; TURNED_OUTPUTS in csrc/step_context.h
BLOCK = 16 * 16 * 8  # elements of the largest block of a weights' gradient: LIVE_MOST panels in csrc/kernels/kernels.h


def build_workspace(plan: Plan, rows: int, threads: int, *, training: bool = True, keep_z: bool = False) -> Workspace:
    """Room for batches of `rows` rows and `threads` threads.

    keep_z: every layer's z has a place of its own, for whoever wants to look at it.
    """
    top = 0

    def take(elements: int) -> int:
        nonlocal top
        if elements > MAX_ELEMENTS:
            raise ValueError(
                f"batch_size: {rows} rows need an array of {elements:,} elements; at most {MAX_ELEMENTS:,}"
            )
        place, top = top, top + ceil_to(elements, 64)
        return place

    itemsize = np.dtype(plan.dtype).itemsize
    doubles = 8 // itemsize  # elements per double
    ld, last = odd(rows), plan.layers[-1]
    wide = ceil_to(last.outputs, PANEL)
    x = take(panels(ld, plan.inputs))
    places = []
    for layer in plan.layers:
        size = rows * wide if layer is last else panels(ld, layer.outputs)
        # z is kept for derivatives that need it, and for the losses that are computed from it.
        kept = ACTIVATIONS[layer.activation].needs_z(layer.alpha)
        kept |= layer is last and LOSSES[plan.loss].needs_z(layer.activation)
        y = take(size)
        z = take(size) if keep_z or kept else y
        drops = layer.dropout and training and layer is not last
        a = take(size) if drops else y
        m = take(size) if drops else 0
        d = take(panels(ld, layer.outputs)) if training else 0
        dt = take(panels(ceil_to(layer.outputs, PANEL), rows)) if training else 0
        places.append(LayerPlace(z, y, a, m, d, dt, ceil_to(layer.outputs, PANEL)))
    t = take(rows * wide)
    slope = take(rows * wide) if training and wide > PANEL else places[-1].d
    label = take(rows)  # int32 fits in either type
    row_scale = take(rows * doubles)
    row_value = take(rows * doubles)
    row_metric = take(rows * doubles * METRICS)
    columns = sum(-(-layer.outputs // PANEL) for layer in plan.layers)
    norms = take((columns + 2 * len(plan.layers)) * doubles)
    levels = (-(-rows // CHUNK)).bit_length()  # open nodes of the tree over chunks
    widest = max(plan.inputs, *(layer.outputs for layer in plan.layers))
    turned = STRIP * (min(widest, TURNED_OUTPUTS) | 1)  # of weights: see turns_weights in csrc/step_context.h
    scratch_size = ceil_to(max(BLOCK * (levels + 1), 3 * (ceil_to(widest, PANEL) + PANEL), turned), 64)
    scratch = take(threads * scratch_size)
    by_row = by_input = (0, 0, 0, 0)
    if rows <= LISTED_ROWS and plan.inputs >= LISTED_INPUTS and plan.layers[0].outputs > 2 * PANEL:
        inputs = ceil_to(plan.inputs, PANEL)
        room = inputs + PANEL  # a list is written in whole vectors
        starts = rows * (-(-plan.inputs // LISTED_INPUTS) + 1)
        by_row = take(rows * room), take(rows * room), room, take(starts)
        if training:
            starts = (-(-rows // CHUNK) + 1) * inputs
            by_input = take(rows * inputs), take(rows * inputs), rows, take(starts)
    return Workspace(
        rows, ld, x, t, slope, label, row_scale, row_value, row_metric, norms, by_row, by_input, scratch, scratch_size,
        tuple(places), top,
    )  # fmt: skip
