#!/bin/busybox sh
# /init of the initramfs of v4l2_test.sh: loads what mounts the folder that the host shares, and goes on in there.
# shellcheck shell=sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod "$module"; done
if ! /bin/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose root /root; then
    echo "the root folder is not shared"
    /bin/busybox poweroff -f
fi
for folder in dev proc sys; do /bin/busybox mount --move /$folder /root/$folder; done
next=$(/bin/busybox sed -n 's/.*pisecurity\.next=\([^ ]*\).*/\1/p' /root/proc/cmdline)
exec /bin/busybox switch_root /root /bin/bash "$next"
