"""Where pictures come from and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pisecurity.core.marks import Marks
from pisecurity.core.types import (
    Box,
    Frame,
    Packet,
    Picture,
)


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What an opened camera really delivers."""

    width: int
    """Of the full picture."""
    height: int
    luma_width: int
    """Of ``Frame.luma``; a live camera delivers a smaller plane for watching beside the picture."""
    luma_height: int
    fps: float
    """Frames a second that ``read`` will return."""
    description: str
    """For the owner: ``file garden.mp4, h264 640x480``."""
    packets: bool
    """Whether it delivers H.264 packets to the sink."""
    duration_s: float | None = None
    """Length of a recording as far as it is known; None for what has no end."""
    least_fps: float | None = None
    """Frames a second to which it may fall in the dark; None when it keeps ``fps``."""
    live: bool = False
    """Whether a sensor stands behind it, whose noise makes every picture new; a recording may repeat itself."""
    remarks: tuple[str, ...] = ()
    """What was asked for and cannot be had, each in one line; the camera works without."""


PacketSink = Callable[[Packet], None]
"""Called from any thread of the camera; must only enqueue."""


class Camera(Protocol):
    """One source of pictures, used by one thread.

    ``open`` -> ``read`` ... ``read`` -> ``close``; after ``close`` it may be opened again.
    """

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Start delivering. Raises CameraError, saying what to do."""
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame, or None when none came within *timeout_s*.

        A reader that was late gets the newest frame; those it missed are a gap in ``Frame.index``. The frame
        before becomes invalid: the buffer behind it goes back to a live camera, and ``picture`` raises CameraError.

        Raises EndOfStreamError at the end of a recording that does not loop, CameraError when the camera is lost.
        Damaged frames are left out and are a gap as well.
        """
        ...

    def close(self) -> None:
        """Stop within 1 s, in whatever state it is; may be called twice and on a camera that was never opened."""
        ...


class JpegEncoder(Protocol):
    """Pictures to JPEG files."""

    def clean(self, picture: Picture) -> bytes:
        """Return *picture* as JPEG."""
        ...

    def annotated(self, picture: Picture, boxes: Sequence[Box], caption: str) -> bytes:
        """Return *picture* as JPEG with *boxes* and one line of *caption* drawn in."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """How many frames of a recording can be shown."""

    frames: int
    expected: int
    """How many there will be as far as the file tells: at least ``frames``, and equal to it once ``whole``."""
    whole: bool
    """Whether the end of the recording was reached; otherwise there may be more."""
    trouble: str = ""
    """Why the recording breaks off, and what to do."""


class NumberedFrames(Protocol):
    """A recording whose frames are asked for by number, from 0. Safe to use from several threads."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels, as the recording has it; a phone's may be shown turned."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second in the mean."""
        ...

    def counted(self) -> Count: ...

    def count(self, stopped: Callable[[], bool]) -> None:
        """Count the frames up to the end, or until *stopped*; call again to go on."""
        ...

    def jpeg(self, number: int) -> bytes:
        """Return frame *number* at the size of a page.

        Raises:
            IndexError: it is not counted yet.
            CameraError: it can no longer be read.
        """
        ...

    def quick(self, number: int) -> int:
        """Return the last frame up to *number* that can be shown at once: who looks for a place waits for none."""
        ...

    def rest(self) -> None:
        """Give back what showing frames holds; the next one that is asked for opens the recording again."""
        ...


class MarkStore(Protocol):
    """Where the marks of one recording are kept."""

    def load(self) -> bool:
        """Read what is kept now; return whether somebody else has changed any of it since. Raises StoreError."""
        ...

    def save(self, marks: Marks, frames: int) -> None:
        """Keep *marks* of a recording of so many *frames*, all or nothing.

        Raises:
            StoreError: it cannot be written, or somebody else has changed it since it was loaded or saved here.
        """
        ...

    @property
    def marks(self) -> Marks:
        """Those loaded or saved last; none before."""
        ...

    @property
    def frames(self) -> int | None:
        """How many frames the recording has by what is kept; None where nothing is."""
        ...
