# Builds from the sdist with gcc, with clang and without OpenMP: csrc/ compiles without a warning (what Cython
# generates is not ours to judge), and the golden hashes come out.
. "$(dirname "$0")/common.sh"

archive=$(sdist)
checkout "$WORK/golden"
warnings="-Wall -Wextra -Wconversion -Wsign-conversion"
status=0
build() { # name, then NAME=value ... for the build
    local name=$1 venv=$WORK/venv-$1 log=$WORK/build-$1.log began=$SECONDS
    shift
    "$PYTHON" -m venv "$venv"
    if ! env "$@" CFLAGS="$warnings" "$venv/bin/pip" install -v --no-cache-dir "${archive}[test]" >"$log" 2>&1; then
        tail -n 40 "$log"
        status=1
        return
    fi
    grep 'pynn: ' "$log" || true
    if grep -E -A 5 'csrc/[^ ]*: (warning|error):' "$log"; then status=1; fi
    (cd "$WORK/golden" && "$venv/bin/pytest" -q -k golden) || status=1
    echo "$name took $((SECONDS - began)) s"
}
build gcc CC=gcc
build clang CC=clang
build serial CC=gcc PYNN_OPENMP=0
exit $status
