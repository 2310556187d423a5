#!/usr/bin/env bash
# Try the Pi camera on Debian's real libcamera, with its virtual pipeline as camera: in a root folder of Debian 13, as
# an ordinary user, and under what systemd/pisecurity.service allows.
#
#   sudo tests/system/libcamera_test.sh [--junit FILE] [--run COMMAND]
#
# Runs the whole suite of ports.Camera and tests/adapters/cameras/test_real_libcamera.py. --junit keeps pytest's
# results; --run runs something else in their place. Needs root, and 1.5 GB below /var/tmp. The first run fetches
# Debian's packages; delete the folder to have newer ones. Not part of `make test`; `make test-libcamera` calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly CACHE=/var/tmp/pisecurity-libcamera-test
readonly ROOT=$CACHE/root
readonly PYTHON=/opt/venv/bin/python CHECKOUT=/srv/checkout SHIM=/opt/dmabuf_shim.so
readonly SANDBOX=(env HOME=/tmp LD_PRELOAD="$SHIM" PISECURITY_LIBCAMERA=1 "$PYTHON" -m tests.rigs.real_libcamera.sandbox)
# shellcheck source=tests/system/options.sh
source tests/system/options.sh

((EUID == 0)) || {
    echo "needs root, to make a root folder and enter it: sudo make test-libcamera" >&2
    exit 1
}
tests/setup/debian.sh mmdebstrap unshare=util-linux gcc=gcc /usr/include/stdio.h=libc6-dev

inside() { unshare --mount --pid --fork --kill-child -- tests/system/libcamera_inside.sh "$ROOT" "$@"; }

in_checkout() { inside env --chdir="$CHECKOUT" "$@"; }

# The virtual pipeline of Debian 13 itself (0.4.0) leaves the status of its frames to chance; that of its backports does
# not, and is what Raspberry Pi OS has.
make_root() {
    [[ ! -e $ROOT/whole ]] || return 0
    echo "Making a root folder of Debian 13 with libcamera in $ROOT"
    rm -rf "$CACHE"
    mkdir -p "$CACHE"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv trixie "$ROOT" \
        "deb http://deb.debian.org/debian trixie main" "deb http://deb.debian.org/debian trixie-backports main"
    # Names are resolved, and servers trusted, as on this machine.
    cp --dereference /etc/resolv.conf "$ROOT/etc/resolv.conf"
    cp --dereference /etc/ssl/certs/ca-certificates.crt "$ROOT/etc/ssl/certs/"
    {
        inside apt-get --quiet=2 update
        inside apt-get --quiet=2 --yes install --no-install-recommends --target-release trixie-backports \
            python3-libcamera libcamera-ipa libcamera-tools
        inside apt-get --quiet=2 --yes install --no-install-recommends python3-prctl python3-seccomp systemd
        inside apt-get clean
    } >"$CACHE/apt.log" 2>&1 || {
        tail -n 15 "$CACHE/apt.log" >&2
        exit 1
    }
    touch "$ROOT/whole"
}

put_checkout() {
    rm -rf "$ROOT$CHECKOUT"
    mkdir -p "$ROOT$CHECKOUT"
    git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=- --ignore-failed-read |
        tar --extract --no-same-owner --directory "$ROOT$CHECKOUT"
}

make_venv() {
    local locks
    locks=$(cat requirements/{build,dev,picamera2}.txt tests/setup/venv.sh | sha256sum)
    [[ $(cat "$ROOT/opt/venv/locks" 2>/dev/null) != "$locks" ]] || return 0
    in_checkout tests/setup/venv.sh python3 /opt/venv requirements/dev.txt requirements/picamera2.txt
    # libcamera, prctl and seccomp are those of the system; the rest is pinned.
    sed -i 's/^\(include-system-site-packages = \).*/\1true/' "$ROOT/opt/venv/pyvenv.cfg"
    echo "$locks" >"$ROOT/opt/venv/locks"
}

# Each statement in a line, with what became of it.
table() {
    in_checkout "$PYTHON" - <<'PY'
from xml.etree import ElementTree

BECAME = {"failure": "FAILED", "error": "FAILED", "skipped": "not applicable"}
for case in ElementTree.parse("/srv/results/junit.xml").iter("testcase"):
    outcome = next((BECAME[part.tag] for part in case if part.tag in BECAME), "ok")
    print(f"{case.get('name').removeprefix('test_').replace('_', ' ')}: {outcome}")
PY
}

start=$SECONDS
make_root
put_checkout
make_venv
gcc -shared -fPIC -O2 -Wall -Wextra -Werror -o "$ROOT$SHIM" tests/system/dmabuf_shim.c
in_checkout "$PYTHON" -m tests.rigs.real_libcamera.setup
rm -rf "$ROOT/srv/results"
mkdir --mode 777 "$ROOT/srv/results"
echo "Ready after $((SECONDS - start)) s: $(inside dpkg-query --show python3-libcamera | tr '\t' ' ')"
if [[ -n $command ]]; then
    in_checkout "${SANDBOX[@]}" bash -c "$command"
    exit
fi
code=0
in_checkout "${SANDBOX[@]}" "$PYTHON" -m pytest -p no:cacheprovider -k libcamera --junit-xml /srv/results/junit.xml \
    tests/adapters/cameras/test_contract.py tests/adapters/cameras/test_real_libcamera.py || code=$?
[[ -z $junit ]] || cp "$ROOT/srv/results/junit.xml" "$junit"
table
echo "took $((SECONDS - start)) s"
exit "$code"
