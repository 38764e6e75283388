"""Progress as two bars of tqdm or rich: epochs, and the steps of the present one. fit(verbose="tqdm") asks for them.

Both are extras, for terminals and notebooks: a file gets the plain lines of Progress next door, since bars are made of
control characters. The same four words as there, called about twenty times a second, so that batches cost nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Protocol

KINDS = ("tqdm", "rich")


class Bars(Protocol):
    def step(self, epoch: int, step: int, logs: dict[str, float]) -> None:
        """Within an epoch."""

    def epochs(self, first: int, columns: dict[str, list[float]]) -> None:
        """Epochs first.. are complete."""

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """An epoch is complete."""

    def say(self, text: str) -> None:
        """A line of somebody else's, above the bars."""

    def close(self) -> None: ...


class Latest:
    """Of several epochs at once, bars show the last."""

    def epochs(self: Any, first: int, columns: dict[str, list[float]]) -> None:
        self.epoch(first + len(columns["loss"]) - 1, {name: values[-1] for name, values in columns.items()})


class TqdmBars(Latest):
    def __init__(self, first_epoch: int, last_epoch: int, steps: int | None) -> None:
        from tqdm.auto import tqdm

        self._epochs: Any = tqdm(total=last_epoch, initial=first_epoch, unit="epoch")
        self._steps: Any = tqdm(total=steps, unit="step", leave=False)

    def step(self, epoch: int, step: int, logs: dict[str, float]) -> None:
        self._steps.set_postfix(logs, refresh=False)
        self._steps.update(step - self._steps.n)

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        self._steps.reset()
        self._epochs.set_postfix(logs, refresh=False)
        self._epochs.update(epoch + 1 - self._epochs.n)

    def say(self, text: str) -> None:
        self._epochs.write(text)

    def close(self) -> None:
        self._steps.close()
        self._epochs.close()


class RichBars(Latest):
    def __init__(self, first_epoch: int, last_epoch: int, steps: int | None) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        text = TextColumn("{task.description}")
        self._bars: Any = Progress(
            text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[logs]}")
        )
        self._epochs = self._bars.add_task("epochs", total=last_epoch, completed=first_epoch, logs="")
        self._steps = self._bars.add_task("steps", total=steps, logs="")
        self._bars.start()

    def step(self, epoch: int, step: int, logs: dict[str, float]) -> None:
        self._bars.update(self._steps, completed=step, logs=_line(logs))

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        self._bars.update(self._steps, completed=0, logs="")
        self._bars.update(self._epochs, completed=epoch + 1, logs=_line(logs))

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self._bars.update(self._steps, visible=False)
        self._bars.stop()


def _line(logs: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items())


def check(kind: str) -> None:
    """Its package is there."""
    try:
        import_module("tqdm.auto" if kind == "tqdm" else "rich.progress")
    except ImportError as reason:
        raise ImportError(f"verbose={kind!r} needs {kind}: pip install 'pynn-native[progress]'") from reason


def stream(kind: str) -> Any:
    """Where its bars are drawn."""
    return sys.stderr if kind == "tqdm" else sys.stdout


def start(kind: str, first_epoch: int, last_epoch: int, steps: int | None) -> Bars:
    return (TqdmBars if kind == "tqdm" else RichBars)(first_epoch, last_epoch, steps)
