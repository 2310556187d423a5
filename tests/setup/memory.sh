#!/usr/bin/env bash
# Print a folder in memory where tests may write and start programs, or nothing where there is none with 2 GB to spare.
set -euo pipefail

place=/dev/shm
spare_kb=2000000
[[ -w $place ]] || exit 0
((spare_kb <= $(df --output=avail "$place" | tail -n 1))) || exit 0
((spare_kb <= $(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo))) || exit 0
[[ ,$(findmnt --noheadings --output OPTIONS --target "$place"), != *,noexec,* ]] || exit 0
echo "$place"
