"""The daemon as on a machine whose boot and clock the environment tells: ``python -m tests.rigs.other_boot run ...``.

``TEST_BOOT`` is the id of the boot. A time server counts as having set the clock; signs of life are kept each second.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pisecurity.adapters import clock
from pisecurity.cli import main
from pisecurity.runtime.life import outages


def _boot_id(file: Path) -> str:
    return os.environ["TEST_BOOT"]


def _synchronised(self: clock.SystemClock) -> bool:
    return True


if __name__ == "__main__":
    clock._boot_id = _boot_id
    clock.SystemClock.synchronised = _synchronised  # type: ignore[method-assign]
    outages.EVERY_S = outages.POLL_S = 1.0
    sys.exit(main())
