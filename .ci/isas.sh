# The whole suite, once per instruction set of this machine.
. "$(dirname "$0")/common.sh"

tested_tree
cd "$WORK/tree"
status=0
for isa in $(machine_isas); do
    began=$SECONDS
    echo "PYNN_ISA=$isa"
    PYNN_ISA=$isa .venv/bin/pytest -q || status=1
    echo "PYNN_ISA=$isa took $((SECONDS - began)) s"
done
exit $status
