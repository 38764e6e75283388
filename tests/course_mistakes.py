"""Wrong answers to the exercises of docs/course/: mistakes that people make, and that look right on paper.

For each page the functions that its check must refuse; test_course.py hands them to it, and the right ones of
solutions.md. Where a mistake is one line of a right answer, the answer is built with a switch for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np


def one_epoch(w: Any, b: Any, x: Any, y: Any, rate: float, mistake: str) -> Any:
    old_w, old_b = w, b
    for row, target in zip(x, y, strict=True):
        z = row @ (old_w if mistake == "all rows at once" else w) + (old_b if mistake == "all rows at once" else b)
        answer = z if mistake == "no step" else 1 if z >= 0 else -1 if mistake == "sign for step" else 0
        error = answer - target if mistake == "wrong sign" else target - answer
        w = w + rate * error * row
        b = b if mistake == "bias forgotten" else b + rate * error * (row[0] if mistake == "bias times input" else 1)
    return w, b


def logistic(w: Any, b: Any, x: Any, y: Any, mistake: str) -> Any:
    p = 1 / (1 + np.exp(-(x @ w + b)))
    error = (p - y) * (p * (1 - p) if mistake == "slope of the sigmoid" else 1)
    error = -error if mistake == "wrong sign" else error
    rows = 1 if mistake == "no mean" else len(x)
    return [x.T @ error / rows, np.zeros(1) if mistake == "bias forgotten" else error.sum(axis=0) / rows]


def slope(z: Any, labels: Any, mistake: str) -> Any:
    largest = 0 if mistake == "overflow" else z.max()
    power = np.exp(z - largest)
    shares = power / (power.sum() if mistake == "sum of all rows" else power.sum(axis=1, keepdims=True))
    target = np.eye(z.shape[1])[labels]
    delta = shares if mistake == "target forgotten" else shares - target
    delta = -delta if mistake == "wrong sign" else delta
    return delta / (delta.size if mistake == "mean over outputs" else 1 if mistake == "no mean" else len(z))


def backpropagation(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any, mistake: str) -> Any:
    a1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
    a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    d2 = (a2 - y) / (1 if mistake == "no mean" else len(x))
    d2 = d2 * a2 * (1 - a2) if mistake == "slope of the output" else d2
    d1 = d2 @ W2.T
    d1 = (
        d1
        if mistake == "slope of the hidden units"
        else d1 * (1 - a1**2 if mistake == "slope of tanh" else a1 * (1 - a1))
    )
    db1 = np.full(2, d1.sum()) if mistake == "bias of the layer" else d1.sum(axis=0)
    sign = -1 if mistake == "wrong sign" else 1
    return [sign * (x.T @ d1), sign * db1, sign * (a1.T @ d2), sign * d2.sum(axis=0)]


def slopes(J: Any, theta: Any, mistake: str, eps: float = 1e-4) -> Any:
    found = np.zeros_like(theta)
    for i in range(len(theta)):
        right, left = theta.copy(), theta.copy()
        right[i] += eps
        left[i] -= eps
        if mistake == "all weights at once":
            right, left = theta + eps, theta - eps
        if mistake == "one-sided":
            found[i] = (J(right) - J(theta)) / eps
        else:
            found[i] = (J(right) - J(left)) / (eps if mistake == "divided by eps" else 2 * eps)
    if mistake == "theta is moved":
        theta += eps
    return found


def adam(theta: float, m: float, v: float, g: float, t: int, rate: float, mistake: str) -> Any:
    first, second, eps = 0.9, 0.999, 1e-7
    m = first * m + (1 if mistake == "no 1 - beta" else 1 - first) * g
    v = second * v + (1 - second) * (g if mistake == "no square" else g**2)
    t = t + 1 if mistake == "counts from two" else t
    step = rate if mistake == "no correction" else rate * (1 - second**t) ** 0.5 / (1 - first**t)
    root = (v + eps) ** 0.5 if mistake == "eps in the root" else abs(v) ** 0.5 + eps
    root += eps * ((1 - second**t) ** 0.5 - 1) if mistake == "eps of PyTorch" else 0
    return theta + (1 if mistake == "wrong sign" else -1) * step * m / root, m, v


def stop(losses: list[float], patience: int, mistake: str) -> tuple[int, int]:
    lowest, waited = 0, 0
    for epoch, loss in enumerate(losses):
        better = epoch == 0 or loss < losses[epoch - 1 if mistake == "better than the last one" else lowest]
        lowest, waited = (epoch, 0) if better else (lowest, waited if mistake == "never waits" else waited + 1)
        if waited >= patience + (mistake == "one epoch too late"):
            return epoch + 1, epoch + 1 if mistake == "the last is the best" else lowest + 1
    return len(losses), lowest + (0 if mistake == "counts from zero" else 1)


def wrong(answer: Callable[..., Any], *mistakes: str) -> dict[str, Callable[..., Any]]:
    return {mistake: partial(answer, mistake=mistake) for mistake in mistakes}


MISTAKES = {
    "1-perceptron": wrong(
        one_epoch, "wrong sign", "no step", "sign for step", "all rows at once", "bias forgotten", "bias times input"
    ),
    "2-logistic-neuron": wrong(logistic, "wrong sign", "slope of the sigmoid", "no mean", "bias forgotten"),
    "3-softmax": wrong(
        slope, "overflow", "sum of all rows", "target forgotten", "wrong sign", "mean over outputs", "no mean"
    ),
    "4-backpropagation": wrong(
        backpropagation, "no mean", "slope of the output", "slope of the hidden units", "slope of tanh",
        "bias of the layer", "wrong sign",
    ),
    "5-gradient-checking": wrong(slopes, "all weights at once", "one-sided", "divided by eps", "theta is moved"),
    "6-optimizers": wrong(
        adam, "no 1 - beta", "no square", "counts from two", "no correction", "eps in the root", "eps of PyTorch",
        "wrong sign",
    ),
    "7-good-practice": wrong(
        stop, "better than the last one", "never waits", "one epoch too late", "the last is the best",
        "counts from zero",
    ),
}  # fmt: skip
RIGHT = {
    "1-perceptron": one_epoch, "2-logistic-neuron": logistic, "3-softmax": slope,
    "4-backpropagation": backpropagation, "5-gradient-checking": slopes, "6-optimizers": adam, "7-good-practice": stop,
}  # fmt: skip
