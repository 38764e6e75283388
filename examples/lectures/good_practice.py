"""The lectures' practical advice, as things that can be run: what is done for you, and what you are told when asked.

Nothing is printed while a network trains unless that is asked for; `net.diagnose` says what is probably wrong.
Next: lecture_pictures.py.

Lectures: items 63, 69, 70, 71, 72, 73, 75, 76; flags F14.
"""

import numpy as np

from pynn import SGD, Adam, Callback, Dense, Network, Normalization, datasets

flowers, species = datasets.iris()
(x, y), (xv, yv), (xt, yt) = datasets.split(flowers, species, test=0.2, validation=0.2, seed=0)
print(f"Three parts: {len(x)} rows to learn from, {len(xv)} to choose by, {len(xt)} for the end")


def learner(*before, hidden=8, initializer="glorot_uniform", optimizer=None, output="softmax", loss=None):
    layers = [*before, Dense(hidden, "tanh", initializer), Dense(3, output, initializer)]
    net = Network(layers, inputs=4, seed=0)
    net.compile(loss=loss, optimizer=optimizer or Adam(learning_rate=0.02), metrics=["accuracy"])
    return net


def found(what, net, history=None, rows=x, labels=y):
    codes = [finding.code for finding in net.diagnose(history, rows, labels).findings]
    print(f"  {what:<38} {', '.join(codes) or 'nothing found'}")


print("\nWhat diagnose finds in")
found("weights that are all zero", learner(initializer="zeros"))
found("lengths in nanometres", learner(), rows=x * 1e7)
found("... scaled by the network itself", learner(Normalization().adapt(x * 1e7)), rows=x * 1e7)
found("cross-entropy after a linear output", learner(output="linear", loss="categorical_crossentropy"))
for what, optimizer in (("a rate much too small", SGD(1e-5)), ("a rate much too large", SGD(30.0))):
    net = learner(Normalization(), optimizer=optimizer)
    found(what, net, net.fit(x, y, epochs=50, verbose=0))
rng = np.random.default_rng(0)
noise, coin = (
    rng.standard_normal((40, 4)),
    rng.integers(0, 3, 40),
)  # nothing to be learned, 128 units to learn it by heart
net = learner(hidden=128)
history = net.fit(noise, coin, epochs=300, verbose=0, validation_data=(rng.standard_normal((40, 4)), coin))
found("a network that learns noise by heart", net, history, noise, coin)
net = learner(Normalization())
history = net.fit(x, y, epochs=60, validation_data=(xv, yv), verbose=0)
found("a training that went well", net, history)

print("\nThe same spread for every input: Normalization learns it from the training rows and keeps it")
scaled = Normalization().adapt(x)
print(f"  means {scaled.mean.round(3)}, spreads {np.sqrt(scaled.variance).round(3)}")

print("\nGradients are checked once; training afterwards does not pay for it:", net.check_gradients(x, y).ok)


class Patience(Callback):
    """Stops when the validation loss has not fallen for so many epochs. No training error of zero is waited for."""

    def __init__(self, epochs):
        self.epochs, self.best, self.since = epochs, np.inf, 0

    def on_epoch_end(self, epoch, logs):
        better = logs["val_loss"] < self.best
        self.best, self.since = (logs["val_loss"], 0) if better else (self.best, self.since + 1)
        self.net.stop_training = self.since >= self.epochs


print("\nHow many units, which rate? Tried on the rows to choose by; each stops when these do not gain for 20 epochs")
tried = {}
for hidden in (2, 8, 32):
    for rate in (0.002, 0.02):
        net = learner(Normalization(), hidden=hidden, optimizer=Adam(learning_rate=rate))
        patience = Patience(20)
        net.fit(x, y, epochs=500, validation_data=(xv, yv), callbacks=patience, verbose=0)
        tried[hidden, rate] = patience.best, net
        print(f"  {hidden:2} units, rate {rate}: validation loss {patience.best:.4f}, {net.epoch} epochs")
hidden, rate = min(tried, key=lambda key: tried[key][0])
best = tried[hidden, rate][1].evaluate(xt, yt)["accuracy"]
print(f"  {hidden} units at rate {rate}; only now the test rows: accuracy {best:.3f}")

print("\nA number instead of a class: no activation at the end, mean square, the rows' spread learned first")
petal, batch = flowers[:, 3], 30
l2 = 2 * 1e-4 / (2 * batch)  # scikit-learn's alpha / 2m at alpha = 1e-4; it halves the square, the loss here does not
regressor = Network([Normalization(), Dense(8, "tanh", l2=l2), Dense(1, l2=l2)], seed=0)
regressor.compile(optimizer=Adam(learning_rate=0.01), metrics=["mae"])
regressor.fit(flowers[:, :3], petal, batch_size=batch, epochs=200, verbose=0)
print(
    f"  {regressor.loss.name}; petal width from the other three lengths: mean error "
    f"{regressor.evaluate(flowers[:, :3], petal)['mae']:.2f} cm"
)
