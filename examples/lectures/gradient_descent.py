"""Gradient descent: on a function of one variable first, then what a Network does with rows, momentum and decay.

The one-dimensional part is plain Python, for there is nothing to train; the rest is Network. Two rules for when to stop
are compared, and two readings of a rate that decays: the one that is meant and the one that is printed.
Next: multilayer_networks.py.

Lectures: items 50, 51, 52, 53, 54, 55, 56, 57, 76; flags F3, F10.
"""

import numpy as np

from pynn import SGD, Adam, Dense, Network, Normalization, datasets, metrics


def f(x):
    return x * (5 - 2 * x) ** 2  # 4 x^3 - 20 x^2 + 25 x


def slope(x):
    return 12 * x**2 - 40 * x + 25


def while_falling(x, rate):
    """The lecture's rule: repeat while L(next) < L(this)."""
    steps = 0
    while f(x - rate * slope(x)) < f(x):
        x, steps = x - rate * slope(x), steps + 1
    return x, steps


def while_steep(x, rate, small=1e-6, most=1000):
    """The other usual rule: until the slope is small, or there were too many steps."""
    steps = 0
    while abs(slope(x)) > small and steps < most:
        x, steps = x - rate * slope(x), steps + 1
    return x, steps


print("f(x) = x (5 - 2x)^2: f' = 12 x^2 - 40 x + 25 is 0 at")
print(f"  {' '.join(format(root, '.4f') for root in np.roots([12, -40, 25]))}  (lecture: 2.5000 0.8333)")
print(f"  f(5/6) = {f(5 / 6):.4f}  (by hand: 9.2593)")
print(f"  f(5/2) = {f(5 / 2):.0f}  (by hand: 0)")
for name, rule in (("while f falls", while_falling), ("while f is steep", while_steep)):
    for rate in (0.002, 0.02, 0.09, 0.11):
        with np.errstate(all="ignore"):
            x, steps = rule(2.0, rate)
        print(f"  down from 2, rate {rate:<5}, {name:<16}: x = {x:8.4f} after {steps:4} steps")
up = 1.0
for _ in range(100):
    up += 0.02 * slope(up)
print(f"  up from 1 by + rate f': x = {up:.4f}, which is 5/6")

print("\nIris, 150 rows: one row, some, or all rows a step; K epochs of N / batch steps")
flowers, species = datasets.iris()


def learner(optimizer, l2=0.0):
    layers = [Normalization(), Dense(8, "tanh", l2=l2), Dense(3, "softmax", l2=l2)]
    net = Network(layers, inputs=4, seed=0)
    net.compile(optimizer=optimizer, metrics=["accuracy"])
    return net


for name, batch in (("SGD", 1), ("mini-batch", 25), ("BGD", 150)):
    net = learner(SGD(learning_rate=0.05))
    loss = net.fit(flowers, species, batch_size=batch, epochs=20, verbose=0).history["loss"][-1]
    print(f"  {name:<10} {net.iteration:5} steps, loss {loss:.4f}")

print("The same by the lecture's pseudo-code: for each epoch, for each batch, one step")
net, by_hand = learner(SGD(learning_rate=0.05)), learner(SGD(learning_rate=0.05))
net.fit(flowers, species, batch_size=25, epochs=20, shuffle=False, verbose=0)
by_hand.layers[0].adapt(flowers)
for _epoch in range(20):
    for begin in range(0, 150, 25):
        by_hand.train_on_batch(flowers[begin : begin + 25], species[begin : begin + 25])
print(f"  the same weights to the last bit: {net.fingerprint() == by_hand.fingerprint()}")

print("\nMomentum: v = 0.9 v - rate g, w += v, beside the Network's weight; g of (w - 3)^2 is 2 (w - 3)")
net = Network([Dense(1, "linear", "zeros", use_bias=False)], inputs=1, dtype="float64")
net.compile(loss="mse", optimizer=SGD(learning_rate=0.1, momentum=0.9))
w = v = 0.0
for _ in range(4):
    v = 0.9 * v - 0.1 * 2 * (w - 3)
    w += v
    net.train_on_batch([[1]], [3])
    print(f"  {w:.6f} {net.get_weights()[0].item():.6f}")

print("\nDecay of the rate: 0.01 / (1 + decay * iteration), decay = 1e-6, after 5 epochs of 600 steps")
updates = 5 * 600
literal = 0.01
for iteration in range(updates):  # rate = rate / (1 + decay * iteration), as printed: it compounds
    literal /= 1 + 1e-6 * iteration
meant = SGD(learning_rate=0.01, decay=1e-6, momentum=0.9).rates(updates, 1)[0]
print(f"  meant {meant:.4e}  (lecture: {literal:.4e}; F10)")
print(f"  the printed recursion makes it {meant / literal:.0f} times smaller; only this line computes it")

print("\nAdam adapts each weight's rate; here beside SGD with the same rate, 20 epochs")
for optimizer in (SGD(learning_rate=0.01), SGD(learning_rate=0.01, momentum=0.9), Adam(learning_rate=0.01)):
    history = learner(optimizer).fit(flowers, species, batch_size=25, epochs=20, verbose=0).history
    momentum = getattr(optimizer, "momentum", 0.0)
    print(f"  {type(optimizer).__name__:<5} momentum {momentum:.1f}: loss {history['loss'][-1]:.4f}")

print("\nA grid for the penalty, 10.0 ** -np.arange(1, 7), chosen by validation rows; the test rows are for the end")
(x, y), (xv, yv), (xt, yt) = datasets.split(flowers, species, test=0.2, validation=0.2, seed=0)
scores = {}
for alpha in 10.0 ** -np.arange(1, 7):
    net = learner(Adam(learning_rate=0.02), l2=alpha / 2 / 30)  # scikit-learn divides its penalty by a batch's rows
    net.fit(x, y, batch_size=30, epochs=100, verbose=0)
    scores[alpha] = metrics.log_loss(yv, net.predict(xv)), net  # evaluate's loss would have the penalty in it
    print(f"  alpha {alpha:g}: validation loss {scores[alpha][0]:.4f}")
best = min(scores, key=lambda alpha: scores[alpha][0])
print(f"  alpha {best:g} is taken: test accuracy {scores[best][1].evaluate(xt, yt)['accuracy']:.3f}")
