# The README's two commands, taken from README.md itself, each in a fresh venv on a fresh copy.
. "$(dirname "$0")/common.sh"

command_with() { # word: the one line of the README that starts a venv and has that word
    local lines
    lines=$(grep -E "^python -m venv .*$1" README.md)
    [ "$(wc -l <<<"$lines")" = 1 ] || { echo "README.md should have one command with '$1'" >&2; return 1; }
    echo "$lines"
}
train=$(command_with "train iris")
tests=$(command_with pytest)

rm -rf "$WORK/tree"
checkout "$WORK/tree"
cd "$WORK/tree"
echo "\$ $train"
bash -euo pipefail -c "$train"
rm -rf .venv
echo "\$ $tests"
bash -euo pipefail -c "$tests"
.venv/bin/pynn info | sed -n 's/^isa: *//p' >"$WORK/tested-isa.txt" # for isas.sh, which need not do it again
