"""Ready-made callbacks, with Keras' names and meanings where Keras has them.

    net.fit(x, y, validation_split=0.2, callbacks=[EarlyStopping(patience=5, restore_best_weights=True)])

They are called once an epoch, which costs nothing per batch; a few can be called after each batch, if told so.
watching.py has the callbacks that monitor a number, pacing.py those that set the learning rate or stop, recording.py
those that write logs. The base class and the hooks are in training/hooks.py.
"""

from ..training.history import History
from ..training.hooks import Callback
from .pacing import LambdaCallback, LearningRateScheduler, TerminateOnNaN, TimeBudget
from .recording import CSVLogger, TensorBoard
from .watching import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "TimeBudget",
]
