"""Diagnoses: healthy networks get no warning, sick ones exactly their findings, and nothing is changed by asking.

The two tables are in patients.py. What a curve shows is also tested on curves made by hand.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from patients import COIN, DRAW, HEALTHY, NOISE, SICK, SOFTMAX, X, Y, Z, fitted

from pynn import SGD, Dense, Dropout, Network, Normalization, Rescaling
from pynn.initializers import Constant
from pynn.inspect import Diagnosis, Finding, advice_data
from pynn.training.history import History


def serious(found: Diagnosis) -> list[Finding]:
    return found.level("warning") + found.level("error")


# ---- the two tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["sigmoid", "tanh", "relu", "leaky_relu", "elu"])
@pytest.mark.parametrize("task", HEALTHY)
def test_healthy_networks_get_no_warning(task: Any, act: str, engine: str, caplog: pytest.LogCaptureFixture) -> None:
    for seed in (0, 1):
        net, x, y = task(act, seed, engine)
        for found in (net.diagnose(x=x, y=y), net.diagnose(), net.diagnose(x=x)):
            assert serious(found) == []
            assert {"constant_inputs", "overfitting"}.issuperset(found.codes)  # as notes: pixels, a sure network
        fresh = Network(net.layers, seed=seed, engine=engine)
        assert serious(fresh.diagnose(x=x, y=y)) == []
    assert caplog.text == ""


@pytest.mark.parametrize("name", SICK)
def test_sick_networks_get_exactly_their_findings(name: str, engine: str) -> None:
    expected, options = SICK[name]
    options = {"x": Z, "y": Y} | options
    for seed in (0, 1):
        net = fitted(**options, seed=seed, engine=engine)
        found = net.diagnose(x=options["x"], y=options["y"])
        assert [f"{f.level} {f.code}" for f in found.findings] == expected, found


def test_a_finding_has_its_number(engine: str) -> None:
    net = fitted([Dense(8, "relu", bias_initializer=Constant(-100.0)), SOFTMAX], Z, Y, engine=engine)
    (dead,) = net.diagnose(x=Z, y=Y).findings
    assert "8 of 8 units" in dead.what and "150 rows" in dead.what and "he_uniform" in dead.advice
    net = fitted([Dense(8, "tanh"), SOFTMAX], X * 100, Y, engine=engine)
    assert "input 0 goes from 430 to 790" in net.diagnose(x=X * 100).findings[0].what


def test_inputs_are_judged_as_the_network_sees_them(engine: str) -> None:
    for first in (Normalization(), Rescaling.to_range(X * 100, -1, 1), Normalization.to_range(X * 100)):
        net = Network([first, Dense(8, "tanh"), SOFTMAX], engine=engine)
        assert not net.diagnose(x=X * 100, y=Y), first
    net = Network([Rescaling(255.0), Dense(8, "tanh"), SOFTMAX], engine=engine)
    assert net.diagnose(x=Z).codes == ["unscaled_inputs"]


def test_numbers_that_are_none(engine: str) -> None:
    net = fitted([Dense(8, "tanh"), SOFTMAX], Z, Y, epochs=60, engine=engine)
    broken = Z.copy()
    broken[[3, 77], 2] = np.nan, np.inf
    (finding,) = net.diagnose(x=broken, y=Y).findings
    assert finding.code == "not_finite" and "2 of 150 rows" in finding.what and "row 3" in finding.what
    assert net.diagnose(x=np.full((5, 4), np.nan), y=Y[:5]).codes == ["not_finite"]
    targets = np.where(np.arange(150) == 9, np.nan, Z[:, 0])
    assert fitted([Dense(1)], Z, Z[:, 0], engine=engine).diagnose(x=Z, y=targets).codes == ["not_finite"]


def test_many_rows_are_sampled(engine: str) -> None:
    """Rows at the end are seen as well as those at the beginning."""
    x = np.zeros((50_000, 2), np.float32)
    x[:] = NOISE[0, :2]
    x[25_000:] = NOISE[1, :2]
    net = Network([Dense(4, "tanh"), Dense(1)], engine=engine)
    found = net.diagnose(x=x, y=np.arange(50_000) >= 25_000)
    assert found.codes == [] and "1024 rows of x and y" in found.seen


def test_dead_units_by_chance_are_no_finding(engine: str) -> None:
    """16 units: half of them and 3 standard deviations of 2 are 14."""
    for dead, expected in ((14, []), (15, ["dead_units"])):
        net = Network([Dense(16, "relu"), Dense(1)], inputs=4, engine=engine)
        weights = net.get_weights()
        weights[1][:] = [-100.0] * dead + [100.0] * (16 - dead)
        net.set_weights(weights)
        assert net.diagnose(x=Z).codes == expected


def test_scales_at_their_limits() -> None:
    """Root mean squares of 3 and 10, and a hundredth; ranges of 1000 : 1; targets of size 100."""
    for size, level in ((0.009, "warning"), (0.011, ""), (2.9, ""), (3.1, "note"), (9.9, "note"), (10.1, "warning")):
        found = advice_data.judge_inputs(np.array([[size, size], [-size, -size]]))
        assert (found.level if found else "") == level
    for ratio, expected in ((900, False), (1100, True)):
        assert bool(advice_data.judge_inputs(np.array([[1, 0], [0, 1 / ratio]]))) == expected
    net = Network([Dense(8, "tanh"), Dense(1)], engine="reference")
    for size, expected in ((99, []), (101, ["unscaled_targets"])):
        assert net.diagnose(x=Z, y=size * (-1.0) ** np.arange(150)).codes == expected


@pytest.mark.parametrize(
    ("weight", "expected"),
    [(0.030, ["vanishing_gradient"]), (0.033, []), (30.0, []), (33.0, ["exploding_gradient"])],
)
def test_gradients_get_lost_from_a_thousandth_on(weight: float, expected: list[str], engine: str) -> None:
    """Three linear layers of one unit: from last to first a gradient is multiplied by weight^2, 1/1000 at 0.0316."""
    net = Network([Dense(1)] * 3, inputs=1, engine=engine)
    net.set_weights([array for _ in range(3) for array in ([[weight]], [0.0])])
    assert net.diagnose(x=np.linspace(-1, 1, 9), y=np.ones(9)).codes == expected


# ---- curves by hand --------------------------------------------------------------------------


def course(**columns: Any) -> Diagnosis:
    net = Network([Dense(8, "tanh"), SOFTMAX], inputs=4, engine="reference")
    return net.diagnose(history=columns)


def test_curves() -> None:
    epochs = np.arange(20)
    good = 0.05 + np.exp(-epochs / 4)
    assert course(loss=good).codes == []
    assert course(loss=good, val_loss=good + 0.05).codes == []
    assert course(loss=good + 0.02 * (-1.0) ** epochs).codes == []  # noise of batches
    assert course(loss=0.7 + 0.3 * (-1.0) ** epochs).codes == ["learning_rate_high"]
    assert course(loss=1 + epochs / 10).codes == ["learning_rate_high"]
    assert course(loss=2.0**epochs).codes == ["exploding_loss"]
    assert course(loss=[1.0, 10.5]).codes == ["exploding_loss"]
    assert course(loss=[1.0, 9.5]).codes == []
    (lost,) = course(loss=[1.0, 0.9, np.nan, np.nan] * 5).findings
    assert lost.code == "exploding_loss" and "The loss is nan in epoch 3" in lost.what
    assert course(loss=good, val_loss=np.where(epochs < 9, good, np.nan)).codes == []
    assert course(loss=1 - epochs / 1000).codes == ["learning_rate_low"]
    assert course(loss=1 - epochs / 100).codes == []  # a fifth in 20 epochs is not little
    assert course(loss=np.ones(20)).codes == ["plateau"]
    assert course(loss=[1.0, 1.0, 1.0]).codes == []  # too short to tell
    rising = np.maximum(good, 0.3 + epochs / 20)
    assert course(loss=good, val_loss=rising).codes == ["overfitting"]
    assert course(loss=rising, val_loss=rising).codes != ["overfitting"]  # both get worse


def test_steady_and_still_curves_tell_of_the_rate() -> None:
    epochs = np.arange(30)
    for late, expected in ((0.2, []), (0.4, ["learning_rate_low"])):  # the last fall, as a share of the first one
        loss = 1 - np.cumsum(np.r_[0, np.linspace(1, late, 29)]) * 0.002
        assert [code for code in course(loss=loss).codes if code != "plateau"] == expected
    for fall, expected in ((0.03, ["plateau"]), (0.07, [])):
        assert course(loss=1 - fall * (1 - np.exp(-epochs))).codes == expected
    fresh = Network([Dense(8, "tanh"), SOFTMAX], engine="reference")
    for noise, expected in ((5e-4, ["learning_rate_low"]), (5e-3, [])):
        assert fresh.diagnose({"loss": 1 + noise * (-1.0) ** epochs}, Z, Y).codes == expected


def test_a_slow_curve_at_the_end_of_the_way() -> None:
    """Nothing to be learned, or all of it was: then a slow fall is not the rate's fault."""
    slow = {"loss": 1 - np.arange(60) / 1000}
    nothing = fitted([Dense(2, "tanh"), SOFTMAX], NOISE, COIN, epochs=60, engine="reference")
    assert nothing.diagnose(slow, NOISE, COIN).codes == ["underfitting"]
    learned = fitted([Dense(8, "tanh"), SOFTMAX], Z, Y, epochs=60, engine="reference")
    assert learned.diagnose(slow, Z, Y).codes == []


