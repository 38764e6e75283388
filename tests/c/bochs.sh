#!/usr/bin/env bash
# The AVX-512 kernels on a machine that has none: boots a Debian kernel in the Bochs emulator (its CPU
# model corei7_skylake_x has AVX-512), with kernel_test as the only program, and compares its hashes with
# those that the portable table gives here. `bash tests/c/bochs.sh [FOLDER]`; FOLDER keeps what was
# built and downloaded. Takes about three minutes of one core. Needs x86-64 Debian; apt-get installs
# the tools if it may. See kernel_test.c for what is checked, bochs_init.c for what runs in there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${1:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
limit=${BOCHS_SECONDS:-1500} # a shared machine may give little of a core
mkdir -p "$work"

install_tools() { # the display is not used: Bochs' own VNC server needs no package
    local missing=()
    for package in bochs bochsbios vgabios xorriso cpio isolinux syslinux-common; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}"
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

fetch_kernel() { # unpacked, not installed: the small kernel for virtual machines
    compgen -G "$work/linux/boot/vmlinuz-*" >/dev/null && return
    local package
    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    (cd "$work" && apt-get download -qq "$package" 2>/dev/null && dpkg-deb -x "$package"_*.deb linux)
}

# The kernel would find the size of the compact XSAVE area wrong, and would leave zmm off: without XSAVEC and XSAVES
# (clearcpuid=321,323) it saves the registers the plain way.
make_disc() {
    local disc=$work/disc root=$work/root
    mkdir -p "$disc/isolinux" "$root"
    "${PYTHON:-python3}" "$here/build.py" --cc gcc --static --out "$work/static"
    cp "$work/static/kernel_test" "$root/kernel_test"
    gcc -O2 -static "$here/bochs_init.c" -o "$root/init"
    strip "$root/init" "$root/kernel_test"
    (cd "$root" && printf '%s\n' . ./init ./kernel_test | cpio -o -H newc -R 0:0 --quiet) >"$disc/initrd"
    cp "$work"/linux/boot/vmlinuz-* "$disc/vmlinuz"
    cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$disc/isolinux/"
    cat >"$disc/isolinux/isolinux.cfg" <<'CFG'
DEFAULT test
PROMPT 0
LABEL test
 KERNEL /vmlinuz
 INITRD /initrd
 APPEND console=ttyS0 quiet mitigations=off tsc=reliable lpj=100000 no_timer_check nosmp panic=-1 noxsaves clearcpuid=321,323
CFG
    xorriso -as mkisofs -quiet -o "$work/disc.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot \
        -boot-load-size 4 -boot-info-table "$disc" 2>/dev/null
}

emulate() {
    cat >"$work/bochsrc" <<RC
config_interface: textconfig
display_library: rfb, options="timeout=0"
cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0
memory: guest=512, host=512
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="$work/disc.iso", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="$work/console.txt"
clock: sync=none, time0=946681200
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
log: $work/bochs.log
panic: action=fatal
RC
    echo continue >"$work/bochs.commands" # Debian's Bochs starts in its debugger
    rm -f "$work/console.txt"
    timeout "$limit" bochs -q -f "$work/bochsrc" -rc "$work/bochs.commands" </dev/null >"$work/bochs.out" 2>&1 || true
    tr -d '\r' <"$work/console.txt" >"$work/console"
}

install_tools
fetch_kernel
make_disc
began=$SECONDS
emulate
grep -E '^(avx512|FAIL|  repeat|checks:|hashes:|[0-9]+ passed)' "$work/console" || tail -n 20 "$work/console"
for part in checks hashes; do
    grep -qx "$part: exit status 0" "$work/console" || { echo "the $part did not pass in the emulator" >&2; exit 1; }
done
"$work/static/kernel_test" --quick --hash --table portable | sed 's/ portable$//' >"$work/hash-portable.txt"
sed -n 's/^\(f[0-9].*\) avx512$/\1/p' "$work/console" >"$work/hash-avx512.txt"
[ -s "$work/hash-portable.txt" ]
diff "$work/hash-portable.txt" "$work/hash-avx512.txt"
echo "$(wc -l <"$work/hash-avx512.txt") hashes of avx512 in the emulator equal those of portable here; $((SECONDS - began)) s"
