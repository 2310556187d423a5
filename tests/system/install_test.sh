#!/usr/bin/env bash
# Try install.sh for real: in a Debian that boots its own systemd, with a network of its own.
#
#   sudo tests/system/install_test.sh [bookworm|trixie] [-k]
#
# Needs root, mmdebstrap, systemd-container, python3 with pip, and 3 GB below /var/tmp. The first run for a release
# fetches its packages (some minutes); later runs only copy. -k leaves the machine running to look around, and says how.
# Not part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/../.."

suite=${1:-bookworm}
keep=${2:-}
readonly CACHE=/var/tmp/pisecurity-install-test
readonly BASE=$CACHE/$suite ROOT=$CACHE/$suite-run
readonly MACHINE=pisec-test INSIDE=192.168.77.2 OUTSIDE=192.168.77.1
readonly PAGE=http://$INSIDE:8080
nspawn=""
leader=""
checks=0

say() { printf '\n== %s\n' "$*"; }

fail() {
    echo "FAILED: $*" >&2
    [[ -z $leader ]] || inside journalctl --unit pisecurity --no-pager --lines 30 >&2 || true
    exit 1
}

# holds WHAT COMMAND...: COMMAND must succeed.
holds() {
    local what=$1
    shift
    "$@" >"$CACHE/now" 2>&1 || {
        cat "$CACHE/now" >&2
        fail "$what"
    }
    [[ $1 == said ]] || mv "$CACHE/now" "$CACHE/said"
    checks=$((checks + 1))
    echo "ok   $what"
}

# refused WHAT COMMAND...: COMMAND must fail.
refused() {
    local what=$1
    shift
    ! "$@" >"$CACHE/now" 2>&1 || {
        cat "$CACHE/now" >&2
        fail "$what"
    }
    [[ $1 == said ]] || mv "$CACHE/now" "$CACHE/said"
    checks=$((checks + 1))
    echo "ok   $what"
}

inside() {
    nsenter --target "$leader" --all --wdns=/ -- env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels "$@"
}
as() {
    local user=$1
    shift
    inside runuser --user "$user" -- "$@"
}
# What the command before said.
said() { grep --quiet -- "$1" "$CACHE/said"; }
main_pid() { inside systemctl show --property MainPID --value pisecurity; }
replaced() {
    local new
    new=$(main_pid)
    [[ $new != 0 && $new != "$1" ]] && inside systemctl is-active pisecurity
}
status_says() { inside pisecurity status | grep --quiet -- "$1"; }

# within SECONDS COMMAND...: COMMAND succeeds before they are over.
within() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < until)) || return 1
        sleep 0.5
    done
}

# Fetched once: the packages that install.sh asks for lie in the caches of apt and pip, so that
# the machine under test needs no way out of its own network.
make_base() {
    [[ ! -e $BASE/whole ]] || return 0
    say "making a $suite root in $BASE"
    rm -rf "$BASE"
    mkdir -p "$CACHE"
    mmdebstrap --quiet --variant=minbase --include=systemd-sysv,dbus,ca-certificates,iproute2 "$suite" "$BASE"
    chroot "$BASE" apt-get --quiet=2 update
    chroot "$BASE" apt-get --quiet=2 --yes install --no-install-recommends --download-only \
        procps python3 python3-venv tzdata
    touch "$BASE/whole"
}

# pip judges markers by the Python it runs on, which is not the one under test: pinned VERSION LOCK
pinned() {
    python3 - "$@" <<'PY'
import re, sys
from pip._vendor.packaging.markers import Marker
version, lock = sys.argv[1:]
for block in re.split(r"\n(?=\S)", open(lock).read()):
    pin, marker, hashes = re.fullmatch(r"(\S+)(?: ; (.+?))?( \\\n.*)", block, re.DOTALL).groups()
    if not marker or Marker(marker).evaluate({"python_version": version, "python_full_version": f"{version}.0"}):
        print(pin + hashes)
PY
}

