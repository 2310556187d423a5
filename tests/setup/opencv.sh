#!/usr/bin/env bash
# Compare the golden trace on other versions of OpenCV: opencv.sh PYTHON OPENCV:NUMPY...
# Each gets an environment of its own, .venv-opencv-VERSION, with no more than the vision and its clips need.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1

for pair in "${@:2}"; do
    opencv=${pair%:*} numpy=${pair#*:}
    folder=.venv-opencv-$opencv
    if [[ ! -e $folder/ready ]]; then
        echo "Setting up $folder: once, about a minute"
        "$python" -m venv --clear "$folder"
        "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --only-binary :all: \
            "opencv-python-headless==$opencv" "numpy==$numpy" pydantic av || {
            echo "$folder is not set up. It takes everything from PyPI: is the internet there? Then try again." >&2
            exit 1
        }
        touch "$folder/ready"
    fi
    "$folder/bin/python" -m tests.core.vision.golden
done
