"""A video file as a run of decoded frames with times, whatever state the file is in."""

from __future__ import annotations

import logging
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError

from pisecurity.adapters.cameras.timing import Timeline
from pisecurity.errors import CameraError

log = logging.getLogger(__name__)

USUAL_FPS = 25.0
SANE_FPS = (0.1, 240.0)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One H.264 access unit with start codes (Annex B); a keyframe carries its parameter sets."""

    seconds: float
    data: bytes
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Decoded:
    """One readable frame of the recording."""

    seconds: float
    """From the first frame; goes on over the joint when the recording is played again."""
    frame: av.VideoFrame
    skipped: int
    """Damaged frames between the one before and this one."""
    encoded: tuple[Encoded, ...]
    """The packets since the frame before; empty unless asked for."""


class Recording:
    """Plays one file once or over and over. Damaged frames are skipped and counted.

    Raises:
        CameraError: from the constructor, naming the file and the fix.
    """

    def __init__(self, path: Path, *, with_packets: bool) -> None:
        self.path = path
        self.readable = self.damaged = 0
        """Frames so far, over all rounds."""
        self.broke_off = False
        """Whether the file could not be read up to its end."""
        self._container = opened(path)
        stream = self._container.streams.video[0]
        # One thread: measured, frame threads decode no faster per CPU second and hold several frames back.
        stream.thread_type = "NONE"
        self.codec = stream.codec_context.name
        self.announced = stream.frames
        self.fps = rate_of(stream)
        # A packet says when it was taken; that is its place in the stream only where no frame is reordered.
        self.has_packets = self.codec == "h264" and not stream.codec_context.has_b_frames
        self._with_packets = with_packets and self.has_packets
        tick_s = stream.time_base or Fraction(1, 90000)
        self._frame_times = Timeline(tick_s, 1.0 / self.fps)
        self._packet_times = Timeline(tick_s, 1.0 / self.fps)
        self._skipped = 0

    def play(self) -> Iterator[Decoded]:
        """Yield the readable frames up to the end of the file, or up to where it breaks off."""
        stream = self._container.streams.video[0]
        annex_b = BitStreamFilterContext("h264_mp4toannexb", stream) if self._with_packets else None
        encoded: list[Encoded] = []
        try:
            for packet in self._container.demux(stream):
                keyframe, stamp = packet.is_keyframe, packet.pts
                frames = self._decode(packet)
                if annex_b is not None and packet.size:
                    encoded += self._filtered(annex_b, packet, stamp, keyframe)
                for frame in frames:
                    yield Decoded(self._frame_times.at(frame.pts), frame, self._skipped, tuple(encoded))
                    self._skipped = 0
                    encoded.clear()
        except FFmpegError as error:
            self.broke_off = True
            log.warning(
                "recording breaks off file=%s after=%d reason=%s", self.path.name, self.readable, error.strerror
            )

    def again(self) -> None:
        """Go back to the start; times go on."""
        self._container.close()
        self._container = opened(self.path)
        self._container.streams.video[0].thread_type = "NONE"
        self._frame_times.join()
        self._packet_times.join()

    def close(self) -> None:
        self._container.close()

    def _decode(self, packet: av.Packet[av.VideoStream]) -> list[av.VideoFrame]:
        try:
            frames = packet.decode()
        except FFmpegError as error:
            self._skip(str(error.strerror))
            return []
        whole = [frame for frame in frames if not frame.is_corrupt]
        for _ in range(len(frames) - len(whole)):
            self._skip("damaged picture")
        self.readable += len(whole)
        return whole

    def _skip(self, reason: str) -> None:
        if not self.damaged:
            log.warning("damaged frame skipped file=%s after=%d reason=%s", self.path.name, self.readable, reason)
        self.damaged += 1
        self._skipped += 1

    def _filtered(
        self, annex_b: BitStreamFilterContext, packet: av.Packet[av.VideoStream], stamp: int | None, keyframe: bool
    ) -> list[Encoded]:
        seconds = self._packet_times.at(stamp)
        return [Encoded(seconds, bytes(part), keyframe) for part in annex_b.filter(packet)]


def opened(path: Path) -> av.container.InputContainer:
    """Open *path* for reading its first video track. Raises CameraError, naming the file and the fix."""
    try:
        _see_that_it_is_a_file(path)
        # A playlist in disguise must not make the daemon read from the network.
        container = av.open(str(path.absolute()), "r", options={"protocol_whitelist": "file"})
    except PermissionError as error:
        raise CameraError(f"{path}: this user may not read it; allow it with chmod or give another file") from error
    except (FFmpegError, OSError) as error:
        raise CameraError(
            f"{path}: not a readable video, or cut short before its index was written ({error.strerror});"
            f" if a player shows it, convert it with: ffmpeg -i {shlex.quote(str(path))} -c:v libx264 fixed.mp4"
        ) from error
    if not container.streams.video:
        container.close()
        raise CameraError(f"{path}: has no video track; give a recording with pictures")
    return container


def _see_that_it_is_a_file(path: Path) -> None:
    """Raise CameraError when it is none, PermissionError where this user may not look."""
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise CameraError(f"{path}: no such file; give the path of a recording") from None
    if not stat.S_ISREG(kind):
        raise CameraError(f"{path}: not a file; give the path of a recording")


def rate_of(stream: av.VideoStream) -> float:
    """Return the frames a second of *stream*, the usual ones where it tells none that can be true."""
    rate: Fraction | None = stream.average_rate or stream.guessed_rate
    fps = float(rate) if rate else USUAL_FPS
    return fps if SANE_FPS[0] <= fps <= SANE_FPS[1] else USUAL_FPS
