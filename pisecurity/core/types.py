"""The values that flow: Frame -> MotionResult -> Track -> Event -> Alert. Each is frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
"""A (height, width) uint8 picture plane."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in shares of the picture: 0 to 1 from the left and from the top.

    Shares, because the same box is drawn on the low-resolution plane, the full picture and the page.
    """

    x: float
    y: float
    w: float
    h: float

    @property
    def area(self) -> float:
        """Share of the picture covered, 0 to 1."""
        return self.w * self.h

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return ``(x, y, w, h)`` in whole pixels of a *width* x *height* picture, inside it and at least 1x1."""
        left = min(max(round(self.x * width), 0), width - 1)
        top = min(max(round(self.y * height), 0), height - 1)
        right = min(max(round((self.x + self.w) * width), left + 1), width)
        bottom = min(max(round((self.y + self.h) * height), top + 1), height)
        return left, top, right - left, bottom - top


@dataclass(frozen=True, slots=True)
class Picture:
    """A full-resolution copy of a frame as YUV 4:2:0 planes; safe to keep.

    Kept as YUV because every source delivers it and JPEG is encoded straight from it.
    """

    y: Plane
    u: Plane
    """(ceil(H/2), ceil(W/2)); 128 everywhere for a grey source."""
    v: Plane

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels."""
        return self.y.shape[1], self.y.shape[0]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a camera. Valid until the next one is read: its buffers are then reused."""

    camera: str
    index: int
    """Counts up from 0; a gap is a dropped frame."""
    taken_s: float
    """Monotonic seconds: the only time used for durations."""
    taken_at: datetime
    """UTC wall time, for labels only."""
    luma: Plane
    """Low-resolution brightness, (H, W)."""
    picture: Callable[[], Picture]
    """Copies the full picture; call it only while the frame is valid."""
    trouble: str = ""
    """What of the camera does not do as it is told although pictures come, and the fix; empty when all does."""
    visible: Plane | None = None
    """Of the size of ``luma``: 255, and 0 where privacy zones are black; None: all is visible.

    Another object than that of the frame before means that other parts of the picture are hidden.
    """


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded video packet of a camera that delivers H.264, for the ring of the recorder."""

    data: bytes
    taken_s: float
    """Same monotonic clock as ``Frame.taken_s``."""
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A connected moving region of one frame."""

    box: Box
    area: float
    """Moving pixels as a share of the picture."""


@dataclass(frozen=True, slots=True)
class MotionResult:
    """What moved in one frame, before it is known whether it matters."""

    regions: tuple[Region, ...]
    """Largest first."""
    score: float
    """Moving share of the picture, 0 to 1."""
    unsettled: bool
    """The whole scene changed at once (light, shake): regions are followed but nothing new is confirmed."""


class Mode(StrEnum):
    """What the owner asked for. Values are Home Assistant's state names."""

    DISARMED = "disarmed"
    HOME = "armed_home"
    AWAY = "armed_away"
    NIGHT = "armed_night"


MODES: Mapping[str, Mode] = {"disarmed": Mode.DISARMED, "home": Mode.HOME, "away": Mode.AWAY, "night": Mode.NIGHT}
"""By their names in the settings."""
ARMED_MODES = frozenset({Mode.HOME, Mode.AWAY, Mode.NIGHT})


class TrackState(StrEnum):
    CANDIDATE = "candidate"
    """Seen, not yet confirmed."""
    CONFIRMED = "confirmed"
    """Persisted and travelled: counts as an alarm."""
    HOLDING = "holding"
    """Was confirmed, now stands still."""


@dataclass(frozen=True, slots=True)
class Track:
    """One thing followed over frames, as it is in the newest of them."""

    id: int
    box: Box
    state: TrackState
    first_s: float
    last_s: float
    travel: float
    """Net distance since it was first seen, in shares of the picture's diagonal."""
    score: float
    """How sure, 0 to 1."""
    zones: frozenset[str]
    """Names of the watch and entry zones its centre-bottom has touched."""
    reason: str
    """Why it has its state, with values and thresholds, in one short line."""
    modes: frozenset[Mode] = ARMED_MODES
    """In which it counts where it is now."""
    objection: str = ""
    """Which zone keeps it from counting in the other modes; empty when it counts in all."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A candidate that is over without having been an event, and why: a row of the ledger."""

    camera: str
    first_s: float
    last_s: float
    """Monotonic seconds at which it was first and last seen; of a stored row only their difference is known."""
    last_at: datetime
    """UTC, of when it was last seen."""
    box: Box
    """Its largest view."""
    score: float
    """How close it came to an event, 0 to 0.5; more than that counts. 0 where a zone does not let it count."""
    zones: frozenset[str]
    """Names of the watch and entry zones it was in."""
    reason: str
    """Which rule it did not fulfil, with value and threshold, in one short line."""
    left_out: int = 0
    """How many more of the same minute have no row of their own, because these came closer."""
    number: int = 0
    """Counts the stored rows, given by the store."""

    @property
    def first_at(self) -> datetime:
        """Return when it was first seen (UTC)."""
        return self.last_at - timedelta(seconds=self.lasted_s)

    @property
    def lasted_s(self) -> float:
        return self.last_s - self.first_s


