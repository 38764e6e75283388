# The C test program under the address and undefined-behaviour sanitizers.
. "$(dirname "$0")/common.sh"

"$PYTHON" tests/c/build.py --cc gcc --sanitize --out "$WORK/kernels-sanitized" --run --quick
