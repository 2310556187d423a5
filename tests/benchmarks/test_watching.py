"""What a mail would have been about, and whether somebody was found, from looks made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.ruler.strata import Minute, Stratum
from benchmarks.ruler.watching import Look, Mail, first_mail, found
from benchmarks.ruler.week import Watched, summary
from pisecurity.adapters.cameras.stage import Labelled
from pisecurity.core.types import Box

HERE = Box(0.1, 0.1, 0.2, 0.4)
THERE = Box(0.6, 0.5, 0.2, 0.4)
PERSON = Labelled(0, "person", HERE, 1.0, moving=True)
CAT = Labelled(1, "animal", THERE, 1.0, moving=True)


def looks(*frames: tuple[Sequence[Labelled], Sequence[Box]]) -> list[Look]:
    """Return two looks a second."""
    return [Look(number / 2, tuple(truth), tuple(boxes)) for number, (truth, boxes) in enumerate(frames)]


QUIET: tuple[Sequence[Labelled], Sequence[Box]] = ((), ())


def test_an_alarm_about_nothing_is_a_false_mail() -> None:
    played = looks(QUIET, ((), [THERE]), QUIET, QUIET)
    assert first_mail(iter(played), 0.0) == Mail(0.5, person=False, about="nothing")


def test_an_alarm_about_a_cat_says_so() -> None:
    assert first_mail(iter(looks(([CAT], [THERE]), QUIET, QUIET, QUIET)), 0.0) == Mail(0.0, False, "animal")


@pytest.mark.parametrize("person_at", [0, 1, 2, 3, 4])
def test_a_mail_is_right_when_somebody_is_in_view_within_a_second(person_at: int) -> None:
    frames = [([PERSON] if number == person_at else [], [THERE] if number == 2 else []) for number in range(7)]
    mail = first_mail(iter(looks(*frames)), 0.0)
    assert mail is not None and mail.person


def test_somebody_three_seconds_later_does_not_excuse_it() -> None:
    played = looks(((), [THERE]), *[QUIET] * 5, ([PERSON], [HERE]))
    assert first_mail(iter(played), 0.0) == Mail(0.0, person=False, about="nothing")


def test_before_it_is_armed_nothing_is_mailed_but_what_still_moves_then_is() -> None:
    assert first_mail(iter(looks(((), [THERE]), QUIET, QUIET, QUIET)), 1.0) is None
    assert first_mail(iter(looks(*[((), [THERE])] * 6)), 1.0) == Mail(1.0, person=False, about="nothing")


def test_a_sliver_of_a_person_makes_no_mail_right() -> None:
    sliver = Labelled(0, "person", HERE, 0.1, moving=True)
    mail = first_mail(iter(looks(([sliver], [THERE]), QUIET, QUIET, QUIET)), 0.0)
    assert mail is not None and not mail.person


def test_who_is_hit_before_setting_out_is_not_found_yet() -> None:
    played = looks(([PERSON], [HERE]), ([PERSON], []), ([PERSON], [HERE]))
    assert found(iter(played), 0.5, 2.0).after_s == 0.5


def test_a_person_is_found_by_a_box_on_them_and_by_no_other() -> None:
    played = looks(([PERSON], [THERE]), ([PERSON], []), ([PERSON], [HERE]))
    assert found(iter(played), 0.0, 2.0).after_s == 1.0
    assert found(iter(played[:2]), 0.0, 2.0).after_s is None
    assert found(iter(played[:2]), 0.0, 2.0).in_view_s == 1.0


STRATUM = Stratum((0.0, 3.0), "clear", "cat", 100.0)
FALSE = Mail(12.0, person=False, about="nothing")


def watched(mail: Mail | None, count: int) -> Watched:
    return Watched(Minute(STRATUM, 1.0, 7, 100.0 / count), mail)


def test_few_false_scenes_count_by_the_minutes_they_stand_for() -> None:
    week = summary("flat", "ours", [watched(FALSE, 100), *[watched(None, 100)] * 99])
    assert week.false_scenes == 1
    assert week.false_mails.value == pytest.approx(1.0 / (1 + 5 * 0.01))
    assert week.false_mails.low < week.false_mails.value < week.false_mails.high


def test_what_is_rare_among_quiet_minutes_is_hardly_thinned_by_the_pause() -> None:
    quiet = Stratum((0.0, 3.0), "clear", None, 980.0)
    rare = Stratum((0.0, 3.0), "clear", "cat", 20.0)
    nothing = [Watched(Minute(quiet, 1.0, 7, 98.0), None)] * 10
    week = summary("flat", "ours", [*nothing, *[Watched(Minute(rare, 1.0, 7, 10.0), FALSE)] * 2])
    assert week.false_mails.value == pytest.approx(20 / (1 + 5 * 0.02))


def test_the_finest_that_can_be_told_is_the_limit_of_a_week_without_a_mail() -> None:
    silent = summary("flat", "ours", [watched(None, 100)] * 100)
    assert silent.false_mails.high == silent.finest == pytest.approx(3.69, abs=0.01)
    assert summary("flat", "ours", [watched(FALSE, 100), *[watched(None, 100)] * 99]).finest == silent.finest


def test_where_every_minute_alarms_the_pause_between_mails_is_what_limits_them() -> None:
    week = summary("flat", "ours", [watched(FALSE, 10)] * 10)
    assert week.false_mails.value == pytest.approx(100 / 6)  # a mail every minute and five minutes of pause


def test_a_mail_that_shows_somebody_is_no_false_one() -> None:
    week = summary("flat", "ours", [watched(Mail(12.0, person=True, about="person"), 1)])
    assert week.false_mails.value == 0
    assert week.about == {}


def test_what_it_cries_wolf_about_is_the_thing_or_what_goes_on() -> None:
    animal = Mail(12.0, person=False, about="animal")
    assert [watched(FALSE, 1).about, watched(animal, 1).about, watched(None, 1).about] == ["cat", "animal", ""]
