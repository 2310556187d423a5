SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

# .venv holds what the daemon really has, .venv-dev also the tools. The stamps carry the
# version of Python, so that another PYTHON makes them anew.
LOCKED := locked-$(PYTHON_VERSION)
READY := ready-$(PYTHON_VERSION)
DEV := .venv-dev/bin/python -m
# Most of the time of a test is waiting for a camera, a mail or a browser: one process leaves most of a machine idle.
SHARED := $(DEV) pytest -n auto --dist worksteal
LIMIT_LINES := 500

.PHONY: help demo test test-libcamera test-servers test-v4l2 check bench bench-own dvr-scan pictures lock clean ruff mypy imports unit shell lines walks mutants diagram

help: ## show this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

demo: .venv/$(READY) ## set up and run the daemon on the built-in scene: http://127.0.0.1:8080; ARGS="--port 8123"
	@echo "Starting the demo: it draws its scene and opens its page"
	@trap : INT; .venv/bin/python -m pisecurity demo $(ARGS) || { code=$$?; [[ $$code == 130 ]] || exit $$code; }

# The stores' tests wait for the disk at each row, so they write in memory; what a kill or a full disk does is the same there.
test: .venv-dev/$(READY) dvr-scan ## set up what the tests need and run them all; ARGS="-k mail" for some
	@tests/setup/debian.sh chromium=chromium ffmpeg=ffmpeg systemd-analyze=systemd \
	    gcc=gcc /usr/include/linux/gpio.h=linux-libc-dev motion=motion \
	    /usr/share/zoneinfo/Europe/Berlin=tzdata \
	    /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core \
	    /usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf=fonts-liberation
	@export PYTEST_DEBUG_TEMPROOT="$${PYTEST_DEBUG_TEMPROOT-$$(tests/setup/memory.sh)}"; \
	if [[ -z "$${PISECURITY_RECORDED:-}" ]]; then \
	    echo "Tests on recorded clips are left out; with the clips: make test PISECURITY_RECORDED=/folder/of/the/clips"; \
	    exec $(SHARED) -m "not recorded and not libcamera and not servers and not v4l2" $(ARGS); \
	fi; \
	[[ -d "$$PISECURITY_RECORDED" ]] || { echo "PISECURITY_RECORDED=$$PISECURITY_RECORDED is no folder" >&2; exit 1; }; \
	exec $(SHARED) -m "not libcamera and not servers and not v4l2" $(ARGS)

test-v4l2: .venv-dev/$(READY) ## try USB cameras and a pin on those of the kernel, in a small virtual machine; ARGS="--junit FILE"
	@tests/system/v4l2_test.sh $(ARGS)

test-libcamera: ## try the Pi camera on Debian's real libcamera, in a root folder of Debian; ARGS="--junit FILE"
	@tests/system/libcamera_test.sh $(ARGS)

test-servers: .venv-dev/$(READY) ## try mails on Debian's postfix and dovecot, in a network of their own; ARGS="--junit FILE"
	@tests/system/servers_test.sh $(ARGS)

# OpenCV 4.6 is built against numpy 1.
test-opencv: .venv-dev/$(READY) ## find the same events with OpenCV 4.6 and 4.10 as with the locked one
	@$(DEV) tests.core.vision.golden
	@tests/setup/opencv.sh $(PYTHON) 4.6.0.66:1.26.4 4.10.0.84:2.2.6

check: ruff mypy imports unit shell lines ## lint, format, types, layers, systemd unit, shell scripts, length of files

ruff: .venv-dev/$(READY)
	$(DEV) ruff check --quiet
	$(DEV) ruff format --check --quiet

mypy: .venv-dev/$(READY)
	$(DEV) mypy --no-error-summary

imports: .venv-dev/$(READY)
	.venv-dev/bin/lint-imports --no-logo

unit:
	@tests/setup/debian.sh systemd-analyze=systemd
	tests/setup/unit.sh systemd/pisecurity.service

shell:
	@tests/setup/debian.sh shellcheck=shellcheck
	shellcheck --external-sources $$(git ls-files '*.sh' .ci/run)

lines:
	@git ls-files '*.py' '*.js' '*.css' '*.html' '*.sh' | xargs wc -l | \
	    awk '$$2 != "total" && $$1 > $(LIMIT_LINES) { print $$2 ": " $$1 " lines, at most $(LIMIT_LINES)"; bad = 1 } END { exit bad }'

walks: .venv-dev/$(READY) ## take 10 000 walks of 200 inputs by chance over the alarm; ARGS="--walks 100"
	@$(DEV) tests.walks $(ARGS)

mutants: .venv-dev/$(READY) ## see whether the tests of core/alarm notice when one thing is wrong; ARGS="states.py"
	@OPENBLAS_NUM_THREADS=1 $(DEV) tests.mutation $(ARGS)

bench: .venv-dev/$(READY) ## measure against what people use instead
	$(DEV) benchmarks

bench-own: .venv-dev/$(READY) ## measure on your own labelled recordings: FOLDER=evenings
	@[[ -n "$(FOLDER)" ]] || { echo "name the folder: make bench-own FOLDER=evenings" >&2; exit 1; }
	$(DEV) benchmarks.motion --own $(FOLDER) --no-peers --blocks 0 $(ARGS)

# Its OpenCV is the one for desktops, which needs what a machine without a screen may lack.
dvr-scan: .venv-dvr-scan/$(LOCKED)
	@.venv-dvr-scan/bin/python -c 'import cv2' 2>/dev/null || tests/setup/debian.sh libgl1 libglib2.0-0

pictures: .venv-dev/$(READY) ## make the pictures of the README anew, from the running demo
	$(DEV) tests.pictures

diagram: .venv-dev/$(READY) ## draw the states of the alarm anew, from their table, into docs/alarm.md
	$(DEV) tests.diagram

lock: .venv-lock/$(LOCKED) ## write requirements/*.txt anew, with the newest releases
	requirements/lock.sh .venv-lock/bin/uv

clean: ## remove what make made
	rm -rf .venv .venv-dev .venv-opencv-* .venv-dvr-scan .venv-lock .demo .drawn build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/$(LOCKED): requirements/demo.txt requirements/build.txt
	@tests/setup/venv.sh $(PYTHON) .venv requirements/demo.txt
	@touch $@

.venv-dev/$(LOCKED): requirements/dev.txt requirements/picamera2.txt requirements/build.txt
	@tests/setup/venv.sh $(PYTHON) .venv-dev requirements/dev.txt requirements/picamera2.txt
	@touch $@

.venv-dvr-scan/$(LOCKED): requirements/dvr-scan.txt requirements/build.txt
	@tests/setup/venv.sh $(PYTHON) .venv-dvr-scan requirements/dvr-scan.txt
	@touch $@

.venv-lock/$(LOCKED): requirements/lock.txt
	@tests/setup/venv.sh $(PYTHON) .venv-lock requirements/lock.txt
	@touch $@

%/$(READY): %/$(LOCKED) pyproject.toml
	@echo "$*: adding pisecurity itself"
	@$*/bin/python -m pip install --quiet --no-input --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
