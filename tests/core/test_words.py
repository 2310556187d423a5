from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.types import AlertKind, Mode
from pisecurity.core.words import SUBJECT_LETTERS, Facts, alert_id, compose

CATALOGUE: dict[str, str] = json.loads(
    (Path(__file__).parents[2] / "web" / "locales" / "mail.en.json").read_text(encoding="utf-8")
)
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 6, 1, 12, 3, 7, tzinfo=UTC)
BARE = Facts(house="Home", at=AT, zone=BERLIN)


def test_alarm_says_what_where_when_and_what_to_do() -> None:
    facts = Facts(
        house="Seaside 4", at=AT, zone=BERLIN, camera="Front door", places=frozenset({"path", "gate"}), mode=Mode.AWAY
    )
    words = compose(AlertKind.ALARM, facts, CATALOGUE)
    assert words.subject == "[Seaside 4] ALARM: movement at Front door, 14:03:07"
    assert words.text == (
        "What: Something moved while the alarm was armed (away).\n"
        "Where: Front door (gate, path)\n"
        "When: Monday, 1 June 2026, 14:03:07 (CEST)\n"
        "\n"
        "What to do: Look at the picture. If you do not know who it is, stay out of the house and call the police "
        "from a safe place. If it is nothing, disarm on the page of the house.\n"
    )


def test_alarm_after_an_entry_says_that_nobody_disarmed() -> None:
    facts = Facts(house="Home", at=AT, zone=BERLIN, camera="Hall", after_entry=True)
    assert "What: Somebody came in, and nobody disarmed in time.\n" in compose(AlertKind.ALARM, facts, CATALOGUE).text


def test_entry_says_when_it_becomes_an_alarm_in_local_time() -> None:
    facts = Facts(
        house="Home", at=AT, zone=BERLIN, camera="Hall", mode=Mode.NIGHT, alarm_at=AT.replace(minute=4, second=0)
    )
    words = compose(AlertKind.ENTRY, facts, CATALOGUE)
    assert words.subject == "[Home] Somebody came in at Hall, 14:03:07"
    assert "Unless somebody disarms, it becomes an alarm at 14:04:00." in words.text


def test_all_clear_says_who_disarmed() -> None:
    words = compose(AlertKind.ALL_CLEAR, Facts(house="Home", at=AT, zone=BERLIN, by="Anna"), CATALOGUE)
    assert words.subject == "[Home] All clear: Anna disarmed at 14:03:07"
    assert "What: Anna disarmed the alarm.\n" in words.text


def test_a_lost_camera_is_an_alarm_with_its_name_in_the_subject_and_the_fix_in_the_text() -> None:
    facts = Facts(house="Home", at=AT, zone=BERLIN, camera="Garden", detail="camera front: unplugged; check its cable")
    words = compose(AlertKind.TAMPER, facts, CATALOGUE)
    assert words.subject == "[Home] ALARM: Garden sees nothing any more, 14:03:07"
    assert words.text.startswith(
        "What: Camera Garden sends no pictures while the alarm is armed. It may be broken, or somebody may have "
        "unplugged it.\n"
        "Why: camera front: unplugged; check its cable\n"
        "Where: Garden\n"
    )


def test_a_recovery_says_which_camera_sends_pictures_again() -> None:
    words = compose(AlertKind.RECOVERED, Facts(house="Home", at=AT, zone=BERLIN, camera="Garden"), CATALOGUE)
    assert words.subject == "[Home] Camera Garden sends pictures again"
    assert "What: Camera Garden sends pictures again.\n" in words.text


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_words_even_without_facts(kind: AlertKind) -> None:
    words = compose(kind, BARE, CATALOGUE)
    assert words.subject.startswith("[Home] ")
    assert "What: " in words.text
    assert "When: Monday, 1 June 2026, 14:03:07 (CEST)\n" in words.text
    assert "\n\nWhat to do: " in words.text
    assert "{" not in words.subject + words.text


@given(
    kind=st.sampled_from(AlertKind),
    house=st.text(max_size=80),
    camera=st.text(max_size=80),
    detail=st.text(max_size=300),
)
def test_subject_is_one_short_line_whatever_the_names_are(
    kind: AlertKind, house: str, camera: str, detail: str
) -> None:
    facts = Facts(house=house, at=AT, zone=BERLIN, camera=camera, by=camera, detail=detail)
    subject = compose(kind, facts, CATALOGUE).subject
    assert len(subject.splitlines()) == 1
    assert len(subject) <= SUBJECT_LETTERS
    assert all(ord(letter) >= 32 for letter in subject)


def test_names_in_braces_are_only_names() -> None:
    facts = Facts(house="{camera}", at=AT, zone=BERLIN, camera="{0.__class__}")
    words = compose(AlertKind.ALARM, facts, CATALOGUE)
    assert words.subject == "[{camera}] ALARM: movement at {0.__class__}, 14:03:07"


def test_long_subject_ends_in_an_ellipsis() -> None:
    subject = compose(AlertKind.ALARM, Facts(house="Home", at=AT, zone=BERLIN, camera="x" * 500), CATALOGUE).subject
    assert (len(subject), subject[-2:]) == (SUBJECT_LETTERS, "x…")


def test_alert_id_is_the_same_for_the_same_alert_and_different_for_any_other() -> None:
    assert alert_id("e1", AlertKind.ALARM) == "01e9dde6bb97fef3123eda1e47a1bf76"
    ids = {alert_id(event, kind) for event in ("e1", "e2") for kind in AlertKind}
    assert len(ids) == 2 * len(AlertKind)
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)


def test_a_missing_sentence_is_an_error_and_not_an_empty_mail() -> None:
    catalogue = {key: text for key, text in CATALOGUE.items() if key != "test.subject"}
    with pytest.raises(KeyError, match=r"test\.subject"):
        compose(AlertKind.TEST, BARE, catalogue)


@pytest.mark.parametrize("kind", [AlertKind.ALARM, AlertKind.SUMMARY])
def test_whoever_armed_at_home_is_not_told_to_stay_out(kind: AlertKind) -> None:
    facts = Facts(house="Home", at=AT, zone=BERLIN, camera="Hall", mode=Mode.NIGHT, count=2, since=AT)
    text = compose(kind, facts, CATALOGUE).text
    assert "stay out" not in text and "a room that you can lock" in text
    assert "stay out" in compose(kind, replace(facts, mode=Mode.AWAY), CATALOGUE).text
