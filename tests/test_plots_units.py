"""Pictures of what lies inside: hidden units, weights as images, the hidden space of estimators and pipelines.

Read test_plots.py for what every picture keeps to, test_plots_planes.py for the hidden space of networks.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import XOR, X, contour_points, digit_net, line_net, net_of, xor_net

from pynn import BatchNormalization, Dense, Network, Normalization, NotFittedError, plots
from pynn.plots import insides

SPECIES = np.array(["cat", "dog"])


def estimator(**more: Any) -> Any:
    """pynn's MLPClassifier on the four points, whose classes are words."""
    estimators = pytest.importorskip("pynn.estimators")
    options = {"hidden_layer_sizes": (3, 2), "max_iter": 30, "random_state": 0, "activation": "tanh"} | more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimators.MLPClassifier(**options).fit(X, SPECIES[XOR])


# ---- hidden units ------------------------------------------------------------------------------


def test_units_are_those_of_the_network() -> None:
    """Heat maps are a of each unit; the line is where z is 0; the formula is z."""
    display = plots.HiddenUnitsDisplay.from_network(xor_net(), X, XOR, resolution=31)
    x1, x2 = np.meshgrid(display.x1, display.x2)
    for k, z in enumerate((20 * x1 + 20 * x2 - 10, -20 * x1 - 20 * x2 + 30)):
        np.testing.assert_allclose(display.z[k], z, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(display.a[k], 1 / (1 + np.exp(-z)), rtol=1e-9)
        image = display.axes_[k].images[0]
        np.testing.assert_array_equal(image.get_array(), display.a[k])
        assert (image.norm.vmin, image.norm.vmax) == (0, 1)
        border = contour_points(display.axes_[k])  # z is linear: its interpolation is exact
        np.testing.assert_allclose(border.sum(axis=1), (0.5, 1.5)[k], atol=1e-9)
        assert len(display.axes_[k].collections) == 3
    titles = [axes.get_title() for axes in display.axes_]
    assert titles == ["unit 1\n$z = 20\\,x_{1} + 20\\,x_{2} - 10$", "unit 2\n$z = -20\\,x_{1} - 20\\,x_{2} + 30$"]
    assert display.figure_.get_suptitle() == "Units of layer 1"


def test_formulas_are_in_the_inputs_as_they_are_given() -> None:
    """Behind a Normalization, z is written in the numbers of the table."""
    net = Network([Normalization(), Dense(2, "tanh"), Dense(1, "sigmoid")], engine="reference", dtype="float64", seed=1)
    x = X * 10 + 5
    net.fit(x, XOR, epochs=1, verbose=0)
    display = plots.HiddenUnitsDisplay.from_network(net, x, XOR, resolution=5)
    scale, offset = net.layers[0].affine()
    weights, biases = net.get_weights()[-4:-2]
    slope, constant = weights * np.reshape(scale, (-1, 1)), biases + offset @ weights
    for k in range(2):
        numbers = display.formulas[k].strip("$").replace("z = ", "").replace("\\,", "")
        first, rest = numbers.split("x_{1}")
        assert float(first) == pytest.approx(slope[0, k], rel=0.05)
        assert float(rest.split("x_{2}")[0].replace(" ", "")) == pytest.approx(slope[1, k], rel=0.05)
        assert float(rest.split("x_{2}")[1].replace(" ", "")) == pytest.approx(constant[k], rel=0.05)


def test_units_of_other_layers_and_shades() -> None:
    net = net_of(4, 3, 1, hidden="relu")
    display = plots.HiddenUnitsDisplay.from_network(net, X, layer=1, units=[2, 0], resolution=7)
    assert [axes.get_title() for axes in display.axes_] == ["unit 3", "unit 1"] and display.layer == 1
    assert display.figure_.get_suptitle() == "Units of layer 2" and not display.figure_.legends
    assert display.ax_.images[0].norm.vmax == pytest.approx(display.a.max()) and not display.bounded
    inner = plots.HiddenUnitsDisplay.from_network(net, X, XOR, resolution=7).plot(what="z", points=False)
    norm = inner.ax_.images[0].norm
    assert norm.vmin == -norm.vmax == -np.abs(inner.z).max(), "white is z = 0"
    wide = plots.HiddenUnitsDisplay.from_network(net_of(20, 1), X, XOR, resolution=5)
    assert len(wide.axes_) == 20 and wide.ax_.get_title() == "unit 1", "no room for formulas"
    held = plots.HiddenUnitsDisplay.from_network(net_of(2, 1, inputs=3), np.eye(3), features=(0, 2), resolution=5)
    assert "x_{3}" in held.formulas[0] and held.figure_.get_suptitle().endswith("(the other input held at its mean)")


def test_units_refuse() -> None:
    def refused(words: str, net: Network = xor_net(), **options: Any) -> None:  # noqa: B008
        with pytest.raises(ValueError, match=words):
            plots.HiddenUnitsDisplay.from_network(net, **{"x": X, "resolution": 5} | options)

    refused("units: there are 40, too many for one picture; name at most 36", net_of(40, 1))
    refused(r"units: \[\] is not possible; expected a list of 1 to 36 numbers", units=[])
    refused("units: 2 is not possible; expected an integer from 0 to 1", units=[2])
    refused("layer: 2 is not possible; expected an integer from 0 to 1", layer=2)
    refused("features: a heat map needs two inputs; DecisionRegionDisplay draws one", features=(0,))
    refused("x: only finite numbers can be drawn", x=X * np.nan)
    refused("what: 'y' is unknown; known are a, z", what="y")
    plots.HiddenUnitsDisplay.from_network(xor_net(), X[:1], XOR[:1], resolution=5)._repr_png_()


# ---- weights -----------------------------------------------------------------------------------


def test_weights_are_images() -> None:
    """Each panel is a column of W, all with one scale that is symmetric about 0."""
    net = digit_net()
    display = plots.WeightImagesDisplay.from_network(net)
    weights = net.get_weights()[0]
    for k, axes in enumerate(display.axes_):
        np.testing.assert_array_equal(axes.images[0].get_array(), weights[:, k].reshape(5, 5))
        norm = axes.images[0].norm
        assert norm.vmax == -norm.vmin == np.float64(np.abs(weights).max()) and axes.get_title() == f"unit {k + 1}"
    out = plots.WeightImagesDisplay.from_network(net, layer=1, units=[2], shape=(1, 4))
    np.testing.assert_array_equal(out.images[0, 0], net.get_weights()[2][:, 2])
    data = plots.WeightImagesDisplay.from_data(np.zeros((2, 3, 4)), names=["a", "b"])
    assert data.images.shape == (2, 3, 4) and data.ax_.images[0].norm.vmax == 1
    shade = data.ax_.images[0].cmap
    assert min(shade(0.5)[:3]) > 0.99 and min(shade(0.49)) > 0.97 and min(shade(0.51)) > 0.97, (
        "hardly anything is white"
    )


def test_weights_refuse() -> None:
    net = digit_net()
    with pytest.raises(ValueError, match=r"shape: 4 x 6 is not 25 inputs"):
        plots.WeightImagesDisplay.from_network(net, shape=(4, 6))
    with pytest.raises(ValueError, match=r"shape: 5 is not possible; expected \(height, width\)"):
        plots.WeightImagesDisplay.from_network(net, shape=5)
    with pytest.raises(ValueError, match=r"shape: 2 inputs are no square; give shape=\(height, width\)"):
        plots.WeightImagesDisplay.from_network(line_net())
    with pytest.raises(ValueError, match="weights: only finite numbers"):
        plots.WeightImagesDisplay.from_data([[1.0, np.nan]])
    with pytest.raises(ValueError, match="weights: 201 units are too many"):
        plots.WeightImagesDisplay.from_data(np.zeros((201, 4)))
    normed = Network([Dense(4, "tanh"), BatchNormalization(), Dense(1)], inputs=4)
    with pytest.raises(ValueError, match="layer: number 1 has no matrix of weights; layers that have one: 0, 2"):
        plots.WeightImagesDisplay.from_network(normed, layer=1)


# ---- estimators --------------------------------------------------------------------------------


def test_hidden_space_of_an_estimator() -> None:
    """Points are a of its layer, the plane behind them is what follows from there, the classes are its own."""
    fitted = estimator()
    display = plots.HiddenSpaceDisplay.from_network(fitted, X, SPECIES[XOR], resolution=11)
    hidden = np.tanh(np.tanh(X @ fitted.coefs_[0] + fitted.intercepts_[0]) @ fitted.coefs_[1] + fitted.intercepts_[1])
    np.testing.assert_allclose(display.spaces[1].points, hidden, rtol=1e-9)
    plane = display.spaces[1].regions
    a = np.stack(np.meshgrid(plane.x1, plane.x2), axis=-1)
    expected = 1 / (1 + np.exp(-(a @ fitted.coefs_[2] + fitted.intercepts_[2])))[..., 0]
    np.testing.assert_allclose(plane.values, expected, rtol=1e-9)
    own = display.spaces[0].regions
    rows = np.stack(np.meshgrid(own.x1, own.x2), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(own.values.ravel(), fitted.predict_proba(rows)[:, 1])
    assert [text.get_text() for text in display.figure_.legends[0].get_texts()] == ["cat", "dog"]
    placed = plots.HiddenSpaceDisplay.from_network(fitted, X, SPECIES[XOR], limits=((-1, 1), (-2, 2)), resolution=5)
    assert placed.axes_[1].get_ylim() == (-2, 2)


def test_estimators_of_scikit_learn_and_pipelines() -> None:
    """scikit-learn's own MLP, and one behind a scaler: outputs that follow from inside are its answers."""
    neural = pytest.importorskip("sklearn.neural_network")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = neural.MLPClassifier((3,), activation="logistic", max_iter=5, random_state=0).fit(X, SPECIES[XOR])
        piped = make_pipeline(StandardScaler(), neural.MLPClassifier((2,), max_iter=5, random_state=0))
        piped.fit(X * 7, [3, 5, 9, 5])
    np.testing.assert_allclose(insides.inside(theirs, X)[-1][1][:, 0], theirs.predict_proba(X)[:, 1], rtol=1e-12)
    np.testing.assert_allclose(insides.inside(piped, X * 7)[-1][1], piped.predict_proba(X * 7), rtol=1e-12)
    display = plots.HiddenSpaceDisplay.from_network(piped, X * 7, [3, 5, 9, 5], resolution=5)
    assert display.labels.names == ("3", "5", "9") and len(display.axes_) == 2
    assert len(plots.HiddenUnitsDisplay.from_network(piped, X * 7, [3, 5, 9, 5], resolution=5).axes_) == 2
    assert len(plots.WeightImagesDisplay.from_network(theirs, shape=(1, 2)).axes_) == 3


def test_classes_of_an_estimator_keep_their_outputs() -> None:
    """Signs and numbers are classes, in the order of classes_, also where not all of them occur among the rows."""
    estimators = pytest.importorskip("pynn.estimators")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = estimators.MLPClassifier((2,), max_iter=2, random_state=0).fit(X, [-1, 1, 1, -1])
        three = estimators.MLPClassifier((2,), max_iter=2, random_state=0).fit(X, [2, 4, 7, 4])
    signs = plots.DecisionRegionDisplay.from_network(net, X, [-1, 1, 1, -1], resolution=5)
    assert signs.regions.middle == 0.5 and signs.shade == "probability of class 1"
    some = plots.DecisionRegionDisplay.from_network(three, X[:2], [7, 4], resolution=5)
    assert some.classes == ("2", "4", "7") and some.labels.number.tolist() == [2, 1]
    with pytest.raises(ValueError, match=r"y: 3 is no class of the network; it knows \[2, 4, 7\]"):
        plots.DecisionRegionDisplay.from_network(three, X[:2], [3, 4], resolution=5)


def test_what_has_not_been_fitted() -> None:
    estimators = pytest.importorskip("pynn.estimators")
    with pytest.raises(NotFittedError, match="has not been fitted yet"):
        plots.HiddenSpaceDisplay.from_network(estimators.MLPClassifier((2,)), X, XOR)
