"""Callbacks that log the numbers of each epoch: to a CSV file, or to files for TensorBoard.

Both write at the end of each epoch, so that the log of an interrupted training is complete up to its last epoch. Read
event_file.py for the format of TensorBoard's files.
"""

from __future__ import annotations

import csv
import os
from typing import Any

from ..arguments import flag, shown, warn
from ..training.hooks import Callback, Logs
from .event_file import EventFile


class CSVLogger(Callback):
    """A line for each epoch: its number, then the logs in the order of their names. `append` continues a file."""

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename = _path("filename", filename)
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"separator: {shown(separator)} is not possible; expected one character")
        self.separator, self.append = separator, flag("append", append)
        self._file: Any = None
        self._names: list[str] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self._names = self._names_there() if self.append else []
        self._file = open(self.filename, "a" if self.append else "w", encoding="utf-8", newline="")  # noqa: SIM115

    def _names_there(self) -> list[str]:
        try:
            with open(self.filename, encoding="utf-8", newline="") as file:
                return next(csv.reader(file, delimiter=self.separator), [])
        except FileNotFoundError:
            return []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        writer = csv.writer(self._file, delimiter=self.separator, lineterminator="\n")
        if not self._names:
            self._names = ["epoch", *sorted(logs)]
            writer.writerow(self._names)
        row = {"epoch": epoch, **logs}
        writer.writerow([row.get(name, "NA") for name in self._names])
        self._file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


UNUSED = {  # arguments of Keras' TensorBoard, each with the values that ask for nothing
    "histogram_freq": (0,), "write_graph": (True, False), "write_images": (False,), "write_steps_per_second": (False,),
    "update_freq": ("epoch",), "profile_batch": (0,), "embeddings_freq": (0,), "embeddings_metadata": (None,),
}  # fmt: skip


class TensorBoard(Callback):
    """Curves for `tensorboard --logdir`: log_dir/train and log_dir/validation, with Keras' names (epoch_loss, ...).

    The learning rate is written as epoch_learning_rate. Nothing has to be installed for writing. Keras' other arguments
    are taken, and one warning names those that would ask for more than curves.
    """

    def __init__(self, log_dir: str | os.PathLike[str] = "logs", **unused: Any) -> None:
        self.log_dir = _path("log_dir", log_dir)
        if unknown := unused.keys() - UNUSED.keys():
            raise TypeError(f"{min(unknown)}: unknown; possible are log_dir, {', '.join(UNUSED)}")
        if vain := [name for name, value in unused.items() if value not in UNUSED[name]]:
            warn(f"TensorBoard: nothing is written for {', '.join(vain)}; the files have the curves of epochs alone")
        self._files: dict[str, EventFile] = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        parts: dict[str, Logs] = {"train": {}, "validation": {}}
        for name, value in logs.items():
            parts["validation" if name.startswith("val_") else "train"][f"epoch_{name.removeprefix('val_')}"] = value
        optimizer = self.net.optimizer
        parts["train"]["epoch_learning_rate"] = float(optimizer.rates(max(self.net.iteration - 1, 0), 1)[0])
        for part, values in parts.items():
            if values:
                if part not in self._files:
                    self._files[part] = EventFile(os.path.join(self.log_dir, part))
                self._files[part].scalars(epoch, values)

    def on_train_end(self, logs: Any = None) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}


def _path(name: str, given: Any) -> str:
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(f"{name}: {shown(given)} is a {type(given).__name__}; expected a name")
    return os.fsdecode(given)
