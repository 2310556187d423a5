"""What the runtime needs of the outside world, as narrow as its callers. Adapters fulfil these."""

from pisecurity.ports.keeping import (
    AlarmStore,
    Disk,
    EventQuery,
    EventStore,
    PictureKind,
    Pictures,
    SceneStore,
    Shelter,
)
from pisecurity.ports.seeing import Camera, CameraInfo, Count, JpegEncoder, MarkStore, NumberedFrames, PacketSink
from pisecurity.ports.sending import Address, Channel, Mailbox, MailDoctor, Outbox, ReceivedMail
from pisecurity.ports.time import Clock

__all__ = [
    "Address",
    "AlarmStore",
    "Camera",
    "CameraInfo",
    "Channel",
    "Clock",
    "Count",
    "Disk",
    "EventQuery",
    "EventStore",
    "JpegEncoder",
    "MailDoctor",
    "Mailbox",
    "MarkStore",
    "NumberedFrames",
    "Outbox",
    "PacketSink",
    "PictureKind",
    "Pictures",
    "ReceivedMail",
    "SceneStore",
    "Shelter",
]
