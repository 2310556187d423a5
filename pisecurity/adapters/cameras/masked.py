"""A camera behind its privacy zones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from pisecurity.core.types import Frame, Packet, Picture
from pisecurity.core.vision.privacy import PrivacyMask
from pisecurity.ports import Camera, CameraInfo, PacketSink
from pisecurity.settings import ZoneSettings


class MaskedCamera:
    """Any camera, its privacy zones black in every frame and picture.

    The one place through which all pictures pass on their way from a camera into the house: whatever watches, keeps,
    shows or sends them gets them black already. Encoded packets cannot be blackened, so there are none as long as
    there is a privacy zone.
    """

    def __init__(self, camera: Camera, zones: Sequence[ZoneSettings]) -> None:
        """*zones* are those of this camera, of any kind, in shares of the upright picture that it delivers."""
        self._camera, self._mask = camera, PrivacyMask(zones)

    def set_zones(self, zones: Sequence[ZoneSettings]) -> None:
        """Hide what *zones* say from the next frame on. Any thread."""
        wanted = PrivacyMask(zones)
        # With the same zones the mask stays the same object, which says that the scene has not changed.
        if wanted.outlines != self._mask.outlines:
            self._mask = wanted

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """As the camera does; without packets while there is a privacy zone."""
        return self._camera.open(None if packets is None or self._mask.outlines else _Gate(self, packets).take)

    def read(self, timeout_s: float) -> Frame | None:
        """As the camera does, with the zones black."""
        frame = self._camera.read(timeout_s)
        # Asked after the frame has come, which may take a while in which somebody draws a zone.
        if frame is None:
            return None
        mask = self._mask
        hidden = mask.hide(frame)
        return replace(hidden, picture=partial(self._picture, hidden.picture, mask))

    def _picture(self, picture: Callable[[], Picture], mask: PrivacyMask) -> Picture:
        """Return *picture*, hidden by *mask* already, and by the zones that were drawn since the frame came."""
        shown = picture()
        return shown if self._mask is mask else self._mask.hide_picture(shown)

    def close(self) -> None:
        """As the camera does."""
        self._camera.close()

    @property
    def hides(self) -> bool:
        """Whether there is a privacy zone."""
        return bool(self._mask.outlines)


class _Gate:
    """Lets packets pass while nothing is hidden, and afterwards from the next keyframe on: those before are lost."""

    def __init__(self, camera: MaskedCamera, sink: PacketSink) -> None:
        self._camera, self._sink = camera, sink
        self._whole = True

    def take(self, packet: Packet) -> None:
        if self._camera.hides:
            self._whole = False
        elif self._whole or packet.keyframe:
            self._whole = True
            self._sink(packet)
