"""How good is a classifier? Accuracy, precision, recall, F1, the confusion matrix, ROC; the exercise with 3 + 3 units.

Run it: python examples/lectures/measures.py [folder of the four MNIST files]. Without one, drawn digits are used.
Where scikit-learn is installed, its SVM is asked as well. Next: good_practice.py.

Lectures: items 35, 63, 64, 77.
"""

import sys
from importlib.util import find_spec

import numpy as np

from pynn import Adam, Dense, Network, Normalization, Rescaling, datasets, metrics

REAL = len(sys.argv) > 1
(x, y), (xt, yt) = datasets.mnist(sys.argv[1]) if REAL else datasets.drawn_digits()

print("A made-up test of ten rows: 4 are positive, 5 are said to be, 3 of them rightly")
truth, said = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
print(metrics.confusion_matrix(truth, said))
for name in ("accuracy", "precision", "recall", "f1"):
    print(f"  {name:<9} {getattr(metrics, name)(truth, said):.4f}")

print("\nDigits with very few units: alpha 1e-4, inputs in [0, 1]")
answers = {}
for hidden, said in (((3, 3), "2,407"), ((2, 3, 2), "1,617")):
    layers = [Dense(units, "tanh", l2=0.5e-4 / 100) for units in hidden]
    net = Network([Rescaling(1 / 255), *layers, Dense(10, "softmax")], inputs=784, seed=0)
    net.compile(optimizer=Adam(learning_rate=0.005), metrics=["accuracy"])
    net.fit(x, y, batch_size=100, epochs=10, verbose=0)
    shape = "-".join(map(str, (784, *hidden, 10)))
    print(f"  {shape}: accuracy {net.evaluate(xt, yt)['accuracy']:.3f}")
    print(f"  parameters {net.get_params().size:,}  (by hand: {said})")
    answers[hidden] = net.predict(xt)
small = answers[3, 3]

print("\n784-3-3-10 on the test rows")
print(metrics.confusion_matrix(yt, small))
for average in ("macro", "micro", "weighted"):
    precision, recall, f1 = (
        getattr(metrics, name)(yt, small, average=average) for name in ("precision", "recall", "f1")
    )
    print(f"  {average:<8} precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
zero = yt == 0
fpr, tpr, _ = metrics.roc_curve(zero, small[:, 0])
print(f"  is it a 0? area under the ROC curve {metrics.auc(fpr, tpr):.4f} = {metrics.roc_auc(zero, small[:, 0]):.4f}")
print(f"  log loss {metrics.log_loss(yt, small):.4f}")

print("\nA wider network, and an SVM to compare with")
net = Network([Normalization(), Dense(64, "relu"), Dense(10, "softmax")], seed=0)
net.compile(optimizer=Adam(learning_rate=0.002), metrics=["accuracy"])
net.fit(x, y, batch_size=100, epochs=10, verbose=0)
print(f"  784-64-10: accuracy {net.evaluate(xt, yt)['accuracy']:.3f}")
if find_spec("sklearn"):
    from sklearn.svm import SVC

    rows = np.arange(min(len(x), 2000))
    svm = SVC().fit(x[rows].reshape(len(rows), -1) / 255, y[rows])
    print(f"  SVM on {len(rows)} rows: accuracy {svm.score(xt.reshape(len(xt), -1) / 255, yt):.3f}")
