"""How the C core becomes the one extension module pynn.engine._native.

Plain setuptools: every instruction set is a target region inside its own C file, so there
are no per-file flags and no -march. OpenMP is used where a program with it really compiles
and links; elsewhere the same sources build a serial core. Names, versions and everything
else about the package stand in pyproject.toml; the C rooms are listed in csrc/README.md.

Environment: CC and CFLAGS as usual; PYNN_OPENMP=0 builds the serial core on purpose.
"""

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

CSRC = ["api", "engine_f32", "engine_f64", "rng", "parallel", "team_choice", "column_stats", "dispatch", "cpu"]
ISAS = ["portable", "avx2", "avx512", "neon"]
SOURCES = [f"csrc/{name}.c" for name in CSRC]
SOURCES += [f"csrc/kernels/isa_{isa}{real}.c" for isa in ISAS for real in ("", "_f64")]
# Read by the sources above: a change in any of them rebuilds the extension. The rooms that
# engine_f32.c and engine_f64.c include are C files too.
C_FILES = sorted(path.as_posix() for pattern in ("*.h", "*.c") for path in Path("csrc").rglob(pattern))
HEADERS = [name for name in C_FILES if name not in SOURCES]

# -fno-fast-math goes first: it takes back what CFLAGS may bring, and in clang it also sets
# contraction, which the next word switches off. -g0: Python's own flags ask for debug
# information, which would make the module six times as large.
FLAGS = ["-O3", "-std=gnu11", "-fno-fast-math", "-ffp-contract=off", "-fvisibility=hidden", "-g0"]

# (compile, link) arguments, tried in this order; the second pair is Apple's clang with libomp.
OPENMP = [(["-fopenmp"], ["-fopenmp"]), (["-Xpreprocessor", "-fopenmp"], ["-lomp"])]
OPENMP_PROBE = """
#include <omp.h>
int main(void) {
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n += omp_get_num_threads();
    return n == 0;
}
"""


class BuildExt(build_ext):
    """setuptools' build_ext, with OpenMP where there is one, rebuilt when the compiler or the flags change."""

    def build_extensions(self) -> None:
        compile_args, link_args = self.find_openmp()
        for ext in self.extensions:
            ext.extra_compile_args = FLAGS + compile_args
            ext.extra_link_args = link_args
        self.force = self.command_changed(FLAGS + compile_args + link_args) or self.force
        self.compile_in_parallel()
        super().build_extensions()

    def compile_in_parallel(self) -> None:
        """Hand the compiler one file at a time, as many at once as there are CPUs; the objects keep their order."""
        compile_files = self.compiler.compile

        def compile_at_once(sources: list[str], *args: Any, **options: Any) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = list(pool.map(lambda source: compile_files([source], *args, **options), sources))
            return [target for targets in made for target in targets]

        self.compiler.compile = compile_at_once

    def find_openmp(self) -> tuple[list[str], list[str]]:
        """The arguments with which a small OpenMP program compiles and links; none for a serial build."""
        if os.environ.get("PYNN_OPENMP", "1") == "0":
            print("pynn: PYNN_OPENMP=0: building the serial core", file=sys.stderr)
            return [], []
        for compile_args, link_args in OPENMP:
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder, "probe.c")
                source.write_text(OPENMP_PROBE)
                try:
                    objects = self.compiler.compile([str(source)], output_dir=folder, extra_postargs=compile_args)
                    self.compiler.link_executable(objects, "probe", output_dir=folder, extra_postargs=link_args)
                except (CompileError, LinkError):
                    continue
                return compile_args, link_args
        print("pynn: note: this compiler has no OpenMP; building the serial core (one thread)", file=sys.stderr)
        return [], []

    def command_changed(self, arguments: list[str]) -> bool:
        """Whether the last build in this folder used another compiler or other flags."""
        command = repr([self.compiler.compiler_so, self.compiler.linker_so, arguments])
        stamp = Path(self.build_temp, "command.txt")
        if stamp.is_file() and stamp.read_text() == command:
            return False
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(command)
        return True


# Only the .pyx goes through Cython, which would copy C files into its build folder.
[native] = cythonize(
    [Extension("pynn.engine._native", ["pynn/engine/_native.pyx"])], build_dir="build/cython", language_level=3
)
native.sources += SOURCES
native.depends += HEADERS
native.include_dirs += ["csrc"]
native.libraries += ["m"]

setup(ext_modules=[native], cmdclass={"build_ext": BuildExt})
