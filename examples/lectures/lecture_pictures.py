"""The lectures' pictures, drawn from networks that were trained a moment ago; each is written to a file.

Run it: python examples/lectures/lecture_pictures.py [folder to write to]; without one, lecture_pictures/ is made.
Network diagrams and computation graphs are SVG and need nothing; the others need matplotlib (pynn-native[plot]).
This is the last of the scripts.

Lectures: items 3, 6, 20, 27, 33, 43, 50, 68.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pynn import SGD, Adam, Dense, Network, Normalization, Rescaling, datasets

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "lecture_pictures")
folder.mkdir(parents=True, exist_ok=True)


def trained(layers, x, y, epochs, inputs=None, rate=0.02, **options):
    net = Network(layers, inputs=inputs, seed=1)
    net.compile(optimizer=Adam(learning_rate=rate), metrics=["accuracy"])
    return net, net.fit(x, y, batch_size=50, epochs=epochs, verbose=0, **options)


circles = datasets.make_circles(600, noise=0.08, seed=0)
bent, course = trained([Dense(4, "tanh"), Dense(2, "softmax")], *circles, 150, validation_split=0.25)
plane, _ = trained([Dense(2, "tanh"), Dense(2, "softmax")], *circles, 150)
line = Network([Dense(1, "step")], inputs=2)
line.set_weights([[[2], [-1]], [1]])  # z = 2 x1 - x2 + 1

bent.diagram().save(folder / "diagram_2_4_2.svg")
neuron = Network([Dense(1, "sigmoid")], inputs=2)
neuron.set_weights([[[1], [-2]], [0.5]])
neuron.trace([[2, 1]], [1]).graph().save(folder / "computation_graph.svg")

if find_spec("matplotlib"):
    from pynn import plots

    flowers, species = datasets.iris()
    (x, y), (xt, yt) = datasets.drawn_digits()
    digits, _ = trained([Rescaling(1 / 255), Dense(32, "relu"), Dense(10, "softmax")], x, y, 5, rate=0.005)
    rates = (0.001, 0.01, 0.1)
    histories = []
    for rate in rates:
        net = Network([Normalization(), Dense(8, "tanh"), Dense(3, "softmax")], seed=0)
        net.compile(optimizer=SGD(learning_rate=rate))
        histories.append(net.fit(flowers, species, batch_size=25, epochs=60, verbose=0))
    plane_points = np.random.default_rng(0).uniform(-5, 5, (200, 2))
    sides = line.predict(plane_points)[:, 0].astype(int)
    drawn = {
        "boundary_of_a_step": plots.DecisionRegionDisplay.from_network(line, plane_points, sides),
        "regions_2_4_2": plots.DecisionRegionDisplay.from_network(bent, *circles),
        "hidden_space_2_2_2": plots.HiddenSpaceDisplay.from_network(plane, *circles),
        "activations": plots.ActivationDisplay.from_activation(["step", "sign", "sigmoid", "tanh", "relu", "linear"]),
        "losses": plots.LossDisplay.from_loss("binary_crossentropy"),
        "softmax": plots.SoftmaxDisplay.from_data([-1, 0, 1, 2, 4]),
        "loss_and_accuracy": plots.LearningCurveDisplay.from_history(course),
        "learning_rates": plots.LearningRateDisplay.from_history(histories, rates=rates),
        "descent": plots.DescentDisplay.from_function(
            lambda x: x * (5 - 2 * x) ** 2, rates=(0.002, 0.02, 0.09), start=2.0
        ),
        "iris": plots.ScatterMatrixDisplay.from_data(
            flowers, species, names=datasets.IRIS_FEATURES, classes=datasets.IRIS_SPECIES
        ),
        "confusion": plots.ConfusionMatrixDisplay.from_network(digits, xt, yt),
        "roc": plots.RocCurveDisplay.from_network(plane, *circles),
        "digits": plots.DigitsDisplay.from_network(digits, xt[:4], yt[:4]),
        "misclassified": plots.MisclassifiedDisplay.from_network(digits, xt, yt),
    }
    for name, display in drawn.items():
        display.save(folder / f"{name}.png")
for path in sorted(folder.iterdir()):
    print(f"{path.name:<28} {path.stat().st_size:9,} bytes")
