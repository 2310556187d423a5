"""Pictures to JPEG files and to video clips."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from pisecurity.adapters.cameras.planes import NEUTRAL, plane_view
from pisecurity.adapters.lettering import Lettering
from pisecurity.core.types import Box, Picture, Plane
from pisecurity.errors import StoreError

try:
    import simplejpeg
except ImportError:  # a machine without it encodes with OpenCV, at about 1.6 times the cost
    simplejpeg = None

BOX_YCC = (211, 67, 160)
"""#ffd166 as full-range Y, Cb, Cr. Source: JFIF 1.02, conversion from RGB."""
VIDEO_LUMA = np.rint(16 + np.arange(256) * (219 / 255)).astype(np.uint8)
VIDEO_CHROMA = np.rint(NEUTRAL + (np.arange(256) - 128.0) * (224 / 255)).astype(np.uint8)
"""Full range to the range of video. Source: ITU-R BT.601, quantisation levels."""
OUTLINE = 16
INK = 240
SMALLEST_LETTERS = 7
"""Height of a capital in pixels that can still be read."""


class SimpleJpegEncoder:
    """JPEG straight from the planes, which saves the way over RGB. Safe to use from several threads."""

    def __init__(self, quality: int = 85) -> None:
        self._quality = quality
        self._lettering = Lettering()

    def clean(self, picture: Picture) -> bytes:
        """Return *picture* as JPEG."""
        if simplejpeg is None:
            return self._with_opencv(picture)
        y, u, v = (np.ascontiguousarray(plane) for plane in (picture.y, picture.u, picture.v))
        return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, self._quality))

    def annotated(self, picture: Picture, boxes: Sequence[Box], caption: str) -> bytes:
        """Return *picture* as JPEG with *boxes* drawn in and, if there is one, *caption* in a strip at the bottom."""
        marked = Picture(picture.y.copy(), picture.u.copy(), picture.v.copy())
        for box in boxes:
            _draw_box(marked, box)
        if caption:
            _draw_caption(marked, self._lettering, caption)
        return self.clean(marked)

    def _with_opencv(self, picture: Picture) -> bytes:
        done, data = cv2.imencode(".jpg", to_bgr(picture), [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not done:
            raise ValueError(f"OpenCV cannot encode a {picture.size} picture as JPEG")
        return data.tobytes()


def to_bgr(picture: Picture) -> NDArray[np.uint8]:
    """Return *picture* as (H, W, 3) BGR."""
    chroma = [cv2.resize(plane, picture.size, interpolation=cv2.INTER_LINEAR) for plane in (picture.v, picture.u)]
    return np.asarray(cv2.cvtColor(cv2.merge([picture.y, *chroma]), cv2.COLOR_YCrCb2BGR), np.uint8)


def from_bgr(image: NDArray[np.uint8]) -> Picture:
    """Return a (H, W, 3) BGR image as full-range YUV 4:2:0 planes."""
    height, width = image.shape[:2]
    y, v, u = (np.asarray(plane, np.uint8) for plane in cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)))
    half = ((width + 1) // 2, (height + 1) // 2)
    u, v = (np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.uint8) for plane in (u, v))
    return Picture(y, u, v)


def _line_width(picture: Picture) -> int:
    """Return a width in pixels that looks thin at every size and is even, so that colour keeps up with brightness."""
    return 2 * max(1, round(picture.size[1] / 480 * 0.8))


