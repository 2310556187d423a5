"""The C library is asked to share one arena."""

from __future__ import annotations

import subprocess
import sys


def test_the_c_library_takes_the_wish() -> None:
    # In a process of its own: the wish cannot be taken back.
    code = "from pisecurity.adapters.machine.memory import share_one_arena; raise SystemExit(not share_one_arena())"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
