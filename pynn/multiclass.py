"""Classification with many classes by networks with one output: one-vs-rest and one-vs-one.

Both reduce K classes to binary problems. OneVsRest trains K networks, "is it class k?", and predicts the class whose
network has the largest output. OneVsOne trains K (K - 1) / 2 networks, "is it a or b?", each on the rows of these two
classes, and predicts by vote. A softmax (one network with K outputs) is the usual choice; these are for comparison, and
for units that have one output only. Only votes are computed here; read network.py for training.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import real, shown
from .backend import Array
from .errors import NotFittedError
from .metrics.reading import array as as_labels
from .network import Network
from .rows import arrays
from .training.history import History

__all__ = ["OneVsOne", "OneVsRest"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class _Several:
    """What both have in common: a new network for each binary problem, and outputs scaled to 0 (no) .. 1 (yes).

    make     called without arguments for every network; returns a new Network with one output
    targets  the targets for no and for yes: (0, 1) for a sigmoid or a step, (-1, 1) for tanh or sign
    """

    def __init__(self, make: Callable[[], Network], *, targets: tuple[float, float] = (0.0, 1.0)) -> None:
        if not callable(make) or isinstance(make, Network):
            raise TypeError(f"make: {shown(make)} is a {type(make).__name__}; expected a function that makes a Network")
        if not isinstance(targets, (tuple, list)) or len(targets) != 2:
            raise TypeError(f"targets: {shown(targets)}; expected two numbers, for no and for yes")
        no, yes = (real("targets", one) for one in targets)
        if not no < yes:
            raise ValueError(f"targets: {shown(targets)}; expected the number for no below the one for yes")
        self.make: Callable[[], Network] | None = make
        self.targets = no, yes
        self.classes: Array | None = None  # labels, ascending
        self.networks: tuple[Network, ...] = ()
        self.histories: tuple[History, ...] = ()

    def fit(self, x: Any, y: Any, **fit_options: Any) -> Any:
        """Train new networks on rows x with labels y of any kind: numbers, strings. Returns itself.

        fit_options are passed to each Network.fit: epochs, batch_size and so on. validation_data has labels like y,
        sample_weight a number for each row of x, class_weight a dict with these labels as keys, or "balanced".
        Each fit starts with new networks; those of an earlier fit are replaced only when all are trained.
        """
        rows, labels = arrays.as_array("x", x), _labels("y", y)
        if rows.ndim == 0 or len(rows) != len(labels):
            raise ValueError(f"y: {len(labels)} labels, but x has shape {rows.shape}")
        classes, place = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y: holds the classes {shown(classes.tolist())}; expected at least two")
        options = _by_row(fit_options, labels, classes)
        held_out = _validation(options.pop("validation_data", None), classes)
        networks: list[Network] = []
        histories: list[History] = []
        for no, yes in self._questions(len(classes)):
            net = self._fresh(networks)
            part, answers = self._asked(place, no, yes)
            mine = dict(options)
            if mine.get("sample_weight") is not None:
                mine["sample_weight"] = mine["sample_weight"][part]
            if held_out is not None:
                mine["validation_data"] = self._held_out(held_out, no, yes)
            histories.append(net.fit(rows[part], answers, **mine))
            networks.append(net)
        self.classes, self.networks, self.histories = classes, tuple(networks), tuple(histories)
        return self

    def predict(self, x: Any) -> Array:
        """The label of each row."""
        best = self._winners(x)
        assert self.classes is not None
        return self.classes[best]

    def _questions(self, n: int) -> list[tuple[int | None, int]]:
        """(negative class, positive class) of each network's binary problem; None: all other classes."""
        raise NotImplementedError

    def _winners(self, x: Any) -> Counts:
        raise NotImplementedError

    def _fresh(self, others: list[Network]) -> Network:
        """A new, untrained network from `make`, or an error if it is not one."""
        if self.make is None:
            raise ValueError("make: did not come along when this was pickled; set .make to fit again")
        net = self.make()
        if not isinstance(net, Network):
            raise TypeError(f"make: returned a {type(net).__name__}; expected a Network")
        if net.outputs != 1:
            raise ValueError(f"make: returned a network with {net.outputs} outputs; expected one output")
        if net.iteration or any(net is other for other in others):
            raise ValueError("make: returned a network that is trained already; expected a new one for each call")
        return net

    def _asked(self, place: Counts, no: int | None, yes: int) -> tuple[Any, Array]:
        """The rows of a binary problem, and their targets."""
        part = slice(None) if no is None else np.flatnonzero((place == no) | (place == yes))
        return part, np.where(place[part] == yes, *self.targets[::-1]).astype(np.float32)

    def _held_out(self, data: tuple[Array, Counts, Any], no: int | None, yes: int) -> tuple[Any, ...] | None:
        x, place, weight = data
        part, answers = self._asked(place, no, yes)
        if not len(answers):
            return None
        return (x[part], answers) if weight is None else (x[part], answers, weight[part])

    def _answers(self, x: Any) -> list[Floats]:
        """The output of each network, (rows,), scaled so that no is 0 and yes is 1."""
        if not self.networks:
            raise NotFittedError("predict: fit it first")
        no, yes = self.targets
        return [(net.predict(x)[:, 0].astype(np.float64) - no) / (yes - no) for net in self.networks]

    def __getstate__(self) -> dict[str, Any]:
        """`make` is pickled if it can be: a function of a module can, a lambda cannot."""
        state = self.__dict__.copy()
        try:
            pickle.dumps(self.make)
        except (pickle.PicklingError, AttributeError, TypeError):
            state["make"] = None
        return state

    def __repr__(self) -> str:
        known = "not fitted" if self.classes is None else f"{len(self.classes)} classes, {len(self.networks)} networks"
        return f"{type(self).__name__}({known})"


