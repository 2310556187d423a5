"""A recording whose frames are asked for by number, in any order.

Frame N is the Nth that comes out of the decoder when the recording is played from its start, damaged ones included:
that is how whoever measures on it counts, and no header tells it for certain.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.error import FFmpegError

from pisecurity.adapters.cameras import av_frames
from pisecurity.adapters.cameras.recording import opened, rate_of
from pisecurity.core.types import Picture
from pisecurity.errors import CameraError
from pisecurity.ports import Count, JpegEncoder

PAGE_SIDE: Final = 1280
"""Longest side of a picture for a page, in pixels."""
CACHE_BYTES: Final = 48 * 2**20
"""Of pictures, about 400 of a large recording."""
BEHIND: Final = 24
"""On the way to an earlier frame so many before it are kept as well: who steps back goes on stepping back."""
NEAR: Final = 12
"""So few frames ahead are decoded sooner than looked up."""
TRIES: Final = 2
"""So many key frames before a frame are tried."""
EARLY: Final = 16
"""A container without an index is asked for a frame by so many earlier: it looks for the time at which a frame is
decoded, which for a key frame lies before the one at which it is shown."""
NO_STAMP: Final = -(2**63)


class FrameIndex:
    """Time stamps and key frames of the frames counted so far. One thread appends, any may read."""

    def __init__(self) -> None:
        self._stamps, self._keys = array("q"), array("q")
        self._increasing = True

    def __len__(self) -> int:
        return len(self._stamps)

    def append(self, stamp: int | None, *, key: bool) -> None:
        """Take note of the next frame."""
        if stamp is None or (self._stamps and stamp <= self._stamps[-1]):
            self._increasing = False
        if key:
            self._keys.append(len(self._stamps))
        self._stamps.append(NO_STAMP if stamp is None else stamp)

    def number_of(self, stamp: int | None) -> int | None:
        """Return which frame has *stamp*; None where none has, or stamps do not tell."""
        if stamp is None or not self._increasing:
            return None
        number = bisect_left(self._stamps, stamp)
        return number if number < len(self._stamps) and self._stamps[number] == stamp else None

    def keys(self, number: int) -> tuple[int, ...]:
        """Return the last key frames up to *number*, the nearest first; none where stamps fail."""
        last = bisect_right(self._keys, number) if self._increasing else 0
        return tuple(reversed(self._keys[max(0, last - TRIES) : last]))

    def stamp(self, number: int) -> int:
        """Return the stamp of frame *number*, of the first one for any before it."""
        return self._stamps[max(0, number)]


class PictureCache:
    """The JPEGs used last, up to so many bytes together. Not locked."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit, self._bytes = limit, 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def get(self, number: int) -> bytes | None:
        """Return the picture of frame *number*, None when it is not kept."""
        if number in self._kept:
            self._kept.move_to_end(number)
        return self._kept.get(number)

    def put(self, number: int, jpeg: bytes) -> None:
        """Keep *jpeg*; those used longest ago go."""
        self._bytes += len(jpeg) - len(self._kept.pop(number, b""))
        self._kept[number] = jpeg
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= len(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0


class NumberedRecording:
    """Fulfils NumberedFrames for anything PyAV opens. It is counted from one thread, and shown from any."""

    def __init__(self, path: Path, encoder: JpegEncoder) -> None:
        """Read what the file says of itself, and its first frame. Raises CameraError, naming the file and the fix."""
        self.path, self._encoder = path, encoder
        self._index, self._cache = FrameIndex(), PictureCache()
        self._lock = threading.Lock()
        self._whole, self._trouble = False, ""
        self._container: av.container.InputContainer | None = None
        self._frames: Iterator[av.VideoFrame] = iter(())
        self._position, self._sure, self._early = -1, 0, 0
        with opened(path) as container:
            stream = container.streams.video[0]
            self.size, self.fps = (stream.width, stream.height), rate_of(stream)
            self._announced = stream.frames or round(_seconds(container, stream) * self.fps)
            try:
                first = next(container.decode(stream), None)
            except (FFmpegError, OSError):
                first = None
        if first is None:
            raise CameraError(f"{path}: has no readable frame; give another file")

    @property
    def name(self) -> str:
        return self.path.name

    def counted(self) -> Count:
        frames = len(self._index)
        expected = frames if self._whole else max(frames, self._announced)
        return Count(frames, expected, self._whole, self._trouble)

    def count(self, stopped: Callable[[], bool]) -> None:
        """Count the frames up to the end, or until *stopped*; a second call begins anew and keeps what is known."""
        number = -1
        try:
            with opened(self.path) as container:
                for number, frame in enumerate(container.decode(video=0)):
                    if number == len(self._index):
                        self._index.append(frame.pts, key=bool(frame.key_frame))
                    if stopped():
                        return
        except (FFmpegError, OSError) as error:
            self._trouble = f"breaks off after {number + 1} frames ({error.strerror}); record or copy it anew"
        except CameraError as error:
            self._trouble = str(error)
        self._whole = True

    def jpeg(self, number: int) -> bytes:
        """Return frame *number* as JPEG, at most ``PAGE_SIDE`` pixels wide and high. Raises IndexError, CameraError."""
        if not 0 <= number < len(self._index):
            raise IndexError(number)
        with self._lock:
            kept = self._cache.get(number)
            return self._decoded(number) if kept is None else kept

    def quick(self, number: int) -> int:
        """Return the last frame up to *number* that is shown without decoding many others."""
        with self._lock:
            keys = self._index.keys(number)
            at_hand = self._cache.get(number) is not None or 0 <= number - self._position <= NEAR
            return number if at_hand or not keys else keys[0]

    def rest(self) -> None:
        """Close the file and forget the pictures; the next frame that is asked for opens it again."""
        with self._lock:
            self._close()
            self._cache.clear()

    def _decoded(self, number: int) -> bytes:
        since = number - BEHIND if number < self._position else number
        for approach in (partial(self._approach, number), self._begin_anew):
            try:
                approach()
                self._run(since, number)
            except (FFmpegError, OSError):
                self._close()
            jpeg = self._cache.get(number)
            if jpeg is not None:
                return jpeg
        self._close()
        raise CameraError(f"{self.path}: frame {number} cannot be read; if the file was changed, start again")

    def _run(self, since: int, number: int) -> None:
        """Decode up to frame *number*, and keep the pictures from *since* on."""
        for frame in self._frames:
            self._position = self._number(frame)
            if max(since, self._sure) <= self._position <= number:
                self._cache.put(self._position, self._encoder.clean(_for_page(frame)))
            if self._position >= number:
                return

    def _number(self, frame: av.VideoFrame) -> int:
        """Return which frame came out of the decoder: by its stamp, or else the one after the last."""
        number = self._index.number_of(frame.pts)
        return self._position + 1 if number is None else number

    def _approach(self, number: int) -> None:
        """Set the decoder to a frame not after *number*, from which all frames up to it can be seen."""
        keys = self._index.keys(number)
        ahead = self._container is not None and self._position < number
        if ahead and (not keys or keys[0] <= self._position + NEAR):
            return
        for key in keys:
            for early in (self._early, EARLY - self._early):
                if self._landed(key, early):
                    self._early = early
                    return
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Set the decoder to the start of the file, from which every frame can be seen."""
        self._close()
        self._container = opened(self.path)
        self._frames = self._container.decode(video=0)

    def _landed(self, key: int, early: int) -> bool:
        """Jump to frame *key*, asking for one so many *early*; return whether it will come out of the decoder."""
        container = self._container = self._container or opened(self.path)
        container.seek(self._index.stamp(key - early), stream=container.streams.video[0])
        frames = container.decode(video=0)
        first = next(frames, None)
        landed = None if first is None else self._index.number_of(first.pts)
        if first is None or landed is None or landed > key:
            return False
        # What comes out before the key frame may refer to frames that were jumped over.
        self._frames, self._position, self._sure = _with_first(first, frames), landed - 1, key
        return True

    def _close(self) -> None:
        if self._container is not None:
            self._container.close()
        self._container, self._frames = None, iter(())
        self._position, self._sure = -1, 0


def _with_first(first: av.VideoFrame, rest: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    yield first
    yield from rest


def _seconds(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Return the length as far as the file tells, else 0."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _for_page(frame: av.VideoFrame) -> Picture:
    """Return *frame* as it is shown, made smaller where a page needs less."""
    picture = av_frames.picture(frame)
    scale = PAGE_SIDE / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    half = ((width + 1) // 2, (height + 1) // 2)
    sizes = ((width, height), half, half)
    planes = zip((picture.y, picture.u, picture.v), sizes, strict=True)
    return Picture(
        *(np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8) for plane, size in planes)
    )
