"""A recording as a camera."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from av import VideoFrame

from pisecurity.adapters.cameras import av_frames
from pisecurity.adapters.cameras.recording import Decoded, Encoded, Recording
from pisecurity.adapters.cameras.timing import Pace, Thinner, on_grid
from pisecurity.core.types import Frame, Packet
from pisecurity.core.vision.planes import SMALLEST
from pisecurity.errors import CameraError, EndOfStreamError
from pisecurity.ports import CameraInfo, Clock, PacketSink
from pisecurity.settings import CameraSettings

FALLEN_BEHIND_S = 1.0
"""A reader later than this gets the rest later too, instead of a burst of old frames."""


class FileCamera:
    """Plays anything PyAV opens, thinned to the frame rate of the settings.

    Pace ``recorded``: a frame is returned when it is due, waiting on the clock; wall times are those of the
    clock. Pace ``fast``: at once; ``taken_s`` still advances by the recorded time, so detection sees the same
    as in the recording and every replay gives the same frames.

    A recording that is to be shown turned, as phones write it, is delivered turned; its packets are not.
    Damaged frames are skipped and leave a gap in ``Frame.index``. A file that breaks off delivers the frames
    before and then ends. H.264 packets go to the sink where the recording has them in the order they are shown.
    """

    def __init__(self, settings: CameraSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._path = Path(settings.path)
        self._recording: Recording | None = None

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Open the file and decode its first frame. Raises CameraError."""
        self.close()
        try:
            self._path = _at_home(self._settings.path)
            recording = Recording(self._path, with_packets=packets is not None)
        except CameraError as error:
            raise CameraError(f"camera {self._settings.label}: {error}") from error
        self._recording = recording
        self._sink = packets
        self._pace = Pace(self._clock)
        self._thinner = Thinner(self._settings.fps, recording.fps)
        self._frames = self._chosen(recording)
        self._index = -1
        self._keyframe_seen = False
        self._next: Decoded | None = next(self._frames, None)
        if self._next is None:
            self.close()
            raise CameraError(f"camera {self._settings.label}: {self._path}: has no readable frame; give another file")
        frame = self._next.frame
        try:
            self._check_size(frame)
        except CameraError:
            self.close()
            raise
        self._start_s = on_grid(self._clock.monotonic())
        self._start_at = self._clock.now()
        size = av_frames.size(frame)
        what = f"file {self._path.name}, {recording.codec} {size[0]}x{size[1]}"
        fps = min(recording.fps, self._settings.fps)
        duration_s = recording.announced / recording.fps if recording.announced and not self._settings.loop else None
        return CameraInfo(*size, *size, fps, what, recording.has_packets, duration_s)

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame; None when it is due later than *timeout_s* from now.

        Raises:
            EndOfStreamError: the recording is over; the message says how many frames were readable.
            CameraError: the camera is not open, or its pictures have become too small.
        """
        recording = self._recording
        if recording is None:
            raise CameraError(f"camera {self._settings.label} is closed; open it before reading")
        if self._next is None:
            self._next = next(self._frames, None)
        if self._next is None:
            raise self._ending(recording)
        if self._settings.pace == "recorded" and not self._due(self._next, timeout_s):
            return None
        decoded, self._next = self._next, None
        self._check_size(decoded.frame)
        return self._taken(decoded)

    def close(self) -> None:
        if self._recording is not None:
            self._recording.close()
            self._recording = None
            self._next = None

    def _chosen(self, recording: Recording) -> Iterator[Decoded]:
        """Yield the frames to deliver, each with the packets since the one before."""
        skipped = 0
        encoded: tuple[Encoded, ...] = ()
        while True:
            before = recording.readable
            for decoded in recording.play():
                skipped += decoded.skipped
                encoded += decoded.encoded
                if self._thinner.takes(decoded.seconds):
                    yield Decoded(decoded.seconds, decoded.frame, skipped, encoded)
                    skipped, encoded = 0, ()
            if not self._settings.loop or recording.readable == before:
                return
            recording.again()

    def _check_size(self, frame: VideoFrame) -> None:
        """Raise CameraError when *frame* is too small; a recording may change its size at any frame."""
        if min(frame.width, frame.height) < SMALLEST:
            raise CameraError(
                f"camera {self._settings.label}: {self._path.name}: its pictures of {frame.width}x{frame.height} are "
                f"too small to watch; give a recording of at least {SMALLEST}x{SMALLEST}"
            )

    def _hand_on(self, encoded: Iterable[Encoded]) -> None:
        for unit in encoded:
            self._keyframe_seen = self._keyframe_seen or unit.keyframe
            if self._sink is not None and self._keyframe_seen:
                self._sink(Packet(unit.data, self._start_s + unit.seconds, unit.keyframe))

    def _due(self, decoded: Decoded, timeout_s: float) -> bool:
        due_s = self._start_s + decoded.seconds
        if not self._pace.until(due_s, timeout_s):
            return False
        late_s = self._pace.late_s(due_s)
        if late_s > FALLEN_BEHIND_S:
            self._start_s = on_grid(self._start_s + late_s)
        return True

    def _taken(self, decoded: Decoded) -> Frame:
        self._hand_on(decoded.encoded)
        self._index += 1 + decoded.skipped
        return Frame(
            camera=self._settings.id,
            index=self._index,
            taken_s=self._start_s + decoded.seconds,
            taken_at=self._wall(decoded.seconds),
            luma=av_frames.luma(decoded.frame),
            picture=lambda: av_frames.picture(decoded.frame),
        )

    def _wall(self, seconds: float) -> datetime:
        if self._settings.pace == "recorded":
            return self._clock.now()
        return self._start_at + timedelta(seconds=seconds)

    def _ending(self, recording: Recording) -> EndOfStreamError:
        text = f"camera {self._settings.label}: {self._path.name} ended after {recording.readable} readable frames"
        if recording.damaged:
            text += f", {recording.damaged} damaged skipped"
        missing = recording.readable + recording.damaged < recording.announced
        if missing:
            text += f", of {recording.announced} announced: it was cut short or damaged"
        return EndOfStreamError(text, whole=not (missing or recording.damaged or recording.broke_off))


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise CameraError(f"{path}: there is no such home folder; give the whole path of the recording") from error
