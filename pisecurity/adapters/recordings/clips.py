"""Pictures to video clips."""

from __future__ import annotations

from contextlib import ExitStack, suppress
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

from pisecurity.adapters.cameras.av_frames import plane_view
from pisecurity.adapters.cameras.planes import NEUTRAL
from pisecurity.adapters.colours import from_bgr
from pisecurity.adapters.state.files import TEMPORARY
from pisecurity.core.types import Picture
from pisecurity.errors import StoreError

VIDEO_LUMA = np.rint(16 + np.arange(256) * (219 / 255)).astype(np.uint8)
VIDEO_CHROMA = np.rint(NEUTRAL + (np.arange(256) - 128.0) * (224 / 255)).astype(np.uint8)
"""Full range to the range of video. Source: ITU-R BT.601, quantisation levels."""


class ClipWriter:
    """An H.264 MP4 in fragments: whatever happens to the machine, it plays up to its last fragment.

    Odd sizes gain one column or row, repeated from the edge, because H.264 with 4:2:0 needs even ones.
    """

    TICKS = 90_000

    def __init__(
        self, path: Path, width: int, height: int, fps: float, *, quality: int = 23, aside: bool = False
    ) -> None:
        """Create the file.

        Args:
            quality: x264's CRF, 0 (best) to 51.
            aside: write beside *path*, and have the clip there once it is closed; what was there stays till then.

        Raises:
            StoreError: the file cannot be written.
        """
        self.path = path
        self._file = Path(f"{path}{TEMPORARY}") if aside else path
        self._size = (width, height)
        self._even = (width + width % 2, height + height % 2)
        self._fps = fps
        self._last, self._count = -1, 0
        self._first_s: float | None = None
        self._closed = False
        try:
            self._container = av.open(
                str(self._file.absolute()), "w", "mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
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
        with ExitStack() as failed:
            failed.callback(self._remove_aside)
            try:
                self._mux(None)
            finally:
                self._release()
            failed.pop_all()
        try:
            self._file.replace(self.path)
        except OSError as error:
            raise self._refused(error) from error

    def discard(self) -> None:
        """Give up what was written, where it is aside; else as ``close``. Raises StoreError."""
        if self._file == self.path:
            self.close()
            return
        self._closed = True
        with suppress(StoreError):
            self._release()
        self._remove_aside()

    def _remove_aside(self) -> None:
        if self._file != self.path:
            self._file.unlink(missing_ok=True)

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
