"""How a picture lies in a camera buffer: row padding, formats, and the rubbish between the rows."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg

from tests.rigs.standin.sources import Plane, Planes

YUV_PLANAR = ("YUV420", "YVU420")
BYTES_PER_PIXEL = {
    "NV12": 1,
    "YUYV": 2,
    "RGB888": 3,
    "BGR888": 3,
    "XBGR8888": 4,
    "XRGB8888": 4,
}
PACKED_RAW_BITS = {"10_CSI2P": 10, "12_CSI2P": 12}

# libcamera names the bytes from the highest address down, OpenCV from the lowest up.
FROM_I420 = {
    "RGB888": cv2.COLOR_YUV2BGR_I420,
    "BGR888": cv2.COLOR_YUV2RGB_I420,
    "XRGB8888": cv2.COLOR_YUV2BGRA_I420,
    "XBGR8888": cv2.COLOR_YUV2RGBA_I420,
}


def _padded(count: int, align: int) -> int:
    return -(-count // align) * align


def stride_and_size(format_: str, width: int, height: int, align: int, asked_stride: int = 0) -> tuple[int, int]:
    """Return the bytes of a row and of a frame.

    Args:
        align: bytes a row is padded to, 32 on VC4 and 64 on PiSP; twice that for the luma of planar YUV, whose
            chroma rows are half as long.
        asked_stride: a longer row the application asked for, or 0.

    Source: ``Picamera2.align_stream``.
    """
    if format_ in YUV_PLANAR:
        stride = max(asked_stride, _padded(width, 2 * align))
        return stride, stride * height * 3 // 2
    if format_ == "MJPEG":
        return 0, width * height * 2
    if format_ in BYTES_PER_PIXEL:
        stride = max(asked_stride, _padded(width * BYTES_PER_PIXEL[format_], align))
        return stride, stride * height * 3 // 2 if format_ == "NV12" else stride * height
    bits = next((bits for end, bits in PACKED_RAW_BITS.items() if format_.endswith(end)), 8 if "8" in format_ else 16)
    stride = max(asked_stride, _padded(width * bits // 8, align))
    return stride, stride * height


def rubbish(length: int) -> Plane:
    """Return what a fresh buffer holds."""
    return np.resize(np.random.default_rng(length).integers(1, 255, 4099, dtype=np.uint8), length)


def store(planes: Planes, buffer: Plane, format_: str, size: tuple[int, int], stride: int) -> int:
    """Write *planes* into the one-dimensional *buffer*, leaving the padding as it is; return the bytes used."""
    width, height = size
    if format_ in YUV_PLANAR:
        _store_planar(planes if format_ == "YUV420" else (planes[0], planes[2], planes[1]), buffer, size, stride)
    elif format_ == "NV12":
        rows = buffer[: stride * height * 3 // 2].reshape(-1, stride)
        rows[:height, :width] = planes[0]
        rows[height:, 0:width:2], rows[height:, 1:width:2] = planes[1:]
    elif format_ == "YUYV":
        rows = buffer[: stride * height].reshape(height, stride)
        rows[:, 0 : 2 * width : 2] = planes[0]
        for plane, first in zip(planes[1:], (1, 3), strict=True):
            rows[:, first : 2 * width : 4] = np.repeat(plane, 2, axis=0)
    elif format_ == "MJPEG":
        y, u, v = (np.ascontiguousarray(plane) for plane in planes)
        jpeg = simplejpeg.encode_jpeg_yuv_planes(y, u, v, 85)
        buffer[: len(jpeg)] = np.frombuffer(jpeg, np.uint8)
        return len(jpeg)
    elif format_ in FROM_I420:
        y, u, v = (np.ascontiguousarray(plane) for plane in planes)
        pixels = cv2.cvtColor(np.concatenate([y, u.reshape(-1, width), v.reshape(-1, width)]), FROM_I420[format_])
        rows = buffer[: stride * height].reshape(height, stride)
        rows[:, : pixels[0].size] = pixels.reshape(height, -1)
    return len(buffer)


def _store_planar(planes: Planes, buffer: Plane, size: tuple[int, int], stride: int) -> None:
    width, height = size
    start = 0
    for plane, part in zip(planes, (1, 2, 2), strict=True):
        row, rows = stride // part, height // part
        buffer[start : start + row * rows].reshape(rows, row)[:, : width // part] = plane
        start += row * rows
