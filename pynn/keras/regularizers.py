"""Keras' penalties of weights, l1, l2 and both: those of pynn.regularizers. Read ../regularizers.py."""

from typing import Any

from .. import regularizers
from ..regularizers import L1, L1L2, L2, Penalty, l1, l1_l2, l2

__all__ = ["L1", "L1L2", "L2", "get", "l1", "l1_l2", "l2"]


def get(identifier: Any) -> Penalty:
    """The penalty of this name."""
    return regularizers.get("identifier", identifier)
