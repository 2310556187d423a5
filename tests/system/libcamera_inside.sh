#!/usr/bin/env bash
# Run a command in the root folder of libcamera_test.sh: libcamera_inside.sh FOLDER COMMAND...
# Called in a mount namespace of its own: what is mounted here goes with it, whatever happens to the caller.
set -euo pipefail
root=$1
shift

mount -t proc none "$root/proc"
mount -t tmpfs -o mode=1777 none "$root/tmp"
# A /dev and a /sys without the cameras of this machine. The kernel's list of media devices is there and empty.
mount -t tmpfs -o mode=755 none "$root/dev"
mkdir --mode 1777 "$root/dev/shm"
for node in full null random urandom zero; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mount -t tmpfs -o mode=755 none "$root/sys"
mkdir -p "$root/sys/bus/media/devices"
# A test takes the list away.
chmod 777 "$root/sys/bus/media"

exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt PYTHONDONTWRITEBYTECODE=1 chroot "$root" "$@"
