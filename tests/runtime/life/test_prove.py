"""While armed each channel is proven by a login; a failure is told over the others, and never adds to a lock-out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Delivery, Notification, Outcome, Receipt
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Address, Channel
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life import prove
from pisecurity.runtime.life.logins import REJECTED_LOGIN_S, Logins
from pisecurity.runtime.life.prove import AGAIN_S, EVERY_S, SETTLE_S, Prove
from pisecurity.runtime.sending.deliver import Deliver
from pisecurity.settings import CameraSettings, Settings
from pisecurity.web.assets import load_catalogue, load_phrases
from tests.fakes import START, FakeClock

REJECTED = MailError("mail server mail.example:587 refuses the login of pi (535)", rejected_login=True)
AWAY = MailError("mail server mail.example:587 refuses the connection: check mail.host and mail.port")


class ScriptedChannel:
    """Logs in and takes mails until told what goes wrong."""

    def __init__(self, clock: FakeClock, trouble: MailError | None = None) -> None:
        self._clock, self.trouble = clock, trouble
        self.proofs: list[float] = []
        self.sent: list[float] = []
        """Seconds since the start of each login, by a proof and by a mail."""

    def warm_up(self) -> None:
        raise NotImplementedError

    def prove(self, deadline_s: float) -> str:
        self.proofs.append(self._clock.monotonic() - 1000)
        if self.trouble is not None:
            raise self.trouble
        return "logged in as pi"

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        self.sent.append(self._clock.monotonic() - 1000)
        if self.trouble is not None:
            raise self.trouble
        return dict.fromkeys(recipients, Receipt(Outcome.ACCEPTED, "250"))


class TwoWays(Notices):
    """Every notice goes to Anna over each channel."""

    names: tuple[str, ...] = ("mail",)

    def to(self, channels: object = None) -> tuple[Address, ...]:
        wanted = self.names if channels is None else [name for name in self.names if name in channels]  # type: ignore[operator]
        return tuple(Address(name, "anna") for name in wanted)


class Rig:
    """Proofs and deliveries over scripted channels, the clock moved by hand."""

    language = "en"

    def __init__(self, folder: Path, *names: str) -> None:
        self.clock = FakeClock()
        self.folder, self.armed = folder, True
        self.store = SqliteStore(folder, self.clock)
        self.scripted = {name: ScriptedChannel(self.clock) for name in names}
        self.channels: dict[str, Channel] = dict(self.scripted)
        self.start()

    def start(self) -> None:
        self.health, self.logins = Health(self.clock), Logins(self.clock)
        house = House("Home", UTC, {}, load_catalogue(self.language), load_phrases(self.language))
        settings = Settings(camera=(CameraSettings(id="front", kind="stage"),))
        ids = (f"{number:032x}" for number in range(int(self.clock.monotonic()) * 1000, 10**9))
        notices = TwoWays(settings, self.store, house, lambda: next(ids), lambda: None)
        notices.names = tuple(self.channels)
        self.prove = Prove(self.channels, self.logins, lambda: self.armed, notices, self.clock, self.health)
        self.delivers = [
            Deliver(
                name, self.store, FilePictures(self.folder), self.channels, house, self.clock, self.health,
                jitter=lambda: 0.0, logins=self.logins,
            )
            for name in self.channels
        ]  # fmt: skip

    @property
    def mail(self) -> ScriptedChannel:
        return self.scripted["mail"]

    def run(self, seconds: float, *, deliver: bool = True) -> None:
        for _ in range(int(seconds)):
            self.prove.look()
            for each in self.delivers if deliver else ():
                each.deliver_due(threading.Event(), lambda: None)
            self.clock.advance(1)

    def alert(self, subject: str, channel: str = "mail") -> None:
        alert = Alert(subject.ljust(32, "0"), AlertKind.ALARM, self.clock.now(), subject, "Look.")
        self.store.add_alert(alert, [Address(channel, "anna")])

    def rows(self) -> list[Delivery]:
        return list(reversed(self.store.deliveries(100)))

    @property
    def faults(self) -> dict[str, str]:
        return {fault.key: fault.text for fault in self.health.faults()}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, "mail")


def test_armed_each_channel_is_proven_every_15_minutes_and_the_fact_says_when(rig: Rig) -> None:
    rig.run(EVERY_S * 2 + SETTLE_S + 5)
    assert rig.mail.proofs == [SETTLE_S, SETTLE_S + EVERY_S, SETTLE_S + 2 * EVERY_S]
    assert rig.health.facts()["mail login"] == "proven at 12:30: logged in as pi"
    assert rig.faults == {}


def test_r26_when_it_was_proven_is_told_by_the_clock_as_it_is_now(rig: Rig) -> None:
    rig.run(SETTLE_S + 5)
    told = rig.health.facts()["mail login"]
    rig.clock.set_wall(rig.clock.now() - timedelta(hours=1))
    rig.run(5)
    then = told.replace(f"{START:%H}:", f"{START - timedelta(hours=1):%H}:", 1)
    assert (told != then, rig.health.facts()["mail login"]) == (True, then)


def test_disarmed_somebody_who_looks_at_the_page_has_it_proven_once_in_15_minutes(rig: Rig) -> None:
    rig.armed = False
    rig.run(100)
    for _ in range(int(EVERY_S) + 10):
        rig.prove.ask()
        rig.run(1)
    assert rig.mail.proofs == [100, 100 + EVERY_S]
    rig.run(EVERY_S * 2)
    assert len(rig.mail.proofs) == 2, "nobody looks any more"


def test_what_a_mail_proved_meanwhile_is_not_proven_a_quarter_of_an_hour_later_for_nobody(rig: Rig) -> None:
    rig.armed = False
    rig.prove.ask()
    rig.prove.look()
    rig.logins.proven(rig.mail, "it answered a mail")
    rig.run(2 * EVERY_S)
    assert rig.mail.proofs == []


def test_disarmed_nobody_logs_in_and_arming_proves_at_once(rig: Rig) -> None:
    rig.armed = False
    rig.run(2000)
    assert rig.mail.proofs == []
    rig.armed = True
    rig.run(2)
    assert rig.mail.proofs == [2000]


def test_a_mail_that_was_answered_is_a_proof_too(rig: Rig) -> None:
    rig.run(SETTLE_S - 1)
    rig.alert("one")
    rig.run(EVERY_S - 5)
    assert (len(rig.mail.sent), rig.mail.proofs) == (1, [])
    assert rig.health.facts()["mail login"].endswith("it answered a mail")


def test_changed_mail_settings_are_proven_at_once_though_nothing_is_armed(rig: Rig) -> None:
    rig.armed = False
    rig.run(100)
    rig.channels["mail"] = changed = ScriptedChannel(rig.clock)
    rig.run(1000)
    assert (changed.proofs, rig.mail.proofs) == ([100], [])


def test_a_failure_is_a_fault_within_60_s_and_ends_with_the_next_success(rig: Rig) -> None:
    rig.run(SETTLE_S + 5)
    rig.mail.trouble = AWAY
    rig.run(EVERY_S + 60)
    assert rig.faults == {"mail-login": f"alerts would not leave: {AWAY}"}
    rig.mail.trouble = None
    rig.run(AGAIN_S)
    assert rig.faults == {}
    assert prove.DEADLINE_S + prove.OVERRUN_S + 2 * prove.POLL_S < 60


def test_a_fault_ends_with_an_accepted_mail_and_by_itself_when_disarmed(rig: Rig) -> None:
    rig.mail.trouble = AWAY
    rig.run(SETTLE_S + 5)
    assert "mail-login" in rig.faults
    rig.mail.trouble = None
    rig.alert("one")
    rig.run(2)
    assert rig.faults == {}
    rig.mail.trouble = AWAY
    rig.run(EVERY_S + 5)
    assert "mail-login" in rig.faults
    rig.armed, rig.mail.trouble = False, None
    rig.run(AGAIN_S + 5)
    assert rig.faults == {}


def test_r06_after_a_rejected_login_neither_a_proof_nor_an_alert_tries_again_within_15_minutes(rig: Rig) -> None:
    rig.mail.trouble = REJECTED
    rig.run(SETTLE_S + 5)
    assert "mail-login" in rig.faults
    for number in range(5):
        rig.alert(f"alert {number}")
        rig.armed = not rig.armed
        rig.run(700)
    tries = sorted((*rig.mail.proofs, *rig.mail.sent))
    assert len(tries) > 2
    assert all(later - earlier >= REJECTED_LOGIN_S for earlier, later in pairwise(tries))
    assert "535" in rig.faults["mail"], "the alerts that wait say why"
    rig.mail.trouble = None
    rig.run(2000)
    assert rig.faults == {}
    assert {row.outcome for row in rig.rows()} == {Outcome.ACCEPTED}


def test_r06_a_login_that_deliver_had_rejected_is_not_tried_by_a_proof(rig: Rig) -> None:
    rig.mail.trouble = REJECTED
    rig.alert("one")
    rig.run(800)
    assert (len(rig.mail.sent), rig.mail.proofs) == (1, [])
    rejection = rig.logins.rejection(rig.mail)
    assert rejection is not None and "535" in rejection.reason, "for whoever else would log in"


def test_a_server_that_deliver_finds_shut_is_left_to_deliver(rig: Rig) -> None:
    rig.mail.trouble = AWAY
    rig.alert("one")
    rig.alert("two")
    rig.run(1800)
    assert rig.mail.proofs == []
    assert set(rig.faults) == {"mail"}


def test_a_failure_goes_out_once_over_the_channel_that_works_and_so_does_its_end(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "mail", "push")
    rig.mail.trouble = AWAY
    rig.run(SETTLE_S + 60)
    (row,) = rig.rows()
    assert (row.channel, row.alert.kind, row.outcome) == ("push", AlertKind.FAULT, Outcome.ACCEPTED)
    assert row.alert.subject == "[Home] Fault: alerts do not leave over mail"
    assert "refuses the connection" in row.alert.text
    rig.start()  # a restart tells nothing twice and forgets nothing
    rig.run(SETTLE_S + 60)
    assert len(rig.rows()) == 1
    rig.mail.trouble = None
    rig.run(AGAIN_S * 2)
    assert [(row.channel, row.alert.kind) for row in rig.rows()] == [
        ("push", AlertKind.FAULT),
        ("push", AlertKind.RECOVERED),
    ]


def test_where_no_channel_works_nothing_is_told_and_disarmed_neither(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "mail", "push")
    for channel in rig.scripted.values():
        channel.trouble = AWAY
    rig.run(SETTLE_S + 60)
    assert rig.rows() == []
    assert set(rig.faults) == {"mail-login", "push-login"}
    (tmp_path / "other").mkdir()
    alone = Rig(tmp_path / "other", "mail")
    alone.mail.trouble = AWAY
    alone.run(SETTLE_S + 60)
    assert alone.rows() == []


def test_a_channel_that_is_gone_leaves_no_fault(rig: Rig) -> None:
    rig.mail.trouble = AWAY
    rig.run(SETTLE_S + 5)
    del rig.channels["mail"]
    rig.run(2)
    assert (rig.faults, dict(rig.health.facts())) == ({}, {})


class HangingChannel(ScriptedChannel):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.released = threading.Event()

    def warm_up(self) -> None:
        raise NotImplementedError

    def prove(self, deadline_s: float) -> str:
        super().prove(deadline_s)
        self.released.wait(30)
        return "late"


def test_a_login_that_hangs_is_given_up_and_keeps_no_alert_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove, "POLL_S", 0.01)
    rig = Rig(tmp_path, "mail")
    hanging = rig.channels["mail"] = HangingChannel(rig.clock)
    rig.run(SETTLE_S + 2)
    rig.alert("one")
    rig.run(1)
    assert len(hanging.sent) == 1, "the alert leaves while the proof hangs"
    rig.run(prove.DEADLINE_S + prove.OVERRUN_S + 2)
    assert "took too long" in rig.faults["mail-login"]
    hanging.released.set()


def test_a_store_that_refuses_is_logged_once_until_that_changes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reasons = iter(["disk full"] * 60 + ["read-only"] * 60)

    def refuse(_: Notices) -> Mapping[str, str]:
        raise StoreError(next(reasons))

    with monkeypatch.context() as broken:
        broken.setattr(Notices, "told_faults", refuse)
        for _ in range(120):
            rig.prove.look()
    told = [record.getMessage() for record in caplog.records if "not told yet" in record.getMessage()]
    assert told == [f"what failed is not told yet reason={reason}" for reason in ("disk full", "read-only")]


def test_work_beats_and_ends_when_told(rig: Rig) -> None:
    stop, beats = threading.Event(), list[int]()

    def beat() -> None:
        beats.append(1)
        if len(beats) == 30:
            stop.set()

    rig.prove.work(stop, beat)
    assert len(rig.mail.proofs) == 1
    assert rig.clock.now() > START
