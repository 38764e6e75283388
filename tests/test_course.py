"""The course of docs/course/: its order, its exercises and their checks, its pictures, its notebooks, its scripts.

That the blocks print what the pages say is test_docs.py's affair. Here: each check tells right from wrong, each page
keeps to the lectures' items, one page and one script leads to the next, and the notebooks are the pages.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_mistakes import MISTAKES, RIGHT
from test_docs import BLOCK, beside_a_lecture, need_extras, needs_native
from test_lecture_page import BY_KEY, claims

ROOT = Path(__file__).resolve().parent.parent
COURSE = ROOT / "docs" / "course"
PAGES = sorted(COURSE.glob("[0-9]*.md"))
SCRIPTS = ROOT / "examples" / "lectures"
NEXT = re.compile(r"^Next: \[[^]]+\]\(([^)]+)\)$", re.MULTILINE)
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Each Python block with what it prints."""
    return [(match[1], match[2] or "") for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "block"}
    exec(compile(source, "block", "exec", dont_inherit=True), names)
    return names


# ---- order ----


def test_pages_lead_through_the_course() -> None:
    seen, page = [], "README.md"
    while page not in seen and (COURSE / page).parent == COURSE and not page.startswith(".."):
        seen.append(page)
        (page,) = NEXT.findall((COURSE / page).read_text(encoding="utf-8"))
    assert seen == ["README.md", *(page.name for page in PAGES)] and page == "../lectures.md"
    assert len(PAGES) == 7


