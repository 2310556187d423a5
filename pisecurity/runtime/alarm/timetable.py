"""Carries out the schedule: asks the pure schedule what is due, and gives the panel the order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, tzinfo
from typing import TYPE_CHECKING, Protocol

from pisecurity.core.alarm import readiness, schedule, states
from pisecurity.core.alarm.outlook import Outlook, Standing, outlook
from pisecurity.core.alarm.readiness import Problem
from pisecurity.core.alarm.schedule import Edge, InForce, Plan, Ruling
from pisecurity.core.types import Mode
from pisecurity.core.words import SCHEDULE
from pisecurity.errors import StoreError
from pisecurity.ports import Clock, ScheduleStore
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.worker import Beat
from pisecurity.settings import Settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

HEARTBEAT_S = 5.0
"""Seconds between two evaluations: a jump of the clock is answered within this time. With the time that a locked
database takes to answer it stays below the 15 s after which a worker counts as stuck."""


class Ready(Protocol):
    """What stands against arming, as ``Readiness`` has it."""

    def problems(self, mode: Mode) -> Sequence[Problem]: ...

    def bypassed(self, found: Sequence[Problem], mode: Mode, by: str) -> None: ...


class Timetable:
    """Brings the alarm into the mode of the latest edge, once; what people order later stands until the next.

    The evaluation looks at the present only, so nothing is queued that a jump could drop or double:

    * A clock that was never set (before ``CLOCK_FLOOR``), or may not be set yet (until a time server has, or
      ``CLOCK_SETTLING_S`` after boot), executes no edge. Once it is right, the edge that is then the latest counts.
    * After a jump forward only the latest edge counts, and only if the last order is older than it. Ages of
      orders are measured by the boot clock, which does not jump: who armed two minutes ago on a machine that
      believed in 1970 is not overruled by this morning's "disarmed".
    * After a jump back what was ordered since, by hand or by an edge, is newer than the edge that is now the
      latest, and stands. From there the schedule goes by the new clock, which is the better one. A correction of
      seconds does not repeat an edge: the last one dealt with is remembered.
    * A scheduled "disarmed" waits while the alarm is pending or triggered.
    * A changed schedule counts from its next edge on: saving settings neither arms nor disarms, and no restart makes up
      for what passed before. Which schedule is in force since when, and what was dealt with last, is stored.
    * After a restart with the same schedule the edge is made up for that passed meanwhile, also one that disarms.

    APScheduler only wakes the evaluation at the second of an entry with a time; those by the sun are found by the
    heartbeat. It is never asked whether an edge has passed: around a jump or a change of summer time it drops and
    doubles jobs. A house without such an entry never loads it.
    """

    def __init__(
        self,
        panel: Panel,
        store: ScheduleStore,
        clock: Clock,
        settings: Settings,
        zone: tzinfo,
        ready: Ready | None = None,
    ) -> None:
        """*ready* says what stands against arming; the schedule arms all the same. ``start`` comes first."""
        self._panel, self._store, self._clock, self._zone, self._ready = panel, store, clock, zone, ready
        self._plan = Plan.of(settings, zone)
        self._in_force: InForce | None = None
        self._stored: InForce | None = None
        self._storing_fails = False
        self._troubled: Edge | None = None
        self._lock, self._evaluating = threading.Lock(), threading.Lock()
        self._scheduler: BackgroundScheduler | None = None
        self._running = False

    def start(self) -> None:
        """Take up since when the schedule is in force: from now on, where another one was before.

        Raises:
            StoreError: nothing can be stored.
        """
        with self._lock:
            self._in_force = self._stored = self._store.load_in_force()
            self._put_in_force(self._plan)

    def apply(self, settings: Settings) -> None:
        """Use another schedule from its next edge on. Raises StoreError: the one before stays in force."""
        plan = Plan.of(settings, self._zone)
        with self._lock:
            if plan == self._plan:
                return
            self._put_in_force(plan)
            self._plan = plan
            if self._running:
                self._set_alarms()

    def evaluate(self) -> None:
        """Execute the latest edge if it is due; nothing while another thread is about to. Any thread."""
        # Not waited for, because both together may take too long; what it overlooks is for the next heartbeat.
        if not self._evaluating.acquire(blocking=False):
            return
        try:
            with self._lock:
                self._evaluate()
        finally:
            self._evaluating.release()

    def outlook(self) -> Outlook | None:
        """Return what comes next, None without a schedule. Any thread; an evaluation that writes is not waited for."""
        now, wall = self._clock.instant(), self._clock.now()
        plan, in_force = self._plan, self._kept
        if plan.entries and not schedule.clock_is_set(now, wall, synchronised=self._clock.synchronised()):
            return Outlook(Standing.CLOCK)
        return outlook(plan, self._panel.alarm(), now, wall, in_force)

    def settle(self) -> None:
        """Store what the evaluation has found out; what cannot be stored now is tried again the next time."""
        with self._lock:
            if self._kept == self._stored:
                return
            try:
                self._save(self._kept)
            except StoreError as error:
                if not self._storing_fails:
                    log.warning("what the schedule has done is not stored, trying again reason=%s", error)
                self._storing_fails = True
            else:
                self._storing_fails = False

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Evaluate at every edge, and every HEARTBEAT_S in between, until *stop* is set."""
        with self._lock:
            self._running = True
            self._set_alarms()
        try:
            while not stop.is_set():
                beat()
                self.evaluate()
                beat()
                self.settle()  # apart, because a locked database may let each of the two wait
                self._clock.wait(stop, HEARTBEAT_S)
        finally:
            with self._lock:
                self._running = False
                scheduler, self._scheduler = self._scheduler, None
            if scheduler is not None:
                scheduler.shutdown()

    @property
    def _kept(self) -> InForce:
        if self._in_force is None:
            raise RuntimeError("Timetable.start() comes first")
        return self._in_force

    def _put_in_force(self, plan: Plan) -> None:
        """Have *plan* count from now on, unless it is the one that does already; the lock is held."""
        if self._in_force is not None and self._in_force.fingerprint == plan.fingerprint:
            return
        now, wall = self._clock.instant(), self._clock.now()
        known = schedule.clock_is_set(now, wall, synchronised=self._clock.synchronised())
        self._save(InForce(plan.fingerprint, now, wall if known else None))
        log.info("schedule counts from its next edge on entries=%d", len(plan.entries))

    def _save(self, in_force: InForce) -> None:
        self._store.save_in_force(in_force)
        self._in_force = self._stored = in_force

    def _evaluate(self) -> None:
        """The lock is held."""
        now, wall = self._clock.instant(), self._clock.now()
        if not schedule.clock_is_set(now, wall, synchronised=self._clock.synchronised()):
            return
        self._in_force = in_force = self._kept.by_clock(now, wall)
        edge = schedule.latest_edge(self._plan, wall)
        if edge is None or edge == in_force.dealt_with:
            return
        alarm = self._panel.alarm()
        ruling = schedule.rule(edge, alarm, states.state_of(alarm), now, wall, in_force)
        if ruling is Ruling.WAIT:
            self._trouble(edge, "an alarm is not over")
            return
        if ruling is Ruling.APPLY and not self._execute(edge, alarm.sequence):
            return
        log.info("schedule edge=%s mode=%s ruling=%s", edge.at.isoformat(), edge.mode, ruling)
        self._in_force = replace(in_force, dealt_with=edge)

    def _set_alarms(self) -> None:
        """Have APScheduler wake the evaluation every day at the times of the plan; the lock is held."""
        times = {entry.at for entry in self._plan.entries if isinstance(entry.at, time)}
        if self._scheduler is None:
            if not times:
                return
            self._scheduler = _started_scheduler(self._plan.zone)
        self._scheduler.remove_all_jobs()
        for at in times:
            self._scheduler.add_job(
                self.evaluate, "cron", hour=at.hour, minute=at.minute, second=at.second, timezone=self._plan.zone
            )

    def _execute(self, edge: Edge, sequence: int) -> bool:
        """Give the order; return whether it was carried out, or overtaken by somebody else's."""
        found = self._ready.problems(edge.mode) if self._ready and edge.mode is not Mode.DISARMED else ()
        try:
            status = self._panel.switch(
                edge.mode, by=SCHEDULE, how="schedule", if_sequence=sequence, against=readiness.on_record(found)
            )
        except StoreError as error:
            self._trouble(edge, str(error))
            return False
        if status.mode is not edge.mode:
            return False
        if self._ready:
            self._ready.bypassed(found, edge.mode, SCHEDULE)
        return True

    def _trouble(self, edge: Edge, reason: str) -> None:
        """Say once for each edge why it waits; the next evaluation tries again."""
        if edge != self._troubled:
            log.warning("schedule waits edge=%s mode=%s reason=%s", edge.at.isoformat(), edge.mode, reason)
            self._troubled = edge


def _started_scheduler(zone: tzinfo) -> BackgroundScheduler:
    # Loaded late, as torch and picamera2 are: 3 MB that a house without a schedule does not pay.
    from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": None},
        timezone=zone,
    )
    scheduler.start()
    return scheduler
