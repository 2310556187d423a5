"""What must not be lost of a damaged database is read first, and no other part takes its time (R-33)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alarm, AlarmState, AlertKind, Decision, Mode
from tests.adapters.values import TO, make_alert, make_event
from tests.fakes import START, FakeClock

AWAY = Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START, sequence=5)
AUDIT_ROWS = 800
WAITING = 20
PAGE = 4096


class SlowMachine(FakeClock):
    """Each look at the clock comes 5 ms after the one before, and there is one for each row at least."""

    def monotonic(self) -> float:
        self.advance(0.005)
        return super().monotonic()


def test_r33_a_long_audit_log_takes_no_time_from_the_mails_that_wait_nor_from_the_events(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, FakeClock())
    for number in range(WAITING):
        event = make_event(f"{number:032x}")
        alert = make_alert(f"a{number}", event_id=event.id)
        store.add_event(event, AlarmState.ARMED_AWAY, Decision(AlertKind.ALARM, "armed away"), alert, TO)
    for _ in range(AUDIT_ROWS):
        store.save_alarm(AWAY, "event of camera front")
    store.close()
    with (tmp_path / "pisecurity.db").open("r+b") as file, closing(sqlite3.connect(file.name)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'ledger'").fetchone()[0]
        file.seek((root - 1) * PAGE)
        file.write(b"\x5a" * PAGE)
    after = SqliteStore(tmp_path, SlowMachine())
    assert "the database was damaged" in after.repaired()
    assert after.waiting() == WAITING * len(TO)
    assert len(after.events(1000)) == WAITING
    assert after.load_alarm() == AWAY
    after.close()
