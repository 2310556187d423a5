from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import pytest

from pisecurity.core.types import ARMED_MODES, Box, Event, Mode, Phase, Track, TrackState
from pisecurity.core.vision.events import EventKeeper
from tests.fakes import START

AWAY = frozenset({Mode.AWAY})
SMALL, LARGE, LARGER = Box(0.3, 0.3, 0.05, 0.1), Box(0.3, 0.3, 0.1, 0.2), Box(0.3, 0.3, 0.2, 0.4)


def track(
    box: Box = SMALL,
    state: TrackState = TrackState.CONFIRMED,
    number: int = 1,
    zones: tuple[str, ...] = (),
    modes: frozenset[Mode] = ARMED_MODES,
) -> Track:
    return Track(number, box, state, 0.0, 0.0, 0.1, 0.7, frozenset(zones), "went far", modes)


def note(
    keeper: EventKeeper, at_s: float, *tracks: Track, entering: Mapping[int, frozenset[Mode]] = MappingProxyType({})
) -> list[Event]:
    return list(keeper.note(tracks, entering, at_s, START + timedelta(seconds=at_s), gap_s=10))


def test_candidates_open_nothing() -> None:
    assert note(EventKeeper("front"), 1, track(state=TrackState.CANDIDATE)) == []


def test_the_first_thing_that_counts_opens_the_event_at_once() -> None:
    (event,) = note(EventKeeper("front"), 1, track(zones=("lawn",)), track(state=TrackState.CANDIDATE, number=2))
    assert (event.phase, event.number, event.camera) == (Phase.OPENED, 1, "front")
    assert (event.opened_s, event.opened_at) == (1, START + timedelta(seconds=1))
    assert (event.box, event.boxes) == (SMALL, (SMALL,))
    assert (event.zones, event.score, event.reason) == (frozenset({"lawn"}), 0.7, "went far")


def test_a_second_thing_belongs_to_the_same_event() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(zones=("lawn",)))
    assert note(keeper, 3, track(number=2, zones=("lawn",))) == []
    (ended,) = keeper.finish()
    assert (ended.phase, ended.number, ended.last_s) == (Phase.ENDED, 1, 3)


def test_coming_into_a_further_zone_is_another_event() -> None:
    """Or a tree that moves all day would keep the owner from hearing of who is in the hall."""
    keeper = EventKeeper("front")
    note(keeper, 1, track(zones=("tree",)))
    ended, second = note(keeper, 2, track(zones=("tree",)), track(number=2, zones=("hall",)))
    assert (ended.phase, ended.number, second.phase, second.number) == (Phase.ENDED, 1, Phase.OPENED, 2)
    assert second.zones == {"tree", "hall"}
    assert note(keeper, 3, track(zones=("tree",))) == note(keeper, 4, track(number=2, zones=("hall",))) == []


def test_somebody_coming_home_has_the_entry_delay_though_a_tree_moves() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(zones=("tree",)))
    entering = {2: ARMED_MODES}
    _, home = note(keeper, 2, track(zones=("tree",)), track(number=2, zones=("door",)), entering=entering)
    assert home.entry == ARMED_MODES


def test_who_walks_out_through_the_door_has_not_come_in_by_it() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(zones=("hall",)))
    _, out = note(keeper, 2, track(zones=("hall", "door")), entering={1: ARMED_MODES})
    assert out.entry == frozenset()


def test_who_comes_in_from_where_nothing_counts_at_home_has_the_entry_delay_at_home() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(zones=("terrace",), modes=AWAY))
    _, home = note(keeper, 2, track(zones=("terrace", "door")), entering={1: ARMED_MODES})
    assert home.entry == ARMED_MODES - AWAY


def test_who_only_holds_still_in_a_further_zone_opens_no_event() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(zones=("tree",)))
    assert note(keeper, 2, track(number=2, zones=("hall",), state=TrackState.HOLDING)) == []


def test_to_and_fro_between_zones_is_one_event_for_each_until_the_gap() -> None:
    keeper = EventKeeper("front")
    walk = ["hall", "door", "hall", "garden", "door", "hall"]
    begun = [
        event.zones
        for second, here in enumerate(walk)
        for event in note(keeper, second, track(zones=(here,)))
        if event.phase is Phase.OPENED
    ]
    assert begun == [{"hall"}, {"door"}, {"garden"}]
    assert [event.phase for event in note(keeper, 30, track(zones=("hall",)))] == [Phase.ENDED, Phase.OPENED]


def test_a_held_thing_keeps_the_event_open_but_opens_none() -> None:
    keeper = EventKeeper("front")
    assert note(keeper, 1, track(state=TrackState.HOLDING)) == []
    note(keeper, 2, track())
    for second in range(3, 40):
        assert note(keeper, second, track(state=TrackState.HOLDING)) == []
    assert note(keeper, 49) == []
    assert [event.phase for event in note(keeper, 49.1)] == [Phase.ENDED]


def test_after_the_gap_the_next_is_another_event() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track())
    ended, begun = note(keeper, 3601, track())
    assert (ended.phase, ended.number, ended.last_s) == (Phase.ENDED, 1, 1)
    assert (begun.phase, begun.number, begun.opened_s) == (Phase.OPENED, 2, 3601)


def test_finish_ends_once() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track())
    assert len(keeper.finish()) == 1
    assert keeper.finish() == ()


