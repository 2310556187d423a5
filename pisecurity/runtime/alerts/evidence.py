"""The pictures of an event, kept as they were seen and with what moved marked."""

from __future__ import annotations

from datetime import timedelta

from pisecurity.core.types import Event
from pisecurity.ports import JpegEncoder, PictureKind, Pictures
from pisecurity.runtime.house import House

BEST_VIEW_S = 15.0
"""The better picture that follows waits so long after the opening for the best one, or for the end of the event."""


def save_pictures(event: Event, house: House, encoder: JpegEncoder, pictures: Pictures) -> None:
    """Store the annotated and the clean picture of *event*, if it has one. Raises StoreError."""
    if event.picture is None:
        return
    label = house.cameras.get(event.camera, event.camera)
    taken_at = event.opened_at + timedelta(seconds=event.last_s - event.opened_s)
    caption = f"{taken_at.astimezone(house.zone):%Y-%m-%d %H:%M:%S}  {label}"
    pictures.save(event.id, PictureKind.ANNOTATED, encoder.annotated(event.picture, event.boxes, caption))
    pictures.save(event.id, PictureKind.CLEAN, encoder.clean(event.picture))
