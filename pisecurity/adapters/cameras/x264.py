"""H.264 in software, for cameras that deliver none: x264 through PyAV, fast and without delay."""

from __future__ import annotations

from fractions import Fraction

import av
from av.video.reformatter import ColorRange

from pisecurity.adapters.cameras.av_frames import plane_view
from pisecurity.core.types import Packet, Plane

TICKS_A_SECOND = 1_000_000


class X264:
    """Encodes frames one by one; used by one thread.

    A keyframe comes every second and carries its parameter sets, so that a clip can begin at any of them.
    """

    def __init__(self, width: int, height: int, fps: float, bit_rate: int, *, limited: bool) -> None:
        """
        Args:
            bit_rate: bits a second to aim at.
            limited: whether brightness has the range of video, 16 to 235.
        """
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.color_range = ColorRange.MPEG if limited else ColorRange.JPEG
        codec.time_base = Fraction(1, TICKS_A_SECOND)
        codec.framerate = Fraction(round(fps * 1000), 1000)
        codec.bit_rate = bit_rate
        codec.gop_size = max(1, round(fps))
        # One core: the others are for seeing, and for the rest of the house.
        codec.thread_count = 1
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}
        self._codec = codec
        self._frame = av.VideoFrame(width, height, "yuv420p")
        self._start_s: float | None = None

    def encode(self, y: Plane, u: Plane, v: Plane, taken_s: float) -> list[Packet]:
        """Return the packets that are ready; *taken_s* is monotonic and increases."""
        if self._start_s is None:
            self._start_s = taken_s
        self._frame.make_writable()
        for index, plane in enumerate((y, u, v)):
            plane_view(self._frame, index)[:] = plane
        self._frame.pts = round((taken_s - self._start_s) * TICKS_A_SECOND)
        return [
            Packet(bytes(packet), self._start_s + (packet.pts or 0) / TICKS_A_SECOND, packet.is_keyframe)
            for packet in self._codec.encode(self._frame)
        ]
