"""Cameras for tests that Debian's real libcamera drives: its virtual pipeline, under the unmodified picamera2.

``make test-libcamera`` makes the root folder in which this works. The virtual pipeline stands for any camera of
libcamera that is not the Pi's own: NV12 only, no raw stream, no control but the frame time.
"""

from tests.rigs.real_libcamera.pace import Pace
from tests.rigs.real_libcamera.patches import CLIP, PATTERN, virtual_cameras

__all__ = ["CLIP", "PATTERN", "Pace", "virtual_cameras"]