fetch_wheels() {
    local version=3.11 lock arch
    [[ $suite == bookworm ]] || version=3.13
    arch=$(uname -m)
    for lock in runtime build; do
        pinned "$version" "requirements/$lock.txt" >"$CACHE/$lock.txt"
        python3 -m pip --quiet --disable-pip-version-check download --no-deps --require-hashes --only-binary :all: \
            --python-version "$version" --implementation cp --platform "manylinux_2_28_$arch" \
            --platform "manylinux_2_17_$arch" --platform "manylinux2014_$arch" \
            --dest "$CACHE/wheels-$suite" --requirement "$CACHE/$lock.txt"
    done
}

put_checkout() {
    rm -rf "$ROOT/srv/checkout"
    mkdir -p "$ROOT/srv/checkout"
    git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=- --ignore-failed-read |
        tar --extract --directory "$ROOT/srv/checkout"
}

boot() {
    say "booting"
    # The unified hierarchy and bpf make the sandbox of the unit bite in a container too.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory "$ROOT" --machine "$MACHINE" --boot \
        --register=no --keep-unit --network-veth --capability=all --system-call-filter=bpf \
        >"$CACHE/console" 2>&1 </dev/null &
    nspawn=$!
    within 30 pgrep --parent "$nspawn" || fail "the machine does not start: $(tail -n 3 "$CACHE/console")"
    leader=$(pgrep --parent "$nspawn")
    within 60 sh -c "nsenter -t $leader -a systemctl is-system-running | grep -E 'running|degraded'" ||
        fail "the machine does not come up"
    ip address add "$OUTSIDE/24" dev "ve-$MACHINE"
    ip link set "ve-$MACHINE" up
    inside ip address add "$INSIDE/24" dev host0
    inside ip link set host0 up
    inside ip route add default via "$OUTSIDE"
}

shut_down() {
    [[ -z $nspawn ]] || {
        kill -KILL "$leader" 2>/dev/null || kill "$nspawn" 2>/dev/null || true
        wait "$nspawn" 2>/dev/null || true
    }
}

fetch() { python3 - "$@" <<'PY'
import sys, urllib.request
url, *host = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
request = urllib.request.Request(url, headers={"Host": host[0]} if host else {})
print(opener.open(request, timeout=5).read().decode(errors="replace"))
PY
}

test_install() {
    say "install"
    as_nobody=$(as nobody /srv/checkout/install.sh 2>&1 || true)
    holds "without root: one line says sudo" test "$as_nobody" = "install.sh: needs root: sudo ./install.sh"
    local start=$SECONDS
    holds "install.sh ends well" inside /srv/checkout/install.sh
    holds "it names the page" said "$PAGE"
    echo "     took $((SECONDS - start)) s"
    holds "the service is active" inside systemctl is-active pisecurity
    holds "it starts at boot" inside systemctl is-enabled pisecurity
    holds "the page answers a neighbour in the network" fetch "$PAGE/"
    refused "the page refuses a foreign name" fetch "$PAGE/" evil.example
    holds "the settings are private" test "$(inside stat -c '%a %U' /var/lib/pisecurity/config.toml)" = "600 pisecurity"
    holds "the program is root's" test -z "$(inside find /opt/pisecurity ! -user root)"
}

test_commands() {
    say "commands"
    inside useradd --create-home --groups pisecurity anna
    inside useradd --create-home bert
    holds "root asks" inside pisecurity status
    holds "a member of the group arms" as anna pisecurity arm --mode home
    holds "it is armed" within 5 status_says "armed (home)"
    refused "somebody else is refused" as bert pisecurity disarm
    refused "a member of the group cannot list the folder" as anna ls /var/lib/pisecurity
    refused "a member of the group cannot read the settings" as anna cat /var/lib/pisecurity/config.toml
}

test_sandbox() {
    say "sandbox"
    local pid
    pid=$(main_pid)
    holds "no privileges can be gained" inside grep --quiet '^NoNewPrivs:.1$' "/proc/$pid/status"
    holds "calls are filtered" inside grep --quiet '^Seccomp:.2$' "/proc/$pid/status"
    holds "no capability is left" inside grep --quiet '^CapBnd:.0000000000000000$' "/proc/$pid/status"
    refused "even root in its place cannot write to /usr" inside nsenter --target "$pid" --mount touch /usr/here
    refused "it does not see the homes" inside nsenter --target "$pid" --mount ls /home/anna
    holds "outside of its place root can write to /usr" inside touch /usr/here
}

