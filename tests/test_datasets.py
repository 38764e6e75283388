"""The data sets against what is known of them, and the split against its promises. MNIST is in test_mnist.py."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pynn import datasets
from pynn.datasets import clouds
from pynn.datasets import strokes as strokes_of_digits


def test_iris_is_fishers() -> None:
    x, y = datasets.iris()
    assert x.shape == (150, 4) and x.dtype == np.float32
    assert y.shape == (150,) and np.bincount(y).tolist() == [50, 50, 50]
    # Fisher's table II: means of the species. Values have one decimal, so tenths are whole numbers.
    tenths = np.rint(x.astype(np.float64) * 10).astype(int)
    assert np.abs(tenths / 10 - x).max() < 1e-6
    assert (tenths.reshape(3, 50, 4).sum(axis=1) / 500).tolist() == [
        [5.006, 3.428, 1.462, 0.246],
        [5.936, 2.770, 4.260, 1.326],
        [6.588, 2.974, 5.552, 2.026],
    ]
    # the two rows that a widely copied file has wrong
    assert tenths[34].tolist() == [49, 31, 15, 2] and tenths[37].tolist() == [49, 36, 14, 1]


def test_iris_file_is_unchanged_and_names_agree() -> None:
    content = Path(datasets.__file__).with_name("iris.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == "9cc1c345c71bcc9b486b74cbf6063fa66f4bb5e0f603a4b3c3471ec2e5e8e355"
    lines = content.decode().splitlines()
    assert lines[0].split(",") == [*datasets.IRIS_FEATURES, "species"]
    assert {line.split(",")[4] for line in lines[1:]} == set(datasets.IRIS_SPECIES)


# ---- split ----


def test_split_takes_each_row_once_and_keeps_pairs() -> None:
    x = np.arange(101.0)[:, None]
    (a, ya), (b, yb) = datasets.split(x, np.arange(101) % 4, test=0.3)
    assert sorted([*a[:, 0], *b[:, 0]]) == list(range(101))
    assert (a[:, 0] % 4 == ya).all() and (b[:, 0] % 4 == yb).all()
    assert len(b) == 30
    assert (np.diff(a[:, 0]) < 0).any()  # shuffled


def test_split_is_the_documented_function_of_the_permutation() -> None:
    from pynn.engine.philox import permutation

    (x, _), (xt, _) = datasets.split(np.arange(20), np.zeros(20), test=5, seed=9, stratify=False)
    order = permutation(9, 4, 0, 20)
    assert xt.tolist() == order[:5].tolist() and x.tolist() == order[5:].tolist()


@pytest.mark.parametrize("labels", ["int", "bool", "string", "float", "one-hot", "column"])
def test_split_is_stratified_for_labels_of_any_kind(labels: str) -> None:
    y = np.repeat([0, 1], [70, 30])
    kinds = {
        "int": y,
        "bool": y > 0,
        "string": np.array(["no", "yes"])[y],
        "float": y.astype(np.float64),
        "one-hot": np.eye(2)[y],
        "column": y[:, None],
    }
    _, (_, yt) = datasets.split(np.arange(100), kinds[labels], test=0.2, seed=1)
    values = np.unique(yt, axis=0, return_counts=True)[1]
    assert sorted(values.tolist()) == [6, 14]


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ([50, 50, 50], 30, [10, 10, 10]),
        ([10, 17, 13], 7, [2, 3, 2]),  # 1.75, 2.975, 2.275
        ([3, 3, 3], 4, [2, 1, 1]),  # equal remainders: the lower class first
        ([1, 1, 98], 50, [0, 0, 50]),  # a class of one row stays in training
        ([1] * 10 + [10], 4, [0] * 10 + [4]),
        ([2, 2], 2, [1, 1]),
    ],
)
def test_shares(sizes: list[int], count: int, expected: list[int]) -> None:
    from pynn.datasets.splitting import shares

    assert shares(np.array(sizes), count) == expected


def test_split_depends_on_the_seed_alone(seed: int) -> None:
    x, y = datasets.iris()
    first, again = datasets.split(x, y, seed=seed), datasets.split(x, y, seed=seed)
    assert (first[0][0] == again[0][0]).all() and (first[1][0] == again[1][0]).all()
    assert (first[1][0] != datasets.split(x, y, seed=seed + 1)[1][0]).any()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"test": 0.0}, ValueError, "test: 0.0"),
        ({"test": 1.0}, ValueError, "test: 1.0"),
        ({"test": float("nan")}, ValueError, "test: nan"),
        ({"test": 10}, ValueError, "test: 10 of 10 rows"),
        ({"test": 0.01}, ValueError, "test: 0.01 of 10 rows"),
        ({"test": True}, TypeError, "test: "),
        ({"test": "0.2"}, TypeError, "test: "),
        ({"y": np.arange(9)}, ValueError, "x, y: "),
        ({"y": np.linspace(0, 1, 10), "stratify": True}, ValueError, "stratify: y holds values that are not class"),
        ({"y": np.arange(10), "stratify": True}, ValueError, "stratify: .*stratify=False is for targets"),
        ({"stratify": "no"}, ValueError, "stratify: 'no' is not possible; expected 'auto', True or False"),
        ({"x": [[1], [1, 2]] * 5}, ValueError, "x: cannot be read as an array"),
        ({"y": ["a", None] * 5}, TypeError, "stratify: y holds labels of several kinds"),
    ],
)
def test_split_refuses(arguments: dict[str, object], error: type[Exception], words: str) -> None:
    given = {"x": np.arange(10), "y": np.arange(10) % 2, "test": 0.2} | arguments
    with pytest.raises(error, match=words):
        datasets.split(**given)


@pytest.mark.parametrize(
    ("y", "stratified"),
    [
        (np.repeat([0, 1], 20), True),
        (np.repeat([0.0, 7.0], 20), True),
        (np.eye(2)[np.repeat([0, 1], 20)], True),
        (np.repeat(["a", "b"], 20), True),
        (np.arange(1000) // 8, False),  # 125 values
        (np.arange(2000) // 16, True),  # as many, but 16 rows of each
        (np.arange(40), False),
        (np.linspace(0, 1, 40), False),
        (np.linspace(0, 1, 80).reshape(40, 2), False),
        (np.repeat([0.5, 1.5], 20), False),
    ],
)
def test_split_stratifies_classes_and_not_numbers(y: np.ndarray, stratified: bool) -> None:
    """The same rows as with True or False, and left out it is "auto"."""
    found = datasets.split(np.arange(len(y)), y, seed=3)[1][0]
    assert found.tolist() == datasets.split(np.arange(len(y)), y, seed=3, stratify=stratified)[1][0].tolist()
    if stratified:
        assert found.tolist() != datasets.split(np.arange(len(y)), y, seed=3, stratify=False)[1][0].tolist()


@pytest.mark.parametrize("stratify", [True, False])
def test_split_in_three(stratify: bool) -> None:
    rows, y = np.arange(100), np.repeat([0, 1, 2], [50, 30, 20])
    options = {"test": 0.2, "seed": 4, "stratify": stratify}
    (x, yx), (v, yv), (t, yt) = datasets.split(rows, y, validation=0.1, **options)
    assert sorted([*x, *v, *t]) == list(range(100)) and (len(x), len(v), len(t)) == (70, 10, 20)
    assert (y[x] == yx).all() and (y[v] == yv).all() and (y[t] == yt).all()
    if stratify:
        assert [np.bincount(one).tolist() for one in (yx, yv, yt)] == [[35, 21, 14], [5, 3, 2], [10, 6, 4]]
    (_, (same, _)) = datasets.split(rows, y, **options)
    assert (same == t).all()  # a validation part does not change what is tested
    assert len(datasets.split(rows, y, validation=7, **options)[1][0]) == 7
    assert len(datasets.split(rows, y, validation=0, **options)) == 2


@pytest.mark.parametrize(
    ("validation", "error", "words"),
    [
        (0.8, ValueError, "validation: 0.8 and test: 0.2 of 10 rows leave none"),
        (1.5, ValueError, "validation: 1.5"),
        (-1, ValueError, "validation: -1 of 10 rows"),
        (float("nan"), ValueError, "validation: nan"),
        (True, TypeError, "validation: "),
        (False, TypeError, "validation: "),
        ("", TypeError, "validation: "),
        (7, ValueError, "stratify: "),
    ],
)
def test_split_refuses_a_validation_part(validation: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        datasets.split(np.arange(10), np.arange(10) % 2, validation=validation)


# ---- drawn digits ----


def digest(*arrays: np.ndarray) -> str:
    return hashlib.sha256(
        b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    ).hexdigest()


def test_drawn_digits_are_the_same_everywhere() -> None:
    (x, y), (xt, yt) = datasets.drawn_digits(300, 200)
    assert x.shape == (300, 28, 28) and xt.shape == (200, 28, 28) and x.dtype == xt.dtype == np.uint8
    assert y.dtype == yt.dtype == np.int64
    assert digest(x, y, xt, yt) == "c26eee5537fbd43d86366a047d09057bd51dc967ac012280663c4fb2ab15a443"


def test_drawn_digits_hold_every_digit_in_each_ten_rows() -> None:
    (_, y), (_, yt) = datasets.drawn_digits(250, 35, seed=3)
    assert (np.sort(y.reshape(-1, 10), axis=1) == np.arange(10)).all()
    assert np.bincount(yt, minlength=10).min() == 3
    assert len({tuple(ten) for ten in y.reshape(-1, 10)}) > 20  # in an order of their own


def test_a_drawn_digit_does_not_depend_on_how_many_there_are(seed: int) -> None:
    (x, y), (xt, yt) = datasets.drawn_digits(100, 60, seed=seed)
    (a, b), (c, d) = datasets.drawn_digits(43, 17, seed=seed)
    assert (x[:43] == a).all() and (y[:43] == b).all() and (xt[:17] == c).all() and (yt[:17] == d).all()
    assert (datasets.drawn_digits(43, 17, seed=seed ^ 1)[0][0] != a).any()
    assert not (x[:17] == xt[:17]).all(axis=(1, 2)).any()  # the parts have nothing in common


def test_drawn_digits_are_ink_on_black_within_the_frame() -> None:
    (x, y), _ = datasets.drawn_digits(1000, 10)
    light = x.reshape(1000, -1).astype(int)
    assert light.max() > 250 and (light == 0).mean() > 0.6 and (light.max(axis=1) > 150).all()
    frame = np.ones((28, 28), bool)
    frame[1:-1, 1:-1] = False
    assert x[:, frame].sum() < 0.01 * x.sum()  # hardly any is cut off
    means = np.stack([x[y == digit].mean(axis=0).ravel() for digit in range(10)])
    apart = np.corrcoef(means)[~np.eye(10, dtype=bool)]
    assert apart.max() < 0.95  # ten different shapes


def test_every_glyph_has_enough_random_numbers() -> None:
    needed = [2 * sum(map(len, strokes)) for manners in strokes_of_digits.GLYPHS for strokes in manners]
    assert len(strokes_of_digits.GLYPHS) == 10
    assert strokes_of_digits.HEAD + max(needed) <= strokes_of_digits.PER_IMAGE


def test_a_segment_is_painted_as_its_distance_says() -> None:
    """A horizontal line of radius 2 at y = 10 from x = 5 to 20, against distances computed pixel by pixel."""
    line = np.float32([[[5, 10, 15, 0]]])
    image = strokes_of_digits.painted(line, np.array([2.0]), np.array([200.0]))[0]
    for y in range(28):
        for x in range(28):
            distance = np.hypot(x - min(max(x, 5), 20), y - 10)
            # u of float32 in a distance below 40, times 200 levels: far below the half level that rounding adds
            assert abs(image[y, x] - 200 * min(max(2.5 - distance, 0), 1)) <= 0.5 + 1e-2


def test_a_small_network_learns_drawn_digits(engine: str) -> None:
    """Not too easy and not too hard: the bounds are wide, the run is always the same."""
    from pynn import Adam, Dense, Network, Rescaling

    (x, y), (xt, yt) = datasets.drawn_digits()
    net = Network([Rescaling(1 / 255), Dense(48, "relu"), Dense(10, "softmax")], engine=engine)
    net.compile(optimizer=Adam(0.003), metrics=["accuracy"])
    net.fit(x, y, epochs=12, verbose=0)
    assert 0.94 < net.evaluate(xt, yt)["accuracy"] < 0.99


# ---- moons, circles, blobs ----


def test_points_are_the_same_everywhere() -> None:
    assert digest(*datasets.make_moons()) == "b8bd4d8ab5ed52d5e2136a8ed7189cf7d0edc1e51e70a9cb26ec423729318c16"
    assert digest(*datasets.make_circles()) == "054b42503c7535967d2b748a742d6169e37ca4112e1efa08730c156bb2c097c9"
    assert digest(*datasets.make_blobs()) == "d8cac029832bd1684ee563204edd01d57ee2139373168d8c4052655e638e0719"


@pytest.mark.parametrize("make", [datasets.make_moons, datasets.make_circles, datasets.make_blobs])
def test_points_have_the_promised_form(make: Any, seed: int) -> None:
    x, y = make(101, 0.2, seed)
    assert x.shape == (101, 2) and x.dtype == np.float32 and y.dtype == np.int64
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= 1 and counts.sum() == 101
    assert (np.diff(y) != 0).sum() > 20  # mixed
    assert (make(101, 0.2, seed)[0] == x).all() and (make(101, 0.2, seed ^ 1)[0] != x).any()


def sorted_rows(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    table = np.column_stack([y, x])
    return table[np.lexsort(np.round(table, 5).T[::-1])]


def test_shapes_are_scikit_learns_where_there_is_no_noise() -> None:
    """float32 numbers below 2: half a unit is 2^-24."""
    theirs = pytest.importorskip("sklearn.datasets")
    for n in (2, 3, 50, 101):
        moons = sorted_rows(*datasets.make_moons(n, 0.0)) - sorted_rows(*theirs.make_moons(n, shuffle=False))
        circles = sorted_rows(*datasets.make_circles(n, 0.0, factor=0.3))
        circles -= sorted_rows(*theirs.make_circles(n, shuffle=False, factor=0.3))
        assert np.abs(moons).max() <= 2.0**-24 + 1e-12 and np.abs(circles).max() <= 2.0**-24 + 1e-12


def test_sines_are_right_to_the_last_digits() -> None:
    turns = np.arange(-4000, 4001) / 1000
    near = 2 * np.pi * (turns - np.rint(turns))  # exact differences; the product is rounded once
    # 2^-52 promised, and as much for the angle (at most pi, three roundings) and for NumPy's own functions
    expected = np.column_stack([np.cos(near), np.sin(near)])
    assert np.abs(clouds.circle(turns) - expected).max() < 2.0**-52 + 3 * np.pi * 2.0**-53 + 2.0**-52
    corners = clouds.circle(np.array([1, 3, 5, 7]) / 8)  # as far from an axis as can be, and known
    assert np.abs(np.abs(corners) - 0.5**0.5).max() < 2.0**-52
    assert np.sign(corners).tolist() == [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    assert clouds.circle(np.array([0, 0.25, 0.5, 0.75])).tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1]]


def test_noise_has_the_spread_that_is_asked_for() -> None:
    """Mean and variance of 8,000 normal numbers, five standard errors."""
    x, y = datasets.make_blobs(4000, 3.0, centers=[[1, 2], [-50, 7]])
    rest = (x - np.array([[1, 2], [-50, 7]])[y]).astype(np.float64).ravel()
    assert abs(rest.mean()) < 5 * 3 / 8000**0.5 and abs(rest.var() / 9 - 1) < 5 * (2 / 8000) ** 0.5
    exact, labels = datasets.make_blobs(9, 0, centers=np.eye(3))
    assert (exact == np.eye(3)[labels]).all()
    assert datasets.make_blobs(10, centers=5, features=7)[0].shape == (10, 7)
    centres = datasets.make_blobs(500, 0, centers=500)[0]
    assert -10 <= centres.min() < -9 and 9 < centres.max() < 10


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: datasets.make_moons(1), ValueError, "n: 1"),
        (lambda: datasets.make_moons(10.0), TypeError, "n: 10.0"),
        (lambda: datasets.make_moons(10, -0.1), ValueError, "noise: -0.1"),
        (lambda: datasets.make_moons(10, 0.1, -1), ValueError, "seed: -1"),
        (lambda: datasets.make_circles(10, factor=1), ValueError, "factor: 1"),
        (lambda: datasets.make_blobs(2, centers=3), ValueError, "n: 2"),
        (lambda: datasets.make_blobs(centers=[1, 2]), ValueError, "centers: "),
        (lambda: datasets.make_blobs(centers=0), ValueError, "centers: 0"),
        (lambda: datasets.make_blobs(centers=[[1, 2], [3]]), ValueError, "centers: "),
        (lambda: datasets.make_blobs(centers=["a", "b"]), ValueError, "centers: "),
        (lambda: datasets.drawn_digits(0), ValueError, "train: 0"),
        (lambda: datasets.drawn_digits(10, 0.5), TypeError, "test: 0.5"),
        (lambda: datasets.drawn_digits(seed=2**64), ValueError, "seed: "),
    ],
)
def test_drawn_data_refuse(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