def test_a_view_twice_as_good_improves_the_event() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(SMALL))
    assert note(keeper, 1.3, track(LARGE)) == []
    (event,) = note(keeper, 2, track(LARGE))
    assert (event.phase, event.box, event.opened_s) == (Phase.IMPROVED, LARGE, 1)
    assert note(keeper, 4, track(LARGE)) == []


def test_a_view_cut_off_by_the_edge_is_worth_half() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(Box(0.0, 0.3, 0.05, 0.1)))
    (event,) = note(keeper, 2.5, track(SMALL))
    assert event.phase is Phase.IMPROVED


def test_an_event_improves_four_times_at_most() -> None:
    keeper, side = EventKeeper("front"), 0.02
    note(keeper, 0, track(Box(0.1, 0.1, side, side)))
    improved = [
        event
        for second in range(1, 8)
        for event in note(keeper, 2.0 * second, track(Box(0.1, 0.1, side * 1.5**second, side * 1.5**second)))
    ]
    assert [event.phase for event in improved] == [Phase.IMPROVED] * 4


@pytest.mark.parametrize(
    ("entering", "entry"),
    [
        ({1: ARMED_MODES, 2: ARMED_MODES}, ARMED_MODES),
        ({1: ARMED_MODES, 2: AWAY}, AWAY),
        ({1: ARMED_MODES}, frozenset()),
        ({}, frozenset()),
    ],
)
def test_entry_only_when_everybody_came_by_an_entry_of_the_mode(
    entering: dict[int, frozenset[Mode]], entry: frozenset[Mode]
) -> None:
    (event,) = note(EventKeeper("front"), 1, track(), track(number=2), entering=entering)
    assert event.entry == entry


def test_an_event_counts_in_the_modes_in_which_any_of_its_things_does() -> None:
    (event,) = note(EventKeeper("front"), 1, track(modes=AWAY), track(number=2, modes=frozenset({Mode.NIGHT})))
    assert event.modes == {Mode.AWAY, Mode.NIGHT}


def test_coming_to_where_it_counts_in_a_further_mode_is_another_event() -> None:
    """Or whoever crosses the terrace, on which nothing is told at home, would reach the door untold."""
    keeper = EventKeeper("front")
    (first,) = note(keeper, 1, track(zones=("terrace",), modes=AWAY))
    ended, second = note(keeper, 2, track(zones=("terrace", "door")))
    assert (first.modes, ended.phase, ended.number, second.phase) == (AWAY, Phase.ENDED, 1, Phase.OPENED)
    assert (second.number, second.modes, second.opened_s) == (2, ARMED_MODES, 2)
    assert note(keeper, 3, track(zones=("terrace", "door"), modes=AWAY)) == [], "and back is none"


HOME = frozenset({Mode.HOME})


def test_to_and_fro_over_the_edge_of_two_zones_is_one_event_for_each_further_mode() -> None:
    keeper = EventKeeper("front")
    modes = [HOME, AWAY, HOME, HOME | AWAY, AWAY, ARMED_MODES, HOME, ARMED_MODES]
    noted = [event for second, here in enumerate(modes) for event in note(keeper, second, track(modes=here))]
    begun = [(event.opened_s, event.modes) for event in noted if event.phase is Phase.OPENED]
    assert begun == [(0, HOME), (1, AWAY), (5, ARMED_MODES)]
    assert [event.last_s for event in noted if event.phase is Phase.ENDED] == [0, 4]


def test_after_the_gap_each_mode_is_another_event_again() -> None:
    keeper = EventKeeper("front")
    note(keeper, 0, track(modes=HOME))
    note(keeper, 1, track(modes=AWAY))
    assert [event.phase for event in note(keeper, 20, track(modes=HOME))] == [Phase.ENDED, Phase.OPENED]
    assert [event.phase for event in note(keeper, 21, track(modes=AWAY))] == [Phase.ENDED, Phase.OPENED]


def test_after_the_alarm_was_armed_each_mode_is_another_event_again() -> None:
    keeper = EventKeeper("front")
    note(keeper, 0, track(modes=HOME))
    note(keeper, 1, track(modes=AWAY))
    keeper.finish()
    assert [event.modes for event in note(keeper, 2, track(modes=HOME))] == [HOME]
    assert [event.modes for event in note(keeper, 3, track(modes=AWAY))] == [HOME, AWAY]


def test_it_says_in_which_modes_what_is_in_view_of_the_open_event_counts() -> None:
    keeper = EventKeeper("front")
    note(keeper, 0, track(state=TrackState.HOLDING))
    assert keeper.counting == frozenset(), "no event"
    note(keeper, 1, track(modes=AWAY), track(number=2, state=TrackState.CANDIDATE))
    assert keeper.counting == AWAY
    note(keeper, 2, track(modes=HOME, state=TrackState.HOLDING))
    assert keeper.counting == HOME, "who stands still is there"
    note(keeper, 3)
    assert keeper.counting == frozenset(), "out of view, and the event is open"


def test_what_stands_where_it_counts_in_a_further_mode_opens_nothing() -> None:
    keeper = EventKeeper("front")
    note(keeper, 1, track(modes=AWAY))
    assert note(keeper, 2, track(modes=AWAY), track(number=2, state=TrackState.HOLDING)) == []
