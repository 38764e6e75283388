# C without Python under the address and undefined-behaviour sanitizers: the kernels' test program, and the
# golden networks through the whole core.
. "$(dirname "$0")/common.sh"

"$PYTHON" tests/c/build.py --cc gcc --sanitize --out "$WORK/kernels-sanitized" --run --quick

replay_program "$WORK/replay-sanitized" gcc -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
    -fsanitize=address,undefined,float-cast-overflow
golden_cases "$WORK/golden.cases"
ASAN_OPTIONS=detect_leaks=0 "$WORK/replay-sanitized" "$WORK/golden.cases" # it lives for one run and frees nothing
