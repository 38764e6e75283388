"""Metrics of several labels per row, and of weighted rows: by hand, against scikit-learn, and what is refused.

Tolerances as in test_metrics.py: sums of some tens of terms of size 1, in another order. Weights are multiples of 1/4,
so that sums of them are exact.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from pynn import metrics as m
from pynn.metrics.reading import Undefined

CLOSE = 128 * 2.0**-53
CASES = range(12)
TRUE = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 1, 1]])
SAID = np.array([[1, 0, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1]])


def same(found: Any, expected: Any, tolerance: float = CLOSE) -> None:
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def some_marks(case: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """True marks, probabilities with ties, the marks they say, and weights, some of them 0."""
    draw = np.random.default_rng(case)
    rows, k = int(draw.integers(3, 40)), int(draw.integers(2, 6))
    true = (draw.uniform(size=(rows, k)) < draw.uniform(0.1, 0.9, k)).astype(int)
    true[0], true[1] = 0, 1  # every label has a row with it and one without, and no row is one-hot by chance
    p = np.round(0.6 * draw.uniform(size=(rows, k)) + 0.4 * draw.uniform(size=(rows, k)) * true, 2)
    weight = draw.integers(0, 5, rows) / 4
    weight[:2] = 1
    return true, p, (p > 0.5).astype(int), weight


@pytest.fixture
def sk() -> Any:
    return pytest.importorskip("sklearn.metrics")


# ---- by hand ----


def test_counts_by_hand() -> None:
    """Twelve answers, three of them wrong: rows 0 and 3 miss a label, row 1 has one too many."""
    assert m.accuracy(TRUE, SAID) == 9 / 12 and m.hamming_loss(TRUE, SAID) == 3 / 12
    assert m.exact_match(TRUE, SAID) == 1 / 4
    assert m.multilabel_confusion_matrix(TRUE, SAID).tolist() == [[[2, 0], [0, 2]], [[2, 0], [1, 1]], [[1, 1], [1, 1]]]
    assert m.recall(TRUE, SAID, average=None).tolist() == [1, 1 / 2, 1 / 2]
    assert m.precision(TRUE, SAID, average=None).tolist() == [1, 1, 1 / 2]
    assert m.recall(TRUE, SAID, average="micro") == 4 / 6
    same(m.recall(TRUE, SAID, average="samples"), (1 / 2 + 0 + 1 + 1 / 2) / 4)
    same(m.precision(TRUE, SAID, average="samples", zero_division=1), (1 + 0 + 1 + 1) / 4)
    assert m.f1(TRUE, SAID, average=None, classes=[2, 0]).tolist() == [1 / 2, 1]
    assert m.precision_recall_f1(TRUE, SAID)["support"].tolist() == [2, 2, 2]


def test_every_form_of_marks_is_the_same() -> None:
    sure = np.where(SAID == 1, 0.51, 0.5)  # 1/2 itself is a no
    for true in (TRUE, TRUE > 0, TRUE.astype(np.float32), TRUE.tolist()):
        for said in (SAID, SAID > 0, sure, sure.astype(np.float32), sure.tolist()):
            assert m.f1(true, said, average="macro") == m.f1(TRUE, SAID, average="macro")


def test_multilabel_says_what_one_hot_rows_are() -> None:
    """Rows with one 1 each are one class a row, unless it is said, or the predictions show, that they are labels."""
    one, p = np.eye(3)[[0, 1, 2]], np.array([[0.9, 0.8, 0.1], [0.2, 0.7, 0.1], [0.4, 0.3, 0.2]])
    assert m.accuracy(one, p) == 2 / 3
    assert m.accuracy(one, p, multilabel=True) == 7 / 9
    assert m.accuracy(one, [[1, 1, 0], [0, 1, 0], [0, 0, 0]]) == 7 / 9
    assert m.roc_auc(one, p) == m.roc_auc(one, p, multilabel=True)
    with pytest.raises(ValueError, match="y_true: int64 of shape"):
        m.accuracy([0, 1], [0, 1], multilabel=True)


def test_log_loss_and_areas_by_hand() -> None:
    p = np.where(SAID == 1, 0.8, 0.4)
    losses = -np.where(TRUE == 1, np.log(p), np.log(1 - p))
    same(m.log_loss(TRUE, p), losses.mean())
    same(m.log_loss(TRUE, p, sample_weight=[1, 0, 0, 3]), (losses[0].mean() + 3 * losses[3].mean()) / 4)
    assert m.roc_auc(TRUE, p, average=None).tolist() == [1, 3 / 4, 1 / 2]
    assert m.roc_auc(TRUE, p) == 3 / 4 and m.pr_auc is m.average_precision
    same(m.average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 0.5 * 1 + 0.5 * 2 / 3)
    found = m.precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    assert [one.tolist() for one in found] == [
        [1 / 2, 2 / 3, 1 / 2, 1, 1],
        [1, 1, 1 / 2, 1 / 2, 0],
        [0.1, 0.35, 0.4, 0.8],
    ]


def test_report_of_labels_by_hand() -> None:
    lines = m.report(TRUE, SAID, ["sky", "sea", "sun"], digits=2).splitlines()
    assert [line.split() for line in lines] == [
        ["precision", "recall", "f1", "rows"],
        ["sky", "1.00", "1.00", "1.00", "2"],
        ["sea", "1.00", "0.50", "0.67", "2"],
        ["sun", "0.50", "0.50", "0.50", "2"],
        [],
        ["micro", "average", "0.80", "0.67", "0.73", "6"],
        ["macro", "average", "0.83", "0.67", "0.72", "6"],
        ["weighted", "average", "0.83", "0.67", "0.72", "6"],
        ["samples", "average", "0.75", "0.50", "0.58", "6"],
    ]


def test_agreement_by_hand() -> None:
    true, said = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2]
    same(m.balanced_accuracy(true, said), (2 / 3 + 1 / 2 + 1) / 3)
    same(m.cohen_kappa(true, said), 1 - (2 / 6) / (1 - (9 + 4 + 1) / 36))
    same(m.mcc(true, said), (4 * 6 - 14) / (36 - 14))
    assert m.mcc([1, 1], [0, 1]) == 0 and m.mcc([0, 1], [1, 0]) == -1
    p = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8]])
    assert [m.top_k_accuracy([1, 1, 0], p, k) for k in (1, 2, 3)] == [0, 2 / 3, 1]  # equal scores: the lower class
    assert m.top_k_accuracy(["b", "c"], p[:2], 1, classes=["a", "b", "c"]) == 1 / 2


def test_numbers_by_hand() -> None:
    true, said = [1.0, 2.0, 4.0], [1.0, 3.0, 2.0]
    assert m.rmse(true, said) == math.sqrt(5 / 3) and m.mape(true, said) == (0 + 1 / 2 + 1 / 2) / 3
    same(m.msle(true, said), (math.log(4 / 3) ** 2 + math.log(5 / 3) ** 2) / 3)
    assert m.mse(true, said, sample_weight=[1, 0, 3]) == 12 / 4 and m.r2(true, said, sample_weight=[1, 1, 0]) == -1


# ---- against scikit-learn ----

AVERAGES = ["macro", "micro", "weighted", "samples", None]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("what", ["precision", "recall", "f1"])
def test_counts_of_labels_are_scikit_learns(sk: Any, what: str, average: str | None, weighted: bool) -> None:
    for case in CASES:
        true, p, said, weight = some_marks(case)
        if case % 3 == 0:
            true[:, 0], said[:, 0] = 0, 0  # a label that nobody has and nobody was given
        asked: dict[str, Any] = {"average": average, "sample_weight": weight if weighted else None}
        for empty in (0.0, 1.0, math.nan):
            expected = getattr(sk, f"{what}_score")(true, said, zero_division=empty, **asked)
            same(getattr(m, what)(true, said, zero_division=empty, **asked), expected)
        columns = [true.shape[1] - 1, 0]
        expected = getattr(sk, f"{what}_score")(true, said, labels=columns, zero_division=0.0, **asked)
        same(getattr(m, what)(true, said, classes=columns, **asked), expected)
        if case % 3:
            same(
                getattr(m, what)(true, p, **asked), getattr(sk, f"{what}_score")(true, said, zero_division=0.0, **asked)
            )


@pytest.mark.parametrize("weighted", [False, True])
def test_shares_and_matrices_of_labels_are_scikit_learns(sk: Any, weighted: bool) -> None:
    for case in CASES:
        true, p, said, weights = some_marks(case)
        weight = weights if weighted else None
        same(m.exact_match(true, p, sample_weight=weight), sk.accuracy_score(true, said, sample_weight=weight))
        same(m.hamming_loss(true, p, sample_weight=weight), sk.hamming_loss(true, said, sample_weight=weight))
        same(m.accuracy(true, p, sample_weight=weight), 1 - sk.hamming_loss(true, said, sample_weight=weight))
        expected = sk.multilabel_confusion_matrix(true, said, sample_weight=weight)
        same(m.multilabel_confusion_matrix(true, said, sample_weight=weight), expected)
        one = [sk.log_loss(t, c, labels=[0, 1], sample_weight=weight) for t, c in zip(true.T, p.T, strict=True)]
        same(m.log_loss(true, p, sample_weight=weight), np.mean(one))
        table = sk.classification_report(true, said, sample_weight=weight, zero_division=0, output_dict=True)
        lines = m.report(true, said, digits=12, sample_weight=weight).splitlines()
        for name, key in [
            *((str(c), str(c)) for c in range(true.shape[1])),
            *((f"{a} a", f"{a} avg") for a in AVERAGES[:4]),
        ]:
            cells = next(line for line in lines if line.startswith(f"{name}")).split()[-4:]
            same([float(cell) for cell in cells], list(table[key].values()), 1e-12)  # digits


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("average", ["macro", "micro", "weighted", None])
def test_areas_of_labels_are_scikit_learns(sk: Any, average: str | None, weighted: bool) -> None:
    for case in CASES:
        true, p, _, weight = some_marks(case)
        asked: dict[str, Any] = {"average": average, "sample_weight": weight if weighted else None}
        same(m.roc_auc(true, p, **asked), sk.roc_auc_score(true, p, **asked))
        same(m.average_precision(true, p, **asked), sk.average_precision_score(true, p, **asked))


@pytest.mark.parametrize("average", ["macro", "micro", "weighted", None])
def test_areas_of_classes_are_scikit_learns(sk: Any, average: str | None) -> None:
    for case in CASES:
        draw = np.random.default_rng(case)
        k = 3 + case % 3
        true = draw.permutation(np.append(np.arange(k), draw.integers(0, k, 25)))
        p = draw.dirichlet(np.ones(k), len(true))
        weight = draw.integers(1, 5, len(true)) / 4
        asked: dict[str, Any] = {"average": average, "sample_weight": weight}
        same(m.roc_auc(true, p, **asked), sk.roc_auc_score(true, p, multi_class="ovr", **asked))
        same(m.average_precision(true, p, **asked), sk.average_precision_score(np.eye(k)[true], p, **asked))


def test_weighted_curves_are_scikit_learns(sk: Any) -> None:
    for case in CASES:
        true, p, _, weight = some_marks(case)
        truth, scores = true[:, 0], p[:, 0]
        for asked in ({}, {"sample_weight": weight}):
            for drop in (True, False):
                found = m.roc_curve(truth, scores, drop_intermediate=drop, **asked)
                for ours, theirs in zip(
                    found, sk.roc_curve(truth, scores, drop_intermediate=drop, **asked), strict=True
                ):
                    same(ours, theirs)
            found = m.precision_recall_curve(truth, scores, **asked)
            for ours, theirs in zip(found, sk.precision_recall_curve(truth, scores, **asked), strict=True):
                same(ours, theirs)
            same(m.roc_auc(truth, scores, **asked), sk.roc_auc_score(truth, scores, **asked))
            same(m.pr_auc(truth, scores, **asked), sk.average_precision_score(truth, scores, **asked))


@pytest.mark.parametrize("weighted", [False, True])
def test_classes_are_scikit_learns(sk: Any, weighted: bool) -> None:
    """Binary and several classes, some of which occur on one side alone."""
    for case in CASES:
        draw = np.random.default_rng(case)
        k, rows = 2 + case % 4, int(draw.integers(4, 50))
        true, said = draw.integers(0, k, rows), draw.integers(0, k, rows)
        true[:2] = [0, 1]
        weight = draw.integers(1, 5, rows) / 4 if weighted else None
        asked: dict[str, Any] = {"sample_weight": weight}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a class that y_true has not
            same(m.balanced_accuracy(true, said, **asked), sk.balanced_accuracy_score(true, said, **asked))
        same(m.mcc(true, said, **asked), sk.matthews_corrcoef(true, said, **asked))
        for weights in (None, "linear", "quadratic"):
            expected = sk.cohen_kappa_score(true, said, weights=weights, **asked)
            same(m.cohen_kappa(true, said, weights=weights, **asked), expected)
        same(m.accuracy(true, said, **asked), sk.accuracy_score(true, said, **asked))
        same(m.hamming_loss(true, said, **asked), sk.hamming_loss(true, said, **asked))
        known = np.unique([true, said])
        expected = sk.multilabel_confusion_matrix(true, said, labels=known, **asked)
        same(m.multilabel_confusion_matrix(true, said, **asked), expected)
        for normalize in (None, "true", "pred", "all"):
            expected = sk.confusion_matrix(true, said, labels=range(k), normalize=normalize, **asked)
            same(m.confusion_matrix(true, said, k, normalize=normalize, **asked), expected)
        for what in ("precision", "recall", "f1"):
            for average in ("macro", "micro", "weighted", None):
                expected = getattr(sk, f"{what}_score")(true, said, average=average, zero_division=0.0, **asked)
                same(getattr(m, what)(true, said, average=average, **asked), expected)
        p = draw.dirichlet(np.ones(k), rows)
        same(m.log_loss(true, p, **asked), sk.log_loss(true, p, labels=range(k), **asked))
        for top in range(1, k) if k > 2 else ():
            expected = sk.top_k_accuracy_score(true, p, k=top, labels=range(k), **asked)
            same(m.top_k_accuracy(true, p, top, **asked), expected)


def test_weighted_report_is_scikit_learns(sk: Any) -> None:
    for case in CASES:
        draw = np.random.default_rng(case)
        true, said, weight = draw.integers(0, 3, 30), draw.integers(0, 3, 30), draw.integers(0, 5, 30) / 4
        table = sk.classification_report(true, said, sample_weight=weight, zero_division=0, output_dict=True)
        lines = m.report(true, said, digits=12, sample_weight=weight).splitlines()
        for name, key in [("0", "0"), ("1", "1"), ("2", "2"), ("macro", "macro avg"), ("weighted", "weighted avg")]:
            cells = next(line for line in lines if line.startswith(f"{name} ")).split()[-4:]
            same([float(cell) for cell in cells], list(table[key].values()), 1e-12)
        assert f"{table['accuracy']:.12f}" in lines[-3]


def test_numbers_are_scikit_learns(sk: Any) -> None:
    for case in CASES:
        draw = np.random.default_rng(case)
        shape = (9,) if case % 2 else (9, 1 + case % 3)
        true, said = draw.integers(0, 9, (2, *shape)).astype(float)
        for weight in (None, draw.integers(1, 5, 9) / 4):
            asked = {"sample_weight": weight}
            same(m.mse(true, said, **asked), sk.mean_squared_error(true, said, **asked))
            same(m.mae(true, said, **asked), sk.mean_absolute_error(true, said, **asked))
            same(m.mape(true + 1, said, **asked), sk.mean_absolute_percentage_error(true + 1, said, **asked))
            same(m.mape(true, said, **asked), sk.mean_absolute_percentage_error(true, said, **asked))
            same(m.msle(true, said, **asked), sk.mean_squared_log_error(true, said, **asked))
            same(m.r2(true, said, **asked), sk.r2_score(true, said, **asked))
            same(m.rmse(true, said, **asked), math.sqrt(sk.mean_squared_error(true, said, **asked)))
            if len(shape) == 1:
                same(m.rmse(true, said, **asked), sk.root_mean_squared_error(true, said, **asked))


# ---- what has no value, and what is refused ----

ONE_ALONE = [[1, 0], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: m.roc_auc([1, 1], [0.1, 0.2]), "y_true: all rows are of class 1"),
        (lambda: m.roc_auc([0, 0], [0.1, 0.2]), "y_true: no rows are of class 1"),
        (lambda: m.roc_auc(["a", "a"], [0.1, 0.2], positive="a"), r"y_true: holds the classes \['a'\]"),
        (lambda: m.roc_auc([0, 1], [0.1, 0.2], sample_weight=[1, 0]), "y_true: no rows are of class 1"),
        (lambda: m.roc_auc([0, 1, 1], np.eye(3)), "y_true: holds the classes"),
        (lambda: m.roc_auc(ONE_ALONE, ONE_ALONE), "y_true: all rows are of class 0"),
        (lambda: m.average_precision([0, 0], [0.1, 0.2]), "y_true: no rows are of class 1"),
        (lambda: m.precision_recall_curve([0, 0], [0.1, 0.2]), "y_true: no rows"),
        (lambda: m.cohen_kappa([1, 1], [1, 1]), "one class alone"),
        (lambda: m.r2([1], [1]), "y_true: one row"),
        (lambda: m.msle([1], [-2]), "y_pred: -2 has no log"),
        (lambda: m.accuracy([1], [1], sample_weight=[0]), "sample_weight: all are 0"),
    ],
)
def test_no_value(call: Any, words: str) -> None:
    with pytest.raises(Undefined, match=words):
        call()


def test_average_precision_needs_no_negatives() -> None:
    assert m.average_precision([1, 1], [0.1, 0.2]) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: m.f1(TRUE, SAID), "average: 'binary' is about one label, there are 3"),
        (lambda: m.f1(TRUE, SAID[:, :2], average="macro"), r"y_pred: .* its shape, \(4, 3\)"),
        (lambda: m.f1(TRUE, SAID[:, 0], average="macro"), r"y_pred: .* its shape, \(4, 3\)"),
        (lambda: m.f1(TRUE, SAID * 2, average="macro"), "y_pred: values from 0 to 2"),
        (lambda: m.f1(TRUE, np.where(SAID, math.nan, 0), average="macro"), "y_pred: nan at row 0"),
        (lambda: m.f1(TRUE, SAID, average="macro", multilabel=False), "y_true: row 0 has 2 labels"),
        (lambda: m.f1([0, 1], [0, 1], average="samples"), "average: 'samples' is a mean over rows with several"),
        (lambda: m.f1(TRUE, SAID, average="samples", classes=[3]), "classes: 3 at row 0"),
        (lambda: m.accuracy(TRUE * 0.5, SAID, multilabel=True), "y_true: float64 .* zeros and ones"),
        (lambda: m.confusion_matrix(TRUE, SAID), "y_true: several labels a row; multilabel_confusion_matrix"),
        (lambda: m.precision_recall_f1(TRUE, SAID, 4), "n_classes: 4, but y_true has 3 labels"),
        (lambda: m.roc_curve(TRUE, SAID), r"y_true: several labels a row; .* roc_curve\(y_true\[:, k\]"),
        (lambda: m.roc_auc(TRUE, SAID[:, 0]), r"scores: shape \(4, 1\); expected that of y_true"),
        (lambda: m.log_loss(TRUE, SAID[:, :2]), r"y_pred: shape \(4, 2\); expected that of y_true"),
        (lambda: m.log_loss([[1, 0]], [[0.9, 0.9]]), "y_pred: row 0 adds to 1.8; .* multilabel=True"),
        (lambda: m.report(TRUE, SAID, ["a"]), "names: 1, but y_true has 3 labels"),
        (lambda: m.accuracy([0, 1], [0, 1], sample_weight=[1]), r"sample_weight: .* expected \(2,\)"),
        (lambda: m.mse([0, 1], [0, 1], sample_weight=[1, -1]), "sample_weight: negative"),
        (lambda: m.mse([0, 1], [0, 1], sample_weight=[1, math.nan]), "sample_weight: .* not finite"),
        (lambda: m.balanced_accuracy(TRUE, SAID), "y_true: row 0 has 2 labels"),
        (lambda: m.mcc([0.5, math.nan], [0, 1]), "y_true: nan at row 1"),
        (lambda: m.cohen_kappa([0, 1], [0, 1], weights="cubic"), "weights: 'cubic'"),
        (lambda: m.top_k_accuracy([0, 1], [0, 1]), "scores: .* a column for each class"),
        (lambda: m.top_k_accuracy([0, 2], np.eye(2)), "y_true: classes from 0 to 2"),
        (lambda: m.top_k_accuracy([0, 1], np.eye(2), 0), "k: 0"),
        (lambda: m.top_k_accuracy(["a", "a"], np.eye(2)), "y_true: 1 classes, but scores has 2"),
        (lambda: m.top_k_accuracy([0, 1], np.full((2, 2), math.inf)), "scores: nan or infinite"),
        (lambda: m.msle([-1, 1], [1, 1]), "y_true: -1 has no log"),
        (lambda: m.roc_auc([], []), "y_true: empty"),
        (lambda: m.report([0], [0], digits=True), "digits"),
    ],
)
def test_refused(call: Any, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        call()
