"""The one arrow: which file may know which, read from the import and #include lines.

Each room lists what it may name; what is not listed is not allowed, and a file that no room claims is an
error too. csrc/README.md draws the arrow and says why.
"""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CYTHON = (".pyx", ".pxd", ".pxi", ".pyi")

# Python: a file below pynn/ -> the modules of pynn it may import (patterns). The rooms stand from the lowest up.
# The lists with names hold what every room above may import; what a line adds to them, its files do import.
BASE = ["errors", "arguments"]
PLAN = [
    *BASE,
    "engine.plan",
    "engine.kinds",
    "engine.layer_plan",
    "engine.tables",
    "engine.formulas",
    "engine.loss_formulas",
    "engine.update_formulas",
    "engine.optimizer_plan",
    "engine.data",
]
ENGINE = [*PLAN, "engine.philox"]
ARGUMENTS_OF_METRICS = ["metrics.reading", "metrics.multihot"]
METRICS = ["metrics", "metrics.*"]
DECLARED = ["activations", "layers", "regularizers", "losses", "optimizers", "schedules", "initializers"]
ROWS = ["rows.*"]
BELOW_NETWORK = [*ENGINE, "backend", *METRICS, *ROWS, *DECLARED, "training.*", "inspect", "inspect.*"]
BELOW_INSPECT = [*ENGINE, "backend", *METRICS, *ROWS, *DECLARED]
KERAS_SAID = [f"keras.{name}" for name in ("given", "missing", "session")]
KERAS_NAMES = [f"keras.{name}" for name in ("losses", "metrics", "optimizers")]
BELOW_PLOTS = [*BASE, "engine.tables", "backend", "activations", "layers", "regularizers", "losses", *METRICS]
DRAWING = [*BELOW_PLOTS, "plots.answers", "plots.colours", "plots.display"]
LISTENED = ["estimators.to_network", "estimators.pace"]
RULES = [*(f"estimators.{name}" for name in ("recipe", "values", "callback_bridge", "orders", "pace"))]
ALGORITHMS = [*(f"estimators.{name}" for name in ("recipe", "callback_bridge", "epochs"))]
SOLVERS = [f"estimators.{name}" for name in ("quasinewton", "pace", "to_network")]
ESTIMATORS = ["estimators.recipe", "estimators.multilayer"]
RECORDED = ["bars", "callbacks", "fit", "hooks", "measuring", "progress"]
PYTHON = {
    "errors.py": [],
    "arguments.py": [],
    "version.py": [],
    "py.typed": [],
    "engine/__init__.py": [],
    "engine/formulas.py": BASE,
    "engine/loss_formulas.py": [*BASE, "engine.formulas"],
    "engine/optimizer_plan.py": BASE,
    "engine/update_formulas.py": [*BASE, "engine.formulas", "engine.optimizer_plan"],
    "engine/tables.py": [*BASE, "engine.formulas", "engine.loss_formulas", "engine.update_formulas"],
    "engine/layer_plan.py": [],
    "engine/kinds.py": [*BASE, "engine.formulas", "engine.layer_plan"],
    "engine/plan.py": [*BASE, "engine.kinds", "engine.layer_plan", "engine.optimizer_plan", "engine.tables"],
    "engine/data.py": [*BASE, "engine.plan"],
    "engine/philox.py": BASE,
    "engine/reference.py": ENGINE,
    "engine/_native.pyx": [*ENGINE, "engine.core"],
    "engine/_native.pyi": ENGINE,
    "engine/core.pxd": [],
    "engine/*.pxi": [],
    "backend.py": [*ENGINE, "engine.reference", "engine._native"],
    "metrics/reading.py": BASE,
    "metrics/names.py": BASE,
    "metrics/multihot.py": [*BASE, "metrics.reading"],
    "metrics/counted.py": [*BASE, *ARGUMENTS_OF_METRICS],
    "metrics/agreement.py": [*BASE, *ARGUMENTS_OF_METRICS],
    "metrics/encoding.py": [*BASE, "metrics.reading"],
    "metrics/likelihood.py": [*BASE, *ARGUMENTS_OF_METRICS],
    "metrics/ranked.py": [*BASE, *ARGUMENTS_OF_METRICS],
    "metrics/areas.py": [*BASE, *ARGUMENTS_OF_METRICS, "metrics.ranked"],
    "metrics/regression.py": [*BASE, *ARGUMENTS_OF_METRICS],
    "metrics/reporting.py": [*BASE, *ARGUMENTS_OF_METRICS, "metrics.counted"],
    "metrics/fitted.py": [
        *BASE, *ARGUMENTS_OF_METRICS, "metrics.names",
        *(f"metrics.{name}" for name in ("agreement", "areas", "counted", "likelihood", "regression")),
    ],
    "metrics/reported.py": [*BASE, "metrics.names", "metrics.fitted"],
    "metrics/__init__.py": ["metrics.*"],
    "tables/decimals.py": ["backend"],
    "tables/columns.py": ["backend", "tables.decimals"],
    "tables/table.py": ["tables.columns"],
    "tables/separated.py": ["backend", "tables.columns", "tables.decimals", "tables.table"],
    "tables/csv_text.py": ["tables.separated", "tables.table"],
    "tables/dates.py": ["backend", "tables.columns"],
    "tables/marks.py": [],
    "tables/cells.py": ["backend", "tables.dates", "tables.marks", "tables.table"],
    "tables/outliers.py": ["backend"],
    "tables/number_column.py": [
        *BASE, "backend", "tables.cells", "tables.dates", "tables.marks", "tables.outliers", "tables.table",
    ],
    "tables/date_column.py": ["backend", "tables.cells", "tables.number_column", "tables.table"],
    "tables/word_column.py": ["backend", "tables.cells", "tables.number_column", "tables.table"],
    "tables/features.py": ["tables.cells", "tables.dates", "tables.*_column", "tables.table"],
    "tables/outcomes.py": [
        *BASE, "backend", "tables.cells", "tables.dates", "tables.features", "tables.marks", "tables.table",
    ],
    "tables/preparation.py": [
        *BASE, "backend", "tables.cells", "tables.dates", "tables.features", "tables.*_column", "tables.outcomes",
        "tables.table",
    ],
    "tables/__init__.py": ["tables.csv_text", "tables.preparation", "tables.table"],
    "datasets/fetching.py": BASE,
    "datasets/flowers.py": BASE,
    "datasets/clouds.py": [*BASE, "engine.philox"],
    "datasets/splitting.py": [*BASE, "engine.philox"],
    "datasets/strokes.py": [*BASE, "engine.philox"],
    "datasets/image_sets.py": [*BASE, "datasets.fetching"],
    "datasets/tabular.py": [*BASE, "tables", "tables.*"],
    "datasets/__init__.py": ["datasets.*"],
    "activations.py": [*PLAN],
    "schedules.py": BASE,
    "orthogonal.py": ["backend"],
    "initializers.py": [*BASE, "backend", "orthogonal"],
    "regularizers.py": BASE,
    "rows/*.py": [*ENGINE, "backend", *ROWS],
    "layers.py": [*PLAN, "activations", "initializers", "regularizers", "backend", *ROWS],
    "losses.py": [*PLAN, "activations"],
    "optimizers.py": [*PLAN, "schedules"],
    "training/__init__.py": [],
    "training/hooks.py": [*BASE, "training.progress"],
    "training/callbacks.py": [*BASE, "training.hooks", "training.progress"],
    "training/checks.py": [*ENGINE, "backend", *ROWS],
    "training/exclusive.py": [],
    "training/bars.py": [],
    "training/progress.py": [*BASE, "training.bars"],
    "training/fit.py": [*ENGINE, "backend", "metrics.fitted", "training.callbacks", "training.hooks"],
    "training/measuring.py": [*ENGINE, "backend", *ROWS, *METRICS, "training.hooks", "training.fit"],
    "training/block_shuffle.py": [*ENGINE, "backend", "training.fit"],
    "training/sources.py": [*ENGINE, "backend", *ROWS, "training.fit", "training.block_shuffle"],
    "inspect/finding.py": BELOW_INSPECT,
    "inspect/symbols.py": BELOW_INSPECT,
    "inspect/formula_lines.py": BELOW_INSPECT,
    "inspect/probing.py": [*BELOW_INSPECT, "inspect.step_record"],
    "inspect/gradcheck.py": BELOW_INSPECT,
    "inspect/summary.py": BELOW_INSPECT,
    "inspect/webpage.py": [*BELOW_INSPECT, "inspect.summary"],
    "inspect/drawing.py": [*BELOW_INSPECT, "inspect.symbols"],
    "inspect/diagrams.py": [*BELOW_INSPECT, "inspect.drawing", "inspect.summary"],
    "inspect/typesetting.py": [*BELOW_INSPECT, "inspect.formula_lines", "inspect.symbols"],
    "inspect/step_record.py": [*BELOW_INSPECT, "inspect.typesetting"],
    "inspect/layer_formulas.py": [*BELOW_INSPECT, "inspect.formula_lines", "inspect.step_record"],
    "inspect/optimizer_formulas.py": [*BELOW_INSPECT, "inspect.layer_formulas", "inspect.step_record"],
    "inspect/graphs.py": [
        *BELOW_INSPECT, "inspect.drawing", "inspect.layer_formulas", "inspect.step_record", "inspect.symbols",
    ],
    "inspect/notation.py": [
        *BELOW_INSPECT,
        "inspect.formula_lines", "inspect.layer_formulas", "inspect.optimizer_formulas", "inspect.step_record",
        "inspect.typesetting",
    ],
    "inspect/tracing.py": [
        *BELOW_INSPECT,
        "inspect.drawing", "inspect.graphs", "inspect.notation", "inspect.probing", "inspect.step_record",
    ],
    "inspect/evidence.py": [*BELOW_INSPECT, "inspect.tracing"],
    "inspect/advice_data.py": [*BELOW_INSPECT, "inspect.evidence", "inspect.finding"],
    "inspect/advice_training.py": [*BELOW_INSPECT, "inspect.evidence", "inspect.finding"],
    "inspect/advice_units.py": [*BELOW_INSPECT, "inspect.evidence", "inspect.finding", "inspect.step_record"],
    "inspect/diagnosis.py": [*BELOW_INSPECT, "inspect.advice_*", "inspect.evidence", "inspect.finding"],
    "inspect/remarks.py": [*BELOW_INSPECT, "inspect.advice_*", "inspect.evidence", "inspect.finding"],
    "inspect/__init__.py": ["inspect.*"],
    "assembly.py": [*ENGINE, "backend", "metrics.reported", *ROWS, *DECLARED, "training.checks", "training.fit"],
    "core.py": [*ENGINE, "backend", *ROWS, *DECLARED, "assembly", "training.checks", "training.callbacks"],
    "training/batches.py": [*ENGINE, "backend", *ROWS, "core", "training.fit"],
    "training/history.py": [*ENGINE, "backend", *ROWS, "core", *(f"training.{name}" for name in RECORDED)],
    "training/range_test.py": [*ENGINE, "backend", "core", "training.fit", "training.sources"],
    "files/*.py": [
        *ENGINE, "backend", *METRICS, *DECLARED, "inspect.summary", "training.callbacks", "version", "assembly",
        "core", "files.*",
    ],
    "folding.py": [*ENGINE, "backend", *DECLARED],
    "network.py": [*BELOW_NETWORK, "assembly", "core", "files", "folding"],
    "multiclass.py": [*BELOW_NETWORK, "metrics.reading", "network"],
    "keras/given.py": BASE,
    "keras/session.py": BASE,
    "keras/missing.py": [],
    "keras/backend.py": ["keras.session"],
    "keras/utils.py": [*BASE, "metrics", *KERAS_SAID],
    "keras/activations.py": ["activations", "engine.tables"],
    "keras/initializers.py": [*BASE, "initializers", *KERAS_SAID],
    "keras/regularizers.py": ["regularizers"],
    "keras/callbacks.py": ["callbacks", "keras.missing"],
    "keras/losses.py": [*BASE, "engine.tables", "losses", "metrics", *KERAS_SAID],
    "keras/metrics.py": [*BASE, "metrics.fitted", "metrics.names", "metrics.regression", *KERAS_SAID],
    "keras/optimizers/rules.py": [*BASE, "optimizers", "schedules", *KERAS_SAID],
    "keras/optimizers/schedules.py": [*BASE, "schedules", *KERAS_SAID],
    "keras/optimizers/legacy.py": ["keras.optimizers.rules"],
    "keras/optimizers/__init__.py": ["keras.optimizers.*", "keras.missing"],
    "keras/datasets/folder.py": [],
    "keras/datasets/mnist.py": ["datasets", "keras.datasets.folder"],
    "keras/datasets/fashion_mnist.py": ["datasets", "keras.datasets.folder"],
    "keras/datasets/__init__.py": ["keras.datasets.*", "keras.missing"],
    "keras/chain.py": BASE,
    "keras/config.py": [*PLAN, *DECLARED, "keras.initializers", "keras.regularizers"],
    "keras/layers.py": [*BASE, *DECLARED, "keras.activations", "keras.chain", "keras.config", *KERAS_SAID],
    "keras/batches_read.py": [*BASE, "keras.utils"],
    "keras/layer_table.py": ["inspect.summary", "keras.layers"],
    "keras/store.py": ["inspect.summary", "network", "keras.layers"],
    "keras/fitting.py": [*BASE, "keras.batches_read", "keras.given"],
    "keras/structure.py": [
        *BASE, "layers", "inspect.summary", "network",
        *(f"keras.{name}" for name in ("batches_read", "given", "layer_table", "layers", "session", "store")),
    ],
    "keras/model.py": [
        *BASE, "network", "training.history", "training.hooks", *KERAS_NAMES,
        *(f"keras.{name}" for name in ("batches_read", "chain", "fitting", "given", "layers", "structure")),
    ],
    "keras/models.py": [*BASE, "layers", "keras.chain", "keras.layers", "keras.missing", "keras.model"],
    "keras/__init__.py": ["keras.*"],
    "plots/colours.py": ["backend"],
    "plots/answers.py": BELOW_PLOTS,
    "plots/insides.py": [*BELOW_PLOTS, "engine.kinds", "engine.plan"],
    "plots/legends.py": [],
    "plots/display.py": [*BELOW_PLOTS, "plots.colours", "plots.legends"],
    "plots/rate_range.py": [*BELOW_PLOTS, "plots.colours", "plots.display"],
    "plots/planes.py": [*BELOW_PLOTS, "plots.answers", "plots.colours", "plots.insides"],
    "plots/profiles.py": [*BELOW_PLOTS, "plots.answers", "plots.colours", "plots.planes"],
    "plots/regions.py": [*DRAWING, "plots.planes", "plots.profiles"],
    "plots/hidden.py": [*DRAWING, "plots.insides", "plots.planes"],
    "plots/hidden_units.py": [*DRAWING, "plots.insides", "plots.planes"],
    "plots/compared_regions.py": [*BELOW_PLOTS, "plots.answers", "plots.display", "plots.planes"],
    "plots/loss_surface.py": [*DRAWING, "plots.insides", "plots.planes"],
    "plots/softmax.py": [*DRAWING, "plots.insides"],
    "plots/weight_images.py": [*DRAWING, "plots.insides"],
    "plots/snapshots.py": ["arguments", "backend"],
    "plots/animation.py": [*BELOW_PLOTS, "plots.colours", "plots.display", "plots.snapshots"],
    "plots/curve_fit.py": [*DRAWING, "plots.insides", "plots.planes", "plots.snapshots"],
    "plots/scatter.py": [*DRAWING, "plots.planes"],
    "plots/__init__.py": ["plots.*"],
    "plots/*.py": DRAWING,
    "estimators/recipe.py": [*ENGINE, *DECLARED],
    "estimators/values.py": [*ENGINE, "backend", "estimators.recipe"],
    "estimators/to_network.py": [*DECLARED, "network", "estimators.recipe"],
    "estimators/pace.py": [*ENGINE, *DECLARED, "backend", "core"],
    "estimators/orders.py": [*ENGINE, "backend", *ROWS, "training.fit", "training.sources"],
    "estimators/callback_bridge.py": ["backend", "training.callbacks", "training.hooks", *LISTENED],
    "estimators/epochs.py": [*ENGINE, "backend", *ROWS, "core", "training.hooks", "training.fit", *RULES],
    "estimators/quasinewton.py": [*ENGINE, "backend", *ROWS, *ALGORITHMS],
    "estimators/multilayer.py": [*ENGINE, "backend", *ROWS, *DECLARED, "network", *ALGORITHMS, *SOLVERS],
    "estimators/classifier.py": [*ENGINE, "backend", *DECLARED, *ESTIMATORS],
    "estimators/regressor.py": [*ENGINE, "backend", *DECLARED, *ESTIMATORS],
    "estimators/__init__.py": ["estimators.classifier", "estimators.regressor"],
    "bench.py": [*BELOW_NETWORK, "network", "datasets"],
    "callbacks/event_file.py": [],
    "callbacks/watching.py": [*BASE, "metrics.names", "training.hooks"],
    "callbacks/pacing.py": [*BASE, "training.hooks", "callbacks.watching"],
    "callbacks/recording.py": [*BASE, "training.hooks", "callbacks.event_file"],
    "callbacks/__init__.py": ["training.history", "training.hooks", "callbacks.*"],
    "play/__init__.py": [],
    "play/points.py": ["datasets.clouds", "engine.philox"],
    "play/settings.py": ["arguments", "layers", "network", "optimizers", "play.points"],
    "play/playground.py": ["arguments", "backend", "errors", "inspect.typesetting", "play.points", "play.settings"],
    "play/server.py": ["arguments", "play.playground"],
    "commands/__init__.py": [],
    "commands/play.py": ["play.server"],
    "commands/option_values.py": [],
    "commands/scores.py": ["backend", "metrics"],
    "commands/wording.py": ["backend", "metrics", "inspect.finding", "tables.table", "commands.scores"],
    "commands/write_data.py": [*BASE, "datasets", "tables"],
    "commands/train_iris.py": [*BELOW_NETWORK, "network", "datasets", "commands.wording"],
    "commands/row_split.py": ["backend", "engine.philox", "datasets", "tables", "tables.*"],
    "commands/watching_epochs.py": ["backend", "callbacks", "tables.outcomes", "training.*", "commands.scores"],
    "commands/importance.py": [
        "backend", "engine.philox", "network", "tables", "commands.scores", "commands.watching_epochs",
    ],
    "commands/train_report.py": [
        "backend", "network", "tables", "tables.*", "commands.importance", "commands.row_split", "commands.scores",
        "commands.watching_epochs", "commands.wording",
    ],
    "commands/train_table.py": [
        *BELOW_NETWORK, "network", "tables", "tables.*", "commands.row_split", "commands.scores",
        "commands.train_report", "commands.watching_epochs", "commands.wording",
    ],
    "commands/use_model.py": [*BELOW_NETWORK, "network", "tables", "tables.*", "commands.train_report"],
    "cli.py": ["", *BELOW_NETWORK, "bench", "commands.*"],
    "__main__.py": ["cli"],
    "__init__.py": [*BELOW_NETWORK, "version", "network", "callbacks", "datasets", "multiclass", "plots", "estimators"],
}  # fmt: skip
SHARED = {
    *BELOW_NETWORK,
    *BELOW_INSPECT,
    *BELOW_PLOTS,
    *KERAS_SAID,
}  # allowed to many; each entry is imported by some of them

