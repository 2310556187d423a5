"""The JPEG pictures of a webcam to planes."""

from __future__ import annotations

import re

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from pisecurity.adapters.cameras.av_frames import plane_view
from pisecurity.adapters.cameras.planes import copied, grey_picture
from pisecurity.core.types import Picture, Plane

try:
    import simplejpeg
except ImportError:  # a machine without it decodes with OpenCV
    simplejpeg = None

EXTRA_AT_THE_END = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
"""What libjpeg says of the few bytes too many with which some webcams end every picture."""
FEW_EXTRA = 64


class JpegDecoder:
    """The JPEG pictures of a webcam, which may lack the Huffman tables. Used by one thread."""

    def __init__(self) -> None:
        self._codec: av.VideoCodecContext | None = None

    def grey(self, jpeg: NDArray[np.uint8], size: tuple[int, int], halvings: int = 0) -> Plane:
        """Return the brightness of *jpeg* at half its width and height, *halvings* times, rounded up.

        Args:
            jpeg: (bytes,) uint8; zeros may follow the end of the picture.
            size: ``(width, height)`` that it must have.
            halvings: at most 3, which cost nothing: the halved picture is decoded.

        Raises:
            ValueError: it is cut off, damaged or of another size.
        """
        if simplejpeg is None:
            return _grey_with_opencv(jpeg, size, halvings)
        height, width = simplejpeg.decode_jpeg_header(jpeg)[:2]
        _check_size((width, height), size)
        wanted = {"min_width": -(-width >> halvings), "min_height": -(-height >> halvings)}
        try:
            plane = simplejpeg.decode_jpeg(jpeg, "GRAY", **wanted)
        except ValueError as error:
            extra = EXTRA_AT_THE_END.search(str(error))
            if extra is None or int(extra[1]) > FEW_EXTRA:
                raise
            plane = simplejpeg.decode_jpeg(jpeg, "GRAY", **wanted, strict=False)
        return np.asarray(plane[:, :, 0], np.uint8)

    def picture(self, jpeg: NDArray[np.uint8]) -> Picture:
        """Return *jpeg* as a picture of the full range, as JPEG has it. Raises ValueError: it cannot be decoded."""
        if self._codec is None:
            self._codec = av.VideoCodecContext.create("mjpeg", "r")
            self._codec.thread_count = 1
        try:
            (frame,) = self._codec.decode(av.Packet(jpeg.tobytes()))
        except (FFmpegError, ValueError) as error:
            self._codec = None
            raise ValueError(f"no JPEG picture: {error}") from error
        y = plane_view(frame, 0)
        half = ((frame.width + 1) // 2, (frame.height + 1) // 2)
        if len(frame.planes) == 1:
            return grey_picture(y, limited=False)
        u, v = (cv2.resize(plane_view(frame, number), half, interpolation=cv2.INTER_AREA) for number in (1, 2))
        return copied(y, np.asarray(u, np.uint8), np.asarray(v, np.uint8), limited=False)


def _grey_with_opencv(jpeg: NDArray[np.uint8], size: tuple[int, int], halvings: int) -> Plane:
    """Decode with OpenCV, which fills what is missing with grey: whether it is whole must be seen from outside."""
    if b"\xff\xd9" not in jpeg[-1024:].tobytes():
        raise ValueError("the end of the JPEG picture is missing")
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    if decoded is None:
        raise ValueError("no JPEG picture")
    height, width = decoded.shape[:2]
    _check_size((width, height), size)
    if halvings:
        shape = (-(-width >> halvings), -(-height >> halvings))
        decoded = cv2.resize(decoded, shape, interpolation=cv2.INTER_AREA)
    return np.asarray(decoded, np.uint8)


def _check_size(came: tuple[int, int], wanted: tuple[int, int]) -> None:
    if came != wanted:
        raise ValueError(f"a JPEG picture of {came[0]}x{came[1]} came, not of {wanted[0]}x{wanted[1]}")
