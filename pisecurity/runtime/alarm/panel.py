"""The one alarm of the house: every order and every event goes through here, one at a time."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pisecurity.core.alarm import states
from pisecurity.core.types import Alarm, AlarmState, Event, Instant, Mode, Phase
from pisecurity.errors import StoreError
from pisecurity.ports import AlarmStore, Clock, SilentCall, give_way
from pisecurity.runtime.worker import Beat
from pisecurity.settings import AlarmSettings

log = logging.getLogger(__name__)

SETTLED = frozenset({AlarmState.DISARMED, AlarmState.ARMED_HOME, AlarmState.ARMED_AWAY, AlarmState.ARMED_NIGHT})
"""States in which nothing counts down."""
SETTLE_EVERY_S = 0.5
MOST_OWED = 16
"""Calls that cannot be stored: more are not remembered; see ``give_way``."""
LOCK_TIMEOUT_S = 5.0
"""Longest wait for the order before this one; a worker that is silent for longer than 15 s counts as hung."""


@dataclass(frozen=True, slots=True)
class PanelStatus:
    """What the alarm does at one moment."""

    state: AlarmState
    mode: Mode
    by: str
    how: str
    since_at: datetime
    """When the mode was ordered (UTC)."""
    countdown_s: float | None
    """Arming: seconds to armed. Pending: seconds to the alarm. Otherwise None."""
    event_id: str | None
    """Event that made it pending or triggered."""
    sequence: int
    """Grows with every change."""
    since: Instant
    """When the mode was ordered, comparable with *at*."""
    armed_since: Instant
    """The same, but a mode that is ordered while somebody comes in or the alarm is raised begins nothing anew."""
    at: Instant
    """The moment this is true of."""
    duress: bool = False
    """Somebody was made to disarm. For nobody in the house to see: it is never shown, mailed there or logged."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A stored change; *before* and *after* are equal when a raised alarm was extended or changed its mode."""

    before: AlarmState
    alarm: Alarm
    after: AlarmState
    at: datetime
    """UTC wall time at which it happened."""
    event_id: str | None = None
    """Event it is about, also when the change ended it."""
    ordered: bool = False
    """Whether somebody ordered the mode, rather than time or an event made the change."""
    goes_on: bool = False
    """A raised alarm would have ended, and lasts its time anew because something that counts is still in view."""

    @property
    def begins_anew(self) -> bool:
        """Whether what is in view is to open another event: it counts now, or is to be told of, and before it was not.

        Who was silent while the entry delay ran is told of when it is over. What goes on all through an alarm is told
        of again as it lasts longer, as far as the pause between two mails lets it. After a duress code whoever is in
        view is pictured, and every disarming is alike.
        """
        raised = self.before is AlarmState.PENDING and self.after is AlarmState.TRIGGERED
        return raised or self.goes_on or self.after in SETTLED

    @property
    def raised(self) -> bool:
        """Whether the alarm is raised, or was: who is in view then is not coming home."""
        return AlarmState.TRIGGERED in (self.before, self.after)


MakeCall = Callable[[Alarm, Instant, datetime, str, bool], SilentCall | None]
"""Makes the call that is stored with an alarm as it is after a code has disarmed it: now, by whom, and whether they
were made to; otherwise what takes as much room, so that nothing but what is in it tells the one from the other."""


