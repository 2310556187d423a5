#!/usr/bin/env bash
# Make the virtual environment FOLDER anew from lock files: venv.sh PYTHON FOLDER LOCK...
# pip refuses a first lock that lacks a dependency; the further ones list all they want.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1 folder=$2 lock=$3
further=("${@:4}")

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

echo "Setting up $folder: once, about half a minute, some minutes on a Pi or a slow line"
echo "$folder: making a Python environment that touches nothing else"
"$python" -m venv --clear "$folder"
# A line for each package, so that nobody wonders whether it hangs.
told='s/^ *Collecting ([^ =]+)==([^ ]+).*/  \1 \2/p
    s|^ *Processing .*/([^/-]+)-([^/-]+)-[^/]*\.whl.*|  \1 \2|p
    s/^ *Installing collected packages:.*/  putting them in place/p'
install() {
    PYTHONUNBUFFERED=1 "$folder/bin/python" -m pip install --no-input --disable-pip-version-check \
        --progress-bar off --no-color --require-hashes --only-binary :all: "$@" | sed -unE "$told" || {
        echo "$folder is not set up. It takes everything from PyPI: is the internet there? Then try again." >&2
        exit 1
    }
}
for file in requirements/build.txt "$lock"; do
    echo "$folder: installing the packages of $file"
    install --requirement "$file"
done
for file in "${further[@]}"; do
    echo "$folder: installing the packages of $file"
    install --no-deps --requirement "$file"
done
