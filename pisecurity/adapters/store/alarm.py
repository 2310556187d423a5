"""The alarm over restarts, and the hash-chained log of who changed it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto

from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.store.alarm_file import AlarmFile, Kept
from pisecurity.adapters.store.audit import LAST, MISSING, NO_HASH, Chain, audit_hash, missing_note
from pisecurity.adapters.store.codec import Column, alarm_in, bind, bind_instant
from pisecurity.adapters.store.database import Database
from pisecurity.adapters.store.outbox import insert_alert, waits
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import Alarm, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Clock, SilentCall, give_way

log = logging.getLogger(__name__)

UNKNOWN_BY, UNKNOWN_HOW = "pisecurity", "repair"
"""Who armed, and how, where nobody can tell which mode it was in."""
BY_REPAIR = UNKNOWN_BY, UNKNOWN_HOW
MOST_OWED = 16
"""More calls that could not be stored are not kept in the second copy; see ``give_way``."""
AGREE_TIMEOUT_S = 0.5
"""How long memory waits, before it is given up, for whoever stores the alarm; the next try comes by itself."""
ARMED_IN_DOUBT = "armed away, because the mode it had cannot be read: disarm it if somebody is at home"

_SAVE = """
INSERT OR REPLACE INTO alarm (
    one, mode, by, how, since_boot_id, since_boot_s, since_us, pending_boot_id, pending_boot_s,
    triggered_boot_id, triggered_boot_s, until_boot_id, until_boot_s, event_id, sequence, duress)
VALUES (
    1, :mode, :by, :how, :since_boot_id, :since_boot_s, :since_us, :pending_boot_id, :pending_boot_s,
    :triggered_boot_id, :triggered_boot_s, :until_boot_id, :until_boot_s, :event_id, :sequence, :duress)
"""
_APPEND = """
INSERT INTO audit (number, at_us, boot_id, boot_s, mode, by, how, sequence, event_id, note, hash)
VALUES (:number, :at_us, :boot_id, :boot_s, :mode, :by, :how, :sequence, :event_id, :note, :hash)
"""
_HAS = """
SELECT 1 FROM audit WHERE boot_id = :boot_id AND boot_s = :boot_s AND sequence = :sequence AND by = :by
AND substr(:note, 1, length(note)) = note
"""


class Standing(Enum):
    """How the database stands to the second copy of the alarm."""

    SAME = auto()
    AHEAD = auto()
    """The copy is older, or there is none."""
    UNFINISHED = auto()
    """A kill came between the copy and the last step of the same order: only its row is missing."""
    BEHIND = auto()
    """The database has lost what it once had."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database has of the alarm."""

    alarm: Alarm | None
    number: int = 0
    """Of its last audit row; 0 for none."""
    head: str = NO_HASH
    """Hash of that row."""