def test_a_rise_of_the_validation_loss() -> None:
    """By a tenth of the fall, or twice the error of few rows; and to 1.2 times the minimum."""
    net = Network([Dense(8, "tanh"), SOFTMAX], engine="reference")
    history = net.fit(Z, Y, epochs=1, validation_data=(Z, Y), verbose=0)
    for rows, low, last, expected in (
        (100_000, 0.1, 0.17, []),
        (100_000, 0.1, 0.21, ["overfitting"]),
        (30, 0.1, 0.40, []),
        (30, 0.1, 0.45, ["overfitting"]),
        (100_000, 0.9, 1.07, []),
        (100_000, 0.9, 1.10, ["overfitting"]),
    ):
        history.validation_rows = rows
        val_loss = [*np.linspace(1, low, 10), *np.linspace(low, last, 9), last, last]
        history.history = {"loss": list(np.linspace(1, 0.01, 21)), "val_loss": val_loss}
        assert net.diagnose(history).codes == expected, (rows, last)


def test_nothing_after_the_epoch_that_was_kept_is_judged() -> None:
    """The rise that early stopping has undone is no finding, nor is it where that epoch is one of a second fit."""
    fall, rise = [1 / (1 + i) for i in range(10)], [0.2 + i / 10 for i in range(10)]
    net = Network([Dense(2, "softmax")], inputs=2)
    for first in (0, 7):
        history = History()
        history.extend(first, {"loss": [*fall, *(0.1 / (1 + i) for i in range(10))], "val_loss": [*fall, *rise]})
        history.validation_rows = 1000
        assert "overfitting" in net.diagnose(history).codes
        history.kept = first + 9
        found = net.diagnose(history)
        assert found.codes == [] and "10 epochs" in found.seen


