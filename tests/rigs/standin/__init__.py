"""A Raspberry Pi camera for tests: the real picamera2 on a stand-in for libcamera, the kernel and the hardware encoder.

``install()`` before the first ``import picamera2``; picamera2 itself stays byte for byte what PyPI has.
Written from the names picamera2 uses and from what was read of libcamera's behaviour; it holds none of their code.
"""

from __future__ import annotations

from functools import cache

from tests.rigs.standin.rig import Rig, installed
from tests.rigs.standin.sources import clip_source
from tests.rigs.standin.steering import StandinCamera

__all__ = ["Rig", "StandinCamera", "clip_source", "install"]


@cache
def install() -> Rig:
    """Return the one Rig of this process."""
    return installed()
