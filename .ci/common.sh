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

# The sdist, made once; prints its path. in-tree.txt lists what it was made from.
sdist() {
    if ! compgen -G "$WORK/dist/*.tar.gz" >/dev/null; then
        checkout "$WORK/sdist-tree"
        (cd "$WORK/sdist-tree" && find . -type f -printf '%P\n' | sort) >"$WORK/in-tree.txt"
        "$PYTHON" -m venv "$WORK/build-venv"
        "$WORK/build-venv/bin/pip" install -q build
        "$WORK/build-venv/bin/python" -m build -q --sdist --outdir "$WORK/dist" "$WORK/sdist-tree" >"$WORK/sdist.log" 2>&1 ||
            { cat "$WORK/sdist.log" >&2; return 1; }
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

# tests/c/replay.c and the whole core as one program: the golden networks, trained without Python.
replay_program() { # program, compiler and its arguments
    local program=$1
    shift
    "$@" -std=gnu11 -ffp-contract=off -fopenmp -Icsrc -o "$program" tests/c/replay.c \
        csrc/{api,engine_f32,engine_f64,rng,parallel,team_choice,column_stats,dispatch,cpu}.c csrc/kernels/isa_*.c -lm
}

golden_cases() { # file: the cases for it, with the weights that this machine gives
    tested_tree
    (cd "$WORK/tree" && .venv/bin/python tests/golden_cases.py --export "$1")
}
