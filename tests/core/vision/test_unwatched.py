from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.types import MODES, Box
from pisecurity.core.vision.unwatched import Unwatched, unwatched
from pisecurity.core.vision.zones import ZoneMap
from pisecurity.settings import EVERY_MODE, CameraSettings, MotionSettings, Settings, ZoneSettings

Point = tuple[float, float]


def rectangle(left: float, right: float, top: float = 0.0, bottom: float = 1.0) -> tuple[Point, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


EVERYWHERE, LEFT, LOWER = rectangle(0, 1), rectangle(0, 0.5), rectangle(0, 1, 0.5)
COVERED = "its privacy and ignore zones leave nothing that could count; make them smaller"
UNNAMED = "none of its watch and entry zones names that mode; add it to the modes of one"
NOTHING = f"camera Garden: nothing is watched: {COVERED}"
LOST = "camera Garden: nothing counts in zone door: privacy and ignore zones cover it; move it, or make them smaller"


def zone(kind: str, points: tuple[Point, ...], name: str, *modes: str, camera: str = "front") -> ZoneSettings:
    return ZoneSettings.model_validate(
        {"name": name, "camera": camera, "kind": kind, "points": points, "modes": modes or EVERY_MODE}
    )


GARDEN = CameraSettings(id="front", name="Garden", kind="stage")
STUDY = CameraSettings(id="back", name="Study", kind="stage")


def blind(modes: str, reason: str) -> str:
    return f"armed {modes}, nothing is watched by camera Garden: {reason}"


@pytest.mark.parametrize(
    ("zones", "faults", "warnings"),
    [
        ([], [], []),
        ([zone("privacy", LEFT, "neighbour")], [], []),
        ([zone("watch", EVERYWHERE, "yard"), zone("privacy", LEFT, "neighbour")], [], []),
        ([zone("privacy", EVERYWHERE, "neighbour")], [NOTHING], []),
        ([zone("privacy", EVERYWHERE, "neighbour"), zone("watch", LOWER, "lawn")], [NOTHING], []),
        (
            [zone("ignore", LOWER, "street"), zone("privacy", LEFT, "neighbour"), zone("watch", LEFT, "lawn")],
            [NOTHING],
            [],
        ),
        ([zone("privacy", LEFT, "neighbour"), zone("entry", LEFT, "door")], [LOST], []),
        ([zone("ignore", EVERYWHERE, name, name) for name in EVERY_MODE], [NOTHING], []),
        ([zone("ignore", EVERYWHERE, "room", "home")], [], [blind("home", COVERED)]),
        ([zone("ignore", LEFT, "room", "home"), zone("ignore", LOWER, "floor", "night")], [], []),
        ([zone("watch", LEFT, "lawn", "home")], [], [blind("away or night", UNNAMED)]),
        ([zone("watch", LEFT, "lawn", "home"), zone("entry", LOWER, "door", "away")], [], [blind("night", UNNAMED)]),
        ([zone("entry", LEFT, "door", "home")], [], []),
        (
            [zone("watch", LEFT, "lawn", "home"), zone("ignore", LEFT, "terrace", "home")],
            [blind("home", COVERED), blind("away or night", UNNAMED)],
            [],
        ),
        (
            [zone("watch", EVERYWHERE, "lawn"), zone("entry", LEFT, "door", "away"), zone("ignore", LEFT, "x", "away")],
            [LOST],
            [],
        ),
        ([zone("entry", LEFT, "door"), zone("ignore", LEFT, "terrace", "home")], [], []),
    ],
)
def test_where_zones_leave_nothing_to_be_watched_is_told(
    zones: list[ZoneSettings], faults: list[str], warnings: list[str]
) -> None:
    told = unwatched(Settings(camera=(GARDEN, STUDY), zone=tuple(zones)))
    assert told == Unwatched(tuple(faults), tuple(warnings))


def test_a_mode_in_which_no_camera_watches_is_a_fault() -> None:
    """Whoever arms the house in it has no alarm, and with one camera that is any mode in which it is blind."""
    garden = zone("watch", LEFT, "lawn", "home")
    assert unwatched(Settings(camera=(GARDEN,), zone=(garden,))).faults == (blind("away or night", UNNAMED),)
    study = zone("ignore", EVERYWHERE, "room", "away", camera="back")
    assert unwatched(Settings(camera=(GARDEN, STUDY), zone=(garden, study))) == Unwatched(
        (blind("away", UNNAMED), f"armed away, nothing is watched by camera Study: {COVERED}"),
        (blind("night", UNNAMED),),
    )


@pytest.mark.parametrize(("left_over", "faults"), [(0.04, (NOTHING,)), (0.08, ())])
def test_the_border_beside_a_privacy_zone_is_not_watched(left_over: float, faults: tuple[str, ...]) -> None:
    half = left_over / 2
    privacy = (zone("privacy", rectangle(0, 0.5 - half), "a"), zone("privacy", rectangle(0.5 + half, 1), "b"))
    assert unwatched(Settings(camera=(GARDEN,), zone=privacy)).faults == faults


@pytest.mark.parametrize(("right", "faults"), [(0.52, (LOST,)), (0.56, ())])
def test_a_zone_in_the_border_beside_a_privacy_zone_is_lost(right: float, faults: tuple[str, ...]) -> None:
    zones = (zone("privacy", LEFT, "neighbour"), zone("entry", rectangle(0.45, right), "door"))
    assert unwatched(Settings(camera=(GARDEN,), zone=zones)).faults == faults


SOME_ZONE = st.builds(
    lambda kind, points, modes: (kind, points, modes),
    st.sampled_from(["watch", "ignore", "entry"]),
    st.sampled_from([EVERYWHERE, LEFT, LOWER, rectangle(0.5, 1)]),
    st.lists(st.sampled_from(EVERY_MODE), min_size=1, max_size=3, unique=True),
)
FEET = [Box(x - 0.005, y - 0.01, 0.01, 0.01) for x in (0.2, 0.8) for y in (0.2, 0.8)]


@settings(deadline=None, max_examples=60)
@given(st.lists(SOME_ZONE, max_size=4))
def test_a_camera_is_called_blind_in_a_mode_exactly_where_nothing_can_count_in_it(
    drawn: list[tuple[str, tuple[Point, ...], list[str]]],
) -> None:
    zones = [zone(kind, points, str(number), *modes) for number, (kind, points, modes) in enumerate(drawn)]
    told = unwatched(Settings(camera=(GARDEN, STUDY), zone=tuple(zones)))
    lines = [line.partition(":")[0] for line in told.faults + told.warnings if "nothing counts in" not in line]
    named = " ".join(lines) if "camera Garden" not in lines else " ".join(EVERY_MODE)
    places = [ZoneMap(zones).place(feet, 0.01) for feet in FEET]
    for name in EVERY_MODE:
        assert (name in named) == (not any(MODES[name] in place.modes for place in places))


@pytest.mark.parametrize(
    ("motion", "fault"),
    [
        ({}, ""),
        ({"sensitivity": 1, "sensitivity_night": 5}, ""),
        (
            {"min_area": 0.05, "sensitivity": 1, "sensitivity_night": 4},
            "min_area = 0.05 with sensitivity = 1 asks for 0.2",
        ),
        ({"min_contrast": 64, "sensitivity_night": 5}, "min_contrast = 64 with sensitivity = 3 asks for 64"),
        ({"min_travel": 0.4, "sensitivity_night": 2}, "min_travel = 0.4 with sensitivity_night = 2 asks for 0.56"),
    ],
)
def test_thresholds_that_hardly_anybody_meets_are_a_fault(motion: dict[str, float], fault: str) -> None:
    found = unwatched(Settings(camera=(GARDEN,), motion=MotionSettings.model_validate(motion)))
    assert found.warnings == ()
    assert [text.partition(":")[0] for text in found.faults] == ([f"motion.{fault}"] if fault else [])


def test_a_threshold_that_is_too_high_says_from_which_value_on_somebody_counts() -> None:
    motion = MotionSettings(min_area=0.05, sensitivity=1)
    (fault,) = unwatched(Settings(camera=(GARDEN,), motion=motion)).faults
    assert fault.endswith(": hardly anybody would count; set less than 0.025")
    assert unwatched(Settings(camera=(GARDEN,), motion=MotionSettings(min_area=0.024, sensitivity=1))).faults == ()
