"""The tree of files as a whole: names that are used once, and text that speaks of the project alone.

Not which file imports which: that is tests/test_layering.py.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked() -> list[Path]:
    """The project's own files: git's word where there is one, else all that is not made by a build."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        names = listing.stdout.decode().split("\0")
        found = [ROOT / name for name in names if name]
    except (OSError, subprocess.CalledProcessError):
        made = {"build", "dist", "__pycache__"}

        def own(folder: str) -> bool:
            hidden = folder.startswith(".") and folder != ".ci"  # .venv, .git, the caches of tools
            return not hidden and folder not in made and not folder.endswith(".egg-info")

        found = [path for path in ROOT.rglob("*") if all(map(own, path.relative_to(ROOT).parts[:-1]))]
    return [path for path in found if path.is_file() and path.suffix not in {".so", ".pyc"}]


def test_file_names_are_unique() -> None:
    """A name says which file is meant, without its folder. Names with a meaning of their own do not count, nor do those
    below pynn/keras, where Keras' modules decide."""
    special = {"__init__.py", "__main__.py", "conftest.py", "README.md"}
    mirrored = ROOT / "pynn" / "keras"
    own = [path for path in tracked() if mirrored not in path.parents]
    counted = Counter(path.name for path in own if path.name not in special)
    assert [name for name, times in counted.items() if times > 1] == []


def test_the_project_speaks_of_itself_alone() -> None:
    """No path, host or tool of the place where a line was written. (Joined here, or this file had them itself.)"""
    words = [
        "/" + "work" + "/",
        "/" + "root" + "/",
        "/" + "home" + "/",
        "/" + "tmp" + "/",
        "sub" + "agent",
        "steer" + "ing",
    ]
    words += ["TO" + "DO", "FIX" + "ME", "X" * 3]
    pattern = re.compile("|".join(rf"(?<![\w.]){word}" if word[0] == "/" else rf"\b{word}\b" for word in words))
    for path in tracked():
        if path.suffix == ".png":  # compressed: any three letters are in it by chance
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        match = pattern.search(text)
        assert match is None, f"{path.relative_to(ROOT)}: {match.group()!r}" if match else ""