def test_contents_are_the_pages_titles() -> None:
    contents = re.findall(
        r"^\| \[(.+?)\]\((.+?)\) \|", (COURSE / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    titles = [page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for page in PAGES]
    assert contents == list(zip(titles, (page.name for page in PAGES), strict=True))


def test_each_script_of_the_lectures_names_the_next() -> None:
    """From neurons.py on, each once; the last one names none."""
    seen, name = [], "neurons.py"
    while name and name not in seen:
        seen.append(name)
        text = ast.get_docstring(ast.parse((SCRIPTS / name).read_text(encoding="utf-8"))) or ""
        named = re.findall(r"\bNext: (\w+\.py)\b", text)
        assert len(named) <= 1, name
        name = named[0] if named else ""
    assert not name, f"{seen[-1]} leads back to {name}"
    assert sorted(seen) == sorted(path.name for path in SCRIPTS.glob("*.py"))


# ---- what a page has ----


@every_page
def test_page_has_all_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading.removesuffix("s") for heading in headings] == ["The formula", "The code", "The picture", "Exercise"]
    assert re.findall(r"^!\[[^]]{20,}\]\(", text, re.MULTILINE)
    compared = [beside_a_lecture(line) for _, printed in blocks(page) for line in printed.splitlines()]
    assert any(compared)


def items(page: Path) -> list[str]:
    match = re.search(r"^In the lectures: items ([\d, ]+)\.", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert match, page.name
    return re.findall(r"\d+", match[1])


@every_page
def test_items_of_a_page_run_in_its_scripts(page: Path) -> None:
    scripts = set(re.findall(r"\(\.\./\.\./examples/lectures/(\w+\.py)\)", page.read_text(encoding="utf-8")))
    for script in scripts:
        assert claims(SCRIPTS / script) & set(items(page)), f"{page.name}: {script} runs none of its items"
    run_here = set().union(*(claims(SCRIPTS / script) for script in scripts))
    assert set(items(page)) - run_here == set()


def test_each_item_has_one_page() -> None:
    software = [key for key, line in BY_KEY.items() if key.isdigit() and "not software" not in line]
    assert sorted(key for page in PAGES for key in items(page)) == sorted(software)


# ---- exercises ----


def exercise(page: Path) -> dict[str, Any]:
    (source,) = (source for source, _ in blocks(page) if "def check(" in source)
    return run(source)


@needs_native
@every_page
def test_check_tells_right_from_wrong(page: Path) -> None:
    check = exercise(page)["check"]
    (name,) = re.findall(r"^print\(check\((\w+)\)\)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    solutions = [run(source) for source, _ in blocks(COURSE / "solutions.md")]
    (solution,) = (names[name] for names in solutions if name in names)
    assert check(solution) == "right"
    assert check(lambda *given: RIGHT[page.stem](*given, mistake="none")) == "right"
    for mistake, answer in MISTAKES[page.stem].items():
        with np.errstate(all="ignore"):
            said = check(answer)
        assert said.startswith("not yet: "), f"{mistake}: {said}"


@needs_native
@every_page
def test_unfinished_is_not_right(page: Path) -> None:
    (printed,) = (printed for source, printed in blocks(page) if "def check(" in source)
    assert printed.startswith("not yet: ")


@needs_native
def test_four_hidden_units_always_learn_xor() -> None:
    """As page 4 says of the seeds 0 to 29."""
    (source,) = (source for source, _ in blocks(COURSE / "4-backpropagation.md") if "xor.png" in source)
    training = source[: source.index("picture =")].replace(", plots", "").replace("print(", "answers = (")
    learned = {2: 0, 4: 0}
    for units in learned:
        for seed in range(30):
            changed = training.replace("Dense(2,", f"Dense({units},").replace("seed=0", f"seed={seed}")
            learned[units] += run(changed)["answers"].tolist() == [0, 1, 1, 0]
    assert learned == {2: 13, 4: 30}


# ---- pictures ----


@needs_native
@every_page
def test_pictures_are_up_to_date(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page's blocks save is what lies beside it: drawings to the letter, images but for fonts and edges."""
    monkeypatch.chdir(tmp_path)
    for source, _ in blocks(page):
        if ".save(" in source:
            need_extras(source)
            run(source)
    shown = re.findall(r"^!\[[^]]+\]\(([\w.-]+)\)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(shown)
    for name in shown:
        if name.endswith(".svg"):
            assert (tmp_path / name).read_text(encoding="utf-8") == (COURSE / name).read_text(encoding="utf-8")
        else:
            assert share_of_other_pixels(tmp_path / name, COURSE / name) < 0.03  # letters and lines are some 2 %


def share_of_other_pixels(one: Path, other: Path) -> float:
    image = pytest.importorskip("PIL.Image")
    left, right = (np.asarray(image.open(path).convert("RGB"), dtype=int) for path in (one, other))
    return float((abs(left - right).max(axis=2) > 32).mean()) if left.shape == right.shape else 1.0


def test_every_picture_is_shown() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for path in (*COURSE.glob("*.png"), *COURSE.glob("*.svg")):
        assert f"]({path.name})" in text


# ---- notebooks ----


def maker() -> Any:
    spec = spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@every_page
def test_notebooks_are_up_to_date(page: Path) -> None:
    text = (COURSE / "notebooks" / f"{page.stem}.ipynb").read_text(encoding="utf-8")
    assert text == maker().notebook(page.read_text(encoding="utf-8")), "run python tools/notebooks.py"
    cells = json.loads(text)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert ["".join(cell["source"]) for cell in code] == [source.rstrip("\n") for source, _ in blocks(page)]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert len({cell["id"] for cell in cells}) == len(cells)


@every_page
def test_links_of_notebooks_lead_somewhere(page: Path) -> None:
    folder = COURSE / "notebooks"
    for cell in json.loads((folder / f"{page.stem}.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            for target in re.findall(r"\]\(([^)#]+)\)", "".join(cell["source"])):
                assert (folder / target).exists(), target


def test_each_notebook_has_its_page() -> None:
    assert sorted(path.stem for path in (COURSE / "notebooks").glob("*.ipynb")) == [page.stem for page in PAGES]


EXECUTE = """
import json, sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
print(json.dumps(["".join(out.text for out in outputs if out.output_type == "stream") for outputs in shown]))
"""


@needs_native
@every_page
def test_notebooks_run(page: Path, tmp_path: Path) -> None:
    """Cell by cell in a kernel of its own; each prints what its block on the page does."""
    if find_spec("nbclient") is None or find_spec("ipykernel") is None:
        pytest.skip("nbclient or ipykernel is not installed")
    for source, _ in blocks(page):
        need_extras(source)
    own = {name: str(tmp_path / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    command = [sys.executable, "-W", "ignore", "-c", EXECUTE, str(COURSE / "notebooks" / f"{page.stem}.ipynb")]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == [printed for _, printed in blocks(page)]
