#!/usr/bin/env bash
# Try the camera kind v4l2 on a camera of the kernel (vivid), and a GPIO pin on a chip of it, in a small virtual machine.
#
#   tests/system/v4l2_test.sh [--junit FILE] [--run COMMAND]
#
# Runs the suite of ports.Camera and the tests on a device. --junit keeps pytest's results; --run runs something else in
# the machine. Needs an x86 Debian, 2 GB of memory, 0.5 GB below /var/tmp, and sudo if packages are missing. The first
# run fetches Debian's kernel; it is not installed. The machine sees the root folder of this one, read-only, and no
# network. Not part of `make test`; `make test-v4l2` calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly CACHE=/var/tmp/pisecurity-v4l2-test
readonly LIMIT_S=1500
# shellcheck source=tests/system/options.sh
source tests/system/options.sh

[[ $(uname -m) == x86_64 ]] || {
    echo "$0 needs an x86 machine: the machine inside runs the Python of this one" >&2
    exit 1
}
# Where a user has no /usr/sbin in the path, modprobe and depmod are there all the same.
PATH=$PATH:/usr/sbin:/sbin
tests/setup/debian.sh qemu-system-x86_64=qemu-system-x86 /bin/busybox=busybox-static depmod=kmod cpio xz=xz-utils

fetch_kernel() {
    local package
    [[ ! -e $CACHE/whole ]] || return 0
    rm -rf "$CACHE"
    mkdir -p "$CACHE/kernel"
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [[ -n $package ]] || {
        echo "apt knows no kernel linux-image-amd64; run 'sudo apt-get update'" >&2
        exit 1
    }
    echo "Fetching $package from Debian"
    (cd "$CACHE" && apt-get --quiet=2 --option APT::Sandbox::User=root download "$package")
    dpkg-deb --extract "$CACHE/$package"_*.deb "$CACHE/kernel"
    rm "$CACHE"/*.deb
    # A release that has joined /lib and /usr/lib has the modules there.
    [[ -e $CACHE/kernel/lib ]] || ln -s usr/lib "$CACHE/kernel/lib"
    version=$(basename "$CACHE"/kernel/lib/modules/*)
    depmod --basedir "$CACHE/kernel" "$version"
    touch "$CACHE/whole"
}

make_initramfs() {
    local folder=$CACHE/initramfs version number=100 module
    rm -rf "$folder"
    mkdir -p "$folder"/{bin,dev,proc,sys,root,modules}
    cp /bin/busybox "$folder/bin/"
    cp tests/system/v4l2_init.sh "$folder/init"
    chmod 755 "$folder/init"
    version=$(basename "$CACHE"/kernel/lib/modules/*)
    while read -r module; do
        number=$((number + 1))
        case $module in
        *.xz) xz --decompress --stdout "$module" >"$folder/modules/$number" ;;
        *) cp "$module" "$folder/modules/$number" ;;
        esac
    done < <(modprobe --dirname "$CACHE/kernel" --set-version "$version" --show-depends --all virtio_pci 9pnet_virtio 9p |
        sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++')
    (cd "$folder" && find . | cpio --quiet --create --format newc) | gzip --fast >"$CACHE/initramfs.gz"
}

fetch_kernel
make_initramfs
results=$(mktemp --directory "$CACHE/run.XXXXXX")
trap 'rm -rf "$results"' EXIT
printf '%s' "$command" >"$results/command"
: >"$results/log"
tail --follow=name --quiet --lines +1 "$results/log" &
children=($!)
trap 'kill "${children[@]}" 2>/dev/null; rm -rf "$results"' EXIT

# Without KVM, which a machine that is itself a virtual one may offer and not have. Nehalem is the oldest
# processor that numpy runs on; it has none of the wide registers that are slow to imitate.
timeout --kill-after 10 "$LIMIT_S" qemu-system-x86_64 -accel tcg,thread=multi -cpu Nehalem -smp 2 \
    -m 1536 -nodefaults -no-user-config -display none -no-reboot -serial file:"$results/console" \
    -kernel "$CACHE"/kernel/boot/vmlinuz-* -initrd "$CACHE/initramfs.gz" \
    -append "console=ttyS0 quiet panic=-1 pisecurity.next=$PWD/tests/system/v4l2_guest.sh pisecurity.checkout=$PWD \
pisecurity.kernel=$CACHE/kernel" \
    -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=root,mount_tag=root \
    -fsdev local,id=results,path="$results",security_model=none \
    -device virtio-9p-pci,fsdev=results,mount_tag=results </dev/null &
children+=($!)
wait "$!" || true
sleep 1 # for the last lines of the log
[[ ! -e $results/junit.xml ]] || .venv-dev/bin/python - "$results/junit.xml" <<'PY'
import sys
from xml.etree import ElementTree

for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
    bad = any(case.find(end) is not None for end in ("failure", "error", "skipped"))
    print("FAILED" if bad else "ok    ", case.get("name", "").removeprefix("test_").replace("_", " "))
PY
[[ -z $junit || ! -e $results/junit.xml ]] || cp "$results/junit.xml" "$junit"
[[ -e $results/rc ]] || {
    tail -n 20 "$results/console" >&2
    echo "the machine did not finish within $LIMIT_S s" >&2
    exit 1
}
exit "$(<"$results/rc")"
