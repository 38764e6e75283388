"""The names of metrics: what people type, which of them mean the same, and which metrics are better when larger.

A metric is reported under the name that was typed; Keras' class names become lower case (AUC: auc). So `acc` gives
`acc` and `val_acc`, and whoever monitors `val_accuracy` means the same. No arithmetic: read reported.py for what
compile makes of a name, fitted.py for how it is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..arguments import shown

ALIASES = {
    "accuracy": "acc",
    "binary_accuracy": "",
    "categorical_accuracy": "sparse_categorical_accuracy",
    "exact_match": "subset_accuracy exact_match_ratio",
    "hamming_loss": "hamming",
    "balanced_accuracy": "balanced_accuracy_score bal_acc",
    "top_k_accuracy": "top_k_categorical_accuracy sparse_top_k_categorical_accuracy top_k top_k_accuracy_score",
    "precision": "precision_score",
    "recall": "recall_score sensitivity",
    "f1": "f1_score",
    "auc": "roc_auc roc_auc_score roc_auc_ovr",
    "pr_auc": "average_precision average_precision_score prc auc_pr",
    "log_loss": "logloss binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy cross_entropy",
    "mcc": "matthews_corrcoef matthews matthews_correlation",
    "cohen_kappa": "kappa cohen_kappa_score cohens_kappa",
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error mean_squared_log_error",
    "r2": "r2_score r_squared rsquared",
}
BASE = {name: base for base, others in ALIASES.items() for name in (base, *others.split())}
AVERAGES = {
    "precision": ("macro", "micro", "weighted", "samples"),
    "recall": ("macro", "micro", "weighted", "samples"),
    "f1": ("macro", "micro", "weighted", "samples"),
    "auc": ("macro", "micro", "weighted"),
    "pr_auc": ("macro", "micro", "weighted"),
}
ACCURACIES = ("accuracy", "binary_accuracy", "categorical_accuracy")
SMALLER = {"loss", "hamming_loss", "log_loss", "mae", "mse", "rmse", "mape", "msle"}  # ... is better
BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Name(NamedTuple):
    base: str
    average: str = ""  # "": the usual one of the task
    k: int = 0  # of top-k accuracy

    @property
    def typed(self) -> str:
        """What `parse` makes this of."""
        return f"top_{self.k}" if self.k else "_".join(filter(None, (self.base, self.average)))


def lower(typed: str) -> str:
    """The name it is reported under: RootMeanSquaredError is root_mean_squared_error, and so in Keras."""
    return BORDER.sub("_", typed).lower()


def parse(typed: str) -> Name | None:
    """What a name means; None: it is unknown."""
    name = lower(typed)
    if match := re.fullmatch(r"top_?([1-9]\d{0,5})(_accuracy|_categorical_accuracy)?", name):
        return Name("top_k_accuracy", k=int(match[1]))
    if name in BASE:
        return Name(BASE[name], k=5 if BASE[name] == "top_k_accuracy" else 0)
    stem, _, average = name.rpartition("_")
    return Name(BASE[stem], average) if average in AVERAGES.get(BASE.get(stem, ""), ()) else None


def check(name: str, typed: str) -> Name:
    """The same for the argument `name`; an unknown one is an error that lists the known ones."""
    found = parse(typed)
    if found is None:
        from difflib import get_close_matches  # only who has mistyped

        known = [*ALIASES, *(f"{base}_{average}" for base, several in AVERAGES.items() for average in several)]
        near = get_close_matches(lower(typed).removeprefix("val_"), [*BASE, *known], 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listing = (
            f"{', '.join(ALIASES)}, top_3 ...; precision, recall, f1, auc, pr_auc also with _macro, _micro, _weighted"
        )
        raise ValueError(f"{name}: {shown(typed)} is unknown; known are {listing}.{hint}")
    return found


def rising(reported: str) -> bool | None:
    """Whether a number of the logs, val_ in front or not, is better when it is larger; None: not known."""
    name = reported.removeprefix("val_")
    found = parse(name)
    if found is not None or name == "loss":
        return (found.base if found else name) not in SMALLER
    last = [word for word in re.split(r"[_\W]+", lower(name)) if word]  # my_f1, valid_auc
    if last[-1:] == ["score"]:
        return last != ["brier", "score"]
    return True if last and BASE.get(last[-1], "loss") not in SMALLER else None


def find(wanted: str, reported: Iterable[str]) -> str | None:
    """The name among those reported that means `wanted`: itself, or another name of the same metric.

    The accuracy means the one kind that is reported, whatever it is called.
    """
    names = list(reported)
    if wanted in names:
        return wanted
    prefix = "val_" if wanted.startswith("val_") else ""
    meant = parse(wanted.removeprefix(prefix))
    same = [name for name in names if name.startswith("val_") == bool(prefix)]
    known = {name: parse(name.removeprefix(prefix)) for name in same}
    fits = [name for name in same if meant is not None and known[name] == meant]
    if not fits and meant is not None and meant.base in ACCURACIES:
        fits = [name for name in same if (one := known[name]) is not None and one.base in ACCURACIES]
    return fits[0] if len(fits) == 1 else None
