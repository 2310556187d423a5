"""However short the pause, a storm is not a mail for each event: a sum follows, and what matters breaks through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from pisecurity.core.types import AlertKind, Event
from pisecurity.runtime.alerts.pauses import SUM_EVERY_S
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import make_event
from tests.rigs.respond import Fixture

MOST = 12
EVERY_EVENT = AlarmSettings(away=ModeSettings(entry_delay_s=30), alert_pause_s=0)
COUNT = re.compile(r"\((\d+)\)")
OF_MOVEMENT = {AlertKind.ALARM, AlertKind.SUMMARY}
pytestmark = pytest.mark.usefixtures("short_waits")


class Storm:
    """A house whose owner wants a mail about every movement, and something that moves all the time."""

    def __init__(self, folder: Path, settings: AlarmSettings = EVERY_EVENT) -> None:
        self.house = Fixture(folder, settings)
        self.house.arm()
        self.count = 0

    def event(self, *zones: str, camera: str = "front", entry: bool = False) -> Event:
        self.count += 1
        event = make_event(event_id=f"{self.count:032x}", number=self.count)
        return replace(
            event, camera=camera, zones=frozenset(zones), opened_at=self.house.clock.now(),
            entry=event.modes if entry else frozenset(),
        )  # fmt: skip

    def blow(self, seconds: float, every_s: float, *zones: str, also: Callable[[], None] = lambda: None) -> None:
        """Have something move again and again, and respond look as often as it does."""
        for _ in range(int(seconds / every_s)):
            self.house.put(self.event(*zones))
            also()
            self.house.respond._look()
            self.house.clock.advance(every_s)

    def told_s(self) -> list[float]:
        """Return when each mail about movement was stored, in seconds since the arming."""
        at = self.house.panel.status().armed_since
        found = {row.alert.id: row for row in self.house.store.deliveries(10_000) if row.alert.kind in OF_MOVEMENT}
        ago = (row.stored.seconds_since(at) for row in found.values() if row.stored is not None)
        return sorted(ago_s for ago_s in ago if ago_s is not None)


@pytest.fixture
def storm(tmp_path: Path) -> Storm:
    return Storm(tmp_path)


def test_r35_without_a_pause_an_hour_of_movement_is_few_mails(storm: Storm) -> None:
    storm.blow(MOST, 1, "garden")
    storm.blow(3600, 30, "garden")
    told_s = storm.told_s()
    assert told_s[MOST - 1] < MOST, "the first ones at once"
    assert len(told_s) <= MOST + 3600 / SUM_EVERY_S
    assert all(SUM_EVERY_S <= later - earlier < SUM_EVERY_S + 30 for earlier, later in pairwise(told_s[MOST - 1 :]))


def test_every_event_of_a_storm_is_told_of_once(storm: Storm) -> None:
    storm.blow(5000, 50, "garden")
    storm.house.clock.advance(3600)
    storm.house.respond._look()
    alone = storm.house.kinds().count(AlertKind.ALARM)
    sums = [alert.subject for alert in storm.house.alerts() if alert.kind is AlertKind.SUMMARY]
    before = [alert.text for alert in storm.house.alerts() if "not mailed one by one" in alert.text]
    told = [int(count) for text in (*sums, *before) for count in COUNT.findall(text)]
    assert len(told) == len(sums) + len(before) > 4
    assert alone + sum(told) == storm.count


def test_one_event_held_back_in_a_storm_is_told_of_after_ten_minutes(storm: Storm) -> None:
    storm.blow(MOST, 1, "garden")
    storm.house.put(storm.event("garden"))
    assert storm.house.kinds() == [AlertKind.ALARM] * MOST
    storm.house.clock.advance(SUM_EVERY_S - 2)
    storm.house.respond._look()
    assert storm.house.kinds() == [AlertKind.ALARM] * MOST
    storm.house.clock.advance(2)
    storm.house.respond._look()
    assert storm.house.kinds()[MOST:] == [AlertKind.SUMMARY]


def test_r35_a_new_zone_breaks_through_a_storm_at_once(storm: Storm) -> None:
    storm.blow(60, 2, "garden")
    before = len(storm.house.alerts())
    storm.house.put(storm.event("hall"))
    assert len(storm.house.alerts()) == before + 1
    assert "Where: Front door (hall)\n" in storm.house.alerts()[-1].text


def test_who_comes_in_breaks_through_a_storm(storm: Storm) -> None:
    storm.blow(40, 2, "garden")
    storm.house.clock.advance(200)
    storm.house.panel.settle()
    storm.house.answer()
    storm.house.put(storm.event("garden", entry=True))
    assert storm.house.kinds()[-1] is AlertKind.ENTRY


def test_a_covered_camera_breaks_through_a_storm(storm: Storm) -> None:
    storm.blow(40, 2, "garden")
    storm.house.health.report("camera:front", "camera Front door is lost")
    storm.house.answer()
    assert storm.house.kinds()[-1] is AlertKind.TAMPER


def test_two_cameras_in_a_storm_take_turns(tmp_path: Path) -> None:
    storm = Storm(tmp_path)
    storm.house.respond._house = replace(storm.house.respond._house, cameras={"front": "Front door", "back": "Yard"})
    storm.blow(7000, 100, "garden", also=lambda: storm.house.put(storm.event("gate", camera="back")))
    subjects = [alert.subject for alert in storm.house.alerts() if alert.kind is AlertKind.SUMMARY]
    front = [("Front door" in subject) for subject in subjects]
    assert len(front) >= 4 and all(earlier != later for earlier, later in pairwise(front))


def test_after_an_hour_with_few_mails_each_event_is_mailed_again(storm: Storm) -> None:
    storm.blow(40, 2, "garden")
    storm.house.clock.advance(SUM_EVERY_S)
    storm.house.respond._look()
    storm.house.clock.advance(3600)
    storm.house.put(storm.event("garden"), storm.event("garden"))
    assert storm.house.kinds()[-3:] == [AlertKind.SUMMARY, AlertKind.ALARM, AlertKind.ALARM]


def test_a_storm_goes_on_after_a_restart(storm: Storm) -> None:
    storm.blow(40, 2, "garden")
    storm.house.store.close()
    storm.house.boot()
    before = len(storm.house.alerts())
    storm.blow(40, 2, "garden")
    assert len(storm.house.alerts()) == before


def test_mails_about_other_things_make_no_storm(storm: Storm) -> None:
    for _ in range(2 * MOST):
        storm.house.respond.test_alert()
    storm.house.put(storm.event("garden"), storm.event("garden"))
    assert storm.house.kinds()[-2:] == [AlertKind.ALARM, AlertKind.ALARM]


def test_the_owner_sets_how_many_mails_an_hour_may_have(tmp_path: Path) -> None:
    storm = Storm(tmp_path, EVERY_EVENT.model_copy(update={"alerts_per_hour": 3}))
    storm.blow(40, 2, "garden")
    assert storm.house.kinds() == [AlertKind.ALARM] * 3
