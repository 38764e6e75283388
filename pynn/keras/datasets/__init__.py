"""Keras' data sets that are images of one kind or another: mnist and fashion_mnist. Read ../../datasets/image_sets.py.

The files are read from pynn's cache folder, and fetched into it where they are missing.
"""

from typing import Any

from ..missing import DATASETS, find
from . import fashion_mnist, mnist

__all__ = ["fashion_mnist", "mnist"]


def __getattr__(name: str) -> Any:
    return find(__name__, DATASETS, name)
