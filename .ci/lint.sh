# Linters and formatters, in the versions that pyproject.toml pins. C warnings: see compilers.sh.
. "$(dirname "$0")/common.sh"

"$PYTHON" -m venv "$WORK/lint"
"$PYTHON" - >"$WORK/lint.txt" <<'PY'
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
extras = project["optional-dependencies"]
names = project["dependencies"] + extras["test"] + extras["dev"]
print(*(name for name in names if not name.startswith("pynn")), sep="\n")
PY
"$WORK/lint/bin/pip" install -q -r "$WORK/lint.txt"
PATH=$WORK/lint/bin:$PATH

status=0
check() {
    echo "\$ $*"
    "$@" || status=1
}
layout() { # the files that clang-format would change, with the number of places
    git ls-files -z --cached --others --exclude-standard -- 'csrc/*.[ch]' 'tests/c/*.[ch]' |
        xargs -0 clang-format --dry-run -Werror 2>&1 | { grep -o '^[^:]*:.*error' || true; } | cut -d: -f1 | sort | uniq -c |
        awk '{ print; bad = 1 } END { if (bad) print "(mend with clang-format -i)"; exit bad }'
}
check ruff check --output-format concise .
check ruff format --check --output-format concise .
check mypy
check cython-lint pynn
check layout
exit $status
