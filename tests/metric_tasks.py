"""Rows, targets and networks for the tests of metrics while fitting: one of each task, and metrics of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from pynn import Adam, Dense, Network, Normalization

DRAW = np.random.default_rng(5)
X = DRAW.normal(size=(120, 5))
SEVERAL = (X[:, :3] + 0.5 * DRAW.normal(size=(120, 3)) > 0).astype(int)
CLASSES = X[:, :4].argmax(axis=1)
YES = SEVERAL[:, 0]
NUMBERS = np.column_stack([X[:, 0] + X[:, 1], X[:, 2] ** 2])
WEIGHT = DRAW.integers(0, 4, 120) / 2
TRAIN, TEST = slice(0, 90), slice(90, 120)

TASKS: dict[str, tuple[Any, Any, str | None]] = {  # targets, last layer, loss
    "labels": (SEVERAL, Dense(3, "sigmoid"), None),
    "classes": (CLASSES, Dense(4, "softmax"), None),
    "one-hot": (np.eye(4)[CLASSES], Dense(4, "softmax"), None),
    "yes or no": (YES, Dense(1, "sigmoid"), None),
    "signs": (2 * YES - 1, Dense(1, "tanh"), "mse"),
    "numbers": (NUMBERS, Dense(2), None),
}
COUNTS = ["precision", "recall", "f1", "auc", "pr_auc", "hamming", "exact_match"]
OF_CLASSES = ["mcc", "balanced_accuracy", "cohen_kappa"]
NAMES = {
    "labels": [*COUNTS, "f1_micro", "f1_samples", "recall_weighted", "auc_micro", "roc_auc_weighted", "log_loss"],
    "classes": [*COUNTS, *OF_CLASSES, "f1_weighted", "top_k_categorical_accuracy", "top_2", "log_loss", "auc_micro"],
    "one-hot": [*COUNTS, *OF_CLASSES, "top_3", "log_loss", "r2"],
    "yes or no": [*COUNTS, *OF_CLASSES, "log_loss", "f1_macro", "r2"],
    "signs": [*COUNTS, *OF_CLASSES, "r2", "rmse"],
    "numbers": ["r2", "mape", "rmse", "mse", "mae"],
}


def made(task: str, asked: Any, engine: str = "native") -> Network:
    _, last, loss = TASKS[task]
    net = Network([Normalization(), Dense(8, "tanh"), last], seed=3, engine=engine)
    net.compile(loss=loss, optimizer=Adam(0.02), metrics=asked)
    return net


def spread(y_true: Any, y_pred: Any) -> float:
    return float(np.max(y_pred) - np.min(y_pred))


class Mean:
    """As Keras' metrics are; keeps a sum."""

    name = "mean_answer"

    def __init__(self) -> None:
        self.total = self.rows = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        weight = np.ones(len(y_pred)) if sample_weight is None else sample_weight
        self.total, self.rows = self.total + float(weight @ y_pred), self.rows + weight.sum()

    def result(self) -> Any:
        return np.float32(self.total / self.rows)

    def reset_state(self) -> None:
        self.total = self.rows = 0.0
