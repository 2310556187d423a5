"""A minute of a home, watched with what its household has set and its camera has learned."""

from __future__ import annotations

from benchmarks.ruler.detectors import DETECTORS, OURS
from benchmarks.ruler.homes import HOUSE
from benchmarks.ruler.strata import Minute
from benchmarks.ruler.week import at_home, watch


def minute(occasion: str) -> Minute:
    return next(each for each in HOUSE.minutes(1000, 0) if each.stratum.occasion == occasion)


def test_once_people_have_walked_about_a_robot_vacuum_is_quiet_where_pets_are_set_and_somebody_is_told() -> None:
    vacuum, somebody = minute("robot vacuum"), minute("somebody")
    ours = at_home(HOUSE, DETECTORS[OURS])
    strange = watch(HOUSE, vacuum, DETECTORS[OURS]).mail
    assert strange is not None and not strange.person
    assert watch(HOUSE, vacuum, ours).mail is None
    told = watch(HOUSE, somebody, ours).mail
    assert told is not None and told.person