# C: a file below csrc/ -> the project's files it may include. kernels/ knows kernels.h alone; only
# rooms.inl.h and the _f64 twins include C files, which is how they are compiled once per storage type.
ROOMS = [
    "data",
    "gemm",
    "skip_zeros",
    "gradient",
    "tail",
    "dense",
    "norm",
    "kinds",
    "loss",
    "optim",
    "model",
    "layout",
    "train",
    "test_hooks",
]
C = {
    "real.h": [],
    "pynn.h": [],
    "float_mode.h": [],
    "parallel.h": [],
    "kernels/kernels.h": ["real.h"],
    "kernels/target_begin.h": [],
    "kernels/target_end.h": [],
    "kernels/vmath_coefficients.inl.h": [],
    "kernels/vmath.inl.h": ["kernels/vmath_coefficients.inl.h"],
    "kernels/bodies.inl.h": ["kernels/*.inl.h"],
    "kernels/*.inl.h": [],
    "kernels/isa_*_f64.c": ["kernels/isa_*.c"],
    "kernels/isa_*.c": ["kernels/kernels.h", "kernels/target_*.h", "kernels/bodies.inl.h"],
    "cpu.h": [],
    "cpu.c": ["cpu.h", "kernels/kernels.h"],
    "dispatch.h": ["kernels/kernels.h"],
    "dispatch.c": ["dispatch.h", "cpu.h", "pynn.h"],
    "parallel.c": ["parallel.h", "pynn.h", "float_mode.h"],
    "team_choice.h": ["pynn.h"],
    "team_choice.c": ["team_choice.h"],
    "rng.h": ["pynn.h"],
    "rng.c": ["rng.h", "float_mode.h"],
    "data.h": ["pynn.h", "real.h"],
    "data.c": ["data.h"],
    "column_stats.c": ["data.c", "float_mode.h"],
    "gemm.h": ["kernels/kernels.h"],
    "gemm.c": ["gemm.h"],
    "step_context.h": ["gemm.h", "parallel.h", "pynn.h"],
    "skip_zeros.h": ["step_context.h"],
    "skip_zeros.c": ["skip_zeros.h"],
    "gradient.h": ["step_context.h"],
    "gradient.c": ["gradient.h"],
    "tail.h": ["step_context.h"],
    "tail.c": ["tail.h", "rng.h"],
    "dense.h": ["step_context.h"],
    "dense.c": ["dense.h", "gradient.h", "skip_zeros.h", "tail.h"],
    "norm.h": ["step_context.h"],
    "norm.c": ["norm.h", "gradient.h", "tail.h"],
    "kinds.h": ["step_context.h"],
    "kinds.c": ["kinds.h", "dense.h", "norm.h", "tail.h"],
    "loss.h": ["tail.h"],
    "loss.c": ["loss.h", "data.h"],
    "optim.h": ["loss.h"],
    "optim.c": ["optim.h"],
    "model.h": ["optim.h"],
    "model.c": ["model.h", "data.h", "kinds.h", "skip_zeros.h"],
    "layout.h": ["pynn.h"],
    "layout.c": ["layout.h", "kinds.h", "norm.h", "skip_zeros.h"],
    "train.c": ["model.h", "skip_zeros.h", "team_choice.h"],
    "test_hooks.c": ["model.h"],
    "engine.h": ["pynn.h"],
    "rooms.inl.h": [
        "real.h",
        "engine.h",
        *(f"{room}.c" for room in ROOMS),
    ],
    "engine_f32.c": ["rooms.inl.h"],
    "engine_f64.c": ["rooms.inl.h"],
    "api.c": ["dispatch.h", "engine.h", "float_mode.h", "parallel.h"],
}

