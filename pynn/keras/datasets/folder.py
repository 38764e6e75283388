"""What both sets of images share: where their files are, and labels as bytes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np


def folder_or_none(path: Any) -> str | None:
    """A folder. Keras' "mnist.npz", or another bare name, is that of a file in its own cache: None, pynn's cache."""
    if path is None or (isinstance(path, str) and os.path.basename(path) == path and not os.path.isdir(path)):
        return None
    return os.fsdecode(path)


def as_bytes(pairs: Any) -> Any:
    """Labels as Keras has them, uint8."""
    return tuple((x, y.astype(np.uint8)) for x, y in pairs)
