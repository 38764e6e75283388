"""Backpropagation by hand and by the library: every index of the lectures' sums, compared with `net.trace`.

The sums are written out element by element, as on the slides; `trace` has the library's numbers. Its sign is the
gradient's (delta = dL/dz); the lectures that write w + rate delta x mean minus that. W is (inputs, outputs) here, so
the lectures' theta_ij, from unit j to unit i, is W[j, i]. Rows are samples; the lectures' columns are the transpose.
Next: gradient_checking.py.

Lectures: items 36, 37, 38, 39, 40, 41, 42, 43, 44, 74; flags F9, F15, F17, F18.
"""

import numpy as np

from pynn import Dense, Network
from pynn.losses import HalfMeanSquaredError


def sigma(z):
    return 1 / (1 + np.exp(-z))


def agree(what, by_hand, library):
    distance = np.abs(np.asarray(by_hand) - library).max()
    print(f"  {what:<52} largest difference {'0' if distance < 1e-14 else format(distance, '.1e')}")


rng = np.random.default_rng(0)
print("A 3-2-3-2 network, sigmoid, half the squared error of one row: deltas by the lectures' index sums")
net = Network([Dense(2, "sigmoid"), Dense(3, "sigmoid"), Dense(2, "sigmoid")], inputs=3, dtype="float64", seed=1)
net.compile(loss=HalfMeanSquaredError(outputs="sum"))
x, y = rng.uniform(-1, 1, (1, 3)), np.array([[1.0, 0.0]])
one, two, three = net.trace(x, y).layers
w2, w3 = two.W.T, three.W.T  # w[i, j] leads from unit j to unit i, as in the lectures
d2, d3 = two.delta[0], three.delta[0]
a1, a2, a3 = one.a[0], two.a[0], three.a[0]
print("  shapes of W, inputs first:", one.W.shape, two.W.shape, three.W.shape)
agree("a = g(W3 g(W2 g(W1 x)))", sigma(w3 @ sigma(w2 @ sigma(one.W.T @ x[0]))), a3)
agree("delta3 = (a - y) da3, minus that in the other deck", (a3 - y[0]) * a3 * (1 - a3), d3)
agree("delta2_1 = [w3_11 d3_1 + w3_21 d3_2] da2_1", (w3[0, 0] * d3[0] + w3[1, 0] * d3[1]) * a2[0] * (1 - a2[0]), d2[0])
second = sum(w2[k, 1] * d2[k] for k in range(3)) * a1[1] * (1 - a1[1])
agree("delta1_2 = [w2_12 d1 + w2_22 d2 + w2_32 d3] da1_2", second, one.delta[0, 1])
agree("dw2_ij = delta_i a_j", np.outer(d2, a1).T, two.dW)

print("\nThe case study: E = (y^ - y)^2, sigmoid layers, 2 units in layer 3, one linear output")
net = Network([Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(1)], inputs=2, dtype="float64", seed=2)
net.compile(loss="mse")
x, y = rng.uniform(-1, 1, (1, 2)), np.array([[0.3]])
one, two, three = net.trace(x, y).layers
d4 = 2 * (three.a[0, 0] - y[0, 0])
d3 = [two.a[0, j] * (1 - two.a[0, j]) * three.W[j, 0] * d4 for j in range(2)]
agree("dE/dw3_i1 = sigma(I3_i) 2 (y^ - y)", [[two.a[0, i] * d4] for i in range(2)], three.dW)
agree("dE/dw2_ij = sigma(I2_i) d3_j", [[one.a[0, i] * d3[j] for j in range(2)] for i in range(3)], two.dW)
d2 = [one.a[0, j] * (1 - one.a[0, j]) * sum(two.W[j, k] * d3[k] for k in range(2)) for j in range(3)]
agree("dE/dw1_ij = x_i d2_j, x as it is", [[x[0, i] * d2[j] for j in range(3)] for i in range(2)], one.dW)

print("\nA batch with accumulators: Delta += delta (a)^T row by row, D = Delta / m, plus lambda / m theta")
penalty, m = 0.8, 5
layers = [Dense(3, "sigmoid", l2=penalty / (2 * m)), Dense(1, "sigmoid", l2=penalty / (2 * m))]
net = Network(layers, inputs=2, dtype="float64", seed=3)
net.compile(loss="binary_crossentropy")
x, y = rng.uniform(-1, 1, (m, 2)), np.array([[0], [1], [1], [0], [1]])
(W1, b1, W2, b2), Delta1, Delta2, Bias1, Bias2 = net.get_weights(), 0, 0, 0, 0
for row, target in zip(x, y, strict=True):
    a1 = sigma(row @ W1 + b1)
    d2 = sigma(a1 @ W2 + b2) - target
    d1 = (W2 @ d2) * a1 * (1 - a1)
    Delta1, Delta2 = Delta1 + np.outer(row, d1), Delta2 + np.outer(a1, d2)
    Bias1, Bias2 = Bias1 + d1, Bias2 + d2
for name, by_hand, gradient in zip(
    ("D1 = (Delta1 + lambda W1) / m", "D1 of the bias = Delta / m", "D2", "D2 of the bias"),
    (Delta1 / m + penalty / m * W1, Bias1 / m, Delta2 / m + penalty / m * W2, Bias2 / m),
    net.gradients(x, y),
    strict=True,
):
    agree(name, by_hand, gradient)

print("\nThe computation graph of logistic regression, node by node: z = w1 x1 + w2 x2 + b, a = sigma(z), L = -ln a")
net = Network([Dense(1, "sigmoid")], inputs=2, dtype="float64")
net.set_weights([[[1], [-2]], [0.5]])
(node,) = net.trace([[2, 1]], [1]).layers
z, a = node.z[0, 0], node.a[0, 0]
print(f"  z = {z}, a = {a:.6f}, L = {-np.log(a):.6f}; dL/da = {-1 / a:.6f}, da/dz = {a * (1 - a):.6f}")
agree("dL/dz = dL/da da/dz = a - 1", -1 / a * a * (1 - a), node.delta)
agree("dL/dw1 = dL/dz x1, dL/dw2 = dL/dz x2", [[(a - 1) * 2], [(a - 1) * 1]], node.dW)

print("\nThe chain rule at x = 0.7, beside central differences")
for name, f, derivative in (
    ("(2x + 1)^3", lambda x: (2 * x + 1) ** 3, lambda x: 3 * (2 * x + 1) ** 2 * 2),
    ("sin(x^2)", lambda x: np.sin(x**2), lambda x: np.cos(x**2) * 2 * x),
    ("sin(x)^2", lambda x: np.sin(x) ** 2, lambda x: 2 * np.sin(x) * np.cos(x)),
):
    print(f"  {name:<10} {derivative(0.7):.6f} {(f(0.7 + 1e-4) - f(0.7 - 1e-4)) / 2e-4:.6f}")

calls = {"naive": 0, "remembered": 0}


def naive(n):
    calls["naive"] += 1
    return n if n < 2 else naive(n - 1) + naive(n - 2)


def remembered(n, known):
    if n not in known:
        calls["remembered"] += 1
        known[n] = n if n < 2 else remembered(n - 1, known) + remembered(n - 2, known)
    return known[n]


print("Why backward remembers: Fibonacci's 20th number", naive(20), "=", remembered(20, {}), "in", calls, "sums")
added = np.array([[2, 3], [4, 5]]) + np.array([[-4, 2]])
print(f"A row is added to every row: {' '.join(map(str, added.ravel()))}  (lecture: -2 5 0 7)")
