"""YUV4MPEG2 from a pipe as a camera: raw frames without any codec."""

from __future__ import annotations

from datetime import timedelta
from typing import BinaryIO

import numpy as np

from pisecurity.adapters.cameras import planes
from pisecurity.adapters.cameras.timing import on_grid
from pisecurity.core.types import Frame, Picture, Plane
from pisecurity.core.vision.planes import SMALLEST
from pisecurity.errors import CameraError, EndOfStreamError
from pisecurity.ports import CameraInfo, Clock, PacketSink

MAGIC = b"YUV4MPEG2"
LINE_LIMIT = 1024
LARGEST = 16384
COLOURS = frozenset({"420", "420jpeg", "420mpeg2", "420paldv"})
HOW = "make it with: ffmpeg -i CLIP -f yuv4mpegpipe -pix_fmt yuv420p -"


class Y4mCamera:
    """Reads mono or 4:2:0 YUV4MPEG2; frame times come from the frame rate of its header alone.

    Source of the format: mjpegtools, yuv4mpeg(5).
    """

    def __init__(self, stream: BinaryIO, camera_id: str, clock: Clock) -> None:
        self._stream, self._id, self._clock = stream, camera_id, clock
        self._opened = False
        self._used = False

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Read the header. Raises CameraError."""
        if self._used:
            self._rewind()
        self._used = True
        self._read_header()
        self._buffer = bytearray(self._y_size + 2 * self._uv_size)
        self._count = 0
        self._start_s = on_grid(self._clock.monotonic())
        self._start_at = self._clock.now()
        self._opened = True
        colour = "4:2:0" if self._uv_size else "mono"
        what = f"yuv4mpeg2 {colour} {self._width}x{self._height}"
        size = (self._width, self._height)
        return CameraInfo(*size, *size, self._fps, what, packets=False)

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame, however long the writer of the pipe takes.

        Raises:
            EndOfStreamError: the stream is over, or ends inside a frame.
            CameraError: the stream is not YUV4MPEG2 any more, or the camera is not open.
        """
        if not self._opened:
            raise CameraError(f"camera {self._id} is closed; open it before reading")
        self._read_frame_line()
        view = memoryview(self._buffer)
        while view and (got := self._stream.readinto(view)):  # type: ignore[attr-defined]
            view = view[got:]
        if view:
            raise EndOfStreamError(
                f"camera {self._id}: the stream ended inside frame {self._count}, after {self._count} whole frames",
                whole=False,
            )
        seconds = on_grid(self._count / self._fps)
        self._count += 1
        y, _, _ = self._planes()
        return Frame(
            camera=self._id,
            index=self._count - 1,
            taken_s=self._start_s + seconds,
            taken_at=self._start_at + timedelta(seconds=seconds),
            luma=y,
            picture=self._picture,
        )

    def close(self) -> None:
        """Stop reading; the stream stays open, it belongs to the caller."""
        self._opened = False

    def _planes(self) -> tuple[Plane, Plane, Plane]:
        data = np.frombuffer(self._buffer, np.uint8)
        chroma = ((self._height + 1) // 2, (self._width + 1) // 2) if self._uv_size else (0, 0)
        u_end = self._y_size + self._uv_size
        y = data[: self._y_size].reshape(self._height, self._width)
        return y, data[self._y_size : u_end].reshape(chroma), data[u_end:].reshape(chroma)

    def _picture(self) -> Picture:
        y, u, v = self._planes()
        if not u.size:
            return planes.grey_picture(y, limited=self._limited)
        return planes.copied(y, u, v, limited=self._limited)

    def _rewind(self) -> None:
        if not self._stream.seekable():
            raise CameraError(f"camera {self._id}: a pipe can be read only once; start the command again")
        self._stream.seek(0)

    def _line(self) -> bytes:
        line = self._stream.readline(LINE_LIMIT)
        if line and not line.endswith(b"\n"):
            raise CameraError(f"camera {self._id}: not a YUV4MPEG2 stream, a line does not end; {HOW}")
        return line.rstrip(b"\n")

    def _read_frame_line(self) -> None:
        line = self._line()
        if not line:
            raise EndOfStreamError(f"camera {self._id}: the stream ended after {self._count} frames")
        if line.split(b" ", 1)[0] != b"FRAME":
            raise CameraError(
                f"camera {self._id}: no FRAME mark after {self._count} frames, the stream is damaged; {HOW}"
            )

    def _read_header(self) -> None:
        line = self._line()
        if not line:
            raise CameraError(f"camera {self._id}: the stream is empty; {HOW}")
        magic, *fields = line.split(b" ")
        if magic != MAGIC:
            raise CameraError(f"camera {self._id}: the stream does not begin with YUV4MPEG2; {HOW}")
        tags = {field[:1].decode("ascii", "replace"): field[1:].decode("ascii", "replace") for field in fields}
        self._width, self._height = self._size(tags, "W"), self._size(tags, "H")
        self._fps = self._rate(tags.get("F", ""))
        colour = tags.get("C", "420")
        if colour not in COLOURS and colour != "mono":
            raise CameraError(f"camera {self._id}: cannot read C{colour}, only mono and 8-bit 4:2:0; {HOW}")
        self._y_size = self._width * self._height
        self._uv_size = 0 if colour == "mono" else ((self._width + 1) // 2) * ((self._height + 1) // 2)
        self._limited = b"XCOLORRANGE=LIMITED" in fields

    def _size(self, tags: dict[str, str], tag: str) -> int:
        text = tags.get(tag, "")
        if not text.isdecimal() or not SMALLEST <= int(text) <= LARGEST:
            has = f"{tag}{text:.20}" if text else "none"
            raise CameraError(
                f"camera {self._id}: its YUV4MPEG2 header needs {tag} from {SMALLEST} to {LARGEST}, "
                f"such as {tag}640, and has {has}"
            )
        return int(text)

    def _rate(self, text: str) -> float:
        above, _, below = text.partition(":")
        if above.isdecimal() and below.isdecimal() and int(above) and int(below):
            return int(above) / int(below)
        raise CameraError(f"camera {self._id}: the YUV4MPEG2 header gives no frame rate; add one, such as F10:1")
