"""What is gathered about the chain, by values of a machine that is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pisecurity.adapters.machine.power import Power
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.alarm.readiness import PROVEN_S
from pisecurity.core.types import Alert, AlertKind, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Address, Channel
from pisecurity.runtime.alarm.readiness import LOOK_EVERY_S, Readiness
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.logins import Logins
from pisecurity.settings import CameraSettings, MailSettings, Settings
from pisecurity.web.assets import load_catalogue, load_phrases
from tests.fakes import FakeClock

SETTINGS = Settings(
    camera=(CameraSettings(id="front", kind="stage"),),
    mail=MailSettings(host="mail.example", sender="pi@example.org", to=("anna@example.org",)),
)


class Board:
    """Fulfils PowerSource."""

    def __init__(self) -> None:
        self.state = Power()

    def read(self) -> Power:
        return self.state


class Server:
    """Stands for a Channel: readiness only asks when it was proven."""


class Rig:
    language = "en"
    remark = True

    def __init__(self, folder: Path) -> None:
        self.clock, self.board = FakeClock(), Board()
        self.clock.synced = True
        self.store, self.health = SqliteStore(folder, self.clock), Health(self.clock)
        self.logins, self.asked = Logins(self.clock), 0
        self.server: Channel = Server()  # type: ignore[assignment]
        self.notices = Notices(
            SETTINGS,
            self.store,
            House("Home", UTC, {"front": "Front door"}, load_catalogue(self.language), load_phrases(self.language)),
            lambda: "f" * 32,
            lambda: None,
        )
        self.readiness = Readiness(
            self.board, self.store, {"mail": self.server}, self.logins, self.notices, self.ask, self.clock, self.health,
            remark=self.remark,
        )  # fmt: skip
        self.logins.proven(self.server, "logged in")

    def ask(self) -> None:
        self.asked += 1

    def keys(self, mode: Mode = Mode.AWAY) -> list[str]:
        return [problem.key for problem in self.readiness.problems(mode)]

    def look(self, seconds: float) -> None:
        for _ in range(int(seconds / LOOK_EVERY_S)):
            self.logins.proven(self.server, "it answered a mail")
            self.readiness.look()
            self.clock.advance(LOOK_EVERY_S)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_machine_that_tells_nothing_is_ready(rig: Rig) -> None:
    rig.look(300)
    assert rig.keys() == []


def test_r46_heat_that_lasts_is_a_fault_until_it_has_cooled_down_for_a_while(rig: Rig) -> None:
    rig.board.state = Power(83.2)
    rig.look(20)
    assert rig.keys() == []
    rig.look(10)
    (problem,) = rig.readiness.problems(Mode.AWAY)
    assert (problem.graver, problem.brief) == (
        False, "the processor has 83 °C, so it is slowed down and quick things may be missed"
    )  # fmt: skip
    rig.board.state = Power(77.0)
    rig.look(600)
    assert rig.keys() == ["heat"]
    rig.board.state = Power(70.0)
    rig.look(130)
    assert rig.keys() == []


def test_r46_a_supply_that_is_too_weak_now_and_then_is_one_fault(rig: Rig) -> None:
    for _ in range(5):
        rig.board.state = Power(50.0, too_low=True)
        rig.look(5)
        rig.board.state = Power(50.0, too_low=False)
        rig.look(300)
        assert rig.keys() == ["supply"]
    rig.look(400)
    assert rig.keys() == []


def test_r26_a_clock_that_is_wrong_is_a_fault_until_it_is_set(rig: Rig) -> None:
    right = rig.clock.now()
    rig.clock.synced = False
    rig.clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    rig.look(30)
    assert rig.keys() == ["clock"]
    assert not rig.readiness.problems(Mode.AWAY)[0].graver, "it may be set any second"
    rig.look(60)
    assert "the clock says 1970-01-01" in rig.readiness.problems(Mode.AWAY)[0].text
    rig.clock.set_wall(right)
    rig.clock.synced = True
    rig.look(5)
    assert rig.keys() == []


def test_a_clock_that_nobody_has_set_is_named_for_as_long_as_that_is_so_with_what_it_says(rig: Rig) -> None:
    rig.clock.reboot()
    waits, goes_by_it = "no time server has set the clock yet", "see whether it is 2026-06-01 12:"
    for wanted in [waits, *[goes_by_it] * 3]:
        (problem,) = rig.readiness.problems(Mode.AWAY)
        assert (wanted in problem.text, problem.graver) == (True, False)
        rig.look(900 if wanted is waits else 300)
    rig.clock.synced = True
    assert rig.keys() == []


def test_r46_the_supply_is_looked_at_more_often_than_the_kernel_forgets() -> None:
    assert LOOK_EVERY_S < 2


def test_r26_a_clock_that_is_wrong_is_no_fault_before_a_minute_has_passed(rig: Rig) -> None:
    rig.clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    rig.look(55)
    assert rig.health.faults() == ()
    rig.look(10)
    assert [fault.key for fault in rig.health.faults()] == ["clock"]


def test_r14_a_disk_that_does_not_answer_for_an_hour_is_one_line_of_the_log_and_another_when_it_does_so_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked() -> int:
        raise StoreError("database is locked")

    for _ in range(2):
        with monkeypatch.context() as broken:
            broken.setattr(rig.store, "waiting", locked)
            rig.look(1800)
        rig.look(60)
    assert [record.message for record in caplog.records] == [
        "readiness waits for the disk reason=database is locked"
    ] * 2


def test_each_of_two_scheduled_armings_that_bypassed_something_is_mailed(rig: Rig) -> None:
    rig.health.report("camera:front", "camera Front door is unplugged; plug it in")
    for mode in (Mode.NIGHT, Mode.AWAY):
        rig.readiness.bypassed(rig.readiness.problems(mode), mode, "schedule")
        rig.clock.advance(1)
    rig.look(10)
    assert len(rig.store.deliveries(9)) == 2


def test_mail_that_was_not_proven_for_15_minutes_is_a_remark_and_looking_has_it_proven(rig: Rig) -> None:
    rig.clock.advance(PROVEN_S + 1)
    (problem,) = rig.readiness.problems(Mode.AWAY)
    assert (problem.graver, problem.brief) == (False, "mail not proven since 12:00")
    assert rig.asked == 0
    rig.readiness.looked_at()
    assert rig.asked == 1
    rig.health.report("mail-login", "alerts would not leave: refused")
    assert rig.keys() == ["mail-login"], "how it is, is known"


def test_what_waits_in_the_outbox_for_minutes_is_a_remark(rig: Rig) -> None:
    rig.look(60)
    rig.store.add_alert(Alert("a" * 32, AlertKind.ALARM, rig.clock.now(), "s", "t"), [Address("mail", "anna")])
    rig.look(60)
    assert rig.keys() == []
    rig.look(70)
    (problem,) = rig.readiness.problems(Mode.AWAY)
    assert problem.brief == "1 alert(s) wait to be sent for 2 min"


def test_what_nobody_was_asked_about_is_one_mail_also_when_the_disk_took_nothing_at_first(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.health.report("rate:front", "camera Front door sends 4 pictures a second; is it too hot?")
    rig.readiness.bypassed(rig.readiness.problems(Mode.AWAY), Mode.AWAY, "schedule")
    rig.look(10)
    assert rig.store.deliveries(9) == (), "a lighter problem is worth no mail"
    rig.health.report("camera:front", "camera Front door is unplugged; plug it in")
    rig.readiness.bypassed(rig.readiness.problems(Mode.AWAY), Mode.AWAY, "schedule")

    def full(*_: object) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(rig.store, "add_alert", full)
        rig.look(10)
    rig.look(10)
    (row,) = rig.store.deliveries(9)
    assert row.alert.kind is AlertKind.FAULT
    assert row.alert.subject == "[Home] Fault: armed although not everything works"
    assert "Why: camera Front door is unplugged; camera Front door sends 4 pictures a second\n" in row.alert.text
    assert "The schedule armed the house though something was wrong. It is armed (away)." in row.alert.text


class DemoRig(Rig):
    remark = False


def test_the_demo_says_nothing_of_the_clock_of_the_computer_it_is_tried_on(tmp_path: Path) -> None:
    rig = DemoRig(tmp_path)
    rig.clock.synced = False
    assert rig.keys() == []
