"""Is the gradient right? Central differences, and the mistakes that they find.

`net.check_gradients` compares each weight's derivative with [J(w + eps) - J(w - eps)] / 2 eps. It costs two losses for
each weight: use it once, then train without it. The mistakes below are those of a course's notebook.
Next: gradient_descent.py.

Lectures: items 45, 46, 69, 70; flags F16.
"""

import numpy as np

from pynn import SGD, Dense, Network
from pynn.initializers import Uniform

rng = np.random.default_rng(0)
x, y = rng.uniform(-1, 1, (6, 2)), rng.integers(0, 2, (6, 3))
net = Network([Dense(4, "tanh", Uniform(1.0)), Dense(3, "sigmoid", Uniform(1.0))], inputs=2, dtype="float64", seed=0)
net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.5))
print("The library's gradients, eps = 1e-4:")
print(net.check_gradients(x, y, eps=1e-4))


two = net.trace(x, y).layers[1]
own = net.gradients(x, y)  # [dW1, db1, dW2, db2]
one_for_all = np.full(3, two.delta.sum())  # the notebook sums over rows and units: every bias moves alike
with_derivative = (two.delta * two.derivative).sum(axis=0)  # the slides' (y - a) da; a cross-entropy has it already
print("\nThe output's biases, and two mistakes that look right on paper")
for name, db in (
    ("rows added up", own[3]),
    ("added up over units too", one_for_all),
    ("phi' once more than needed", with_derivative),
):
    report = net.check_gradients(x, y, gradients=[*own[:3], db])
    print(f"  {name:<27} {db.round(6)}  {'right' if report.ok else f'WRONG by {report.max_error:.0%}'}")

print("\nA misspelt branch trains nothing, silently; here a name that is not known is an error:")
try:
    net.compile(optimizer="bgd")
except ValueError as error:
    print(f"  {error}")

print("\nFirst weights: equal ones stay equal, so all units of a layer are one unit")
table, exclusive = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
for name, initializer in (("all zero", "zeros"), ("in [-eps, eps], eps = 1", Uniform(1.0))):
    net = Network([Dense(8, "tanh", initializer), Dense(1, "sigmoid", initializer)], inputs=2, seed=1)
    net.compile(optimizer=SGD(learning_rate=0.5), metrics=["accuracy"])
    net.fit(table, exclusive, batch_size=4, epochs=1000, verbose=0)
    different = len(np.unique(net.get_weights()[0], axis=1).T)
    share = net.evaluate(table, exclusive)["accuracy"]
    print(f"  {name:<24} {different} different units after 1000 epochs, accuracy {share}")
