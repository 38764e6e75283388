"""The metrics against numbers done by hand, against scikit-learn, and on input they must refuse.

Counts are compared exactly or within one division's rounding. A mean of n shares is n additions of numbers from
0 to 1 and a division: at most (n + 2) units of roundoff on each side, so CLOSE allows for some tens of terms.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from pynn import metrics as m

U = 2.0**-53  # unit roundoff
CLOSE = 64 * U  # sums of up to 30 terms of size 1 on either side
CASES = range(60)


def some_classes(case: int) -> tuple[np.ndarray, np.ndarray, int]:
    """True and predicted classes; in many cases a class is missing in one of them, or in both."""
    draw = np.random.default_rng(case)
    k = int(draw.integers(2, 6))
    rows = int(draw.integers(1, 40))
    offered = draw.choice(k, size=int(draw.integers(1, k + 1)), replace=False)
    return draw.choice(offered, rows), draw.integers(0, k, rows), k


def same(found: Any, expected: Any, tolerance: float = CLOSE) -> None:
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


# ---- by hand ----


def test_confusion_matrix_by_hand() -> None:
    true, predicted = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2]
    assert m.confusion_matrix(true, predicted).tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert m.confusion_matrix(true, predicted, 4).shape == (4, 4)
    assert m.confusion_matrix(true, predicted, classes=[2, 1, 0]).tolist() == [[1, 0, 0], [0, 1, 1], [0, 1, 2]]
    assert m.confusion_matrix(true, predicted, 4, normalize="true").tolist() == [
        [2 / 3, 1 / 3, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0],
    ]  # fmt: skip
    assert m.confusion_matrix(true, predicted, normalize="all")[0].tolist() == [2 / 6, 1 / 6, 0]


def test_small_cases_by_hand() -> None:
    true, predicted = [0, 1, 1, 2], [0, 1, 2, 2]
    assert m.accuracy(true, predicted) == 0.75
    assert m.accuracy(true, np.eye(3)[predicted] * 0.9) == 0.75
    assert m.accuracy([True, False], [[0.7], [0.2]]) == 1.0
    matrix = m.confusion_matrix(true, predicted)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    scores = m.precision_recall_f1(true, predicted)
    assert scores["precision"].tolist() == [1, 1, 0.5] and scores["recall"].tolist() == [1, 0.5, 1]
    assert scores["f1"].tolist() == [1, 2 / 3, 2 / 3] and scores["support"].tolist() == [1, 2, 1]
    assert m.mae([1, 2], [2, 4]) == 1.5 and m.mse([1, 2], [2, 4]) == 2.5
    assert m.r2([1, 2, 3], [1, 2, 3]) == 1 and m.r2([1, 2, 3], [2, 2, 2]) == 0


def test_binary_by_hand() -> None:
    """3 of 4 rows taken for the class are of it, 3 of its 5 rows were found."""
    true, predicted = [1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 1, 0]
    assert m.precision(true, predicted) == 3 / 4
    assert m.recall(true, predicted) == 3 / 5
    assert m.f1(true, predicted) == 2 * 3 / (4 + 5)
    assert m.recall(true, predicted, positive=0) == 1 / 2
    assert m.recall(true, predicted, average=None).tolist() == [1 / 2, 3 / 5]
    assert m.recall(true, predicted, average="macro") == (1 / 2 + 3 / 5) / 2
    assert m.recall(true, predicted, average="micro") == m.accuracy(true, predicted) == 4 / 7


def test_the_same_for_every_form_of_input() -> None:
    """Class numbers, booleans, one-hot rows, probabilities of either shape, columns, strings."""
    true, predicted = np.array([0, 1, 1, 0, 1]), np.array([0, 1, 0, 1, 1])
    sure = 0.5 + np.array([0.4, 0.02, 0.0, 0.1, 0.3]) * (2 * predicted - 1)  # 1/2 itself is class 0
    forms = [predicted, predicted > 0, np.eye(2)[predicted], sure, sure[:, None], np.column_stack([1 - sure, sure])]
    expected = m.f1(true, predicted)
    assert expected == 2 / 3
    for form in forms:
        assert m.f1(true, form) == expected
        assert m.confusion_matrix(np.eye(2, dtype=int)[true], form).tolist() == [[1, 1], [1, 2]]
    names = np.array(["no", "yes"])
    assert m.f1(names[true], names[predicted].tolist(), positive="yes") == expected
    assert m.f1(names[true].astype(object), names[predicted], positive="yes") == expected
    assert m.confusion_matrix(names[true], names[predicted], classes=("yes", "no")).tolist() == [[2, 1], [1, 1]]
    assert m.accuracy(names[true], names[predicted]) == 3 / 5


def test_roc_by_hand() -> None:
    """Negatives at 0.1 and 0.4, positives at 0.35 and 0.8: three of the four pairs are in order."""
    fpr, tpr, thresholds = m.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    assert fpr.tolist() == [0, 0, 0.5, 0.5, 1] and tpr.tolist() == [0, 0.5, 0.5, 1, 1]
    assert thresholds.tolist() == [math.inf, 0.8, 0.4, 0.35, 0.1]
    assert m.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == 0.75 == m.auc(fpr, tpr)
    assert m.auc(fpr[::-1], tpr[::-1]) == 0.75
    assert m.auc([0, 2], [-1, -1]) == m.auc([2, 0], [-1, -1]) == -2
    assert m.roc_auc([0, 1, 0, 1], [3, 3, 3, 3]) == 0.5  # ties are half


def test_area_is_the_share_of_pairs_in_order() -> None:
    """The definition, pair by pair, is met exactly: the area is a quotient of whole numbers."""
    for case in CASES:
        draw = np.random.default_rng(case)
        true = np.append(draw.integers(0, 2, 20), [0, 1])
        scores = draw.integers(0, 6, 22) / 4
        gap = scores[true == 1][:, None] - scores[true == 0][None, :]
        twice = int(2 * (gap > 0).sum() + (gap == 0).sum())
        assert m.roc_auc(true, scores) == twice / (2 * gap.size)


def test_log_loss_by_hand() -> None:
    """The deck's favourable and unfavourable answers, five classes, the third is true: -ln 0.8 and ln 5."""
    good, bad = [[0.05, 0.05, 0.8, 0.05, 0.05]], [[0.2] * 5]
    same(m.log_loss([2], good), -math.log(0.8))
    same(m.log_loss([2], bad), math.log(5))
    same(m.log_loss(np.eye(5)[[2]], good) / math.log(10), 0.09691001300805642)
    same(m.log_loss([1, 0], [0.8, 0.4]), -(math.log(0.8) + math.log(0.6)) / 2)
    same(m.log_loss([[0.5, 0.5]], [[0.25, 0.75]]), -(math.log(0.25) + math.log(0.75)) / 2)  # soft targets
    same(m.log_loss(["b", "a"], [0.8, 0.4]), m.log_loss([1, 0], [0.8, 0.4]))
    same(m.log_loss(["b", "b"], [0.8, 0.4], classes=["b", "a"]), -(math.log(0.2) + math.log(0.6)) / 2)


