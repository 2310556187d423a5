#!/usr/bin/env bash
# Try the mails on Debian's postfix and dovecot: handed in with TLS and login, read back by IMAP.
#
#   sudo tests/system/servers_test.sh [--junit FILE] [--run COMMAND]
#
# Both servers are ours from their settings to their mailboxes, and live with the tests in namespaces of their own: no
# mail can leave for there is no network but loopback, servers of this machine are neither seen nor used, and when this
# script ends, however it does, nothing of it runs on. In the same network a cable is pulled out of the house. --junit
# keeps pytest's results; --run runs something else in their place. Needs root, as postfix does. Not part of `make
# test`; `make test-servers` calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=tests/system/options.sh
source tests/system/options.sh

((EUID == 0)) || {
    echo "needs root, because postfix does: sudo make test-servers" >&2
    exit 1
}
new=()
for program in postfix dovecot; do
    [[ -e /usr/sbin/$program ]] || new+=("$program")
done
tests/setup/debian.sh /usr/sbin/postfix=postfix /usr/sbin/dovecot=dovecot-core \
    /usr/lib/dovecot/imap=dovecot-imapd ip=iproute2 unshare=util-linux
# Debian starts what it installs; nobody asked for a mail server on this machine.
if ((${#new[@]})) && [[ -d /run/systemd/system ]]; then
    systemctl disable --quiet --now "${new[@]}"
fi

folder=$(mktemp --directory /tmp/pisecurity-servers.XXXXXX)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$folder"
: "${command:=.venv-dev/bin/python -m pytest -p no:cacheprovider -m servers tests/test_mail_servers.py tests/test_cable.py}"
[[ -z $junit ]] || command+=" --junit-xml ${junit@Q}"
start=$SECONDS code=0
PISECURITY_SERVERS=$folder unshare --net --mount --pid --fork --kill-child --mount-proc -- \
    sh -c "ip link set lo up && $command" || code=$?
echo "took $((SECONDS - start)) s"
exit "$code"
