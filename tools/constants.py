"""Halves and doubles the core's constants one by one: the bits have to stay, and no region may be overrun.

    python tools/constants.py [--together] [NAME ...]

A constant that is there for speed (a block, a threshold, a share) must not show in a result, and the memory that
depends on it has to be computed from it. So each is changed in a copy of csrc/, the copy is compiled with canaries
between the regions of the workspace (PYNN_GUARDED), and tests/c/replay.c trains golden networks and those below, which
are large enough for every constant to matter. The weights to be met come from the installed pynn. A value that is not
possible must be refused by a static assertion. LEFT_OUT says which constants are not here, and why. With --together,
all that must stay the same are changed at once: that takes minutes, and says less.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from golden_cases import Case, cases, export  # noqa: E402  (tests/ is no package)

from pynn.engine import _native  # noqa: E402

SAME, REFUSED = "same bits", "refused by an assertion"


@dataclass(frozen=True)
class Constant:
    name: str
    file: str
    halved: str = SAME
    doubled: str = SAME


CONSTANTS = (
    Constant("TRANSPOSED_OUTPUTS", "step_context.h"),
    Constant("ROWS_PER_CANCEL_CHECK", "step_context.h"),
    Constant("STRIP_MOST", "kernels/kernels.h", halved=REFUSED),
    Constant("SPARSE_MOST", "kernels/kernels.h", halved=REFUSED),
    Constant("SPARSE_BLOCK", "skip_zeros.c"),
    Constant("SPARSE_SHARE", "skip_zeros.c"),
    Constant("SPARSE_CACHE", "skip_zeros.c"),
    Constant("SPARSE_ROWS", "layout.c"),
    Constant("REGION", "layout.c"),
    Constant("ROW_BLOCK", "gemm.c"),
    Constant("STRIPS", "gemm.c"),
    Constant("INPUT_BLOCK", "gemm.c"),
    Constant("WORTH_TRANSPOSING", "gemm.c"),
    Constant("NEAR_WEIGHTS", "dense.c"),
    Constant("ROWS_AHEAD", "model.c"),
    Constant("SPARSE_AHEAD", "kernels/sparse_rows.inl.h"),
    Constant("PYNN_TENSORS", "pynn.h", halved=REFUSED),
    Constant("PYNN_TREE", "pynn.h", halved=REFUSED),
    *(
        Constant(name, f"kernels/isa_{isa}.c", halved, doubled)
        for isa in ("portable", "avx2", "avx512")
        for name, halved, doubled in (("KC", SAME, SAME), ("MR", REFUSED, REFUSED))
    ),
    Constant("SPARSE", "kernels/isa_avx512.c", doubled=REFUSED),
)
LEFT_OUT = {
    "PANEL, CHUNK, CHUNK_LEVELS, PHILOX_LANES, PHILOX_GROUP, TRY_STEP": "rules of numerics",
    "W, NR, REAL_BITS": "what an instruction set or a type is",
    "coefficients and limits of vmath.inl.h": "numerics, tested by test_vmath.py",
    "PYNN_METRICS": "how many there are",
    "LARGEST": "a limit that is an error beyond it",
    "TEAM_GRAIN, POLL_SECONDS, NUMBERS_PER_POLL, those of team_choice.c": "time and teams, of which bits know nothing",
    "FMA_CHAINS, BLOCK of column_stats.c": "not in a step",
}


SHAPES = (  # golden networks: activations, losses and optimizers see nothing of a constant
    "one output", "wide", "softmax regression", "zeros, one chain", "zeros, two chains", "zeros in the last layer",
    "batch norm, first", "batch norm, last", "layer norm", "layer norm, last", "fewer units than threads",
)  # fmt: skip


def larger_cases() -> list[Case]:
    """Beyond every constant and its double, in a few steps."""
    zeros: dict[str, Any] = {"inputs": 130, "share": 0.2}
    wide = ((20, "relu"), (100, "tanh"), (20, "relu"), (200, "tanh"), (20, "relu"), (400, "tanh"))
    return [
        Case("W transposed", hidden=wide, rows=44, batch=40),
        Case("many inputs", inputs=2100, hidden=((18, "tanh"),), rows=20, batch=20),
        Case("many outputs", inputs=20, hidden=((20, "tanh"), (2100, "relu")), rows=20, batch=20),
        Case("zeros, 700 rows", hidden=((33, "relu"),), rows=700, batch=700, **zeros),
        Case("zeros, 1100 rows", hidden=((33, "relu"),), rows=1100, batch=1100, **zeros),
        Case("zeros, many panels", hidden=((250, "relu"),), rows=60, batch=30, **zeros),
        Case("zeros, nearly half", hidden=((130, "relu"),), rows=60, batch=30, inputs=200, share=0.45),
        Case("a row alone", hidden=((250, "relu"), (130, "tanh")), rows=4, batch=1, inputs=300, share=0.3),
    ]  # fmt: skip


# ---- one variant: a copy of csrc/, compiled, run ----

UNITS = ["api", "engine_f32", "engine_f64", "rng", "parallel", "team_choice", "column_stats", "dispatch", "cpu"]
FLAGS = ["-O1", "-std=gnu11", "-ffp-contract=off", "-fopenmp", "-DPYNN_GUARDED", "-w"]


OBJECTS = ROOT / "build" / "constants"


class Refused(Exception):
    """The compiler's words."""