def test_log_loss_clips_as_it_says() -> None:
    same(m.log_loss([1], [0.0]), -math.log(2.0**-52))
    same(m.log_loss([1], np.float32([0])), -math.log(2.0**-23))
    same(m.log_loss([0, 1], [[0, 1], [1, 0]], eps=1e-3), -math.log(1e-3))
    same(m.log_loss([1], [1.0], eps=0.25), -math.log(0.75))


def test_regression_by_hand() -> None:
    assert m.mse([[1, 2], [3, 4]], [[1, 2], [3, 8]]) == 4 and m.mae([[1, 2], [3, 4]], [[1, 2], [3, 8]]) == 1
    assert m.mse([1, 2], [[1], [4]]) == 2  # a column is one output
    assert m.r2([1, 2, 3], [1, 2, 4]) == 0.5
    assert m.r2([5, 5], [5, 5]) == 1 and m.r2([5, 5], [5, 6]) == 0
    assert m.r2([0.1] * 3, [0.2] * 3) == 0 and m.r2([0.1] * 3, [0.1] * 3) == 1  # 3 * 0.1 / 3 is not 0.1


def test_one_hot() -> None:
    rows = m.one_hot([2, 0])
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]] and rows.dtype == np.float32
    assert m.one_hot([1, 0], 2).tolist() == [[0, 1], [1, 0]] and m.one_hot([[1], [0]], 4).shape == (2, 4)
    assert m.one_hot([True, False]).tolist() == [[0, 1], [1, 0]]
    assert m.one_hot(["dog", "cat"]).tolist() == [[0, 1], [1, 0]]
    cars = ["sedan", "minivan", "bus", "truck"]
    assert (m.one_hot(cars, classes=cars) == np.eye(4)).all()
    labels = np.random.default_rng(0).integers(0, 7, 50)
    assert (m.one_hot(labels, 7).argmax(axis=1) == labels).all() and (m.one_hot(labels, 7).sum(axis=1) == 1).all()


