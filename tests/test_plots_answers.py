"""Pictures of how good answers are: confusion matrix, ROC curves, images, the scatter matrix.

Read test_plots.py for what every picture keeps to.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import IMAGES, XOR, Answers, X, digit_net, line_net, net_of
from matplotlib.colors import to_rgb

from pynn import Dense, Network, Normalization, datasets, metrics, plots
from pynn.plots import colours

# ---- how good answers are ----------------------------------------------------------------------


def test_confusion_matrix() -> None:
    true, said = [0, 0, 0, 1, 2, 2], [0, 0, 1, 1, 2, 0]
    display = plots.ConfusionMatrixDisplay.from_predictions(true, said, classes=["a", "b", "c"])
    assert display.matrix.tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == ["2\n67%", "1\n33%", "0", "0", "1\n100%", "0", "1\n50%", "0", "1\n50%"]
    assert display.ax_.get_title() == "4 of 6 right (66.7%)" and display.ax_.get_ylabel() == "true class"
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["a", "b", "c"]
    np.testing.assert_allclose(display.shares("pred")[:, 0], [2 / 3, 0, 1 / 3])
    np.testing.assert_allclose(display.shares("all").sum(), 1)
    assert [t.get_text() for t in display.plot(shares=None).ax_.texts][:2] == ["2", "1"]
    with pytest.raises(ValueError, match="shares: 'rows' is unknown; known are true, pred, all"):
        display.plot(shares="rows")
    by_name = plots.ConfusionMatrixDisplay.from_predictions(["x", "y"], ["y", "y"])
    assert by_name.names == ("x", "y") and by_name.matrix.tolist() == [[0, 1], [0, 1]]


def test_confusion_of_a_network() -> None:
    net = line_net()
    said = (net.predict(X)[:, 0] > 0.5).astype(int)
    display = plots.ConfusionMatrixDisplay.from_network(net, X, XOR)
    np.testing.assert_array_equal(display.matrix, metrics.confusion_matrix(XOR, said))
    signs = net_of(1, last="tanh")  # answers of tanh(-0.2) and tanh(0.2): 0 is between the classes
    signs.set_weights([[[0.4], [0.0]], [-0.2]])
    display = plots.ConfusionMatrixDisplay.from_network(signs, X, [-1, -1, 1, 1])
    assert display.matrix.tolist() == [[2, 0], [0, 2]] and display.names == ("-1", "1")


class Saying:
    """A classifier that answers with whatever classes it is given, in turn."""

    def __init__(self, *classes: Any) -> None:
        self.classes = np.array(classes)

    def predict(self, x: Any) -> np.ndarray:
        return np.resize(self.classes, len(x))


@pytest.mark.parametrize("classes", [(5, 7, 10**9), (-1, 1), ("cat", "dog")], ids=["huge", "signs", "words"])
def test_classes_of_any_kind(classes: tuple[Any, ...]) -> None:
    """A classifier's own classes, however large, are columns in ascending order: none for what nobody says."""
    k = len(classes)
    x, said = np.zeros((12, 25)), np.resize(classes, 12)
    true = np.resize(classes[::-1], 12)
    counts = [[int(((true == a) & (said == b)).sum()) for b in classes] for a in classes]
    names = tuple(map(str, classes))
    for display in (
        plots.ConfusionMatrixDisplay.from_network(Saying(*classes), x, true),
        plots.ConfusionMatrixDisplay.from_predictions(true, said),
    ):
        assert display.matrix.tolist() == counts and display.names == names
    wrong = [(str(a), str(b)) for a, b in zip(true, said, strict=True) if a != b]
    for missed in (
        plots.MisclassifiedDisplay.from_network(Saying(*classes), x, true),
        plots.MisclassifiedDisplay.from_predictions(x, true, said),
    ):
        shown = [(names[a], names[b]) for a, b in zip(missed.true, missed.predicted, strict=True)]
        assert shown == wrong and missed.wrong == len(wrong)
    bars = plots.DigitsDisplay.from_network(Saying(*classes), x[:k])
    assert bars.names == names and np.array_equal(bars.shares, np.eye(k))


def test_answers_are_not_taken_for_other_classes() -> None:
    """One word alone is no other word; answers of another kind, too many and too few are refused."""
    display = plots.MisclassifiedDisplay.from_predictions(IMAGES[:2], ["a", "b"], ["b", "b"])
    assert (display.wrong, display.names) == (1, ("a", "b")) and display.predicted.tolist() == [1]
    with pytest.raises(TypeError, match="net: <U1 values, but y has int64; expected one kind"):
        plots.ConfusionMatrixDisplay.from_network(Saying("a"), X, XOR)
    with pytest.raises(ValueError, match="net: it answers with 1001 different classes; expected at most 1000"):
        plots.DigitsDisplay.from_network(Saying(*range(1001)), np.zeros((1001, 4)))
    with pytest.raises(ValueError, match=r"y: shape \(3,\); expected a class for each of 4 rows"):
        plots.ConfusionMatrixDisplay.from_network(Saying(0, 1), X, XOR[:3])
    with pytest.raises(ValueError, match=r"y: shape \(\); expected a class"):
        plots.ConfusionMatrixDisplay.from_network(Saying(0, 1), X, None)