class Phase(StrEnum):
    OPENED = "opened"
    IMPROVED = "improved"
    """A clearly better view of the same thing: a better picture is worth keeping."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Event:
    """Something moved through the scene and counts. Emitted when it opens, improves and ends."""

    camera: str
    number: int
    """Counts the events of one pipeline from 1; together with *camera* it ties the phases together."""
    phase: Phase
    opened_s: float
    opened_at: datetime
    last_s: float
    box: Box
    """The most telling box in the frame of this phase."""
    boxes: tuple[Box, ...]
    """All confirmed and holding boxes in that frame."""
    zones: frozenset[str]
    entry: frozenset[Mode]
    """Modes in which it was in an entry zone, which starts the entry delay instead of the alarm."""
    score: float
    reason: str
    id: str = ""
    """128 random bits as hex, given by ``runtime.watch``; the name of the event everywhere outside the core."""
    picture: Picture | None = None
    """Given by ``runtime.watch`` on opened and improved."""
    modes: frozenset[Mode] = ARMED_MODES
    """In which it counts where it is; ``core.alarm.rules`` knows the mode."""
    objection: str = ""
    """Which zone keeps it from counting in the other modes; empty when it counts in all."""


class Priority(IntEnum):
    """How much it matters that an alert arrives now."""

    INFO = 1
    """Good to know; quiet hours hold it back."""
    FAULT = 2
    """To be mended, or waited for by somebody: a test, an all-clear."""
    ALARM = 3
    TAMPER = 4
    """Somebody may be putting the alarm itself out of action."""
    DURESS = 5
    """Somebody was made to disarm."""


class AlertKind(StrEnum):
    ALARM = "alarm"
    ENTRY = "entry"
    """Somebody came in by an entry zone: first picture at once, alarm when the delay is over."""
    ALL_CLEAR = "all_clear"
    DURESS = "duress"
    TAMPER = "tamper"
    """A camera sees nothing any more while armed."""
    FAULT = "fault"
    RECOVERED = "recovered"
    SUMMARY = "summary"
    """Movements that the pause between two mails held back, once it is over."""
    DIGEST = "digest"
    """Alerts that could not leave for long, together in one mail."""
    TEST = "test"
    OUTAGE = "outage"
    """Nothing was watched for a while: after a power cut, or after the program ended by a fault."""
    DAILY = "daily"
    """The sign of life: what happened since the last one, and how the house is."""
    NIGHT = "night"
    """How well a camera sees in its first armed night."""
    DISARMED = "disarmed"

    @property
    def priority(self) -> Priority:
        return _PRIORITIES.get(self, Priority.FAULT)


_PRIORITIES: Mapping[AlertKind, Priority] = {
    AlertKind.ALARM: Priority.ALARM,
    AlertKind.ENTRY: Priority.ALARM,
    AlertKind.DURESS: Priority.DURESS,
    AlertKind.TAMPER: Priority.TAMPER,
    AlertKind.RECOVERED: Priority.INFO,
    AlertKind.SUMMARY: Priority.ALARM,
    AlertKind.DAILY: Priority.INFO,
    AlertKind.NIGHT: Priority.INFO,
    AlertKind.DISARMED: Priority.INFO,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say about an event; both outcomes are kept."""

    kind: AlertKind | None
    """None: no alert."""
    reason: str
    """Which rule decided, with its values, in one short line."""
    held: bool = False
    """Whether nothing but the pause between two mails kept it silent."""


@dataclass(frozen=True, slots=True)
class Held:
    """Events of one camera that the pause kept silent since the last mail about it."""

    count: int
    first_at: datetime
    newest: str
    """Id of the newest of them."""
    zones: frozenset[str]
    """Zones in which they were; the empty one where an event was in none."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something the owner must hear of; written to disk before anybody tries to send it."""

    id: str
    """128 random bits as hex."""
    kind: AlertKind
    at: datetime
    """When the thing happened (UTC), not when it was sent."""
    subject: str
    text: str
    event_id: str | None = None
    """Event whose annotated picture goes along."""
    thread: str | None = None
    """Alert id of the first mail of the same conversation."""
    shows: tuple[str, ...] = ()
    """Events whose annotated pictures go along, where that is not the one of ``event_id``."""


