"""One video device of the kernel: what it offers, and its filled buffers. Every call returns at once or has a limit."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import math
import mmap
import os
import select
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from stat import S_ISCHR
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.v4l2 import api
from pisecurity.adapters.cameras.v4l2.choice import FORMATS, Choice, Offer, Wanted, fitted

LONGEST_LIST = 256
"""A driver that never ends its list is cut off."""
NONE_LEFT = frozenset({errno.EINVAL, errno.ENOTTY})
"""What a driver says at the end of a list, and when it has no such list."""
GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESHUTDOWN})
"""What the kernel says of a device that was unplugged, or whose wire breaks off."""
BUFFERS = 4
"""One is read, three are filled meanwhile: at 10 frames a second a reader may be late by 0.3 s without a loss."""
LEAST_BUFFERS = 2
MAINS: Mapping[int, int] = {50: api.POWER_LINE_50HZ, 60: api.POWER_LINE_60HZ}
"""What a camera is told of the frequency of the mains, by that frequency."""


class NoCameraError(Exception):
    """What was opened is no camera, or none that can be used; the words say what it is instead."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Who a device is."""

    driver: str
    card: str
    """``HD Webcam: HD Webcam``"""
    bus: str
    """``usb-0000:01:00.0-1.2``: the port it is plugged into."""
    captures: bool
    """Whether it delivers pictures, unlike a node for metadata or an encoder."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pictures lie in a buffer, as the driver has set it."""

    format: str
    width: int
    height: int
    stride: int
    """Bytes from one row to the next; 0 for MJPG."""
    limited: bool
    """Whether brightness has the range of video, 16 to 235."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A buffer with a picture; it belongs to the reader until it is given back."""

    number: int
    data: NDArray[np.uint8]
    """(bytes used,), a view of the memory that the driver fills."""
    sequence: int
    """Counts the frames of the camera, those included that were lost for want of a buffer."""
    stamp_s: float | None
    """CLOCK_MONOTONIC; None when the driver stamps otherwise."""
    damaged: bool = False


class Capture(Protocol):
    """What ``V4l2Camera`` needs of a device. Each method raises OSError as the kernel reports it.

    Those that set what a camera need not have raise it only when the camera is gone.
    """

    capability: Capability

    def offers(self, wanted: Wanted | None) -> tuple[Offer, ...]: ...

    def keep_rate_in_the_dark(self) -> bool | None:
        """Return whether it will; None when the camera has no such control."""
        ...

    def suit_mains(self, hz: int) -> bool:
        """Keep lamps on mains of *hz*, 50 or 60, from flickering in the pictures; return whether the camera obeys."""
        ...

    def configure(self, choice: Choice) -> tuple[Layout, Fraction | None]:
        """Set format, size and rate; return what came of it. The rate is None when the driver has none."""
        ...

    def start(self) -> int:
        """Let the camera fill buffers; return how many there are."""
        ...

    def wait(self, timeout_s: float) -> None:
        """Wait until a buffer is filled, at most *timeout_s*."""
        ...

    def take(self) -> Filled | None:
        """Return the oldest filled buffer, None when there is none."""
        ...

    def give_back(self, filled: Filled) -> None: ...

    def close(self) -> None:
        """Stop and release everything; never raises."""
        ...


def is_video_device(path: Path) -> bool:
    """Return whether a driver of the kernel's video interface is behind *path*. Raises OSError: it is not there."""
    status = path.stat()
    return S_ISCHR(status.st_mode) and os.major(status.st_rdev) == api.MAJOR


