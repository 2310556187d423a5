"""The Pi's hardware H.264 encoder ``/dev/video11`` as picamera2's V4L2Encoder drives it, with libx264 inside.

It is a memory-to-memory device: raw frames go in on the *output* queue as DMA buffers, H.264 comes out on the
*capture* queue in memory that the device maps. Each queue hands buffers in (QBUF) and back out (DQBUF).
"""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import videodev2 as v4l2

from tests.rigs.standin.steering import StandinEncoder

# PyAV is loaded with the first frame, so that a daemon that encodes nothing is measured without it.
if TYPE_CHECKING:
    import av

PATH = "/dev/video11"
CAPTURE_BYTES = 512 << 10
HARDWARE_I_PERIOD = 60

CONTROLS = {
    v4l2.V4L2_CID_MPEG_VIDEO_BITRATE: "bitrate",
    v4l2.V4L2_CID_MPEG_VIDEO_H264_I_PERIOD: "i_period",
    v4l2.V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER: "repeat_headers",
    v4l2.V4L2_CID_MPEG_VIDEO_H264_PROFILE: "profile",
    v4l2.V4L2_CID_MPEG_VIDEO_H264_LEVEL: "level",
    v4l2.V4L2_CID_MPEG_VIDEO_H264_MIN_QP: "min_qp",
    v4l2.V4L2_CID_MPEG_VIDEO_H264_MAX_QP: "max_qp",
}
PROFILES = {
    v4l2.V4L2_MPEG_VIDEO_H264_PROFILE_BASELINE: "baseline",
    v4l2.V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE: "baseline",
    v4l2.V4L2_MPEG_VIDEO_H264_PROFILE_MAIN: "main",
    v4l2.V4L2_MPEG_VIDEO_H264_PROFILE_HIGH: "high",
}
OUTPUT, CAPTURE = v4l2.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, v4l2.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A filled output buffer."""

    index: int
    fd: int
    length: int
    timestamp_us: int


@dataclass(frozen=True, slots=True)
class Coded:
    """A filled capture buffer."""

    index: int
    length: int
    timestamp_us: int
    is_key: bool


class CodecFile:
    """The opened device. Its descriptor is the memory of the capture buffers, so that the real mmap works on it."""

    def __init__(self, steering: StandinEncoder) -> None:
        if not steering.present:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), PATH)
        self._steering = steering
        steering.settings, steering.opened = {}, steering.opened + 1
        self._fd = os.memfd_create("standin-codec")
        self._memory: mmap.mmap | None = None
        self._stride = 0
        self._coder: av.VideoCodecContext | None = None
        self._force_key = False
        self._changed = threading.Condition()
        self._waiting: deque[RawFrame] = deque()
        self._consumed: deque[int] = deque()
        self._empty: deque[int] = deque()
        self._coded: deque[Coded] = deque()
        self._streaming = False
        self._thread: threading.Thread | None = None
        self.closed = False
        self._answers: dict[int, Callable[[Any], None]] = {
            v4l2.VIDIOC_QUERYCAP: lambda _: None,
            v4l2.VIDIOC_S_CTRL: self._set_control,
            v4l2.VIDIOC_S_EXT_CTRLS: self._set_controls,
            v4l2.VIDIOC_S_FMT: self._set_format,
            v4l2.VIDIOC_S_PARM: lambda _: None,
            v4l2.VIDIOC_REQBUFS: self._make_buffers,
            v4l2.VIDIOC_QUERYBUF: self._describe_buffer,
            v4l2.VIDIOC_QBUF: self._queue,
            v4l2.VIDIOC_DQBUF: self._dequeue,
            v4l2.VIDIOC_STREAMON: self._start,
            v4l2.VIDIOC_STREAMOFF: lambda _: self.halt(),
        }

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        if not self.closed:
            self.halt()
            self.closed = True
            self._steering.opened -= 1
            os.close(self._fd)

    def ioctl(self, request: int, argument: Any) -> int:
        """Answer one request of the driver interface; structures are changed in place."""
        try:
            answer = self._answers[request]
        except KeyError:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY)) from None
        answer(argument)
        return 0

    def poll(self, timeout_ms: int) -> int:
        """Wait until a buffer can be taken back, and return which: POLLIN (H.264), POLLOUT (a raw frame), both or 0."""
        with self._changed:
            self._changed.wait_for(lambda: self._coded or self._consumed, timeout_ms / 1000)
            return (POLLIN if self._coded else 0) | (POLLOUT if self._consumed else 0)

    def halt(self) -> None:
        """Stop encoding."""
        with self._changed:
            self._streaming = False
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _set_control(self, control: Any) -> None:
        if control.id == v4l2.V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME:
            self._force_key = True
        elif control.id in CONTROLS:
            self._steering.settings[CONTROLS[control.id]] = control.value
        else:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def _set_controls(self, controls: Any) -> None:
        for number in range(controls.count):
            self._set_control(controls.controls[number])

    def _set_format(self, format_: Any) -> None:
        pixels = format_.fmt.pix_mp
        known = {OUTPUT: v4l2.V4L2_PIX_FMT_YUV420, CAPTURE: v4l2.V4L2_PIX_FMT_H264}
        if pixels.pixelformat != known[format_.type]:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._steering.settings |= {"width": pixels.width, "height": pixels.height}
        if format_.type == OUTPUT:
            self._stride = pixels.plane_fmt[0].bytesperline

    def _make_buffers(self, asked: Any) -> None:
        if asked.type == CAPTURE and asked.count:
            os.ftruncate(self._fd, asked.count * CAPTURE_BYTES)
            self._memory = mmap.mmap(self._fd, asked.count * CAPTURE_BYTES)

    def _describe_buffer(self, buffer: Any) -> None:
        plane = buffer.m.planes[0]
        plane.length, plane.m.mem_offset = CAPTURE_BYTES, buffer.index * CAPTURE_BYTES

    def _queue(self, buffer: Any) -> None:
        with self._changed:
            if buffer.type == CAPTURE:
                self._empty.append(buffer.index)
            else:
                plane = buffer.m.planes[0]
                timestamp_us = buffer.timestamp.tv_sec * 1_000_000 + buffer.timestamp.tv_usec
                self._waiting.append(RawFrame(buffer.index, plane.m.fd, plane.bytesused, timestamp_us))
            self._changed.notify_all()

    def _dequeue(self, buffer: Any) -> None:
        with self._changed:
            if buffer.type == OUTPUT and self._consumed:
                buffer.index = self._consumed.popleft()
            elif buffer.type == CAPTURE and self._coded:
                coded = self._coded.popleft()
                buffer.index = coded.index
                buffer.m.planes[0].bytesused, buffer.m.planes[0].length = coded.length, CAPTURE_BYTES
                buffer.timestamp.tv_sec, buffer.timestamp.tv_usec = divmod(coded.timestamp_us, 1_000_000)
                buffer.flags = v4l2.V4L2_BUF_FLAG_KEYFRAME if coded.is_key else 0
            else:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def _start(self, kind: Any) -> None:
        if kind.value == CAPTURE and self._thread is None:
            self._streaming = True
            self._coder = _coder(self._steering.settings)
            self._thread = threading.Thread(target=self._run, name="standin-codec", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (frame := self._next()) is not None:
            coded = self._encode(frame)
            with self._changed:
                self._consumed.append(frame.index)
                self._coded += coded
                self._steering.encoded += 1
                self._changed.notify_all()

    def _next(self) -> RawFrame | None:
        """Wait for a frame and room for its H.264; None when encoding has been stopped."""
        with self._changed:
            while self._streaming:
                if self._waiting and self._empty and not self._steering.hang:
                    return self._waiting.popleft()
                self._changed.wait(0.05)
        return None

    def _encode(self, raw: RawFrame) -> list[Coded]:
        frame = self._picture(raw)
        frame.pts, frame.time_base = raw.timestamp_us, Fraction(1, 1_000_000)
        if self._force_key:
            from av.video.frame import PictureType

            frame.pict_type, self._force_key = PictureType.I, False
        assert self._coder is not None and self._memory is not None
        coded = []
        for packet in self._coder.encode(frame):
            data = bytes(packet)
            with self._changed:
                index = self._empty.popleft()
            self._memory[index * CAPTURE_BYTES : index * CAPTURE_BYTES + len(data)] = data
            coded.append(Coded(index, len(data), raw.timestamp_us, packet.is_keyframe))
        return coded

    def _picture(self, raw: RawFrame) -> av.VideoFrame:
        import av

        settings = self._steering.settings
        width, height, stride = settings["width"], settings["height"], self._stride
        with mmap.mmap(raw.fd, raw.length, prot=mmap.PROT_READ) as memory:
            luma = np.frombuffer(memory, np.uint8, stride * height).reshape(height, stride)
            chroma = np.frombuffer(memory, np.uint8, stride * height // 2, stride * height).reshape(height, stride // 2)
            planes = np.concatenate([luma[:, :width].ravel(), chroma[:, : width // 2].ravel()])
            del luma, chroma
        return av.VideoFrame.from_ndarray(planes.reshape(height * 3 // 2, width), "yuv420p")


def _coder(settings: dict[str, int]) -> av.VideoCodecContext:
    """Return an encoder that answers each frame at once with Annex B, its headers repeated before each key frame."""
    import av

    coder = av.CodecContext.create("libx264", "w")
    assert isinstance(coder, av.VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt = settings["width"], settings["height"], "yuv420p"
    coder.time_base = Fraction(1, 1_000_000)
    coder.framerate = Fraction(30)
    coder.gop_size = settings.get("i_period", HARDWARE_I_PERIOD)
    coder.thread_count = 1
    if "bitrate" in settings:
        coder.bit_rate = settings["bitrate"]
    if "min_qp" in settings:
        coder.qmin, coder.qmax = settings["min_qp"], settings["max_qp"]
    coder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": PROFILES.get(settings.get("profile", -1), "high"),
        "x264-params": "scenecut=0:repeat-headers=1",
    }
    return coder


POLLIN, POLLOUT = 1, 4


class Poll:
    """``select.poll`` for the one device."""

    def __init__(self) -> None:
        self._files: list[CodecFile] = []

    def register(self, file: CodecFile, events: int) -> None:
        self._files.append(file)

    def poll(self, timeout_ms: int) -> list[tuple[int, int]]:
        (file,) = self._files
        events = file.poll(timeout_ms)
        return [(file.fileno(), events)] if events else []