def compiler(*arguments: object) -> bytes:
    done = subprocess.run(["gcc", *FLAGS, *map(str, arguments)], capture_output=True)
    if done.returncode:
        raise Refused(done.stderr.decode(errors="replace"))
    return done.stdout


def compiled(source: Path, csrc: Path) -> Path:
    """The object of one source; what the preprocessor makes of it is its name, so an unchanged unit is not compiled."""
    text = compiler("-E", "-P", "-I", csrc, source)
    found = OBJECTS / f"{hashlib.sha256(text + str(FLAGS).encode()).hexdigest()}.o"
    if not found.exists():
        part = found.with_suffix(".part")
        compiler("-c", "-I", csrc, source, "-o", part)
        part.rename(found)
    return found


def replayed(csrc: Path, work: Path) -> str:
    """What becomes of the golden networks with the sources in csrc."""
    sources = [
        ROOT / "tests/c/replay.c",
        *(csrc / f"{unit}.c" for unit in UNITS),
        *sorted(csrc.glob("kernels/isa_*.c")),
    ]
    try:
        with ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(lambda source: compiled(source, csrc), sources))
    except Refused as reason:
        return REFUSED if "static assertion failed" in str(reason) else f"does not compile: {str(reason)[:200]}"
    compiler("-o", work / "replay", *objects, "-lm")
    quiet = os.environ | {"OMP_WAIT_POLICY": "passive"}
    done = subprocess.run([work / "replay", work / "golden.cases"], capture_output=True, text=True, env=quiet)
    if not done.returncode:
        return SAME
    lines = [line for line in done.stdout.split("\n") if "FAILED" in line][:3]
    return f"exit status {done.returncode}; " + "; ".join(lines)


def changed(constant: Constant, factor: float, csrc: Path) -> str:
    """Writes a multiple of the constant's value into the copy. Returns its name, old and new value."""
    path = csrc / constant.file
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"^(#define {constant.name} )(\([^)]*\)|\S+)", text, re.MULTILINE)
    assert found is not None, f"{constant.file} defines no {constant.name}"
    old = eval(found[2])  # a number or a shift of one
    new = int(old * factor) if isinstance(old, int) else old * factor
    path.write_text(text[: found.start()] + f"{found[1]}{new}" + text[found.end() :], encoding="utf-8")
    return f"{constant.name} {old} -> {new}"


def changes(chosen: list[Constant], together: bool) -> Iterator[tuple[list[Constant], float, str]]:
    """What is changed at a time, by which factor, and what is to become of it."""
    for factor in (0.5, 2.0):
        expected = {one: one.halved if factor < 1 else one.doubled for one in chosen}
        harmless = [one for one in chosen if together and expected[one] == SAME]
        if harmless:
            yield harmless, factor, SAME
        yield from (([one], factor, expected[one]) for one in chosen if one not in harmless)


def main() -> int:
    arguments = sys.argv[1:]
    names = [name for name in arguments if name != "--together"]
    chosen = [one for one in CONSTANTS if not names or one.name in names]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        OBJECTS.mkdir(parents=True, exist_ok=True)
        export(_native, work / "golden.cases", [*(case for case in cases() if case.name in SHAPES), *larger_cases()])
        shutil.copytree(ROOT / "csrc", work / "as it is")
        for constants, factor, expected in ([], 1.0, SAME), *changes(chosen, len(names) < len(arguments)):
            shutil.copytree(work / "as it is", work / "csrc")
            words = [changed(constant, factor, work / "csrc") for constant in constants]
            found = replayed(work / "csrc", work)
            shutil.rmtree(work / "csrc")
            wrong += found != expected
            note = "" if found == expected else f"   WRONG: expected {expected}"
            print(f"{', '.join(words) or 'as they are'}: {found}{note}", flush=True)
    print(f"{wrong} wrong")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
