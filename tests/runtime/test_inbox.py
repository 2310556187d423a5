"""The queue in front of respond: bounded, in order, and it says what it lost."""

from __future__ import annotations

from pisecurity.core.types import Fault, Phase
from pisecurity.runtime.health import FaultChange
from pisecurity.runtime.inbox import Dropped, Inbox
from tests.fakes import START, make_event


def test_items_come_out_in_order() -> None:
    inbox = Inbox(4)
    opened, ended = make_event(), make_event(Phase.ENDED)
    assert inbox.put(opened) and inbox.put(ended)
    assert [inbox.get(0), inbox.get(0), inbox.get(0)] == [opened, ended, None]


def test_a_better_view_replaces_a_waiting_one_of_the_same_event() -> None:
    inbox = Inbox(4)
    older, newer = make_event(Phase.IMPROVED, last_s=6.0), make_event(Phase.IMPROVED, last_s=7.0)
    other = make_event(Phase.IMPROVED, event_id="b" * 32)
    for item in (older, other, newer):
        assert inbox.put(item)
    assert [inbox.get(0), inbox.get(0), inbox.get(0)] == [newer, other, None]


def test_when_full_a_better_view_gives_way_to_an_opening() -> None:
    inbox = Inbox(2)
    view, first, second = make_event(Phase.IMPROVED), make_event(event_id="b" * 32), make_event(event_id="c" * 32)
    for item in (view, first, second):
        assert inbox.put(item)
    assert [inbox.get(0), inbox.get(0)] == [first, second]
    assert inbox.dropped == Dropped(better_views=1, openings=0)


def test_when_full_of_openings_the_new_one_is_lost_and_counted() -> None:
    inbox = Inbox(1)
    assert inbox.put(make_event())
    assert not inbox.put(make_event(event_id="b" * 32))
    assert inbox.dropped == Dropped(better_views=0, openings=1)


def test_a_change_that_owes_a_mail_is_never_refused() -> None:
    inbox = Inbox(1)
    change = FaultChange(Fault("camera:front", "lost", START), over=False)
    event = make_event()
    assert inbox.put(event) and inbox.put(change)
    assert (inbox.get(0) is event, inbox.get(0)) == (True, change)
