"""Legends and names: nothing is cut, nothing lies over data, whatever classes and runs are called.

Measured with the renderer, as the picture is drawn. Read test_plots.py for what every picture keeps to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import axes_of, net_of
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pynn import Network, plots
from pynn.activations import hard_sigmoid, leaky_relu
from pynn.plots import answers, legends

NAMES = [f"species number {k} with quite a long name, found in the north" for k in range(12)]
RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(36, 2)), np.arange(36) % 12
IMAGES = RNG.random((12, 5, 5))


def twelve(inputs: int = 2) -> Network:
    return net_of(2, 12, last="softmax", inputs=inputs)


CROWDED = {
    "regions": lambda ax: plots.DecisionRegionDisplay.from_network(
        twelve(), X, Y, classes=NAMES, names=NAMES[:2], resolution=9, ax=ax
    ),
    "profile": lambda ax: plots.DecisionRegionDisplay.from_network(twelve(1), X[:, :1], Y, classes=NAMES, ax=ax),
    "hidden": lambda ax: plots.HiddenSpaceDisplay.from_network(twelve(), X, Y, classes=NAMES, resolution=9, ax=ax),
    "units": lambda ax: plots.HiddenUnitsDisplay.from_network(
        twelve(), X, Y, classes=NAMES, names=NAMES[:2], resolution=9, ax=ax
    ),
    "compared": lambda ax: plots.ComparedRegionsDisplay.from_networks(
        {name: twelve() for name in NAMES[:2]}, X, Y, classes=NAMES, names=NAMES[2:4], resolution=9, ax=ax
    ),
    "scatter": lambda ax: plots.ScatterMatrixDisplay.from_data(X, Y, names=NAMES[:2], classes=NAMES, ax=ax),
    "roc": lambda ax: plots.RocCurveDisplay.from_predictions(Y, RNG.random((36, 12)), classes=NAMES, ax=ax),
    "rates": lambda ax: plots.LearningRateDisplay.from_history(
        {name: {"loss": RNG.random(4)} for name in NAMES}, what="what is varied here, which takes some words", ax=ax
    ),
    "curves": lambda ax: plots.LearningCurveDisplay.from_history(
        {"loss": [3, 1.0], "val_loss": [2, 3.0], NAMES[0]: [1, 2], NAMES[1]: [2, 1.0]}, ax=ax
    ),
    "confusion": lambda ax: plots.ConfusionMatrixDisplay.from_predictions(Y, Y[::-1], classes=NAMES, ax=ax),
    "digits": lambda ax: plots.DigitsDisplay.from_data(IMAGES, Y[:12], classes=NAMES, ax=ax),
    "probabilities": lambda ax: plots.DigitsDisplay.from_network(twelve(25), IMAGES[:2], Y[:2], classes=NAMES, ax=ax),
    "wrong": lambda ax: plots.MisclassifiedDisplay.from_network(
        twelve(25), IMAGES, Y[:12], classes=NAMES, count=4, ax=ax
    ),
    "softmax": lambda ax: plots.SoftmaxDisplay.from_data(RNG.normal(size=12), names=NAMES, ax=ax),
    "losses": lambda ax: plots.LossDisplay.from_loss(["mse", "mae", "huber", "half_mse"] * 2, target=1.5, ax=ax),
    "losses for many targets": lambda ax: plots.LossDisplay.from_loss("mse", target=[0, 1, 2, 3, 4], ax=ax),
    "descents": lambda ax: plots.DescentDisplay.from_function(
        lambda t: t * t, rates=[0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4], start=1, ax=ax
    ),
    "parameters": lambda ax: plots.ActivationDisplay.from_activation(
        [hard_sigmoid(0.123456), leaky_relu(alpha=0.0123456), hard_sigmoid(0.5), "relu"], ax=ax
    ),
    "activations": lambda ax: plots.ActivationDisplay.from_activation(["relu", "tanh", "elu"], columns=2, ax=ax),
}  # fmt: skip


def vertices(figure: Figure) -> np.ndarray:
    """Where lines, points and bars are, in pixels."""
    found = [np.zeros((0, 2))]
    for ax in figure.axes:
        found += [line.get_transform().transform(line.get_xydata()) for line in ax.get_lines()]
        found += [each.get_offset_transform().transform(each.get_offsets()) for each in ax.collections]
        found += [patch.get_transform().transform(patch.get_path().vertices) for patch in ax.patches]
    points = np.concatenate([np.asarray(np.ma.filled(each, np.nan), float) for each in found])
    return points[np.isfinite(points).all(axis=1)]


def boxes(figure: Figure) -> list[Any]:
    return [each.get_window_extent() for each in [*figure.legends, *(ax.get_legend() for ax in figure.axes)] if each]


def check(figure: Figure) -> None:
    """Legends lie in the figure and outside all axes; no word is cut, and no two titles or labels meet."""
    figure.draw_without_rendering()
    page = figure.bbox
    for box in boxes(figure):
        assert page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1 and page.y0 - 1 <= box.y0 and box.y1 <= page.y1 + 1
        assert not box.padded(-1).count_contains(vertices(figure)), "it covers data"
        assert not any(box.padded(-1).overlaps(ax.bbox) for ax in figure.axes), "it lies in an axes"
    texts = [text for ax in figure.axes for text in (ax.title, ax.xaxis.label, ax.yaxis.label) if text.get_text()]
    texts += [text for text in figure.texts if text.get_text()]  # titles of the whole picture
    around = [text.get_window_extent() for text in texts]
    for place, (text, box) in enumerate(zip(texts, around, strict=True)):
        assert page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1, text
        assert page.y0 - 1 <= box.y0 and box.y1 <= page.y1 + 1, text
        assert not any(box.padded(-1).overlaps(other) for other in around[place + 1 :]), text
        assert not any(box.padded(-1).overlaps(legend) for legend in boxes(figure)), f"{text} lies on the legend"


@pytest.mark.parametrize("draw", CROWDED.values(), ids=CROWDED)
def test_twelve_long_names(draw: Any) -> None:
    figure = draw(None).figure_
    check(figure)
    for legend in figure.legends:
        assert all(len(line) <= 40 for text in legend.get_texts() for line in text.get_text().split("\n"))
    assert figure.get_size_inches()[0] <= 8.5


@pytest.mark.parametrize("name", ["regions", "roc", "rates", "hidden"])
def test_axes_of_a_figure_with_a_layout(name: str) -> None:
    """The legend hangs below the axes that were passed, and the layout makes room for it."""
    figure = Figure(figsize=(9, 9), layout="constrained")
    panels = 2 if name == "hidden" else 1
    axes = list(figure.subplots(1, 2).ravel())
    display = CROWDED[name](axes if panels == 2 else axes[0])
    assert display.figure_ is figure
    check(figure)


def test_axes_of_a_figure_without_layout() -> None:
    """The legend lies inside, framed, and within the figure."""
    figure, axes = axes_of(1)
    plots.DecisionRegionDisplay.from_network(net_of(1), X, Y % 2, resolution=9, ax=axes[0])
    figure.draw_without_rendering()
    (box,) = boxes(figure)
    assert axes[0].bbox.x0 <= box.x0 and box.x1 <= axes[0].bbox.x1 and axes[0].get_legend().get_frame_on()


def test_axes_keep_their_height() -> None:
    """The figure grows by the lines of the legend: two classes or twelve, the plane is as tall."""
    few = plots.DecisionRegionDisplay.from_network(net_of(2, last="softmax"), X, Y % 2, resolution=5, colorbar=False)
    many = CROWDED["regions"](None)
    for each in (few, many):
        each.figure_.draw_without_rendering()
    heights = [each.ax_.bbox.height / each.figure_.dpi for each in (few, many)]
    assert heights[1] == pytest.approx(heights[0], abs=0.25)
    assert many.figure_.get_figheight() > few.figure_.get_figheight() + 1


def test_a_legend_of_hundreds() -> None:
    known = np.arange(300)
    figure = plots.ScatterMatrixDisplay.from_data(RNG.normal(size=(300, 2)), known).figure_
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(words) == legends.MOST and words[-1] == f"and {300 - legends.MOST + 1} more"
    check(figure)


def test_names_in_little_room_stay_different() -> None:
    assert (
        answers.short("a name", 6) == "a name" and answers.short("a longer name", 8) == "a lon\N{HORIZONTAL ELLIPSIS}me"
    )
    assert answers.short("$x_{123456789}$", 8) == "$x_{123456789}$"
    found = answers.distinct(NAMES, 12)
    assert len(set(found)) == 12 and max(map(len, found)) <= 13
    odd = [f"aaaa{'b' * 20}{k}{'c' * 20}" for k in range(3)]
    assert answers.distinct(odd, 12)[1].startswith("1: ") or len(set(answers.distinct(odd, 12))) == 3
    assert answers.distinct(["US$ and A$", "b"], 12) == [r"US\$ and A\$", "b"]


def test_dollars_are_no_formula() -> None:
    display = plots.DecisionRegionDisplay.from_network(net_of(1), X, Y % 2, classes=["1 $ ^_ $", "US$"], resolution=5)
    display._repr_png_()
    assert [text.get_text() for text in display.figure_.legends[0].get_texts()] == [r"1 \$ ^_ \$", r"US\$"]


def test_a_long_word_is_broken() -> None:
    figure = Figure(figsize=(3, 3), layout="constrained")
    figure.subplots()
    legends.below_figure(figure, [Line2D([], [], label="x" * 200), Line2D([], [], label="y")], None)
    figure.draw_without_rendering()
    assert boxes(figure)[0].width <= figure.bbox.width
