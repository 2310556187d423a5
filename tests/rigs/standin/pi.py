"""What the files of the machine would say if it were a Pi."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from pisecurity.adapters.cameras.picamera2 import library
from pisecurity.adapters.machine import raspberry
from pisecurity.adapters.machine.raspberry import Machine

PI = Machine(
    model="Raspberry Pi 4 Model B Rev 1.4",
    kernel="6.12.47+rpt-rpi-v8",
    boot_config="camera_auto_detect=1",
    boot_config_path="/boot/firmware/config.txt",
    heap="/dev/dma_heap/vidbuf_cached",
    may_use_heap=True,
    memory_kb=(256 * 1024, 200 * 1024),
    user="pisecurity",
)


@contextmanager
def looks_like_a_pi(looks: Machine = PI) -> Iterator[None]:
    """Let everything that asks the machine about itself hear of a Pi with the hardware encoder."""
    with ExitStack() as patched:
        # The stand-in for the encoder is no file that could be seen.
        patched.enter_context(patch.object(library, "HARDWARE_ENCODER", os.devnull))
        patched.enter_context(patch.object(raspberry, "read_machine", lambda: looks))
        yield
