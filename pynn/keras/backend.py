"""What scripts ask of keras.backend that has a meaning without graphs and tensors."""

from .session import clear_session

__all__ = ["clear_session", "epsilon", "floatx"]


def floatx() -> str:
    """The type of a model that was not told another one."""
    return "float32"


def epsilon() -> float:
    """What keeps optimizers from dividing by zero."""
    return 1e-7
