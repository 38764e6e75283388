"""Pictures of odd input: what can be drawn is drawn without a warning, the rest is refused with the argument's name.

A history of NaN, runs with equal labels, losses that are not defined everywhere. Read test_plots.py for what a picture
shows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from pynn import Dense, Network, Normalization, NotFittedError, plots
from pynn.plots import answers, functions

NAN = float("nan")
RUNS = [{"loss": [2.0, 1.0]}, {"loss": [3.0, 1.0]}]


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_runs_are_not_lost_by_their_labels() -> None:
    """Numbers that are alike in six digits are written out; equal ones are refused."""
    close = {0.12345671: RUNS[0], 0.12345672: RUNS[1]}
    assert list(plots.LearningRateDisplay.from_history(close).runs) == ["0.12345671", "0.12345672"]
    with pytest.raises(ValueError, match=r"rates: \[0.1, 0.1\] names a run twice"):
        plots.LearningRateDisplay.from_history(RUNS, rates=[0.1, 0.1])
    with pytest.raises(TypeError, match="rates: 3 is a int; expected a list of names"):
        plots.LearningRateDisplay.from_history(RUNS, rates=3)


def test_curves_that_are_no_numbers() -> None:
    lost = plots.LearningCurveDisplay.from_history({"loss": [1.0, NAN], "val_loss": [NAN, NAN]})
    assert lost.best is None
    below = plots.LearningCurveDisplay.from_history({"loss": [-1.0, -2.0]}, log=True)
    assert below.ax_.get_yscale() == "linear"
    with pytest.raises(TypeError, match=r"history: 'loss' is \['a'\]; expected a list of numbers"):
        plots.LearningCurveDisplay.from_history({"loss": ["a"]})
    with pytest.raises(TypeError, match="metrics: 3 is a int; expected a list of names"):
        plots.LearningCurveDisplay.from_history(RUNS[0], metrics=3)


def test_activations_far_from_zero() -> None:
    far = plots.ActivationDisplay.from_activation(z=(-1000, 1000))
    assert all(np.isfinite(curve.values).any() for curve in far.curves)
    steep = plots.ActivationDisplay.from_activation("exp", z=(680, 720))
    curve = steep.curves[0]
    assert np.array_equal(np.isnan(curve.values), np.exp(curve.z / 2) > functions.BEYOND**0.5) and not curve.jumps
    steep._repr_png_()


def test_poisson_is_drawn_where_it_is_defined() -> None:
    display = plots.LossDisplay.from_loss(["poisson", "mse"], target=(0, 1, 3))
    assert display.ax_.get_xlim() == (0, 5) and all(np.isfinite(each).all() for row in display.values for each in row)
    with pytest.raises(ValueError, match=r"outputs: \(-1, 5\) is not possible; poisson takes outputs of at least 0"):
        plots.LossDisplay.from_loss("poisson", outputs=(-1, 5))
    with pytest.raises(ValueError, match="target: -1 is not possible; poisson takes targets of at least 0"):
        plots.LossDisplay.from_loss("poisson", target=-1)


def test_descent_on_a_constant_and_beside_a_domain() -> None:
    plots.DescentDisplay.from_function(lambda t: 1.0, rates=[0.1], start=1.0)
    root = plots.DescentDisplay.from_function(lambda t: t**0.5 if t >= 0 else NAN, rates=[0.1], start=1, limits=(-1, 2))
    assert np.isfinite(root.ax_.get_ylim()).all()


def test_pictures_of_nothing_but_nan() -> None:
    with pytest.raises(ValueError, match="function: it is nan at the start, 1; expected a number there"):
        plots.DescentDisplay.from_function(lambda t: NAN, rates=[0.1], start=1.0)
    with pytest.raises(ValueError, match="images: only finite numbers can be drawn"):
        plots.DigitsDisplay.from_data(np.full((1, 2, 2), NAN))
    with pytest.raises(ValueError, match="images: only finite numbers can be drawn"):
        plots.MisclassifiedDisplay.from_predictions(np.full((1, 2, 2), NAN), [0], [1])


def test_one_class_and_one_row() -> None:
    """What there is of it is drawn, without a warning."""
    one = np.zeros((1, 2))
    net = Network([Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, engine="reference", dtype="float64")
    for display in (
        plots.DecisionRegionDisplay.from_network(net, one, [1], resolution=5),
        plots.DecisionRegionDisplay.from_network(net, np.eye(2), [1, 1], resolution=5),
        plots.HiddenSpaceDisplay.from_network(net, one, [1], resolution=5),
        plots.HiddenUnitsDisplay.from_network(net, one, [1], resolution=5),
        plots.ComparedRegionsDisplay.from_networks({"it": net}, one, [1], resolution=5),
        plots.ScatterMatrixDisplay.from_data(one, [1]),
        plots.ConfusionMatrixDisplay.from_predictions([1], [1]),
        plots.DigitsDisplay.from_data(np.ones((1, 3, 3)), [1]),
        plots.SoftmaxDisplay.from_data([1.0]),
        plots.WeightImagesDisplay.from_data([[1.0]]),
        plots.LearningRateDisplay.from_history({1: {"loss": [1.0]}}),
    ):
        assert display._repr_png_() is not None


def test_labels_that_are_none() -> None:
    with pytest.raises(ValueError, match="y: class 5, but there are 2 classes, 0 to 1"):
        answers.labels([0, 5], 2, 1)
    mixed: Any = [None, "a"]
    with pytest.raises(TypeError, match=r"y: \[None, 'a'\] is not possible; expected class numbers or words"):
        answers.labels(mixed, 2)


def test_a_normalization_has_to_have_learned() -> None:
    net = Network([Normalization(), Dense(2), Dense(1, "sigmoid")], inputs=2)
    with pytest.raises(NotFittedError, match="net: Normalization has not learned its means yet"):
        plots.HiddenSpaceDisplay.from_network(net, np.eye(2), [0, 1])
