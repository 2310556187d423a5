"""What the runtime needs of the outside world, as narrow as its callers. Adapters fulfil these."""

from pisecurity.ports.access import Approval, Code, Failures, HiddenEntry, Known, PeopleStore, Phone
from pisecurity.ports.keeping import (
    AlarmStore,
    Disk,
    EventQuery,
    EventStore,
    PictureKind,
    Pictures,
    SceneStore,
    ScheduleStore,
    Shelter,
    SilentCall,
    give_way,
)
from pisecurity.ports.seeing import Camera, CameraInfo, Count, JpegEncoder, MarkStore, NumberedFrames, PacketSink
from pisecurity.ports.sending import NOWHERE, Address, Channel, Mailbox, MailDoctor, Outbox, ReceivedMail
from pisecurity.ports.time import Clock

__all__ = [
    "NOWHERE",
    "Address",
    "AlarmStore",
    "Approval",
    "Camera",
    "CameraInfo",
    "Channel",
    "Clock",
    "Code",
    "Count",
    "Disk",
    "EventQuery",
    "EventStore",
    "Failures",
    "HiddenEntry",
    "JpegEncoder",
    "Known",
    "MailDoctor",
    "Mailbox",
    "MarkStore",
    "NumberedFrames",
    "Outbox",
    "PacketSink",
    "PeopleStore",
    "Phone",
    "PictureKind",
    "Pictures",
    "ReceivedMail",
    "SceneStore",
    "ScheduleStore",
    "Shelter",
    "SilentCall",
    "give_way",
]