# System headers: types and numbers everywhere, and what only one room may know.
ANYWHERE = {"stddef.h", "stdint.h", "float.h", "math.h", "string.h", "stdatomic.h"}
SYSTEM = {
    "parallel.c": {
        "omp.h", "pthread.h", "sched.h", "windows.h",
        "time.h", "unistd.h", "fcntl.h", "limits.h", "stdio.h", "stdlib.h",
    },
    "cpu.c": {"cpuid.h", "intrin.h"},
    "float_mode.h": {"fenv.h", "xmmintrin.h"},
    "kernels/isa_*.c": {"immintrin.h", "arm_neon.h"},
}  # fmt: skip


def room_of(name: str, rooms: dict[str, list[str]]) -> str:
    """The line of the file itself, or else the first pattern that fits."""
    for pattern in (name, *rooms):
        if pattern in rooms and fnmatchcase(name, pattern):
            return pattern
    raise AssertionError(f"{name}: no room claims this file; give it a line in tests/test_layering.py")


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def files(folder: str, *suffixes: str) -> list[Path]:
    found = [path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes and "__pycache__" not in path.parts]
    return sorted(path for path in found if path.name != "_native.c")


def name_of(path: Path, folder: str) -> str:
    return path.relative_to(ROOT / folder).as_posix()


