"""What the pages say is run: every Python block of README.md, docs/ and examples/.

A text block right after a Python block is what it prints, to the letter: the same bits everywhere make that
possible. Links to files must lead somewhere.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("[!.]*/README.md")})
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(match[1], match[2], id=f"{page.name}-{number}")
    for page in PAGES
    for number, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")))
]
EXTRAS = {"matplotlib": "matplotlib", "PIL": "PIL", "pynn.plots": "matplotlib"}
EXTRAS |= {"sklearn": "sklearn", "pynn.estimators": "sklearn"}
needs_native = pytest.mark.skipif(find_spec("pynn.engine._native") is None, reason="the native engine is not built")


def need_extras(source: str) -> None:
    """Skip where a package is missing that the imports ask for and pynn itself does not need."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    for name, package in EXTRAS.items():
        if any(found == name or found.startswith(f"{name}.") for found in names):
            pytest.importorskip(package)


@needs_native
@pytest.mark.parametrize(("source", "printed"), BLOCKS)
def test_block(source: str, printed: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_extras(source)
    monkeypatch.chdir(tmp_path)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(source, "block", "exec"), {"__name__": "block"})
    if printed is not None:
        assert output.getvalue() == printed


@needs_native
@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_example(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_extras(path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path)])
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(str(path), run_name="__main__")


def test_readme_has_its_example() -> None:
    """One block of about twenty lines, with what it prints."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) == 1
    assert 15 <= blocks[0][0].count("\n") <= 25
    assert blocks[0][1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_map_names_what_is_there() -> None:
    """Each path in the README's table of rooms exists."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| where | what |") : readme.index("`pynn info`")]
    rows = [line.split("|")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    for row in rows:
        names = re.findall(r"`([^`]+)`", row)
        for name in names:
            assert (ROOT / name).exists() or (ROOT / "pynn" / name).exists(), name
    assert len(rows) > 8
