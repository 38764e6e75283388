"""From names to codes and shapes: computed here, once, and nowhere else.

A `Plan` says everything an engine must know about a network; it holds no numbers that are learned. Parameters are
one flat array in the canonical order: the tensors of the first layer, of the second, and so on. How the native engine
packs them, and where a batch finds its room, is the C core's affair (csrc/layout.c). Read tables.py and kinds.py
for the codes, reference.py for what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .kinds import KINDS
from .layer_plan import LayerPlan as LayerPlan
from .optimizer_plan import OptimizerPlan as OptimizerPlan

MAX_ELEMENTS = 2**40  # of one array: refused long before memory is asked for


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
    n_params: int = 0

    @property
    def outputs(self) -> int:
        return self.layers[-1].outputs

    @property
    def outputs_factor(self) -> int:
        """What makes a loss's mean over outputs the sum that was asked for."""
        return self.outputs if self.sum_outputs else 1


def build_plan(inputs: int, layers: list[LayerPlan], **options: object) -> Plan:
    """Chain the layers' widths and give their tensors places; `outputs` 0 means: as many as inputs."""
    width, at, placed = inputs, 0, []
    for layer in layers:
        outputs = layer.outputs or width
        size = width * outputs if layer.kind == "dense" else outputs
        if max(width, outputs) > 2**31 - 1 or size > MAX_ELEMENTS:
            raise ValueError(
                f"layers: a Dense layer of {width} inputs and {outputs} units has {size:,} weights; "
                f"at most {MAX_ELEMENTS:,} are possible"
            )
        layer, tensors = replace(layer, inputs=width, outputs=outputs), []
        for tensor in KINDS[layer.kind].tensors(layer):
            tensors.append(replace(tensor, at=at))
            at = tensors[-1].end
        placed.append(replace(layer, tensors=tuple(tensors)))
        width = outputs
    if at > MAX_ELEMENTS:
        raise ValueError(f"layers: {at:,} parameters in all; at most {MAX_ELEMENTS:,} are possible")
    return Plan(inputs, tuple(placed), n_params=at, **options)  # type: ignore[arg-type]


def weights(flat: np.ndarray, layer: LayerPlan) -> np.ndarray:
    """The W (I, O) of a dense layer within a flat array: a view."""
    return layer.tensors[0].view(flat)


def bias(flat: np.ndarray, layer: LayerPlan) -> np.ndarray:
    """The b (O,) of a dense layer within a flat array: a view; empty where there is no bias."""
    return layer.tensors[1].view(flat) if layer.use_bias else flat[:0]
