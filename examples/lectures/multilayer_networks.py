"""Networks with hidden layers on data that no line separates, and a regression; parameters counted by hand and here.

The lectures show their data in figures only, so it is made up here: moons, circles and blobs of 1000 rows, and 392
cars whose consumption follows an invented rule (seed 5). Next: iris_flowers.py.

Lectures: items 60, 61, 66; flags F16.
"""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pynn import SGD, Adam, Dense, Dropout, Network, Normalization, datasets, metrics
from pynn.initializers import Uniform


def parameters(net):
    return f"{net.get_params().size:,}"


moons = datasets.make_moons(1000, noise=0.1, seed=0)
circles = datasets.make_circles(1000, noise=0.05, seed=0)
blobs = datasets.make_blobs(1000, centers=2, seed=0)

print("12 + 6 + 1 units, relu and a sigmoid, two inputs")
net = Network([Dense(12, "relu"), Dense(6, "relu"), Dense(1, "sigmoid")], inputs=2, seed=0)
net.compile(optimizer=Adam(learning_rate=0.01), metrics=["accuracy"])
print(f"  parameters: {parameters(net)}  (by hand: 121)")
net.fit(*moons, batch_size=50, epochs=40, verbose=0)
print(f"  moons: accuracy {net.evaluate(*moons)['accuracy']:.3f}")

print(
    "2-2-2 and 2-4-2: the hidden layer moves the rows to where a line separates them; a ring takes more than two units"
)
for hidden, said in ((2, "12"), (4, "22")):
    net = Network([Dense(hidden, "tanh"), Dense(2, "softmax")], inputs=2, seed=1)
    net.compile(optimizer=Adam(learning_rate=0.02), metrics=["accuracy"])
    print(f"  parameters: {parameters(net)}  (by hand: {said})")
    net.fit(*circles, batch_size=50, epochs=100, verbose=0)
    print(f"  circles: accuracy {net.evaluate(*circles)['accuracy']:.3f}")
print(f"A logistic neuron: {parameters(Network([Dense(1, 'sigmoid')], inputs=2))}  (by hand: 3)")

print("\n2-100-1, tanh and sigmoid from U(-1, 1), rate 0.1, 500 epochs of one step over all 1000 rows")
for name, (x, y) in (("blobs", blobs), ("moons", moons), ("circles", circles)):
    net = Network([Dense(100, "tanh", Uniform(1.0)), Dense(1, "sigmoid", Uniform(1.0))], inputs=2, seed=0)
    net.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.1), metrics=["accuracy"])
    net.fit(x, y, batch_size=len(x), epochs=500, verbose=0)
    print(f"  {name:<8} accuracy {net.evaluate(x, y)['accuracy']:.3f}")

print("\nCars: nine inputs, 128 relu, a fifth dropped, 32 tanh, one number; mean square, Adam")
rng = np.random.default_rng(5)
x = np.column_stack([
    rng.integers(3, 9, 392), rng.uniform(70, 450, 392), rng.uniform(46, 230, 392), rng.uniform(1600, 5100, 392),
    rng.uniform(8, 25, 392), rng.integers(70, 83, 392), np.eye(3)[rng.integers(0, 3, 392)],
])  # cylinders, displacement, horsepower, weight, acceleration, year, and one of three origins  # fmt: skip
y = 46 - 0.006 * x[:, 3] - 0.03 * x[:, 2] + 0.5 * (x[:, 5] - 76) + x[:, 7] + 1.5 * rng.standard_normal(392)
(x, y), (xt, yt) = datasets.split(x, y, test=0.2, seed=0, stratify=False)
cars = Network([Normalization(), Dense(128, "relu"), Dropout(0.2), Dense(32, "tanh"), Dense(1)], inputs=9, seed=0)
cars.compile(loss="mse", optimizer="adam", metrics=["mae"])
print(f"  parameters: {parameters(cars)}  (by hand: 5,441)")
history = cars.fit(x, y, batch_size=300, epochs=1300, validation_data=(xt, yt), verbose=0).history
for epoch in (1, 10, 100, 1300):
    loss, held_out = (history[name][epoch - 1] for name in ("loss", "val_loss"))
    print(f"  epoch {epoch:4}: loss {loss:9.3f}, on the test rows {held_out:9.3f}")
said = cars.predict(xt)[:, 0]
print(f"  test rows: mean absolute error {metrics.mae(yt, said):.2f} miles a gallon, R2 {metrics.r2(yt, said):.3f}")
with TemporaryDirectory() as folder:
    cars.save(Path(folder, "cars.pynn"))
    again = Network.load(Path(folder, "cars.pynn"))
for name, other in (("saved and loaded", again), ("pickled", pickle.loads(pickle.dumps(cars)))):
    print(f"  {name}: the same network {other.fingerprint() == cars.fingerprint()}")
