"""The lecture's scikit-learn program for handwritten digits: what it really trained, and what its figures mean.

Run it: python examples/lectures/mnist_sklearn.py [folder of the four MNIST files]. One-hot labels make scikit-learn's
MLPClassifier train ten yes-or-no questions: ten sigmoids and the sum of ten binary cross-entropies, no softmax. So its
ten answers need not add up to 1, and its losses lie near 10 H(0.1) = 3.25, where a softmax would begin at ln 10 = 2.30.
The slide says Adam, the program sgd; the printed losses are sgd's. Next: measures.py.

Lectures: items 62, 63; flags F12.
"""

import sys

import numpy as np

from pynn import SGD, Dense, Network, Rescaling, datasets
from pynn.initializers import Uniform
from pynn.losses import BinaryCrossentropy
from pynn.metrics import one_hot

DECK = [3.57824966, 3.18791200, 3.13809828, 3.08519212, 3.02767935, 2.96478203, 2.89614439, 2.82202289, 2.74309025,
        2.66058488]  # fmt: skip
REAL = len(sys.argv) > 1
(x, y), (xt, yt) = datasets.mnist(sys.argv[1]) if REAL else datasets.drawn_digits()
x, labels = x[5000:] if REAL else x, one_hot(y[5000:] if REAL else y, 10)  # 55,000 rows: see below

ALPHA, BATCH, RATE = 1e-4, 50, 1e-4
small_1, small_2 = np.sqrt(2 / (784 + 100)), np.sqrt(2 / (100 + 10))  # scikit-learn's first weights for a sigmoid
l2 = ALPHA / (2 * BATCH)  # its penalty is divided by the rows of a batch
net = Network([
    Rescaling(1 / 255),
    Dense(100, "sigmoid", Uniform(small_1), Uniform(small_1), l2=l2),
    Dense(10, "sigmoid", Uniform(small_2), Uniform(small_2), l2=l2),
], inputs=784, seed=1)  # fmt: skip
net.compile(loss=BinaryCrossentropy(outputs="sum"), optimizer=SGD(RATE, momentum=0.9, nesterov=True))
print(f"parameters {net.get_params().size:,}  (lecture: 79,510)")
base_rate = -10 * (0.1 * np.log(0.1) + 0.9 * np.log(0.9))
print(f"ten questions at p = 1/2: {10 * np.log(2):.2f}; at 1/10: {base_rate:.4f}; a softmax at 1/10: {np.log(10):.3f}")


def scores():
    """Of the test rows: all ten answers right, the largest answer right, and the share of right answers."""
    p, truth = net.predict(xt), one_hot(yt, 10)
    right = (p > 0.5) == (truth > 0.5)
    largest = p.argmax(axis=1) == yt
    return f"all ten right {right.all(axis=1).mean():.1%}, largest {largest.mean():.1%}, answers {right.mean():.1%}"


losses = net.fit(x, labels, batch_size=BATCH, epochs=10, verbose=0).history["loss"]
print("\niteration  loss here" + "  in the lecture" * REAL)
for iteration, (ours, deck) in enumerate(zip(losses, DECK, strict=True), 1):
    print(f"{iteration:9}  {ours:9.5f}" + f"  {deck:14.8f}" * REAL)
for end in (44, 100) if REAL else (20,):
    net.fit(x, labels, batch_size=BATCH, epochs=end - net.epoch, verbose=0)
    answers = net.predict(xt[:1])[0]
    print(f"after {end}: {scores()}")
    print(f"  first test row, a {yt[0]}: {answers.round(2)}, which add up to {answers.sum():.2f}")
if REAL:
    print("""
Pixels in [0, 1], 55,000 rows and momentum 0.9 give the lecture's losses, as far as one seed is another; with 60,000
rows they fall faster, with raw pixels they begin at 2.9, without momentum at 5.4. After some 44 iterations the first
row's answers are the lecture's too, and 96 % of all answers are right. So its 96 % may well be the share of right
answers to single questions; of the digits, 86 % are right then.""")
else:
    print("\n(Drawn digits: the lecture's figures are those of MNIST. Name its folder to see them.)")
