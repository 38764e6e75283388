"""One neuron: McCulloch and Pitts', Rosenblatt's, the linear and the logistic one; each is a Network of one unit.

What differs is the activation and the loss; the learning rule follows from them. Data is made up here, from the
seeds below. Next: boolean_functions.py, for neurons put together.

Lectures: items 1, 2, 3, 4, 5, 6, 7, 9, 10, 12; flags F2, F4.
"""

import numpy as np

from pynn import SGD, Dense, Network
from pynn.activations import hard_sigmoid
from pynn.initializers import Uniform


def neuron(activation, weights, bias):
    """h = g(w x + b) with given weights."""
    net = Network([Dense(1, activation)], inputs=len(weights), dtype="float64")
    net.set_weights([np.reshape(weights, (-1, 1)), [bias]])
    return net


print("An affine map and what is made of it: 1 + 3 x1 - 2 x2 at (-1, 2)")
x = [[-1, 2]]
print(f"  z = {neuron('linear', [3, -2], 1).predict(x)[0, 0]:.0f}  (lecture: -6)")
print(f"  sign(z) = {neuron('sign', [3, -2], 1).predict(x)[0, 0]:.0f}  (lecture: -1)")
print(f"  step(z) = {neuron('step', [3, -2], 1).predict(x)[0, 0]:.0f}  (lecture: -1; F2)")
augmented = Network([Dense(1, use_bias=False)], inputs=3, dtype="float64")  # x0 = 1 has the weight b
augmented.set_weights([[[1], [3], [-2]]])
print(f"  with x0 = 1 for the bias: z = {augmented.predict([[1, -1, 2]])[0, 0]:.0f}  (lecture: -6)")

print("\nThree activations on z = 2 x1 - x2 + 1: the same boundary x2 = 2 x1 + 1")
for name, activation in (("step", "step"), ("sigmoid", "sigmoid"), ("hard sigmoid", hard_sigmoid(slope=1 / 2))):
    below, on, above = neuron(activation, [2, -1], 1).predict([[1, 0], [1, 3], [1, 6]])[:, 0]
    print(f"  {name:<12} below {below:.4f}, on it {on:.1f}, above {above:.4f}")

print("\nMcCulloch and Pitts: a step, weights chosen by hand; here x1 AND x2, and the half plane where it is 1")
both = neuron("step", [1, 1], -1.5)
print("  truth table", both.predict([[0, 0], [0, 1], [1, 0], [1, 1]])[:, 0].astype(int))
axis = np.linspace(-5, 5, 100)
grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
print(f"  {both.predict(grid).mean():.1%} of a 100 x 100 grid over [-5, 5]^2")

print("\nRosenblatt's perceptron learns OR: w += rate (t - y) x, row by row")
table, either = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 1])
perceptron = Network([Dense(1, "step", Uniform(1.0), Uniform(1.0))], inputs=2, seed=3)  # all from U(-1, 1)
perceptron.compile(loss="perceptron", optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
history = perceptron.fit(table, either, batch_size=1, epochs=50, shuffle=False, verbose=0).history
print("  outputs", perceptron.predict(table)[:, 0].astype(int), "after", history["accuracy"].index(1.0) + 1, "epochs")

print("\nADALINE: a linear unit and half the mean square; y = -18 x + 6 + 3 N(0, 1), 100 rows, all in one step")
rng = np.random.default_rng(7)
line = rng.uniform(-1, 1, (100, 1))
noisy = -18 * line + 6 + 3 * rng.standard_normal((100, 1))
adaline = Network([Dense(1, "linear", "zeros")], inputs=1, dtype="float64")
adaline.compile(loss="half_mse", optimizer=SGD(learning_rate=0.1))
adaline.fit(line, noisy, batch_size=100, epochs=100, verbose=0)
(best_w, best_b), *_ = np.linalg.lstsq(np.column_stack([line, np.ones(100)]), noisy[:, 0])
w, b = (float(a.item()) for a in adaline.get_weights())
print(f"  after 100 epochs y = {w:.2f} x + {b:.2f}; least squares say {best_w:.2f} x + {best_b:.2f}")
adaline.fit(line, noisy, batch_size=100, epochs=900, verbose=0)
w, b = (float(a.item()) for a in adaline.get_weights())
print(f"  after 1000       y = {w:.2f} x + {b:.2f}")

print("\nThe logistic neuron learns AND: rate 1, 100 epochs; P(y = 1 | x)")
logistic = Network([Dense(1, "sigmoid", "zeros")], inputs=2)
logistic.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=1))
logistic.fit(table, [0, 0, 0, 1], batch_size=1, epochs=100, shuffle=False, verbose=0)
print("  outputs", logistic.predict(table)[:, 0].round(3))

print("\nOne step by each rule from w = (0.5, -0.5), b = 0.1 at x = (1, 2), target 1, rate 0.1: (dw1, dw2, db)")
for rule, activation, loss in (
    ("Rosenblatt (t - y) x", "step", "perceptron"),
    ("ADALINE (t - y) x", "linear", "half_mse"),
    ("logistic (t - y) x", "sigmoid", "binary_crossentropy"),  # no factor 1/2: the rule is followed, not the formula
    ("delta rule (t - y) phi'(z) x", "tanh", "half_mse"),
):
    net = neuron(activation, [0.5, -0.5], 0.1)
    net.compile(loss=loss, optimizer=SGD(learning_rate=0.1))
    layer = net.trace([[1, 2]], [1]).layers[0]
    print(f"  {rule:<28} {layer.update_W.ravel().round(6)} {layer.update_b.round(6)}")
