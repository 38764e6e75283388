# Sourced by each part: strict mode, the root of the project as the current folder, a scratch
# folder, and the two ways in which the parts get a pynn to work with. It checks nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
PYTHON=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1

if [ -z "${WORK:-}" ]; then # a part that is run by itself
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
fi

# A copy of the sources as a clone would have them: what is tracked, and what is new but not ignored.
checkout() { # folder
    mkdir -p "$1"
    git -c core.quotePath=off ls-files -z --cached --others --exclude-standard --deduplicate |
        while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
        tar -c --null -T - | tar -x -C "$1"
}

# $WORK/tree: a copy with pynn and its test tools installed in its .venv, made once.
tested_tree() {
    if [ ! -x "$WORK/tree/.venv/bin/pytest" ]; then
        [ -d "$WORK/tree" ] || checkout "$WORK/tree"
        (cd "$WORK/tree" && "$PYTHON" -m venv .venv && .venv/bin/pip install -q ".[test]")
    fi
}

# The sdist, made once; prints its path.
sdist() {
    if ! compgen -G "$WORK/dist/*.tar.gz" >/dev/null; then
        checkout "$WORK/sdist-tree"
        "$PYTHON" -m venv "$WORK/build-venv"
        "$WORK/build-venv/bin/pip" install -q build
        "$WORK/build-venv/bin/python" -m build -q --sdist --outdir "$WORK/dist" "$WORK/sdist-tree" >&2
    fi
    echo "$WORK"/dist/*.tar.gz
}

# Which instruction sets this machine has, by the kernel's word rather than pynn's own.
machine_isas() {
    echo portable
    case $(uname -m) in
    x86_64)
        has_flags avx2 fma && echo avx2
        has_flags avx2 fma avx512f avx512bw avx512dq avx512vl && echo avx512
        ;;
    aarch64) echo neon ;;
    esac
    return 0
}

has_flags() { # names as in /proc/cpuinfo
    local flag
    for flag in "$@"; do grep -qw "$flag" /proc/cpuinfo || return 1; done
}