class AlarmTable(Table):
    """Fulfils AlarmStore."""

    def __init__(self, database: Database, clock: Clock, second: AlarmFile | None) -> None:
        """*second*: where a second copy is kept; None where nothing is to be written."""
        super().__init__(database, clock)
        self._second = second
        self._saving = threading.Lock()
        """The copy is written in the order of the database."""
        self._owed: Kept | None = None
        """Copy that could not be written yet."""
        self._calls: dict[str, SilentCall] = {}
        """By the ids of their alerts, what the database of the disk has not taken; the copy has them meanwhile."""
        self._marked: Mapping[str, Column] | None = None
        """Alarm that no database has taken with its call; the copy has it meanwhile."""

    @steady
    def load_alarm(self) -> Alarm | None:
        """Return what was stored last, or None on first start. Raises StoreError."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM alarm").fetchone()
        if row is None:
            return None
        try:
            return alarm_in(row)
        except (ValueError, OverflowError) as error:
            raise StoreError(
                f"{self._database.path}: the stored alarm cannot be read ({error}); restart pisecurity, which arms it "
                "where no copy says the mode"
            ) from error

    @steady
    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        """Store *alarm* and, in the same transaction, an audit row saying *note* and *call*. Raises StoreError.

        Args:
            by, how: who did that and how; empty: who ordered the mode did.

        The second copy never says "disarmed" while the database says "armed", whenever a power cut comes: it is
        written before the database when the alarm is armed, and after it when it is disarmed. So an order to arm that
        was cut off may hold after the restart, and one to disarm that was stored always does.
        """
        self._store(columns_of(alarm), note, done=(by or alarm.by, how or alarm.how), call=call)

    @steady
    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        """Store *alarm* and *call* without an audit row: nobody who reads the record sees that something changed."""
        with self._saving:
            with self._database.write() as connection:
                _save(connection, columns_of(alarm))
                self._call(connection, call)
            self._marked = None
        self.copy_alarm()

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Keep *call* in the second copy, with *alarm* or what that has, until the database takes it."""
        with self._saving:
            self._remember(call)
            if alarm is not None:
                self._marked = columns_of(alarm)
            last = self._second.last if self._second else None
            if last is not None:
                with suppress(StoreError):  # it is in memory
                    self._copy(last)

    def take_up(self) -> str:
        """Compare the database with the second copy, and take what is newer. Return what was lost, empty for nothing.

        Where neither can be read it is armed away.

        Raises:
            StoreError: the disk fails.
        """
        kept = self._second.load() if self._second else None
        if kept is not None:
            self._calls = {call.alert.id: call for call in kept.calls}
        lost = self._take_up(kept)
        if kept is not None and (kept.calls or kept.value.duress):
            self._take_up_calls(kept.value)
        return lost

    def _take_up_calls(self, marked: Alarm) -> None:
        """Store what an earlier process owed, and that somebody was made to disarm, if it is disarmed since then."""
        with suppress(StoreError):  # it is owed on
            alarm = self.load_alarm()
            same = alarm is not None and (alarm.sequence, alarm.mode) == (marked.sequence, marked.mode)
            if alarm is not None and same and marked.duress not in ("", alarm.duress):
                self.mark_alarm(replace(alarm, duress=marked.duress))
            self._store_calls()

    @steady
    def _take_up(self, kept: Kept | None) -> str:
        stored = self._stored()
        # A second copy that cannot be read says at least that this is no first start, which is disarmed.
        if kept is None and stored.alarm is None and (stored.number or self._has_copy):
            self._store(columns_of(unknown_alarm(self._clock, stored.number)), "its mode could not be read")
            return f"the stored mode was damaged; the alarm is {ARMED_IN_DOUBT}"
        standing = compare(stored, kept)
        if standing is Standing.BEHIND and not self._database.whole:
            standing = Standing.AHEAD  # begun anew in memory it counts from one, and all of it came after the copy
        if standing is Standing.AHEAD:
            self.copy_alarm()
        if kept is None or standing in (Standing.SAME, Standing.AHEAD):
            return ""
        if standing is Standing.UNFINISHED:
            with self._database.write() as connection:
                _save(connection, kept.alarm)
                append_kept(connection, kept)
            self._took(kept)
            log.info("an order that was cut off is carried out mode=%s row=%d", kept.value.mode, kept.number)
            return ""
        self._store(kept.alarm, "the database was behind, the mode is from the second copy", kept)
        if stored.number:
            what = f"the database had lost its newest entries (it had {stored.number} of {kept.number} audit rows)"
        else:
            what = "the database was gone or had lost everything"
        return f"{what}; the alarm is {spoken(kept.value.mode)} as before"

    @property
    def _has_copy(self) -> bool:
        return self._second is not None and is_there(self._second.path)

    def _took(self, kept: Kept) -> None:
        """Note that the database has *kept*."""
        if self._second is not None:
            self._second.last = kept

    def _stored(self) -> Stored:
        try:
            alarm = self.load_alarm()
        except StoreError as error:
            if error.disk:
                raise
            log.warning("the mode of the database is not used reason=%s", error)
            alarm = None
        with self._database.read() as connection:
            last = connection.execute(LAST).fetchone()
        return Stored(alarm, last["number"], last["hash"]) if last else Stored(alarm)

    def _store(
        self,
        alarm: Mapping[str, Column],
        note: str,
        after: Kept | None = None,
        done: tuple[str, str] = BY_REPAIR,
        call: SilentCall | None = None,
    ) -> None:
        """Store *call* and the columns *alarm* with an audit row, chained to that of *after* where it is missing.

        *after* is in the second copy, which must not be touched before the database has it.
        """
        copied_first = alarm["mode"] != Mode.DISARMED and after is None
        with self._saving:
            if copied_first and self._second is not None:
                self._owed = self._second.last  # where the database does not take it, the copy is to be taken back
            with self._database.write() as connection:
                kept = store_alarm(connection, alarm, note, self._clock, after, done)
                self._call(connection, call)
                copied = copied_first and self._copy(kept)
            self._took(kept)
            self._marked = None
            self._owed = None if copied else kept
            if not copied_first:
                self._pay()

    def _call(self, connection: sqlite3.Connection, call: SilentCall | None) -> None:
        if call is not None:
            insert_alert(connection, call.alert, call.to, self._clock.instant())
            if self._database.away:
                self._remember(call)

    def _remember(self, call: SilentCall) -> None:
        self._calls[call.alert.id] = call
        while len(self._calls) > MOST_OWED:
            del self._calls[give_way(self._calls.values())[0].alert.id]

    def _copy(self, kept: Kept) -> bool:
        """Write the second copy, and return whether it is written.

        A disk that takes neither that nor the database is gone on without, in memory. Raises StoreError.
        """
        if self._second is None:
            return True
        try:
            return self._second.save(self._with_owed(kept))
        except StoreError as error:
            if not self._database.away:
                raise
            log.warning("the second copy of the alarm is old reason=%s", error)
            return False

    def _with_owed(self, kept: Kept) -> Kept:
        """Return *kept* with the calls that are owed, and as it was marked with them if no order came since."""
        marked, calls = self._marked, tuple(self._calls.values())
        order = "sequence", "mode"
        if marked is not None and all(marked[name] == kept.alarm[name] for name in order):
            kept = replace(kept, alarm=marked)
        return replace(kept, calls=calls)

    def pay(self) -> None:
        """Write the copy that could not be written, and store the calls that the database had not taken.

        Raises:
            StoreError: it takes them no more than before.
        """
        with self._saving:
            self._pay()
        self._store_calls()

    @steady
    def _store_calls(self) -> None:
        """Store the calls where the database is now; in memory they are owed on until they are sent from there."""
        with self._saving:
            if not self._calls:
                return
            with self._database.write() as connection:
                for call in self._calls.values():
                    insert_alert(connection, call.alert, call.to, self._clock.instant())
                away = self._database.away
                done = [name for name in self._calls if not (away and waits(connection, name))]
            if not done:
                return
            for name in done:
                del self._calls[name]
        self.copy_alarm()

    def _pay(self) -> None:
        if self._owed is None:
            return
        try:
            if self._copy(self._owed):
                self._owed = None
        except StoreError as error:
            log.warning("the second copy of the alarm says something else reason=%s", error)

    def copy_alarm(self) -> None:
        """Write the second copy of what the database has."""
        with self._saving, self._database.read() as connection:
            if (kept := _newest(connection)) is not None:
                self._owed = kept
                self._took(kept)
            self._pay()

    def let_copy_agree(self, home: sqlite3.Connection) -> None:
        """Let the second copy say what *home* says, or nothing, before memory, where it is right, is given up.

        Raises StoreError: neither can be done, or another thread is storing the alarm.
        """
        kept = _newest(home)
        if kept is None or self._second is None:
            return
        # Whoever has the lock may be waiting for that of the database's writers, which is held here.
        if not self._saving.acquire(timeout=AGREE_TIMEOUT_S):
            raise StoreError(f"{self._database.path}: the alarm is being stored; memory is left at the next try")
        try:
            if not self._second.save(self._with_owed(kept)):
                self._second.empty()
        finally:
            self._saving.release()


