"""Several classes with one layer: one-hot targets, one unit for each class, and classifiers put together from pairs.

The animals and the 160 rows with four classes are made up here, from the seeds below; iris comes with the package.
Next: backpropagation.py.

Lectures: items 19, 31, 47, 48, 49.
"""

import numpy as np

from pynn import SGD, Dense, Network, Normalization, datasets
from pynn.initializers import Uniform
from pynn.metrics import accuracy, one_hot
from pynn.multiclass import OneVsOne, OneVsRest

print("One-hot: sedan, minivan, bus, truck are the rows of the identity")
print(one_hot([0, 1, 2, 3]).astype(int))
print(f"y = 1 and y = 0 become {one_hot([1, 0], 2).astype(int).tolist()}; argmax takes them back")

print("\nCat, dog, fox, bird by weight (kg) and length (cm), 40 of each")
rng = np.random.default_rng(1)
animals = np.array([[4, 46], [20, 90], [6, 75], [0.3, 20]])
spread = np.array([[0.7, 4], [6, 14], [1, 6], [0.1, 4]])
kind = np.repeat(np.arange(4), 40)
x = np.abs(animals[kind] + spread[kind] * rng.standard_normal((160, 2)))
softmax = Network([Normalization(), Dense(4, "softmax", "zeros")], seed=0)
softmax.compile(loss="categorical_crossentropy", optimizer=SGD(learning_rate=1), metrics=["accuracy"])
softmax.fit(x, one_hot(kind), batch_size=160, epochs=500, verbose=0)
print(f"  softmax regression: accuracy {softmax.evaluate(x, kind)['accuracy']:.3f}")
print(f"  a cat of 4 kg and 46 cm: {softmax.predict([[4, 46]])[0].round(2)}")

print("\nFour sigmoid units on 160 rows with two features: rate 1, 1000 epochs of one step, from U(-1, 1)")
x = rng.standard_normal((160, 2)) * 0.4 + np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[kind]
sigmoids = Network([Dense(4, "sigmoid", Uniform(1.0))], inputs=2, seed=0)
sigmoids.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=1))
sigmoids.fit(x, one_hot(kind), batch_size=160, epochs=1000, verbose=0)
answers = sigmoids.predict(x)
print(f"  accuracy {accuracy(kind, answers):.3f}; a row's four answers add up to {answers.sum(axis=1).mean():.2f}")
print("  (questions asked one by one need not add up to 1: that takes a softmax)")


def make():
    """A logistic neuron for two classes."""
    net = Network([Normalization(), Dense(1, "sigmoid", "zeros")], seed=0)
    net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.5))
    return net


print("\nNeurons for two classes, put together for K: one against the rest K, one against one K (K - 1) / 2")
flowers, species = datasets.iris()
for name, rows, labels, said in (("four classes", x, kind, "4 or 6"), ("iris", flowers, species, "3 or 3")):
    rest, pairs = OneVsRest(make), OneVsOne(make)
    for classifier in (rest, pairs):
        classifier.fit(rows, labels, epochs=50, verbose=0)
    print(f"  {name}: accuracy {accuracy(labels, rest.predict(rows)):.3f} with one against the rest")
    print(f"  {name}: accuracy {accuracy(labels, pairs.predict(rows)):.3f} with one against one")
    print(f"  neurons: {len(rest.networks)} or {len(pairs.networks)}  (by hand: {said})")
    print(f"  votes on the first row: {pairs.votes(rows[:1])[0]}")
print(f"  ten digits: 10, or {10 * 9 // 2}  (by hand: 45)")
