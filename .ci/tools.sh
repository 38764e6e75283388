# Installs what is missing: a compiler or two, the cross compiler, qemu. Already there is fine.
. "$(dirname "$0")/common.sh"

packages=()
need() { # package, then a command that works when it is there
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || packages+=("$package")
}
links() { # compiler and arguments: a small C program comes out
    echo '#include <stdio.h>
    int main(void) { return puts("") < 0; }' | "$@" -x c - -o "$WORK/probe"
}

need gcc links gcc
need libc6-dev links gcc
need git git --version
need python3-venv "$PYTHON" -c 'import venv, ensurepip'
need python3-dev "$PYTHON" -c 'import sysconfig, pathlib as p; p.Path(sysconfig.get_path("include"), "Python.h").stat()'
need python-is-python3 python -c 'import sys; assert sys.version_info >= (3, 11)'
need clang links clang
need libomp-dev links clang -fopenmp -include omp.h
need qemu-user qemu-aarch64 --version
need gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc --version
need libc6-dev-arm64-cross links aarch64-linux-gnu-gcc -static

if [ ${#packages[@]} -gt 0 ]; then
    echo "installing ${packages[*]}"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
fi
for command in "$PYTHON" gcc clang aarch64-linux-gnu-gcc qemu-aarch64; do "$command" --version | head -n 1; done