def _newest(connection: sqlite3.Connection) -> Kept | None:
    """Return the alarm and the newest audit row; None where one of them is missing."""
    alarm = connection.execute("SELECT * FROM alarm").fetchone()
    row, *before = connection.execute("SELECT * FROM audit ORDER BY number DESC LIMIT 2").fetchall() or (None,)
    if alarm is None or row is None:
        return None
    return Kept(dict(alarm), dict(row), before[0]["hash"] if before else NO_HASH)


def columns_of(alarm: Alarm) -> dict[str, Column]:
    """Return *alarm* as the columns of its table."""
    order = bind(
        mode=alarm.mode, by=alarm.by, how=alarm.how, since_us=alarm.since_at, event_id=alarm.event_id,
        sequence=alarm.sequence, duress=alarm.duress,
    )  # fmt: skip
    instants = (
        bind_instant("since", alarm.since)
        | bind_instant("pending", alarm.pending_since)
        | bind_instant("triggered", alarm.triggered_since)
        | bind_instant("until", alarm.until)
    )
    return order | instants


def unknown_alarm(clock: Clock, sequence: int) -> Alarm:
    """Return the alarm after *sequence* where nobody can tell its mode: no fault may disarm an armed house."""
    return Alarm(Mode.AWAY, UNKNOWN_BY, UNKNOWN_HOW, clock.instant(), clock.now(), sequence=sequence + 1)


