#!/usr/bin/env bash
# Check a service unit without starting it: unit.sh UNIT
set -euo pipefail
unit=$1
# Tenths of systemd's exposure scale, judged from the file alone.
threshold=15

# The programs of the unit may be there only once it is installed, and verify insists on them.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
copy="$folder/$(basename "$unit")"
sed -E 's|^(Exec[A-Za-z]+)=.*|\1=/bin/true|' "$unit" >"$copy"

# Verify reports a word it does not know and still ends well: any output is a failure.
if ! said=$(systemd-analyze verify --man=no "$copy" 2>&1) || [[ -n $said ]]; then
    echo "$said" >&2
    exit 1
fi
if ! said=$(systemd-analyze security --no-pager --offline=true --threshold="$threshold" "$copy" 2>&1); then
    # What is fine is not worth a line.
    grep -v '✓' <<<"$said" >&2
    exit 1
fi
tail -n 1 <<<"$said"
