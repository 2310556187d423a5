#!/usr/bin/env bash
# Write the lock files anew: lock.sh UV. Hashes and no addresses, for Python 3.11 and newer on every machine.
set -euo pipefail
uv=$(realpath "$1")
cd "$(dirname "$0")"

lock() {
    "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links "$@"
}

lock build.in --output-file build.txt
lock lock.in --output-file lock.txt
# Each larger environment has the smaller one's versions.
lock ../pyproject.toml --output-file runtime.txt
lock ../pyproject.toml --extra demo --constraint runtime.txt --output-file demo.txt
lock ../pyproject.toml --extra demo --constraint demo.txt dev.in --output-file dev.txt
# picamera2 beside the tools: only what picamera2.in names, at versions that fit dev.txt.
lock --no-deps --constraint dev.txt picamera2.in --output-file picamera2.txt
# A program of its own, which shares nothing with the others.
lock dvr-scan.in --output-file dvr-scan.txt
