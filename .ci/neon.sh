# C without Python, compiled for aarch64 and run under qemu: the checks of the kernels, the same hashes from
# NEON, from the portable table over there and from the tables of this machine, and the golden networks.
. "$(dirname "$0")/common.sh"

"$PYTHON" tests/c/build.py --cc aarch64-linux-gnu-gcc --static --out "$WORK/kernels-aarch64"
"$PYTHON" tests/c/build.py --cc gcc --out "$WORK/kernels-here"
qemu-aarch64 "$WORK/kernels-aarch64/kernel_test" --quick

hashes() { # name of a table, then the program
    local table=$1
    shift
    "$@" --quick --hash --table "$table" | sed "s/\b$table\b/TABLE/" >"$WORK/hash.txt"
    [ -s "$WORK/hash.txt" ] || { echo "no hashes from $table" >&2; return 1; }
    cat "$WORK/hash.txt"
}
hashes portable "$WORK/kernels-here/kernel_test" >"$WORK/hash-portable.txt"
hashes neon qemu-aarch64 "$WORK/kernels-aarch64/kernel_test" | diff "$WORK/hash-portable.txt" -
hashes portable qemu-aarch64 "$WORK/kernels-aarch64/kernel_test" | diff "$WORK/hash-portable.txt" -
for isa in $(machine_isas); do
    hashes "$isa" "$WORK/kernels-here/kernel_test" | diff "$WORK/hash-portable.txt" -
done
echo "$(wc -l <"$WORK/hash-portable.txt") hashes are equal: neon and portable under qemu," $(machine_isas) "here"

replay_program "$WORK/replay-aarch64" aarch64-linux-gnu-gcc -O2 -static
golden_cases "$WORK/golden.cases"
qemu-aarch64 "$WORK/replay-aarch64" "$WORK/golden.cases"