def imports_of(source: str, package: list[str]) -> set[str]:
    """The modules of pynn that a Python file in `package` imports, without the leading `pynn.`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "pynn"}
        elif isinstance(node, ast.ImportFrom):
            parts = node.module.split(".") if node.module else []
            if node.level:
                parts = ["pynn", *package[: len(package) - node.level + 1], *parts]
            if parts[:1] == ["pynn"]:
                found |= {module_or_name(parts, alias.name) for alias in node.names}
    return {name.removeprefix("pynn").removeprefix(".") for name in found}


def module_or_name(parts: list[str], name: str) -> str:
    """`from x import name` names the module x.name if there is one, else x."""
    folder = ROOT.joinpath(*parts)
    is_module = (folder / name).is_dir() or any((folder / f"{name}{suffix}").exists() for suffix in (".py", *CYTHON))
    return ".".join([*parts, name] if is_module else parts)


def cython_imports(source: str, package: list[str]) -> set[str]:
    """The same of a Cython file: its import lines are Python's, and its cimport lines mean the same."""
    source = re.sub(r"\bcimport\b", "import", source)
    lines = re.findall(
        r"^(?:from\s+\.*[\w.]*\s+import\s+(?:\([^)]*\)|[^\n(]+)|import\s+pynn[^\n]*)", source, re.MULTILINE
    )
    return imports_of("\n".join(lines), package)


