"""Iris: 150 flowers, three species; and Setosa against Versicolor with one unit, an approximate perceptron.

The lecture's program for the latter is a picture whose text is lost; this one follows its description: one unit, the
hard sigmoid, two features. The hard sigmoid makes the step's rule an ordinary gradient.
Next: mnist_keras.py.

Lectures: items 8, 65; flags F6.
"""

import numpy as np

from pynn import SGD, Adam, Dense, Network, Normalization, datasets
from pynn.activations import hard_sigmoid

x, y = datasets.iris()
print(f"{len(x)}  (lecture: 150)")
print(f"{' '.join(map(str, np.bincount(y)))}  (lecture: 50 50 50)")
print("centimetres:", ", ".join(datasets.IRIS_FEATURES))
for label, name in enumerate(datasets.IRIS_SPECIES):
    print(f"  {name:<11} means {x[y == label].mean(axis=0).round(2)}")

print("\nSetosa or Versicolor by the two lengths of the petal: one unit, hard sigmoid of slope 1/2, mean square")
two = y < 2
(a, b), (at, bt) = datasets.split(x[two][:, 2:], y[two], test=0.3, seed=0)
unit = Network([Normalization(), Dense(1, hard_sigmoid(slope=1 / 2))], seed=0)
unit.compile(loss="mse", optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
unit.fit(a, b, batch_size=10, epochs=50, verbose=0)
answers = unit.predict(at)[:, 0]
print(f"  accuracy on 30 rows not seen before: {unit.evaluate(at, bt)['accuracy']:.3f}")
print(f"  {np.mean((answers == 0) | (answers == 1)):.0%} of the answers are 0 or 1, as a step's would be")

print("\nAll three, all four features, a hidden layer: 120 rows to learn from, 30 for the test")
(a, b), (at, bt) = datasets.split(x, y, test=0.2, seed=0)
net = Network([Normalization(), Dense(8, "tanh"), Dense(3, "softmax")], seed=0)
net.compile(optimizer=Adam(learning_rate=0.02), metrics=["accuracy"])
net.fit(a, b, batch_size=20, epochs=100, verbose=0)
print(f"  test accuracy {net.evaluate(at, bt)['accuracy']:.3f}")
