"""Makes the small recordings, good and bad, that the tests of the cameras read."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FRAMES = 20
FPS = 10


def grey_level(number: int) -> int:
    """Return the brightness that marks frame *number* of a written recording."""
    return 40 + 8 * (number % 25)


def painted(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return an RGB picture of one grey level, told apart from its neighbours after any codec."""
    return np.full((height, width, 3), grey_level(number), np.uint8)


def speckled(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return an RGB picture of noise, which makes frames of some kilobytes that can be damaged."""
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_video(
    path: Path,
    *,
    frames: int = FRAMES,
    fps: int = FPS,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    paint: object = painted,
    container: str | None = None,
    options: Mapping[str, str] | None = None,
    codec_options: Mapping[str, str] | None = None,
) -> Path:
    """Write a recording with *codec* and return *path*."""
    width, height = size
    assert callable(paint)
    with av.open(str(path), "w", container, options=dict(options or {})) as out:
        stream = out.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.options = dict(codec_options or {"bf": "0"})
        out.start_encoding()
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(paint(number, width, height), "rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def turn(path: Path, degrees: int) -> Path:
    """Have the written MP4 shown turned clockwise by 90, 180 or 270 degrees, as a phone does; return *path*.

    Source: ISO/IEC 14496-12, 8.3.2: the matrix of the track header, 16.16 fixed point.
    """
    one = 1 << 16
    cosine, sine = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees]
    plain, wanted = (struct.pack(">9i", a, b, 0, -b, a, 0, 0, 0, 1 << 30) for a, b in ((one, 0), (cosine, sine)))
    data = bytearray(path.read_bytes())
    at = data.index(plain, data.index(b"tkhd"))
    data[at : at + len(wanted)] = wanted
    path.write_bytes(data)
    return path


def y4m(frames: int = FRAMES, size: tuple[int, int] = (64, 48), header: str = "F10:1 C420jpeg") -> bytes:
    """Return a YUV4MPEG2 stream whose frames carry their number as in ``painted``."""
    width, height = size
    out = io.BytesIO()
    out.write(f"YUV4MPEG2 W{width} H{height} {header}\n".encode())
    chroma = b"" if "Cmono" in header else bytes([90]) * (2 * ((width + 1) // 2) * ((height + 1) // 2))
    for number in range(frames):
        out.write(b"FRAME\n" + bytes([grey_level(number)]) * (width * height) + chroma)
    return out.getvalue()
