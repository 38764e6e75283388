"""Drawings, computation graphs and diagrams: well-formed SVG that says what it should; sheets as HTML and as LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from pynn import (
    SGD,
    Activation,
    Adam,
    BatchNormalization,
    Dense,
    Dropout,
    LayerNormalization,
    Network,
    Normalization,
    Rescaling,
    losses,
)
from pynn.inspect import Drawing, symbols

SVG = "{http://www.w3.org/2000/svg}"
X = np.random.default_rng(5).normal(size=(6, 2))


def parsed(drawing: Drawing) -> ElementTree.Element:
    """The root; nothing in it may lead outside or stand outside of the paper."""
    text = drawing.svg
    assert text == drawing._repr_svg_() and "href" not in text and "url(" not in text and "<script" not in text
    root = ElementTree.fromstring(text)
    for shape in root:
        for name, limit in (("x", drawing.width), ("cx", drawing.width), ("x1", drawing.width), ("x2", drawing.width),
                            ("y", drawing.height), ("cy", drawing.height), ("y1", drawing.height)):  # fmt: skip
            if "transform" not in shape.attrib and name in shape.attrib:
                assert -0.01 <= float(shape.attrib[name]) <= limit, ElementTree.tostring(shape)
    return root


def words(root: ElementTree.Element) -> list[str]:
    """All texts; halos stand before their letters and are left out."""
    return ["".join(e.itertext()).replace("\u00a0", " ") for e in root.iter(f"{SVG}text") if "stroke" not in e.attrib]


def shapes(root: ElementTree.Element, kind: str, **wanted: str) -> list[ElementTree.Element]:
    return [e for e in root.iter(SVG + kind) if all(e.attrib.get(name) == value for name, value in wanted.items())]


# ---- shapes ----


def test_shapes_and_escapes(tmp_path: Path) -> None:
    drawing = Drawing(100, 50.5, "a <b> & c")
    drawing.line(0, 0, 10, 1e-7, tip='5 < "6"', dashes="2 2", opacity=0.5)
    drawing.arrow(0, 10, 20, 10)
    drawing.circle(20, 20, 5)
    drawing.box(1, 2, 30, 40)
    drawing.text(5, 5, "x < y & z", bold=True, halo=True)
    drawing.formula(50, 25, r"\delta_1^{[2]} - a")
    root = parsed(drawing)
    assert root.attrib["viewBox"] == "0 0 100 50.5" and words(root) == ["x < y & z", "δ1[2] − a"]
    assert [e.text for e in root.iter(f"{SVG}title")] == ["a <b> & c", '5 < "6"']
    assert shapes(root, "line")[0].attrib["y2"] == "0"
    head = shapes(root, "polygon")[0].attrib["points"]
    assert head == "20,10 13,13.15 13,6.85"  # the tip, and both corners 7 behind it
    path = tmp_path / "drawing.svg"
    drawing.save(path)
    assert path.read_text(encoding="utf-8") == drawing.svg
    with pytest.raises(ValueError, match=r"path: .*drawing.png' is not possible; expected a name that ends in .svg"):
        drawing.save(tmp_path / "drawing.png")
    assert repr(drawing) == "<Drawing 'a <b> & c', 100 x 50.5>"


def test_symbols() -> None:
    formula = r"\delta^{[1]} = (\delta^{[2]} W^{[2]\top}) \odot \varphi'(z^{[1]}) / \sqrt{v_W^{[1]} + \varepsilon}"
    assert symbols.plain(formula) == "delta[1] = (delta[2] W[2]^T) * phi'(z[1]) / sqrt(v_W[1] + eps)"
    assert symbols.html(r"a_1^{[2]\top} - x^2") == "<i>a</i><sub>1</sub><sup>[2]⊤</sup> − <i>x</i><sup>2</sup>"
    assert symbols.html(r"\mathrm{a < b}") == "a &lt; b"
    assert symbols.plain(r"\beta_1^t x^2 \partial L/\partial W") == "beta_1^t x^2 dL/dW"
    assert symbols.plain(r"\gamma^{[1]} \odot \hat{x}^{[1]}") == "gamma[1] * xhat[1]"
    with pytest.raises(KeyError, match="zeta"):
        symbols.plain(r"\zeta")
    with pytest.raises(ValueError, match="a brace is not closed"):
        symbols.plain(r"a^{[1]")


# ---- computation graphs ----


def trace_of(layers: list[Any], y: Any = (1, 0, 1, 0, 1, 0), loss: Any = None, **options: Any) -> Any:
    net = Network(layers, inputs=2, dtype="float64", seed=3, engine="reference")
    net.compile(loss=loss, optimizer=SGD(0.1))
    return net.trace(X, np.array(y), **options)


def test_graph_of_one_unit() -> None:
    """w1, x1, w2, x2, b -> z -> a -> L(a, y): nine boxes, eight arrows, in this order from the left."""
    root = parsed(trace_of([Dense(1, "sigmoid")]).graph())
    names = [word for word in words(root) if re.fullmatch(r"[wx]\d|[bzay]|L\(a, y\)", word)]
    assert names == ["w1", "x1", "w2", "x2", "b", "z", "a", "y", "L(a, y)"]
    assert len(shapes(root, "polygon")) == 8
    places = [float(box.attrib["x"]) + float(box.attrib["width"]) / 2 for box in shapes(root, "rect")[1:]]
    assert places == sorted(places) and len(set(places)) == 4


def numbers(root: ElementTree.Element, colour: str) -> list[float]:
    found = ["".join(e.itertext()) for e in shapes(root, "text", fill=colour) if "stroke" not in e.attrib]
    return [float(word.replace("−", "-")) for word in found if re.fullmatch(r"−?\d[\d.e−+]*", word)]


@pytest.mark.parametrize("row", [0, 4])
def test_graph_of_a_small_network(row: int) -> None:
    """Every scalar's derivative is that of the row's own loss, whatever the weights of rows and the mean over them."""
    layers = [Dense(2, "tanh", l2=0.1), Dense(1, "sigmoid")]
    trace = trace_of(layers, sample_weight=np.array([1.0, 2, 3, 4, 5, 6]))
    root = parsed(trace.graph(row=row))
    own = Network([Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, dtype="float64", engine="reference")
    own.set_weights([a for layer in trace.layers for a in (layer.W, layer.b)])
    alone = own.trace(X[row : row + 1], [[1, 0, 1, 0, 1, 0][row]])
    drawn = numbers(root, "#b2182b")
    expected = [1.0]
    for layer in alone.layers:
        expected += [*layer.dW.reshape(-1), *layer.db, *layer.delta[0], *(layer.delta @ layer.W.T)[0]]
    a, y = alone.layers[1].a[0, 0], alone.targets[0, 0]
    expected.append((a - y) / (a * (1 - a)))
    assert sorted(drawn) == sorted(float(f"{value:.4g}") for value in expected)
    assert float(f"{alone.loss:.4g}") in numbers(root, "#1a1a1a")


def test_graph_of_layers() -> None:
    """Where there are many scalars, arrays are the nodes; either can be asked for."""
    trace = trace_of([Dense(30, "tanh"), Dense(2, "softmax")])
    root = parsed(trace.graph())
    names = [word for word in words(root) if re.fullmatch(r"[aWbz]\[\d\]|y|L\(a, y\)", word)]
    assert names == ["a[0]", "W[1]", "b[1]", "z[1]", "a[1]", "W[2]", "b[2]", "z[2]", "a[2]", "y", "L(a, y)"]
    assert any(word.startswith("2 × 30: −") for word in words(root))
    small = trace_of([Dense(1, "sigmoid")])
    assert len(shapes(parsed(small.graph(nodes="layers")), "rect")) == 8


def test_texts_of_a_graph_do_not_meet() -> None:
    """Vectors are long texts: columns make room for them. 5 pixels for a letter of 11 are a narrow estimate."""
    layers = [Dense(3), BatchNormalization(), Activation("relu"), LayerNormalization(), Dense(2, "softmax")]
    net = Network(layers, inputs=2, dtype="float64")
    net.set_params(np.random.default_rng(2).uniform(0.01, 0.02, net.get_params().size) ** 2)
    rows: dict[str, list[tuple[float, int]]] = {}
    for text in parsed(net.trace(X, np.array([1, 0, 1, 0, 1, 0])).graph()).iter(f"{SVG}text"):
        if text.attrib.get("text-anchor") == "middle" and "stroke" not in text.attrib:
            rows.setdefault(text.attrib["y"], []).append((float(text.attrib["x"]), len("".join(text.itertext()))))
    assert max(map(len, rows.values())) > 4
    for row in rows.values():
        for (x, letters), (next_x, more) in pairwise(sorted(row)):
            assert x + 2.5 * letters < next_x - 2.5 * more


def test_softmax_couples_units() -> None:
    """Each a depends on every z: 2 x 2 arrows between them; 3 into each z by w and x and b, and 4 into the loss."""
    root = parsed(trace_of([Dense(2, "softmax")]).graph(nodes="scalars"))
    assert len(shapes(root, "polygon")) == 2 * (2 + 2 + 1) + 4 + 4


def test_graph_without_a_derivative_of_the_loss() -> None:
    root = parsed(trace_of([Dense(1, "step")], loss=losses.Perceptron()).graph())
    assert len(numbers(root, "#b2182b")) == 1 + 1 + 5  # L, z, and what leads to it; none for a


def test_wrong_graphs_are_refused() -> None:
    trace = trace_of([Dense(1)], np.ones(6), sample_weight=np.array([1.0, 0, 1, 1, 1, 1]))
    with pytest.raises(ValueError, match="row: 6 is not possible; expected an integer from 0 to 5"):
        trace.graph(row=6)
    with pytest.raises(ValueError, match="row: row 1 has weight 0"):
        trace.graph(row=1)
    with pytest.raises(ValueError, match="nodes: 'scalar' is unknown.*Did you mean 'scalars'"):
        trace.graph(nodes="scalar")


# ---- diagrams ----


def test_diagram_of_a_small_network(engine: str) -> None:
    """2-2-1: a circle for each unit and bias, a line for each of nine parameters; colour is sign, width magnitude."""
    net = Network([Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, engine=engine)
    assert len(shapes(parsed(net.diagram()), "line", stroke="#8a8f98")) == 9
    net.add(Dense(1))  # drawing has not made weights: layers can still be added
    net = Network([Dense(2, "tanh"), Dense(1, "sigmoid")], inputs=2, engine=engine)
    net.set_weights([[[1.0, -2.0], [0.5, 0.0]], [0.25, -0.25], [[4.0], [-1.0]], [2.0]])
    root = parsed(net.diagram())
    edges = [e for e in shapes(root, "line") if len(e)]
    told = {float(e[0].text or "nan"): (e.attrib["stroke"], float(e.attrib["stroke-width"])) for e in edges}
    assert len(edges) == 9 and set(told) == {1, -2, 0.5, 0, 0.25, -0.25, 4, -1, 2}
    assert told[4.0][0] == told[0.5][0] != told[-2.0][0] == told[-1.0][0] and told[0.0][0] == "#8a8f98"
    widths = [told[weight][1] for weight in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)]
    assert widths == sorted(widths) and len(set(widths)) == 6 and told[-2.0][1] == told[2.0][1]
    assert len(shapes(root, "circle")) == 2 + 2 + 1 + 2
    for word in ("inputs", "2 units", "tanh", "W 2 × 2", "6 parameters", "1 unit", "9 parameters", "−2", "+1"):
        assert word in words(root)


def test_diagram_of_the_deck_s_network() -> None:
    layers = [Rescaling(1 / 255), *(Dense(1024, "relu") for _ in range(3)), Dense(10, "softmax")]
    net = Network(layers, inputs=784)
    drawing = net.diagram()
    root = parsed(drawing)
    assert drawing.width == 800
    for word in ("784", "1,024 units", "W 784 × 1,024", "803,840 parameters", "1,049,600 parameters", "10 units",
                 "10,250 parameters", "2,913,290 parameters", "Rescaling"):  # fmt: skip
        assert word in words(root)
    assert len(shapes(root, "circle", r="13")) == 5 * 6 and len(shapes(root, "circle", r="1.6")) == 5 * 3
    assert len(shapes(root, "line")) == 4 * 7 * 6  # six of each column, and the bias


def test_diagram_of_all_layers() -> None:
    layers = [Normalization(), Dropout(0.1), Dense(5, "tanh", use_bias=False), Dropout(0.4), Dense(3, "softmax")]
    root = parsed(Network(layers).diagram())
    for word in ("Normalization", "Dropout 0.1", "Dropout 0.4", "?", "W ? × 5", "18 parameters",
                 "parameters: known once inputs are"):  # fmt: skip
        assert word in words(root)
    assert words(root).count("+1") == 1 and len(shapes(root, "rect", **{"stroke-dasharray": "4 3"})) == 2
    assert "W 4 × 5, no b" in words(parsed(Network(layers, inputs=4).diagram()))
    assert parsed(Network(inputs=3).diagram()) is not None
    assert Network([Dense(2) for _ in range(12)], inputs=1).diagram().width > 1500


# ---- sheets as HTML and LaTeX ----


def sheet_of(**options: Any) -> Any:
    net = Network([Dense(12, "leaky_relu", l2=0.01), Dense(20, "tanh"), Dense(2, "softmax")], inputs=2, seed=3)
    net.compile(optimizer=Adam(0.01, clipnorm=0.1))
    return net.trace(X, np.array([0, 1, 1, 0, 1, 0])).show(**options)


class Balance(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attributes} & {"href", "src", "class", "onclick"}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_html(tmp_path: Path) -> None:
    sheet = sheet_of()
    for text in (sheet._repr_html_(), sheet.to_html(tmp_path / "trace.html")):
        reader = Balance()
        reader.feed(text)
        page = "".join(reader.words)
        assert not reader.open and "\\" not in text
        assert "http" not in text and not re.search(r"<(script|link|style)", text)
        colours = r"(?<!-)color:(?!inherit)|background:(?!none)"
        assert not re.search(colours, text)  # those of the text around it, light or dark
        formula, extremes = "δ[1] = (δ[2] W[2]⊤) ⊙ φ′(z[1])", "(12, 20) from −"
        for words in ("φ = leaky_relu", formula, extremes, "ηt = 0.003", "clipnorm = 0.1", "√("):
            assert words in page
    assert (tmp_path / "trace.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    trace = Network([Dense(1)], inputs=1).trace([[1.0]], [2.0])
    assert trace._repr_html_() == trace.show()._repr_html_() and trace.to_html() == trace.show().to_html()


def test_latex_is_balanced() -> None:
    for options in ({}, {"delta": "descent", "samples": "columns", "digits": 3}):
        text = sheet_of(**options).to_latex()
        assert text.count("{") == text.count("}") and text.count(r"\begin{") == text.count(r"\end{")
        assert text.count(r"\begingroup") == text.count(r"\endgroup") == 1
        assert "$12 \\times 20$" in text or "$20 \\times 12$" in text
        for matrix in re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", text, re.DOTALL):
            rows = matrix.split(r"\\")
            assert len({row.count("&") for row in rows}) == 1 and rows[0].count("&") < 10  # amsmath's ten columns
        for words in (r"leaky\_relu", r"\delta^{[3]}", r"\varphi'(z^{[1]})", r"$\eta_t$ = 0.003", r"\cdot 10^{-"):
            assert words in text
    trace = Network([Dense(1)], inputs=1).trace([[1.0]], [2.0])
    assert trace.to_latex() == trace.show().to_latex()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_latex_compiles(tmp_path: Path) -> None:
    broken = Network([Dense(1)], inputs=1)
    broken.compile(loss="mse", optimizer=SGD(1e30, momentum=0.5))
    broken.set_weights([[[1e15]], [0.0]])
    sheets = [sheet_of(), sheet_of(delta="descent", samples="columns"), broken.trace([[1e4]], [0.0]).show()]
    body = "\n".join(sheet.to_latex() for sheet in sheets)
    assert r"\mathrm{NaN}" in body
    text = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "trace.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "trace.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


# ---- the pictures of the page ----


def test_pictures_of_the_page_are_up_to_date(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the blocks of docs/looking-inside.md save is what lies beside the page."""
    pytest.importorskip("pynn.engine._native")
    monkeypatch.chdir(tmp_path)
    page = (root / "docs" / "looking-inside.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        if ".save(" in block:
            exec(compile(block, "block", "exec"), {})
    saved = sorted(tmp_path.glob("*.svg"))
    assert [path.name for path in saved] == ["computation-graph.svg", "network-small.svg", "network-wide.svg"]
    for path in saved:
        assert path.read_text(encoding="utf-8") == (root / "docs" / path.name).read_text(encoding="utf-8")
