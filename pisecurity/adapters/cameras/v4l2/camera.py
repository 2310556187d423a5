"""A USB camera as a source of frames."""

from __future__ import annotations

import errno
import logging
from datetime import timedelta
from functools import partial
from pathlib import Path

from pisecurity.adapters.cameras.damage import Damage
from pisecurity.adapters.cameras.timing import Stamps
from pisecurity.adapters.cameras.v4l2 import find, trouble
from pisecurity.adapters.cameras.v4l2.choice import FORMATS, Choice, Wanted, choose
from pisecurity.adapters.cameras.v4l2.device import Capture, Device, Filled, Layout, NoCameraError
from pisecurity.adapters.cameras.v4l2.order import Order
from pisecurity.adapters.cameras.v4l2.pixels import Reader
from pisecurity.adapters.machine import raspberry
from pisecurity.core.types import Frame, Picture
from pisecurity.errors import CameraError
from pisecurity.ports import CameraInfo, Clock, PacketSink
from pisecurity.settings import CameraSettings

log = logging.getLogger(__name__)

TELLING = 3
"""With fewer buffers the driver is always out of them, which then says nothing about a reader being late."""


class V4l2Camera:
    """Frames of a webcam: a small plane for watching, the full picture on demand.

    The buffer of the newest frame is held until the next read, so nothing is copied but what is asked for; the other
    buffers are filled meanwhile. Frames are thinned to the rate of the settings when the camera sends more.
    """

    def __init__(
        self, settings: CameraSettings, clock: Clock, *, dev: Path = find.DEV, opener: find.Opener = Device
    ) -> None:
        """*dev*, *opener*: where the devices are and what opens one; tests have their own."""
        self._settings, self._clock = settings, clock
        self._dev, self._opener = dev, opener
        self._capture: Capture | None = None
        self._path, self._card = Path(settings.device or dev), ""
        self._held: Filled | None = None
        self._index = -1
        """Of the frame whose buffer is held."""
        self._damage = Damage(settings.id, clock)

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Find, configure and start the camera. Raises CameraError, saying what to do."""
        self.close()
        try:
            return self._open()
        except CameraError as error:
            self.close()
            raise self._named(str(error)) from error
        except NoCameraError as error:
            self.close()
            raise self._named(f"{self._path} {error}; {find.survey(self._dev, self._opener).fix}") from error
        except OSError as error:
            self.close()
            raise self._named(self._explained(error)) from error

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame, or None when none came within *timeout_s*.

        Raises:
            CameraError: the camera is not open, was unplugged, or broke off.
        """
        if self._capture is None:
            raise CameraError(f"camera {self._settings.label} is closed; open it before reading")
        try:
            return self._next(self._capture, self._clock.monotonic() + timeout_s)
        except OSError as error:
            raise self._named(self._explained(error)) from error

    def close(self) -> None:
        """Stop the camera and give everything back."""
        capture, self._capture, self._held = self._capture, None, None
        if capture is not None:
            capture.close()

    def _open(self) -> CameraInfo:
        """Raises CameraError, NoCameraError, OSError."""
        self._card = ""
        settings, remarks = self._settings, []
        if settings.device:
            self._path = Path(settings.device)
            remarks += self._unstable_name()
        else:
            self._path = find.only(find.survey(self._dev, self._opener)).name
        capture = self._capture = self._opener(self._path)
        self._card = find.clean(capture.capability.card)
        if not capture.capability.captures:
            raise NoCameraError(f"({self._card}) delivers no pictures")
        wanted = Wanted(settings.width, settings.height, settings.fps)
        choice = choose(capture.offers(wanted), wanted)
        if choice is None:
            raise NoCameraError(f"({self._card}) offers none of the formats {', '.join(FORMATS)}")
        steady = self._instruct(capture, remarks)
        layout, rate = capture.configure(choice)
        if layout.format not in FORMATS:
            raise NoCameraError(f"({self._card}) gives {layout.format} instead of {choice.offer.format}")
        self._begin(layout, None if rate is None else float(rate))
        self._buffers = capture.start()
        return self._info(choice, layout, None if rate is None else float(rate), steady, remarks)

    def _instruct(self, capture: Capture, remarks: list[str]) -> bool | None:
        """Set what a camera need not have, with remarks on it; return whether it keeps its rate. Raises OSError."""
        mains_hz = self._settings.mains_hz
        if mains_hz and not capture.suit_mains(mains_hz):
            remarks.append("it cannot be told the frequency of the mains")
        steady = capture.keep_rate_in_the_dark()
        if steady is False:
            remarks.append("it sends fewer pictures in the dark and cannot be told otherwise")
        return steady

    def _begin(self, layout: Layout, told_fps: float | None) -> None:
        self._reader = Reader(layout, turned=self._settings.rotation == 180)
        self._order = Order(self._settings.fps, told_fps)
        self._stamps = Stamps()

    def _info(
        self, choice: Choice, layout: Layout, told_fps: float | None, steady: bool | None, remarks: list[str]
    ) -> CameraInfo:
        settings = self._settings
        fps = settings.fps if told_fps is None else min(settings.fps, told_fps)
        if (layout.width, layout.height) != (settings.width, settings.height):
            remarks.append(f"it gives {layout.width}x{layout.height} instead of {settings.width}x{settings.height}")
        if fps < settings.fps * 0.98:
            remarks.append(f"it gives {fps:.3g} frames/s instead of {settings.fps:g}")
        luma_width, luma_height = self._reader.luma_size
        # Some list 1 or 2 frames/s: with those as the least, a camera that is far too slow would pass as well.
        least_fps = min(fps, max(fps / 2, float(min(choice.offer.rates, default=0))))
        return CameraInfo(
            width=layout.width,
            height=layout.height,
            luma_width=luma_width,
            luma_height=luma_height,
            fps=fps,
            description=f"USB camera {self._card}, {layout.format} {layout.width}x{layout.height}",
            packets=False,
            least_fps=None if steady else least_fps,
            live=True,
            remarks=tuple(remarks),
        )

    def _unstable_name(self) -> list[str]:
        """Return a remark on a name like /dev/video0, which the kernel gives in the order of plugging in."""
        stable = find.stable_names(self._dev).get(self._path.name, ())
        if self._path.parent != self._dev or not stable:
            return []
        return [f'{self._path} may be another camera after the next start; set device = "{stable[0]}"']

    def _next(self, capture: Capture, until_s: float) -> Frame | None:
        """Return the newest whole frame that comes before *until_s*, and hold its buffer. Raises OSError."""
        ready = self._drained(capture)
        # Out of buffers the driver could fill none: all of these are old, however new the newest of them is.
        late = self._buffers >= TELLING and len(ready) >= self._buffers - (self._held is not None)
        if self._held is not None:
            held, self._held = self._held, None
            capture.give_back(held)
        while True:
            chosen = self._chosen(capture, ready)
            if chosen is not None and late:
                self._order.loses()
                capture.give_back(chosen[0])
                chosen = None
            late = False
            frame = None if chosen is None else self._frame(capture, *chosen)
            left_s = until_s - self._clock.monotonic()
            if frame is not None or left_s <= 0:
                return frame
            capture.wait(left_s)
            ready = self._drained(capture)

    def _drained(self, capture: Capture) -> list[Filled]:
        """Return what is filled, oldest first; none is given back meanwhile, so there is an end to it."""
        ready: list[Filled] = []
        while (filled := capture.take()) is not None:
            ready.append(filled)
        return ready

    def _chosen(self, capture: Capture, ready: list[Filled]) -> tuple[Filled, float] | None:
        """Return the newest of *ready* that is to be handed on, and when it was taken; give back the others."""
        chosen: tuple[Filled, float] | None = None
        for filled in ready:
            if filled.damaged or not filled.data.size:
                self._damage.note("the driver says so")
                capture.give_back(filled)
                continue
            taken_s = self._stamps.at(filled.stamp_s, self._clock.monotonic())
            if not self._order.takes(filled.sequence, taken_s):
                capture.give_back(filled)
                continue
            if chosen is not None:
                self._order.loses()
                capture.give_back(chosen[0])
            chosen = filled, taken_s
        return chosen

    def _frame(self, capture: Capture, filled: Filled, taken_s: float) -> Frame | None:
        """Return the frame in *filled* and hold the buffer; None when it is damaged."""
        try:
            luma = self._reader.luma(filled.data)
        except ValueError as error:
            self._damage.note(str(error))
            self._order.loses()
            capture.give_back(filled)
            return None
        self._held, self._index = filled, self._order.number(taken_s)
        age_s = max(0.0, self._clock.monotonic() - taken_s)
        return Frame(
            camera=self._settings.id,
            index=self._index,
            taken_s=taken_s,
            taken_at=self._clock.now() - timedelta(seconds=age_s),
            luma=luma,
            # Not the buffer: a frame that outlives the camera would keep its memory, and the device busy.
            picture=partial(self._picture, self._index),
        )

    def _picture(self, index: int) -> Picture:
        """Copy the picture of the frame that was read last. Raises CameraError: it has passed, or is damaged."""
        if self._held is None or self._index != index:
            raise self._named("the picture of this frame has passed; copy it before the next one is read")
        try:
            return self._reader.picture(self._held.data)
        except ValueError as error:
            raise self._named(f"USB camera {self._card} sent a damaged picture ({error})") from error

    def _explained(self, error: OSError) -> str:
        lost = error.errno in (errno.ENOENT, errno.ENOTDIR)
        instead = find.survey(self._dev, self._opener).fix if lost else ""
        busy = error.errno == errno.EBUSY
        holder = ", ".join(raspberry.holders([str(self._path.resolve())])) if busy else ""
        return trouble.explain(error, self._path, self._card, instead, holder)

    def _named(self, text: str) -> CameraError:
        return CameraError(f"camera {self._settings.label}: {text}")
