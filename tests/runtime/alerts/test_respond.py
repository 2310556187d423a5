"""What happened becomes stored events and alerts, once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import AlarmState, AlertKind, Box, Mode, Phase
from pisecurity.core.words import alert_id
from pisecurity.errors import StoreError
from pisecurity.ports import PictureKind
from pisecurity.runtime.alerts.inbox import Dismissals
from pisecurity.runtime.alerts.respond import BETTER_VIEW_S, REMEMBERED
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import ShadeEncoder, make_dismissed, make_event, make_picture
from tests.rigs.respond import EVENT, LATER_EVENT, Fixture, make_settings

pytestmark = pytest.mark.usefixtures("short_waits")


def test_armed_an_event_becomes_one_alarm_for_each_recipient_with_its_picture(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    assert {(each.channel, each.recipient) for each in house.deliveries()} == {
        ("mail", "anna@example.org"),
        ("mail", "ben@example.org"),
    }
    (alert,) = house.alerts()
    assert (alert.kind, alert.event_id, alert.id) == (AlertKind.ALARM, EVENT, alert_id(EVENT, AlertKind.ALARM))
    assert "Front door" in alert.subject
    picture = house.pictures.load(EVENT, PictureKind.ANNOTATED)
    assert picture is not None and b"boxes=1" in picture and b"Front door" in picture
    assert house.pictures.load(EVENT, PictureKind.CLEAN) == b"clean"
    assert house.panel.status().state is AlarmState.TRIGGERED


def test_a_stored_alarm_waits_a_moment_for_a_better_view_before_it_leaves(house: Fixture) -> None:
    house.arm()
    house.answer()
    house.see(make_event())
    stop = threading.Event()
    woken: list[int] = []

    def beat() -> None:
        woken.append(house.woken)
        if len(woken) == 2:
            assert house.store.due(house.clock.instant()) == ()
            house.clock.advance(BETTER_VIEW_S)
        if len(woken) == 3:
            stop.set()

    house.respond.work(stop, beat)
    assert woken == [0, 1, 2], "at once, so that the way to the server is made ready, and when it leaves"
    assert len(house.store.due(house.clock.instant())) == 2


def test_disarmed_nothing_is_stored_or_mailed(house: Fixture) -> None:
    house.put(make_event(), make_event(Phase.IMPROVED), make_event(Phase.ENDED))
    assert house.store.events(10) == () and house.deliveries() == ()
    assert house.pictures.load(EVENT, PictureKind.CLEAN) is None


def test_disarmed_events_are_kept_on_request_but_never_mailed(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(record_when_disarmed=True))
    house.put(make_event())
    (record,) = house.store.events(10)
    assert (record.kind, record.why) == (None, "disarmed")
    assert house.deliveries() == () and house.panel.status().state is AlarmState.DISARMED


def test_an_event_during_the_exit_delay_is_kept_and_raises_nothing(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(exit_delay_s=60)))
    house.arm()
    house.put(make_event())
    (record,) = house.store.events(10)
    assert (record.kind, record.state) == (None, AlarmState.ARMING)
    assert house.alerts() == [] and house.panel.status().state is AlarmState.ARMING
    house.store.close()


def test_a_silenced_event_keeps_the_reason(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(200)  # the alarm is over, the pause is not
    house.put(make_event(event_id=LATER_EVENT, number=2))
    newest = house.store.event(LATER_EVENT)
    assert newest is not None and newest.kind is None and "pause 300 s" in newest.why
    assert len(house.alerts()) == 1


def test_the_pause_also_counts_for_what_opened_before_the_alert_before_it_was_stored(house: Fixture) -> None:
    house.arm()
    house.see(make_event())
    house.see(make_event(event_id=LATER_EVENT, number=2))
    house.clock.advance(4)
    house.answer()
    second = house.store.event(LATER_EVENT)
    assert second is not None and second.kind is None and "last alarm mail 0 s ago" in second.why


def test_arming_anew_forgets_the_pause(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(10)
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.arm()
    house.put(make_event(event_id=LATER_EVENT, number=2))
    assert [alert.kind for alert in house.alerts()].count(AlertKind.ALARM) == 2


def test_a_better_view_replaces_the_picture_and_the_box_and_the_end_is_noted(house: Fixture) -> None:
    house.arm()
    view = replace(
        make_event(Phase.IMPROVED, last_s=65.0),
        box=Box(0.5, 0.5, 0.25, 0.25),
        boxes=(Box(0.5, 0.5, 0.25, 0.25), Box(0.0, 0.0, 0.1, 0.1)),
        picture=make_picture(shade=200),
    )
    house.put(make_event(), view, make_event(Phase.ENDED, last_s=69.0))
    assert house.pictures.load(EVENT, PictureKind.ANNOTATED) == b"(64, 48) 200 boxes=2 2026-06-01 12:01:00  Front door"
    (record,) = house.store.events(10)
    assert record.box == Box(0.5, 0.5, 0.25, 0.25)
    assert record.ended_at is not None and record.ended_at - record.opened_at == timedelta(seconds=64)
    assert len(house.alerts()) == 1


def test_no_better_view_is_kept_once_recording_while_disarmed_is_switched_off(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(record_when_disarmed=True))
    house.put(make_event())
    first = house.pictures.load(EVENT, PictureKind.ANNOTATED)
    house.respond.apply(make_settings(AlarmSettings()))
    house.put(replace(make_event(Phase.IMPROVED), picture=make_picture(shade=200)))
    assert first is not None and house.pictures.load(EVENT, PictureKind.ANNOTATED) == first
    house.store.close()


def test_events_whose_end_never_comes_do_not_pile_up_in_memory(house: Fixture) -> None:
    house.arm()
    for number in range(1, REMEMBERED + 3):
        house.put(make_event(event_id=f"{number:032x}", number=number))
    assert len(house.respond._kept) == REMEMBERED
    assert len(house.store.events(100)) == REMEMBERED + 2


@pytest.mark.parametrize("record_when_disarmed", [False, True])
def test_a_better_view_after_a_disarming_does_not_replace_the_evidence(
    tmp_path: Path, record_when_disarmed: bool
) -> None:
    house = Fixture(
        tmp_path,
        AlarmSettings(away=ModeSettings(entry_delay_s=30, exit_delay_s=60), record_when_disarmed=record_when_disarmed),
    )
    house.arm()
    house.clock.advance(60)
    house.put(make_event(entry=True))
    evidence = house.pictures.load(EVENT, PictureKind.ANNOTATED)
    owner = replace(make_event(Phase.IMPROVED, last_s=20.0), picture=make_picture(shade=10))
    house.clock.advance(10)
    house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    house.put(owner)
    house.clock.advance(10)
    house.arm()  # Ben leaves again, still the same event
    house.put(owner)
    assert house.pictures.load(EVENT, PictureKind.ANNOTATED) == evidence
    house.put(make_event(Phase.ENDED, last_s=30.0))
    (record,) = house.store.events(10)
    assert record.ended_at is not None
    house.store.close()


def test_a_better_view_that_waited_over_a_disarming_is_still_evidence(house: Fixture) -> None:
    house.arm()
    house.see(make_event())
    house.see(replace(make_event(Phase.IMPROVED), picture=make_picture(shade=200)))
    house.clock.advance(1)
    house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    house.answer()
    picture = house.pictures.load(EVENT, PictureKind.ANNOTATED)
    assert picture is not None and picture.startswith(b"(64, 48) 200")


def test_an_event_that_opened_in_the_exit_delay_stays_silent_though_answered_after_it(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(exit_delay_s=60)))
    house.arm()
    house.see(make_event())
    house.clock.advance(61)
    house.answer()
    (record,) = house.store.events(10)
    assert (record.kind, record.state) == (None, AlarmState.ARMING)
    assert house.alerts() == [] and house.panel.status().state is AlarmState.ARMED_AWAY
    house.store.close()


@pytest.mark.parametrize(("entry", "kind"), [(False, AlertKind.ALARM), (True, AlertKind.ENTRY)])
def test_an_event_that_opened_while_armed_is_kept_and_mailed_though_answered_after_a_disarming(
    house: Fixture, entry: bool, kind: AlertKind
) -> None:
    house.arm()
    house.clock.advance(1)
    house.see(make_event(entry=entry))
    house.clock.advance(1)
    house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    house.answer()
    (record,) = house.store.events(10)
    assert (record.kind, record.state) == (kind, AlarmState.ARMED_AWAY)
    first, clear = house.alerts()
    assert (first.kind, clear.kind, clear.thread) == (kind, AlertKind.ALL_CLEAR, first.id)
    assert "Ben" in clear.text and house.panel.status().state is AlarmState.DISARMED


def test_the_entry_delay_counts_from_the_opening_however_late_it_is_answered(house: Fixture) -> None:
    house.arm()
    house.see(make_event(entry=True))
    house.clock.advance(20)
    house.answer()
    assert house.panel.status().countdown_s == 10.0


def test_somebody_who_keeps_moving_raises_the_alarm_again_and_is_mailed_after_the_pause(tmp_path: Path) -> None:
    """Watch begins anew whenever the alarm has become armed, so what still moves opens another event."""
    house = Fixture(tmp_path, AlarmSettings(home=ModeSettings(), trigger_time_s=180, alert_pause_s=300))
    house.arm(Mode.HOME)
    house.put(make_event(event_id=f"{0:032x}"))
    states, mailed = [], []
    for number in range(1, 7):
        house.clock.advance(180)
        house.panel.settle()
        states.append(house.panel.status().state)
        house.put(
            make_event(Phase.ENDED, event_id=f"{number - 1:032x}", number=number),
            make_event(event_id=f"{number:032x}", number=number + 1),
        )
        states.append(house.panel.status().state)
        mailed.append(len(house.alerts()))
    assert states == [AlarmState.ARMED_HOME, AlarmState.TRIGGERED] * 6
    assert mailed == [1, 2, 2, 3, 3, 4], "360 s lie between two mails: the first time the pause of 300 s is over"
    assert set(house.kinds()) == {AlertKind.ALARM}
    house.store.close()


def test_an_entry_is_mailed_at_once_and_becomes_an_alarm_when_nobody_disarms(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ENTRY]
    assert house.panel.status().state is AlarmState.PENDING
    house.clock.advance(30)
    house.panel.settle()
    house.answer()
    entry, alarm = house.alerts()
    assert (alarm.kind, alarm.thread, alarm.event_id) == (AlertKind.ALARM, entry.id, EVENT)


def test_disarming_an_entry_sends_the_all_clear_in_the_same_thread(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    house.answer()
    entry, clear = house.alerts()
    assert (clear.kind, clear.thread) == (AlertKind.ALL_CLEAR, entry.id)
    assert "Ben" in clear.text


def test_disarming_an_alarm_that_the_pause_kept_silent_sends_the_all_clear_all_the_same(tmp_path: Path) -> None:
    """The owner has the mail of a moment ago, and must hear that somebody has disarmed since."""
    house = Fixture(tmp_path, AlarmSettings(home=ModeSettings(), trigger_time_s=180, alert_pause_s=300))
    house.arm(Mode.HOME)
    house.put(make_event(event_id=f"{0:032x}"))
    house.clock.advance(180)
    house.panel.settle()
    house.put(make_event(Phase.ENDED, event_id=f"{0:032x}"), make_event(event_id=f"{1:032x}", number=2))
    assert house.panel.status().state is AlarmState.TRIGGERED
    assert house.kinds() == [AlertKind.ALARM]
    house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    house.answer()
    alarm, clear = house.alerts()
    assert (clear.kind, clear.thread) == (AlertKind.ALL_CLEAR, alarm.id)
    house.store.close()


def test_a_power_cut_after_the_entry_delay_does_not_swallow_the_alarm(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    house.clock.advance(30)
    house.panel.settle()  # stored as triggered, and here the power fails
    house.store.close()
    house.boot()
    house.answer()
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ENTRY, AlertKind.ALARM]
    house.answer()
    assert len(house.alerts()) == 2, "made up for once, not at every start"


@pytest.mark.parametrize("entry", [False, True])
def test_r23_an_alarm_raised_before_a_long_power_cut_is_mailed_though_it_is_over_by_then(
    tmp_path: Path, entry: bool
) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(entry_delay_s=30), trigger_time_s=180))
    house.arm()
    if entry:
        house.put(make_event(entry=True))
        house.clock.advance(31)
        house.panel.settle()
    else:
        house.panel.notice(make_event(), house.clock.instant())
    raised_at = house.clock.now()
    house.clock.advance(600)
    house.store.close()
    house.boot()
    house.answer()
    assert house.panel.status().state is AlarmState.ARMED_AWAY
    *_, alarm = house.alerts()
    assert alarm.kind is AlertKind.ALARM
    assert (raised_at - alarm.at).total_seconds() == pytest.approx(1 if entry else 0)
    house.store.close()


class PowerCut(BaseException):
    """The machine is off from here on."""


class CutStore(SqliteStore):
    """The power fails before the event is stored."""

    def add_event(self, *args: object, **more: object) -> None:
        raise PowerCut


@pytest.mark.parametrize("entry", [False, True])
def test_r23_a_power_cut_before_the_event_is_stored_does_not_swallow_the_alarm(tmp_path: Path, entry: bool) -> None:
    house = Fixture(tmp_path, store=CutStore)
    house.arm()
    with pytest.raises(PowerCut):
        house.put(make_event(entry=entry))
    house.make_store = SqliteStore
    house.cut_power()
    house.answer()
    (alarm,) = house.alerts()
    assert (alarm.kind, alarm.event_id) == (AlertKind.ALARM, EVENT), "with the picture that is there already"
    assert "armed (away)" in alarm.text
    assert house.pictures.load(EVENT, PictureKind.ANNOTATED) is not None
    assert house.panel.status().state is AlarmState.TRIGGERED
    house.answer()
    assert len(house.alerts()) == 1
    house.store.close()


def test_r23_a_picture_that_ends_the_process_does_not_swallow_the_alarm(
    house: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*args: object) -> bytes:
        raise PowerCut

    house.arm()
    monkeypatch.setattr(ShadeEncoder, "annotated", cut)
    with pytest.raises(PowerCut):
        house.put(make_event())
    house.cut_power()
    house.answer()
    assert house.kinds() == [AlertKind.ALARM]


def test_r23_nobody_is_told_of_an_entry_that_a_power_cut_keeps_from_becoming_an_alarm(
    house: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*args: object) -> None:
        raise PowerCut

    house.arm()
    monkeypatch.setattr(house.panel, "notice", cut)
    with pytest.raises(PowerCut):
        house.put(make_event(entry=True))
    assert house.alerts() == [] and house.store.events(10) == ()


def test_what_was_seen_before_the_stop_is_still_kept(house: Fixture) -> None:
    house.arm()
    stop = threading.Event()

    def stop_at_once() -> None:
        house.see(make_event())
        house.see(make_event(Phase.ENDED, last_s=7.0))
        house.see(make_event(event_id=LATER_EVENT, number=2))
        stop.set()

    house.respond.work(stop, stop_at_once)
    assert [(record.id, record.ended_at is not None) for record in house.store.events(10)] == [
        (LATER_EVENT, False),
        (EVENT, True),
    ]


def test_lost_openings_are_a_fault_until_the_queue_is_empty(house: Fixture) -> None:
    house.arm()
    house.answer()
    for number in range(18):
        house.see(make_event(event_id=f"{number:032x}", number=number))
    shown: list[Sequence[str]] = []
    stop = threading.Event()

    def beat() -> None:
        shown.append([fault.text for fault in house.health.faults() if fault.key == "inbox"])
        if len(shown) > 100 or (len(shown) > 1 and not shown[-1]):
            stop.set()

    house.respond.work(stop, beat)
    assert shown[0] == [] and shown[-1] == []
    assert all("2 event(s) lost" in text for (text,) in shown[1:-1])
    assert len(shown) >= 16
    assert len(house.store.events(100)) == 16


def test_a_test_alert_goes_to_everybody(house: Fixture) -> None:
    house.respond.test_alert()
    (alert,) = house.alerts()
    assert alert.kind is AlertKind.TEST and len(house.deliveries()) == 2 and house.woken == 1


def test_where_it_does_not_count_in_the_mode_it_is_kept_with_its_picture_and_raises_nothing(house: Fixture) -> None:
    house.arm(Mode.HOME)
    house.put(replace(make_event(), modes=frozenset({Mode.AWAY})))
    (record,) = house.store.events(10)
    assert (record.kind, record.state) == (None, AlarmState.ARMED_HOME)
    assert record.why == "armed home: movement at Front door, where it counts only in mode away"
    assert house.pictures.load(EVENT, PictureKind.ANNOTATED) is not None
    assert house.alerts() == [] and house.panel.status().state is AlarmState.ARMED_HOME


def test_what_follows_it_where_it_counts_raises_the_alarm(house: Fixture) -> None:
    house.arm(Mode.HOME)
    elsewhere = replace(make_event(), modes=frozenset({Mode.AWAY}))
    house.put(elsewhere, make_event(Phase.ENDED), make_event(number=2, event_id=LATER_EVENT))
    assert house.kinds() == [AlertKind.ALARM]
    assert house.panel.status().event_id == LATER_EVENT


def test_an_entry_zone_of_another_mode_raises_the_alarm_at_once(house: Fixture) -> None:
    house.arm(Mode.NIGHT)
    house.put(replace(make_event(), entry=frozenset({Mode.AWAY})))
    assert house.kinds() == [AlertKind.ALARM]
    assert house.panel.status().state is AlarmState.TRIGGERED


def test_what_was_no_event_is_kept_where_an_event_would_be(tmp_path: Path) -> None:
    for number, (record, mode, kept) in enumerate(
        ((False, Mode.DISARMED, 0), (True, Mode.DISARMED, 1), (False, Mode.AWAY, 1))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        house = Fixture(folder, AlarmSettings(record_when_disarmed=record))
        house.panel.switch(mode, by="Anna", how="page")
        house.inbox.put(Dismissals((make_dismissed(),), house.panel.status()))
        house.answer()
        assert len(house.store.dismissed(10)) == kept


def test_r08_no_alarm_waits_for_a_disk_that_takes_no_row_of_what_was_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Fixture(tmp_path)

    def refused(rows: object) -> None:
        raise StoreError("pisecurity.db: database disk image is malformed")

    monkeypatch.setattr(house.store, "add_dismissed", refused)
    house.arm(Mode.HOME)
    house.inbox.put(Dismissals((make_dismissed(),), house.panel.status()))
    house.put(make_event())
    assert house.kinds() == [AlertKind.ALARM]


def test_what_moved_before_the_alarm_was_ordered_is_not_kept(tmp_path: Path) -> None:
    house = Fixture(tmp_path)
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    status = replace(house.panel.status(), state=AlarmState.ARMING)
    before, after = (make_dismissed(last_at=status.since_at + timedelta(seconds=s)) for s in (-1, 1))
    house.inbox.put(Dismissals((before, after), status))
    house.answer()
    assert [row.last_at for row in house.store.dismissed(10)] == [after.last_at]
