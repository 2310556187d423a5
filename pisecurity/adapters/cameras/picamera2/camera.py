"""The Pi's own camera as a source of frames."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from pisecurity.adapters import machine
from pisecurity.adapters.cameras.damage import Damage
from pisecurity.adapters.cameras.picamera2.configure import configure, tuning
from pisecurity.adapters.cameras.picamera2.encode import Encoding
from pisecurity.adapters.cameras.picamera2.held import Held
from pisecurity.adapters.cameras.picamera2.library import Library, choose
from pisecurity.adapters.cameras.picamera2.light import Lens, Light
from pisecurity.adapters.cameras.picamera2.session import Session
from pisecurity.adapters.cameras.picamera2.trouble import explain
from pisecurity.adapters.cameras.timing import Stamps
from pisecurity.adapters.gpio import OutputLine
from pisecurity.core.types import Frame
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
        self._first: int | None = None
        self._encoding: Encoding | None = None
        self._lens = Lens(settings.focus_m)
        self._light = Light(settings, OutputLine(settings.ir_cut_gpio) if settings.ir_cut == "switched" else None)
        self._damage = Damage(settings.id, clock)
        self._worked = False
        self._opened_in_vain = 0

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Open, configure and start the camera. Raises CameraError, saying what to do."""
        self.close()
        if self._worked and self._opened_in_vain >= IN_VAIN:
            raise CameraError(
                f"camera {self._settings.id}: it worked before and does not come back; trying with a new process",
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
            raise self._named(explain(error, machine.circumstances())) from error

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame, or None when none came within *timeout_s*.

        Raises:
            CameraError: the camera is not open, or its library broke.
        """
        session = self._session
        if session is None:
            raise CameraError(f"camera {self._settings.id} is closed; open it before reading")
        self._release()
        try:
            return self._newest(session, self._clock.monotonic() + timeout_s)
        except CameraError as error:
            raise self._named(str(error)) from error
        except LIBRARY_ERRORS as error:
            raise self._named(explain(error, machine.circumstances())) from error

    def close(self) -> None:
        """Stop the camera and give everything back."""
        self._release()
        encoding, self._encoding = self._encoding, None
        if encoding is not None:
            encoding.stop()
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _open(self, packets: PacketSink | None) -> CameraInfo:
        library = Library()
        found = choose(library.cameras(), self._settings.device, machine.miseries(machine.read_machine()))
        tuned, pale = tuning(library, found, self._settings)
        session = self._session = Session(library, found.number, tuned)
        setup = self._setup = configure(library, session, self._settings, found, encoding=packets is not None)
        session.set(self._light.start(session.controls) | self._lens.start(session.controls))
        if packets is not None:
            self._encoding = Encoding(library, session, setup, packets, self._clock)
        self._stamps = Stamps()
        self._index, self._joint, self._first = -1, 0, None
        session.start()
        self._heard_s = self._clock.monotonic()
        remarks = (*setup.remarks, pale, self._lens.remark(), self._light.remark())
        return CameraInfo(
            width=setup.main.width,
            height=setup.main.height,
            luma_width=setup.small.width,
            luma_height=setup.small.height,
            fps=setup.fps,
            description=setup.description,
            packets=packets is not None,
            least_fps=setup.least_fps,
            remarks=tuple(filter(None, remarks)),
        )

    def _newest(self, session: Session, until_s: float) -> Frame | None:
        """Return the newest whole frame that comes before *until_s*, and hold its request."""
        # A job left over from a read in vain was done with the frame that came right after that.
        left_over = session.waiting
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
        stamp_ns = metadata.get("SensorTimestamp")
        taken_s = self._stamps.at(None if stamp_ns is None else stamp_ns / 1e9, now_s)
        self._index = self._count(held.sequence)
        if not held.whole({"main": self._setup.main, "lores": self._setup.small}):
            self._damage.note("the driver filled only a part of it")
            return None
        return Frame(
            camera=self._settings.id,
            index=self._index,
            taken_s=taken_s,
            taken_at=self._clock.now() - timedelta(seconds=now_s - taken_s),
            luma=held.copied("lores", self._setup.small.luma),
            picture=partial(held.copied, "main", self._setup.main.picture),
        )

    def _count(self, sequence: int) -> int:
        """Return the index of the frame with the driver's number *sequence*, which begins anew with each start."""
        if self._first is None:
            self._first = sequence
        return max(self._joint + sequence - self._first, self._index + 1)

    def _start_anew(self, session: Session) -> None:
        log.warning("camera is silent, its stream is started anew camera=%s", self._settings.id)
        session.restart()
        self._heard_s = self._clock.monotonic()
        # What was missed meanwhile is unknown; that there is a gap is not.
        self._first, self._joint = None, self._index + 2

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()

    def _named(self, text: str) -> CameraError:
        return CameraError(f"camera {self._settings.id}: {text}")
