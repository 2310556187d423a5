#!/usr/bin/env bash
# Install those Debian packages that are missing: debian.sh PROBE=PACKAGE... or PACKAGE...
# PROBE is a command, or a file with its whole path, that the package brings; it need not have the name of the package.
set -euo pipefail

missing=()
for pair in "$@"; do
    probe=${pair%%=*}
    if [[ $probe == /* ]]; then
        [[ -e $probe ]] && continue
    else
        command -v "$probe" >/dev/null && continue
    fi
    missing+=("${pair#*=}")
done
((${#missing[@]})) || exit 0

fail() {
    echo "Missing: ${missing[*]}. $1" >&2
    exit 1
}

by_hand="Install them and try again: sudo apt-get install ${missing[*]}"
command -v apt-get >/dev/null || fail "This is not Debian: install what these Debian packages bring, and try again."
as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "$by_hand"
    as_root=(sudo)
    [[ -t 0 ]] || as_root=(sudo --non-interactive)
fi

echo "Installing from Debian: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Debian updates itself now and then, and holds its locks meanwhile. apt waits for some of them alone, so we do.
apt() {
    until "${as_root[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes "$@" \
        >"$log" 2>&1 </dev/null; do
        [[ $(<"$log") == *"Could not get lock"* ]] && ((SECONDS < 300)) || return 1
        sleep 5
    done
}
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
    tail -n 15 "$log" >&2
    fail "$by_hand"
fi
