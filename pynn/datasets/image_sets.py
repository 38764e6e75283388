"""MNIST and Fashion-MNIST: 60,000 + 10,000 images of 28 x 28 bytes each, in four files in IDX format.

MNIST (handwritten digits) is by LeCun, Cortes and Burges, CC BY-SA 3.0; Fashion-MNIST (clothes) by Xiao, Rasul and
Vollgraf, copyright Zalando SE, MIT licence. Neither is part of this package; read fetching.py for where the files come
from, strokes.py for a sample that is part of it.
"""

from __future__ import annotations

import os

import numpy as np

from .fetching import Collection, Sums

Pair = tuple[np.ndarray, np.ndarray]

FASHION_CLASSES = (  # the names of labels 0 .. 9
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
MNIST = Collection(
    "mnist",
    "MNIST",
    (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    {
        "train-images-idx3-ubyte": Sums("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        "train-labels-idx1-ubyte": Sums("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        "t10k-images-idx3-ubyte": Sums("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        "t10k-labels-idx1-ubyte": Sums("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    },
)
# SHA-256 of the gzipped files as TensorFlow Datasets lists them (url_checksums/fashion_mnist.txt). Of the unpacked
# files only MD5 sums are published: they detect a damaged file, but not a forged one.
FASHION_MNIST = Collection(
    "fashion_mnist",
    "Fashion-MNIST",
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    {
        "train-images-idx3-ubyte": Sums(
            "f4a8712d7a061bf5bd6d2ca38dc4d50a", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte": Sums(
            "9018921c3c673c538a1fc5bad174d6f9", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte": Sums(
            "8181f5470baa50b63fa0f6fddb340f0a", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte": Sums(
            "15d484375f8d13e6eb1aabb0c3f46965", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)


def mnist(path: str | os.PathLike[str] | None = None, *, verify: bool = True) -> tuple[Pair, Pair]:
    """(x, y), (x_test, y_test): images uint8 (rows, 28, 28), labels int64 (rows,).

    path    folder of the four files; left out: a cache folder, into which they are downloaded on first use
    verify  compare the contents with checksums; False reads other data of the same format (from a path)
    """
    return images(MNIST, path, verify)


def fashion_mnist(path: str | os.PathLike[str] | None = None, *, verify: bool = True) -> tuple[Pair, Pair]:
    """The same for images of clothes, which are harder to classify than digits: FASHION_CLASSES names the labels."""
    return images(FASHION_MNIST, path, verify)


def images(collection: Collection, path: str | os.PathLike[str] | None, verify: bool) -> tuple[Pair, Pair]:
    """The four files as two pairs of images and labels."""
    contents = collection.read(path, verify=verify)
    x, y, x_test, y_test = (read_idx(content, collection.name, file) for file, content in contents.items())
    for these, labels in ((x, y), (x_test, y_test)):
        if these.ndim != 3 or labels.ndim != 1 or len(these) != len(labels):
            raise ValueError(
                f"{collection.name}: images of shape {these.shape} do not go with labels of shape {labels.shape}"
            )
    return (x, y.astype(np.int64)), (x_test, y_test.astype(np.int64))


def read_idx(content: bytes, name: str, file: str) -> np.ndarray:
    """The array in an IDX file of bytes: 0, 0, type 8, dimensions, each size big-endian, the items."""
    dimensions = content[3] if len(content) >= 4 and content[:3] == b"\0\0\x08" else 0
    items = 4 + 4 * dimensions
    if dimensions == 0 or len(content) < items:
        raise ValueError(f"{name}: {file} is not an IDX file of bytes")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", dimensions, offset=4))
    array = np.frombuffer(content, np.uint8, offset=items)
    if array.size != np.prod(shape, dtype=object):
        raise ValueError(f"{name}: {file} says its shape is {shape}, but holds {array.size} items")
    return array.reshape(shape)