class Device:
    """A video device by its path. Fulfils ``Capture``."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises OSError, NoCameraError."""
        self._maps: list[mmap.mmap] = []
        self._views: list[NDArray[np.uint8]] = []
        # Only a video device is opened at all: opening /dev/watchdog would start it.
        if not is_video_device(path):
            raise NoCameraError("is no video device")
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        with ExitStack() as undo:
            undo.callback(os.close, self._fd)
            self.capability = self._capability()
            undo.pop_all()

    def offers(self, wanted: Wanted | None) -> tuple[Offer, ...]:
        """Return what it offers in formats that can be read.

        Args:
            wanted: of a range of sizes or rates the nearest to this one is offered; None gives both ends.
        """
        return tuple(
            Offer(each, width, height, tuple(sorted(set(self._rates(each, width, height, wanted)))))
            for each in self._formats()
            if each in FORMATS
            for width, height in dict.fromkeys(self._sizes(each, wanted))
        )

    def keep_rate_in_the_dark(self) -> bool | None:
        """Forbid the camera to send fewer frames in the dark; return whether it obeys, None without such a control."""
        return self._control(api.CID_EXPOSURE_DYNAMIC_FRAMERATE, 0)

    def suit_mains(self, hz: int) -> bool:
        """Tell the camera the frequency of the mains; return whether it obeys. Raises OSError: it is gone."""
        return bool(self._control(api.CID_POWER_LINE_FREQUENCY, MAINS[hz]))

    def configure(self, choice: Choice) -> tuple[Layout, Fraction | None]:
        """Set format, size and rate; return what came of it. Raises OSError."""
        told = api.Format(type=api.BUF_TYPE_VIDEO_CAPTURE)
        pixels = told.fmt.pix
        pixels.width, pixels.height = choice.offer.size
        pixels.pixelformat, pixels.field = api.fourcc(choice.offer.format), api.FIELD_NONE
        self._ask(api.S_FMT, told)
        return _layout(told.fmt.pix), self._set_rate(choice.rate)

    def start(self) -> int:
        """Map buffers, hand them all to the driver and start; return their number. Raises OSError."""
        asked = api.BufferRequest(count=BUFFERS, type=api.BUF_TYPE_VIDEO_CAPTURE, memory=api.MEMORY_MMAP)
        self._ask(api.REQBUFS, asked)
        if asked.count < LEAST_BUFFERS:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        for number in range(asked.count):
            buffer = self._buffer(number)
            self._ask(api.QUERYBUF, buffer)
            mapped = mmap.mmap(self._fd, buffer.length, mmap.MAP_SHARED, offset=buffer.m.offset)
            self._maps.append(mapped)
            self._views.append(np.frombuffer(mapped, np.uint8))
            self._ask(api.QBUF, buffer)
        self._ask(api.STREAMON, ctypes.c_int(api.BUF_TYPE_VIDEO_CAPTURE))
        return len(self._maps)

    def wait(self, timeout_s: float) -> None:
        """Wait until a buffer is filled, at most *timeout_s*. Raises OSError when the device is gone."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        for _, events in poll.poll(max(0, math.ceil(timeout_s * 1000))):
            if events & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                raise self._broken()

    def take(self) -> Filled | None:
        """Return the oldest filled buffer, None when there is none. Raises OSError when the device is gone."""
        buffer = self._buffer(0)
        try:
            self._ask(api.DQBUF, buffer)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._broken() if error.errno == errno.EIO else error from error
        view = self._views[buffer.index]
        monotonic = buffer.flags & api.BUF_FLAG_TIMESTAMP_MASK == api.BUF_FLAG_TIMESTAMP_MONOTONIC
        stamp = buffer.timestamp
        return Filled(
            number=buffer.index,
            data=view[: min(buffer.bytesused, view.size)],
            sequence=buffer.sequence,
            stamp_s=stamp.tv_sec + stamp.tv_usec / 1e6 if monotonic else None,
            damaged=bool(buffer.flags & api.BUF_FLAG_ERROR),
        )

    def give_back(self, filled: Filled) -> None:
        """Hand a buffer to the driver to be filled anew. Raises OSError."""
        self._ask(api.QBUF, self._buffer(filled.number))

    def close(self) -> None:
        """Stop and release everything; never raises."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        maps, self._maps, self._views = self._maps, [], []
        if maps:
            with suppress(OSError):
                fcntl.ioctl(fd, api.STREAMOFF, ctypes.c_int(api.BUF_TYPE_VIDEO_CAPTURE))
            # Without buffers the device is free for others even if a mapping of it still stands.
            with suppress(OSError):
                none = api.BufferRequest(type=api.BUF_TYPE_VIDEO_CAPTURE, memory=api.MEMORY_MMAP)
                fcntl.ioctl(fd, api.REQBUFS, none)
        for mapped in maps:
            # The traceback of an error may still hold a view: then the mapping goes with it.
            with suppress(BufferError):
                mapped.close()
        with suppress(OSError):
            os.close(fd)

    def _ask(self, request: int, argument: ctypes.Structure | ctypes.c_int) -> None:
        """Put *request*; the kernel writes its answer into *argument*. Raises OSError."""
        fcntl.ioctl(self._fd, request, argument)

    def _capability(self) -> Capability:
        """Raises NoCameraError, OSError."""
        said = api.Capability()
        try:
            self._ask(api.QUERYCAP, said)
        except OSError as error:
            if error.errno in NONE_LEFT:
                raise NoCameraError("is no video device") from error
            raise
        own = said.device_caps if said.capabilities & api.CAP_DEVICE_CAPS else said.capabilities
        needed = api.CAP_VIDEO_CAPTURE | api.CAP_STREAMING
        driver, card, bus = (field.decode("utf-8", "replace") for field in (said.driver, said.card, said.bus_info))
        return Capability(driver, card, bus, captures=own & needed == needed)

    def _listed(self, request: int, argument: ctypes.Structure) -> Iterator[None]:
        """Fill *argument* with one entry of a list after the other."""
        for argument.index in range(LONGEST_LIST):
            try:
                self._ask(request, argument)
            except OSError as error:
                if error.errno in NONE_LEFT:
                    return
                raise
            yield

    def _formats(self) -> list[str]:
        described = api.FormatDescription(type=api.BUF_TYPE_VIDEO_CAPTURE)
        return [api.code(described.pixelformat) for _ in self._listed(api.ENUM_FMT, described)]

    def _sizes(self, code: str, wanted: Wanted | None) -> Iterator[tuple[int, int]]:
        entry = api.FrameSize(pixel_format=api.fourcc(code))
        listed = False
        for _ in self._listed(api.ENUM_FRAMESIZES, entry):
            listed = True
            if entry.type == api.DISCRETE:
                yield entry.discrete.width, entry.discrete.height
                continue
            yield from _of_range(entry.stepwise, wanted)
            return
        if not listed:
            yield (wanted.width, wanted.height) if wanted else self._size_now()

    def _size_now(self) -> tuple[int, int]:
        now = api.Format(type=api.BUF_TYPE_VIDEO_CAPTURE)
        self._ask(api.G_FMT, now)
        return now.fmt.pix.width, now.fmt.pix.height

    def _rates(self, code: str, width: int, height: int, wanted: Wanted | None) -> Iterator[Fraction]:
        entry = api.FrameInterval(pixel_format=api.fourcc(code), width=width, height=height)
        for _ in self._listed(api.ENUM_FRAMEINTERVALS, entry):
            if entry.type == api.DISCRETE:
                yield from _rate(entry.discrete)
                continue
            ends = [*_rate(entry.stepwise.max), *_rate(entry.stepwise.min)]
            yield from ends
            if wanted and ends and min(ends) < wanted.fps < max(ends):
                yield Fraction(wanted.fps).limit_denominator(1001)
            return

    def _set_rate(self, rate: Fraction | None) -> Fraction | None:
        """Ask for *rate*; return what the driver says it sends. A camera without this sends what it sends."""
        told = api.StreamParameters(type=api.BUF_TYPE_VIDEO_CAPTURE)
        capture = told.parm.capture
        try:
            self._ask(api.G_PARM, told)
            if rate is not None and capture.capability & api.CAP_TIMEPERFRAME:
                capture.timeperframe.numerator, capture.timeperframe.denominator = rate.denominator, rate.numerator
                self._ask(api.S_PARM, told)
        except OSError as error:
            if error.errno in GONE:
                raise
            return None
        return next(_rate(capture.timeperframe), None)

    def _control(self, control: int, value: int) -> bool | None:
        """Set *control*; return whether the camera obeys, None when it has no such control.

        Raises OSError only when the camera is gone: none is kept from opening by something it can do without.
        """
        known = api.ControlDescription(id=control)
        if not self._done(api.QUERYCTRL, known) or known.flags & api.CTRL_FLAG_DISABLED:
            return None
        return self._done(api.S_CTRL, api.Control(id=control, value=value))

    def _done(self, request: int, argument: ctypes.Structure) -> bool:
        """Put *request*; return whether the camera did it. Raises OSError: it is gone."""
        try:
            self._ask(request, argument)
        except OSError as error:
            # A webcam also says EIO of a single control that it does not like.
            met = self._broken() if error.errno == errno.EIO else error
            if met.errno in GONE and met.errno != errno.EIO:
                raise met from error
            return False
        return True

    def _buffer(self, number: int) -> api.Buffer:
        return api.Buffer(index=number, type=api.BUF_TYPE_VIDEO_CAPTURE, memory=api.MEMORY_MMAP)

    def _broken(self) -> OSError:
        """Return whether the device is gone (ENODEV) or only its stream broke (EIO)."""
        try:
            self._ask(api.QUERYCAP, api.Capability())
        except OSError as error:
            return error
        return OSError(errno.EIO, os.strerror(errno.EIO))


