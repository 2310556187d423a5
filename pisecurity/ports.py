"""What the runtime needs of the outside world, as narrow as its callers. Adapters fulfil these."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pisecurity.core.marks import Marks
from pisecurity.core.steps import MailStep
from pisecurity.core.types import (
    Alarm,
    AlarmState,
    Alert,
    AlertKind,
    Box,
    Decision,
    Delivery,
    Dismissed,
    Event,
    EventRecord,
    Frame,
    Held,
    Instant,
    Notification,
    Packet,
    Picture,
    Receipt,
)
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.core.vision.scale import People


class Clock(Protocol):
    """The only source of time and the only way to wait."""

    def monotonic(self) -> float:
        """Return monotonic seconds: for durations."""
        ...

    def now(self) -> datetime:
        """Return the UTC wall time: for labels and schedules. It may jump."""
        ...

    def synchronised(self) -> bool:
        """Return whether a time server is known to have set the wall clock since the boot; often nobody knows."""
        ...

    def instant(self) -> Instant:
        """Return the present moment as it can be stored and compared after a restart."""
        ...

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until *stop* is set or *seconds* passed; return whether it is set."""
        ...


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What an opened camera really delivers."""

    width: int
    """Of the full picture."""
    height: int
    luma_width: int
    """Of ``Frame.luma``; a live camera delivers a smaller plane for watching beside the picture."""
    luma_height: int
    fps: float
    """Frames a second that ``read`` will return."""
    description: str
    """For the owner: ``file garden.mp4, h264 640x480``."""
    packets: bool
    """Whether it delivers H.264 packets to the sink."""
    duration_s: float | None = None
    """Length of a recording as far as it is known; None for what has no end."""
    least_fps: float | None = None
    """Frames a second to which it may fall in the dark; None when it keeps ``fps``."""
    live: bool = False
    """Whether a sensor stands behind it, whose noise makes every picture new; a recording may repeat itself."""
    remarks: tuple[str, ...] = ()
    """What was asked for and cannot be had, each in one line; the camera works without."""


PacketSink = Callable[[Packet], None]
"""Called from any thread of the camera; must only enqueue."""


class Camera(Protocol):
    """One source of pictures, used by one thread.

    ``open`` -> ``read`` ... ``read`` -> ``close``; after ``close`` it may be opened again.
    """

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Start delivering. Raises CameraError, saying what to do."""
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame, or None when none came within *timeout_s*.

        A reader that was late gets the newest frame; those it missed are a gap in ``Frame.index``. The frame
        before becomes invalid: the buffer behind it goes back to a live camera, and ``picture`` raises CameraError.

        Raises EndOfStreamError at the end of a recording that does not loop, CameraError when the camera is lost.
        Damaged frames are left out and are a gap as well.
        """
        ...

    def close(self) -> None:
        """Stop within 1 s, in whatever state it is; may be called twice and on a camera that was never opened."""
        ...


class JpegEncoder(Protocol):
    """Pictures to JPEG files."""

    def clean(self, picture: Picture) -> bytes:
        """Return *picture* as JPEG."""
        ...

    def annotated(self, picture: Picture, boxes: Sequence[Box], caption: str) -> bytes:
        """Return *picture* as JPEG with *boxes* and one line of *caption* drawn in."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """How many frames of a recording can be shown."""

    frames: int
    expected: int
    """How many there will be as far as the file tells: at least ``frames``, and equal to it once ``whole``."""
    whole: bool
    """Whether the end of the recording was reached; otherwise there may be more."""
    trouble: str = ""
    """Why the recording breaks off, and what to do."""


class NumberedFrames(Protocol):
    """A recording whose frames are asked for by number, from 0. Safe to use from several threads."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels, as the recording has it; a phone's may be shown turned."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second in the mean."""
        ...

    def counted(self) -> Count: ...

    def count(self, stopped: Callable[[], bool]) -> None:
        """Count the frames up to the end, or until *stopped*; call again to go on."""
        ...

    def jpeg(self, number: int) -> bytes:
        """Return frame *number* at the size of a page.

        Raises:
            IndexError: it is not counted yet.
            CameraError: it can no longer be read.
        """
        ...

    def quick(self, number: int) -> int:
        """Return the last frame up to *number* that can be shown at once: who looks for a place waits for none."""
        ...

    def rest(self) -> None:
        """Give back what showing frames holds; the next one that is asked for opens the recording again."""
        ...


class MarkStore(Protocol):
    """Where the marks of one recording are kept."""

    def load(self) -> bool:
        """Read what is kept now; return whether somebody else has changed any of it since. Raises StoreError."""
        ...

    def save(self, marks: Marks, frames: int) -> None:
        """Keep *marks* of a recording of so many *frames*, all or nothing.

        Raises:
            StoreError: it cannot be written, or somebody else has changed it since it was loaded or saved here.
        """
        ...

    @property
    def marks(self) -> Marks:
        """Those loaded or saved last; none before."""
        ...

    @property
    def frames(self) -> int | None:
        """How many frames the recording has by what is kept; None where nothing is."""
        ...


class PictureKind(StrEnum):
    CLEAN = "clean"
    ANNOTATED = "annotated"


class Pictures(Protocol):
    """Event pictures on disk, whole or not at all."""

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        """Write or replace; on return it survives a power cut. Raises StoreError."""
        ...

    def load(self, event_id: str, kind: PictureKind) -> bytes | None:
        """Return the JPEG, or None when there is none."""
        ...


class SceneStore(Protocol):
    """What each camera has learned, over restarts."""

    def load(self, camera: str) -> tuple[LearnedScene, datetime] | None:
        """Return what was kept and when, UTC; None when there is none that can be used."""
        ...

    def save(self, camera: str, scene: LearnedScene, at: datetime) -> int:
        """Write or replace what was kept; return its bytes. Raises StoreError."""
        ...

    def delete(self, camera: str) -> None:
        """Remove the scene that was kept, if one is. Raises StoreError."""
        ...

    def load_people(self, camera: str) -> People | None:
        """Return who was measured; None when there is none that can be used."""
        ...

    def save_people(self, camera: str, people: People) -> None:
        """Write or replace who was measured. Raises StoreError."""
        ...

    def delete_people(self, camera: str) -> None:
        """Remove who was measured, if anybody is. Raises StoreError."""
        ...


class AlarmStore(Protocol):
    """The mode over restarts."""

    def load_alarm(self) -> Alarm | None:
        """Return what was stored last, or None on first start. Raises StoreError."""
        ...

    def save_alarm(self, alarm: Alarm, note: str) -> None:
        """Store *alarm* and, in the same transaction, an audit row saying *note*. Raises StoreError."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where an alert goes."""

    channel: str
    """``mail``"""
    recipient: str


