# The whole suite, once per instruction set of this machine; the one that readme.sh used is done already.
. "$(dirname "$0")/common.sh"

tested_tree
cd "$WORK/tree"
# What tests use where it is there: the README's tests ran without.
.venv/bin/pip install -q matplotlib scikit-learn pandas polars safetensors tqdm nbclient ipykernel pytest-xdist
status=0
for isa in $(machine_isas); do
    if grep -qsx "$isa" "$WORK/tested-isa.txt"; then
        echo "PYNN_ISA=$isa: the README's tests ran with it and passed"
        continue
    fi
    began=$SECONDS
    echo "PYNN_ISA=$isa"
    PYNN_ISA=$isa .venv/bin/pytest -q -n 2 || status=1
    echo "PYNN_ISA=$isa took $((SECONDS - began)) s"
done
exit $status
