"""Pictures of several networks or many steps: regions side by side, descents on a loss surface, animations.

Read test_plots.py for what every picture keeps to.
"""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from drawn_networks import XOR, X, curve_net, line_net, net_of, straight_net, xor_net
from PIL import Image

from pynn import Dense, Network, Normalization, plots

ONE = np.array([-2.0, -1.0, 1.0, 2.0, 3.0])
TARGETS = np.array([-3.0, -1.0, 2.0, 4.0, 5.0])

# ---- side by side ------------------------------------------------------------------------------


def test_compared_regions() -> None:
    nets = {0.1: line_net(), "xor": xor_net()}
    display = plots.ComparedRegionsDisplay.from_networks(nets, X, XOR, what="alpha", resolution=9)
    for (name, net), axes in zip(nets.items(), display.axes_, strict=True):
        alone = plots.DecisionRegionDisplay.from_network(net, X, XOR, resolution=9)
        np.testing.assert_array_equal(display.regions[str(name)].values, alone.regions.values)
        right = ((net.predict(X)[:, 0] > 0.5) == XOR).mean()
        assert display.scores[str(name)] == right and axes.get_title() == f"alpha {name}\n{right:.1%} right"
    assert display.scores["xor"] == 1 and len(display.figure_.legends) == 1
    bare = display.plot(scores=False, title="both")
    assert bare.ax_.get_title() == "alpha 0.1" and bare.figure_.get_suptitle() == "both"


def test_compared_estimators_over_alpha() -> None:
    """What regularization does: the larger alpha, the smaller the weights and the smoother the shades."""
    estimators = pytest.importorskip("pynn.estimators")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nets = {
            alpha: estimators.MLPClassifier((5,), solver="lbfgs", alpha=alpha, max_iter=200, random_state=1).fit(
                X, np.array(["no", "yes"])[XOR]
            )
            for alpha in (1e-4, 10.0)
        }
    display = plots.ComparedRegionsDisplay.from_networks(nets, X, np.array(["no", "yes"])[XOR], resolution=9)
    assert list(display.regions) == ["0.0001", "10"]
    assert np.ptp(display.regions["10"].values) < np.ptp(display.regions["0.0001"].values)
    for name, net in display.scores.items():
        assert net == nets[float(name)].score(X, np.array(["no", "yes"])[XOR])


def test_compared_regions_refuse() -> None:
    draw = plots.ComparedRegionsDisplay.from_networks
    with pytest.raises(TypeError, match=r"nets: \[\] is not possible; expected a dict name -> network"):
        draw([], X, XOR)
    with pytest.raises(ValueError, match="nets: two of them are called 0.1; expected different names"):
        draw({0.1: line_net(), "0.1": line_net()}, X, XOR, resolution=5)
    with pytest.raises(ValueError, match="x: only finite numbers"):
        draw({"a": line_net()}, X + np.inf, XOR)
    with pytest.raises(ValueError, match="x: regions need rows of at least two features"):
        draw({"a": curve_net()}, ONE, [0, 1, 0, 1, 1])


# ---- loss surfaces -----------------------------------------------------------------------------


def surface(**options: Any) -> plots.LossSurfaceDisplay:
    return plots.LossSurfaceDisplay.from_network(straight_net(), ONE, TARGETS, **{"resolution": 5} | options)


def test_descents_by_hand() -> None:
    """y = w x + b with the mean squared error: losses, and steps with all rows, are those of the formula."""
    net = straight_net()
    before = net.fingerprint()
    display = plots.LossSurfaceDisplay.from_network(net, ONE, TARGETS, rate=0.05, epochs=4, resolution=5)
    assert net.fingerprint() == before and net.epoch == 0, "the network is left as it is"
    w = np.array([-1.0, 2.0])
    for step in range(5):
        np.testing.assert_allclose(display.paths["batch"][step], w, rtol=1e-12)
        error = w[0] * ONE + w[1] - TARGETS
        w = w - 0.05 * 2 * np.array([(error * ONE).mean(), error.mean()])
    w1, w2 = np.meshgrid(display.w1, display.w2)
    losses = ((w1[..., None] * ONE + w2[..., None] - TARGETS) ** 2).mean(axis=2)
    np.testing.assert_allclose(display.losses, losses, rtol=1e-12)
    assert {name: len(path) - 1 for name, path in display.paths.items()} == {"batch": 4, "mini-batch": 4, "SGD": 20}
    assert display.names == ("$W_{1}$[0, 0]", "$b_{1}$[0]")
    assert display.axes_[2].get_title().startswith("SGD\n20 steps: loss ")