@pytest.mark.parametrize("path", files("pynn", ".py", *CYTHON), ids=lambda path: name_of(path, "pynn"))
def test_python_follows_the_arrow(path: Path) -> None:
    name = name_of(path, "pynn")
    allowed = PYTHON[room_of(name, PYTHON)]
    read = imports_of if path.suffix == ".py" else cython_imports
    for module in sorted(read(path.read_text(encoding="utf-8"), name.split("/")[:-1])):
        assert fits(module, allowed), f"pynn/{name} imports pynn.{module}, which is not below it"


@pytest.mark.parametrize("path", files("csrc", ".c", ".h"), ids=lambda path: name_of(path, "csrc"))
def test_c_follows_the_arrow(path: Path) -> None:
    name = name_of(path, "csrc")
    allowed = C[room_of(name, C)]
    text = path.read_text(encoding="utf-8")
    for include in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE):
        target = (path.parent / include).resolve()
        assert target.is_file(), f"csrc/{name} includes {include}, which does not exist"
        assert fits(name_of(target, "csrc"), allowed), f"csrc/{name} includes {include}, which is not below it"
    system = ANYWHERE.union(*(headers for pattern, headers in SYSTEM.items() if fnmatchcase(name, pattern)))
    for include in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.MULTILINE):
        assert include in system, f"csrc/{name} includes <{include}>, which is not for this room"