class OneVsRest(_Several):
    """K networks, one for each class: yes for its rows, no for all others. The largest output wins, in a tie the lower
    class.

    After fit: `classes`, `networks` and `histories`, in the same order.
    """

    def _questions(self, n: int) -> list[tuple[int | None, int]]:
        return [(None, k) for k in range(n)]

    def scores(self, x: Any) -> Floats:
        """The scaled output of each class's network, (rows, classes); 1 is yes, 0 is no. Rows need not add to 1."""
        return np.stack(self._answers(x), axis=1)

    def _winners(self, x: Any) -> Counts:
        return np.asarray(self.scores(x).argmax(axis=1), np.int64)


class OneVsOne(_Several):
    """K (K - 1) / 2 networks, one for each pair of classes, which vote.

    Of classes with equally many votes, the one with the larger sum of scaled outputs wins, in a tie the lower one.

    After fit: `classes`, `networks`, `histories` and `pairs`, the two classes of each network.
    """

    def _questions(self, n: int) -> list[tuple[int | None, int]]:
        return list(combinations(range(n), 2))

    @property
    def pairs(self) -> tuple[tuple[Any, Any], ...]:
        if self.classes is None:
            return ()
        return tuple(combinations(self.classes.tolist(), 2))

    def votes(self, x: Any) -> Counts:
        """The number of votes for each class, (rows, classes); a row adds to the number of networks."""
        return self._ballot(x)[0]

    def scores(self, x: Any) -> Floats:
        """The sum of the networks' scaled outputs for each class, (rows, classes); 1 - output for a negative class."""
        return self._ballot(x)[1]

    def _ballot(self, x: Any) -> tuple[Counts, Floats]:
        answers = self._answers(x)
        assert self.classes is not None
        shape = len(answers[0]), len(self.classes)
        votes, sure = np.zeros(shape, np.int64), np.zeros(shape)
        for (a, b), answer in zip(combinations(range(shape[1]), 2), answers, strict=True):
            votes[:, b] += answer > 0.5
            votes[:, a] += answer <= 0.5  # exactly 0.5 counts for the lower class
            sure[:, b] += answer
            sure[:, a] += 1 - answer
        return votes, sure

    def _winners(self, x: Any) -> Counts:
        votes, sure = self._ballot(x)
        best = votes == votes.max(axis=1, keepdims=True)
        return np.asarray(np.where(best, sure, -np.inf).argmax(axis=1), np.int64)


# ---- arguments of fit ------------------------------------------------------------------------


def _labels(name: str, given: Any) -> Array:
    """The labels, one for each row: whole numbers, booleans or strings."""
    labels = as_labels(given, name)
    if labels.ndim != 1 and labels.shape[1:] != (1,):
        raise ValueError(f"{name}: shape {labels.shape}; expected one label a row (one-hot rows: argmax(axis=1))")
    if labels.dtype.kind not in "biufUST" or (labels.dtype.kind == "f" and (labels != np.floor(labels)).any()):
        raise ValueError(f"{name}: {labels.dtype} values that are no labels; expected whole numbers or strings")
    return labels.reshape(len(labels))


def _by_row(options: dict[str, Any], labels: Array, classes: Array) -> dict[str, Any]:
    """fit's options, in which the weights of a class_weight dict are multiplied into sample_weight."""
    options = dict(options)
    weight, of_class = options.get("sample_weight"), options.get("class_weight")
    if weight is not None:
        options["sample_weight"] = weight = _row_weights("sample_weight", weight, len(labels))
    if isinstance(of_class, dict):
        known = classes.tolist()
        wrong = [key for key in of_class if key not in known]
        if wrong:
            raise ValueError(f"class_weight: {shown(wrong[0])} is none of the classes {shown(known)}")
        table = [real(f"class_weight[{key!r}]", of_class.get(key, 1.0), 0) for key in known]
        by_row = np.array(table)[np.searchsorted(classes, labels)]
        options["sample_weight"] = by_row if weight is None else by_row * weight
        del options["class_weight"]
    return options


def _row_weights(name: str, given: Any, rows: int) -> Array:
    weight = arrays.as_array(name, given)
    if weight.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"{name}: shape {weight.shape}; expected ({rows},), one number for each row")
    return weight.reshape(rows)


def _validation(given: Any, classes: Array) -> tuple[Array, Counts, Any] | None:
    """Rows, the class number of each label, and weights."""
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise TypeError(f"validation_data: {type(given).__name__}; expected (x, y) or (x, y, sample_weight)")
    x, labels = arrays.as_array("validation_x", given[0]), _labels("validation_y", given[1])
    if x.ndim == 0 or len(x) != len(labels):
        raise ValueError(f"validation_y: {len(labels)} labels, but validation_x has shape {x.shape}")
    place = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    unknown = np.flatnonzero(classes[place] != labels)
    if unknown.size:
        found = labels[unknown[0]]
        raise ValueError(f"validation_y: {found} at row {unknown[0]} is none of the classes {shown(classes.tolist())}")
    if len(given) == 2:
        return x, place, None
    return x, place, _row_weights("validation_sample_weight", given[2], len(x))
