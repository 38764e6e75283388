"""`pynn play` without a browser: points, settings, the playground's numbers, the server over a socket, the command.

The numbers are those of a Network trained by hand. The page itself is in test_play_page.py.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from base64 import b64decode
from http.client import HTTPConnection
from signal import SIGINT
from threading import Thread

import numpy as np
import pytest
from command_runs import refused, run

from pynn import Adam, Dense, DivergenceError, Network
from pynn.play import server as served
from pynn.play.playground import COARSE, FINE, KEPT, SIDE, TRAINING, Playground, mesh
from pynn.play.points import POINTS
from pynn.play.settings import Settings, read

# ---- points ----


@pytest.mark.parametrize("name", POINTS)
def test_points_are_two_classes_within_the_picture(name):
    x, y = POINTS[name](300, 0.0, 3)
    assert x.shape == (300, 2) and x.dtype == np.float32 and np.bincount(y).min() > 100
    assert np.abs(x).max() < SIDE and np.abs(x).max() > 2
    again, shaken = POINTS[name](300, 0.0, 3)[0], POINTS[name](300, 0.3, 3)[0]
    assert (x == again).all() and (x != shaken).any() and (x != POINTS[name](300, 0.0, 4)[0]).any()


def test_xor_and_spiral_are_what_they_are_called():
    x, y = POINTS["xor"](400, 0.0, 0)
    assert (y == (x[:, 0] * x[:, 1] > 0)).all() and np.abs(x).min() >= 0.2
    x, y = POINTS["spiral"](400, 0.0, 0)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0]) / (2 * np.pi)
    behind = angle - 1.5 * radius / 2.8 - y / 2  # in turns; whole on the arm of its class
    np.testing.assert_allclose(behind, np.rint(behind), atol=1e-5)  # float32: 2^-24 of 2.8, over a radius of 0.2


# ---- settings ----


def test_settings_have_defaults_and_return_as_they_came():
    assert read({}) == Settings() and read(Settings().to_json()) == Settings()
    given = {"data": "spiral", "layers": [8] * 6, "optimizer": "sgd", "learning_rate": 1, "noise": 0, "seed": 7}
    assert read(given).to_json() == Settings().to_json() | given
    assert [layer.units for layer in read({"layers": []}).network().layers] == [1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "settings: [] is not an object"),
        ({"lr": 1}, "settings: 'lr' is unknown; known are data, noise"),
        ({"data": "moon"}, "Did you mean 'moons'?"),
        ({"data": 3}, "data: 3 is a int"),
        ({"noise": -1}, "noise: -1 is not possible"),
        ({"noise": "1"}, "noise: '1' is a str"),
        ({"layers": [4] * 7}, "expected a list of at most 6"),
        ({"layers": 4}, "layers: 4; expected a list"),
        ({"layers": [9]}, "layers[0]: 9 is not possible; expected an integer from 1 to 8"),
        ({"layers": [True]}, "layers[0]: True is a bool"),
        ({"activation": "step"}, "activation: 'step' is unknown"),
        ({"optimizer": None}, "optimizer: None is a NoneType"),
        ({"learning_rate": 0}, "learning_rate: 0 is not possible; expected more than 0"),
        ({"learning_rate": 10**400}, "is not finite"),
        ({"batch_size": 2.5}, "batch_size: 2.5 is a float"),
        ({"l2": 2}, "l2: 2 is not possible"),
        ({"seed": -1}, "seed: -1 is not possible"),
    ],
)
def test_settings_refused(given, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        read(given)
    assert words in str(caught.value) and "\n" not in str(caught.value)


# ---- the playground ----

GIVEN = {"data": "circles", "noise": 0.1, "layers": [5, 3], "activation": "sigmoid", "batch_size": 20, "l2": 0.001}


def by_hand(epochs):
    """The network of GIVEN without the playground, and its points."""
    x, y = POINTS["circles"](300, 0.1, 0)
    hidden = [Dense(units, "sigmoid", l2=0.001) for units in (5, 3)]
    net = Network([*hidden, Dense(1, "sigmoid", l2=0.001)], inputs=2, seed=0)
    net.compile(optimizer=Adam(0.01), metrics=["accuracy"])
    net.fit(x[:TRAINING], y[:TRAINING], batch_size=20, epochs=epochs, verbose=0)
    return net, x, y


def test_the_numbers_are_those_of_a_network_trained_by_hand():
    playground = Playground()
    began = playground.reset(GIVEN)
    playground.train({"epochs": 5})
    found = playground.train({})
    net, x, y = by_hand(6)
    assert playground.net.fingerprint() == net.fingerprint()
    training, test = net.evaluate(x[:TRAINING], y[:TRAINING]), net.evaluate(x[TRAINING:], y[TRAINING:])
    assert found["loss"] == [training["loss"], test["loss"]]
    assert found["accuracy"] == [training["accuracy"], test["accuracy"]]
    assert found["epoch"] == 6 and [point[0] for point in found["curve"]] == list(range(7))
    assert found["curve"][-1] == (6, *found["loss"]) and found["curve"][0] == (0, *began["loss"])
    weights = net.get_weights()
    for shown, array in zip(found["weights"] + found["biases"], weights[::2] + weights[1::2], strict=True):
        np.testing.assert_allclose(shown, array, atol=0.00005 + 1e-9)  # four digits after the point
    assert playground.reset(GIVEN) == began | {"network": began["network"] + 1}


def test_looking_changes_nothing():
    playground = Playground()
    before = playground.net.fingerprint()
    state = playground.state()
    playground.trace({"rows": 8})
    assert playground.net.fingerprint() == before and playground.state() == state
    json.dumps(state, allow_nan=False)


def test_pictures_are_the_units_over_the_plane():
    playground = Playground()
    playground.reset(GIVEN)
    state = playground.train({"epochs": 3})
    net, _, _ = by_hand(3)
    fine, coarse = mesh(FINE), mesh(COARSE)
    answer = np.frombuffer(b64decode(state["answer"]), np.uint8)
    np.testing.assert_allclose(answer / 254, net.predict(fine).reshape(-1), atol=0.5 / 254 + 1e-6)
    assert [len(units) for units in state["units"]] == [2, 5, 3]
    units = net.trace(coarse, np.zeros(len(coarse))).layers[1].a
    for number, unit in enumerate(state["units"][2]):
        shades = np.frombuffer(b64decode(unit["shades"]), np.uint8)
        values = (shades - 127.0) / 127 * unit["bound"] + 0.5
        np.testing.assert_allclose(values, units[:, number], atol=0.5 / 127 * unit["bound"] + 0.0001)
    across = np.frombuffer(b64decode(state["units"][0][0]["shades"]), np.uint8).reshape(COARSE, COARSE)
    up = np.frombuffer(b64decode(state["units"][0][1]["shades"]), np.uint8).reshape(COARSE, COARSE)
    assert (np.diff(across.astype(int), axis=1) > 0).all() and (np.diff(up.astype(int), axis=0) < 0).all()


def test_a_step_is_the_one_that_was_shown():
    playground = Playground()
    playground.reset(GIVEN)
    looked = playground.trace({"rows": 3})
    assert looked["rows"] == [0, 1, 2] and looked["depth"] == 3 and len(looked["sections"]) == 8
    net, x, y = by_hand(0)
    html = net.trace(x[:3], y[:3]).show(digits=4).to_html()
    inner = [re.sub(r"^<div[^>]*>|</div>$", "", part["html"]) for part in looked["sections"]]
    assert all(part in html for part in inner)
    stepped = playground.step({"rows": 3})
    net.train_on_batch(x[:3], y[:3])
    assert playground.net.fingerprint() == net.fingerprint() and stepped["steps"] == 1 and stepped["epoch"] == 0
    assert playground.trace({"rows": 4})["rows"] == [3, 4, 5, 6]
    playground._next = TRAINING - 1
    assert playground.trace({"rows": 3})["rows"] == [TRAINING - 1, 0, 1]
    playground.step({"rows": 3})
    assert playground.trace({"rows": 1})["rows"] == [2]


def test_a_curve_is_thinned_rather_than_long():
    playground = Playground()
    for _ in range(KEPT // 100 + 1):
        found = playground.train({"epochs": 100})
    epochs = [point[0] for point in found["curve"]]
    assert len(epochs) <= KEPT and epochs == list(range(0, found["epoch"] + 1, 2))


def test_divergence_is_a_remark():
    playground = Playground()
    playground.reset({"optimizer": "sgd", "learning_rate": 10, "activation": "linear", "layers": [8] * 6})
    found = playground.train({"epochs": 100})
    assert "training diverged" in found["remark"]
    json.dumps(found, allow_nan=False)
    assert found["loss"] == [None, None] and [len(units) for units in found["units"]] == [2] + [8] * 6
    with pytest.raises(DivergenceError, match="the loss of this batch is nan"):
        playground.trace({})
    assert playground.step({})["remark"] and playground.reset({})["remark"] == ""


def test_requests_out_of_bounds():
    playground = Playground()
    for ask, given in [
        (playground.train, {"epochs": 101}),
        (playground.train, {"epochs": 0}),
        (playground.trace, {"rows": 9}),
        (playground.step, {"row": 1}),
        (playground.step, 3),
    ]:
        with pytest.raises((ValueError, TypeError), match=r"epochs|rows|batch"):
            ask(given)


# ---- the server ----


@pytest.fixture(scope="module")
def server():
    with served.listen("localhost", 0) as one:
        thread = Thread(target=one.serve_forever, daemon=True)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def asked(server, method, path, body=None, headers=None):
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    usual = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, body, usual | (headers or {}))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def sentence(server, status, *request, **more):
    answer, content = asked(server, *request, **more)
    assert answer.status == status and answer.getheader("Content-Type") == "application/json"
    words = json.loads(content)["error"]
    assert words and "\n" not in words and "Traceback" not in words
    return words


def test_pages_are_served_with_what_a_browser_may_do(server):
    for path, (name, kind) in served.PAGES.items():
        answer, content = asked(server, "GET", path + "?from=here")
        assert answer.status == 200 and answer.getheader("Content-Type") == f"{kind}; charset=utf-8", name
        policy = answer.getheader("Content-Security-Policy")
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "http" not in policy
        outside = re.findall(rb"https?://[\w.]+", content)
        assert set(outside) <= {b"http://www.w3.org"}, name  # the name of SVG, which is not fetched
        assert answer.getheader("Server") == "pynn"


def test_the_paths_answer(server):
    began = json.loads(asked(server, "POST", "/reset", "{}")[1])
    assert began["settings"] == Settings().to_json() and began["epoch"] == 0
    trained = json.loads(asked(server, "POST", "/train", '{"epochs": 2}')[1])
    assert trained["epoch"] == 2
    assert "Layer 1" in json.loads(asked(server, "POST", "/trace", "{}")[1])["sections"][0]["title"]
    assert json.loads(asked(server, "POST", "/step", '{"rows": 2}')[1])["steps"] == trained["steps"] + 1
    state = json.loads(asked(server, "GET", "/state")[1])
    assert state["steps"] == trained["steps"] + 1 and len(state["points"]) == 300


def test_one_connection_for_several_requests(server):
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    for _ in range(3):
        connection.request("POST", "/train", "{}", {"Content-Type": "application/json"})
        assert connection.getresponse().read()
    connection.close()


def test_requests_at_once_are_one_after_the_other(server):
    asked(server, "POST", "/reset", json.dumps(GIVEN))
    threads = [Thread(target=asked, args=(server, "POST", "/train", '{"epochs": 3}')) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.playground.net.fingerprint() == by_hand(12)[0].fingerprint()


@pytest.mark.parametrize(
    "body",
    ["", "{", "nonsense", "NaN", '{"epochs": NaN}', '{"epochs": Infinity}', "[" * 5000, "\ud800", "[]", "null", "3",
     '{"epochs": "1"}', '{"epochs": 1e400}', '{"epoch": 1}', '{"epochs": 1' + "0" * 5000 + "}"],
    ids=str(list(range(15))).strip("[]").split(", "),
)  # fmt: skip
def test_bodies_that_are_refused(server, body):
    before = server.playground.net.fingerprint()
    sentence(server, 400, "POST", "/train", body.encode("utf-8", "surrogatepass"))
    assert server.playground.net.fingerprint() == before


def test_other_requests_that_are_refused(server):
    assert "/nowhere" in sentence(server, 404, "GET", "/nowhere")
    sentence(server, 404, "GET", "/../server.py")
    sentence(server, 404, "POST", "/_begin", "{}")
    assert "expected GET" in sentence(server, 405, "POST", "/state", "{}")
    assert "expected POST" in sentence(server, 405, "GET", "/train")
    assert asked(server, "GET", "/train")[0].getheader("Allow") == "POST"
    for method in ("PUT", "DELETE", "OPTIONS", "NONSENSE"):
        assert "expected GET or POST" in sentence(server, 405, method, "/train")
    assert "application/json" in sentence(server, 415, "POST", "/train", "{}", {"Content-Type": "text/plain"})
    assert "10000" in sentence(server, 413, "POST", "/train", b"{" + b" " * 20_000 + b"}")
    sentence(server, 411, "POST", "/train", headers={"Content-Type": "application/json", "Content-Length": "-1"})


def test_other_pages_cannot_ask(server):
    """A name that was pointed at this machine, and a page from elsewhere."""
    port = server.server_port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", "localhost:1", f"localhost:{port}.example", ""):
        assert "Host" in sentence(server, 403, "GET", "/state", headers={"Host": host})
    for origin in ("http://evil.example", "null", f"https://localhost:{port}", f"http://evil.example:{port}"):
        assert "Origin" in sentence(server, 403, "POST", "/train", "{}", {"Origin": origin})
    for name in ("localhost", "127.0.0.1", "LOCALHOST"):
        own = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
        assert asked(server, "POST", "/train", "{}", own)[0].status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /state HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /train HTTP/1.1\r\nContent-",
    ],
)
def test_lines_that_are_no_request_leave_the_server_as_it_was(server, sent, capfd):
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert b"Traceback" not in connection.makefile("rb").read()
    assert asked(server, "GET", "/state")[0].status == 200
    assert "Traceback" not in capfd.readouterr().err


# ---- the command ----


def test_hosts_that_are_refused(capsys):
    for host in ("0.0.0.0", "192.168.1.2", "example.com", "::", ""):
        words = refused(capsys, "play", "--host", host, "--no-browser")
        assert f"host: {host!r} is not this machine's loopback; expected 127.0.0.1 or localhost" in words
    for port in ("0", "65536", "x"):
        assert "from 1 to 65535" in refused(capsys, "play", "--port", port)


def test_a_port_in_use(capsys, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        out, err = run(capsys, "play", "--port", str(port), "--no-browser", status=1)
        assert out == "" and f"port: {port} cannot be used" in err and err.count("\n") == 1
        monkeypatch.setattr(served, "PORT", port)
        with served.listen("127.0.0.1", None) as found:
            assert port < found.server_port < port + served.TRIES
        monkeypatch.setattr(served, "TRIES", 1)
        with pytest.raises(OSError, match="is free; give another one"):
            served.listen("127.0.0.1", None)


def test_the_command_prints_its_address_and_ends_by_one_line():
    command = [sys.executable, "-m", "pynn", "play", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        first = running.stdout.readline()
        match = re.fullmatch(r"pynn play: http://127\.0\.0\.1:(\d+)/  \(Ctrl-C ends it\)\n", first)
        assert match, first
        connection = HTTPConnection("127.0.0.1", int(match[1]), timeout=30)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        running.send_signal(SIGINT)
        out, err = running.communicate(timeout=30)
        assert (running.returncode, out, err) == (0, "\npynn play has ended.\n", "")