RELABEL = r"np.unique\(labels, return_inverse=True\)\[1\] numbers them from 0"


@pytest.mark.parametrize("call", [m.one_hot, lambda y: m.confusion_matrix(y, y), lambda y: m.precision_recall_f1(y, y)])
def test_huge_class_numbers_are_no_columns(call: Any) -> None:
    """A column for each number up to the largest would fill any memory; what there is to do is said."""
    with pytest.raises(ValueError, match=rf"\[5, 7, 1000000000\] would be 1000000001 columns, .* {RELABEL}, classes="):
        call([10**9, 5, 7])
    for odd in (np.array([2**63, 0], np.uint64), [1e300, 0.0]):
        with pytest.raises(ValueError, match=f"at row 0 is too large for a class number; {RELABEL}"):
            call(odd)


def test_what_counts_each_class_alone_takes_huge_numbers() -> None:
    true, said = [10**9, 5, 7], [10**9, 7, 7]
    with pytest.raises(ValueError, match="y_true: inf at row 1 is too large"):  # and not above 1/2, a yes
        m.accuracy([0, math.inf], [0, 1])
    assert m.accuracy(true, said) == 2 / 3 and m.recall(true, said, average=None).tolist() == [0, 1, 1]
    assert m.confusion_matrix(true, said, classes=[7, 10**9, 5]).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert m.one_hot(true, classes=[5, 7, 10**9]).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert "1000000000" in m.report(true, said)
    assert m.one_hot([50_000]).shape == (1, 50_001), "a table that is small is made"


def test_report_by_hand() -> None:
    true, predicted = [0, 0, 0, 1, 1, 3], [0, 0, 1, 1, 0, 3]
    lines = m.report(true, predicted, ["cat", "dog", "fox", "bird"], digits=2).splitlines()
    assert [line.split() for line in lines] == [
        ["precision", "recall", "f1", "rows"],
        ["cat", "0.67", "0.67", "0.67", "3"],
        ["dog", "0.50", "0.50", "0.50", "2"],
        ["fox", "0.00", "0.00", "0.00", "0"],
        ["bird", "1.00", "1.00", "1.00", "1"],
        [],
        ["accuracy", "0.67", "6"],
        ["macro", "average", "0.54", "0.54", "0.54", "6"],
        ["weighted", "average", "0.67", "0.67", "0.67", "6"],
    ]
    assert len({len(line) for line in lines if line}) == 1  # columns stand below each other
    assert "fox" not in m.report(["cat", "dog"], ["cat", "cat"]) and "2" in m.report([2], [2]).splitlines()[1]
    assert m.report(["b", "a"], ["b", "a"], ["b", "a"]).splitlines()[1].startswith("b")


# ---- against scikit-learn ----


@pytest.fixture
def sk() -> Any:
    return pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("what", ["precision", "recall", "f1"])
@pytest.mark.parametrize("average", ["macro", "micro", "weighted", None])
def test_counts_are_scikit_learns(sk: Any, what: str, average: str | None) -> None:
    theirs = getattr(sk, f"{what}_score")
    names = np.array(["pear", "fig", "apple", "plum", "kiwi", "lime"])
    for case in CASES[::3]:
        true, predicted, k = some_classes(case)
        for empty in (0.0, 1.0, math.nan):
            options = {"average": average, "zero_division": empty}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # where all is nan
                expected = theirs(true, predicted, **options)
                listed = theirs(true, predicted, labels=range(k), **options)
                of_names = theirs(names[true], names[predicted], **options)
            same(getattr(m, what)(true, predicted, **options), expected)
            same(getattr(m, what)(true, predicted, classes=range(k), **options), listed)
            same(getattr(m, what)(names[true], names[predicted], **options), of_names)
            one_hot = np.eye(k)[true], 0.9 * np.eye(k)[predicted] + 0.1 / k
            same(getattr(m, what)(*one_hot, **options), expected)


