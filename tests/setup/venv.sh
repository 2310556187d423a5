#!/usr/bin/env bash
# Make the virtual environment FOLDER anew from a lock file: venv.sh PYTHON FOLDER LOCK
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1 folder=$2 lock=$3

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "$python is not Python 3.11 or newer; name one that is: make PYTHON=/usr/bin/python3.11 ..." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps these in a package of their own.
    tests/setup/debian.sh python3-venv
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python has no ensurepip; install the venv package that belongs to it, or name another: make PYTHON=..." >&2
        exit 1
    fi
fi

echo "Setting up $folder from $lock"
"$python" -m venv --clear "$folder"
for file in requirements/build.txt "$lock"; do
    "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement "$file"
done
