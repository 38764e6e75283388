"""Builds the stand-alone kernel test (kernel_test.c) with any C compiler; it does not build the extension.

`python tests/c/build.py [--cc gcc] [--out DIR] [--sanitize] [--static] [--run [ARGUMENT ...]]`. conftest.py
reads it as c_build; bochs.sh runs what this makes on an emulated CPU.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent.parent / "csrc"
ISA_SOURCES = [f"kernels/isa_{isa}{real}.c" for isa in ("portable", "avx2", "avx512", "neon") for real in ("", "_f64")]
SOURCES = [
    *(CSRC / name for name in (*ISA_SOURCES, "cpu.c", "dispatch.c")),
    *(HERE / name for name in ("harness.c", "kernel_suite.c", "kernel_suite_f64.c", "kernel_test.c")),
]
FLAGS = ["-O3", "-std=gnu11", "-ffp-contract=off", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion"]
SANITIZE = [
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all",
]


def find_compiler() -> list[str] | None:
    """The words of $CC, or the first of cc, gcc, clang that is installed."""
    words = shlex.split(os.environ.get("CC", ""))
    if words and shutil.which(words[0]):
        return words
    return next(([name] for name in ("cc", "gcc", "clang") if shutil.which(name)), None)


def build(cc: list[str], out: Path, *, extra: list[str] | None = None) -> Path:
    """Compiles what is older than its source, all if a header changed, and links; returns the program's path."""
    out.mkdir(parents=True, exist_ok=True)
    flags = [*FLAGS, *(extra or [])]
    headers = [*CSRC.rglob("*.h"), *HERE.glob("*.h"), *CSRC.glob("kernels/isa_*.c"), HERE / "kernel_suite.c"]
    newest = max(path.stat().st_mtime_ns for path in headers)
    stamp = out / "command"
    command = f"{newest} {shlex.join([*cc, *flags])}"
    if not stamp.exists() or stamp.read_text() != command:  # begin anew
        for old in out.glob("*.o"):
            old.unlink()
        stamp.write_text(command)

    def compile_one(source: Path) -> str:
        target = out / f"{source.stem}.o"
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            subprocess.run([*cc, *flags, "-c", str(source), "-o", str(target)], check=True)
        return str(target)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, SOURCES))
    program = out / "kernel_test"
    subprocess.run([*cc, *flags, *objects, "-o", str(program), "-lm"], check=True)
    return program


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cc", help="compiler, words as in a shell (default: $CC, cc, gcc or clang)")
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "pynn_kernel_test", help="build folder"
    )
    parser.add_argument("--sanitize", action="store_true", help="address and undefined-behaviour sanitizers")
    parser.add_argument("--static", action="store_true", help="no shared libraries, for an emulator")
    parser.add_argument("--run", nargs=argparse.REMAINDER, help="run it, with these arguments")
    given = parser.parse_args()
    cc = shlex.split(given.cc) if given.cc else find_compiler()
    if cc is None:
        print("build.py: no C compiler found; set CC", file=sys.stderr)
        return 2
    extra = [*(SANITIZE if given.sanitize else []), *(["-static"] if given.static else [])]
    program = build(cc, given.out, extra=extra)
    print(program)
    return 0 if given.run is None else subprocess.run([str(program), *given.run]).returncode


if __name__ == "__main__":
    sys.exit(main())