def test_gap_of_accuracies_depends_on_the_rows() -> None:
    """0.95 and 0.85: a standard error of 0.065 with 30 rows, 0.0036 with 10,000."""
    net = Network([Dense(8, "tanh"), SOFTMAX], engine="reference")
    net.compile(metrics=["accuracy"])
    history = net.fit(Z, Y, epochs=1, validation_data=(Z, Y), verbose=0)
    assert history.validation_rows == 150
    history.history |= {"accuracy": [0.95], "val_accuracy": [0.85]}
    for rows, own, expected in (
        (30, 0.95, []),
        (10_000, 0.95, ["overfitting"]),
        (10**8, 0.89, []),
        (10**8, 0.91, ["overfitting"]),
    ):
        history.validation_rows, history.history["accuracy"] = rows, [own]
        assert net.diagnose(history).codes == expected
    history.history["val_accuracy"] = [0.0]
    for rows, own, expected in ((1, 1.0, []), (2, 0.5, []), (100, 0.5, ["overfitting"])):  # none right of two: so what
        history.validation_rows, history.history["accuracy"] = rows, [own]
        assert net.diagnose(history).codes == expected


def test_a_sure_network_that_is_not_wrong_more_often_gets_a_note() -> None:
    loss, held_out = np.linspace(1, 0.1, 20), np.r_[np.linspace(1, 0.2, 10), np.linspace(0.3, 1.2, 10)]
    found = course(loss=loss, val_loss=held_out, accuracy=[0.95] * 20, val_accuracy=[0.94] * 20)
    assert [f.level for f in found.findings] == ["note"] and "has not suffered: 0.94" in found.findings[0].what
    found = course(loss=loss, val_loss=held_out, accuracy=[1.0] * 20, val_accuracy=[0.5] * 20)
    assert [f.level for f in found.findings] == ["warning"]


def test_a_second_fit_may_be_flat(engine: str) -> None:
    net = fitted([Dense(12, "tanh"), SOFTMAX], Z, Y, epochs=60, engine=engine)
    net.fit(Z, Y, epochs=10, verbose=0)
    assert net.diagnose().codes == [] and net.diagnose(x=Z, y=Y).codes == []


def test_history_may_be_given(engine: str) -> None:
    net = fitted([Dense(8, "tanh"), SOFTMAX], Z, Y, epochs=1, engine=engine)
    assert net.diagnose().codes == []
    assert net.diagnose({"loss": [1.0, 20.0]}).codes == ["exploding_loss"]
    net.history.history["loss"] = [1.0, 20.0]
    assert net.diagnose().codes == net.diagnose(net.history).codes == ["exploding_loss"]


