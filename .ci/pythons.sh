# Other versions of Python, where this machine has them: install from the sdist, train, golden hashes.
. "$(dirname "$0")/common.sh"

archive=$(sdist)
checkout "$WORK/golden"
own=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
status=0
for version in 3.11 3.12 3.13; do
    [ "$version" != "$own" ] || continue
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python ""; do
        if [ -n "$python" ] && "$python" -c 'import venv, ensurepip' 2>/dev/null; then break; fi
    done
    if [ -z "$python" ]; then
        echo "Python $version is not here: left out"
        continue
    fi
    began=$SECONDS
    venv=$WORK/venv-$version
    "$python" -m venv "$venv"
    "$venv/bin/python" --version
    "$venv/bin/pip" install -q "${archive}[test]" || { status=1; continue; }
    (cd "$WORK/golden" && "$venv/bin/pynn" train iris --quiet && "$venv/bin/pytest" -q -k golden) || status=1
    echo "Python $version took $((SECONDS - began)) s"
done
exit $status