def _rate(interval: api.Ratio) -> Iterator[Fraction]:
    """Yield the frames a second of an interval; a driver that does not know gives zeros."""
    if interval.numerator and interval.denominator:
        yield Fraction(interval.denominator, interval.numerator)


def _of_range(span: api.SizeRange, wanted: Wanted | None) -> Iterator[tuple[int, int]]:
    if wanted is None:
        yield span.min_width, span.min_height
        yield span.max_width, span.max_height
        return
    yield (
        fitted(wanted.width, span.min_width, span.max_width, span.step_width),
        fitted(wanted.height, span.min_height, span.max_height, span.step_height),
    )


def _layout(pixels: api.PixelFormat) -> Layout:
    """Return the layout in *pixels*.

    Source of the range: V4L2_MAP_QUANTIZATION_DEFAULT. Grey is left as it is, as most infrared cameras use all of it.
    """
    code = api.code(pixels.pixelformat)
    if pixels.quantization in (api.QUANTIZATION_FULL_RANGE, api.QUANTIZATION_LIM_RANGE):
        limited = pixels.quantization == api.QUANTIZATION_LIM_RANGE
    else:
        limited = pixels.colorspace != api.COLORSPACE_JPEG and code != "GREY"
    stride = 0 if code == "MJPG" else pixels.bytesperline
    return Layout(code, pixels.width, pixels.height, stride, limited and code != "MJPG")
