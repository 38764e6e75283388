"""Advice on a training: what the curve of the loss shows, and whether anything was learned.

The curve tells of learning rates and overfitting; rows with their targets tell whether the answers are better than
a constant one. Without such rows some findings are notes, since a curve alone can mislead. Read diagnosis.py next.
"""

from __future__ import annotations

import math

import numpy as np

from ..backend import Floats
from .evidence import Course, Evidence
from .finding import ERROR, NOTE, WARNING, Finding

GROWN = 10.0  # times the first epoch's loss: an order of magnitude, which no noise of batches makes
# A loss that jumps by a quarter of all that it has fallen, and by a tenth of its own size, is not the noise of batches
# about a minimum: that is a small share of the way there.
JUMP, LEVEL = 0.25, 0.1
ENOUGH = 8  # epochs that a curve needs to show a habit: four in each half
SLOW = 0.1  # share of the loss that all epochs together have taken off; steadily, it would take ten times as many
STEADY = 0.5  # the last third takes off at least half as much as the first: the end is not in sight
FROZEN = 1e-3  # ... and with such a curve it has not moved at all
STEEP = 1.0  # steepness (see there): first weights have some 2 to 10; where training came to rest, at most 0.4 was seen
STILL = 0.05  # share of the first loss within which it has stayed, up or down
RISE, ABOVE = (
    0.1,
    1.2,
)  # a rise by a tenth of the fall before, to 1.2 times the minimum: more than the last bit of noise
GAP = 0.05  # between two accuracies, beyond what the number of validation rows explains (3 standard errors)
ROWS = 30  # validation rows, where their number is not known: a fifth of the iris flowers
LITTLE = 0.1  # of the targets' variation explained: nine tenths are left as the best constant answer leaves them
LEARNED = 0.5  # ... and half of it is more than first weights explain by luck
FEW = 4  # rows, as XOR has; fewer may well be of one class
EARLY = 5  # epochs before which nothing is said about what was learned


def exploding_loss(e: Evidence) -> Finding | None:
    ended = e.course.diverged if e.course is not None else ""
    return judge_growth(np.empty(0) if e.course is None else e.course.loss, ended or e.lost)


def judge_growth(loss: Floats, diverged: str = "") -> Finding | None:
    """Also asked after a fit whose last loss looks large. A first loss of 0 has nothing to be compared with."""
    advice = "Take a learning rate ten times smaller, scale inputs and targets, or clip: global_clipnorm=1.0."
    if diverged:
        return Finding("exploding_loss", ERROR, f"A number is not finite any more: {diverged}.", advice)
    if (lost := np.flatnonzero(~np.isfinite(loss))).size:
        return Finding("exploding_loss", ERROR, f"The loss is {loss[lost[0]]:g} in epoch {lost[0] + 1}.", advice)
    if len(loss) < 2 or not loss[-1] > GROWN * abs(loss[0]) > 0:
        return None
    what = f"The loss has grown from {loss[0]:.3g} in the first epoch to {loss[-1]:.3g} in the last."
    return Finding("exploding_loss", ERROR, what, advice)


