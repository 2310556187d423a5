"""The queue in front of respond: bounded, in order, and it says what it lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pisecurity.core.types import Event, Fault, Phase, Picture
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.runtime.alerts.inbox import Dismissals, Dropped, Inbox, Item, Sighting
from pisecurity.runtime.health import FaultChange
from pisecurity.settings import AlarmSettings
from tests.fakes import START, FakeClock, MemoryAlarmStore, make_dismissed, make_event, make_picture

FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32
PICTURE_BYTES = 64 * 48 * 3 // 2


def seen(
    phase: Phase = Phase.OPENED, event_id: str = FIRST, *, last_s: float = 5.0, picture: Picture | None = None
) -> Sighting:
    panel = Panel(MemoryAlarmStore(), FakeClock(), AlarmSettings(), lambda change: None)
    panel.start()
    event = make_event(phase, event_id=event_id, last_s=last_s)
    return Sighting(replace(event, picture=picture) if picture else event, panel.status())


def drained(inbox: Inbox) -> list[Item]:
    return list(iter(lambda: inbox.get(0), None))


def events(inbox: Inbox) -> list[Event]:
    return [item.event for item in drained(inbox) if isinstance(item, Sighting)]


def test_items_come_out_in_order() -> None:
    inbox = Inbox(4)
    opened, ended = seen(), seen(Phase.ENDED)
    assert inbox.put(opened) and inbox.put(ended)
    assert [inbox.get(0), inbox.get(0), inbox.get(0)] == [opened, ended, None]


def test_a_better_view_replaces_a_waiting_one_of_the_same_event() -> None:
    inbox = Inbox(4)
    older, newer = seen(Phase.IMPROVED, last_s=6.0), seen(Phase.IMPROVED, last_s=7.0)
    other = seen(Phase.IMPROVED, SECOND)
    for item in (older, other, newer):
        assert inbox.put(item)
    assert drained(inbox) == [other, newer]
    assert inbox.dropped == Dropped(0, 0, 0), "superseded is not lost"


def test_when_full_a_better_view_gives_way_to_an_opening() -> None:
    inbox = Inbox(2)
    view, first, second = seen(Phase.IMPROVED), seen(event_id=SECOND), seen(event_id=THIRD)
    for item in (view, first, second):
        assert inbox.put(item)
    assert drained(inbox) == [first, second]
    assert inbox.dropped == Dropped(better_views=1, openings=0, pictures=0)


def test_when_full_of_openings_the_new_one_is_lost_and_counted() -> None:
    inbox = Inbox(1)
    assert inbox.put(seen())
    assert not inbox.put(seen(event_id=SECOND))
    assert inbox.dropped == Dropped(better_views=0, openings=1, pictures=0)


def test_a_better_view_that_finds_no_room_is_no_lost_opening() -> None:
    inbox = Inbox(1)
    assert inbox.put(seen())
    assert not inbox.put(seen(Phase.IMPROVED))
    assert inbox.dropped == Dropped(better_views=1, openings=0, pictures=0)


def test_the_end_of_a_kept_event_is_never_refused() -> None:
    inbox = Inbox(1)
    assert inbox.put(seen()) and inbox.put(seen(Phase.ENDED))
    assert [event.phase for event in events(inbox)] == [Phase.OPENED, Phase.ENDED]
    assert inbox.dropped == Dropped(0, 0, 0)


def test_the_end_and_the_better_views_of_a_lost_event_are_left_out() -> None:
    inbox = Inbox(1)
    inbox.put(seen())
    inbox.put(seen(event_id=SECOND))
    assert inbox.get(0) is not None
    assert not inbox.put(seen(Phase.IMPROVED, SECOND))
    assert not inbox.put(seen(Phase.ENDED, SECOND))
    assert drained(inbox) == []
    assert inbox.dropped == Dropped(better_views=0, openings=1, pictures=0)


def test_a_flood_of_lost_events_leaves_nothing_behind() -> None:
    inbox = Inbox(2)
    for number in range(1000):
        for phase in (Phase.OPENED, Phase.ENDED):
            inbox.put(seen(phase, f"{number:032x}"))
    assert [event.id for event in events(inbox)] == [f"{0:032x}"] * 2
    assert inbox.dropped.openings == 999
    assert inbox.put(seen(event_id=f"{999:032x}")), "forgotten with its end"


def test_a_change_that_owes_a_mail_is_never_refused() -> None:
    inbox = Inbox(1)
    opening, change = seen(), FaultChange(Fault("camera:front", "lost", START), over=False)
    panel = Panel(MemoryAlarmStore(), FakeClock(), AlarmSettings(), lambda change: None)
    panel.start()
    status = panel.status()
    transition = Transition(status.state, panel.alarm(), status.state, START)
    assert inbox.put(opening) and inbox.put(change) and inbox.put(transition)
    assert [inbox.get(0) is opening, inbox.get(0), inbox.get(0)] == [True, change, transition]


def test_pictures_take_no_more_memory_than_allowed_and_better_views_give_way_first() -> None:
    inbox = Inbox(64, picture_bytes=2 * PICTURE_BYTES)
    view, first, second = seen(Phase.IMPROVED), seen(event_id=SECOND), seen(event_id=THIRD)
    for item in (view, first, second):
        assert inbox.put(item)
    assert [event.id for event in events(inbox)] == [SECOND, THIRD]
    assert inbox.dropped == Dropped(better_views=1, openings=0, pictures=0)


def test_an_opening_that_finds_no_memory_for_its_picture_is_kept_without_it() -> None:
    inbox = Inbox(64, picture_bytes=PICTURE_BYTES)
    assert inbox.put(seen()) and inbox.put(seen(event_id=SECOND))
    first, second = events(inbox)
    assert (first.id, second.id) == (FIRST, SECOND)
    assert first.picture is not None and second.picture is None
    assert inbox.dropped == Dropped(better_views=0, openings=0, pictures=1)


def test_a_better_view_that_finds_no_memory_gives_way_itself() -> None:
    inbox = Inbox(64, picture_bytes=PICTURE_BYTES)
    assert inbox.put(seen())
    assert not inbox.put(seen(Phase.IMPROVED))
    assert [event.phase for event in events(inbox)] == [Phase.OPENED]


@pytest.mark.parametrize("phase", [Phase.OPENED, Phase.IMPROVED])
def test_a_single_picture_larger_than_allowed_is_kept(phase: Phase) -> None:
    inbox = Inbox(64, picture_bytes=100)
    assert inbox.put(seen(phase, picture=make_picture(640, 480)))
    (event,) = events(inbox)
    assert event.picture is not None


def test_memory_is_free_again_once_items_are_taken() -> None:
    inbox = Inbox(64, picture_bytes=PICTURE_BYTES)
    for event_id in (FIRST, SECOND, THIRD):
        assert inbox.put(seen(event_id=event_id))
        (event,) = events(inbox)
        assert event.picture is not None


def test_what_was_no_event_is_taken_only_where_there_is_room() -> None:
    inbox = Inbox(1)
    minute = Dismissals((make_dismissed(),), seen().status)
    assert inbox.put(minute)
    assert not inbox.put(minute)
    assert drained(inbox) == [minute]


def test_what_was_no_event_gives_way_to_an_event() -> None:
    inbox = Inbox(2)
    minute = Dismissals((make_dismissed(),), seen().status)
    assert inbox.put(minute) and inbox.put(minute)
    opening = seen()
    assert inbox.put(opening)
    assert drained(inbox) == [minute, opening]
    assert inbox.dropped == Dropped(0, 0, 0)
