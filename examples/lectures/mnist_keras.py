"""The lecture's Keras program for handwritten digits, with its imports changed.

Run it: python examples/lectures/mnist_keras.py [folder of the four MNIST files]. Without a folder it trains, smaller,
on digits that are drawn by a program. On MNIST, 97.7 % of the test rows are right after its 5 epochs (about a minute
on two cores). Keras 3 takes neither `lr` nor `decay`, so there the program stops; here both mean what they meant then,
and the "weight decay" of the slide is the rate's. Next: mnist_sklearn.py.

Lectures: items 58, 59, 73; flags F11, F13, F14.
"""

import sys

from pynn.datasets import drawn_digits, split
from pynn.keras.datasets import mnist
from pynn.keras.layers import Dense, Input
from pynn.keras.models import Sequential
from pynn.keras.optimizers import SGD
from pynn.keras.utils import to_categorical

REAL = len(sys.argv) > 1
UNITS = 1024 if REAL else 64
(x_train, y_train), (x_test, y_test) = mnist.load_data(sys.argv[1]) if REAL else drawn_digits()

x_train = x_train.reshape(len(x_train), 784) / 255
x_test = x_test.reshape(len(x_test), 784) / 255
y_train = to_categorical(y_train, 10)
y_test = to_categorical(y_test, 10)

model = Sequential()
model.add(Dense(units=UNITS, activation="relu", input_shape=(784,)))
model.add(Dense(units=UNITS, activation="relu"))
model.add(Dense(units=UNITS, activation="relu"))
model.add(Dense(units=10, activation="softmax"))
model.summary()

sgd = SGD(lr=0.01, decay=1e-6, momentum=0.9)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=100, epochs=5, verbose=1, validation_data=(x_test, y_test))
score = model.evaluate(x_test, y_test, verbose=0)
print("Test loss:", score[0])
print("Test accuracy:", score[1])

print("\nThe deck's table of parameters, counted (784-1024-1024-1024-10)")
wide = [Dense(1024, "relu") for _ in range(3)]
deck = Sequential([Input((784,)), *wide, Dense(10, "softmax")])
arrays = deck.get_weights()
each = " ".join(f"{w.size + b.size:,}" for w, b in zip(arrays[::2], arrays[1::2], strict=True))
print(f"  layers {each}  (lecture: 803,840 1,049,600 1,049,600 10,250)")
print(f"  weights {sum(w.size for w in arrays[::2]):,}  (lecture: 2,910,208)")
print(f"  biases, as many as units, {sum(b.size for b in arrays[1::2]):,}  (lecture: 3,082)")
print(f"  all {deck.count_params():,}  (lecture: 2,913,290)")
print(f"  all {deck.count_params():,}  (lecture: 2,913,920; F11)")

# The program above passes the test rows as validation data, which nothing here chooses by: no epoch is picked and
# nothing stops early. Where something is chosen, a part of the training rows is kept back for it:
learn, choose, end = split(x_train, y_train.argmax(axis=1), test=0.2, validation=0.2, seed=0)
print(f"\nThree parts: {len(learn[0])} rows to learn from, {len(choose[0])} to choose by, {len(end[0])} for the end")
