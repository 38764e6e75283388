"""Data to learn with, and the split into training and test rows.

`iris` ships with the package; `mnist` reads the four IDX files from a folder, or fetches
them once. Nothing here knows a network: each function returns plain arrays.
Read flowers.py and digits.py for the data, splitting.py for the split.
"""

from .digits import mnist
from .flowers import IRIS_FEATURES, IRIS_SPECIES, iris
from .splitting import split

__all__ = ["IRIS_FEATURES", "IRIS_SPECIES", "iris", "mnist", "split"]
