"""What the pages say is run: Python blocks of README.md and docs/, `pynn` commands, and every file of examples/.

A text block right after a Python block is what it prints, to the letter: the same bits everywhere make that
possible. Where an example prints a number beside a lecture's, the two are compared. Links to files must lead somewhere.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import runpy
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pynn import cli

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("[!.]*/README.md")})
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(match[1], match[2], id=f"{page.name}-{number}")
    for page in PAGES
    for number, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")))
]
SHELL = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
COMMANDS = [
    pytest.param(match[1].splitlines(), id=f"{page.name}-{number}")
    for page in PAGES
    for number, match in enumerate(SHELL.finditer(page.read_text(encoding="utf-8")))
    if re.search(r"^pynn ", match[1], re.MULTILINE)
]
EXTRAS = {"matplotlib": "matplotlib", "PIL": "PIL", "pynn.plots": "matplotlib"}
EXTRAS |= {"sklearn": "sklearn", "pynn.estimators": "sklearn"}
needs_native = pytest.mark.skipif(find_spec("pynn.engine._native") is None, reason="the native engine is not built")


def need_extras(source: str) -> None:
    """Skip where a package is missing that the first imports ask for; what stands under an `if` is not asked."""
    names = set()
    for node in ast.parse(source).body:
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
        exec(compile(source, "block", "exec", dont_inherit=True), {"__name__": "block"})
    if printed is not None:
        assert output.getvalue() == printed


@needs_native
@pytest.mark.parametrize("lines", COMMANDS)
def test_commands(lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        assert program == "pynn", line
        if "--plot" in arguments:
            pytest.importorskip("matplotlib")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            assert cli.main(arguments) == 0, line
        assert output.getvalue() or "--out" in arguments, line


@needs_native
@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.py")), ids=lambda path: path.name)
def test_example(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_extras(path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path)])
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        runpy.run_path(str(path), run_name="__main__")
    compared = [beside_a_lecture(line) for line in output.getvalue().splitlines()]
    assert any(compared) or "(lecture: " not in path.read_text(encoding="utf-8")


def beside_a_lecture(line: str) -> bool:
    """`... 0.01 0.83  (lecture: 0.01 0.83)`: the same words; with a flag, `(lecture: 1.00; F17)`, other ones."""
    if not ("(lecture: " in line or "(by hand: " in line):
        return False
    match = re.search(r"^(.*?)\s+\((lecture|by hand): ([^;()]+)(?:; F(\d+))?\)$", line)
    assert match, line
    ours, source, theirs, flag = match[1].split(), match[2], match[3].split(), match[4]
    assert (ours[-len(theirs) :] == theirs) == (flag is None), line
    assert flag is None or (source == "lecture" and 1 <= int(flag) <= 18), line
    return True


@pytest.mark.parametrize(
    "line",
    ["a 1 2  (lecture: 1 3)", "2  (lecture: 2; F3)", "2  (by hand: 3; F3)", "2 (lecture: 3; F19)", "2  (lecture: 2) x"],
)
def test_a_wrong_number_beside_a_lecture_is_seen(line: str) -> None:
    assert beside_a_lecture("x 1 2  (lecture: 1 2)") and beside_a_lecture("x 1 (lecture: 2; F3)")
    assert not beside_a_lecture("x 1 2")
    with pytest.raises(AssertionError):
        beside_a_lecture(line)


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


def test_words_are_in_order() -> None:
    """The glossary of CONTRIBUTING.md: alphabetical, each word once."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    words = [row.lower() for row in re.findall(r"^\| \*\*(.+?)\*\* \|", page, re.MULTILINE)]
    assert len(words) > 40 and words == sorted(set(words))


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md", "csrc/README.md"])
def test_files_that_are_named_exist(name: str) -> None:
    """Paths from the root in code letters."""
    path = re.compile(r"`((?:csrc|pynn|tests|docs|tools|benchmarks|examples)/[\w./]*)`")
    named = path.findall((ROOT / name).read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert named