def test_every_row_is_seen_once_an_epoch() -> None:
    """Single steps: each is the gradient of one row, in some order, and each row has its turn."""
    path = surface(rate=1e-3, epochs=1, batch_sizes={"one": 1}).paths["one"]
    steps, rows = np.diff(path, axis=0), []
    for at, step in zip(path[:-1], steps, strict=True):
        error = at[0] * ONE + at[1] - TARGETS
        each = -1e-3 * 2 * np.column_stack([error * ONE, error])
        rows.append(int(np.abs(each - step).max(axis=1).argmin()))
        np.testing.assert_allclose(each[rows[-1]], step, rtol=1e-9)
    assert sorted(rows) == [0, 1, 2, 3, 4]
    again = surface(rate=1e-3, epochs=1, batch_sizes={"one": 1}).paths["one"]
    np.testing.assert_array_equal(path, again)
    other = surface(rate=1e-3, epochs=1, batch_sizes={"one": 1}, seed=5).paths["one"]
    assert not np.array_equal(path, other)


def test_two_of_many_weights() -> None:
    """Only the two that are named move; a rate that is too large ends early and does not decide the limits."""
    net = net_of(2, 1)
    display = plots.LossSurfaceDisplay.from_network(
        net, X, XOR, weights=(1, 6), start=(0.5, -0.5), epochs=2, batch_sizes={"all": None}, resolution=4
    )
    assert display.names == ("$W_{1}$[0, 1]", "$W_{2}$[0, 0]") and len(display.axes_) == 1
    flat = net.get_params()
    flat[[1, 6]] = display.w1[2], display.w2[3]
    net.set_params(flat)
    assert display.losses[3, 2] == net.evaluate(X, XOR)["loss"]
    lost = surface(rate=100.0, epochs=50)
    assert all(np.isfinite(path).all() for path in lost.paths.values()) and len(lost.paths["batch"]) < 50
    assert lost.w1[-1] - lost.w1[0] < 10
    lost._repr_png_()


def test_surfaces_refuse() -> None:
    with pytest.raises(ValueError, match="weights: the network has 9; name two of them by their places"):
        plots.LossSurfaceDisplay.from_network(net_of(2, 1), X, XOR)
    with pytest.raises(ValueError, match=r"weights: \(1, 1\) is not possible; expected the places of two different"):
        surface(weights=(1, 1))
    with pytest.raises(TypeError, match="net: 3 is a int; expected a Network"):
        plots.LossSurfaceDisplay.from_network(3, X, XOR)
    with pytest.raises(ValueError, match=r"y: shape \(5,\); expected a target for each of 4 rows"):
        plots.LossSurfaceDisplay.from_network(straight_net(), ONE[:4], TARGETS)
    with pytest.raises(ValueError, match="x: only finite numbers"):
        plots.LossSurfaceDisplay.from_network(straight_net(), ONE * np.nan, TARGETS)
    with pytest.raises(TypeError, match=r"batch_sizes: \{\} is not possible"):
        surface(batch_sizes={})
    with pytest.raises(ValueError, match="rate: 0 is not possible; expected more than 0"):
        surface(rate=0)
    with pytest.raises(ValueError, match=r"start: shape \(3,\); expected two numbers"):
        surface(start=(1, 2, 3))


# ---- over the epochs ---------------------------------------------------------------------------


def recorded(every: int = 2, epochs: int = 5) -> tuple[Network, plots.Snapshots]:
    net, film = net_of(2, 1), plots.Snapshots(every=every)
    net.fit(X, XOR, epochs=epochs, verbose=0, callbacks=[film])
    return net, film


def draw(net: Any) -> plots.Display:
    return plots.DecisionRegionDisplay.from_network(net, X, XOR, resolution=20)


