# The AVX-512 kernels in an emulator, for machines that have none; tests/c/bochs.sh says how.
. "$(dirname "$0")/common.sh"

if [ -e tests/c/bochs.sh ]; then
    bash tests/c/bochs.sh
else
    echo "tests/c/bochs.sh is not here: left out"
fi
