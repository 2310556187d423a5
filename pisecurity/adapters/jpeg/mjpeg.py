"""JPEG pictures in colour, with FFmpeg, which knows the Huffman tables that webcams leave out."""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.error import FFmpegError

from pisecurity.adapters.cameras.av_frames import plane_view
from pisecurity.adapters.cameras.planes import copied, grey_picture
from pisecurity.core.types import Picture


class MjpegDecoder:
    """Used by one thread."""

    def __init__(self) -> None:
        self._codec: av.VideoCodecContext | None = None

    def picture(self, jpeg: bytes) -> Picture:
        """Return *jpeg* as a picture of the full range, as JPEG has it. Raises ValueError: it cannot be decoded."""
        if self._codec is None:
            self._codec = av.VideoCodecContext.create("mjpeg", "r")
            self._codec.thread_count = 1
        try:
            (frame,) = self._codec.decode(av.Packet(jpeg))
        except (FFmpegError, ValueError) as error:
            self._codec = None
            raise ValueError(f"no JPEG picture: {error}") from error
        y = plane_view(frame, 0)
        half = ((frame.width + 1) // 2, (frame.height + 1) // 2)
        if len(frame.planes) == 1:
            return grey_picture(y, limited=False)
        u, v = (cv2.resize(plane_view(frame, number), half, interpolation=cv2.INTER_AREA) for number in (1, 2))
        return copied(y, np.asarray(u, np.uint8), np.asarray(v, np.uint8), limited=False)
