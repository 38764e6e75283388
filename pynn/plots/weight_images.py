"""The weights of units as images: what each unit of a layer weighs, where its inputs are pixels.

One scale for all units, symmetric about 0: one colour adds, the other takes away, white does not count. Read images.py
for the images themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Any, Self

import numpy as np
from matplotlib.colors import Normalize

from ..arguments import whole
from ..backend import Floats
from .answers import numbers, picked, short, words
from .colours import FIRST, PALE, SECOND, between
from .display import Display
from .insides import steps

MANY = 200  # images in one picture


@dataclass(repr=False)
class WeightImagesDisplay(Display):
    """Fields: images (units, height, width), names of the units."""

    images: Floats
    names: tuple[str, ...]

    @classmethod
    def from_network(
        cls, net: Any, *, layer: int = 0, units: Any = None, shape: Any = None, ax: Any = None, **options: Any
    ) -> Self:
        """The weights of a layer of a network, an estimator or a pipeline.

        layer   number of the layer, from 0, as in a trace
        units   numbers of the units, from 0; left out, all, but no more than the first 64
        shape   (height, width) of the inputs as an image; left out, a square
        """
        chain = steps(net)
        number = whole("layer", layer, 0, len(chain) - 1)
        step = chain[number]
        if "W" not in step.values:
            raise ValueError(f"layer: number {number} has no matrix of weights; layers that have one: {_dense(chain)}")
        matrix = np.asarray(step.values["W"], np.float64).reshape(-1, step.units)  # (inputs, units)
        chosen = picked("units", range(min(step.units, 64)) if units is None else units, step.units, MANY)
        return cls.from_data(matrix.T[chosen], shape=shape, names=[f"unit {k + 1}" for k in chosen], ax=ax, **options)

    @classmethod
    def from_data(cls, weights: Any, *, shape: Any = None, names: Any = None, ax: Any = None, **options: Any) -> Self:
        """The same from weights (units, inputs), or images (units, height, width); names of the units."""
        given = np.asarray(weights)
        flat = numbers("weights", given.reshape(len(given), -1) if given.ndim == 3 else given, 2)
        if len(flat) > MANY:
            raise ValueError(f"weights: {len(flat)} units are too many for one picture; expected at most {MANY}")
        size = given.shape[1:] if given.ndim == 3 and shape is None else _shape(shape, flat.shape[1])
        named = [f"unit {k + 1}" for k in range(len(flat))] if names is None else words("names", names, len(flat))
        return cls(flat.reshape(len(flat), *size), tuple(named)).plot(ax, **options)

    def plot(self, ax: Any = None, *, columns: int = 8, title: str | None = None) -> Self:
        """A panel for each unit."""
        n = len(self.images)
        columns = min(n, whole("columns", columns, 1))
        lines = -(-n // columns)
        side, tall = (1.0, 1.2) if n > 1 else (3.2, 3.4)
        size = (max(side * columns + 0.9, 2.6), tall * lines + (0.3 if title else 0))
        most = float(np.abs(self.images).max()) or 1.0
        with self._canvas(ax, size, *((lines, columns) if ax is None else (1, n))) as axes:
            for spare in axes[n:]:
                spare.remove()
            self.axes_ = axes[:n]
            for each, picture, name in zip(self.axes_, self.images, self.names, strict=True):
                image = each.imshow(
                    picture, cmap=between(FIRST, SECOND, 1.0, 0.0), norm=Normalize(-most, most), interpolation="nearest"
                )
                each.set(xticks=[], yticks=[])
                each.spines[:].set_visible(True)
                each.spines[:].set(color=PALE, linewidth=0.8)
                each.set_title(short(name, 13 if n > 1 else 40), fontsize=9, pad=3)
            if self._own:
                bar = self.figure_.colorbar(image, ax=list(self.axes_), fraction=0.06, pad=0.02, aspect=25)
                bar.set_label("weight")
                bar.outline.set_visible(False)
            if title is not None:
                self._heading(title)
        return self


def _dense(chain: Any) -> str:
    return ", ".join(str(number) for number, step in enumerate(chain) if "W" in step.values)


def _shape(given: Any, inputs: int) -> tuple[int, int]:
    if given is None:
        side = isqrt(inputs)
        if side * side != inputs:
            raise ValueError(f"shape: {inputs} inputs are no square; give shape=(height, width)")
        return side, side
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise ValueError(f"shape: {given!r} is not possible; expected (height, width)")
    height, width = (whole("shape", each, 1) for each in given)
    if height * width != inputs:
        raise ValueError(f"shape: {height} x {width} is not {inputs} inputs")
    return height, width