def test_signs_of_one_output_are_two_classes() -> None:
    """tanh says yes above 0, not above 1/2: (1 + y) / 2 is the share of the later class."""
    net = net_of(1, last="tanh", inputs=4)
    net.set_weights([[[1.0], [0.0], [0.0], [0.0]], [0.0]])
    images = np.array([[0.2, 0, 0, 0], [-0.2, 0, 0, 0]])
    display = plots.DigitsDisplay.from_network(net, images, [-1, 1])
    share = (1 + np.tanh(0.2)) / 2
    np.testing.assert_allclose(display.shares, [[1 - share, share], [share, 1 - share]], rtol=1e-12)
    assert plots.MisclassifiedDisplay.from_network(net, images, [1, -1]).wrong == 0


def test_roc_curves() -> None:
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 2, 50), rng.normal(size=50).round(1)
    display = plots.RocCurveDisplay.from_predictions(true, scores)
    area = metrics.roc_auc(true, scores)
    line, chance = display.ax_.get_lines()
    assert line.get_label() == f"AUC {area:.3f}" and chance.get_xydata().tolist() == [[0, 0], [1, 1]]
    fpr, tpr, _ = metrics.roc_curve(true, scores)
    assert line.get_xdata().tolist() == fpr.tolist() and line.get_ydata().tolist() == tpr.tolist()
    both = plots.RocCurveDisplay.from_predictions(true, np.column_stack([-scores, scores]))
    assert list(both.areas.values()) == pytest.approx([area])
    several = plots.RocCurveDisplay.from_predictions(true, {"a": scores, "b": -scores})
    assert several.areas["a"] == pytest.approx(area) and several.areas["b"] == pytest.approx(1 - area)


def test_roc_of_several_classes() -> None:
    x, y = datasets.make_blobs(60, centers=3, seed=1)
    net = Network([Normalization(), Dense(3, "softmax")], engine="reference", seed=0)
    net.fit(x, y, epochs=2, verbose=0)
    display = plots.RocCurveDisplay.from_network(net, x, y, classes=["a", "b", "c"])
    outputs = net.predict(x)
    for k, name in enumerate("abc"):
        assert display.areas[name] == pytest.approx(metrics.roc_auc(y == k, outputs[:, k]))
    with pytest.raises(ValueError, match="y_true: no rows are of class 2; a curve needs both kinds"):
        plots.RocCurveDisplay.from_predictions(np.minimum(y, 1), outputs)
    with pytest.raises(ValueError, match="y_true: 3 classes, but one column of scores"):
        plots.RocCurveDisplay.from_predictions(y, outputs[:, 0])
    with pytest.raises(ValueError, match="net: it answers with classes"):
        plots.RocCurveDisplay.from_network(Answers(), x, y)
    with pytest.raises(ValueError, match="scores: shape"):
        plots.RocCurveDisplay.from_predictions(y, np.full((60, 3), np.nan))