class EventStore(Protocol):
    """Events and what was decided about them."""

    def add_event(
        self,
        event: Event,
        state: AlarmState,
        decision: Decision,
        alert: Alert | None,
        to: Sequence[Address],
        due: Instant | None = None,
    ) -> None:
        """Store event, decision, alert and one outbox row per address in one transaction. Raises StoreError.

        Args:
            due: when the rows are to be tried first; None is at once.
        """
        ...

    def improve_event(self, event: Event, due: Instant) -> None:
        """Replace box, zones and score of the stored event; nothing when it is not stored.

        If it has an alert, the better picture follows that as a second step, from *due* on.
        """
        ...

    def end_event(self, event_id: str, ended_at: datetime) -> None:
        """Note when it ended, and let the better picture leave; nothing when it is not stored."""
        ...

    def add_dismissed(self, rows: Sequence[Dismissed]) -> None:
        """Store what was no event, in one transaction; the oldest rows give way. Raises StoreError."""
        ...

    def end_open_events(self) -> int:
        """End the events that a kill or a power cut left open, each when it opened; return how many."""
        ...

    def add_alert(self, alert: Alert, to: Sequence[Address]) -> None:
        """Store an alert that was not stored with an event, with its outbox rows."""
        ...

    def add_fault_alert(self, key: str, alert: Alert, to: Sequence[Address]) -> None:
        """Store the alert that the fault *key* began or, if it is a RECOVERED one, is over; see ``told_faults``."""
        ...

    def told_faults(self) -> Mapping[str, str]:
        """Return the key of each fault that an alert was stored about and that is not over, and the alert's id."""
        ...

    def told_zones(self, camera: str) -> Mapping[str, Instant]:
        """Return when an alert about movement in each zone of *camera* was stored last; empty is the zone of none."""
        ...

    def held(self, camera: str) -> Held | None:
        """Return what the pause has kept silent since the last alert about *camera*; None when that is nothing."""
        ...

    def forget_held(self) -> None:
        """Let no mail tell any more of what the pause has kept silent: somebody disarmed."""
        ...


