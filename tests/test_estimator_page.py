"""docs/estimators.md names every parameter, argument and attribute of the estimators, and none that is not there."""

from __future__ import annotations

import inspect
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

from pynn.estimators import MLPClassifier, MLPRegressor

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "estimators.md").read_text(encoding="utf-8")
X = np.random.default_rng(3).normal(size=(60, 4))
LABELS = (X[:, 0] > 0).astype(int)


def rows_of(head: str) -> list[list[str]]:
    """The cells of the table that begins with this line."""
    lines = PAGE[PAGE.index(head) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words_of(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def parameters(kind: Any) -> set[str]:
    return set(inspect.signature(kind).parameters)


def test_every_parameter_is_in_the_table() -> None:
    rows = rows_of("| scikit-learn's parameter |")
    theirs = set().union(*(words_of(row[0]) for row in rows))
    extra = set().union(*(words_of(row[1]) for row in rows if not row[0]))
    known = parameters(TheirClassifier) | parameters(TheirRegressor) | {"loss"}  # loss came with 1.7
    ours = parameters(MLPClassifier) | parameters(MLPRegressor)
    assert theirs == known and known < ours
    assert extra - {"loss"} == {name for name in ours - known if name not in ("schedule", "optimizer", "monitor")}
    beside = "".join(row[2] for row in rows if row[0])
    assert all(f"`{name}=" in beside for name in ("schedule", "optimizer", "monitor"))


def test_what_fit_takes() -> None:
    (written,) = re.findall(r"^`fit\((.*?)\)`", PAGE, re.M)
    expected = inspect.signature(eval(f"lambda self, {written}: 0"))
    given = inspect.signature(MLPClassifier.fit).parameters.values()
    assert list(expected.parameters.values()) == [one.replace(annotation=one.empty) for one in given]


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("pair", [(TheirClassifier, MLPClassifier), (TheirRegressor, MLPRegressor)])
def test_every_attribute_is_there(pair: Any, solver: str, early: bool) -> None:
    """All that a fitted estimator of scikit-learn has, of the same type and shape; and the page names them."""
    names = {name for row in rows_of("| attribute |") for name in words_of(row[0])}
    fitted = []
    for kind in pair:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.append(kind(max_iter=5, solver=solver, early_stopping=early, random_state=0).fit(X, LABELS))
    theirs, ours = (public(one) for one in fitted)
    assert set(theirs) <= set(ours) and set(ours) <= names
    for name, value in theirs.items():
        assert describe(ours[name]) == describe(value), name


def public(one: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(one).items() if name.endswith("_") and name[0] != "_"}


def describe(value: Any) -> Any:
    if isinstance(value, list):
        return [describe(each) for each in value]
    return (value.shape, value.dtype) if isinstance(value, np.ndarray) else isinstance(value, (int, float)) or value


def test_every_method_is_there() -> None:
    for theirs, ours in ((TheirClassifier, MLPClassifier), (TheirRegressor, MLPRegressor)):
        missing = [name for name in dir(theirs) if not name.startswith("_") and not hasattr(ours, name)]
        assert missing == []
        for name in ("fit", "partial_fit", "predict", "score"):
            first, second = (list(inspect.signature(getattr(kind, name)).parameters) for kind in (theirs, ours))
            assert second[: len(first)] == first or "sample_weight" not in first, name