def test_divergence_is_remembered(engine: str) -> None:
    net = fitted([Dense(8, "relu"), Dense(1)], Z, Y, SGD(5.0), engine=engine)
    assert "not finite" in net.diagnose().findings[0].what and net.history.diverged
    net.compile(optimizer=SGD(1e-30))
    net.set_weights([np.full_like(w, 1e30) for w in net.get_weights()])
    assert "exploding_loss" in net.diagnose(history={}, x=Z, y=Y).codes


def test_rows_of_one_class_are_not_to_be_balanced(engine: str) -> None:
    net = fitted([Dense(4, "tanh"), Dense(1, "sigmoid")], Z, np.zeros(150), epochs=6, engine=engine)
    (finding,) = net.diagnose(x=Z, y=np.zeros(150)).findings
    assert finding.code == "imbalance" and "All 150 rows are of class 0" in finding.what
    assert "class_weight" not in finding.advice
    assert "imbalance" not in net.diagnose(x=Z[:3], y=np.zeros(3)).codes  # too few to tell


# ---- arguments, and what stays ---------------------------------------------------------------


def test_wrong_arguments(engine: str) -> None:
    net = Network([Dense(8, "tanh"), SOFTMAX], inputs=4, engine=engine)
    for error, match, arguments in (
        (ValueError, "x: None given together with y", {"y": Y}),
        (ValueError, r"y: shape \(7,\); expected 150 rows", {"x": Z, "y": Y[:7]}),
        (ValueError, "x: shape .*at least one row", {"x": Z[:0]}),
        (ValueError, "x: 3 features a row", {"x": NOISE}),
        (TypeError, "x: strings", {"x": [["a"]]}),
        (TypeError, "history: 3 is a int; expected a History", {"history": 3}),
        (ValueError, "history: it has acc; expected at least 'loss'", {"history": {"acc": [1.0]}}),
        (TypeError, "history: 'loss' is", {"history": {"loss": ["a"]}}),
    ):
        with pytest.raises(error, match=match):
            net.diagnose(**arguments)


def test_nothing_is_changed(engine: str) -> None:
    net = Network([Normalization(), Dense(8, "tanh"), Dropout(0.2), SOFTMAX], seed=3, engine=engine)
    twin = copy.deepcopy(net)
    assert "description alone" in str(net.diagnose())
    net.diagnose(x=X, y=Y)
    assert net.inputs is None and not net.layers[0].adapted and not hasattr(net, "history")
    net.fit(X, Y, epochs=2, verbose=0)
    before = net.fingerprint(), net.iteration, net.epoch, copy.deepcopy(net.history.history)
    net.diagnose(x=X, y=Y)
    assert (net.fingerprint(), net.iteration, net.epoch, net.history.history) == before
    twin.fit(X, Y, epochs=2, verbose=0)
    assert twin.fingerprint() == before[0]


def test_targets_in_every_form(engine: str) -> None:
    """Class numbers, one-hot rows, columns, booleans, lists: what fit takes."""
    net = fitted([Dense(12, "tanh"), SOFTMAX], Z, Y, epochs=60, engine=engine)
    for y in (Y, Y[:, None], np.eye(3)[Y], Y.tolist(), Y.astype(float)):
        assert net.diagnose(x=Z, y=y).codes == []
    wrong = net.diagnose(x=Z, y=DRAW.permutation(Y))
    assert wrong.codes == ["underfitting"]  # targets that are not those it learned


# ---- text ------------------------------------------------------------------------------------


def test_report(engine: str) -> None:
    net = fitted([Dense(4, "tanh", "zeros"), Dense(3, "softmax", "zeros")], X, Y, engine=engine)
    found = net.diagnose(x=X)
    assert found and found.codes == ["symmetric_units", "unscaled_inputs"]  # errors first
    text = str(found)
    assert text.startswith("1 error, 1 note. Looked at: weights of 2 layers, 30 epochs, 150 rows of x.\n")
    assert "error: symmetric_units\n    The weights of layer 1 are all 0: its 4 units compute the same" in text
    assert "\n -> Begin with random weights" in text and max(map(len, text.splitlines())) <= 100
    assert repr(found) == text
    nothing = Network([Dense(3)], inputs=2, engine=engine).diagnose()
    assert not nothing and str(nothing) == "Nothing found. Looked at: weights of 1 layer."


def test_report_in_a_notebook() -> None:
    found = Diagnosis([Finding("code", "note", "a < b & c", "do <this>")], "one & all")
    html = found._repr_html_()
    assert "a &lt; b &amp; c" in html and "do &lt;this&gt;" in html and "one &amp; all" in html
    assert html.count("<tr>") == html.count("</tr>") == 2
    assert "<table>" not in Diagnosis([], "all")._repr_html_()