@pytest.mark.parametrize("what", ["precision", "recall", "f1"])
def test_binary_counts_are_scikit_learns(sk: Any, what: str) -> None:
    for case in CASES:
        true, predicted = np.random.default_rng(case).integers(0, 2, (2, case % 7 + 1))
        for positive in {0, 1} & set(np.concatenate([true, predicted]).tolist()):
            for empty in (0.0, 1.0, math.nan):
                expected = getattr(sk, f"{what}_score")(true, predicted, pos_label=positive, zero_division=empty)
                found = getattr(m, what)(true, predicted, positive=positive, zero_division=empty)
                same(found, expected)


def test_matrix_accuracy_and_report_are_scikit_learns(sk: Any) -> None:
    for case in CASES[::2]:
        true, predicted, k = some_classes(case)
        assert m.accuracy(true, predicted) == sk.accuracy_score(true, predicted)
        for normalize in (None, "true", "pred", "all"):
            expected = sk.confusion_matrix(true, predicted, labels=range(k), normalize=normalize)
            assert (m.confusion_matrix(true, predicted, k, normalize=normalize) == expected).all()
        table = sk.classification_report(true, predicted, labels=range(k), zero_division=0, output_dict=True)
        lines = m.report(true, predicted, [str(c) for c in range(k)], digits=12).splitlines()
        for name, key in [*((str(c), str(c)) for c in range(k)), ("macro", "macro avg"), ("weighted", "weighted avg")]:
            cells = next(line for line in lines if line.startswith(f"{name} ")).split()[-4:]
            same([float(cell) for cell in cells], list(table[key].values()), 1e-12)  # digits


def test_roc_is_scikit_learns(sk: Any) -> None:
    """Few different scores, so that there are ties, and many, so that there are straight lines."""
    for case in CASES:
        draw = np.random.default_rng(case)
        true = np.append(draw.integers(0, 2, 30), [0, 1])
        scores = draw.integers(0, (4, 12, 10**6)[case % 3], 32) / 8
        for drop in (True, False):
            expected = sk.roc_curve(true, scores, drop_intermediate=drop)
            found = m.roc_curve(true, scores, drop_intermediate=drop)
            for ours, theirs in zip(found, expected, strict=True):
                assert ours.tolist() == theirs.tolist()
        same(m.roc_auc(true, scores), sk.roc_auc_score(true, scores))
        same(m.auc(*found[:2]), sk.auc(*expected[:2]))
        answers = np.array(["yes", "no"])[true]  # "no" is the first in the alphabet, so its scores are the first column
        of_names = m.roc_curve(answers, np.column_stack([scores, -scores]), positive="no", drop_intermediate=False)
        assert all((ours == theirs).all() for ours, theirs in zip(of_names, expected, strict=True))


