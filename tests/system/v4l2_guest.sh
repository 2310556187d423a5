#!/usr/bin/env bash
# First and only program of the virtual machine of v4l2_test.sh: loads the camera of the kernel and the driver of a
# GPIO chip, runs the tests on them, and switches the machine off. The root folder is the host's, read-only.
set -uo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8
trap 'sync; echo o >/proc/sysrq-trigger; sleep 60' EXIT
setting() { sed -n "s/.*pisecurity\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }

mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm /tmp/results
mount -t tmpfs tmpfs /dev/shm
mount -t 9p -o trans=virtio,version=9p2000.L results /tmp/results || exit 1
ip link set lo up 2>/dev/null
exec >>/tmp/results/log 2>&1

checkout=$(setting checkout)
kernel=$(setting kernel)
cd "$checkout" || exit 1
# The second camera has a node for metadata, which is no camera.
export PISECURITY_VIVID="modprobe --dirname $kernel vivid n_devs=2 node_types=0x1,0x20001 num_inputs=1,1 input_types=0,0 \
multiplanar=1,1"
export PISECURITY_V4L2=/dev/video0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis
$PISECURITY_VIVID
# The tests play the chip themselves, through /dev/uhid.
modprobe --dirname "$kernel" --all uhid hid-mcp2221
echo "kernel $(uname -r), devices: $(echo /dev/video*)"
if [[ -s /tmp/results/command ]]; then
    bash /tmp/results/command
else
    .venv-dev/bin/python -m pytest -p no:cacheprovider -k v4l2 --junit-xml /tmp/results/junit.xml \
        tests/adapters/cameras/test_contract.py tests/adapters/cameras/test_v4l2_device.py \
        tests/adapters/machine/test_gpio_device.py
fi
echo $? >/tmp/results/rc