FIRST, BETTER = 1, 2
"""Steps of an alert: what leaves at once, and the better picture that follows in the same conversation."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One step of an alert as a channel hands it over."""

    alert: Alert
    step: int = FIRST
    pictures: tuple[bytes, ...] = ()
    """JPEG files, the most telling first."""
    happened_at: datetime | None = None
    """When it happened, where the clock was wrong as it did; None: as the alert says."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that reduces protection, shown until it is over."""

    key: str
    """What is at fault, stable over repetitions: ``camera:front``, ``mail``."""
    text: str
    """What, where and the fix in one line; never a secret."""
    since_at: datetime


class AlarmState(StrEnum):
    """What the alarm does now. Values are Home Assistant's state names."""

    DISARMED = "disarmed"
    ARMING = "arming"
    ARMED_HOME = "armed_home"
    ARMED_AWAY = "armed_away"
    ARMED_NIGHT = "armed_night"
    PENDING = "pending"
    TRIGGERED = "triggered"


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment that survives a restart of the daemon and is not moved by setting the clock."""

    boot_id: str
    """The kernel's random id of this boot; instants of different boots cannot be compared."""
    since_boot_s: float
    """CLOCK_BOOTTIME."""

    def seconds_since(self, earlier: Instant) -> float | None:
        """Return the seconds from *earlier* to self, or None when the machine was booted in between."""
        if self.boot_id != earlier.boot_id:
            return None
        return self.since_boot_s - earlier.since_boot_s

    def later(self, seconds: float) -> Instant:
        """Return the moment *seconds* after this one, of the same boot."""
        return Instant(self.boot_id, self.since_boot_s + seconds)


@dataclass(frozen=True, slots=True)
class Alarm:
    """The alarm as it is stored; what it does now is computed from it and the present instant."""

    mode: Mode
    by: str
    """Name of the person or thing that gave the order: ``Anna``, ``schedule``."""
    how: str
    """Way it came in: ``page``, ``cli``, ``schedule``, ``start``."""
    since: Instant
    since_at: datetime
    """UTC, for the label "since 08:12"."""
    pending_since: Instant | None = None
    triggered_since: Instant | None = None
    until: Instant | None = None
    """When the countdown of arming, pending or triggered ends; None when nothing counts down.

    Stored: a changed delay cannot move a countdown that runs, and after a reboot it tells arming from armed.
    """
    event_id: str | None = None
    """Event that made it pending or triggered."""
    sequence: int = 0
    """Counts stored transitions; a page uses it to see that something changed."""
    duress: str = ""
    """Who was made to disarm, or nobody. Nothing that is shown in the house tells of it."""


class Outcome(StrEnum):
    """What became of a mail for one recipient."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    """The server took responsibility for it."""
    LATER = "later"
    """Temporary refusal; tried again."""
    REFUSED = "refused"
    """Permanent refusal; shown, not tried again."""
    DIGESTED = "digested"
    """A digest that waits itself lists it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the server said about one recipient of one mail."""

    outcome: Outcome
    detail: str
    """The server's code and words, or why it was not reached."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert for one recipient over one channel: a row of the outbox."""

    id: int
    alert: Alert
    channel: str
    recipient: str
    attempts: int
    last_try: Instant | None
    outcome: Outcome
    detail: str
    accepted_at: datetime | None = None
    step: int = FIRST
    first_picture: str | None = None
    """BETTER: names the picture with which the first step was accepted, empty without one; None: it was not."""
    stored: Instant | None = None
    """When the alert was stored."""
    in_doubt: bool = False
    """Whether it may have arrived already, although nobody said so."""
    second: bool = False
    """Whether it is for a second contact, who is told only if nobody disarms."""
    digested: bool = False
    """Whether a digest was to tell of it."""

    @property
    def is_held_for_second(self) -> bool:
        """Whether it is for a second contact and waits whether somebody disarms."""
        return self.second and self.attempts == 0 and self.outcome is Outcome.WAITING


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as it is kept."""

    id: str
    camera: str
    opened_at: datetime
    ended_at: datetime | None
    box: Box
    zones: frozenset[str]
    score: float
    reason: str
    """Why it was seen as an event."""
    state: AlarmState
    """What the alarm did when it opened."""
    kind: AlertKind | None
    """Kind of the alert it became, None when the rules were silent."""
    why: str
    """Why there was an alert, or why not."""
    summed: bool | None = None
    """Whether a later mail has told of it, where the pause between two mails kept it silent; None where it did not."""
    deliveries: tuple[Delivery, ...] = ()

    @property
    def mails(self) -> tuple[Delivery, ...]:
        """The deliveries that count: neither a better picture that follows nor whom nobody has told yet."""
        return tuple(each for each in self.deliveries if each.step == FIRST and not each.is_held_for_second)
