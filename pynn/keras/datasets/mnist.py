"""MNIST as Keras gives it: 60,000 and 10,000 images (28, 28) of bytes, and labels."""

from __future__ import annotations

from typing import Any

from ...datasets import mnist
from .folder import as_bytes, folder_or_none

__all__ = ["load_data"]


def load_data(path: Any = "mnist.npz") -> Any:
    """(x_train, y_train), (x_test, y_test), all uint8. path: a folder of the four files; other names are ignored."""
    return as_bytes(mnist(folder_or_none(path)))
