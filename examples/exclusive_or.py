"""The smallest problem that needs a hidden layer: exclusive or, and every number of one step of learning it.

Run it: python examples/exclusive_or.py
"""

import numpy as np

from pynn import SGD, Dense, Network

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])

net = Network([Dense(4, "tanh"), Dense(1, "sigmoid")], inputs=2, seed=1)
net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.5, momentum=0.9), metrics=["accuracy"])
print(net.trace(x, y))  # z, a, delta, dW, db and the update of each layer, before anything is learned

net.fit(x, y, epochs=500, batch_size=4, verbose=0)
for row, said in zip(x, net.predict(x)[:, 0], strict=True):
    print(f"{row[0]} xor {row[1]} = {said:.3f}")
assert net.evaluate(x, y)["accuracy"] == 1
