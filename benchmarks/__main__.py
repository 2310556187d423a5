"""Runs every benchmark."""

from benchmarks import daemon

daemon.main()
