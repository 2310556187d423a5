"""Promises of how long something takes, on a machine that may be busy with other things."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def within(seconds: float, call: Callable[[], object]) -> None:
    """Call and see that it took less, not counting how long ready threads waited for a processor of a busy machine."""
    began_s, waited_before = time.monotonic(), waited_for_processor_s()
    call()
    took_s = time.monotonic() - began_s
    # What a thread had waited that ended meanwhile, or before, says nothing of this call.
    waited_s = sum(waited - waited_before.get(thread, 0.0) for thread, waited in waited_for_processor_s().items())
    assert took_s - waited_s < seconds


def waited_for_processor_s() -> dict[str, float]:
    """Return it by thread of this process. Source: the kernel's sched-stats, second field, nanoseconds."""
    found = {}
    for path in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError):  # a thread that has just ended
            found[path.parent.name] = int(path.read_text().split()[1]) / 1e9
    return found
