"""Which rows are for training, validation and the test: at random, by time, or whole groups.

By time the last rows are the test and those before them the validation, as in use, where a model is asked about what
comes after its training. By group all rows of a customer, say, are in one part, as in use, where customers are new.
Rows of the same time stay together, too. Read train_table.py next.
"""

from __future__ import annotations

import argparse

import numpy as np

from .. import datasets
from ..backend import Array
from ..engine.philox import SPLIT, permutation
from ..tables import Table, TableError
from ..tables.cells import look
from ..tables.outcomes import Answers, Classes
from ..tables.word_column import word_of

KINDS = ("time", "group")
Rows = dict[str, Array | None]


def check(options: argparse.Namespace) -> None:
    if not options.split:
        return
    kind, column = options.split
    if kind not in KINDS:
        raise TableError(f"--split: {kind!r} is unknown; expected {' or '.join(KINDS)}, and a column")
    if column == options.target:
        raise TableError(f"--split: {column!r} is the target")
    if not options.val and not options.test:
        raise TableError("--split: there is nothing to split; give a --val or --test above 0")


def find(table: Table, options: argparse.Namespace) -> None:
    """That the column of --split exists."""
    if options.split:
        table.check(options.split[1], "--split: column")


def split(table: Table, target: Answers, options: argparse.Namespace) -> Rows:
    """The row numbers of each part, ascending; None for a part that does not exist."""
    found = _in_order(table, options) if options.split else _at_random(table, target, options)
    rows: Rows = {name: None if some is None else np.sort(some) for name, some in found.items()}
    train = rows["train"]
    if isinstance(target, Classes) and train is not None and len(set(target.read(table)[train])) < 2:
        raise TableError(f"{table.source}: --split: all training rows are of one class; nothing can be learned")
    return rows


def _at_random(table: Table, target: Answers, options: argparse.Namespace) -> Rows:
    """Each class has the same share in all parts (a stratified split)."""
    numbers, y = np.arange(table.rows), target.read(table)
    parts: Rows = {"train": numbers, "validation": None, "test": None}
    by_class = isinstance(target, Classes)
    try:
        if options.val and options.test:
            found = datasets.split(numbers, y, options.test, options.val, seed=options.seed, stratify=by_class)
            parts = {name: one[0] for name, one in zip(parts, found, strict=True)}
        elif options.val or options.test:
            found = datasets.split(numbers, y, options.val or options.test, seed=options.seed, stratify=by_class)
            parts |= {"train": found[0][0], "validation" if options.val else "test": found[1][0]}
    except ValueError as reason:
        why = str(reason) if options.test else str(reason).replace("test", "validation")
        raise TableError(f"{table.source}: too few rows for --val and --test: {why}; --val 0 holds none back") from None
    return parts


def _in_order(table: Table, options: argparse.Namespace) -> Rows:
    """Training, validation and test one after the other: in time, or in a random order of the groups."""
    kind, column = options.split
    place = _times(table, column) if kind == "time" else _groups(table, column, options.seed)
    names = ["train", *(["validation"] if options.val else []), *(["test"] if options.test else [])]
    sizes = np.bincount(place)
    if len(sizes) < len(names):
        what = "times" if kind == "time" else "groups"
        have = f"{table.columns[column][0]!r} in all rows" if len(sizes) == 1 else f"one of {len(sizes)} values"
        why = f"column {column!r} is {have}; each of {len(names)} parts needs {what} of its own"
        raise TableError(f"{table.source}: --split {kind}: {why}")
    shares = [1 - options.val - options.test, *filter(None, (options.val, options.test))]
    if shares[0] <= 0:
        raise TableError(f"--val, --test: {options.val:g} and {options.test:g} leave no rows for training")
    part = _cut(sizes, shares)[place]
    found: Rows = {"train": None, "validation": None, "test": None}
    return found | {name: np.flatnonzero(part == number) for number, name in enumerate(names)}


def _cut(sizes: Array, shares: list[float]) -> Array:
    """The part of each time or group, in order: each part ends where its share of the rows is met most nearly, and has
    at least one of them."""
    ends, part, begin = np.cumsum(sizes), np.zeros(len(sizes), np.int64), 0
    for number in range(1, len(shares)):
        wanted = sum(shares[:number]) * ends[-1]
        last = len(sizes) - (len(shares) - number)  # the first one that has to be left for the parts to come
        begin += 1 + int(np.argmin(np.abs(ends[begin:last] - wanted)))
        part[begin:] = number
    return part


def _times(table: Table, column: str) -> Array:
    """The place of each row's time among the different times."""
    found = look(table, column)
    if found.kind in ("words", "nothing"):
        raise TableError(
            f"{table.source}: --split time: column {column!r} holds words; expected dates, times or numbers"
        )
    gaps = np.flatnonzero(np.isnan(found.values))
    if gaps.size:
        raise table.refuse(column, int(gaps[0]), "is no time; --split time needs one in each row")
    return np.unique(found.values, return_inverse=True)[1].reshape(-1)


def _groups(table: Table, column: str, seed: int) -> Array:
    """The place of each row's group in a random order of the groups; rows without one are a group."""
    words = list(map(word_of, table.columns[column]))
    known = sorted(set(words))
    order = permutation(seed, SPLIT, 0, len(known)).tolist()
    place = {known[number]: place for place, number in enumerate(order)}
    return np.array([place[word] for word in words], np.int64)
