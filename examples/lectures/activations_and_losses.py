"""Activations, their derivatives, and losses: the lectures' tables beside what a Network computes.

One unit with weight 1 shows its activation; five units with the identity for weights show a softmax. The derivatives
come from a trace. Which loss goes with which activation is what `compile` takes when it is told nothing.
Next: one_layer_networks.py.

Lectures: items 11, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 75; flags F1, F3, F5, F6, F7, F8, F17.
"""

import numpy as np

from pynn import SGD, Dense, Network
from pynn.activations import hard_sigmoid, relu, step
from pynn.losses import BinaryCrossentropy


def through(activation, loss="mse", units=1, l2=0.0):
    """A network that passes its inputs on to the activation, unit by unit."""
    net = Network([Dense(units, activation, l2=l2)], inputs=units, dtype="float64")
    net.compile(loss=loss, optimizer=SGD(learning_rate=1))
    net.set_weights([np.eye(units), np.zeros(units)])
    return net


def row(values, form=".2f"):
    return " ".join(format(value, form) for value in np.ravel(values))


z = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
print("z              ", row(z))
for activation in ("step", "sign", "linear", "sigmoid", "tanh", "relu"):
    layer = through(activation).trace(z, np.zeros(5)).layers[0]
    print(f"{activation:<8} g      {row(layer.a)}\n{'':<8} g'     {row(layer.derivative)}")
sigmoid, tanh = through("sigmoid"), through("tanh")
print(f"tanh(1) = {tanh.predict([[1]])[0, 0]:.8f}  (by hand: 0.76159416)")
print(f"2 sigma(2) - 1 = {2 * sigmoid.predict([[2]])[0, 0] - 1:.8f}  (by hand: 0.76159416)")
print(f"step at 0, where z >= 0 fires: {through(step(at_zero=1)).predict([[0]])[0, 0]:.0f}  (lecture: 1)")
print(f"step at 0, where only z > 0 does: {through(step(at_zero=0)).predict([[0]])[0, 0]:.0f}  (lecture: 0)")
for at_zero, source in ((0, "in the lectures"), (1, "in the course's notebook")):
    corner = through(relu(at_zero)).trace([[0]], [0]).layers[0].derivative[0, 0]
    print(f"relu' at 0, {source}: {corner:.0f}  (lecture: {at_zero})")

print("\nThree hard sigmoids at z = -0.5: the lecture's, Keras 2's, and Keras 3's and PyTorch's")
for slope, source in ((1 / 2, "lecture: 0.25"), (0.2, "lecture: 0.25; F6"), (1 / 6, "lecture: 0.25; F6")):
    print(f"  slope {slope:.4f}: {through(hard_sigmoid(slope)).predict([[-0.5]])[0, 0]:.4g}  ({source})")

print("\nSoftmax: the largest takes most, then all")
for last, total, shares in ((4, "66.07", "0.01 0.02 0.04 0.11 0.83"), (8, "2992.43", "0.00 0.00 0.00 0.00 1.00")):
    z = np.array([[-1, 0, 1, 2, last]])
    s = through("softmax", units=5).predict(z)
    print(f"  z = {row(z, 'd')}: e^z adds up to {np.exp(z).sum():.2f}  (lecture: {total})")
    print(f"  {row(s)}  (lecture: {shares})")
    print(f"  more exactly {row(s, '.6f')}")
    if last == 4:
        print(f"  rounded to two digits they add up to {s.round(2).sum():.2f}  (lecture: 1.00; F17)")

print("\nCross-entropy, the third of five classes being right: the lecture takes logarithms to base 10")
for y, said in (([0.05, 0.05, 0.80, 0.05, 0.05], "0.10"), ([0.2] * 5, "0.70")):
    net = through("softmax", "categorical_crossentropy", 5)
    nats = net.evaluate(np.log([y]), [2])["loss"]  # softmax(log y) is y
    print(f"  base 10: {nats / np.log(10):.2f}  (lecture: {said})")
    print(f"  base e:  {nats:.4f}  (lecture: {said}; F7)")

print("\nOne output for all classes, or one question for each: the same outputs z, two losses")
z, target = [[2.0, -1.0, 0.5]], [[1, 0, 0]]
summed = through("sigmoid", BinaryCrossentropy(outputs="sum"), 3).evaluate(z, target)["loss"]
print(f"  sum of three binary cross-entropies {summed:.4f}")
one = through("softmax", "categorical_crossentropy", 3).evaluate(z, target)["loss"]
print(f"  categorical cross-entropy           {one:.4f}")

print("\nSquared losses at y = 3, target 1: the value and dL/dy; the same rate is not the same step")
for loss in ("mse", "half_mse"):
    trace = through("linear", loss).trace([[3.0]], [1.0])
    print(f"  {loss:<8}  L = {trace.loss:.1f}, dL/dy = {trace.layers[0].delta[0, 0]:.1f}")
print("Binary cross-entropy, -[t ln y + (1 - t) ln(1 - y)], of y = sigma(z): dL/dz = y - t, with no factor 1/2")
trace = through("sigmoid", "binary_crossentropy").trace([[0.5]], [1.0])
print(f"  L = {trace.loss:.6f}, y - t = {trace.layers[0].a[0, 0] - 1:.6f}, dL/dz = {trace.layers[0].delta[0, 0]:.6f}")

print("\nL2: lambda / 2m sum w^2, the bias left out, is Dense(l2=lambda / 2m); its gradient is lambda / m w")
penalty, m = 0.6, 3
with_l2 = through("linear", "mse", 2, l2=penalty / (2 * m)).trace(np.zeros((m, 2)), np.zeros((m, 2)))
print(f"  L = {with_l2.loss:.4f}, dW = {row(with_l2.layers[0].dW)}, db = {row(with_l2.layers[0].db)}")

print("\nWhat kind of answer decides output and loss; `compile` without a loss takes it from the output:")
for kind, activation in (("a number", "linear"), ("several yes or no", "sigmoid"), ("one of several", "softmax")):
    net = Network([Dense(3, activation)], inputs=2)
    print(f"  {kind:<18} {activation:<8} {net.loss.name}")
