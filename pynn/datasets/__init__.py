"""Data sets, tables of the user's own, and the split into training, validation and test rows.

`iris` ships with the package; `drawn_digits`, `make_moons`, `make_circles` and `make_blobs` are generated; `mnist` and
`fashion_mnist` read four files from a folder, or download them once; `read_csv` reads a table. No network is needed
here: each function returns plain arrays, which have the same bits on every machine. Read flowers.py,
strokes.py, clouds.py, image_sets.py, tabular.py and splitting.py.
"""

from .clouds import make_blobs, make_circles, make_moons
from .flowers import IRIS_FEATURES, IRIS_SPECIES, iris
from .image_sets import FASHION_CLASSES, fashion_mnist, mnist
from .splitting import split
from .strokes import drawn_digits
from .tabular import CsvData, read_csv

__all__ = [
    "CsvData",
    "FASHION_CLASSES",
    "IRIS_FEATURES",
    "IRIS_SPECIES",
    "drawn_digits",
    "fashion_mnist",
    "iris",
    "make_blobs",
    "make_circles",
    "make_moons",
    "mnist",
    "read_csv",
    "split",
]
