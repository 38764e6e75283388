"""History: what each epoch's loss and metrics were. Plain lists, so that it can be pickled and plotted by anyone."""

from __future__ import annotations

from typing import Any


class History:
    """`history` is a dict of lists, one number for each epoch of this fit; `epoch` are the epochs' numbers.

    An epoch that a callback ended by stop_training is in it, with means over the steps it had; an epoch that an
    exception ended (Ctrl-C, divergence) is not. `diverged` then says which number was not finite.
    """

    diverged = ""
    validation_rows = 0

    def __init__(self, **params: Any) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.params: dict[str, Any] = params

    def add(self, epoch: int, logs: dict[str, float]) -> None:
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def extend(self, first: int, columns: dict[str, list[float]]) -> None:
        """Epochs first.. with their numbers; each column is as long as there are epochs."""
        self.epoch.extend(range(first, first + len(columns["loss"])))
        for name, values in columns.items():
            self.history.setdefault(name, []).extend(values)

    def plot(self) -> Any:
        """Curves of loss and metrics, training and validation together; returns matplotlib's figure."""
        try:
            import matplotlib.pyplot as plt
        except ImportError as reason:
            raise ImportError("plot needs matplotlib: pip install 'pynn-native[plot]'") from reason
        names = [name for name in self.history if not name.startswith("val_")]
        figure, axes = plt.subplots(1, max(len(names), 1), squeeze=False, figsize=(5 * max(len(names), 1), 3.5))
        epochs = [epoch + 1 for epoch in self.epoch]
        for axis, name in zip(axes[0], names, strict=False):
            axis.plot(epochs, self.history[name], label="training")
            if f"val_{name}" in self.history:
                axis.plot(epochs, self.history[f"val_{name}"], label="validation")
                axis.legend()
            axis.set_xlabel("epoch")
            axis.set_ylabel(name)
        figure.tight_layout()
        return figure

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items())
        return f"History({len(self.epoch)} epochs{': ' if last else ''}{last})"