@pytest.mark.parametrize("average", ["macro", "weighted", None])
def test_area_of_many_classes_is_scikit_learns(sk: Any, average: str | None) -> None:
    for case in CASES:
        draw = np.random.default_rng(case)
        k = 3 + case % 3
        true = draw.permutation(np.append(np.arange(k), draw.integers(0, k, 25)))
        p = np.round(draw.dirichlet(np.ones(k), len(true)), 1) + 1e-9  # with ties
        p /= p.sum(axis=1, keepdims=True)
        expected = sk.roc_auc_score(true, p, multi_class="ovr", average=average)
        same(m.roc_auc(true, p, average=average), expected)
        names = np.array(["e", "d", "c", "b", "a"])[:k]
        same(m.roc_auc(names[true], p[:, np.argsort(names)], average="macro"), m.roc_auc(true, p))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_loss_is_scikit_learns(sk: Any, dtype: Any) -> None:
    """A float32 log is good to about 2^-23 of its size, which is 16 at most; the means are no better than that."""
    tolerance = CLOSE if dtype == np.float64 else 2.0**-21
    for case in CASES:
        draw = np.random.default_rng(case)
        k, rows = 2 + case % 4, 1 + case % 17
        true = draw.integers(0, k, rows)
        p = draw.dirichlet(np.full(k, 0.2), rows).astype(dtype)  # some of them almost 0 or 1
        p[0] = np.eye(k)[draw.integers(k)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # rounded to float32 they add to 1 up to rounding
            expected = sk.log_loss(true, y_proba=p, labels=range(k))
            same(m.log_loss(true, p), expected, tolerance)
            same(m.log_loss(np.eye(k)[true], p), expected, tolerance)
            names = np.array(["a", "b", "c", "d", "e"])[:k]
            same(m.log_loss(names[true], p, classes=names), expected, tolerance)
            if k == 2:
                expected = sk.log_loss(true, y_proba=p[:, 1], labels=[0, 1])
                same(m.log_loss(true, p[:, 1]), expected, tolerance)
                same(m.log_loss(true * 2 - 1, p[:, 1:], classes=[-1, 1]), expected, tolerance)


def test_regression_is_scikit_learns(sk: Any) -> None:
    for case in CASES:
        draw = np.random.default_rng(case)
        shape = (2 + case % 9,) if case % 2 else (2 + case % 9, 1 + case % 3)
        true, predicted = draw.integers(-5, 6, (2, *shape)).astype(float)
        for ours, theirs in ((m.mse, sk.mean_squared_error), (m.mae, sk.mean_absolute_error)):
            same(ours(true, predicted), theirs(true, predicted))
        same(m.r2(true, predicted), sk.r2_score(true, predicted))


# ---- what is refused ----

PROBABILITIES = [[0.5, 0.5], [0.1, 0.9]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: m.accuracy([0, 1], [0]), ValueError, "y_pred: 1 rows, but y_true has 2"),
        (lambda: m.accuracy([0, 1], [0.2, math.nan]), ValueError, "y_pred: nan at row 1"),
        (lambda: m.accuracy([[0, 1], [1, 1]], [0, 1]), ValueError, "y_pred: .* several labels a row"),
        (lambda: m.accuracy([0], [[0, 0]]), ValueError, "y_pred: row 0 has 0 labels"),
        (lambda: m.accuracy([[0, 1], [1]], [0, 1]), ValueError, "y_true: cannot be read"),
        (lambda: m.accuracy(["a"], [0]), TypeError, "y_pred: numbers, but y_true has strings"),
        (lambda: m.accuracy([-1, 1], [-0.9, 0.9]), ValueError, r"y_pred: .* class 0 or 1, but y_true has \[-1, 1\]"),
        (lambda: m.accuracy([0, 2], [[0.1], [1.9]]), ValueError, r"y_pred: .* but y_true has \[0, 2\]"),
        (lambda: m.accuracy([0.5, 0.1], [0, 3]), ValueError, r"y_true: .* but y_pred has \[0, 3\]"),
        (lambda: m.accuracy([3.5, 2.5], [3.4, 2.6]), ValueError, "y_true: values from 2.5 to 3.5, not whole"),
        (lambda: m.accuracy([None], [0]), TypeError, "y_true: object"),
        (lambda: m.accuracy(0, 0), TypeError, "y_true: int64 of shape"),
        (lambda: m.accuracy([["a", "b"]], ["a"]), ValueError, "y_true: strings of shape"),
        (lambda: m.f1([0, 1], [0, 2]), ValueError, "average: 'binary' needs two classes"),
        (lambda: m.f1([3, 4], [4, 3]), ValueError, "positive: 1 is none of the classes"),
        (lambda: m.f1([0, 1], [0, 1], average="mean"), ValueError, "average: 'mean' is unknown"),
        (lambda: m.f1([0, 1], [0, 1], zero_division=2), ValueError, "zero_division: 2"),
        (lambda: m.f1([0, 1], [0, 1], classes=[0]), ValueError, "classes: not with"),
        (lambda: m.f1([0, 1], [0, 1], average=None, classes=[0, 0]), ValueError, "classes: .* twice"),
        (lambda: m.f1([0, 1], [0, 1], average=None, classes=["a"]), ValueError, "classes: \\['a'\\]"),
        (lambda: m.confusion_matrix([0, 3], [0, 1], 3), ValueError, "classes from 0 to 3; expected 0 to 2"),
        (lambda: m.confusion_matrix([-1, 1], [1, 1]), ValueError, "classes from -1 to 1"),
        (lambda: m.confusion_matrix([0, 1], [0, 1], normalize="rows"), ValueError, "normalize: 'rows'"),
        (lambda: m.confusion_matrix([0, 1], [0, 2], classes=[0, 1]), ValueError, "y_pred: 2 at row 1"),
        (lambda: m.confusion_matrix(["a"], ["a"], 2), ValueError, "n_classes: for class numbers"),
        (lambda: m.roc_curve([1, 1], [0.1, 0.2]), ValueError, "y_true: all rows are of class 1"),
        (lambda: m.roc_curve([2, 2], [0.1, 0.2]), ValueError, "y_true: holds the classes"),
        (lambda: m.roc_curve([0, 1], [0.1]), ValueError, "scores: 1 rows"),
        (lambda: m.roc_curve([0, 1], [0.1, math.inf]), ValueError, "scores: nan or infinite"),
        (lambda: m.roc_curve([0, 1, 2], np.eye(3)), ValueError, "scores: 3 columns"),
        (lambda: m.roc_curve([0, 1], ["a", "b"]), ValueError, "scores: <U1"),
        (lambda: m.roc_auc([0, 1, 1], np.eye(3)), ValueError, "y_true: holds the classes .* each of 3 classes"),
        (lambda: m.roc_auc([0, 1], [0, 1], average="samples"), ValueError, "average: 'samples'"),
        (lambda: m.auc([0, 1, 0.5], [0, 1, 1]), ValueError, "x: goes up and down"),
        (lambda: m.auc([0], [0]), ValueError, "x, y: 1 and 1 points"),
        (lambda: m.auc([0, math.nan], [0, 1]), ValueError, "x: float64"),
        (lambda: m.log_loss([0, 1], [0.1, 1.1]), ValueError, "y_pred: values from 0.1 to 1.1"),
        (lambda: m.log_loss([0, 1], [[0.5, 0.5], [0.5, 0.65]]), ValueError, "y_pred: row 1 adds to 1.15"),
        (lambda: m.log_loss([0, 1], [[0.5, 0.5], [0.5, 0.35]]), ValueError, "y_pred: row 1 adds to 0.85"),
        (lambda: m.log_loss([0, 2], PROBABILITIES), ValueError, "y_true: classes from 0 to 2"),
        (lambda: m.log_loss([0, 2], [0.5, 0.1]), ValueError, "y_true: values from 0 to 2"),
        (lambda: m.log_loss([[0, 2], [0, 1]], PROBABILITIES), ValueError, "y_true: values from 0 to 2"),
        (lambda: m.log_loss(["a", "a"], PROBABILITIES), ValueError, "y_true: 1 classes, but y_pred is about 2"),
        (lambda: m.log_loss([0], PROBABILITIES), ValueError, "y_true: shape"),
        (lambda: m.log_loss([], []), ValueError, "y_pred: float64 of shape"),
        (lambda: m.log_loss([0, 1], PROBABILITIES, eps=0), ValueError, "eps: 0"),
        (lambda: m.mse([1, 2], [[1, 2]]), ValueError, "y_pred: shape"),
        (lambda: m.mse(np.zeros(6), np.zeros((2, 3))), ValueError, "y_pred: shape"),
        (lambda: m.mse([1, 2], [1, math.inf]), ValueError, "y_pred: nan or infinity at row 1"),
        (lambda: m.mae(["1"], [1]), TypeError, "y_true: <U1"),
        (lambda: m.r2([1], [1]), ValueError, "y_true: one row"),
        (lambda: m.one_hot([0, 3], 3), ValueError, "labels: classes from 0 to 3"),
        (lambda: m.one_hot([0.5]), ValueError, "labels: values that are not classes"),
        (lambda: m.one_hot([[0, 1]]), ValueError, "labels: shape"),
        (lambda: m.one_hot(["a"], classes=["b"]), ValueError, "labels: 'a' at row 0"),
        (lambda: m.one_hot([0], 3, classes=[0, 1]), ValueError, "n_classes: 3, but classes lists 2"),
        (lambda: m.one_hot([0], classes="ab"), TypeError, "classes: 'ab'"),
        (lambda: m.report([0, 3], [0, 1], ["a", "b"]), ValueError, "names: .* classes from 0 to 3"),
        (lambda: m.report(["a"], ["b"], ["a", "c"]), ValueError, "y_pred: 'b' at row 0"),
        (lambda: m.f1(["a", "b"], ["a", "a"]), ValueError, r"positive: 1 is none of .*; name one, positive='b'"),
        (
            lambda: m.f1(["a", "b"], ["a", "a"], average="macro", classes=[1]),
            ValueError,
            r"classes: \[1\], but the classes are",
        ),
    ],
)
def test_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
