#!/usr/bin/env bash
# Install, upgrade or remove the pisecurity service on Debian 12 or 13 (64 bit).
set -euo pipefail
umask 022

readonly PROGRAM=/opt/pisecurity
readonly STATE=/var/lib/pisecurity
readonly UNIT=/etc/systemd/system/pisecurity.service
readonly COMMAND=/usr/local/bin/pisecurity
readonly OWNER=pisecurity
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly SOURCE
work=""      # temporary folder
unfinished="" # release that is being made

usage() {
    cat <<END
sudo ./install.sh              install; run it again after an update: settings and events stay
sudo ./install.sh --uninstall  remove service and program; settings and events stay in $STATE
sudo ./install.sh --purge      remove these too
END
}

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

clean_up() {
    rm -rf ${work:+"$work"} ${unfinished:+"$unfinished"}
}

check_machine() {
    ((EUID == 0)) || fail "needs root: sudo ./install.sh${*:+ $*}"
    command -v apt-get >/dev/null || fail "this is not Debian: there is no apt-get"
    [[ -d /run/systemd/system ]] || fail "systemd is not running here, so there is nothing to install a service into"
    case $(dpkg --print-architecture) in
        amd64 | arm64) ;;
        *) fail "this is a $(dpkg --print-architecture) system; a 64-bit one (amd64 or arm64) is needed" ;;
    esac
}

# Debian updates itself now and then, and holds its locks meanwhile. apt waits for some of them alone, so we do.
apt() { # apt COMMAND LOG ARGUMENT...
    local command=$1 log=$2
    shift 2
    until LC_ALL=C apt-get --quiet --yes "$command" "$@" >"$log" 2>&1 </dev/null; do
        [[ $(<"$log") == *"Could not get lock"* ]] && ((SECONDS < 300)) || return 1
        sleep 5
    done
}

install_packages() {
    local package missing=()
    # procps brings the kill that reloads the service, tzdata the zones of schedules.
    for package in ca-certificates procps python3 python3-venv tzdata; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    if ((${#missing[@]})); then
        echo "Installing from Debian: ${missing[*]}"
        local log=$work/apt.log
        export DEBIAN_FRONTEND=noninteractive
        # Old lists of packages may still do.
        apt update "$log" || true
        if ! apt install "$log" --no-install-recommends "${missing[@]}"; then
            tail -n 15 "$log" >&2
            fail "apt could not install ${missing[*]}; see above"
        fi
    fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Debian's $(python3 --version) is too old; 3.11 or newer is needed, as in Debian 12"
}

# Print a name for exactly this source on exactly this Python.
release_name() {
    local version files
    version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$SOURCE/pisecurity/__init__.py")
    files=$(cd "$SOURCE" && find pisecurity web requirements pyproject.toml config.example.toml README.md LICENSE \
        -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum; python3 --version)
    echo "$version-$(sha256sum <<<"$files" | cut -c1-12)"
}

# Make the environment that the service runs in. The old one stays in use until the new one is whole.
make_release() {
    local release=$1
    [[ ! -e $release/whole ]] || return 0
    rm -rf "$release" # left by a power cut
    echo "Installing the program into $release"
    unfinished=$release
    local pip=("$release/bin/python" -m pip --quiet --no-input --disable-pip-version-check --no-cache-dir)
    local locked=(--require-hashes --only-binary :all:)
    python3 -m venv "$release"
    "${pip[@]}" install "${locked[@]}" --requirement "$SOURCE/requirements/runtime.txt"
    "${pip[@]}" install "${locked[@]}" --requirement "$SOURCE/requirements/build.txt" --target "$work/build"
    PYTHONPATH=$work/build "${pip[@]}" wheel --no-deps --no-build-isolation --wheel-dir "$work" "$SOURCE"
    "${pip[@]}" install --no-deps --no-index "$work"/pisecurity-*.whl
    touch "$release/whole"
    unfinished=""
}

make_user() {
    getent passwd "$OWNER" >/dev/null ||
        useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$OWNER"
    [[ -d $STATE ]] || install --directory --mode 0710 --owner "$OWNER" --group "$OWNER" "$STATE"
    if [[ ! -e $STATE/config.toml ]]; then
        install --mode 0600 --owner "$OWNER" --group "$OWNER" "$SOURCE/config.example.toml" "$STATE/config.toml"
    fi
}

# An upgrade that does not understand the settings leaves the running version as it is.
check_settings() {
    local release=$1
    runuser --user "$OWNER" -- "$release/bin/pisecurity" check --state "$STATE" ||
        fail "mend $STATE/config.toml and run this again; nothing was started or replaced"
}

start_service() {
    local release=$1
    ln --symbolic --force --no-dereference "$release" "$work/venv"
    mv --no-target-directory "$work/venv" "$PROGRAM/venv"
    ln --symbolic --force "$PROGRAM/venv/bin/pisecurity" "$COMMAND"
    install --mode 0644 "$SOURCE/systemd/pisecurity.service" "$UNIT"
    systemctl daemon-reload
    systemctl --quiet enable pisecurity.service
    if ! systemctl restart pisecurity.service; then
        journalctl --unit pisecurity.service --no-pager --output cat --lines 15 >&2
        fail "the service does not start; see above. It is tried again every few seconds: journalctl -fu pisecurity"
    fi
    find "$PROGRAM/releases" -mindepth 1 -maxdepth 1 ! -path "$release" -exec rm -rf {} +
}

say_address() {
    local invocation page tries
    invocation=$(systemctl show --property InvocationID --value pisecurity.service)
    for tries in 1 2 3 4 5; do
        page=$(journalctl --no-pager --output cat "_SYSTEMD_INVOCATION_ID=$invocation" |
            sed -nE 's/.*page open address=([^ ]+) port=([0-9]+).*/\1 \2/p' | grep -v : | head -n 1) || true
        [[ -z $page ]] || break
        ((tries == 5)) || sleep 1
    done
    echo
    if [[ -n $page ]]; then
        echo "pisecurity runs. Its page, for every device in the home network: http://${page/ /:}"
    else
        echo "pisecurity runs; it has no page yet, because: $("$COMMAND" status --state "$STATE" | tail -n 1)"
    fi
    echo "Settings: $STATE/config.toml (then: sudo systemctl reload pisecurity). Log: journalctl -u pisecurity"
}

remove_program() {
    systemctl --quiet disable --now pisecurity.service 2>/dev/null || true
    rm -f "$UNIT" "$COMMAND"
    rm -rf "$PROGRAM"
    systemctl daemon-reload
    systemctl reset-failed pisecurity.service 2>/dev/null || true
}

install_or_upgrade() {
    local release
    install_packages
    release=$PROGRAM/releases/$(release_name)
    mkdir -p "$PROGRAM/releases"
    make_release "$release"
    make_user
    check_settings "$release"
    start_service "$release"
    say_address
}

case ${1:-} in
    -h | --help)
        usage
        exit 0
        ;;
    "" | --uninstall | --purge) ;;
    *) fail "there is no option $1; see ./install.sh --help" ;;
esac
check_machine "$@"
work=$(mktemp --directory)
trap clean_up EXIT
case ${1:-} in
    "") install_or_upgrade ;;
    --uninstall)
        remove_program
        [[ ! -d $STATE ]] || echo "Removed. Settings and events stay in $STATE; sudo ./install.sh --purge removes them."
        ;;
    --purge)
        remove_program
        rm -rf "$STATE"
        ! getent passwd "$OWNER" >/dev/null || userdel "$OWNER"
        echo "Removed, with settings, events and pictures."
        ;;
esac