class EventQuery(Protocol):
    """What pages and commands read."""

    def events(self, limit: int, before: str | None = None) -> tuple[EventRecord, ...]:
        """Return up to *limit* events, newest first, older than the event *before*."""
        ...

    def event(self, event_id: str) -> EventRecord | None: ...

    def dismissed(self, limit: int, before: int | None = None) -> tuple[Dismissed, ...]:
        """Return up to *limit* rows of what was no event, newest first, older than the row of number *before*."""
        ...

    def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Return the newest outbox rows, newest first."""
        ...

    def waiting(self) -> int:
        """Return how many alerts have not reached a recipient yet, counted for each."""
        ...


class Outbox(Protocol):
    """Alerts on disk, waiting for their recipients."""

    def due(self, now: Instant, held: Collection[AlertKind] = ()) -> tuple[Delivery, ...]:
        """Return the rows to try now, oldest alert first; rows of an earlier boot are due at once.

        Second steps come last, and only where the first was accepted; what is of the kinds *held* does not come. Of
        many only the first ones; an alert's rows are not divided.
        """
        ...

    def newest_due(self, channel: str, now: Instant) -> tuple[Delivery, ...]:
        """Return the rows to try now of the channel's newest alert and, before them, of its newest urgent one.

        ``due`` may leave them out.
        """
        ...

    def hasten(self, delivery_ids: Collection[int]) -> None:
        """Make those of these rows that still wait due at once."""
        ...

    def backlog(self, channel: str, kinds: Collection[AlertKind]) -> tuple[Delivery, ...]:
        """Return the first rows of *kinds* that wait, are not in doubt and were never in a digest, due or not."""
        ...

    def doubt(self, delivery_ids: Collection[int]) -> None:
        """Note that these rows are about to be handed over: from now on, until ``record``, they may have arrived."""
        ...

    def digest(self, alert: Alert, to: Sequence[Address], listed: Collection[int]) -> None:
        """Store a digest, its rows, and that it tells of the *listed* rows, in one transaction.

        They are accepted together with it, and each waits again where it is refused.
        """
        ...

    def drop(self, delivery_ids: Collection[int]) -> None:
        """Remove those of these rows that still wait, because nobody needs them any more."""
        ...

    def record(
        self,
        delivery_id: int,
        receipt: Receipt,
        tried: Instant,
        at: datetime,
        next_try: Instant,
        picture: str = "",
        *,
        in_doubt: bool = False,
    ) -> None:
        """Store what became of a try, which picture went along, and whether it may have arrived unsaid."""
        ...

    def waiting(self) -> int:
        """Return how many alerts have not reached a recipient yet, counted for each."""
        ...


class Channel(Protocol):
    """A way to reach people, such as the owner's mail server. Safe to use from several threads."""

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        """Return the server's answer for each recipient; raise MailError when it gave none, or one for all of them.

        *deadline_s* bounds the whole conversation. What is sent twice must show as one: its id depends on alert and
        step alone.
        """
        ...

    def prove(self, deadline_s: float) -> str:
        """Log in without sending; return what was reached in words, or raise MailError."""
        ...


class MailDoctor(Protocol):
    """Tries the way to the owner's mail server."""

    def examine(self) -> Iterator[MailStep]:
        """Yield each step as soon as it is done, within a minute in all. Logs in once at most and sends nothing."""
        ...


class Disk(Protocol):
    """The disk under the state folder, and a reserve on it for the moment when it is full."""

    def free_bytes(self) -> int:
        """Return what is free for this user, the reserve not counted. Raises StoreError."""
        ...

    def reserve(self) -> bool:
        """Take the reserve, unless it is held; return whether it is."""
        ...

    def release(self) -> bool:
        """Give the reserve up, so that small writes succeed again; return whether there was one."""
        ...


class Shelter(Protocol):
    """A store that goes on in memory while the disk fails."""

    @property
    def in_memory(self) -> str:
        """Why it is there; empty while everything is on the disk."""
        ...

    @property
    def damaged(self) -> bool:
        """Whether it is there because what was on the disk is damaged, which ``settle`` mends."""
        ...

    def repaired(self) -> str:
        """Return what became of what was damaged, and where it is; empty when nothing was for a week."""
        ...

    def settle(self) -> str:
        """Go back to the disk where it takes everything again; return ``in_memory`` after that. Raises StoreError."""
        ...


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail in the embedded mailbox of the demo."""

    number: int
    """Counts up from 1."""
    received_at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    """The HTML part, its inline pictures replaced by the addresses ``picture/1`` ...; empty when there is none."""
    pictures: tuple[bytes, ...]
    """JPEG files, in the order in which they came."""
    conversation: str
    """Message-ID of the mail that began the conversation; that of this one where it answers none."""


class Mailbox(Protocol):
    """The embedded mailbox of the demo."""

    def mails(self) -> tuple[ReceivedMail, ...]:
        """Return the newest mails, newest first."""
        ...

    def mail(self, number: int) -> ReceivedMail | None: ...
