"""What the page says of the schedule, without a browser."""

from __future__ import annotations

from datetime import date, time

import pytest

from pisecurity.core.types import Mode
from pisecurity.settings import HolidaySettings, ScheduleSettings
from tests.web.test_pages import client, new_house, state

NIGHTLY = ScheduleSettings(days=("mon",), at=time(22, 30), mode="night")
MORNINGS = ScheduleSettings(days=("tue",), at=time(6, 30), mode="disarmed")


@pytest.mark.parametrize(
    ("order", "line"),
    [
        (None, "Next: armed night 22:30 (schedule)"),
        (Mode.NIGHT, "Schedule goes on Tue 06:30: disarmed"),
        (Mode.AWAY, ""),
    ],
)
def test_ui24_the_page_says_what_the_schedule_does_next(order: Mode | None, line: str) -> None:
    house = new_house(schedule=(NIGHTLY, MORNINGS))  # it is Monday, 14:00
    if order:
        house.panel.switch(order, by="Anna", how="page")
    page = client(house)
    answer = state(page)["schedule"]
    assert answer["line"] == line
    assert set(answer) == {"line", "standing", "mode", "at", "holiday", "coming"}
    html = page.get("/").text
    assert (f'<p id="next"{"" if line else " hidden"}>{line}</p>' in html, ' data-schedule="1">' in html) == (
        True,
        True,
    )


def test_a_coming_holiday_is_told_before_it_comes() -> None:
    friday = HolidaySettings(name="Corpus Christi", first=date(2026, 6, 4), last=date(2026, 6, 5))
    house = new_house(
        schedule=(NIGHTLY, ScheduleSettings(days=("fri",), at=time(22, 30), mode="night")), holiday=(friday,)
    )
    page = client(house)
    line = "Next: armed night 22:30 (schedule); off from Thu 4 Jun (Corpus Christi)"
    assert state(page)["schedule"]["line"] == line
    assert state(page)["schedule"]["coming"] == {
        "holiday": "Corpus Christi", "first": "2026-06-04", "last": "2026-06-05",
    }  # fmt: skip
    html = page.get("/").text
    assert (f'<p id="next">{line}</p>' in html, ' data-schedule="2">' in html) == (True, True)


def test_a_house_without_a_schedule_says_nothing_of_it() -> None:
    page = client(new_house())
    assert state(page)["schedule"] is None
    html = page.get("/").text
    assert ('<p id="next" hidden></p>' in html, "data-schedule" in html) == (True, False)


def test_the_page_says_that_a_scheduled_disarm_waits_for_the_alarm() -> None:
    house = new_house(schedule=(NIGHTLY, MORNINGS))
    house.arm_now(Mode.NIGHT)
    house.clock.advance(16.5 * 3600 - 10)  # type: ignore[attr-defined]
    house.intrude()
    assert state(client(house))["schedule"]["line"] == ""
    house.clock.advance(10)  # type: ignore[attr-defined]
    assert state(client(house))["schedule"]["line"] == "Schedule disarms after the alarm"
