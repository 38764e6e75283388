# A guarded build: canary words stand between the regions of every workspace and are looked at after every call
# (csrc/layout.c). The golden networks, and 300 random networks x batch sizes x threads.
. "$(dirname "$0")/common.sh"

checkout "$WORK/guarded"
cd "$WORK/guarded"
"$PYTHON" -m venv .venv
CFLAGS=-DPYNN_GUARDED .venv/bin/pip install -q ".[test]"
.venv/bin/python -P -c 'from pynn.engine import _native; assert _native.guarded()'
.venv/bin/pytest -q tests/test_golden.py tests/test_kinds.py tests/test_zeros.py tests/test_transposed.py
