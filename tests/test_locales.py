"""The words of mails: every language says all there is to say, and a longer language breaks nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.adapters.mail.message import compose as compose_mail
from pisecurity.core.times import date, duration, moment
from pisecurity.core.types import BETTER, Alert, AlertKind, Mode, Notification
from pisecurity.core.words import SCHEDULE, Facts, Words, compose
from pisecurity.settings.whole import Language
from pisecurity.web.assets import load_catalogue

FOLDER = Path(__file__).parents[1] / "web" / "locales"
LANGUAGES: tuple[str, ...] = get_args(Language)
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 6, 1, 12, 3, 7, tzinfo=UTC)
FACTS = Facts("Home", AT, BERLIN, "Front door", frozenset({"path"}), Mode.AWAY, AT + timedelta(seconds=30))
RIGHT_TO_LEFT, END = "\u202b", "\u202c"


def catalogue_of(language: str) -> dict[str, str]:
    """Return what stands in the file of *language*, without what English would add."""
    catalogue: dict[str, str] = json.loads((FOLDER / f"mail.{language}.json").read_text(encoding="utf-8"))
    return catalogue


TOLD = [kind for kind in AlertKind if f"{kind}.subject" in catalogue_of("en")]
"""Those that English has words for, which ``tests/core/test_words.py`` wants of all."""


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def pseudo() -> dict[str, str]:
    """Return a language two fifths longer than English, written from right to left."""
    english = catalogue_of("en")
    longer = {key: f"{RIGHT_TO_LEFT}{text}{'ж' * (len(text) * 2 // 5)}{END}" for key, text in english.items()}
    lists = {key: english[key].replace(",", "жж,") for key in ("weekdays", "months")}
    return longer | lists | {"language": "ar"}


def written(words: Words, catalogue: Mapping[str, str], step: int) -> EmailMessage:
    alert = Alert("a" * 32, AlertKind.ALARM, AT, words.subject, words.text)
    raw = compose_mail(
        Notification(alert, step, (b"\xff\xd8", b"\xff\xd9")),
        house="Home",
        sender="alarm@example.org",
        to=("anna@example.org",),
        sent_at=AT + timedelta(days=1, hours=1),
        catalogue=catalogue,
        zone=BERLIN,
        remark=catalogue["mail.one_small"],
    )
    message = message_from_bytes(raw, policy=default.clone(raise_on_defect=True))
    assert isinstance(message, EmailMessage)
    return message


def test_every_language_of_the_settings_has_a_file_and_no_file_is_without_a_language() -> None:
    assert {path.name for path in FOLDER.glob("mail.*.json")} == {f"mail.{language}.json" for language in LANGUAGES}
    assert [catalogue_of(language)["language"] for language in LANGUAGES] == list(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_sentences_of_english_in_their_order_with_the_same_gaps(language: str) -> None:
    english, other = catalogue_of("en"), catalogue_of(language)
    assert list(other) == list(english)
    assert {key: gaps(text) for key, text in other.items()} == {key: gaps(text) for key, text in english.items()}
    assert [key for key, text in other.items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_seven_days_and_twelve_months(language: str) -> None:
    catalogue = catalogue_of(language)
    for key, count in (("weekdays", 7), ("months", 12)):
        names = catalogue[key].split(",")
        assert len(set(names)) == count
        assert all(name == name.strip() for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TOLD)
def test_every_kind_of_alert_is_told_in_every_language(language: str, kind: AlertKind) -> None:
    words = compose(kind, FACTS, load_catalogue(language))
    assert words.subject.startswith("[Home] ")
    assert "{" not in words.subject + words.text


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_sentence_was_left_in_english(language: str) -> None:
    english, other = catalogue_of("en"), catalogue_of(language)
    sentences = {key for key in english if len(re.findall(r"[^\W\d_]+", re.sub("{.*?}", "", english[key]))) > 1}
    assert {key for key in sentences if other[key] == english[key]} == set()


def test_a_sentence_that_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "mail.en.json").write_text('{"a": "one", "b": "two"}')
    (tmp_path / "locales" / "mail.de.json").write_text('{"a": "eins"}')
    monkeypatch.setattr(import_module("pisecurity.web.assets"), "assets", lambda: tmp_path)
    assert load_catalogue("de") == {"a": "eins", "b": "two"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Monday, 1 June 2026"),
        ("de", "Montag, 1. Juni 2026"),
        ("es", "lunes, 1 de junio de 2026"),
        ("fr", "lundi 1er juin 2026"),
        ("it", "lunedì 1º giugno 2026"),
        ("nl", "maandag 1 juni 2026"),
    ],
)
def test_a_date_is_written_as_the_language_writes_it(language: str, expected: str) -> None:
    assert date(AT.astimezone(BERLIN), load_catalogue(language)) == expected


def test_only_the_first_of_a_month_has_a_form_of_its_own() -> None:
    second = AT.astimezone(BERLIN) + timedelta(days=1)
    assert [date(second, load_catalogue(language)) for language in ("fr", "it")] == [
        "mardi 2 juin 2026",
        "martedì 2 giugno 2026",
    ]


def test_a_moment_is_that_of_the_house() -> None:
    assert moment(AT, BERLIN, load_catalogue("de")) == "1. Juni 2026, 14:03:07 CEST"


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (60, "1 min", "1 Min."),
        (3599, "59 min", "59 Min."),
        (3600, "1 h", "1 Std."),
        (86_400, "1 day", "1 Tag"),
        (2 * 86_400 + 3 * 3600 + 240, "2 days 3 h", "2 Tage 3 Std."),
        (30 * 86_400 + 60, "30 days 1 min", "30 Tage 1 Min."),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, english: str, german: str) -> None:
    assert duration(seconds, load_catalogue("en")) == english
    assert duration(seconds, load_catalogue("de")) == german


@given(seconds=st.floats(60, 1e9), language=st.sampled_from(LANGUAGES))
def test_no_duration_is_empty(seconds: float, language: str) -> None:
    assert duration(seconds, load_catalogue(language)).strip()


def test_an_alarm_in_german_reads_as_a_german_would_write_it() -> None:
    words = compose(AlertKind.ALARM, replace(FACTS, camera="Haustür", places=frozenset({"Weg"})), load_catalogue("de"))
    assert words.subject == "[Home] ALARM – Haustür: Bewegung um 14:03:07"
    assert words.text.splitlines()[:3] == [
        "Was: Etwas hat sich bewegt, während die Anlage scharf (abwesend) war.",
        "Wo: Haustür (Weg)",
        "Wann: Montag, 1. Juni 2026, 14:03:07 (CEST)",
    ]


def test_what_the_schedule_did_is_told_in_the_language_too() -> None:
    words = compose(AlertKind.ALL_CLEAR, replace(FACTS, by=SCHEDULE), load_catalogue("de"))
    assert words.subject == "[Home] Entwarnung: Der Zeitplan hat um 14:03:07 unscharf geschaltet"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_has_nothing_in_english_but_in_english(language: str) -> None:
    catalogue = load_catalogue(language)
    first, second = (written(compose(AlertKind.ALARM, FACTS, catalogue), catalogue, step) for step in (1, BETTER))
    for kind in ("plain", "html"):
        bodies = [message.get_body((kind,)) for message in (first, second)]
        assert bodies[0] is not None
        assert bodies[1] is not None
        late = duration(90_000, catalogue)
        assert (late in bodies[0].get_content(), late in bodies[1].get_content()) == (True, False)
        assert catalogue["mail.one_small"] in bodies[0].get_content()
        assert catalogue["mail.better"] in bodies[1].get_content()
    html = first.get_body(("html",))
    assert html is not None
    assert f'<html lang="{language}">' in html.get_content()


@pytest.mark.parametrize("kind", TOLD)
def test_a_language_two_fifths_longer_and_from_right_to_left_breaks_nothing(kind: AlertKind) -> None:
    catalogue = pseudo()
    words = compose(kind, FACTS, catalogue)
    message = written(words, catalogue, BETTER)
    assert message["Subject"] == f"Re: {words.subject}"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[0] == catalogue["mail.better"]
    assert all(len(line) <= 998 for line in message.as_bytes().splitlines())
