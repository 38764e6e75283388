"""scikit-learn's own tests of its MLP, run on ours.

The file is the installed scikit-learn's: it is read and executed with its two names bound to our classes, and what it
defines becomes this module's. Tests of private helpers cannot apply; each is listed with its reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pynn.engine._native")
pytest.importorskip("sklearn.neural_network.tests.test_mlp")

from sklearn.neural_network.tests import test_mlp as theirs

from pynn.estimators import MLPClassifier, MLPRegressor

NOT_OURS = {
    "test_gradient": "calls _loss_grad_lbfgs with lists of scratch arrays; test_estimators.py checks lbfgs' gradient",
}


def _load() -> dict[str, object]:
    """Execute their file with our classes: parametrizations take the classes while the file is read."""
    import sklearn.neural_network as home

    source = Path(theirs.__file__).read_text(encoding="utf-8")
    space: dict[str, object] = {"__name__": theirs.__name__, "__file__": theirs.__file__}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home, "MLPClassifier", MLPClassifier)
        patch.setattr(home, "MLPRegressor", MLPRegressor)
        exec(compile(source, theirs.__file__, "exec"), space)
    return space


_found = _load()
_tests = {name: value for name, value in _found.items() if name.startswith("test_")}
globals().update({name: value for name, value in _tests.items() if name not in NOT_OURS})


@pytest.fixture(autouse=True)
def _their_warnings() -> None:
    """Their suite does not turn warnings into errors."""


pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(params=[42])
def global_random_seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_the_names_are_ours() -> None:
    assert _found["MLPClassifier"] is MLPClassifier and _found["MLPRegressor"] is MLPRegressor
    assert len(_tests) > 30
    assert set(NOT_OURS) <= set(_tests)
