"""The panel under inputs by chance on the real database and its second copy, on a disk that fails or is cut off."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.alarm import BY_REPAIR
from pisecurity.adapters.store.alarm_file import AlarmFile
from pisecurity.core.audit import AuditHead, shown
from pisecurity.core.types import AlarmState, Mode, Outcome, Receipt
from pisecurity.errors import StoreError
from pisecurity.runtime.alarm.panel import Panel, PanelStatus, Transition
from tests.fakes import FakeClock
from tests.rigs.damage import COPY, DAMAGES
from tests.rigs.disk import CutOff, Disk, Fault
from tests.rigs.help import CODE, Help
from tests.rigs.panel_walks import check_status
from tests.rigs.record import Record, rows_of
from tests.rigs.walks import PEOPLE, SETTINGS, WAITS_S, notice_by_chance, settings_by_chance

IN_MEMORY = Path("/dev/shm")
"""Where a walk has its folder: on a card it would take days, and the disk that fails is a rig."""
MOST_STEPS = 25
"""Before a kill or a fault that comes within an act."""


@dataclass(frozen=True)
class Order:
    """What somebody ordered, and when."""

    mode: Mode
    by: str
    how: str
    at: datetime | None
    """None: nobody was told that it is carried out."""

    def is_in(self, status: PanelStatus) -> bool:
        same = (self.mode, self.by, self.how) == (status.mode, status.by, status.how)
        return same and self.at in (None, status.since_at)


IN_DOUBT = Order(Mode.AWAY, *BY_REPAIR, None)
"""Where nobody can tell the mode the house is armed."""


class StoreWalk:
    """The panel on ``SqliteStore`` and its ``mode.json``, through all that a card, a plug and a clock do to them."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._clock, self._boots = FakeClock(), 1
        self._disk = Disk(Path(tempfile.mkdtemp(prefix="walk-", dir=IN_MEMORY)), lambda: self._clock.advance(0.001))
        self._settings = SETTINGS
        self.met: set[str] = set()
        """What came up on this walk, in words."""
        self._now = Order(Mode.DISARMED, "pisecurity", "start", self._clock.now())
        self._ever = {self._now}
        self._kept = [self._now]
        """The order that the disk has, and those since."""
        self._refused: list[Order] = []
        """Orders that nobody was told are carried out, and that the disk may have all the same."""
        self._record = Record()
        self._vouched: AuditHead | None = None
        """What a mail tells of the audit log; None: rows may have been lost since."""
        self._weak = False
        """Whether the mode may be gone since what was done to the folder; then it is armed."""
        self._older: dict[str, bytes] = {}
        """Content of the state folder at an earlier time."""
        self._help = Help()
        with ExitStack() as failed:
            failed.callback(self._disk.close)
            self._start()
            self._check()
            failed.pop_all()
        self._acts: list[Callable[[], object]] = [
            *[self._order] * 5, *[self._notice] * 3, *[self._wait] * 3, *[self._settle] * 2, *[self._space] * 2,
            self._restart, self._kill, self._kill_within, self._kill_within, self._jump, self._apply, self._look,
            self._fail, self._fail, self._mail, self._type_code, self._type_code, self._send,
        ]  # fmt: skip

    def step(self) -> None:
        """Do one thing, and see that the alarm is what it must be."""
        self._act(self._chance.choice(self._acts))
        self._check()

    def end(self) -> None:
        """See that the record is whole, as ``events verify`` looks, and that a last start finds what was shown."""
        self._disk.calm()
        assert self._store.settle() == "", "a disk that is whole again has everything"
        self._panel.settle()
        self._check()
        self._see_that_both_copies_are_the_same()
        self._send()
        self._help.see_that_all_were_sent()
        last = self._panel.status()
        self._store.close()
        self._start()
        assert self._panel.status() == last, "a restart changes nothing"
        self._check()
        self._see_that_both_copies_are_the_same()
        assert self._store.hidden.due(self._clock.instant()) == (), "each call for help is sent once"
        found = self._store.examine_audit(self._vouched)
        assert found.harmed is None, f"the record hangs together: {found.harmed}"
        assert found.rows == self._record.number
        for earlier, later in pairwise(rows_of(self._store)):
            # In memory it may have been begun without knowing how far it was.
            assert later["sequence"] >= earlier["sequence"] or later["how"] == "repair", "the sequence rises"

    def close(self) -> None:
        """Remove its folder."""
        self._store._database.close()
        self._disk.close()

    def _act(self, act: Callable[[], object]) -> None:
        before = len(self._refused)
        self._clock.advance(0.001)
        try:
            act()
        except StoreError:
            self.met.add("refused")
            # One to disarm that was refused must not hold, one to arm may.
            self._refused[before:] = [order for order in self._refused[before:] if order.mode is not Mode.DISARMED]
        except CutOff:
            self.met.add("killed within an act")
            self._after_kill(within=True)

    def _order(self) -> None:
        mode, (by, how) = self._chance.choice(list(Mode)), self._chance.choice(PEOPLE)
        changes = mode is not self._now.mode
        if changes:
            self._refused.append(Order(mode, by, how, None))
        status = self._panel.switch(mode, by=by, how=how)
        if changes:
            self._refused.pop()
            self._took(Order(mode, by, how, status.since_at))

    def _type_code(self) -> None:
        """Disarm with a code, of which some are for duress, where it is disarmed already or not."""
        by, duress = self._chance.choice(["Anna", "Ben"]), self._chance.random() < 0.5
        changes = self._now.mode is not Mode.DISARMED
        if changes:
            self._refused.append(Order(Mode.DISARMED, by, CODE, None))
        began = self._help.typed
        try:
            status = self._panel.switch(Mode.DISARMED, by=by, how=CODE, coded=True, duress=duress)
        finally:
            if duress and self._help.typed != began and self._is_kept(self._help.last):
                self._help.kept(self._help.last)
        if changes:
            self._refused.pop()
            self._took(Order(Mode.DISARMED, by, CODE, status.since_at))

    def _is_kept(self, name: str) -> bool:
        """Return whether a power cut would leave the call of this id."""
        with self._disk.aside():
            kept = AlarmFile(self._disk.state / COPY).load()
            if kept is not None and any(call.alert.id == name for call in kept.calls):
                return True
            return not self._store.in_memory and self._store.has_alert(name)

    def _send(self) -> None:
        """Have each call that waits arrive, and note what becomes of it."""
        now = self._clock.instant()
        for row in self._store.hidden.due(now):
            self._help.sent(row)
            self._store.hidden.record(row, Receipt(Outcome.ACCEPTED, "250"), now, self._clock.now(), now)
            self._help.answered(row)

    def _took(self, order: Order) -> None:
        self._now = order
        self._ever.add(order)
        self._kept.append(order)

    def _notice(self) -> None:
        notice_by_chance(self._panel, self._chance, self._clock)

    def _wait(self) -> None:
        self._clock.advance(self._chance.choice(WAITS_S))

    def _settle(self) -> None:
        self._panel.settle()

    def _space(self) -> None:
        """Look whether the disk takes anything, as the daemon does every 12 s."""
        if not self._store.settle():
            self._see_that_both_copies_are_the_same()

    def _look(self) -> None:
        self._panel.record("looked", by="Anna", how="page")

    def _jump(self) -> None:
        self._clock.set_wall(self._clock.now() + timedelta(days=self._chance.randint(-20, 180)))

    def _apply(self) -> None:
        self._settings = settings_by_chance(self._chance)
        self._panel.apply(self._settings)

    def _mail(self) -> None:
        if self._store._database.whole:  # of what is begun in memory the disk gets each row, chained anew
            self._vouched = shown(*self._store.audit_head())

    def _fail(self) -> None:
        """Have the disk fail, now or in the middle of an act to come, or let it be whole again."""
        if self._disk.fault is not Fault.NONE:
            self._disk.fault = Fault.NONE
            return
        fault = self._chance.choice([fault for fault in Fault if fault is not Fault.NONE])
        self.met.add(fault)
        self._disk.fail_in(self._chance.choice([0, self._chance.randrange(MOST_STEPS)]), fault)

    def _restart(self) -> None:
        """Stop it in order and start it, with damage to what is stored meanwhile or without."""
        before, goes_on, good = self._panel.status(), self._goes_on(), self._copy_is_good()
        self._store.close()
        damaged = self._chance.random() < 0.3 and self._damage(good=good, killed=False)
        self._start_again(away=bool(self._store.in_memory))
        if not damaged and goes_on and self._now.is_in(before):
            self._see_that_nothing_changed(before)

    def _kill(self) -> None:
        """Kill it between two acts, or cut the power."""
        before, goes_on, good = self._panel.status(), self._goes_on(), self._copy_is_good()
        self._disk.cut()
        cut, damaged = self._after_kill(within=False, good=good)
        if not cut and not damaged and goes_on and self._now.is_in(before):
            self._see_that_nothing_changed(before)

    def _kill_within(self) -> None:
        act = self._chance.choice([self._order, self._order, self._notice, self._settle, self._space, self._look])
        self._disk.cut_in(self._chance.randrange(MOST_STEPS))
        try:
            act()
        finally:
            self._disk.cut_in(None)

    def _after_kill(self, *, within: bool, good: bool = False) -> tuple[bool, bool]:
        """Start from what the disk had at that moment; return whether the power was cut and what is stored damaged."""
        self._help.forget_answers()
        away, power = bool(self._store.in_memory), self._chance.random() < 0.4
        self._store._database.close()
        self._disk.take_up(memory=not power)
        if power:
            self._cut_power(away=away)
        damaged = not within and self._chance.random() < 0.1 and self._damage(good=good, killed=True)
        self._start_again(away=away, lost=power and away)
        return power, damaged

    def _cut_power(self, *, away: bool) -> None:
        self._boots += 1
        self._clock.reboot(f"boot-{self._boots}")
        if self._chance.random() < 0.5:
            self._clock.set_wall(datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC))
        if away:
            self.met.add("power cut while in memory")
            self._lose()

    def _lose(self) -> None:
        self._record.lossy, self._vouched = True, None

    def _damage(self, *, good: bool, killed: bool) -> bool:
        """Do something to the database or its second copy; return whether anything was done."""
        if self._disk.fault is not Fault.NONE or self._disk.memory.exists():
            return False
        choices = ["header", "page", "cut", "copy garbled", "header, and the copy garbled"]
        if good:  # the mode is in one place only where there is none
            choices += ["gone", "empty", "older database", "copy older", "copy gone"]
        if good and killed:
            choices.append("log")
        elif (self._disk.state / COPY).exists():
            choices.append("gone, and the copy garbled")
        what = self._chance.choice(choices)
        with self._disk.aside():
            done = DAMAGES[what](self._disk.state, self._chance, self._older)
        if done:
            self.met.add(what)
            self._help = Help()
            self._weak = not good or "the copy" in what
            if not what.startswith("copy"):
                self._lose()
                self._older = {}  # one from before a new one was begun is that of another house
        return done

    def _start_again(self, *, away: bool, lost: bool = False) -> None:
        """Start, and see that it is in the mode that it had.

        Args:
            away: it was in memory.
            lost: and memory is lost.
        """
        self._start()
        status = self._panel.status()
        allowed = [*(self._kept if lost else [self._now]), *self._refused]
        if lost or self._weak or (not away and self._disk.fault is Fault.BROKEN):
            allowed += [order for order in (*self._ever, IN_DOUBT) if order.mode is not Mode.DISARMED]
        found = next((order for order in allowed if order.is_in(status)), None)
        assert found is not None, "a start finds the mode as it was"
        self._took(Order(found.mode, found.by, found.how, status.since_at))
        self._record.untold, self._weak = True, False

    def _start(self) -> None:
        for _ in range(3):  # systemd starts it again
            try:
                self._store = SqliteStore(self._disk.state, self._clock, refuge=self._disk.memory)
            except StoreError:
                self._did_not_start()
                continue
            try:
                self._panel = Panel(self._store, self._clock, self._settings, self._note)
                self._panel.call = self._help.call
                self._panel.start()
                return
            except StoreError:
                self._store._database.close()
                self._did_not_start()
        raise AssertionError("it starts")

    def _note(self, change: Transition) -> None:
        # That a code was typed where it is disarmed already has no row.
        if not change.before is change.after is AlarmState.DISARMED:
            self._record.told.append(change)

    def _did_not_start(self) -> None:
        self.met.add("did not start")
        assert self._disk.fault is Fault.NOWHERE, "it starts as long as disk or memory takes anything"
        self._clock.advance(10)
        self._disk.fault = Fault.NONE

    def _goes_on(self) -> bool:
        """Return whether a start has nothing to make up for.

        A countdown of an earlier boot begins anew each time until that is stored, and what was refused when the second
        copy had it already is carried out.
        """
        try:
            alarm, (number, head) = self._store.load_alarm(), self._store.audit_head()
        except StoreError:
            return False
        with self._disk.aside():
            kept = AlarmFile(self._disk.state / COPY).load()
        refused = kept is not None and (kept.number, kept.previous) == (number + 1, head)
        of_this_boot = alarm is not None and (alarm.until is None or alarm.until.boot_id == self._clock.boot_id)
        return of_this_boot and not refused

    def _see_that_nothing_changed(self, before: PanelStatus) -> None:
        status = self._panel.status()
        for name in ("state", "mode", "by", "how", "since_at", "event_id", "since", "armed_since"):
            assert getattr(status, name) == getattr(before, name), "a restart changes nothing"

    def _copy_is_good(self) -> bool:
        """Return whether the second copy says what the database says."""
        with self._disk.aside():
            kept = AlarmFile(self._disk.state / COPY).load()
            return kept is not None and (kept.number, kept.head) == self._store.audit_head()

    def _see_that_both_copies_are_the_same(self) -> None:
        if self._disk.fault is Fault.NONE and not self._store.in_memory:
            assert self._copy_is_good(), "both copies are the same"

    def _check(self) -> None:
        status, now = self._panel.status(), self._now
        assert now.at is not None
        check_status(status, now.mode, (now.by, now.how), now.at)
        try:
            stored = self._store.load_alarm()
            self._record.check(self._store)
        except StoreError:
            assert self._disk.fault is Fault.NOWHERE, "it can be read"
            return
        assert stored is not None, "the alarm is stored wherever it goes on"
        assert (stored.mode, stored.by, stored.how, stored.since_at) == (now.mode, now.by, now.how, now.at), (
            "what is shown is what is stored"
        )
        # That somebody was made to disarm may be on the disk later.
        shown_alarm, stored = replace(self._panel.alarm(), duress=""), replace(stored, duress="")
        assert stored.sequence <= shown_alarm.sequence and (stored == shown_alarm or stored.sequence < status.sequence)
        if not self._store.in_memory:
            self._kept = [now]
            if self._refused and self._copy_is_good():
                self._refused.clear()
        if self._chance.random() < 0.02:
            with self._disk.aside():
                self._older = {file.name: file.read_bytes() for file in self._disk.state.iterdir() if file.is_file()}