def _draw_box(picture: Picture, box: Box) -> None:
    """Draw a coloured frame with a dark line on both sides, so that it shows on any ground."""
    width, height = picture.size
    line = _line_width(picture)
    x, y, w, h = box.pixels(width, height)
    left, top = x // 2 * 2, y // 2 * 2
    right, bottom = (x + w + 1) // 2 * 2, (y + h + 1) // 2 * 2
    edge = max(1, line // 2)
    _frame(picture.y, (left - edge, top - edge, right + edge, bottom + edge), line + 2 * edge, OUTLINE)
    _frame(picture.y, (left, top, right, bottom), line, BOX_YCC[0])
    # Colour is half as fine and smeared by JPEG: under the dark lines too, or the line between them looks pale.
    halves = (left // 2 - 1, top // 2 - 1, right // 2 + 1, bottom // 2 + 1)
    _frame(picture.u, halves, line // 2 + 2, BOX_YCC[1])
    _frame(picture.v, halves, line // 2 + 2, BOX_YCC[2])


def _frame(plane: Plane, corners: tuple[int, int, int, int], thickness: int, value: int) -> None:
    """Fill the band of *thickness* inside *corners* (left, top, right, bottom), clipped to the plane."""
    height, width = plane.shape
    left, top, right, bottom = (max(0, corner) for corner in corners)
    right, bottom = min(right, width), min(bottom, height)
    plane[top : top + thickness, left:right] = value
    plane[max(top, bottom - thickness) : bottom, left:right] = value
    plane[top:bottom, left : left + thickness] = value
    plane[top:bottom, max(left, right - thickness) : right] = value


def _draw_caption(picture: Picture, lettering: Lettering, caption: str) -> None:
    """Write one line in a dark strip at the bottom, made smaller or cut where it does not fit."""
    width, height = picture.size
    strip = max(16, round(height * 0.052)) // 2 * 2
    top = max(0, height - strip)
    picture.y[top:] = (picture.y[top:].astype(np.uint16) * 5 // 16 + 8).astype(np.uint8)
    for plane in (picture.u, picture.v):
        half = plane[top // 2 :]
        half[:] = (half.astype(np.int16) - NEUTRAL) // 3 + NEUTRAL
    room, size = width - strip, strip // 2
    full = lettering.width(caption, size)
    if full > room:
        size = max(SMALLEST_LETTERS, size * 3 // 4, size * room // full)
    baseline = height - (strip - size) // 2
    lettering.draw(picture.y, lettering.cut(caption, size, room), (strip // 2, baseline), size, INK)


class ClipWriter:
    """An H.264 MP4 in fragments: whatever happens to the machine, it plays up to its last fragment.

    Odd sizes gain one column or row, repeated from the edge, because H.264 with 4:2:0 needs even ones.
    """

    TICKS = 90_000

    def __init__(self, path: Path, width: int, height: int, fps: float, *, quality: int = 23) -> None:
        """Create the file. *quality*: x264's CRF, 0 (best) to 51.

        Raises:
            StoreError: the file cannot be written.
        """
        self.path = path
        self._size = (width, height)
        self._even = (width + width % 2, height + height % 2)
        self._fps = fps
        self._last, self._count = -1, 0
        self._first_s: float | None = None
        self._closed = False
        try:
            self._container = av.open(
                str(path.absolute()), "w", "mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
            )
            self._stream = self._container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        except (FFmpegError, OSError) as error:
            raise self._refused(error) from error
        context = self._stream.codec_context
        context.width, context.height = self._even
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, self.TICKS)
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.SMPTE170M
        # No frame refers to a later one: each packet can be stored or streamed the moment it exists.
        context.options = {"preset": "veryfast", "crf": str(quality), "bf": "0", "g": str(max(1, round(2 * fps)))}
        try:
            self._container.start_encoding()  # PyAV creates the file only now
        except (FFmpegError, OSError) as error:
            raise self._refused(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, image: Picture | NDArray[np.uint8], taken_s: float | None = None) -> None:
        """Append a picture or a (H, W, 3) BGR image of the clip's size.

        *taken_s*: when it was taken, for all images or for none; without it they follow at the clip's rate.

        Raises:
            ValueError: another size.
            StoreError: the disk did not take it.
        """
        frame = self._yuv(image) if isinstance(image, Picture) else self._bgr(image)
        frame.pts = self._last = max(self._stamp(taken_s), self._last + 1)
        frame.time_base = Fraction(1, self.TICKS)
        self._mux(frame)

    def close(self) -> None:
        """Finish the file; may be called twice. Raises StoreError."""
        if self._closed:
            return
        self._closed = True
        try:
            self._mux(None)
        finally:
            self._release()

    def _refused(self, error: FFmpegError | OSError) -> StoreError:
        return StoreError(f"{self.path}: cannot write a clip here ({error.strerror}); choose another place")

    def _release(self) -> None:
        try:
            self._container.close()
        except (FFmpegError, OSError) as error:
            raise StoreError(f"{self.path}: the clip is not whole ({error.strerror}); free some space") from error

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except (FFmpegError, OSError) as error:
            raise StoreError(f"{self.path}: the clip is not whole ({error.strerror}); free some space") from error

    def _stamp(self, taken_s: float | None) -> int:
        if taken_s is None:
            self._count += 1
            return round((self._count - 1) * self.TICKS / self._fps)
        if self._first_s is None:
            self._first_s = taken_s
        return round((taken_s - self._first_s) * self.TICKS)

    def _yuv(self, picture: Picture) -> av.VideoFrame:
        if picture.size != self._size:
            raise ValueError(f"the clip is {self._size}, the picture {picture.size}")
        frame = av.VideoFrame(*self._even, "yuv420p")
        for index, (source, table) in enumerate(
            ((picture.y, VIDEO_LUMA), (picture.u, VIDEO_CHROMA), (picture.v, VIDEO_CHROMA))
        ):
            target = plane_view(frame, index)
            height, width = source.shape
            target[:height, :width] = cv2.LUT(source, table)
            target[height:] = target[height - 1]
            target[:, width:] = target[:, width - 1 : width]
        return frame

    def _bgr(self, image: NDArray[np.uint8]) -> av.VideoFrame:
        width, height = self._size
        if image.shape != (height, width, 3):
            raise ValueError(f"the clip is {self._size}, the image has the shape {image.shape}")
        return self._yuv(from_bgr(image))