def learning_rate_high(e: Evidence) -> Finding | None:
    """The loss goes up, or up and down, instead of coming to rest."""
    if e.course is None or len(loss := e.course.loss) < ENOUGH or not np.isfinite(loss).all():
        return None
    half = loss[len(loss) // 2 :]
    middle, fall = float(np.median(half)), float(loss[0] - loss.min())
    rises = float(np.mean(np.diff(half) > 0))
    places = np.arange(len(half))
    around = half - np.polyval(np.polyfit(places, half, 1), places)  # where it goes, by and large, is not a jump
    jump = float(np.quantile(around, 0.9) - np.quantile(around, 0.1))
    if e.course.fresh and middle > (1 + LEVEL) * abs(float(loss[0])):
        what = f"The loss goes up: {loss[0]:.3g} in the first epoch, about {middle:.3g} in the second half."
    elif 1 / 4 <= rises <= 3 / 4 and jump > max(JUMP * fall, LEVEL * abs(middle)):
        what = f"The loss does not come to rest: in the second half it jumps by {jump:.2g} about {middle:.3g}."
    else:
        return None
    advice = f"Take a smaller learning rate than {e.rate:.3g}: try 10.0 ** -k, one k after the other, or let it decay."
    return Finding("learning_rate_high", WARNING, what, advice)


def learning_rate_low(e: Evidence) -> Finding | None:
    """The loss falls by little, each epoch about as much as the one before: on its way, in very small steps.

    Rows with targets tell whether there is a way at all: the gradient must not be small (see `steepness`).
    """
    if e.course is None or not e.course.fresh or len(loss := e.course.loss) < ENOUGH or not loss[0]:
        return None
    third, known = len(loss) // 3, e.trace is not None and e.targets is not None
    early, late = float(loss[0] - loss[third]), float(loss[-1 - third] - loss[-1])
    share = float(loss[0] - loss[-1]) / abs(float(loss[0]))
    steady = 0 < share < SLOW and early > 0 and late >= STEADY * early and np.mean(np.diff(loss) < 0) >= 0.9
    still = known and np.abs(loss - loss[0]).max() < FROZEN * abs(loss[0])
    if not (steady or still) or (known and (steepness(e) < STEEP or (e.explained or 0.0) > LEARNED)):
        return None
    each = 100 * share / (len(loss) - 1)
    what = f"The loss falls slowly and steadily: by {each:.2g}% an epoch, {100 * share:.2g}% in all."
    if known:
        what += " There is a way down: the gradient is not small."
    advice = f"Take a larger learning rate than {e.rate:.3g}, ten times at first; or more epochs, or smaller batches."
    return Finding("learning_rate_low", WARNING if known else NOTE, what, advice)


def steepness(e: Evidence) -> float:
    """|gradient| |weights| / loss: by how many percent the loss falls, at first, when weights change by one percent."""
    assert e.trace is not None
    pairs = [(layer.W, layer.dW) for layer in e.trace.layers]
    pairs += [(layer.b, layer.db) for layer in e.trace.layers if layer.b is not None and layer.db is not None]
    weights = math.hypot(*(float(np.linalg.norm(weight)) for weight, _ in pairs))
    gradient = math.hypot(*(float(np.linalg.norm(slope)) for _, slope in pairs))
    return weights * gradient / abs(e.trace.loss) if e.trace.loss else 0.0


# ---- training and validation -----------------------------------------------------------------


def overfitting(e: Evidence) -> Finding | None:
    return None if e.course is None else judge_gap(e.course)


def judge_gap(course: Course) -> Finding | None:
    """Validation gets worse while training gets better, or stays far behind it."""
    gap, rise = _gap(course), _rise(course.loss, course.val_loss, course.validation_rows or ROWS)
    if not (gap or rise):
        return None
    unharmed = not gap and len(course.val_accuracy)  # surer of its few errors, but not wrong more often
    if unharmed:
        rise += f" The validation accuracy has not suffered: {course.val_accuracy[-1]:.3g}."
    advice = (
        "Stop earlier, get more rows, or hold the network back: fewer units, Dropout(0.5), Dense(..., l2=0.001). "
        "No error at all on the training rows is not the goal."
    )
    return Finding("overfitting", NOTE if unharmed else WARNING, " ".join(filter(None, (gap, rise))), advice)


def _rise(loss: Floats, held_out: Floats, rows: int) -> str:
    """In words, if the validation loss has risen from its minimum while the other went on falling.

    A mean over n rows whose losses differ by as much as the first loss has a standard error of 1 / sqrt(n) of that.
    Twice as much is asked for, so that one row of 30 which the network is wrongly sure about is not enough.
    """
    if len(held_out) < ENOUGH or len(loss) != len(held_out) or not np.isfinite(held_out).all():
        return ""
    best = int(held_out.argmin())
    last = float(np.median(held_out[-max(1, len(held_out) // 10) :]))
    low, fall = float(held_out[best]), float(held_out[0] - held_out[best])
    share = max(RISE, 2 / math.sqrt(rows))
    if loss[-1] >= loss[best] or last - low <= max(share * fall, (ABOVE - 1) * abs(low)):
        return ""
    return (
        f"The validation loss was lowest in epoch {best + 1} ({low:.3g}) and has risen to {last:.3g}, "
        f"while the training loss went on falling, from {loss[best]:.3g} to {loss[-1]:.3g}."
    )


def _gap(course: Course) -> str:
    """In words, if training is more accurate than validation by more than the number of rows explains."""
    if not len(course.accuracy) or not len(course.val_accuracy):
        return ""
    own, other = float(course.accuracy[-1]), float(course.val_accuracy[-1])
    rows = course.validation_rows or ROWS
    share = (other * rows + 1) / (rows + 2)  # a right and a wrong answer more: none wrong of few rows says little
    error = math.sqrt(share * (1 - share) / rows)
    if own - other <= GAP + 3 * error:
        return ""
    return f"The accuracy is {own:.3g} on training rows and {other:.3g} on validation rows."


# ---- what was learned ------------------------------------------------------------------------


def learned(e: Evidence) -> bool:
    return e.explained is not None and e.explained >= LITTLE


def strong_l2(e: Evidence) -> Finding | None:
    """Nothing was learned, and the penalty is what holds the weights: at their end both gradients are in balance."""
    if e.trace is None or not e.trained or e.explained is None or learned(e):
        return None
    for layer, dense in zip(e.trace.layers, e.dense, strict=True):
        W = layer.W.astype(np.float64)
        pull = 2 * dense.l2 * W
        push = float(np.linalg.norm(layer.dW - pull))
        if dense.l2 and np.linalg.norm(pull) >= push / 2:
            most = float(np.abs(W).max())
            what = f"l2 = {dense.l2:g} has pulled the weights of layer {layer.index + 1} to {most:.2g} at most."
            advice = "Take a weaker penalty: try l2 = 10.0 ** -k for k = 1 .. 6, and let validation rows decide."
            return Finding("strong_l2", WARNING, what, advice)
    return None


def imbalance(e: Evidence) -> Finding | None:
    """One class has most rows, and always answering it would be right as often as the network is."""
    if e.targets is None or e.outputs is None or not e.trained or not np.isin(e.targets, (0, 1)).all():
        return None
    if e.targets.shape[1] == 1:
        true, given = e.targets[:, 0] > 0.5, e.outputs[:, 0] > 0.5
    elif (e.targets.sum(axis=1) == 1).all():
        true, given = e.targets.argmax(axis=1), e.outputs.argmax(axis=1)
    else:
        return None
    kinds, counts = np.unique(true, return_counts=True)
    share, right = counts.max() / len(true), float(np.mean(true == given))
    classes, most = max(2, e.targets.shape[1]), int(kinds[counts.argmax()])
    if share == 1:
        what = f"All {len(true)} rows are of class {most}: there is nothing to tell apart."
        advice = "Look at how y was made, and whether rows were sorted by class before they were divided."
        return Finding("imbalance", WARNING, what, advice) if len(true) >= FEW else None
    if share < (1 + 1 / classes) / 2 or right > share:  # halfway from equal shares to a class that has all rows
        return None
    what = f"Class {most} has {100 * share:.3g}% of the rows; the network is right in {100 * right:.3g}%, no more."
    advice = 'Try class_weight="balanced", and look at precision, recall and the confusion matrix, not at accuracy.'
    return Finding("imbalance", WARNING, what, advice)


def underfitting(e: Evidence) -> Finding | None:
    """After some epochs the answers are hardly better than a constant; or a curve that has stayed where it was."""
    advice = (
        "Look at the data first (do x and y belong together?); then try more units, more epochs, another learning rate."
    )
    if e.explained is not None:
        if not e.trained or e.epochs < EARLY or learned(e):
            return None
        left = f"only {100 * e.explained:.2g}% less squared error than" if e.explained > 0.005 else "no less error than"
        what = f"After {e.epochs} epochs the network makes {left} the best constant answer."
        return Finding("underfitting", WARNING, what, advice)
    if e.course is None or not e.course.fresh or len(loss := e.course.loss) < ENOUGH:
        return None
    if np.abs(loss - loss[0]).max() >= STILL * abs(loss[0]):
        return None
    what = f"The loss has stayed between {loss.min():.4g} and {loss.max():.4g} in all {len(loss)} epochs."
    return Finding(
        "plateau", NOTE, what, "Either the first epoch learned all there is, or none did: give x and y, too."
    )
