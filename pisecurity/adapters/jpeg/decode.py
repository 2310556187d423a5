"""The JPEG pictures of a webcam to planes."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Picture, Plane

if TYPE_CHECKING:
    from pisecurity.adapters.jpeg.mjpeg import MjpegDecoder

try:
    import simplejpeg
except ImportError:  # a machine without it decodes with OpenCV
    simplejpeg = None

EXTRA = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd[0-79]")
"""What libjpeg says of the few bytes too many with which some webcams end every picture, or a part of it."""
FEW_EXTRA = 64
START_OF_SCAN, END = b"\xff\xda", b"\xff\xd9"
RESTART = re.compile(rb"\xff([\xd0-\xd7])")
"""Ends a part of the picture; they are numbered from 0 to 7 over and over. Source: ITU-T T.81, B.1.1.3."""
COLOURED = "pisecurity.adapters.jpeg.mjpeg"
"""Loaded with the first picture in colour: it comes with PyAV, which takes 15 MB."""


class JpegDecoder:
    """The JPEG pictures of a webcam, which may lack the Huffman tables. Used by one thread."""

    def __init__(self) -> None:
        self._coloured: MjpegDecoder | None = None

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
            extra = EXTRA.search(str(error))
            # libjpeg names the first thing it stumbles over: behind it there may be real damage.
            if extra is None or int(extra[1]) > FEW_EXTRA or not _has_all_parts(jpeg):
                raise
            plane = simplejpeg.decode_jpeg(jpeg, "GRAY", **wanted, strict=False)
        return np.asarray(plane[:, :, 0], np.uint8)

    def picture(self, jpeg: NDArray[np.uint8]) -> Picture:
        """Return *jpeg* as a picture of the full range, as JPEG has it. Raises ValueError: it cannot be decoded."""
        if self._coloured is None:
            self._coloured = import_module(COLOURED).MjpegDecoder()
        return self._coloured.picture(jpeg.tobytes())


def grey(jpeg: bytes) -> Plane:
    """Return the brightness of a JPEG file of our own. Raises ValueError: it cannot be decoded."""
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE) if jpeg else None
    if decoded is None:
        raise ValueError("no JPEG picture")
    return np.asarray(decoded, np.uint8)


def _has_all_parts(jpeg: NDArray[np.uint8]) -> bool:
    """Return whether *jpeg* has its end, and the marks between its parts in their order."""
    raw = jpeg.tobytes()
    begin = raw.rfind(START_OF_SCAN)
    end = raw.find(END, begin)
    numbers = (mark[1][0] & 7 for mark in RESTART.finditer(raw, begin, end))
    return end > begin and all(number == place % 8 for place, number in enumerate(numbers))


def _grey_with_opencv(jpeg: NDArray[np.uint8], size: tuple[int, int], halvings: int) -> Plane:
    """Decode with OpenCV, which fills what is missing with grey: whether it is whole must be seen from outside."""
    if END not in jpeg[-1024:].tobytes():
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
