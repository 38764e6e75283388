"""Metrics: functions of arrays of true and predicted values, in plain NumPy.

The functions take class numbers, one-hot rows, probabilities or strings alike, and return plain numbers and
arrays. No function here needs a network. The metrics reported while training are computed by the engine; reported.py
has only their names. Read reading.py for what is accepted, then counted.py, ranked.py, likelihood.py, regression.py.
"""

from .counted import accuracy, confusion_matrix, f1, precision, precision_recall_f1, recall
from .encoding import one_hot
from .likelihood import log_loss
from .ranked import auc, roc_auc, roc_curve
from .reading import classes
from .regression import mae, mse, r2
from .reported import METRICS as METRICS  # of the package itself, not public: so it is not in __all__
from .reported import check_names as check_names
from .reported import totals as totals
from .reporting import report

__all__ = [
    "accuracy",
    "auc",
    "classes",
    "confusion_matrix",
    "f1",
    "log_loss",
    "mae",
    "mse",
    "one_hot",
    "precision",
    "precision_recall_f1",
    "r2",
    "recall",
    "report",
    "roc_auc",
    "roc_curve",
]
