"""What the command does after each epoch: it keeps the best weights, stops early, and shows how it goes.

Amounts are shown in the target's own unit, which the network does not know: it learns (value - mean) / spread. Scores
other than the loss are computed by scores.py from predictions of the validation rows. Read train_table.py next.
"""

from __future__ import annotations

import math
from typing import Any

from ..backend import Array
from ..callbacks import EarlyStopping
from ..tables.outcomes import Amounts, Answers
from ..training.hooks import Logs
from ..training.progress import Progress
from .scores import Score


class Watching(EarlyStopping):
    """Early stopping by the loss, or by a score of the validation rows.

    answers     the target; of amounts the logs are turned into its unit: see `in_units`
    validation  inputs and true values, not scaled; None: nothing is watched, and nothing stopped
    metric      a name of scores.py, and its score; None for the loss
    """

    def __init__(
        self, answers: Answers, validation: tuple[Array, Array] | None, metric: str, score: Score | None,
        patience: int | None, line: Progress,
    ) -> None:  # fmt: skip
        self.answers, self.validation, self.score, self.line = answers, validation, score, line
        self.stops = patience is not None and validation is not None
        self.name = f"val_{metric}"
        self.scored: list[float] = []  # of each epoch
        mode = "max" if score is not None and score.rising else "min"
        super().__init__(self.name, patience=patience or 0, mode=mode, restore_best_weights=self.stops)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        found: Logs = {}
        if self.score is not None and self.validation is not None and self.stops:
            x, y = self.validation
            found[self.name] = self.score.of(y, predictions(self.answers, self.net.predict(x)))
            self.scored.append(found[self.name])
        self.line.epoch(epoch, in_units(logs, self.answers) | found)
        if self.stops:
            super().on_epoch_end(epoch, logs | found)

    def put_back(self) -> None:
        """The best weights, after a training that Ctrl-C ended: on_train_end was not called."""
        if self.stops and self.best_weights is not None:
            self.net.set_params(self.best_weights)

    def on_train_end(self, logs: Any = None) -> None:
        super().on_train_end(logs)
        self.line.close()


def predictions(answers: Answers, outputs: Array) -> Array:
    """Probabilities of classes as they are; amounts in their own unit."""
    return answers.unscaled(outputs) if isinstance(answers, Amounts) else outputs


def in_units(logs: dict[str, Any], answers: Answers) -> dict[str, Any]:
    """The logs in the target's unit: mae, and rmse for the mean squared error; the loss is left out, being the same but
    for a penalty. Numbers, or lists of them. Logs of classes stay as they are."""
    if not isinstance(answers, Amounts):
        return logs
    turned: dict[str, Any] = {}
    for name, value in logs.items():
        kind = name.removeprefix("val_")
        if kind == "mae":
            turned[name] = _each(value, lambda one: one * answers.spread)
        elif kind == "mse":
            turned[name.replace("mse", "rmse")] = _each(value, lambda one: math.sqrt(one) * answers.spread)
        elif kind != "loss":
            turned[name] = value
    return turned


def _each(value: Any, change: Any) -> Any:
    return [change(one) for one in value] if isinstance(value, list) else change(value)
