"""The planes of a camera buffer, whose rows may be padded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras import planes
from pisecurity.core.types import Picture, Plane

Buffer = NDArray[np.uint8]
"""(bytes,) uint8: all planes of a stream, one after the other."""
YUV420, NV12 = "YUV420", "NV12"
FORMATS = (YUV420, NV12)


class Layout:
    """Where the planes lie in a buffer, as the camera was really configured."""

    def __init__(self, stream: Mapping[str, Any], *, limited: bool) -> None:
        """
        Args:
            stream: what picamera2 says of the stream after its configuration: format, size, stride, framesize.
            limited: whether brightness has the range of video, 16 to 235.
        """
        self.format = str(stream["format"])
        self.width, self.height = stream["size"]
        self.stride, self.framesize = int(stream["stride"]), int(stream["framesize"])
        self.limited = limited
        self.least_bytes = self.stride * (self.height + (self.height + 1) // 2)

    def luma(self, buffer: Buffer) -> Plane:
        """Copy the brightness, (H, W), out of *buffer*; the padding of its rows stays behind."""
        return self._views(buffer)[0].copy()

    def planes(self, buffer: Buffer) -> tuple[Plane, Plane, Plane]:
        """Copy Y, U and V out of *buffer* as they are."""
        y, u, v = self._views(buffer)
        return y.copy(), u.copy(), v.copy()

    def picture(self, buffer: Buffer) -> Picture:
        """Copy the picture out of *buffer* in full range."""
        return planes.copied(*self._views(buffer), limited=self.limited)

    def _views(self, buffer: Buffer) -> tuple[Plane, Plane, Plane]:
        below, half = self.stride * self.height, (self.height + 1) // 2
        y = buffer[:below].reshape(self.height, self.stride)[:, : self.width]
        if self.format == NV12:
            pairs = buffer[below : below + self.stride * half].reshape(half, self.stride)[:, : self.width]
            return y, pairs[:, 0::2], pairs[:, 1::2]
        # The rows of the colour planes have half the stride; the two planes together are as long as half of Y.
        colours = buffer[below : below + self.stride * half].reshape(2, half, self.stride // 2)
        return y, colours[0, :, : (self.width + 1) // 2], colours[1, :, : (self.width + 1) // 2]
