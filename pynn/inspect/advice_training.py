"""Checks of a training for a diagnosis: the loss curve, and whether the network has learned anything.

The curve shows problems of the learning rate, and overfitting; with rows and targets it can be checked whether the
outputs are better than a constant. Without them some findings are only notes, since a curve alone can mislead. The
thresholds below were chosen on trainings of small networks (tests/patients.py makes them), and from the statistics that
stand beside each. Read diagnosis.py next.
"""

from __future__ import annotations

import math

import numpy as np

from ..backend import Floats
from .evidence import Curves, Evidence
from .finding import ERROR, NOTE, WARNING, Finding

# Divergence: the last loss as a multiple of the first epoch's. Noise of batches does not grow it by a factor of ten.
GROWN = 10.0
ENOUGH = 8  # a curve must have so many epochs to be judged: four in each half

# Learning rate too high: the loss fluctuates by JUMP of all that it has fallen, and by LEVEL of its own size. The noise
# of batches near a minimum is a small share of the way there, and does not reach both.
JUMP, LEVEL = 0.25, 0.1

# Learning rate too low: all epochs together have reduced the loss by less than SLOW (at this speed, learning the rest
# would take ten times as many), the last third of the epochs at least STEADY times as much as the first (so it has not
# converged), and the loss fell in at least FALLING of the epochs (so it is not noise). FROZEN: the loss has not changed
# at all. STEEP: see steepness(); initial weights have 2 to 10, converged networks in the tests at most 0.4.
SLOW, STEADY, FALLING = 0.1, 0.5, 0.9
FROZEN = 1e-3
STEEP = 1.0

STILL = 0.05  # plateau: the loss has stayed within this share of the first loss

# Overfitting: the validation loss has risen by RISE of its fall before, to ABOVE times its minimum, which is more than
# its noise. Or the accuracies of training and validation differ by GAP more than three standard errors of the latter.
RISE, ABOVE = 0.1, 1.2
GAP = 0.05
ROWS = 30  # validation rows, if their number is not known: few, so that the standard error is rather too large

LITTLE = 0.1  # share of the targets' variance explained, below which nothing was learned
LEARNED = 0.5  # ... and above which a network has learned something: initial weights do not explain that by chance
FEW = 4  # rows, as XOR has; fewer may well be of one class by chance
EARLY = 5  # underfitting is not reported before so many epochs


def exploding_loss(e: Evidence) -> Finding | None:
    ended = e.curves.diverged if e.curves is not None else ""
    return judge_growth(np.empty(0) if e.curves is None else e.curves.loss, ended or e.lost)


