"""Ready-made callbacks, with Keras' names and meanings where Keras has them.

    net.fit(x, y, validation_split=0.2, callbacks=[EarlyStopping(patience=5, restore_best_weights=True)])

All but one that is asked to look at batches are told of epochs alone, which costs a batch nothing. watching.py has
those that watch a number, pacing.py those that set the rate or stop, recording.py those that write files. The base
class and the hooks are training/callbacks.py's.
"""

from ..training.callbacks import Callback
from .pacing import LambdaCallback, LearningRateScheduler, TimeBudget
from .recording import CSVLogger, TensorBoard
from .watching import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TimeBudget",
]
