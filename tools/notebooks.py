"""Makes the notebooks of the course from its pages: python tools/notebooks.py

Each page of docs/course/ whose name begins with a number becomes docs/course/notebooks/NAME.ipynb: a Python block is
a code cell, what stands between blocks is text. What a block prints is left out, for the notebook prints it when it is
run. The same page gives the same bytes: cells are numbered, nothing is dated, nothing is executed here. No library is
needed; tests/test_course.py sees that the files are up to date and that they run.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

COURSE = Path(__file__).resolve().parent.parent / "docs" / "course"
FOLDER = COURSE / "notebooks"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!\w+://)([^)#]+)")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def pages() -> list[Path]:
    return sorted(COURSE.glob("[0-9]*.md"))


def from_here(match: re.Match[str]) -> str:
    """A link as it is written one folder deeper; a page of the course becomes its notebook."""
    target = match[1]
    return f"]({target[:-3]}.ipynb" if (COURSE / target) in pages() else f"](../{target}"


def text_cell(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": lines(LINK.sub(from_here, text))}


def code_cell(code: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines(code)}


def lines(text: str) -> list[str]:
    return text.strip("\n").splitlines(keepends=True)


def cells(page: str) -> list[dict[str, Any]]:
    made, end = [], 0
    for block in BLOCK.finditer(page):
        made += [text_cell(page[end : block.start()]), code_cell(block[1])]
        end = block.end()
    made.append(text_cell(page[end:]))
    full = [cell for cell in made if cell["source"]]
    return [{"id": f"cell-{number}"} | cell for number, cell in enumerate(full, 1)]


def notebook(page: str) -> str:
    """The text of an .ipynb file, format 4.5."""
    whole = {"cells": cells(page), "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for page in pages():
        path = FOLDER / f"{page.stem}.ipynb"
        path.write_text(notebook(page.read_text(encoding="utf-8")), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