def compare(stored: Stored, kept: Kept | None) -> Standing:
    """Return how what the database has stands to the second copy; in doubt the alarm is armed."""
    if kept is None:
        return Standing.AHEAD
    if stored.alarm is None:
        return Standing.BEHIND
    if (kept.number, kept.head) == (stored.number, stored.head):
        return Standing.SAME
    if (kept.number, kept.previous) == (stored.number + 1, stored.head):
        return Standing.UNFINISHED
    if kept.number != stored.number:
        return Standing.BEHIND if kept.number > stored.number else Standing.AHEAD
    lost_mode = kept.value.mode is not Mode.DISARMED and stored.alarm.mode is Mode.DISARMED
    return Standing.BEHIND if lost_mode or kept.value.sequence > stored.alarm.sequence else Standing.AHEAD


def spoken(mode: Mode) -> str:
    """Return *mode* as people say it: ``armed away``."""
    return mode.replace("_", " ")


def bring_alarm(memory: sqlite3.Connection, home: sqlite3.Connection, clock: Clock) -> None:
    """Store the alarm of *memory* in *home*, if there is one, with the audit rows of meanwhile and one more.

    Nothing where *home* has all of that: a try before this one was given up after it.
    """
    row = memory.execute("SELECT * FROM alarm").fetchone()
    if row is None:
        return
    at_home = home.execute("SELECT * FROM alarm").fetchone()
    if _bring_audit(memory, home) or at_home is None or dict(at_home) != dict(row):
        store_alarm(home, dict(row), "taken over from memory", clock)


def _bring_audit(memory: sqlite3.Connection, home: sqlite3.Connection) -> int:
    """Add the rows of *memory* to *home*, and return how many: who switched meanwhile is on record as well.

    Those that do not hang on the newest of *home*, since memory was begun without knowing it, are chained anew.
    """
    last = home.execute(LAST).fetchone()
    chain = Chain(number=last["number"], head=last["hash"]) if last else Chain()
    added = 0
    for row in map(dict, memory.execute("SELECT * FROM audit ORDER BY number")):
        if home.execute(_HAS, row).fetchone() is not None:
            continue
        if not chain.takes(row):
            row |= {"number": chain.number + 1, "note": MISSING.sub("", row["note"]).removesuffix("; ")}
            del row["hash"]
            row["hash"] = audit_hash(chain.head, row)
            chain.takes(row)
        home.execute(_APPEND, row)
        added += 1
    return added


def store_alarm(
    connection: sqlite3.Connection,
    alarm: Mapping[str, Column],
    note: str,
    clock: Clock,
    after: Kept | None = None,
    done: tuple[str, str] = BY_REPAIR,
) -> Kept:
    """Store the columns *alarm*, with an audit row saying *note* and by whom and how it was *done*.

    The row is chained to the last one, or to that of *after* where this one is missing, which the note says then.
    """
    _save(connection, alarm)
    now = clock.instant()
    by, how = done
    row = {name: alarm[name] for name in ("mode", "sequence", "event_id")}
    row |= bind(by=by, how=how, at_us=clock.now(), boot_id=now.boot_id, boot_s=float(now.since_boot_s), note=note)
    last = connection.execute(LAST).fetchone()
    number, previous = (last["number"], last["hash"]) if last else (0, NO_HASH)
    if after is not None and after.number > number:
        missing = missing_note(number + 1, after.number, after.head)
        row["note"] = f"{note}; {missing}"
        number, previous = after.number, after.head
    row["number"] = number + 1
    row["hash"] = audit_hash(previous, row)
    connection.execute(_APPEND, row)
    return Kept(alarm, row, previous)


def _save(connection: sqlite3.Connection, alarm: Mapping[str, Column]) -> None:
    """Store the columns *alarm*, which may be those of an older version."""
    connection.execute(_SAVE, {"duress": "", **alarm})


def append_kept(connection: sqlite3.Connection, kept: Kept) -> None:
    """Add the audit row of *kept* where it is the next one."""
    last = connection.execute(LAST).fetchone()
    if (kept.number, kept.previous) == ((last["number"] + 1, last["hash"]) if last else (1, NO_HASH)):
        connection.execute(_APPEND, dict(kept.row))
