"""Every picture that pynn.plots can draw, once: python examples/pictures.py FOLDER

The files are written to FOLDER (left out: a folder `pictures` here). regions.png and curves.png are those of the
README. It needs matplotlib and scikit-learn: pip install 'pynn-native[plot,sklearn]'
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from pynn import SGD, Adam, Dense, Network, Normalization, Rescaling, datasets, plots
from pynn.estimators import MLPClassifier

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
folder.mkdir(parents=True, exist_ok=True)


def write(name: str, display: plots.Display, dpi: int = 100) -> None:
    """A small file: no more than 256 colours, and no word about when and by what it was written."""
    path = folder / f"{name}.png"
    display.save(path, dpi=dpi)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


# Two moons: a plane that one straight line cannot divide, and the hidden layer in which one can.
x, y = datasets.make_moons(300, noise=0.16, seed=2)
(x, y), (x_held, y_held) = datasets.split(x, y, test=0.3)
net = Network([Dense(12, "tanh"), Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, seed=0)
net.compile(optimizer=Adam(learning_rate=0.01), metrics=["accuracy"])
history = net.fit(x, y, epochs=150, validation_data=(x_held, y_held), verbose=0)
write("regions", plots.HiddenSpaceDisplay.from_network(net, x, y, classes=["upper moon", "lower moon"]))
write("moons", plots.DecisionRegionDisplay.from_network(net, x, y, classes=["upper", "lower"]))
write("curves", history.plot())
write("roc_moons", plots.RocCurveDisplay.from_network(net, x_held, y_held))

# The same network with other learning rates, and gradient descent on a function of one number.
runs = {}
for rate in (0.01, 0.1, 1.0):
    net = Network([Dense(12, "tanh"), Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, seed=0)
    net.compile(optimizer=SGD(learning_rate=rate))
    runs[rate] = net.fit(x, y, epochs=60, verbose=0)
write("rates", plots.LearningRateDisplay.from_history(runs))
write(
    "descent",
    plots.DescentDisplay.from_function(
        lambda t: t * t, derivative=lambda t: 2 * t, rates=[0.03, 0.3, 0.95, 1.05], start=2.0
    ),
)

# What lies behind: the hidden units' lines, and the way there, epoch by epoch.
x, y = datasets.make_moons(200, noise=0.16, seed=2)
net = Network([Dense(4, "tanh"), Dense(2, "softmax")], inputs=2, seed=1)
net.compile(optimizer=Adam(learning_rate=0.03))
net.fit(x, y, epochs=200, verbose=0)
write("units", plots.HiddenUnitsDisplay.from_network(net, x, y, classes=["upper moon", "lower moon"]))

film = plots.Snapshots(every=25)
net = Network([Dense(12, "tanh"), Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, seed=0)
net.compile(optimizer=Adam(learning_rate=0.01))
net.fit(x, y, epochs=200, callbacks=[film], verbose=0)


def draw(then: Network) -> plots.Display:
    fixed = (-1.1, 1.1), (-1.1, 1.1)  # of tanh, or the axes would move, too
    return plots.HiddenSpaceDisplay.from_network(then, x, y, limits=fixed, resolution=80)


plots.animate(draw, film, fps=3, dpi=56).save(folder / "epochs.gif")

# What regularization does.
(x, y), (x_test, y_test) = datasets.split(*datasets.make_moons(300, noise=0.3, seed=0), test=0.4)
nets = {}
for alpha in (0.001, 0.03, 0.3, 1.0, 3.0, 10.0):
    nets[alpha] = MLPClassifier(hidden_layer_sizes=(10, 10), alpha=alpha, solver="lbfgs", max_iter=3000, random_state=1)
    nets[alpha].fit(x, y)
write("alphas", plots.ComparedRegionsDisplay.from_networks(nets, x_test, y_test, what="alpha"), dpi=80)

# One input: the loss over its two weights, and a curve through points.
rng = np.random.default_rng(0)
x = rng.normal(size=60)
y = 1.5 * x + 0.6 + rng.normal(0, 0.4, 60)
net = Network([Dense(1, "linear")], inputs=1, seed=0)
write("surface", plots.LossSurfaceDisplay.from_network(net, x, y, rate=0.05, epochs=20, start=(-1.5, -1.5)), dpi=80)

rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, 80)
y = np.sin(2 * x) + rng.normal(0, 0.15, 80)
film = plots.Snapshots(every=10)
net = Network([Dense(20, "tanh"), Dense(1)], inputs=1, seed=0)
net.compile(optimizer=Adam(learning_rate=0.03))
net.fit(x, y, epochs=400, callbacks=[film], verbose=0)
write("fit", plots.CurveFitDisplay.from_network(net, x, y, snapshots=film, count=5))

# Iris: four inputs, three species.
names, species = datasets.IRIS_FEATURES, datasets.IRIS_SPECIES
x, y = datasets.iris()
(x, y), (x_test, y_test) = datasets.split(x, y, test=0.3)
net = Network([Normalization(), Dense(12, "tanh"), Dense(3, "softmax")], seed=0)
net.compile(optimizer=Adam(learning_rate=0.01))
net.fit(x, y, epochs=60, batch_size=16, verbose=0)
write("iris_scatter", plots.ScatterMatrixDisplay.from_data(x, y, names=names, classes=species))
write(
    "iris_regions",
    plots.DecisionRegionDisplay.from_network(net, x, y, features=(2, 3), names=names, classes=species),
)
write("iris_confusion", plots.ConfusionMatrixDisplay.from_network(net, x_test, y_test, classes=species))
write("iris_softmax", plots.SoftmaxDisplay.from_network(net, x_test[0], names=species))

x, y = datasets.iris()
net = Network([Normalization(), Dense(6, "tanh"), Dense(3, "softmax")], inputs=1, seed=0)
net.compile(optimizer=Adam(learning_rate=0.02))
net.fit(x[:, [2]], y, epochs=60, batch_size=16, verbose=0)
write("profile", plots.DecisionRegionDisplay.from_network(net, x[:, [2]], y, names=names[2:3], classes=species))

# Digits drawn by a program.
(x, y), (x_test, y_test) = datasets.drawn_digits(1500, 500)
net = Network([Rescaling(1 / 255), Dense(32, "relu"), Dense(10, "softmax")], inputs=784, seed=0)
net.fit(x, y, epochs=5, verbose=0)
wrong = np.flatnonzero(net.predict(x_test).argmax(axis=1) != y_test)[:2]
some = np.concatenate([np.arange(6), wrong])
write("digits", plots.DigitsDisplay.from_network(net, x_test[some], y_test[some]))
write("digits_plain", plots.DigitsDisplay.from_data(x[:30], y[:30]))
write("digits_wrong", plots.MisclassifiedDisplay.from_network(net, x_test, y_test, count=15))
write("digits_confusion", plots.ConfusionMatrixDisplay.from_network(net, x_test, y_test))
write("digits_roc", plots.RocCurveDisplay.from_network(net, x_test, y_test))
(x_more, y_more), _ = datasets.drawn_digits(3000, 10)
net = Network([Rescaling(1 / 255), Dense(16, "relu", l2=0.002), Dense(10, "softmax")], inputs=784, seed=0)
net.fit(x_more, y_more, epochs=15, verbose=0)
write("weights", plots.WeightImagesDisplay.from_network(net))
net = Network([Rescaling(1 / 255), Dense(32, "relu"), Dense(10, "softmax")], inputs=784, seed=0)
net.compile(optimizer=SGD(learning_rate=0.01, momentum=0.9))
write("range", net.find_learning_rate(x, y).plot())

# Functions, without a network.
write("activations", plots.ActivationDisplay.from_activation())
write("losses", plots.LossDisplay.from_loss(["binary_crossentropy", "mse", "mae"]))
write("losses_real", plots.LossDisplay.from_loss(["mse", "half_mse", "mae", "huber"], target=1.5))
write("softmax", plots.SoftmaxDisplay.from_data((-1, 0, 1, 2, 4)))
write("softmax_saturated", plots.SoftmaxDisplay.from_data((-1, 0, 1, 2, 8)))
