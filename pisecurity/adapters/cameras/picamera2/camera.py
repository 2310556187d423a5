"""The Pi's own camera as a source of frames."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from pisecurity.adapters.cameras.damage import Damage
from pisecurity.adapters.cameras.picamera2.configure import configure, tuned
from pisecurity.adapters.cameras.picamera2.encode import Encoding
from pisecurity.adapters.cameras.picamera2.held import Held
from pisecurity.adapters.cameras.picamera2.index import FrameIndex
from pisecurity.adapters.cameras.picamera2.library import Library, choose
from pisecurity.adapters.cameras.picamera2.light import Lens, Light
from pisecurity.adapters.cameras.picamera2.session import Session
from pisecurity.adapters.cameras.picamera2.trouble import explain
from pisecurity.adapters.cameras.timing import Stamps
from pisecurity.adapters.machine import raspberry
from pisecurity.adapters.machine.gpio import OutputLine
from pisecurity.core.types import Frame, Picture
from pisecurity.errors import CameraError
from pisecurity.ports import CameraInfo, Clock, PacketSink
from pisecurity.settings import CameraSettings

log = logging.getLogger(__name__)

SILENT_S = 3.0
"""Without a frame for so long the stream is started anew; after a loose cable it does not come back by itself."""
IN_VAIN = 6
"""After so many openings without a frame only a new process may help."""
LATE_FRAMES = 1.5
"""A frame that has waited for its reader longer than so many frame times is not the newest."""
MICROSECONDS = 1e6
LIBRARY_ERRORS = (RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError)
"""What picamera2 raises when a camera does not do as it is told."""


class PiCamera:
    """Frames of the camera on the ribbon cable: a small plane for watching, the full picture on demand.

    The request of the newest frame is held until the next read, so that its picture can be copied. Only the age
    of the newest frame tells that a camera is lost: libcamera then says nothing at all.
    """

    def __init__(self, settings: CameraSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._session: Session | None = None
        self._held: Held | None = None
        self._encoding: Encoding | None = None
        self._lens = Lens(settings.id, settings.focus_m)
        self._light = Light(settings, OutputLine(settings.ir_cut_gpio) if settings.ir_cut == "switched" else None)
        self._damage = Damage(settings.id, clock)
        self._worked = False
        self._opened_in_vain = 0
        # Loading takes seconds from the card of a small Pi: here, before anybody waits for this thread. What is wrong
        # with it is told when the camera is opened.
        with suppress(CameraError):
            Library()

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Open, configure and start the camera. Raises CameraError, saying what to do."""
        self.close()
        if self._worked and self._opened_in_vain >= IN_VAIN:
            # Said once in so many times: where nobody starts a new process, this one goes on trying.
            self._opened_in_vain = 0
            raise CameraError(
                f"camera {self._settings.label}: it worked before and does not come back; a new process may help",
                needs_new_process=True,
            )
        self._opened_in_vain += 1
        try:
            return self._open(packets)
        except CameraError as error:
            self.close()
            raise self._named(str(error)) from error
        except LIBRARY_ERRORS as error:
            self.close()
            raise self._named(explain(error, raspberry.circumstances())) from error

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame, or None when none came within *timeout_s*.

        Raises:
            CameraError: the camera is not open, or its library broke.
        """
        session = self._session
        if session is None:
            raise CameraError(f"camera {self._settings.label} is closed; open it before reading")
        self._release()
        try:
            return self._newest(session, self._clock.monotonic() + timeout_s)
        except CameraError as error:
            raise self._named(str(error)) from error
        except LIBRARY_ERRORS as error:
            raise self._named(explain(error, raspberry.circumstances())) from error

    def close(self) -> None:
        """Stop the camera and give everything back."""
        self._release()
        encoding, self._encoding = self._encoding, None
        session, self._session = self._session, None
        try:
            if encoding is not None:
                encoding.stop()
        finally:
            if session is not None:
                session.close()

    def _open(self, packets: PacketSink | None) -> CameraInfo:
        pi = raspberry.read_machine()
        miseries = raspberry.miseries(pi)
        library = self._library(pi, miseries)
        cameras = library.cameras()
        found = choose(cameras, self._settings.device, miseries)
        tuning, pale = tuned(library, cameras, found, self._settings)
        library.tune(tuning)
        self._tell_stack(library, pi)
        session = self._session = Session(library, found.number, tuning)
        setup = self._setup = configure(library, session, self._settings, found, encoding=packets is not None)
        session.set(self._light.start(session.controls) | self._lens.start(session.controls))
        if packets is not None:
            self._encoding = Encoding(library, session, setup, packets, self._clock)
        self._stamps, self._index, self._whole_seen = Stamps(), FrameIndex(), False
        session.start()
        self._heard_s = self._clock.monotonic()
        remarks = (*setup.remarks, pale, self._lens.remark(), *(miseries if pi.is_pi else ()))
        return CameraInfo(
            width=setup.main.width,
            height=setup.main.height,
            luma_width=setup.small.width,
            luma_height=setup.small.height,
            fps=setup.fps,
            description=setup.description,
            packets=packets is not None,
            least_fps=setup.least_fps,
            live=True,
            remarks=tuple(filter(None, remarks)),
        )

    def _newest(self, session: Session, until_s: float) -> Frame | None:
        """Return the newest whole frame that comes before *until_s*, and hold its request."""
        # A job left over from a read in vain was done with the frame that came right after that.
        left_over = session.waiting
        if self._encoding is not None and not self._encoding.alive:
            raise CameraError("the H.264 encoder has died; the log says of what")
        while True:
            request = session.next_request(max(0.0, until_s - self._clock.monotonic()))
            now_s = self._clock.monotonic()
            if request is None:
                if now_s - self._heard_s > SILENT_S:
                    self._start_anew(session)
                if now_s >= until_s:
                    return None
                continue
            self._held, self._heard_s = Held(session.library, request), now_s
            frame = self._frame(session, self._held, now_s)
            old = left_over and frame is not None and now_s - frame.taken_s > LATE_FRAMES / self._setup.least_fps
            if frame is not None and not old:
                self._worked, self._opened_in_vain = True, 0
                return frame
            left_over = False
            self._release()

    def _frame(self, session: Session, held: Held, now_s: float) -> Frame | None:
        """Return the frame of the *held* request, or None when it is damaged."""
        metadata = held.metadata
        session.set(self._light.note(metadata, now_s) | self._lens.note(metadata))
        taken_s = self._stamps.at(held.stamp_s, now_s)
        frame_us = metadata.get("FrameDuration")
        index = self._index.next(held.sequence, taken_s, None if frame_us is None else frame_us / MICROSECONDS)
        lack = held.lack({"main": self._setup.main, "lores": self._setup.small})
        # A driver that never fills its buffers to the end is believed to count otherwise, not to be damaged for ever.
        self._whole_seen = self._whole_seen or not lack
        if lack and self._whole_seen:
            self._damage.note(f"the driver filled {lack}")
            return None
        return Frame(
            camera=self._settings.id,
            index=index,
            taken_s=taken_s,
            taken_at=self._clock.now() - timedelta(seconds=now_s - taken_s),
            luma=held.copied("lores", self._setup.small.luma),
            picture=partial(self._picture, held),
            trouble=self._light.trouble(),
        )

    def _start_anew(self, session: Session) -> None:
        log.warning("camera is silent, its stream is started anew camera=%s", self._settings.id)
        session.restart()
        self._heard_s = self._clock.monotonic()
        self._index.begin_anew()

    def _picture(self, held: Held) -> Picture:
        """Copy the picture of the *held* request. Raises CameraError: it has passed, or cannot be reached."""
        try:
            return held.copied("main", self._setup.main.picture)
        except CameraError as error:
            raise self._named(str(error)) from error
        except LIBRARY_ERRORS as error:
            raise self._named(explain(error, raspberry.circumstances())) from error

    def _library(self, pi: raspberry.Machine, miseries: Sequence[str]) -> Library:
        """Return the camera library. Raises CameraError; where there is no Pi, that is the reason."""
        try:
            return Library()
        except CameraError as error:
            raise error if pi.is_pi else CameraError(miseries[0]) from error

    def _tell_stack(self, library: Library, pi: raspberry.Machine) -> None:
        log.info(
            "camera stack camera=%s machine=%r kernel=%s %s encoder=%s",
            self._settings.id,
            pi.model,
            pi.kernel,
            " ".join(f"{name}={version}" for name, version in library.versions().items()),
            "hardware" if library.encodes_in_hardware else "software",
        )

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()

    def _named(self, text: str) -> CameraError:
        return CameraError(f"camera {self._settings.label}: {text}")