def test_several_labels_per_row() -> None:
    """A ROC curve for each label; a confusion matrix is about one class a row, and says so."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=(40, 3))
    y = (x > 0).astype(int)
    net = Network([Dense(3, "sigmoid")], engine="reference", seed=0)
    net.fit(x, y, verbose=0)
    display = plots.RocCurveDisplay.from_network(net, x, y, classes=["sea", "sky", "sun"])
    areas = metrics.roc_auc(y, net.predict(x), average=None)
    assert list(display.areas) == ["sea", "sky", "sun"] and list(display.areas.values()) == pytest.approx(areas)
    assert list(plots.RocCurveDisplay.from_predictions(y[:, :2], x[:, :2]).areas) == ["0", "1"]
    with pytest.raises(ValueError, match=r"scores: shape \(40, 2\); expected that of y_true, \(40, 3\)"):
        plots.RocCurveDisplay.from_predictions(y, x[:, :2])
    with pytest.raises(ValueError, match="y_true: all rows are of class 1"):
        plots.RocCurveDisplay.from_predictions(np.maximum(y, [0, 1, 0]), x)
    for make in (
        plots.ConfusionMatrixDisplay.from_predictions,
        lambda *a: plots.ConfusionMatrixDisplay.from_network(net, *a),
    ):
        with pytest.raises(ValueError, match="several labels a row, which no single matrix shows; draw one label"):
            make(y if make.__name__ == "from_predictions" else x, y)
    one = plots.ConfusionMatrixDisplay.from_predictions(y[:, 1], net.predict(x)[:, 1])
    assert (one.matrix == metrics.multilabel_confusion_matrix(y, net.predict(x))[1]).all()


# ---- images ------------------------------------------------------------------------------------


def test_digits_with_bars() -> None:
    net = digit_net()
    said = net.predict(IMAGES)
    true = said.argmax(axis=1)
    true[1] = (true[1] + 1) % 3
    display = plots.DigitsDisplay.from_network(net, IMAGES[:4], true[:4])
    for i in range(4):
        picture, bars = display.axes_[2 * i : 2 * i + 2]
        assert np.array_equal(picture.images[0].get_array(), IMAGES[i])
        assert [bar.get_height() for bar in bars.patches] == pytest.approx(said[i].tolist())
        fill = to_rgb(bars.patches[int(said[i].argmax())].get_facecolor())
        assert fill == to_rgb(colours.WRONG if i == 1 else colours.RIGHT)
    assert np.array_equal(plots.DigitsDisplay.from_data(IMAGES.reshape(12, 25)).images, IMAGES)
    assert plots.DigitsDisplay.from_data(IMAGES[:1], ["seven"]).ax_.get_title() == "seven"
    with pytest.raises(ValueError, match=r"images: uint8 of shape \(12, 24\); expected pictures"):
        plots.DigitsDisplay.from_data(IMAGES.reshape(12, 25)[:, 1:])
    with pytest.raises(ValueError, match="images: 240 are too many"):
        plots.DigitsDisplay.from_data(np.tile(IMAGES, (20, 1, 1)))


def test_misclassified() -> None:
    net = digit_net()
    said = net.predict(IMAGES)
    true = said.argmax(axis=1)
    wrong = [2, 5, 7]
    true[wrong] = (true[wrong] + 1) % 3
    display = plots.MisclassifiedDisplay.from_network(net, IMAGES, true, count=2)
    surest = sorted(wrong, key=lambda i: -said[i].max())[:2]
    assert np.array_equal(display.images, IMAGES[surest]) and (display.wrong, display.total) == (3, 12)
    assert display.figure_.get_suptitle() == "3 of 12 wrong; the 2 surest"
    i = surest[0]
    words = f"{true[i]}, taken for {said[i].argmax()}\n({said[i].max():.0%})"
    assert display.ax_.get_title() == words
    scores = plots.MisclassifiedDisplay.from_predictions(IMAGES[:2], [0, 1], [[0.5, 2.5], [-1, 3.0]])
    assert scores.ax_.get_title() == "0, taken for 1\n(2.5)", "a score is no share"
    none = plots.MisclassifiedDisplay.from_predictions(IMAGES[:2], [0, 1], [0, 1])
    assert [text.get_text() for text in none.ax_.texts] == ["all 2 are right"]
    with pytest.raises(ValueError, match="y_pred: shape"):
        plots.MisclassifiedDisplay.from_predictions(IMAGES, [0] * 12, [0, 1])


# ---- scatter matrix ----------------------------------------------------------------------------


def test_scatter_matrix_of_iris() -> None:
    x, y = datasets.iris()
    display = plots.ScatterMatrixDisplay.from_data(
        x, y, names=datasets.IRIS_FEATURES, classes=datasets.IRIS_SPECIES, bins=10
    )
    grid = np.array(display.axes_, dtype=object).reshape(4, 4)
    assert [axes.get_ylabel() for axes in grid[:, 0]] == ["sepal length", "sepal width", "petal length", "petal width"]
    assert [axes.get_xlabel() for axes in grid[3]] == ["sepal length", "sepal width", "petal length", "petal width"]
    for i, j in itertools.product(range(4), repeat=2):
        if i == j:
            assert len(grid[i, i].patches) == 3 and not grid[i, i].collections
        else:
            for k, cloud in enumerate(grid[i, j].collections):
                assert np.array_equal(cloud.get_offsets().data, x[y == k][:, [j, i]])
    heights = np.histogram(x[y == 0, 2], bins=np.histogram_bin_edges(x[:, 2], 10))[0]
    assert max(grid[2, 2].patches[0].get_xy()[:, 1]) == heights.max()
    legend = display.figure_.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == list(datasets.IRIS_SPECIES)
    with pytest.raises(ValueError, match="x: 13 features; expected at most 12"):
        plots.ScatterMatrixDisplay.from_data(np.zeros((3, 13)))
    assert len(plots.ScatterMatrixDisplay.from_data(x[:, :1]).axes_) == 1