class Panel:
    """Decides under one lock, stores, and only then shows.

    The lock is held for the decision and its write, never while somebody is told, and reading does not take it:
    a page is answered while the disk is slow. Any thread may call any method; ``start`` comes first.
    """

    def __init__(
        self, store: AlarmStore, clock: Clock, settings: AlarmSettings, on_transition: Callable[[Transition], object]
    ) -> None:
        """*on_transition* is called for every stored change, in order, one at a time, outside the lock.

        It is called by whichever thread is telling already, so the call that made a change may return before
        its transition was told.
        """
        self._store, self._clock, self._settings, self._on_transition = store, clock, settings, on_transition
        self.call: MakeCall = lambda alarm, now, at, by, forced: None
        """What is stored with an alarm that was disarmed by a code: whatever happens next, help is called."""
        self._owed: deque[SilentCall] = deque()
        """Calls that could not be stored yet."""
        self._alarm: Alarm | None = None
        self._taken_up: Instant | None = None
        """A countdown of an earlier boot is answered as of then, also on a disk that takes nothing."""
        self.found_raised: Alarm | None = None
        """What ``start`` took up, where that was a raised alarm; time may have ended it since."""
        self._disarmed: Instant | None = None
        """Last disarming since the start: what opened before it is over."""
        self._lock = threading.Lock()
        self._moved: tuple[Instant, str] | None = None
        """When something that counts was last in view while the alarm was raised, and of which camera."""
        self._untold: deque[Transition] = deque()
        self._telling = threading.Lock()
        self._settling_fails = False

    def start(self) -> None:
        """Take up the stored alarm, or store a first one, disarmed. Raises StoreError."""
        with self._alone():
            stored = self._store.load_alarm()
            if stored is None:
                stored = states.first(self._clock.instant(), self._clock.now())
                self._store.save_alarm(stored, "first start: disarmed")
            self._alarm, self._taken_up = stored, self._clock.instant()
            self.found_raised = stored if states.state_of(stored) is AlarmState.TRIGGERED else None
            log.info("alarm taken up state=%s mode=%s by=%s", states.state_of(stored), stored.mode, stored.by)
        self.settle()

    def status(self) -> PanelStatus:
        """Return what the alarm does now, whether or not the disk knows it yet."""
        now = self._clock.instant()
        return _status(self._present(now), now)

    def alarm(self) -> Alarm:
        """Return the alarm as it is now, whether or not the disk knows it yet."""
        return self._present(self._clock.instant())

    def switch(
        self,
        mode: Mode,
        *,
        by: str,
        how: str,
        if_sequence: int | None = None,
        against: str = "",
        coded: bool = False,
        duress: bool = False,
    ) -> PanelStatus:
        """Carry out the order of *mode*; the mode it already has changes nothing.

        Args:
            by: who orders it, such as ``Anna`` or ``schedule``.
            how: the way it came in, such as ``page``.
            if_sequence: carry it out only while the alarm is still the one seen with this sequence.
            against: what was wrong and known, for the audit log: see ``readiness.on_record``; empty for nothing.
            coded: *by* gave a code, whichever: what disarms by the one for duress is stored as by any other.
            duress: *by* is being made to disarm.

        Raises:
            StoreError: it could not be stored; the alarm is as it was.
        """
        try:
            with self._alone():
                now = self._settle()
                before = self._kept
                if if_sequence in (None, before.sequence):
                    now_at = self._clock.now()
                    more = f", {against}" if against else ""
                    after = states.order(
                        before, mode, by=by, how=how, now=now, now_at=now_at, settings=self._settings, duress=duress
                    )
                    marks = mode is Mode.DISARMED and (coded or duress)
                    call = self.call(after, now, now_at, by, duress) if marks else None
                    if after.sequence == before.sequence:
                        if marks:
                            self._mark(after, now_at, call)
                    else:
                        why = f"ordered {mode} by {by} ({how}){more}"
                        try:
                            self._keep(after, now_at, why, ordered=True, call=call)
                        except StoreError:
                            self._owe(call, before)  # it stays as it was, and help is called all the same
                            raise
                return _status(self._kept, now)
        finally:
            self._tell()

    def record(self, what: str, *, by: str, how: str) -> None:
        """Keep on the audit log that *by* did *what*, by *how*; the alarm stays as it is. Raises StoreError."""
        with self._alone():
            self._store.save_alarm(self._kept, f"{what} by {by} ({how})", by, how)

    def notice(self, event: Event, opened: Instant | None = None) -> PanelStatus:
        """Let an opened *event* start the entry delay or raise the alarm; other phases change nothing.

        Args:
            opened: when it opened, None for now. The entry delay counts from then, and nothing changes when
                somebody has disarmed since.

        Raises:
            StoreError: it could not be stored; the alarm is as it was.
        """
        try:
            with self._alone():
                now = self._settle()
                if event.phase is Phase.OPENED and not self._disarmed_after(opened or now):
                    after = states.notice(
                        self._kept,
                        entry=self._kept.mode in event.entry,
                        event_id=event.id,
                        now=now,
                        settings=self._settings,
                        opened=opened,
                    )
                    ago_s = now.seconds_since(opened or now) or 0.0
                    at = self._clock.now() - timedelta(seconds=ago_s)
                    self._keep(after, at, f"event {event.id} of camera {event.camera}", event.camera, "event")
                return _status(self._present(now), now)  # its entry delay may be over already
        finally:
            self._tell()

    def moves(self, camera: str, modes: frozenset[Mode]) -> None:
        """Note that what *camera* has told of is still in view and counts in *modes*: a raised alarm lasts longer.

        Called with each such picture, so it is kept in memory and looked at when the alarm would end: a row for each
        would wear the card out.
        """
        now = self._clock.instant()
        alarm = self._present(now)
        if alarm.mode in modes and states.state_of(alarm) is AlarmState.TRIGGERED:
            self._moved = now, camera

    def settle(self) -> None:
        """Store the changes that time has made; what cannot be stored now is tried again the next time."""
        self._pay()
        if self._present(self._clock.instant()) is self._kept:
            return
        try:
            with self._alone():
                self._settle()
        except StoreError as error:
            if not self._settling_fails:
                log.warning("alarm change not stored, trying again reason=%s", error)
            self._settling_fails = True
        else:
            self._settling_fails = False
        self._tell()

    def apply(self, settings: AlarmSettings) -> None:
        """Use *settings* from now on; a countdown that runs keeps its end."""
        self.settle()
        self._settings = settings

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Settle twice a second until *stop* is set."""
        while not self._clock.wait(stop, SETTLE_EVERY_S):
            self.settle()
            beat()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock. Raises StoreError: the disk takes too long for whoever holds it."""
        if not self._lock.acquire(timeout=LOCK_TIMEOUT_S):
            raise StoreError(
                f"the alarm is as it was: the order before takes the disk longer than {LOCK_TIMEOUT_S:g} s; try again, "
                "and replace the SD card if it is worn out"
            )
        try:
            yield
        finally:
            self._lock.release()

    @property
    def _kept(self) -> Alarm:
        """What is stored."""
        if self._alarm is None:
            raise RuntimeError("Panel.start() comes first")
        return self._alarm

    def _present(self, now: Instant) -> Alarm:
        moved = self._moved
        return states.present(self._kept, now, self._settings, self._taken_up, moved[0] if moved else None)

    def _disarmed_after(self, moment: Instant) -> bool:
        return self._disarmed is not None and (self._disarmed.seconds_since(moment) or 0.0) > 0

    def _settle(self) -> Instant:
        """Store what has changed by itself and return the present instant; the lock is held."""
        now, now_at = self._clock.instant(), self._clock.now()
        moved, camera = self._moved or (None, "")
        for step in states.settle(self._kept, now, self._settings, self._taken_up, moved):
            at = now_at - timedelta(seconds=now.seconds_since(step.at) or 0.0)
            if step.given is states.Input.MOTION:
                self._keep(step.alarm, at, f"movement at camera {camera} goes on", camera, "event", goes_on=True)
            else:
                self._keep(step.alarm, at, "time", "pisecurity", "time")
        return now

    def _keep(
        self,
        alarm: Alarm,
        at: datetime,
        why: str,
        by: str = "",
        how: str = "",
        *,
        ordered: bool = False,
        goes_on: bool = False,
        call: SilentCall | None = None,
    ) -> None:
        """Store *alarm*, then show it; the lock is held. Nothing when it is what is kept already.

        *by*, *how*: who did it and how, where it is nobody's order.
        """
        if alarm is self._kept:
            return
        before, after = states.state_of(self._kept), states.state_of(alarm)
        event_id = alarm.event_id or self._kept.event_id
        self._store.save_alarm(alarm, f"{before} to {after}: {why}", by, how, call)
        self._alarm = alarm
        if after is AlarmState.DISARMED:
            self._disarmed = alarm.since
        self._untold.append(Transition(before, alarm, after, at, event_id, ordered, goes_on))
        log.info("alarm changed from=%s to=%s sequence=%d why=%r", before, after, alarm.sequence, why)

    def _mark(self, alarm: Alarm, at: datetime, call: SilentCall | None) -> None:
        """Store of *alarm* that a code was typed for what was done already, with the *call* for help of one for duress.

        Both take as long and neither is refused, so that none can be told from the other; a call is owed where nothing
        can be stored. The lock is held.
        """
        try:
            self._store.mark_alarm(alarm, call)
        except StoreError:  # nobody is told: an ordinary code has nothing that could fail
            self._owe(call, alarm)
        if alarm is not self._kept:
            self._alarm = alarm
            self._untold.append(Transition(AlarmState.DISARMED, alarm, AlarmState.DISARMED, at))

    def _owe(self, call: SilentCall | None, alarm: Alarm) -> None:
        if call is not None:
            self._owed.append(call)
            if len(self._owed) > MOST_OWED:
                self._owed.remove(give_way(self._owed)[0])
            self._store.owe(call, alarm)

    def _pay(self) -> None:
        """Store the calls for help that could not be stored."""
        while self._owed:
            try:
                with self._alone():
                    if self._owed:  # another thread may have been here
                        self._store.mark_alarm(self._kept, self._owed[0])
                        self._owed.popleft()
            except StoreError:
                return

    def _tell(self) -> None:
        """Tell what has not been told, unless another thread is doing so: it will then tell ours as well."""
        # After the release it must look again: what was added while it held the lock was left to it.
        while self._untold and self._telling.acquire(blocking=False):
            try:
                while self._untold:
                    self._on_transition(self._untold.popleft())
            finally:
                self._telling.release()


def _status(alarm: Alarm, now: Instant) -> PanelStatus:
    state = states.state_of(alarm)
    countdown_s = None
    if alarm.until is not None and state in (AlarmState.ARMING, AlarmState.PENDING):
        left_s = alarm.until.seconds_since(now)
        countdown_s = None if left_s is None else max(left_s, 0.0)
    return PanelStatus(
        state,
        alarm.mode,
        alarm.by,
        alarm.how,
        alarm.since_at,
        countdown_s,
        alarm.event_id,
        alarm.sequence,
        alarm.since,
        _armed_since(alarm),
        now,
        bool(alarm.duress),
    )


def _armed_since(alarm: Alarm) -> Instant:
    begun = (alarm.since, alarm.pending_since, alarm.triggered_since)
    same_boot = [one for one in begun if one is not None and one.boot_id == alarm.since.boot_id]
    return min(same_boot, key=lambda one: one.since_boot_s)
