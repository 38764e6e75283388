"""Progress as two bars of tqdm: epochs, and the steps of the present one. fit(verbose="tqdm") asks for it.

tqdm is an extra; it finds out by itself whether it is in a terminal, a notebook or a file. The same four words as
Progress next door, called about twenty times a second, so that batches cost nothing.
"""

from __future__ import annotations

from typing import Any


class Bars:
    def __init__(self, first_epoch: int, last_epoch: int, steps: int | None) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as reason:
            raise ImportError("verbose='tqdm' needs tqdm: pip install 'pynn-native[progress]'") from reason
        self._epochs: Any = tqdm(total=last_epoch, initial=first_epoch, unit="epoch")
        self._steps: Any = tqdm(total=steps, unit="step", leave=False)

    def step(self, epoch: int, step: int, logs: dict[str, float]) -> None:
        """Within an epoch."""
        self._steps.set_postfix(logs, refresh=False)
        self._steps.update(step - self._steps.n)

    def epochs(self, first: int, columns: dict[str, list[float]]) -> None:
        """Epochs first.. are complete."""
        self.epoch(first + len(columns["loss"]) - 1, {name: values[-1] for name, values in columns.items()})

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """An epoch is complete."""
        self._steps.reset()
        self._epochs.set_postfix(logs, refresh=False)
        self._epochs.update(epoch + 1 - self._epochs.n)

    def close(self) -> None:
        self._steps.close()
        self._epochs.close()
