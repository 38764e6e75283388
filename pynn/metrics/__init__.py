"""Metrics: functions of arrays of true and predicted values, in plain NumPy.

The functions take class numbers, one-hot rows, probabilities or strings alike, multi-hot rows where a row has several
labels, and return plain numbers and arrays. No function here needs a network. What compile takes as metrics=, by name,
is in names.py, reported.py and fitted.py. Read reading.py for what is accepted, then multihot.py, counted.py,
agreement.py, ranked.py, areas.py, likelihood.py, regression.py.
"""

from .agreement import balanced_accuracy, cohen_kappa, exact_match, hamming_loss, mcc, top_k_accuracy
from .areas import average_precision, pr_auc, roc_auc
from .counted import (
    accuracy,
    confusion_matrix,
    f1,
    multilabel_confusion_matrix,
    precision,
    precision_recall_f1,
    recall,
)
from .encoding import one_hot
from .likelihood import log_loss
from .ranked import auc, precision_recall_curve, roc_curve
from .reading import classes
from .regression import mae, mape, mse, msle, r2, rmse
from .reporting import report

__all__ = [
    "accuracy",
    "auc",
    "average_precision",
    "balanced_accuracy",
    "classes",
    "cohen_kappa",
    "confusion_matrix",
    "exact_match",
    "f1",
    "hamming_loss",
    "log_loss",
    "mae",
    "mape",
    "mcc",
    "mse",
    "msle",
    "multilabel_confusion_matrix",
    "one_hot",
    "pr_auc",
    "precision",
    "precision_recall_curve",
    "precision_recall_f1",
    "r2",
    "recall",
    "report",
    "rmse",
    "roc_auc",
    "roc_curve",
    "top_k_accuracy",
]
