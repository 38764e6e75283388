"""Networks that are Boolean functions: by given weights, by learning, and by looking at the inputs differently.

The weights 10, -20 and their like are the lecture's; those of AND and OR are the well-known ones, for the lecture
shows them in a figure only. Next: activations_and_losses.py.

Lectures: items 13, 14, 15, 16, 17, 18; flags F16.
"""

import numpy as np

from pynn import SGD, Dense, Network
from pynn.initializers import Uniform

TABLE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])


def unit(bias, *weights):
    net = Network([Dense(1, "sigmoid")], inputs=len(weights), dtype="float64")
    net.set_weights([np.reshape(weights, (-1, 1)), [bias]])
    return net


def beside(values, form, source):
    """Our values, and the lecture's own or those that follow from its weights by hand."""
    print("  " + " ".join(format(value, form) for value in values), f" ({source})")


print("NOT x = f(10 - 20 x) at x = 0 and x = 1")
negation = unit(10, -20).predict([[0], [1]])[:, 0]
beside(negation, ".0f", "lecture: 1 0")
beside(negation[:1], ".10f", "by hand: 0.9999546021")
beside(negation[1:], ".10e", "by hand: 4.5397868702e-05")

print("(NOT x1) AND (NOT x2) = f(10 - 20 x1 - 20 x2)")
nor = unit(10, -20, -20).predict(TABLE)[:, 0]
beside(nor, ".0f", "lecture: 1 0 0 0")
beside(nor[3:], ".4e", "by hand: 9.3576e-14")

print("XNOR = (x1 AND x2) OR (NOT x1 AND NOT x2): two units and one on top of them")
xnor = Network([Dense(2, "sigmoid"), Dense(1, "sigmoid")], inputs=2, dtype="float64")
xnor.set_weights([[[20, -20], [20, -20]], [-30, 10], [[20], [20]], [-10]])
composed = xnor.predict(TABLE)[:, 0]
beside(composed, ".0f", "lecture: 1 0 0 1")
beside(composed, ".3e", "by hand: 1.000e+00 4.548e-05 4.548e-05 1.000e+00")

print("\nXOR with one unit: no line separates it, so the perceptron never stops erring")
line = Network([Dense(1, "step", Uniform(1.0), Uniform(1.0))], inputs=2, seed=0)
line.compile(loss="perceptron", optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
seen = line.fit(TABLE, XOR, batch_size=1, epochs=1000, verbose=0).history["accuracy"]
print(f"  epochs without an error: {sum(share == 1 for share in seen)} of 1000")

print("XOR with one unit that also sees x1 x2: now a plane does")
mapped = np.column_stack([TABLE, TABLE[:, 0] * TABLE[:, 1]])
plane = Network([Dense(1, "step", Uniform(1.0), Uniform(1.0))], inputs=3, seed=0)
plane.compile(loss="perceptron", optimizer=SGD(learning_rate=0.1))
plane.fit(mapped, XOR, batch_size=1, epochs=200, verbose=0)
beside(plane.predict(mapped)[:, 0], ".0f", "lecture: 0 1 1 0")
plane.set_weights([[[1], [1], [-2]], [-0.5]])  # by hand: x1 + x2 - 2 x1 x2 - 1/2
beside(plane.predict(mapped)[:, 0], ".0f", "lecture: 0 1 1 0")

print("XOR with a hidden layer, 2-100-1: tanh and sigmoid, from U(-1, 1), rate 0.1, 500 epochs of one step")
for name, targets, source in (
    ("XOR", XOR, "lecture: 0 1 1 0"),
    ("XNOR: the targets of the course's notebook, which calls them XOR", 1 - XOR, "lecture: 0 1 1 0; F16"),
):
    net = Network([Dense(100, "tanh", Uniform(1.0)), Dense(1, "sigmoid", Uniform(1.0))], inputs=2, seed=0)
    net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.1))
    net.fit(TABLE, targets, batch_size=4, epochs=500, verbose=0)
    print(f"  {name}: {net.predict(TABLE)[:, 0].round(3)}")
    beside(net.predict(TABLE)[:, 0], ".0f", source)