def judge_growth(loss: Floats, diverged: str = "") -> Finding | None:
    """Whether the loss has diverged. Also called after a fit whose last loss is large. If the first loss is 0, there is
    nothing to compare with."""
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
    """The loss rises or fluctuates instead of converging."""
    if e.curves is None or len(loss := e.curves.loss) < ENOUGH or not np.isfinite(loss).all():
        return None
    half = loss[len(loss) // 2 :]
    middle, fall = float(np.median(half)), float(loss[0] - loss.min())
    rises = float(np.mean(np.diff(half) > 0))
    places = np.arange(len(half))
    around = half - np.polyval(np.polyfit(places, half, 1), places)  # without the trend, which is no fluctuation
    jump = float(np.quantile(around, 0.9) - np.quantile(around, 0.1))  # not max - min: a single outlier is ignored
    if e.curves.fresh and middle > (1 + LEVEL) * abs(float(loss[0])):
        what = f"The loss goes up: {loss[0]:.3g} in the first epoch, about {middle:.3g} in the second half."
    elif 1 / 4 <= rises <= 3 / 4 and jump > max(JUMP * fall, LEVEL * abs(middle)):
        what = f"The loss does not come to rest: in the second half it jumps by {jump:.2g} about {middle:.3g}."
    else:
        return None
    advice = f"Take a smaller learning rate than {e.rate:.3g}: try 10.0 ** -k, one k after the other, or let it decay."
    return Finding("learning_rate_high", WARNING, what, advice)


def learning_rate_low(e: Evidence) -> Finding | None:
    """The loss falls by little, and in each epoch about as much as in the one before: it is far from converged.

    With rows and targets it is checked that the gradient is not small (see `steepness`): otherwise it has converged.
    """
    if e.curves is None or not e.curves.fresh or len(loss := e.curves.loss) < ENOUGH or not loss[0]:
        return None
    third, known = len(loss) // 3, e.trace is not None and e.targets is not None
    early, late = float(loss[0] - loss[third]), float(loss[-1 - third] - loss[-1])
    share = float(loss[0] - loss[-1]) / abs(float(loss[0]))
    steady = 0 < share < SLOW and early > 0 and late >= STEADY * early and np.mean(np.diff(loss) < 0) >= FALLING
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
    """|gradient| |weights| / loss: by how many percent the loss falls if weights change by one percent downhill."""
    assert e.trace is not None
    learned = [tensor for layer in e.trace.layers for tensor in layer.tensors.values() if tensor.learned]
    pairs = [(tensor.value, tensor.gradient) for tensor in learned]
    weights = math.hypot(*(float(np.linalg.norm(weight)) for weight, _ in pairs))
    gradient = math.hypot(*(float(np.linalg.norm(slope)) for _, slope in pairs))
    return weights * gradient / abs(e.trace.loss) if e.trace.loss else 0.0


# ---- training and validation -----------------------------------------------------------------


def overfitting(e: Evidence) -> Finding | None:
    return None if e.curves is None else judge_gap(e.curves)


def judge_gap(curves: Curves) -> Finding | None:
    """Overfitting: the validation loss rises while the training loss falls, or the accuracies are far apart."""
    gap, rise = _gap(curves), _rise(curves.loss, curves.val_loss, curves.validation_rows or ROWS)
    if not (gap or rise):
        return None
    unharmed = not gap and len(curves.val_accuracy)  # larger losses of the rows that are wrong, but not more of them
    if unharmed:
        rise += f" The validation accuracy has not suffered: {curves.val_accuracy[-1]:.3g}."
    advice = (
        "Stop earlier, get more rows, or hold the network back: fewer units, Dropout(0.5), Dense(..., l2=0.001). "
        "No error at all on the training rows is not the goal."
    )
    return Finding("overfitting", NOTE if unharmed else WARNING, " ".join(filter(None, (gap, rise))), advice)


def _rise(loss: Floats, held_out: Floats, rows: int) -> str:
    """A sentence if the validation loss has risen from its minimum while the training loss went on falling, else "".

    The mean over n rows, if their losses have a standard deviation as large as the first loss, has a standard error of
    1 / sqrt(n) of that. Two standard errors are required, so that one row of 30 with a large loss is not enough.
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


def _gap(curves: Curves) -> str:
    """A sentence if the training accuracy is above the validation accuracy by more than chance explains, else ""."""
    if not len(curves.accuracy) or not len(curves.val_accuracy):
        return ""
    own, other = float(curves.accuracy[-1]), float(curves.val_accuracy[-1])
    rows = curves.validation_rows or ROWS
    share = (other * rows + 1) / (rows + 2)  # Laplace's rule, or no error in few rows would give a standard error of 0
    error = math.sqrt(share * (1 - share) / rows)
    if own - other <= GAP + 3 * error:
        return ""
    return f"The accuracy is {own:.3g} on training rows and {other:.3g} on validation rows."


# ---- what was learned ------------------------------------------------------------------------


def learned(e: Evidence) -> bool:
    return e.explained is not None and e.explained >= LITTLE


def strong_l2(e: Evidence) -> Finding | None:
    """Nothing was learned, and the penalty is the reason: its gradient is at least half as large as that of the loss.
    (Where the penalty holds the weights near 0, both gradients are in balance.)"""
    if e.trace is None or not e.trained or e.explained is None or learned(e):
        return None
    for layer, plan in zip(e.trace.layers, e.plans, strict=True):
        if not (plan.l1 or plan.l2):
            continue
        W = layer.W.astype(np.float64)
        pull = 2 * plan.l2 * W + plan.l1 * np.sign(W)
        push = float(np.linalg.norm(layer.dW - pull))
        if np.linalg.norm(pull) >= push / 2:
            most = float(np.abs(W).max())
            name, value = ("l2", plan.l2) if 2 * plan.l2 * np.abs(W).sum() >= plan.l1 * W.size else ("l1", plan.l1)
            what = f"{name} = {value:g} has pulled the weights of layer {layer.index + 1} to {most:.2g} at most."
            advice = f"Take a weaker penalty: try {name} = 10.0 ** -k for k = 1 .. 6, and let validation rows decide."
            return Finding("strong_l2", WARNING, what, advice)
    return None


def imbalance(e: Evidence) -> Finding | None:
    """One class has most rows, and the network is not more accurate than always predicting this class."""
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
    if share < (1 + 1 / classes) / 2 or right > share:  # the middle between equal shares and a class with all rows
        return None
    what = f"Class {most} has {100 * share:.3g}% of the rows; the network is right in {100 * right:.3g}%, no more."
    advice = 'Try class_weight="balanced", and look at precision, recall and the confusion matrix, not at accuracy.'
    return Finding("imbalance", WARNING, what, advice)


def underfitting(e: Evidence) -> Finding | None:
    """After some epochs the outputs are hardly better than a constant; without rows, a loss that has not changed."""
    advice = (
        "Look at the data first (do x and y belong together?); then try more units, more epochs, another learning rate."
    )
    if e.explained is not None:
        if not e.trained or e.epochs < EARLY or learned(e):
            return None
        some = e.explained > 0.005  # below half a percent: "no less", as it would be printed as 0 or be negative
        left = f"only {100 * e.explained:.2g}% less squared error than" if some else "no less error than"
        what = f"After {e.epochs} epochs the network makes {left} the best constant answer."
        return Finding("underfitting", WARNING, what, advice)
    if e.curves is None or not e.curves.fresh or len(loss := e.curves.loss) < ENOUGH:
        return None
    if np.abs(loss - loss[0]).max() >= STILL * abs(loss[0]):
        return None
    what = f"The loss has stayed between {loss.min():.4g} and {loss.max():.4g} in all {len(loss)} epochs."
    return Finding(
        "plateau", NOTE, what, "Either the first epoch learned all there is, or none did: give x and y, too."
    )
