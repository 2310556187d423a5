"""Runs every benchmark, or those that are named: ``python -m benchmarks camera``."""

import subprocess
import sys

NAMES = ("daemon", "alarm", "alerts", "camera", "stage", "contrast", "motion", "weeks")

sys.exit(max(subprocess.call([sys.executable, "-m", f"benchmarks.{name}"]) for name in sys.argv[1:] or NAMES))