test_restart() {
    say "restart"
    local pid
    pid=$(main_pid)
    inside kill -KILL "$pid"
    holds "killed: it is back within 10 s" within 10 replaced "$pid"
    holds "and still armed" within 10 status_says "armed (home)"
    pid=$(main_pid)
    inside kill -STOP "$pid"
    holds "hung: the watchdog replaces it within 60 s" within 60 replaced "$pid"
    holds "and it is still armed" within 10 status_says "armed (home)"
}

test_again() {
    say "again, and an upgrade"
    local before start release
    inside sh -c 'echo "# mine" >> /var/lib/pisecurity/config.toml'
    before=$(inside sha256sum /var/lib/pisecurity/config.toml)
    release=$(inside readlink /opt/pisecurity/venv)
    start=$SECONDS
    holds "a second run ends well" inside /srv/checkout/install.sh
    echo "     took $((SECONDS - start)) s"
    holds "it keeps the settings" test "$before" = "$(inside sha256sum /var/lib/pisecurity/config.toml)"
    holds "it makes no second environment" test "$release" = "$(inside readlink /opt/pisecurity/venv)"
    holds "it is still armed" within 10 status_says "armed (home)"
    sed -i 's/^__version__ = .*/__version__ = "99.0"/' "$ROOT/srv/checkout/pisecurity/__init__.py"
    holds "an upgrade ends well" inside /srv/checkout/install.sh
    holds "the new version runs" test "$(inside pisecurity --version)" = "pisecurity 99.0"
    holds "the old one is gone" test "$(inside ls /opt/pisecurity/releases | wc -l)" = 1
    holds "still armed" within 10 status_says "armed (home)"

    local pid
    pid=$(main_pid)
    inside sh -c 'echo "nonsense = 1" > /var/lib/pisecurity/config.new &&
        cat /var/lib/pisecurity/config.toml >> /var/lib/pisecurity/config.new &&
        cat /var/lib/pisecurity/config.new > /var/lib/pisecurity/config.toml'
    sed -i 's/^__version__ = .*/__version__ = "99.1"/' "$ROOT/srv/checkout/pisecurity/__init__.py"
    refused "settings it does not understand stop an upgrade" inside /srv/checkout/install.sh
    holds "they are named" said nonsense
    holds "what ran goes on" test "$pid" = "$(main_pid)"
}

test_removal() {
    say "removal"
    holds "--uninstall ends well" inside /srv/checkout/install.sh --uninstall
    holds "it says where the settings stay" said /var/lib/pisecurity
    holds "they are there" inside test -e /var/lib/pisecurity/config.toml
    refused "the unit is gone" inside systemctl cat pisecurity
    refused "the program is gone" inside test -e /opt/pisecurity
    refused "the command is gone" inside test -e /usr/local/bin/pisecurity
    inside sed -i '/^nonsense/d' /var/lib/pisecurity/config.toml
    holds "installing again ends well" inside /srv/checkout/install.sh
    holds "the mode was kept" within 10 status_says "armed (home)"
    holds "--purge ends well" inside /srv/checkout/install.sh --purge
    refused "the state folder is gone" inside test -e /var/lib/pisecurity
    refused "the user is gone" inside getent passwd pisecurity
    holds "--purge of nothing ends well" inside /srv/checkout/install.sh --purge
}

((EUID == 0)) || fail "needs root"
make_base
fetch_wheels
rm -rf "$ROOT"
cp --archive --reflink=auto "$BASE" "$ROOT"
cp --archive "$CACHE/wheels-$suite" "$ROOT/wheels"
put_checkout
trap shut_down EXIT
boot
test_install
test_commands
test_sandbox
test_restart
if [[ $keep == -k ]]; then
    say "left running; enter with: nsenter -t $leader -a --wdns=/root bash -l; end this with Enter"
    read -r
fi
test_again
test_removal
say "$checks checks passed on $suite"