def test_snapshots() -> None:
    """First and last are always kept; each is what a training of so many epochs would have given."""
    net, film = recorded()
    assert film.epochs == [0, 2, 4, 5] and len(film) == 4 and repr(film) == "Snapshots(every=2), 4 kept"
    for epoch, then in film:
        alone = net_of(2, 1)
        alone.fit(X, XOR, epochs=epoch, verbose=0) if epoch else None
        assert then.fingerprint() == alone.fingerprint() and then is not net
    net.fit(X, XOR, epochs=1, verbose=0, callbacks=[film])
    assert film.epochs == [0, 2, 4, 5, 6]
    with pytest.raises(ValueError, match="callbacks: these Snapshots are of another network; use new ones"):
        net_of(2, 1).fit(X, XOR, verbose=0, callbacks=[film])
    with pytest.raises(ValueError, match="every: 0 is not possible"):
        plots.Snapshots(every=0)


def test_snapshots_of_an_estimator_and_behind_a_normalization() -> None:
    estimators = pytest.importorskip("pynn.estimators")
    film = plots.Snapshots()
    fitted = estimators.MLPRegressor(hidden_layer_sizes=(2,), max_iter=3, random_state=0, callbacks=[film])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted.fit(X, XOR)
    assert film.epochs == [0, 1, 2, 3]
    answers = [then.predict(X) for _, then in film]
    np.testing.assert_array_equal(answers[-1], fitted.predict(X))
    assert not np.array_equal(answers[0], answers[-1])
    film = plots.Snapshots()
    net = Network([Normalization(), Dense(1)], seed=0)
    net.fit(X, XOR, epochs=2, verbose=0, callbacks=[film])
    assert [then.predict(X).shape for _, then in film] == [(4, 1)] * 3


def test_an_animation_is_the_network_epoch_by_epoch(tmp_path: Path) -> None:
    net, film = recorded()
    film_of = plots.animate(draw, film, fps=4, dpi=40)
    assert film_of.epochs == film.epochs and len(film_of.frames) == 4 and repr(film_of) == "Animation(4 frames)"
    assert len({frame.tobytes() for frame in film_of.frames}) == 4, "something moves"
    film_of.save(tmp_path / "moves.gif")
    with Image.open(tmp_path / "moves.gif") as gif:
        assert gif.n_frames == 4 and gif.size == film_of.frames[0].size and gif.info["duration"] == 250
        assert gif.info["loop"] == 0
    plots.animate(draw, film, fps=4, dpi=40).save(tmp_path / "again.gif")
    assert (tmp_path / "again.gif").read_bytes() == (tmp_path / "moves.gif").read_bytes()
    assert (tmp_path / "moves.gif").stat().st_size < 40_000
    assert net.fingerprint() == recorded()[0].fingerprint(), "the network is left as it is"


def test_an_animation_as_a_page(tmp_path: Path) -> None:
    """Nothing is loaded from elsewhere; the pictures in it are the frames."""
    film_of = plots.animate(draw, recorded()[1], dpi=40)
    film_of.save(tmp_path / "moves.html")
    page = (tmp_path / "moves.html").read_text(encoding="utf-8")
    pictures = re.findall(r'"(iVBOR[A-Za-z0-9+/=]+)"', page)
    assert len(pictures) == 4 and b64decode(pictures[0]).startswith(b"\x89PNG")
    assert "http" not in page and 'max="3"' in page and page.count("{{") == 0
    assert film_of._repr_html_().startswith("<iframe srcdoc=")


def test_one_snapshot_is_a_film_of_one_frame(tmp_path: Path) -> None:
    _, film = recorded(epochs=1)
    film.epochs, film.weights = film.epochs[:1], film.weights[:1]
    plots.animate(draw, film, dpi=40).save(tmp_path / "one.gif")
    with Image.open(tmp_path / "one.gif") as gif:
        assert getattr(gif, "n_frames", 1) == 1


def test_animations_refuse(tmp_path: Path) -> None:
    _, film = recorded()
    with pytest.raises(TypeError, match="draw: 3 is a int; expected a function of a network"):
        plots.animate(3, film)
    with pytest.raises(TypeError, match="snapshots: 3 is a int; expected Snapshots"):
        plots.animate(draw, 3)
    with pytest.raises(TypeError, match="draw: it returned None, a NoneType; expected a display"):
        plots.animate(lambda net: None, film)
    with pytest.raises(ValueError, match="snapshots: there are none"):
        plots.animate(draw, plots.Snapshots())
    with pytest.raises(ValueError, match="path: 'moves.mp4' ends in '.mp4'; expected .gif or .html"):
        plots.animate(draw, film, dpi=20).save(tmp_path / "moves.mp4")
    with pytest.raises(ValueError, match="fps: 0 is not possible"):
        plots.animate(draw, film, fps=0)
