"""Data to learn with, and the split into training, validation and test rows.

`iris` ships with the package; `drawn_digits`, `make_moons`, `make_circles` and `make_blobs` are made on the spot;
`mnist` reads four files from a folder, or fetches them once. Nothing here knows a network: each function returns
plain arrays, the same on every machine. Read flowers.py, strokes.py, clouds.py, digits.py and splitting.py.
"""

from .clouds import make_blobs, make_circles, make_moons
from .digits import mnist
from .flowers import IRIS_FEATURES, IRIS_SPECIES, iris
from .splitting import split
from .strokes import drawn_digits

__all__ = [
    "IRIS_FEATURES",
    "IRIS_SPECIES",
    "drawn_digits",
    "iris",
    "make_blobs",
    "make_circles",
    "make_moons",
    "mnist",
    "split",
]