def test_only_the_parallel_room_knows_openmp() -> None:
    for path in files("csrc", ".c", ".h"):
        if path.name != "parallel.c":
            assert not re.search(r"^\s*#\s*pragma\s+omp|\bomp_\w+\(", path.read_text(encoding="utf-8"), re.MULTILINE), (
                path
            )


def test_the_core_neither_allocates_nor_prints() -> None:
    """Python owns all memory; what goes wrong is a status. parallel.c reads the quota of a container."""
    calls = r"\b(malloc|calloc|realloc|aligned_alloc|free|printf|fprintf|puts|abort|exit|assert)\s*\("
    for path in files("csrc", ".c", ".h"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(calls, code), path


def test_the_boundary_is_one_header() -> None:
    """Cython sees pynn.h, in one place, and nothing else of csrc/."""
    text = "".join(path.read_text(encoding="utf-8") for path in files("pynn", *CYTHON))
    headers = re.findall(r'cdef\s+extern\s+from\s+["<]([^">]+)', text)
    assert [Path(header).name for header in headers if header != "Python.h"] == ["pynn.h"]


def test_every_room_has_a_file() -> None:
    """A line of the lists above that fits no file is a leftover."""
    may_be_missing = {"py.typed", "engine/_native.pyi"}  # py.typed has no suffix that is looked for
    for folder, rooms in (("pynn", PYTHON), ("csrc", C)):
        names = [name_of(path, folder) for path in files(folder, ".py", *CYTHON, ".c", ".h")]
        unused = [room for room in rooms if not any(fnmatchcase(name, room) for name in names)]
        assert set(unused) <= may_be_missing


def python_imports() -> dict[str, set[str]]:
    """Each Python or Cython file of the package and the modules it imports, at its top or in a function."""
    found = {}
    for path in files("pynn", ".py", *CYTHON):
        name, read = name_of(path, "pynn"), imports_of if path.suffix == ".py" else cython_imports
        found[name] = read(path.read_text(encoding="utf-8"), name.split("/")[:-1])
    return found


def loaded_by_name(path: Path, entry: str) -> bool:
    """Whether a file that calls import_module has this module's name as a string."""
    text = path.read_text(encoding="utf-8")
    strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    return "import_module" in text and bool(strings & {entry, f"pynn.{entry}"})


def test_every_allowed_import_is_used() -> None:
    """What a line allows beyond the shared lists is imported by a file of that line; of those, each entry by some."""
    used: dict[str, set[str]] = {room: set() for room in PYTHON}
    for name, imported in python_imports().items():
        used[room_of(name, PYTHON)] |= imported
    for room, allowed in PYTHON.items():
        for entry in set(allowed) - SHARED:
            by_name = room.endswith(".py") and "*" not in room and loaded_by_name(ROOT / "pynn" / room, entry)
            assert by_name or any(fnmatchcase(module, entry) for module in used[room]), (
                f"pynn/{room} imports no {entry}"
            )
    modules = set().union(*used.values())
    assert [entry for entry in SHARED if not any(fnmatchcase(module, entry) for module in modules)] == []


def test_every_allowed_include_is_used() -> None:
    used: dict[str, set[str]] = {room: set() for room in C}
    system: dict[str, set[str]] = {room: set() for room in SYSTEM}
    for path in files("csrc", ".c", ".h"):
        text = path.read_text(encoding="utf-8")
        own = re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE)
        used[room_of(name_of(path, "csrc"), C)] |= {name_of((path.parent / name).resolve(), "csrc") for name in own}
        for room in SYSTEM:
            if fnmatchcase(name_of(path, "csrc"), room):
                system[room] |= set(re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.MULTILINE))
    for room, allowed in C.items():
        for entry in allowed:
            assert any(fnmatchcase(name, entry) for name in used[room]), f"csrc/{room} includes no {entry}"
    assert {room: SYSTEM[room] - found for room, found in system.items()} == {room: set() for room in SYSTEM}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """One circle for each way that leads back to where it has been; empty if there is none."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for other in sorted(graph.get(name, ())):
                visit(other, [*path, name])
            done.add(name)

    for name in graph:
        visit(name, [])
    return found


def module_graph() -> dict[str, set[str]]:
    """Modules and what they import, imports inside functions and for the type checker included; "" is pynn itself."""
    graph: dict[str, set[str]] = {}
    for name, imported in python_imports().items():
        module = name.rsplit(".", 1)[0].replace("/", ".")
        module = "" if module == "__init__" else module.removesuffix(".__init__")
        graph[module] = graph.get(module, set()) | imported
    return graph


def test_no_modules_import_each_other_in_a_circle() -> None:
    """File by file, as the import lines are, whatever the lists allow."""
    assert [" -> ".join(circle) for circle in circles(module_graph())] == []


def test_a_circle_is_found() -> None:
    """The reader of circles itself: inspect/ as it is, with one import that closes a circle."""
    graph = module_graph()
    graph["inspect.typesetting"] = graph["inspect.typesetting"] | {"inspect.notation"}
    assert ["inspect.notation", "inspect.typesetting"] in [sorted(set(circle)) for circle in circles(graph)]


@pytest.mark.parametrize("rooms", [PYTHON, C], ids=["pynn", "csrc"])
def test_arrow_has_no_circle(rooms: dict[str, list[str]]) -> None:
    """The lists themselves: what is below a room, and below that, is never the room."""

    def names(pattern: str) -> set[str]:
        """The rooms that an entry of a list means; `training.*` is the room training/*.py, `files` its __init__."""
        stem = pattern.replace(".", "/")
        as_files = [pattern] if rooms is C else [f"{stem}.py", f"{stem}/__init__.py".removeprefix("/")]
        exact = [room for room in rooms if room in as_files]
        return set(exact) or {
            room for room in rooms for name in as_files if fnmatchcase(room, name) or fnmatchcase(name, room)
        }

    def below(room: str, path: tuple[str, ...]) -> None:
        assert room not in path, " -> ".join((*path, room))
        if room not in done:
            for other in set().union(*map(names, rooms[room])) - {room}:
                below(other, (*path, room))
            done.add(room)

    done: set[str] = set()
    for room in rooms:
        below(room, ())


def test_import_reader_sees_every_form() -> None:
    """The reader of this file itself, on a file that breaks the rules in each way there is."""
    source = "import pynn.cli\nfrom pynn import errors\nfrom ..engine import plan\nfrom . import flowers\n"
    source += "from ..errors import X\ndef f():\n    from ..cli import main\n"
    expected = {"cli", "errors", "engine.plan", "datasets.flowers"}
    assert imports_of(source, ["datasets"]) == expected
    assert cython_imports("from .plan import (a,\n  b)\nfrom ..cli import c\ncdef int x\n", ["engine"]) == {
        "engine.plan",
        "cli",
    }
